//! What one Redis process keeps beside its data.

pub mod config;
mod rates;
mod stats;

use std::any::Any;
use std::fmt;
use std::sync::{Arc, OnceLock};

use self::config::Config;
pub use rates::Rates;
pub use stats::{CommandStats, Counter, Gauge, Stats, Tally};

/// What a broker in this process keeps beside its data, for all that serve it: [`Broker::instance`] lends it.
///
/// [`Broker::instance`]: crate::Broker::instance
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # use embroker_core::prelude::*;
/// # let broker = embroker_mem::MemBroker::new();
/// let instance = broker.instance().expect("this one is in the process");
/// assert_eq!(instance.stats().connected_clients.get(), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct Instance {
    config: Config,
    stats: Stats,
    attached: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Instance {
    /// An instance as a Redis that nobody configured.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::Instance;
    ///
    /// assert_eq!(Instance::new().stats().commands_processed.get(), 0);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// An instance that starts with these parameters.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::{Instance, config::{Config, Parameter}};
    ///
    /// let mut config = Config::new();
    /// config.preset("databases", "4")?;
    /// assert_eq!(Instance::with_config(config).config().number(Parameter::Databases), 4);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn with_config(config: Config) -> Self {
        Self { config, ..Self::default() }
    }

    /// The parameters, as CONFIG GET shows and CONFIG SET changes them.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::{Instance, config::Parameter};
    ///
    /// assert_eq!(Instance::new().config().number(Parameter::MaxClients), 10_000);
    /// ```
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What happened so far.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::Instance;
    ///
    /// let instance = Instance::new();
    /// instance.stats().expired_keys.add(2);
    /// assert_eq!(instance.stats().expired_keys.get(), 2);
    /// ```
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// What whoever serves the broker keeps with it, made by the first who asks: so all doors to one broker know of the
    /// same clients. `None` where somebody has attached another type before.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// use embroker_core::instance::Instance;
    ///
    /// let instance = Instance::new();
    /// for _ in 0..2 {
    ///     let clients = instance.attached(AtomicU64::default).expect("it is the only type");
    ///     clients.fetch_add(1, Ordering::Relaxed);
    /// }
    /// assert_eq!(instance.attached(AtomicU64::default).map(|clients| clients.load(Ordering::Relaxed)), Some(2));
    /// ```
    pub fn attached<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Option<Arc<T>> {
        self.attached.get_or_init(|| Arc::new(make())).clone().downcast().ok()
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").finish_non_exhaustive()
    }
}
