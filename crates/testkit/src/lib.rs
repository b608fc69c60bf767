//! Test your app on embroker: time, chance and faults under control, in memory and on a real Redis alike.
//!
//! ```
//! use std::time::Duration;
//!
//! use embroker::prelude::*;
//! use embroker_testkit::TestBroker;
//!
//! /// The app: a reservation is held for ten minutes, and told of.
//! async fn reserve(broker: &impl Broker, seat: u32, who: &str) -> embroker::Result<()> {
//!     broker.setex(format!("reservation:{seat}"), Duration::from_secs(600), who).await?;
//!     broker.publish("reservations", format!("{seat}")).await.map(|_| ())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let broker = TestBroker::new();
//! let mut probe = broker.probe(["reservations"]).await?;
//! reserve(&broker, 7, "jamie").await?;
//! probe.expect_message("reservations", "7").await;
//! broker.assert_string("reservation:7", "jamie").await;
//! broker.advance(Duration::from_secs(600)).await?;
//! broker.assert_absent("reservation:7").await;
//! # Ok(())
//! # }
//! ```
//!
//! - [`test`](macro@test) makes one async body two tests, `mem` and `redis`.
//! - [`TestBroker`] is the broker to give to the app, with all that follows; [`TestBrokerBuilder`] sets it up.
//! - [`TestClock`] is time that a test moves; [`TestBroker::advance`] lets it pass on either backend.
//! - [`TestBrokerBuilder::seed`] makes chance repeat. A test that fails prints its seed.
//! - [`FaultPlan`] is what goes wrong, as data; [`Fault`] has all there is.
//! - [`TestBroker::wait_until_idle`] and others wait in the place of sleeps; [`Probe`] says what must arrive.
//! - [`TestBroker::assert_hash`] and others tell the difference; [`Dump`] is all keys, fit for a snapshot.
//! - [`Recorder`] has every command and delivery in order.
//! - [`RedisServer`] is a private redis-server, for whatever else needs one.
//!
//! Waits and assertions panic; all else has an [`Error`]. The guide is `docs/testing.md`.
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `redis` (default) | the Redis half of tests: `TestBrokerBuilder::redis` and `Backend::Redis` |

mod advance;
mod assertions;
mod broker;
mod builder;
mod clock;
mod cuts;
mod delivery;
mod difference;
mod dump;
mod error;
mod fault;
mod probe;
mod raw_client;
mod recorder;
mod redis_server;
mod run;
mod seed;
mod shared;
mod waits;
mod watch;

pub use broker::TestBroker;
pub use builder::TestBrokerBuilder;
pub use clock::TestClock;
pub use dump::Dump;
/// Makes one async body a test on each backend: a module of the function's name with the tests `mem` and `redis`, each
/// on a fresh broker of its own, so that they run in parallel.
///
/// The body takes the [`TestBroker`] and answers nothing or a `Result`. `#[embroker_testkit::test(mem)]` and
/// `#[embroker_testkit::test(redis)]` make only one of the tests; `with = builder` says what the broker is made with,
/// a [`TestBrokerBuilder`].
///
/// The Redis half starts a private redis-server of the `PATH`, or the one that `EMBROKER_REDIS_SERVER` names. Where none
/// is found when the test is compiled, that half is reported as ignored, and with `EMBROKER_REQUIRE_REDIS=1` it fails:
/// it never passes without one. After a server was installed, compile anew, by a change of either variable for instance.
///
/// # Examples
///
/// ```
/// use embroker::prelude::*;
/// use embroker_testkit::TestBroker;
///
/// #[embroker_testkit::test]
/// async fn a_sale_is_counted(broker: TestBroker) -> embroker::Result<()> {
///     broker.hincrby("sales", "Judo", 2).await?;
///     broker.assert_hash("sales", [("Judo", 2)]).await;
///     Ok(())
/// }
///
/// #[embroker_testkit::test(mem, with = TestBroker::builder().seed(7).config("notify-keyspace-events", "Ex"))]
/// async fn a_draw_repeats(broker: TestBroker) {
///     assert_eq!(broker.seed(), 7);
/// }
/// # fn main() { embroker_testkit::run(embroker_testkit::Backend::Mem, TestBroker::builder(), a_sale_is_counted) }
/// ```
pub use embroker_testkit_macros::test;
pub use error::{Error, Result};
pub use fault::{CommandFault, Fault, FaultOf, FaultPlan, MessageFault};
pub use probe::Probe;
pub use raw_client::RawClient;
pub use recorder::{Record, Recorder};
pub use redis_server::{RedisServer, RedisServerBuilder, redis_half_is_ignored, redis_server_available};
pub use run::{Backend, Outcome, run};

/// What stands in it where there is a Redis half.
#[doc(hidden)]
#[cfg(feature = "redis")]
#[macro_export]
macro_rules! __where_redis {
    ($($item:item)*) => { $($item)* };
}

/// What stands in it where there is a Redis half.
#[doc(hidden)]
#[cfg(not(feature = "redis"))]
#[macro_export]
macro_rules! __where_redis {
    ($($item:item)*) => {};
}

/// The guide's examples run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/testing.md")]
struct Guide;
