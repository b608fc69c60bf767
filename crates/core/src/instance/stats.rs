//! What an instance counts for INFO. Every counter is relaxed: a figure may be a moment old, none is lost.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::rates::{Rates, Sampler};
use crate::table::CommandId;

/// A number that only goes up, until `CONFIG RESETSTAT`.
///
/// # Examples
///
/// ```
/// use embroker_core::instance::Counter;
///
/// let counter = Counter::default();
/// counter.add(2);
/// assert_eq!(counter.get(), 2);
/// ```
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts so many more.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::Counter;
    ///
    /// let counter = Counter::default();
    /// counter.add(2);
    /// counter.add(3);
    /// assert_eq!(counter.get(), 5);
    /// ```
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// How many there were.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(embroker_core::instance::Counter::default().get(), 0);
    /// ```
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

/// A number that goes up and down.
///
/// # Examples
///
/// ```
/// use embroker_core::instance::Gauge;
///
/// let gauge = Gauge::default();
/// gauge.add(2);
/// gauge.add(-1);
/// assert_eq!(gauge.get(), 1);
/// ```
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// Counts so many more, or fewer.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::Gauge;
    ///
    /// let gauge = Gauge::default();
    /// gauge.add(-2);
    /// assert_eq!(gauge.get(), -2);
    /// ```
    pub fn add(&self, more: i64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// How many there are.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(embroker_core::instance::Gauge::default().get(), 0);
    /// ```
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What happened since the instance was made, or since `CONFIG RESETSTAT`.
///
/// # Examples
///
/// ```
/// use embroker_core::instance::Stats;
///
/// let stats = Stats::default();
/// stats.connected_clients.add(1);
/// stats.bytes_sent.add(5);
/// assert_eq!((stats.connected_clients.get(), stats.bytes_sent.get()), (1, 5));
/// ```
#[derive(Debug)]
pub struct Stats {
    /// When the instance was made.
    pub started: Instant,
    /// Clients that are connected now.
    pub connected_clients: Gauge,
    /// Clients that were let in.
    pub connections_received: Counter,
    /// Clients that were not, because there were `maxclients`.
    pub rejected_connections: Counter,
    /// Commands that ran for clients.
    pub commands_processed: Counter,
    /// Bytes that came from clients.
    pub bytes_received: Counter,
    /// Bytes that went to clients.
    pub bytes_sent: Counter,
    /// Error replies; see [`Stats::error`].
    pub errors: Counter,
    /// Keys that were removed because their time was over.
    pub expired_keys: Counter,
    /// Keys that were removed to make room.
    pub evicted_keys: Counter,
    errors_by_code: Mutex<BTreeMap<String, u64>>,
    sampler: Mutex<Sampler>,
    commands: RwLock<HashMap<CommandId, Arc<CommandStats>>>,
}

/// How often one command ran for clients, and for how long.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use embroker_core::instance::CommandStats;
///
/// let stats = CommandStats::default();
/// stats.record(Duration::from_micros(3), true);
/// assert_eq!((stats.calls.get(), stats.failed.get(), stats.microseconds.get()), (1, 1, 3));
/// ```
#[derive(Debug, Default)]
pub struct CommandStats {
    /// Calls that ran.
    pub calls: Counter,
    /// How long they took together, in microseconds.
    pub microseconds: Counter,
    /// Calls that were refused before they ran.
    pub rejected: Counter,
    /// Calls that ran and answered an error.
    pub failed: Counter,
    /// Calls by their time: `latency[n]` took less than 2ⁿ microseconds and no less than half of that.
    pub latency: [Counter; 32],
}

/// Calls of one command that one client made and nobody has counted yet: a client that runs many in one go counts them
/// here, where no other thread counts, and adds them to the command's counters when it is through.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use embroker_core::instance::{CommandStats, Tally};
///
/// let (counters, mut tally) = (CommandStats::default(), Tally::default());
/// tally.record(Duration::from_micros(3), false);
/// tally.record(Duration::from_micros(5), true);
/// assert_eq!(counters.add(&mut tally), 2);
/// assert_eq!((counters.calls.get(), counters.microseconds.get(), counters.failed.get()), (2, 8, 1));
/// assert_eq!(counters.add(&mut tally), 0, "it is empty again");
/// ```
#[derive(Debug, Default)]
pub struct Tally {
    calls: u64,
    microseconds: u64,
    failed: u64,
    latency: [u64; 32],
    /// A bit for each place in `latency` that is not 0.
    counted: u32,
}

impl Tally {
    /// Counts a call that ran.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use embroker_core::instance::Tally;
    ///
    /// let mut tally = Tally::default();
    /// tally.record(Duration::from_micros(3), false);
    /// assert!(!tally.is_empty());
    /// ```
    #[inline]
    pub fn record(&mut self, time: Duration, failed: bool) {
        let microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.calls += 1;
        self.microseconds = self.microseconds.saturating_add(microseconds);
        self.failed += u64::from(failed);
        let bucket = (u64::BITS - microseconds.leading_zeros()).min(u32::BITS - 1);
        self.latency[bucket as usize] += 1;
        self.counted |= 1 << bucket;
    }

    /// Whether there are none.
    ///
    /// # Examples
    ///
    /// ```
    /// assert!(embroker_core::instance::Tally::default().is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.calls == 0
    }
}

impl CommandStats {
    /// Counts a call that ran.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use embroker_core::instance::CommandStats;
    ///
    /// let stats = CommandStats::default();
    /// stats.record(Duration::from_micros(5), false);
    /// assert_eq!(stats.latency[3].get(), 1, "less than 8 µs and no less than 4");
    /// ```
    pub fn record(&self, time: Duration, failed: bool) {
        let mut tally = Tally::default();
        tally.record(time, failed);
        self.add(&mut tally);
    }

    /// Counts the calls of a tally, and empties it; how many there were.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use embroker_core::instance::{CommandStats, Tally};
    ///
    /// let (stats, mut tally) = (CommandStats::default(), Tally::default());
    /// tally.record(Duration::from_micros(5), false);
    /// assert_eq!(stats.add(&mut tally), 1);
    /// assert!(tally.is_empty());
    /// ```
    pub fn add(&self, tally: &mut Tally) -> u64 {
        let take = std::mem::take::<u64>;
        let calls = take(&mut tally.calls);
        self.calls.add(calls);
        self.microseconds.add(take(&mut tally.microseconds));
        match take(&mut tally.failed) {
            0 => {}
            failed => self.failed.add(failed),
        }
        while tally.counted != 0 {
            let bucket = tally.counted.trailing_zeros() as usize;
            self.latency[bucket].add(take(&mut tally.latency[bucket]));
            tally.counted &= tally.counted - 1;
        }
        calls
    }

    fn reset(&self) {
        for counter in [&self.calls, &self.microseconds, &self.rejected, &self.failed].into_iter().chain(&self.latency)
        {
            counter.reset();
        }
    }
}

impl Default for Stats {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            connected_clients: Gauge::default(),
            connections_received: Counter::default(),
            rejected_connections: Counter::default(),
            commands_processed: Counter::default(),
            bytes_received: Counter::default(),
            bytes_sent: Counter::default(),
            errors: Counter::default(),
            expired_keys: Counter::default(),
            evicted_keys: Counter::default(),
            errors_by_code: Mutex::default(),
            sampler: Mutex::default(),
            commands: RwLock::default(),
        }
    }
}

impl Stats {
    /// Counts an error reply by its first word, such as `WRONGTYPE`. Of words beyond 128 only the sum is kept.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::Stats;
    ///
    /// let stats = Stats::default();
    /// stats.error("WRONGTYPE");
    /// assert_eq!(stats.errors.get(), 1);
    /// ```
    pub fn error(&self, code: &str) {
        const MOST: usize = 128;

        self.errors.add(1);
        let mut by_code = self.by_code();
        if let Some(count) = by_code.get_mut(code) {
            *count += 1;
        } else if by_code.len() < MOST {
            by_code.insert(code.to_owned(), 1);
        }
    }

    /// Takes a sample for [`rates`](Self::rates): whoever serves the broker calls this ten times a second.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::Stats;
    ///
    /// let stats = Stats::default();
    /// stats.sample();
    /// stats.commands_processed.add(100);
    /// std::thread::sleep(std::time::Duration::from_millis(5));
    /// stats.sample();
    /// assert!(stats.rates().commands > 0.0);
    /// ```
    pub fn sample(&self) {
        let counters = [&self.commands_processed, &self.bytes_received, &self.bytes_sent].map(Counter::get);
        self.sampler().take(Instant::now(), counters);
    }

    /// What happens in a second, over the last [`sample`](Self::sample)s.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(embroker_core::instance::Stats::default().rates().bytes_sent, 0.0);
    /// ```
    pub fn rates(&self) -> Rates {
        self.sampler().rates()
    }

    fn sampler(&self) -> MutexGuard<'_, Sampler> {
        self.sampler.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often each kind of error was replied, by its first word.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::Stats;
    ///
    /// let stats = Stats::default();
    /// stats.error("WRONGTYPE");
    /// stats.error("WRONGTYPE");
    /// assert_eq!(stats.errors_by_code(), [("WRONGTYPE".to_owned(), 2)]);
    /// ```
    pub fn errors_by_code(&self) -> Vec<(String, u64)> {
        self.by_code().iter().map(|(code, count)| (code.clone(), *count)).collect()
    }

    fn by_code(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.errors_by_code.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The counters of one command, for whoever runs many to keep.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{commands::HashCommand, instance::Stats};
    ///
    /// let stats = Stats::default();
    /// stats.command(HashCommand::HGet.into()).calls.add(1);
    /// assert_eq!(stats.command(HashCommand::HGet.into()).calls.get(), 1, "they are the same counters");
    /// ```
    pub fn command(&self, id: CommandId) -> Arc<CommandStats> {
        let known = self.commands.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned();
        known.unwrap_or_else(|| {
            self.commands.write().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().clone()
        })
    }

    /// Every command that somebody counts, in no order.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{commands::HashCommand, instance::Stats};
    ///
    /// let stats = Stats::default();
    /// stats.command(HashCommand::HGet.into());
    /// assert_eq!(stats.commands()[0].0, HashCommand::HGet.into());
    /// ```
    pub fn commands(&self) -> Vec<(CommandId, Arc<CommandStats>)> {
        let commands = self.commands.read().unwrap_or_else(PoisonError::into_inner);
        commands.iter().map(|(id, stats)| (*id, stats.clone())).collect()
    }

    /// Starts to count anew: `CONFIG RESETSTAT`.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use embroker_core::{commands::HashCommand, instance::Stats};
    ///
    /// let stats = Stats::default();
    /// let hget = stats.command(HashCommand::HGet.into());
    /// hget.record(Duration::from_micros(3), false);
    /// assert_eq!((hget.calls.get(), hget.latency[2].get()), (1, 1));
    /// stats.reset();
    /// assert_eq!((hget.calls.get(), hget.latency[2].get()), (0, 0));
    /// ```
    pub fn reset(&self) {
        let counters = [
            &self.connections_received,
            &self.rejected_connections,
            &self.commands_processed,
            &self.bytes_received,
            &self.bytes_sent,
            &self.errors,
            &self.expired_keys,
            &self.evicted_keys,
        ];
        counters.into_iter().for_each(Counter::reset);
        self.by_code().clear();
        for (_, stats) in self.commands() {
            stats.reset();
        }
    }
}
