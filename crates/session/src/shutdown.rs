//! SHUTDOWN: the server that holds the connection ends in order.

use embroker_core::error::texts;
use embroker_core::{Arg, Broker, ServerError};

use crate::session::{Session, is_word};

/// SHUTDOWN's options.
#[derive(Default)]
struct Options {
    save: bool,
    no_save: bool,
    now: bool,
    force: bool,
    abort: bool,
}

impl<B: Broker> Session<B> {
    /// `SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]`: answers only where nothing is shut down.
    pub(crate) fn shutdown(&mut self, args: &[Arg<'_>]) -> Result<(), ServerError> {
        let options = Options::read(args)?;
        if options.abort {
            return Err(texts::SHUTDOWN_NOT_IN_PROGRESS);
        }
        // Nothing can be saved; a Redis that fails to save goes on as well, unless it is forced.
        if options.save && !options.force {
            return Err(texts::SHUTDOWN_FAILED);
        }
        let shut_down = self.shared.shutdown.as_ref().ok_or(texts::SHUTDOWN_NO_SERVER)?;
        shut_down();
        self.ending = true;
        Ok(())
    }
}

impl Options {
    fn read(args: &[Arg<'_>]) -> Result<Self, ServerError> {
        let mut options = Self::default();
        for arg in args {
            let is = |word| is_word(arg, word);
            let option = match () {
                () if is("nosave") => &mut options.no_save,
                () if is("save") => &mut options.save,
                () if is("now") => &mut options.now,
                () if is("force") => &mut options.force,
                () if is("abort") => &mut options.abort,
                () => return Err(texts::SYNTAX),
            };
            *option = true;
        }
        let Self { save, no_save, now, force, abort } = options;
        if (abort && (save || no_save || now || force)) || (save && no_save) {
            return Err(texts::SYNTAX);
        }
        Ok(options)
    }
}
