//! What the commands are called that are told of: their names in the table, and nothing that a user made up.

use super::Outcome;
#[cfg(any(feature = "metrics", feature = "tracing"))]
use super::{meters, traces};
use crate::{Command, Result};

/// What a command is called that the table does not know.
#[cfg(any(feature = "metrics", feature = "tracing"))]
const UNKNOWN: &str = "unknown";

/// The names of commands, in their order; nothing at all where nobody is told.
#[derive(Debug)]
pub(super) struct Names {
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    first: &'static str,
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    others: Vec<&'static str>,
}

#[cfg(any(feature = "metrics", feature = "tracing"))]
impl Names {
    pub(super) fn of<'c>(commands: impl IntoIterator<Item = &'c Command<'c>>) -> Self {
        let name = |command: &Command<'_>| command.spec().map_or(UNKNOWN, |spec| spec.name);
        let mut names = commands.into_iter().map(name);
        Self { first: names.next().unwrap_or_default(), others: names.collect() }
    }

    /// The only one, where there is one.
    #[cfg(feature = "tracing")]
    pub(super) fn first(&self) -> &'static str {
        self.first
    }

    /// Tells how each of them came out.
    pub(super) fn tell<T: Outcome>(&self, backend: &'static str, outcome: &Result<T>) {
        let names = std::iter::once(self.first).chain(self.others.iter().copied()).filter(|name| !name.is_empty());
        for (place, name) in names.enumerate() {
            let failure: Option<&dyn std::fmt::Display> = match outcome {
                Ok(outcome) => outcome.failure(place).map(|error| error as _),
                Err(error) => Some(error),
            };
            meters::command(backend, name, failure.is_some());
            if let Some(failure) = failure {
                traces::failure(backend, name, failure);
            }
        }
    }
}

#[cfg(not(any(feature = "metrics", feature = "tracing")))]
const _: () = assert!(size_of::<super::Observed>() == size_of::<&str>(), "only the backend's name, which nobody reads");

#[cfg(not(any(feature = "metrics", feature = "tracing")))]
impl Names {
    #[inline]
    pub(super) fn of<'c>(_: impl IntoIterator<Item = &'c Command<'c>>) -> Self {
        Self {}
    }

    #[inline]
    #[expect(clippy::unused_self, reason = "nobody is told")]
    pub(super) fn tell<T: Outcome>(&self, _: &'static str, _: &Result<T>) {}
}
