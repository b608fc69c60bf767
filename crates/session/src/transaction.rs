//! MULTI, EXEC, DISCARD, WATCH and UNWATCH.
//!
//! The commands on data run in one atomic pipeline of the broker, which changes subscriptions between them. Those on the
//! connection, such as HELLO, then run where they stood in the queue, as their replies are written. What the transaction
//! publishes to its own client stands inside EXEC's reply, before the reply of the command that sent it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use embroker_core::commands::{ConnectionCommand, PubSubCommand, TransactionCommand};
use embroker_core::error::texts;
use embroker_core::resp::Request;
use embroker_core::table::{CommandId, CommandSpec, Flags};
use embroker_core::{Arg, Broker, Error, Pipeline, Queue, Replies, Result, ServerError, SubscriptionChange};

use crate::pubsub::change_of;
use crate::session::{Context, Session, in_server_words};

/// Commands that wait for EXEC.
#[derive(Default)]
pub(crate) struct Transaction {
    commands: Vec<Request<'static>>,
    /// The flags of all of them together.
    flags: Flags,
    /// A command could not be queued, so EXEC will run none.
    doomed: bool,
}

impl Transaction {
    /// Keeps a command for EXEC, which will run none of a doomed transaction.
    pub(crate) fn queue(&mut self, request: &Request<'_>, flags: Flags) {
        if !self.doomed {
            self.commands.push(request.clone().into_owned());
            self.flags = self.flags | flags;
        }
    }

    pub(crate) fn flags(&self) -> Flags {
        self.flags
    }

    pub(crate) fn doom(&mut self) {
        self.doomed = true;
    }

    /// Whether a command is refused while there is no memory left: inside MULTI whatever would be queued, for a queue
    /// takes memory too, and EXEC where something in it does.
    pub(crate) fn is_refused_without_memory(&self, id: CommandId) -> bool {
        use TransactionCommand::{Discard, Exec};

        match id {
            CommandId::Transaction(Exec) => self.flags.contains(Flags::DENYOOM),
            CommandId::Transaction(Discard)
            | CommandId::Connection(ConnectionCommand::Quit | ConnectionCommand::Reset) => false,
            _ => true,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.commands.len()
    }
}

/// One command of a transaction that runs.
enum Step {
    /// The broker's: its reply is the next one of the pipeline.
    OfBroker,
    OfSession,
    /// `SUBSCRIBE` or its kin, which the broker changes between its commands.
    Subscription(PubSubCommand),
    /// `SELECT`, which moves the commands after it and then the session.
    Select,
}

/// Whether a transaction changes subscriptions by it; SSUBSCRIBE is refused there.
fn changes_subscriptions(command: PubSubCommand) -> bool {
    command != PubSubCommand::SSubscribe && change_of(command).is_some()
}

fn change(subscriber: u64, command: PubSubCommand, args: &[Arg<'_>]) -> Option<SubscriptionChange> {
    let (kind, adds) = change_of(command)?;
    Some(SubscriptionChange { subscriber, kind, adds, names: args.iter().map(Arg::to_bytes).collect() })
}

/// Where the messages of each of the broker's commands end in the queue of the client that runs them; first, where
/// those of the transaction begin. Empty where the broker is elsewhere, or the client has no subscription.
#[derive(Clone, Default)]
struct Marks(Arc<Mutex<Vec<u64>>>);

impl Marks {
    fn add(&self, queue: &Queue) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(queue.pushed());
    }

    fn take(&self) -> std::vec::IntoIter<u64> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_iter()
    }
}

/// Whether the command is not queued inside MULTI but runs at once.
pub(crate) fn runs_at_once(id: CommandId) -> bool {
    use ConnectionCommand::{Quit, Reset};
    use TransactionCommand::{Discard, Exec, Multi, Watch};

    matches!(id, CommandId::Transaction(Discard | Exec | Multi | Watch) | CommandId::Connection(Quit | Reset))
}

impl<B: Broker> Session<B> {
    /// Those that never wait.
    pub(crate) fn transaction(&mut self, command: TransactionCommand) -> Result<(), ServerError> {
        match command {
            TransactionCommand::Multi if self.transaction.is_some() => return Err(texts::MULTI_NESTED),
            TransactionCommand::Multi => self.transaction = Some(Transaction::default()),
            TransactionCommand::Discard if self.transaction.is_none() => return Err(texts::DISCARD_WITHOUT_MULTI),
            TransactionCommand::Discard => {
                self.transaction = None;
                self.watch = None;
            }
            // Inside a transaction EXEC has ended the watch already.
            TransactionCommand::Unwatch | TransactionCommand::Watch | TransactionCommand::Exec => self.watch = None,
        }
        self.ok();
        Ok(())
    }

    /// `WATCH key …`
    pub(crate) async fn watch(&mut self, keys: &[Arg<'_>]) {
        if self.transaction.is_some() {
            return self.error(&texts::WATCH_IN_MULTI);
        }
        let watched = match &mut self.watch {
            Some(watch) => watch.add(keys).await,
            None => self.broker().watch_keys(keys).await.map(|watch| self.watch = Some(watch)),
        };
        match watched {
            Ok(()) => self.ok(),
            Err(error) => self.error(&in_server_words(&error)),
        }
    }

    /// `EXEC`: the replies of all commands; nil where a watched key was written.
    pub(crate) async fn exec(&mut self) {
        let Some(Transaction { commands, doomed, .. }) = self.transaction.take() else {
            return self.error(&texts::EXEC_WITHOUT_MULTI);
        };
        let watch = self.watch.take();
        if doomed {
            return self.error(&texts::EXEC_ABORT);
        }
        let began = Instant::now();
        let mut pipeline = Pipeline::atomic();
        let subscriber = match self.subscriber_of(&commands).await {
            Ok(subscriber) => subscriber,
            Err(error) => return self.error(&in_server_words(&error)),
        };
        let steps: Vec<(Step, &'static CommandSpec, Request<'static>)> = commands
            .into_iter()
            .filter_map(|request| {
                let spec = request.command().spec()?;
                let step = match spec.id {
                    _ if request.command().is_select() => Step::Select,
                    CommandId::PubSub(command) if subscriber.is_some() && changes_subscriptions(command) => {
                        Step::Subscription(command)
                    }
                    id if spec.is_session() || id == ConnectionCommand::Ping.into() => Step::OfSession,
                    _ => Step::OfBroker,
                };
                match step {
                    Step::OfBroker | Step::Select => _ = pipeline.push(request.command().clone()),
                    Step::Subscription(command) => {
                        let change = subscriber.and_then(|id| change(id, command, request.arguments()));
                        change.map(|change| pipeline.change_subscriptions(change));
                    }
                    Step::OfSession => {}
                }
                Some((step, spec, request))
            })
            .collect();
        let in_pipeline = u32::try_from(pipeline.len()).unwrap_or(u32::MAX).max(1);
        let marks = Marks::default();
        if let Some(queue) = self.subscriptions.queue() {
            let (marks, queue) = (marks.clone(), queue.clone());
            pipeline = pipeline.observed_by(move || marks.add(&queue));
        }
        let replies: Result<Option<Replies>, Error> = match watch {
            Some(watch) => watch.exec(pipeline).await,
            None if pipeline.is_empty() && subscriber.is_none() => Ok(Some(Replies::new())),
            None => self.broker().pipeline(pipeline).await.map(Some),
        };
        let share = began.elapsed() / in_pipeline;
        let mut marks = marks.take();
        match marks.next() {
            Some(first) => self.deliver_until(first),
            None => self.deliver_waiting(),
        }
        match replies {
            Ok(Some(replies)) => {
                let errors = self.errors;
                self.context = Context::Multi;
                self.write_replies(steps, replies, marks, share).await;
                self.context = Context::TopLevel;
                self.errors = errors;
            }
            Ok(None) if self.is_answered() => self.protocol.null_array(&mut self.out),
            Ok(None) => {}
            Err(error) => self.error(&in_server_words(&error)),
        }
        self.leave_if_unsubscribed();
    }

    /// Whose subscriptions the transaction changes between the broker's commands. `None` where it changes none, or the
    /// broker is elsewhere: then they change as the replies are written.
    async fn subscriber_of(&mut self, commands: &[Request<'_>]) -> Result<Option<u64>> {
        let changes = |request: &Request<'_>| match request.command().spec().map(|spec| spec.id) {
            Some(CommandId::PubSub(command)) => changes_subscriptions(command),
            _ => false,
        };
        if commands.iter().any(changes) { Ok(self.subscriber().await?.id()) } else { Ok(None) }
    }

    /// The replies in their order. Of the time that the broker's commands took together, each is said to have taken its
    /// share.
    async fn write_replies(
        &mut self,
        steps: Vec<(Step, &'static CommandSpec, Request<'static>)>,
        replies: Replies,
        mut marks: impl Iterator<Item = u64>,
        share: Duration,
    ) {
        if self.is_answered() {
            self.protocol.array(&mut self.out, steps.len());
        }
        let mut replies = replies.into_iter();
        for (step, spec, request) in steps {
            let (errors, began) = (self.errors, Instant::now());
            if matches!(step, Step::OfBroker | Step::Select) {
                marks.next().into_iter().for_each(|end| self.deliver_until(end));
            }
            match step {
                Step::OfSession if spec.id == PubSubCommand::SSubscribe.into() => {
                    self.error(&texts::SSUBSCRIBE_IN_MULTI);
                }
                Step::OfSession => self.run_inside(spec, &request).await,
                Step::Subscription(command) => self.confirm_changed(command, request.arguments()),
                Step::OfBroker => {
                    if let Some(reply) = replies.next() {
                        self.reply(spec, &request, &reply);
                    }
                }
                Step::Select => match replies.next() {
                    Some(Err(error)) => self.error(&error),
                    _ => self.run_inside(spec, &request).await,
                },
            }
            // A client that killed itself is not answered what comes after that.
            self.answers.off |= self.ending;
            let took = if matches!(step, Step::OfBroker) { share } else { began.elapsed() };
            self.has_run(spec, &request, took, self.errors > errors);
        }
    }
    /// Runs one of the session's own commands.
    async fn run_inside(&mut self, spec: &'static CommandSpec, request: &Request<'_>) {
        if !self.run(spec, request) {
            Box::pin(self.run_waiting(spec, request)).await;
        }
    }
}
