//! One latch for each shard of a database's map. They are taken in ascending order, by database and then by shard, so
//! that no two commands wait for each other.
//!
//! A latch guards its [`Shard`]'s bookkeeping and, by convention, the map's shard of the same number.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;

use super::{Key, Keyspace};

/// What is kept of a shard beside the map: its keys in a vector, for SCAN and RANDOMKEY, and its deadlines in order.
#[derive(Default)]
pub(crate) struct Shard {
    /// Every key of the shard; an entry knows its place.
    pub(super) keys: Vec<Key>,
    /// The keys that expire, by when, in milliseconds since the epoch.
    pub(super) deadlines: BTreeSet<(u64, Key)>,
    /// Writes since the last sweep.
    pub(super) writes: u8,
}

impl Shard {
    /// Gives memory back where most of the keys are gone. The cost is spread over the removals that led here.
    pub(super) fn give_back(&mut self) {
        if self.keys.capacity() > 64 && self.keys.len() < self.keys.capacity() / 4 {
            self.keys.shrink_to(self.keys.len() * 2);
        }
    }
}

pub(crate) struct Latches(Box<[Latch]>);

/// On cache lines of its own, so that threads on neighbouring latches don't slow each other.
#[repr(align(128))]
#[derive(Default)]
struct Latch(Mutex<Shard>);

/// Which latch: the number of its database and of its shard there, the order they are taken in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    database: u32,
    shard: u32,
}

/// Latches that are held, in ascending order of their places.
#[derive(Default)]
pub(crate) struct Held<'a>(SmallVec<[(Place, MutexGuard<'a, Shard>); 1]>);

impl Latches {
    /// How many bytes one latch takes, with the books of an empty shard.
    pub(super) const BYTES_EACH: usize = size_of::<Latch>();

    pub(super) fn new(shards: usize) -> Self {
        Self((0..shards).map(|_| Latch::default()).collect())
    }
}

impl Latch {
    /// A command that panics while it holds a latch may leave its own key as it was, half way or gone, as Redis does
    /// when it crashes; the bookkeeping itself is whole, so others go on.
    fn lock(&self) -> MutexGuard<'_, Shard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn new(keyspace: &Keyspace, shard: usize) -> Self {
        Self { database: keyspace.number, shard: shard as u32 }
    }
}

impl<'a> Held<'a> {
    /// Takes one latch.
    #[inline]
    pub(super) fn one(keyspace: &'a Keyspace, shard: usize) -> Self {
        Self(SmallVec::from_buf([(Place::new(keyspace, shard), keyspace.latches.0[shard].lock())]))
    }

    /// Takes the latches of the shards whose bits are set, in a database after all of which latches are held.
    pub(super) fn take(&mut self, keyspace: &'a Keyspace, shards: u64) {
        let mut left = shards;
        while left != 0 {
            let shard = left.trailing_zeros() as usize;
            self.0.push((Place::new(keyspace, shard), keyspace.latches.0[shard].lock()));
            left &= left - 1;
        }
    }

    /// The shards of a database that are held, with their numbers.
    pub(super) fn shards(&mut self, keyspace: &Keyspace) -> impl Iterator<Item = (usize, &mut Shard)> + use<'_, 'a> {
        let number = keyspace.number;
        let held = self.0.iter_mut().filter(move |(place, _)| place.database == number);
        held.map(|(place, shard)| (place.shard as usize, &mut **shard))
    }

    /// A shard of a database.
    ///
    /// # Panics
    ///
    /// If its latch is not held: a handler reached for a key that its row in the table does not name.
    pub(super) fn shard(&mut self, keyspace: &Keyspace, shard: usize) -> &mut Shard {
        match self.0.binary_search_by_key(&Place::new(keyspace, shard), |(place, _)| *place) {
            Ok(at) => &mut self.0[at].1,
            Err(_) => unreachable!("a handler works on the keys that its row names"),
        }
    }

    /// Swaps the books of two databases that are held as a whole.
    pub(super) fn swap(&mut self, first: &Keyspace, second: &Keyspace) {
        let (low, high) = (first.number.min(second.number), first.number.max(second.number));
        let split = self.0.partition_point(|(place, _)| place.database < high);
        let (lower, upper) = self.0.split_at_mut(split);
        let lower = lower.iter_mut().filter(|(place, _)| place.database == low);
        for ((_, one), (_, other)) in lower.zip(upper) {
            std::mem::swap(&mut **one, &mut **other);
        }
    }

    /// The numbers of the databases that something is held of.
    pub(super) fn databases(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.0.iter().map(|(place, _)| place.database).collect();
        numbers.dedup();
        numbers
    }
}
