//! A program that names no runtime and no network: `redis` with `aio` alone, embroker with `redis-rs`.

#![cfg(feature = "only-redis-rs")]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use embroker::{MemBroker, RedisConnections as _};
use redis::aio::ConnectionLike;
use redis::{AsyncCommands as _, RedisResult};

async fn visit(con: &mut (impl ConnectionLike + Send + Sync), page: &str) -> RedisResult<(u32, u32)> {
    let visits = con.hincr("visits", page, 1).await?;
    let (all,) = redis::pipe().atomic().incr("all", 1).query_async(con).await?;
    Ok((visits, all))
}

/// The smallest executor there is, because nothing has to be waited for.
fn at_once<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

#[test]
fn async_commands_run_without_a_runtime() {
    let mut con = MemBroker::new().redis_connection();
    assert_eq!(at_once(visit(&mut con, "/home")), Some(Ok((1, 1))));
    assert_eq!(at_once(visit(&mut con, "/help")), Some(Ok((1, 2))));
}
