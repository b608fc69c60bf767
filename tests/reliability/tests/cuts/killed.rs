//! Servers that are killed with SIGKILL under calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use embroker::RedisBroker;
use embroker::prelude::*;
use embroker_reliability::{Scale, Server, Watchdog};
use embroker_test_support::{Backend, RawClient, RedisServer};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::calls::{Call, Made, Told, hasty, id};

const CALLERS: usize = 8;

/// What a redis-server has answered is on its disk.
pub(crate) async fn a_killed_server_has_what_was_answered() -> Result<()> {
    let scale = Scale::get();
    let _watchdog = Watchdog::new("kills", scale.pick(Duration::from_secs(120), Duration::from_secs(900)));
    let mut server = RedisServer::builder().set("appendonly", "yes").set("appendfsync", "always").start()?;
    let broker = hasty(&server.url())?.connect().await?;
    let mut random = fastrand::Rng::with_seed(1);
    let (mut total, mut unknown) = (0, 0);
    for _ in 0..scale.pick(12, 300) {
        let mut running = JoinSet::new();
        for _ in 0..CALLERS {
            let (broker, call) = (broker.clone(), Call::ALL[random.usize(..5)]);
            let mut raw = server.client()?;
            running.spawn(async move {
                let mut made = Vec::new();
                // Until the server is dead.
                while made.last().is_none_or(|call: &Made| call.told == Told::Once) {
                    made.push(call.make(&broker, &mut raw, id()).await?);
                }
                Ok::<_, anyhow::Error>(made)
            });
        }
        sleep(Duration::from_micros(random.u64(..15_000))).await;
        server.kill();
        let mut made = Vec::new();
        while let Some(calls) = running.join_next().await {
            made.extend(calls??);
        }
        server.restart()?;
        let mut raw = server.client()?;
        for call in &made {
            call.check(&mut raw)?;
        }
        total += made.len();
        unknown += made.iter().filter(|call| call.told == Told::AtMostOnce).count();
    }
    println!("{total} calls, {unknown} of them with an unknown outcome");
    Ok(())
}

/// A call, and how often the server had been killed and started when it began and when it ended.
struct Timed {
    made: Made,
    began: u64,
    ended: u64,
}

/// An `embroker-server` has lost everything when it comes back, and is back while the calls go on: none that ended
/// before runs then, and those that began afterwards run as they are told to have.
pub(crate) async fn a_killed_embroker_server_runs_nothing_of_before(program: &'static str) -> Result<()> {
    let scale = Scale::get();
    let _watchdog =
        Watchdog::new("kills of embroker-server", scale.pick(Duration::from_secs(120), Duration::from_secs(900)));
    let mut server = Server::start(Backend::Mem, program, &[])?;
    let broker = hasty(&format!("redis+unix://{}", server.socket().display()))?.connect().await?;
    let mut random = fastrand::Rng::with_seed(2);
    let (mut total, mut unknown, mut across) = (0, 0, 0);
    for round in 0..scale.pick(12, 300) {
        // Even while the server runs.
        let turns = Arc::new(AtomicU64::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let mut running = JoinSet::new();
        for _ in 0..CALLERS {
            let (broker, turns, stop) = (broker.clone(), turns.clone(), stop.clone());
            let call = Call::ALL[random.usize(..5)];
            let mut raw = server.client()?;
            running.spawn(async move { call_until(&stop, &turns, call, &broker, &mut raw).await });
        }
        sleep(Duration::from_micros(random.u64(..15_000))).await;
        turns.fetch_add(1, Ordering::SeqCst);
        server.kill();
        sleep(Duration::from_micros(random.u64(..15_000))).await;
        server.restart()?;
        turns.fetch_add(1, Ordering::SeqCst);
        // The calls find it again, whoever sleeps between attempts.
        let back = Instant::now();
        while broker.dbsize().await.is_err() {
            ensure!(back.elapsed() < Duration::from_secs(5), "the calls do not find the server again");
        }
        sleep(Duration::from_millis(5)).await;
        stop.store(true, Ordering::SeqCst);
        let mut raw = server.client()?;
        while let Some(calls) = running.join_next().await {
            let calls = calls??;
            ensure!(
                calls.last().is_some_and(|call| call.made.told == Told::Once),
                "the last call of each has succeeded"
            );
            for Timed { made, began, ended } in calls {
                let counts = made.counts(&mut raw)?;
                let is_right = match (began, ended) {
                    (_, 0) => counts == [0; 3],
                    (0 | 1, _) => counts == [0; 3] || made.explains(counts),
                    _ => made.explains(counts),
                };
                ensure!(is_right, "round {round}, turns {began} to {ended}: {made:?}, and the server has {counts:?}");
                total += 1;
                across += usize::from(began != ended);
                unknown += usize::from(made.told == Told::AtMostOnce);
            }
        }
    }
    println!(
        "embroker-server: {total} calls, {across} of them while it was killed or started, {unknown} with an unknown outcome"
    );
    ensure!(unknown > 0, "some were under way");
    Ok(())
}

/// Calls again and again until one has succeeded after it was told to stop.
async fn call_until(
    stop: &AtomicBool,
    turns: &AtomicU64,
    call: Call,
    broker: &RedisBroker,
    raw: &mut RawClient,
) -> Result<Vec<Timed>> {
    let mut calls: Vec<Timed> = Vec::new();
    loop {
        let (is_last, began) = (stop.load(Ordering::SeqCst), turns.load(Ordering::SeqCst));
        let made = call.make(broker, raw, id()).await?;
        let is_over = is_last && made.told == Told::Once;
        calls.push(Timed { made, began, ended: turns.load(Ordering::SeqCst) });
        if is_over {
            return Ok(calls);
        }
    }
}
