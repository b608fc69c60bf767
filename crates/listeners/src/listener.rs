//! [`Listener`]: what handles messages.

use std::future::{Future, ready};

use embroker_core::{Broker, Gap, Message};

use crate::Subscriptions;

/// Why a listener could not handle a message: any error, so `?` works on all of them, and a text through `into`.
///
/// # Examples
///
/// ```
/// use embroker_listeners::ListenerError;
///
/// fn tickets(payload: &str) -> Result<u32, ListenerError> {
///     let tickets = payload.parse()?;
///     if tickets > 6 { Err(format!("{tickets} tickets are too many").into()) } else { Ok(tickets) }
/// }
/// assert_eq!(tickets("six").unwrap_err().to_string(), "invalid digit found in string");
/// assert_eq!(tickets("7").unwrap_err().to_string(), "7 tickets are too many");
/// ```
pub type ListenerError = Box<dyn std::error::Error + Send + Sync>;

/// Code that handles the messages of its subscriptions, one at a time and in the order they were published.
///
/// A listener is generic over the broker, so the same one runs in memory and on a real Redis. A
/// [`Runner`](crate::Runner) gives it a subscriber of its own and calls it.
///
/// # Examples
///
/// ```
/// use embroker_core::{Broker, Message, prelude::*};
/// use embroker_listeners::{Listener, ListenerError, Subscriptions};
///
/// /// Counts the orders of each event.
/// struct OrderCounter;
///
/// impl<B: Broker> Listener<B> for OrderCounter {
///     fn name(&self) -> &'static str {
///         "order_counter"
///     }
///
///     fn subscriptions(&self) -> Subscriptions {
///         Subscriptions::new().pattern("purchase_orders:*")
///     }
///
///     async fn on_message(&mut self, broker: &B, message: &Message) -> Result<(), ListenerError> {
///         broker.hincrby("orders", message.channel(), 1).await?;
///         Ok(())
///     }
/// }
/// ```
pub trait Listener<B: Broker>: Send + 'static {
    /// What the listener is called in counts and reports; unique within a runner.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::{Listener, ticket_shop::SalesAnalytics};
    ///
    /// assert_eq!(Listener::<embroker_mem::MemBroker>::name(&SalesAnalytics), "sales_analytics");
    /// ```
    fn name(&self) -> &str;

    /// What it subscribes to; asked once, before it starts. At least one channel or pattern.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::{Listener, ticket_shop::SalesAnalytics};
    ///
    /// let subscriptions = Listener::<embroker_mem::MemBroker>::subscriptions(&SalesAnalytics);
    /// assert_eq!(subscriptions.deliveries("purchase_orders"), 1);
    /// ```
    fn subscriptions(&self) -> Subscriptions;

    /// Handles one message. The next one waits until this returns.
    ///
    /// # Errors
    ///
    /// An error is counted and reported with the channel, the payload and the cause; the listener goes on with the next
    /// message. So is a panic, after which the listener is as the panic left it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), embroker_listeners::ListenerError> {
    /// use embroker_core::{Broker, Message, prelude::*};
    /// use embroker_listeners::{Listener, ListenerError, Subscriptions};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// struct Visits;
    ///
    /// impl<B: Broker> Listener<B> for Visits {
    ///     fn name(&self) -> &'static str { "visits" }
    ///     fn subscriptions(&self) -> Subscriptions { Subscriptions::new().channel("visits") }
    ///     async fn on_message(&mut self, broker: &B, message: &Message) -> Result<(), ListenerError> {
    ///         broker.hincrby("visits", message.payload(), 1).await?;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// // A listener can be tried without a runner.
    /// Visits.on_message(&broker, &Message::new(b"visits", b"/shop")).await?;
    /// assert_eq!(broker.hget_as("visits", "/shop").await?, Some(1));
    /// # Ok(())
    /// # }
    /// ```
    fn on_message(&mut self, broker: &B, message: &Message) -> impl Future<Output = Result<(), ListenerError>> + Send;

    /// Is told where messages may be missing, in the order of the stream. A listener whose result depends on every
    /// message reads back here what it missed.
    ///
    /// The default does nothing: the runner has counted the gap already, and reports it.
    ///
    /// # Errors
    ///
    /// As for [`on_message`](Self::on_message).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), embroker_listeners::ListenerError> {
    /// use embroker_core::{Broker, Gap, Message, prelude::*};
    /// use embroker_listeners::{Listener, ListenerError, Subscriptions};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// /// Knows how many there are, from messages or, where some were missed, from the set itself.
    /// struct Sold(i64);
    ///
    /// impl<B: Broker> Listener<B> for Sold {
    ///     fn name(&self) -> &'static str { "sold" }
    ///     fn subscriptions(&self) -> Subscriptions { Subscriptions::new().channel("sales") }
    ///     async fn on_message(&mut self, _: &B, _: &Message) -> Result<(), ListenerError> {
    ///         self.0 += 1;
    ///         Ok(())
    ///     }
    ///     async fn on_gap(&mut self, broker: &B, _: Gap) -> Result<(), ListenerError> {
    ///         self.0 = broker.scard("sales").await?;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let mut sold = Sold(0);
    /// broker.sadd("sales", ["order-1", "order-2"]).await?;
    /// sold.on_gap(&broker, Gap::Lagged(2)).await?;
    /// assert_eq!(sold.0, 2);
    /// # Ok(())
    /// # }
    /// ```
    fn on_gap(&mut self, broker: &B, gap: Gap) -> impl Future<Output = Result<(), ListenerError>> + Send {
        let _ = (broker, gap);
        ready(Ok(()))
    }
}
