//! How the streams of subscribers end.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use embroker::prelude::*;
use embroker::{Event, MemBroker, SubscribeOptions};
use embroker_test_support::{Backend, Suite};

async fn a_dropped_broker_ends_the_streams_of_its_subscribers() -> Result<()> {
    let broker = MemBroker::new();
    let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    subscriber.subscribe(["news"]).await?;
    broker.publish("news", "last").await?;
    drop(broker);
    ensure!(matches!(subscriber.next().await, Some(Event::Message(_))), "what was sent can still be read");
    ensure!(subscriber.next().await.is_none(), "the stream ends");
    Ok(())
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    suite.test(
        Backend::Mem,
        "a_dropped_broker_ends_the_streams_of_its_subscribers",
        a_dropped_broker_ends_the_streams_of_its_subscribers,
    );
    suite.run()
}
