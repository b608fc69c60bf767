//! The ticket shop as a web service: `POST /purchases` stores an order and publishes it, `GET /report` reads the totals
//! that listeners keep in the background.
//!
//! On Ctrl-C or SIGTERM requests that run are answered, then the listeners handle what was published, then it ends.
//! `BROKER_URL` says where the data is; without it, in this process.

mod shop;

use anyhow::{Context as _, Result};
use embroker_listeners::Runner;
use embroker_listeners::ticket_shop::{CustomerPurchases, EventsAnalytics, SalesAnalytics};
use shop::Shop;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<()> {
    let url = std::env::var("BROKER_URL").unwrap_or_else(|_| "mem://".to_owned());
    let address = std::env::var("LISTEN").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let broker = embroker::connect(&url).await.context("BROKER_URL")?;
    let running = Runner::new(broker.clone())
        .listen(SalesAnalytics)
        .listen(EventsAnalytics)
        .listen(CustomerPurchases)
        .on_failure(|failure| eprintln!("{failure}"))
        .start()
        .await?;

    let listener = TcpListener::bind(&address).await.with_context(|| format!("LISTEN={address}"))?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, shop::router(Shop::new(broker))).with_graceful_shutdown(stopped()).await?;

    // Nobody publishes any more: what waits for the listeners is all there will be.
    let report = running.shutdown().await;
    println!("{} messages handled", report.total().handled);
    anyhow::ensure!(report.is_clean(), "messages were missed: {report:?}");
    Ok(())
}

/// Returns when somebody wants the program to end.
async fn stopped() {
    let terminated = async {
        #[cfg(unix)]
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut terminate) => drop(terminate.recv().await),
            Err(_) => std::future::pending().await,
        }
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
