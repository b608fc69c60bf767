//! What a broker tells of itself: its time, its version, and the commands that it knows.

use super::calls;
use crate::Command;
use crate::table::{Keys, rows};

rows! {
    /// Commands about the broker itself.
    ServerCommand = Server {
        Command "command" -1 [CONTAINER] Keys::None, "2.8.13";
        CommandCount "command|count" 2 [] Keys::None, "2.8.13";
        CommandDocs "command|docs" -2 [] Keys::None, "7.0.0";
        CommandGetKeys "command|getkeys" -4 [] Keys::None, "2.8.13";
        CommandInfo "command|info" -2 [] Keys::None, "2.8.13";
        CommandList "command|list" -2 [] Keys::None, "7.0.0";
        Lolwut "lolwut" -1 [READONLY FAST] Keys::None, "5.0.0";
        Time "time" 1 [FAST] Keys::None, "2.6.0";
        Wait "wait" 3 [] Keys::None, "3.0.0";
    }
}

calls! {
    /// Typed calls about the broker itself.
    pub trait ServerCommands {
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
