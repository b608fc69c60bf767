//! The books of what was published, received and told as missing.
//!
//! A message's payload begins with its number in its channel, from 0. The invariant that an [`Account`] checks with
//! each event: numbers only grow, and a number that was published and is left out stands inside a gap that the stream
//! tells: between `Disconnected` and `Resubscribed`, or counted by `Lagged`.

use std::collections::{BTreeSet, HashMap};
use std::str;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result, bail, ensure};
use embroker::{Event, Gap, Message, SubscriptionKind};

/// What was published, by its publishers. Clones are one ledger.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<HashMap<Vec<u8>, Channel>>>);

#[derive(Debug, Default)]
struct Channel {
    next: u64,
    /// Numbers whose PUBLISH was never answered: they may have been sent or not.
    unknown: BTreeSet<u64>,
}

/// What one subscriber received, each of its subscriptions on its own.
#[derive(Debug)]
pub struct Account {
    ledger: Ledger,
    lines: HashMap<Subscription, Line>,
    /// An outage was told that is not over.
    disconnected: bool,
    /// What `Lagged` has told since the last message. Exact where there is one subscription.
    lagged: u64,
    totals: Totals,
}

/// A channel, the kind of subscription, and its pattern.
type Subscription = (Vec<u8>, SubscriptionKind, Option<Vec<u8>>);

/// The last message of a subscription.
#[derive(Debug)]
struct Line {
    number: u64,
    /// How many outages had been told when it came.
    outages: u64,
}

/// The sums of an [`Account`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages received, in order and once.
    pub received: u64,
    /// Messages that were published while the stream told an outage.
    pub missed: u64,
    /// Messages that were told as lagged.
    pub lagged: u64,
    /// Outages told.
    pub outages: u64,
}

impl Ledger {
    /// The number of the next message on the channel, which is to be published by whoever asks.
    pub fn number(&self, channel: &[u8]) -> u64 {
        let mut channels = self.lock();
        let channel = channels.entry(channel.to_vec()).or_default();
        channel.next += 1;
        channel.next - 1
    }

    /// The number that the next message on the channel will have.
    pub fn next(&self, channel: &[u8]) -> u64 {
        self.lock().get(channel).map_or(0, |channel| channel.next)
    }

    /// Notes that nobody knows whether that message was published.
    pub fn is_unknown(&self, channel: &[u8], number: u64) {
        self.lock().entry(channel.to_vec()).or_default().unknown.insert(number);
    }

    /// How many messages were numbered on all channels, and of how many nobody knows whether they were published.
    pub fn published(&self) -> (u64, u64) {
        let channels = self.lock();
        channels
            .values()
            .fold((0, 0), |(all, unknown), channel| (all + channel.next, unknown + channel.unknown.len() as u64))
    }

    /// How many numbers of the range were published for certain, and of how many nobody knows.
    fn between(&self, channel: &[u8], from: u64, to: u64) -> (u64, u64) {
        let unknown = self.lock().get(channel).map_or(0, |channel| channel.unknown.range(from..to).count() as u64);
        (to - from - unknown, unknown)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Channel>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Account {
    /// An account of a subscriber that has received nothing yet. Each subscription counts from its first message.
    pub fn new(ledger: &Ledger) -> Self {
        Self {
            ledger: ledger.clone(),
            lines: HashMap::new(),
            disconnected: false,
            lagged: 0,
            totals: Totals::default(),
        }
    }

    /// Books one event of the stream.
    ///
    /// # Errors
    ///
    /// If the stream breaks its promise, in words.
    pub fn book(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Message(message) => self.message(message)?,
            // Of gaps among dropped messages only the last is told, after their number.
            Event::Gap(Gap::Disconnected) => {
                ensure!(!self.disconnected || self.lagged > 0, "Disconnected was told twice");
                self.disconnected = true;
                self.totals.outages += 1;
            }
            Event::Gap(Gap::Resubscribed) => {
                ensure!(self.disconnected || self.lagged > 0, "Resubscribed was told without Disconnected");
                self.totals.outages += u64::from(!self.disconnected);
                self.disconnected = false;
            }
            Event::Gap(Gap::Lagged(count)) => {
                self.lagged += count;
                self.totals.lagged += count;
            }
            other => bail!("the account has no line for {other:?}"),
        }
        Ok(())
    }

    /// Whether an outage was told that is not over.
    pub fn is_disconnected(&self) -> bool {
        self.disconnected
    }

    /// The last number that was received on the channel by each subscription that ever received on it.
    pub fn last(&self, channel: &[u8]) -> Option<u64> {
        self.lines.iter().filter(|((name, ..), _)| name == channel).map(|(_, line)| line.number).min()
    }

    /// The sums so far.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    fn message(&mut self, message: &Message) -> Result<()> {
        let number = number(message)?;
        ensure!(!self.disconnected, "{number} came while the stream told an outage");
        let lagged = std::mem::take(&mut self.lagged);
        let subscription = (message.channel().to_vec(), message.kind(), message.pattern().map(<[u8]>::to_vec));
        let line = Line { number, outages: self.totals.outages };
        let before = self.lines.insert(subscription, line);
        self.totals.received += 1;
        let Some(Line { number: last, outages }) = before else { return Ok(()) };
        ensure!(number > last, "{number} came after {last}: {message:?}");
        let (missing, unknown) = self.ledger.between(message.channel(), last + 1, number);
        if outages < self.totals.outages {
            self.totals.missed += (missing + unknown).saturating_sub(lagged);
            return Ok(());
        }
        ensure!(
            missing <= lagged && lagged <= missing + unknown,
            "between {last} and {number} {missing} are missing, {unknown} unknown, and {lagged} were told: {message:?}"
        );
        Ok(())
    }
}

fn number(message: &Message) -> Result<u64> {
    let payload = str::from_utf8(message.payload())?;
    let number = payload.split(' ').next().unwrap_or_default();
    number.parse().with_context(|| format!("the payload of {message:?} begins with no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger() -> Ledger {
        let ledger = Ledger::default();
        for _ in 0..20 {
            ledger.number(b"c");
        }
        ledger.is_unknown(b"c", 15);
        ledger
    }

    fn message(number: u64) -> Event {
        Event::Message(Message::new(b"c", format!("{number} and more").as_bytes()))
    }

    fn verdict(events: &[Event]) -> Result<Totals> {
        let mut account = Account::new(&ledger());
        for event in events {
            account.book(event)?;
        }
        Ok(account.totals())
    }

    #[test]
    fn what_is_missing_has_to_be_told() {
        let told = [Event::Gap(Gap::Disconnected), Event::Gap(Gap::Resubscribed)];
        let [disconnected, resubscribed] = &told;
        let lagged = |count| Event::Gap(Gap::Lagged(count));

        let events = [message(3), message(4), disconnected.clone(), resubscribed.clone(), message(7)];
        assert_eq!(verdict(&events).unwrap(), Totals { received: 3, missed: 2, lagged: 0, outages: 1 });
        let events = [message(3), lagged(2), message(6), message(14), message(16)];
        assert!(verdict(&events).is_err(), "7 to 13 are missing");
        let events = [message(3), lagged(2), message(6), lagged(7), message(14), message(16)];
        assert_eq!(verdict(&events).unwrap(), Totals { received: 4, missed: 0, lagged: 9, outages: 0 });

        let events = [message(3), lagged(1), resubscribed.clone(), message(7)];
        assert_eq!(verdict(&events).unwrap(), Totals { received: 2, missed: 2, lagged: 1, outages: 1 });

        for broken in [
            vec![message(3), message(3)],
            vec![message(3), message(2)],
            vec![message(3), message(5)],
            vec![message(3), lagged(3), message(6)],
            vec![message(3), lagged(1), message(6)],
            vec![message(3), disconnected.clone(), message(6)],
            vec![disconnected.clone(), disconnected.clone()],
            vec![resubscribed.clone()],
            vec![message(3), disconnected.clone(), resubscribed.clone(), message(3)],
        ] {
            assert!(verdict(&broken).is_err(), "{broken:?}");
        }
    }
}
