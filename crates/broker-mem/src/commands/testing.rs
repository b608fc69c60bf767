//! For the handlers' tests: an engine on a clock that stands still, and commands as lines of text.

use std::sync::Arc;
use std::time::Duration;

use embroker_core::instance::config::Config;
use embroker_core::{Command, Pipeline};

use crate::ManualClock;
use crate::engine::Engine;
use crate::keyspace::{Object, Tx};
use crate::watch::MemWatch;

/// When the clock starts, in milliseconds since the epoch.
pub(super) const START: u64 = 1_000_000;

pub(super) struct Bench {
    pub(super) engine: Arc<Engine>,
    clock: Arc<ManualClock>,
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with_seed(7)
    }

    pub(super) fn with_seed(seed: u64) -> Self {
        let clock = Arc::new(ManualClock::at(START));
        Self { engine: Arc::new(Engine::new(Box::new(clock.clone()), Some(seed), Config::new())), clock }
    }

    /// Runs a line of words, `''` for an empty one; the reply, or the error's text.
    pub(super) fn run(&self, line: &str) -> String {
        self.run_in(0, line)
    }

    /// Runs a line in a database.
    pub(super) fn run_in(&self, database: u32, line: &str) -> String {
        let words = line.split(' ').map(|word| if word == "''" { "" } else { word });
        match self.engine.run(database, &Command::from_argv(words).unwrap()) {
            Ok(reply) => format!("{reply:?}"),
            Err(error) => error.to_string(),
        }
    }

    /// Runs each line, and says which one answers something else.
    pub(super) fn expect(&self, lines: &[(&str, &str)]) {
        for (line, reply) in lines {
            assert_eq!(self.run(line), *reply, "{line}");
        }
    }

    /// Gives a key a value without a command.
    pub(super) fn put(&self, key: &str, value: impl Into<Object>) {
        let keyspace = self.engine.databases.get(0);
        Tx::new(&self.engine, keyspace, keyspace.latch_all()).put(key.as_bytes(), value);
    }

    /// Moves the clock.
    pub(super) fn advance(&self, ms: u64) {
        self.clock.advance(Duration::from_millis(ms));
    }

    /// Whether a line breaks a watch on the key.
    pub(super) fn breaks(&self, key: &str, line: &str) -> bool {
        self.breaks_with(key, || drop(self.run(line)))
    }

    /// Whether something breaks a watch on the key.
    pub(super) fn breaks_with(&self, key: &str, something: impl FnOnce()) -> bool {
        self.breaks_in(0, key, something)
    }

    /// Whether something breaks a watch on the key of a database.
    pub(super) fn breaks_in(&self, database: u32, key: &str, something: impl FnOnce()) -> bool {
        let watch = MemWatch::begin(self.engine.clone(), database, [key.as_bytes().into()]);
        something();
        self.engine.run_atomic(database, &Pipeline::atomic(), Some(watch.watched())).unwrap().is_none()
    }
}
