//! What a key holds: an object of one of Redis's types, and when it was used.

use std::sync::atomic::{AtomicU32, Ordering};

use dashmap::SharedValue;

use super::Key;
use super::books::{Expiring, Line};
use crate::objects::Object;

pub(crate) struct Entry {
    pub(crate) object: Object,
    /// Where the shard's books have the key, and its deadline if there is one.
    pub(super) line: Line,
    /// When the key was last read or written, in seconds since the epoch. Its latch orders it; it is an atomic only
    /// because readers, who write it, have a shared reference.
    pub(super) used: AtomicU32,
}

impl Entry {
    /// About how many bytes the entry takes, with its key and its value. It is known without a walk, and
    /// `keyspace::memory` has the sum of all.
    pub(super) fn memory(&self, key: &Key, expires: bool) -> usize {
        /// A slot of the map with its control byte, and a place in the books. Both double when they are full, so that
        /// two thirds of them are in use on average.
        const SLOTS: usize = (size_of::<(Key, SharedValue<Entry>)>() + 1 + size_of::<u64>()) * 3 / 2;

        let (deadline, value) = (if expires { DEADLINE_BYTES } else { 0 }, self.object.heap_bytes());
        SLOTS.saturating_add(key.heap_bytes()).saturating_add(deadline).saturating_add(value)
    }

    /// Notes that the key is read or written now.
    #[inline]
    pub(super) fn use_at(&self, seconds: u32) {
        self.used.store(seconds, Ordering::Relaxed);
    }

    /// When the key was last read or written, in seconds since the epoch.
    pub(crate) fn last_used(&self) -> u32 {
        self.used.load(Ordering::Relaxed)
    }
}

/// About how many bytes a deadline takes: a place in the books and one in their tree, both two thirds full.
pub(super) const DEADLINE_BYTES: usize = (size_of::<Expiring>() + size_of::<(u64, u32)>()) * 3 / 2;
