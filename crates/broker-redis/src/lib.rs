//! embroker's backend on a real Redis, through the `redis` crate and RESP3.
//!
//! - [`RedisBroker`] is the broker; [`RedisBrokerBuilder`] sets its timeouts and its name.
//! - `link` has the one supervised connection that commands share; `subscriber` and `watch` have connections of their
//!   own.
//! - `calm` keeps a caller's waker that panics from harming others.
//! - `connection` makes a connection and knows when it is lost, `silence` when it is dead without a word; `wire` is its socket; `url` says where it goes.

mod backoff;
mod broker;
mod calm;
mod connection;
mod link;
mod silence;
mod subscriber;
mod url;
mod value;
mod watch;
mod wire;

pub use broker::{RedisBroker, RedisBrokerBuilder};
