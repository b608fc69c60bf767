//! [`FaultPlan`]: what goes wrong in a test, as data.
//!
//! Here are the plan and its faults, `builder` is what they are written with; `check` refuses those that can't happen, `injector` makes the others
//! happen, `words` tells them. A plan holds only faults that can happen, wherever it came from.

mod builder;
mod check;
mod injector;
mod words;

pub use builder::{CommandFault, FaultOf, MessageFault};
pub(crate) use injector::{CommandFate, Injector, MessageFate};
use serde::{Deserialize, Serialize};

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
pub enum On {
    Command(CommandMatch),
    Message(MessageMatch),
}

/// What must be true of a command, all of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandMatch {
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
pub struct MessageMatch {
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
        MessageFault::on(MessageMatch { channel: channel.into(), subscriber: None })
    }
}
