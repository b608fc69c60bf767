//! Several commands in one call.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::{Result, ServerError};
use crate::{Command, SubscriptionKind, Value};

/// What one command answers: a value, or an error in Redis's words.
///
/// # Examples
///
/// ```
/// use embroker_core::{Reply, ServerError, Value};
///
/// let replies: [Reply; 2] = [Ok(Value::Int(1)), Err(ServerError::new("ERR no"))];
/// assert_eq!(replies.iter().filter(|reply| reply.is_ok()).count(), 1);
/// ```
pub type Reply = Result<Value, ServerError>;

/// What a pipeline answers: one result for each command, in order.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # use embroker_core::prelude::*;
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_core::{Pipeline, Replies};
///
/// let mut pipeline = Pipeline::new();
/// pipeline.incr("visits").get("visits");
/// let replies: Replies = broker.pipeline(pipeline).await?;
/// assert_eq!(replies.len(), 2);
/// # Ok(())
/// # }
/// ```
pub type Replies = Vec<Reply>;

/// Commands to run in order with one call, as one MULTI/EXEC transaction where it is atomic.
///
/// It has the typed calls of every family as builders.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// use embroker_core::{Pipeline, Value, prelude::*};
/// # let broker = embroker_mem::MemBroker::new();
///
/// let mut pipeline = Pipeline::atomic();
/// pipeline.sadd("sales:Judo", ["order-1"]).hincrby("sales_summary", "Judo:total_tickets_sold", 2);
/// let replies = broker.pipeline(pipeline).await?;
/// assert_eq!(replies, [Ok(Value::Int(1)), Ok(Value::Int(2))]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "its commands run once a broker is given it"]
pub struct Pipeline<'a> {
    commands: Vec<Command<'a>>,
    atomic: bool,
    observer: Observer,
    /// Each with the place of the command that comes after it.
    changes: Vec<(usize, SubscriptionChange)>,
}

/// SUBSCRIBE or UNSUBSCRIBE or their kin inside a transaction: see [`Pipeline::change_subscriptions`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionChange {
    /// Whose subscriptions they are: a [`Subscriber::id`](crate::Subscriber::id).
    pub subscriber: u64,
    /// What the names are names of.
    pub kind: SubscriptionKind,
    /// Whether they are added, or ended.
    pub adds: bool,
    /// Where none is named, all of the kind end.
    pub names: Vec<Bytes>,
}

impl<'a> Pipeline<'a> {
    /// Commands that run one after the other; those of others may run in between.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Pipeline;
    ///
    /// assert!(!Pipeline::new().is_atomic());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Commands that run as one transaction: all or, where one can't be queued, none.
    ///
    /// As in Redis, a command that fails while it runs does not undo the others.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{Command, Pipeline};
    ///
    /// let mut pipeline = Pipeline::atomic();
    /// pipeline.incr("visits").push(Command::from_argv(["NOSUCHCOMMAND"])?);
    /// assert!(broker.pipeline(pipeline).await.unwrap_err().to_string().starts_with("EXECABORT"));
    /// assert_eq!(broker.get("visits").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    pub fn atomic() -> Self {
        // Room for as many as the first push would make it, at less cost: a transaction is seldom empty.
        Self { commands: Vec::with_capacity(4), atomic: true, ..Self::default() }
    }

    /// Adds a command.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Command, Pipeline};
    ///
    /// let mut pipeline = Pipeline::new();
    /// pipeline.push(Command::from_argv(["INCR", "visits"])?).push(Command::from_argv(["PING"])?);
    /// assert_eq!(pipeline.len(), 2);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn push(&mut self, command: Command<'a>) -> &mut Self {
        self.commands.push(command);
        self
    }

    /// The commands in order.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Pipeline;
    ///
    /// let mut pipeline = Pipeline::new();
    /// pipeline.incr("visits");
    /// assert!(pipeline.commands()[0].words().eq([&b"incr"[..], b"visits"]));
    /// ```
    pub fn commands(&self) -> &[Command<'a>] {
        &self.commands
    }

    /// Whether they run as one transaction.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Pipeline;
    ///
    /// assert!(Pipeline::atomic().is_atomic());
    /// ```
    pub fn is_atomic(&self) -> bool {
        self.atomic
    }

    /// How many commands there are.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Pipeline;
    ///
    /// let mut pipeline = Pipeline::new();
    /// pipeline.incr("visits").incr("visits");
    /// assert_eq!(pipeline.len(), 2);
    /// ```
    pub fn len(&self) -> usize {
        self.commands.len()
    }

    /// Whether there are none.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Pipeline;
    ///
    /// let mut pipeline = Pipeline::new();
    /// assert!(pipeline.is_empty());
    /// assert!(!pipeline.incr("visits").is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    /// Refuses a pipeline that holds a command of one client's connection; see [`Command::check_not_session`]. One that
    /// is atomic may hold `SELECT`.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Command, Pipeline};
    ///
    /// let mut pipeline = Pipeline::atomic();
    /// pipeline.push(Command::from_argv(["SELECT", "3"])?);
    /// assert!(pipeline.check_not_session().is_ok());
    /// pipeline.push(Command::from_argv(["SUBSCRIBE", "news"])?);
    /// assert!(pipeline.check_not_session().is_err());
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn check_not_session(&self) -> Result<()> {
        if self.atomic {
            self.check_transaction()
        } else {
            self.commands.iter().try_for_each(Command::check_not_session)
        }
    }

    /// Refuses a transaction that holds a command of one client's connection, other than `SELECT`.
    pub(crate) fn check_transaction(&self) -> Result<()> {
        self.commands.iter().try_for_each(|command| match command.check_not_session() {
            Err(_) if command.is_select() => Ok(()),
            checked => checked,
        })
    }

    /// Has `observer` called before the transaction's first command and after each, while nobody else's messages are
    /// sent. A door of the broker tells by [`Queue::pushed`](crate::Queue::pushed) which command sent its client what.
    ///
    /// A broker in this process calls it, where the pipeline is atomic; one that is elsewhere never does. It is called
    /// with locks held: it must be quick and must not call the broker.
    ///
    /// One that panics is called no more: the transaction runs to its end, and then the call panics.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// use embroker_core::{Pipeline, prelude::*};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let calls = Arc::new(AtomicU32::new(0));
    /// let counter = calls.clone();
    /// let mut pipeline = Pipeline::atomic().observed_by(move || _ = counter.fetch_add(1, Ordering::Relaxed));
    /// pipeline.incr("a").publish("news", "a was counted");
    /// broker.pipeline(pipeline).await?;
    /// assert_eq!(calls.load(Ordering::Relaxed), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn observed_by(mut self, observer: impl Fn() + Send + Sync + 'static) -> Self {
        self.observer = Observer(Some(Arc::new(observer)));
        self
    }

    /// Whether somebody wants to hear of each command.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Pipeline;
    ///
    /// assert!(!Pipeline::atomic().is_observed());
    /// assert!(Pipeline::atomic().observed_by(|| ()).is_observed());
    /// ```
    pub fn is_observed(&self) -> bool {
        self.observer.0.is_some()
    }

    /// Calls the observer, where there is one; for implementors of [`Broker`](crate::Broker).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering};
    ///
    /// use embroker_core::Pipeline;
    ///
    /// let calls = Arc::new(AtomicU32::new(0));
    /// let counter = calls.clone();
    /// let pipeline = Pipeline::atomic().observed_by(move || _ = counter.fetch_add(1, Ordering::Relaxed));
    /// pipeline.observe();
    /// assert_eq!(calls.load(Ordering::Relaxed), 1);
    /// ```
    pub fn observe(&self) {
        if let Some(observer) = &self.observer.0 {
            observer();
        }
    }

    /// Changes what a subscriber of the broker is subscribed to, after the commands so far and before those that are
    /// still to be added: for a door whose clients subscribe inside of a transaction.
    ///
    /// A broker whose subscribers have an [id](crate::Subscriber::id) does so where the pipeline is atomic; it tells of
    /// it in no reply.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::{Pipeline, SubscribeOptions, SubscriptionChange, SubscriptionKind, Value, prelude::*};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    /// let mut pipeline = Pipeline::atomic();
    /// pipeline.publish("news", "nobody hears this");
    /// if let Some(id) = subscriber.id() {
    ///     let names = vec!["news".into()];
    ///     let change = SubscriptionChange { subscriber: id, kind: SubscriptionKind::Channel, adds: true, names };
    ///     pipeline.change_subscriptions(change);
    /// }
    /// pipeline.publish("news", "hello");
    /// assert_eq!(broker.pipeline(pipeline).await?, [Ok(Value::Int(0)), Ok(Value::Int(1))]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn change_subscriptions(&mut self, change: SubscriptionChange) -> &mut Self {
        self.changes.push((self.commands.len(), change));
        self
    }

    /// The changes of subscriptions before the command at this place, or behind the last one.
    pub fn changes_before(&self, at: usize) -> impl Iterator<Item = &SubscriptionChange> {
        self.changes.iter().filter(move |(place, _)| *place == at).map(|(_, change)| change)
    }

    /// All changes of subscriptions.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Pipeline, SubscriptionChange, SubscriptionKind};
    ///
    /// let (kind, names) = (SubscriptionKind::Channel, vec!["news".into()]);
    /// let mut pipeline = Pipeline::atomic();
    /// pipeline.change_subscriptions(SubscriptionChange { subscriber: 1, kind, adds: true, names });
    /// assert_eq!(pipeline.changes().count(), 1);
    /// ```
    pub fn changes(&self) -> impl Iterator<Item = &SubscriptionChange> {
        self.changes.iter().map(|(_, change)| change)
    }

    /// The same pipeline without borrows.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Pipeline;
    ///
    /// fn visit(page: &str) -> Pipeline<'static> {
    ///     let mut pipeline = Pipeline::new();
    ///     pipeline.incr(page);
    ///     pipeline.into_owned()
    /// }
    /// assert_eq!(visit("/shop").len(), 1);
    /// ```
    pub fn into_owned(self) -> Pipeline<'static> {
        let Self { commands, atomic, observer, changes } = self;
        Pipeline { commands: commands.into_iter().map(Command::into_owned).collect(), atomic, observer, changes }
    }
}

/// Who hears of each command. It is no part of what a pipeline says, so all are equal.
#[derive(Clone, Default)]
struct Observer(Option<Arc<dyn Fn() + Send + Sync>>);

impl PartialEq for Observer {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Observer {}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "somebody" } else { "nobody" })
    }
}
