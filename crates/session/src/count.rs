//! What is counted, logged and told of a command that ran.

use std::time::Duration;

use embroker_core::Broker;
use embroker_core::resp::Request;
use embroker_core::table::{CommandId, CommandSpec};

use crate::session::{Context, Session};

impl<B: Broker> Session<B> {
    /// Counts a command that ran, logs it if it was slow, and tells who monitors.
    pub(crate) fn has_run(&mut self, spec: &'static CommandSpec, request: &Request<'_>, took: Duration, failed: bool) {
        self.count_for(spec.id);
        self.tally.record(took, failed);
        // A transaction runs as one, so it is logged as one: by its EXEC, which Redis leaves out.
        if self.context == Context::TopLevel {
            self.log_if_slow(request, took);
        }
        self.tell_monitors(spec, request);
    }

    /// Has the tally be of this command: what was counted of another is added to its counters.
    #[inline]
    pub(crate) fn count_for(&mut self, id: CommandId) {
        if self.counters.as_ref().is_none_or(|(counted, _)| *counted != id) {
            self.add_tally();
            self.counters = Some((id, self.shared.instance.stats().command(id)));
        }
    }

    /// No request follows at once: others see what this client has run and become.
    pub(crate) fn rest(&mut self) {
        self.clock = None;
        self.add_tally();
        if self.untold.is_some() {
            self.describe();
            self.untold = None;
        }
    }

    /// Adds what was counted to the counters that all see.
    fn add_tally(&mut self) {
        let Some((_, counters)) = self.counters.as_ref().filter(|_| !self.tally.is_empty()) else { return };
        let calls = counters.add(&mut self.tally);
        self.shared.instance.stats().commands_processed.add(calls);
    }
}
