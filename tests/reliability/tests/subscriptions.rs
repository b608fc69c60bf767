//! Calls on subscribers while connections are lost and restored: afterwards the server has exactly the subscriptions
//! that the calls have said.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use embroker::prelude::*;
use embroker::{Error, Event, RedisBroker, SubscribeOptions, Subscriber, SubscriptionKind};
use embroker_reliability::{Direction, End, Proxy, Scale, Upstream, Watchdog};
use embroker_test_support::{Backend, RawClient, RedisServer, Suite};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

const CHANNELS: [&str; 3] = ["a", "b", "ab"];
const PATTERNS: [&str; 3] = ["a*", "?", "*b"];
const SHARDS: [&str; 2] = ["a", "s"];
const SUBSCRIBERS: usize = 4;

/// A subscriber, and what it is subscribed to by what its calls have said.
struct Client {
    subscriber: Subscriber,
    names: HashSet<(SubscriptionKind, &'static str)>,
    random: fastrand::Rng,
}

impl Client {
    async fn new(broker: &RedisBroker, random: fastrand::Rng) -> Result<Self> {
        let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
        Ok(Self { subscriber, names: HashSet::new(), random })
    }

    /// Some calls, one after the other.
    async fn calls(&mut self) -> Result<()> {
        for _ in 0..self.random.usize(1..6) {
            self.call().await?;
            sleep(Duration::from_micros(self.random.u64(..3000))).await;
        }
        Ok(())
    }

    async fn call(&mut self) -> Result<()> {
        let kind = SubscriptionKind::ALL[self.random.usize(..3)];
        let all: &[&'static str] = match kind {
            SubscriptionKind::Channel => &CHANNELS,
            SubscriptionKind::Pattern => &PATTERNS,
            SubscriptionKind::Shard => &SHARDS,
        };
        let named: Vec<&'static str> = all.iter().copied().filter(|_| self.random.bool()).collect();
        let subscribe = self.random.u8(..3) > 0;
        if named.is_empty() {
            self.subscriber.unsubscribe_all().await?;
            self.names.clear();
            return Ok(());
        }
        let words = named.iter().copied();
        let outcome = match (kind, subscribe) {
            (SubscriptionKind::Channel, true) => self.subscriber.subscribe(words).await,
            (SubscriptionKind::Pattern, true) => self.subscriber.psubscribe(words).await,
            (SubscriptionKind::Shard, true) => self.subscriber.ssubscribe(words).await,
            (SubscriptionKind::Channel, false) => self.subscriber.unsubscribe(words).await,
            (SubscriptionKind::Pattern, false) => self.subscriber.punsubscribe(words).await,
            (SubscriptionKind::Shard, false) => self.subscriber.sunsubscribe(words).await,
        };
        match outcome {
            Ok(()) if subscribe => self.names.extend(named.into_iter().map(|name| (kind, name))),
            Ok(()) => self.names.retain(|(of, name)| *of != kind || !named.contains(name)),
            // There was no connection for too long: the names are forgotten.
            Err(Error::Disconnected { .. }) if subscribe => {}
            Err(error) => bail!("{kind:?} {named:?}: {error:?}"),
        }
        Ok(())
    }

    fn has(&self, kind: SubscriptionKind, name: &str) -> bool {
        self.names.iter().any(|(of, at)| *of == kind && *at == name)
    }

    /// By which patterns it receives one message, sorted; a channel itself is none.
    fn receives(&self, channel: &str, sharded: bool) -> Vec<Option<&'static str>> {
        if sharded {
            return self.has(SubscriptionKind::Shard, channel).then_some(None).into_iter().collect();
        }
        let mut all = Vec::new();
        if self.has(SubscriptionKind::Channel, channel) {
            all.push(None);
        }
        for (pattern, matches) in
            [("*b", channel.ends_with('b')), ("?", channel.len() == 1), ("a*", channel.starts_with('a'))]
        {
            if matches && self.has(SubscriptionKind::Pattern, pattern) {
                all.push(Some(pattern));
            }
        }
        all.sort();
        all
    }

    /// Reads what there is of a message; those of earlier rounds and gaps are passed over.
    async fn read(&mut self, payload: &str, channel: &str, sharded: bool) -> Result<()> {
        let expected = self.receives(channel, sharded);
        let mut received = Vec::new();
        while received.len() < expected.len() {
            let event = timeout(Duration::from_secs(20), self.subscriber.next()).await;
            let event = event.with_context(|| format!("{channel} {payload}: {received:?} of {expected:?}"))?;
            if let Event::Message(message) = event.context("the stream has ended")?
                && message.payload() == payload.as_bytes()
            {
                let is_shard = message.kind() == SubscriptionKind::Shard;
                ensure!(message.channel() == channel.as_bytes() && is_shard == sharded, "{message:?} on {channel}");
                received.push(PATTERNS.into_iter().find(|pattern| message.pattern() == Some(pattern.as_bytes())));
            }
        }
        received.sort();
        ensure!(received == expected, "{channel}: {received:?} instead of {expected:?}");
        Ok(())
    }
}

/// The connections of all of them are lost, in one way or another.
async fn lose(server: &mut RedisServer, proxy: &Proxy, random: &mut fastrand::Rng) -> Result<()> {
    let end = if random.bool() { End::Close } else { End::Reset };
    let direction = if random.bool() { Direction::ToClient } else { Direction::ToServer };
    match random.u8(..7) {
        0 => proxy.sever(end),
        1 => proxy.cut_after(direction, random.u64(..400), end),
        2 => proxy.half_open(),
        3 => drop(server.command(["CLIENT", "KILL", "TYPE", "pubsub"])?),
        4 => server.restart()?,
        5 => proxy.stall_links(direction),
        _ => {
            proxy.refuse();
            proxy.sever(end);
        }
    }
    sleep(Duration::from_micros(random.u64(..20_000))).await;
    Ok(())
}

/// Waits until the server has the subscriptions that it should have, and no others.
async fn settle(server: &RedisServer, clients: &[Client]) -> Result<()> {
    let began = Instant::now();
    let of = |kind, name: &str| clients.iter().filter(|client| client.has(kind, name)).count();
    let mut expected = Vec::new();
    for (kind, names) in [(SubscriptionKind::Channel, &CHANNELS[..]), (SubscriptionKind::Shard, &SHARDS[..])] {
        expected.extend(format!("*{}\r\n", 2 * names.len()).bytes());
        for name in names {
            expected.extend(format!("${}\r\n{name}\r\n:{}\r\n", name.len(), of(kind, name)).bytes());
        }
    }
    let patterns = PATTERNS.iter().filter(|pattern| of(SubscriptionKind::Pattern, pattern) > 0).count();
    let all: usize = PATTERNS.iter().map(|pattern| of(SubscriptionKind::Pattern, pattern)).sum();
    expected.extend(format!(":{patterns}\r\n{all} in all").bytes());
    loop {
        let mut raw = server.client()?;
        let mut says = raw.command(["PUBSUB", "NUMSUB"].iter().chain(&CHANNELS))?;
        says.extend(raw.command(["PUBSUB", "SHARDNUMSUB"].iter().chain(&SHARDS))?);
        says.extend(raw.command(["PUBSUB", "NUMPAT"])?);
        // That counts each pattern once, however many have it.
        says.extend(format!("{} in all", subscribed_patterns(&mut raw)?).bytes());
        if says == expected {
            return Ok(());
        }
        ensure!(
            began.elapsed() < Duration::from_secs(20),
            "the server says {} and should say {} with {:?}: {}",
            says.escape_ascii(),
            expected.escape_ascii(),
            clients.iter().map(|client| &client.names).collect::<Vec<_>>(),
            String::from_utf8_lossy(&raw.command(["CLIENT", "LIST", "TYPE", "pubsub"])?)
        );
        sleep(Duration::from_millis(2)).await;
    }
}

/// How many subscriptions to patterns all clients have together.
fn subscribed_patterns(raw: &mut RawClient) -> Result<usize> {
    let list = String::from_utf8_lossy(&raw.command(["CLIENT", "LIST", "TYPE", "pubsub"])?).into_owned();
    let counts = list.split(' ').filter_map(|field| field.strip_prefix("psub=")).map(str::parse::<usize>);
    Ok(counts.sum::<Result<usize, _>>()?)
}

async fn calls_in_the_midst_of_outages_leave_what_they_have_said() -> Result<()> {
    let scale = Scale::get();
    let _watchdog = Watchdog::new("subscriptions", scale.pick(Duration::from_secs(180), Duration::from_secs(1800)));
    let mut server = RedisServer::start()?;
    let proxy = Proxy::start(Upstream::Unix(server.socket_path()))?;
    let broker = RedisBroker::builder(&proxy.url())?
        .reconnect_delay(Duration::from_millis(1)..=Duration::from_millis(50))
        .connect_timeout(Duration::from_secs(2))
        .silence_timeout(Duration::from_millis(200))
        .connect()
        .await?;
    let mut random = fastrand::Rng::with_seed(7);
    let mut clients = Vec::new();
    let (mut rounds, mut dropped) = (0, 0);
    for round in 0..scale.pick(12, 600) {
        while clients.len() < SUBSCRIBERS {
            clients.push(Client::new(&broker, random.fork()).await?);
        }
        let mut running = JoinSet::new();
        for mut client in clients.drain(..) {
            // Some are dropped in the midst of a call.
            let limit = if random.u8(..8) == 0 { random.u64(..20_000) } else { u64::MAX };
            running.spawn(async move {
                match timeout(Duration::from_micros(limit), client.calls()).await {
                    Ok(outcome) => outcome.map(|()| Some(client)),
                    Err(_) => Ok(None),
                }
            });
        }
        for _ in 0..random.usize(1..4) {
            lose(&mut server, &proxy, &mut random).await?;
        }
        proxy.restore();
        while let Some(client) = running.join_next().await {
            match client?? {
                Some(client) => clients.push(client),
                None => dropped += 1,
            }
        }
        settle(&server, &clients).await.with_context(|| format!("round {round}"))?;
        publish(&server, &mut clients, round).await.with_context(|| format!("round {round}"))?;
        rounds += 1;
    }
    println!("{rounds} rounds, {dropped} subscribers dropped in the midst of a call");
    Ok(())
}

/// Every name has one message, and each subscriber receives it as often as it should.
async fn publish(server: &RedisServer, clients: &mut [Client], round: usize) -> Result<()> {
    let mut raw: RawClient = server.client()?;
    let messages = CHANNELS.map(|name| ("PUBLISH", name)).into_iter().chain(SHARDS.map(|name| ("SPUBLISH", name)));
    for (verb, name) in messages {
        let payload = format!("{round} {verb} {name}");
        let sharded = verb == "SPUBLISH";
        let count: usize = clients.iter().map(|client| client.receives(name, sharded).len()).sum();
        let reply = raw.command([verb, name, &payload])?;
        ensure!(reply == format!(":{count}\r\n").as_bytes(), "{verb} {name}: {} of {count}", reply.escape_ascii());
        for client in &mut *clients {
            client.read(&payload, name, sharded).await?;
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    suite.test(
        Backend::Redis,
        "calls_in_the_midst_of_outages_leave_what_they_have_said",
        calls_in_the_midst_of_outages_leave_what_they_have_said,
    );
    suite.run()
}
