//! What `tracing` and `metrics` are told of a broker; for implementors of [`Broker`](crate::Broker).
//!
//! Both are features of this crate. No other file asks whether they are on: where one is off, what it would be told is
//! nothing, and what calls it here compiles to nothing. No queue is locked while somebody is told.
//!
//! | metric | kind | labels | what |
//! |---|---|---|---|
//! | `embroker_commands_total` | counter | `backend`, `command` | commands that ran, those of pipelines each |
//! | `embroker_command_errors_total` | counter | `backend`, `command` | those that failed |
//! | `embroker_deliveries_total` | counter | | messages that were put into a subscriber's queue, one for each subscription |
//! | `embroker_lagged_messages_total` | counter | | messages that subscribers were told they lost, being too slow |
//! | `embroker_gaps_total` | counter | `gap` | gaps that subscribers were told of: `lagged`, `disconnected`, `resubscribed` |
//! | `embroker_queue_bytes` | gauge | | what waits in all queues, in bytes |
//!
//! | span or event | level | fields |
//! |---|---|---|
//! | span `command` | TRACE | `backend`, `command` |
//! | span `pipeline` | TRACE | `backend`, `commands`, `atomic` |
//! | event `a command failed` | DEBUG | `backend`, `command`, `error` |
//! | event `a subscriber was too slow` | WARN | `messages` that it lost |
//! | event `a subscriber was cut off` | WARN | |
//! | event `a subscriber is complete again` | INFO | |
//! | event `connected` | INFO | `address` |
//! | event `no connection` | WARN | `address`, `error` |
//!
//! Spans and events have the target `embroker`. Keys, values and payloads are in none of them.

mod meters;
mod names;
mod traces;

use std::fmt::Display;
use std::future::Future;

use names::Names;
use traces::Span;

use crate::{Command, Event, Gap, Pipeline, Replies, Result, ServerError, Value};

/// One command, or one pipeline, on its way through a backend. Made by [`command`] and [`pipeline`].
///
/// # Examples
///
/// ```
/// use embroker_core::{Command, Value, observe};
///
/// let command = Command::from_argv(["PING"])?;
/// let observed: observe::Observed = observe::command("mine", &command);
/// assert_eq!(observed.run(|| Ok(Value::status("PONG")))?, Value::status("PONG"));
/// # Ok::<(), embroker_core::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "it is told once it has run"]
pub struct Observed {
    backend: &'static str,
    span: Span,
    names: Names,
}

/// What a backend answers, and which of its commands failed.
///
/// # Examples
///
/// ```
/// use embroker_core::{ServerError, Value, observe::Outcome};
///
/// /// What a backend answers that counts its bytes.
/// struct Sized(Value, usize);
///
/// impl Outcome for Sized {
///     fn failure(&self, place: usize) -> Option<&ServerError> {
///         self.0.failure(place)
///     }
/// }
/// assert_eq!(Sized(Value::OK, 5).failure(0), None);
/// ```
pub trait Outcome {
    /// Why the command at this place failed, where it did.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Replies, ServerError, Value, observe::Outcome};
    ///
    /// let replies: Replies = vec![Ok(Value::OK), Err(ServerError::new("ERR no"))];
    /// assert!(replies.failure(0).is_none());
    /// assert_eq!(replies.failure(1).map(ServerError::code), Some("ERR"));
    /// ```
    fn failure(&self, place: usize) -> Option<&ServerError>;
}

/// Begins to tell of a command. The backend is named by one word.
///
/// # Examples
///
/// ```
/// use embroker_core::{Command, Value, observe};
///
/// let command = Command::from_argv(["ECHO", "hello"])?;
/// let reply = observe::command("mine", &command).run(|| Ok(Value::from("hello")));
/// assert_eq!(reply, Ok(Value::from("hello")));
/// # Ok::<(), embroker_core::Error>(())
/// ```
#[inline]
pub fn command(backend: &'static str, command: &Command<'_>) -> Observed {
    let names = Names::of([command]);
    Observed { backend, span: Span::command(backend, &names), names }
}

/// Begins to tell of a pipeline.
///
/// # Examples
///
/// ```
/// use embroker_core::{Pipeline, Replies, observe};
///
/// let pipeline = Pipeline::atomic();
/// assert_eq!(observe::pipeline("mine", &pipeline).run(|| Ok(Replies::new())), Ok(Replies::new()));
/// ```
#[inline]
pub fn pipeline(backend: &'static str, pipeline: &Pipeline<'_>) -> Observed {
    let span = Span::pipeline(backend, pipeline.len(), pipeline.is_atomic());
    Observed { backend, span, names: Names::of(pipeline.commands()) }
}

impl Observed {
    /// Runs it here and now.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Command, Error, Value, observe};
    ///
    /// let command = Command::from_argv(["PING"])?;
    /// let refused = observe::command("mine", &command).run(|| Err::<Value, _>(Error::Config("not now".into())));
    /// assert!(refused.is_err(), "it is told as a failure, and answered as it was");
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    #[inline]
    pub fn run<T: Outcome>(self, run: impl FnOnce() -> Result<T>) -> Result<T> {
        let outcome = self.span.in_scope(run);
        self.names.tell(self.backend, &outcome);
        outcome
    }

    /// Waits for it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::{Command, Value, observe};
    ///
    /// let command = Command::from_argv(["PING"])?;
    /// let reply = observe::command("mine", &command).wait(async { Ok(Value::status("PONG")) }).await?;
    /// assert_eq!(reply, Value::status("PONG"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait<T: Outcome>(self, run: impl Future<Output = Result<T>>) -> Result<T> {
        let outcome = self.span.instrument(run).await;
        self.names.tell(self.backend, &outcome);
        outcome
    }
}

impl Outcome for Value {
    fn failure(&self, _: usize) -> Option<&ServerError> {
        None
    }
}

impl Outcome for Replies {
    fn failure(&self, place: usize) -> Option<&ServerError> {
        self.get(place)?.as_ref().err()
    }
}

impl<T: Outcome> Outcome for Option<T> {
    fn failure(&self, place: usize) -> Option<&ServerError> {
        self.as_ref()?.failure(place)
    }
}

/// Tells that a connection stands, or why there is none.
///
/// # Examples
///
/// ```
/// use embroker_core::{Error, observe};
///
/// let outcome: Result<(), _> = Err(Error::Config("no such database".into()));
/// observe::connection(&"127.0.0.1:6379", &outcome);
/// ```
pub fn connection<T>(address: &impl Display, outcome: &Result<T>) {
    traces::connection(address as _, outcome.as_ref().err());
}

/// Tells how many bytes waited in a queue before, how many do now, and whether a message was added to it.
#[inline]
pub(crate) fn queue(before: usize, now: usize, delivered: bool) {
    meters::queue(before, now, delivered);
}

/// Tells of what a subscriber has read.
#[inline]
pub(crate) fn read(event: Option<&Event>) {
    if let Some(Event::Gap(gap)) = event {
        told(*gap);
    }
}

#[cold]
fn told(gap: Gap) {
    meters::gap(gap);
    traces::gap(gap);
}
