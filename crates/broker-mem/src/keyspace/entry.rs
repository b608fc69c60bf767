//! What a key holds: an object of one of Redis's types, and when it expires.

use std::sync::atomic::{AtomicU32, Ordering};

use embroker_core::ServerError;
use embroker_core::error::texts;

use super::Key;
use crate::objects::{Object, ObjectKind};

pub(crate) struct Entry {
    pub(crate) object: Object,
    /// When the key expires, in milliseconds since the epoch.
    pub(super) deadline: Option<u64>,
    /// The place of the key in its shard's vector of keys.
    pub(super) place: u32,
    /// When the key was last read or written, in seconds since the epoch. Its latch orders it; it is an atomic only
    /// because readers, who write it, have a shared reference.
    pub(super) used: AtomicU32,
}

impl Entry {
    /// About how many bytes the entry takes, with a key of this length and its value. It is known without a walk, and
    /// `keyspace::memory` has the sum of all.
    pub(super) fn memory(&self, key: usize) -> usize {
        /// An allocation that is shared has two counters before it.
        const COUNTERS: usize = 2 * size_of::<usize>();
        /// A slot of the map and one of the shard's vector of keys. Both double when they are full, so that two thirds
        /// of them are in use on average.
        const SLOTS: usize = (size_of::<(Key, Entry)>() + 1 + size_of::<Key>()) * 3 / 2;

        let value = self.object.heap_bytes();
        (COUNTERS + SLOTS).saturating_add(key).saturating_add(deadline_memory(self.deadline)).saturating_add(value)
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

/// About how many bytes a deadline takes: a place in the shard's tree, whose nodes are two thirds full.
pub(super) const fn deadline_memory(deadline: Option<u64>) -> usize {
    if deadline.is_some() { size_of::<(u64, Key)>() * 3 / 2 } else { 0 }
}

impl Entry {
    /// When the key expires, in milliseconds since the epoch.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.deadline
    }
}

/// The value as the type that a command works on, or `WRONGTYPE`.
pub(super) fn expect<T: ObjectKind>(object: &Object) -> Result<&T, ServerError> {
    T::of(object).ok_or(texts::WRONG_TYPE)
}
