//! An embedded, Redis-compatible, in-process broker with a real-Redis backend behind the same trait.
//!
//! ```
//! use embroker::{Event, SubscribeOptions, prelude::*};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> embroker::Result<()> {
//! let broker = embroker::connect("mem://").await?; // or redis://127.0.0.1:6379
//!
//! let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
//! subscriber.psubscribe(["purchase_orders:* Ceremony"]).await?;
//!
//! broker.hset("purchase_order_details:1", [("who", "jamie"), ("cost", "40")]).await?;
//! broker.publish("purchase_orders:Opening Ceremony", "1").await?;
//!
//! if let Some(Event::Message(message)) = subscriber.next().await {
//!     let order = broker.hgetall(format!("purchase_order_details:{}", message.payload_str()?)).await?;
//!     assert_eq!(order[&b"who"[..]], "jamie");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `mem` (default) | [`MemBroker`], `mem://` |
//! | `redis` | `RedisBroker`, `redis://`, `redis+unix://` |
//! | `redis-rs` | for async programs: `RedisConnections`, the redis crate's connections to any broker without a socket |
//! | `redis-rs-sync` | for sync programs: only the sync ones of them, without a runtime and its network code |
//! | `metrics`, `tracing` | what happens inside is told to the crate of that name, see [`observe`] |

mod connect;

pub use connect::connect;
pub use embroker_core::*;
#[cfg(feature = "mem")]
pub use embroker_mem::{Clock, ManualClock, MemBroker, MemBrokerBuilder, SystemClock, WeakMemBroker};
#[cfg(feature = "redis")]
pub use embroker_redis::{RedisBroker, RedisBrokerBuilder};
// The second would do, as the first turns it on; but rustc shows this line to whoever has neither.
#[cfg(any(feature = "redis-rs", feature = "redis-rs-sync"))]
pub use embroker_redis_rs::{RedisConnection, RedisConnections};

/// The backend that the features choose: `RedisBroker` with the feature `redis`, else [`MemBroker`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker::Result<()> {
/// use embroker::{DefaultBroker, prelude::*};
///
/// async fn count(url: &str) -> embroker::Result<i64> {
///     DefaultBroker::connect(url).await?.incr("visits").await
/// }
/// # #[cfg(not(feature = "redis"))]
/// assert_eq!(count("mem://").await?, 1);
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "redis")]
pub type DefaultBroker = RedisBroker;
/// The backend that the features choose: `RedisBroker` with the feature `redis`, else [`MemBroker`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker::Result<()> {
/// use embroker::{DefaultBroker, prelude::*};
///
/// async fn count(url: &str) -> embroker::Result<i64> {
///     DefaultBroker::connect(url).await?.incr("visits").await
/// }
/// # #[cfg(not(feature = "redis"))]
/// assert_eq!(count("mem://").await?, 1);
/// # Ok(())
/// # }
/// ```
#[cfg(all(feature = "mem", not(feature = "redis")))]
pub type DefaultBroker = MemBroker;

/// The examples of the README and of the guide run as tests.
#[cfg(doctest)]
mod guide {
    macro_rules! pages {
        ($($page:ident = $path:literal,)*) => {
            $(#[doc = include_str!($path)] struct $page;)*
        };
    }
    pages! {
        Readme = "../README.md",
        Start = "../docs/start.md",
        Embedding = "../docs/embedding.md",
        Redis = "../docs/redis.md",
        Listeners = "../docs/listeners.md",
        Languages = "../docs/languages.md",
        Recipes = "../docs/recipes.md",
        Conformance = "../docs/conformance.md",
    }
}
