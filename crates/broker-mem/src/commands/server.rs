//! TIME, LOLWUT and WAIT, and COMMAND: what the table says, in the form of Redis 7.0.
//!
//! COMMAND INFO tells name, arity, flags and key positions. It gives no hints on replies and no summaries: the table
//! has none.

use embroker_core::commands::ServerCommand;
use embroker_core::error::texts;
use embroker_core::table::{self, CommandId, CommandSpec, Flags, Keys};
use embroker_core::{Arg, Command, Glob, REDIS_VERSION, Value, parse_int};

use super::Handler;
use super::info::info;
use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;

pub(super) fn handler(command: ServerCommand) -> Handler {
    match command {
        ServerCommand::Command => all,
        ServerCommand::CommandCount => count,
        ServerCommand::CommandDocs => docs,
        ServerCommand::CommandGetKeys => getkeys,
        ServerCommand::CommandInfo => command_info,
        ServerCommand::CommandList => list,
        ServerCommand::Info => info,
        ServerCommand::Lolwut => lolwut,
        ServerCommand::Time => time,
        ServerCommand::Wait => wait,
    }
}

/// `TIME`: seconds since 1970, and the microseconds of the current second.
fn time(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    let now = tx.engine().now_ms();
    Ok([now / 1000, now % 1000 * 1000].iter().map(|part| Value::from(part.to_string().as_str())).collect())
}

/// `LOLWUT [VERSION version [size …]]`: which Redis this is. The pictures are Redis's own.
fn lolwut(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    if args.len() >= 2 && args.is(0, "version") {
        args.int(1)?;
    }
    Ok(Value::verbatim(format!("Redis ver. {REDIS_VERSION}\n")))
}

/// `WAIT replicas milliseconds`: none has the last write, for there is none to wait for.
fn wait(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    args.int(0)?;
    let timeout = parse_int(&args[1]).ok_or(texts::TIMEOUT_NOT_AN_INTEGER)?;
    if timeout < 0 {
        return Err(texts::TIMEOUT_NEGATIVE);
    }
    Ok(Value::Int(0))
}

/// `COMMAND`: what INFO tells, of every command.
fn all(_: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(commands().map(describe).collect())
}

/// `COMMAND COUNT`: how many commands there are; subcommands don't count.
fn count(_: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(commands().count().into())
}

/// `COMMAND DOCS [name …]`: since when each command is there and of which group; unknown names are left out.
fn docs(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let pair = |spec: &'static CommandSpec| {
        let facts = [("since", spec.since), ("group", group(spec))];
        let facts = facts.into_iter().map(|(name, fact)| (name.into(), fact.into())).collect();
        (spec.name.into(), Value::Map(facts))
    };
    Ok(Value::Map(match args.len() {
        0 => commands().map(pair).collect(),
        _ => args.from(0).filter_map(table::find).map(pair).collect(),
    }))
}

/// `COMMAND GETKEYS name arg …`: which of the arguments are keys.
fn getkeys(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let command = Command::from_argv(args.from(0)).map_err(|_| texts::INVALID_COMMAND)?;
    let Some(spec) = command.spec() else { return Err(texts::INVALID_COMMAND) };
    if spec.keys == Keys::None || spec.keys == Keys::Whole {
        return Err(texts::NO_KEY_ARGUMENTS);
    }
    if command.resolve().is_err() {
        return Err(texts::INVALID_COMMAND_ARGUMENTS);
    }
    let words = command.arguments();
    Ok(spec.keys.positions(words).filter_map(|at| words.get(at)).map(Arg::to_bytes).collect())
}

/// `COMMAND INFO [name …]`: what the table says of each, nil where it knows none of that name.
fn command_info(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    if args.len() == 0 {
        return all(tx, args);
    }
    Ok(args.from(0).map(|name| table::find(name).map_or(Value::Null, describe)).collect())
}

/// `COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]`: the names.
fn list(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    if args.len() == 0 {
        return Ok(commands().map(|spec| spec.name).collect());
    }
    if args.len() != 3 || !args.is(0, "filterby") {
        return Err(texts::SYNTAX);
    }
    if args.is(1, "module") {
        return Ok(Value::Array(Vec::new()));
    }
    if args.is(1, "aclcat") {
        let category = args[2].to_ascii_lowercase();
        let is_in = |spec: &&CommandSpec| categories(spec).iter().any(|name| name.as_bytes()[1..] == *category);
        return Ok(table::all().filter(is_in).map(|spec| spec.name).collect());
    }
    if args.is(1, "pattern") {
        let pattern = Glob::new(args[2].to_ascii_lowercase());
        return Ok(table::all().filter(|spec| pattern.matches(spec.name.as_bytes())).map(|spec| spec.name).collect());
    }
    Err(texts::SYNTAX)
}

fn commands() -> impl Iterator<Item = &'static CommandSpec> {
    table::all().filter(|spec| spec.words == 1)
}

fn subcommands(container: &'static CommandSpec) -> impl Iterator<Item = &'static CommandSpec> {
    table::all().filter(|spec| spec.name.split_once('|').is_some_and(|(name, _)| name == container.name))
}

/// The ten facts of COMMAND INFO.
fn describe(spec: &'static CommandSpec) -> Value {
    let (first, last, step) = match spec.keys {
        Keys::Range { first, last, step } => {
            (first as i64 + 1, if last < 0 { last } else { last + 1 } as i64, step as i64)
        }
        _ => (0, 0, 0),
    };
    let statuses = |names: Vec<&'static str>| Value::Set(names.into_iter().map(Value::status).collect());
    let subcommands =
        if spec.flags.contains(Flags::CONTAINER) { subcommands(spec).map(describe).collect() } else { Vec::new() };
    Value::Array(vec![
        spec.name.into(),
        Value::Int(spec.arity.into()),
        statuses(flags(spec)),
        first.into(),
        last.into(),
        step.into(),
        statuses(categories(spec)),
        Value::Set(Vec::new()),
        Value::Set(Vec::new()),
        Value::Set(subcommands),
    ])
}

fn flags(spec: &CommandSpec) -> Vec<&'static str> {
    if spec.flags.contains(Flags::CONTAINER) {
        return Vec::new();
    }
    let movable = matches!(spec.keys, Keys::Counted { .. });
    let named = [
        (Flags::WRITE, "write"),
        (Flags::READONLY, "readonly"),
        (Flags::DENYOOM, "denyoom"),
        (Flags::PUBSUB, "pubsub"),
        (Flags::FAST, "fast"),
        (Flags::NO_AUTH, "no_auth"),
        (Flags::MAY_REPLICATE, "may_replicate"),
    ];
    let set = named.into_iter().filter(|(flag, _)| spec.flags.contains(*flag)).map(|(_, name)| name);
    set.chain(movable.then_some("movablekeys")).collect()
}

fn categories(spec: &CommandSpec) -> Vec<&'static str> {
    // A container is never run itself.
    if spec.flags.contains(Flags::CONTAINER) {
        return vec!["@slow"];
    }
    let of_data = match spec.id {
        CommandId::Bitfield(_) => Some("@bitmap"),
        CommandId::Hash(_) => Some("@hash"),
        CommandId::Key(_) => Some("@keyspace"),
        CommandId::Set(_) => Some("@set"),
        CommandId::String(_) => Some("@string"),
        _ => None,
    };
    let of_client = match spec.id {
        CommandId::Connection(_) | CommandId::Server(ServerCommand::CommandCount) => Some("@connection"),
        CommandId::Transaction(_) => Some("@transaction"),
        _ => None,
    };
    let has = |flag, name| spec.flags.contains(flag).then_some(name);
    let speed = if spec.flags.contains(Flags::FAST) { "@fast" } else { "@slow" };
    let access = has(Flags::WRITE, "@write").or(has(Flags::READONLY, "@read"));
    [access, of_data, has(Flags::PUBSUB, "@pubsub"), Some(speed), of_client].into_iter().flatten().collect()
}

fn group(spec: &CommandSpec) -> &'static str {
    match spec.id {
        CommandId::Bitfield(_) => "bitmap",
        CommandId::Connection(_) => "connection",
        CommandId::Hash(_) => "hash",
        CommandId::PubSub(_) => "pubsub",
        CommandId::Config(_) | CommandId::Server(_) => "server",
        CommandId::Scripting(_) => "scripting",
        CommandId::Set(_) => "set",
        CommandId::String(_) => "string",
        CommandId::Transaction(_) => "transactions",
        CommandId::Key(_) => "generic",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemBroker;

    fn reply(argv: &[&str]) -> Result<Value, String> {
        let reply = MemBroker::new().call(&Command::from_argv(argv.iter().copied()).unwrap());
        reply.map_err(|error| error.to_string())
    }

    #[test]
    fn info_tells_arity_flags_and_key_positions() {
        let replies = reply(&["command", "info", "hget", "mset", "foo", "pubsub|numpat"]).unwrap();
        assert_eq!(
            format!("{replies:?}"),
            concat!(
                r#"[["hget", 3, {+readonly, +fast}, 1, 1, 1, {+@read, +@hash, +@fast}, {}, {}, {}], "#,
                r#"["mset", -3, {+write, +denyoom}, 1, -1, 2, {+@write, +@string, +@slow}, {}, {}, {}], null, "#,
                r#"["pubsub|numpat", 2, {+pubsub}, 0, 0, 0, {+@pubsub, +@slow}, {}, {}, {}]]"#,
            )
        );
    }

    #[test]
    fn getkeys_finds_the_keys_of_a_call() {
        assert_eq!(reply(&["command", "getkeys", "mset", "a", "1", "b", "2"]), Ok(Value::from_iter(["a", "b"])));
        assert_eq!(reply(&["command", "getkeys", "sintercard", "1", "a"]), Ok(Value::from_iter(["a"])));
        assert_eq!(reply(&["command", "getkeys", "foo", "a"]), Err("ERR Invalid command specified".into()));
        assert_eq!(reply(&["command", "getkeys", "ping", "a"]), Err("ERR The command has no key arguments".into()));
        let error = "ERR Invalid number of arguments specified for command";
        assert_eq!(reply(&["command", "getkeys", "get", "a", "b"]), Err(error.into()));
    }

    #[test]
    fn names_are_listed_by_pattern_and_by_category() {
        let names = reply(&["command", "list", "filterby", "PATTERN", "HGET*"]);
        assert_eq!(names, Ok(Value::from_iter(["hget", "hgetall"])));
        let Ok(Value::Array(names)) = reply(&["command", "list", "filterby", "aclcat", "hash"]) else {
            panic!("names")
        };
        assert_eq!(names.len(), 16);
        assert_eq!(reply(&["command", "list", "filterby", "foo", "x"]), Err("ERR syntax error".into()));
    }
}
