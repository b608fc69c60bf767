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
    pub fn max_messages(mut self, messages: usize) -> Self {
        self.max_messages = messages.max(1);
        self
    }

    /// How many bytes of messages may wait, each counted with a small overhead.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// What happens to a message that finds the queue full.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }
}

/// What happens to a message that finds its subscriber's queue full.
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
