//! What a listener could not do, where, and why.

use std::any::Any;
use std::fmt;

use embroker_core::{Gap, Message};

use crate::ListenerError;

/// One thing that a listener could not handle.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_core::{Broker, Message, prelude::*};
/// use embroker_listeners::{Listener, ListenerError, Runner, Subscriptions};
/// # let broker = embroker_mem::MemBroker::new();
///
/// struct Numbers;
///
/// impl<B: Broker> Listener<B> for Numbers {
///     fn name(&self) -> &'static str { "numbers" }
///     fn subscriptions(&self) -> Subscriptions { Subscriptions::new().channel("numbers") }
///     async fn on_message(&mut self, _: &B, message: &Message) -> Result<(), ListenerError> {
///         message.payload_str()?.parse::<i64>()?;
///         Ok(())
///     }
/// }
///
/// let running = Runner::new(broker.clone()).listen(Numbers).start().await?;
/// broker.publish("numbers", "seven").await?;
/// let report = running.shutdown().await;
/// let failure = report.failures().next().expect("seven is no number");
/// assert_eq!(failure.to_string(), r#"numbers: "seven" on "numbers": invalid digit found in string"#);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{listener}: {at}: {cause}")]
#[non_exhaustive]
pub struct Failure {
    /// The listener's name.
    pub listener: String,
    /// What it was handling.
    pub at: FailedAt,
    /// Why it could not.
    pub cause: Cause,
}

impl Failure {
    /// The message that could not be handled, with its channel and payload.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_core::{Broker, Message, prelude::*};
    /// use embroker_listeners::{Listener, ListenerError, Runner, Subscriptions};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// struct Picky;
    ///
    /// impl<B: Broker> Listener<B> for Picky {
    ///     fn name(&self) -> &'static str { "picky" }
    ///     fn subscriptions(&self) -> Subscriptions { Subscriptions::new().channel("meals") }
    ///     async fn on_message(&mut self, _: &B, _: &Message) -> Result<(), ListenerError> {
    ///         Err("not again".into())
    ///     }
    /// }
    ///
    /// let running = Runner::new(broker.clone()).listen(Picky).start().await?;
    /// broker.publish("meals", "porridge").await?;
    /// let report = running.shutdown().await;
    /// let failed = report.failures().next().and_then(|failure| failure.message()).expect("it was a message");
    /// assert_eq!((failed.channel(), failed.payload()), (&b"meals"[..], &b"porridge"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn message(&self) -> Option<&Message> {
        match &self.at {
            FailedAt::Message(message) => Some(message),
            _ => None,
        }
    }
}

/// What a listener was handling when it failed.
///
/// # Examples
///
/// ```
/// use embroker_core::{Gap, Message};
/// use embroker_listeners::FailedAt;
///
/// assert_eq!(FailedAt::Message(Message::new(b"news", b"hello")).to_string(), r#""hello" on "news""#);
/// assert_eq!(FailedAt::Gap(Gap::Lagged(3)).to_string(), "a gap of 3 messages");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailedAt {
    /// A message.
    Message(Message),
    /// A place where messages are missing.
    Gap(Gap),
    /// The end of its subscriptions: the broker could not be asked to confirm it.
    Shutdown,
}

impl fmt::Display for FailedAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(message) => write!(f, "{message:?}"),
            Self::Gap(Gap::Lagged(messages)) => write!(f, "a gap of {messages} messages"),
            Self::Gap(gap) => write!(f, "a gap ({gap:?})"),
            Self::Shutdown => f.write_str("shutdown"),
        }
    }
}

/// Why a listener failed.
///
/// # Examples
///
/// ```
/// use embroker_listeners::Cause;
///
/// assert_eq!(Cause::Error("the disk is full".into()).to_string(), "the disk is full");
/// assert_eq!(Cause::Panic("index out of bounds".into()).to_string(), "panicked: index out of bounds");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause {
    /// It answered with an error.
    Error(ListenerError),
    /// It panicked, with this text.
    Panic(String),
}

impl Cause {
    /// Reads the text of a panic.
    pub(crate) fn panic(payload: &(dyn Any + Send)) -> Self {
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self::Panic(text.unwrap_or("a panic without a text").to_owned())
    }
}

impl fmt::Display for Cause {
    /// The error and what caused it, in one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic(text) => write!(f, "panicked: {text}"),
            Self::Error(error) => {
                write!(f, "{error}")?;
                let causes = std::iter::successors(error.source(), |cause| cause.source());
                causes.into_iter().try_for_each(|cause| write!(f, ": {cause}"))
            }
        }
    }
}
