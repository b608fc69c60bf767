//! Listeners for embroker: code that handles messages as they are published, on any [`Broker`](embroker_core::Broker).
//!
//! - A [`Listener`] says what it subscribes to and what it does with a message.
//! - A [`Runner`] runs listeners side by side, counts what they handle, reports what they could not, and shuts down
//!   without losing what was delivered.
//! - [`ticket_shop`] is a whole application built of them.

mod failure;
mod listener;
mod report;
mod runner;
mod running;
mod subscriptions;
mod tally;
pub mod ticket_shop;
mod worker;

pub use failure::{Cause, FailedAt, Failure};
pub use listener::{Listener, ListenerError};
pub use report::{Counts, ListenerCounts, ListenerReport, RunReport};
pub use runner::Runner;
pub use running::{Running, StreamEnded};
pub use subscriptions::Subscriptions;
