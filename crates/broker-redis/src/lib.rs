//! embroker's backend on a real Redis.

use embroker_core::{Arg, Broker, Command, Pipeline, Replies, Result, SubscribeOptions, Subscriber, Value, Watch};

/// A real Redis.
#[derive(Clone, Debug)]
pub struct RedisBroker;

impl RedisBroker {
    /// Connects.
    pub async fn connect(_url: &str) -> Result<Self> {
        todo!()
    }
}

impl Broker for RedisBroker {
    async fn execute(&self, _command: Command<'_>) -> Result<Value> {
        todo!()
    }
    async fn pipeline(&self, _pipeline: Pipeline<'_>) -> Result<Replies> {
        todo!()
    }
    async fn watch_keys(&self, _keys: &[Arg<'_>]) -> Result<Watch> {
        todo!()
    }
    async fn subscriber(&self, _options: SubscribeOptions) -> Result<Subscriber> {
        todo!()
    }
}
