//! What is kept of a shard beside the map: its keys in a row, for SCAN and RANDOMKEY, and its deadlines in order.
//!
//! Few commands need any of it: those that bring a key, take one away, or deal in deadlines. An entry knows its
//! [`Line`] in the books, and the books know a key by its hash, so neither costs much beside the other.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The books of one shard. On cache lines of its own, so that threads on neighbouring shards don't slow each other.
#[derive(Default)]
#[repr(align(128))]
pub(super) struct Books {
    /// How many keys have a deadline: what a write looks at before it looks at any.
    expiring: AtomicU32,
    /// How often a key was looked for and not found, and how often it was found.
    lookups: [AtomicU64; 2],
    /// Locked only by who has latched the shard, so never waited for.
    lines: Mutex<Lines>,
}

/// How often commands that read looked for a key.
#[derive(Clone, Copy, Default)]
pub(crate) struct Lookups {
    /// The key was there.
    pub(crate) hits: u64,
    /// It was not.
    pub(crate) misses: u64,
}

impl Lookups {
    /// Both numbers together with those of others.
    pub(super) fn with(self, other: Self) -> Self {
        Self { hits: self.hits.wrapping_add(other.hits), misses: self.misses.wrapping_add(other.misses) }
    }

    /// What came after `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self { hits: self.hits.wrapping_sub(before.hits), misses: self.misses.wrapping_sub(before.misses) }
    }
}

#[derive(Default)]
pub(super) struct Lines {
    /// The hash of every key of the shard.
    pub(super) keys: Vec<u64>,
    /// The keys that have a deadline.
    pub(super) expiring: Vec<Expiring>,
    /// Places in `expiring` by when, in milliseconds since the epoch.
    pub(super) order: BTreeSet<(u64, u32)>,
    /// Writes since the last sweep, while there are deadlines.
    pub(super) writes: u8,
}

#[derive(Clone, Copy)]
pub(super) struct Expiring {
    /// In milliseconds since the epoch.
    pub(super) deadline: u64,
    /// The place of the key in `keys`.
    pub(super) place: u32,
}

/// Where the books have a key: its place in `keys`, or, where it has a deadline, in `expiring`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line(u32);

impl Line {
    const EXPIRES: u32 = 1 << 31;

    /// # Panics
    ///
    /// For the key number 2^31 of a shard: with all others of its database it would take some terabytes.
    fn new(place: usize) -> Self {
        assert!(place < Self::EXPIRES as usize, "a shard has fewer than 2^31 keys");
        Self(place as u32)
    }

    fn expiring(place: usize) -> Self {
        Self(Self::new(place).0 | Self::EXPIRES)
    }

    /// Whether the key has a deadline.
    #[inline]
    pub(super) fn expires(self) -> bool {
        self.0 & Self::EXPIRES != 0
    }

    fn index(self) -> usize {
        (self.0 & !Self::EXPIRES) as usize
    }
}

impl Books {
    #[inline]
    pub(super) fn any_expires(&self) -> bool {
        self.expiring.load(Ordering::Relaxed) > 0
    }

    /// Counts a lookup. Only who has latched the shard counts here, so nothing is lost between load and store.
    #[inline]
    pub(super) fn count_lookup(&self, found: bool) {
        let counter = &self.lookups[usize::from(found)];
        counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    /// The lookups so far; a moment old where the shard is not latched.
    pub(super) fn lookups(&self) -> Lookups {
        let [misses, hits] = self.lookups.each_ref().map(|counter| counter.load(Ordering::Relaxed));
        Lookups { hits, misses }
    }

    /// A command that panics may leave its own key half way or gone, as Redis does when it crashes; the books are
    /// whole, so others go on.
    pub(super) fn open(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the books.
    pub(super) fn edit<T>(&self, edit: impl FnOnce(&mut Lines) -> T) -> T {
        let mut lines = self.open();
        let outcome = edit(&mut lines);
        self.expiring.store(lines.expiring.len() as u32, Ordering::Relaxed);
        outcome
    }
}

impl Lines {
    /// Puts down a new key, without a deadline.
    pub(super) fn add(&mut self, hash: u64) -> Line {
        let line = Line::new(self.keys.len());
        self.keys.push(hash);
        line
    }

    /// The place of a key among all keys.
    pub(super) fn place(&self, line: Line) -> usize {
        if line.expires() { self.expiring[line.index()].place as usize } else { line.index() }
    }

    pub(super) fn deadline(&self, line: Line) -> Option<u64> {
        line.expires().then(|| self.expiring[line.index()].deadline)
    }

    /// Gives a key a deadline, its first or another one.
    pub(super) fn expire(&mut self, line: Line, deadline: u64) -> Line {
        let line = if line.expires() {
            let expiring = &mut self.expiring[line.index()];
            self.order.remove(&(expiring.deadline, line.index() as u32));
            expiring.deadline = deadline;
            line
        } else {
            let place = line.index() as u32;
            self.expiring.push(Expiring { deadline, place });
            Line::expiring(self.expiring.len() - 1)
        };
        self.order.insert((deadline, line.index() as u32));
        line
    }

    /// Takes a deadline away. The last of `expiring` takes its place there: `moved` hears of that one's hash, old line
    /// and new line.
    pub(super) fn persist(&mut self, line: Line, moved: impl FnOnce(u64, Line, Line)) -> Line {
        if !line.expires() {
            return line;
        }
        let at = line.index();
        let Expiring { deadline, place } = self.expiring.swap_remove(at);
        self.order.remove(&(deadline, at as u32));
        give_back(&mut self.expiring);
        if let Some(last) = self.expiring.get(at) {
            let from = self.expiring.len();
            self.order.remove(&(last.deadline, from as u32));
            self.order.insert((last.deadline, at as u32));
            moved(self.keys[last.place as usize], Line::expiring(from), line);
        }
        Line(place)
    }

    /// Strikes out a key that has no deadline any more. The last key takes its place: `moved` finds that one's line by
    /// its hash and its old place.
    pub(super) fn strike<'e>(&mut self, line: Line, moved: impl FnOnce(&Self, u64, usize) -> Option<&'e mut Line>) {
        let at = line.index();
        self.keys.swap_remove(at);
        give_back(&mut self.keys);
        let Some(hash) = self.keys.get(at) else { return };
        let Some(last) = moved(self, *hash, self.keys.len()) else { return };
        if last.expires() {
            self.expiring[last.index()].place = at as u32;
        } else {
            *last = line;
        }
    }
}

/// Gives memory back where most items are gone. The cost is spread over the removals that led here.
fn give_back<T>(items: &mut Vec<T>) {
    if items.is_empty() && items.capacity() > 4 {
        *items = Vec::new();
    } else if items.capacity() > 64 && items.len() < items.capacity() / 4 {
        items.shrink_to(items.len() * 2);
    }
}
