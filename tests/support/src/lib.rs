//! What embroker's own tests share: the backends to run a case on, transcripts and properties. The private redis-servers
//! are those of embroker-testkit.

mod property;
mod suite;
mod transcript;

pub use embroker_testkit::{RawClient, RedisServer, RedisServerBuilder, redis_half_is_ignored, redis_server_available};
pub use property::Property;
pub use suite::{Backend, Case, Running, Suite};
pub use transcript::{in_any_order, in_order, transcript, words};
