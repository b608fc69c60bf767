//! [`Runner`]: gathers listeners and starts them.

use std::sync::Arc;

use embroker_core::{BoxFuture, Broker, Error, Result, Subscriber};
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::running::Task;
use crate::tally::Tally;
use crate::worker::{Outcome, Worker};
use crate::{Failure, Listener, Running, Subscriptions};

/// Runs listeners side by side, each with a subscriber of its own.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_core::{Broker, Message, prelude::*};
/// use embroker_listeners::{Listener, ListenerError, Runner, Subscriptions};
/// # let broker = embroker_mem::MemBroker::new();
///
/// /// Keeps the last headline of each channel.
/// struct Headlines;
///
/// impl<B: Broker> Listener<B> for Headlines {
///     fn name(&self) -> &'static str { "headlines" }
///     fn subscriptions(&self) -> Subscriptions { Subscriptions::new().pattern("news:*") }
///     async fn on_message(&mut self, broker: &B, message: &Message) -> Result<(), ListenerError> {
///         broker.hset("headlines", [(message.channel(), message.payload())]).await?;
///         Ok(())
///     }
/// }
///
/// let running = Runner::new(broker.clone()).listen(Headlines).start().await?;
/// broker.publish("news:sport", "A new record").await?;
/// running.wait_for(|counts| counts.total().handled == 1).await?;
/// assert_eq!(broker.hget("headlines", "news:sport").await?.as_deref(), Some(&b"A new record"[..]));
///
/// let report = running.shutdown().await;
/// assert!(report.is_clean());
/// # Ok(())
/// # }
/// ```
#[must_use = "listeners run once the runner is started"]
pub struct Runner<B> {
    broker: Arc<B>,
    listeners: Vec<Planned<B>>,
    settings: Settings,
}

/// A listener that has not started. Its type is hidden in what runs it.
struct Planned<B> {
    name: Arc<str>,
    subscriptions: Subscriptions,
    run: Box<dyn FnOnce(Start<B>) -> BoxFuture<'static, Outcome> + Send>,
}

/// What a listener's task starts with.
pub(crate) struct Start<B> {
    pub(crate) broker: Arc<B>,
    pub(crate) subscriber: Subscriber,
    pub(crate) name: Arc<str>,
    /// The listener's place in the counts.
    pub(crate) index: usize,
    pub(crate) tally: Arc<Tally>,
    /// Becomes true when the listeners are to shut down.
    pub(crate) stop: watch::Receiver<bool>,
    pub(crate) settings: Settings,
}

#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) on_failure: Arc<dyn Fn(&Failure) + Send + Sync>,
    pub(crate) keep_failures: usize,
}

impl<B: Broker> Runner<B> {
    /// A runner without listeners yet.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_listeners::Runner;
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let running = Runner::new(broker).start().await?;
    /// assert!(running.shutdown().await.listeners.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(broker: B) -> Self {
        let settings = Settings { on_failure: Arc::new(|_| ()), keep_failures: 100 };
        Self { broker: Arc::new(broker), listeners: Vec::new(), settings }
    }

    /// Adds a listener.
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
    /// assert_eq!(broker.publish("purchase_orders", "7").await?, 1);
    /// # drop(running);
    /// # Ok(())
    /// # }
    /// ```
    pub fn listen(mut self, listener: impl Listener<B>) -> Self {
        self.listeners.push(Planned {
            name: listener.name().into(),
            subscriptions: listener.subscriptions(),
            run: Box::new(|start| Box::pin(Worker::new(listener, start).run())),
        });
        self
    }

    /// Calls this for each failure at once, from the task of the listener that failed.
    ///
    /// # Examples
    ///
    /// ```
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_listeners::{Runner, ticket_shop::SalesAnalytics};
    ///
    /// let runner = Runner::new(broker).listen(SalesAnalytics).on_failure(|failure| eprintln!("{failure}"));
    /// ```
    pub fn on_failure(mut self, hook: impl Fn(&Failure) + Send + Sync + 'static) -> Self {
        self.settings.on_failure = Arc::new(hook);
        self
    }

    /// How many failures of each listener are kept for the report: the first 100, where nothing else is said. The
    /// others are counted.
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
    /// let running = Runner::new(broker.clone()).listen(SalesAnalytics).keep_failures(2).start().await?;
    /// for order in 0..5 {
    ///     broker.publish("purchase_orders", order).await?;
    /// }
    /// let report = running.shutdown().await;
    /// assert_eq!((report.listeners[0].failures.len(), report.listeners[0].failures_left_off), (2, 3));
    /// # Ok(())
    /// # }
    /// ```
    pub fn keep_failures(mut self, failures: usize) -> Self {
        self.settings.keep_failures = failures;
        self
    }

    /// Subscribes all listeners, then starts them. Every PUBLISH that begins after this returns is handled.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] where two listeners have the same name, where one subscribes to nothing, or outside a tokio
    /// runtime; otherwise whatever the broker runs into. No listener runs then.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_listeners::{Runner, ticket_shop::SalesAnalytics};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let twice = Runner::new(broker).listen(SalesAnalytics).listen(SalesAnalytics);
    /// assert!(twice.start().await.is_err(), "two of one name could not be told apart");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn start(self) -> Result<Running> {
        let runtime = Handle::try_current()
            .map_err(|_| Error::Config("listeners run as tasks: start them inside a tokio runtime".into()))?;
        self.check()?;
        let mut subscribers = Vec::with_capacity(self.listeners.len());
        for listener in &self.listeners {
            let subscriber = self.broker.subscriber(listener.subscriptions.queue()).await?;
            listener.subscriptions.subscribe(&subscriber).await?;
            subscribers.push(subscriber);
        }

        let tally = Arc::new(Tally::new(self.listeners.iter().map(|listener| listener.name.clone())));
        let stop = watch::Sender::new(false);
        let listeners = self.listeners.into_iter().zip(subscribers).enumerate();
        let tasks = listeners.map(|(index, (listener, subscriber))| {
            let start = Start {
                broker: self.broker.clone(),
                subscriber,
                name: listener.name.clone(),
                index,
                tally: tally.clone(),
                stop: stop.subscribe(),
                settings: self.settings.clone(),
            };
            Task { subscriptions: listener.subscriptions, handle: runtime.spawn((listener.run)(start)) }
        });
        Ok(Running { tasks: tasks.collect(), tally, stop })
    }

    fn check(&self) -> Result<()> {
        for (i, Planned { name, subscriptions, .. }) in self.listeners.iter().enumerate() {
            if subscriptions.is_empty() {
                return Err(Error::Config(format!("listener {name:?} subscribes to no channel and no pattern")));
            }
            if self.listeners.iter().take(i).any(|other| other.name == *name) {
                return Err(Error::Config(format!(
                    "two listeners are named {name:?}: reports tell them apart by name"
                )));
            }
        }
        Ok(())
    }
}

impl<B> std::fmt::Debug for Runner<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.listeners.iter().map(|listener| &listener.name);
        f.debug_tuple("Runner").field(&names.collect::<Vec<_>>()).finish()
    }
}
