//! [`Order`]: one purchase, as a hash.

use embroker_core::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ShopError, keys};

/// One purchase of tickets, stored as the hash `purchase_order_details:<order_id>`.
///
/// # Examples
///
/// ```
/// use embroker_listeners::ticket_shop::Order;
///
/// let order = Order {
///     order_id: "1".into(),
///     event: "Opening Ceremony".into(),
///     who: "Jamie".into(),
///     qty: 6,
///     cost: 120.0,
///     ts: 1_595_613_600, // 24 July 2020, 18:00
/// };
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Identifies the order; this is what is published.
    pub order_id: String,
    /// The event's name.
    pub event: String,
    /// The customer.
    pub who: String,
    /// How many tickets.
    pub qty: u32,
    /// What all of them cost together, in dollars.
    pub cost: f64,
    /// When they were bought, in seconds since the Unix epoch.
    pub ts: i64,
}

impl Order {
    /// The hour of the day in which they were bought, 0 to 23, in UTC.
    ///
    /// # Examples
    ///
    /// ```
    /// # use embroker_listeners::ticket_shop::Order;
    /// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
    /// let order = Order { order_id, event, who, qty: 2, cost: 40.0, ts: 1_595_613_600 };
    /// assert_eq!(order.hour(), 18);
    /// ```
    pub fn hour(&self) -> u8 {
        (self.ts.rem_euclid(86_400) / 3_600) as u8
    }

    /// Reads the order that a message names.
    ///
    /// # Errors
    ///
    /// [`ShopError::NoSuchOrder`] where it is not stored, an error that names the field where one is missing or
    /// unreadable.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # use embroker_listeners::ticket_shop::Order;
    /// # let broker = embroker_mem::MemBroker::new();
    /// let error = Order::load(&broker, "17").await.unwrap_err();
    /// assert_eq!(error.to_string(), r#"there is no order "17""#);
    /// # }
    /// ```
    pub async fn load(broker: &impl Broker, order_id: impl AsRef<[u8]>) -> Result<Self, ShopError> {
        let order_id = order_id.as_ref();
        let order = broker.hgetall_as(keys::order_details(order_id)).await?;
        order.ok_or_else(|| ShopError::NoSuchOrder(order_id.escape_ascii().to_string()))
    }
}
