//! Messages: publishing into the void, fan-out, waking a reader, and patterns that do not match.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::hint::black_box;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{MemBroker, SubscribeOptions, Subscriber};
use embroker_test_support::RedisServer;
use tokio::runtime::Runtime;
use tokio::sync::{broadcast, mpsc};

use crate::bench::Bench;
use crate::measure::{multi, shuffled, single, timed, timed_async};
use crate::report::{Samples, Spec, Unit};

/// What is published where the payload is not what matters.
pub(crate) const PAYLOAD: &[u8] = b"000001-0A1B2C3D0";

/// How many channels or patterns there are besides those that count.
const MANY: u32 = 100_000;

/// How many messages wait for each reader where they are read in batches.
const BURST: u64 = 64;

/// Measures the messages.
pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    unheard(bench)?;
    fan_out(bench)?;
    wakes(bench)?;
    patterns(bench)?;
    psubscribe(bench)
}

fn spec(what: impl Into<String>, peer: &'static str) -> Spec {
    Spec::new("messages", what, peer, Unit::Nanoseconds)
}

/// PUBLISH where nobody listens, among many channels where somebody does.
fn unheard(bench: &mut Bench) -> Result<()> {
    let runtime = single()?;
    let what = "PUBLISH, no subscriber, 100,000 other channels";
    bench.line(spec(what, "std HashMap in RwLock").at_most(3.0), |effort| {
        let (ours, peer) = unheard_contenders(&runtime, std::hash::RandomState::new())?;
        effort.pair(Unit::Nanoseconds, ours, peer)
    });
    bench.line(spec(what, "ahash HashMap in RwLock"), |effort| {
        let (ours, peer) = unheard_contenders(&runtime, ahash::RandomState::new())?;
        effort.pair(Unit::Nanoseconds, ours, peer)
    });
    Ok(())
}

type Contender<'a> = Box<dyn FnMut(u64) -> Result<Duration> + 'a>;

fn unheard_contenders<S: BuildHasher + 'static>(
    runtime: &Runtime,
    hasher: S,
) -> Result<(Contender<'_>, Contender<'static>)> {
    let order = shuffled(1_024);
    let names: Vec<String> = order.iter().map(|number| format!("nobody:{number}")).collect();
    let broker = MemBroker::new();
    let others: Vec<String> = (0..MANY).map(|number| format!("channel:{number}")).collect();
    let subscriber = runtime.block_on(async {
        let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
        subscriber.subscribe(&others).await?;
        anyhow::Ok(subscriber)
    })?;
    let mut map: HashMap<String, Vec<u64>, S> = HashMap::with_hasher(hasher);
    map.extend(others.into_iter().map(|name| (name, vec![1])));
    let map = RwLock::new(map);

    let (our_names, our_order) = (names.clone(), order.clone());
    let ours = move |count| {
        let _listening = &subscriber;
        Ok(timed_async(runtime, count, &our_order, |number| broker.publish(&our_names[number], PAYLOAD)))
    };
    let peer = move |count| {
        Ok(timed(count, &order, |number| {
            let map = map.read().unwrap_or_else(PoisonError::into_inner);
            map.get(&*names[number]).map_or(0, Vec::len)
        }))
    };
    Ok((Box::new(ours), Box::new(peer)))
}

/// A message to so many subscribers, and all of them read it.
fn fan_out(bench: &mut Bench) -> Result<()> {
    let runtime = single()?;
    for (subscribers, goal) in [(1, 2.0), (10, 1.3), (100, 1.2)] {
        for (burst, how) in [(1, ""), (BURST, ", read 64 at a time")] {
            let what = format!("publish + receive, {}{how}", counted(subscribers));
            bench.line(spec(what, "tokio broadcast").at_most(goal), |effort| {
                let ours = ours_to(&runtime, subscribers, PAYLOAD, burst)?;
                effort.pair(Unit::Nanoseconds, ours, broadcast_to(subscribers, PAYLOAD, burst))
            });
        }
    }
    Ok(())
}

/// `1 subscriber`, `10 subscribers`.
pub(crate) fn counted(subscribers: usize) -> String {
    format!("{subscribers} subscriber{}", if subscribers == 1 { "" } else { "s" })
}

/// So many subscribers of `news`.
pub(crate) fn subscribers(runtime: &Runtime, broker: &MemBroker, count: usize) -> Result<Vec<Subscriber>> {
    runtime.block_on(async {
        let mut subscribers = Vec::with_capacity(count);
        for _ in 0..count {
            let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
            subscriber.subscribe(["news"]).await?;
            subscribers.push(subscriber);
        }
        Ok(subscribers)
    })
}

/// Our publisher and readers on one thread: `burst` messages are published, then all are read.
pub(crate) fn ours_to<'a>(
    runtime: &'a Runtime,
    count: usize,
    payload: &'a [u8],
    burst: u64,
) -> Result<impl FnMut(u64) -> Result<Duration> + use<'a>> {
    let broker = MemBroker::new();
    let mut subscribers = subscribers(runtime, &broker, count)?;
    Ok(move |messages: u64| {
        runtime.block_on(async {
            let mut left = messages;
            let mut received = 0_u64;
            let start = Instant::now();
            while left > 0 {
                let now = burst.min(left);
                for _ in 0..now {
                    black_box(broker.publish("news", payload).await?);
                }
                for subscriber in &mut subscribers {
                    while let Some(event) = subscriber.try_next() {
                        black_box(event);
                        received += 1;
                        if burst == 1 {
                            break;
                        }
                    }
                }
                left -= now;
            }
            let took = start.elapsed();
            ensure!(received == messages * count as u64, "messages are missing");
            Ok(took)
        })
    })
}

/// The same with tokio's broadcast channel. A message is one `Arc` of the payload, made when it is sent.
pub(crate) fn broadcast_to(count: usize, payload: &[u8], burst: u64) -> impl FnMut(u64) -> Result<Duration> + use<'_> {
    let (sender, _) = broadcast::channel::<Arc<[u8]>>(BURST as usize);
    let mut receivers: Vec<_> = (0..count).map(|_| sender.subscribe()).collect();
    move |messages| {
        let mut left = messages;
        let mut received = 0_u64;
        let start = Instant::now();
        while left > 0 {
            let now = burst.min(left);
            for _ in 0..now {
                black_box(sender.send(Arc::from(payload)).ok());
            }
            for receiver in &mut receivers {
                while let Ok(message) = receiver.try_recv() {
                    black_box(message);
                    received += 1;
                    if burst == 1 {
                        break;
                    }
                }
            }
            left -= now;
        }
        let took = start.elapsed();
        ensure!(received == messages * count as u64, "messages are missing");
        Ok(took)
    }
}

/// Two tasks that wake each other in turn: what one publish, the wake and the read take.
fn wakes(bench: &mut Bench) -> Result<()> {
    let (one_thread, many_threads) = (single()?, multi()?);
    for (runtime, where_to) in [(&one_thread, "one thread"), (&many_threads, "two threads")] {
        let what = format!("publish → wake → receive across two tasks, {where_to}");
        bench.line(spec(what, "tokio mpsc").at_most(1.3), |effort| {
            effort.longer(2).pair(
                Unit::Nanoseconds,
                |count| ours_echo(runtime, count),
                |count| mpsc_echo(runtime, count),
            )
        });
    }
    Ok(())
}

/// Each iteration is one message there or back.
fn ours_echo(runtime: &Runtime, iterations: u64) -> Result<Duration> {
    let rounds = iterations.div_ceil(2);
    runtime.block_on(async {
        let broker = MemBroker::new();
        let mut asked = broker.subscriber(SubscribeOptions::default()).await?;
        let mut answered = broker.subscriber(SubscribeOptions::default()).await?;
        asked.subscribe(["question"]).await?;
        answered.subscribe(["answer"]).await?;
        let echo = broker.clone();
        let other = tokio::spawn(async move {
            for _ in 0..rounds {
                black_box(asked.next().await);
                echo.publish("answer", PAYLOAD).await?;
            }
            anyhow::Ok(())
        });
        // In a task too: the thread that blocks on a future is woken in another way.
        let this = tokio::spawn(async move {
            let start = Instant::now();
            for _ in 0..rounds {
                broker.publish("question", PAYLOAD).await?;
                black_box(answered.next().await);
            }
            anyhow::Ok(start.elapsed())
        });
        let took = this.await??;
        other.await??;
        Ok(took)
    })
}

fn mpsc_echo(runtime: &Runtime, iterations: u64) -> Result<Duration> {
    let rounds = iterations.div_ceil(2);
    runtime.block_on(async {
        let (ask, mut asked) = mpsc::unbounded_channel::<Arc<[u8]>>();
        let (answer, mut answered) = mpsc::unbounded_channel::<Arc<[u8]>>();
        let other = tokio::spawn(async move {
            for _ in 0..rounds {
                black_box(asked.recv().await);
                answer.send(Arc::from(PAYLOAD))?;
            }
            anyhow::Ok(())
        });
        let this = tokio::spawn(async move {
            let start = Instant::now();
            for _ in 0..rounds {
                ask.send(Arc::from(PAYLOAD))?;
                black_box(answered.recv().await);
            }
            anyhow::Ok(start.elapsed())
        });
        let took = this.await??;
        other.await??;
        Ok(took)
    })
}

/// The pattern of each number.
type Pattern = fn(u32) -> String;

/// PUBLISH among many patterns that don't match, beside PUBLISH among none.
fn patterns(bench: &mut Bench) -> Result<()> {
    const CHANNEL: &str = "purchase_orders:Opening Ceremony";
    let shapes: [(&str, Pattern); 3] = [
        ("first byte differs", |number| format!("x{number}:*")),
        ("16-byte shared prefix", |number| format!("purchase_orders:{number}*")),
        ("leading star, literal tail", |number| format!("*:tail{number}")),
    ];
    let runtime = single()?;
    for (shape, pattern) in shapes {
        let what = format!("PUBLISH, 100,000 patterns that don't match: {shape}");
        bench.line(spec(what, "no pattern").at_most(2.0), |effort| {
            let (with, without) = (MemBroker::new(), MemBroker::new());
            let names: Vec<String> = (0..MANY).map(pattern).collect();
            let subscriber = runtime.block_on(with.subscriber(SubscribeOptions::default()))?;
            runtime.block_on(subscriber.psubscribe(&names))?;
            let publish = |broker: &MemBroker, count| {
                let broker = broker.clone();
                Ok(timed_async(&runtime, count, &[0], |_| broker.publish(CHANNEL, PAYLOAD)))
            };
            effort.pair(Unit::Nanoseconds, |count| publish(&with, count), |count| publish(&without, count))
        });
    }
    Ok(())
}

/// Many patterns, a thousand in a command, subscribed and then ended.
fn psubscribe(bench: &mut Bench) -> Result<()> {
    let runtime = single()?;
    // A server of its own: the emptied table stays large, and every PUBLISH of this server would walk it.
    let server = RedisServer::start()?;
    // Redis looks through the client's list for each pattern: 100,000 of them take it the better part of a minute.
    let many = if bench.effort().quick { 20_000 } else { MANY };
    let what = format!("PSUBSCRIBE and PUNSUBSCRIBE of {many} patterns");
    let spec = Spec::new("messages", what, "Redis", Unit::PerSecond).at_least(20.0);
    bench.line(spec, |effort| {
        let names: Vec<String> = (0..many).map(|number| format!("news:{number}:*")).collect();
        let batches: Vec<&[String]> = names.chunks(1_000).collect();
        let ours = || {
            let broker = MemBroker::new();
            runtime.block_on(async {
                let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
                let start = Instant::now();
                for batch in &batches {
                    subscriber.psubscribe(*batch).await?;
                }
                for batch in &batches {
                    subscriber.punsubscribe(*batch).await?;
                }
                anyhow::Ok(start.elapsed())
            })
        };
        let peer = || {
            let mut client = server.client()?;
            let start = Instant::now();
            for command in ["PSUBSCRIBE", "PUNSUBSCRIBE"] {
                for batch in &batches {
                    client.send(std::iter::once(command).chain(batch.iter().map(String::as_str)))?;
                    client.replies(batch.len()).context("a confirmation is missing")?;
                }
            }
            anyhow::Ok(start.elapsed())
        };
        let rate = |took: Duration| f64::from(2 * many) / took.as_secs_f64().max(1e-9);
        let mut samples = Samples::default();
        for _ in 0..if effort.quick { 2 } else { 1 } {
            samples.ours.push(rate(ours()?));
            samples.peer.push(rate(peer()?));
        }
        Ok(samples)
    });
    Ok(())
}
