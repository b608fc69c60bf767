//! Structs as hashes: a field of the struct is a field of the hash, its value decimal or UTF-8 text.
//!
//! [`ser`] writes a struct straight into the arguments of HSET, [`de`] reads one straight from the pairs that HGETALL
//! answers.

mod de;
mod ser;
#[cfg(test)]
mod tests;

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::commands::HashCommand;
use crate::error::Result;
use crate::{Arg, Broker, Command, Pipeline, Value};
use ser::Writes;

/// Writing structs to hashes and reading them back, with serde.
///
/// A struct with named fields becomes a hash with the same fields:
///
/// | in the struct | in the hash |
/// |---|---|
/// | integer | decimal text |
/// | float | the shortest text that reads back as the same number, also `inf`, `-inf` and `nan` |
/// | `bool` | `true` or `false`; `1` and `0` are read as well |
/// | text, `char` | UTF-8 |
/// | bytes: [`Bytes`](bytes::Bytes), or what `serde_bytes` marks | as they are |
/// | enum variant without data | its name |
/// | newtype | what it wraps |
/// | `Option` | the value; `None` is a field that is not there |
///
/// A `HashMap` or `BTreeMap` can stand for the struct, and serde's attributes do what they say: `rename`, `rename_all`,
/// `skip`, `default`, `alias`, `deny_unknown_fields`, `flatten` of a struct or of a map that collects the other fields.
/// Fields of the hash that the struct has none for are left out. A field can't hold a sequence, a nested struct or an
/// enum variant with data: store it as text with `#[serde(with = "…")]`, or under a key of its own.
///
/// serde reads a flattened struct without asking for types, so its numbers and bools arrive as text and are refused:
/// give them a `deserialize_with` that parses text. The same goes for an internally tagged enum.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// use embroker_core::prelude::*;
/// use serde::{Deserialize, Serialize};
/// # let broker = embroker_mem::MemBroker::new();
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Order {
///     who: String,
///     qty: u32,
/// }
///
/// let order = Order { who: "jamie".into(), qty: 2 };
/// broker.hset_struct("order:1", &order).await?;
/// assert_eq!(broker.hgetall_as::<Order>("order:1").await?, Some(order));
/// # Ok(())
/// # }
/// ```
pub trait StructCommands: Broker + Sized {
    /// `HSET key field value …` with the fields of a struct (since 4.0.0).
    ///
    /// Afterwards the struct's own fields in the hash are what the struct says. A field that is `None`, or that
    /// `skip_serializing_if` skips, is removed with `HDEL` in the same transaction, so that no old value stays. Fields
    /// of the hash that the struct does not have stay, and so does the key's time to live. To replace the whole hash,
    /// put `DEL` before [`Pipeline::hset_struct`] into an atomic pipeline.
    ///
    /// Inside a `#[serde(flatten)]` serde does not tell of fields that `skip_serializing_if` skips; those stay as they
    /// are.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config), with the name of the field, where a value does not fit in one, and
    /// where no field has a value: Redis keeps no empty hash. Nothing is written then. `WRONGTYPE` where the key is no
    /// hash.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// #[derive(serde::Serialize)]
    /// struct Order {
    ///     who: String,
    ///     qty: u32,
    ///     coupon: Option<String>,
    /// }
    ///
    /// let mut order = Order { who: "jamie".into(), qty: 2, coupon: Some("SPRING".into()) };
    /// broker.hset_struct("order:1", &order).await?;
    /// assert_eq!(broker.hget("order:1", "qty").await?.as_deref(), Some(&b"2"[..]));
    ///
    /// order.coupon = None;
    /// broker.hset_struct("order:1", &order).await?;
    /// assert_eq!(broker.hget("order:1", "coupon").await?, None);
    /// # Ok(())
    /// # }
    /// ```
    fn hset_struct<'a>(
        &'a self,
        key: impl Into<Arg<'a>>,
        value: &(impl Serialize + ?Sized),
    ) -> impl Future<Output = Result<()>> + Send {
        let writes = Writes::of(key.into(), value);
        async move {
            let Writes { set, clear } = writes?;
            let Some(clear) = clear else { return Call::<_, Value>::new(self, set).await.map(drop) };
            let mut pipeline = Pipeline::atomic();
            // HSET first: a hash that lost its last field in between would lose its time to live too.
            pipeline.push(set).push(clear);
            for reply in self.pipeline(pipeline).await? {
                reply?;
            }
            Ok(())
        }
    }

    /// `HGETALL key` (since 2.0.0), read as a struct: `None` where there is no such key.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`](crate::Error::Decode), with the names of the key and the field, where a field is missing that
    /// is neither an `Option` nor `#[serde(default)]`, or where a value does not read as the field's type. `WRONGTYPE`
    /// where the key is no hash.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// #[derive(Debug, PartialEq, serde::Deserialize)]
    /// struct Order {
    ///     who: String,
    ///     qty: u32,
    ///     coupon: Option<String>,
    /// }
    ///
    /// broker.hset("order:1", [("who", "jamie"), ("qty", "2")]).await?;
    /// let order: Option<Order> = broker.hgetall_as("order:1").await?;
    /// assert_eq!(order, Some(Order { who: "jamie".into(), qty: 2, coupon: None }));
    /// assert_eq!(broker.hgetall_as::<Order>("order:2").await?, None);
    ///
    /// broker.hset("order:1", [("qty", "many")]).await?;
    /// let error = broker.hgetall_as::<Order>("order:1").await.unwrap_err();
    /// assert_eq!(error.to_string(), r#"cannot decode: hash "order:1", field "qty": "many" is no integer"#);
    /// # Ok(())
    /// # }
    /// ```
    fn hgetall_as<'a, T: DeserializeOwned>(
        &'a self,
        key: impl Into<Arg<'a>>,
    ) -> impl Future<Output = Result<Option<T>>> + Send {
        let key = key.into();
        async move {
            let command = Command::new(HashCommand::HGetAll.spec()).arg(&key);
            de::read(key.as_bytes(), Call::<_, Value>::new(self, command).await?)
        }
    }
}

impl<B: Broker> StructCommands for B {}

impl<'a> Pipeline<'a> {
    /// Adds the commands of [`StructCommands::hset_struct`]: `HSET`, and after it `HDEL` where the struct has fields
    /// without a value. So it is one reply or two; [`len`](Self::len) tells where the next one stands.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](crate::Error::Config) as there; nothing is added then.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// use embroker_core::{Pipeline, Value, prelude::*};
    /// # let broker = embroker_mem::MemBroker::new();
    ///
    /// #[derive(serde::Serialize)]
    /// struct Order<'a> {
    ///     who: &'a str,
    ///     qty: u32,
    /// }
    ///
    /// let mut pipeline = Pipeline::atomic();
    /// pipeline.hset_struct("order:1", &Order { who: "jamie", qty: 2 })?.hincrby("sales_summary", "total", 2);
    /// assert_eq!(broker.pipeline(pipeline).await?, [Ok(Value::Int(2)), Ok(Value::Int(2))]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn hset_struct(&mut self, key: impl Into<Arg<'a>>, value: &(impl Serialize + ?Sized)) -> Result<&mut Self> {
        let Writes { set, clear } = Writes::of(key.into(), value)?;
        self.push(set);
        if let Some(clear) = clear {
            self.push(clear);
        }
        Ok(self)
    }
}

/// Why a struct can't be written or read, and at which field.
#[derive(Debug)]
struct Problem {
    field: Option<String>,
    text: String,
}

impl Problem {
    fn new(text: impl Into<String>) -> Self {
        Self { field: None, text: text.into() }
    }

    /// The problem is with this field.
    fn at(mut self, field: &[u8]) -> Self {
        self.field.get_or_insert_with(|| field.escape_ascii().to_string());
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(field) = &self.field {
            write!(f, ", field \"{field}\"")?;
        }
        write!(f, ": {}", self.text)
    }
}

impl std::error::Error for Problem {}

impl serde::ser::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl serde::de::Error for Problem {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new("missing").at(field.as_bytes())
    }
}

/// What one field can't hold, and what to do instead.
const NO_STRUCT: &str = "a nested struct or map does not fit in one field: flatten it with #[serde(flatten)], store it as \
    text with #[serde(with = \"…\")], or keep it under a key of its own";
const NO_SEQUENCE: &str = "a sequence does not fit in one field: store it as text with #[serde(with = \"…\")], or keep it \
    under a key of its own; for bytes use Bytes or serde_bytes";
const NO_VARIANT: &str =
    "an enum variant with data does not fit in one field: store it as text with #[serde(with = \"…\")]";
const NO_UNIT: &str = "a unit has no text to store: leave it out with #[serde(skip)]";
