//! The error of a transaction that was refused, where redis-rs's own can't be had.

use redis::{RedisError, Value};

use crate::connection::closed;

/// What EXEC was answered: `EXECABORT`. redis-rs's own error has the same kind and code, and also tells the commands
/// that were not queued; it can only be made with the feature `aio`.
pub(crate) fn transaction(queued: &[Value], exec: &[Value]) -> RedisError {
    let error = exec.iter().chain(queued).find_map(|reply| match reply {
        Value::ServerError(error) => Some(error.clone().into()),
        _ => None,
    });
    error.unwrap_or_else(closed)
}
