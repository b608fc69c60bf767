//! TIME, LOLWUT and WAIT. COMMAND is in [`super::command`].

use embroker_core::commands::ServerCommand;
use embroker_core::error::texts;
use embroker_core::{REDIS_VERSION, Value, parse_int};

use super::info::info;
use super::{Handler, command};
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
        return Err(texts::TIMEOUT_NEGATIVE);
    }
    Ok(Value::Int(0))
}
