//! Posting a purchase: with its metrics, or as a message to those who keep them.

use embroker_core::{Arg, Broker, Pipeline};

use super::{Order, ShopError, keys, metrics};

/// Stores the order and all of its metrics, in one transaction.
///
/// Convenient, and to be changed each time somebody wants another metric; [`post_purchase`] leaves that to listeners.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_core::prelude::*;
/// use embroker_listeners::ticket_shop::{Order, post_purchase_with_inline_metrics};
/// # let broker = embroker_mem::MemBroker::new();
/// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
///
/// let order = Order { order_id, event, who, qty: 2, cost: 40.0, ts: 1_595_613_600 };
/// post_purchase_with_inline_metrics(&broker, &order).await?;
/// assert_eq!(broker.hget("sales_summary", "Womens Judo:total_sales").await?.as_deref(), Some(&b"40"[..]));
/// # Ok(())
/// # }
/// ```
pub async fn post_purchase_with_inline_metrics(broker: &impl Broker, order: &Order) -> Result<(), ShopError> {
    let mut pipeline = Pipeline::atomic();
    pipeline.hset_struct(keys::order_details(&order.order_id), order)?;
    metrics::count_sale(&mut pipeline, order);
    metrics::count_hour(&mut pipeline, order);
    metrics::count_invoice(&mut pipeline, order);
    metrics::run(broker, pipeline).await
}

/// Stores the order and publishes its id on `purchase_orders` and `purchase_orders:<event>`, in one transaction: who
/// hears of it finds it.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_core::{Event, SubscribeOptions, prelude::*};
/// use embroker_listeners::ticket_shop::{Order, post_purchase};
/// # let broker = embroker_mem::MemBroker::new();
/// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
///
/// let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
/// subscriber.psubscribe(["purchase_orders:* Judo"]).await?;
///
/// let order = Order { order_id, event, who, qty: 2, cost: 40.0, ts: 1_595_613_600 };
/// post_purchase(&broker, &order).await?;
///
/// let message = subscriber.next().await.and_then(Event::into_message).expect("a purchase");
/// assert_eq!(Order::load(&broker, message.payload()).await?, order);
/// # Ok(())
/// # }
/// ```
pub async fn post_purchase(broker: &impl Broker, order: &Order) -> Result<(), ShopError> {
    post(broker, order, &keys::event_orders(&order.event)).await
}

/// As [`post_purchase`], where somebody has named the channel of the event already.
pub(super) async fn post(broker: &impl Broker, order: &Order, event_orders: &Arg<'_>) -> Result<(), ShopError> {
    let mut pipeline = Pipeline::atomic();
    pipeline
        .hset_struct(keys::order_details(&order.order_id), order)?
        .publish(keys::PURCHASE_ORDERS, &order.order_id)
        .publish(event_orders, &order.order_id);
    metrics::run(broker, pipeline).await
}
