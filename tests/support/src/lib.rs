//! What embroker's own tests share: private redis-servers, the backends to run a test on, and properties.
//!
//! Every [`RedisServer`] belongs to one test process: it listens on a socket in a fresh directory, keeps nothing on
//! disk, and is killed when it is dropped. No test ever touches a server that it did not start.

mod client;
mod property;
mod server;
mod suite;

pub use client::RawClient;
pub use property::Property;
pub use server::{RedisServer, RedisServerBuilder, redis_half_is_ignored, redis_server_available};
pub use suite::{Backend, Running, Suite};
