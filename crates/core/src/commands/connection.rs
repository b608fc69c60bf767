//! A client's own connection: PING and ECHO for everybody; the rest only makes sense behind a socket, with
//! `embroker-server`.

use bytes::Bytes;

use super::calls;
use crate::table::{Keys, rows};
use crate::{Arg, Command};

rows! {
    /// Commands on a client's connection.
    ConnectionCommand = Connection {
        Auth "auth" -2 [NOSCRIPT LOADING STALE FAST NO_AUTH ALLOW_BUSY SESSION] Keys::None, "1.0.0";
        Echo "echo" 2 [LOADING STALE FAST] Keys::None, "1.0.0";
        Hello "hello" -1 [NOSCRIPT LOADING STALE FAST NO_AUTH ALLOW_BUSY SESSION] Keys::None, "6.0.0";
        Ping "ping" -1 [FAST] Keys::None, "1.0.0";
        Quit "quit" -1 [NOSCRIPT LOADING STALE FAST NO_AUTH ALLOW_BUSY SESSION] Keys::None, "1.0.0";
        Reset "reset" 1 [NOSCRIPT LOADING STALE FAST NO_AUTH ALLOW_BUSY SESSION] Keys::None, "6.2.0";
        Select "select" 2 [LOADING STALE FAST SESSION] Keys::None, "1.0.0";
    }
}

calls! {
    /// Typed calls that ask whether anybody is there.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// assert_eq!(broker.ping("hello").await?, "hello");
    /// assert_eq!(broker.echo("hello").await?, "hello");
    /// # Ok(())
    /// # }
    /// ```
    pub trait ConnectionCommands {
        /// `PING message` (since 1.0.0): the message, from a broker that is there.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.ping("anybody there?").await?, "anybody there?");
        /// # Ok(())
        /// # }
        /// ```
        fn ping<'a>(message: impl Into<Arg<'a>>) -> Bytes = Command::new(ConnectionCommand::Ping.spec()).arg(message);

        /// `ECHO message` (since 1.0.0): the message.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.echo("hello").await?, "hello");
        /// # Ok(())
        /// # }
        /// ```
        fn echo<'a>(message: impl Into<Arg<'a>>) -> Bytes = Command::new(ConnectionCommand::Echo.spec()).arg(message);
    }
}
