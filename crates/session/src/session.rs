//! One client: what it is allowed, what it is in the middle of, and what it is answered.
//!
//! Its requests come by `run`; what is answered goes in order into one output.

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use embroker_core::commands::HashCommand;
use embroker_core::instance::{CommandStats, Instance, Tally};
use embroker_core::resp::{Protocol, Request};
use embroker_core::table::{CommandId, CommandSpec};
use embroker_core::{Arg, Broker, Error, Reply, ServerError, Value, Watch};
use tokio::sync::watch;

use crate::clients::{Address, Client, Membership};
use crate::debug;
use crate::monitor::Feed;
use crate::pubsub::Subscriptions;
use crate::run::Begun;
use crate::shared::Shared;
use crate::transaction::Transaction;

/// One client. It leaves when this is dropped.
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
/// session.request(&Request::from_argv(["MULTI"])?).await;
/// session.request(&Request::from_argv(["INCR", "n"])?).await;
/// session.request(&Request::from_argv(["EXEC"])?).await;
/// assert_eq!(session.output()[..], b"+OK\r\n+QUEUED\r\n*1\r\n:1\r\n"[..]);
/// # Ok(())
/// # }
/// ```
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
    /// A request that waits for the end of a pause.
    pub(crate) held: Option<Box<Request<'static>>>,
    /// A request that passed the checks and has to wait for something else.
    pub(crate) begun: Option<Box<Begun>>,
    /// The command that was asked for last, and when, until others are told and no more requests follow.
    pub(crate) untold: Option<(&'static str, Instant)>,
    pub(crate) context: Context,
    /// How many commands have answered an error; those of a transaction are not counted for its EXEC.
    pub(crate) errors: u64,
    /// The counters of the command that ran last, and what is to be added to them: many run one command again and
    /// again.
    pub(crate) counters: Option<(CommandId, Arc<CommandStats>)>,
    pub(crate) tally: Tally,
    /// When bytes were read or the last command ended, as long as the next command can be taken to begin then: the
    /// clock is read once for each command.
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
        let membership = shared.common.clients.join(address, &shared.instance)?;
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
            begun: None,
            untold: None,
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
    /// assert!(!session.client().is_killed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn client(&self) -> Arc<Client> {
        self.client.clone()
    }

    /// What all clients go by, and what is counted of them.
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
    /// assert!(std::ptr::eq(&*session.instance(), sessions.instance()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn instance(&self) -> Arc<Instance> {
        self.shared.instance.clone()
    }

    /// Tells whoever keeps parameters that they have changed.
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
    /// let changes = session.parameters();
    /// session.request(&Request::from_argv(["CONFIG", "SET", "timeout", "5"])?).await;
    /// session.announce_parameters();
    /// assert!(changes.has_changed()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn parameters(&self) -> watch::Receiver<u64> {
        self.shared.common.parameters.subscribe()
    }

    /// Tells all who serve clients of this broker that the parameters have changed, if nobody has yet.
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
    /// let changes = session.parameters();
    /// session.announce_parameters();
    /// assert!(!changes.has_changed()?, "nothing has changed");
    /// # Ok(())
    /// # }
    /// ```
    pub fn announce_parameters(&self) {
        self.shared.announce_parameters();
    }

    /// Whether the client has given its password, or needs none.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// let sessions = Sessions::new(MemBroker::builder().config("requirepass", "secret")?.build());
    /// let mut session = sessions.open(Address::unknown())?;
    /// assert!(!session.is_authenticated());
    /// session.request(&Request::from_argv(["AUTH", "secret"])?).await;
    /// assert!(session.is_authenticated());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_authenticated(&self) -> bool {
        // Whoever came while there was a password needs none once there is none.
        self.authenticated || self.shared.is_open()
    }

    /// From now on the client needs no password: it is in this process, where it could as well ask the broker.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// let sessions = Sessions::new(MemBroker::builder().config("requirepass", "secret")?.build());
    /// let mut session = sessions.open(Address::unknown())?;
    /// session.trust();
    /// session.request(&Request::from_argv(["PING"])?).await;
    /// assert_eq!(session.output()[..], b"+PONG\r\n"[..]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn trust(&mut self) {
        self.trusted = true;
        self.authenticated = true;
    }

    /// Whether the connection is to be closed once the output is sent.
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
    /// session.request(&Request::from_argv(["QUIT"])?).await;
    /// assert!(session.is_ending());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_ending(&self) -> bool {
        self.ending
    }

    /// What is to be sent to the client.
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
    /// session.request(&Request::from_argv(["INCR", "n"])?).await;
    /// assert_eq!(session.output()[..], b":1\r\n"[..]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn output(&self) -> &BytesMut {
        &self.out
    }

    /// Takes all that is to be sent to the client.
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
    /// session.request(&Request::from_argv(["INCR", "n"])?).await;
    /// assert_eq!(session.take_output()[..], b":1\r\n"[..]);
    /// assert!(session.output().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn take_output(&mut self) -> BytesMut {
        self.out.split()
    }

    /// What is to be sent to the client, of which the caller takes what it has sent; and where more may come from:
    /// messages, and the lines of a client that called MONITOR.
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
    /// session.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// let (output, subscriptions, feed) = session.output_and_sources();
    /// output.clear();
    /// assert!(!subscriptions.is_empty() && !feed.is_open());
    /// # Ok(())
    /// # }
    /// ```
    pub fn output_and_sources(&mut self) -> (&mut BytesMut, &mut Subscriptions, &mut Feed) {
        (&mut self.out, &mut self.subscriptions, &mut self.feed)
    }

    /// Ends the session; what is still to be sent.
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
    /// assert_eq!(session.into_output()[..], b"+PONG\r\n"[..]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_output(mut self) -> BytesMut {
        self.rest();
        self.out
    }

    /// Answers what was not even a request, and ends.
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
    /// # use embroker_core::ServerError;
    /// session.end_with(&ServerError::expected_bulk(b'x'));
    /// assert!(session.output().starts_with(b"-ERR Protocol error") && session.is_ending());
    /// # Ok(())
    /// # }
    /// ```
    pub fn end_with(&mut self, error: &ServerError) {
        self.error(error);
        self.ending = true;
    }

    /// Whether the client speaks RESP2 and has a subscription: then it may do little else.
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
    /// session.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// assert!(session.is_held_to_messages());
    /// session.request(&Request::from_argv(["UNSUBSCRIBE"])?).await;
    /// assert!(!session.is_held_to_messages());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_held_to_messages(&self) -> bool {
        self.protocol == Protocol::Resp2 && !self.subscriptions.is_empty()
    }

    /// Answers what a command of the broker's came to.
    #[inline]
    pub(crate) fn reply(&mut self, spec: &'static CommandSpec, request: &Request<'_>, reply: &Reply) {
        match reply {
            Ok(value) => self.value_of(spec, value),
            Err(error) => self.failed(spec, request, error),
        }
    }

    /// Answers why a command of the broker's failed, if it did: `DEBUG ERROR` has done as it was told.
    #[cold]
    pub(crate) fn failed(&mut self, spec: &'static CommandSpec, request: &Request<'_>, error: &ServerError) {
        if !debug::asks_for_an_error(spec, request) {
            self.error(error);
        } else if self.is_answered() {
            self.protocol.error(&mut self.out, error);
        }
    }

    /// Answers a value in the form that the version of the protocol has for it, where RESP2 does more than flatten
    /// maps.
    #[inline]
    pub(crate) fn value_of(&mut self, spec: &'static CommandSpec, value: &Value) {
        match value {
            // RESP3 pairs fields and values, RESP2 puts them in one row.
            Value::Array(pairs) if spec.id == HashCommand::HRandField.into() && self.protocol == Protocol::Resp2 => {
                self.value(&in_one_row(pairs));
            }
            value => self.value(value),
        }
    }

    #[inline]
    pub(crate) fn value(&mut self, value: &Value) {
        if self.is_answered() {
            self.protocol.value(&mut self.out, value);
        }
    }

    #[cold]
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

/// The items of an array, and those of the arrays among them.
fn in_one_row(items: &[Value]) -> Value {
    let flat = items.iter().flat_map(|item| match item {
        Value::Array(pair) => pair,
        single => std::slice::from_ref(single),
    });
    Value::Array(flat.cloned().collect())
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
