//! [`Listener`]: what handles messages.

use std::future::{Future, ready};

use embroker_core::{Broker, Gap, Message};

use crate::Subscriptions;

/// Why a listener could not handle a message: any error, so `?` works on all of them, and a text through `into`.
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
    fn name(&self) -> &str;

    /// What it subscribes to; asked once, before it starts. At least one channel or pattern.
    fn subscriptions(&self) -> Subscriptions;

    /// Handles one message. The next one waits until this returns.
    ///
    /// # Errors
    ///
    /// An error is counted and reported with the channel, the payload and the cause; the listener goes on with the next
    /// message. So is a panic, after which the listener is as the panic left it.
    fn on_message(&mut self, broker: &B, message: &Message) -> impl Future<Output = Result<(), ListenerError>> + Send;

    /// Is told where messages may be missing, in the order of the stream. A listener whose result depends on every
    /// message reads back here what it missed.
    ///
    /// The default does nothing: the runner has counted the gap already, and reports it.
    ///
    /// # Errors
    ///
    /// As for [`on_message`](Self::on_message).
    fn on_gap(&mut self, broker: &B, gap: Gap) -> impl Future<Output = Result<(), ListenerError>> + Send {
        let _ = (broker, gap);
        ready(Ok(()))
    }
}
