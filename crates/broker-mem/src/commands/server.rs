//! TIME, LOLWUT, WAIT, and what is asked of persistence, replication and modules, which are not here. COMMAND is in
//! [`super::command`].

use embroker_core::commands::ServerCommand;
use embroker_core::error::texts;
use embroker_core::{REDIS_VERSION, Value, parse_int};

use super::info::info;
use super::{Handler, command, help, session_only, unknown_subcommand};
use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;

pub(super) fn handler(id: ServerCommand) -> Handler {
    match id {
        ServerCommand::Command => command::all,
        ServerCommand::CommandCount => command::count,
        ServerCommand::CommandDocs => command::docs,
        ServerCommand::CommandGetKeys => command::getkeys,
        ServerCommand::CommandGetKeysAndFlags => command::getkeysandflags,
        ServerCommand::CommandHelp => command::help,
        ServerCommand::CommandInfo => command::info,
        ServerCommand::CommandList => command::list,
        ServerCommand::Info => info,
        ServerCommand::LastSave => last_save,
        ServerCommand::Lolwut => lolwut,
        ServerCommand::Module => |_, args| unknown_subcommand(args, "module"),
        ServerCommand::ModuleHelp => |_, _| help(&MODULE_HELP),
        ServerCommand::ModuleList => |_, _| Ok(Value::Array(Vec::new())),
        ServerCommand::Monitor | ServerCommand::Shutdown => session_only,
        ServerCommand::Role => role,
        ServerCommand::Time => time,
        ServerCommand::Wait => wait,
    }
}

/// `TIME`: seconds since 1970, and the microseconds of the current second.
fn time(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    let now = tx.engine().now_ms();
    Ok([now / 1000, now % 1000 * 1000].iter().map(|part| Value::from(part.to_string().as_str())).collect())
}

/// `LASTSAVE`: nothing is ever saved; as in a Redis that has not saved yet, when it was started.
fn last_save(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(Value::Int((tx.engine().began_ms() / 1000) as i64))
}

/// `ROLE`: a master, which has replicated nothing to nobody.
fn role(_: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(Value::Array(vec!["master".into(), Value::Int(0), Value::Array(Vec::new())]))
}

/// `LOLWUT [VERSION version [size …]]`: which Redis this is. The pictures are Redis's own.
fn lolwut(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    if args.len() >= 2 && args.is(0, "version") {
        let sizes = match args.int(1)? {
            5 => 3,
            6 => 2,
            _ => 0,
        };
        (2..args.len().min(2 + sizes)).try_for_each(|at| args.int(at).map(drop))?;
    }
    Ok(Value::verbatim(format!("Redis ver. {REDIS_VERSION}\n")))
}

/// `WAIT replicas milliseconds`: none has the last write, for there is none to wait for.
fn wait(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    args.int(0)?;
    let timeout = parse_int(&args[1]).ok_or(texts::TIMEOUT_NOT_AN_INTEGER)?;
    if timeout < 0 {
        return Err(texts::TIMEOUT_NEGATIVE.into());
    }
    Ok(Value::Int(0))
}

/// What Redis prints, a status for each line.
const MODULE_HELP: [&str; 11] = [
    "MODULE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "LIST",
    "    Return a list of loaded modules.",
    "LOAD <path> [<arg> ...]",
    "    Load a module library from <path>, passing to it any optional arguments.",
    "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
    "    Load a module library from <path>, while passing it module configurations and optional arguments.",
    "UNLOAD <name>",
    "    Unload a module.",
    "HELP",
    "    Prints this help.",
];
