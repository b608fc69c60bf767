//! Options of SCAN, SSCAN and HSCAN, and the types that keys can have.
//!
//! Building options checks nothing: the broker does, and answers with Redis's own errors.

use crate::error::{Error, Result};
use crate::{Arg, FromValue, Value};

/// What one step of an iteration looks at, for [`scan`](crate::prelude::KeyCommands::scan),
/// [`sscan`](crate::prelude::SetCommands::sscan) and HSCAN. The default has no option at all: every item, about ten a
/// step.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_core::{KeyType, ScanOptions, prelude::*};
///
/// broker.sadd("sales:Judo", ["order-1"]).await?;
/// broker.sadd("invoices", ["invoice-1"]).await?;
/// let options = ScanOptions::new().pattern("sales:*").kind(KeyType::Set).count(100);
/// assert_eq!(broker.scan(0, options).await?, (0, vec!["sales:Judo".into()]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct ScanOptions<'a> {
    pattern: Option<Arg<'a>>,
    count: Option<u64>,
    kind: Option<KeyType>,
}

impl<'a> ScanOptions<'a> {
    /// No options.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::ScanOptions;
    ///
    /// assert_eq!(ScanOptions::new(), ScanOptions::default());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// `MATCH pattern`: only what the [glob](crate::Glob) matches. It filters each step, so a step may answer nothing
    /// though the iteration is not over.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::ScanOptions;
    ///
    /// broker.sadd("sports", ["judo", "rowing"]).await?;
    /// let (_, found) = broker.sscan("sports", 0, ScanOptions::new().pattern("j*")).await?;
    /// assert_eq!(found, ["judo"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn pattern(mut self, pattern: impl Into<Arg<'a>>) -> Self {
        self.pattern = Some(pattern.into());
        self
    }

    /// `COUNT count`: about how many items one step looks at, from 1 on; 10 where it is not given.
    ///
    /// The broker answers `ERR syntax error` to 0, and `ERR value is not an integer or out of range` to more than
    /// [`i64::MAX`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::ScanOptions;
    ///
    /// for order in 0..1000 {
    ///     broker.set(format!("order:{order}"), "").await?;
    /// }
    /// let (cursor, found) = broker.scan(0, ScanOptions::new().count(100)).await?;
    /// assert!(cursor != 0 && found.len() >= 100 && found.len() < 1000);
    /// # Ok(())
    /// # }
    /// ```
    pub fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }

    /// `TYPE type`, since 6.0.0 and for SCAN only: only keys of this type. SSCAN and HSCAN answer `ERR syntax error` to
    /// it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{KeyType, ScanOptions};
    ///
    /// broker.set("greeting", "hello").await?;
    /// broker.sadd("sports", ["judo"]).await?;
    /// let (_, found) = broker.scan(0, ScanOptions::new().kind(KeyType::Set)).await?;
    /// assert_eq!(found, ["sports"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn kind(mut self, kind: KeyType) -> Self {
        self.kind = Some(kind);
        self
    }

    /// The options as words of a command.
    pub(crate) fn into_args(self) -> impl Iterator<Item = Arg<'a>> {
        let pattern = self.pattern.map(|pattern| [Arg::from("MATCH"), pattern]);
        let count = self.count.map(|count| [Arg::from("COUNT"), count.into()]);
        let kind = self.kind.map(|kind| [Arg::from("TYPE"), kind.name().to_owned().into()]);
        [pattern, count, kind].into_iter().flatten().flatten()
    }
}

/// The type of what a key holds, as TYPE names it.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_core::{KeyType, prelude::*};
///
/// broker.sadd("disabled_access", ["Judo"]).await?;
/// assert_eq!(broker.key_type("disabled_access").await?, KeyType::Set);
/// assert_eq!(broker.key_type("nothing").await?, KeyType::Missing);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// `none`: there is no such key.
    Missing,
    /// `string`: bytes, also numbers and bit fields.
    String,
    /// `list`; on a real Redis only.
    List,
    /// `set`: members without order.
    Set,
    /// `zset`: members ordered by score; on a real Redis only.
    SortedSet,
    /// `hash`: fields and values.
    Hash,
    /// `stream`; on a real Redis only.
    Stream,
    /// A type of a server's module.
    Other(String),
}

impl KeyType {
    /// Redis's name of the type.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::KeyType;
    ///
    /// assert_eq!((KeyType::Missing.name(), KeyType::SortedSet.name()), ("none", "zset"));
    /// ```
    pub fn name(&self) -> &str {
        match self {
            Self::Missing => "none",
            Self::String => "string",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "zset",
            Self::Hash => "hash",
            Self::Stream => "stream",
            Self::Other(name) => name,
        }
    }
}

impl FromValue for KeyType {
    fn from_value(value: Value) -> Result<Self> {
        const NAMED: [KeyType; 7] = [
            KeyType::Missing,
            KeyType::String,
            KeyType::List,
            KeyType::Set,
            KeyType::SortedSet,
            KeyType::Hash,
            KeyType::Stream,
        ];
        let name = String::from_value(value.clone()).map_err(|_| Error::decode("the name of a type", &value))?;
        Ok(NAMED.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Other(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(options: ScanOptions<'_>) -> Vec<Arg<'_>> {
        options.into_args().collect()
    }

    #[test]
    fn options_become_words_in_one_order() {
        let options = ScanOptions::new().kind(KeyType::SortedSet).count(7).pattern("a*");
        assert_eq!(words(options), ["MATCH", "a*", "COUNT", "7", "TYPE", "zset"].map(Arg::from));
        assert_eq!(words(ScanOptions::default()), []);
    }

    #[test]
    fn a_type_reads_back_from_its_name() {
        for kind in [KeyType::Missing, KeyType::Stream, KeyType::Other("ReJSON-RL".into())] {
            assert_eq!(KeyType::from_value(Value::from(kind.name())), Ok(kind));
        }
        let error = KeyType::from_value(Value::Int(1)).unwrap_err();
        assert_eq!(error.to_string(), "cannot decode: expected the name of a type, got 1");
    }
}
