//! What embroker's own tests share: the backends to run a test on, and properties. The private redis-servers are those
//! of embroker-testkit.

mod property;
mod suite;

pub use embroker_testkit::{RawClient, RedisServer, RedisServerBuilder, redis_half_is_ignored, redis_server_available};
pub use property::Property;
pub use suite::{Backend, Running, Suite};
