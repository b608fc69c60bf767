//! How many bytes the keys take: a running sum that every change tells its difference.
//!
//! What one key takes is known without a walk (`Entry::memory`), so a change knows what it added. A [`Tx`] adds its
//! differences up in its [`Growth`] and tells them at its end, so a command that leaves the sizes as they were touches
//! nothing that threads share.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(test)]
use super::shard::Shard;
use super::{Key, ObjectKind, Tx};
use crate::reclaim::{self, Tide};
use crate::sync::AtomicI64;

/// The bytes that all keys of all databases take.
#[derive(Default)]
pub(crate) struct Memory {
    sum: Sum,
    /// Whether so much has come free that the system is to have it back.
    is_much_free: AtomicBool,
}

/// On cache lines of its own, for every writer writes it.
#[derive(Default)]
#[repr(align(128))]
struct Sum {
    now: AtomicI64,
    peak: AtomicI64,
    tide: Tide,
}

/// Gives back what came free while it was there.
pub(crate) struct GivesBack<'a>(&'a Memory);

impl Memory {
    /// How many bytes the keys take now.
    #[inline]
    pub(crate) fn bytes(&self) -> u64 {
        // It is never below 0: who takes a key out gets its latch after who put it in has told the sum.
        self.sum.now.load(Ordering::Relaxed).unsigned_abs()
    }

    /// How many bytes they took at most.
    pub(crate) fn peak(&self) -> u64 {
        self.sum.peak.load(Ordering::Relaxed).unsigned_abs()
    }

    fn add(&self, difference: i64) {
        let Sum { now, peak, tide } = &self.sum;
        let now = now.fetch_add(difference, Ordering::Relaxed).wrapping_add(difference);
        if now > peak.load(Ordering::Relaxed) {
            peak.fetch_max(now, Ordering::Relaxed);
        }
        if tide.turns(now) {
            self.is_much_free.store(true, Ordering::Relaxed);
        }
    }

    /// To be made before anything is latched, so that it is dropped when nothing is latched any more.
    #[inline]
    pub(crate) fn gives_back(&self) -> GivesBack<'_> {
        GivesBack(self)
    }

    /// What is free is to be given back, however little it is.
    pub(crate) fn purge(&self) {
        self.is_much_free.store(true, Ordering::Relaxed);
    }
}

impl Drop for GivesBack<'_> {
    #[inline]
    fn drop(&mut self) {
        let is_much_free = &self.0.is_much_free;
        if is_much_free.load(Ordering::Relaxed) && is_much_free.swap(false, Ordering::Relaxed) {
            reclaim::give_back();
        }
    }
}

impl Drop for Memory {
    /// The keys are gone.
    fn drop(&mut self) {
        if reclaim::is_much(self.sum.now.load(Ordering::Relaxed)) {
            reclaim::give_back();
        }
    }
}

/// What one command, or transaction, changes of the sum, which hears of it when this is dropped.
pub(super) struct Growth<'a> {
    of: &'a Memory,
    difference: Cell<i64>,
}

impl<'a> Growth<'a> {
    pub(super) fn new(of: &'a Memory) -> Self {
        Self { of, difference: Cell::new(0) }
    }

    /// Something took `before` bytes and takes `after` now.
    #[inline]
    pub(super) fn change(&self, before: usize, after: usize) {
        self.difference.set(self.difference.get().wrapping_add(after as i64).wrapping_sub(before as i64));
    }

    /// Tells the sum what has changed so far.
    #[inline]
    pub(super) fn settle(&self) {
        let difference = self.difference.take();
        if difference != 0 {
            self.of.add(difference);
        }
    }
}

impl Drop for Growth<'_> {
    #[inline]
    fn drop(&mut self) {
        self.settle();
    }
}

/// A value of one type, for writing. When it is dropped, what it has grown by counts.
pub(crate) struct Write<'t, T: ObjectKind> {
    value: &'t mut T,
    before: usize,
    growth: &'t Growth<'t>,
}

impl<'t, T: ObjectKind> Write<'t, T> {
    #[inline]
    pub(super) fn new(value: &'t mut T, growth: &'t Growth<'t>) -> Self {
        Self { before: value.heap_bytes(), value, growth }
    }
}

impl<T: ObjectKind> Deref for Write<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.value
    }
}

impl<T: ObjectKind> DerefMut for Write<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.value
    }
}

impl<T: ObjectKind> Drop for Write<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.growth.change(self.before, self.value.heap_bytes());
    }
}

impl Tx<'_> {
    /// About how many bytes the key takes with its value.
    pub(crate) fn memory_of(&self, key: &[u8]) -> Option<usize> {
        self.get(key).map(|entry| entry.memory(&Key::from(key), entry.line.expires()))
    }

    /// About how many bytes the keys of the database take, which is latched as a whole: a walk over all of them.
    #[cfg(test)]
    pub(crate) fn walked_memory(&self) -> usize {
        self.held.shards(self.keyspace).map(Shard::walked_memory).fold(0, usize::saturating_add)
    }

    /// About how many bytes the keys of all databases take, what this transaction has changed so far included.
    pub(crate) fn memory(&self) -> u64 {
        self.growth.settle();
        self.engine().memory.bytes()
    }
}
