//! PING and ECHO.

use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Command, ServerError, Value};

use crate::check::{Case, Done};

pub(super) fn cases() -> Vec<Case> {
    cases![a_broker_that_is_there_answers_ping, echo_answers_its_word]
}

async fn a_broker_that_is_there_answers_ping(broker: AnyBroker) -> Done {
        same!(broker.execute(Command::from_argv(["PING"])?).await, Ok(Value::status("PONG")));
    same!(broker.ping("a\0b").await?, "a\0b");
    same!(broker.execute(Command::from_argv(["ping", "a", "b"])?).await, Err(ServerError::wrong_arity("ping").into()));
    Ok(())
}

async fn echo_answers_its_word(broker: AnyBroker) -> Done {
    same!(broker.echo("").await?, "");
    Ok(())
}
