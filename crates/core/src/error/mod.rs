//! What can go wrong: [`Error`] for callers, [`ServerError`] for what Redis itself would answer.
//!
//! The texts of all server errors live in [`texts`], in [`ServerError`]'s file those with a parameter, and in
//! [`Refusal`]'s the reasons that CONFIG SET gives; no other file spells one.

mod refusal;
mod server;
pub mod texts;
mod url;

use std::fmt;

pub use refusal::Refusal;
pub use server::ServerError;

use crate::commands::{ConnectionCommand, TransactionCommand};
use crate::table::{CommandId, CommandSpec};

/// The result of a call on a broker.
///
/// # Examples
///
/// ```
/// use embroker_core::{Error, Result};
///
/// fn odd(number: i64) -> Result<i64> {
///     if number % 2 == 0 { Err(Error::Config(format!("{number} is even"))) } else { Ok(number) }
/// }
/// assert!(odd(3).is_ok() && odd(4).is_err());
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call on a broker failed.
///
/// `{:?}` shows the text, as `{}` does, and `{:#?}` the variant and its fields.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_core::{Error, error::texts, prelude::*};
///
/// broker.sadd("sales", ["order-1"]).await?;
/// match broker.get("sales").await {
///     Err(Error::Server(error)) if error.code() == "WRONGTYPE" => assert_eq!(error, texts::WRONG_TYPE),
///     // The command was not sent: it can be repeated.
///     Err(Error::Disconnected { .. }) => unreachable!("in memory"),
///     // It may have run or not: read the state back.
///     Err(Error::OutcomeUnknown { .. } | Error::Timeout { .. }) => unreachable!("in memory"),
///     other => panic!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The broker ran the command and answered with an error. Nothing is wrong with the connection; correct the
    /// call, or act on [`ServerError::code`].
    #[error(transparent)]
    Server(#[from] ServerError),

    /// There was no connection and the command was not sent. It can be repeated safely.
    #[error("not connected to {address}: {reason}")]
    Disconnected {
        /// Which server, as host and port or socket path; `mem` for an in-memory broker that is gone.
        address: String,
        /// What the last attempt ran into.
        reason: String,
    },

    /// The connection was lost after the command was sent and before its reply came: it may have run or not.
    /// It is never repeated on its own. Read the state back, or make the command safe to repeat.
    #[error("connection to {address} was lost before the reply came; the command may have run: {reason}")]
    OutcomeUnknown {
        /// Which server.
        address: String,
        /// What cut the connection.
        reason: String,
    },

    /// No reply within the time allowed. As with [`Error::OutcomeUnknown`], the command may have run.
    #[error("no reply from {address} within {milliseconds} ms; the command may have run")]
    Timeout {
        /// Which server.
        address: String,
        /// The time allowed, in milliseconds.
        milliseconds: u64,
    },

    /// The server refused the user name or password. Not retried; correct the URL.
    #[error("{address} refused the credentials: {answer}")]
    Authentication {
        /// Which server.
        address: String,
        /// The server's own words.
        answer: ServerError,
    },

    /// A reply or a stored value is not what the caller asked to read it as; the text says what was there. The data is
    /// untouched: read it as another type, as bytes or as a [`Value`](crate::Value), or mend what was stored.
    #[error("cannot decode: {0}")]
    Decode(String),

    /// The call can't work as it is written: a bad URL, a feature that is off, a command out of its place. The text
    /// says what to write instead.
    #[error("{0}")]
    Config(String),
}

impl Error {
    /// The server's error, where that is what this is.
    ///
    /// ```
    /// use embroker_core::{Error, error::texts};
    ///
    /// assert_eq!(Error::from(texts::SYNTAX).as_server(), Some(&texts::SYNTAX));
    /// ```
    pub fn as_server(&self) -> Option<&ServerError> {
        match self {
            Self::Server(error) => Some(error),
            _ => None,
        }
    }

    /// The refusal of a command of one client's connection, to a broker that is no client's.
    pub(crate) fn needs_session(spec: &CommandSpec) -> Self {
        let instead = match spec.id {
            CommandId::PubSub(_) => "Broker::subscriber",
            CommandId::Transaction(TransactionCommand::Watch | TransactionCommand::Unwatch) => "Broker::watch",
            CommandId::Transaction(_) => "Pipeline::atomic",
            CommandId::Connection(ConnectionCommand::Select) => "Broker::select",
            CommandId::Connection(ConnectionCommand::Auth) => "the user and the password of a redis:// URL",
            _ => "a client of embroker-server",
        };
        let name = spec.name.to_uppercase();
        Self::Config(format!("{name} belongs to one client's connection: use {instead} instead"))
    }

    /// A decode error: `wanted` was asked for, `got` was there.
    pub(crate) fn decode(wanted: &str, got: &crate::Value) -> Self {
        Self::Decode(format!("expected {wanted}, got {got:?}"))
    }
}

/// A `main` that returns an error has it printed as `{:?}`, and so does `unwrap`: the text is what helps whoever reads
/// that. Derived, it would be `Disconnected { address: … }`, and the advice would never be seen.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return match self {
                Self::Server(error) => fmt::Debug::fmt(error, f),
                error => fmt::Display::fmt(error, f),
            };
        }
        match self {
            Self::Server(error) => f.debug_tuple("Server").field(error).finish(),
            Self::Disconnected { address, reason } => {
                f.debug_struct("Disconnected").field("address", address).field("reason", reason).finish()
            }
            Self::OutcomeUnknown { address, reason } => {
                f.debug_struct("OutcomeUnknown").field("address", address).field("reason", reason).finish()
            }
            Self::Timeout { address, milliseconds } => {
                f.debug_struct("Timeout").field("address", address).field("milliseconds", milliseconds).finish()
            }
            Self::Authentication { address, answer } => {
                f.debug_struct("Authentication").field("address", address).field("answer", answer).finish()
            }
            Self::Decode(text) => f.debug_tuple("Decode").field(text).finish(),
            Self::Config(text) => f.debug_tuple("Config").field(text).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_that_ends_main_reads_as_its_text() {
        let gone = Error::Disconnected { address: "h:6379".into(), reason: "connection refused".into() };
        assert_eq!(format!("{gone:?}"), "not connected to h:6379: connection refused");
        assert_eq!(format!("{:?}", Error::from(texts::SYNTAX)), "ERR syntax error");
        assert_eq!(format!("{:?}", Error::Config("write mem://".into())), "write mem://");
    }

    #[test]
    fn the_long_form_shows_the_variant() {
        let late = Error::Timeout { address: "h:6379".into(), milliseconds: 5 };
        assert_eq!(format!("{late:#?}"), "Timeout {\n    address: \"h:6379\",\n    milliseconds: 5,\n}");
        assert_eq!(format!("{:#?}", Error::from(texts::SYNTAX)), "Server(\n    ERR syntax error,\n)");
    }
}
