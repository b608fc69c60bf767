//! The keys and what they hold.
//!
//! A database's values live in a [`DashMap`], whose own shard locks are the latches (see [`latches`]): a command takes
//! those of all its keys, each as a [`Shard`](shard::Shard), and works through a [`Tx`] on what it holds. Whoever holds
//! a latch is the only one to touch that shard, so commands on many keys are atomic, in however many databases. Beside
//! each shard are its [`books`].
//!
//! Lock order: latches by database and then by shard, then a shard's books, then the pub/sub registry, then a watch
//! list or a queue.

mod books;
mod databases;
mod entry;
mod evict;
mod key;
mod latches;
mod memory;
mod shard;
#[cfg(test)]
mod tests;
mod tx;
mod whole;

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;
use dashmap::DashMap;
pub(crate) use databases::{Databases, Wanted};
pub(crate) use entry::Entry;
pub(crate) use evict::Policy;
pub(crate) use key::Key;
pub(crate) use latches::Held;
pub(crate) use memory::Memory;
pub(crate) use tx::Tx;

use self::books::Books;
pub(crate) use self::books::Lookups;
pub(crate) use crate::objects::{Object, ObjectKind};
use crate::sync::Gates;
use crate::watch::WatchList;

/// How many shards a map has: enough that two threads seldom meet, few enough to latch all, and a bit each in
/// [`Wanted`].
const SHARDS: usize = u64::BITS as usize;

/// One database.
pub(crate) struct Keyspace {
    number: u32,
    gates: Gates,
    map: DashMap<Key, Entry, RandomState>,
    books: Box<[Books]>,
    /// Who watches keys of this number's database, whatever it holds after a SWAPDB.
    pub(crate) watches: WatchList,
}

impl Keyspace {
    /// How many bytes its shards take without a key: in the map, on cache lines of their own, and their books.
    const SHARD_BYTES: usize = SHARDS * (128 + size_of::<Books>());

    fn new(number: u32, hasher: RandomState) -> Self {
        Self {
            number,
            gates: Gates::new(SHARDS),
            map: DashMap::with_hasher_and_shard_amount(hasher, SHARDS),
            books: (0..SHARDS).map(|_| Books::default()).collect(),
            watches: WatchList::default(),
        }
    }

    /// The number of the database.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// The hash of a key, the same in all databases of a broker. A call of its own, so that what latches a key by it is
    /// small enough to write the latch where it stays.
    #[inline(never)]
    fn hash(&self, key: &[u8]) -> u64 {
        let mut state = self.map.hasher().build_hasher();
        state.write(key);
        state.finish()
    }

    /// The shard that has the keys of this hash.
    #[inline]
    fn shard(&self, hash: u64) -> usize {
        self.map.determine_shard(hash as usize)
    }

    /// The lookups so far.
    fn lookups(&self) -> Lookups {
        self.books.iter().map(Books::lookups).fold(Lookups::default(), Lookups::with)
    }

    /// Latches the shard of one key: what most commands do.
    #[inline]
    pub(crate) fn latch_one<'a>(&'a self, key: &'a [u8]) -> Held<'a> {
        Held::of_key(self, key)
    }

    /// Latches the whole database.
    pub(crate) fn latch_all(&self) -> Held<'_> {
        Held::take([(self, u64::MAX)])
    }
}
