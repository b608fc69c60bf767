//! From the `redis` crate's values to embroker's, error texts byte for byte.
//!
//! The crate reads lines as UTF-8; [`wire`](crate::wire) hands it each byte of a status or an error as the character
//! of the same number, and here the characters become bytes again.

use bytes::Bytes;
use embroker_core::{Command, Error, Result, ServerError, Value};

/// One reply: what the command answered, or the error that it answered with.
pub(crate) type Reply = Result<Value, ServerError>;

/// Reads a reply of the server.
pub(crate) fn reply(value: redis::Value) -> Result<Reply> {
    Ok(match decode(value)? {
        Value::Error(error) => Err(error),
        value => Ok(value),
    })
}

/// The command as the crate sends it.
pub(crate) fn pack(command: &Command<'_>) -> redis::Cmd {
    let mut packed = redis::Cmd::new();
    for word in command.words() {
        packed.arg(word);
    }
    packed
}

/// The exact text of an error reply. The crate keeps its first word and what follows the space apart.
pub(crate) fn server_error(error: &redis::ServerError) -> ServerError {
    let mut text = line(error.code());
    if let Some(details) = error.details() {
        text.push(b' ');
        text.extend(line(details));
    }
    ServerError::new(text)
}

fn decode(value: redis::Value) -> Result<Value> {
    let all = |items: Vec<redis::Value>| items.into_iter().map(decode).collect::<Result<Vec<_>>>();
    Ok(match value {
        redis::Value::Nil => Value::Null,
        redis::Value::Int(number) => Value::Int(number),
        redis::Value::BulkString(bytes) => Value::Bulk(bytes.into()),
        redis::Value::Okay => Value::OK,
        redis::Value::SimpleString(text) => Value::Status(line(&text).into()),
        redis::Value::Array(items) => Value::Array(all(items)?),
        redis::Value::Set(items) => Value::Set(all(items)?),
        redis::Value::Map(pairs) => {
            let pairs = pairs.into_iter().map(|(key, value)| Ok((decode(key)?, decode(value)?)));
            Value::Map(pairs.collect::<Result<_>>()?)
        }
        redis::Value::Double(number) => Value::Double(number),
        redis::Value::Boolean(yes) => Value::Bool(yes),
        redis::Value::VerbatimString { text, .. } => Value::Verbatim(Bytes::from(text)),
        redis::Value::Attribute { data, .. } => decode(*data)?,
        redis::Value::ServerError(error) => Value::Error(server_error(&error)),
        // Big numbers, which no command of Redis 7.0 answers, and whatever a later version brings.
        other => return Err(Error::Decode(format!("embroker has no value for the reply {other:?}"))),
    })
}

/// The bytes of a line whose characters stand for bytes.
fn line(text: &str) -> Vec<u8> {
    if text.is_ascii() { text.into() } else { text.chars().map(|char| char as u8).collect() }
}
