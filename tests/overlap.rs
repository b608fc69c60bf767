//! Duplicate delivery on overlapping patterns: whatever subscribers subscribe to, each receives exactly what a model
//! says.
//!
//! The model's matcher stands in `matcher/`, written from Redis's rules and without the matcher under test.

#[path = "matcher/mod.rs"]
mod matcher;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use embroker::prelude::*;
use embroker::{Event, Message, SubscribeOptions, Subscriber, SubscriptionKind};
use embroker_test_support::{Backend, Property, Running, Suite};
use matcher::{Rules, bytes, pattern};
use proptest::prelude::*;

const PROPERTY: Property =
    Property { cases: 1500, regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/overlap.txt") };

const SUBSCRIBERS: usize = 4;

/// How long a message may take before it counts as lost.
const PATIENCE: Duration = Duration::from_secs(20);

type Name = Vec<u8>;

/// One step, by one of the subscribers or by the publisher.
#[derive(Clone, PartialEq)]
enum Step {
    Subscribe(usize, Vec<Name>),
    Unsubscribe(usize, Vec<Name>),
    Psubscribe(usize, Vec<Name>),
    Punsubscribe(usize, Vec<Name>),
    Ssubscribe(usize, Vec<Name>),
    Sunsubscribe(usize, Vec<Name>),
    UnsubscribeAll(usize),
    Publish(Name),
    Spublish(Name),
}

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (who, name, names): (_, _, &[Name]) = match self {
            Self::Subscribe(who, names) => (Some(who), "SUBSCRIBE", names),
            Self::Unsubscribe(who, names) => (Some(who), "UNSUBSCRIBE", names),
            Self::Psubscribe(who, names) => (Some(who), "PSUBSCRIBE", names),
            Self::Punsubscribe(who, names) => (Some(who), "PUNSUBSCRIBE", names),
            Self::Ssubscribe(who, names) => (Some(who), "SSUBSCRIBE", names),
            Self::Sunsubscribe(who, names) => (Some(who), "SUNSUBSCRIBE", names),
            Self::UnsubscribeAll(who) => (Some(who), "UNSUBSCRIBE, PUNSUBSCRIBE and SUNSUBSCRIBE", &[]),
            Self::Publish(channel) => (None, "PUBLISH", std::slice::from_ref(channel)),
            Self::Spublish(channel) => (None, "SPUBLISH", std::slice::from_ref(channel)),
        };
        match who {
            Some(who) => write!(f, "subscriber {who}: {name}")?,
            None => write!(f, "publisher:    {name}")?,
        }
        names.iter().try_for_each(|name| write!(f, " \"{}\"", name.escape_ascii()))
    }
}

fn steps() -> BoxedStrategy<Vec<Step>> {
    // Few names for each case, so that they meet again and again.
    let channels = prop::collection::vec(bytes(), 1..6);
    let patterns = prop::collection::vec(pattern(), 1..8);
    (channels, patterns)
        .prop_flat_map(|(channels, patterns)| {
            // A channel may be subscribed as a pattern, and a pattern's text be a channel.
            let all = [channels.clone(), patterns.clone()].concat();
            let channel = prop_oneof![4 => prop::sample::select(channels), 1 => prop::sample::select(all.clone())];
            let pattern = prop_oneof![4 => prop::sample::select(patterns), 1 => prop::sample::select(all)];
            let who = 0..SUBSCRIBERS;
            let channels = prop::collection::vec(channel.clone(), 1..4);
            let patterns = prop::collection::vec(pattern, 1..4);
            let step = prop_oneof![
                4 => (who.clone(), channels.clone()).prop_map(|(who, names)| Step::Subscribe(who, names)),
                2 => (who.clone(), channels.clone()).prop_map(|(who, names)| Step::Unsubscribe(who, names)),
                2 => (who.clone(), channels.clone()).prop_map(|(who, names)| Step::Ssubscribe(who, names)),
                1 => (who.clone(), channels).prop_map(|(who, names)| Step::Sunsubscribe(who, names)),
                5 => (who.clone(), patterns.clone()).prop_map(|(who, names)| Step::Psubscribe(who, names)),
                2 => (who.clone(), patterns).prop_map(|(who, names)| Step::Punsubscribe(who, names)),
                1 => who.prop_map(Step::UnsubscribeAll),
                8 => channel.clone().prop_map(Step::Publish),
                3 => channel.prop_map(Step::Spublish),
            ];
            prop::collection::vec(step, 1..40)
        })
        .boxed()
}

/// What a broker is expected to do.
#[derive(Default)]
struct Model {
    subscribers: [Subscriptions; SUBSCRIBERS],
    /// The patterns that anybody is subscribed to, in the order of their first subscription.
    patterns: Vec<Name>,
}

#[derive(Default)]
struct Subscriptions {
    channels: BTreeSet<Name>,
    patterns: BTreeSet<Name>,
    shard_channels: BTreeSet<Name>,
    /// The messages published so far that it receives.
    expected: Vec<Expected>,
}

/// A message that one subscriber receives once or several times.
struct Expected {
    channel: Name,
    payload: String,
    sharded: bool,
    /// The patterns by which, `None` for the channel itself.
    by: Vec<Option<Name>>,
}

impl Model {
    fn psubscribe(&mut self, who: usize, name: &Name) {
        self.subscribers[who].patterns.insert(name.clone());
        if !self.patterns.contains(name) {
            self.patterns.push(name.clone());
        }
    }

    fn punsubscribe(&mut self, who: usize, name: &Name) {
        self.subscribers[who].patterns.remove(name);
        if !self.subscribers.iter().any(|subscriber| subscriber.patterns.contains(name)) {
            self.patterns.retain(|pattern| pattern != name);
        }
    }

    /// How many receive the message.
    fn publish(&mut self, channel: &Name, payload: &str) -> usize {
        let mut receivers = 0;
        for subscriber in &mut self.subscribers {
            let exact = subscriber.channels.contains(channel).then_some(None);
            let matching = self.patterns.iter().filter(|pattern| subscriber.patterns.contains(*pattern));
            let matching = matching.filter(|pattern| Rules::REDIS.matches(pattern, channel)).cloned().map(Some);
            let by: Vec<Option<Name>> = exact.into_iter().chain(matching).collect();
            receivers += by.len();
            if !by.is_empty() {
                let (channel, payload) = (channel.clone(), payload.to_owned());
                subscriber.expected.push(Expected { channel, payload, sharded: false, by });
            }
        }
        receivers
    }

    /// How many receive the message: those who are subscribed to exactly this shard channel.
    fn spublish(&mut self, channel: &Name, payload: &str) -> usize {
        let receivers = self.subscribers.iter_mut().filter(|subscriber| subscriber.shard_channels.contains(channel));
        receivers
            .map(|subscriber| {
                let (channel, payload) = (channel.clone(), payload.to_owned());
                subscriber.expected.push(Expected { channel, payload, sharded: true, by: vec![None] });
            })
            .count()
    }
}

/// A broker with its subscribers, which serve all cases.
struct Clients {
    running: Running,
    subscribers: Vec<Subscriber>,
    case: u64,
}

impl Clients {
    async fn connect(backend: Backend) -> Result<Self> {
        let running = backend.start().await?;
        let mut subscribers = Vec::new();
        for _ in 0..SUBSCRIBERS {
            subscribers.push(running.broker.subscriber(SubscribeOptions::default()).await?);
        }
        Ok(Self { running, subscribers, case: 0 })
    }

    async fn check(&mut self, steps: Vec<Step>) -> Result<()> {
        self.start_afresh().await?;
        let mut model = Model::default();
        for (number, step) in steps.iter().enumerate() {
            self.run(number, step, &mut model).await.with_context(|| format!("{step:?}"))?;
        }
        let end = format!("the end of case {}", self.case);
        for (who, subscriber) in self.subscribers.iter_mut().enumerate() {
            let received =
                read_until(&self.running, subscriber, &end).await.with_context(|| format!("subscriber {who}"))?;
            let expected = std::mem::take(&mut model.subscribers[who].expected);
            same_messages(self.running.backend, &expected, &received).with_context(|| format!("subscriber {who}"))?;
        }
        Ok(())
    }

    /// Ends what a case that failed may have left.
    async fn start_afresh(&mut self) -> Result<()> {
        self.case += 1;
        let start = format!("the start of case {}", self.case);
        for subscriber in &mut self.subscribers {
            subscriber.unsubscribe_all().await?;
            read_until(&self.running, subscriber, &start).await?;
            subscriber.unsubscribe([&start]).await?;
        }
        Ok(())
    }

    async fn run(&mut self, number: usize, step: &Step, model: &mut Model) -> Result<()> {
        match step {
            Step::Subscribe(who, channels) => {
                model.subscribers[*who].channels.extend(channels.iter().cloned());
                self.subscribers[*who].subscribe(channels).await?;
            }
            Step::Unsubscribe(who, channels) => {
                model.subscribers[*who].channels.retain(|channel| !channels.contains(channel));
                self.subscribers[*who].unsubscribe(channels).await?;
            }
            Step::Psubscribe(who, patterns) => {
                for pattern in patterns {
                    model.psubscribe(*who, pattern);
                }
                self.subscribers[*who].psubscribe(patterns).await?;
            }
            Step::Punsubscribe(who, patterns) => {
                for pattern in patterns {
                    model.punsubscribe(*who, pattern);
                }
                self.subscribers[*who].punsubscribe(patterns).await?;
            }
            Step::Ssubscribe(who, channels) => {
                model.subscribers[*who].shard_channels.extend(channels.iter().cloned());
                self.subscribers[*who].ssubscribe(channels).await?;
            }
            Step::Sunsubscribe(who, channels) => {
                model.subscribers[*who].shard_channels.retain(|channel| !channels.contains(channel));
                self.subscribers[*who].sunsubscribe(channels).await?;
            }
            Step::UnsubscribeAll(who) => {
                model.subscribers[*who].channels.clear();
                model.subscribers[*who].shard_channels.clear();
                for pattern in model.subscribers[*who].patterns.clone() {
                    model.punsubscribe(*who, &pattern);
                }
                self.subscribers[*who].unsubscribe_all().await?;
            }
            Step::Publish(channel) => {
                let payload = number.to_string();
                let expected = model.publish(channel, &payload);
                let receivers = self.running.broker.publish(channel, &payload).await?;
                ensure!(receivers == expected as i64, "PUBLISH answers {receivers}, not {expected}");
            }
            Step::Spublish(channel) => {
                let payload = number.to_string();
                let expected = model.spublish(channel, &payload);
                let receivers = self.running.broker.spublish(channel, &payload).await?;
                ensure!(receivers == expected as i64, "SPUBLISH answers {receivers}, not {expected}");
            }
        }
        Ok(())
    }
}

/// Publishes a last message that the subscriber receives and reads all that comes before it: with that, everything has
/// come.
async fn read_until(running: &Running, subscriber: &mut Subscriber, last: &str) -> Result<Vec<Message>> {
    subscriber.subscribe([last]).await?;
    running.broker.publish(last, last).await?;
    let mut messages = Vec::new();
    loop {
        match tokio::time::timeout(PATIENCE, subscriber.next()).await.context("a message is lost")? {
            Some(Event::Message(message)) if message.payload() != last.as_bytes() => messages.push(message),
            Some(Event::Message(message)) if message.pattern().is_none() => break,
            // By a pattern, or one that was for another subscriber.
            Some(Event::Message(_)) => {}
            other => bail!("{other:?} instead of a message"),
        }
    }
    subscriber.unsubscribe_all().await?;
    while subscriber.try_next().is_some() {}
    Ok(messages)
}

fn same_messages(backend: Backend, expected: &[Expected], received: &[Message]) -> Result<()> {
    let mut rest = received;
    for Expected { channel, payload, sharded, by } in expected {
        let mut by = by.clone();
        let (messages, tail) = rest.split_at_checked(by.len()).context("messages are missing at the end")?;
        rest = tail;
        for message in messages {
            let same = (message.channel(), message.payload()) == (&channel[..], payload.as_bytes())
                && *sharded == (message.kind() == SubscriptionKind::Shard);
            ensure!(same, "{message:?} came instead of \"{payload}\" on \"{}\"", channel.escape_ascii());
        }
        let mut came: Vec<Option<Name>> =
            messages.iter().map(|message| message.pattern().map(<[u8]>::to_vec)).collect();
        if backend == Backend::Redis {
            // The channel comes first on Redis too; the order of the patterns is free there.
            let first = usize::from(by.first() == Some(&None));
            by[first..].sort();
            came[first..].sort();
        }
        ensure!(by == came, "\"{payload}\" came by {came:?}, not by {by:?}");
    }
    ensure!(rest.is_empty(), "nobody sent {rest:?}");
    Ok(())
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    for backend in Backend::ALL {
        suite.property(
            backend,
            "each_subscriber_receives_what_the_model_says",
            PROPERTY,
            steps,
            async move || Clients::connect(backend).await,
            async |clients, steps| clients.check(steps).await,
        );
    }
    suite.run()
}
