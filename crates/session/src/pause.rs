//! CLIENT PAUSE: for a time, commands of some kind wait. Clients wait without a thread; the end of the pause takes one,
//! for as long as it lasts, so that it needs no runtime with timers.

use std::pin::pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use embroker_core::ServerError;
use embroker_core::error::texts;
use tokio::sync::Notify;

use crate::clients::Client;
use crate::shared::Common;

/// Which commands wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Those that may change data or publish.
    Write = 1,
    /// All.
    All = 2,
}

/// Whether commands wait, and until when. Dropping it ends the pause.
#[derive(Default)]
pub(crate) struct Pause(Arc<State>);

#[derive(Default)]
struct State {
    /// 0, or the number of a [`Level`]: what every command reads.
    level: AtomicU8,
    /// When it ends; `None` where there is no pause.
    end: Mutex<Option<Instant>>,
    /// The end has changed.
    rescheduled: Condvar,
    /// Whoever waits is to look again.
    changed: Notify,
}

impl Pause {
    /// Begins a pause, or makes the one that lasts longer and stricter; it never gets shorter or milder.
    pub(crate) fn begin(&self, level: Level, time: Duration) -> Result<(), ServerError> {
        let Some(new_end) = Instant::now().checked_add(time) else { return Ok(()) };
        let mut end = self.0.lock();
        match *end {
            // It would be over before it began.
            None if time.is_zero() => return Ok(()),
            None => {
                let state = self.0.clone();
                let timer = thread::Builder::new().name("client-pause".into()).spawn(move || state.end_in_time());
                timer.map_err(|_| texts::PAUSE_FAILED)?;
                *end = Some(new_end);
            }
            Some(old_end) => *end = Some(old_end.max(new_end)),
        }
        self.0.level.fetch_max(level as u8, Ordering::SeqCst);
        self.0.rescheduled.notify_all();
        Ok(())
    }

    /// Ends the pause.
    pub(crate) fn end(&self) {
        let mut end = self.0.lock();
        *end = None;
        self.0.level.store(0, Ordering::SeqCst);
        drop(end);
        self.0.rescheduled.notify_all();
        self.0.changed.notify_waiters();
    }

    /// Whether a command waits, given whether it may change data or publish.
    pub(crate) fn holds(&self, writes: bool) -> bool {
        match self.0.level.load(Ordering::SeqCst) {
            0 => false,
            level => writes || level == Level::All as u8,
        }
    }

    /// Has everybody who waits look again.
    pub(crate) fn look_again(&self) {
        self.0.changed.notify_waiters();
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.end();
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the pause when its time is over. Returns then, or when somebody else has ended it.
    fn end_in_time(&self) {
        let mut end = self.lock();
        while let Some(at) = *end {
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                *end = None;
                self.level.store(0, Ordering::SeqCst);
                break;
            }
            (end, _) = self.rescheduled.wait_timeout(end, left).unwrap_or_else(PoisonError::into_inner);
        }
        drop(end);
        self.changed.notify_waiters();
    }
}

/// A command that waits for the end of a pause.
pub struct Hold {
    pub(crate) common: Arc<Common>,
    pub(crate) client: Arc<Client>,
    pub(crate) writes: bool,
}

impl Hold {
    /// Returns when the command may run, or when its client was killed. Dropping the future loses nothing.
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
    /// # Ok(())
    /// # }
    /// ```
    pub async fn over(&self) {
        let pause = &self.common.pause;
        loop {
            let mut changed = pin!(pause.0.changed.notified());
            changed.as_mut().enable();
            if !pause.holds(self.writes) || self.client.is_killed() {
                return;
            }
            changed.await;
        }
    }
}

impl std::fmt::Debug for Hold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hold").field("writes", &self.writes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn a_pause_gets_longer_and_stricter_but_not_milder() {
        let pause = Pause::default();
        assert!(!pause.holds(true));
        pause.begin(Level::All, Duration::ZERO).unwrap();
        assert!(!pause.holds(true), "it is over before it began");
        pause.begin(Level::Write, LONG).unwrap();
        assert!(pause.holds(true) && !pause.holds(false));
        pause.begin(Level::All, Duration::ZERO).unwrap();
        assert!(pause.holds(false));
        pause.begin(Level::Write, Duration::ZERO).unwrap();
        assert!(pause.holds(false));
        pause.end();
        assert!(!pause.holds(true));
    }

    #[tokio::test]
    async fn a_pause_ends_in_time() {
        let common = Arc::new(Common::default());
        common.pause.begin(Level::All, Duration::from_millis(1)).unwrap();
        let clients = common.clients.clone();
        let member = clients.join(crate::Address::unknown(), &Arc::default()).unwrap();
        Hold { common: common.clone(), client: member.client.clone(), writes: false }.over().await;
        assert!(!common.pause.holds(true));
    }
}
