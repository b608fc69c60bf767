//! `mem://` URLs: a private broker each time, or one that the process shares by name.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use embroker_core::instance::config::Parameter;
use embroker_core::{Error, Result};

use crate::broker::{MemBroker, WeakMemBroker};

const FORM: &str = "mem://[name][/database]";

impl MemBroker {
    /// The broker of a URL: `mem://` makes a new one, `mem://name` is the same one everywhere in this process for as
    /// long as somebody has it. A number after one more slash selects a [database](Self::database): `mem://name/3`,
    /// `mem:///3`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for any other URL, and for a database that the broker doesn't have.
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
    /// assert!(MemBroker::connect("mem://shop/1").await?.hget("order:1", "who").await?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    #[expect(clippy::unused_async, reason = "the same signature as every other backend's connect")]
    pub async fn connect(url: &str) -> Result<Self> {
        let (name, database) = parse(url)?;
        let broker = if name.is_empty() { Self::new() } else { Self::shared(name) };
        broker.database(database).map_err(|_| {
            let last = broker.config().number(Parameter::Databases) - 1;
            Error::Config(format!("an in-memory broker has the databases 0 to {last}: write {FORM}"))
        })
    }

    fn shared(name: &str) -> Self {
        static SHARED: Mutex<Option<HashMap<String, WeakMemBroker>>> = Mutex::new(None);

        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let shared = shared.get_or_insert_default();
        if let Some(broker) = shared.get(name).and_then(WeakMemBroker::upgrade) {
            return broker;
        }
        shared.retain(|_, broker| broker.upgrade().is_some());
        let broker = Self::new();
        shared.insert(name.to_owned(), broker.downgrade());
        broker
    }
}

/// The name and the database of a URL.
fn parse(url: &str) -> Result<(&str, u32)> {
    let malformed = || Error::Config(format!("an in-memory broker's URL reads {FORM}"));
    let Some(("mem", rest)) = url.split_once("://") else { return Err(malformed()) };
    let (name, database) = rest.split_once('/').unwrap_or((rest, ""));
    if name.contains(['?', '#', '@']) {
        return Err(malformed());
    }
    let digits = database.bytes().all(|digit| digit.is_ascii_digit());
    match database.parse() {
        _ if database.is_empty() => Ok((name, 0)),
        Ok(number) if digits => Ok((name, number)),
        _ => Err(Error::Config(format!("the database of a mem:// URL is a number from 0: write {FORM}"))),
    }
}

#[cfg(test)]
mod tests {
    use embroker_core::prelude::*;

    use super::*;

    #[tokio::test]
    async fn a_url_selects_a_database() {
        let here = MemBroker::connect("mem://selects").await.unwrap();
        for (number, url) in ["mem://selects/0", "mem://selects/1", "mem://selects/015"].into_iter().enumerate() {
            let there = MemBroker::connect(url).await.unwrap();
            there.set("url", url).await.unwrap();
            let number = if number == 2 { 15 } else { number as u32 };
            assert_eq!(here.database(number).unwrap().get("url").await.unwrap().unwrap(), url);
        }
        let slash = MemBroker::connect("mem://selects/").await.unwrap();
        assert_eq!(slash.get("url").await.unwrap().unwrap(), "mem://selects/0");
        for url in ["mem://", "mem:///", "mem:///3"] {
            let private = MemBroker::connect(url).await.unwrap();
            assert_eq!(private.dbsize().await.unwrap(), 0);
            private.set("url", url).await.unwrap();
            let zero = private.database(0).unwrap().dbsize().await.unwrap();
            assert_eq!(zero, i64::from(url != "mem:///3"), "{url}");
        }
    }

    #[tokio::test]
    async fn a_bad_url_says_what_to_write() {
        for (url, hint) in [
            ("mem://name/16", "0 to 15"),
            ("mem:///4294967295", "0 to 15"),
            ("mem:///4294967296", "number from 0"),
            ("mem://name/x", "number from 0"),
            ("mem://name/-1", "number from 0"),
            ("mem://name/+1", "number from 0"),
            ("mem://name/1/2", "number from 0"),
            ("mem://name/1?x", "number from 0"),
            ("mem://name?db=1", "reads mem://"),
            ("mem://me@name/1", "reads mem://"),
            ("redis://name/1", "reads mem://"),
            ("mem:", "reads mem://"),
        ] {
            let error = MemBroker::connect(url).await.unwrap_err();
            assert!(matches!(error, Error::Config(_)), "{url}: {error:?}");
            assert!(error.to_string().contains(hint) && error.to_string().contains(FORM), "{url}: {error}");
        }
    }
}
