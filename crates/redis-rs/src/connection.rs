//! [`RedisConnection`]: one session of a broker, as redis-rs wants a connection.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use embroker_core::Broker;
use embroker_session::Sessions;
use redis::{ErrorKind, RedisConnectionInfo, RedisError, RedisResult, Value};
use tokio::sync::Mutex;

use crate::aborted;
use crate::line::Line;

/// A connection of redis-rs to a broker in this process. Implements both [`redis::ConnectionLike`] and
/// `redis::aio::ConnectionLike`: commands, pipelines, transactions and WATCH work, and fail, as over a socket.
///
/// **Clones share the connection**, as those of `MultiplexedConnection` do: its database, its transaction, its watched
/// keys. Requests of clones run one after the other, a pipeline as one of them. Who wants a connection of its own, for
/// a transaction with WATCH say, asks the broker for [another one](crate::RedisConnections::redis_connection); it costs
/// no more than a clone.
///
/// What differs from a socket, where redis-rs would wait for bytes that never come:
///
/// - A command that CLIENT REPLY leaves unanswered answers nil.
/// - SUBSCRIBE answers its first confirmation, and messages are not delivered here: there is no task that could. Use
///   [`redis_pubsub`](crate::RedisConnections::redis_pubsub), or a multiplexed connection with a push sender.
///
/// A sync call blocks its thread for as long as the broker takes. The in-memory one takes no longer than the command
/// itself; over a real Redis, call it where blocking is allowed.
pub struct RedisConnection<B: Broker> {
    shared: Arc<Shared<B>>,
    db: i64,
}

struct Shared<B: Broker> {
    // Tokio's, because in a Tokio task it lets others run now and then, even if a program only ever calls commands.
    line: Mutex<Line<B>>,
    open: AtomicBool,
}

impl<B: Broker> RedisConnection<B> {
    pub(crate) fn new(sessions: &Sessions<B>, settings: &RedisConnectionInfo) -> Self {
        let line = Line::open(sessions, settings);
        let open = AtomicBool::new(line.is_open());
        Self { shared: Arc::new(Shared { line: Mutex::new(line), open }), db: settings.db() }
    }

    /// Runs packed requests in order, with none of another clone between them; a reply for each.
    async fn run(&self, packed: &[u8]) -> RedisResult<Vec<Value>> {
        if packed.is_empty() {
            return Err((ErrorKind::Client, "empty command").into());
        }
        let mut line = self.shared.line.lock().await;
        let replies = line.run(packed).await;
        self.shared.open.store(line.is_open(), Ordering::Release);
        replies
    }

    /// Runs one packed command.
    pub(crate) async fn command(&self, packed: &[u8]) -> RedisResult<Value> {
        let reply = self.run(packed).await?.into_iter().next();
        reply.ok_or_else(closed)
    }

    /// Runs a packed pipeline; of its replies, those after the first `offset`, which are a transaction's MULTI and
    /// QUEUEDs. An error among those refuses the transaction.
    pub(crate) async fn pipeline(&self, packed: &[u8], offset: usize, count: usize) -> RedisResult<Vec<Value>> {
        let mut replies = self.run(packed).await?;
        let kept = replies.split_off(offset.min(replies.len()));
        if replies.iter().any(|reply| matches!(reply, Value::ServerError(_))) {
            return Err(aborted::transaction(&replies, &kept));
        }
        Ok(kept.into_iter().take(count).collect())
    }

    pub(crate) fn db(&self) -> i64 {
        self.db
    }

    pub(crate) fn is_open(&self) -> bool {
        self.shared.open.load(Ordering::Acquire)
    }
}

impl<B: Broker> Clone for RedisConnection<B> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), db: self.db }
    }
}

impl<B: Broker> fmt::Debug for RedisConnection<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisConnection").field("db", &self.db).field("open", &self.is_open()).finish_non_exhaustive()
    }
}

/// What redis-rs says of a connection that is closed.
pub(crate) fn closed() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::BrokenPipe).into()
}
