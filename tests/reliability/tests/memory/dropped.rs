//! A broker that is dropped.

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Event, MemBroker, SubscribeOptions};
use embroker_server::Server;
use tokio::io::AsyncReadExt as _;

/// The last handle that goes ends every stream, whoever had subscribed by which handle.
pub(super) async fn a_dropped_broker_ends_the_streams_of_its_subscribers() -> Result<()> {
    let broker = MemBroker::new();
    let database = broker.database(3)?;
    let mut subscribers = Vec::new();
    for handle in [broker.clone(), database.clone()] {
        for number in 0..50 {
            let subscriber = handle.subscriber(SubscribeOptions::default()).await?;
            subscriber.subscribe(["news"]).await?;
            subscriber.psubscribe([format!("n{number}*")]).await?;
            subscribers.push(subscriber);
        }
    }
    let watch = broker.watch(["k"]).await?;
    drop(broker);
    drop(database.clone());
    ensure!(database.publish("news", "last").await? == 100, "a handle is left");
    drop(database);
    // A watch needs its broker, for the transaction that may come.
    drop(watch);
    for subscriber in &mut subscribers {
        ensure!(matches!(subscriber.next().await, Some(Event::Message(_))), "what was sent can still be read");
        ensure!(subscriber.next().await.is_none(), "the stream ends");
        ensure!(subscriber.subscribe(["more"]).await.is_err(), "there is nothing to subscribe to");
    }
    Ok(())
}

/// A broker that was found by its name ends with its last handle too, and the name is free again.
pub(super) async fn a_named_broker_that_is_dropped_ends_its_streams() -> Result<()> {
    const URL: &str = "mem://a-broker-to-be-dropped";

    let [first, second] = [embroker::connect(URL).await?, embroker::connect(&format!("{URL}/2")).await?];
    let mut subscriber = first.subscriber(SubscribeOptions::default()).await?;
    subscriber.subscribe(["news"]).await?;
    first.set("k", "v").await?;
    drop(first);
    ensure!(second.publish("news", "last").await? == 1, "a handle is left");
    drop(second);
    ensure!(matches!(subscriber.next().await, Some(Event::Message(_))), "what was sent can still be read");
    ensure!(subscriber.next().await.is_none(), "the stream ends");
    let again: AnyBroker = embroker::connect(URL).await?;
    ensure!(again.get("k").await?.is_none(), "it is another broker");
    Ok(())
}

/// A server that ends lets its broker go: who subscribed in process hears the end, and so does who subscribed by
/// socket.
pub(super) async fn a_server_that_ends_lets_its_broker_go() -> Result<()> {
    let broker = MemBroker::new();
    let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    subscriber.subscribe(["news"]).await?;
    let server = Server::builder().broker(broker).bind("127.0.0.1:0").spawn().await?;
    let mut client = tokio::net::TcpStream::connect(server.local_addr().context("it listens")?).await?;
    tokio::io::AsyncWriteExt::write_all(&mut client, b"SUBSCRIBE news\r\nPUBSUB NUMPAT\r\n").await?;
    let mut confirmation = [0; 30];
    client.read_exact(&mut confirmation).await?;
    server.shutdown().await;
    ensure!(subscriber.next().await.is_none(), "the stream ends");
    ensure!(client.read_to_end(&mut Vec::new()).await.is_ok(), "the connection ends");
    Ok(())
}
