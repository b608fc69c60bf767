//! What one can be subscribed to, by name: channels, shard channels or patterns, each with its subscribers.
//!
//! A topic that has no subscriber is not there. Topics stand in one slab and are known by their place in it, so that a
//! table of places is all that an index takes.

use std::sync::Arc;

use ahash::RandomState;
use embroker_core::{Glob, Queue};
use hashbrown::HashTable;
use slab::Slab;
use smallvec::SmallVec;

use super::ClientId;
use crate::keyspace::Key;

/// A topic's place in its slab. More than fit into 32 bits would take some 300 GB.
pub(super) type TopicId = u32;

pub(crate) struct Topics<T> {
    slots: Slab<Topic<T>>,
    by_name: HashTable<TopicId>,
    hasher: RandomState,
    /// How many bytes the topics have outside of their slots.
    outside: usize,
}

pub(super) struct Topic<T> {
    /// Its name, and what else is known of it.
    pub(super) subject: T,
    pub(super) subscriptions: SmallVec<[Subscription; 1]>,
}

/// One subscriber of a topic.
pub(super) struct Subscription {
    pub(super) client: ClientId,
    pub(super) queue: Arc<Queue>,
}

/// What the end of a subscription changed.
pub(super) struct Ended<T> {
    /// Whose subscription now stands where the ended one stood.
    pub(super) moved: Option<ClientId>,
    /// The topic, if that was its last.
    pub(super) topic: Option<T>,
}

impl<T> Default for Topics<T> {
    fn default() -> Self {
        Self { slots: Slab::new(), by_name: HashTable::new(), hasher: RandomState::new(), outside: 0 }
    }
}

impl<T> Topic<T> {
    /// How many bytes its list of subscriptions takes, where it has one.
    fn list_bytes(&self) -> usize {
        if self.subscriptions.spilled() { self.subscriptions.capacity() * size_of::<Subscription>() } else { 0 }
    }
}

impl<T: AsRef<[u8]>> Topics<T> {
    /// About how many bytes they take, with the room there is for more.
    pub(super) fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Topic<T>>() + table_bytes(&self.by_name) + self.outside
    }

    /// How many have a subscriber.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    /// What there is room for in each table.
    #[cfg(test)]
    pub(super) fn rooms(&self) -> [usize; 2] {
        [self.slots.capacity(), self.by_name.capacity()]
    }

    pub(super) fn find(&self, name: &[u8]) -> Option<TopicId> {
        let named = |id: &TopicId| self.get(*id).is_some_and(|topic| topic.subject.as_ref() == name);
        self.by_name.find(self.hasher.hash_one(name), named).copied()
    }

    pub(super) fn get(&self, id: TopicId) -> Option<&Topic<T>> {
        self.slots.get(id as usize)
    }

    pub(super) fn subject(&self, id: TopicId) -> Option<&T> {
        self.get(id).map(|topic| &topic.subject)
    }

    pub(super) fn subject_mut(&mut self, id: TopicId) -> Option<&mut T> {
        self.slots.get_mut(id as usize).map(|topic| &mut topic.subject)
    }

    /// Adds a topic under a name that is not there yet.
    pub(super) fn insert(&mut self, subject: T) -> TopicId {
        let hash = self.hasher.hash_one(subject.as_ref());
        self.outside += subject.as_ref().len();
        let id = self.slots.insert(Topic { subject, subscriptions: SmallVec::new() }) as TopicId;
        let (slots, hasher) = (&self.slots, &self.hasher);
        self.by_name.insert_unique(hash, id, |id| {
            slots.get(*id as usize).map_or(0, |topic| hasher.hash_one(topic.subject.as_ref()))
        });
        id
    }

    /// Adds a subscription at the end of a topic's; its place there.
    pub(super) fn subscribe(&mut self, id: TopicId, subscription: Subscription) -> u32 {
        let Some(topic) = self.slots.get_mut(id as usize) else { return 0 };
        let before = topic.list_bytes();
        topic.subscriptions.push(subscription);
        self.outside += topic.list_bytes() - before;
        topic.subscriptions.len() as u32 - 1
    }

    /// Ends the subscription at a place; the topic's last takes that place.
    pub(super) fn unsubscribe(&mut self, id: TopicId, place: u32) -> Ended<T> {
        let Some(topic) = self.slots.get_mut(id as usize) else { return Ended { moved: None, topic: None } };
        topic.subscriptions.swap_remove(place as usize);
        let (subscriptions, room) = (topic.subscriptions.len(), topic.subscriptions.capacity());
        if room > FEW && subscriptions < room / 8 {
            let before = topic.list_bytes();
            topic.subscriptions.shrink_to_fit();
            self.outside = self.outside.saturating_sub(before - topic.list_bytes());
        }
        if !topic.subscriptions.is_empty() {
            let moved = topic.subscriptions.get(place as usize).map(|moved| moved.client);
            return Ended { moved, topic: None };
        }
        let topic = self.slots.remove(id as usize);
        self.outside = self.outside.saturating_sub(topic.list_bytes() + topic.subject.as_ref().len());
        let topic = topic.subject;
        let hash = self.hasher.hash_one(topic.as_ref());
        if let Ok(entry) = self.by_name.find_entry(hash, |other| *other == id) {
            entry.remove();
        }
        self.give_back();
        Ended { moved: None, topic: Some(topic) }
    }
}

impl<T: AsRef<[u8]>> Topics<T> {
    /// Gives memory back where most topics are gone. A slab shrinks to its last topic however few there are, so that is
    /// tried no more often than their number halves.
    fn give_back(&mut self) {
        let (topics, room) = (self.slots.len(), self.slots.capacity());
        if topics == 0 && room > FEWEST {
            self.slots = Slab::new();
        } else if room > FEW && topics < room / 4 && topics.is_power_of_two() {
            self.slots.shrink_to_fit();
        }
        let (slots, hasher) = (&self.slots, &self.hasher);
        give_back(&mut self.by_name, |id| {
            slots.get(*id as usize).map_or(0, |topic| hasher.hash_one(topic.subject.as_ref()))
        });
    }
}

/// Of so few there is nothing to give back while one is left.
pub(super) const FEW: usize = 64;
/// As much room stays where none is left, for the next one. What had been larger goes: it may stand where it keeps the
/// allocator from giving back what is below it.
const FEWEST: usize = 4;

/// About how many bytes a table takes.
pub(super) fn table_bytes<T>(table: &HashTable<T>) -> usize {
    // Each place has a byte of its own.
    table.capacity() * (size_of::<T>() + 1)
}

/// Gives a table's memory back where most of it is empty. The cost is spread over the removals that led here.
pub(super) fn give_back<T>(table: &mut HashTable<T>, hash: impl Fn(&T) -> u64) {
    if table.is_empty() && table.capacity() > FEWEST {
        *table = HashTable::new();
    } else if table.capacity() > FEW && table.len() < table.capacity() / 8 {
        table.shrink_to(table.len().saturating_mul(2), hash);
    }
}

impl Topics<Key> {
    /// The place of the name, which is added where it is missing.
    pub(super) fn find_or_insert(&mut self, name: &[u8]) -> TopicId {
        self.find(name).unwrap_or_else(|| self.insert(Key::from(name)))
    }

    /// Who is subscribed to the name.
    pub(super) fn subscriptions(&self, name: &[u8]) -> &[Subscription] {
        let topic = self.find(name).and_then(|id| self.get(id));
        topic.map_or(&[], |topic| &topic.subscriptions)
    }

    /// How many subscribers the channel has.
    pub(crate) fn subscribers(&self, name: &[u8]) -> usize {
        self.subscriptions(name).len()
    }

    /// The names that the pattern matches, or all of them.
    pub(crate) fn matching(&self, pattern: Option<&[u8]>) -> impl Iterator<Item = &[u8]> {
        let glob = pattern.map(Glob::new);
        let names = self.slots.iter().map(|(_, topic)| &*topic.subject);
        names.filter(move |name| glob.as_ref().is_none_or(|glob| glob.matches(name)))
    }
}
