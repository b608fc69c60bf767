//! What `maxmemory` allows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{Command, Expiry, MemBroker, SetOptions, Value};
use embroker_reliability::Scale;

use super::MIB;

/// A key is safe from a `volatile-` policy from the moment that PERSIST is answered.
pub(super) async fn a_key_that_lost_its_deadline_is_never_evicted() -> Result<()> {
    for policy in ["volatile-lru", "volatile-ttl", "volatile-random"] {
        let broker = MemBroker::builder().config("maxmemory-policy", policy)?.build();
        let (rounds, stop) = (Scale::get().pick(500, 300_000), AtomicBool::new(false));
        for number in 0..200 {
            broker.call(&Command::from_argv(["SET", &format!("fill:{number}"), "v", "EX", "1000"])?)?;
        }
        let used: u64 = used_memory(&broker)?;
        broker.config_set("maxmemory", used).await?;
        let kept = std::thread::scope(|threads| {
            let _stopped = threads.spawn(|| {
                let mut number = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    let key = format!("new:{}", number % 1000);
                    let _ = Command::from_argv(["SET", &key, "v", "EX", "1000"]).map(|set| broker.call(&set));
                }
            });
            let kept = (|| {
                for round in 0..rounds {
                    let key = format!("kept:{round}");
                    // The one that every policy takes first.
                    broker.call(&Command::from_argv(["SET", &key, "v", "EX", "10"])?)?;
                    let persisted = broker.call(&Command::from_argv(["PERSIST", &*key])?)?;
                    if persisted == Value::Int(1) {
                        let found = broker.call(&Command::from_argv(["DEL", &*key])?)?;
                        ensure!(found == Value::Int(1), "{key} was evicted under {policy} after its PERSIST");
                    }
                }
                Ok(())
            })();
            stop.store(true, Ordering::Relaxed);
            kept
        });
        kept?;
    }
    Ok(())
}

/// Keys that live shortly and are never asked for again take no more than `maxmemory`, under each policy.
pub(super) async fn a_load_of_keys_that_expire_stays_within_the_limit() -> Result<()> {
    const ROOM: u64 = MIB;

    for policy in ["noeviction", "volatile-ttl", "volatile-lru", "volatile-random", "allkeys-lru", "allkeys-random"] {
        let broker = MemBroker::builder().config("maxmemory-policy", policy)?.build();
        let limit = used_memory(&broker)? + ROOM;
        broker.config_set("maxmemory", limit).await?;
        let (writes, mut refused, mut most) = (Scale::get().pick(4_000, 2_000_000), 0_u64, 0);
        let value = "v".repeat(1000);
        for number in 0..writes {
            let options = SetOptions::new().expiry(Expiry::In(Duration::from_millis(1 + number % 50)));
            let set = broker.set_with(format!("key:{number}"), value.as_str(), options).await;
            refused += u64::from(set.is_err());
            if number % 100 == 0 {
                most = most.max(used_memory(&broker)?);
            }
        }
        println!("{policy}: {writes} keys written, {refused} refused, {most} bytes at most of {limit}");
        ensure!(most <= limit + 4096, "{policy}: {most} bytes of {limit}");
        ensure!(policy == "noeviction" || refused == 0, "{policy} refused {refused}");
        std::thread::sleep(Duration::from_millis(60));
        ensure!(broker.set("last", "v").await.is_ok(), "{policy}: expired keys make room");
    }
    Ok(())
}

fn used_memory(broker: &MemBroker) -> Result<u64> {
    let info = broker.call(&Command::from_argv(["INFO", "memory"])?)?;
    let info = String::from_utf8_lossy(info.as_bytes().context("a text")?).into_owned();
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).context("it says so")?;
    Ok(used.trim().parse()?)
}
