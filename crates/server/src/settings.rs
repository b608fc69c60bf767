//! What all connections of one server share.

use std::fmt;
use std::time::Duration;

use embroker_core::Broker;
use tokio::sync::watch;

use crate::clients::Clients;

/// One server, as its connections see it.
pub(crate) struct Shared<B: Broker> {
    pub(crate) broker: B,
    pub(crate) settings: Settings,
    pub(crate) clients: Clients,
    /// Turns true when the server shuts down.
    pub(crate) stop: watch::Sender<bool>,
}

impl<B: Broker> Shared<B> {
    /// Returns once the server shuts down.
    pub(crate) async fn stopped(&self) {
        // The sender lives in here, so waiting can only end with a stop.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}

/// What a server is told at its start.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) password: Option<Vec<u8>>,
    pub(crate) max_clients: usize,
    /// How long a client may be silent.
    pub(crate) timeout: Option<Duration>,
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
