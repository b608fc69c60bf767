//! Who is subscribed to what, and the fan-out of messages.
//!
//! One lock orders everything: a message goes to all its subscribers before the next one starts, which gives the common
//! order. Readers are woken after it is released. The registry knows nothing of keys, and no latch is taken under its
//! lock.

mod patterns;
mod subscriber;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use ahash::RandomState;
use bytes::Bytes;
use embroker_core::{Glob, Message, Queue, SubscriptionKind};
use indexmap::{IndexMap, IndexSet};
use patterns::PatternIndex;
use smallvec::SmallVec;
pub(crate) use subscriber::MemSubscriber;

type ClientId = u64;
/// The clients of one channel or pattern, in the order they came until one leaves.
type Clients = IndexMap<ClientId, Arc<Queue>, RandomState>;

/// Readers to be woken.
pub(crate) type Readers = SmallVec<[Waker; 4]>;

/// The pub/sub side of one broker.
#[derive(Default)]
pub(crate) struct PubSub(Mutex<Registry>);

#[derive(Default)]
struct Registry {
    channels: HashMap<Bytes, Clients, RandomState>,
    patterns: PatternIndex,
    clients: HashMap<ClientId, Client, RandomState>,
    next_id: ClientId,
}

/// One subscriber and what it is subscribed to.
struct Client {
    queue: Arc<Queue>,
    channels: IndexSet<Bytes, RandomState>,
    patterns: IndexSet<Bytes, RandomState>,
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

impl PubSub {
    /// Sends a message to every subscription that matches; how many there were.
    #[cfg(test)]
    fn publish(&self, channel: &[u8], payload: &[u8]) -> usize {
        let (receivers, readers) = self.publish_unwoken(channel, payload);
        readers.into_iter().for_each(Waker::wake);
        receivers
    }

    /// Sends a message to every subscription that matches; how many there were, and who waits for it.
    ///
    /// The caller wakes them once it holds nothing: a waker may run its reader on the spot, and that one may call the
    /// broker.
    #[must_use = "the readers wait for their wakers"]
    pub(crate) fn publish_unwoken(&self, channel: &[u8], payload: &[u8]) -> (usize, Readers) {
        let mut registry = self.lock();
        let FanOut { receivers, readers, cut_off } = registry.fan_out(channel, payload);
        for id in cut_off {
            registry.leave(id);
        }
        (receivers, readers)
    }

    /// The channels that have a subscriber and match.
    pub(crate) fn channels(&self, pattern: Option<&[u8]>) -> Vec<Bytes> {
        let glob = pattern.map(Glob::new);
        let registry = self.lock();
        let matching =
            registry.channels.keys().filter(|channel| glob.as_ref().is_none_or(|glob| glob.matches(channel)));
        matching.cloned().collect()
    }

    /// How many subscribers the channel has.
    pub(crate) fn subscribers(&self, channel: &[u8]) -> usize {
        self.lock().channels.get(channel).map_or(0, IndexMap::len)
    }

    /// How many different patterns are subscribed.
    pub(crate) fn patterns(&self) -> usize {
        self.lock().patterns.len()
    }

    fn join(&self, queue: Arc<Queue>) -> ClientId {
        let mut registry = self.lock();
        let id = registry.next_id;
        registry.next_id += 1;
        let client = Client { queue, channels: IndexSet::default(), patterns: IndexSet::default() };
        registry.clients.insert(id, client);
        id
    }

    /// Adds subscriptions; those that the client has stay. `false` where the client was cut off.
    fn subscribe(&self, id: ClientId, kind: SubscriptionKind, names: Vec<Bytes>) -> bool {
        let registry = &mut *self.lock();
        let Some(client) = registry.clients.get_mut(&id) else { return false };
        for name in names {
            match kind {
                SubscriptionKind::Channel => {
                    if client.channels.insert(name.clone()) {
                        registry.channels.entry(name).or_default().insert(id, client.queue.clone());
                    }
                }
                SubscriptionKind::Pattern => {
                    if client.patterns.insert(name.clone()) {
                        registry.patterns.add(name, id, client.queue.clone());
                    }
                }
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

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Pushes the message: exact subscriptions first, then patterns in the order they were first subscribed.
    fn fan_out(&self, channel: &[u8], payload: &[u8]) -> FanOut {
        let mut out = FanOut::default();
        let exact = self.channels.get(channel);
        let matching = self.patterns.matching(channel);
        if exact.is_none() && matching.is_empty() {
            return out;
        }
        let message = Message::new(channel, payload);
        let mut send = |clients: &Clients, message: &dyn Fn() -> Message| {
            out.receivers += clients.len();
            for (id, queue) in clients {
                let (open, reader) = queue.push_unwoken(message());
                out.readers.extend(reader);
                if !open {
                    out.cut_off.push(*id);
                }
            }
        };
        if let Some(clients) = exact {
            send(clients, &|| message.clone());
        }
        for pattern in matching {
            send(pattern.clients(), &|| message.matched_by(pattern.name().clone()));
        }
        out
    }

    fn unsubscribe(&mut self, id: ClientId, kind: SubscriptionKind, names: &[Bytes]) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let own = match kind {
            SubscriptionKind::Channel => &mut client.channels,
            SubscriptionKind::Pattern => &mut client.patterns,
        };
        let ended: Vec<Bytes> = if names.is_empty() {
            std::mem::take(own).into_iter().collect()
        } else {
            names.iter().filter_map(|name| own.swap_take(name)).collect()
        };
        for name in ended {
            match kind {
                SubscriptionKind::Channel => {
                    if let Some(clients) = self.channels.get_mut(&name) {
                        clients.swap_remove(&id);
                        if clients.is_empty() {
                            self.channels.remove(&name);
                        }
                    }
                }
                SubscriptionKind::Pattern => self.patterns.remove(&name, id),
            }
        }
    }

    fn leave(&mut self, id: ClientId) {
        self.unsubscribe(id, SubscriptionKind::Channel, &[]);
        self.unsubscribe(id, SubscriptionKind::Pattern, &[]);
        self.clients.remove(&id);
    }
}
