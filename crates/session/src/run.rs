//! The way of a request: checked, queued for EXEC or run, counted.
//!
//! Almost all requests run to their end in one plain call, from the bytes that they came in. The few that have to wait,
//! for the end of a pause, for time, or for a broker that is elsewhere, are kept, and go on in [`Session::resume`].

use std::time::Instant;

use embroker_core::commands::{ConnectionCommand, ServerCommand, TransactionCommand};
use embroker_core::resp::{Protocol, Request};
use embroker_core::table::{CommandId, CommandSpec};
use embroker_core::{Broker, Value};

use crate::clients::NO_COMMAND;
use crate::debug;
use crate::pause::Hold;
use crate::session::{Answers, Context, Session, in_server_words};
use crate::transaction::{self, Transaction};

/// A request that passed the checks, and waits for something else than the end of a pause.
pub(crate) struct Begun {
    spec: &'static CommandSpec,
    request: Request<'static>,
    began: Instant,
}

impl<B: Broker> Session<B> {
    /// Runs one request, and adds what is answered to the output. Where it has to wait, this waits for it; one who has
    /// other things to do while clients pause calls [`begin`](Self::begin).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// session.request(&Request::from_argv(["PING"])?).await;
    /// assert_eq!(session.output()[..], b"+PONG\r\n"[..]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn request(&mut self, request: &Request<'_>) {
        self.begin(request);
        self.finish().await;
    }

    /// Waits for the end of the request that has [begun](Self::begin); nothing follows it at once.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// session.begin(&Request::from_argv(["PING"])?);
    /// session.finish().await;
    /// assert!(!session.is_waiting());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn finish(&mut self) {
        while self.is_waiting() {
            if let Some(hold) = self.hold() {
                hold.over().await;
            }
            self.resume().await;
        }
        self.rest();
    }

    /// As [`request`](Self::request), but does not wait: where the session [is waiting](Self::is_waiting) then, the
    /// next request is to begin after [`resume`](Self::resume).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// session.request(&Request::from_argv(["CLIENT", "PAUSE", "60000", "WRITE"])?).await;
    /// let mut writer = sessions.open(Address::unknown())?;
    /// writer.begin(&Request::from_argv(["SET", "k", "v"])?);
    /// assert!(writer.is_waiting() && writer.output().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn begin(&mut self, request: &Request<'_>) {
        let began = self.clock.take().unwrap_or_else(Instant::now);
        let name = request.command().spec().map_or(NO_COMMAND, |spec| spec.name);
        self.untold = Some((name, began));
        match self.admit(request.command()) {
            Ok(spec) if self.is_paused_for(spec) => return self.hold_back(request),
            Ok(spec) => match &mut self.transaction {
                Some(transaction) if !transaction::runs_at_once(spec.id) => {
                    transaction.queue(request, spec.flags);
                    self.value(&Value::status("QUEUED"));
                }
                _ => {
                    // Commands that tell of counters see what this client ran before.
                    self.count_for(spec.id);
                    let errors = self.errors;
                    if !self.run(spec, request) {
                        self.begun = Some(Box::new(Begun { spec, request: request.clone().into_owned(), began }));
                        return;
                    }
                    self.has_ended(spec, request, began, errors);
                }
            },
            Err(refusal) => self.refuse(request, refusal),
        }
        self.has_answered();
    }

    /// Whether the last request waits for something.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// session.begin(&Request::from_argv(["GET", "k"])?);
    /// assert!(!session.is_waiting(), "it has been answered already");
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn is_waiting(&self) -> bool {
        self.held.is_some() || self.begun.is_some()
    }

    /// What the request waits for, if that is the end of a CLIENT PAUSE: [`resume`](Self::resume) is to be called after
    /// it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// session.request(&Request::from_argv(["CLIENT", "PAUSE", "60000", "WRITE"])?).await;
    /// let mut writer = sessions.open(Address::unknown())?;
    /// writer.begin(&Request::from_argv(["SET", "k", "v"])?);
    /// assert!(writer.hold().is_some());
    /// session.begin(&Request::from_argv(["GET", "k"])?);
    /// assert!(session.hold().is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn hold(&self) -> Option<Hold> {
        let spec = self.held.as_ref()?.command().spec()?;
        Some(Hold { common: self.shared.common.clone(), client: self.client.clone(), writes: self.writes(spec) })
    }

    /// Goes on with the request that waited; it may have to wait for the end of another pause. That of a client that
    /// was killed while it paused is dropped.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// session.request(&Request::from_argv(["CLIENT", "PAUSE", "60000", "WRITE"])?).await;
    /// let mut writer = sessions.open(Address::unknown())?;
    /// writer.begin(&Request::from_argv(["SET", "k", "v"])?);
    /// let hold = writer.hold().ok_or("it waits for the end of the pause")?;
    /// session.request(&Request::from_argv(["CLIENT", "UNPAUSE"])?).await;
    /// hold.over().await;
    /// writer.resume().await;
    /// assert_eq!(writer.output()[..], b"+OK\r\n"[..]);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn resume(&mut self) {
        if let Some(request) = self.held.take() {
            self.client.facts().is_held = false;
            if self.client.is_killed() {
                self.ending = true;
                return;
            }
            self.begin(&request);
        }
        if let Some(begun) = self.begun.take() {
            let Begun { spec, request, began } = *begun;
            // Others see what has happened so far.
            self.rest();
            let errors = self.errors;
            self.run_waiting(spec, &request).await;
            self.has_ended(spec, &request, began, errors);
            self.has_answered();
            // What it made of the client may matter to others at once.
            self.describe();
        }
    }

    /// Keeps a request until the pause is over.
    #[cold]
    fn hold_back(&mut self, request: &Request<'_>) {
        self.describe();
        self.client.facts().is_held = true;
        self.held = Some(Box::new(request.clone().into_owned()));
    }

    /// The clock is read, and the command counted.
    #[inline]
    fn has_ended(&mut self, spec: &'static CommandSpec, request: &Request<'_>, began: Instant, errors: u64) {
        let ended = Instant::now();
        self.clock = Some(ended);
        self.has_run(spec, request, ended.saturating_duration_since(began), self.errors > errors);
    }

    /// CLIENT REPLY goes from one request to the next.
    #[inline]
    fn has_answered(&mut self) {
        self.answers = Answers { skip: self.answers.skip_next, skip_next: false, ..self.answers };
    }

    /// Runs a command that passed the checks; `false`, and nothing has run, where it has to wait for something: then
    /// [`run_waiting`](Self::run_waiting) does.
    pub(crate) fn run(&mut self, spec: &'static CommandSpec, request: &Request<'_>) -> bool {
        use TransactionCommand::{Exec, Watch};

        if spec.is_session() {
            // It may tell of clients, of which this is one.
            self.describe();
        }
        let done = match spec.id {
            CommandId::Acl(id) => self.acl(id, request),
            CommandId::Client(id) => self.client_command(id, request),
            CommandId::Connection(ConnectionCommand::Select) | CommandId::Transaction(Exec | Watch) => return false,
            CommandId::Connection(id) if spec.is_session() || id == ConnectionCommand::Ping => {
                self.connection(id, request)
            }
            CommandId::Debug(_) if self.sleep_time(spec, request).is_some() => return false,
            CommandId::Latency(id) => self.latency(id, request),
            CommandId::Slowlog(id) => self.slowlog(id, request),
            CommandId::Server(ServerCommand::Monitor) => self.monitor(),
            CommandId::Server(ServerCommand::Shutdown) => self.shutdown(request.arguments()),
            CommandId::PubSub(_) if spec.is_session() => return false,
            CommandId::Transaction(id) => self.transaction(id),
            _ => {
                let Some(reply) = self.broker().execute_now(request.command()) else { return false };
                self.reply_of_broker(spec, request, &reply);
                return true;
            }
        };
        if let Err(error) = done {
            self.error(&error);
        }
        true
    }

    /// Runs a command that may have to wait.
    pub(crate) async fn run_waiting(&mut self, spec: &'static CommandSpec, request: &Request<'_>) {
        let args = request.arguments();
        match spec.id {
            CommandId::Connection(ConnectionCommand::Select) => self.select(args).await,
            CommandId::PubSub(id) if spec.is_session() => self.pubsub(id, args).await,
            CommandId::Transaction(TransactionCommand::Exec) => self.exec().await,
            CommandId::Transaction(TransactionCommand::Watch) => self.watch(args).await,
            _ => {
                let reply = match self.sleep_time(spec, request) {
                    Some(time) => {
                        debug::sleep(time).await;
                        Ok(Value::OK)
                    }
                    None => self.broker().execute(request.command().clone()).await,
                };
                self.reply_of_broker(spec, request, &reply);
            }
        }
    }

    #[inline]
    fn reply_of_broker(
        &mut self,
        spec: &'static CommandSpec,
        request: &Request<'_>,
        reply: &embroker_core::Result<Value>,
    ) {
        // What was published before this reply comes before it.
        self.deliver_waiting();
        match reply {
            Ok(value) => self.value_of(spec, value),
            Err(error) => self.failed(spec, request, &in_server_words(error)),
        }
    }

    /// Others see what the client has become.
    pub(crate) fn describe(&self) {
        let mut facts = self.client.facts();
        if let Some((command, at)) = self.untold {
            facts.last_command = command;
            facts.last_seen = at;
        }
        // While EXEC runs, its transaction still is one to others.
        if self.context == Context::TopLevel {
            facts.queued = self.transaction.as_ref().map(Transaction::len);
        }
        facts.resp = if self.protocol == Protocol::Resp2 { 2 } else { 3 };
        facts.subscriptions = self.subscriptions.counts();
    }
}
