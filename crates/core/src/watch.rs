//! WATCH: an optimistic transaction.

use crate::Pipeline;
use crate::broker::BoxFuture;
use crate::error::Result;
use crate::pipeline::Replies;

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
    pub fn new(backend: impl WatchBackend) -> Self {
        Self(Box::new(backend))
    }

    /// Runs the pipeline as one transaction, whether or not it was made atomic, unless a watched key was written
    /// since the watch began: then nothing runs and the answer is `None`.
    ///
    /// # Errors
    ///
    /// As [`Broker::pipeline`](crate::Broker::pipeline) for an atomic pipeline.
    pub async fn exec(self, pipeline: Pipeline<'_>) -> Result<Option<Replies>> {
        pipeline.check_not_session()?;
        self.0.exec(pipeline).await
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

/// What a backend does for a [`Watch`]. Dropping it unwatches.
pub trait WatchBackend: Send + Sync + 'static {
    /// EXEC: `None` where a watched key was written.
    fn exec(self: Box<Self>, pipeline: Pipeline<'_>) -> BoxFuture<'_, Result<Option<Replies>>>;
}
