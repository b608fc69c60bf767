//! What the dashboard shows: the totals that the listeners keep in the broker, and what the listeners have received.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use embroker::{AnyBroker, prelude::*};
use embroker_listeners::ticket_shop::Report;
use embroker_listeners::{ListenerCounts, Running};

use super::Sale;
use crate::purchases::{CUSTOMERS, EVENTS};
use crate::screen::Log;

/// How many seconds of messages a second are kept.
const SECONDS: usize = 120;

/// How many lines of the log are shown at most.
const LINES: usize = 50;

/// All that is drawn.
pub(crate) struct Picture {
    pub(super) place: String,
    pub(super) seed: u64,
    pub(super) purchases: u64,
    pub(super) sale: Sale,
    /// As the broker has it.
    pub(super) report: Report,
    pub(super) listeners: Vec<(String, ListenerCounts)>,
    /// How many clients are subscribed to the channels, and how many patterns there are.
    pub(super) subscribers: i64,
    pub(super) patterns: i64,
    pub(super) rate: Rate,
    pub(super) log: Vec<String>,
    /// Why the broker could not be asked at the last look.
    pub(super) problem: Option<String>,
}

impl Picture {
    pub(super) fn new(place: String, seed: u64, purchases: u64) -> Self {
        Self {
            place,
            seed,
            purchases,
            sale: Sale::Open(0),
            report: Report::of(EVENTS, []),
            listeners: Vec::new(),
            subscribers: 0,
            patterns: 0,
            rate: Rate::new(Instant::now()),
            log: Vec::new(),
            problem: None,
        }
    }

    /// Takes everything in once more. What can't be read stays as it was, and is said.
    pub(super) async fn look(&mut self, broker: &AnyBroker, running: &Running, sale: Sale, log: &Log) {
        self.sale = sale;
        let counts = running.counts();
        self.rate.note(Instant::now(), counts.total().seen());
        self.listeners = counts.iter().map(|(name, counts)| (name.to_owned(), counts)).collect();
        self.log = log.last(LINES);
        self.problem = self.ask(broker).await.err().map(|error| error.to_string());
    }

    async fn ask(&mut self, broker: &AnyBroker) -> Result<(), Box<dyn std::error::Error>> {
        self.report = Report::read(broker, EVENTS, CUSTOMERS).await?;
        let channels = broker.pubsub_channels("purchase_orders*").await?;
        let counts = broker.pubsub_numsub(&channels).await?;
        self.subscribers = counts.iter().map(|(_, subscribers)| subscribers).sum();
        self.patterns = broker.pubsub_numpat().await?;
        Ok(())
    }

    /// All places in the listeners' streams where messages are missing, those that were counted included.
    pub(super) fn gaps(&self) -> u64 {
        self.listeners.iter().map(|(_, counts)| counts.gaps + counts.lagged).sum()
    }
}

/// Messages a second, for the last two minutes.
pub(super) struct Rate {
    second: Instant,
    at_its_start: u64,
    /// The last full second stands at the end.
    pub(super) seconds: VecDeque<u64>,
}

impl Rate {
    fn new(now: Instant) -> Self {
        Self { second: now, at_its_start: 0, seconds: VecDeque::new() }
    }

    /// Notes how many messages there have been so far.
    fn note(&mut self, now: Instant, messages: u64) {
        let passed = now.saturating_duration_since(self.second);
        if passed < Duration::from_secs(1) {
            return;
        }
        let a_second = (messages - self.at_its_start) as f64 / passed.as_secs_f64();
        if self.seconds.len() == SECONDS {
            self.seconds.pop_front();
        }
        self.seconds.push_back(a_second.round() as u64);
        self.second = now;
        self.at_its_start = messages;
    }

    /// That of the last full second.
    pub(super) fn now(&self) -> u64 {
        self.seconds.back().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_full_second() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        rate.note(start + Duration::from_millis(900), 90);
        assert_eq!(rate.now(), 0, "the first second is not over");
        rate.note(start + Duration::from_secs(1), 100);
        assert_eq!(rate.now(), 100);
        rate.note(start + Duration::from_secs(3), 500);
        assert_eq!(rate.now(), 200);
        for second in 4..1_000 {
            rate.note(start + Duration::from_secs(second), 500);
        }
        assert_eq!((rate.now(), rate.seconds.len()), (0, SECONDS));
    }
}
