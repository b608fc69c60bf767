//! Connections that are cut at each byte of each call, and at random under calls side by side.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{RedisBroker, Value};
use embroker_reliability::{Direction, End, Proxy, Scale, Upstream, Watchdog};
use embroker_test_support::{RawClient, RedisServer};
use proptest::prelude::*;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::calls::{Behind, Call, Made, NAME, Told, command, hasty, id};

pub(crate) async fn a_call_that_is_cut_at_any_byte_says_what_is_true() -> Result<()> {
    let _watchdog = Watchdog::new("cuts", Scale::get().pick(Duration::from_secs(120), Duration::from_secs(600)));
    let server = RedisServer::start()?;
    let proxy = Proxy::start(Upstream::Unix(server.socket_path()))?;
    let broker = hasty(&proxy.url())?.connect().await?;
    let mut raw = server.client()?;
    let ends = [End::Close, End::Reset];
    // In the short form each byte has one of the two ends.
    let both = Scale::get().pick(1, 2);
    let mut made = Vec::new();
    let mut unknown = 0;
    for call in Call::ALL {
        for direction in [Direction::ToServer, Direction::ToClient] {
            broker.execute(command(["GET", "nothing"])?).await?;
            let before = proxy.passed(direction);
            let whole = call.make(&broker, &mut raw, id()).await?;
            ensure!(whole.told == Told::Once, "nothing is cut yet: {whole:?}");
            let bytes = proxy.passed(direction) - before;
            ensure!(bytes > 3, "the proxy counts what passes");
            for at in 0..=bytes {
                for nth in 0..both {
                    broker.execute(command(["GET", "nothing"])?).await?;
                    let end = ends[(usize::try_from(at)? + nth) % 2];
                    proxy.cut_after(direction, at, end);
                    let call = call.make(&broker, &mut raw, id()).await;
                    proxy.restore();
                    let call = call.with_context(|| format!("{direction:?} cut at {at} of {bytes}, {end:?}"))?;
                    unknown += u64::from(call.told == Told::AtMostOnce);
                    made.push(call);
                }
            }
        }
    }
    // What was on its way has arrived by now.
    for call in &made {
        call.check(&mut raw)?;
    }
    println!("{} cuts at each byte, {unknown} with an unknown outcome", made.len());
    ensure!(unknown > 0, "some replies were cut");
    Ok(())
}

/// What breaks the connection while calls run.
#[derive(Clone, Debug)]
pub(crate) enum Cut {
    /// At a byte in one direction.
    At(Direction, u64, End),
    /// At a moment, in microseconds.
    When(u64, End),
    /// CLIENT KILL of all connections of the broker, at a moment.
    Killed(u64),
}

pub(crate) fn cut() -> impl Strategy<Value = Cut> {
    let direction = prop_oneof![Just(Direction::ToServer), Just(Direction::ToClient)];
    let end = || prop_oneof![Just(End::Close), Just(End::Reset)];
    prop_oneof![
        3 => (direction, 0..1500_u64, end()).prop_map(|(direction, at, end)| Cut::At(direction, at, end)),
        1 => (0..2000_u64, end()).prop_map(|(after, end)| Cut::When(after, end)),
        1 => (0..2000_u64).prop_map(Cut::Killed),
    ]
}

pub(crate) fn calls() -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec(prop::sample::select(Call::ALL.to_vec()), 1..12)
}

/// Runs calls side by side on one broker, while `meanwhile` happens.
async fn side_by_side(
    broker: &RedisBroker,
    server: &RedisServer,
    calls: Vec<Call>,
    meanwhile: impl Future<Output = Result<()>>,
) -> Result<Vec<Made>> {
    let mut running = JoinSet::new();
    for call in calls {
        let (broker, mut raw) = (broker.clone(), server.client()?);
        running.spawn(async move { call.make(&broker, &mut raw, id()).await });
    }
    meanwhile.await?;
    let mut made = Vec::new();
    while let Some(call) = running.join_next().await {
        made.push(call??);
    }
    Ok(made)
}

pub(crate) async fn calls_side_by_side_say_what_is_true(
    behind: &mut Behind,
    (calls, cut): (Vec<Call>, Cut),
) -> Result<()> {
    let Behind { server, proxy, broker } = behind;
    if let Cut::At(direction, at, end) = cut {
        proxy.cut_after(direction, at, end);
    }
    let made = side_by_side(broker, server, calls, async {
        match cut {
            Cut::At(..) => {}
            Cut::When(after, end) => {
                sleep(Duration::from_micros(after)).await;
                proxy.sever(end);
            }
            Cut::Killed(after) => {
                sleep(Duration::from_micros(after)).await;
                kill_clients(&mut server.client()?)?;
            }
        }
        Ok(())
    })
    .await?;
    proxy.restore();
    // What reads is sent once more where the end of the old connection comes only now.
    let answered = broker.execute(command(["GET", "nothing"])?).await;
    ensure!(answered == Ok(Value::Null), "the next call finds a connection: {answered:?}");
    let mut raw = server.client()?;
    for call in made {
        call.check(&mut raw)?;
    }
    Ok(())
}

/// Kills the connections of the broker, of WATCH too.
fn kill_clients(raw: &mut RawClient) -> Result<()> {
    let list = String::from_utf8_lossy(&raw.command(["CLIENT", "LIST"])?).into_owned();
    for client in list.lines().filter(|client| client.contains(&format!("name={NAME} "))) {
        let id = client.split(' ').find_map(|field| field.strip_prefix("id=")).context("a client has an id")?;
        raw.command(["CLIENT", "KILL", "ID", id])?;
    }
    Ok(())
}
