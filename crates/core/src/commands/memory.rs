//! How much memory a key takes, and what the broker tells of its own.

use super::calls;
use crate::table::{Keys, rows};
use crate::{Arg, Command};

rows! {
    /// Commands on memory.
    MemoryCommand = Memory {
        Memory "memory" -2 [CONTAINER] Keys::None, "4.0.0";
        MemoryDoctor "memory|doctor" 2 [DATABASES] Keys::None, "4.0.0";
        MemoryHelp "memory|help" 2 [LOADING STALE] Keys::None, "4.0.0";
        MemoryMallocStats "memory|malloc-stats" 2 [] Keys::None, "4.0.0";
        MemoryPurge "memory|purge" 2 [] Keys::None, "4.0.0";
        MemoryStats "memory|stats" 2 [DATABASES] Keys::None, "4.0.0";
        MemoryUsage "memory|usage" -3 [READONLY] Keys::ONE, "4.0.0";
    }
}

calls! {
    /// Typed calls on memory.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// broker.set("picture", vec![b'x'; 1000]).await?;
    /// assert!(broker.memory_usage("picture").await? > Some(1000));
    /// # Ok(())
    /// # }
    /// ```
    pub trait MemoryCommands {
        /// `MEMORY USAGE key` (since 4.0.0): about how many bytes the key and its value take. `None` where there is no
        /// key. Of a hash or a set the first five items are measured, and the others taken to be like them.
        ///
        /// The in-memory broker tells of its own structures, so it answers other numbers than Redis. Bytes that were
        /// handed in and are shared with the caller count in full.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("poster", vec![0; 10_000]).await?;
        /// let usage = broker.memory_usage("poster").await?;
        /// assert!(usage.is_some_and(|bytes| (10_000..11_000).contains(&bytes)), "{usage:?}");
        /// assert_eq!(broker.memory_usage("nothing").await?, None);
        /// # Ok(())
        /// # }
        /// ```
        fn memory_usage<'a>(key: impl Into<Arg<'a>>) -> Option<u64> =
            Command::new(MemoryCommand::MemoryUsage.spec()).arg(key);

        /// `MEMORY USAGE key SAMPLES count` (since 4.0.0): as [`memory_usage`](Self::memory_usage), with this many
        /// items measured; all of them for 0. In memory, and for a text, the answer is exact whatever the number.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.hset("order:1", [("who", "jamie"), ("notes", &"long ".repeat(1000))]).await?;
        /// assert!(broker.memory_usage_of("order:1", 0).await? > Some(5_000));
        /// # Ok(())
        /// # }
        /// ```
        fn memory_usage_of<'a>(key: impl Into<Arg<'a>>, samples: u32) -> Option<u64> =
            Command::new(MemoryCommand::MemoryUsage.spec()).arg(key).arg("SAMPLES").arg(samples);
    }
}
