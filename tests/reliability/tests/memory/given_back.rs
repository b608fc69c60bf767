//! What is gone is given back to the system.

use std::time::Duration;

use anyhow::{Result, ensure};
use embroker::prelude::*;
use embroker::{Expiry, MemBroker, SetOptions, SubscribeOptions, SubscriptionKind};
use embroker_reliability::{Limits, Program, Scale, alone, resident};

use super::{MIB, PROGRAM};

/// What may be left in use of what is gone.
const ALLOWED: u64 = 10 * MIB;

/// The names that a subscriber comes and goes by: short, long, and of many shapes.
fn names(from: usize, count: usize, long: bool) -> Vec<String> {
    let filling = "n".repeat(if long { 2000 } else { 0 });
    (from..from + count).map(|number| format!("name:{number}{filling}")).collect()
}

/// In a process of its own: subscribes and unsubscribes, sets and loses keys, and sees how much stays in use.
pub(super) async fn see_what_stays_in_use() -> Result<()> {
    let scale = Scale::get();
    let broker = MemBroker::new();
    // What the first use of everything takes stays.
    subscriptions(&broker, 20, false).await?;
    keys(&broker, 2000).await?;
    let before = resident(std::process::id())?;
    let allowed = scale.pick(ALLOWED / 2, ALLOWED);
    let see = |what: &str| {
        let after = resident(std::process::id())?;
        println!("{what}: {}", grown(before, after));
        ensure!(after <= before + allowed, "{what}: from {before} to {after} bytes");
        anyhow::Ok(())
    };
    for _ in 0..2 {
        let count = scale.pick(50_000, 1_000_000);
        subscriptions(&broker, count, false).await?;
        see(&format!("{count} subscriptions of each kind"))?;
        let count = scale.pick(5_000, 100_000);
        subscriptions(&broker, count, true).await?;
        see(&format!("{count} subscriptions of each kind by long names"))?;
        let count = scale.pick(50_000, 200_000);
        subscribers(&broker, count).await?;
        see(&format!("{count} subscribers"))?;
        let count = scale.pick(100_000, 1_000_000);
        keys(&broker, count).await?;
        see(&format!("{count} keys deleted, flushed and expired"))?;
    }
    let count = scale.pick(100_000, 1_000_000);
    let other = MemBroker::new();
    fill(&other, count, SetOptions::new()).await?;
    drop(other);
    see(&format!("{count} keys of a broker that was dropped"))
}

fn grown(before: u64, after: u64) -> String {
    format!("{:.1} MiB in use before, {:.1} after", before as f64 / MIB as f64, after as f64 / MIB as f64)
}

async fn subscriptions(broker: &MemBroker, count: usize, long: bool) -> Result<()> {
    for kind in [SubscriptionKind::Channel, SubscriptionKind::Pattern, SubscriptionKind::Shard] {
        for one_by_one in [false, true] {
            let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
            for from in (0..count).step_by(1000) {
                let names = names(from, count.min(1000), long);
                match kind {
                    SubscriptionKind::Channel => subscriber.subscribe(names).await?,
                    SubscriptionKind::Pattern => {
                        subscriber.psubscribe(names.iter().map(|name| format!("{name}*"))).await?;
                    }
                    SubscriptionKind::Shard => subscriber.ssubscribe(names).await?,
                }
            }
            if one_by_one {
                for from in (0..count).step_by(1000) {
                    let names = names(from, count.min(1000), long);
                    match kind {
                        SubscriptionKind::Channel => subscriber.unsubscribe(names).await?,
                        SubscriptionKind::Pattern => {
                            subscriber.punsubscribe(names.iter().map(|name| format!("{name}*"))).await?;
                        }
                        SubscriptionKind::Shard => subscriber.sunsubscribe(names).await?,
                    }
                }
            }
            drop(subscriber);
            ensure!(broker.pubsub_channels("*").await?.is_empty(), "no channel is left");
            ensure!(broker.pubsub_numpat().await? == 0, "no pattern is left");
            ensure!(broker.pubsub_shardchannels("*").await?.is_empty(), "no shard channel is left");
        }
    }
    Ok(())
}

/// Subscribers that come and go, all of them at once.
async fn subscribers(broker: &MemBroker, count: usize) -> Result<()> {
    // In many lists, for what a long one takes is none of the broker's.
    let mut all = Vec::new();
    for from in (0..count).step_by(1000) {
        let mut some = Vec::new();
        for _ in from..count.min(from + 1000) {
            let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
            subscriber.subscribe(["news"]).await?;
            some.push(subscriber);
        }
        all.push(some);
    }
    ensure!(broker.publish("news", "first").await? == count as i64, "all of them are there");
    drop(all);
    ensure!(broker.pubsub_channels("*").await?.is_empty(), "no channel is left");
    Ok(())
}

async fn fill(broker: &MemBroker, count: usize, options: SetOptions) -> Result<()> {
    for number in 0..count {
        broker.set_with(format!("a-key-that-is-not-in-its-slot:{number}"), "a value", options).await?;
    }
    Ok(())
}

async fn keys(broker: &MemBroker, count: usize) -> Result<()> {
    fill(broker, count, SetOptions::new()).await?;
    for number in 0..count {
        ensure!(broker.del([format!("a-key-that-is-not-in-its-slot:{number}")]).await? == 1, "it was there");
    }
    fill(broker, count, SetOptions::new()).await?;
    broker.flushall().await?;
    fill(broker, count, SetOptions::new().expiry(Expiry::In(Duration::from_millis(1)))).await?;
    std::thread::sleep(Duration::from_millis(5));
    broker.sweep();
    ensure!(broker.dbsize().await? == 0, "no key is left");
    Ok(())
}

/// [`see_what_stays_in_use`].
pub(super) async fn what_is_gone_is_given_back() -> Result<()> {
    print!("{}", alone("in use")?);
    Ok(())
}

/// The same, by way of a server.
pub(super) async fn what_is_gone_is_given_back_by_the_server() -> Result<()> {
    let server = Program::start(PROGRAM, &[], Limits::default())?;
    let mut client = server.client()?;
    let mut come_and_go = |count: usize, long: bool| -> Result<()> {
        for [subscribe, unsubscribe] in
            [["SUBSCRIBE", "UNSUBSCRIBE"], ["PSUBSCRIBE", "PUNSUBSCRIBE"], ["SSUBSCRIBE", "SUNSUBSCRIBE"]]
        {
            for command in [subscribe, unsubscribe] {
                for from in (0..count).step_by(100) {
                    let names = names(from, count.min(100), long);
                    client.send(std::iter::once(command).chain(names.iter().map(String::as_str)))?;
                    client.replies(names.len())?;
                }
            }
        }
        for words in [&["PUBSUB", "CHANNELS"][..], &["PUBSUB", "SHARDCHANNELS"]] {
            ensure!(client.command(words)? == b"*0\r\n", "none is left");
        }
        ensure!(client.command(["PUBSUB", "NUMPAT"])? == b":0\r\n", "no pattern is left");
        Ok(())
    };
    // What the first use of everything takes stays.
    come_and_go(200, true)?;
    let mut before = server.resident()?;
    for long in [false, true] {
        let count = Scale::get().pick(if long { 500 } else { 5_000 }, if long { 100_000 } else { 1_000_000 });
        come_and_go(count, long)?;
        if long {
            // Of what was in use at the most, jemalloc keeps three hundredths for its own accounts.
            before = settled(&server, 0).await?;
            come_and_go(count, long)?;
        }
        let after = settled(&server, before + 2 * MIB).await?;
        println!("{count} subscriptions of each kind over a socket, long names {long}: {}", grown(before, after));
        ensure!(after <= before + ALLOWED, "from {before} to {after} bytes");
    }
    Ok(())
}

/// How much `server` has in use, as soon as it is no more than `enough`, or after ten seconds: its allocator gives back
/// in the background.
async fn settled(server: &Program, enough: u64) -> Result<u64> {
    for _ in 0..100 {
        if server.resident()? <= enough {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    server.resident()
}
