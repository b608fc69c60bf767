//! From a URL to a backend.

use embroker_core::{AnyBroker, Error, Result};

/// Connects to the broker that the URL names.
///
/// | URL | broker | feature |
/// |---|---|---|
/// | `mem://` | a new in-memory broker, private to this call | `mem` |
/// | `mem://name` | the in-memory broker of that name, shared in this process | `mem` |
/// | `mem://name/3`, `mem:///3` | database 3 of such a broker, of 0 to 15 | `mem` |
/// | `redis://[user:password@]host[:port][/db]` | a Redis over TCP | `redis` |
/// | `redis+unix:///path/to.sock[?db=N&user=…&pass=…]` | a Redis over a unix socket | `redis` |
///
/// # Errors
///
/// [`Error::Config`] for a URL that can't be read or whose feature is off; for a real Redis, whatever its first answer
/// runs into: [`Error::Disconnected`], which names host and port, or [`Error::Authentication`].
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker::Result<()> {
/// use embroker::prelude::*;
///
/// let broker = embroker::connect("mem://").await?;
/// assert_eq!(broker.publish("nobody listens", "hello").await?, 0);
/// assert!(embroker::connect("carrier-pigeon://roof").await.is_err());
/// # Ok(())
/// # }
/// ```
pub async fn connect(url: &str) -> Result<AnyBroker> {
    // The URL may hold a password, so no error repeats it.
    match url.split_once("://").map_or("", |(scheme, _)| scheme) {
        #[cfg(feature = "mem")]
        "mem" => embroker_mem::MemBroker::connect(url).await.map(AnyBroker::new),
        #[cfg(feature = "redis")]
        "redis" | "redis+unix" => embroker_redis::RedisBroker::connect(url).await.map(AnyBroker::new),
        #[cfg(not(feature = "mem"))]
        scheme @ "mem" => Err(feature_is_off(scheme, "mem")),
        #[cfg(not(feature = "redis"))]
        scheme @ ("redis" | "redis+unix") => Err(feature_is_off(scheme, "redis")),
        _ => Err(Error::no_broker_url(url)),
    }
}

#[cfg(not(all(feature = "mem", feature = "redis")))]
fn feature_is_off(scheme: &str, feature: &str) -> Error {
    Error::Config(format!("{scheme}:// needs embroker's feature `{feature}`: enable it in Cargo.toml"))
}
