//! How a value is kept, and when its key was last used.

use super::calls;
use crate::table::{Keys, rows};
use crate::{Arg, Command};

rows! {
    /// Commands on how values are kept.
    ObjectCommand = Object {
        Object "object" -2 [CONTAINER] Keys::None, "2.2.3";
        ObjectEncoding "object|encoding" 3 [READONLY] Keys::ONE, "2.2.3";
        ObjectFreq "object|freq" 3 [READONLY] Keys::ONE, "4.0.0";
        ObjectHelp "object|help" 2 [LOADING STALE] Keys::None, "6.2.0";
        ObjectIdleTime "object|idletime" 3 [READONLY] Keys::ONE, "2.2.3";
        ObjectRefCount "object|refcount" 3 [READONLY] Keys::ONE, "2.2.3";
    }
}

#[inline]
fn command<'a>(command: ObjectCommand, key: impl Into<Arg<'a>>) -> Command<'a> {
    Command::new(command.spec()).arg(key)
}

calls! {
    /// Typed calls on how values are kept. None of them counts as a use of the key.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// broker.set("visits", 7).await?;
    /// assert_eq!(broker.object_encoding("visits").await?.as_deref(), Some("int"));
    /// # Ok(())
    /// # }
    /// ```
    pub trait ObjectCommands {
        /// `OBJECT ENCODING key` (since 2.2.3): how the value is kept: `int`, `embstr` or `raw` for a string,
        /// `listpack` or `hashtable` for a hash, `intset` or `hashtable` for a set. `None` where there is no key.
        ///
        /// The in-memory broker keeps values in its own way, and answers how Redis 7.0 would have kept this one.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("seats", "12").await?;
        /// assert_eq!(broker.object_encoding("seats").await?.as_deref(), Some("int"));
        /// broker.append("seats", "!").await?;
        /// assert_eq!(broker.object_encoding("seats").await?.as_deref(), Some("raw"));
        /// assert_eq!(broker.object_encoding("nothing").await?, None);
        /// # Ok(())
        /// # }
        /// ```
        fn object_encoding<'a>(key: impl Into<Arg<'a>>) -> Option<String> =
            command(ObjectCommand::ObjectEncoding, key);

        /// `OBJECT FREQ key` (since 4.0.0): how often the key was used lately, on a logarithmic scale of 0 to 255.
        /// `None` where there is no key.
        ///
        /// `ERR An LFU maxmemory policy is not selected …` where uses are not counted. The in-memory broker never
        /// counts them.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert_eq!(broker.object_freq("nothing").await?, None);
        /// broker.set("seats", "12").await?;
        /// assert!(broker.object_freq("seats").await.is_err());
        /// # Ok(())
        /// # }
        /// ```
        fn object_freq<'a>(key: impl Into<Arg<'a>>) -> Option<i64> = command(ObjectCommand::ObjectFreq, key);

        /// `OBJECT IDLETIME key` (since 2.2.3): for how many whole seconds nobody has read or written the key. `None`
        /// where there is no key.
        ///
        /// EXISTS, TYPE, TTL and its kin, SCAN and OBJECT are no use of a key; TOUCH and EXPIRE are one. Seconds are
        /// counted by the clock's own: a key that was used at the end of one is idle for a second soon after.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// use std::{sync::Arc, time::Duration};
        /// use embroker_mem::{ManualClock, MemBroker};
        ///
        /// let clock = Arc::new(ManualClock::at(1_000_000));
        /// let broker = MemBroker::builder().clock(clock.clone()).build();
        /// broker.set("basket", "seat 1").await?;
        /// clock.advance(Duration::from_secs(90));
        /// assert_eq!(broker.object_idletime("basket").await?, Some(90));
        /// broker.get("basket").await?;
        /// assert_eq!(broker.object_idletime("basket").await?, Some(0));
        /// # Ok(())
        /// # }
        /// ```
        fn object_idletime<'a>(key: impl Into<Arg<'a>>) -> Option<u64> = command(ObjectCommand::ObjectIdleTime, key);

        /// `OBJECT REFCOUNT key` (since 2.2.3): how many keys share the value. 1, or [`i32::MAX`] for a number from 0
        /// to 9999, which Redis keeps once for everybody. `None` where there is no key.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.set("seats", "12").await?;
        /// assert_eq!(broker.object_refcount("seats").await?, Some(i32::MAX.into()));
        /// # Ok(())
        /// # }
        /// ```
        fn object_refcount<'a>(key: impl Into<Arg<'a>>) -> Option<i64> = command(ObjectCommand::ObjectRefCount, key);
    }
}
