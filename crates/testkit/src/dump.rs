//! [`Dump`]: all that a database holds, as a text or as data, the same each time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use embroker::{AnyBroker, Bytes, KeyType, Ttl, prelude::*};
use serde::Serialize;
use serde::ser::SerializeMap;

use crate::difference::{ended, quoted};
use crate::{Result, TestBroker};

/// All keys of a database and what they hold, in the order of their bytes: fit for a snapshot.
///
/// [`Display`](fmt::Display) shows bytes that are no text as `\xff`, and the time to live in whole seconds, as TTL
/// does. As data ([`Serialize`]) it is a map from keys to their `type`, their `ttl_ms` where they have one, and their
/// `value`. With a clock that [stands still](crate::TestClock::at) times are exact. Of the types that embroker does not
/// have, lists and others of a real Redis, there is only the type.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use embroker::prelude::*;
/// use embroker_testkit::{TestBroker, TestClock};
///
/// let broker = TestBroker::builder().clock(TestClock::at(0)).mem()?;
/// broker.hset("order:1", [("who", "jamie"), ("cost", "40")]).await?;
/// broker.sadd("sales", ["1"]).await?;
/// broker.setex("reservation:7", Duration::from_secs(600), b"\xff".as_slice()).await?;
///
/// let dump = broker.dump().await?;
/// assert_eq!(
///     dump.to_string(),
///     r#""order:1": hash
///   "cost": "40"
///   "who": "jamie"
/// "reservation:7": string "\xff", expires in 600 s
/// "sales": set
///   "1"
/// "#
/// );
/// assert_eq!(serde_json::to_value(&dump)?["reservation:7"]["ttl_ms"], 600_000);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dump(BTreeMap<Bytes, Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    value: Held,
    ttl: Option<Duration>,
}

/// What a key holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Absent,
    String(Bytes),
    Hash(BTreeMap<Bytes, Bytes>),
    Set(BTreeSet<Bytes>),
    /// Of a type that embroker does not have.
    Other(String),
}

impl TestBroker {
    /// What the database holds now. It is no command of the app: no fault strikes it, and the recorder is not told.
    ///
    /// # Errors
    ///
    /// [`Error::Broker`](crate::Error::Broker) where there is no connection.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.set("greeting", "hello").await?;
    /// assert_eq!(broker.dump().await?.to_string(), "\"greeting\": string \"hello\"\n");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn dump(&self) -> Result<Dump> {
        let mut entries = BTreeMap::new();
        for key in self.inner.keys("*").await? {
            let value = held(&self.inner, &key).await?;
            let ttl = match self.inner.ttl(&key).await? {
                Ttl::Remaining(left) => Some(left),
                _ => None,
            };
            // It may expire between the two.
            if value != Held::Absent {
                entries.insert(key, Entry { value, ttl });
            }
        }
        Ok(Dump(entries))
    }
}

/// What a key of a broker holds.
pub(crate) async fn held(broker: &AnyBroker, key: &[u8]) -> Result<Held> {
    Ok(match broker.key_type(key).await? {
        KeyType::Missing => Held::Absent,
        KeyType::String => broker.get(key).await?.map_or(Held::Absent, Held::String),
        KeyType::Hash => Held::Hash(broker.hgetall(key).await?.into_iter().collect()),
        KeyType::Set => Held::Set(broker.smembers(key).await?.into_iter().collect()),
        other => Held::Other(other.name().to_owned()),
    })
}

impl Held {
    /// Its type, in Redis's word.
    pub(crate) fn kind(&self) -> &str {
        match self {
            Self::Absent => "none",
            Self::String(_) => "string",
            Self::Hash(_) => "hash",
            Self::Set(_) => "set",
            Self::Other(kind) => kind,
        }
    }

    /// A line for each part of it, each ended.
    pub(crate) fn lines(&self) -> String {
        match self {
            Self::Hash(fields) => {
                ended(fields.iter().map(|(field, value)| format!("{}: {}", show(field), show(value))))
            }
            Self::Set(members) => ended(members.iter().map(|member| show(member))),
            Self::String(text) => format!("{}\n", show(text)),
            Self::Absent | Self::Other(_) => String::new(),
        }
    }
}

impl fmt::Display for Dump {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, Entry { value, ttl }) in &self.0 {
            write!(f, "{}: {}", show(key), value.kind())?;
            if let Held::String(text) = value {
                write!(f, " {}", show(text))?;
            }
            if let Some(ttl) = ttl {
                write!(f, ", expires in {} s", (ttl.as_millis() + 500) / 1000)?;
            }
            writeln!(f)?;
            if !matches!(value, Held::String(_)) {
                value.lines().lines().try_for_each(|line| writeln!(f, "  {line}"))?;
            }
        }
        Ok(())
    }
}

/// Bytes in quotes: text as it is, with its quotes, backslashes and line ends escaped; what is no text byte by byte.
pub(crate) fn show(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) => {
            let escaped = text.chars().map(|c| match c {
                '"' | '\\' | '\n' | '\r' | '\t' => c.escape_default().to_string(),
                other => other.to_string(),
            });
            format!("\"{}\"", escaped.collect::<String>())
        }
        _ => quoted(bytes),
    }
}

/// As [`show`], without the quotes around it.
fn text(bytes: &[u8]) -> String {
    let shown = show(bytes);
    shown.get(1..shown.len() - 1).unwrap_or_default().replace("\\\"", "\"")
}

impl Serialize for Dump {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, entry)| (text(key), entry)))
    }
}

impl Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.value.kind())?;
        if let Some(ttl) = self.ttl {
            map.serialize_entry("ttl_ms", &crate::clock::millis(ttl))?;
        }
        match &self.value {
            Held::String(bytes) => map.serialize_entry("value", &text(bytes))?,
            Held::Set(members) => {
                map.serialize_entry("value", &members.iter().map(|member| text(member)).collect::<Vec<_>>())?;
            }
            Held::Hash(fields) => {
                let fields: BTreeMap<_, _> = fields.iter().map(|(field, value)| (text(field), text(value))).collect();
                map.serialize_entry("value", &fields)?;
            }
            Held::Absent | Held::Other(_) => {}
        }
        map.end()
    }
}
