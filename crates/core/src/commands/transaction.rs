//! MULTI, EXEC and WATCH. A transaction here is a [`Pipeline`](crate::Pipeline), a watch a [`Watch`].

use crate::error::Result;
use crate::table::{Keys, rows};
use crate::{Arg, Broker, Watch};

rows! {
    /// Commands of a transaction. All belong to one client's connection.
    TransactionCommand = Transaction {
        Discard "discard" 1 [NOSCRIPT LOADING STALE FAST ALLOW_BUSY SESSION] Keys::None, "2.0.0";
        Exec "exec" 1 [NOSCRIPT LOADING STALE SKIP_SLOWLOG SESSION] Keys::None, "1.2.0";
        Multi "multi" 1 [NOSCRIPT LOADING STALE FAST ALLOW_BUSY SESSION] Keys::None, "1.2.0";
        Unwatch "unwatch" 1 [NOSCRIPT LOADING STALE FAST ALLOW_BUSY SESSION] Keys::None, "2.2.0";
        Watch "watch" -2 [NOSCRIPT LOADING STALE FAST ALLOW_BUSY SESSION] Keys::ALL, "2.2.0";
    }
}

/// Optimistic transactions.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # use embroker_core::prelude::*;
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_core::Pipeline;
///
/// let watch = broker.watch(["seats"]).await?;
/// let mut pipeline = Pipeline::atomic();
/// pipeline.incr("seats");
/// assert!(watch.exec(pipeline).await?.is_some());
/// # Ok(())
/// # }
/// ```
pub trait TransactionCommands: Broker + Sized {
    /// `WATCH key …` (since 2.2.0): from now on, any write to one of the keys, its deletion or its expiry makes
    /// [`Watch::exec`] do nothing and answer `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::Pipeline;
    ///
    /// let watch = broker.watch(["seats", "price"]).await?;
    /// broker.set("price", 40).await?;
    /// assert_eq!(watch.exec(Pipeline::atomic()).await?, None, "somebody wrote one of the keys");
    /// # Ok(())
    /// # }
    /// ```
    fn watch<'a>(&'a self, keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> impl Future<Output = Result<Watch>> + Send {
        let keys: Vec<Arg<'a>> = keys.into_iter().map(Into::into).collect();
        async move { self.watch_keys(&keys).await }
    }
}

impl<B: Broker> TransactionCommands for B {}
