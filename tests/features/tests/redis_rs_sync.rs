//! A sync program of the redis crate, with no runtime and no network in its dependencies.

#![cfg(all(feature = "only-redis-rs-sync", not(feature = "only-redis-rs")))]

use embroker::{MemBroker, RedisConnections as _};
use redis::{Commands as _, ErrorKind, RedisResult, ServerErrorKind, Value};

#[test]
fn commands_pipelines_and_transactions_run() -> RedisResult<()> {
    let mut con = MemBroker::new().redis_connection();
    assert_eq!(con.incr::<_, _, u32>("n", 1)?, 1);
    let (n,): (u32,) = redis::transaction(&mut con, &["n"], |con, steps| steps.incr("n", 1).query(con))?;
    assert_eq!(n, 2);
    Ok(())
}

#[test]
fn a_refused_transaction_is_an_exec_abort() {
    let mut con = MemBroker::new().redis_connection();
    let error = redis::pipe().atomic().cmd("FOO").query::<Value>(&mut con).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server(ServerErrorKind::ExecAbort));
    assert_eq!(error.code(), Some("EXECABORT"));
}
