//! What a broker tells of itself: its time, its version, and the commands that it knows.

use super::calls;
use crate::table::{Keys, rows};
use crate::{Arg, Command};

rows! {
    /// Commands about the broker itself.
    ServerCommand = Server {
        Command "command" -1 [LOADING STALE CONTAINER] Keys::None, "2.8.13";
        CommandCount "command|count" 2 [LOADING STALE] Keys::None, "2.8.13";
        CommandDocs "command|docs" -2 [LOADING STALE] Keys::None, "7.0.0";
        CommandGetKeys "command|getkeys" -4 [LOADING STALE] Keys::None, "2.8.13";
        CommandGetKeysAndFlags "command|getkeysandflags" -4 [LOADING STALE] Keys::None, "7.0.0";
        CommandHelp "command|help" 2 [LOADING STALE] Keys::None, "5.0.0";
        CommandInfo "command|info" -2 [LOADING STALE] Keys::None, "2.8.13";
        CommandList "command|list" -2 [LOADING STALE] Keys::None, "7.0.0";
        Info "info" -1 [LOADING STALE DATABASES] Keys::None, "1.0.0";
        LastSave "lastsave" 1 [LOADING STALE FAST] Keys::None, "1.0.0";
        Lolwut "lolwut" -1 [READONLY FAST] Keys::None, "5.0.0";
        Module "module" -2 [CONTAINER] Keys::None, "4.0.0";
        ModuleHelp "module|help" 2 [LOADING STALE] Keys::None, "5.0.0";
        ModuleList "module|list" 2 [ADMIN NOSCRIPT] Keys::None, "4.0.0";
        Monitor "monitor" 1 [ADMIN NOSCRIPT LOADING STALE SESSION] Keys::None, "1.0.0";
        Role "role" 1 [NOSCRIPT LOADING STALE FAST] Keys::None, "2.8.12";
        Shutdown "shutdown" -1 [ADMIN NOSCRIPT LOADING STALE NO_MULTI ALLOW_BUSY SESSION] Keys::None, "1.0.0";
        Time "time" 1 [LOADING STALE FAST] Keys::None, "2.6.0";
        Wait "wait" 3 [NOSCRIPT] Keys::None, "3.0.0";
    }
}

calls! {
    /// Typed calls about the broker itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// assert!(broker.info("server").await?.contains("redis_version:7.0.15"));
    /// # Ok(())
    /// # }
    /// ```
    pub trait ServerCommands {
        /// `INFO section` (since 1.0.0): what the broker tells of itself, as lines of `field:value`; `everything` for
        /// all sections.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("greeting", "hello").await?;
        /// assert_eq!(broker.info("keyspace").await?, "# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n");
        /// # Ok(())
        /// # }
        /// ```
        fn info<'a>(section: impl Into<Arg<'a>>) -> String = Command::new(ServerCommand::Info.spec()).arg(section);

        /// `TIME` (since 2.6.0): the broker's clock, as seconds since 1970 and the microseconds of the current second.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// let (seconds, micros) = broker.time().await?;
        /// assert!(seconds > 1_700_000_000 && micros < 1_000_000);
        /// # Ok(())
        /// # }
        /// ```
        fn time<'a>() -> (u64, u64) = Command::new(ServerCommand::Time.spec());

        /// `COMMAND COUNT` (since 2.8.13): how many commands the broker knows.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert!(broker.command_count().await? > 100);
        /// # Ok(())
        /// # }
        /// ```
        fn command_count<'a>() -> i64 = Command::new(ServerCommand::CommandCount.spec());
    }
}
