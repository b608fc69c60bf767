//! A program as people write it, with the `redis` crate.

use anyhow::{Result, ensure};
use futures_util::StreamExt as _;
use redis::{AsyncCommands as _, aio::MultiplexedConnection};

use super::support::Served;

pub(crate) async fn over_tcp() -> Result<()> {
    let served = Served::start(|server| server)?;
    for protocol in ["resp2", "resp3"] {
        let url = format!("redis://{}/?protocol={protocol}", served.tcp);
        let client = redis::Client::open(url)?;
        shop(client.get_multiplexed_async_connection().await?).await?;
    }
    Ok(())
}

pub(crate) async fn over_unix() -> Result<()> {
    let served = Served::start(|server| server.requirepass("secret"))?;
    let client = redis::Client::open(format!("redis+unix://{}?pass=secret", served.socket.display()))?;
    shop(client.get_multiplexed_async_connection().await?).await?;
    let refused = redis::Client::open(format!("redis+unix://{}?pass=wrong", served.socket.display()))?;
    ensure!(refused.get_multiplexed_async_connection().await.is_err(), "a wrong password is refused");
    Ok(())
}

/// Commands of each family, a transaction and an error.
async fn shop(mut connection: MultiplexedConnection) -> Result<()> {
    let _: () = redis::cmd("FLUSHALL").query_async(&mut connection).await?;
    let _: () = connection.hset_multiple("order:1", &[("who", "jamie"), ("cost", "40")]).await?;
    let order: std::collections::HashMap<String, String> = connection.hgetall("order:1").await?;
    ensure!(order["who"] == "jamie" && order.len() == 2);
    let sold: (i64, i64) = redis::pipe()
        .atomic()
        .sadd("sales", "order:1")
        .hincr("totals", "tickets", 2)
        .query_async(&mut connection)
        .await?;
    ensure!(sold == (1, 2));
    let members: Vec<String> = connection.smembers("sales").await?;
    ensure!(members == ["order:1"]);
    let missing: Option<String> = connection.get("missing").await?;
    ensure!(missing.is_none());
    let error = connection.get::<_, String>("sales").await.expect_err("a set is no string");
    ensure!(error.code() == Some("WRONGTYPE"), "{error}");
    Ok(())
}

pub(crate) async fn subscribes() -> Result<()> {
    let served = Served::start(|server| server)?;
    let client = redis::Client::open(format!("redis://{}/", served.tcp))?;
    let mut messages = client.get_async_pubsub().await?;
    messages.subscribe("purchase_orders").await?;
    messages.psubscribe("purchase_*").await?;
    let mut publisher = client.get_multiplexed_async_connection().await?;
    let receivers: i64 = publisher.publish("purchase_orders", "order-1").await?;
    ensure!(receivers == 2);
    let mut stream = messages.on_message();
    for pattern in [None, Some("purchase_*".to_owned())] {
        let Some(message) = stream.next().await else { anyhow::bail!("the stream ended") };
        ensure!(message.get_payload::<String>()? == "order-1");
        ensure!(message.get_pattern::<Option<String>>()? == pattern);
    }
    Ok(())
}
