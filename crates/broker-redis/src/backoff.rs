//! How long to wait between attempts to connect: twice as long each time, up to a limit, never in step with others.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The delays between attempts. Each is drawn from the upper half of its step, so that many clients that lost one
/// server do not come back at the same moment.
#[derive(Debug)]
pub(crate) struct Backoff {
    limits: RangeInclusive<Duration>,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(limits: RangeInclusive<Duration>) -> Self {
        Self { next: *limits.start(), limits }
    }

    /// The delay before the next attempt.
    pub(crate) fn delay(&mut self) -> Duration {
        let step = self.next;
        self.next = step.saturating_mul(2).min(self.longest());
        step.mul_f64(0.5 + fastrand::f64() / 2.0)
    }

    /// The next delay is the longest: another attempt soon would meet the same refusal.
    pub(crate) fn slow_down(&mut self) {
        self.next = self.longest();
    }

    /// The next delay is the shortest: the server answered.
    pub(crate) fn reset(&mut self) {
        self.next = *self.limits.start();
    }

    pub(crate) fn longest(&self) -> Duration {
        *self.limits.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_start_again() {
        let ms = Duration::from_millis;
        let mut backoff = Backoff::new(ms(20)..=ms(100));
        for step in [20, 40, 80, 100, 100] {
            let delay = backoff.delay();
            assert!(delay >= ms(step / 2) && delay <= ms(step), "{delay:?} of {step}");
        }
        backoff.reset();
        assert!(backoff.delay() <= ms(20));
        backoff.slow_down();
        assert!(backoff.delay() >= ms(50));
    }
}
