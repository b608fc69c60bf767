//! [`Running`]: listeners at work.

use std::sync::Arc;

use embroker_core::Arg;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::report::{Counts, RunReport};
use crate::tally::Tally;
use crate::worker::Outcome;
use crate::{Cause, FailedAt, Failure, Subscriptions};

/// Listeners at work; made by [`Runner::start`](crate::Runner::start).
///
/// Dropping it stops them where they are. [`shutdown`](Self::shutdown) lets them finish.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let broker = embroker_mem::MemBroker::new();
/// # use embroker_core::prelude::*;
/// # use embroker_listeners::{Runner, ticket_shop::SalesAnalytics};
/// let running = Runner::new(broker.clone()).listen(SalesAnalytics).start().await?;
/// assert_eq!(running.counts().total().seen(), 0);
/// broker.publish("purchase_orders", "no-such-order").await?;
/// assert_eq!(running.shutdown().await.total().seen(), 1);
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping it stops the listeners at once"]
pub struct Running {
    pub(crate) tasks: Vec<Task>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) stop: watch::Sender<bool>,
}

/// A listener's task. Dropping it aborts the task.
pub(crate) struct Task {
    pub(crate) subscriptions: Subscriptions,
    pub(crate) handle: JoinHandle<Outcome>,
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

/// A listener's stream ended while somebody waited for its messages: it was cut off because it read too slowly, or the
/// broker is gone.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_core::{Broker, Message, Overflow, SubscribeOptions, prelude::*};
/// use embroker_listeners::{Listener, ListenerError, Runner, Subscriptions};
/// # let broker = embroker_mem::MemBroker::new();
///
/// struct Slow;
///
/// impl<B: Broker> Listener<B> for Slow {
///     fn name(&self) -> &'static str { "slow" }
///     fn subscriptions(&self) -> Subscriptions {
///         let options = SubscribeOptions::default().max_messages(1).overflow(Overflow::Disconnect);
///         Subscriptions::new().channel("news").options(options)
///     }
///     async fn on_message(&mut self, _: &B, _: &Message) -> Result<(), ListenerError> {
///         Ok(())
///     }
/// }
///
/// let running = Runner::new(broker.clone()).listen(Slow).start().await?;
/// broker.publish("news", "first").await?;
/// broker.publish("news", "one too many").await?;
/// let ended = running.wait_for(|counts| counts.total().seen() == 2).await.unwrap_err();
/// assert_eq!(ended.to_string(), r#"the messages of listener "slow" have ended: it was cut off, or the broker is gone"#);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the messages of listener {listener:?} have ended: it was cut off, or the broker is gone")]
pub struct StreamEnded {
    listener: String,
}

impl StreamEnded {
    /// The listener's name.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::{Broker, Message, Overflow, SubscribeOptions, prelude::*};
    /// use embroker_listeners::{Listener, ListenerError, Runner, Subscriptions};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// struct Slow;
    ///
    /// impl<B: Broker> Listener<B> for Slow {
    ///     fn name(&self) -> &'static str { "slow" }
    ///     fn subscriptions(&self) -> Subscriptions {
    ///         let options = SubscribeOptions::default().max_messages(1).overflow(Overflow::Disconnect);
    ///         Subscriptions::new().channel("news").options(options)
    ///     }
    ///     async fn on_message(&mut self, _: &B, _: &Message) -> Result<(), ListenerError> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let running = Runner::new(broker.clone()).listen(Slow).start().await?;
    /// broker.publish("news", "first").await?;
    /// broker.publish("news", "one too many").await?;
    /// let ended = running.wait_for(|counts| counts.total().seen() == 2).await.unwrap_err();
    /// assert_eq!(ended.listener(), "slow");
    /// # Ok(())
    /// # }
    /// ```
    pub fn listener(&self) -> &str {
        &self.listener
    }
}

impl Running {
    /// What the listeners have received so far.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_listeners::{Runner, ticket_shop::SalesAnalytics};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let running = Runner::new(broker).listen(SalesAnalytics).start().await?;
    /// assert_eq!(running.counts().total().seen(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn counts(&self) -> Counts {
        self.tally.counts()
    }

    /// How often these listeners receive a message that is published to the channel: what PUBLISH adds to
    /// [`ListenerCounts::seen`](crate::ListenerCounts::seen) of their total. Other subscribers of the broker don't
    /// count here.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let broker = embroker_mem::MemBroker::new();
    /// # use embroker_core::prelude::*;
    /// # use embroker_listeners::{Runner, ticket_shop::{CeremonyAlerter, OpeningCeremonyAlerter}};
    /// let running = Runner::new(broker.clone())
    ///     .listen(OpeningCeremonyAlerter::new(|line| println!("{line}")))
    ///     .listen(CeremonyAlerter::new(|line| println!("{line}")))
    ///     .start()
    ///     .await?;
    /// assert_eq!(running.deliveries("purchase_orders:Opening Ceremony"), 2);
    /// assert_eq!(running.deliveries("purchase_orders:Closing Ceremony"), 1);
    /// assert_eq!(running.deliveries("purchase_orders:Womens Judo"), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn deliveries<'a>(&self, channel: impl Into<Arg<'a>>) -> u64 {
        let channel = channel.into();
        self.tasks.iter().map(|task| task.subscriptions.deliveries(&channel)).sum()
    }

    /// Waits until the counts are as asked for; answers them.
    ///
    /// A message counts when the listener is through with it, so what it wrote is there. Who waits is told of it when
    /// the listener's task pauses: when no message is left, when the listener waits for something, and after 128
    /// messages at the latest. To wait for everything that
    /// was published, add up [`deliveries`](Self::deliveries) and compare with
    /// [`ListenerCounts::seen`](crate::ListenerCounts::seen).
    ///
    /// # Errors
    ///
    /// [`StreamEnded`] where a listener can't receive any more and the counts are not reached.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let broker = embroker_mem::MemBroker::new();
    /// # use embroker_core::prelude::*;
    /// # use embroker_listeners::{Runner, ticket_shop::{CustomerPurchases, Order, SalesAnalytics, post_purchase}};
    /// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
    /// # let order = Order { order_id, event, who, qty: 2, cost: 40.0, ts: 3_600 };
    /// let running = Runner::new(broker.clone()).listen(SalesAnalytics).listen(CustomerPurchases).start().await?;
    /// post_purchase(&broker, &order).await?;
    /// let due = running.deliveries("purchase_orders");
    /// let counts = running.wait_for(|counts| counts.total().seen() >= due).await?;
    /// assert_eq!(counts.get("sales_analytics").map(|counts| counts.handled), Some(1));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for(&self, mut reached: impl FnMut(&Counts) -> bool) -> Result<Counts, StreamEnded> {
        let mut is_reached = false;
        let satisfy = |counts: &Counts| {
            is_reached = reached(counts);
            is_reached || counts.ended().is_some()
        };
        let counts = self.tally.wait_until(satisfy).await;
        match counts.ended() {
            Some(listener) if !is_reached => Err(StreamEnded { listener: listener.to_owned() }),
            _ => Ok(counts),
        }
    }

    /// Ends all subscriptions now, lets every listener handle what was delivered to it until then, and reports.
    ///
    /// It takes as long as the listeners take for what waits in their queues. Dropping the future stops them where they
    /// are.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let broker = embroker_mem::MemBroker::new();
    /// # use embroker_core::prelude::*;
    /// # use embroker_listeners::{Runner, ticket_shop::CeremonyAlerter};
    /// let alerter = CeremonyAlerter::new(|line| println!("{line}"));
    /// let running = Runner::new(broker.clone()).listen(alerter).start().await?;
    /// broker.publish("purchase_orders:Closing Ceremony", "no-such-order").await?;
    ///
    /// let report = running.shutdown().await;
    /// assert_eq!(report.total().failed, 1);
    /// assert_eq!(
    ///     report.failures().next().map(ToString::to_string).as_deref(),
    ///     Some(
    ///         r#"ceremony_alerter: "no-such-order" on "purchase_orders:Closing Ceremony" by "purchase_orders:* Ceremony": "#
    ///     ).map(|start| format!(r#"{start}there is no order "no-such-order""#)).as_deref(),
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shutdown(mut self) -> RunReport {
        self.stop.send_replace(true);
        let mut outcomes = Vec::with_capacity(self.tasks.len());
        for task in &mut self.tasks {
            outcomes.push((&mut task.handle).await);
        }
        let reports = self.tally.counts().into_reports().zip(outcomes).map(|(mut report, outcome)| {
            match outcome {
                Ok(outcome) => {
                    report.failures = outcome.failures;
                    report.failures_left_off = outcome.failures_left_off;
                }
                // The worker catches what the listener throws; what is left is the listener's own drop.
                Err(error) => report.failures.push(Failure {
                    listener: report.name.clone(),
                    at: FailedAt::Shutdown,
                    cause: Cause::Error(error.into()),
                }),
            }
            report
        });
        RunReport { listeners: reports.collect() }
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Running").field(&self.tally.counts()).finish()
    }
}
