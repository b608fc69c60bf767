//! WATCH as compare-and-set: a transaction runs if nothing that it watches was written, and then nobody was in between.

use std::process::ExitCode;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Command, Pipeline};
use embroker_reliability::{Scale, Watchdog, on_threads};
use embroker_test_support::{Backend, Suite};

const THREADS: usize = 8;

async fn a_contended_counter_equals_its_successes(backend: Backend) -> Result<()> {
    let _watchdog = Watchdog::new("a contended counter", Duration::from_secs(Scale::get().pick(120, 900)));
    let attempts = match backend {
        Backend::Mem => Scale::get().pick(1_000, 100_000),
        // Each watch has a connection of its own.
        Backend::Redis => Scale::get().pick(60, 5_000),
    };
    let running = backend.start().await?;
    let begin = Barrier::new(THREADS);
    let successes = on_threads(THREADS, async |_| {
        let broker = running.database(0).await?;
        begin.wait();
        let mut successes = 0_i64;
        for attempt in 0..attempts {
            let watch = broker.watch(["counter"]).await?;
            let before: i64 = match broker.get("counter").await? {
                Some(text) => str::from_utf8(&text)?.parse()?,
                None => 0,
            };
            if attempt % 4 == 0 {
                thread::yield_now();
            }
            let mut write = Pipeline::atomic();
            write.set("counter", (before + 1).to_string());
            successes += i64::from(watch.exec(write).await?.is_some());
        }
        Ok(successes)
    })?;
    let successes: i64 = successes.iter().sum();
    let counter = running.broker.get("counter").await?.unwrap_or_default();
    ensure!(counter == successes.to_string(), "{successes} successes made {counter:?}");
    if Scale::get() == Scale::Full {
        println!("{backend}: {successes} successes of {} attempts", attempts * THREADS);
    }
    Ok(())
}

/// Nobody else writes: each attempt succeeds. So a broker that always refuses is found too.
async fn who_is_alone_always_succeeds(backend: Backend) -> Result<()> {
    let running = backend.start().await?;
    let (broker, rounds) = (&running.broker, Scale::get().pick(100, 2_000));
    for number in 0..rounds {
        let watch = broker.watch(["counter", "other"]).await?;
        let mut write = Pipeline::atomic();
        write.incr("counter").set("other", number.to_string());
        ensure!(watch.exec(write).await?.is_some(), "attempt {number}");
    }
    ensure!(broker.get("counter").await?.unwrap_or_default() == rounds.to_string());
    Ok(())
}

/// A key goes and comes back with the same value, over and over: who watched it between never succeeds on what was.
async fn a_key_that_was_made_again_is_another(backend: Backend) -> Result<()> {
    let _watchdog = Watchdog::new("keys that come again", Duration::from_secs(Scale::get().pick(120, 600)));
    let rounds = match backend {
        Backend::Mem => Scale::get().pick(500, 50_000),
        Backend::Redis => Scale::get().pick(60, 3_000),
    };
    let running = backend.start().await?;
    // The generation grows with each time that the key is made; the key's own value is always the same.
    let begin = Barrier::new(THREADS);
    on_threads(THREADS, async |number| {
        let broker = running.database(0).await?;
        begin.wait();
        for _ in 0..rounds {
            if number % 2 == 0 {
                let mut again = Pipeline::atomic();
                again.del(["key"]).set("key", "same").incr("generation");
                broker.pipeline(again).await?;
                continue;
            }
            let watch = broker.watch(["key"]).await?;
            let before = broker.get("generation").await?;
            let mut read = Pipeline::atomic();
            read.get("generation");
            if let Some(replies) = watch.exec(read).await? {
                let now = replies.into_iter().next().context("a reply")??;
                ensure!(now.as_bytes() == before.as_deref(), "{before:?} became {now:?} under a watch that held");
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// What is done before a watch of `k`, what somebody else does then, and whether the transaction still runs. The answers
/// are Redis 7.0.15's, which the same test asks.
const CASES: &[(&str, &str, bool)] = &[
    ("SET k v", "GET k", true),
    ("SET k v", "SET k v", false),
    ("SET k v", "DEL k; SET k v", false),
    ("SET k v", "DEL k", false),
    ("", "DEL k", true),
    ("", "SET k v; DEL k", false),
    ("", "SET other v", true),
    ("SET k v", "FLUSHALL", false),
    ("SET k v", "FLUSHDB", false),
    ("SET other v", "FLUSHALL", true),
    ("SET k v", "SWAPDB 0 1", false),
    ("SET k v", "SWAPDB 1 2", true),
    ("SET k v", "SWAPDB 0 0", true),
    ("SET other v", "SWAPDB 0 1", true),
    ("SET other v; MOVE other 1", "SWAPDB 0 1", true),
    ("SET k v; MOVE k 1", "SWAPDB 0 1", false),
    ("SET k v; COPY k k DB 1", "SWAPDB 0 1", false),
    ("SET k v; MOVE k 1", "FLUSHALL", true),
    ("SET other v", "RENAME other k", false),
    ("SET k v", "RENAME k other", false),
    ("SET k v", "RENAME missing k", true),
    ("SET k v; SET other v", "RENAMENX other k", true),
    ("SET k v; SET other v", "COPY other k", true),
    ("SET k v; SET other v", "COPY other k REPLACE", false),
    ("SET k v", "COPY k other", true),
    ("SET k v", "MOVE k 1", false),
    ("SET k v; COPY k k DB 1", "MOVE k 1", true),
    ("SET k v", "EXPIRE k 100", false),
    ("SET k v", "PERSIST k", true),
    ("SET k v EX 100", "PERSIST k", false),
    ("SET k v EX 100", "EXPIRE k 0", false),
    ("SET k v", "GETEX k", true),
    ("SET k v", "APPEND k x", false),
    ("SET k v", "MSET other v k v", false),
    ("SET k v", "MSETNX other v k v", true),
    ("SET k v", "GETDEL k", false),
    ("SET k v", "BITFIELD k GET u8 0", true),
    ("SET k v", "BITFIELD k INCRBY u8 0 1", false),
    ("SET k v", "BITOP NOT k k", false),
    ("SET k v", "BITOP NOT k missing", false),
    ("", "BITOP NOT k missing", true),
    ("SADD k a", "SADD k a", true),
    ("SADD k a", "SADD k b", false),
    ("SADD k a", "SREM k b", true),
    ("SADD k a", "SREM k a", false),
    ("SADD k a", "SPOP k", false),
    ("SADD k a", "SMOVE k other a", false),
    ("SADD k a", "SMOVE k other b", true),
    ("SADD other a", "SMOVE other k a", false),
    ("SADD other a", "SUNIONSTORE k other", false),
    ("SADD k a", "SINTERSTORE k missing", false),
    ("", "SINTERSTORE k missing", true),
    ("HSET k f v", "HSET k f v", false),
    ("HSET k f 1", "HINCRBY k f 1", false),
    ("HSET k f v", "HDEL k g", true),
    ("HSET k f v", "HDEL k f", false),
    ("SET k v", "HSET k f v", true),
    ("SET k v", "INCR k", true),
    // A key whose time comes under the watch is written, whether or not somebody comes upon it.
    ("SET k v PX 300", "WAIT LONG", false),
    ("SET k v PX 300", "WAIT LONG; GET k", false),
    ("SET k v", "PEXPIRE k 1; WAIT", false),
    ("SET k v PX 300", "WAIT LONG; SET k v", false),
    // One whose time had come before is not, until it is made again.
    ("DEBUG SET-ACTIVE-EXPIRE 0; SET k v PX 1; WAIT", "", true),
    ("DEBUG SET-ACTIVE-EXPIRE 0; SET k v PX 1; WAIT", "GET k", true),
    ("DEBUG SET-ACTIVE-EXPIRE 0; SET k v PX 1; WAIT", "DEL k", true),
    ("DEBUG SET-ACTIVE-EXPIRE 0; SET k v PX 1; WAIT", "DEBUG SET-ACTIVE-EXPIRE 1; WAIT; WAIT", true),
    ("DEBUG SET-ACTIVE-EXPIRE 0; SET k v PX 1; WAIT", "FLUSHALL", true),
    ("DEBUG SET-ACTIVE-EXPIRE 0; SET k v PX 1; WAIT", "SWAPDB 0 1", true),
    ("DEBUG SET-ACTIVE-EXPIRE 0; SET k v PX 1; WAIT", "PERSIST k", true),
    ("DEBUG SET-ACTIVE-EXPIRE 0; SET k v PX 1; WAIT", "SET k v", false),
    ("DEBUG SET-ACTIVE-EXPIRE 0; SET k v PX 1; WAIT", "SET other v; RENAME other k", false),
];

async fn what_breaks_a_watch_is_what_redis_says(backend: Backend) -> Result<()> {
    let running = backend.start().await?;
    let (broker, mut wrong) = (&running.broker, Vec::new());
    for (before, meanwhile, expected) in CASES {
        run(broker, "FLUSHALL; DEBUG SET-ACTIVE-EXPIRE 1").await?;
        run(broker, before).await.with_context(|| format!("before: {before}"))?;
        let watch = broker.watch(["k"]).await?;
        run(broker, meanwhile).await?;
        let mut write = Pipeline::atomic();
        write.set("written", "yes");
        let runs = watch.exec(write).await?.is_some();
        ensure!(broker.get("written").await?.is_some() == runs, "{before} | {meanwhile}: EXEC said {runs}");
        if runs != *expected {
            wrong.push(format!("{before} | {meanwhile}: {runs}"));
        }
    }
    if !wrong.is_empty() {
        bail!("\n{}", wrong.join("\n"));
    }
    Ok(())
}

/// Runs commands one by one; what they answer, errors too, is no matter here.
async fn run(broker: &AnyBroker, lines: &str) -> Result<()> {
    for line in lines.split(';').map(str::trim).filter(|line| !line.is_empty()) {
        // Longer than the time of any key, or of one that has to be there still when the watch begins.
        let wait = match line {
            "WAIT" => Some(5),
            "WAIT LONG" => Some(350),
            _ => None,
        };
        if let Some(milliseconds) = wait {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            continue;
        }
        match broker.execute(Command::from_argv(line.split(' '))?).await {
            Ok(_) | Err(embroker::Error::Server(_)) => (),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    for backend in Backend::ALL {
        suite.test(backend, "a_contended_counter_equals_its_successes", async move || {
            a_contended_counter_equals_its_successes(backend).await
        });
        suite.test(backend, "who_is_alone_always_succeeds", async move || who_is_alone_always_succeeds(backend).await);
        suite.test(backend, "a_key_that_was_made_again_is_another", async move || {
            a_key_that_was_made_again_is_another(backend).await
        });
        suite.test(backend, "what_breaks_a_watch_is_what_redis_says", async move || {
            what_breaks_a_watch_is_what_redis_says(backend).await
        });
    }
    suite.run()
}
