//! Who ends a test that hangs, and says where.

use std::process;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// Ends the process with a message unless it is dropped in time: a deadlock fails a test instead of holding it up.
///
/// ```
/// use std::time::Duration;
///
/// use embroker_reliability::Watchdog;
///
/// let _watchdog = Watchdog::new("renames that cross", Duration::from_secs(60));
/// ```
#[derive(Debug)]
pub struct Watchdog {
    _alive: Sender<()>,
}

impl Watchdog {
    /// Begins to watch over `what`.
    pub fn new(what: &str, limit: Duration) -> Self {
        let (alive, watched) = channel::<()>();
        let what = what.to_owned();
        thread::spawn(move || {
            if watched.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                eprintln!("{what}: still running after {limit:?}");
                process::abort();
            }
        });
        Self { _alive: alive }
    }
}
