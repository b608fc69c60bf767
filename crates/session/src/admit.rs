//! The checks before a command runs, in Redis's order, and what is answered to one that does not pass.

use embroker_core::commands::{DebugCommand, TransactionCommand};
use embroker_core::error::texts;
use embroker_core::resp::Request;
use embroker_core::table::{CommandSpec, Flags};
use embroker_core::{Broker, Command, ServerError};

use crate::pubsub;
use crate::session::Session;
use crate::transaction::Transaction;

/// Why a request is not run.
pub(crate) enum Refusal {
    /// Nothing is answered, and the connection closed.
    Silent,
    Told(ServerError),
}

impl From<ServerError> for Refusal {
    fn from(error: ServerError) -> Self {
        Self::Told(error)
    }
}

impl<B: Broker> Session<B> {
    /// The command's row, if the command may run now.
    #[inline]
    pub(crate) fn admit(&self, command: &Command<'_>) -> Result<&'static CommandSpec, Refusal> {
        if command.spec().is_none() && is_http(command) {
            return Err(Refusal::Silent);
        }
        let spec = command.resolve()?;
        if spec.id == DebugCommand::Debug.into() {
            self.admit_debug()?;
        }
        if !self.is_authenticated() && !spec.flags.contains(Flags::NO_AUTH) {
            return Err(texts::NO_AUTH.into());
        }
        if self.transaction.is_some() && spec.flags.contains(Flags::NO_MULTI) {
            return Err(texts::NOT_IN_TRANSACTION.into());
        }
        if self.needs_memory(spec) && !self.broker().has_room() {
            return Err(texts::OUT_OF_MEMORY.into());
        }
        if self.is_held_to_messages() && !pubsub::is_allowed_with_subscriptions(spec.id) {
            return Err(ServerError::subscribed_mode(spec.name).into());
        }
        // To Redis, who monitors is a kind of replica.
        if self.feed.is_open() && (spec.flags.contains(Flags::READONLY) || changes(spec.flags)) {
            return Err(texts::REPLICA_KEYSPACE.into());
        }
        Ok(spec)
    }

    /// Whether the command has to wait for the end of a pause. Those who monitor never do.
    #[inline]
    pub(crate) fn is_paused_for(&self, spec: &CommandSpec) -> bool {
        self.shared.common.pause.holds(true)
            && self.shared.common.pause.holds(self.writes(spec))
            && !self.feed.is_open()
    }

    /// Whether the command may change data or publish; EXEC, where one that is queued may.
    pub(crate) fn writes(&self, spec: &CommandSpec) -> bool {
        let queued = self.transaction.as_ref().filter(|_| spec.id == TransactionCommand::Exec.into());
        changes(spec.flags) || queued.is_some_and(|transaction| changes(transaction.flags()))
    }

    /// Whether the command is refused while there is no memory left.
    fn needs_memory(&self, spec: &CommandSpec) -> bool {
        let in_transaction = |transaction: &Transaction| transaction.is_refused_without_memory(spec.id);
        spec.flags.contains(Flags::DENYOOM) || self.transaction.as_ref().is_some_and(in_transaction)
    }

    /// Answers a command that is not run, and with it dooms the transaction that it was meant for.
    #[cold]
    pub(crate) fn refuse(&mut self, request: &Request<'_>, refusal: Refusal) {
        let Refusal::Told(error) = refusal else {
            self.out.clear();
            self.ending = true;
            return;
        };
        let spec = request.command().spec();
        if let Some(spec) = spec {
            self.shared.instance.stats().command(spec.id).rejected.add(1);
        }
        if let Some(spec) = spec.filter(|spec| spec.id == TransactionCommand::Exec.into()) {
            self.transaction = None;
            self.watch = None;
            self.error(&ServerError::exec_refused(&error));
            // They heard of the MULTI, and are to know that it is over.
            return self.tell_monitors(spec, request);
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.doom();
        }
        self.error(&error);
    }
}

/// Whether a command with these flags may change data or publish.
fn changes(flags: Flags) -> bool {
    flags.contains(Flags::WRITE) || flags.contains(Flags::MAY_REPLICATE)
}

/// Whether a web browser was talked into sending this: Redis closes without a word.
fn is_http(command: &Command<'_>) -> bool {
    let is = |word: &[u8]| [&b"post"[..], b"host:"].iter().any(|http| word.eq_ignore_ascii_case(http));
    command.words().next().is_some_and(is)
}
