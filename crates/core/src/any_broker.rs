//! [`AnyBroker`]: a broker that is chosen while the program runs.

use std::sync::Arc;

use crate::broker::{BoxFuture, Broker};
use crate::error::Result;
use crate::instance::Instance;
use crate::pipeline::Replies;
use crate::subscriber::{SubscribeOptions, Subscriber};
use crate::watch::Watch;
use crate::{Arg, Command, Pipeline, Value};

/// [`Broker`] with boxed futures, so that it can stand behind a pointer.
trait DynBroker: Send + Sync {
    fn execute<'a>(&'a self, command: Command<'a>) -> BoxFuture<'a, Result<Value>>;
    fn execute_now(&self, command: &Command<'_>) -> Option<Result<Value>>;
    fn pipeline<'a>(&'a self, pipeline: Pipeline<'a>) -> BoxFuture<'a, Result<Replies>>;
    fn pipeline_now(&self, pipeline: &Pipeline<'_>) -> Option<Result<Replies>>;
    fn watch_keys<'a>(&'a self, keys: &'a [Arg<'a>]) -> BoxFuture<'a, Result<Watch>>;
    fn subscriber(&self, options: SubscribeOptions) -> BoxFuture<'_, Result<Subscriber>>;
    fn select(&self, database: u32) -> BoxFuture<'_, Result<AnyBroker>>;
    fn instance(&self) -> Option<&Arc<Instance>>;
    fn sweep(&self) -> usize;
    fn has_room(&self) -> bool;
}

impl<B: Broker> DynBroker for B {
    fn execute<'a>(&'a self, command: Command<'a>) -> BoxFuture<'a, Result<Value>> {
        Box::pin(Broker::execute(self, command))
    }

    fn execute_now(&self, command: &Command<'_>) -> Option<Result<Value>> {
        Broker::execute_now(self, command)
    }

    fn pipeline<'a>(&'a self, pipeline: Pipeline<'a>) -> BoxFuture<'a, Result<Replies>> {
        Box::pin(Broker::pipeline(self, pipeline))
    }

    fn pipeline_now(&self, pipeline: &Pipeline<'_>) -> Option<Result<Replies>> {
        Broker::pipeline_now(self, pipeline)
    }

    fn watch_keys<'a>(&'a self, keys: &'a [Arg<'a>]) -> BoxFuture<'a, Result<Watch>> {
        Box::pin(Broker::watch_keys(self, keys))
    }

    fn subscriber(&self, options: SubscribeOptions) -> BoxFuture<'_, Result<Subscriber>> {
        Box::pin(Broker::subscriber(self, options))
    }

    fn select(&self, database: u32) -> BoxFuture<'_, Result<AnyBroker>> {
        Box::pin(async move { Ok(AnyBroker::new(Broker::select(self, database).await?)) })
    }

    fn instance(&self) -> Option<&Arc<Instance>> {
        Broker::instance(self)
    }

    fn sweep(&self) -> usize {
        Broker::sweep(self)
    }

    fn has_room(&self) -> bool {
        Broker::has_room(self)
    }
}

/// A broker whose backend was chosen while the program runs, by a URL for instance. Clones share it.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// use embroker_core::{AnyBroker, prelude::*};
///
/// let broker = AnyBroker::new(embroker_mem::MemBroker::new());
/// broker.set("greeting", "hello").await?;
/// assert_eq!(broker.get("greeting").await?.as_deref(), Some(&b"hello"[..]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AnyBroker(Arc<dyn DynBroker>);

impl AnyBroker {
    /// Hides which backend this is.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::{AnyBroker, prelude::*};
    ///
    /// let brokers = [AnyBroker::new(embroker_mem::MemBroker::new()), AnyBroker::new(embroker_mem::MemBroker::new())];
    /// brokers[0].incr("visits").await?;
    /// assert_eq!(brokers[1].get("visits").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(broker: impl Broker) -> Self {
        Self(Arc::new(broker))
    }
}

impl std::fmt::Debug for AnyBroker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnyBroker").finish_non_exhaustive()
    }
}

impl Broker for AnyBroker {
    async fn execute(&self, command: Command<'_>) -> Result<Value> {
        self.0.execute(command).await
    }

    #[inline]
    fn execute_now(&self, command: &Command<'_>) -> Option<Result<Value>> {
        self.0.execute_now(command)
    }

    async fn pipeline(&self, pipeline: Pipeline<'_>) -> Result<Replies> {
        match self.0.pipeline_now(&pipeline) {
            Some(replies) => replies,
            None => self.0.pipeline(pipeline).await,
        }
    }

    #[inline]
    fn pipeline_now(&self, pipeline: &Pipeline<'_>) -> Option<Result<Replies>> {
        self.0.pipeline_now(pipeline)
    }

    async fn watch_keys(&self, keys: &[Arg<'_>]) -> Result<Watch> {
        self.0.watch_keys(keys).await
    }

    async fn subscriber(&self, options: SubscribeOptions) -> Result<Subscriber> {
        self.0.subscriber(options).await
    }

    async fn select(&self, database: u32) -> Result<Self> {
        self.0.select(database).await
    }

    fn instance(&self) -> Option<&Arc<Instance>> {
        self.0.instance()
    }

    fn sweep(&self) -> usize {
        self.0.sweep()
    }

    fn has_room(&self) -> bool {
        self.0.has_room()
    }
}

/// A shared broker is a broker, so one can be handed to several tasks.
impl<B: Broker> Broker for Arc<B> {
    async fn execute(&self, command: Command<'_>) -> Result<Value> {
        B::execute(self, command).await
    }

    #[inline]
    fn execute_now(&self, command: &Command<'_>) -> Option<Result<Value>> {
        B::execute_now(self, command)
    }

    async fn pipeline(&self, pipeline: Pipeline<'_>) -> Result<Replies> {
        B::pipeline(self, pipeline).await
    }

    #[inline]
    fn pipeline_now(&self, pipeline: &Pipeline<'_>) -> Option<Result<Replies>> {
        B::pipeline_now(self, pipeline)
    }

    async fn watch_keys(&self, keys: &[Arg<'_>]) -> Result<Watch> {
        B::watch_keys(self, keys).await
    }

    async fn subscriber(&self, options: SubscribeOptions) -> Result<Subscriber> {
        B::subscriber(self, options).await
    }

    async fn select(&self, database: u32) -> Result<Self> {
        Ok(Self::new(B::select(self, database).await?))
    }

    fn instance(&self) -> Option<&Arc<Instance>> {
        B::instance(self)
    }

    fn sweep(&self) -> usize {
        B::sweep(self)
    }

    fn has_room(&self) -> bool {
        B::has_room(self)
    }
}
