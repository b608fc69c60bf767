//! redis-rs's async interface.

use embroker_core::Broker;
use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisFuture, Value};

use crate::RedisConnection;

impl<B: Broker> ConnectionLike for RedisConnection<B> {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let reply = self.command(&cmd.get_packed_command()).await?;
            Ok(if cmd.is_no_response() { Value::Nil } else { reply })
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move { self.pipeline(&pipeline.get_packed_pipeline(), offset, count).await })
    }

    fn get_db(&self) -> i64 {
        self.db()
    }
}
