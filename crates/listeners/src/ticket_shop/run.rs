//! The shop from the first purchase to the report, in both ways of keeping the metrics.

use std::collections::BTreeSet;

use embroker_core::Broker;

use super::{
    BoxOffice, CustomerPurchases, EventsAnalytics, Order, Report, SalesAnalytics, ShopError,
    post_purchase_with_inline_metrics,
};
use crate::{RunReport, Runner};

/// Posts every order with its metrics, then reads the report.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_listeners::ticket_shop::{Order, run_inline, run_with_listeners};
/// use embroker_mem::MemBroker;
/// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
///
/// let orders = [Order { order_id, event, who, qty: 2, cost: 39.98, ts: 3_600 }];
/// let inline = run_inline(&MemBroker::new(), &orders).await?;
/// let (by_listeners, run) = run_with_listeners(&MemBroker::new(), &orders).await?;
/// assert_eq!(inline, by_listeners);
/// assert!(run.is_clean());
/// # Ok(())
/// # }
/// ```
pub async fn run_inline(broker: &impl Broker, orders: &[Order]) -> Result<Report, ShopError> {
    for order in orders {
        post_purchase_with_inline_metrics(broker, order).await?;
    }
    report(broker, orders).await
}

/// Posts every order as a message, lets [`SalesAnalytics`], [`EventsAnalytics`] and [`CustomerPurchases`] keep the
/// metrics, then reads the report. It comes with what the listeners tell of their run.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_listeners::ticket_shop::{Order, run_with_listeners};
/// # let broker = embroker_mem::MemBroker::new();
/// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
///
/// let order = Order { order_id, event, who, qty: 2, cost: 40.0, ts: 3_600 };
/// let (report, run) = run_with_listeners(&broker, &[order]).await?;
/// assert_eq!((report.tickets, run.total().handled), (2, 3));
/// # Ok(())
/// # }
/// ```
pub async fn run_with_listeners<B: Broker + Clone>(
    broker: &B,
    orders: &[Order],
) -> Result<(Report, RunReport), ShopError> {
    let runner = Runner::new(broker.clone()).listen(SalesAnalytics).listen(EventsAnalytics).listen(CustomerPurchases);
    let running = runner.start().await?;
    let mut office = BoxOffice::new(broker, &running);
    for order in orders {
        office.sell(order).await?;
    }
    office.settle().await?;
    let run = running.shutdown().await;
    Ok((report(broker, orders).await?, run))
}

async fn report(broker: &impl Broker, orders: &[Order]) -> Result<Report, ShopError> {
    let events: BTreeSet<&str> = orders.iter().map(|order| &*order.event).collect();
    let customers: BTreeSet<&str> = orders.iter().map(|order| &*order.who).collect();
    Report::read(broker, events, customers).await
}
