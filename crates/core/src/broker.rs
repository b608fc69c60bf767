//! The contract of a backend: [`Broker`], and [`AnyBroker`] for one that is chosen while the program runs.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::error::Result;
use crate::instance::Instance;
use crate::pipeline::Replies;
use crate::subscriber::{SubscribeOptions, Subscriber};
use crate::watch::Watch;
use crate::{Arg, Command, Pipeline, Value};

/// A boxed future, for the places where a backend is not known at compile time.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A Redis-compatible broker: commands in, values out, and messages.
///
/// The five methods without a body are all that a backend implements; users call the typed methods of the
/// [prelude](crate::prelude), which every broker has.
///
/// # What a backend promises
///
/// - Commands answer what Redis 7.0.15 answers, error texts included.
/// - A command runs when its future is polled, and either whole or not at all: a dropped future leaves no half
///   command.
/// - A write is never repeated on its own. Where its outcome is not known, the error says so.
/// - All subscribers see messages in one common order, once for each matching subscription, and what is not
///   delivered shows as a [`Gap`](crate::Gap) in the stream.
///
/// # Examples
///
/// A broker around another one, which counts the commands that go through it. It has all the typed calls.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use embroker_core::{Arg, Command, Pipeline, Replies, Result, SubscribeOptions, Subscriber, Value, Watch,
/// prelude::*};
///
/// struct Counted<B> {
///     inner: B,
///     commands: AtomicU64,
/// }
///
/// impl<B: Broker> Broker for Counted<B> {
///     async fn execute(&self, command: Command<'_>) -> Result<Value> {
///         self.commands.fetch_add(1, Ordering::Relaxed);
///         self.inner.execute(command).await
///     }
///     async fn pipeline(&self, pipeline: Pipeline<'_>) -> Result<Replies> {
///         self.commands.fetch_add(pipeline.len() as u64, Ordering::Relaxed);
///         self.inner.pipeline(pipeline).await
///     }
///     async fn watch_keys(&self, keys: &[Arg<'_>]) -> Result<Watch> {
///         self.inner.watch_keys(keys).await
///     }
///     async fn subscriber(&self, options: SubscribeOptions) -> Result<Subscriber> {
///         self.inner.subscriber(options).await
///     }
///     async fn select(&self, database: u32) -> Result<Self> {
///         Ok(Self { inner: self.inner.select(database).await?, commands: AtomicU64::new(0) })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let broker = Counted { inner: embroker_mem::MemBroker::new(), commands: AtomicU64::new(0) };
/// broker.set("greeting", "hello").await?;
/// assert_eq!(broker.strlen("greeting").await?, 5);
/// assert_eq!(broker.commands.load(Ordering::Relaxed), 2);
/// # Ok(())
/// # }
/// ```
pub trait Broker: Send + Sync + 'static {
    /// Runs one command.
    ///
    /// # Errors
    ///
    /// An error reply is [`Error::Server`](crate::Error::Server), never `Ok(Value::Error)`. Commands of one
    /// client's connection (SUBSCRIBE, MULTI, WATCH, …) are [`Error::Config`](crate::Error::Config).
    fn execute(&self, command: Command<'_>) -> impl Future<Output = Result<Value>> + Send;

    /// Runs one command here and now, if this broker never waits for another process: what [`execute`](Self::execute)
    /// would answer. `None`, and nothing has run, where it may have to wait.
    ///
    /// The typed calls ask here first, which spares a call in process what a future costs. A broker around another one
    /// need not have it: without it every command goes through [`execute`](Self::execute).
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Broker, Command, Value};
    ///
    /// let broker = embroker_mem::MemBroker::new();
    /// let set = Command::from_argv(["SET", "greeting", "hello"])?;
    /// assert_eq!(broker.execute_now(&set), Some(Ok(Value::OK)));
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    fn execute_now(&self, command: &Command<'_>) -> Option<Result<Value>> {
        let _ = command;
        None
    }

    /// Runs commands in order, as one MULTI/EXEC where the pipeline is atomic. There, `SELECT` moves the commands after
    /// it to another database, as inside MULTI.
    ///
    /// # Errors
    ///
    /// A command that fails has its own error among the replies. In an atomic pipeline, a command that Redis
    /// would not queue (unknown, wrong arity) makes the whole fail with `EXECABORT`, and nothing runs.
    fn pipeline(&self, pipeline: Pipeline<'_>) -> impl Future<Output = Result<Replies>> + Send;

    /// Runs commands here and now, if this broker never waits for another process: what [`pipeline`](Self::pipeline)
    /// would answer. `None`, and nothing has run, where it may have to wait.
    ///
    /// [`AnyBroker::pipeline`](AnyBroker) asks here first, which spares it a boxed future. A broker around another one
    /// need not have it.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Broker, Pipeline, Value};
    ///
    /// let broker = embroker_mem::MemBroker::new();
    /// let mut pipeline = Pipeline::atomic();
    /// pipeline.incr("visits").incr("visits");
    /// assert_eq!(broker.pipeline_now(&pipeline), Some(Ok(vec![Ok(Value::Int(1)), Ok(Value::Int(2))])));
    /// ```
    fn pipeline_now(&self, pipeline: &Pipeline<'_>) -> Option<Result<Replies>> {
        let _ = pipeline;
        None
    }

    /// Watches keys for an optimistic transaction: any write to one of them makes its EXEC do nothing.
    fn watch_keys(&self, keys: &[Arg<'_>]) -> impl Future<Output = Result<Watch>> + Send;

    /// A new client for messages: its own queue, and its own set of channels and patterns, empty at first.
    fn subscriber(&self, options: SubscribeOptions) -> impl Future<Output = Result<Subscriber>> + Send;

    /// The same broker, another of its databases: what a client does with SELECT, except that this handle stays where
    /// it is. All databases share subscribers and messages.
    ///
    /// # Errors
    ///
    /// `ERR DB index is out of range` where there is no such database.
    fn select(&self, database: u32) -> impl Future<Output = Result<Self>> + Send
    where
        Self: Sized;

    /// What a broker in this process keeps beside its data, such as its configuration. `None` for one that is elsewhere
    /// and answers CONFIG and INFO itself.
    fn instance(&self) -> Option<&Arc<Instance>> {
        None
    }

    /// Removes the keys whose time is over, and answers how many there were. For a broker in this process, whoever
    /// serves it calls this now and then; one that is elsewhere does so by itself.
    fn sweep(&self) -> usize {
        0
    }

    /// Whether there is room for more data, after evicting what may be evicted: `false` where the data takes more than
    /// `maxmemory`. Whoever serves a broker in this process asks so before it queues a command of a transaction; one
    /// that is elsewhere refuses commands by itself.
    fn has_room(&self) -> bool {
        true
    }
}

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
