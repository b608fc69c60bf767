//! How a queue is bounded.

/// How a new subscriber's queue is bounded.
///
/// # Examples
///
/// ```
/// use embroker_core::{Overflow, SubscribeOptions};
///
/// // 10,000 messages may wait; who lets more pile up is cut off.
/// let options = SubscribeOptions::default().max_messages(10_000).overflow(Overflow::Disconnect);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct SubscribeOptions {
    pub(super) max_messages: usize,
    pub(super) max_bytes: usize,
    pub(super) overflow: Overflow,
}

impl Default for SubscribeOptions {
    /// 1,048,576 messages and 32 MiB, as Redis bounds a pub/sub client; the oldest are dropped.
    fn default() -> Self {
        Self { max_messages: 1 << 20, max_bytes: 32 << 20, overflow: Overflow::DropOldest }
    }
}

impl SubscribeOptions {
    /// How many messages may wait; at least 1.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{Event, Gap, SubscribeOptions};
    ///
    /// let mut subscriber = broker.subscriber(SubscribeOptions::default().max_messages(2)).await?;
    /// subscriber.subscribe(["news"]).await?;
    /// for number in 0..5 {
    ///     broker.publish("news", number).await?;
    /// }
    /// assert_eq!(subscriber.next().await, Some(Event::Gap(Gap::Lagged(3))));
    /// assert_eq!(subscriber.pending(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_messages(mut self, messages: usize) -> Self {
        self.max_messages = messages.max(1);
        self
    }

    /// How many bytes of messages may wait, each counted with a small overhead.
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
    /// let subscriber = broker.subscriber(SubscribeOptions::default().max_bytes(2000)).await?;
    /// subscriber.subscribe(["news"]).await?;
    /// for _ in 0..5 {
    ///     broker.publish("news", vec![b'x'; 900]).await?;
    /// }
    /// assert_eq!(subscriber.pending(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// What happens to a message that finds the queue full.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{Event, Gap, Overflow, SubscribeOptions};
    ///
    /// let options = SubscribeOptions::default().max_messages(1).overflow(Overflow::Disconnect);
    /// let mut subscriber = broker.subscriber(options).await?;
    /// subscriber.subscribe(["news"]).await?;
    /// broker.publish("news", "first").await?;
    /// broker.publish("news", "one too many").await?;
    /// assert!(matches!(subscriber.next().await, Some(Event::Message(_))));
    /// assert_eq!(subscriber.next().await, Some(Event::Gap(Gap::Disconnected)));
    /// assert_eq!(subscriber.next().await, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }
}

/// What happens to a message that finds its subscriber's queue full.
///
/// # Examples
///
/// ```
/// use embroker_core::{Message, Overflow, Queue, SubscribeOptions};
///
/// for (overflow, is_open) in [(Overflow::DropOldest, true), (Overflow::Disconnect, false)] {
///     let queue = Queue::new(SubscribeOptions::default().max_messages(1).overflow(overflow));
///     queue.push(Message::new(b"news", b"first"));
///     assert_eq!(queue.push(Message::new(b"news", b"second")), is_open);
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Overflow {
    /// The oldest messages make room. The stream tells how many as [`Gap::Lagged`](crate::Gap::Lagged), where they
    /// stood.
    DropOldest,
    /// The subscriber is cut off, as Redis does: it can read what waits, then
    /// [`Gap::Disconnected`](crate::Gap::Disconnected), then the end.
    Disconnect,
}
