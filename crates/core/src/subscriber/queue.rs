//! The bounded queue between a broker and one subscriber.
//!
//! Any thread pushes, one task reads. The invariant: pushed messages = read + queued + told as lagged.
//!
//! What a delivery costs is the atomic read-modify-writes on its way: a lock to push, a lock to take, and the message's
//! count up and down. A spin lock takes one where a lock that can put its thread to sleep takes two, and it is held for
//! some tens of instructions only.

mod state;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll, Waker};

use self::state::State;
use super::{Event, Gap, Message, Overflow, SubscribeOptions};
use crate::observe;
use crate::sync::{SpinMutex, SpinMutexGuard, spin_loop, yield_now};

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
    state: SpinMutex<State>,
}

/// How often a taken lock is tried before the thread lets others run: its holder may be one of them.
const SPINS: usize = 64;

impl Queue {
    /// An empty queue.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Queue, SubscribeOptions};
    ///
    /// assert!(Queue::new(SubscribeOptions::default()).is_empty());
    /// ```
    pub fn new(options: SubscribeOptions) -> Self {
        let max_bytes = options.max_bytes;
        Self { options, state: SpinMutex::new(State { max_bytes, mark: max_bytes, ..State::default() }) }
    }

    /// Adds a message at the end. `false` once the queue is closed: nobody will read it, so end its subscriptions.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Message, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// assert!(queue.push(Message::new(b"news", b"hello")));
    /// queue.close();
    /// assert!(!queue.push(Message::new(b"news", b"too late")));
    /// ```
    pub fn push(&self, message: Message) -> bool {
        let (open, reader) = self.push_unwoken(message);
        wake_all(reader);
        open
    }

    /// As [`push`](Self::push), but leaves it to the caller to wake the reader: for one who holds a lock of its own,
    /// since a waker may run the reader on the spot.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Message, Queue, SubscribeOptions, wake_all};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// let (open, reader) = queue.push_unwoken(Message::new(b"news", b"hello"));
    /// // Here the caller lets its own lock go.
    /// wake_all(reader);
    /// assert!(open);
    /// ```
    #[inline]
    #[must_use = "the reader waits for its waker"]
    pub fn push_unwoken(&self, message: Message) -> (bool, Option<Waker>) {
        let mut state = self.lock();
        let before = state.bytes;
        let open = !state.closed && self.admit(&mut state, message);
        let (now, reader) = (state.bytes, state.reader.take());
        drop(state);
        observe::queue(before, now, open);
        (open, reader)
    }

    /// Adds a message to an open queue; `false` where that closed it.
    fn admit(&self, state: &mut State, message: Message) -> bool {
        let weight = message.weight();
        if !self.has_room(state, weight) && !self.make_room(state, weight) {
            return !state.closed;
        }
        state.bytes += weight;
        state.messages.push_back(message);
        true
    }

    /// What happens to a message that finds the queue full; whether there is room for it now.
    #[cold]
    fn make_room(&self, state: &mut State, weight: usize) -> bool {
        state.alarm();
        if self.has_room(state, weight) {
            return true;
        }
        match self.options.overflow {
            Overflow::Disconnect => {
                state.push_gap(Gap::Disconnected);
                state.closed = true;
                return false;
            }
            Overflow::DropOldest => {
                while !state.messages.is_empty() && !self.has_room(state, weight) {
                    state.drop_first();
                }
            }
        }
        let room = self.has_room(state, weight);
        if !room {
            state.asides().lagged += 1;
        }
        room
    }

    /// Tells a gap at the end of what was received so far. An outage that follows another with no message between them
    /// is part of it, so a reader who sleeps through a thousand finds one.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Gap, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// queue.push_gap(Gap::Disconnected);
    /// queue.push_gap(Gap::Resubscribed);
    /// assert_eq!(queue.pushed(), 2);
    /// ```
    pub fn push_gap(&self, gap: Gap) {
        wake_all(self.push_gap_unwoken(gap));
    }

    /// As [`push_gap`](Self::push_gap), but leaves it to the caller to wake the reader.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Gap, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// assert!(queue.push_gap_unwoken(Gap::Disconnected).is_none(), "nobody waits yet");
    /// ```
    #[must_use = "the reader waits for its waker"]
    pub fn push_gap_unwoken(&self, gap: Gap) -> Option<Waker> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        if gap == Gap::Disconnected && state.ends_with_outage() {
            state.asides().gaps.pop_back();
            return None;
        }
        state.push_gap(gap);
        state.alarm();
        state.reader.take()
    }

    /// Changes how many bytes may wait. What waits already stays, however much it is.
    ///
    /// ```
    /// use embroker_core::{Message, Overflow, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default().overflow(Overflow::Disconnect));
    /// assert!(queue.push(Message::new(b"news", b"first")));
    /// queue.set_max_bytes(1);
    /// assert_eq!(queue.len(), 1);
    /// assert!(!queue.push(Message::new(b"news", b"second")));
    /// ```
    pub fn set_max_bytes(&self, bytes: usize) {
        let mut state = self.lock();
        state.max_bytes = bytes;
        state.mark = if state.watcher.is_some() { state.mark.min(bytes) } else { bytes };
    }

    /// Ready once more than so many bytes wait, or the queue is closed: for a reader who can take nothing now. Until
    /// then messages wake nobody.
    ///
    /// ```
    /// use std::task::{Context, Waker};
    ///
    /// use embroker_core::{Message, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert!(queue.poll_beyond(&mut cx, 100).is_pending());
    /// queue.push(Message::new(b"news", &[b'x'; 100]));
    /// assert!(queue.poll_beyond(&mut cx, 100).is_ready());
    /// ```
    pub fn poll_beyond(&self, cx: &mut Context<'_>, bytes: usize) -> Poll<()> {
        let mut state = self.lock();
        if state.closed || state.bytes > bytes {
            return Poll::Ready(());
        }
        state.mark = bytes.min(state.max_bytes);
        let before = (state.reader.take(), state.watcher.replace(cx.waker().clone()));
        // As in `poll_next`.
        drop(state);
        drop(before);
        Poll::Pending
    }

    /// Ends the stream: what is queued can still be read, nothing more comes.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Message, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// queue.push(Message::new(b"news", b"hello"));
    /// queue.close();
    /// assert_eq!(queue.len(), 1, "it can still be read");
    /// ```
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        wake(state);
    }

    /// Whether nothing more will be read or accepted.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// assert!(!queue.is_closed());
    /// queue.close();
    /// assert!(queue.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// How many messages wait to be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Message, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// queue.push(Message::new(b"news", b"hello"));
    /// assert_eq!(queue.len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.lock().messages.len()
    }

    /// Whether no message waits to be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Message, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// queue.push(Message::new(b"news", b"hello"));
    /// assert!(!queue.is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the reader has taken all there was and waits to be woken.
    ///
    /// ```
    /// use std::task::{Context, Waker};
    ///
    /// use embroker_core::{Message, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// assert!(!queue.is_awaited());
    /// assert!(queue.poll_next(&mut Context::from_waker(Waker::noop())).is_pending());
    /// assert!(queue.is_awaited());
    /// queue.push(Message::new(b"news", b"hello"));
    /// assert!(!queue.is_awaited());
    /// ```
    pub fn is_awaited(&self) -> bool {
        self.lock().reader.is_some()
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
        self.lock().pushed()
    }

    /// How many of them were read, or dropped to make room.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Message, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default().max_messages(1));
    /// queue.push(Message::new(b"news", b"first"));
    /// queue.push(Message::new(b"news", b"second"));
    /// assert_eq!((queue.pushed(), queue.taken()), (2, 1));
    /// ```
    pub fn taken(&self) -> u64 {
        self.lock().taken
    }

    /// How many bytes the waiting messages take, each counted with a small overhead.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Message, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// queue.push(Message::new(b"news", &[b'x'; 1000]));
    /// assert!((1000..1100).contains(&queue.bytes()));
    /// ```
    pub fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// The reader is gone: drops what is queued.
    pub(super) fn abandon(&self) {
        let dropped = {
            let mut state = self.lock();
            state.closed = true;
            let wakers = (state.reader.take(), state.watcher.take());
            (std::mem::take(&mut state.messages), wakers, std::mem::take(&mut state.bytes))
        };
        observe::queue(dropped.2, 0, false);
        drop(dropped);
    }

    /// The next event if one is there now, for those who cannot lend their [`Subscriber`](crate::Subscriber) out alone.
    pub fn try_next(&self) -> Option<Event> {
        let mut state = self.lock();
        let before = state.bytes;
        let event = state.take_first();
        let now = state.bytes;
        drop(state);
        observe::queue(before, now, false);
        observe::read(event.as_ref());
        event
    }

    /// The next event, in the manner of a stream: for a broker around another one, which fills a queue of its own from
    /// this one. Whoever asked last is the one who is woken.
    ///
    /// ```
    /// use std::task::{Context, Poll, Waker};
    ///
    /// use embroker_core::{Event, Message, Queue, SubscribeOptions};
    ///
    /// let queue = Queue::new(SubscribeOptions::default());
    /// let mut cx = Context::from_waker(Waker::noop());
    /// assert_eq!(queue.poll_next(&mut cx), Poll::Pending);
    /// queue.push(Message::new(b"news", b"hello"));
    /// assert_eq!(queue.poll_next(&mut cx), Poll::Ready(Some(Event::Message(Message::new(b"news", b"hello")))));
    /// ```
    pub fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        let mut state = self.lock();
        let before = state.bytes;
        if let Some(event) = state.take_first() {
            let now = state.bytes;
            drop(state);
            observe::queue(before, now, false);
            observe::read(Some(&event));
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
        state.messages.len() < self.options.max_messages && state.bytes.saturating_add(weight) <= state.mark
    }

    /// No code of a user runs under this lock, neither a waker nor what one drops.
    #[inline]
    fn lock(&self) -> SpinMutexGuard<'_, State> {
        self.state.try_lock().unwrap_or_else(|| self.wait_for_lock())
    }

    #[cold]
    fn wait_for_lock(&self) -> SpinMutexGuard<'_, State> {
        loop {
            for _ in 0..SPINS {
                spin_loop();
                if let Some(state) = self.state.try_lock() {
                    return state;
                }
            }
            yield_now();
        }
    }
}

/// Wakes the reader, after the lock is released: a waker may run the reader on the spot.
fn wake(mut state: SpinMutexGuard<'_, State>) {
    state.alarm();
    let reader = state.reader.take();
    drop(state);
    wake_all(reader);
}

/// Wakes readers whose messages were [pushed](Queue::push_unwoken) without that. One whose waker panics keeps nobody
/// from being woken, and does not make the one who published fail: the panic is told by the hook, and ends here.
///
/// ```
/// use std::task::Waker;
///
/// use embroker_core::{Message, Queue, SubscribeOptions, wake_all};
///
/// let queue = Queue::new(SubscribeOptions::default());
/// let (_, reader) = queue.push_unwoken(Message::new(b"news", b"hello"));
/// wake_all(reader);
/// ```
pub fn wake_all(readers: impl IntoIterator<Item = Waker>) {
    let mut readers = readers.into_iter();
    while catch_unwind(AssertUnwindSafe(|| readers.by_ref().for_each(Waker::wake))).is_err() {}
}

#[cfg(test)]
mod tests;
