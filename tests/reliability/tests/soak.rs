//! Soak: a mixed load on the engine in this process, on `embroker-server` and on a real Redis that is killed now and
//! then, all at once. What must always hold is looked at all the time, and memory at the end.
//!
//! `EMBROKER_SOAK_SECONDS` says for how long, which `cargo xtask soak` sets.

use std::collections::BTreeMap;
use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

use anyhow::{Context as _, Result, bail, ensure};
use embroker::prelude::*;
use embroker::{
    AnyBroker, Command, Error, Event, Expiry, Gap, Pipeline, SetOptions, SubscribeOptions, Subscriber, Value,
};
use embroker_reliability::{Limits, Program, Watchdog, resident};
use embroker_test_support::{Backend, RedisServer, Suite};
use tokio::task::JoinSet;
use tokio::time::sleep;

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server-under-test");
const SECONDS: &str = "EMBROKER_SOAK_SECONDS";
const SHORT: Duration = Duration::from_secs(4);
/// How often the real Redis is killed, and for how long it is gone at most.
const KILLED_EVERY: Duration = Duration::from_secs(7);
const GONE: Duration = Duration::from_millis(1500);
/// What memory may grow by after the first quarter.
const ALLOWED: u64 = 8 << 20;
const MIB: f64 = 1_048_576.0;

const PUBLISHERS: u64 = 2;
const LAST: &str = "soak:last";
/// How many members the sets have that swap names and move members.
const MEMBERS: i64 = 64;

/// One broker under load.
#[derive(Clone)]
struct Target {
    broker: AnyBroker,
    /// Its server is killed now and then.
    dies: bool,
    stop: Arc<AtomicBool>,
}

/// What a command came to.
enum Outcome<T> {
    Done(T),
    NotSent,
    Unknown,
}

/// How often something was done, and how often nobody knows.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    done: i64,
    unknown: i64,
}

/// What one subscriber has seen.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    received: u64,
    lagged: u64,
    missed: u64,
    disconnects: u64,
}

impl Target {
    fn runs(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    /// Anything but what an outage may bring is an error.
    async fn outcome<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<Outcome<T>> {
        match call.await {
            Ok(done) => Ok(Outcome::Done(done)),
            Err(Error::Disconnected { .. }) if self.dies => {
                sleep(Duration::from_millis(20)).await;
                Ok(Outcome::NotSent)
            }
            Err(Error::OutcomeUnknown { .. } | Error::Timeout { .. }) if self.dies => Ok(Outcome::Unknown),
            // A server that reads its file says so, and runs no transaction of which it refused a command.
            Err(Error::Server(error)) if self.dies && ["LOADING", "EXECABORT"].contains(&error.code()) => {
                Ok(Outcome::NotSent)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Publishes numbers until it is to stop; how many.
    async fn publish(self, publisher: u64) -> Result<u64> {
        let (channel, mut number) = (format!("soak:{publisher}"), 0_u64);
        while self.runs() {
            match self.outcome(async { self.broker.publish(&*channel, number.to_string()).await }).await? {
                Outcome::NotSent => {}
                Outcome::Done(_) | Outcome::Unknown => number += 1,
            }
            if number.is_multiple_of(8) {
                sleep(Duration::from_millis(2)).await;
            }
        }
        Ok(number)
    }

    /// Adds one to a counter, again and again, in one of three ways.
    async fn count(self, way: &'static str) -> Result<Tally> {
        let mut tally = Tally::default();
        while self.runs() {
            let outcome = match way {
                "incr" => self.outcome(async { self.broker.incr("soak:incr").await.map(|_| true) }).await?,
                "exec" => {
                    let pipeline = atomic(&[&["INCR", "soak:exec"], &["INCR", "soak:exec:too"]])?;
                    self.outcome(async { self.broker.pipeline(pipeline).await.map(|_| true) }).await?
                }
                _ => self.outcome(compare_and_set(&self.broker)).await?,
            };
            match outcome {
                Outcome::Done(true) => tally.done += 1,
                Outcome::Done(false) | Outcome::NotSent => {}
                Outcome::Unknown => tally.unknown += 1,
            }
            sleep(Duration::from_millis(1)).await;
        }
        Ok(tally)
    }

    /// What is counted in one transaction is equal whenever one looks, and sets that swap keep their members.
    async fn look(self) -> Result<Tally> {
        let mut tally = Tally::default();
        while self.runs() {
            let pipeline = atomic(&[
                &["GET", "soak:exec"],
                &["GET", "soak:exec:too"],
                &["SCARD", "soak:set:a"],
                &["SCARD", "soak:set:b"],
            ])?;
            let seen = self.outcome(async { self.broker.pipeline(pipeline).await }).await?;
            if let Outcome::Done(replies) = seen {
                let [first, second, a, b] = &replies[..] else { bail!("four replies are expected: {replies:?}") };
                ensure!(first == second, "two counters of one transaction: {first:?} and {second:?}");
                let members = [a, b].map(|count| match count {
                    Ok(Value::Int(count)) => *count,
                    _ => 0,
                });
                ensure!(members[0] + members[1] == MEMBERS, "members got lost or doubled: {members:?}");
                tally.done += 1;
            }
            sleep(Duration::from_millis(3)).await;
        }
        Ok(tally)
    }

    /// Two sets swap their names by three RENAMEs, or move a member to the other.
    async fn swap(self) -> Result<Tally> {
        let mut tally = Tally::default();
        while self.runs() {
            let [a, b, spare] = ["soak:set:a", "soak:set:b", "soak:set:spare"];
            let pipeline = if fastrand::bool() {
                atomic(&[&["RENAME", a, spare], &["RENAME", b, a], &["RENAME", spare, b]])?
            } else {
                let member = fastrand::i64(..MEMBERS).to_string();
                let [from, to] = if fastrand::bool() { [a, b] } else { [b, a] };
                atomic(&[&["SMOVE", from, to, &member]])?
            };
            let outcome = self.outcome(async { self.broker.pipeline(pipeline).await }).await?;
            tally.done += i64::from(matches!(outcome, Outcome::Done(_)));
            sleep(Duration::from_millis(2)).await;
        }
        Ok(tally)
    }

    /// Keys that live shortly are not seen when their time is over.
    async fn expire(self, reader: u64) -> Result<Tally> {
        let (mut tally, mut number) = (Tally::default(), 0_u64);
        while self.runs() {
            number += 1;
            let (key, ttl) = (format!("soak:brief:{reader}:{}", number % 50), fastrand::u64(5..60));
            let options = SetOptions::new().expiry(Expiry::In(Duration::from_millis(ttl)));
            let set = async { self.broker.set_with(&*key, number.to_string(), options).await };
            if !matches!(self.outcome(set).await?, Outcome::Done(_)) {
                continue;
            }
            // Its time began before this; both clocks go by milliseconds.
            let over = Instant::now() + Duration::from_millis(ttl + 2);
            sleep(Duration::from_millis(fastrand::u64(..80))).await;
            let asked = Instant::now();
            if let Outcome::Done(Some(value)) = self.outcome(async { self.broker.get(&*key).await }).await? {
                ensure!(asked <= over, "{key} is seen {:?} after its time", asked - over);
                ensure!(value == number.to_string(), "{key} has another value");
            }
            tally.done += 1;
        }
        Ok(tally)
    }

    /// Keys of all sizes come and go.
    async fn fill(self) -> Result<Tally> {
        let mut tally = Tally::default();
        while self.runs() {
            let (key, field) = (format!("soak:fill:{}", fastrand::u32(..2000)), fastrand::u32(..20).to_string());
            let hash = format!("{key}:hash");
            let value = "v".repeat(fastrand::usize(..2000));
            let words: &[&str] = match fastrand::u8(..4) {
                // Both, so that as much goes as comes and what is kept is soon as much as it gets.
                0 => &["DEL", &key, &hash],
                1 => &["SET", &key, &value, "EX", "30"],
                2 => &["SET", &key, &value],
                _ => &["HSET", &hash, &field, &value],
            };
            let command = Command::from_argv(words.iter().map(|word| (*word).to_owned()))?;
            let outcome = self.outcome(async { self.broker.execute(command).await }).await?;
            tally.done += i64::from(matches!(outcome, Outcome::Done(_)));
            sleep(Duration::from_millis(1)).await;
        }
        Ok(tally)
    }
}

fn atomic(lines: &[&[&str]]) -> Result<Pipeline<'static>> {
    let mut pipeline = Pipeline::atomic();
    for words in lines {
        pipeline.push(Command::from_argv(words.iter().map(|word| (*word).to_owned()))?);
    }
    Ok(pipeline)
}

/// Adds one where nobody else did meanwhile; whether it did.
async fn compare_and_set(broker: &AnyBroker) -> Result<bool, Error> {
    let watch = broker.watch(["soak:watch"]).await?;
    let before = broker.get("soak:watch").await?;
    let before: i64 = before.and_then(|text| String::from_utf8_lossy(&text).parse().ok()).unwrap_or_default();
    let mut pipeline = Pipeline::atomic();
    pipeline.push(Command::from_argv(["SET".to_owned(), "soak:watch".into(), (before + 1).to_string()])?);
    Ok(watch.exec(pipeline).await?.is_some())
}

/// Reads to the last message. Numbers ascend, and none is missing but where the stream says so.
async fn read(mut subscriber: Subscriber, is_slow: bool) -> Result<Seen> {
    let (mut seen, mut gaps, mut is_over) = (Seen::default(), 0_u64, BTreeMap::<Vec<u8>, (u64, u64)>::new());
    loop {
        match subscriber.next().await.context("the stream ended")? {
            Event::Gap(gap) => {
                gaps += 1;
                match gap {
                    Gap::Lagged(count) => seen.lagged += count,
                    Gap::Disconnected => seen.disconnects += 1,
                    _ => {}
                }
            }
            Event::Message(message) if message.channel() == LAST.as_bytes() => return Ok(seen),
            Event::Message(message) => {
                let number: u64 = std::str::from_utf8(message.payload())?.parse()?;
                let (next, gaps_before) = is_over.entry(message.channel().to_vec()).or_default();
                ensure!(number >= *next, "{message:?} came twice or late: {next} was expected");
                if number > *next {
                    ensure!(gaps > *gaps_before, "{} are missing before {message:?} without a gap", number - *next);
                    seen.missed += number - *next;
                }
                (*next, *gaps_before) = (number + 1, gaps);
                seen.received += 1;
            }
            other => bail!("an event of another kind: {other:?}"),
        }
        if is_slow && seen.received.is_multiple_of(16) {
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Waits for all, or for the first error.
async fn all<T: 'static>(mut tasks: JoinSet<Result<T>>) -> Result<Vec<T>> {
    let mut outcomes = Vec::new();
    while let Some(outcome) = tasks.join_next().await {
        outcomes.push(outcome??);
    }
    Ok(outcomes)
}

/// Puts load on one broker until it is to stop; what came of it, in a line.
async fn load(name: &'static str, target: Target) -> Result<String> {
    let mut setup = vec!["SADD".to_owned(), "soak:set:a".into()];
    setup.extend((0..MEMBERS).map(|member| member.to_string()));
    target.broker.execute(Command::from_argv(setup)?).await?;

    let mut readers = JoinSet::new();
    for (index, (pattern, most)) in [(false, 1 << 20), (true, 1 << 20), (false, 64)].into_iter().enumerate() {
        let subscriber = target.broker.subscriber(SubscribeOptions::default().max_messages(most)).await?;
        if pattern {
            subscriber.psubscribe(["soak:*"]).await?;
        } else {
            subscriber.subscribe((0..PUBLISHERS).map(|number| format!("soak:{number}"))).await?;
            subscriber.subscribe([LAST]).await?;
        }
        readers.spawn(read(subscriber, index == 2));
    }
    let (mut publishers, mut others) = (JoinSet::new(), JoinSet::new());
    for number in 0..PUBLISHERS {
        publishers.spawn(target.clone().publish(number));
        others.spawn(target.clone().expire(number));
        others.spawn(target.clone().swap());
    }
    others.spawn(target.clone().look());
    others.spawn(target.clone().fill());
    let counters = ["incr", "exec", "watch"].map(|way| {
        let mut tasks = JoinSet::new();
        for _ in 0..2 {
            tasks.spawn(target.clone().count(way));
        }
        (way, tasks)
    });

    // Whatever fails is told at once, for the others may go on for long.
    let (published, others) = tokio::try_join!(all(publishers), all(others))?;
    let (published, looks): (u64, i64) = (published.iter().sum(), others.iter().map(|tally| tally.done).sum());
    let mut counts = Vec::new();
    for (way, tasks) in counters {
        let tallies = all(tasks).await.with_context(|| format!("counting by {way}"))?;
        let (done, unknown) = tallies.iter().fold((0, 0), |sum, tally| (sum.0 + tally.done, sum.1 + tally.unknown));
        let value = loop {
            let key = format!("soak:{way}");
            if let Outcome::Done(value) = target.outcome(async { target.broker.get(&*key).await }).await? {
                break value.and_then(|text| String::from_utf8_lossy(&text).parse().ok()).unwrap_or(0);
            }
        };
        ensure!(
            (done..=done + unknown).contains(&value),
            "{way}: {value} after {done} successes and {unknown} unknown"
        );
        ensure!(target.dies || unknown == 0, "{way}: {unknown} unknown");
        counts.push(format!("{way} {value} of {done}+{unknown}"));
    }
    // Those who were cut off are back at some time, and then hear the last message.
    let readers = tokio::spawn(all(readers));
    while !readers.is_finished() {
        target.outcome(async { target.broker.publish(LAST, "").await }).await?;
        sleep(Duration::from_millis(100)).await;
    }
    let mut total = Seen::default();
    for seen in readers.await?? {
        let accounted = seen.received + if target.dies { seen.missed } else { seen.lagged };
        ensure!(target.dies || seen.missed <= seen.lagged, "{name}: {seen:?} of {published}");
        // After its last gap a subscriber may have missed the last messages too.
        ensure!(accounted == published || target.dies && accounted <= published, "{name}: {seen:?} of {published}");
        total.received += seen.received;
        total.lagged += seen.lagged;
        total.missed += seen.missed;
        total.disconnects += seen.disconnects;
    }
    Ok(format!(
        "{name}: {published} published, {} received, {} lagged, {} missed inside {} outages; {looks} other calls; {}",
        total.received,
        total.lagged,
        total.missed - total.lagged.min(total.missed),
        total.disconnects,
        counts.join(", ")
    ))
}

/// Kills a server now and then, and starts it again with what it had promised to keep.
fn kill_now_and_then(mut server: RedisServer, every: Duration, stop: &AtomicBool) -> Result<(RedisServer, u32)> {
    let (mut kills, mut next) = (0, Instant::now() + every);
    while !stop.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(20));
        if Instant::now() >= next {
            server.kill();
            thread::sleep(GONE.mul_f64(fastrand::f64()));
            server.restart()?;
            kills += 1;
            next = Instant::now() + every;
        }
    }
    Ok((server, kills))
}

async fn nothing_is_violated_and_memory_stays_flat_under_a_mixed_load() -> Result<()> {
    let seconds = env::var(SECONDS).ok().map(|seconds| seconds.parse()).transpose()?;
    let length = seconds.map_or(SHORT, Duration::from_secs);
    let _watchdog = Watchdog::new("the soak", length + Duration::from_secs(120));
    // On threads of its own: the load waits for nothing here.
    let run = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(soak(length))
    });
    run.join().map_err(|_| anyhow::anyhow!("the soak panicked"))?
}

/// Ends the load and the kills, also where something failed.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn soak(length: Duration) -> Result<()> {
    let program = Program::start(PROGRAM, &[], Limits::default())?;
    let redis = RedisServer::builder().set("appendonly", "yes").set("appendfsync", "always").start()?;
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Stop(stop.clone());
    let urls = [
        ("mem", "mem://soak".to_owned()),
        ("embroker-server", format!("redis+unix://{}", program.socket().display())),
        ("redis", redis.url()),
    ];
    let mut loads = JoinSet::new();
    for (name, url) in urls {
        let broker = embroker::connect(&url).await?;
        let target = Target { broker, dies: name == "redis", stop: stop.clone() };
        loads.spawn(load(name, target));
    }
    let (every, killing) = (KILLED_EVERY.min(length / 3), stop.clone());
    let killer = tokio::task::spawn_blocking(move || kill_now_and_then(redis, every, &killing));

    let memory = || anyhow::Ok([resident(std::process::id())?, program.resident()?]);
    let (start, begun, mut warm, mut peak) = (memory()?, Instant::now(), None, [0; 2]);
    while begun.elapsed() < length {
        tokio::select! {
            Some(early) = loads.join_next() => bail!("{}", early??),
            () = sleep(Duration::from_millis(250)) => {}
        }
        let now = memory()?;
        peak = [0, 1].map(|at| now[at].max(peak[at]));
        if begun.elapsed() >= length / 4 {
            warm.get_or_insert(now);
        }
    }
    let (warm, end) = (warm.context("it was sampled")?, memory()?);
    drop(stopped);
    let (_redis, kills) = killer.await??;
    for line in all(loads).await? {
        println!("{line}");
    }
    println!("{:.0} s, the real Redis killed {kills} times", length.as_secs_f64());
    for (at, what) in ["this process", "embroker-server"].into_iter().enumerate() {
        let [start, warm, end, peak] = [start, warm, end, peak].map(|sample| sample[at] as f64 / MIB);
        println!(
            "memory of {what}: {start:.1} MiB at the start, {warm:.1} warm, {end:.1} at the end, {peak:.1} at most"
        );
    }
    for at in [0, 1] {
        // In a few seconds the load has not reached its level.
        let allowed = if length > SHORT { ALLOWED } else { 4 * ALLOWED };
        ensure!(end[at] <= warm[at] + allowed, "memory grows: from {warm:?} to {end:?}");
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    suite.test(
        Backend::Redis,
        "nothing_is_violated_and_memory_stays_flat_under_a_mixed_load",
        nothing_is_violated_and_memory_stays_flat_under_a_mixed_load,
    );
    suite.run()
}
