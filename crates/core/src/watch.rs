//! WATCH: an optimistic transaction.

use crate::broker::BoxFuture;
use crate::error::Result;
use crate::pipeline::Replies;
use crate::{Arg, Pipeline};

/// Keys under watch. Read them through the broker, decide, then [`exec`](Watch::exec).
///
/// Dropping it ends the watch.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// use embroker_core::{Pipeline, prelude::*};
/// # let broker = embroker_mem::MemBroker::new();
///
/// let watch = broker.watch(["seats"]).await?;
/// let seats: i64 = broker.get_as("seats").await?.unwrap_or(0);
/// let mut pipeline = Pipeline::atomic();
/// pipeline.set("seats", seats + 1);
/// assert!(watch.exec(pipeline).await?.is_some(), "nobody else wrote in between");
/// # Ok(())
/// # }
/// ```
#[must_use = "a watch that is dropped guards nothing"]
pub struct Watch(Box<dyn WatchBackend>);

impl Watch {
    /// Wraps a backend's watch; for implementors of [`Broker`](crate::Broker).
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Arg, BoxFuture, Pipeline, Replies, Result, Watch, WatchBackend};
    ///
    /// /// A watch that always finds that somebody wrote.
    /// struct Broken;
    ///
    /// impl WatchBackend for Broken {
    ///     fn add<'a>(&'a mut self, _: &'a [Arg<'a>]) -> BoxFuture<'a, Result<()>> {
    ///         Box::pin(async { Ok(()) })
    ///     }
    ///     fn select(&mut self, _: u32) -> BoxFuture<'_, Result<()>> {
    ///         Box::pin(async { Ok(()) })
    ///     }
    ///     fn exec(self: Box<Self>, _: Pipeline<'_>) -> BoxFuture<'_, Result<Option<Replies>>> {
    ///         Box::pin(async { Ok(None) })
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// assert_eq!(Watch::new(Broken).exec(Pipeline::atomic()).await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(backend: impl WatchBackend) -> Self {
        Self(Box::new(backend))
    }

    /// Watches more keys, from now on. A key that is watched already stays as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::{Pipeline, prelude::*};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let mut watch = broker.watch(["seats"]).await?;
    /// watch.add(["price"]).await?;
    /// broker.set("price", 40).await?;
    /// assert!(watch.exec(Pipeline::atomic()).await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add<'a>(&mut self, keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> Result<()> {
        let keys: Vec<Arg<'a>> = keys.into_iter().map(Into::into).collect();
        self.0.add(&keys).await
    }

    /// Moves the watch to another database: that is where [`add`](Watch::add) finds its keys and where the transaction
    /// runs. The keys under watch so far stay so.
    ///
    /// # Errors
    ///
    /// `ERR DB index is out of range` where there is no such database.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::{Pipeline, prelude::*};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let mut watch = broker.watch(["seats"]).await?;
    /// watch.select(1).await?;
    /// watch.add(["price"]).await?;
    /// broker.set("price", 40).await?;
    /// assert!(watch.exec(Pipeline::atomic()).await?.is_some(), "that was another price");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn select(&mut self, database: u32) -> Result<()> {
        self.0.select(database).await
    }

    /// Runs the pipeline as one transaction, whether or not it was made atomic, unless a watched key was written
    /// since the watch began: then nothing runs and the answer is `None`.
    ///
    /// # Errors
    ///
    /// As [`Broker::pipeline`](crate::Broker::pipeline) for an atomic pipeline.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{Pipeline, Value};
    ///
    /// let watch = broker.watch(["seats"]).await?;
    /// let mut pipeline = Pipeline::atomic();
    /// pipeline.incr("seats");
    /// assert_eq!(watch.exec(pipeline).await?, Some(vec![Ok(Value::Int(1))]));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn exec(self, pipeline: Pipeline<'_>) -> Result<Option<Replies>> {
        pipeline.check_transaction()?;
        self.0.exec(pipeline).await
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

/// What a backend does for a [`Watch`], of which [`Watch::new`] has an example. Dropping it unwatches.
pub trait WatchBackend: Send + Sync + 'static {
    /// WATCH again: these keys too, from now on.
    fn add<'a>(&'a mut self, keys: &'a [Arg<'a>]) -> BoxFuture<'a, Result<()>>;

    /// SELECT: from now on the watch works in this database.
    fn select(&mut self, database: u32) -> BoxFuture<'_, Result<()>>;

    /// EXEC: `None` where a watched key was written.
    fn exec(self: Box<Self>, pipeline: Pipeline<'_>) -> BoxFuture<'_, Result<Option<Replies>>>;
}
