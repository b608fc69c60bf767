//! One client's session on a broker, as Redis 7.0.15 has it: what the client may do, what it is in the middle of, and
//! what it is answered. Without input or output, so that any door can use it: a socket, a pipe, or a call.
//!
//! - [`Sessions`] is what all clients of one broker share; [`Session`] is one of them.
//! - A file for each family of commands that belong to a connection: `client`, `connection`, `pubsub`, `transaction`.

mod client;
mod clients;
mod connection;
mod pubsub;
mod session;
mod shared;
mod transaction;

pub use clients::{Address, Client};
pub use pubsub::Subscriptions;
pub use session::Session;
pub use shared::Sessions;
