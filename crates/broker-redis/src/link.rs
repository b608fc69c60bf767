//! The one connection that all commands share: made again when it is lost, by one caller for all of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embroker_core::{Error, Result};
use tokio::time::{Instant, sleep_until};

use crate::backoff::Backoff;
use crate::connection::{Connection, Failure, Target};
use crate::silence;

/// A supervised connection. It needs no task: whoever finds the connection lost makes the next one.
pub(crate) struct Link {
    target: Arc<Target>,
    current: Mutex<Option<Arc<Connection>>>,
    /// Held by the one caller who connects; the others wait for the outcome.
    dialing: tokio::sync::Mutex<Attempts>,
}

struct Attempts {
    backoff: Backoff,
    /// The last attempt, where it failed.
    failed: Option<Failed>,
}

struct Failed {
    at: Instant,
    next: Instant,
    error: Error,
}

impl Link {
    pub(crate) fn new(target: Arc<Target>) -> Self {
        let attempts = Attempts { backoff: Backoff::new(target.reconnect_delay.clone()), failed: None };
        Self { target, current: Mutex::default(), dialing: tokio::sync::Mutex::new(attempts) }
    }

    pub(crate) fn target(&self) -> &Arc<Target> {
        &self.target
    }

    /// A connection that stands, as far as anybody knows.
    ///
    /// Fails only after an attempt that ended after this call began, so a server that is back is found by the next
    /// call. Attempts keep a growing distance; a call waits for its turn.
    pub(crate) async fn connection(&self) -> Result<Arc<Connection>> {
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        let asked = Instant::now();
        let mut attempts = self.dialing.lock().await;
        if let Some(connection) = self.current() {
            return Ok(connection);
        }
        if let Some(failed) = &attempts.failed {
            if failed.at >= asked {
                return Err(failed.error.clone());
            }
            sleep_until(failed.next).await;
        }
        let began = Instant::now();
        match self.dial().await {
            Ok(connection) => {
                attempts.backoff.reset();
                attempts.failed = None;
                let connection = Arc::new(connection);
                *self.slot() = Some(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                if !matches!(error, Error::Disconnected { .. }) {
                    attempts.backoff.slow_down();
                }
                let next = began + attempts.backoff.delay();
                attempts.failed = Some(Failed { at: Instant::now(), next, error: error.clone() });
                Err(error)
            }
        }
    }

    async fn dial(&self) -> Result<Connection> {
        let connection = Connection::dial(&self.target, None).await?;
        silence::guard(&connection, &self.target, connection.id(&self.target).await?);
        Ok(connection)
    }

    /// Runs commands, on a new connection where the old one turns out to be lost before anything was sent.
    ///
    /// What may have run is sent again only if it is `repeatable`: if it changes nothing. And only once.
    pub(crate) async fn run(&self, commands: &redis::Pipeline, repeatable: bool) -> Result<Vec<redis::Value>> {
        match self.attempt(commands).await? {
            Err(Failure::NotSent(_)) => {}
            Err(Failure::Lost(_)) if repeatable => {}
            outcome => return outcome.map_err(|failure| failure.into_error(&self.target)),
        }
        self.attempt(commands).await?.map_err(|failure| failure.into_error(&self.target))
    }

    async fn attempt(&self, commands: &redis::Pipeline) -> Result<Result<Vec<redis::Value>, Failure>> {
        let connection = self.connection().await?;
        let outcome = connection.send(commands, self.target.response_timeout).await;
        if matches!(outcome, Err(Failure::Timeout(_))) {
            self.retire(&connection);
        }
        Ok(outcome)
    }

    /// Gives a connection to no more callers: it may be dead, and nobody could tell. Those who wait for a reply on it
    /// wait on, and it closes when the last of them is done.
    fn retire(&self, connection: &Arc<Connection>) {
        self.slot().take_if(|current| Arc::ptr_eq(current, connection));
    }

    fn current(&self) -> Option<Arc<Connection>> {
        self.slot().as_ref().filter(|connection| !connection.is_closed()).cloned()
    }

    fn slot(&self) -> MutexGuard<'_, Option<Arc<Connection>>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
