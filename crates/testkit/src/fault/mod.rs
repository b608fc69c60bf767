//! [`FaultPlan`]: what goes wrong in a test, as data.
//!
//! Here are the faults and what they are built with; `check` refuses those that can't happen, `injector` makes the others
//! happen, `words` tells them. A plan holds only faults that can happen, wherever it came from.

mod check;
mod injector;
mod words;

use std::time::Duration;

pub(crate) use injector::{CommandFate, Injector, MessageFate};
use serde::{Deserialize, Serialize};

use crate::clock::millis;
use crate::{Error, Result};

/// What is to go wrong, in order. Written with the calls of [`Fault`], or read from data by serde: the same plan and the
/// same seed make the same faults.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker::{Error, prelude::*};
/// use embroker_testkit::{Fault, FaultPlan, TestBroker};
///
/// let plan = FaultPlan::new([Fault::command("INCR").key("sold:*").nth(2).loses_its_reply()])?;
/// let same = r#"[{"on": {"command": {"name": "INCR", "key": "sold:*"}}, "nth": 2, "then": "lose_reply"}]"#;
/// assert_eq!(serde_json::from_str::<FaultPlan>(same)?, plan);
///
/// let broker = TestBroker::builder().faults(plan).mem()?;
/// assert_eq!(broker.incr("sold:judo").await?, 1);
/// assert!(matches!(broker.incr("sold:judo").await, Err(Error::OutcomeUnknown { .. })));
/// assert_eq!(broker.get_as("sold:judo").await?, Some(2), "it ran");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Fault>", into = "Vec<Fault>")]
pub struct FaultPlan(Vec<Fault>);

impl FaultPlan {
    /// These faults. Where several strike one command, their delays add up and the first of the others holds.
    ///
    /// # Errors
    ///
    /// [`Error::Fault`] for the first fault that can't happen: the 0th of something, a command that does not exist or
    /// never reaches a broker, a key of a command that has none, a chance outside of 0 to 1, a delay of no time.
    ///
    /// ```
    /// use embroker_testkit::{Fault, FaultPlan};
    ///
    /// let refused = |fault| FaultPlan::new([fault]).unwrap_err().to_string();
    /// assert_eq!(
    ///     refused(Fault::command("HSETT").loses_its_reply()),
    ///     "fault 1 of the plan can't happen: Redis has no command HSETT; did you mean HSET?"
    /// );
    /// assert_eq!(
    ///     refused(Fault::command("HSET").nth(0).loses_its_reply()),
    ///     "fault 1 of the plan can't happen: the 0th never comes, the first is 1"
    /// );
    /// ```
    pub fn new(faults: impl IntoIterator<Item = Fault>) -> Result<Self> {
        Self::try_from(faults.into_iter().collect::<Vec<_>>())
    }

    /// A plan in which nothing goes wrong.
    ///
    /// ```
    /// use embroker_testkit::FaultPlan;
    ///
    /// assert_eq!(FaultPlan::none().faults(), []);
    /// ```
    pub fn none() -> Self {
        Self::default()
    }

    /// The faults in order.
    ///
    /// ```
    /// use embroker_testkit::{Fault, FaultPlan};
    ///
    /// let plan = FaultPlan::new([Fault::message("news:*").nth(2).is_lost()])?;
    /// assert_eq!(plan.faults()[0].to_string(), "the 2nd message on news:* is lost");
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn faults(&self) -> &[Fault] {
        &self.0
    }
}

impl TryFrom<Vec<Fault>> for FaultPlan {
    type Error = Error;

    fn try_from(faults: Vec<Fault>) -> Result<Self> {
        for (fault, number) in faults.iter().zip(1..) {
            check::check(fault).map_err(|reason| Error::Fault { number, reason })?;
        }
        Ok(Self(faults))
    }
}

impl From<FaultPlan> for Vec<Fault> {
    fn from(plan: FaultPlan) -> Self {
        plan.0
    }
}

/// One thing that goes wrong: with which commands or messages, which of them, and how.
///
/// As data: `on` is `{"command": {"name", "family", "key", "args"}}`, all of them optional, or `{"message": {"channel",
/// "subscriber"}}`, the second optional;
/// `nth` counts from 1, `chance` is a number up to 1, and without either it is each; `then` is for commands
/// `{"fail": "ERR text"}`, `"out_of_memory"`, `"not_sent"`, `"lose_reply"` or `{"delay_ms": 20}`, and for messages
/// `"lose"`, `"hold"`, `{"delay_ms": 20}`, `{"jitter_ms": 20}` or `{"cut": {"misses": 2}}`.
///
/// # Examples
///
/// ```
/// use embroker_testkit::Fault;
///
/// let fault = Fault::command("HSET").key("order:*").nth(3).fails("ERR disk on fire");
/// assert_eq!(fault.to_string(), "the 3rd HSET of order:* fails with \"ERR disk on fire\"");
/// let data = serde_json::to_string(&fault)?;
/// assert_eq!(
///     data,
///     r#"{"on":{"command":{"name":"HSET","key":"order:*"}},"nth":3,"then":{"fail":"ERR disk on fire"}}"#
/// );
/// assert_eq!(serde_json::from_str::<Fault>(&data)?, fault);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    on: On,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nth: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chance: Option<f64>,
    then: Effect,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum On {
    Command(CommandMatch),
    Message(MessageMatch),
}

/// What must be true of a command, all of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandMatch {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    family: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    args: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageMatch {
    channel: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subscriber: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Effect {
    Fail(String),
    OutOfMemory,
    NotSent,
    LoseReply,
    DelayMs(u64),
    Lose,
    Hold,
    JitterMs(u64),
    Cut { misses: u64 },
}

impl Fault {
    /// Strikes calls of one command, by its name in any case: `HSET`, `CONFIG SET`. SUBSCRIBE and its kin, WATCH and
    /// EXEC have the names that Redis has for them: a subscriber's calls, the beginning of a
    /// [`watch`](embroker::prelude::TransactionCommands::watch), and a transaction as a whole.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::prelude::*;
    /// use embroker_testkit::{Fault, FaultPlan, TestBroker};
    ///
    /// let plan = FaultPlan::new([Fault::command("GET").fails("ERR disk on fire")])?;
    /// let broker = TestBroker::builder().faults(plan).mem()?;
    /// assert_eq!(broker.get("price").await.unwrap_err().to_string(), "ERR disk on fire");
    /// # Ok(())
    /// # }
    /// ```
    pub fn command(name: impl Into<String>) -> CommandFault {
        CommandFault::on(CommandMatch { name: Some(name.into()), ..CommandMatch::default() })
    }

    /// Strikes the commands of one group of Redis's documentation: `hash`, `set`, `string`, `bitmap`, `generic` (DEL,
    /// EXPIRE, …), `pubsub`, …
    ///
    /// ```
    /// use embroker_testkit::Fault;
    ///
    /// let fault = Fault::family("hash").chance(0.1).is_not_sent();
    /// assert_eq!(fault.to_string(), "each command of the family hash, by a chance of 0.1, is not sent");
    /// ```
    pub fn family(name: impl Into<String>) -> CommandFault {
        CommandFault::on(CommandMatch { family: Some(name.into()), ..CommandMatch::default() })
    }

    /// Strikes all commands.
    ///
    /// ```
    /// use embroker_testkit::Fault;
    ///
    /// let fault = Fault::any_command().nth(100).is_not_sent();
    /// assert_eq!(fault.to_string(), "the 100th command is not sent");
    /// ```
    pub fn any_command() -> CommandFault {
        CommandFault::on(CommandMatch::default())
    }

    /// Strikes messages on their way to a subscriber, by a glob of their channels. Each subscriber counts for itself: the
    /// 3rd message is the 3rd that matches of each.
    ///
    /// ```
    /// use embroker_testkit::Fault;
    ///
    /// let fault = Fault::message("news:*").nth(3).cuts_the_subscriber(2);
    /// assert_eq!(fault.to_string(), "the 3rd message on news:* cuts its subscriber, who misses 2");
    /// ```
    pub fn message(channel: impl Into<String>) -> MessageFault {
        MessageFault { on: MessageMatch { channel: channel.into(), subscriber: None }, nth: None, chance: None }
    }
}

/// A fault of commands on its way: which of them.
#[derive(Clone, Debug)]
#[must_use = "say what happens to the command"]
pub struct CommandFault {
    on: CommandMatch,
    nth: Option<u64>,
    chance: Option<f64>,
}

impl CommandFault {
    fn on(on: CommandMatch) -> Self {
        Self { on, nth: None, chance: None }
    }

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

    /// Only the nth that matches, from 1.
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::command("GET").nth(1).is_not_sent();
    /// assert_eq!(fault.to_string(), "the 1st GET is not sent");
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

    fn then(self, then: Effect) -> Fault {
        Fault { on: On::Command(self.on), nth: self.nth, chance: self.chance, then }
    }
}

/// A fault of messages on its way: which of them.
#[derive(Clone, Debug)]
#[must_use = "say what happens to the message"]
pub struct MessageFault {
    on: MessageMatch,
    nth: Option<u64>,
    chance: Option<f64>,
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

    /// Only the nth that matches on its way to a subscriber, from 1.
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::message("news").nth(1).is_lost();
    /// assert_eq!(fault.to_string(), "the 1st message on news is lost");
    /// ```
    pub fn nth(mut self, n: u64) -> Self {
        self.nth = Some(n);
        self
    }

    /// Each that matches with this probability, above 0 and at most 1; the seed decides.
    ///
    /// ```
    /// let fault = embroker_testkit::Fault::message("news").chance(0.5).is_lost();
    /// ```
    pub fn chance(mut self, probability: f64) -> Self {
        self.chance = Some(probability);
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

    fn then(self, then: Effect) -> Fault {
        Fault { on: On::Message(self.on), nth: self.nth, chance: self.chance, then }
    }
}
