//! Eviction: which keys go when all of them take more than `maxmemory`.
//!
//! It runs before a command takes its latches, and holds one latch at a time: to look at some keys of a shard, then to
//! take the one out that is to go. What `maxmemory-policy` asks for is approximated as Redis does, by the best of
//! `maxmemory-samples` keys.

use embroker_core::instance::config::{Config, Parameter};

use super::latches::Shard;
use super::{Held, Key, Keyspace, SHARDS, Tx};
use crate::engine::Engine;
use crate::events::Event;

/// How many keys one command evicts at most, so that it does not wait for long where `maxmemory` was lowered. Those
/// after it go on. Redis bounds the time.
const MOST_PER_COMMAND: usize = 1000;

/// `maxmemory-policy`, where it evicts anything.
#[derive(Clone, Copy)]
pub(crate) struct Policy {
    /// Only keys that have a deadline.
    only_volatile: bool,
    order: Order,
    /// How many keys of each database are looked at.
    samples: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// The key that was not used for longest goes first. Uses are not counted, so an LFU policy is this too.
    Idle,
    /// The key that expires soonest.
    Deadline,
    Random,
}

/// A key that may go.
struct Candidate<'a> {
    keyspace: &'a Keyspace,
    shard: usize,
    key: Key,
    /// The lowest goes first.
    rank: u64,
}

impl Policy {
    /// `None` for `noeviction`.
    pub(crate) fn of(config: &Config) -> Option<Self> {
        let (whose, order) = config.choice(Parameter::MaxMemoryPolicy).split_once('-')?;
        let order = match order {
            "ttl" => Order::Deadline,
            "random" => Order::Random,
            _ => Order::Idle,
        };
        let samples = match order {
            Order::Random => 1,
            _ => usize::try_from(config.number(Parameter::MaxMemorySamples)).unwrap_or(1),
        };
        Some(Self { only_volatile: whose == "volatile", order, samples })
    }

    /// Evicts keys until `fits`, or until one command has done its share; false where no key is left that may go.
    pub(crate) fn evict(self, engine: &Engine, fits: impl Fn() -> bool) -> bool {
        for _ in 0..MOST_PER_COMMAND {
            if fits() {
                return true;
            }
            let candidates = engine.databases.made().filter_map(|keyspace| self.candidate(engine, keyspace));
            let Some(victim) = candidates.min_by_key(|candidate| candidate.rank) else { return fits() };
            let held = Held::one(victim.keyspace, victim.shard);
            Tx::new(engine, victim.keyspace, held).evict(&victim.key);
        }
        true
    }

    /// The best of some keys of a database, from as many shards as it takes to find them.
    fn candidate<'a>(self, engine: &Engine, keyspace: &'a Keyspace) -> Option<Candidate<'a>> {
        let start = engine.random(|rng| rng.usize(..SHARDS));
        let mut best: Option<Candidate<'a>> = None;
        let mut left = self.samples;
        for shard in (start..SHARDS).chain(0..start) {
            let mut tx = Tx::new(engine, keyspace, Held::one(keyspace, shard));
            let keys = engine.random(|rng| self.sample(tx.held.shard(keyspace, shard), left, rng));
            left = left.saturating_sub(keys.len());
            for key in keys {
                let Some(rank) = self.rank(&tx, &key) else { continue };
                if best.as_ref().is_none_or(|best| rank < best.rank) {
                    best = Some(Candidate { keyspace, shard, key, rank });
                }
            }
            if left == 0 {
                break;
            }
        }
        best
    }

    /// Up to `most` keys of a shard that may go.
    fn sample(self, shard: &Shard, most: usize, rng: &mut fastrand::Rng) -> Vec<Key> {
        if self.order == Order::Deadline {
            // They stand in order.
            return shard.deadlines.first().map(|(_, key)| key.clone()).into_iter().collect();
        }
        let all = if self.only_volatile { shard.deadlines.len() } else { shard.keys.len() };
        match (all <= most, self.only_volatile) {
            (true, true) => shard.deadlines.iter().map(|(_, key)| key.clone()).collect(),
            (true, false) => shard.keys.clone(),
            (false, true) => around_a_deadline(shard, most, rng),
            (false, false) => (0..most).map(|_| shard.keys[rng.usize(..all)].clone()).collect(),
        }
    }

    /// A key's place in the order in which they go; `None` where it is not there.
    fn rank(self, tx: &Tx<'_>, key: &[u8]) -> Option<u64> {
        let entry = tx.keyspace.map.get(key)?;
        Some(match self.order {
            // Nobody misses it.
            _ if !tx.is_live(&entry) => 0,
            Order::Idle => entry.last_used().into(),
            Order::Deadline => entry.deadline().unwrap_or(u64::MAX),
            Order::Random => tx.engine().random(|rng| rng.u64(..)),
        })
    }
}

/// Keys that expire next after a time that is drawn between the first deadline and the last. There are no places in an
/// ordered set that one could draw.
fn around_a_deadline(shard: &Shard, most: usize, rng: &mut fastrand::Rng) -> Vec<Key> {
    let (Some((first, _)), Some((last, _))) = (shard.deadlines.first(), shard.deadlines.last()) else {
        return Vec::new();
    };
    let mut draw = || {
        let from = (rng.u64(first..=last), Key::from(&[][..]));
        shard.deadlines.range(from..).next().map(|(_, key)| key.clone())
    };
    (0..most).filter_map(|_| draw()).collect()
}

impl Tx<'_> {
    /// Takes a key out to make room.
    fn evict(&mut self, key: &[u8]) {
        if self.remove(key).is_some() {
            self.engine().instance.stats().evicted_keys.add(1);
            self.changed(key, Event::EVICTED);
        }
    }
}
