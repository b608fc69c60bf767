//! The handlers: a file for each family, named as in core.
//!
//! A handler reads like the command's documentation, in Redis's own order: look up, check, apply, reply. Every variant
//! of a family's enum has its handler, or this crate does not compile.

#![allow(clippy::unnecessary_wraps, reason = "a handler that never fails has the signature of all handlers")]

mod bitfield;
mod command;
mod config;
mod connection;
mod debug;
mod hash;
mod info;
mod key;
#[cfg(test)]
mod maxmemory;
mod memory;
mod object;
mod pubsub;
mod sample;
mod scan;
mod scripting;
mod server;
mod set;
mod string;
#[cfg(test)]
mod testing;

use embroker_core::commands::{ConnectionCommand, ServerCommand};
use embroker_core::error::texts;
use embroker_core::table::CommandId;
use embroker_core::{ServerError, Value};

use crate::Reply;
use crate::args::Args;
use crate::keyspace::{Databases, Tx, Wanted};

/// What runs a command on the keys that are latched for it.
pub(crate) type Handler = fn(&mut Tx<'_>, &Args<'_>) -> Reply;

/// The handler of a command.
pub(crate) fn handler(id: CommandId) -> Handler {
    match id {
        CommandId::Bitfield(command) => bitfield::handler(command),
        CommandId::Config(command) => config::handler(command),
        CommandId::Connection(command) => connection::handler(command),
        CommandId::Debug(command) => debug::handler(command),
        CommandId::Hash(command) => hash::handler(command),
        CommandId::Key(command) => key::handler(command),
        CommandId::Memory(command) => memory::handler(command),
        CommandId::Object(command) => object::handler(command),
        CommandId::PubSub(command) => pubsub::handler(command),
        CommandId::Scripting(command) => scripting::handler(command),
        CommandId::Server(command) => server::handler(command),
        CommandId::Set(command) => set::handler(command),
        CommandId::String(command) => string::handler(command),
        CommandId::Acl(_)
        | CommandId::Client(_)
        | CommandId::Latency(_)
        | CommandId::Slowlog(_)
        | CommandId::Transaction(_) => session_only,
    }
}

/// Adds what a command is to latch in other databases than its own.
pub(crate) fn reach(id: CommandId, args: &Args<'_>, databases: &Databases, wanted: &mut Wanted) {
    match id {
        CommandId::Key(command) => key::reach(command, args, databases, wanted),
        CommandId::Memory(_) | CommandId::Server(ServerCommand::Info) => wanted.everything(),
        _ => {}
    }
}

/// The database that a command of a transaction selects for those after it; `None` where it will answer an error too.
pub(crate) fn selected(id: CommandId, args: &Args<'_>, databases: &Databases) -> Option<u32> {
    (id == ConnectionCommand::Select.into()).then(|| key::database(args, 0, databases).ok()).flatten()
}

/// What HELP answers: a status for each line.
fn help(lines: &[&'static str]) -> Reply {
    Ok(Value::lines(lines.iter().copied()))
}

/// A container with a subcommand that the table does not know never gets here, and without one its arity is wrong.
fn unknown_subcommand(args: &Args<'_>, container: &'static str) -> Reply {
    Err(ServerError::unknown_subcommand(args.get(0).unwrap_or_default(), container).into())
}

/// Commands of one client's connection never get here: [`Broker::execute`](embroker_core::Broker) and pipelines refuse
/// them.
fn session_only(_: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Err(texts::NEEDS_CONNECTION.into())
}
