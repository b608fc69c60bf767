//! Subscribers in this process: 64 of mixed speed, each with bounds of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Command, Event, Gap, Overflow, Pipeline, Queue, SubscribeOptions, Subscriber, Value};
use embroker_reliability::{Scale, Watchdog};
use embroker_test_support::Backend;
use tokio::time::sleep;

const SUBSCRIBERS: usize = 64;
/// Payloads have these lengths in turn; the first eight bytes are the number of the message on its channel.
const LENGTHS: [usize; 7] = [8, 20, 100, 8, 300, 1000, 30];
/// How many messages a publisher sends before others have their turn.
const BURST: u64 = 500;
/// What a message takes of a queue's bytes besides its payload, at most.
const OVERHEAD: usize = 100;

#[derive(Clone, Copy)]
struct Bounds {
    messages: usize,
    bytes: usize,
}

impl Bounds {
    fn of(subscriber: usize) -> Self {
        match subscriber / 4 % 3 {
            0 => Self { messages: 500, bytes: 32 << 20 },
            1 => Self { messages: 1 << 20, bytes: 128 * 1024 },
            _ => Self { messages: 200, bytes: 32 * 1024 },
        }
    }
}

/// What one subscriber saw.
#[derive(Default)]
struct Seen {
    received: u64,
    lagged: u64,
    /// The number of the message that is to come next.
    next: u64,
}

impl Seen {
    /// Each message is the one that is due: none twice, none out of order, none missing that was not told.
    fn add(&mut self, event: Option<Event>) -> Result<()> {
        match event.context("the stream has ended")? {
            Event::Message(message) => {
                let number = u64::from_be_bytes(*message.payload().first_chunk().context("a payload has a number")?);
                ensure!(number == self.next, "{number} came where {} was due", self.next);
                ensure!(message.payload().len() == LENGTHS[number as usize % LENGTHS.len()], "{message:?} is cut");
                self.received += 1;
                self.next += 1;
            }
            Event::Gap(Gap::Lagged(missing)) => {
                self.lagged += missing;
                self.next += missing;
            }
            other => bail!("{other:?} after {} messages", self.received),
        }
        Ok(())
    }
}

pub(crate) async fn exact(backend: Backend) -> Result<()> {
    let _watchdog = Watchdog::new("the flood", Duration::from_secs(Scale::get().pick(120, 900)));
    // In this process each message goes to all; a server of one thread would take an hour for that.
    let channels = match backend {
        Backend::Mem => 1,
        Backend::Redis => 32,
    };
    let publishes = match backend {
        Backend::Mem => Scale::get().pick(14_000, 10_000_000),
        Backend::Redis => Scale::get().pick(20_480, 10_000_000),
    };
    in_threads(async move {
        let running = backend.start().await?;
        flood(&running.broker, backend, channels, publishes).await
    })
    .await
}

/// Runs it on two threads.
async fn in_threads(test: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let outcome = runtime.spawn(test).await;
    runtime.shutdown_background();
    outcome?
}

async fn flood(broker: &AnyBroker, backend: Backend, channels: u64, publishes: u64) -> Result<()> {
    if backend == Backend::Redis {
        // What is tested is the bound on this side of the connection.
        broker.execute(Command::from_argv(["CONFIG", "SET", "client-output-buffer-limit", "pubsub 0 0 0"])?).await?;
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let (mut readers, mut queues) = (Vec::new(), Vec::new());
    for number in 0..SUBSCRIBERS {
        let bounds = Bounds::of(number);
        let options = SubscribeOptions::default().max_messages(bounds.messages).max_bytes(bounds.bytes);
        let subscriber = broker.subscriber(options).await?;
        subscriber.subscribe([format!("flood:{}", number as u64 % channels)]).await?;
        queues.push((subscriber.queue().clone(), bounds));
        readers.push(tokio::spawn(read(subscriber, number, publishes / channels, is_over.clone())));
    }
    let inspector = std::thread::spawn({
        let is_over = is_over.clone();
        move || inspect(&queues, &is_over)
    });
    let began = Instant::now();
    let receivers = publish(broker, backend, channels, publishes).await?;
    ensure!(receivers == publishes / channels * SUBSCRIBERS as u64, "{receivers} receivers");
    let took = began.elapsed();
    is_over.store(true, Ordering::SeqCst);
    let (mut received, mut lagged) = (0, 0);
    for (number, reader) in readers.into_iter().enumerate() {
        let seen = reader.await?.with_context(|| format!("subscriber {number}"))?;
        ensure!(seen.received + seen.lagged == publishes / channels, "subscriber {number}: {}", seen.received);
        ensure!(number % 4 != 3 || seen.lagged > 0, "subscriber {number} sleeps and lost nothing");
        received += seen.received;
        lagged += seen.lagged;
    }
    let looks = inspector.join().map_err(|_| anyhow::anyhow!("the inspector panicked"))??;
    println!(
        "{backend}: {publishes} published in {took:.1?}, {receivers} sent to {SUBSCRIBERS}: {received} received + \
         {lagged} lagged; {looks} looks at each queue",
    );
    ensure!(received + lagged == receivers);
    Ok(())
}

/// Publishes them all; how many subscriptions the broker said it sent them to.
async fn publish(broker: &AnyBroker, backend: Backend, channels: u64, publishes: u64) -> Result<u64> {
    let names: Vec<String> = (0..channels).map(|channel| format!("flood:{channel}")).collect();
    let longest = LENGTHS.into_iter().max().unwrap_or(0);
    let (mut receivers, mut payload) = (0, vec![b'x'; longest]);
    let mut pipeline = Pipeline::new();
    for n in 0..publishes {
        let (channel, number) = (&names[(n % channels) as usize], n / channels);
        payload[..8].copy_from_slice(&number.to_be_bytes());
        let payload = &payload[..LENGTHS[number as usize % LENGTHS.len()]];
        if backend == Backend::Mem {
            receivers += broker.publish(channel, payload).await?;
        } else {
            pipeline.publish(channel, payload.to_vec());
        }
        if (n + 1) % BURST == 0 || n + 1 == publishes {
            for reply in broker.pipeline(std::mem::take(&mut pipeline)).await? {
                let Value::Int(count) = reply? else { bail!("PUBLISH answers a count") };
                receivers += count;
            }
            tokio::task::yield_now().await;
        }
    }
    Ok(u64::try_from(receivers)?)
}

/// Reads in one of four ways, until all that was published is accounted for.
async fn read(mut subscriber: Subscriber, number: usize, published: u64, is_over: Arc<AtomicBool>) -> Result<Seen> {
    let mut seen = Seen::default();
    while seen.next < published {
        match number % 4 {
            // As fast as it can.
            0 => seen.add(subscriber.next().await)?,
            // With a rest now and then.
            1 => {
                for _ in 0..200.min(published - seen.next) {
                    if let Some(event) = subscriber.try_next() {
                        seen.add(Some(event))?;
                    }
                }
                sleep(Duration::from_millis(2)).await;
            }
            // All that is there, seldom.
            2 => {
                sleep(Duration::from_millis(50)).await;
                while let Some(event) = subscriber.try_next() {
                    seen.add(Some(event))?;
                }
            }
            // Once all is over. Then its queue is as full as it may be.
            _ if is_over.load(Ordering::SeqCst) => {
                while seen.next < published {
                    seen.add(subscriber.next().await)?;
                }
            }
            _ => sleep(Duration::from_millis(20)).await,
        }
    }
    Ok(seen)
}

/// Looks at each queue again and again: none holds more than it may. How often it looked.
fn inspect(queues: &[(Arc<Queue>, Bounds)], is_over: &AtomicBool) -> Result<u64> {
    let (mut looks, mut full_of_messages, mut full_of_bytes) = (0, false, false);
    let longest = LENGTHS.into_iter().max().unwrap_or(0) + OVERHEAD;
    while !is_over.load(Ordering::SeqCst) {
        for (queue, bounds) in queues {
            let (messages, bytes) = (queue.len(), queue.bytes());
            ensure!(messages <= bounds.messages, "{messages} messages wait where {} may", bounds.messages);
            ensure!(bytes <= bounds.bytes, "{bytes} bytes wait where {} may", bounds.bytes);
            full_of_messages |= messages == bounds.messages;
            full_of_bytes |= bytes + longest > bounds.bytes;
        }
        looks += 1;
        std::thread::sleep(Duration::from_millis(2));
    }
    ensure!(full_of_messages && full_of_bytes, "both bounds are reached: {full_of_messages} {full_of_bytes}");
    Ok(looks)
}

/// With `Overflow::Disconnect` what was received is all that came until then, and then the stream ends.
pub(crate) async fn cut_off(backend: Backend) -> Result<()> {
    const PUBLISHES: u64 = 2000;

    let _watchdog = Watchdog::new("subscribers that are cut off", Duration::from_secs(120));
    in_threads(async move {
        let running = backend.start().await?;
        let broker = &running.broker;
        let bounds = [Bounds { messages: 100, bytes: 32 << 20 }, Bounds { messages: 1 << 20, bytes: 20_000 }];
        let mut cut = Vec::new();
        for bounds in bounds {
            let options = SubscribeOptions::default().max_messages(bounds.messages).max_bytes(bounds.bytes);
            let subscriber = broker.subscriber(options.overflow(Overflow::Disconnect)).await?;
            subscriber.subscribe(["flood:0"]).await?;
            cut.push((subscriber, bounds));
        }
        let mut neighbour = broker.subscriber(SubscribeOptions::default().overflow(Overflow::Disconnect)).await?;
        neighbour.subscribe(["flood:0"]).await?;
        let receivers = publish(broker, backend, 1, PUBLISHES).await?;

        let (mut read, mut all) = (Vec::new(), Seen::default());
        while all.next < PUBLISHES {
            all.add(neighbour.next().await)?;
        }
        ensure!(all.received == PUBLISHES, "the neighbour has all of them: {}", all.received);
        for (mut subscriber, bounds) in cut {
            let (mut seen, mut bytes) = (Seen::default(), 0);
            loop {
                match subscriber.next().await {
                    Some(Event::Gap(Gap::Disconnected)) => break,
                    event => seen.add(event)?,
                }
                bytes += LENGTHS[(seen.received - 1) as usize % LENGTHS.len()];
            }
            ensure!(subscriber.next().await.is_none(), "nothing comes after the end");
            ensure!(subscriber.subscribe(["again"]).await.is_err(), "it is cut off for good");
            ensure!(seen.received <= bounds.messages as u64 && bytes <= bounds.bytes, "{} messages", seen.received);
            read.push(seen.received);
        }
        ensure!(read[0] == 100, "the first hundred: {read:?}");
        ensure!(read[1] > 50 && read[1] < 400, "{read:?}");
        // The message for which there was no room counts its receiver still; a server hears of the end later.
        let sent = PUBLISHES + read.iter().map(|read| read + 1).sum::<u64>();
        ensure!(receivers == sent || backend == Backend::Redis && receivers > sent, "{receivers} receivers, {read:?}");
        Ok(())
    })
    .await
}
