//! PING and ECHO, and SELECT inside a transaction. What else a connection can be asked belongs to who holds it.

use embroker_core::commands::ConnectionCommand;
use embroker_core::{ServerError, Value};

use super::key::database;
use super::{Handler, session_only};
use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;

pub(super) fn handler(command: ConnectionCommand) -> Handler {
    match command {
        ConnectionCommand::Echo => echo,
        ConnectionCommand::Ping => ping,
        ConnectionCommand::Select => select,
        ConnectionCommand::Auth | ConnectionCommand::Hello | ConnectionCommand::Quit | ConnectionCommand::Reset => {
            session_only
        }
    }
}

/// `ECHO message`: the message.
fn echo(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(args.bytes(0).into())
}

/// `PING [message]`: the message, or `PONG` as a status.
fn ping(_: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    match args.len() {
        0 => Ok(Value::status("PONG")),
        1 => Ok(args.bytes(0).into()),
        _ => Err(ServerError::wrong_arity("ping").into()),
    }
}

/// `SELECT index`: the commands after it in the same transaction work in that database.
fn select(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let number = database(args, 0, &tx.engine().databases)?;
    tx.select(number);
    Ok(Value::OK)
}

#[cfg(test)]
mod tests {
    use embroker_core::Command;

    use super::*;
    use crate::MemBroker;

    fn reply(argv: &[&str]) -> embroker_core::Result<Value> {
        MemBroker::new().call(&Command::from_argv(argv.iter().copied()).unwrap())
    }

    #[test]
    fn a_broker_answers_ping_and_echo() {
        assert_eq!(reply(&["PING"]), Ok(Value::status("PONG")));
        assert_eq!(reply(&["ping", "x"]), Ok(Value::from("x")));
        assert_eq!(reply(&["ping", "x", "y"]), Err(ServerError::wrong_arity("ping").into()));
        assert_eq!(reply(&["echo", ""]), Ok(Value::from("")));
    }

    #[test]
    fn what_belongs_to_a_connection_is_refused() {
        let error = reply(&["HELLO", "3"]).unwrap_err().to_string();
        assert_eq!(error, "HELLO belongs to one client's connection: use a client of embroker-server instead");
    }
}
