//! Replies that do not come: a server that is slow, one that is busy, and a link that is dead without a word.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{Error, Pipeline, Value};
use embroker_reliability::{Direction, Proxy, Scale, Upstream, Watchdog};
use embroker_test_support::{RawClient, RedisServer};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::calls::{Behind, Call, Made, Told, behind_a_proxy, command, hasty, id, writes};

pub(crate) async fn after_a_timeout_the_next_call_has_another_connection() -> Result<()> {
    let Behind { server, proxy, .. } = behind_a_proxy().await?;
    let broker = hasty(&proxy.url())?.response_timeout(Duration::from_millis(200)).connect().await?;
    let mut raw = server.client()?;
    let mut made = Vec::new();
    for call in Call::ALL {
        // The connection of a WATCH is new each time.
        if matches!(call, Call::Watched | Call::Overtaken) {
            continue;
        }
        proxy.half_open();
        let lost = call.make(&broker, &mut raw, id()).await?;
        ensure!(lost.told == Told::AtMostOnce, "nobody answers: {lost:?}");
        let next = call.make(&broker, &mut raw, id()).await?;
        ensure!(next.told == Told::Once, "the dead connection was used again: {next:?}");
        made.extend([lost, next]);
    }
    // One that is only slow answers whom it still owes a reply.
    let patient = hasty(&proxy.url())?.connect().await?;
    let (slept, counted) = tokio::join!(patient.execute(command(["DEBUG", "SLEEP", "0.5"])?), async {
        sleep(Duration::from_millis(50)).await;
        Call::Incr.make(&broker, &mut raw, id()).await
    });
    ensure!(slept == Ok(Value::OK), "{slept:?}");
    made.push(counted?);
    made.iter().try_for_each(|call| call.check(&mut raw))
}

/// In the short form, less than the default.
fn silence() -> Duration {
    Scale::get().pick(Duration::from_millis(300), Duration::from_secs(2))
}

pub(crate) async fn a_call_on_a_dead_link_comes_to_an_end() -> Result<()> {
    let _watchdog = Watchdog::new("dead links", Duration::from_secs(120));
    let server = RedisServer::start()?;
    server.command(["SET", "known", "yes"])?;
    let mut running = JoinSet::new();
    // The server has lost the connection, or its replies don't pass, or the requests don't.
    for dead in [None, Some(Direction::ToClient), Some(Direction::ToServer)] {
        for call in [Call::Incr, Call::Transaction, Call::Watched] {
            let proxy = Proxy::start(Upstream::Unix(server.socket_path()))?;
            let (id, mut raw) = (id(), server.client()?);
            running.spawn(async move {
                let made = on_a_dead_link(&proxy, dead, call, id, &mut raw).await;
                made.with_context(|| format!("{call:?} with {dead:?}"))
            });
        }
    }
    let mut raw = server.client()?;
    while let Some(made) = running.join_next().await {
        made??.check(&mut raw)?;
    }
    Ok(())
}

async fn on_a_dead_link(
    proxy: &Proxy,
    dead: Option<Direction>,
    call: Call,
    id: String,
    raw: &mut RawClient,
) -> Result<Made> {
    let broker = hasty(&proxy.url())?.silence_timeout(silence()).connect().await?;
    let watch = broker.watch(["known"]).await?;
    match dead {
        None => proxy.half_open(),
        // Connections of later pass.
        Some(direction) => proxy.stall_links(direction),
    }
    if call != Call::Watched {
        let made = call.make(&broker, raw, id).await?;
        ensure!(made.told == Told::AtMostOnce, "nobody answers: {made:?}");
        return Ok(made);
    }
    let outcome = watch.exec(writes(Pipeline::atomic(), &id)?).await;
    ensure!(matches!(outcome, Err(Error::OutcomeUnknown { .. })), "{outcome:?}");
    // What only reads is sent once more.
    let read = broker.execute(command(["GET", "known"])?).await;
    ensure!(read == Ok(Value::from("yes")), "{read:?}");
    Ok(Made { call, id, told: Told::AtMostOnce })
}

pub(crate) async fn a_server_that_is_busy_is_waited_for() -> Result<()> {
    // Long enough for the server to be asked, and to be believed wrongly.
    let (blocked, paused, asleep) = tokio::join!(
        is_waited_for(["BLPOP", "empty", "4"], Value::Null, None),
        is_waited_for(["SET", "paused", "4"], Value::OK, Some(["CLIENT", "PAUSE", "4000", "WRITE"])),
        is_waited_for(["DEBUG", "SLEEP", "1"], Value::OK, None),
    );
    blocked.and(paused).and(asleep)
}

/// Makes a call that takes its time, on a server of its own, and another one behind it.
async fn is_waited_for(slow: [&str; 3], expected: Value, first: Option<[&str; 4]>) -> Result<()> {
    let Behind { server, proxy, .. } = behind_a_proxy().await?;
    let broker = hasty(&proxy.url())?.silence_timeout(silence()).connect().await?;
    let mut raw = server.client()?;
    if let Some(first) = first {
        raw.command(first)?;
    }
    let (reply, made) = tokio::join!(broker.execute(command(slow)?), Call::Incr.make(&broker, &mut raw, id()));
    ensure!(reply == Ok(expected), "{slow:?}: {reply:?}");
    let made = made?;
    ensure!(made.told == Told::Once, "behind {slow:?}: {made:?}");
    made.check(&mut raw)
}
