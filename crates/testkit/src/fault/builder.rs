//! How a fault is written: [`Fault`] begins it, then come which of them and what happens.

use std::time::Duration;

use super::{CommandMatch, Effect, Fault, MessageMatch, On};
use crate::clock::millis;

/// A fault on its way: which commands or messages it strikes. What happens to them completes it.
///
/// # Examples
///
/// ```
/// use embroker_testkit::{CommandFault, Fault, MessageFault};
///
/// let visits: CommandFault = Fault::command("INCR").key("visits").nth(2);
/// assert_eq!(visits.is_not_sent().to_string(), "the 2nd INCR of visits is not sent");
/// let news: MessageFault = Fault::message("news:*").chance(0.1);
/// assert_eq!(news.is_lost().to_string(), "each message on news:*, by a chance of 0.1, is lost");
/// ```
#[derive(Clone, Debug)]
#[must_use = "say what happens to what it strikes"]
pub struct FaultOf<T> {
    pub(super) on: T,
    nth: Option<u64>,
    chance: Option<f64>,
}

/// A fault of commands on its way: which of them.
///
/// ```
/// use embroker_testkit::{CommandFault, Fault};
///
/// let writes: CommandFault = Fault::command("SET").key("price:*");
/// assert_eq!(writes.fails("ERR no").to_string(), "each SET of price:* fails with \"ERR no\"");
/// ```
pub type CommandFault = FaultOf<CommandMatch>;

/// A fault of messages on its way: which of them.
///
/// ```
/// use embroker_testkit::{Fault, MessageFault};
///
/// let second: MessageFault = Fault::message("news").nth(2);
/// assert_eq!(second.is_lost().to_string(), "the 2nd message on news is lost");
/// ```
pub type MessageFault = FaultOf<MessageMatch>;

impl<T: Into<On>> FaultOf<T> {
    pub(super) fn on(on: T) -> Self {
        Self { on, nth: None, chance: None }
    }

    /// Only the nth that matches, from 1; of messages, the nth on its way to a subscriber.
    ///
    /// ```
    /// use embroker_testkit::Fault;
    ///
    /// assert_eq!(Fault::command("GET").nth(1).is_not_sent().to_string(), "the 1st GET is not sent");
    /// assert_eq!(Fault::message("news").nth(1).is_lost().to_string(), "the 1st message on news is lost");
    /// ```
    pub fn nth(mut self, n: u64) -> Self {
        self.nth = Some(n);
        self
    }

    /// Each that matches with this probability, above 0 and at most 1; the seed decides.
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::command("GET").chance(0.5).is_not_sent();
    /// assert_eq!(fault.to_string(), "each GET, by a chance of 0.5, is not sent");
    /// ```
    pub fn chance(mut self, probability: f64) -> Self {
        self.chance = Some(probability);
        self
    }

    fn then(self, then: Effect) -> Fault {
        Fault { on: self.on.into(), nth: self.nth, chance: self.chance, then }
    }
}

impl From<CommandMatch> for On {
    fn from(on: CommandMatch) -> Self {
        Self::Command(on)
    }
}

impl From<MessageMatch> for On {
    fn from(on: MessageMatch) -> Self {
        Self::Message(on)
    }
}

impl CommandFault {
    /// Only where a key matches this glob.
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::command("GET").key("price:*").is_not_sent();
    /// assert_eq!(fault.to_string(), "each GET of price:* is not sent");
    /// ```
    pub fn key(mut self, glob: impl Into<String>) -> Self {
        self.on.key = Some(glob.into());
        self
    }

    /// Only where the first arguments after the name match these globs, one each.
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::command("HSET").args(["order:*", "who"]).is_not_sent();
    /// assert_eq!(fault.to_string(), "each HSET with order:* who is not sent");
    /// ```
    pub fn args<T: Into<String>>(mut self, globs: impl IntoIterator<Item = T>) -> Self {
        self.on.args = globs.into_iter().map(Into::into).collect();
        self
    }

    /// It does not run and answers this error of Redis's kind, such as `ERR disk on fire`.
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::command("GET").fails("LOADING Redis is loading the dataset in memory");
    /// ```
    pub fn fails(self, error: impl Into<String>) -> Fault {
        self.then(Effect::Fail(error.into()))
    }

    /// It does not run and answers what Redis does beyond `maxmemory`. Strikes only commands that Redis would refuse.
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::any_command().runs_out_of_memory();
    /// assert_eq!(fault.to_string(), "each command runs out of memory");
    /// ```
    pub fn runs_out_of_memory(self) -> Fault {
        self.then(Effect::OutOfMemory)
    }

    /// It does not run, for there is no connection: [`Disconnected`](embroker::Error::Disconnected).
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::command("PUBLISH").is_not_sent();
    /// ```
    pub fn is_not_sent(self) -> Fault {
        self.then(Effect::NotSent)
    }

    /// It runs, and its reply is lost: [`OutcomeUnknown`](embroker::Error::OutcomeUnknown).
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::command("PUBLISH").loses_its_reply();
    /// ```
    pub fn loses_its_reply(self) -> Fault {
        self.then(Effect::LoseReply)
    }

    /// It runs so much later, by the broker's [clock](crate::TestClock).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let fault = embroker_testkit::Fault::command("GET").is_delayed(Duration::from_millis(20));
    /// assert_eq!(fault.to_string(), "each GET is delayed by 20 ms");
    /// ```
    pub fn is_delayed(self, by: Duration) -> Fault {
        self.then(Effect::DelayMs(millis(by)))
    }
}

impl MessageFault {
    /// Only on the way to one subscriber: from 1, in the order that subscribers and probes were made.
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::message("news").to_subscriber(2).nth(1).is_lost();
    /// assert_eq!(fault.to_string(), "the 1st message on news to subscriber 2 is lost");
    /// ```
    pub fn to_subscriber(mut self, number: u64) -> Self {
        self.on.subscriber = Some(number);
        self
    }

    /// It is lost, which its subscriber is told as `Gap::Lagged(1)`: a broker loses nothing in silence.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::{Gap, prelude::*};
    /// use embroker_testkit::{Fault, FaultPlan, TestBroker};
    ///
    /// let plan = FaultPlan::new([Fault::message("news").nth(1).is_lost()])?;
    /// let broker = TestBroker::builder().faults(plan).mem()?;
    /// let mut probe = broker.probe(["news"]).await?;
    /// broker.publish("news", "first").await?;
    /// broker.publish("news", "second").await?;
    /// probe.expect_gap(Gap::Lagged(1)).await;
    /// probe.expect_message("news", "second").await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_lost(self) -> Fault {
        self.then(Effect::Lose)
    }

    /// It and all that follow it to its subscriber are held until
    /// [`release_messages`](crate::TestBroker::release_messages).
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::message("news").nth(1).is_held();
    /// assert_eq!(fault.to_string(), "the 1st message on news is held");
    /// ```
    pub fn is_held(self) -> Fault {
        self.then(Effect::Hold)
    }

    /// It arrives so much later, by the broker's [clock](crate::TestClock), and with it all that follow it: a
    /// subscriber sees messages in the order they were sent.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let fault = embroker_testkit::Fault::message("news").is_delayed(Duration::from_millis(20));
    /// ```
    pub fn is_delayed(self, by: Duration) -> Fault {
        self.then(Effect::DelayMs(millis(by)))
    }

    /// It arrives later by a time up to this one that the seed decides; the order stays.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let fault = embroker_testkit::Fault::message("*").jitters(Duration::from_millis(5));
    /// assert_eq!(fault.to_string(), "each message on * is delayed by up to 5 ms");
    /// ```
    pub fn jitters(self, most: Duration) -> Fault {
        self.then(Effect::JitterMs(millis(most)))
    }

    /// Its subscriber loses the connection just before it and misses so many messages, at least this one; then the
    /// subscriptions are back. The stream tells it: `Gap::Disconnected`, `Gap::Resubscribed`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::{Gap, prelude::*};
    /// use embroker_testkit::{Fault, FaultPlan, TestBroker};
    ///
    /// let plan = FaultPlan::new([Fault::message("news").nth(2).cuts_the_subscriber(1)])?;
    /// let broker = TestBroker::builder().faults(plan).mem()?;
    /// let mut probe = broker.probe(["news"]).await?;
    /// for text in ["first", "missed", "third"] {
    ///     broker.publish("news", text).await?;
    /// }
    /// probe.expect_message("news", "first").await;
    /// probe.expect_gap(Gap::Disconnected).await;
    /// probe.expect_gap(Gap::Resubscribed).await;
    /// probe.expect_message("news", "third").await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn cuts_the_subscriber(self, misses: u64) -> Fault {
        self.then(Effect::Cut { misses })
    }
}
