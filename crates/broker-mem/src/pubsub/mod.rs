//! Who is subscribed to what, and the fan-out of messages.
//!
//! One lock orders everything: a message goes to all its subscribers before the next one starts, which gives the common
//! order. Readers are woken after it is released. The registry knows nothing of keys, and no latch is taken under its
//! lock.

mod channels;
mod patterns;
mod subscriber;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use ahash::RandomState;
use bytes::Bytes;
use channels::Channels;
use embroker_core::{Message, Queue, SubscriptionKind};
use indexmap::{IndexMap, IndexSet};
use patterns::PatternIndex;
use smallvec::SmallVec;
pub(crate) use subscriber::MemSubscriber;

type ClientId = u64;
/// The clients of one channel or pattern, in the order they came until one leaves.
type Clients = IndexMap<ClientId, Arc<Queue>, RandomState>;

/// What one client is subscribed to, of one kind.
type Names = IndexSet<Bytes, RandomState>;

/// Readers to be woken.
pub(crate) type Readers = SmallVec<[Waker; 4]>;

/// The pub/sub side of one broker.
#[derive(Default)]
pub(crate) struct PubSub(Mutex<Registry>);

/// All subscriptions. Who holds it is the only one to send.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) channels: Channels,
    pub(crate) patterns: PatternIndex,
    pub(crate) shard_channels: Channels,
    clients: HashMap<ClientId, Client, RandomState>,
    next_id: ClientId,
}

/// One subscriber and what it is subscribed to.
struct Client {
    queue: Arc<Queue>,
    channels: Names,
    patterns: Names,
    shard_channels: Names,
}

impl Client {
    fn names(&mut self, kind: SubscriptionKind) -> &mut Names {
        match kind {
            SubscriptionKind::Channel => &mut self.channels,
            SubscriptionKind::Pattern => &mut self.patterns,
            SubscriptionKind::Shard => &mut self.shard_channels,
        }
    }
}

/// What became of a message.
#[derive(Default)]
struct FanOut {
    /// How many subscriptions received it.
    receivers: usize,
    /// Who waits for it.
    readers: Readers,
    /// Who was cut off, having read too slowly.
    cut_off: Vec<ClientId>,
}

impl FanOut {
    /// Pushes a message to each of the clients.
    fn send(&mut self, clients: &Clients, message: impl Fn() -> Message) {
        self.receivers += clients.len();
        for (id, queue) in clients {
            let (open, reader) = queue.push_unwoken(message());
            self.readers.extend(reader);
            if !open {
                self.cut_off.push(*id);
            }
        }
    }
}

impl PubSub {
    /// Sends a message to every subscription that matches; how many there were.
    #[cfg(test)]
    fn publish(&self, channel: &[u8], payload: &[u8]) -> usize {
        let (receivers, readers) = self.lock().publish(channel, payload);
        readers.into_iter().for_each(Waker::wake);
        receivers
    }

    /// How many subscribers the channel has.
    #[cfg(test)]
    fn subscribers(&self, channel: &[u8]) -> usize {
        self.lock().channels.subscribers(channel)
    }

    fn join(&self, queue: Arc<Queue>) -> ClientId {
        let mut registry = self.lock();
        let id = registry.next_id;
        registry.next_id += 1;
        let (channels, patterns, shard_channels) = (Names::default(), Names::default(), Names::default());
        registry.clients.insert(id, Client { queue, channels, patterns, shard_channels });
        id
    }

    /// Adds subscriptions; those that the client has stay. `false` where the client was cut off.
    fn subscribe(&self, id: ClientId, kind: SubscriptionKind, names: Vec<Bytes>) -> bool {
        let registry = &mut *self.lock();
        let Some(client) = registry.clients.get_mut(&id) else { return false };
        for name in names {
            if !client.names(kind).insert(name.clone()) {
                continue;
            }
            let queue = client.queue.clone();
            match kind {
                SubscriptionKind::Channel => registry.channels.add(name, id, queue),
                SubscriptionKind::Pattern => registry.patterns.add(name, id, queue),
                SubscriptionKind::Shard => registry.shard_channels.add(name, id, queue),
            }
        }
        true
    }

    /// Ends the named subscriptions, or all of the kind where none is named.
    fn unsubscribe(&self, id: ClientId, kind: SubscriptionKind, names: &[Bytes]) {
        self.lock().unsubscribe(id, kind, names);
    }

    fn leave(&self, id: ClientId) {
        self.lock().leave(id);
    }

    /// Ends every subscriber's stream: the broker is gone.
    pub(crate) fn close(&self) {
        let registry = std::mem::take(&mut *self.lock());
        for client in registry.clients.into_values() {
            client.queue.close();
        }
    }

    /// The registry, which nobody else sees until the guard is dropped.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Sends a message to every subscription that matches; how many there were, and who waits for it.
    ///
    /// The caller wakes them once it holds nothing: a waker may run its reader on the spot, and that one may call the
    /// broker.
    #[must_use = "the readers wait for their wakers"]
    pub(crate) fn publish(&mut self, channel: &[u8], payload: &[u8]) -> (usize, Readers) {
        let sent = self.fan_out(channel, payload);
        self.settle(sent)
    }

    /// As [`publish`](Self::publish), to the subscribers of a shard channel.
    #[must_use = "the readers wait for their wakers"]
    pub(crate) fn publish_sharded(&mut self, channel: &[u8], payload: &[u8]) -> (usize, Readers) {
        let sent = self.fan_out_sharded(channel, payload);
        self.settle(sent)
    }

    /// Pushes the message: exact subscriptions first, then patterns in the order they were first subscribed.
    fn fan_out(&self, channel: &[u8], payload: &[u8]) -> FanOut {
        let mut out = FanOut::default();
        let exact = self.channels.get(channel);
        let matching = self.patterns.matching(channel);
        if exact.is_none() && matching.is_empty() {
            return out;
        }
        let message = Message::new(channel, payload);
        if let Some(clients) = exact {
            out.send(clients, || message.clone());
        }
        for pattern in matching {
            out.send(pattern.clients(), || message.matched_by(pattern.name().clone()));
        }
        out
    }

    /// Pushes the message to the subscribers of the shard channel, and to nobody else.
    fn fan_out_sharded(&self, channel: &[u8], payload: &[u8]) -> FanOut {
        let mut out = FanOut::default();
        if let Some(clients) = self.shard_channels.get(channel) {
            let message = Message::sharded(channel, payload);
            out.send(clients, || message.clone());
        }
        out
    }

    /// Removes those who were cut off; how many received the message, and who waits for it.
    fn settle(&mut self, FanOut { receivers, readers, cut_off }: FanOut) -> (usize, Readers) {
        for id in cut_off {
            self.leave(id);
        }
        (receivers, readers)
    }

    fn unsubscribe(&mut self, id: ClientId, kind: SubscriptionKind, names: &[Bytes]) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let own = client.names(kind);
        let ended: Vec<Bytes> = if names.is_empty() {
            std::mem::take(own).into_iter().collect()
        } else {
            names.iter().filter_map(|name| own.swap_take(name)).collect()
        };
        for name in ended {
            match kind {
                SubscriptionKind::Channel => self.channels.remove(&name, id),
                SubscriptionKind::Pattern => self.patterns.remove(&name, id),
                SubscriptionKind::Shard => self.shard_channels.remove(&name, id),
            }
        }
    }

    fn leave(&mut self, id: ClientId) {
        for kind in SubscriptionKind::ALL {
            self.unsubscribe(id, kind, &[]);
        }
        self.clients.remove(&id);
    }
}
