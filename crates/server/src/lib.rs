//! embroker behind a socket: any Redis client, in any language, over TCP or a unix socket, in RESP2 or RESP3.
//!
//! [`Server`] serves any [`Broker`](embroker_core::Broker); the binary `embroker-server` serves a new in-memory one.
//!
//! - `session` is one client: what it may do, and what it is answered, as Redis 7.0.15 has it.
//! - `connection` moves the bytes of one client; `server` and `listen` take new ones; `clients` knows them all.

mod clients;
mod connection;
mod listen;
mod server;
mod session;
mod settings;

pub use server::{Server, ServerBuilder, ServerHandle};
