//! The counts while listeners run: each is written by its own task, and anybody reads them or waits for them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use embroker_core::Gap;
use tokio::sync::Notify;

use crate::report::{Counts, ListenerCounts, Progress};

/// The counts of all listeners of a runner.
pub(crate) struct Tally {
    listeners: Box<[Tallied]>,
    /// How many wait for a change. Nobody mostly, and then it costs no notification.
    waiting: AtomicUsize,
    changed: Notify,
}

/// The counts of one listener, on cache lines of their own: another thread writes the next one's.
#[repr(align(128))]
struct Tallied {
    name: Arc<str>,
    handled: AtomicU64,
    failed: AtomicU64,
    lagged: AtomicU64,
    gaps: AtomicU64,
    ended: AtomicBool,
}

/// One that waits, until it is dropped.
struct Waiting<'a>(&'a Tally);

impl Tally {
    pub(crate) fn new(names: impl IntoIterator<Item = Arc<str>>) -> Self {
        let listeners = names.into_iter().map(|name| Tallied {
            name,
            handled: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            lagged: AtomicU64::new(0),
            gaps: AtomicU64::new(0),
            ended: AtomicBool::new(false),
        });
        Self { listeners: listeners.collect(), waiting: AtomicUsize::new(0), changed: Notify::new() }
    }

    /// The listener is through with a message.
    pub(crate) fn message(&self, listener: usize, handled: bool) {
        self.change(listener, |counts| {
            let count = if handled { &counts.handled } else { &counts.failed };
            count.fetch_add(1, Ordering::SeqCst);
        });
    }

    /// The listener was told of a gap.
    pub(crate) fn gap(&self, listener: usize, gap: Gap) {
        self.change(listener, |counts| {
            match gap {
                Gap::Lagged(messages) => counts.lagged.fetch_add(messages, Ordering::SeqCst),
                _ => counts.gaps.fetch_add(1, Ordering::SeqCst),
            };
        });
    }

    /// The listener's stream has ended before it was told to shut down.
    pub(crate) fn end(&self, listener: usize) {
        self.change(listener, |counts| counts.ended.store(true, Ordering::SeqCst));
    }

    fn change(&self, listener: usize, change: impl FnOnce(&Tallied)) {
        if let Some(counts) = self.listeners.get(listener) {
            change(counts);
        }
    }

    /// Tells those who wait that there were changes. Who begins to wait just now sees them: it says that it waits
    /// before it reads, and changes are written before it is read here whether somebody waits.
    pub(crate) fn tell(&self) {
        if self.waiting.load(Ordering::SeqCst) > 0 {
            // A listener outlives the panic of a waker that is none of its own.
            let _ = catch_unwind(AssertUnwindSafe(|| self.changed.notify_waiters()));
        }
    }

    /// The counts as they are now.
    pub(crate) fn counts(&self) -> Counts {
        let progress = |tallied: &Tallied| {
            // First: where the listener has ended, the counts are the last.
            let ended = tallied.ended.load(Ordering::SeqCst);
            let count = |count: &AtomicU64| count.load(Ordering::SeqCst);
            let counts = ListenerCounts {
                handled: count(&tallied.handled),
                failed: count(&tallied.failed),
                lagged: count(&tallied.lagged),
                gaps: count(&tallied.gaps),
            };
            Progress { name: tallied.name.clone(), counts, ended }
        };
        Counts::new(self.listeners.iter().map(progress))
    }

    /// Waits until the counts satisfy somebody.
    pub(crate) async fn wait_until(&self, mut satisfy: impl FnMut(&Counts) -> bool) -> Counts {
        let _waiting = Waiting::begin(self);
        loop {
            // Made before the look at the counts, so that no change falls between the two.
            let changed = self.changed.notified();
            let now = self.counts();
            if satisfy(&now) {
                return now;
            }
            changed.await;
        }
    }
}

impl<'a> Waiting<'a> {
    fn begin(tally: &'a Tally) -> Self {
        tally.waiting.fetch_add(1, Ordering::SeqCst);
        Self(tally)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_waits_hears_of_every_change() {
        let tally = Arc::new(Tally::new(["a".into(), "b".into()]));
        let writer = tally.clone();
        let writing = tokio::spawn(async move {
            for n in 0..1000 {
                writer.message(n % 2, n % 4 < 2);
                writer.tell();
                if n % 10 == 0 {
                    tokio::task::yield_now().await;
                }
            }
        });
        for wanted in 1..=1000 {
            let counts = tally.wait_until(|counts| counts.total().seen() >= wanted).await;
            assert!(counts.total().seen() >= wanted);
        }
        writing.await.unwrap();
        let total = tally.counts().total();
        assert_eq!((total.handled, total.failed), (500, 500));
        assert_eq!(tally.waiting.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn who_gives_up_waits_no_more() {
        let tally = Tally::new(["a".into()]);
        {
            let mut waiting = std::pin::pin!(tally.wait_until(|_| false));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(waiting.as_mut().poll(&mut context).is_pending());
            assert_eq!(tally.waiting.load(Ordering::SeqCst), 1);
        }
        assert_eq!(tally.waiting.load(Ordering::SeqCst), 0);
    }
}
