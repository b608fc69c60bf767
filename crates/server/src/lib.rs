//! embroker behind a socket: any Redis client, in any language, over TCP or a unix socket, in RESP2 or RESP3.
//!
//! [`Server`] serves any [`Broker`](embroker_core::Broker); the binary `embroker-server` serves a new in-memory one.
//!
//! What a client may do, and what it is answered, is `embroker-session`'s. Here `socket` is one
//! client's, `server` and `listen` take new ones, as `builder` was told.

mod builder;
mod listen;
mod server;
mod socket;

pub use builder::ServerBuilder;
pub use server::{Server, ServerHandle};
