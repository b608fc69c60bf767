//! One client: what it is allowed, what it is in the middle of, and what it is answered.
//!
//! A request passes the checks in Redis's order: is it a command, has it the right number of words, has the client
//! given its password, is there memory left, may it be called with a subscription, do clients pause, is a transaction
//! open? Then it runs, here where it is about the connection, else on the broker. Everything is answered in order into
//! one output.

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use embroker_core::commands::{ConnectionCommand, DebugCommand, HashCommand, ServerCommand, TransactionCommand};
use embroker_core::error::texts;
use embroker_core::instance::{CommandStats, Instance, Tally};
use embroker_core::resp::Protocol;
use embroker_core::table::{CommandId, CommandSpec, Flags};
use embroker_core::{Arg, Broker, Command, Error, Reply, ServerError, Value, Watch};
use tokio::sync::watch;

use crate::call::Call;
use crate::clients::{Address, Client, Facts, Membership, NO_COMMAND};
use crate::debug;
use crate::monitor::Feed;
use crate::pause::Hold;
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
    pub(crate) feed: Feed,
    /// A command that waits for the end of a pause.
    held: Option<Call>,
    pub(crate) context: Context,
    /// How many commands have answered an error; those of a transaction are not counted for its EXEC.
    pub(crate) errors: u64,
    /// The counters of the command that ran last, and what is to be added to them: many run one command again and
    /// again.
    pub(crate) counters: Option<(CommandId, Arc<CommandStats>)>,
    pub(crate) tally: Tally,
    /// When the last command ended, as long as the next one can be taken to begin then: the clock is read once for each
    /// command of a pipeline.
    pub(crate) clock: Option<Instant>,
    pub(crate) ending: bool,
}

/// What the client wants to be answered: CLIENT REPLY. Messages and confirmations always come. Inside a transaction all
/// three may be set at once, for its commands run as one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answers {
    /// Nothing.
    pub(crate) off: bool,
    /// Not this command.
    pub(crate) skip: bool,
    /// Not the command after this one.
    pub(crate) skip_next: bool,
}

/// Where a command runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    TopLevel,
    /// As one of a transaction.
    Multi,
}

impl<B: Broker> Session<B> {
    pub(crate) fn open(shared: Arc<Shared<B>>, address: Address) -> Result<Self, ServerError> {
        let membership = shared.common.clients.join(address, &shared.instance).ok_or(texts::MAX_CLIENTS)?;
        Ok(Self {
            client: membership.client.clone(),
            _membership: membership,
            out: BytesMut::new(),
            protocol: Protocol::Resp2,
            authenticated: shared.is_open(),
            trusted: false,
            answers: Answers::default(),
            selected: None,
            transaction: None,
            watch: None,
            subscriptions: Subscriptions::default(),
            feed: Feed::default(),
            held: None,
            context: Context::TopLevel,
            errors: 0,
            counters: None,
            tally: Tally::default(),
            clock: None,
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

    /// What all clients go by, and what is counted of them.
    pub fn instance(&self) -> Arc<Instance> {
        self.shared.instance.clone()
    }

    /// Tells whoever keeps parameters that they have changed.
    pub fn parameters(&self) -> watch::Receiver<u64> {
        self.shared.common.parameters.subscribe()
    }

    /// Tells all who serve clients of this broker that the parameters have changed, if nobody has yet.
    pub fn announce_parameters(&self) {
        self.shared.announce_parameters();
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

    /// Takes all that is to be sent to the client.
    pub fn take_output(&mut self) -> BytesMut {
        self.out.split()
    }

    /// What is to be sent to the client, of which the caller takes what it has sent; and where more may come from:
    /// messages, and the lines of a client that called MONITOR.
    pub fn output_and_sources(&mut self) -> (&mut BytesMut, &mut Subscriptions, &mut Feed) {
        self.rest();
        (&mut self.out, &mut self.subscriptions, &mut self.feed)
    }

    /// Ends the session; what is still to be sent.
    pub fn into_output(mut self) -> BytesMut {
        self.rest();
        self.out
    }

    /// Answers what was not even a request, and ends.
    pub fn end_with(&mut self, error: &ServerError) {
        self.error(error);
        self.ending = true;
    }

    /// Runs one request, and adds what is answered to the output. Where clients pause, this waits for the end of it;
    /// one who has other things to do meanwhile calls [`begin`](Self::begin).
    pub async fn request(&mut self, words: Vec<Arg<'static>>) {
        self.begin(words).await;
        while let Some(hold) = self.hold() {
            hold.over().await;
            self.resume().await;
        }
        self.rest();
    }

    /// As [`request`](Self::request), but does not wait where clients pause: then there is a [`hold`](Self::hold), and
    /// the next request is to begin after that is over and [`resume`](Self::resume) was called.
    pub async fn begin(&mut self, words: Vec<Arg<'static>>) {
        // The parser yields no request without a word.
        let Some(call) = Call::new(words) else { return };
        self.process(call).await;
    }

    /// What the request waits for, if it does: the end of a CLIENT PAUSE.
    pub fn hold(&self) -> Option<Hold> {
        let spec = self.held.as_ref()?.command().spec()?;
        Some(Hold { common: self.shared.common.clone(), client: self.client.clone(), writes: self.writes(spec) })
    }

    /// Goes on with the request that waited; it may have to wait again. That of a client that was killed is dropped.
    pub async fn resume(&mut self) {
        let Some(call) = self.held.take() else { return };
        self.client.facts().is_held = false;
        if self.client.is_killed() {
            self.ending = true;
            return;
        }
        self.process(call).await;
    }

    async fn process(&mut self, call: Call) {
        let began = self.clock.take().unwrap_or_else(Instant::now);
        match self.admit(&call) {
            Ok(spec) if self.is_paused_for(spec) => {
                let mut facts = self.client.facts();
                (facts.is_held, facts.last_seen) = (true, began);
                drop(facts);
                self.held = Some(call);
                return;
            }
            Ok(spec) => match &mut self.transaction {
                Some(transaction) if !transaction::runs_at_once(spec.id) => {
                    transaction.queue(call, spec.flags);
                    self.value(&Value::status("QUEUED"));
                }
                _ => {
                    // Commands that tell of counters see what this client ran before.
                    self.count_for(spec.id);
                    let errors = self.errors;
                    self.run(spec, &call).await;
                    let ended = Instant::now();
                    self.clock = Some(ended);
                    self.has_run(spec, &call, ended.saturating_duration_since(began), self.errors > errors);
                }
            },
            Err(Refusal::Silent) => {
                self.out.clear();
                self.ending = true;
            }
            Err(Refusal::Told(error)) => self.refuse(&call, &error),
        }
        self.answers = Answers { skip: self.answers.skip_next, skip_next: false, ..self.answers };
        let mut facts = self.client.facts();
        facts.last_seen = began;
        facts.queued = self.transaction.as_ref().map(Transaction::len);
        self.describe(&mut facts);
    }

    /// Notes what the client has become, for others to see.
    fn describe(&self, facts: &mut Facts) {
        facts.resp = if self.protocol == Protocol::Resp2 { 2 } else { 3 };
        facts.subscriptions = self.subscriptions.counts();
    }

    /// The checks before a command, in Redis's order.
    fn admit(&self, call: &Call) -> Result<&'static CommandSpec, Refusal> {
        let known = call.command().spec();
        if known.is_none() && is_http(call.command()) {
            return Err(Refusal::Silent);
        }
        // Also of a command with too few words; one that is not known leaves none.
        self.client.facts().last_command = known.map_or(NO_COMMAND, |spec| spec.name);
        let spec = call.command().resolve()?;
        if spec.id == DebugCommand::Debug.into() {
            self.admit_debug()?;
        }
        if !self.authenticated && !spec.flags.contains(Flags::NO_AUTH) {
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

    /// Whether the command has to wait. Those who monitor never do.
    fn is_paused_for(&self, spec: &CommandSpec) -> bool {
        self.shared.common.pause.holds(true)
            && self.shared.common.pause.holds(self.writes(spec))
            && !self.feed.is_open()
    }

    /// Whether the command may change data or publish; EXEC, where one that is queued may.
    fn writes(&self, spec: &CommandSpec) -> bool {
        let queued = self.transaction.as_ref().filter(|_| spec.id == TransactionCommand::Exec.into());
        changes(spec.flags) || queued.is_some_and(|transaction| changes(transaction.flags()))
    }

    /// Whether the command is refused while there is no memory left.
    fn needs_memory(&self, spec: &CommandSpec) -> bool {
        let in_transaction = |transaction: &Transaction| transaction.is_refused_without_memory(spec.id);
        spec.flags.contains(Flags::DENYOOM) || self.transaction.as_ref().is_some_and(in_transaction)
    }

    /// Runs a command that passed the checks.
    pub(crate) async fn run(&mut self, spec: &'static CommandSpec, call: &Call) {
        let done = match spec.id {
            CommandId::Acl(id) => self.acl(id, call),
            CommandId::Client(id) => {
                // In a transaction there may be news since it began.
                self.describe(&mut self.client.facts());
                self.client_command(id, call)
            }
            CommandId::Connection(id) if spec.is_session() || id == ConnectionCommand::Ping => {
                self.connection(id, call).await
            }
            CommandId::Latency(id) => self.latency(id, call),
            CommandId::Slowlog(id) => self.slowlog(id, call),
            CommandId::Server(ServerCommand::Monitor) => self.monitor(),
            CommandId::Server(ServerCommand::Shutdown) => self.shutdown(call.arguments()),
            CommandId::PubSub(id) if spec.is_session() => {
                self.pubsub(id, call.arguments()).await;
                Ok(())
            }
            CommandId::Transaction(TransactionCommand::Exec) => {
                self.exec().await;
                Ok(())
            }
            CommandId::Transaction(id) => {
                self.transaction(id, call.arguments()).await;
                Ok(())
            }
            _ => {
                let reply = self.execute(spec, call).await;
                let reply = reply.map_err(|error| in_server_words(&error));
                // What was published before this reply comes before it.
                self.deliver_waiting();
                self.reply(spec, reply);
                Ok(())
            }
        };
        if let Err(error) = done {
            self.error(&error);
        }
    }

    /// Runs a command on the broker.
    async fn execute(&self, spec: &'static CommandSpec, call: &Call) -> embroker_core::Result<Value> {
        if spec.id == DebugCommand::Debug.into()
            && self.broker().instance().is_some()
            && let Some(time) = debug::sleep_time(call.arguments())
        {
            debug::sleep(time).await;
            return Ok(Value::OK);
        }
        match self.broker().execute_now(call.command()) {
            Some(reply) => reply,
            None => self.broker().execute(call.command().clone()).await,
        }
    }

    /// Whether the client speaks RESP2 and has a subscription: then it may do little else.
    pub fn is_held_to_messages(&self) -> bool {
        self.protocol == Protocol::Resp2 && !self.subscriptions.is_empty()
    }

    /// Answers a command that is not run, and with it dooms the transaction that it was meant for.
    fn refuse(&mut self, call: &Call, error: &ServerError) {
        let spec = call.command().spec();
        if let Some(spec) = spec {
            self.shared.instance.stats().command(spec.id).rejected.add(1);
        }
        if let Some(spec) = spec.filter(|spec| spec.id == TransactionCommand::Exec.into()) {
            self.transaction = None;
            self.watch = None;
            self.error(&ServerError::exec_refused(error));
            // They heard of the MULTI, and are to know that it is over.
            return self.tell_monitors(spec, call);
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
        self.errors += 1;
        self.shared.instance.stats().error(error.code());
        if self.is_answered() {
            self.protocol.error(&mut self.out, error);
        }
    }

    pub(crate) fn ok(&mut self) {
        self.value(&Value::OK);
    }

    pub(crate) fn is_answered(&self) -> bool {
        !self.answers.off && !self.answers.skip
    }
}

/// Why a request is not run.
enum Refusal {
    /// Nothing is answered, and the connection closed.
    Silent,
    Told(ServerError),
}

impl From<ServerError> for Refusal {
    fn from(error: ServerError) -> Self {
        Self::Told(error)
    }
}

/// Whether a command with these flags may change data or publish.
fn changes(flags: Flags) -> bool {
    flags.contains(Flags::WRITE) || flags.contains(Flags::MAY_REPLICATE)
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
