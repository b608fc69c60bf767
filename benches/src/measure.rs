//! Timing two contenders in turn: ours, peer, peer, ours, and so on, so that a machine that drifts drifts under both.
//!
//! A contender is a closure that does so many iterations and tells how long they took; what it sets up before it looks
//! at the clock does not count. How many iterations make one batch is found by running it, which also warms it up.

use std::future::Future;
use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::runtime::{Builder, Runtime};

use crate::report::{Samples, Unit};

/// The most iterations that one batch may have.
const MOST_ITERATIONS: u64 = 1 << 32;

/// How much time a run may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// Whether the whole run is to end within three minutes.
    pub(crate) quick: bool,
    /// How often each contender has its turn.
    pub(crate) rounds: usize,
    /// How long one turn is to take.
    pub(crate) turn: Duration,
}

impl Effort {
    /// The effort of a quick run, or of one whose figures are kept.
    pub(crate) fn new(quick: bool) -> Self {
        let (rounds, turn) = if quick { (7, 15) } else { (15, 100) };
        Self { quick, rounds, turn: Duration::from_millis(turn) }
    }

    /// The same with turns this many times as long, and as many fewer rounds as that allows, but at least 3.
    pub(crate) fn longer(self, times: u32) -> Self {
        let rounds = (self.rounds / times.max(1) as usize).max(3);
        Self { rounds, turn: self.turn.saturating_mul(times), ..self }
    }

    /// Lets the two take turns. The samples are in the unit.
    pub(crate) fn pair(
        self,
        unit: Unit,
        mut ours: impl FnMut(u64) -> Result<Duration>,
        mut peer: impl FnMut(u64) -> Result<Duration>,
    ) -> Result<Samples> {
        let our_batch = self.batch(&mut ours)?;
        let peer_batch = self.batch(&mut peer)?;
        let mut samples = Samples::default();
        for round in 0..self.rounds {
            // Who comes first alternates: the second finds the caches that the first left.
            if round % 2 == 0 {
                samples.ours.push(one(unit, &mut ours, our_batch)?);
                samples.peer.push(one(unit, &mut peer, peer_batch)?);
            } else {
                samples.peer.push(one(unit, &mut peer, peer_batch)?);
                samples.ours.push(one(unit, &mut ours, our_batch)?);
            }
        }
        Ok(samples)
    }

    /// Measures one alone.
    pub(crate) fn alone(self, unit: Unit, mut ours: impl FnMut(u64) -> Result<Duration>) -> Result<Samples> {
        let batch = self.batch(&mut ours)?;
        let ours = (0..self.rounds).map(|_| one(unit, &mut ours, batch)).collect::<Result<_>>()?;
        Ok(Samples { ours, peer: Vec::new() })
    }

    /// How many iterations take about one turn.
    fn batch(self, contender: &mut impl FnMut(u64) -> Result<Duration>) -> Result<u64> {
        let mut iterations = 1_u64;
        loop {
            let took = contender(iterations)?;
            let wanted = self.turn.as_secs_f64() / took.as_secs_f64().max(1e-9);
            if wanted <= 1.5 {
                return Ok((iterations as f64 * wanted).max(1.0) as u64);
            }
            // A first batch is slow for many reasons, so a guess may lead too far: no more than ten times at once.
            iterations = (iterations as f64 * wanted.min(10.0)).ceil() as u64;
            ensure!(iterations < MOST_ITERATIONS, "a contender does nothing");
        }
    }
}

/// One turn, in the unit.
fn one(unit: Unit, contender: &mut impl FnMut(u64) -> Result<Duration>, batch: u64) -> Result<f64> {
    let seconds = contender(batch)?.as_secs_f64() / batch as f64;
    Ok(unit.of_seconds(seconds))
}

/// A runtime on the caller's thread alone, without timers or sockets.
pub(crate) fn single() -> Result<Runtime> {
    Builder::new_current_thread().build().context("no runtime")
}

/// A runtime as `#[tokio::main]` makes it.
pub(crate) fn multi() -> Result<Runtime> {
    Builder::new_multi_thread().enable_all().build().context("no runtime")
}

/// A runtime on the caller's thread, for talking to a server.
pub(crate) fn single_with_io() -> Result<Runtime> {
    Builder::new_current_thread().enable_all().build().context("no runtime")
}

/// Does the operation `iterations` times with the numbers from `order`, again and again from its start.
pub(crate) fn timed<T>(iterations: u64, order: &[u32], mut operation: impl FnMut(usize) -> T) -> Duration {
    let numbers = order.iter().cycle().take(iterations as usize);
    let start = Instant::now();
    for number in numbers {
        black_box(operation(*number as usize));
    }
    start.elapsed()
}

/// As [`timed`], for operations that are awaited.
pub(crate) fn timed_async<T, F: Future<Output = T>>(
    runtime: &Runtime,
    iterations: u64,
    order: &[u32],
    mut operation: impl FnMut(usize) -> F,
) -> Duration {
    runtime.block_on(async {
        let numbers = order.iter().cycle().take(iterations as usize);
        let start = Instant::now();
        for number in numbers {
            black_box(operation(*number as usize).await);
        }
        start.elapsed()
    })
}

/// The numbers below `count`, shuffled: the same for the same count.
pub(crate) fn shuffled(count: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    fastrand::Rng::with_seed(u64::from(count)).shuffle(&mut order);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contender_has_as_many_turns_as_there_are_rounds_and_who_is_first_alternates() {
        let turns = std::cell::RefCell::new(String::new());
        let contender = |name: char| {
            let turns = &turns;
            move |iterations: u64| {
                turns.borrow_mut().push(name);
                Ok(Duration::from_millis(iterations))
            }
        };
        let effort = Effort { quick: true, rounds: 3, turn: Duration::from_millis(1) };
        let samples = effort.pair(Unit::Nanoseconds, contender('o'), contender('p')).unwrap();
        assert_eq!((samples.ours, samples.peer), (vec![1e6; 3], vec![1e6; 3]));
        assert_eq!(*turns.borrow(), "opoppoop");
    }

    #[test]
    fn a_batch_takes_about_one_turn() {
        let effort = Effort { quick: true, rounds: 1, turn: Duration::from_millis(10) };
        let batch = effort.batch(&mut |iterations| Ok(Duration::from_micros(2) * iterations as u32)).unwrap();
        assert_eq!(batch, 5_000);
        let slow = effort.batch(&mut |iterations| Ok(Duration::from_secs(1) * iterations as u32)).unwrap();
        assert_eq!(slow, 1);
    }

    #[test]
    fn numbers_come_in_the_same_order_each_time() {
        assert_eq!(shuffled(100), shuffled(100));
        let mut sorted = shuffled(100);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..100).collect::<Vec<_>>());
    }
}
