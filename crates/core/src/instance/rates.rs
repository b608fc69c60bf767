//! How much happens in a second: INFO's `instantaneous_…` fields.

use std::time::Instant;

/// How many samples make an average, as in Redis: with ten a second, those of the last 1.6 seconds.
const SAMPLES: usize = 16;

/// What happens in a second, over the last samples.
///
/// # Examples
///
/// ```
/// use embroker_core::instance::{Rates, Stats};
///
/// assert_eq!(Stats::default().rates(), Rates::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Rates {
    /// Commands that ran for clients.
    pub commands: f64,
    /// Bytes that came from clients.
    pub bytes_received: f64,
    /// Bytes that went to clients.
    pub bytes_sent: f64,
}

/// The last samples of three counters.
#[derive(Debug, Default)]
pub(super) struct Sampler {
    /// When the last sample was taken, and what the counters were.
    last: Option<(Instant, [u64; 3])>,
    samples: [[f64; 3]; SAMPLES],
    next: usize,
}

impl Sampler {
    /// Takes a sample. A counter that was reset gives none.
    pub(super) fn take(&mut self, now: Instant, counters: [u64; 3]) {
        if let Some((at, before)) = self.last.replace((now, counters)) {
            let seconds = now.saturating_duration_since(at).as_secs_f64();
            if seconds > 0.0 {
                let change = |n: usize| counters[n].saturating_sub(before[n]) as f64 / seconds;
                self.samples[self.next] = [change(0), change(1), change(2)];
                self.next = (self.next + 1) % SAMPLES;
            }
        }
    }

    pub(super) fn rates(&self) -> Rates {
        let mean = |n: usize| self.samples.iter().map(|sample| sample[n]).sum::<f64>() / SAMPLES as f64;
        Rates { commands: mean(0), bytes_received: mean(1), bytes_sent: mean(2) }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn rates_are_the_mean_of_the_last_samples() {
        let (mut sampler, start) = (Sampler::default(), Instant::now());
        for tick in 0..=16 {
            sampler.take(start + tick * Duration::from_millis(100), [u64::from(tick) * 10, 0, u64::from(tick)]);
        }
        let rates = sampler.rates();
        assert!((rates.commands - 100.0).abs() < 1e-6 && (rates.bytes_sent - 10.0).abs() < 1e-6, "{rates:?}");
        sampler.take(start + Duration::from_secs(60), [0, 0, 0]);
        assert!(sampler.rates().commands < 100.0, "a reset counts as a quiet time");
    }
}
