//! The error of a transaction that was refused, as redis-rs makes it.

use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::{AsyncConnectionConfig, RedisConnectionInfo, RedisError, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use crate::connection::closed;
use crate::sync::wait;

/// What redis-rs says where some commands of a transaction were not queued. `queued` is what MULTI and they were
/// answered.
///
/// Only redis-rs can make that error, an index and a server error for each such command. So a connection of its own
/// gets these answers over a pipe, and says what it makes of them. All of it happens here, so nothing is waited for.
pub(crate) fn transaction(queued: &[Value], _exec: &[Value]) -> RedisError {
    // redis-rs counts from the command after MULTI, and has no number for MULTI itself.
    if let Some(Value::ServerError(error)) = queued.first() {
        return error.clone().into();
    }
    wait(told(queued)).unwrap_or_else(closed)
}

async fn told(queued: &[Value]) -> Option<RedisError> {
    let (client, server) = duplex(4096);
    let settings = RedisConnectionInfo::default().set_skip_set_lib_name();
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let (mut con, driver) = MultiplexedConnection::new_with_config(&settings, client, config).await.ok()?;
    let mut transaction = redis::pipe();
    transaction.atomic();
    tokio::select! {
        told = con.req_packed_commands(&transaction, queued.len(), 1) => told.err(),
        () = driver => None,
        () = answer(server, queued) => None,
    }
}

/// Answers one request with these values, errors as errors.
async fn answer(mut stream: DuplexStream, queued: &[Value]) {
    let mut replies = Vec::new();
    for reply in queued {
        match reply {
            Value::ServerError(error) => {
                let details = error.details().map(|details| format!(" {details}")).unwrap_or_default();
                replies.extend_from_slice(format!("-{}{details}\r\n", error.code()).as_bytes());
            }
            _ => replies.extend_from_slice(b"+QUEUED\r\n"),
        }
    }
    replies.extend_from_slice(b"-EXECABORT\r\n");
    // Where this fails, the other end is gone and has told already.
    let _ = stream.read_u8().await;
    let _ = stream.write_all(&replies).await;
    std::future::pending::<()>().await;
}
