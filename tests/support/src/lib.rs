//! What embroker's own tests share: private redis-servers, and raw connections to them.
//!
//! Every [`RedisServer`] belongs to one test process: it listens on a socket in a fresh directory, keeps nothing on
//! disk, and is killed when it is dropped. No test ever touches a server that it did not start.

mod client;
mod server;

pub use client::RawClient;
pub use server::{RedisServer, RedisServerBuilder, redis_half_is_ignored, redis_server_available};
