//! Keyspace notifications: the same commands tell the same events, in the same order, on both brokers.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Command, Event, Pipeline, SubscribeOptions, Subscriber, Value};
use proptest::prelude::*;

use crate::generate::{self, Argv, Templates};
use crate::pair::{self, Pair};

/// One step of a case.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Run(Argv),
    Transaction(Vec<Argv>),
    /// A command comes upon a key whose time is over.
    Expired(&'static str, Argv),
}

/// What comes upon an expired key: commands on one key, and RENAME. What stores a result over one key that it read from
/// others may find the expired key gone or not, so there the events may differ.
const UPON: Templates = &[
    "APPEND key value",
    "BITFIELD key SET u8 0 int",
    "DEL key",
    "EXPIRE key seconds",
    "GET key",
    "GETDEL key",
    "GETEX key PERSIST",
    "HDEL key field",
    "HGETALL key",
    "HSET key field value",
    "INCR key",
    "INCRBYFLOAT key float",
    "MOVE key db",
    "PERSIST key",
    "RENAME key key",
    "RENAMENX key key",
    "SADD key member",
    "SET key value (NX|XX|GET|KEEPTTL)*",
    "SETBIT key 0 bit",
    "SETRANGE key offset value",
    "SMEMBERS key",
    "SREM key member",
    "TTL key",
    "TYPE key",
];

pub(crate) fn steps() -> BoxedStrategy<Vec<Step>> {
    let command = pair::undrawn(&generate::all_families());
    let transaction = prop::collection::vec(command.clone(), 0..5).prop_map(Step::Transaction);
    let upon = |(key, mut argv): (&'static str, Argv)| {
        if let Some(word) = argv.0.get_mut(1) {
            *word = key.into();
        }
        Step::Expired(key, argv)
    };
    let expired = (prop::sample::select(generate::BUSY_KEYS), generate::command(UPON)).prop_map(upon);
    let step = prop_oneof![
        12 => command.prop_map(Step::Run),
        1 => transaction,
        2 => expired,
    ];
    prop::collection::vec(step, 1..30).boxed()
}

/// Both brokers, and a subscriber to all events of each.
pub(crate) struct Listeners {
    pair: Pair,
    subscribers: [Subscriber; 2],
}

impl Listeners {
    pub(crate) async fn start() -> Result<Self> {
        let pair = Pair::start().await?;
        let [mem, redis] = pair.brokers();
        let subscribers = [listen(mem).await?, listen(redis).await?];
        Ok(Self { pair, subscribers })
    }

    /// Runs the steps on both, comparing the events after each.
    pub(crate) async fn compare(&mut self, steps: Vec<Step>) -> Result<()> {
        self.step(Step::Run(Argv::new(["FLUSHALL"]))).await?;
        for step in steps {
            self.step(step).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: Step) -> Result<()> {
        let context = format!("{step:?}");
        let (argvs, empty) = match step {
            Step::Run(argv) => (vec![argv], Pipeline::new()),
            Step::Transaction(argvs) => (argvs, Pipeline::atomic()),
            Step::Expired(key, argv) => {
                let expired = Argv::new(["SET", key, "v", "PXAT", "1"]);
                (vec![expired, argv, Argv::new(["TOUCH", key])], Pipeline::new())
            }
        };
        let mut told = [Vec::new(), Vec::new()];
        for ((broker, subscriber), told) in self.pair.brokers().into_iter().zip(&mut self.subscribers).zip(&mut told) {
            // A refused transaction tells nothing, which is compared too.
            let _ = pair::outcome(broker.pipeline(pair::pipeline(&argvs, empty.clone())).await)?;
            broker.publish("end", "").await?;
            *told = messages(subscriber).await?;
        }
        let [mem, redis] = told;
        ensure!(mem == redis, "{context}\n  mem   {mem:#?}\n  redis {redis:#?}");
        Ok(())
    }
}

async fn listen(broker: &AnyBroker) -> Result<Subscriber> {
    let ask = Command::from_argv(["CONFIG", "SET", "notify-keyspace-events", "KEAmn"])?;
    ensure!(broker.execute(ask).await? == Value::OK, "CONFIG SET is answered with OK");
    let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    subscriber.psubscribe(["__key*@*__:*", "end"]).await?;
    Ok(subscriber)
}

/// The messages up to the end, as `channel payload`.
async fn messages(subscriber: &mut Subscriber) -> Result<Vec<String>> {
    let mut messages = Vec::new();
    loop {
        let event = tokio::time::timeout(Duration::from_secs(20), subscriber.next()).await;
        match event.context("the end comes")? {
            Some(Event::Message(message)) if message.channel() == b"end" => return Ok(messages),
            Some(Event::Message(message)) => {
                messages.push(format!("{} {}", message.channel().escape_ascii(), message.payload().escape_ascii()));
            }
            other => bail!("a message was expected, not {other:?}"),
        }
    }
}
