//! TIME. COMMAND is in [`super::command`].

use embroker_core::Value;
use embroker_core::commands::ServerCommand;

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
        ServerCommand::Time => time,
    }
}

/// `TIME`: seconds since 1970, and the microseconds of the current second.
fn time(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    let now = tx.engine().now_ms();
    Ok([now / 1000, now % 1000 * 1000].iter().map(|part| Value::from(part.to_string().as_str())).collect())
}
