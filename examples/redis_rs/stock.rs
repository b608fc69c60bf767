//! The program: tickets in stock, written for redis-rs and for any of its connections. It knows nothing of embroker.

use redis::aio::{ConnectionLike, transaction_async};
use redis::{AsyncCommands as _, RedisResult};

/// The tickets of all events, kept in a Redis.
#[derive(Clone, Debug)]
pub(crate) struct Stock<C>(C);

impl<C: ConnectionLike + Clone + Send + Sync + 'static> Stock<C> {
    /// Works on this connection, and needs it for itself: a reservation watches keys.
    pub(crate) fn new(connection: C) -> Self {
        Self(connection)
    }

    /// Puts tickets on sale.
    pub(crate) async fn add(&self, event: &str, tickets: u32) -> RedisResult<()> {
        self.0.clone().hincr(key(event), "available", tickets).await
    }

    /// How many tickets are left.
    pub(crate) async fn available(&self, event: &str) -> RedisResult<u32> {
        let available: Option<u32> = self.0.clone().hget(key(event), "available").await?;
        Ok(available.unwrap_or(0))
    }

    /// Takes tickets out of stock, all or none, and tells the channel `sales`. Whether there were enough.
    pub(crate) async fn reserve(&self, event: &str, tickets: u32) -> RedisResult<bool> {
        let key = key(event);
        transaction_async(self.0.clone(), &[&*key], |mut connection, mut pipeline| {
            let key = key.clone();
            async move {
                let available: Option<u32> = connection.hget(&key, "available").await?;
                let Some(left) = available.unwrap_or(0).checked_sub(tickets) else { return Ok(Some(false)) };
                pipeline.hset(&key, "available", left).ignore().publish("sales", event).ignore();
                // Nil, and so once more from the start, where another client was faster.
                let done: Option<()> = pipeline.query_async(&mut connection).await?;
                Ok(done.map(|()| true))
            }
        })
        .await
    }
}

fn key(event: &str) -> String {
    format!("stock:{event}")
}
