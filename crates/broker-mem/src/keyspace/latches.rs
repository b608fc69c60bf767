//! One latch for each shard of the map, taken in ascending order so that no two commands wait for each other.
//!
//! A latch guards its [`Shard`]'s bookkeeping and, by convention, the map's shard of the same number.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use smallvec::SmallVec;

use super::Key;

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

/// Latches that are held, in ascending order of their numbers.
#[derive(Default)]
pub(crate) struct Held<'a>(SmallVec<[(usize, MutexGuard<'a, Shard>); 1]>);

impl Latches {
    pub(super) fn new(shards: usize) -> Self {
        Self((0..shards).map(|_| Latch::default()).collect())
    }

    pub(super) fn hold_one(&self, number: usize) -> Held<'_> {
        Held(SmallVec::from_buf([(number, self.0[number].lock())]))
    }

    /// Takes the latches with these numbers, given in any order.
    pub(super) fn hold(&self, shards: impl IntoIterator<Item = usize>) -> Held<'_> {
        let mut numbers: SmallVec<[usize; 4]> = shards.into_iter().collect();
        if numbers.len() > 1 {
            numbers.sort_unstable();
            numbers.dedup();
        }
        Held(numbers.into_iter().map(|number| (number, self.0[number].lock())).collect())
    }
}

impl Latch {
    /// A command that panics while it holds a latch may leave its own key as it was, half way or gone, as Redis does
    /// when it crashes; the bookkeeping itself is whole, so others go on.
    fn lock(&self) -> MutexGuard<'_, Shard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    /// The shards that are held.
    pub(super) fn shards(&mut self) -> impl DoubleEndedIterator<Item = (usize, &mut Shard)> {
        self.0.iter_mut().map(|(number, shard)| (*number, &mut **shard))
    }

    /// The shard with this number.
    ///
    /// # Panics
    ///
    /// If its latch is not held: a handler reached for a key that its row in the table does not name.
    pub(super) fn shard(&mut self, number: usize) -> &mut Shard {
        match self.0.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(at) => &mut self.0[at].1,
            Err(_) => unreachable!("a handler works on the keys that its row names"),
        }
    }
}
