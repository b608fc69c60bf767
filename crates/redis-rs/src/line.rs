//! One session and redis-rs's parser: requests in, values out.

use bytes::BytesMut;
use embroker_core::resp::{Protocol, RequestParser};
use embroker_core::{Broker, ServerError};
use embroker_session::{Address, Session, Sessions};
use redis::{Cmd, ErrorKind, Parser, PushKind, RedisConnectionInfo, RedisError, RedisResult, ServerErrorKind, Value};

use crate::connection::closed;

/// The session of one connection. It leaves CLIENT LIST as soon as it is closed.
pub(crate) struct Line<B: Broker> {
    /// Or what every request is answered since the session ended.
    session: RedisResult<Session<B>>,
    /// The protocol and the database that the connection starts with, until its first request.
    setup: Vec<Cmd>,
    parser: Parser,
}

impl<B: Broker> Line<B> {
    pub(crate) fn open(sessions: &Sessions<B>, settings: &RedisConnectionInfo) -> Self {
        let mut setup = Vec::new();
        if settings.protocol().supports_resp3() {
            setup.push(redis::cmd("HELLO").arg(3).take());
        }
        if settings.db() != 0 {
            setup.push(redis::cmd("SELECT").arg(settings.db()).take());
        }
        Self { session: open(sessions), setup, parser: Parser::new() }
    }

    pub(crate) fn is_open(&self) -> bool {
        self.session.is_ok()
    }

    /// Runs packed requests in order; a reply for each, nil where CLIENT REPLY keeps it back.
    pub(crate) async fn run(&mut self, packed: &[u8]) -> RedisResult<Vec<Value>> {
        if self.session.as_ref().is_ok_and(|session| session.client().is_killed()) {
            return Err(self.close(closed()));
        }
        for command in std::mem::take(&mut self.setup) {
            if let Some(Value::ServerError(error)) = self.requests(&command.get_packed_command()).await?.pop() {
                // In redis-rs's words; HELLO is not refused to somebody who needs no password.
                const REFUSED: &str = "Redis server refused to switch database";
                let detail = error.details().unwrap_or_default().to_owned();
                return Err(self.close((ServerErrorKind::ResponseError.into(), REFUSED, detail).into()));
            }
        }
        self.requests(packed).await
    }

    async fn requests(&mut self, packed: &[u8]) -> RedisResult<Vec<Value>> {
        let mut input = BytesMut::from(packed);
        let mut parser = RequestParser::new();
        let mut replies = Vec::new();
        while !input.is_empty() {
            let session = self.session.as_mut().map_err(|error| error.clone())?;
            let held_to_messages = session.is_held_to_messages();
            // A future that was dropped may have left the start of a reply.
            session.take_output();
            match parser.next(&mut input, |request| session.begin(request)) {
                Ok(Some(())) => session.finish().await,
                Ok(None) => break,
                Err(error) => {
                    session.end_with(&error);
                    input.clear();
                }
            }
            replies.push(self.reply(held_to_messages)?);
        }
        Ok(replies)
    }

    /// Reads what the session answered to one request. Messages, and confirmations after the first, have no reader.
    fn reply(&mut self, held_to_messages: bool) -> RedisResult<Value> {
        let session = self.session.as_mut().map_err(|error| error.clone())?;
        let ending = session.is_ending();
        let output = session.take_output();
        let mut output = &output[..];
        let reply = loop {
            match self.parser.parse_value(&mut output) {
                Ok(value) if is_message(&value, held_to_messages) => {}
                Ok(value) => break Some(value),
                // There is no more of it.
                Err(error) if error.is_io_error() => break None,
                Err(error) => return Err(self.close(error)),
            }
        };
        if matches!(reply, None | Some(Value::Array(_) | Value::Push { .. })) {
            // It has met the end, or has read ahead: what it gave may be the first of several confirmations.
            self.parser = Parser::new();
        }
        if ending {
            let closed = self.close(closed());
            return reply.ok_or(closed);
        }
        Ok(reply.unwrap_or(Value::Nil))
    }

    /// Ends the session; all requests from now on have this error, as has this one.
    fn close(&mut self, error: RedisError) -> RedisError {
        self.session = Err(error.clone());
        error
    }
}

/// A new client, who needs no password.
pub(crate) fn open<B: Broker>(sessions: &Sessions<B>) -> RedisResult<Session<B>> {
    let mut session = sessions.open(Address::unknown()).map_err(|error| as_redis_rs_reads(&error))?;
    session.trust();
    Ok(session)
}

/// Whether this came without being asked for. In RESP2 a message is an array as any other; only the commands that a
/// subscribed client may call tell, none of which answers one like it.
fn is_message(value: &Value, held_to_messages: bool) -> bool {
    use PushKind::{PSubscribe, PUnsubscribe, SSubscribe, SUnsubscribe, Subscribe, Unsubscribe};

    match value {
        Value::Push { kind, .. } => {
            !matches!(kind, Subscribe | Unsubscribe | PSubscribe | PUnsubscribe | SSubscribe | SUnsubscribe)
        }
        Value::Array(items) if held_to_messages => {
            let verb = items.first();
            let verbs: [&[u8]; 3] = [b"message", b"pmessage", b"smessage"];
            verb.is_some_and(|verb| matches!(verb, Value::BulkString(verb) if verbs.contains(&verb.as_slice())))
        }
        _ => false,
    }
}

/// The error that redis-rs makes of this one when it comes over a wire.
fn as_redis_rs_reads(error: &ServerError) -> RedisError {
    let mut line = BytesMut::new();
    Protocol::Resp2.error(&mut line, error);
    match redis::parse_redis_value(&line) {
        Ok(Value::ServerError(error)) => error.into(),
        Ok(_) => (ErrorKind::UnexpectedReturnType, "an error line is not an error").into(),
        Err(error) => error,
    }
}
