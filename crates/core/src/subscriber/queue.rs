//! The bounded queue between a broker and one subscriber.
//!
//! Any thread pushes, one task reads. The invariant: pushed messages = read + queued + told as lagged.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::event::{Event, Gap, Message};

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
    max_messages: usize,
    max_bytes: usize,
    overflow: Overflow,
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
    /// The oldest messages make room. The stream tells how many as [`Gap::Lagged`], where they stood.
    DropOldest,
    /// The subscriber is cut off, as Redis does: it can read what waits, then [`Gap::Disconnected`], then the end.
    Disconnect,
}

/// The bounded queue that a broker fills and one [`Subscriber`](super::Subscriber) reads; for implementors of
/// [`Broker`](crate::Broker).
///
/// # Examples
///
/// ```
/// use embroker_core::{Message, Queue, SubscribeOptions};
///
/// let queue = Queue::new(SubscribeOptions::default().max_messages(1));
/// assert!(queue.push(Message::new(b"news", b"first")));
/// assert!(queue.push(Message::new(b"news", b"second")), "the first made room");
/// assert_eq!(queue.len(), 1);
///
/// queue.close();
/// assert!(!queue.push(Message::new(b"news", b"third")));
/// ```
#[derive(Debug)]
pub struct Queue {
    options: SubscribeOptions,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    /// How many of the events are messages, and what they weigh.
    messages: usize,
    bytes: usize,
    /// What was dropped off the front and is told before the first event.
    lagged: u64,
    /// The last gap that stood among the dropped messages, told after them.
    last_gap: Option<Gap>,
    closed: bool,
    reader: Option<Waker>,
    /// How many events have left the front, read or dropped.
    taken: u64,
}

impl Queue {
    /// An empty queue.
    pub fn new(options: SubscribeOptions) -> Self {
        Self { options, state: Mutex::default() }
    }

    /// Adds a message at the end. `false` once the queue is closed: nobody will read it, so end its subscriptions.
    pub fn push(&self, message: Message) -> bool {
        let (open, reader) = self.push_unwoken(message);
        if let Some(reader) = reader {
            reader.wake();
        }
        open
    }

    /// As [`push`](Self::push), but leaves it to the caller to wake the reader: for one who holds a lock of its own,
    /// since a waker may run the reader on the spot.
    #[must_use = "the reader waits for its waker"]
    pub fn push_unwoken(&self, message: Message) -> (bool, Option<Waker>) {
        let mut state = self.lock();
        let open = !state.closed && self.admit(&mut state, message);
        (open, state.reader.take())
    }

    /// Adds a message to an open queue; `false` where that closed it.
    fn admit(&self, state: &mut State, message: Message) -> bool {
        let weight = message.weight();
        if !self.has_room(state, weight) {
            match self.options.overflow {
                Overflow::Disconnect => {
                    state.events.push_back(Event::Gap(Gap::Disconnected));
                    state.closed = true;
                    return false;
                }
                Overflow::DropOldest => {
                    while state.messages > 0 && !self.has_room(state, weight) {
                        state.drop_first();
                    }
                    if !self.has_room(state, weight) {
                        state.lagged += 1;
                        return true;
                    }
                }
            }
        }
        state.messages += 1;
        state.bytes += weight;
        state.events.push_back(Event::Message(message));
        true
    }

    /// Tells a gap at the end of what was received so far. An outage that follows another with no message between them
    /// is part of it, so a reader who sleeps through a thousand finds one.
    pub fn push_gap(&self, gap: Gap) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        let ends = |event: Option<&Event>, gap| event == Some(&Event::Gap(gap));
        if gap == Gap::Disconnected && ends(state.events.back(), Gap::Resubscribed) {
            let before = state.events.len().checked_sub(2).and_then(|at| state.events.get(at));
            if ends(before, Gap::Disconnected) {
                state.events.pop_back();
                return;
            }
        }
        state.events.push_back(Event::Gap(gap));
        wake(state);
    }

    /// Ends the stream: what is queued can still be read, nothing more comes.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        wake(state);
    }

    /// Whether nothing more will be read or accepted.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// How many messages wait to be read.
    pub fn len(&self) -> usize {
        self.lock().messages
    }

    /// Whether no message waits to be read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many events were added since the beginning. An observer of a transaction notes it, see
    /// [`Pipeline::observed_by`](crate::Pipeline::observed_by).
    ///
    /// ```
    /// use embroker_core::{Message, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// queue.push(Message::new(b"news", b"hello"));
    /// assert_eq!((queue.pushed(), queue.taken()), (1, 0));
    /// ```
    pub fn pushed(&self) -> u64 {
        let state = self.lock();
        state.taken.saturating_add(u64::try_from(state.events.len()).unwrap_or(u64::MAX))
    }

    /// How many of them were read, or dropped to make room.
    pub fn taken(&self) -> u64 {
        self.lock().taken
    }

    /// How many bytes the waiting messages take, each counted with a small overhead.
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// The reader is gone: drops what is queued.
    pub(super) fn abandon(&self) {
        let dropped = {
            let mut state = self.lock();
            state.closed = true;
            (std::mem::take(&mut state.events), state.reader.take())
        };
        drop(dropped);
    }

    pub(super) fn try_next(&self) -> Option<Event> {
        self.lock().take_first()
    }

    pub(super) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut state = self.lock();
        if let Some(event) = state.take_first() {
            return Poll::Ready(Some(event));
        }
        if state.closed {
            return Poll::Ready(None);
        }
        let before = match &state.reader {
            Some(reader) if reader.will_wake(cx.waker()) => None,
            _ => state.reader.replace(cx.waker().clone()),
        };
        // The last waker of a task may take the task with it, and that may own subscribers.
        drop(state);
        drop(before);
        Poll::Pending
    }

    fn has_room(&self, state: &State, weight: usize) -> bool {
        state.messages < self.options.max_messages && state.bytes.saturating_add(weight) <= self.options.max_bytes
    }

    /// No code of a user runs under this lock, so a poisoned one holds a state that is whole.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take_first(&mut self) -> Option<Event> {
        if self.lagged > 0 {
            return Some(Event::Gap(Gap::Lagged(std::mem::take(&mut self.lagged))));
        }
        if let Some(gap) = self.last_gap.take() {
            return Some(Event::Gap(gap));
        }
        let event = self.events.pop_front()?;
        self.forget(&event);
        Some(event)
    }

    fn drop_first(&mut self) {
        let Some(event) = self.events.pop_front() else { return };
        self.forget(&event);
        match event {
            Event::Message(_) => self.lagged += 1,
            Event::Gap(gap) => self.last_gap = Some(gap),
        }
    }

    fn forget(&mut self, event: &Event) {
        self.taken = self.taken.saturating_add(1);
        if let Event::Message(message) = event {
            self.messages -= 1;
            self.bytes -= message.weight();
        }
    }
}

/// Wakes the reader, after the lock is released: a waker may run the reader on the spot.
fn wake(mut state: MutexGuard<'_, State>) {
    let reader = state.reader.take();
    drop(state);
    if let Some(reader) = reader {
        reader.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(n: usize) -> Message {
        Message::new(b"c", n.to_string().as_bytes())
    }

    fn drain(queue: &Queue) -> Vec<Event> {
        std::iter::from_fn(|| queue.try_next()).collect()
    }

    #[test]
    fn the_oldest_make_room_and_are_counted_where_they_stood() {
        let queue = Queue::new(SubscribeOptions::default().max_messages(2));
        for n in 0..5 {
            assert!(queue.push(message(n)));
        }
        assert_eq!(drain(&queue), [Event::Gap(Gap::Lagged(3)), Event::Message(message(3)), Event::Message(message(4))]);
    }

    #[test]
    fn bytes_are_bounded_and_a_message_larger_than_the_queue_is_counted() {
        let room = message(0).weight();
        let queue = Queue::new(SubscribeOptions::default().max_bytes(2 * room));
        for n in 0..3 {
            queue.push(message(n));
        }
        assert_eq!(queue.len(), 2);
        queue.push(Message::new(b"c", &vec![0; 2 * room]));
        assert_eq!(drain(&queue), [Event::Gap(Gap::Lagged(4))]);
        queue.push(message(9));
        assert_eq!(drain(&queue), [Event::Message(message(9))]);
    }

    #[test]
    fn a_gap_among_dropped_messages_is_still_told() {
        let queue = Queue::new(SubscribeOptions::default().max_messages(1));
        queue.push(message(0));
        queue.push_gap(Gap::Disconnected);
        queue.push_gap(Gap::Resubscribed);
        queue.push(message(1));
        queue.push(message(2));
        let last = Event::Message(message(2));
        assert_eq!(drain(&queue), [Event::Gap(Gap::Lagged(2)), Event::Gap(Gap::Resubscribed), last]);
    }

    /// Looks at the queue when it is dropped, as a task does that owns its subscriber.
    struct OwnsItsQueue(std::sync::Weak<Queue>, std::sync::mpsc::Sender<usize>);

    impl std::task::Wake for OwnsItsQueue {
        fn wake(self: std::sync::Arc<Self>) {}
    }

    impl Drop for OwnsItsQueue {
        fn drop(&mut self) {
            if let Some(queue) = self.0.upgrade() {
                self.1.send(queue.len()).unwrap();
            }
        }
    }

    #[test]
    fn a_waker_that_is_replaced_may_use_the_queue_when_it_is_dropped() {
        let (dropped, drops) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let queue = std::sync::Arc::new(Queue::new(SubscribeOptions::default()));
            let first = Waker::from(std::sync::Arc::new(OwnsItsQueue(std::sync::Arc::downgrade(&queue), dropped)));
            assert!(queue.poll_next(&mut Context::from_waker(&first)).is_pending());
            drop(first);
            assert!(queue.poll_next(&mut Context::from_waker(Waker::noop())).is_pending());
        });
        assert_eq!(drops.recv_timeout(std::time::Duration::from_secs(30)), Ok(0));
    }

    #[test]
    fn outages_without_a_message_between_them_are_told_as_one() {
        let queue = Queue::new(SubscribeOptions::default());
        for _ in 0..1000 {
            queue.push_gap(Gap::Disconnected);
            queue.push_gap(Gap::Resubscribed);
        }
        queue.push(message(0));
        queue.push_gap(Gap::Disconnected);
        let gap = Event::Gap;
        let told = [gap(Gap::Disconnected), gap(Gap::Resubscribed), Event::Message(message(0)), gap(Gap::Disconnected)];
        assert_eq!(drain(&queue), told);
    }

    #[test]
    fn a_subscriber_that_is_cut_off_reads_the_rest_and_then_the_end() {
        let queue = Queue::new(SubscribeOptions::default().max_messages(1).overflow(Overflow::Disconnect));
        assert!(queue.push(message(0)));
        assert!(!queue.push(message(1)));
        assert!(!queue.push(message(2)));
        assert!(queue.is_closed());
        assert_eq!(drain(&queue), [Event::Message(message(0)), Event::Gap(Gap::Disconnected)]);
    }
}
