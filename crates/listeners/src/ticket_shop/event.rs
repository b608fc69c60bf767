//! [`Event`]: what tickets are sold for.

use embroker_core::{Broker, Pipeline};
use serde::{Deserialize, Serialize};

use super::{ShopError, keys, metrics};

/// An event that tickets are sold for, stored as the hash `event:<name>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// What it is called, in keys and channels too.
    pub name: String,
    /// What one ticket costs, in dollars.
    pub price: f64,
}

/// Stores an event, and its name in the set `ticket_shop:events`. One that is there already takes the new price.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_core::prelude::*;
/// use embroker_listeners::ticket_shop::{Event, create_event};
/// # let broker = embroker_mem::MemBroker::new();
///
/// create_event(&broker, &Event { name: "Womens Judo".into(), price: 20.0 }).await?;
/// assert_eq!(broker.hget("event:Womens Judo", "price").await?.as_deref(), Some(&b"20"[..]));
/// assert_eq!(broker.smembers("ticket_shop:events").await?.len(), 1);
/// # Ok(())
/// # }
/// ```
pub async fn create_event(broker: &impl Broker, event: &Event) -> Result<(), ShopError> {
    let mut pipeline = Pipeline::atomic();
    pipeline.hset_struct(keys::event(&event.name), event)?.sadd(keys::EVENTS, [&event.name]);
    metrics::run(broker, pipeline).await
}
