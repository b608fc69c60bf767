//! `mem://` URLs: a private broker each time, or one that the process shares by name.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use embroker_core::{Error, Result};

use crate::broker::{MemBroker, WeakMemBroker};

impl MemBroker {
    /// The broker of a URL: `mem://` makes a new one, `mem://name` is the same one everywhere in this process for as
    /// long as somebody has it.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for any other URL.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::prelude::*;
    /// use embroker_mem::MemBroker;
    ///
    /// let (here, there) = (MemBroker::connect("mem://shop").await?, MemBroker::connect("mem://shop").await?);
    /// here.publish("news", "hello").await?;
    /// here.hset("order:1", [("who", "jamie")]).await?;
    /// assert!(there.hget("order:1", "who").await?.is_some());
    /// assert!(MemBroker::connect("mem://").await?.hget("order:1", "who").await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    #[expect(clippy::unused_async, reason = "the same signature as every other backend's connect")]
    pub async fn connect(url: &str) -> Result<Self> {
        static SHARED: Mutex<Option<HashMap<String, WeakMemBroker>>> = Mutex::new(None);

        let name = match url.split_once("://") {
            Some(("mem", "")) => return Ok(Self::new()),
            Some(("mem", name)) if !name.contains(['/', '?', '#', '@']) => name,
            _ => {
                return Err(Error::Config("an in-memory broker's URL reads mem:// or mem://name".into()));
            }
        };
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = shared.get_or_insert_default();
        if let Some(broker) = shared.get(name).and_then(WeakMemBroker::upgrade) {
            return Ok(broker);
        }
        shared.retain(|_, broker| broker.upgrade().is_some());
        let broker = Self::new();
        shared.insert(name.to_owned(), broker.downgrade());
        Ok(broker)
    }
}
