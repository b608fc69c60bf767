//! A counter that every command writes.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Counter;

/// How many threads count without meeting.
const STRIPES: usize = 16;

/// A [`Counter`] for what happens with every command: each thread has a part of its own, so that threads don't wait for
/// one another's cache lines.
///
/// # Examples
///
/// ```
/// use embroker_core::instance::StripedCounter;
///
/// let counter = StripedCounter::default();
/// std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(|| counter.add(2)))));
/// assert_eq!(counter.get(), 8);
/// ```
#[derive(Debug, Default)]
pub struct StripedCounter([Stripe; STRIPES]);

#[derive(Debug, Default)]
#[repr(align(64))]
struct Stripe(Counter);

thread_local! {
    static STRIPE: Cell<usize> = const { Cell::new(usize::MAX) };
}

impl StripedCounter {
    /// Counts so many more.
    #[inline]
    pub fn add(&self, more: u64) {
        self.0[stripe()].0.add(more);
    }

    /// How many there were.
    pub fn get(&self) -> u64 {
        self.0.iter().map(|stripe| stripe.0.get()).fold(0, u64::wrapping_add)
    }

    pub(super) fn reset(&self) {
        self.0.iter().for_each(|stripe| stripe.0.reset());
    }
}

/// This thread's part.
#[inline]
fn stripe() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);

    STRIPE.with(|stripe| {
        if stripe.get() == usize::MAX {
            stripe.set(THREADS.fetch_add(1, Ordering::Relaxed));
        }
        stripe.get() % STRIPES
    })
}
