//! [redis-rs](redis) connections to a broker, without a socket: a program written for the redis crate runs on an
//! in-memory broker as it does on a server, because each connection is a whole session of one.
//!
//! [`RedisConnections`] gives every [`Broker`] its connections:
//!
//! | call | what it gives | what it needs |
//! |---|---|---|
//! | [`redis_connection`](RedisConnections::redis_connection) | [`RedisConnection`]: redis-rs's sync and async `ConnectionLike` | nothing: any executor, or none |
//! | [`redis_multiplexed`](RedisConnections::redis_multiplexed) | redis-rs's own `MultiplexedConnection`, over a pipe | a Tokio runtime |
//! | [`redis_pubsub`](RedisConnections::redis_pubsub) | redis-rs's own `PubSub`, over a pipe | a Tokio runtime |
//!
//! ```
//! use embroker_mem::MemBroker;
//! use embroker_redis_rs::RedisConnections as _;
//! use redis::Commands as _;
//!
//! /// The program to be tested: it takes any connection of redis-rs.
//! fn visit(con: &mut impl redis::ConnectionLike, page: &str) -> redis::RedisResult<u64> {
//!     con.hincr("visits", page, 1)
//! }
//!
//! # fn main() -> redis::RedisResult<()> {
//! let mut con = MemBroker::new().redis_connection();
//! assert_eq!(visit(&mut con, "/home")?, 1);
//! assert_eq!(visit(&mut con, "/home")?, 2);
//! # Ok(())
//! # }
//! ```
//!
//! [`RedisConnection`] is both a sync and an async connection, so import one of `redis::Commands` and
//! `redis::AsyncCommands`: with both in scope, a call on it is ambiguous. Code that is generic over one of the
//! `ConnectionLike` traits is not.
//!
//! # Programs that hold a `redis::Client`
//!
//! A [`redis::Client`] knows addresses only: TCP, TLS or a unix socket. So it can't be made without a socket. There are
//! two ways: let the program take a connection, `impl redis::aio::ConnectionLike + Clone` say, as above; or give it a
//! real address, which `embroker_server` serves: `Server::builder().broker(broker).unix_socket(path).spawn()` and
//! `Client::open("redis+unix://" + path)`.
//!
//! `redis::aio::Monitor` has no constructor that takes a stream, so there is none here.
//!
//! # Features
//!
//! `aio` (default) is redis-rs's async half. The redis crate compiles it only together with a runtime, so it turns on
//! `redis/tokio-comp`. Without it, what is left is sync, without a runtime and its network code.

#[cfg_attr(feature = "aio", path = "aborted.rs")]
#[cfg_attr(not(feature = "aio"), path = "aborted_sync.rs")]
mod aborted;
#[cfg(feature = "aio")]
mod aio;
mod connection;
mod line;
#[cfg(feature = "aio")]
mod pipe;
mod sync;

use embroker_core::Broker;
use embroker_session::Sessions;
use redis::RedisConnectionInfo;
#[cfg(feature = "aio")]
use {
    redis::aio::{MultiplexedConnection, PubSub},
    redis::{AsyncConnectionConfig, RedisResult},
    std::future::Future,
};

pub use connection::RedisConnection;

/// redis-rs's connections to a broker, without a socket. Every [`Broker`] that can be cloned has these calls.
///
/// Each connection is a client of its own: it has its transaction, database, name and subscriptions, stands in CLIENT
/// LIST, and ends when the last clone is dropped. It needs no password, whatever `requirepass` says, but `maxclients`
/// counts it: one too many has every command answered with `ERR max number of clients reached`.
///
/// # Examples
///
/// ```
/// use embroker_mem::MemBroker;
/// use embroker_redis_rs::RedisConnections as _;
///
/// let broker = MemBroker::new();
/// let mut connection = broker.redis_connection();
/// redis::cmd("SET").arg("greeting").arg("hello").exec(&mut connection)?;
/// let greeting: String = redis::cmd("GET").arg("greeting").query(&mut broker.redis_connection())?;
/// assert_eq!(greeting, "hello");
/// # Ok::<(), redis::RedisError>(())
/// ```
pub trait RedisConnections: Broker + Clone {
    /// A new connection, in RESP2 and at the broker's database.
    ///
    /// # Examples
    ///
    /// With any executor; the in-memory broker answers at the first poll.
    ///
    #[cfg_attr(feature = "aio", doc = "```")]
    #[cfg_attr(not(feature = "aio"), doc = "```ignore")]
    /// use embroker_mem::MemBroker;
    /// use embroker_redis_rs::RedisConnections as _;
    /// use redis::AsyncCommands as _;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> redis::RedisResult<()> {
    /// let mut con = MemBroker::new().redis_connection();
    /// let (added, members): (u32, Vec<String>) =
    ///     redis::pipe().atomic().sadd("tags", "rust").smembers("tags").query_async(&mut con).await?;
    /// assert_eq!((added, members), (1, vec!["rust".to_owned()]));
    /// let missing: Option<String> = con.get("missing").await?;
    /// assert_eq!(missing, None);
    /// # Ok(())
    /// # }
    /// ```
    fn redis_connection(&self) -> RedisConnection<Self> {
        self.redis_connection_with(&RedisConnectionInfo::default())
    }

    /// A new connection with the database and the protocol of these settings, which are those of a URL's end. User and
    /// password are not looked at. A database that there is not is told by the first command.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_mem::MemBroker;
    /// use embroker_redis_rs::RedisConnections as _;
    /// use redis::{Commands as _, IntoConnectionInfo as _};
    ///
    /// # fn main() -> redis::RedisResult<()> {
    /// let url = "redis://localhost/3?protocol=resp3".into_connection_info()?;
    /// let mut con = MemBroker::new().redis_connection_with(url.redis_settings());
    /// let score: Option<f64> = con.get("score")?;
    /// assert_eq!(score, None);
    /// assert_eq!(redis::ConnectionLike::get_db(&con), 3);
    /// # Ok(())
    /// # }
    /// ```
    fn redis_connection_with(&self, settings: &RedisConnectionInfo) -> RedisConnection<Self> {
        RedisConnection::new(&Sessions::new(self.clone()), settings)
    }

    /// redis-rs's own multiplexed connection, over a pipe instead of a socket, for programs that name its type. The
    /// tasks that drive it run on the current Tokio runtime and end with the connection's last clone.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Client`](redis::ErrorKind::Client) outside of a Tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_mem::MemBroker;
    /// use embroker_redis_rs::RedisConnections as _;
    /// use redis::AsyncCommands as _;
    ///
    /// struct App {
    ///     redis: redis::aio::MultiplexedConnection,
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> redis::RedisResult<()> {
    /// let mut app = App { redis: MemBroker::new().redis_multiplexed().await? };
    /// assert_eq!(app.redis.incr::<_, _, u64>("hits", 1).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "aio")]
    fn redis_multiplexed(&self) -> impl Future<Output = RedisResult<MultiplexedConnection>> + Send {
        async {
            let (settings, config) = (RedisConnectionInfo::default(), AsyncConnectionConfig::default());
            self.redis_multiplexed_with(&settings, config).await
        }
    }

    /// As [`redis_multiplexed`](Self::redis_multiplexed), with settings of redis-rs: its database, its protocol, and a
    /// push sender, which gets the messages of a RESP3 connection. User and password are not looked at.
    ///
    /// # Errors
    ///
    /// As `redis_multiplexed`, and what redis-rs says of the settings.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_mem::MemBroker;
    /// use embroker_redis_rs::RedisConnections as _;
    /// use redis::{AsyncCommands as _, AsyncConnectionConfig, ProtocolVersion, PushKind, RedisConnectionInfo};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> redis::RedisResult<()> {
    /// let resp3 = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3);
    /// let (sender, mut pushes) = tokio::sync::mpsc::unbounded_channel();
    /// let config = AsyncConnectionConfig::new().set_push_sender(sender);
    /// let mut con = MemBroker::new().redis_multiplexed_with(&resp3, config).await?;
    /// con.subscribe("news").await?;
    /// let receivers: u64 = con.publish("news", "hello").await?;
    /// assert_eq!(receivers, 1);
    /// assert_eq!(pushes.recv().await.unwrap().kind, PushKind::Subscribe);
    /// assert_eq!(pushes.recv().await.unwrap().kind, PushKind::Message);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "aio")]
    fn redis_multiplexed_with(
        &self,
        settings: &RedisConnectionInfo,
        config: AsyncConnectionConfig,
    ) -> impl Future<Output = RedisResult<MultiplexedConnection>> + Send {
        pipe::multiplexed(Sessions::new(self.clone()), settings, config)
    }

    /// redis-rs's own connection for messages, over a pipe instead of a socket. The tasks that drive it run on the
    /// current Tokio runtime and end with it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Client`](redis::ErrorKind::Client) outside of a Tokio runtime.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::prelude::*;
    /// use embroker_mem::MemBroker;
    /// use embroker_redis_rs::RedisConnections as _;
    /// use futures_util::StreamExt as _;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let broker = MemBroker::new();
    /// let mut pubsub = broker.redis_pubsub().await?;
    /// pubsub.psubscribe("purchase_orders:*").await?;
    /// broker.publish("purchase_orders:Opening Ceremony", "1").await?;
    /// let message = pubsub.on_message().next().await.ok_or("no message")?;
    /// assert_eq!(message.get_channel_name(), "purchase_orders:Opening Ceremony");
    /// assert_eq!(message.get_payload::<u32>()?, 1);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "aio")]
    fn redis_pubsub(&self) -> impl Future<Output = RedisResult<PubSub>> + Send {
        pipe::pubsub(Sessions::new(self.clone()))
    }
}

impl<B: Broker + Clone> RedisConnections for B {}
