//! A reply: what a command answers, in RESP3's terms.

use std::fmt;

use bytes::Bytes;

use crate::error::ServerError;

/// What a command answers. Both backends speak RESP3's types, so HGETALL is a [`Value::Map`] on either.
///
/// # Examples
///
/// ```
/// use embroker_core::Value;
///
/// let reply = Value::Array(vec![Value::Int(1), Value::from("two"), Value::Null]);
/// assert_eq!(format!("{reply:?}"), r#"[1, "two", null]"#);
/// ```
// A tag of a word, so that a value is moved by words: by odd bytes, a processor waits for what it has just written.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
#[repr(u64)]
pub enum Value {
    /// Nothing there.
    Null,
    /// A 64-bit integer.
    Int(i64),
    /// Binary-safe bytes.
    Bulk(Bytes),
    /// A short status, such as `OK` or `string`.
    Status(Bytes),
    /// Text made for people to read, such as what INFO answers. RESP2 makes no difference from bytes.
    Verbatim(Bytes),
    /// Values in order.
    Array(Vec<Value>),
    /// Keys and values, in the order that the server gave them.
    Map(Vec<(Value, Value)>),
    /// Values without an order.
    Set(Vec<Value>),
    /// A floating-point number.
    Double(f64),
    /// True or false.
    Bool(bool),
    /// An error inside an aggregate. A reply that is an error as a whole is an `Err` instead.
    Error(ServerError),
}

impl Value {
    /// `OK`, as a status.
    ///
    /// ```
    /// assert_eq!(embroker_core::Value::OK.as_bytes(), Some(&b"OK"[..]));
    /// ```
    pub const OK: Self = Self::status("OK");

    /// A status.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Value;
    ///
    /// assert_eq!(Value::status("PONG").as_bytes(), Some(&b"PONG"[..]));
    /// ```
    pub const fn status(text: &'static str) -> Self {
        Self::Status(Bytes::from_static(text.as_bytes()))
    }

    /// 1 for true and 0 for false, as commands older than RESP3 answer.
    ///
    /// ```
    /// use embroker_core::Value;
    ///
    /// assert_eq!((Value::flag(true), Value::flag(false)), (Value::Int(1), Value::Int(0)));
    /// ```
    pub const fn flag(yes: bool) -> Self {
        Self::Int(yes as i64)
    }

    /// A status for each line, as HELP answers.
    ///
    /// ```
    /// use embroker_core::Value;
    ///
    /// assert_eq!(Value::lines(["a", "b"]), Value::Array(vec![Value::status("a"), Value::status("b")]));
    /// ```
    pub fn lines(lines: impl IntoIterator<Item = &'static str>) -> Self {
        Self::Array(lines.into_iter().map(Self::status).collect())
    }

    /// Text made for people to read; see [`Value::Verbatim`].
    ///
    /// ```
    /// use embroker_core::Value;
    ///
    /// assert_eq!(Value::verbatim("# Server").as_bytes(), Some(&b"# Server"[..]));
    /// ```
    pub fn verbatim(text: impl Into<String>) -> Self {
        Self::Verbatim(Bytes::from(text.into()))
    }

    /// The bytes of a string, a status or a text; `None` for anything else.
    ///
    /// ```
    /// use embroker_core::Value;
    ///
    /// assert_eq!(Value::from("hello").as_bytes(), Some(&b"hello"[..]));
    /// assert_eq!(Value::Int(5).as_bytes(), None);
    /// ```
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Bulk(bytes) | Self::Status(bytes) | Self::Verbatim(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<usize> for Value {
    /// A count. Counts of things in memory fit an `i64`.
    fn from(count: usize) -> Self {
        Self::Int(count as i64)
    }
}

impl From<Bytes> for Value {
    fn from(bytes: Bytes) -> Self {
        Self::Bulk(bytes)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bulk(bytes.into())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bulk(Bytes::copy_from_slice(bytes))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Self>> FromIterator<T> for Value {
    /// An array of the items.
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::Array(items.into_iter().map(Into::into).collect())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Bulk(bytes) | Self::Verbatim(bytes) => write!(f, "\"{}\"", bytes.escape_ascii()),
            Self::Status(text) => write!(f, "+{}", text.escape_ascii()),
            Self::Array(items) => f.debug_list().entries(items).finish(),
            Self::Map(pairs) => f.debug_map().entries(pairs.iter().map(|(k, v)| (k, v))).finish(),
            Self::Set(items) => f.debug_set().entries(items).finish(),
            Self::Double(number) => write!(f, "{number:?}"),
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::Error(error) => write!(f, "-{error}"),
        }
    }
}
