//! embroker's in-memory broker: Redis 7.0's commands and pub/sub, inside the process.
//!
//! No thread, no socket, no runtime: a command runs on the caller's thread and is done when the call returns.
//!
//! - [`MemBroker`] is the broker; [`MemBrokerBuilder`] sets its clock and its seed.
//! - `commands` has the handlers, a file for each family; `objects` the values that keys hold.
//! - `keyspace` has the map, the latches that make every command atomic, and expiry; `pubsub` the registry.

mod args;
mod broker;
mod clock;
mod commands;
mod engine;
mod events;
mod keyspace;
mod long_double;
mod objects;
mod process;
mod pubsub;
mod reclaim;
mod shared;
mod sync;
mod watch;

pub use broker::{MemBroker, MemBrokerBuilder, WeakMemBroker};
pub use clock::{Clock, ManualClock, SystemClock};

/// What a handler answers, in the very type that a caller gets, so that it is written once. Its errors are
/// [`Error::Server`](embroker_core::Error::Server).
type Reply = embroker_core::Result<embroker_core::Value>;
