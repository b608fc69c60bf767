//! [`BoxOffice`]: sells no faster than the listeners follow, and knows when they are through.

use embroker_core::Broker;

use super::{Order, ShopError, keys, purchase};
use crate::{Counts, Running};

/// How many deliveries may be on their way before selling waits for the listeners. Far below what a queue holds.
const MOST_AHEAD: u64 = 4_096;

/// Posts purchases, and counts what the listeners are to receive of them.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_core::prelude::*;
/// use embroker_listeners::{Runner, ticket_shop::{BoxOffice, CustomerPurchases, Order}};
/// # let broker = embroker_mem::MemBroker::new();
///
/// let running = Runner::new(broker.clone()).listen(CustomerPurchases).start().await?;
/// let mut office = BoxOffice::new(&broker, &running);
/// for number in 0..100 {
///     let (order_id, event, who) = (number.to_string(), "Womens Judo".into(), "Jamie".into());
///     office.sell(&Order { order_id, event, who, qty: 1, cost: 20.0, ts: 0 }).await?;
/// }
/// office.settle().await?;
/// assert_eq!(broker.scard("invoices:Jamie").await?, 100);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct BoxOffice<'a, B> {
    broker: &'a B,
    listeners: &'a Running,
    /// How often they receive what is published of every purchase.
    deliveries: u64,
    /// What the listeners will have seen when they are through with everything that was sold.
    due: u64,
    /// Selling goes on without a look at the listeners until this much is due.
    look_at: u64,
}

impl<'a, B: Broker> BoxOffice<'a, B> {
    /// A box office for the listeners that run.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_listeners::{Runner, ticket_shop::{BoxOffice, SalesAnalytics}};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let running = Runner::new(broker.clone()).listen(SalesAnalytics).start().await?;
    /// let mut office = BoxOffice::new(&broker, &running);
    /// office.settle().await?; // at once: nothing was sold
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(broker: &'a B, listeners: &'a Running) -> Self {
        let seen = listeners.counts().total().seen();
        let deliveries = listeners.deliveries(keys::PURCHASE_ORDERS);
        Self { broker, listeners, deliveries, due: seen, look_at: seen + MOST_AHEAD }
    }

    /// Posts a purchase. Where the listeners are some thousand messages behind, it lets them catch up first.
    ///
    /// # Errors
    ///
    /// As [`settle`](Self::settle), and whatever the broker runs into.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_core::prelude::*;
    /// use embroker_listeners::{Runner, ticket_shop::{BoxOffice, Order, SalesAnalytics}};
    /// # let broker = embroker_mem::MemBroker::new();
    /// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
    ///
    /// let running = Runner::new(broker.clone()).listen(SalesAnalytics).start().await?;
    /// let mut office = BoxOffice::new(&broker, &running);
    /// office.sell(&Order { order_id, event, who, qty: 1, cost: 20.0, ts: 0 }).await?;
    /// assert!(broker.dbsize().await? > 0, "the order is stored");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn sell(&mut self, order: &Order) -> Result<(), ShopError> {
        if self.due >= self.look_at {
            let seen = self.seen(self.due - MOST_AHEAD / 2).await?;
            self.look_at = seen + MOST_AHEAD;
        }
        let channel = keys::event_orders(&order.event);
        let deliveries = self.deliveries + self.listeners.deliveries(&channel);
        purchase::post(self.broker, order, &channel).await?;
        self.due += deliveries;
        Ok(())
    }

    /// Waits until the listeners are through with everything that was sold: handled, failed or told as lost.
    ///
    /// # Errors
    ///
    /// [`ShopError::MessagesLost`] where messages are missing and nobody knows how many; [`ShopError::StreamEnded`]
    /// where a listener can't receive any more.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_listeners::{Runner, ticket_shop::{BoxOffice, Order, SalesAnalytics}};
    /// # let broker = embroker_mem::MemBroker::new();
    /// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
    ///
    /// let running = Runner::new(broker.clone()).listen(SalesAnalytics).start().await?;
    /// let mut office = BoxOffice::new(&broker, &running);
    /// office.sell(&Order { order_id, event, who, qty: 1, cost: 20.0, ts: 0 }).await?;
    /// office.settle().await?;
    /// assert_eq!(running.counts().total().handled, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn settle(&mut self) -> Result<(), ShopError> {
        self.seen(self.due).await.map(drop)
    }

    /// Waits until the listeners have seen so many messages; how many they have.
    async fn seen(&self, messages: u64) -> Result<u64, ShopError> {
        let broken =
            |counts: &Counts| counts.iter().find(|(_, counts)| counts.gaps > 0).map(|(name, _)| name.to_owned());
        let reached = |counts: &Counts| counts.total().seen() >= messages || broken(counts).is_some();
        let counts = self.listeners.wait_for(reached).await?;
        match broken(&counts) {
            Some(listener) => Err(ShopError::MessagesLost(listener)),
            None => Ok(counts.total().seen()),
        }
    }
}
