//! What a command does with a database as a whole, of which it holds all latches: counts, walks, draws, clears, swaps.

use super::shard::Shard;
use super::{Key, Tx};

/// What INFO tells of the keys that have a deadline.
pub(crate) struct Deadlines {
    pub(crate) count: usize,
    /// How far off the nearest of each shard are, in milliseconds.
    pub(crate) average_ttl: u128,
}

impl Tx<'_> {
    /// How many keys the latched shards hold, expired ones not counted.
    pub(crate) fn len(&mut self) -> usize {
        self.sweep(usize::MAX);
        self.held.shards(self.keyspace).map(Shard::len).sum()
    }

    /// The deadlines of the latched shards' keys.
    pub(crate) fn deadlines(&mut self) -> Deadlines {
        // Enough of each shard for an average.
        const LOOKED_AT: usize = 100;

        let (now, mut count, mut looked_at, mut ttl) = (self.now(), 0, 0, 0);
        for shard in self.held.shards(self.keyspace).filter(|shard| shard.any_expires()) {
            shard.look(|lines| {
                count += lines.order.len();
                for (deadline, _) in lines.order.iter().take(LOOKED_AT) {
                    looked_at += 1;
                    ttl += u128::from(deadline.saturating_sub(now));
                }
            });
        }
        Deadlines { count, average_ttl: ttl / looked_at.max(1) }
    }

    /// The latched shards' keys, in the order that SCAN walks them: shard by shard, each from its end.
    pub(crate) fn keys(&mut self) -> Vec<Key> {
        self.sweep(usize::MAX);
        self.held.shards(self.keyspace).flat_map(|shard| shard.keys(0..shard.len())).collect()
    }

    /// One step of SCAN over the whole keyspace: up to `count` keys from the cursor on, and the next cursor, 0 at the
    /// end.
    ///
    /// A cursor is a shard and how many of its keys are still to come. A shard is walked from its end, and a removal
    /// moves its last key forward, so a key that stays is never passed over.
    pub(crate) fn scan(&mut self, cursor: u64, count: usize) -> (u64, Vec<Key>) {
        const LEFT_BITS: u32 = 40;
        const ALL: u64 = (1 << LEFT_BITS) - 1;
        let (first, mut left) = match cursor {
            0 => (0, ALL),
            cursor => (((cursor >> LEFT_BITS) as usize).saturating_sub(1), cursor & ALL),
        };
        self.sweep(usize::MAX);
        let mut found = Vec::new();
        for shard in self.held.shards(self.keyspace).skip(first) {
            let end = shard.len().min(left as usize);
            let start = end.saturating_sub(count - found.len());
            found.extend(shard.keys(start..end));
            if start > 0 {
                return ((shard.number as u64 + 1) << LEFT_BITS | start as u64, found);
            }
            left = ALL;
        }
        (0, found)
    }

    /// One key, each as likely as the others.
    pub(crate) fn random_key(&mut self) -> Option<Key> {
        let total = self.len();
        if total == 0 {
            return None;
        }
        let mut at = self.engine.random(|rng| rng.usize(..total));
        self.held.shards(self.keyspace).find_map(|shard| {
            let key = if at < shard.len() { shard.keys(at..at + 1).pop() } else { None };
            at = at.wrapping_sub(shard.len());
            key
        })
    }

    /// Removes every key of the database, which is latched as a whole.
    pub(crate) fn clear(&mut self) {
        for key in self.keyspace.watches.keys().iter().filter(|key| self.exists(key)) {
            self.keyspace.watches.touch(key);
        }
        for shard in self.held.shards_mut(self.keyspace) {
            self.growth.change(shard.clear(), 0);
        }
    }

    /// Removes every key of every database; all of them are latched.
    pub(crate) fn clear_everything(&mut self) {
        for database in self.held.databases() {
            self.within(database, Self::clear);
        }
    }

    /// Swaps all that two databases hold, which are latched as a whole. A watch stays with its database's number, so it
    /// hears of a key that is in either.
    pub(crate) fn swap(&mut self, first: u32, second: u32) {
        if first == second {
            return;
        }
        let [first, second] = [first, second].map(|number| self.engine.databases.get(number));
        for watches in [&first.watches, &second.watches] {
            for key in watches.keys() {
                if [first, second].into_iter().any(|keyspace| self.within(keyspace.number, |tx| tx.exists(&key))) {
                    watches.touch(&key);
                }
            }
        }
        self.held.swap(first, second);
    }
}
