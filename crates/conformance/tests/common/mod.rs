//! A broker that is wrong in one thing: [`Wrong`].

use std::sync::Arc;

use embroker_core::instance::Instance;
use embroker_core::{Arg, Broker, Command, Pipeline, Replies, Result, SubscribeOptions, Subscriber, Value, Watch};
use embroker_mem::MemBroker;

/// What becomes of a reply to the command of this name.
pub(crate) type Twist = fn(&str, Result<Value>) -> Result<Value>;

/// An in-memory broker whose replies pass through a function.
#[derive(Clone)]
pub(crate) struct Wrong {
    pub(crate) broker: MemBroker,
    pub(crate) twist: Twist,
}

impl Wrong {
    pub(crate) fn new(twist: Twist) -> Self {
        Self { broker: MemBroker::new(), twist }
    }
}

/// The command's name in capitals.
pub(crate) fn name(command: &Command<'_>) -> String {
    String::from_utf8_lossy(command.words().next().unwrap_or_default()).to_ascii_uppercase()
}

impl Broker for Wrong {
    async fn execute(&self, command: Command<'_>) -> Result<Value> {
        let name = name(&command);
        (self.twist)(&name, self.broker.execute(command).await)
    }

    async fn pipeline(&self, pipeline: Pipeline<'_>) -> Result<Replies> {
        self.broker.pipeline(pipeline).await
    }

    async fn watch_keys(&self, keys: &[Arg<'_>]) -> Result<Watch> {
        self.broker.watch_keys(keys).await
    }

    async fn subscriber(&self, options: SubscribeOptions) -> Result<Subscriber> {
        self.broker.subscriber(options).await
    }

    async fn select(&self, database: u32) -> Result<Self> {
        Ok(Self { broker: self.broker.select(database).await?, twist: self.twist })
    }

    fn instance(&self) -> Option<&Arc<Instance>> {
        self.broker.instance()
    }
}
