//! The keys and what they hold.
//!
//! Values live in a [`DashMap`]. Beside it stands one latch for each shard of that map (see [`latches`]): a command
//! first takes the latches of all its keys, then works through a [`Tx`]. Whoever holds a shard's latch is the only one
//! to touch that shard, so the map's own locks are never waited for, and commands on many keys are atomic.
//!
//! Lock order: latches in ascending order, then either the watch list or the pub/sub registry, then a queue.

mod entry;
mod latches;
#[cfg(test)]
mod tests;
mod tx;

use std::sync::Arc;

use ahash::RandomState;
use dashmap::DashMap;
pub(crate) use entry::{Entry, Object, ObjectKind};
pub(crate) use latches::{Held, Latches};
pub(crate) use tx::{Read, Tx};

/// A key, shared by the map and by the indexes beside it.
pub(crate) type Key = Arc<[u8]>;

/// How many shards the map has: enough that two threads seldom meet, few enough to latch all.
const SHARDS: usize = 64;

pub(crate) struct Keyspace {
    map: DashMap<Key, Entry, RandomState>,
    latches: Latches,
}

impl Keyspace {
    pub(crate) fn new(hasher: RandomState) -> Self {
        Self { map: DashMap::with_hasher_and_shard_amount(hasher, SHARDS), latches: Latches::new(SHARDS) }
    }

    /// Latches the shards of these keys; no key at all latches nothing.
    pub(crate) fn latch<'k>(&self, keys: impl IntoIterator<Item = &'k [u8]>) -> Held<'_> {
        self.latches.hold(keys.into_iter().map(|key| self.map.determine_map(key)))
    }

    /// Latches the shard of one key: what most commands do.
    pub(crate) fn latch_one(&self, key: &[u8]) -> Held<'_> {
        self.latches.hold_one(self.map.determine_map(key))
    }

    /// Latches the whole keyspace.
    pub(crate) fn latch_all(&self) -> Held<'_> {
        self.latches.hold(0..SHARDS)
    }
}
