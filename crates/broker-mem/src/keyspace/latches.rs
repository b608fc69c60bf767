//! One latch for each shard of a database's map: the lock that the map itself has for it. They are taken in ascending
//! order, by database and then by shard, so that no two commands wait for each other.

use smallvec::SmallVec;

use super::Keyspace;
use super::shard::Shard;

/// Latches that are held, in ascending order of their places.
#[derive(Default)]
pub(crate) struct Held<'a> {
    shards: SmallVec<[Shard<'a>; 1]>,
    /// The key that they were taken for, where it is one, with its hash: a handler looks up the very same slice.
    key: Option<(&'a [u8], u64)>,
}

impl<'a> Held<'a> {
    /// Takes one latch.
    #[inline]
    pub(super) fn one(keyspace: &'a Keyspace, shard: usize) -> Self {
        Self { shards: SmallVec::from_buf([Shard::latch(keyspace, shard)]), key: None }
    }

    /// Takes the latch of a key.
    #[inline]
    pub(super) fn of_key(keyspace: &'a Keyspace, key: &'a [u8]) -> Self {
        let hash = keyspace.hash(key);
        Self { key: Some((key, hash)), ..Self::one(keyspace, keyspace.shard(hash)) }
    }

    /// Takes the latches of the shards whose bits are set, in a database after all of which latches are held.
    pub(super) fn take(&mut self, keyspace: &'a Keyspace, shards: u64) {
        let mut left = shards;
        while left != 0 {
            self.shards.push(Shard::latch(keyspace, left.trailing_zeros() as usize));
            left &= left - 1;
        }
    }

    /// The hash of a key, in any database.
    #[inline]
    pub(super) fn hash(&self, keyspace: &Keyspace, key: &[u8]) -> u64 {
        match self.key {
            Some((same, hash)) if std::ptr::eq(same, key) => hash,
            _ => keyspace.hash(key),
        }
    }

    /// The shard of a database that has the keys of this hash.
    ///
    /// # Panics
    ///
    /// If its latch is not held: a handler reached for a key that its row in the table does not name.
    #[inline]
    pub(super) fn of(&self, keyspace: &Keyspace, hash: u64) -> &Shard<'a> {
        &self.shards[self.position(keyspace, hash)]
    }

    /// As [`of`](Self::of), to change it.
    #[inline]
    pub(super) fn of_mut(&mut self, keyspace: &Keyspace, hash: u64) -> &mut Shard<'a> {
        let at = self.position(keyspace, hash);
        &mut self.shards[at]
    }

    #[inline]
    fn position(&self, keyspace: &Keyspace, hash: u64) -> usize {
        let place = (keyspace.number, keyspace.shard(hash));
        match self.shards.binary_search_by_key(&place, Shard::place) {
            Ok(at) => at,
            Err(_) => unreachable!("a handler works on the keys that its row names"),
        }
    }

    /// The shards of a database that are held.
    pub(super) fn shards(&self, keyspace: &Keyspace) -> impl Iterator<Item = &Shard<'a>> {
        let number = keyspace.number;
        self.shards.iter().filter(move |shard| shard.keyspace.number == number)
    }

    /// As [`shards`](Self::shards), to change them.
    pub(super) fn shards_mut(&mut self, keyspace: &Keyspace) -> impl Iterator<Item = &mut Shard<'a>> + use<'_, 'a> {
        let number = keyspace.number;
        self.shards.iter_mut().filter(move |shard| shard.keyspace.number == number)
    }

    /// Swaps all that two databases hold, which are latched as a whole.
    pub(super) fn swap(&mut self, first: &Keyspace, second: &Keyspace) {
        let (low, high) = (first.number.min(second.number), first.number.max(second.number));
        let split = self.shards.partition_point(|shard| shard.keyspace.number < high);
        let (lower, upper) = self.shards.split_at_mut(split);
        let lower = lower.iter_mut().filter(|shard| shard.keyspace.number == low);
        lower.zip(upper).for_each(|(one, other)| one.swap(other));
    }

    /// The numbers of the databases that something is held of.
    pub(super) fn databases(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.shards.iter().map(|shard| shard.keyspace.number).collect();
        numbers.dedup();
        numbers
    }
}
