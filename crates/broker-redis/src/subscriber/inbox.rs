//! Where a subscriber's connection puts what the server pushes: one inbox for each connection.
//!
//! The `redis` crate calls [`Inbox::send`] for messages and confirmations in the order of the wire, so that what it
//! does is in place in the stream. The invariant: an inbox delivers messages only while it is live, and one that was
//! live and is closed says so as [`Gap::Disconnected`].

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use embroker_core::{Gap, Message, Name, Queue, SubscriptionKind};
use redis::aio::{AsyncPushSender, SendError};
use redis::{PushInfo, PushKind, Value};
use tokio::sync::watch;

use super::wanted::Wanted;
use crate::wire::Socket;

pub(super) struct Inbox {
    queue: Arc<Queue>,
    phase: Mutex<Phase>,
    socket: OnceLock<Arc<Socket>>,
    /// How many names of SSUBSCRIBE and SUNSUBSCRIBE were confirmed.
    shards_confirmed: watch::Sender<usize>,
}

enum Phase {
    /// Lost subscriptions are being made again; these are not confirmed yet. Messages still belong to the gap.
    Restoring(HashSet<(SubscriptionKind, Bytes)>),
    Live,
    Closed,
}

impl Inbox {
    /// The inbox of a subscriber's first connection.
    pub(super) fn live(queue: Arc<Queue>) -> Arc<Self> {
        Self::new(queue, Phase::Live)
    }

    /// The inbox of a connection that follows a lost one.
    pub(super) fn restoring(queue: Arc<Queue>) -> Arc<Self> {
        Self::new(queue, Phase::Restoring(HashSet::new()))
    }

    /// Says what is to be confirmed before the inbox is live.
    pub(super) fn expect(&self, wanted: &Wanted) {
        *self.lock() = Phase::Restoring(wanted.names().collect());
    }

    fn new(queue: Arc<Queue>, phase: Phase) -> Arc<Self> {
        let shards_confirmed = watch::Sender::new(0);
        Arc::new(Self { queue, phase: Mutex::new(phase), socket: OnceLock::new(), shards_confirmed })
    }

    /// Tells which connection to close when the subscriber is cut off.
    pub(super) fn attach(&self, socket: Arc<Socket>) {
        // There is one connection for each inbox.
        let _ = self.socket.set(socket);
    }

    /// How many names of SSUBSCRIBE and SUNSUBSCRIBE were confirmed on this connection, to be watched.
    pub(super) fn shards_confirmed(&self) -> watch::Receiver<usize> {
        self.shards_confirmed.subscribe()
    }

    /// Where everything wanted is confirmed, tells so in the stream. Whether the inbox is live.
    pub(super) fn go_live(&self) -> bool {
        self.advance(&mut self.lock())
    }

    /// Delivers nothing more.
    pub(super) fn close(&self) {
        let mut phase = self.lock();
        if matches!(*phase, Phase::Live) {
            self.queue.push_gap(Gap::Disconnected);
        }
        *phase = Phase::Closed;
    }

    fn advance(&self, phase: &mut Phase) -> bool {
        if matches!(phase, Phase::Restoring(missing) if missing.is_empty()) {
            self.queue.push_gap(Gap::Resubscribed);
            *phase = Phase::Live;
        }
        matches!(phase, Phase::Live)
    }

    fn confirmed(&self, kind: SubscriptionKind, data: Vec<Value>) {
        let mut phase = self.lock();
        if let (Phase::Restoring(missing), Some(Value::BulkString(name))) = (&mut *phase, data.into_iter().next()) {
            missing.remove(&(kind, name.into()));
            self.advance(&mut phase);
        }
    }

    fn deliver(&self, message: Message) {
        let mut phase = self.lock();
        if !matches!(*phase, Phase::Live) || self.queue.push(message) {
            return;
        }
        // The queue has told the reader that it was cut off, or the reader is gone.
        *phase = Phase::Closed;
        drop(phase);
        if let Some(socket) = self.socket.get() {
            socket.shut_down();
        }
    }

    /// The reader's waker may run under this lock; it does not come back here.
    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncPushSender for Inbox {
    fn send(&self, PushInfo { kind, data }: PushInfo) -> Result<(), SendError> {
        match kind {
            PushKind::Message => {
                if let [Value::BulkString(channel), Value::BulkString(payload)] = &*data {
                    self.deliver(Message::new(channel, payload));
                }
            }
            PushKind::PMessage => {
                if let [Value::BulkString(pattern), Value::BulkString(channel), Value::BulkString(payload)] = &*data {
                    self.deliver(Message::new(channel, payload).matched_by(Name::from(&**pattern)));
                }
            }
            PushKind::SMessage => {
                if let [Value::BulkString(channel), Value::BulkString(payload)] = &*data {
                    self.deliver(Message::sharded(channel, payload));
                }
            }
            PushKind::Subscribe => self.confirmed(SubscriptionKind::Channel, data),
            PushKind::PSubscribe => self.confirmed(SubscriptionKind::Pattern, data),
            PushKind::SSubscribe => {
                self.confirmed(SubscriptionKind::Shard, data);
                self.shards_confirmed.send_modify(|count| *count += 1);
            }
            PushKind::SUnsubscribe => self.shards_confirmed.send_modify(|count| *count += 1),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use embroker_core::{BoxFuture, Event, Subscriber, SubscriberBackend};

    use super::*;

    struct Nobody;

    impl SubscriberBackend for Nobody {
        fn subscribe(&self, _: SubscriptionKind, _: Vec<Bytes>) -> BoxFuture<'_, embroker_core::Result<()>> {
            Box::pin(async { Ok(()) })
        }

        fn unsubscribe(&self, _: SubscriptionKind, _: Vec<Bytes>) -> BoxFuture<'_, embroker_core::Result<()>> {
            Box::pin(async { Ok(()) })
        }
    }

    fn push(inbox: &Inbox, kind: PushKind, words: &[&str]) {
        let data = words.iter().map(|word| Value::BulkString(word.as_bytes().to_vec())).collect();
        inbox.send(PushInfo { kind, data }).unwrap();
    }

    #[test]
    fn messages_belong_to_the_gap_until_every_name_is_confirmed() {
        let queue = Arc::new(Queue::new(embroker_core::SubscribeOptions::default()));
        let inbox = Inbox::restoring(queue.clone());
        let mut subscriber = Subscriber::new(queue, Nobody);
        let mut wanted = Wanted::default();
        wanted.add(SubscriptionKind::Channel, &["a".into()]);
        wanted.add(SubscriptionKind::Pattern, &["a".into(), "b*".into()]);
        wanted.add(SubscriptionKind::Shard, &["a".into()]);
        inbox.expect(&wanted);

        push(&inbox, PushKind::Subscribe, &["a"]);
        push(&inbox, PushKind::Message, &["a", "early"]);
        push(&inbox, PushKind::PSubscribe, &["a"]);
        push(&inbox, PushKind::Subscribe, &["b*"]);
        push(&inbox, PushKind::PMessage, &["a", "a", "early"]);
        assert!(!inbox.go_live(), "the pattern b* is not confirmed");
        assert_eq!(subscriber.try_next(), None);

        push(&inbox, PushKind::PSubscribe, &["b*"]);
        push(&inbox, PushKind::SUnsubscribe, &["a"]);
        push(&inbox, PushKind::SMessage, &["a", "early"]);
        assert!(!inbox.go_live(), "the shard channel a is not confirmed");
        push(&inbox, PushKind::SSubscribe, &["a"]);
        assert_eq!(*inbox.shards_confirmed().borrow(), 2);
        push(&inbox, PushKind::SMessage, &["a", "sharded"]);
        push(&inbox, PushKind::PMessage, &["b*", "b", "late"]);
        inbox.close();
        push(&inbox, PushKind::Message, &["a", "too late"]);
        inbox.close();
        let late = Message::new(b"b", b"late").matched_by("b*".into());
        let sharded = Event::Message(Message::sharded(b"a", b"sharded"));
        for event in [Event::Gap(Gap::Resubscribed), sharded, Event::Message(late), Event::Gap(Gap::Disconnected)] {
            assert_eq!(subscriber.try_next(), Some(event));
        }
        assert_eq!(subscriber.try_next(), None);
    }
}
