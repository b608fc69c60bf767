//! Eviction: which keys go when all of them take more than `maxmemory`.
//!
//! It runs before a command takes its latches, and holds one latch at a time: to look at some keys of a shard, then to
//! take the one out that is to go. What `maxmemory-policy` asks for is approximated as Redis does, by the best of
//! `maxmemory-samples` keys.

use embroker_core::instance::config::{Config, Parameter};

use super::books::Lines;
use super::shard::Shard;
use super::{Entry, Key, Keyspace, SHARDS, Tx};
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
            let held = victim.keyspace.latch_one(&victim.key);
            Tx::new(engine, victim.keyspace, held).evict(&victim.key, self.only_volatile);
        }
        true
    }

    /// The best of some keys of a database, from as many shards as it takes to find them.
    fn candidate<'a>(self, engine: &Engine, keyspace: &'a Keyspace) -> Option<Candidate<'a>> {
        let start = engine.random(|rng| rng.usize(..SHARDS));
        let mut best: Option<Candidate<'a>> = None;
        let mut left = self.samples;
        for shard in (start..SHARDS).chain(0..start) {
            let held = Shard::latch(keyspace, shard);
            held.look(|lines| {
                let places = engine.random(|rng| self.sample(lines, left, rng));
                left = left.saturating_sub(places.len());
                for (key, entry) in places.into_iter().filter_map(|place| held.at(lines, place)) {
                    let rank = self.rank(engine, entry, lines.deadline(entry.line));
                    if best.as_ref().is_none_or(|best| rank < best.rank) {
                        best = Some(Candidate { keyspace, key: key.clone(), rank });
                    }
                }
            });
            if left == 0 {
                break;
            }
        }
        best
    }

    /// The places of up to `most` keys of a shard that may go.
    fn sample(self, lines: &Lines, most: usize, rng: &mut fastrand::Rng) -> Vec<u32> {
        if self.order == Order::Deadline {
            // They stand in order.
            let first = lines.order.first().map(|(_, at)| lines.expiring[*at as usize].place);
            return first.into_iter().collect();
        }
        let all = if self.only_volatile { lines.expiring.len() } else { lines.keys.len() };
        let place = |at: usize| if self.only_volatile { lines.expiring[at].place } else { at as u32 };
        if all <= most { (0..all).map(place).collect() } else { (0..most).map(|_| place(rng.usize(..all))).collect() }
    }

    /// A key's place in the order in which they go.
    fn rank(self, engine: &Engine, entry: &Entry, deadline: Option<u64>) -> u64 {
        match self.order {
            // Nobody misses it.
            _ if deadline.is_some_and(|deadline| deadline < engine.now_ms()) => 0,
            Order::Idle => entry.last_used().into(),
            Order::Deadline => deadline.unwrap_or(u64::MAX),
            Order::Random => engine.random(|rng| rng.u64(..)),
        }
    }
}

impl Tx<'_> {
    /// Takes a key out to make room. It was not latched since it was chosen: under a policy that takes only keys with a
    /// deadline, one that has lost its own by now stays.
    fn evict(&mut self, key: &[u8], only_volatile: bool) {
        let is_spared = only_volatile && self.deadline(key) == Some(None);
        if !is_spared && self.remove(key).is_some() {
            self.engine().instance.stats().evicted_keys.add(1);
            self.changed(key, Event::EVICTED);
        }
    }
}
