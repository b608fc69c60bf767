//! A future that is dropped at any await leaves nothing half done, and neither does a client that vanishes.

use std::future::poll_fn;
use std::pin::pin;
use std::process::ExitCode;
use std::task::Poll;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Command, Event, MemBroker, Pipeline, SubscribeOptions};
use embroker_reliability::{Scale, Watchdog};
use embroker_server::Server;
use embroker_test_support::{Backend, Suite};
use fastrand::Rng;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::yield_now;

const KEYS: [&str; 5] = ["k1", "k2", "k3", "k4", "k5"];

/// Polls a future a few times, others' turns in between, and drops it; its outcome if it was quick enough.
async fn dropped<T>(rng: &mut Rng, future: impl Future<Output = T>) -> Option<T> {
    let polls = rng.usize(..12);
    let mut future = pin!(future);
    for _ in 0..polls {
        let outcome = poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending => Poll::Ready(None),
        });
        if let Some(outcome) = outcome.await {
            return Some(outcome);
        }
        if rng.u8(..3) == 0 {
            tokio::time::sleep(Duration::from_micros(rng.u64(..200))).await;
        } else {
            yield_now().await;
        }
    }
    None
}

/// Adds one to each of the keys.
fn count() -> Result<Pipeline<'static>> {
    let mut pipeline = Pipeline::atomic();
    for key in KEYS {
        pipeline.push(Command::from_argv(["INCR", key])?.into_owned());
    }
    Ok(pipeline)
}

/// What the keys hold, which is the same in each.
async fn counted(broker: &AnyBroker, keys: &[&str]) -> Result<String> {
    let values = broker.mget(keys).await?;
    let first = values.first().context("a value")?;
    ensure!(values.iter().all(|value| value == first), "half of it ran: {values:?}");
    Ok(first.as_ref().map_or_else(String::new, |text| String::from_utf8_lossy(text).into_owned()))
}

async fn a_dropped_future_leaves_nothing_half_done(backend: Backend) -> Result<()> {
    let _watchdog = Watchdog::new("dropped futures", Duration::from_secs(Scale::get().pick(120, 900)));
    let drops = Scale::get().pick(500, 20_000);
    let running = backend.start().await?;
    let broker = &running.broker;
    let mut rng = Rng::new();
    let (mut begun, mut done, mut unfinished) = (0, 0, 0);
    for number in 0..drops {
        let text = number.to_string();
        let finished = match rng.u8(..6) {
            0 => {
                let pairs = ["m1", "m2", "m3"].map(|key| (key, text.as_str()));
                dropped(&mut rng, broker.mset(pairs)).await.transpose()?.is_some()
            }
            1 | 2 => {
                begun += 1;
                let outcome = dropped(&mut rng, broker.pipeline(count()?)).await.transpose()?;
                done += i64::from(outcome.is_some());
                outcome.is_some()
            }
            3 => {
                begun += 1;
                let counting = async {
                    let watch = broker.watch(["unwritten"]).await?;
                    anyhow::Ok(watch.exec(count()?).await?.is_some())
                };
                let outcome = dropped(&mut rng, counting).await.transpose()?;
                ensure!(outcome != Some(false), "nobody wrote what was watched");
                done += i64::from(outcome.is_some());
                outcome.is_some()
            }
            4 => {
                let subscribing = async {
                    let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
                    subscriber.subscribe(["one", "two"]).await?;
                    subscriber.psubscribe(["o*"]).await?;
                    subscriber.unsubscribe(["two"]).await?;
                    anyhow::Ok(())
                };
                dropped(&mut rng, subscribing).await.transpose()?.is_some()
            }
            _ => {
                let stored = dropped(&mut rng, broker.sadd("set", [&text])).await.transpose()?;
                let copied = dropped(&mut rng, broker.sunionstore("copy", ["set", "copy"])).await.transpose()?;
                stored.is_some() && copied.is_some()
            }
        };
        unfinished += usize::from(!finished);
        counted(broker, &KEYS).await?;
        counted(broker, &["m1", "m2", "m3"]).await?;
    }
    // A transaction whose future was dropped may be under way on a connection of its own.
    let total = settled(async || Ok(counted(broker, &KEYS).await?.parse::<i64>()?)).await?;
    ensure!((done..=begun).contains(&total), "{done} of {begun} counted to their end, and the counters say {total}");
    settled_at("subscriptions", async || subscriptions(broker).await, "[\"one\", 0, \"two\", 0] 0").await?;
    ensure!(broker.set("after", "yes").await.is_ok());
    if Scale::get() == Scale::Full {
        println!("{backend}: {drops} futures, {unfinished} dropped before their end, {total} of {begun} counted");
    }
    Ok(())
}

async fn subscriptions(broker: &AnyBroker) -> Result<String> {
    let names = broker.execute(Command::from_argv(["PUBSUB", "NUMSUB", "one", "two"])?).await?;
    let patterns = broker.execute(Command::from_argv(["PUBSUB", "NUMPAT"])?).await?;
    Ok(format!("{names:?} {patterns:?}"))
}

/// What is answered twice in a row.
async fn settled<T: PartialEq>(look: impl AsyncFn() -> Result<T>) -> Result<T> {
    let mut before = look().await?;
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = look().await?;
        if now == before {
            return Ok(now);
        }
        before = now;
    }
}

/// Looks until it sees what is expected; for ten seconds.
async fn settled_at(what: &str, look: impl AsyncFn() -> Result<String>, expected: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        let now = look().await?;
        if now == expected {
            return Ok(());
        }
        ensure!(begun.elapsed() < Duration::from_secs(10), "{what}: {now}, not {expected}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn a_dropped_read_takes_no_message(backend: Backend) -> Result<()> {
    let _watchdog = Watchdog::new("dropped reads", Duration::from_secs(Scale::get().pick(120, 600)));
    let messages = Scale::get().pick(500, 20_000);
    let running = backend.start().await?;
    let mut rng = Rng::new();
    let mut subscriber = running.broker.subscriber(SubscribeOptions::default()).await?;
    subscriber.subscribe(["news"]).await?;
    let broker = running.broker.clone();
    let publisher = tokio::spawn(async move {
        for number in 0..messages {
            broker.publish("news", number.to_string()).await?;
            yield_now().await;
        }
        anyhow::Ok(())
    });
    let mut expected = 0;
    while expected < messages {
        let Some(event) = dropped(&mut rng, subscriber.next()).await else { continue };
        let message = event.and_then(Event::into_message).context("a message")?;
        ensure!(message.payload() == expected.to_string().as_bytes(), "{message:?} came as number {expected}");
        expected += 1;
    }
    publisher.await?
}

/// The bytes of a client that watches, counts in a transaction, subscribes and counts in a plain pipeline, and the place
/// where its EXEC is whole.
fn conversation() -> (Vec<u8>, usize) {
    let line = |words: &[&str]| {
        let bulks: Vec<String> = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
        format!("*{}\r\n{}", bulks.len(), bulks.concat())
    };
    let mut bytes = String::new();
    for words in [&["CLIENT", "SETNAME", "vanishes"][..], &["WATCH", "unwritten", "k9"], &["MULTI"]] {
        bytes += &line(words);
    }
    for key in KEYS {
        bytes += &line(&["INCR", key]);
    }
    bytes += &line(&["EXEC"]);
    let executed = bytes.len();
    for words in [
        &["MSET", "m1", "v", "m2", "v", "m3", "v"][..],
        &["WATCH", "k1"],
        &["MULTI"],
        &["INCR", "k1"],
        &["DISCARD"],
        &["WATCH", "k2"],
        &["MULTI"],
        &["INCR", "k2"],
        &["SUBSCRIBE", "one", "two"],
    ] {
        if words[0] == "SUBSCRIBE" {
            bytes += &line(&["DISCARD"]);
        }
        bytes += &line(words);
    }
    bytes += &line(&["PSUBSCRIBE", "o*"]);
    (bytes.into_bytes(), executed)
}

async fn a_client_that_vanishes_leaves_nothing_half_done() -> Result<()> {
    let _watchdog = Watchdog::new("clients that vanish", Duration::from_secs(Scale::get().pick(120, 900)));
    let clients = Scale::get().pick(400, 20_000);
    let mem = MemBroker::new();
    let server = Server::builder().broker(mem.clone()).bind("127.0.0.1:0").spawn().await?;
    let address = server.local_addr().context("an address")?;
    let broker = AnyBroker::new(mem);
    let (bytes, executed) = conversation();
    let mut rng = Rng::new();
    let (mut least, mut most) = (0, 0);
    for _ in 0..clients {
        let end = rng.usize(..=bytes.len());
        let mut stream = TcpStream::connect(address).await?;
        let split = rng.usize(..=end);
        stream.write_all(&bytes[..split]).await?;
        if rng.bool() {
            yield_now().await;
        }
        stream.write_all(&bytes[split..end]).await?;
        most += i64::from(end >= executed);
        match rng.u8(..3) {
            // It reads what it is answered before it goes.
            0 if end >= executed => {
                least += 1;
                let mut seen = Vec::new();
                while !seen.windows(4).any(|four| four == b"*5\r\n") {
                    let mut some = [0; 512];
                    let read = stream.read(&mut some).await?;
                    ensure!(read > 0, "the server hung up");
                    seen.extend_from_slice(&some[..read]);
                }
            }
            // A reset: what the server has not read yet is lost.
            1 => stream.set_zero_linger()?,
            _ => (),
        }
        drop(stream);
        counted(&broker, &KEYS).await?;
        counted(&broker, &["m1", "m2", "m3"]).await?;
    }
    settled_at("subscriptions", async || subscriptions(&broker).await, "[\"one\", 0, \"two\", 0] 0").await?;
    let mut looks = TcpStream::connect(address).await?;
    let alone = async |looks: &mut TcpStream| -> Result<bool> {
        looks.write_all(b"CLIENT LIST\r\n").await?;
        let mut list = vec![0; 64 << 10];
        let read = looks.read(&mut list).await?;
        Ok(String::from_utf8_lossy(&list[..read]).matches("addr=").count() == 2)
    };
    let begun = Instant::now();
    while !alone(&mut looks).await? {
        ensure!(begun.elapsed() < Duration::from_secs(10), "clients that are gone are still listed");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let total = counted(&broker, &KEYS).await?;
    let total: i64 = if total.is_empty() { 0 } else { total.parse()? };
    ensure!((least..=most).contains(&total), "{total} transactions ran: {least} were answered and {most} sent");
    ensure!(broker.exists(["m1"]).await? == 1);
    if Scale::get() == Scale::Full {
        println!("mem: {clients} clients vanished, {total} of {most} transactions ran, {least} were answered");
    }
    server.shutdown().await;
    Ok(())
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    for backend in Backend::ALL {
        suite.test(backend, "a_dropped_future_leaves_nothing_half_done", async move || {
            a_dropped_future_leaves_nothing_half_done(backend).await
        });
        suite.test(backend, "a_dropped_read_takes_no_message", async move || {
            a_dropped_read_takes_no_message(backend).await
        });
    }
    suite.test(
        Backend::Mem,
        "a_client_that_vanishes_leaves_nothing_half_done",
        a_client_that_vanishes_leaves_nothing_half_done,
    );
    suite.run()
}
