//! What listeners have done: counts while they run, a report when they are through.

use std::iter::Sum;
use std::sync::Arc;

use serde::Serialize;

use crate::Failure;

/// What one listener has received so far.
///
/// # Examples
///
/// ```
/// use embroker_listeners::ListenerCounts;
///
/// let none = ListenerCounts::default();
/// assert_eq!((none.handled, none.failed, none.lagged, none.gaps), (0, 0, 0, 0));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListenerCounts {
    /// Messages that it handled.
    pub handled: u64,
    /// Messages that it received and could not handle.
    pub failed: u64,
    /// Messages that it never received because it read too slowly, counted exactly.
    pub lagged: u64,
    /// Other places in its stream where messages may be missing, nobody knows how many: its connection was lost or
    /// restored.
    pub gaps: u64,
}

impl ListenerCounts {
    /// Messages that it is through with: handled, failed or told as lost.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::ListenerCounts;
    ///
    /// let mut counts = ListenerCounts::default();
    /// (counts.handled, counts.failed, counts.lagged, counts.gaps) = (5, 1, 2, 1);
    /// assert_eq!(counts.seen(), 8);
    /// ```
    pub fn seen(&self) -> u64 {
        self.handled + self.failed + self.lagged
    }
}

impl Sum for ListenerCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |a, b| Self {
            handled: a.handled + b.handled,
            failed: a.failed + b.failed,
            lagged: a.lagged + b.lagged,
            gaps: a.gaps + b.gaps,
        })
    }
}

/// What the listeners of a runner have received so far, by name.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_listeners::{Runner, ticket_shop::{CustomerPurchases, SalesAnalytics}};
///
/// let running = Runner::new(broker).listen(SalesAnalytics).listen(CustomerPurchases).start().await?;
/// let counts = running.counts();
/// let names: Vec<&str> = counts.iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["sales_analytics", "customer_purchases"]);
/// assert!(counts.get("somebody else").is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Counts(Vec<Progress>);

#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) name: Arc<str>,
    pub(crate) counts: ListenerCounts,
    pub(crate) ended: bool,
}

impl Counts {
    pub(crate) fn new(listeners: impl IntoIterator<Item = Progress>) -> Self {
        Self(listeners.into_iter().collect())
    }

    /// The counts of the listener with this name; `None` where there is no such listener.
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
    /// assert_eq!(running.counts().get("sales_analytics").map(|counts| counts.handled), Some(0));
    /// assert_eq!(running.counts().get("somebody else"), None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, name: &str) -> Option<ListenerCounts> {
        self.iter().find(|(known, _)| *known == name).map(|(_, counts)| counts)
    }

    /// All listeners with their counts, in the order they were given to the runner.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_listeners::{Runner, ticket_shop::{CustomerPurchases, SalesAnalytics}};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let running = Runner::new(broker).listen(SalesAnalytics).listen(CustomerPurchases).start().await?;
    /// assert!(running.counts().iter().all(|(_, counts)| counts.seen() == 0));
    /// assert_eq!(running.counts().iter().count(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&str, ListenerCounts)> {
        self.0.iter().map(|progress| (&*progress.name, progress.counts))
    }

    /// The sum over all listeners.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_core::prelude::*;
    /// use embroker_listeners::{Runner, ticket_shop::{CustomerPurchases, SalesAnalytics}};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let running = Runner::new(broker.clone()).listen(SalesAnalytics).listen(CustomerPurchases).start().await?;
    /// broker.publish("purchase_orders", "an order that is not there").await?;
    /// let counts = running.wait_for(|counts| counts.total().seen() == 2).await?;
    /// assert_eq!(counts.total().failed, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn total(&self) -> ListenerCounts {
        self.iter().map(|(_, counts)| counts).sum()
    }

    /// The first listener whose stream has ended before it was told to shut down.
    pub(crate) fn ended(&self) -> Option<&str> {
        self.0.iter().find(|progress| progress.ended).map(|progress| &*progress.name)
    }

    pub(crate) fn into_reports(self) -> impl Iterator<Item = ListenerReport> {
        self.0.into_iter().map(|Progress { name, counts, ended }| ListenerReport {
            name: name.to_string(),
            counts,
            ended_early: ended,
            failures: Vec::new(),
            failures_left_off: 0,
        })
    }
}

/// What one listener has done, from start to shutdown.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// use embroker_listeners::{Runner, ticket_shop::SalesAnalytics};
/// # let broker = embroker_mem::MemBroker::new();
///
/// let report = Runner::new(broker).listen(SalesAnalytics).start().await?.shutdown().await;
/// let listener = &report.listeners[0];
/// assert_eq!((&*listener.name, listener.failures.len(), listener.ended_early), ("sales_analytics", 0, false));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct ListenerReport {
    /// The listener's name.
    pub name: String,
    /// What it received.
    pub counts: ListenerCounts,
    /// What it could not handle: the first failures, as many as [`Runner::keep_failures`](crate::Runner::keep_failures)
    /// says.
    pub failures: Vec<Failure>,
    /// How many more failures there were.
    pub failures_left_off: u64,
    /// Whether its stream ended before the shutdown: it was cut off, or the broker is gone.
    pub ended_early: bool,
}

/// What a runner's listeners have done, from start to shutdown.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_listeners::Runner;
///
/// let report = Runner::new(broker).start().await?.shutdown().await;
/// assert!(report.is_clean());
/// assert_eq!(report.total().handled, 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct RunReport {
    /// A report for each listener, in the order they were given to the runner.
    pub listeners: Vec<ListenerReport>,
}

impl RunReport {
    /// The report of the listener with this name.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_listeners::{Runner, ticket_shop::SalesAnalytics};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let report = Runner::new(broker).listen(SalesAnalytics).start().await?.shutdown().await;
    /// assert_eq!(report.get("sales_analytics").map(|listener| listener.counts.handled), Some(0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn get(&self, name: &str) -> Option<&ListenerReport> {
        self.listeners.iter().find(|listener| listener.name == name)
    }

    /// The sum over all listeners.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::prelude::*;
    /// use embroker_listeners::{Runner, ticket_shop::SalesAnalytics};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let running = Runner::new(broker.clone()).listen(SalesAnalytics).start().await?;
    /// broker.publish("purchase_orders", "an order that is not there").await?;
    /// assert_eq!(running.shutdown().await.total().failed, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn total(&self) -> ListenerCounts {
        self.listeners.iter().map(|listener| listener.counts).sum()
    }

    /// The failures that were kept, of all listeners.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::prelude::*;
    /// use embroker_listeners::{Runner, ticket_shop::SalesAnalytics};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let running = Runner::new(broker.clone()).listen(SalesAnalytics).start().await?;
    /// broker.publish("purchase_orders", "7").await?;
    /// let report = running.shutdown().await;
    /// let told: Vec<String> = report.failures().map(|failure| failure.cause.to_string()).collect();
    /// assert_eq!(told, [r#"there is no order "7""#]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.listeners.iter().flat_map(|listener| &listener.failures)
    }

    /// Whether every listener handled every message that was published for it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::prelude::*;
    /// use embroker_listeners::{Runner, ticket_shop::SalesAnalytics};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let running = Runner::new(broker.clone()).listen(SalesAnalytics).start().await?;
    /// broker.publish("purchase_orders", "an order that is not there").await?;
    /// assert!(!running.shutdown().await.is_clean());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_clean(&self) -> bool {
        let clean = |listener: &ListenerReport| {
            listener.counts.lagged == 0
                && listener.counts.gaps == 0
                && listener.failures.is_empty()
                && listener.failures_left_off == 0
                && !listener.ended_early
        };
        self.listeners.iter().all(clean)
    }
}
