//! What `tracing` is told.

#![cfg_attr(not(feature = "tracing"), expect(unused_variables, clippy::unused_self))]

use std::fmt::Display;
use std::future::Future;

use super::names::Names;
use crate::{Error, Gap};

/// The time that a command or a pipeline takes; nothing at all where nobody is told.
#[derive(Debug)]
pub(super) struct Span {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl Span {
    #[inline]
    pub(super) fn command(backend: &'static str, names: &Names) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: tracing::trace_span!(target: "embroker", "command", backend, command = names.first()),
        }
    }

    #[inline]
    pub(super) fn pipeline(backend: &'static str, commands: usize, atomic: bool) -> Self {
        Self {
            #[cfg(feature = "tracing")]
            span: tracing::trace_span!(target: "embroker", "pipeline", backend, commands, atomic),
        }
    }

    #[inline]
    pub(super) fn in_scope<T>(&self, run: impl FnOnce() -> T) -> T {
        #[cfg(feature = "tracing")]
        let _entered = self.span.enter();
        run()
    }

    #[inline]
    pub(super) fn instrument<F: Future>(&self, run: F) -> impl Future<Output = F::Output> + use<F> {
        #[cfg(feature = "tracing")]
        let run = tracing::Instrument::instrument(run, self.span.clone());
        run
    }
}

/// A command failed.
#[cfg(any(feature = "metrics", feature = "tracing"))]
pub(super) fn failure(backend: &'static str, name: &'static str, error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "embroker", backend, command = name, %error, "a command failed");
}

/// A subscriber was told of a gap.
pub(super) fn gap(gap: Gap) {
    #[cfg(feature = "tracing")]
    match gap {
        Gap::Lagged(messages) => tracing::warn!(target: "embroker", messages, "a subscriber was too slow"),
        Gap::Disconnected => tracing::warn!(target: "embroker", "a subscriber was cut off"),
        Gap::Resubscribed => tracing::info!(target: "embroker", "a subscriber is complete again"),
    }
}

/// A connection stands, or there is none.
pub(super) fn connection(address: &dyn Display, error: Option<&Error>) {
    #[cfg(feature = "tracing")]
    match error {
        None => tracing::info!(target: "embroker", %address, "connected"),
        Some(error) => tracing::warn!(target: "embroker", %address, %error, "no connection"),
    }
}
