//! SHUTDOWN: the server that holds the connection ends in order.

use embroker_core::error::texts;
use embroker_core::{Arg, Broker, ServerError};

use crate::session::{Session, is_word};

/// SHUTDOWN's options. NOW has no effect: there is no replica to wait for.
const OPTIONS: [&str; 5] = ["nosave", "save", "now", "force", "abort"];

impl<B: Broker> Session<B> {
    /// `SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]`: answers only where nothing is shut down.
    pub(crate) fn shutdown(&mut self, args: &[Arg<'_>]) -> Result<(), ServerError> {
        let has = |option| args.iter().any(|arg| is_word(arg, option));
        let is_known = |arg: &Arg<'_>| OPTIONS.into_iter().any(|option| is_word(arg, option));
        if !args.iter().all(is_known)
            || (has("abort") && !args.iter().all(|arg| is_word(arg, "abort")))
            || (has("save") && has("nosave"))
        {
            return Err(texts::SYNTAX);
        }
        if has("abort") {
            return Err(texts::SHUTDOWN_NOT_IN_PROGRESS);
        }
        // Nothing can be saved; a Redis that fails to save goes on as well, unless it is forced.
        if has("save") && !has("force") {
            return Err(texts::SHUTDOWN_FAILED);
        }
        let shut_down = self.shared.shutdown.as_ref().ok_or(texts::SHUTDOWN_NO_SERVER)?;
        shut_down();
        self.ending = true;
        Ok(())
    }
}
