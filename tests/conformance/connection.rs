//! PING and ECHO.

use embroker::prelude::*;
use embroker::{AnyBroker, Command, ServerError, Value};
use embroker_test_support::{Case, cases};

pub(crate) fn cases() -> Vec<Case> {
    cases![a_broker_that_is_there_answers_ping, echo_answers_its_word]
}

async fn a_broker_that_is_there_answers_ping(broker: AnyBroker) {
    let ping = |words: &[&'static str]| Command::from_argv(words.iter().copied()).expect("a command");
    assert_eq!(broker.execute(ping(&["PING"])).await, Ok(Value::status("PONG")));
    assert_eq!(broker.ping("a\0b").await.unwrap(), "a\0b");
    assert_eq!(broker.execute(ping(&["ping", "a", "b"])).await, Err(ServerError::wrong_arity("ping").into()));
}

async fn echo_answers_its_word(broker: AnyBroker) {
    assert_eq!(broker.echo("").await.unwrap(), "");
}
