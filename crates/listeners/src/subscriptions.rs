//! What a listener subscribes to.

use embroker_core::{Arg, Glob, SubscribeOptions, Subscriber};

/// The channels and patterns that a [`Listener`](crate::Listener) receives messages from, and how its queue is bounded.
///
/// As on Redis, a message arrives once for each of them that matches its channel; naming one twice changes nothing.
///
/// # Examples
///
/// ```
/// use embroker_listeners::Subscriptions;
///
/// let subscriptions = Subscriptions::new().channel("news").pattern("n*").pattern("*s");
/// assert_eq!(subscriptions.deliveries("news"), 3);
/// assert_eq!(subscriptions.deliveries("nothing"), 1);
/// assert_eq!(subscriptions.deliveries("weather"), 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Subscriptions {
    channels: Vec<Arg<'static>>,
    patterns: Vec<Glob>,
    options: SubscribeOptions,
}

impl Subscriptions {
    /// None yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::Subscriptions;
    ///
    /// assert!(Subscriptions::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the channel with exactly this name.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::Subscriptions;
    ///
    /// let subscriptions = Subscriptions::new().channel("news").channel("sport");
    /// assert_eq!((subscriptions.deliveries("sport"), subscriptions.deliveries("sports")), (1, 0));
    /// ```
    #[must_use]
    pub fn channel<'a>(mut self, channel: impl Into<Arg<'a>>) -> Self {
        let channel = channel.into().into_owned();
        if !self.channels.contains(&channel) {
            self.channels.push(channel);
        }
        self
    }

    /// Adds every channel that the pattern matches, see [`Glob`].
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::Subscriptions;
    ///
    /// assert_eq!(Subscriptions::new().pattern("news:*").deliveries("news:sport"), 1);
    /// ```
    #[must_use]
    pub fn pattern<'a>(mut self, pattern: impl Into<Arg<'a>>) -> Self {
        let pattern = pattern.into();
        if !self.patterns.iter().any(|known| known.pattern() == pattern.as_bytes()) {
            self.patterns.push(Glob::new(pattern.as_bytes()));
        }
        self
    }

    /// Sets how many messages may wait for the listener, and what happens to those that don't fit.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::{Broker, Message, SubscribeOptions, prelude::*};
    /// use embroker_listeners::{Listener, ListenerError, Runner, Subscriptions};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// /// Wants the newest price only.
    /// struct Price;
    ///
    /// impl<B: Broker> Listener<B> for Price {
    ///     fn name(&self) -> &'static str { "price" }
    ///     fn subscriptions(&self) -> Subscriptions {
    ///         Subscriptions::new().channel("prices").options(SubscribeOptions::default().max_messages(1))
    ///     }
    ///     async fn on_message(&mut self, _: &B, _: &Message) -> Result<(), ListenerError> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let running = Runner::new(broker.clone()).listen(Price).start().await?;
    /// for price in 0..10 {
    ///     broker.publish("prices", price).await?;
    /// }
    /// let counts = running.shutdown().await.total();
    /// assert_eq!(counts.handled + counts.lagged, 10);
    /// assert!(counts.lagged > 0);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn options(mut self, options: SubscribeOptions) -> Self {
        self.options = options;
        self
    }

    /// How often a listener with these subscriptions receives a message that is published to the channel.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::Subscriptions;
    ///
    /// let subscriptions = Subscriptions::new().channel("news:sport").pattern("news:*").pattern("*:sport");
    /// assert_eq!(subscriptions.deliveries("news:sport"), 3);
    /// ```
    pub fn deliveries<'a>(&self, channel: impl Into<Arg<'a>>) -> u64 {
        let channel = channel.into();
        let exact = self.channels.iter().filter(|known| known.as_bytes() == channel.as_bytes()).count();
        let matching = self.patterns.iter().filter(|pattern| pattern.matches(channel.as_bytes())).count();
        (exact + matching) as u64
    }

    /// Whether there are none.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::Subscriptions;
    ///
    /// assert!(!Subscriptions::new().channel("news").is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.channels.is_empty() && self.patterns.is_empty()
    }

    pub(crate) fn queue(&self) -> SubscribeOptions {
        self.options
    }

    /// Subscribes to all of them; returns once the broker has confirmed each.
    pub(crate) async fn subscribe(&self, subscriber: &Subscriber) -> embroker_core::Result<()> {
        subscriber.subscribe(&self.channels).await?;
        subscriber.psubscribe(self.patterns.iter().map(Glob::pattern)).await
    }
}
