//! DEBUG, as far as it is about a client: who may call it, and SLEEP, which keeps no thread of the caller's waiting.

use std::thread;
use std::time::Duration;

use embroker_core::commands::DebugCommand;
use embroker_core::error::texts;
use embroker_core::instance::config::Parameter;
use embroker_core::resp::Request;
use embroker_core::table::CommandSpec;
use embroker_core::{Arg, Broker, ServerError};
use tokio::sync::oneshot;

use crate::session::{Session, is_word};

impl<B: Broker> Session<B> {
    /// Refuses DEBUG where `enable-debug-command` doesn't allow it. A broker that is elsewhere decides for itself.
    pub(crate) fn admit_debug(&self) -> Result<(), ServerError> {
        if self.shared.broker.instance().is_none() {
            return Ok(());
        }
        match self.shared.config().choice(Parameter::EnableDebugCommand) {
            "yes" => Ok(()),
            "local" if self.client.address.is_local() => Ok(()),
            _ => Err(texts::DEBUG_NOT_ALLOWED),
        }
    }

    /// How long a command is to take that is only to take time: `DEBUG SLEEP`, of a broker in this process.
    pub(crate) fn sleep_time(&self, spec: &CommandSpec, request: &Request<'_>) -> Option<Duration> {
        let is_ours = spec.id == DebugCommand::Debug.into() && self.shared.broker.instance().is_some();
        sleep_time(request.arguments()).filter(|_| is_ours)
    }
}

/// Whether it is `DEBUG ERROR text`, whose answer Redis counts as no error.
pub(crate) fn asks_for_an_error(spec: &CommandSpec, request: &Request<'_>) -> bool {
    spec.id == DebugCommand::Debug.into() && matches!(request.arguments(), [error, _] if is_word(error, "error"))
}

/// How long `DEBUG SLEEP seconds` is to take; `None` for any other call of DEBUG, and for what is no time.
fn sleep_time(args: &[Arg<'_>]) -> Option<Duration> {
    let [sleep, seconds] = args else { return None };
    let seconds = str::from_utf8(seconds.as_bytes()).ok()?.parse().ok();
    Duration::try_from_secs_f64(seconds.filter(|_| is_word(sleep, "sleep"))?).ok()
}

/// Waits, on a thread that lives as long, so that it needs no runtime with timers.
pub(crate) async fn sleep(time: Duration) {
    let (done, over) = oneshot::channel();
    let timer = thread::Builder::new().name("debug-sleep".into()).spawn(move || {
        thread::sleep(time);
        // Nobody waits any more where the client has gone.
        let _ = done.send(());
    });
    if timer.is_ok() {
        let _ = over.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sleep_with_a_time_takes_time() {
        let time = |words: &[&'static str]| sleep_time(&words.iter().map(|word| Arg::from(*word)).collect::<Vec<_>>());
        assert_eq!(time(&["Sleep", "0.25"]), Some(Duration::from_millis(250)));
        for words in [&["SLEEP"][..], &["SLEEP", "-1"], &["SLEEP", "x"], &["OBJECT", "1"], &["SLEEP", "1", "2"]] {
            assert_eq!(time(words), None);
        }
    }
}
