//! Bytes and allocations: what data take beside Redis's own count, what idle things take, and what a call asks for.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{MemBroker, SubscribeOptions};
use embroker_listeners::ticket_shop::Order;
use embroker_test_support::{RawClient, RedisServer};
use tokio::runtime::Runtime;

use crate::allocations::{Counts, counted};
use crate::bench::Bench;
use crate::measure::{multi, single};
use crate::pubsub::{self, PAYLOAD, subscribers};
use crate::report::{Samples, Spec, Unit};
use crate::shop::orders;
use crate::typed::VALUE;

/// How many of each kind are stored.
const MANY: u32 = 100_000;

/// How many patterns are in a quick run: Redis looks through the client's list for each of them.
const FEWER: u32 = 20_000;

/// Measures memory.
pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    stored(bench)?;
    idle(bench)?;
    allocations(bench)
}

/// What is stored, on us and on Redis from the same words.
#[derive(Clone, Copy)]
enum Kind {
    Hash,
    SetMember,
    Text,
    Number,
    Pattern,
    Channel,
}

impl Kind {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Hash, "a six-field hash"),
        (Self::SetMember, "a set member"),
        (Self::Text, "a 16-byte string"),
        (Self::Number, "a number of 16 digits"),
        (Self::Pattern, "a pattern"),
        (Self::Channel, "a channel's subscription"),
    ];

    /// The command that stores one more.
    fn command(self, number: u32, order: &Order) -> Vec<String> {
        match self {
            Self::Hash => {
                let Order { order_id, event, who, qty, cost, ts } = order;
                let key = format!("purchase_order_details:{order_id}");
                let (qty, cost, ts) = (qty.to_string(), cost.to_string(), ts.to_string());
                let pairs = [
                    ("order_id", order_id),
                    ("event", event),
                    ("who", who),
                    ("qty", &qty),
                    ("cost", &cost),
                    ("ts", &ts),
                ];
                let pairs = pairs.into_iter().flat_map(|(field, value)| [field.to_owned(), value.clone()]);
                ["HSET".to_owned(), key].into_iter().chain(pairs).collect()
            }
            Self::SetMember => vec!["SADD".to_owned(), "set".to_owned(), format!("member:{number:09}")],
            Self::Text => vec!["SET".to_owned(), format!("key:{number:012}"), format!("value:{number:010}")],
            Self::Number => vec![
                "SET".to_owned(),
                format!("k:{number:06}"),
                format!("{}", 1_000_000_000_000_000 + u64::from(number)),
            ],
            Self::Pattern => vec!["PSUBSCRIBE".to_owned(), format!("news:{number:06}:*")],
            Self::Channel => vec!["SUBSCRIBE".to_owned(), format!("news:{number:06}")],
        }
    }
}

fn stored(bench: &mut Bench) -> Result<()> {
    let runtime = single()?;
    for (kind, name) in Kind::ALL {
        let has_goal = !matches!(kind, Kind::Channel);
        if !bench.wants("memory", name) {
            continue;
        }
        let count = if bench.effort().quick && matches!(kind, Kind::Pattern) { FEWER } else { MANY };
        let each = |bytes: i64| bytes as f64 / f64::from(count);
        let server = RedisServer::start()?;
        let found = ours_stored(&runtime, kind, count).and_then(|ours| Ok((ours, redis_stored(&server, kind, count)?)));
        match found {
            Ok((ours, redis)) => {
                let spec = Spec::new("memory", name, "Redis", Unit::Bytes);
                let spec = if has_goal { spec.at_most(1.1) } else { spec };
                bench.line(spec, |_| Ok(Samples::once(each(ours.bytes), redis)));
                let spec = Spec::new("memory", format!("{name}, as malloc rounds it"), "Redis", Unit::Bytes);
                bench.line(spec, |_| Ok(Samples::once(each(ours.rounded), redis)));
            }
            Err(error) => bench.fail(name, &error),
        }
    }
    Ok(())
}

fn ours_stored(runtime: &Runtime, kind: Kind, count: u32) -> Result<Counts> {
    let orders = orders(u64::from(count));
    let broker = MemBroker::new();
    let subscriber = runtime.block_on(broker.subscriber(SubscribeOptions::default()))?;
    let mut counts = Counts::default();
    for (number, order) in (0..).zip(&orders) {
        let words = kind.command(number, order);
        // Words from outside, as they come over a wire; they are gone before the next.
        let (outcome, more) = counted(|| match kind {
            Kind::Pattern => runtime.block_on(subscriber.psubscribe(words.get(1..).unwrap_or_default())),
            Kind::Channel => runtime.block_on(subscriber.subscribe(words.get(1..).unwrap_or_default())),
            _ => embroker::Command::from_argv(&words).and_then(|command| broker.call(&command).map(drop)),
        });
        outcome?;
        counts.bytes += more.bytes;
        counts.rounded += more.rounded;
    }
    Ok(counts)
}

fn redis_stored(server: &RedisServer, kind: Kind, count: u32) -> Result<f64> {
    let orders = orders(u64::from(count));
    let before = used_memory(server)?;
    let mut client = server.client()?;
    let numbered: Vec<(u32, &Order)> = (0..).zip(&orders).collect();
    match kind {
        // One client, so that what clients take does not count; its confirmations are read as they come.
        Kind::Channel | Kind::Pattern => {
            for batch in numbered.chunks(1_000) {
                let mut words: Vec<String> = Vec::new();
                for (number, order) in batch {
                    let mut command = kind.command(*number, order);
                    words.extend(command.drain(usize::from(!words.is_empty())..));
                }
                client.send(&words)?;
                client.replies(batch.len())?;
            }
        }
        _ => {
            for batch in numbered.chunks(1_000) {
                for (number, order) in batch {
                    client.send(kind.command(*number, order))?;
                }
                client.replies(batch.len())?;
            }
        }
    }
    // A table that grew moves its entries little by little, and holds the old one until then: give it the time.
    let mut used = used_memory(server)?;
    for _ in 0..20 {
        thread::sleep(Duration::from_millis(50));
        used = used.min(used_memory(server)?);
    }
    Ok((used - before) / f64::from(count))
}

/// What Redis says it has allocated, as a client sees it that came for this question.
fn used_memory(server: &RedisServer) -> Result<f64> {
    let mut client = RawClient::connect(&server.socket_path())?;
    let info = client.command(["INFO", "memory"])?;
    let info = String::from_utf8_lossy(&info).into_owned();
    let line = info.lines().find_map(|line| line.strip_prefix("used_memory:")).context("INFO has no used_memory")?;
    Ok(line.trim().parse()?)
}

/// Brokers and subscribers that do nothing.
fn idle(bench: &mut Bench) -> Result<()> {
    const SUBSCRIBERS: usize = 10_000;
    let runtime = single()?;
    let spec = |what, goal: Option<f64>| {
        let spec = Spec::new("memory", what, "", Unit::Bytes);
        if let Some(goal) = goal { spec.at_most(goal) } else { spec }
    };
    let held = |bytes: i64| Ok(Samples::once(bytes as f64, None));

    bench.line(spec("an idle broker", Some(100.0 * 1024.0)), |_| {
        let (broker, counts) = counted(|| runtime.block_on(embroker::connect("mem://")));
        drop(broker?);
        let (broker, again) = counted(|| runtime.block_on(embroker::connect("mem://")));
        drop(broker?);
        // The first one may bring what is made once in a process.
        held(again.bytes.max(counts.bytes))
    });
    bench.line(spec("an idle subscriber of one channel", Some(600.0)), |_| {
        let broker = MemBroker::new();
        let (all, counts) = counted(|| subscribers(&runtime, &broker, SUBSCRIBERS));
        drop(all?);
        Ok(Samples::once(counts.bytes as f64 / SUBSCRIBERS as f64, None))
    });
    bench.line(spec("an idle subscriber of one channel, 100 messages read", None), |_| {
        let broker = MemBroker::new();
        let (all, counts) = counted(|| {
            let mut all = subscribers(&runtime, &broker, SUBSCRIBERS)?;
            for _ in 0..100 {
                runtime.block_on(broker.publish("news", PAYLOAD))?;
            }
            for subscriber in &mut all {
                while let Some(event) = subscriber.try_next() {
                    black_box(event);
                }
            }
            anyhow::Ok(all)
        });
        drop(all?);
        Ok(Samples::once(counts.bytes as f64 / SUBSCRIBERS as f64, None))
    });
    bench.line(spec("an idle subscriber of nothing", None), |_| {
        let broker = MemBroker::new();
        let (all, counts) = counted(|| {
            let join = |_| runtime.block_on(broker.subscriber(SubscribeOptions::default()));
            (0..SUBSCRIBERS).map(join).collect::<Result<Vec<_>, _>>()
        });
        drop(all?);
        Ok(Samples::once(counts.bytes as f64 / SUBSCRIBERS as f64, None))
    });

    let runtime = multi()?;
    let spec = Spec::new("start", "connect(\"mem://\")", "", Unit::Nanoseconds).at_most(50_000.0);
    bench.line(spec, |effort| {
        effort.alone(Unit::Nanoseconds, |count| {
            runtime.block_on(async {
                let mut brokers = Vec::with_capacity(count as usize);
                let start = Instant::now();
                for _ in 0..count {
                    brokers.push(embroker::connect("mem://").await?);
                }
                let took = start.elapsed();
                drop(brokers);
                Ok(took)
            })
        })
    });
    Ok(())
}

/// How many allocations a call makes, once everything is warm.
fn allocations(bench: &mut Bench) -> Result<()> {
    const CALLS: u32 = 10_000;
    let runtime = single()?;
    let spec = |what: String| Spec::new("allocations", what, "", Unit::Allocations);
    for count in [0, 1, 10, 100, 1_000] {
        bench.line(spec(format!("PUBLISH to {}, read at once", pubsub::counted(count))).at_most(1.0), |_| {
            let calls = if count < 1_000 { CALLS } else { CALLS / 10 };
            let broker = MemBroker::new();
            let mut all = subscribers(&runtime, &broker, count)?;
            let mut round = || {
                runtime.block_on(broker.publish("news", PAYLOAD))?;
                for subscriber in &mut all {
                    let event = subscriber.try_next();
                    ensure!(black_box(event).is_some(), "a message is missing");
                }
                anyhow::Ok(())
            };
            for _ in 0..100 {
                round()?;
            }
            let (outcome, counts) = counted(|| (0..calls).try_for_each(|_| round()));
            outcome?;
            Ok(Samples::once(counts.allocations as f64 / f64::from(calls), None))
        });
    }
    let broker = MemBroker::new();
    let fields =
        [("order_id", "1"), ("event", "Judo"), ("who", "Amy"), ("qty", "2"), ("cost", "40"), ("ts", "1595548800")];
    let mut count = |what: &str, call: &mut dyn FnMut() -> Result<()>| {
        bench.line(spec(what.to_owned()), |_| {
            (0..100).try_for_each(|_| call())?;
            let (outcome, counts) = counted(|| (0..CALLS).try_for_each(|_| call()));
            outcome?;
            Ok(Samples::once(counts.allocations as f64 / f64::from(CALLS), None))
        });
    };
    runtime.block_on(broker.hset("hash", fields))?;
    // What a call answers is dropped: that frees, and allocates nothing.
    count("HGET", &mut || Ok(runtime.block_on(broker.hget("hash", "who")).map(|_| ())?));
    count("HINCRBY", &mut || Ok(runtime.block_on(broker.hincrby("hash", "qty", 1)).map(|_| ())?));
    count("HSET of one field that is there", &mut || {
        Ok(runtime.block_on(broker.hset("hash", [("who", "Bill")])).map(|_| ())?)
    });
    count("HSET of six fields that are there", &mut || {
        Ok(runtime.block_on(broker.hset("hash", fields)).map(|_| ())?)
    });
    count("SET of a key that is there", &mut || Ok(runtime.block_on(broker.set("text", VALUE))?));
    count("GET", &mut || Ok(runtime.block_on(broker.get("text")).map(|_| ())?));
    count("SADD of a member that is there", &mut || {
        Ok(runtime.block_on(broker.sadd("set", ["member"])).map(|_| ())?)
    });
    Ok(())
}
