//! A client for messages: what it is subscribed to, and the stream of what it receives.
//!
//! A [`Subscriber`] is the reading end of a bounded [`Queue`] that a backend fills. Nothing is lost in silence:
//! whatever does not arrive is told as a [`Gap`], in its place in the stream.

mod event;
mod name;
mod options;
mod queue;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
pub use event::{Event, Gap, Message};
use futures_core::Stream;
pub use name::Name;
pub use options::{Overflow, SubscribeOptions};
pub use queue::{Queue, wake_all};

use crate::Arg;
use crate::broker::BoxFuture;
use crate::error::Result;

/// One client for messages, with its own set of channels, patterns and shard channels.
///
/// It receives one message for each of its subscriptions that matches: with the channel and two matching
/// patterns, three. All subscribers of a broker see messages in one common order. Dropping it ends its
/// subscriptions at once.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// use embroker_core::{Event, SubscribeOptions, prelude::*};
/// # let broker = embroker_mem::MemBroker::new();
///
/// let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
/// subscriber.subscribe(["news"]).await?;
/// subscriber.psubscribe(["n*"]).await?;
/// assert_eq!(broker.publish("news", "hello").await?, 2);
///
/// for pattern in [None, Some(&b"n*"[..])] {
///     let Some(Event::Message(message)) = subscriber.next().await else { panic!("a message is there") };
///     assert_eq!((message.channel(), message.payload()), (&b"news"[..], &b"hello"[..]));
///     assert_eq!(message.pattern(), pattern);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Subscriber {
    queue: Arc<Queue>,
    backend: Box<dyn SubscriberBackend>,
}

/// Whether a subscription names one channel, a pattern of channels or a shard channel.
///
/// ```
/// use embroker_core::SubscriptionKind;
///
/// assert_eq!(SubscriptionKind::ALL.len(), 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SubscriptionKind {
    /// SUBSCRIBE: the channel with exactly this name.
    Channel,
    /// PSUBSCRIBE: every channel that the pattern matches, see [`Glob`](crate::Glob).
    Pattern,
    /// SSUBSCRIBE: the shard channel with exactly this name, which only SPUBLISH reaches.
    Shard,
}

impl SubscriptionKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Channel, Self::Pattern, Self::Shard];
}

/// What a backend does for a [`Subscriber`]. Dropping it ends all its subscriptions, at once.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use embroker_core::{
///     BoxFuture, Bytes, Event, Message, Queue, Result, SubscribeOptions, Subscriber, SubscriberBackend, SubscriptionKind,
/// };
///
/// /// Tells each channel, once, that it was subscribed to.
/// struct Greeter(Arc<Queue>);
///
/// impl SubscriberBackend for Greeter {
///     fn subscribe(&self, _: SubscriptionKind, names: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
///         for name in names {
///             self.0.push(Message::new(&name, b"welcome"));
///         }
///         Box::pin(async { Ok(()) })
///     }
///     fn unsubscribe(&self, _: SubscriptionKind, _: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
///         Box::pin(async { Ok(()) })
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let queue = Arc::new(Queue::new(SubscribeOptions::default()));
/// let mut subscriber = Subscriber::new(queue.clone(), Greeter(queue));
/// subscriber.subscribe(["news"]).await?;
/// assert_eq!(subscriber.try_next(), Some(Event::Message(Message::new(b"news", b"welcome"))));
/// # Ok(())
/// # }
/// ```
pub trait SubscriberBackend: Send + Sync + 'static {
    /// Adds subscriptions, and returns once the broker has confirmed them.
    fn subscribe(&self, kind: SubscriptionKind, names: Vec<Bytes>) -> BoxFuture<'_, Result<()>>;

    /// Ends the named subscriptions, or all of the kind where `names` is empty, and returns once the broker has
    /// confirmed that. Where there is no connection they are just forgotten.
    fn unsubscribe(&self, kind: SubscriptionKind, names: Vec<Bytes>) -> BoxFuture<'_, Result<()>>;

    /// See [`Subscriber::id`].
    fn id(&self) -> Option<u64> {
        None
    }
}

impl Subscriber {
    /// Joins a queue and what fills it; for implementors of [`Broker`](crate::Broker).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use embroker_core::{
    ///     BoxFuture, Bytes, Message, Queue, Result, SubscribeOptions, Subscriber, SubscriberBackend, SubscriptionKind,
    /// };
    ///
    /// /// A backend whose subscriptions are somebody else's: messages come by the queue alone.
    /// struct Fixed;
    ///
    /// impl SubscriberBackend for Fixed {
    ///     fn subscribe(&self, _: SubscriptionKind, _: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
    ///         Box::pin(async { Ok(()) })
    ///     }
    ///     fn unsubscribe(&self, _: SubscriptionKind, _: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
    ///         Box::pin(async { Ok(()) })
    ///     }
    /// }
    ///
    /// let queue = Arc::new(Queue::new(SubscribeOptions::default()));
    /// let subscriber = Subscriber::new(queue.clone(), Fixed);
    /// queue.push(Message::new(b"news", b"hello"));
    /// assert_eq!(subscriber.pending(), 1);
    /// ```
    pub fn new(queue: Arc<Queue>, backend: impl SubscriberBackend) -> Self {
        Self { queue, backend: Box::new(backend) }
    }

    /// `SUBSCRIBE channel …`: every PUBLISH that begins after this returns is received. A channel that is
    /// subscribed already stays as it is.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.subscribe(["news", "sport"]).await?;
    /// assert_eq!(broker.publish("sport", "hello").await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn subscribe<'a>(&self, channels: impl IntoIterator<Item: Into<Arg<'a>>>) -> Result<()> {
        self.add(SubscriptionKind::Channel, owned(channels)).await
    }

    /// `PSUBSCRIBE pattern …`: as [`subscribe`](Self::subscribe), for all channels that match.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.psubscribe(["sales:*", "sales:Judo"]).await?;
    /// assert_eq!(broker.publish("sales:Judo", "order-1").await?, 2, "once for each that matches");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn psubscribe<'a>(&self, patterns: impl IntoIterator<Item: Into<Arg<'a>>>) -> Result<()> {
        self.add(SubscriptionKind::Pattern, owned(patterns)).await
    }

    /// `UNSUBSCRIBE channel …`: what was received before stays to be read. Naming no channel does nothing;
    /// see [`unsubscribe_all`](Self::unsubscribe_all).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.subscribe(["news", "sport"]).await?;
    /// subscriber.unsubscribe(["sport"]).await?;
    /// assert_eq!(broker.publish("sport", "anybody?").await?, 0);
    /// assert_eq!(broker.publish("news", "hello").await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn unsubscribe<'a>(&self, channels: impl IntoIterator<Item: Into<Arg<'a>>>) -> Result<()> {
        self.remove(SubscriptionKind::Channel, owned(channels)).await
    }

    /// `PUNSUBSCRIBE pattern …`, named byte for byte as they were subscribed.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.psubscribe(["sales:*"]).await?;
    /// subscriber.punsubscribe(["sales:*"]).await?;
    /// assert_eq!(broker.pubsub_numpat().await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn punsubscribe<'a>(&self, patterns: impl IntoIterator<Item: Into<Arg<'a>>>) -> Result<()> {
        self.remove(SubscriptionKind::Pattern, owned(patterns)).await
    }

    /// `SSUBSCRIBE channel …` (since 7.0.0): as [`subscribe`](Self::subscribe), for shard channels. Those are a world
    /// of their own: what is sent there by SPUBLISH is received as a message of [`SubscriptionKind::Shard`], and
    /// nothing else is.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::{Event, Message, SubscribeOptions, prelude::*};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.ssubscribe(["news"]).await?;
    /// subscriber.psubscribe(["n*"]).await?;
    /// assert_eq!(broker.spublish("news", "hello").await?, 1);
    /// assert_eq!(subscriber.try_next(), Some(Event::Message(Message::sharded(b"news", b"hello"))));
    ///
    /// subscriber.sunsubscribe(["news"]).await?;
    /// assert_eq!(broker.spublish("news", "anybody?").await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn ssubscribe<'a>(&self, channels: impl IntoIterator<Item: Into<Arg<'a>>>) -> Result<()> {
        self.add(SubscriptionKind::Shard, owned(channels)).await
    }

    /// `SUNSUBSCRIBE channel …`: as [`unsubscribe`](Self::unsubscribe), for shard channels.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.ssubscribe(["news"]).await?;
    /// subscriber.sunsubscribe(["news"]).await?;
    /// assert_eq!(broker.spublish("news", "anybody?").await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn sunsubscribe<'a>(&self, channels: impl IntoIterator<Item: Into<Arg<'a>>>) -> Result<()> {
        self.remove(SubscriptionKind::Shard, owned(channels)).await
    }

    /// `UNSUBSCRIBE`, `PUNSUBSCRIBE` and `SUNSUBSCRIBE` without names: ends every subscription. The subscriber can be
    /// used again.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.subscribe(["news"]).await?;
    /// subscriber.psubscribe(["n*"]).await?;
    /// subscriber.unsubscribe_all().await?;
    /// assert_eq!(broker.publish("news", "anybody?").await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn unsubscribe_all(&self) -> Result<()> {
        for kind in SubscriptionKind::ALL {
            self.backend.unsubscribe(kind, Vec::new()).await?;
        }
        Ok(())
    }

    /// Ends every subscription and then the stream: what was delivered until now is still there to be read,
    /// after it [`next`](Self::next) answers `None`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.subscribe(["news"]).await?;
    /// broker.publish("news", "the last one").await?;
    /// subscriber.close().await?;
    /// assert!(subscriber.next().await.is_some());
    /// assert_eq!(subscriber.next().await, None);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn close(&self) -> Result<()> {
        let ended = self.unsubscribe_all().await;
        self.queue.close();
        ended
    }

    /// The next event, when there is one; `None` once the stream has ended because the subscriber was
    /// [closed](Self::close) or its broker is gone.
    ///
    /// Cancel safe: a future that is dropped has taken nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{Event, SubscribeOptions};
    ///
    /// let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.subscribe(["news"]).await?;
    /// broker.publish("news", "hello").await?;
    /// let Some(Event::Message(message)) = subscriber.next().await else { panic!("a message is there") };
    /// assert_eq!(message.payload_str()?, "hello");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.queue.poll_next(cx)).await
    }

    /// The next event if one is there now.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.subscribe(["news"]).await?;
    /// assert_eq!(subscriber.try_next(), None);
    /// broker.publish("news", "hello").await?;
    /// assert!(subscriber.try_next().is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn try_next(&mut self) -> Option<Event> {
        self.queue.try_next()
    }

    /// By which a transaction of its broker can change its subscriptions, see
    /// [`Pipeline::change_subscriptions`](crate::Pipeline::change_subscriptions). `None` where no transaction can: the
    /// broker is not in this process.
    pub fn id(&self) -> Option<u64> {
        self.backend.id()
    }

    /// The queue that it reads.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.subscribe(["news"]).await?;
    /// broker.publish("news", "hello").await?;
    /// assert_eq!(subscriber.queue().pushed(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// How many messages wait to be read.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.subscribe(["news"]).await?;
    /// broker.publish("news", "hello").await?;
    /// assert_eq!(subscriber.pending(), 1);
    /// subscriber.next().await;
    /// assert_eq!(subscriber.pending(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// How many bytes the waiting messages take, each counted with a small overhead.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SubscribeOptions;
    ///
    /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// subscriber.subscribe(["news"]).await?;
    /// broker.publish("news", vec![b'x'; 1000]).await?;
    /// assert!((1000..1100).contains(&subscriber.pending_bytes()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn pending_bytes(&self) -> usize {
        self.queue.bytes()
    }

    async fn add(&self, kind: SubscriptionKind, names: Vec<Bytes>) -> Result<()> {
        if names.is_empty() { Ok(()) } else { self.backend.subscribe(kind, names).await }
    }

    async fn remove(&self, kind: SubscriptionKind, names: Vec<Bytes>) -> Result<()> {
        if names.is_empty() { Ok(()) } else { self.backend.unsubscribe(kind, names).await }
    }
}

fn owned<'a>(names: impl IntoIterator<Item: Into<Arg<'a>>>) -> Vec<Bytes> {
    names.into_iter().map(|name| name.into().to_bytes()).collect()
}

impl Stream for Subscriber {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.queue.poll_next(cx)
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

impl std::fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscriber").field("pending", &self.pending()).finish_non_exhaustive()
    }
}
