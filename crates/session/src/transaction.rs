//! MULTI, EXEC, DISCARD, WATCH and UNWATCH.
//!
//! The commands on data run in one atomic pipeline of the broker. Those on the connection, such as HELLO or SUBSCRIBE,
//! then run where they stood in the queue, as their replies are written. What the transaction publishes to its own
//! client stands inside EXEC's reply, before the reply of the command that sent it.

use std::sync::{Arc, Mutex, PoisonError};

use embroker_core::commands::{ConnectionCommand, PubSubCommand, TransactionCommand};
use embroker_core::error::texts;
use embroker_core::table::{CommandId, CommandSpec, Flags};
use embroker_core::{Arg, Broker, Command, Error, Pipeline, Queue, Replies, Result};

use crate::session::{Session, in_server_words};

/// Commands that wait for EXEC.
#[derive(Default)]
pub(crate) struct Transaction {
    commands: Vec<Command<'static>>,
    /// A command could not be queued, so EXEC will run none.
    doomed: bool,
    /// A command that was queued may need more memory, so EXEC runs none where there is no more.
    denies_oom: bool,
}

impl Transaction {
    pub(crate) fn queue(&mut self, command: Command<'static>) {
        let denies_oom = command.spec().is_some_and(|spec| spec.flags.contains(Flags::DENYOOM));
        // Redis queues nothing any more once the transaction is doomed.
        self.denies_oom |= denies_oom && !self.doomed;
        self.commands.push(command);
    }

    pub(crate) fn doom(&mut self) {
        self.doomed = true;
    }

    /// Whether a command is refused while there is no memory left: inside MULTI whatever would be queued, for a queue
    /// takes memory too, and EXEC where something in it does.
    pub(crate) fn is_refused_without_memory(&self, id: CommandId) -> bool {
        use TransactionCommand::{Discard, Exec};

        match id {
            CommandId::Transaction(Exec) => self.denies_oom,
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
    OfBroker(&'static CommandSpec),
    OfSession(&'static CommandSpec, Command<'static>),
    /// `SELECT`, which moves the commands after it and then the session.
    Select(Command<'static>),
}

/// Where the messages of each of the broker's commands end in the queue of the client that runs them; first, where those
/// of the transaction begin. Empty where the broker is elsewhere, or the client has no subscription.
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
    /// All of them but EXEC.
    pub(crate) async fn transaction(&mut self, command: TransactionCommand, args: &[Arg<'_>]) {
        match command {
            TransactionCommand::Multi if self.transaction.is_some() => self.error(&texts::MULTI_NESTED),
            TransactionCommand::Multi => {
                self.transaction = Some(Transaction::default());
                self.ok();
            }
            TransactionCommand::Discard if self.transaction.is_none() => self.error(&texts::DISCARD_WITHOUT_MULTI),
            TransactionCommand::Discard => {
                self.transaction = None;
                self.watch = None;
                self.ok();
            }
            TransactionCommand::Watch if self.transaction.is_some() => self.error(&texts::WATCH_IN_MULTI),
            TransactionCommand::Watch => match self.watch(args).await {
                Ok(()) => self.ok(),
                Err(error) => self.error(&in_server_words(&error)),
            },
            // Inside a transaction EXEC has ended the watch already.
            TransactionCommand::Unwatch | TransactionCommand::Exec => {
                self.watch = None;
                self.ok();
            }
        }
    }

    async fn watch(&mut self, keys: &[Arg<'_>]) -> Result<()> {
        if let Some(watch) = &mut self.watch {
            return watch.add(keys).await;
        }
        self.watch = Some(self.broker().watch_keys(keys).await?);
        Ok(())
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
        let mut pipeline = Pipeline::atomic();
        let steps: Vec<Step> = commands
            .into_iter()
            .filter_map(|command| {
                let spec = command.spec()?;
                if (spec.is_session() && !command.is_select()) || spec.id == ConnectionCommand::Ping.into() {
                    return Some(Step::OfSession(spec, command));
                }
                pipeline.push(command.clone());
                Some(if command.is_select() { Step::Select(command) } else { Step::OfBroker(spec) })
            })
            .collect();
        let marks = Marks::default();
        if let Some(queue) = self.subscriptions.queue() {
            let (marks, queue) = (marks.clone(), queue.clone());
            pipeline = pipeline.observed_by(move || marks.add(&queue));
        }
        let replies: Result<Option<Replies>, Error> = match watch {
            Some(watch) => watch.exec(pipeline).await,
            None if pipeline.is_empty() => Ok(Some(Replies::new())),
            None => self.broker().pipeline(pipeline).await.map(Some),
        };
        let mut marks = marks.take();
        match marks.next() {
            Some(begin) => self.deliver_until(begin),
            None => self.deliver_waiting(),
        }
        match replies {
            Ok(Some(replies)) => self.write_replies(steps, replies, marks).await,
            Ok(None) if self.is_answered() => self.protocol.null_array(&mut self.out),
            Ok(None) => {}
            Err(error) => self.error(&in_server_words(&error)),
        }
    }

    async fn write_replies(&mut self, steps: Vec<Step>, replies: Replies, mut marks: impl Iterator<Item = u64>) {
        if self.is_answered() {
            self.protocol.array(&mut self.out, steps.len());
        }
        let mut replies = replies.into_iter();
        for step in steps {
            if !matches!(step, Step::OfSession(..)) {
                marks.next().into_iter().for_each(|end| self.deliver_until(end));
            }
            match step {
                Step::OfSession(spec, _) if spec.id == PubSubCommand::SSubscribe.into() => {
                    self.error(&texts::SSUBSCRIBE_IN_MULTI);
                }
                Step::OfSession(spec, command) => Box::pin(self.run(spec, command)).await,
                Step::Select(command) => match replies.next() {
                    Some(Err(error)) => self.error(&error),
                    _ => self.connection(ConnectionCommand::Select, command.arguments()).await,
                },
                Step::OfBroker(spec) => {
                    if let Some(reply) = replies.next() {
                        self.reply(spec, reply);
                    }
                }
            }
        }
    }
}
