//! COMMAND: what the table says, in the form of Redis 7.0.
//!
//! COMMAND DOCS sums up in our own words, and tells neither the arguments of a command nor what changed in it: the
//! table has neither.

use embroker_core::error::texts;
use embroker_core::table::{
    self, BeginSearch, Categories, CommandSpec, FindKeys, Flags, KeyFlags, KeySpec, categories, find_keys,
};
use embroker_core::{Command, Glob, Value};

use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;

/// `COMMAND`: what INFO tells, of every command.
pub(super) fn all(_: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(commands().map(describe).collect())
}

/// `COMMAND COUNT`: how many commands there are; subcommands don't count.
pub(super) fn count(_: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(commands().count().into())
}

/// `COMMAND DOCS [name …]`: what each command is for; unknown names are left out.
pub(super) fn docs(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(match args.len() {
        0 => document(commands()),
        _ => document(args.from(0).filter_map(table::find)),
    })
}

/// `COMMAND GETKEYS name arg …`: which of the arguments are keys.
pub(super) fn getkeys(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(keys(args)?.into_iter().map(|(key, _)| key).collect())
}

/// `COMMAND GETKEYSANDFLAGS name arg …`: which of the arguments are keys, and what is done to each.
pub(super) fn getkeysandflags(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let with_flags = |(key, flags): (&[u8], KeyFlags)| Value::Array(vec![key.into(), statuses(flags.names())]);
    Ok(keys(args)?.into_iter().map(with_flags).collect())
}

/// `COMMAND INFO [name …]`: what the table says of each, nil where it knows none of that name.
pub(super) fn info(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    match args.len() {
        0 => all(tx, args),
        _ => Ok(args.from(0).map(|name| table::find(name).map(describe)).collect()),
    }
}

/// `COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]`: the names, subcommands included.
pub(super) fn list(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let names = |wanted: &dyn Fn(&CommandSpec) -> bool| {
        Ok(table::all().filter(|spec| wanted(spec)).map(|spec| spec.name).collect())
    };
    match args.len() {
        0 => names(&|_| true),
        3 if args.is(0, "filterby") && args.is(1, "module") => names(&|_| false),
        3 if args.is(0, "filterby") && args.is(1, "aclcat") => {
            let category = Categories::named(&args[2]);
            names(&|spec| category.is_some_and(|category| categories(spec).contains(category)))
        }
        3 if args.is(0, "filterby") && args.is(1, "pattern") => {
            let pattern = Glob::new(args[2].to_ascii_lowercase());
            names(&|spec| pattern.matches(spec.name.as_bytes()))
        }
        _ => Err(texts::SYNTAX.into()),
    }
}

/// `COMMAND HELP`: what the server itself prints, a status for each line.
pub(super) fn help(_: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    const LINES: [&str; 21] = [
        "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.",
        "HELP",
        "    Prints this help.",
    ];
    super::help(&LINES)
}

fn commands() -> impl Iterator<Item = &'static CommandSpec> {
    table::all().filter(|spec| spec.words == 1)
}

/// The keys of the call that the arguments are.
fn keys<'a>(args: &Args<'a>) -> Result<Vec<(&'a [u8], KeyFlags)>, embroker_core::ServerError> {
    let call = Command::from_argv(args.from(0)).map_err(|_| texts::INVALID_COMMAND)?;
    let Some(spec) = call.spec() else { return Err(texts::INVALID_COMMAND) };
    if !spec.key_specs().iter().any(KeySpec::is_key) {
        return Err(texts::NO_KEY_ARGUMENTS);
    }
    if !spec.accepts(call.arguments().len()) {
        return Err(texts::INVALID_COMMAND_ARITY);
    }
    let words: Vec<&[u8]> = args.from(0).collect();
    let keys = find_keys(spec, &words);
    if keys.is_empty() && !spec.flags.contains(Flags::NO_MANDATORY_KEYS) {
        return Err(texts::INVALID_COMMAND_ARGUMENTS);
    }
    Ok(keys.into_iter().filter_map(|(at, flags)| Some((*words.get(at)?, flags))).collect())
}

/// The ten facts of COMMAND INFO.
fn describe(spec: &'static CommandSpec) -> Value {
    let (first, last, step) = spec.key_range();
    let tips = spec.facts().map_or(&[][..], |facts| facts.tips);
    let categories = categories(spec).names().map(|name| Value::Status(format!("@{name}").into()));
    // Redis sends none as a set, and some as an array.
    let subcommands = if spec.flags.contains(Flags::CONTAINER) {
        spec.subcommands().map(describe).collect()
    } else {
        Value::Set(Vec::new())
    };
    Value::Array(vec![
        spec.name.into(),
        Value::Int(spec.arity.into()),
        statuses(spec.redis_flags().names()),
        first.into(),
        last.into(),
        step.into(),
        Value::Set(categories.collect()),
        Value::Set(tips.iter().map(|tip| Value::from(*tip)).collect()),
        Value::Set(spec.key_specs().iter().map(key_spec).collect()),
        subcommands,
    ])
}

/// One key specification of COMMAND INFO.
fn key_spec(spec: &KeySpec) -> Value {
    let typed = |name: &str, spec: Vec<(&str, Value)>| map([("type", name.into()), ("spec", map(spec))]);
    let begin = match spec.begin {
        BeginSearch::Index(at) => typed("index", vec![("index", at.into())]),
        BeginSearch::Keyword { word, from } => {
            typed("keyword", vec![("keyword", word.into()), ("startfrom", (from as i64).into())])
        }
        BeginSearch::Unknown => typed("unknown", vec![]),
    };
    let find = match spec.find {
        FindKeys::Range { last, step, limit } => {
            let last = last as i64;
            typed("range", vec![("lastkey", last.into()), ("keystep", step.into()), ("limit", limit.into())])
        }
        FindKeys::Counted => {
            let at = Value::Int;
            typed("keynum", vec![("keynumidx", at(0)), ("firstkey", at(1)), ("keystep", at(1))])
        }
        FindKeys::Unknown => typed("unknown", vec![]),
    };
    let note = (!spec.note.is_empty()).then(|| ("notes", spec.note.into()));
    let facts = [("flags", statuses(spec.flags.names())), ("begin_search", begin), ("find_keys", find)];
    map(note.into_iter().chain(facts))
}

/// COMMAND DOCS of some commands.
fn document(specs: impl Iterator<Item = &'static CommandSpec>) -> Value {
    Value::Map(specs.map(|spec| (spec.name.into(), document_one(spec))).collect())
}

fn document_one(spec: &'static CommandSpec) -> Value {
    let Some(facts) = spec.facts() else { return Value::Map(Vec::new()) };
    let told = [("summary", facts.summary), ("since", facts.since), ("group", facts.group.name())];
    let mut told: Vec<(&str, Value)> = told.map(|(name, text)| (name, text.into())).into();
    if !facts.complexity.is_empty() {
        told.push(("complexity", facts.complexity.into()));
    }
    let flags = [(facts.replaced.is_some(), "deprecated"), (facts.internal, "syscmd")];
    let mut flags = flags.into_iter().filter(|(has, _)| *has).map(|(_, name)| name).peekable();
    if flags.peek().is_some() {
        told.push(("doc_flags", statuses(flags)));
    }
    if let Some((since, by)) = facts.replaced {
        told.extend([("deprecated_since", since.into()), ("replaced_by", by.into())]);
    }
    if spec.flags.contains(Flags::CONTAINER) {
        told.push(("subcommands", document(spec.subcommands())));
    }
    map(told)
}

fn statuses(names: impl Iterator<Item = &'static str>) -> Value {
    Value::Set(names.map(Value::status).collect())
}

fn map<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Map(pairs.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemBroker;

    fn reply(argv: &str) -> Result<Value, String> {
        let reply = MemBroker::new().call(&Command::from_argv(argv.split(' ')).unwrap());
        reply.map_err(|error| error.to_string())
    }

    #[test]
    fn info_tells_arity_flags_and_key_positions() {
        let key = r#"{"flags": {+RO, +access}, "begin_search": {"type": "index", "spec": {"index": 1}}, "#;
        let range = r#""find_keys": {"type": "range", "spec": {"lastkey": 0, "keystep": 1, "limit": 0}}}"#;
        assert_eq!(
            format!("{:?}", reply("command info hget foo pubsub|numpat publish").unwrap()),
            [
                r#"[["hget", 3, {+readonly, +fast}, 1, 1, 1, {+@read, +@hash, +@fast}, {}, {"#,
                key,
                range,
                r#"}, {}], null, ["pubsub|numpat", 2, {+pubsub, +loading, +stale}, 0, 0, 0, {+@pubsub, +@slow}, {}, {}, {}], "#,
                r#"["publish", 3, {+pubsub, +loading, +stale, +fast}, 0, 0, 0, {+@pubsub, +@fast}, "#,
                "{}, {}, {}]]",
            ]
            .concat()
        );
    }

    #[test]
    fn getkeys_finds_the_keys_of_a_call() {
        assert_eq!(reply("command getkeys mset a 1 b 2"), Ok(Value::from_iter(["a", "b"])));
        assert_eq!(reply("command getkeys sintercard 1 a"), Ok(Value::from_iter(["a"])));
        assert_eq!(reply("command getkeys sintercard 2 a"), Err("ERR Invalid arguments specified for command".into()));
        assert_eq!(reply("command getkeys foo a"), Err("ERR Invalid command specified".into()));
        assert_eq!(reply("command getkeys pubsub|numpat a"), Err("ERR Invalid command specified".into()));
        assert_eq!(reply("command getkeys ping a"), Err("ERR The command has no key arguments".into()));
        let error = "ERR Invalid number of arguments specified for command";
        assert_eq!(reply("command getkeys get a b"), Err(error.into()));
    }

    #[test]
    fn what_is_done_to_a_key_depends_on_the_other_words() {
        let flags = |call: &str| format!("{:?}", reply(&format!("command getkeysandflags {call}")).unwrap());
        assert_eq!(flags("set k v"), r#"[["k", {+OW, +update}]]"#);
        assert_eq!(flags("set k v ex get"), r#"[["k", {+RW, +access, +update}]]"#);
        assert_eq!(flags("bitfield k get u8 0 overflow wrap"), r#"[["k", {+RO, +access}]]"#);
        assert_eq!(flags("bitfield k get u8"), r#"[["k", {+RW, +access, +update}]]"#);
        assert_eq!(flags("sintercard 1x a"), r#"[["a", {}]]"#);
    }

    #[test]
    fn names_are_listed_by_pattern_and_by_category() {
        assert_eq!(reply("command list filterby PATTERN HGET*"), Ok(Value::from_iter(["hget", "hgetall"])));
        let Ok(Value::Array(names)) = reply("command list filterby aclcat Hash") else { panic!("names") };
        assert_eq!(names.len(), 16);
        assert_eq!(reply("command list filterby aclcat @hash"), Ok(Value::Array(vec![])));
        assert_eq!(reply("command list filterby foo x"), Err("ERR syntax error".into()));
    }

    #[test]
    fn docs_tell_what_replaces_a_command_and_of_its_subcommands() {
        let replaced = r#""doc_flags": {+deprecated}, "deprecated_since": "2.0.0", "replaced_by": "GETRANGE"}}"#;
        let docs = format!("{:?}", reply("command docs substr foo").unwrap());
        assert!(docs.starts_with(r#"{"substr": {"summary": "#) && docs.ends_with(replaced), "{docs}");
        let docs = format!("{:?}", reply("command docs pubsub").unwrap());
        assert!(docs.contains(r#""subcommands": {"pubsub|channels": {"summary": "#), "{docs}");
    }
}
