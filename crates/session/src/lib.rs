//! One client's session on a broker, as Redis 7.0.15 has it: what the client may do, what it is in the middle of, and
//! what it is answered. Without input or output, so that any door can use it: a socket, a pipe, or a call.
//!
//! - [`Sessions`] is what all clients of one broker share; [`Session`] is one of them.
//! - A file for each family of commands that belong to a connection: `acl`, `client`, `connection`,
//!   `latency`, `monitor`, `pubsub`, `shutdown`, `slowlog`, `transaction`.
//! - `behind`: who reads but is behind, and for how long those who publish wait for that.
//! - With the feature `stream`, [`stream`] moves the bytes of a session over any stream of Tokio's.

mod acl;
mod admit;
mod behind;
mod client;
mod clients;
mod connection;
mod count;
mod debug;
mod latency;
mod monitor;
mod pause;
mod pubsub;
mod run;
mod session;
mod shared;
mod shutdown;
mod slowlog;
#[cfg(feature = "stream")]
pub mod stream;
mod tracking;
mod transaction;

pub use behind::{Behind, Turn};
pub use clients::{Address, Client};
pub use monitor::Feed;
pub use pause::Hold;
pub use pubsub::Subscriptions;
pub use session::Session;
pub use shared::Sessions;
