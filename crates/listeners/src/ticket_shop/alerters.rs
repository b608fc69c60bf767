//! The listeners that raise alerts: a line for each purchase of tickets for a ceremony.

use std::fmt;

use embroker_core::{Broker, Message};

use super::{Order, ShopError, keys};
use crate::{Listener, ListenerError, Subscriptions};

/// `opening_ceremony_alerter`: subscribes to `purchase_orders:Opening Ceremony` and tells of each purchase.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::mpsc;
/// use embroker_listeners::{Runner, ticket_shop::{OpeningCeremonyAlerter, Order, post_purchase}};
/// # let broker = embroker_mem::MemBroker::new();
/// # let (order_id, event, who) = ("1".into(), "Opening Ceremony".into(), "Jamie".into());
///
/// let (lines, told) = mpsc::channel();
/// let alerter = OpeningCeremonyAlerter::new(move |line| drop(lines.send(line.to_owned())));
/// let running = Runner::new(broker.clone()).listen(alerter).start().await?;
/// post_purchase(&broker, &Order { order_id, event, who, qty: 1, cost: 20.0, ts: 0 }).await?;
/// running.shutdown().await;
/// assert_eq!(told.recv()?, "===> Purchase Opening Ceremony: #1 $20");
/// # Ok(())
/// # }
/// ```
pub struct OpeningCeremonyAlerter<F>(F);

/// `ceremony_alerter`: subscribes to the pattern `purchase_orders:* Ceremony` and tells of each purchase.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::mpsc;
/// use embroker_listeners::{Runner, ticket_shop::{CeremonyAlerter, Order, post_purchase}};
/// # let broker = embroker_mem::MemBroker::new();
/// # let (order_id, event, who) = ("1".into(), "Closing Ceremony".into(), "Jamie".into());
///
/// let (lines, told) = mpsc::channel();
/// let alerter = CeremonyAlerter::new(move |line| drop(lines.send(line.to_owned())));
/// let running = Runner::new(broker.clone()).listen(alerter).start().await?;
/// post_purchase(&broker, &Order { order_id, event, who, qty: 6, cost: 120.0, ts: 0 }).await?;
/// running.shutdown().await;
/// assert_eq!(told.recv()?, "Purchase Closing Ceremony: #6 $120");
/// # Ok(())
/// # }
/// ```
pub struct CeremonyAlerter<F>(F);

impl<F: FnMut(&str) + Send + 'static> OpeningCeremonyAlerter<F> {
    /// An alerter that hands its lines to `tell`.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::{Listener, ticket_shop::OpeningCeremonyAlerter};
    ///
    /// let alerter = OpeningCeremonyAlerter::new(|line| println!("{line}"));
    /// let subscriptions = Listener::<embroker_mem::MemBroker>::subscriptions(&alerter);
    /// assert_eq!(subscriptions.deliveries("purchase_orders:Opening Ceremony"), 1);
    /// ```
    pub fn new(tell: F) -> Self {
        Self(tell)
    }
}

impl<F: FnMut(&str) + Send + 'static> CeremonyAlerter<F> {
    /// An alerter that hands its lines to `tell`.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::{Listener, ticket_shop::CeremonyAlerter};
    ///
    /// let alerter = CeremonyAlerter::new(|line| println!("{line}"));
    /// let subscriptions = Listener::<embroker_mem::MemBroker>::subscriptions(&alerter);
    /// assert_eq!(subscriptions.deliveries("purchase_orders:Closing Ceremony"), 1);
    /// ```
    pub fn new(tell: F) -> Self {
        Self(tell)
    }
}

impl<B: Broker, F: FnMut(&str) + Send + 'static> Listener<B> for OpeningCeremonyAlerter<F> {
    fn name(&self) -> &'static str {
        "opening_ceremony_alerter"
    }

    fn subscriptions(&self) -> Subscriptions {
        Subscriptions::new().channel(keys::event_orders("Opening Ceremony"))
    }

    async fn on_message(&mut self, broker: &B, message: &Message) -> Result<(), ListenerError> {
        let purchase = alert(broker, message).await?;
        (self.0)(&format!("===> {purchase}"));
        Ok(())
    }
}

impl<B: Broker, F: FnMut(&str) + Send + 'static> Listener<B> for CeremonyAlerter<F> {
    fn name(&self) -> &'static str {
        "ceremony_alerter"
    }

    fn subscriptions(&self) -> Subscriptions {
        Subscriptions::new().pattern(keys::event_orders("* Ceremony"))
    }

    async fn on_message(&mut self, broker: &B, message: &Message) -> Result<(), ListenerError> {
        let purchase = alert(broker, message).await?;
        (self.0)(&purchase);
        Ok(())
    }
}

/// `Purchase Opening Ceremony: #1 $20`.
async fn alert(broker: &impl Broker, message: &Message) -> Result<String, ShopError> {
    let Order { event, qty, cost, .. } = Order::load(broker, message.payload()).await?;
    Ok(format!("Purchase {event}: #{qty} ${cost}"))
}

impl<F> fmt::Debug for OpeningCeremonyAlerter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpeningCeremonyAlerter").finish()
    }
}

impl<F> fmt::Debug for CeremonyAlerter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CeremonyAlerter").finish()
    }
}
