//! The contract of a backend: [`Broker`].

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
///
/// # Examples
///
/// ```
/// use embroker_core::BoxFuture;
///
/// /// A function that any backend's future fits into.
/// fn later<'a>(number: &'a i64) -> BoxFuture<'a, i64> {
///     Box::pin(async move { *number })
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(later(&7).await, 7);
/// # }
/// ```
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
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{Command, Error, Value};
    ///
    /// let length = broker.execute(Command::from_argv(["APPEND", "greeting", "hello"])?).await?;
    /// assert_eq!(length, Value::Int(5));
    ///
    /// let refused = broker.execute(Command::from_argv(["INCR", "greeting"])?).await;
    /// assert_eq!(refused.unwrap_err().to_string(), "ERR value is not an integer or out of range");
    /// assert!(matches!(broker.execute(Command::from_argv(["MULTI"])?).await, Err(Error::Config(_))));
    /// # Ok(())
    /// # }
    /// ```
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
    /// let mut pipeline = Pipeline::atomic();
    /// pipeline.set("greeting", "hello").incr("greeting").strlen("greeting");
    /// let replies = broker.pipeline(pipeline).await?;
    /// assert_eq!(replies[0], Ok(Value::OK));
    /// assert!(replies[1].is_err(), "it is no number; the others run all the same");
    /// assert_eq!(replies[2], Ok(Value::Int(5)));
    /// # Ok(())
    /// # }
    /// ```
    fn pipeline(&self, pipeline: Pipeline<'_>) -> impl Future<Output = Result<Replies>> + Send;

    /// Runs commands here and now, if this broker never waits for another process: what [`pipeline`](Self::pipeline)
    /// would answer. `None`, and nothing has run, where it may have to wait.
    ///
    /// [`AnyBroker::pipeline`](crate::AnyBroker) asks here first, which spares it a boxed future. A broker around another one
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
    /// let watch = broker.watch_keys(&["seats".into()]).await?;
    /// broker.set("seats", 1).await?;
    /// assert_eq!(watch.exec(Pipeline::atomic()).await?, None, "somebody wrote in between");
    /// # Ok(())
    /// # }
    /// ```
    fn watch_keys(&self, keys: &[Arg<'_>]) -> impl Future<Output = Result<Watch>> + Send;

    /// A new client for messages: its own queue, and its own set of channels and patterns, empty at first.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// assert_eq!(broker.publish("news", "nobody hears").await?, 0);
    /// subscriber.subscribe(["news"]).await?;
    /// assert_eq!(broker.publish("news", "hello").await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    fn subscriber(&self, options: SubscribeOptions) -> impl Future<Output = Result<Subscriber>> + Send;

    /// The same broker, another of its databases: what a client does with SELECT, except that this handle stays where
    /// it is. All databases share subscribers and messages.
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
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// let third = broker.select(3).await?;
    /// third.set("greeting", "hello").await?;
    /// assert_eq!((broker.dbsize().await?, third.dbsize().await?), (0, 1));
    /// assert_eq!(broker.select(16).await.unwrap_err().to_string(), "ERR DB index is out of range");
    /// # Ok(())
    /// # }
    /// ```
    fn select(&self, database: u32) -> impl Future<Output = Result<Self>> + Send
    where
        Self: Sized;

    /// What a broker in this process keeps beside its data, such as its configuration. `None` for one that is elsewhere
    /// and answers CONFIG and INFO itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// let instance = broker.instance().expect("this one is in the process");
    /// broker.config_set("maxclients", 7).await?;
    /// assert_eq!(instance.config().get(["maxclients"]), [("maxclients".into(), "7".into())]);
    /// # Ok(())
    /// # }
    /// ```
    fn instance(&self) -> Option<&Arc<Instance>> {
        None
    }

    /// Removes the keys whose time is over, and answers how many there were. For a broker in this process, whoever
    /// serves it calls this now and then; one that is elsewhere does so by itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use std::sync::Arc;
    /// use std::time::Duration;
    ///
    /// use embroker_core::prelude::*;
    /// use embroker_mem::{ManualClock, MemBroker};
    ///
    /// let clock = Arc::new(ManualClock::at(0));
    /// let broker = MemBroker::builder().clock(clock.clone()).build();
    /// broker.setex("reservation:7", Duration::from_secs(600), "jamie").await?;
    /// clock.advance(Duration::from_secs(601));
    /// assert_eq!(Broker::sweep(&broker), 1);
    /// # Ok(())
    /// # }
    /// ```
    fn sweep(&self) -> usize {
        0
    }

    /// Whether there is room for more data, after evicting what may be evicted: `false` where the data takes more than
    /// `maxmemory`. Whoever serves a broker in this process asks so before it queues a command of a transaction; one
    /// that is elsewhere refuses commands by itself.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// assert!(broker.has_room());
    /// broker.set("picture", vec![b'x'; 1 << 20]).await?;
    /// broker.config_set("maxmemory", "1mb").await?;
    /// assert!(!broker.has_room());
    /// # Ok(())
    /// # }
    /// ```
    fn has_room(&self) -> bool {
        true
    }
}
