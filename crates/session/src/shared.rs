//! What all sessions on one broker share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use embroker_core::instance::Instance;
use embroker_core::{Broker, ServerError};

use crate::Session;
use crate::clients::{Address, Clients};

/// A broker and those who are connected to it. Clones share both.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), embroker_core::ServerError> {
/// use embroker_core::resp::RequestParser;
/// use embroker_mem::MemBroker;
/// use embroker_session::{Address, Sessions, Settings};
///
/// let sessions = Sessions::new(MemBroker::new(), Settings::default());
/// let mut session = sessions.open(Address::unknown())?;
/// let mut input = b"ECHO hello\r\n"[..].into();
/// while let Some(words) = RequestParser::new().next(&mut input)? {
///     session.request(words).await;
/// }
/// assert_eq!(session.output()[..], b"$5\r\nhello\r\n"[..]);
/// # Ok(())
/// # }
/// ```
pub struct Sessions<B>(Arc<Shared<B>>);

pub(crate) struct Shared<B> {
    pub(crate) broker: B,
    pub(crate) settings: Settings,
    pub(crate) clients: Arc<Clients>,
}

impl<B: Broker> Sessions<B> {
    /// Nobody is connected yet, unless others serve the same broker.
    pub fn new(broker: B, settings: Settings) -> Self {
        // A broker that is elsewhere has nowhere to keep our clients; these are ours alone.
        let instance = broker.instance().cloned().unwrap_or_else(|| Arc::new(Instance::new()));
        let clients = instance.attached(Clients::default).unwrap_or_default();
        Self(Arc::new(Shared { broker, settings, clients }))
    }

    /// A new client.
    ///
    /// # Errors
    ///
    /// `ERR max number of clients reached`.
    pub fn open(&self, address: Address) -> Result<Session<B>, ServerError> {
        Session::open(self.0.clone(), address)
    }

    /// The broker, at the database where clients begin.
    pub fn broker(&self) -> &B {
        &self.0.broker
    }

    /// What all clients go by.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }
}

impl<B> Clone for Sessions<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B> fmt::Debug for Sessions<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

/// What a server is told at its start.
#[derive(Clone)]
pub struct Settings {
    /// What clients give with AUTH or HELLO before anything else.
    pub password: Option<Vec<u8>>,
    /// How many clients may be connected at a time.
    pub max_clients: usize,
    /// How long a client without a subscription may be silent.
    pub timeout: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { password: None, max_clients: 10_000, timeout: None }
    }
}

impl Settings {
    /// Whether this is the password. Takes as long for a wrong one, whichever byte is wrong.
    pub(crate) fn is_password(&self, given: &[u8]) -> bool {
        let Some(password) = &self.password else { return true };
        let differing = password.iter().zip(given).fold(0, |differing, (a, b)| differing | (a ^ b));
        password.len() == given.len() && differing == 0
    }
}

/// The password is not shown.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Settings");
        shown.field("max_clients", &self.max_clients).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
