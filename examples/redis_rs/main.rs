//! A program written for redis-rs, on a Redis or on a broker in the process, and its tests, which need no server.
//!
//! `cargo run --example redis_rs` runs in memory, `REDIS_URL=redis://127.0.0.1 cargo run --example redis_rs` on a
//! Redis, `cargo test --example redis_rs` the tests.

mod stock;

use embroker::{MemBroker, RedisConnections as _};
use redis::RedisResult;
use redis::aio::ConnectionLike;

use crate::stock::Stock;

#[tokio::main(flavor = "current_thread")]
async fn main() -> RedisResult<()> {
    match std::env::var("REDIS_URL") {
        Ok(url) => sell(redis::Client::open(url)?.get_multiplexed_async_connection().await?).await,
        Err(_) => sell(MemBroker::new().redis_connection()).await,
    }
}

async fn sell(connection: impl ConnectionLike + Clone + Send + Sync + 'static) -> RedisResult<()> {
    let stock = Stock::new(connection);
    stock.add("Opening Ceremony", 3).await?;
    while stock.reserve("Opening Ceremony", 2).await? {
        println!("sold two tickets, {} left", stock.available("Opening Ceremony").await?);
    }
    println!("{} left, too few for two", stock.available("Opening Ceremony").await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;
    use futures_util::future::try_join_all;

    use super::*;

    #[tokio::test]
    async fn no_more_is_sold_than_there_is() -> RedisResult<()> {
        let broker = MemBroker::new();
        Stock::new(broker.redis_connection()).add("final", 5).await?;
        // Ten clients, each with a connection of its own, want two tickets each.
        let clients: Vec<_> = (0..10).map(|_| Stock::new(broker.redis_connection())).collect();
        let sold = try_join_all(clients.iter().map(|client| client.reserve("final", 2))).await?;
        assert_eq!(sold.iter().filter(|sold| **sold).count(), 2);
        assert_eq!(clients[0].available("final").await?, 1);
        Ok(())
    }

    #[tokio::test]
    async fn a_sale_is_told() -> Result<(), Box<dyn std::error::Error>> {
        let broker = MemBroker::new();
        let mut sales = broker.redis_pubsub().await?;
        sales.subscribe("sales").await?;
        let stock = Stock::new(broker.redis_connection());
        stock.add("final", 1).await?;
        assert!(stock.reserve("final", 1).await?);
        assert!(!stock.reserve("final", 1).await?);
        let told = sales.on_message().next().await.ok_or("nothing is told")?;
        assert_eq!(told.get_payload::<String>()?, "final");
        Ok(())
    }
}
