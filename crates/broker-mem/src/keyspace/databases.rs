//! The numbered databases of one broker, and how a command latches what it reaches in them.
//!
//! A database is made when it is first used and stays for good, so that an idle broker is small. All of them hash
//! alike, which is what lets two of them swap shard by shard.

use std::sync::OnceLock;

use ahash::RandomState;
use embroker_core::ServerError;
use embroker_core::error::texts;
use smallvec::SmallVec;

use super::{Held, Keyspace, Lookups};

pub(crate) struct Databases {
    slots: Box<[OnceLock<Keyspace>]>,
    hasher: RandomState,
}

/// What a command, or a transaction, is to latch: for each database, in ascending order, a bit for each shard.
#[derive(Default)]
pub(crate) struct Wanted {
    shards: SmallVec<[(u32, u64); 2]>,
    everything: bool,
}

impl Databases {
    pub(crate) fn new(count: u32, hasher: RandomState) -> Self {
        Self { slots: (0..count).map(|_| OnceLock::new()).collect(), hasher }
    }

    /// How many bytes they take without a key, the first one made.
    pub(crate) fn own_bytes(&self) -> usize {
        self.slots.len().saturating_mul(size_of::<OnceLock<Keyspace>>()).saturating_add(Keyspace::SHARD_BYTES)
    }

    /// Whether there is a database of this number.
    pub(crate) fn have(&self, number: u32) -> bool {
        (number as usize) < self.slots.len()
    }

    /// Refuses a number of which there is no database.
    pub(crate) fn check(&self, number: u32) -> Result<(), ServerError> {
        if self.have(number) { Ok(()) } else { Err(texts::DB_OUT_OF_RANGE) }
    }

    /// The database of a number that [there is](Self::have).
    #[inline]
    pub(crate) fn get(&self, number: u32) -> &Keyspace {
        self.slots[number as usize].get_or_init(|| Keyspace::new(number, self.hasher.clone()))
    }

    /// The databases that somebody has used.
    pub(crate) fn made(&self) -> impl Iterator<Item = &Keyspace> {
        self.slots.iter().filter_map(OnceLock::get)
    }

    /// The lookups so far, in all of them.
    pub(crate) fn lookups(&self) -> Lookups {
        self.made().map(Keyspace::lookups).fold(Lookups::default(), Lookups::with)
    }

    /// Takes the latches that are wanted.
    pub(crate) fn latch(&self, mut wanted: Wanted) -> Held<'_> {
        if !wanted.everything {
            return self.take(&wanted);
        }
        loop {
            let before = self.made().count();
            self.made().for_each(|keyspace| wanted.whole(keyspace));
            let held = self.take(&wanted);
            // A database that was made meanwhile may hold a key by now, one that was written before another that is
            // latched here. Databases are only ever made, so this comes to an end.
            if self.made().count() == before {
                return held;
            }
        }
    }

    fn take(&self, wanted: &Wanted) -> Held<'_> {
        Held::take(wanted.shards.iter().map(|(number, shards)| (self.get(*number), *shards)))
    }
}

impl Wanted {
    /// The shard of a key.
    #[inline]
    pub(crate) fn key(&mut self, keyspace: &Keyspace, key: &[u8]) {
        *self.of(keyspace) |= 1 << keyspace.shard(keyspace.hash(key));
    }

    /// All of a database.
    pub(crate) fn whole(&mut self, keyspace: &Keyspace) {
        *self.of(keyspace) = u64::MAX;
    }

    /// All databases.
    pub(crate) fn everything(&mut self) {
        self.everything = true;
    }

    #[inline]
    fn of(&mut self, keyspace: &Keyspace) -> &mut u64 {
        // Nearly always the first that is there, or that is to be.
        let at = match self.shards.first() {
            Some((number, _)) if *number == keyspace.number => 0,
            _ => self.place(keyspace.number),
        };
        &mut self.shards[at].1
    }

    /// Where a database stands, after it was put there.
    fn place(&mut self, number: u32) -> usize {
        let place = self.shards.binary_search_by_key(&number, |(number, _)| *number);
        place.unwrap_or_else(|at| {
            self.shards.insert(at, (number, 0));
            at
        })
    }
}
