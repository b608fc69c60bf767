//! The ways to a broker, and connections that may have come by any of them.

use std::fmt;
use std::sync::Arc;

use anyhow::Result;
use embroker_mem::MemBroker;
use embroker_redis_rs::{RedisConnection, RedisConnections as _};
use embroker_test_support::{Backend, RedisServer};
use redis::aio::{MultiplexedConnection, PubSub};
use redis::{
    AsyncConnectionConfig, Client, Cmd, IntoConnectionInfo as _, Pipeline, ProtocolVersion, RedisConnectionInfo,
    RedisFuture, RedisResult, Value,
};

/// A case: a name, and what runs on a fresh broker.
pub(crate) type Case = (&'static str, fn(Host) -> embroker::BoxFuture<'static, Result<()>>);

/// Lists async functions of one [`Host`].
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        pub(crate) fn cases() -> Vec<crate::door::Case> {
            vec![$((stringify!($case), |host| Box::pin($case(host)))),*]
        }
    };
}
pub(crate) use cases;

/// How one connects, and in which protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Door {
    kind: Kind,
    resp3: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Connection,
    Multiplexed,
    Socket,
}

impl Door {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let kinds = [Kind::Connection, Kind::Multiplexed, Kind::Socket];
        kinds.into_iter().flat_map(|kind| [false, true].map(|resp3| Self { kind, resp3 }))
    }

    pub(crate) fn backend(self) -> Backend {
        if self.kind == Kind::Socket { Backend::Redis } else { Backend::Mem }
    }

    /// Whether there is a sync connection.
    pub(crate) fn is_sync_too(self) -> bool {
        self.kind != Kind::Multiplexed
    }

    /// A fresh broker behind this door.
    pub(crate) fn open(self) -> Result<Host> {
        let server = (self.kind == Kind::Socket).then(RedisServer::start).transpose()?;
        Ok(Host { door: self, broker: MemBroker::new(), server: server.map(Arc::new) })
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Connection => "connection",
            Kind::Multiplexed => "multiplexed",
            Kind::Socket => "socket",
        };
        write!(f, "{kind}::resp{}", if self.resp3 { 3 } else { 2 })
    }
}

/// A broker that one can connect to.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) door: Door,
    pub(crate) broker: MemBroker,
    server: Option<Arc<RedisServer>>,
}

impl Host {
    pub(crate) fn is_resp3(&self) -> bool {
        self.door.resp3
    }

    fn settings(&self) -> RedisConnectionInfo {
        let version = if self.door.resp3 { ProtocolVersion::RESP3 } else { ProtocolVersion::RESP2 };
        RedisConnectionInfo::default().set_protocol(version)
    }

    /// An async connection of its own.
    pub(crate) async fn con(&self) -> Result<Con> {
        self.con_to(0).await
    }

    /// An async connection to one of the databases.
    pub(crate) async fn con_to(&self, db: i64) -> Result<Con> {
        let settings = self.settings().set_db(db);
        Ok(match &self.server {
            None if self.door.kind == Kind::Connection => Con::Session(self.broker.redis_connection_with(&settings)),
            None => {
                let config = AsyncConnectionConfig::new();
                Con::Multiplexed(self.broker.redis_multiplexed_with(&settings, config).await?)
            }
            Some(server) => Con::Multiplexed(
                client(server, settings)?.get_multiplexed_async_connection_with_config(&patient()).await?,
            ),
        })
    }

    /// A sync connection of its own.
    pub(crate) fn sync(&self) -> Result<SyncCon> {
        Ok(match &self.server {
            None => SyncCon::Session(self.broker.redis_connection_with(&self.settings())),
            Some(server) => SyncCon::Socket(client(server, self.settings())?.get_connection()?),
        })
    }

    /// A connection for messages.
    pub(crate) async fn pubsub(&self) -> Result<PubSub> {
        Ok(match &self.server {
            None => self.broker.redis_pubsub().await?,
            Some(server) => client(server, RedisConnectionInfo::default())?.get_async_pubsub().await?,
        })
    }
}

fn client(server: &RedisServer, settings: RedisConnectionInfo) -> RedisResult<Client> {
    Client::open(server.url().into_connection_info()?.set_redis_settings(settings))
}

/// redis-rs gives up on a reply after half a second, which a busy machine may need.
fn patient() -> AsyncConnectionConfig {
    AsyncConnectionConfig::new().set_response_timeout(Some(std::time::Duration::from_secs(30)))
}

/// An async connection.
#[derive(Clone)]
pub(crate) enum Con {
    Session(RedisConnection<MemBroker>),
    Multiplexed(MultiplexedConnection),
}

impl redis::aio::ConnectionLike for Con {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Session(con) => redis::aio::ConnectionLike::req_packed_command(con, cmd),
            Self::Multiplexed(con) => con.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Session(con) => redis::aio::ConnectionLike::req_packed_commands(con, pipeline, offset, count),
            Self::Multiplexed(con) => con.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Session(con) => redis::aio::ConnectionLike::get_db(con),
            Self::Multiplexed(con) => con.get_db(),
        }
    }
}

/// A sync connection.
pub(crate) enum SyncCon {
    Session(RedisConnection<MemBroker>),
    Socket(redis::Connection),
}

impl SyncCon {
    fn inner(&mut self) -> &mut dyn redis::ConnectionLike {
        match self {
            Self::Session(con) => con,
            Self::Socket(con) => con,
        }
    }
}

impl redis::ConnectionLike for SyncCon {
    fn req_packed_command(&mut self, cmd: &[u8]) -> RedisResult<Value> {
        self.inner().req_packed_command(cmd)
    }

    fn req_packed_commands(&mut self, cmd: &[u8], offset: usize, count: usize) -> RedisResult<Vec<Value>> {
        self.inner().req_packed_commands(cmd, offset, count)
    }

    fn req_command(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        self.inner().req_command(cmd)
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Session(con) => redis::ConnectionLike::get_db(con),
            Self::Socket(con) => redis::ConnectionLike::get_db(con),
        }
    }

    fn check_connection(&mut self) -> bool {
        self.inner().check_connection()
    }

    fn is_open(&self) -> bool {
        match self {
            Self::Session(con) => redis::ConnectionLike::is_open(con),
            Self::Socket(con) => redis::ConnectionLike::is_open(con),
        }
    }
}
