//! A server that wants another password.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use embroker::prelude::*;
use embroker::{Error, Event, Gap, RedisBroker, SubscribeOptions};
use embroker_reliability::{End, Proxy, Upstream};
use embroker_test_support::{RawClient, RedisServer};
use tokio::time::sleep;

use crate::calls::hasty;

pub(crate) async fn a_wrong_password_is_tried_once_and_told_at_once() -> Result<()> {
    let server = RedisServer::builder().set("requirepass", "secret").start()?;
    let proxy = Proxy::start(Upstream::Unix(server.socket_path()))?;
    let with = |password: &str| proxy.url().replace("redis://", &format!("redis://:{password}@"));
    let mut raw = server.client()?;
    raw.command(["AUTH", "secret"])?;

    let refused = hasty(&with("wrong"))?.connect().await.map(drop);
    ensure!(matches!(refused, Err(Error::Authentication { .. })), "{refused:?}");
    ensure!((proxy.accepted(), refusals(&mut raw)?) == (1, 1), "one attempt");

    // The password changes while a subscriber and a broker are away.
    let longest = Duration::from_millis(400);
    let delays = Duration::from_millis(1)..=longest;
    let broker = RedisBroker::builder(&with("secret"))?.reconnect_delay(delays).connect().await?;
    let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    subscriber.subscribe(["news"]).await?;
    proxy.refuse();
    proxy.sever(End::Reset);
    ensure!(subscriber.next().await == Some(Event::Gap(Gap::Disconnected)), "the outage is told");
    raw.command(["CONFIG", "SET", "requirepass", "other"])?;
    raw.command(["ACL", "LOG", "RESET"])?;
    proxy.restore();
    let began = Instant::now();
    let told = subscriber.subscribe(["more"]).await;
    ensure!(matches!(told, Err(Error::Authentication { .. })), "{told:?}");
    sleep(3 * longest).await;
    let (attempts, spent) = (refusals(&mut raw)?, began.elapsed());
    // Each comes half of the longest delay after the one before, at least; the first may follow a lost connection.
    let most = 2 + spent.as_millis() / (longest.as_millis() / 2);
    ensure!((2..=most).contains(&u128::from(attempts)), "{attempts} attempts in {spent:?}");
    ensure!(subscriber.try_next().is_none(), "the gap stays open");

    raw.command(["ACL", "LOG", "RESET"])?;
    raw.command(["CONFIG", "SET", "requirepass", "secret"])?;
    ensure!(subscriber.next().await == Some(Event::Gap(Gap::Resubscribed)), "the right password ends it");
    Ok(())
}

/// How many attempts with a wrong password the server has counted.
fn refusals(raw: &mut RawClient) -> Result<u64> {
    let log = String::from_utf8_lossy(&raw.command(["ACL", "LOG"])?).into_owned();
    let counts =
        log.split("$5\r\ncount\r\n:").skip(1).map(|rest| rest.split("\r\n").next().unwrap_or_default().parse::<u64>());
    Ok(counts.sum::<Result<u64, std::num::ParseIntError>>()?)
}
