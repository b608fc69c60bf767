//! What all sessions on one broker share.

use std::fmt;
use std::sync::Arc;

use embroker_core::instance::Instance;
use embroker_core::instance::config::{Config, Parameter};
use embroker_core::{Broker, ServerError};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::sync::watch;

use crate::Session;
use crate::acl::AclLog;
use crate::behind::Readers;
use crate::clients::{Address, Clients};
use crate::monitor::Monitors;
use crate::pause::Pause;
use crate::slowlog::Slowlog;

/// A broker and those who are connected to it. Clones share both.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), embroker_core::ServerError> {
/// use embroker_core::resp::RequestParser;
/// use embroker_mem::MemBroker;
/// use embroker_session::{Address, Sessions};
///
/// let sessions = Sessions::new(MemBroker::new());
/// let mut session = sessions.open(Address::unknown())?;
/// let mut input = b"ECHO hello\r\n"[..].into();
/// while RequestParser::new().next(&mut input, |request| session.begin(request))?.is_some() {
///     session.finish().await;
/// }
/// assert_eq!(session.output()[..], b"$5\r\nhello\r\n"[..]);
/// # Ok(())
/// # }
/// ```
pub struct Sessions<B>(Arc<Shared<B>>);

/// A SHA-256.
pub(crate) type Digest256 = sha2::digest::Output<Sha256>;

pub(crate) struct Shared<B> {
    pub(crate) broker: B,
    pub(crate) instance: Arc<Instance>,
    pub(crate) common: Arc<Common>,
    /// What SHUTDOWN calls.
    pub(crate) shutdown: Option<Box<dyn Fn() + Send + Sync>>,
}

/// What all doors to one broker share.
#[derive(Default)]
pub(crate) struct Common {
    pub(crate) clients: Arc<Clients>,
    pub(crate) monitors: Arc<Monitors>,
    pub(crate) pause: Pause,
    pub(crate) slowlog: Slowlog,
    pub(crate) acl_log: AclLog,
    /// Who reads messages, but not as fast as they come.
    pub(crate) behind: Arc<Readers>,
    /// The version of the parameters that all clients were told of.
    pub(crate) parameters: watch::Sender<u64>,
}

impl<B: Broker> Sessions<B> {
    /// Nobody is connected yet, unless others serve the same broker.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// let sessions = Sessions::new(MemBroker::new());
    /// let mut session = sessions.open(Address::unknown())?;
    /// session.request(&Request::from_argv(["SHUTDOWN"])?).await;
    /// assert!(session.output().starts_with(b"-ERR"), "there is no server to end");
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(broker: B) -> Self {
        Self::serve(broker, None)
    }

    /// As [`new`](Self::new), for a server that SHUTDOWN can end: it calls `shutdown`, which is to have that done and
    /// return at once. Without it SHUTDOWN is refused.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # use std::sync::Arc;
    /// # use std::sync::atomic::{AtomicBool, Ordering};
    /// let is_over = Arc::new(AtomicBool::new(false));
    /// let told = is_over.clone();
    /// let sessions = Sessions::of_server(MemBroker::new(), move || told.store(true, Ordering::Relaxed));
    /// let mut session = sessions.open(Address::unknown())?;
    /// session.request(&Request::from_argv(["SHUTDOWN", "NOSAVE"])?).await;
    /// assert!(is_over.load(Ordering::Relaxed));
    /// # Ok(())
    /// # }
    /// ```
    pub fn of_server(broker: B, shutdown: impl Fn() + Send + Sync + 'static) -> Self {
        Self::serve(broker, Some(Box::new(shutdown)))
    }

    fn serve(broker: B, shutdown: Option<Box<dyn Fn() + Send + Sync>>) -> Self {
        // A broker that is elsewhere has nowhere to keep our clients and limits; these are ours alone.
        let instance = broker.instance().cloned().unwrap_or_else(|| Arc::new(Instance::new()));
        let common = instance.attached(Common::default).unwrap_or_default();
        Self(Arc::new(Shared { broker, instance, common, shutdown }))
    }

    /// A new client.
    ///
    /// # Errors
    ///
    /// `ERR max number of clients reached`; `DENIED …` for a client of another machine in protected mode and without a
    /// password, as `protected-mode` and `requirepass` are now.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # use embroker_core::ServerError;
    /// let broker = MemBroker::builder().config("maxclients", "1")?.build();
    /// let sessions = Sessions::new(broker);
    /// let first = sessions.open(Address::unknown())?;
    /// let refusal = sessions.open(Address::unknown()).err();
    /// assert_eq!(refusal.map(|error| error.to_string()).as_deref(), Some("ERR max number of clients reached"));
    /// drop(first);
    /// assert!(sessions.open(Address::unknown()).is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub fn open(&self, address: Address) -> Result<Session<B>, ServerError> {
        Session::open(self.0.clone(), address)
    }

    /// The broker, at the database where clients begin.
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
    /// # use embroker_core::prelude::*;
    /// session.request(&Request::from_argv(["SET", "k", "v"])?).await;
    /// assert_eq!(sessions.broker().get("k").await?.as_deref(), Some(&b"v"[..]));
    /// # Ok(())
    /// # }
    /// ```
    pub fn broker(&self) -> &B {
        &self.0.broker
    }

    /// Whether writes wait for the end of a CLIENT PAUSE: then expired keys stay as well.
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
    /// session.request(&Request::from_argv(["CLIENT", "PAUSE", "60000"])?).await;
    /// assert!(sessions.is_paused());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_paused(&self) -> bool {
        self.0.common.pause.holds(true)
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
    /// assert!(std::ptr::eq(sessions.instance(), &*session.instance()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn instance(&self) -> &Instance {
        &self.0.instance
    }
}

impl<B> Clone for Sessions<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B> fmt::Debug for Sessions<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("instance", &self.0.instance).finish_non_exhaustive()
    }
}

impl<B> Shared<B> {
    pub(crate) fn config(&self) -> &Config {
        self.instance.config()
    }

    /// Has every client look at the parameters, where they have changed since it was last told to.
    pub(crate) fn announce_parameters(&self) {
        let version = self.config().version();
        self.common.parameters.send_if_modified(|told| std::mem::replace(told, version) != version);
    }

    /// Whether clients need no password.
    pub(crate) fn is_open(&self) -> bool {
        self.config().text(Parameter::RequirePass).is_empty()
    }

    /// Whether this is the password. How long that takes tells nothing of it: digests are compared, which have one
    /// length, and each byte of them whatever those before it were.
    pub(crate) fn is_password(&self, given: &[u8]) -> bool {
        self.password_digest().is_none_or(|digest| digest.ct_eq(&Sha256::digest(given)).into())
    }

    /// The SHA-256 of the password, if there is one.
    pub(crate) fn password_digest(&self) -> Option<Digest256> {
        let password = self.config().text(Parameter::RequirePass);
        (!password.is_empty()).then(|| Sha256::digest(&password))
    }
}
