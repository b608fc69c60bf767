//! Who is subscribed to what, and the fan-out of messages.
//!
//! One lock orders everything: a message goes to all its subscribers before the next one starts, which gives the common
//! order. Readers are woken after it is released. The registry knows nothing of keys, and no latch is taken under its
//! lock.

mod patterns;
mod subscriber;
#[cfg(test)]
mod tests;
mod topics;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::task::Waker;

use ahash::RandomState;
use bytes::Bytes;
use embroker_core::{Message, Queue, SubscriptionChange, SubscriptionKind, memory, wake_all};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use patterns::PatternIndex;
use smallvec::SmallVec;
pub(crate) use subscriber::MemSubscriber;
use topics::{FEW, Subscription, TopicId, Topics, give_back, table_bytes};

use crate::keyspace::Key;
use crate::reclaim::{self, Tide};
use crate::sync::{Mutex, MutexGuard};

type ClientId = u64;

/// Readers to be woken.
pub(crate) type Readers = SmallVec<[Waker; 4]>;

/// Wakes readers. A waker is its reader's code: one that panics keeps no other from being woken, and is no business of
/// who published; the panic hook has told of it.
pub(crate) fn wake(readers: &mut Readers) {
    if !readers.is_empty() {
        wake_all(readers.drain(..));
    }
}

/// The pub/sub side of one broker.
#[derive(Default)]
pub(crate) struct PubSub(Mutex<Registry>);

/// All subscriptions. Who holds it is the only one to send.
#[derive(Default)]
pub(crate) struct Registry {
    pub(crate) channels: Topics<Key>,
    pub(crate) patterns: PatternIndex,
    pub(crate) shard_channels: Topics<Key>,
    clients: HashMap<ClientId, Client, RandomState>,
    hasher: RandomState,
    next_id: ClientId,
    /// About how many bytes all of it takes.
    bytes: usize,
    tide: Tide,
    /// Whether so much has come free that the system is to have it back.
    is_much_free: bool,
}

/// One subscriber and what it is subscribed to.
struct Client {
    queue: Arc<Queue>,
    seats: HashTable<Seat>,
}

/// Where one subscription of a client stands.
#[derive(Clone, Copy)]
struct Seat {
    kind: SubscriptionKind,
    topic: TopicId,
    /// Its place among the topic's subscriptions.
    place: u32,
}

/// What is under way to the receivers of one message.
struct Delivery<'a> {
    /// How many subscriptions received it.
    receivers: usize,
    /// Who waits for it.
    readers: &'a mut Readers,
    /// Who was cut off, having read too slowly.
    cut_off: Vec<ClientId>,
}

impl Delivery<'_> {
    /// Pushes a message to each of the subscribers.
    fn send(&mut self, message: Message, to: &[Subscription]) {
        let Some((last, others)) = to.split_last() else { return };
        self.receivers += to.len();
        for subscription in others {
            self.push(message.clone(), subscription);
        }
        self.push(message, last);
    }

    #[inline]
    fn push(&mut self, message: Message, to: &Subscription) {
        let (open, reader) = to.queue.push_unwoken(message);
        if let Some(reader) = reader {
            self.readers.push(reader);
        }
        if !open {
            self.cut_off.push(to.client);
        }
    }
}

/// How many bytes of large names are copied where they are added: the topic's, what a pattern is made into, and those
/// that a session keeps for its client.
pub(crate) fn copied(names: &[Bytes]) -> usize {
    const TIMES: usize = 4;

    let large = names.iter().map(Bytes::len).filter(|len| *len >= memory::LARGE);
    large.fold(0, usize::saturating_add).saturating_mul(TIMES)
}

impl PubSub {
    /// Sends a message to every subscription that matches; how many there were.
    #[cfg(test)]
    fn publish(&self, channel: &[u8], payload: &[u8]) -> usize {
        let mut readers = Readers::new();
        let receivers = self.lock().publish(channel, payload, &mut readers);
        wake(&mut readers);
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
        registry.weigh(id, |registry| registry.clients.insert(id, Client { queue, seats: HashTable::new() }));
        id
    }

    /// Adds subscriptions; those that the client has stay. `false` where the client was cut off.
    fn subscribe(&self, client: ClientId, kind: SubscriptionKind, names: &[Bytes]) -> bool {
        self.lock().subscribe_all(client, kind, names)
    }

    /// Ends the named subscriptions, or all of the kind where none is named.
    fn unsubscribe(&self, client: ClientId, kind: SubscriptionKind, names: &[Bytes]) {
        self.end(|registry| registry.unsubscribe(client, kind, names));
    }

    fn leave(&self, client: ClientId) {
        self.end(|registry| registry.leave(client));
    }

    /// Ends subscriptions, and gives back what is free of them.
    fn end(&self, subscriptions: impl FnOnce(&mut Registry)) {
        let is_much_free = {
            let mut registry = self.lock();
            subscriptions(&mut registry);
            std::mem::take(&mut registry.is_much_free)
        };
        if is_much_free {
            reclaim::give_back();
        }
    }

    /// Ends every subscriber's stream: the broker is gone.
    pub(crate) fn close(&self) {
        let registry = std::mem::take(&mut *self.lock());
        registry.clients.values().for_each(|client| client.queue.close());
        let bytes = registry.bytes;
        drop(registry);
        if reclaim::is_much(bytes as i64) {
            reclaim::give_back();
        }
    }

    /// The registry, which nobody else sees until the guard is dropped.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Sends a message to every subscription that matches, exact ones first, then patterns in the order they were first
    /// subscribed; how many there were. Adds who waits for it to the readers.
    ///
    /// The caller wakes them once it holds nothing: a waker may run its reader on the spot, and that one may call the
    /// broker.
    pub(crate) fn publish(&mut self, channel: &[u8], payload: &[u8], readers: &mut Readers) -> usize {
        let exact = self.channels.subscriptions(channel);
        let patterns = self.patterns.matching(channel);
        if exact.is_empty() && patterns.is_empty() {
            return 0;
        }
        let mut delivery = Delivery { receivers: 0, readers, cut_off: Vec::new() };
        let message = Message::new(channel, payload);
        if patterns.is_empty() {
            delivery.send(message, exact);
        } else {
            delivery.send(message.clone(), exact);
            for (pattern, subscriptions) in patterns.into_iter().filter_map(|found| self.patterns.matched(found)) {
                delivery.send(message.matched_by(pattern.clone()), subscriptions);
            }
        }
        let Delivery { receivers, cut_off, .. } = delivery;
        self.settle(receivers, cut_off)
    }

    /// As [`publish`](Self::publish), to the subscribers of a shard channel and to nobody else.
    pub(crate) fn publish_sharded(&mut self, channel: &[u8], payload: &[u8], readers: &mut Readers) -> usize {
        let subscriptions = self.shard_channels.subscriptions(channel);
        if subscriptions.is_empty() {
            return 0;
        }
        let mut delivery = Delivery { receivers: 0, readers, cut_off: Vec::new() };
        delivery.send(Message::sharded(channel, payload), subscriptions);
        let Delivery { receivers, cut_off, .. } = delivery;
        self.settle(receivers, cut_off)
    }

    /// Removes those who were cut off; how many received the message.
    fn settle(&mut self, receivers: usize, cut_off: Vec<ClientId>) -> usize {
        for client in cut_off {
            self.leave(client);
        }
        receivers
    }

    /// What a transaction changes between its commands. A client that was cut off hears of that by its queue.
    pub(crate) fn change(&mut self, change: &SubscriptionChange) {
        let SubscriptionChange { subscriber, kind, adds, names } = change;
        if *adds {
            self.subscribe_all(*subscriber, *kind, names);
        } else {
            self.unsubscribe(*subscriber, *kind, names);
        }
    }

    /// Adds subscriptions; `false` where there is no such client.
    fn subscribe_all(&mut self, id: ClientId, kind: SubscriptionKind, names: &[Bytes]) -> bool {
        self.weigh(id, |registry| names.iter().all(|name| registry.subscribe(id, kind, name).is_some()))
    }

    /// Adds a subscription where the client does not have it; `None` where there is no such client.
    fn subscribe(&mut self, id: ClientId, kind: SubscriptionKind, name: &[u8]) -> Option<()> {
        let Self { channels, patterns, shard_channels, clients, hasher, .. } = self;
        let client = clients.get_mut(&id)?;
        let topic = match kind {
            SubscriptionKind::Channel => channels.find_or_insert(name),
            SubscriptionKind::Pattern => patterns.find_or_insert(name),
            SubscriptionKind::Shard => shard_channels.find_or_insert(name),
        };
        let hash = |seat: &Seat| hasher.hash_one((seat.kind, seat.topic));
        let seat = Seat { kind, topic, place: 0 };
        let entry = client.seats.entry(hash(&seat), |other| other.is_of(kind, topic), hash);
        if let Entry::Vacant(vacant) = entry {
            let subscription = Subscription { client: id, queue: client.queue.clone() };
            let place = match kind {
                SubscriptionKind::Channel => channels.subscribe(topic, subscription),
                SubscriptionKind::Pattern => patterns.subscribe(topic, subscription),
                SubscriptionKind::Shard => shard_channels.subscribe(topic, subscription),
            };
            vacant.insert(Seat { place, ..seat });
        }
        Some(())
    }

    /// Ends the named subscriptions, or all of the kind where none is named.
    fn unsubscribe(&mut self, id: ClientId, kind: SubscriptionKind, names: &[Bytes]) {
        self.weigh(id, |registry| {
            if names.is_empty() {
                registry.unsubscribe_all(id, kind);
            } else {
                registry.unsubscribe_from(id, kind, names);
            }
        });
    }

    fn unsubscribe_all(&mut self, id: ClientId, kind: SubscriptionKind) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let ended: Vec<Seat> = client.seats.extract_if(|seat| seat.kind == kind).collect();
        if client.seats.is_empty() {
            client.seats = HashTable::new();
        }
        for seat in ended {
            self.stand_up(seat);
        }
    }

    fn unsubscribe_from(&mut self, id: ClientId, kind: SubscriptionKind, names: &[Bytes]) {
        for name in names {
            let topic = match kind {
                SubscriptionKind::Channel => self.channels.find(name),
                SubscriptionKind::Pattern => self.patterns.find(name),
                SubscriptionKind::Shard => self.shard_channels.find(name),
            };
            let (Some(topic), Some(client)) = (topic, self.clients.get_mut(&id)) else { continue };
            let hash = self.hasher.hash_one((kind, topic));
            if let Ok(entry) = client.seats.find_entry(hash, |seat| seat.is_of(kind, topic)) {
                let (seat, _) = entry.remove();
                let hasher = &self.hasher;
                give_back(&mut client.seats, |seat| hasher.hash_one((seat.kind, seat.topic)));
                self.stand_up(seat);
            }
        }
    }

    /// Ends a subscription that its client knows no more.
    fn stand_up(&mut self, Seat { kind, topic, place }: Seat) {
        let moved = match kind {
            SubscriptionKind::Channel => self.channels.unsubscribe(topic, place).moved,
            SubscriptionKind::Pattern => self.patterns.unsubscribe(topic, place).moved,
            SubscriptionKind::Shard => self.shard_channels.unsubscribe(topic, place).moved,
        };
        let Some(client) = moved.and_then(|client| self.clients.get_mut(&client)) else { return };
        let hash = self.hasher.hash_one((kind, topic));
        if let Some(seat) = client.seats.find_mut(hash, |seat| seat.is_of(kind, topic)) {
            seat.place = place;
        }
    }

    /// What there is room for in each table.
    #[cfg(test)]
    fn rooms(&self) -> Vec<usize> {
        let seats = self.clients.values().map(|client| client.seats.capacity()).max();
        let topics = [self.channels.rooms(), self.patterns.rooms(), self.shard_channels.rooms()];
        topics.into_iter().flatten().chain(seats).collect()
    }

    fn leave(&mut self, id: ClientId) {
        self.weigh(id, |registry| {
            for kind in SubscriptionKind::ALL {
                registry.unsubscribe_all(id, kind);
            }
            let clients = &mut registry.clients;
            clients.remove(&id);
            if clients.capacity() > FEW && clients.len() < clients.capacity() / 8 {
                clients.shrink_to(clients.len() * 2);
            }
        });
    }

    /// Lets a client's subscriptions change, and adds up what that changes of the bytes.
    fn weigh<T>(&mut self, id: ClientId, change: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.bytes_with(id);
        let outcome = change(self);
        self.bytes = self.bytes.saturating_add(self.bytes_with(id)).saturating_sub(before);
        self.is_much_free |= self.tide.turns(self.bytes as i64);
        outcome
    }

    /// About how many bytes all tables take, of those that clients have for themselves the one of this client only.
    fn bytes_with(&self, id: ClientId) -> usize {
        // A queue, its subscriber and the place in the table.
        const CLIENT: usize = 350;

        let seats = self.clients.get(&id).map_or(0, |client| table_bytes(&client.seats));
        let topics = self.channels.bytes() + self.patterns.bytes() + self.shard_channels.bytes();
        topics + self.clients.len() * CLIENT + seats
    }
}

impl Seat {
    fn is_of(&self, kind: SubscriptionKind, topic: TopicId) -> bool {
        self.kind == kind && self.topic == topic
    }
}
