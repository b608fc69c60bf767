//! [`RedisBroker`]: a real Redis as a [`Broker`], and what can be set about it.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use embroker_core::table::Flags;
use embroker_core::{
    Arg, Broker, Command, Error, Pipeline, Replies, Result, SubscribeOptions, Subscriber, Value, Watch, observe,
};

use crate::calm::calm;
use crate::connection::Target;
use crate::link::Link;
use crate::subscriber::RedisSubscriber;
use crate::url::Location;
use crate::value;
use crate::watch::{RedisWatch, read_transaction, select, transaction};

/// What it is called where it is observed.
pub(crate) const BACKEND: &str = "redis";

/// A real Redis, 6.0 or newer. Clones share one connection for commands.
///
/// # Connections
///
/// Commands and pipelines of all clones go over one connection. Each [`Subscriber`] and each [`Watch`] has a connection
/// of its own. A command that blocks on the server, such as BLPOP, holds up all who share its connection: use a client
/// of your own for it. Connections live on the Tokio runtime that the call which made them ran on, and need it to keep
/// running.
///
/// A lost connection is made again by the next call; callers share the attempt. Attempts that fail keep a growing
/// distance, and a call waits for its turn: it fails with [`Error::Disconnected`] only after an attempt that ended
/// after the call began, so the first call after the server is back succeeds.
///
/// # When a connection is lost under a command
///
/// - Nothing was sent yet: the command is sent on the next connection.
/// - It was sent and only reads, by the [table](embroker_core::table): it is sent once more.
/// - It was sent and may write: [`Error::OutcomeUnknown`]. It may have run or not, and is never repeated.
///
/// A connection may also be dead without a word. A call that waits on one ends in the same way once the server says,
/// over another connection, that it does not know the first, or has nothing to answer there; see
/// [`silence_timeout`](RedisBrokerBuilder::silence_timeout).
///
/// # What a subscriber does
///
/// When its connection is lost, or [says nothing for too long](RedisBrokerBuilder::silence_timeout), its stream tells
/// [`Gap::Disconnected`](embroker_core::Gap). It connects again for as
/// long as it lives, subscribes to everything that it was subscribed to, and when the server has confirmed every name,
/// the stream tells [`Gap::Resubscribed`](embroker_core::Gap). All messages after that are complete again. Messages
/// that arrive before all names are confirmed belong to the gap and are dropped.
///
/// A server that refuses (the password was changed, an ACL forbids a channel) is asked again at the longest delay, and
/// the gap stays open: a subscriber is never subscribed to a part of its names in silence. Calls to `subscribe` answer
/// with the refusal meanwhile; to give up the forbidden names, unsubscribe from them.
///
/// Without a connection, `subscribe` waits for one as long as the connect timeout, then fails with
/// [`Error::Disconnected`] and the names are forgotten; `unsubscribe` forgets names at once.
///
/// # Examples
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// use embroker_core::prelude::*;
/// use embroker_redis::RedisBroker;
///
/// let broker = RedisBroker::connect("redis://127.0.0.1:6379").await?;
/// broker.hset("order:1", [("who", "jamie")]).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisBroker {
    link: Arc<Link>,
}

/// Sets how a [`RedisBroker`] connects.
///
/// # Examples
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// use std::time::Duration;
///
/// use embroker_redis::RedisBroker;
///
/// let broker = RedisBroker::builder("redis+unix:///run/redis.sock?db=1")?
///     .connect_timeout(Duration::from_secs(1))
///     .client_name("ticket-shop")
///     .connect()
///     .await?;
/// # let _ = broker;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct RedisBrokerBuilder {
    target: Target,
}

impl RedisBroker {
    /// Connects to the server that the URL names, within 5 seconds.
    ///
    /// - `redis://[user:password@]host[:port][/database]`, port 6379 and database 0 where they are left out
    /// - `redis+unix:///path/to.sock[?db=N&user=NAME&pass=PASSWORD]`
    ///
    /// Special characters are percent-encoded, as `%40` for `@`.
    ///
    /// # Errors
    ///
    /// - [`Error::Config`] for a URL that can't be read, a database that the server doesn't have, a server older than
    ///   6.0, or a call from outside a Tokio runtime;
    /// - [`Error::Disconnected`], which names host and port or the socket, where nobody answers in time;
    /// - [`Error::Authentication`] where the server wants other credentials; it was asked once.
    pub async fn connect(url: &str) -> Result<Self> {
        Self::builder(url)?.connect().await
    }

    /// A connection to be, with what else can be set.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a URL that can't be read.
    pub fn builder(url: &str) -> Result<RedisBrokerBuilder> {
        Ok(RedisBrokerBuilder {
            target: Target {
                location: Location::parse(url)?,
                client_name: None,
                connect_timeout: Duration::from_secs(5),
                response_timeout: None,
                silence_timeout: Duration::from_secs(2),
                reconnect_delay: Duration::from_millis(20)..=Duration::from_secs(2),
            },
        })
    }
}

impl RedisBrokerBuilder {
    /// How long one attempt to connect may take, from the look-up of the host to the server's greeting; 5 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.target.connect_timeout = timeout;
        self
    }

    /// How long a reply may take before the call fails with [`Error::Timeout`]; without limit by default, because a
    /// command that was sent runs, however long the caller waits. The calls that begin after it go over a new
    /// connection, because nothing tells a slow one from a dead one.
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.target.response_timeout = Some(timeout);
        self
    }

    /// How long a connection may say nothing at all when it is asked, before it is taken for dead; 2 s by default.
    ///
    /// TCP alone does not tell that the other side is gone without a word: the machine lost its power, a router forgot
    /// the connection. A subscriber's connection on which nothing was received for half of this time is therefore asked
    /// with PING, and closed where nothing arrives within this time after it; any byte counts as an answer. So a dead
    /// link is noticed within 3 s, and while messages flow nothing is sent. A subscriber that connects again
    /// gives each attempt as long as this, or the connect timeout where that is shorter.
    ///
    /// A server that is busy with one command for longer than this looks dead too, and its subscribers see a gap: where
    /// such commands are run, set this to more than the longest of them. [`Duration::MAX`] turns it off.
    ///
    /// On a connection for calls, which may wait for a slow command, silence alone means nothing. Where a call has
    /// waited for this long and nothing was received, the server is asked over another connection with `CLIENT LIST ID`
    /// (since 6.2): if it does not know the connection, or has been idle on it and it is not blocked, the call fails
    /// with [`Error::OutcomeUnknown`]. A server that answers nobody is waited for, as is one that does not let
    /// the user ask.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use embroker_redis::RedisBroker;
    ///
    /// # fn main() -> embroker_core::Result<()> {
    /// // Scripts of up to ten seconds run on this server.
    /// let builder = RedisBroker::builder("redis://127.0.0.1")?.silence_timeout(Duration::from_secs(15));
    /// # let _ = builder;
    /// # Ok(())
    /// # }
    /// ```
    pub fn silence_timeout(mut self, timeout: Duration) -> Self {
        self.target.silence_timeout = timeout;
        self
    }

    /// How far apart attempts to connect that fail begin: the shortest time at first, then twice as long each time up
    /// to the longest, less up to half by chance; 20 ms to 2 s by default.
    pub fn reconnect_delay(mut self, limits: RangeInclusive<Duration>) -> Self {
        self.target.reconnect_delay = limits;
        self
    }

    /// The name of every connection in CLIENT LIST; without spaces.
    pub fn client_name(mut self, name: impl Into<String>) -> Self {
        self.target.client_name = Some(name.into());
        self
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// As [`RedisBroker::connect`].
    pub async fn connect(self) -> Result<RedisBroker> {
        let link = Link::new(Arc::new(self.target));
        calm(link.connection()).await?;
        Ok(RedisBroker { link: Arc::new(link) })
    }
}

impl fmt::Debug for RedisBroker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisBroker").field("location", &self.link.target().location).finish_non_exhaustive()
    }
}

impl Broker for RedisBroker {
    async fn execute(&self, command: Command<'_>) -> Result<Value> {
        observe::command(BACKEND, &command).wait(calm(self.run_one(&command))).await
    }

    async fn pipeline(&self, pipeline: Pipeline<'_>) -> Result<Replies> {
        observe::pipeline(BACKEND, &pipeline).wait(calm(self.run_all(pipeline))).await
    }

    async fn watch_keys(&self, keys: &[Arg<'_>]) -> Result<Watch> {
        Ok(Watch::new(calm(RedisWatch::begin(self.link.target().clone(), keys)).await?))
    }

    async fn subscriber(&self, options: SubscribeOptions) -> Result<Subscriber> {
        calm(RedisSubscriber::join(self.link.target().clone(), options)).await
    }

    /// The handle has a connection of its own for commands, unless it is in this database already.
    async fn select(&self, database: u32) -> Result<Self> {
        if self.database() == database {
            return Ok(self.clone());
        }
        // The server says whether there is such a database, and its words are the answer.
        let mut probe = Pipeline::atomic();
        probe.push(select(database));
        for reply in calm(self.transaction(probe, true)).await? {
            reply?;
        }
        let mut target = Target::clone(self.link.target());
        target.location.database = database.into();
        RedisBrokerBuilder { target }.connect().await
    }
}

impl RedisBroker {
    fn database(&self) -> u32 {
        u32::try_from(self.link.target().location.database).unwrap_or(0)
    }

    async fn run_one(&self, command: &Command<'_>) -> Result<Value> {
        check(command)?;
        let mut pipeline = redis::Pipeline::with_capacity(1);
        pipeline.add_command(value::pack(command));
        let mut replies = self.link.run(&pipeline, only_reads(command)).await?;
        match replies.pop() {
            Some(reply) => Ok(value::reply(reply)??),
            None => Err(Error::Decode("the server answered nothing".into())),
        }
    }

    async fn run_all(&self, pipeline: Pipeline<'_>) -> Result<Replies> {
        let is_allowed = |command: &&Command<'_>| pipeline.is_atomic() && command.is_select();
        pipeline.commands().iter().filter(|command| !is_allowed(command)).try_for_each(check)?;
        if pipeline.is_empty() {
            return Ok(Replies::new());
        }
        let repeatable = pipeline.commands().iter().all(only_reads);
        if pipeline.is_atomic() {
            return self.transaction(pipeline, repeatable).await;
        }
        let mut packed = redis::Pipeline::with_capacity(pipeline.len());
        for command in pipeline.commands() {
            packed.add_command(value::pack(command));
        }
        self.link.run(&packed, repeatable).await?.into_iter().map(value::reply).collect()
    }

    /// Runs a pipeline as one transaction, which leaves the connection in its database.
    async fn transaction(&self, mut pipeline: Pipeline<'_>, repeatable: bool) -> Result<Replies> {
        let selects = pipeline.commands().iter().any(Command::is_select);
        if selects {
            pipeline.push(select(self.database()));
        }
        let replies = self.link.run(&transaction(&pipeline), repeatable).await?;
        let mut replies = read_transaction(replies)?.unwrap_or_default();
        if selects {
            replies.pop();
        }
        Ok(replies)
    }
}

/// Whether the command changes nothing, so that it may run twice.
fn only_reads(command: &Command<'_>) -> bool {
    command.spec().is_some_and(|spec| spec.flags.contains(Flags::READONLY))
}

/// Refuses what would change the connection that all callers share. What only asks of a connection is the server's to
/// answer.
fn check(command: &Command<'_>) -> Result<()> {
    let mut words = command.words().map(<[u8]>::to_ascii_uppercase);
    let (name, sub) = (words.next().unwrap_or_default(), words.next());
    let instead = match (name.as_slice(), sub.as_deref()) {
        (b"AUTH" | b"HELLO" | b"SELECT", _) => "put user, password and database into the URL",
        (b"CLIENT", Some(b"REPLY" | b"SETNAME" | b"TRACKING")) => "set the client's name with RedisBroker::builder",
        (b"MONITOR" | b"SYNC" | b"PSYNC", _) => "use a client of your own",
        (b"QUIT" | b"RESET", _) => "drop the broker",
        (b"ACL" | b"CLIENT" | b"LATENCY" | b"SLOWLOG", _) => return Ok(()),
        _ => return command.check_not_session(),
    };
    let name = String::from_utf8_lossy(&name).into_owned();
    Err(Error::Config(format!("{name} changes the connection that all callers share: {instead} instead")))
}
