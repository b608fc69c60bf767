//! [`MemBroker`]: the engine as a [`Broker`].

use std::sync::{Arc, Weak};

use embroker_core::instance::Instance;
use embroker_core::instance::config::{Config, Parameter};
use embroker_core::{
    Arg, Broker, Command, Pipeline, Queue, Replies, Result, SubscribeOptions, Subscriber, Value, Watch, observe,
};

use crate::clock::{Clock, Guarded, SystemClock};
use crate::engine::Engine;
use crate::pubsub::MemSubscriber;
use crate::watch::MemWatch;

/// What it is called where it is observed.
pub(crate) const BACKEND: &str = "mem";

/// A Redis-compatible broker in this process. Clones share the same keys and subscribers; when the last one is dropped,
/// the streams of its subscribers end.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// use embroker_core::prelude::*;
/// use embroker_mem::MemBroker;
///
/// let broker = MemBroker::new();
/// broker.hset("order:1", [("who", "jamie")]).await?;
/// assert_eq!(broker.hget("order:1", "who").await?.as_deref(), Some(&b"jamie"[..]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemBroker {
    engine: Arc<Engine>,
    database: u32,
}

/// Sets what a [`MemBroker`] takes from outside, time and chance, and the parameters that it starts with.
///
/// # Examples
///
/// ```
/// use embroker_mem::MemBroker;
///
/// let repeatable = MemBroker::builder().seed(7).build();
/// ```
#[must_use]
pub struct MemBrokerBuilder {
    clock: Box<dyn Clock>,
    seed: Option<u64>,
    config: Config,
}

impl MemBroker {
    /// An empty broker on the machine's clock.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// An empty broker whose clock, seed and parameters are to be set.
    pub fn builder() -> MemBrokerBuilder {
        MemBrokerBuilder { clock: Box::new(SystemClock), seed: None, config: Config::new() }
    }

    /// The same broker, another of its databases: what a Redis client does with SELECT. All databases share
    /// subscribers, clock and chance.
    ///
    /// # Errors
    ///
    /// `ERR DB index is out of range` where there is no such database; see [`MemBrokerBuilder::databases`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::prelude::*;
    /// use embroker_mem::MemBroker;
    ///
    /// let broker = MemBroker::new();
    /// let archive = broker.database(15)?;
    /// archive.set("greeting", "hello").await?;
    /// assert_eq!((broker.dbsize().await?, archive.dbsize().await?), (0, 1));
    /// assert!(broker.database(16).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn database(&self, number: u32) -> Result<Self> {
        self.engine.databases.check(number)?;
        Ok(Self { engine: self.engine.clone(), database: number })
    }

    /// Runs one command on this thread, for code that is not async.
    ///
    /// # Errors
    ///
    /// As [`Broker::execute`].
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Command, Value};
    /// use embroker_mem::MemBroker;
    ///
    /// let broker = MemBroker::new();
    /// let reply = broker.call(&Command::from_argv(["INCRBY", "visits", "2"])?)?;
    /// assert_eq!(reply, Value::Int(2));
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn call(&self, command: &Command<'_>) -> Result<Value> {
        observe::command(BACKEND, command).run(|| {
            command.check_not_session()?;
            self.engine.run(self.database, command)
        })
    }

    /// Runs the commands of a pipeline on this thread.
    fn call_all(&self, pipeline: &Pipeline<'_>) -> Result<Replies> {
        observe::pipeline(BACKEND, pipeline).run(|| {
            pipeline.check_not_session()?;
            if pipeline.is_atomic() {
                let replies = self.engine.run_atomic(self.database, pipeline, None)?;
                Ok(replies.unwrap_or_default())
            } else {
                Ok(self.engine.run_each(self.database, pipeline))
            }
        })
    }

    /// About how many bytes the data takes, of all databases, with what an empty broker takes: what `maxmemory` bounds
    /// and INFO calls `used_memory`. One load, however much there is.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Command;
    /// use embroker_mem::MemBroker;
    ///
    /// let broker = MemBroker::new();
    /// let before = broker.used_memory();
    /// broker.call(&Command::from_argv(["SET", "photo", &"x".repeat(1000)])?)?;
    /// assert!(broker.used_memory() >= before + 1000);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn used_memory(&self) -> u64 {
        self.engine.used_memory()
    }

    /// The broker's parameters: what `CONFIG GET` and `CONFIG SET` reach, for code that is not async.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::Parameter;
    /// use embroker_mem::MemBroker;
    ///
    /// let broker = MemBroker::new();
    /// broker.config().set([("maxmemory", "100mb")])?;
    /// assert_eq!(broker.config().number(Parameter::MaxMemory), 100 << 20);
    /// # Ok::<(), embroker_core::ServerError>(())
    /// ```
    pub fn config(&self) -> &Config {
        self.engine.instance.config()
    }

    /// Removes every key whose time is over, and answers how many there were.
    ///
    /// In all databases. Nobody sees an expired key; writes remove them little by little. Call this now and then where
    /// keys with a deadline are written in bursts and never touched again.
    pub fn sweep(&self) -> usize {
        self.engine.sweep()
    }

    /// A handle that does not keep the broker alive.
    pub fn downgrade(&self) -> WeakMemBroker {
        WeakMemBroker { engine: Arc::downgrade(&self.engine), database: self.database }
    }
}

/// A handle on a [`MemBroker`] that does not keep it alive.
#[derive(Clone)]
pub struct WeakMemBroker {
    engine: Weak<Engine>,
    database: u32,
}

impl WeakMemBroker {
    /// The broker, if anybody still has it.
    pub fn upgrade(&self) -> Option<MemBroker> {
        self.engine.upgrade().map(|engine| MemBroker { engine, database: self.database })
    }
}

impl std::fmt::Debug for WeakMemBroker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WeakMemBroker").finish_non_exhaustive()
    }
}

impl Default for MemBroker {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for MemBroker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemBroker").field("database", &self.database).finish_non_exhaustive()
    }
}

impl MemBrokerBuilder {
    /// The clock that expiry goes by.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Box::new(Guarded::new(clock));
        self
    }

    /// Makes SPOP, SRANDMEMBER, HRANDFIELD and RANDOMKEY repeatable: the same seed and the same calls, the same
    /// answers.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How many databases there are, numbered from 0; 16 where nobody says, and never fewer than 1. One that is not
    /// used takes about 200 bytes.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_mem::MemBroker;
    ///
    /// let broker = MemBroker::builder().databases(2).build();
    /// assert!(broker.database(1).is_ok());
    /// assert!(broker.database(2).is_err());
    /// ```
    pub fn databases(mut self, count: u32) -> Self {
        // A number between these bounds is not refused.
        let _ = self.config.preset("databases", count.clamp(1, i32::MAX as u32).to_string());
        self
    }

    /// Sets a parameter as a line of redis.conf does, those that `CONFIG SET` can't set too: `maxmemory 100mb`. Of what
    /// has no effect in memory, `docs/compatibility.md` tells.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](embroker_core::Error::Config) for a name that is no parameter, and for a value that it does
    /// not take.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> embroker_core::Result<()> {
    /// use embroker_core::instance::config::Parameter;
    /// use embroker_mem::MemBroker;
    ///
    /// let broker = MemBroker::builder().config("maxmemory", "100mb")?.config("databases", "4")?.build();
    /// assert_eq!(broker.config().number(Parameter::MaxMemory), 100 << 20);
    /// assert!(broker.database(4).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn config(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Self> {
        self.config.preset(name, value)?;
        Ok(self)
    }

    /// Which events of keys are published, as Redis's `notify-keyspace-events`: letters for the classes of events and
    /// `K` or `E` for the channels, `__keyspace@<db>__:<key>` and `__keyevent@<db>__:<event>`. None where nobody says.
    ///
    /// A key that expires is told of (`x`) when a command names it, and when [`MemBroker::sweep`] or a write comes upon
    /// it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](embroker_core::Error::Config) for a letter that is no class.
    ///
    /// # Examples
    ///
    /// A subscriber that learns of an expired key, and nobody waits for the time to pass:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use std::{sync::Arc, time::Duration};
    ///
    /// use embroker_core::prelude::*;
    /// use embroker_core::{Event, SubscribeOptions};
    /// use embroker_mem::{ManualClock, MemBroker};
    ///
    /// let clock = Arc::new(ManualClock::at(0));
    /// let broker = MemBroker::builder().clock(clock.clone()).notify_keyspace_events("Ex")?.build();
    /// let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.subscribe(["__keyevent@0__:expired"]).await?;
    ///
    /// broker.setex("reservation:7", Duration::from_secs(600), "jamie").await?;
    /// clock.advance(Duration::from_secs(601));
    /// broker.sweep();
    ///
    /// let Some(Event::Message(message)) = subscriber.next().await else { panic!("a message") };
    /// assert_eq!(message.payload(), b"reservation:7");
    /// # Ok(())
    /// # }
    /// ```
    pub fn notify_keyspace_events(self, classes: &str) -> Result<Self> {
        self.config(Parameter::NotifyKeyspaceEvents.name(), classes)
    }

    /// The broker.
    pub fn build(self) -> MemBroker {
        MemBroker { engine: Arc::new(Engine::new(self.clock, self.seed, self.config)), database: 0 }
    }
}

impl std::fmt::Debug for MemBrokerBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemBrokerBuilder")
            .field("seed", &self.seed)
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Broker for MemBroker {
    async fn execute(&self, command: Command<'_>) -> Result<Value> {
        self.call(&command)
    }

    #[inline]
    fn execute_now(&self, command: &Command<'_>) -> Option<Result<Value>> {
        Some(self.call(command))
    }

    async fn pipeline(&self, pipeline: Pipeline<'_>) -> Result<Replies> {
        self.call_all(&pipeline)
    }

    fn pipeline_now(&self, pipeline: &Pipeline<'_>) -> Option<Result<Replies>> {
        Some(self.call_all(pipeline))
    }

    async fn watch_keys(&self, keys: &[Arg<'_>]) -> Result<Watch> {
        if keys.is_empty() {
            return Err(embroker_core::ServerError::wrong_arity("watch").into());
        }
        let keys = keys.iter().map(|key| key.as_bytes().into());
        Ok(Watch::new(MemWatch::begin(self.engine.clone(), self.database, keys)))
    }

    async fn subscriber(&self, options: SubscribeOptions) -> Result<Subscriber> {
        let queue = Arc::new(Queue::new(options));
        Ok(Subscriber::new(queue.clone(), MemSubscriber::join(&self.engine.pubsub, queue)))
    }

    async fn select(&self, database: u32) -> Result<Self> {
        self.database(database)
    }

    fn instance(&self) -> Option<&Arc<Instance>> {
        Some(&self.engine.instance)
    }

    fn sweep(&self) -> usize {
        self.engine.sweep()
    }

    fn has_room(&self) -> bool {
        self.engine.has_room()
    }
}
