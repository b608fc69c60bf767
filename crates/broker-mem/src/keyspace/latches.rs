//! One latch for each shard of a database's map: the lock that the map itself has for it. They are taken in ascending
//! order, by database and then by shard, so that no two commands wait for each other.

use smallvec::SmallVec;

use super::Keyspace;
use super::shard::Shard;

/// Latches that are held.
#[derive(Default)]
pub(crate) enum Held<'a> {
    /// None: what commands without keys hold.
    #[default]
    Nothing,
    /// That of one key, with its hash: what most commands hold. Their handlers look up the very same slice.
    Key { key: &'a [u8], hash: u64, shard: Shard<'a> },
    /// Those of any keys, in ascending order of their places.
    Shards(SmallVec<[Shard<'a>; 2]>),
}

impl<'a> Held<'a> {
    /// Takes the latch of a key.
    #[inline]
    pub(super) fn of_key(keyspace: &'a Keyspace, key: &'a [u8]) -> Self {
        let hash = keyspace.hash(key);
        Self::Key { key, hash, shard: Shard::latch(keyspace, keyspace.shard(hash)) }
    }

    /// Takes the latches of the shards whose bits are set, in databases in ascending order.
    pub(super) fn take(wanted: impl IntoIterator<Item = (&'a Keyspace, u64)>) -> Self {
        let mut held = SmallVec::new();
        for (keyspace, mut left) in wanted {
            held.reserve(left.count_ones() as usize);
            while left != 0 {
                held.push(Shard::latch(keyspace, left.trailing_zeros() as usize));
                left &= left - 1;
            }
        }
        Self::Shards(held)
    }

    /// A key's hash, and the shard of a database that has it.
    ///
    /// # Panics
    ///
    /// If its latch is not held: a handler reached for a key that its row in the table does not name.
    #[inline]
    pub(super) fn of(&self, keyspace: &Keyspace, key: &[u8]) -> (u64, &Shard<'a>) {
        let (hash, at) = self.find(keyspace, key);
        match self {
            Self::Key { shard, .. } => (hash, shard),
            held => (hash, &held.all()[at]),
        }
    }

    /// As [`of`](Self::of), to change it.
    #[inline]
    pub(super) fn of_mut(&mut self, keyspace: &Keyspace, key: &[u8]) -> (u64, &mut Shard<'a>) {
        let (hash, at) = self.find(keyspace, key);
        match self {
            Self::Key { shard, .. } => (hash, shard),
            held => (hash, &mut held.all_mut()[at]),
        }
    }

    #[inline]
    fn find(&self, keyspace: &Keyspace, key: &[u8]) -> (u64, usize) {
        match self {
            Self::Key { key: same, hash, .. } if std::ptr::eq(*same, key) => (*hash, 0),
            _ => self.search(keyspace, key),
        }
    }

    #[inline(never)]
    fn search(&self, keyspace: &Keyspace, key: &[u8]) -> (u64, usize) {
        let hash = keyspace.hash(key);
        match self.all().binary_search_by_key(&(keyspace.number, keyspace.shard(hash)), Shard::place) {
            Ok(at) => (hash, at),
            Err(_) => unreachable!("a handler works on the keys that its row names"),
        }
    }

    #[inline]
    fn all(&self) -> &[Shard<'a>] {
        match self {
            Self::Nothing => &[],
            Self::Key { shard, .. } => std::slice::from_ref(shard),
            Self::Shards(shards) => shards,
        }
    }

    #[inline]
    fn all_mut(&mut self) -> &mut [Shard<'a>] {
        match self {
            Self::Nothing => &mut [],
            Self::Key { shard, .. } => std::slice::from_mut(shard),
            Self::Shards(shards) => shards,
        }
    }

    /// Whether a key of the shards that are held has a deadline.
    #[inline]
    pub(super) fn any_expires(&self) -> bool {
        match self {
            Self::Key { shard, .. } => shard.any_expires(),
            held => held.all().iter().any(Shard::any_expires),
        }
    }

    /// The shards of a database that are held.
    pub(super) fn shards(&self, keyspace: &Keyspace) -> impl Iterator<Item = &Shard<'a>> {
        let number = keyspace.number;
        self.all().iter().filter(move |shard| shard.keyspace.number == number)
    }

    /// As [`shards`](Self::shards), to change them.
    pub(super) fn shards_mut(&mut self, keyspace: &Keyspace) -> impl Iterator<Item = &mut Shard<'a>> + use<'_, 'a> {
        let number = keyspace.number;
        self.all_mut().iter_mut().filter(move |shard| shard.keyspace.number == number)
    }

    /// Swaps all that two databases hold, which are latched as a whole.
    pub(super) fn swap(&mut self, first: &Keyspace, second: &Keyspace) {
        let (low, high) = (first.number.min(second.number), first.number.max(second.number));
        let shards = self.all_mut();
        let split = shards.partition_point(|shard| shard.keyspace.number < high);
        let (lower, upper) = shards.split_at_mut(split);
        let lower = lower.iter_mut().filter(|shard| shard.keyspace.number == low);
        lower.zip(upper).for_each(|(one, other)| one.swap(other));
    }

    /// The numbers of the databases that something is held of.
    pub(super) fn databases(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = self.all().iter().map(|shard| shard.keyspace.number).collect();
        numbers.dedup();
        numbers
    }
}
