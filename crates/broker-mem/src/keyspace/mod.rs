//! The keys and what they hold.
//!
//! A database's values live in a [`DashMap`]. Beside it stands one latch for each shard of that map (see [`latches`]):
//! a command first takes the latches of all its keys, then works through a [`Tx`]. Whoever holds a shard's latch is the
//! only one to touch that shard, so the map's own locks are never waited for, and commands on many keys are atomic, in
//! however many databases.
//!
//! Lock order: latches by database and then by shard, then the pub/sub registry, then a watch list or a queue.

mod databases;
mod entry;
mod evict;
mod latches;
mod memory;
#[cfg(test)]
mod tests;
mod tx;
mod whole;

use std::sync::Arc;

use ahash::RandomState;
use dashmap::DashMap;
pub(crate) use databases::{Databases, Wanted};
pub(crate) use entry::Entry;
pub(crate) use evict::Policy;
pub(crate) use latches::{Held, Latches};
pub(crate) use memory::Memory;
pub(crate) use tx::{Read, Tx};

pub(crate) use crate::objects::{Object, ObjectKind};
use crate::watch::WatchList;

/// A key, shared by the map and by the indexes beside it.
pub(crate) type Key = Arc<[u8]>;

/// How many shards a map has: enough that two threads seldom meet, few enough to latch all, and a bit each in
/// [`Wanted`].
const SHARDS: usize = u64::BITS as usize;

/// One database.
pub(crate) struct Keyspace {
    number: u32,
    map: DashMap<Key, Entry, RandomState>,
    latches: Latches,
    /// Who watches keys of this number's database, whatever it holds after a SWAPDB.
    pub(crate) watches: WatchList,
}

impl Keyspace {
    /// How many bytes its shards take without a key: in the map, on cache lines of their own, and their latches.
    const SHARD_BYTES: usize = SHARDS * (128 + Latches::BYTES_EACH);

    fn new(number: u32, hasher: RandomState) -> Self {
        Self {
            number,
            map: DashMap::with_hasher_and_shard_amount(hasher, SHARDS),
            latches: Latches::new(SHARDS),
            watches: WatchList::default(),
        }
    }

    /// The number of the database.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// The shard that a key belongs to.
    fn shard(&self, key: &[u8]) -> usize {
        self.map.determine_map(key)
    }

    /// Latches the shard of one key: what most commands do.
    #[inline]
    pub(crate) fn latch_one(&self, key: &[u8]) -> Held<'_> {
        Held::one(self, self.shard(key))
    }

    /// Latches the whole database.
    pub(crate) fn latch_all(&self) -> Held<'_> {
        let mut held = Held::default();
        held.take(self, u64::MAX);
        held
    }
}
