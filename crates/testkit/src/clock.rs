//! [`TestClock`]: the time that a test moves, and what waits for it.
//!
//! The invariant: time never goes back, and whatever is due at or before the time shown after an advance has happened
//! when the advance returns: timers first by when they were due, and at each step the keys whose time is over.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use embroker::{Clock, MemBroker, SystemClock, WeakMemBroker};

use crate::{Error, Result};

/// A clock that a test moves. Clones are the same clock.
///
/// [`real`](Self::real) goes on by itself, as the machine's does, and can be moved forward: the default of a
/// [`TestBroker`](crate::TestBroker). [`at`](Self::at) stands still until it is moved, so that every deadline is exact.
/// TTLs, `expired` events, delayed faults and [`sleep`](Self::sleep) follow it.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use embroker::prelude::*;
/// use embroker_testkit::{TestBroker, TestClock};
///
/// let clock = TestClock::at(1_700_000_000_000);
/// let broker = TestBroker::builder().clock(clock.clone()).mem()?;
/// broker.setex("reservation:7", Duration::from_secs(600), "jamie").await?;
///
/// clock.advance(Duration::from_secs(599))?;
/// broker.assert_ttl("reservation:7", Duration::from_secs(1)).await;
/// clock.advance(Duration::from_secs(1))?;
/// broker.assert_absent("reservation:7").await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestClock(Arc<Inner>);

struct Inner {
    /// Added to the machine's time, or the time itself where that stands still, in milliseconds.
    offset: AtomicU64,
    stands_still: bool,
    /// A real Redis goes by its own clock.
    is_followed_by_redis: AtomicBool,
    brokers: Mutex<Vec<WeakMemBroker>>,
    timers: Arc<Timers>,
    /// One advance at a time.
    moving: Mutex<()>,
}

type Task = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct Timers {
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// By when they are due, then by which was there first.
    tasks: BTreeMap<(u64, u64), Task>,
    next_id: u64,
    has_thread: bool,
    is_over: bool,
}

impl TestClock {
    /// The machine's time, until it is moved: from then on as far ahead of it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use embroker::Clock as _;
    /// use embroker_testkit::TestClock;
    ///
    /// let clock = TestClock::real();
    /// let before = clock.now_ms();
    /// clock.advance(Duration::from_secs(60))?;
    /// assert!(clock.now_ms() >= before + 60_000);
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn real() -> Self {
        Self::new(0, false)
    }

    /// Stands still at this many milliseconds since the Unix epoch until it is moved.
    ///
    /// ```
    /// use embroker::Clock as _;
    /// use embroker_testkit::TestClock;
    ///
    /// assert_eq!(TestClock::at(1_000).now_ms(), 1_000);
    /// ```
    pub fn at(ms: u64) -> Self {
        Self::new(ms, true)
    }

    fn new(offset: u64, stands_still: bool) -> Self {
        Self(Arc::new(Inner {
            offset: AtomicU64::new(offset),
            stands_still,
            is_followed_by_redis: AtomicBool::new(false),
            brokers: Mutex::default(),
            timers: Arc::default(),
            moving: Mutex::default(),
        }))
    }

    /// Moves the clock forward. What was to live or to wait for that long, or less, is over when this returns: such
    /// keys are removed and their `expired` events sent, in the order of their deadlines, and who slept is woken.
    ///
    /// # Errors
    ///
    /// [`Error::Clock`] beyond the year 584,000,000, and where the clock is that of a broker on a real Redis, which
    /// [`TestBroker::advance`](crate::TestBroker::advance) moves.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use embroker_testkit::TestClock;
    ///
    /// let clock = TestClock::at(0);
    /// clock.advance(Duration::from_millis(20))?;
    /// assert!(clock.advance(Duration::MAX).is_err());
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn advance(&self, by: Duration) -> Result<()> {
        if self.is_followed_by_redis() {
            let text = "a real Redis keeps its own time: move it with TestBroker::advance(..).await";
            return Err(Error::Clock(text.into()));
        }
        self.advance_here(by)
    }

    /// Sets the clock to this many milliseconds since the Unix epoch, as [`advance`](Self::advance) does.
    ///
    /// # Errors
    ///
    /// [`Error::ClockBackwards`] where that is over.
    ///
    /// ```
    /// use embroker_testkit::{Error, TestClock};
    ///
    /// let clock = TestClock::at(5_000);
    /// clock.set(7_000)?;
    /// assert_eq!(clock.set(6_000), Err(Error::ClockBackwards { now_ms: 7_000, to_ms: 6_000 }));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set(&self, ms: u64) -> Result<()> {
        let now = self.now_ms();
        let by = ms.checked_sub(now).ok_or(Error::ClockBackwards { now_ms: now, to_ms: ms })?;
        self.advance(Duration::from_millis(by))
    }

    /// Ends when the clock has gone so far. For code under test that waits: give it the clock instead of a timer of the
    /// runtime. Needs no runtime.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), embroker_testkit::Error> {
    /// use std::time::Duration;
    ///
    /// use embroker_testkit::TestClock;
    ///
    /// let clock = TestClock::at(0);
    /// let slept = clock.sleep(Duration::from_secs(3600));
    /// clock.advance(Duration::from_secs(3600))?;
    /// slept.await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sleep(&self, time: Duration) -> impl Future<Output = ()> + Send + use<> {
        let due = self.now_ms().saturating_add(millis(time));
        Sleep { clock: self.clone(), due, waker: None }
    }

    /// Whether it moves only when it is told to.
    pub(crate) fn stands_still(&self) -> bool {
        self.0.stands_still
    }

    /// Runs something once the clock shows so many milliseconds.
    pub(crate) fn call_at(&self, due: u64, task: impl FnOnce() + Send + 'static) {
        let mut waiting = self.0.timers.lock();
        let id = waiting.next_id;
        waiting.next_id += 1;
        waiting.tasks.insert((due, id), Box::new(task));
        if !self.0.stands_still && !waiting.has_thread {
            waiting.has_thread = true;
            let (inner, timers) = (Arc::downgrade(&self.0), self.0.timers.clone());
            thread::spawn(move || keep_time(&inner, &timers));
        }
        drop(waiting);
        self.0.timers.changed.notify_all();
    }

    /// Removes the expired keys of this broker whenever the clock is moved.
    pub(crate) fn sweeps(&self, broker: &MemBroker) {
        lock(&self.0.brokers).push(broker.downgrade());
    }

    /// Whether a broker goes by it that keeps its own time.
    pub(crate) fn is_followed_by_redis(&self) -> bool {
        self.0.is_followed_by_redis.load(Ordering::Relaxed)
    }

    /// From now on the clock is that of a broker on a real Redis.
    ///
    /// # Errors
    ///
    /// [`Error::Clock`] where it stands still: a real Redis does not.
    pub(crate) fn follow_redis(&self) -> Result<()> {
        if self.0.stands_still {
            return Err(Error::Clock(
                "a real Redis, or a broker that is there already, keeps its own time: it can't stand still, use \
                 TestClock::real"
                    .into(),
            ));
        }
        self.0.is_followed_by_redis.store(true, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn advance_here(&self, by: Duration) -> Result<()> {
        let inner = &*self.0;
        let _moving = lock(&inner.moving);
        let beyond = || Error::Clock(format!("{by:?} from now is beyond the end of time"));
        let by = u64::try_from(by.as_millis()).map_err(|_| beyond())?;
        let end = inner.offset.load(Ordering::SeqCst).checked_add(by).ok_or_else(beyond)?;
        if self.now_ms().checked_add(by).is_none_or(|end| end > i64::MAX as u64) {
            return Err(beyond());
        }
        while let Some(due) = inner.timers.first_due() {
            let ahead = due.saturating_sub(self.now_ms());
            let at = inner.offset.load(Ordering::SeqCst).saturating_add(ahead);
            if at > end {
                break;
            }
            self.show(at);
            inner.timers.run(self.now_ms());
        }
        self.show(end);
        Ok(())
    }

    /// Moves to an offset. A key lives up to and in the millisecond of its deadline, as in Redis; so the sweep is one
    /// millisecond ahead, for a test that waits for a key's time wants to see it gone.
    fn show(&self, offset: u64) {
        self.0.offset.store(offset.saturating_add(1), Ordering::SeqCst);
        let mut brokers = Vec::new();
        lock(&self.0.brokers).retain(|broker| {
            let broker = broker.upgrade();
            let is_there = broker.is_some();
            brokers.extend(broker);
            is_there
        });
        for broker in &brokers {
            broker.sweep();
        }
        self.0.offset.store(offset, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> u64 {
        let offset = self.0.offset.load(Ordering::SeqCst);
        if self.0.stands_still { offset } else { SystemClock.now_ms().saturating_add(offset) }
    }
}

impl std::fmt::Debug for TestClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestClock")
            .field("now_ms", &self.now_ms())
            .field("stands_still", &self.0.stands_still)
            .finish_non_exhaustive()
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::real()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.timers.lock().is_over = true;
        self.timers.changed.notify_all();
    }
}

impl Timers {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.state)
    }

    fn first_due(&self) -> Option<u64> {
        self.lock().tasks.first_key_value().map(|((due, _), _)| *due)
    }

    /// Runs what is due by now, in order, with nothing locked.
    fn run(&self, now: u64) {
        loop {
            let task = {
                let mut waiting = self.lock();
                match waiting.tasks.first_entry() {
                    Some(first) if first.key().0 <= now => first.remove(),
                    _ => return,
                }
            };
            task();
        }
    }
}

/// The thread of a clock that goes by itself: runs what becomes due, and ends with the clock.
fn keep_time(clock: &Weak<Inner>, timers: &Timers) {
    loop {
        // A clock that is kept here until its last clone is gone would never end.
        let Some(now) = clock.upgrade().map(|inner| TestClock(inner).now_ms()) else { return };
        timers.run(now);
        let waiting = timers.lock();
        if waiting.is_over {
            return;
        }
        let wait = waiting.tasks.first_key_value().map(|((due, _), _)| Duration::from_millis(due.saturating_sub(now)));
        // What is woken looks again, so it does not matter why.
        match wait {
            Some(wait) => drop(timers.changed.wait_timeout(waiting, wait)),
            None => drop(timers.changed.wait(waiting)),
        }
    }
}

struct Sleep {
    clock: TestClock,
    due: u64,
    waker: Option<Arc<Mutex<Waker>>>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.clock.now_ms() >= self.due {
            return Poll::Ready(());
        }
        if let Some(waker) = &self.waker {
            lock(waker).clone_from(cx.waker());
            // It may have become due between the two.
            return if self.clock.now_ms() >= self.due { Poll::Ready(()) } else { Poll::Pending };
        }
        let waker = Arc::new(Mutex::new(cx.waker().clone()));
        self.waker = Some(waker.clone());
        self.clock.call_at(self.due, move || lock(&waker).wake_by_ref());
        if self.clock.now_ms() >= self.due { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Milliseconds, rounded up: nothing is over too soon.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// What a test that panicked left behind is still looked at.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_runs_in_the_order_it_is_due_each_at_its_own_time() {
        let clock = TestClock::at(100);
        let seen = Arc::new(Mutex::new(Vec::new()));
        for due in [300, 200, 500] {
            let (clock, seen) = (clock.clone(), seen.clone());
            clock.clone().call_at(due, move || lock(&seen).push((due, clock.now_ms())));
        }
        clock.advance(Duration::from_millis(250)).unwrap();
        assert_eq!(*lock(&seen), [(200, 200), (300, 300)]);
        assert_eq!(clock.now_ms(), 350);
        clock.advance(Duration::from_millis(150)).unwrap();
        assert_eq!(lock(&seen).last(), Some(&(500, 500)));
    }

    #[tokio::test]
    async fn sleep_ends_by_itself_on_a_real_clock_and_at_once_when_it_is_moved() {
        let clock = TestClock::real();
        clock.sleep(Duration::from_millis(2)).await;
        let long = tokio::spawn(clock.sleep(Duration::from_secs(3600)));
        tokio::task::yield_now().await;
        assert!(!long.is_finished());
        clock.advance(Duration::from_secs(3600)).unwrap();
        long.await.unwrap();
    }
}
