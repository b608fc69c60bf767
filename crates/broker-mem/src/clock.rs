//! Where the broker gets the time from.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use coarsetime::Instant as Tick;

/// The time as a broker sees it, in milliseconds since the Unix epoch.
///
/// A broker reads it in the midst of its commands. Should it panic there, the command goes on with the time that it told
/// last, so that nothing is left half done; the panic hook has told of it.
pub trait Clock: Send + Sync + 'static {
    /// Now, in milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;

    /// Now, in whole seconds since the Unix epoch. The broker reads it on every access to a key, for OBJECT IDLETIME;
    /// a clock that has a cheaper way to tell the second than by the millisecond takes it here, and may be some
    /// milliseconds late.
    fn now_s(&self) -> u64 {
        self.now_ms() / 1000
    }
}

/// A user's clock, which may panic: then the time is the one that it told last.
pub(crate) struct Guarded<C> {
    clock: C,
    last_ms: AtomicU64,
}

impl<C: Clock> Guarded<C> {
    pub(crate) fn new(clock: C) -> Self {
        let last_ms = AtomicU64::new(clock.now_ms());
        Self { clock, last_ms }
    }
}

impl<C: Clock> Clock for Guarded<C> {
    fn now_ms(&self) -> u64 {
        match catch_unwind(AssertUnwindSafe(|| self.clock.now_ms())) {
            Ok(now) => {
                self.last_ms.store(now, Ordering::Relaxed);
                now
            }
            Err(_) => self.last_ms.load(Ordering::Relaxed),
        }
    }

    fn now_s(&self) -> u64 {
        let now = catch_unwind(AssertUnwindSafe(|| self.clock.now_s()));
        now.unwrap_or_else(|_| self.last_ms.load(Ordering::Relaxed) / 1000)
    }
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
    }

    /// The time at the kernel's last tick, a tenth of the cost. It goes on from when it was first read, whatever the
    /// machine's clock is set to meanwhile: the time for which a key lay idle does not jump.
    #[inline]
    fn now_s(&self) -> u64 {
        static START: LazyLock<(Tick, u64)> =
            LazyLock::new(|| (Tick::now_without_cache_update(), SystemClock.now_ms() / 1000));

        let (start, seconds) = &*START;
        seconds.saturating_add(Tick::now_without_cache_update().duration_since(*start).as_secs())
    }
}

/// A clock that stands still until it is moved. Share it with the broker through an `Arc`.
///
/// # Examples
///
/// ```
/// use std::{sync::Arc, time::Duration};
/// use embroker_mem::{Clock, ManualClock, MemBroker};
///
/// let clock = Arc::new(ManualClock::at(1_000));
/// let broker = MemBroker::builder().clock(clock.clone()).build();
/// clock.advance(Duration::from_secs(2));
/// assert_eq!(clock.now_ms(), 3_000);
/// ```
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that shows this many milliseconds since the Unix epoch.
    pub const fn at(ms: u64) -> Self {
        Self(AtomicU64::new(ms))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_millis() as u64, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl<C: Clock + ?Sized> Clock for std::sync::Arc<C> {
    fn now_ms(&self) -> u64 {
        (**self).now_ms()
    }

    fn now_s(&self) -> u64 {
        (**self).now_s()
    }
}
