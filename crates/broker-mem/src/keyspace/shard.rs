//! A shard of a database that is latched: its part of the map, and its books.
//!
//! The map and the books agree whenever no method of [`Shard`] runs.

use std::ops::Range;
use std::sync::atomic::AtomicU32;

use dashmap::{RwLockWriteGuard, SharedValue};
use hashbrown::raw::RawTable;

use super::books::{Books, Line, Lines};
use super::{Entry, Key, Keyspace, Object};
use crate::sync::Gate;

/// How many writes to a shard pay for one look at its deadlines.
const WRITES_PER_SWEEP: u8 = 16;

/// A shard of the map.
type Table = RawTable<(Key, SharedValue<Entry>)>;

pub(crate) struct Shard<'a> {
    pub(super) keyspace: &'a Keyspace,
    pub(super) number: usize,
    table: RwLockWriteGuard<'a, Table>,
    // Behind the latch, so that it is dropped after it.
    _gate: Gate<'a>,
}

/// What was kept of a key.
pub(super) struct Removed {
    pub(super) key: Key,
    pub(super) entry: Entry,
    pub(super) deadline: Option<u64>,
}

impl Removed {
    /// See [`Entry::memory`].
    pub(super) fn memory(&self) -> usize {
        self.entry.memory(&self.key, self.deadline.is_some())
    }
}

impl<'a> Shard<'a> {
    /// Waits for the latch.
    #[inline]
    pub(super) fn latch(keyspace: &'a Keyspace, number: usize) -> Self {
        let gate = keyspace.gates.pass(number);
        Self { keyspace, number, table: keyspace.map.shards()[number].write(), _gate: gate }
    }

    /// The number of its database and its own: the order that latches are taken in.
    #[inline]
    pub(super) fn place(&self) -> (u32, usize) {
        (self.keyspace.number, self.number)
    }

    #[inline]
    pub(super) fn get(&self, hash: u64, key: &[u8]) -> Option<&Entry> {
        self.table.get(hash, |(other, _)| **other == *key).map(|(_, entry)| entry.get())
    }

    #[inline]
    pub(super) fn get_mut(&mut self, hash: u64, key: &[u8]) -> Option<&mut Entry> {
        self.table.get_mut(hash, |(other, _)| **other == *key).map(|(_, entry)| entry.get_mut())
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether any key has a deadline: one load.
    #[inline]
    pub(super) fn any_expires(&self) -> bool {
        self.books().any_expires()
    }

    /// When an entry's key expires, in milliseconds since the epoch.
    #[inline]
    pub(super) fn deadline(&self, entry: &Entry) -> Option<u64> {
        if entry.line.expires() { self.look(|lines| lines.deadline(entry.line)) } else { None }
    }

    /// Puts a key in that is not there; how many bytes it takes.
    pub(super) fn insert(&mut self, hash: u64, key: &[u8], object: Object, used: u32, deadline: Option<u64>) -> usize {
        let line = self.books().edit(|lines| {
            let line = lines.add(hash);
            deadline.map_or(line, |deadline| lines.expire(line, deadline))
        });
        let (key, entry) = (Key::from(key), Entry { object, line, used: AtomicU32::new(used) });
        let memory = entry.memory(&key, deadline.is_some());
        let keyspace = self.keyspace;
        self.table.insert_entry(hash, (key, SharedValue::new(entry)), |(key, _)| keyspace.hash(key));
        memory
    }

    /// Takes a key out.
    pub(super) fn remove(&mut self, hash: u64, key: &[u8]) -> Option<Removed> {
        let (key, entry) = self.table.remove_entry(hash, |(other, _)| **other == *key)?;
        let entry = entry.into_inner();
        let (books, table) = (self.books(), &mut *self.table);
        let deadline = books.edit(|lines| {
            let deadline = lines.deadline(entry.line);
            let line = lines.persist(entry.line, |hash, from, to| relocate(table, hash, from, to));
            lines.strike(line, |lines, hash, place| {
                let stands_there = |entry: &Entry| lines.place(entry.line) == place;
                let (_, last) = table.get_mut(hash, |(_, entry)| stands_there(entry.get()))?;
                Some(&mut last.get_mut().line)
            });
            deadline
        });
        self.give_back();
        Some(Removed { key, entry, deadline })
    }

    /// Gives memory back where most slots are empty. The cost is spread over the removals that led here.
    fn give_back(&mut self) {
        const FEW: usize = 64;
        // What had been larger and is empty goes: it may stand where it keeps the allocator from giving back what is
        // below it.
        const FEWEST: usize = 4;

        let (keys, slots) = (self.table.len(), self.table.buckets());
        if keys == 0 && slots > FEWEST {
            *self.table = Table::new();
        } else if slots > FEW && keys < slots / 8 {
            let keyspace = self.keyspace;
            self.table.shrink_to(keys.saturating_mul(2), |(key, _)| keyspace.hash(key));
        }
    }

    /// Sets or clears the deadline of a key; the one before. Nothing where there is no such key.
    pub(super) fn set_deadline(&mut self, hash: u64, key: &[u8], deadline: Option<u64>) -> Option<u64> {
        let line = self.get(hash, key)?.line;
        if deadline.is_none() && !line.expires() {
            return None;
        }
        let (books, table) = (self.books(), &mut *self.table);
        let (before, after) = books.edit(|lines| {
            let before = lines.deadline(line);
            let after = match deadline {
                Some(deadline) => lines.expire(line, deadline),
                None => lines.persist(line, |hash, from, to| relocate(table, hash, from, to)),
            };
            (before, after)
        });
        if let Some(entry) = self.get_mut(hash, key) {
            entry.line = after;
        }
        before
    }

    /// Counts a write; whether it is the turn of this one to remove keys whose time is over.
    #[inline]
    pub(super) fn pays(&self) -> bool {
        self.any_expires()
            && self.look(|lines| {
                lines.writes = (lines.writes + 1) % WRITES_PER_SWEEP;
                lines.writes == 0
            })
    }

    /// Up to `most` keys whose deadline is before `now`, each with that deadline.
    pub(super) fn expired(&self, now: u64, most: usize) -> Vec<(u64, Key)> {
        if !self.any_expires() {
            return Vec::new();
        }
        self.look(|lines| {
            let over = lines.order.iter().take_while(|(deadline, _)| *deadline < now).take(most);
            over.filter_map(|(deadline, at)| {
                let (key, _) = self.at(lines, lines.expiring[*at as usize].place)?;
                Some((*deadline, key.clone()))
            })
            .collect()
        })
    }

    /// The keys in a range of places, from its end to its start.
    pub(super) fn keys(&self, places: Range<usize>) -> Vec<Key> {
        self.look(|lines| {
            let keys = places.rev().filter_map(|place| self.at(lines, place as u32));
            keys.map(|(key, _)| key.clone()).collect()
        })
    }

    /// The key and the entry that stand at a place of the books.
    pub(super) fn at(&self, lines: &Lines, place: u32) -> Option<(&Key, &Entry)> {
        let hash = lines.keys.get(place as usize)?;
        let stands_there = |entry: &Entry| lines.place(entry.line) == place as usize;
        self.table.get(*hash, |(_, entry)| stands_there(entry.get())).map(|(key, entry)| (key, entry.get()))
    }

    /// About how many bytes all keys take: a walk.
    #[cfg(test)]
    pub(super) fn walked_memory(&self) -> usize {
        self.look(|lines| {
            let places = 0..lines.keys.len() as u32;
            let entries = places.filter_map(|place| self.at(lines, place));
            entries.map(|(key, entry)| entry.memory(key, entry.line.expires())).fold(0, usize::saturating_add)
        })
    }

    /// Removes all keys; about how many bytes they took.
    pub(super) fn clear(&mut self) -> usize {
        self.books().edit(|lines| *lines = Lines::default());
        let table = std::mem::replace(&mut *self.table, Table::new());
        let entries = table.into_iter().map(|(key, entry)| (key, entry.into_inner()));
        entries.map(|(key, entry)| entry.memory(&key, entry.line.expires())).fold(0, usize::saturating_add)
    }

    /// Swaps all that two shards hold. Both hash alike.
    pub(super) fn swap(&mut self, other: &mut Self) {
        std::mem::swap(&mut *self.table, &mut *other.table);
        let [mine, theirs] = [&*self, &*other].map(Self::books);
        mine.edit(|mine| theirs.edit(|theirs| std::mem::swap(mine, theirs)));
    }

    #[inline]
    pub(super) fn books(&self) -> &'a Books {
        &self.keyspace.books[self.number]
    }

    /// Looks into the books.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut Lines) -> T) -> T {
        look(&mut self.books().open())
    }
}

/// The books have a key on another line.
fn relocate(table: &mut Table, hash: u64, from: Line, to: Line) {
    if let Some((_, entry)) = table.get_mut(hash, |(_, entry)| entry.get().line == from) {
        entry.get_mut().line = to;
    }
}
