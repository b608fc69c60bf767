//! One client: what it is allowed, what it is in the middle of, and what it is answered.
//!
//! A request passes the checks in Redis's order: is it a command, has it the right number of words, has the client
//! given its password, is there memory left, may it be called with a subscription, is a transaction open? Then it runs,
//! here where it is about the connection, else on the broker. Everything is answered in order into one output.

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use embroker_core::commands::{ConnectionCommand, HashCommand, TransactionCommand};
use embroker_core::error::texts;
use embroker_core::resp::Protocol;
use embroker_core::table::{CommandId, CommandSpec, Flags};
use embroker_core::{Arg, Broker, Command, Error, Reply, ServerError, Value, Watch};

use crate::clients::{Address, Client, Membership};
use crate::pubsub::{self, Subscriptions};
use crate::shared::Shared;
use crate::transaction::{self, Transaction};

/// One client. It leaves when this is dropped.
pub struct Session<B: Broker> {
    pub(crate) shared: Arc<Shared<B>>,
    pub(crate) client: Arc<Client>,
    _membership: Membership,
    pub(crate) out: BytesMut,
    pub(crate) protocol: Protocol,
    pub(crate) authenticated: bool,
    /// Needs no password, whatever others need.
    pub(crate) trusted: bool,
    pub(crate) answers: Answers,
    /// The broker's database that SELECT chose, where it is another than the broker's own.
    pub(crate) selected: Option<B>,
    pub(crate) transaction: Option<Transaction>,
    pub(crate) watch: Option<Watch>,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) ending: bool,
}

/// Whether the client wants to be answered: CLIENT REPLY. Messages and confirmations always come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    On,
    Off,
    /// Not to this command.
    Skip,
    /// Not to the command after this one.
    SkipNext,
}

impl<B: Broker> Session<B> {
    pub(crate) fn open(shared: Arc<Shared<B>>, address: Address) -> Result<Self, ServerError> {
        let membership = shared.clients.join(address, &shared.instance).ok_or(texts::MAX_CLIENTS)?;
        Ok(Self {
            client: membership.client.clone(),
            _membership: membership,
            out: BytesMut::new(),
            protocol: Protocol::Resp2,
            authenticated: shared.is_open(),
            trusted: false,
            answers: Answers::On,
            selected: None,
            transaction: None,
            watch: None,
            subscriptions: Subscriptions::default(),
            ending: false,
            shared,
        })
    }

    /// The broker, at the database that the client has selected.
    pub(crate) fn broker(&self) -> &B {
        self.selected.as_ref().unwrap_or(&self.shared.broker)
    }

    /// The client, as others see it.
    pub fn client(&self) -> Arc<Client> {
        self.client.clone()
    }

    /// Whether the client has given its password, or needs none.
    pub fn is_authenticated(&self) -> bool {
        self.authenticated
    }

    /// From now on the client needs no password: it is in this process, where it could as well ask the broker.
    pub fn trust(&mut self) {
        self.trusted = true;
        self.authenticated = true;
    }

    /// Whether the connection is to be closed once the output is sent.
    pub fn is_ending(&self) -> bool {
        self.ending
    }

    /// What is to be sent to the client.
    pub fn output(&self) -> &BytesMut {
        &self.out
    }

    /// What is to be sent to the client, of which the caller takes what it has sent; and where more may come from.
    pub fn output_and_subscriptions(&mut self) -> (&mut BytesMut, &mut Subscriptions) {
        (&mut self.out, &mut self.subscriptions)
    }

    /// Ends the session; what is still to be sent.
    pub fn into_output(self) -> BytesMut {
        self.out
    }

    /// Answers what was not even a request, and ends.
    pub fn end_with(&mut self, error: &ServerError) {
        self.error(error);
        self.ending = true;
    }

    /// Runs one request, and adds what is answered to the output.
    pub async fn request(&mut self, words: Vec<Arg<'static>>) {
        // The parser yields no request without a word.
        let Ok(command) = Command::from_argv(words) else { return };
        self.process(command).await;
        self.answers = match self.answers {
            Answers::SkipNext => Answers::Skip,
            Answers::Skip => Answers::On,
            as_it_was => as_it_was,
        };
        let mut facts = self.client.facts();
        facts.last_seen = Instant::now();
        facts.queued = self.transaction.as_ref().map(Transaction::len);
        facts.resp = if self.protocol == Protocol::Resp2 { 2 } else { 3 };
        facts.subscriptions = self.subscriptions.counts();
    }

    pub(crate) async fn process(&mut self, command: Command<'static>) {
        if command.spec().is_none() && is_http(&command) {
            self.out.clear();
            self.ending = true;
            return;
        }
        let spec = match command.resolve() {
            Ok(spec) => spec,
            Err(error) => return self.refuse(command.spec(), &error),
        };
        self.client.facts().last_command = spec.name;
        if !self.authenticated && !spec.flags.contains(Flags::NO_AUTH) {
            return self.refuse(Some(spec), &texts::NO_AUTH);
        }
        if self.needs_memory(spec) && !self.broker().has_room() {
            return self.refuse(Some(spec), &texts::OUT_OF_MEMORY);
        }
        if self.is_held_to_messages() && !pubsub::is_allowed_with_subscriptions(spec.id) {
            return self.refuse(Some(spec), &ServerError::subscribed_mode(spec.name));
        }
        match &mut self.transaction {
            Some(transaction) if !transaction::runs_at_once(spec.id) => {
                transaction.queue(command);
                self.value(&Value::status("QUEUED"));
            }
            _ if spec.id == TransactionCommand::Exec.into() => self.exec().await,
            _ => self.run(spec, command).await,
        }
    }

    /// Whether the command is refused while there is no memory left.
    fn needs_memory(&self, spec: &CommandSpec) -> bool {
        let in_transaction = |transaction: &Transaction| transaction.is_refused_without_memory(spec.id);
        spec.flags.contains(Flags::DENYOOM) || self.transaction.as_ref().is_some_and(in_transaction)
    }

    /// Runs a command that passed the checks.
    pub(crate) async fn run(&mut self, spec: &'static CommandSpec, command: Command<'_>) {
        match spec.id {
            CommandId::Connection(ConnectionCommand::Ping) if self.is_held_to_messages() => {
                self.pong(command.arguments());
            }
            CommandId::Connection(id) if spec.is_session() || id == ConnectionCommand::Ping => {
                self.connection(id, command.arguments()).await;
            }
            CommandId::PubSub(id) if spec.is_session() => self.pubsub(id, command.arguments()).await,
            CommandId::Transaction(id) => self.transaction(id, command.arguments()).await,
            _ => {
                let reply = self.broker().execute(command).await;
                let reply = reply.map_err(|error| in_server_words(&error));
                // What was published before this reply comes before it.
                self.deliver_waiting();
                self.reply(spec, reply);
            }
        }
    }

    /// Whether the client speaks RESP2 and has a subscription: then it may do little else.
    pub fn is_held_to_messages(&self) -> bool {
        self.protocol == Protocol::Resp2 && !self.subscriptions.is_empty()
    }

    /// Answers a command that is not run, and with it dooms the transaction that it was meant for.
    fn refuse(&mut self, spec: Option<&'static CommandSpec>, error: &ServerError) {
        if spec.is_some_and(|spec| spec.id == TransactionCommand::Exec.into()) {
            self.transaction = None;
            self.watch = None;
            return self.error(&ServerError::exec_refused(error));
        }
        if let Some(transaction) = &mut self.transaction {
            transaction.doom();
        }
        self.error(error);
    }

    pub(crate) fn reply(&mut self, spec: &'static CommandSpec, reply: Reply) {
        match reply {
            Ok(value) => self.value(&in_form(self.protocol, spec, value)),
            Err(error) => self.error(&error),
        }
    }

    pub(crate) fn value(&mut self, value: &Value) {
        if self.is_answered() {
            self.protocol.value(&mut self.out, value);
        }
    }

    pub(crate) fn error(&mut self, error: &ServerError) {
        self.shared.instance.stats().error(error.code());
        if self.is_answered() {
            self.protocol.error(&mut self.out, error);
        }
    }

    pub(crate) fn ok(&mut self) {
        self.value(&Value::OK);
    }

    pub(crate) fn is_answered(&self) -> bool {
        matches!(self.answers, Answers::On | Answers::SkipNext)
    }
}

/// A reply in the form that the version of the protocol has for it, where RESP2 does more than flatten maps.
fn in_form(protocol: Protocol, spec: &'static CommandSpec, value: Value) -> Value {
    match (protocol, value) {
        // RESP3 pairs fields and values, RESP2 puts them in one row.
        (Protocol::Resp2, Value::Array(pairs)) if spec.id == HashCommand::HRandField.into() => {
            let flat = pairs.into_iter().flat_map(|item| match item {
                Value::Array(pair) => pair,
                single => vec![single],
            });
            Value::Array(flat.collect())
        }
        (_, value) => value,
    }
}

/// Whether a web browser was talked into sending this: Redis closes without a word.
fn is_http(command: &Command<'_>) -> bool {
    let is = |word: &[u8]| [&b"post"[..], b"host:"].iter().any(|http| word.eq_ignore_ascii_case(http));
    command.words().next().is_some_and(is)
}

/// What a client is told of an error.
pub(crate) fn in_server_words(error: &Error) -> ServerError {
    error.as_server().cloned().unwrap_or_else(|| ServerError::failure(error))
}

/// Whether the argument is this word, in any case.
pub(crate) fn is_word(arg: &Arg<'_>, word: &str) -> bool {
    arg.as_bytes().eq_ignore_ascii_case(word.as_bytes())
}

impl<B: Broker> std::fmt::Debug for Session<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("client", &self.client).finish_non_exhaustive()
    }
}
