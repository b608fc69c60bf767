//! Reading a reply as a Rust type.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash};
use std::str::FromStr;

use bytes::Bytes;

use crate::Value;
use crate::error::{Error, Result};

/// A Rust type that a reply can be read as. Bytes are read as [`Bytes`]: a `Vec` is an array of replies.
///
/// # Examples
///
/// ```
/// use embroker_core::{FromValue, Value};
///
/// assert_eq!(Option::<i64>::from_value(Value::Null)?, None);
/// assert_eq!(Vec::<String>::from_value(Value::from_iter(["a", "b"]))?, ["a", "b"]);
/// assert_eq!(f64::from_value(Value::from("2.5"))?, 2.5);
/// assert!(i64::from_value(Value::from("not a number")).is_err());
/// # Ok::<(), embroker_core::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a reply can't be read as `{Self}`",
    note = "bytes are read as `embroker::Bytes`, which becomes a `Vec<u8>` with `Vec::from`; small integers as `i64`"
)]
pub trait FromValue: Sized {
    /// Reads the reply.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`], which says what was expected and what was there.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Error, FromValue, Result, Value};
    ///
    /// /// A price as it is stored: cents.
    /// #[derive(Debug, PartialEq)]
    /// struct Dollars(f64);
    ///
    /// impl FromValue for Dollars {
    ///     fn from_value(value: Value) -> Result<Self> {
    ///         Ok(Self(i64::from_value(value)? as f64 / 100.0))
    ///     }
    /// }
    /// assert_eq!(Dollars::from_value(Value::from("1950")), Ok(Dollars(19.5)));
    /// assert!(matches!(Dollars::from_value(Value::from("free")), Err(Error::Decode(_))));
    /// ```
    fn from_value(value: Value) -> Result<Self>;
}

impl FromValue for Value {
    #[inline]
    fn from_value(value: Value) -> Result<Self> {
        Ok(value)
    }
}

impl FromValue for () {
    #[inline]
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Status(text) => {
                drop(text);
                Ok(())
            }
            other => unlike(other, "a status"),
        }
    }
}

impl FromValue for i64 {
    #[inline]
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Int(number) => read(value, number),
            other => parse(other, "an integer"),
        }
    }
}

impl FromValue for u64 {
    #[inline]
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Int(number) => match Self::try_from(number) {
                Ok(number) => read(value, number),
                Err(_) => unlike(value, "a non-negative integer"),
            },
            other => parse(other, "a non-negative integer"),
        }
    }
}

macro_rules! from_value_integers {
    ($($int:ident)*) => { $(
        impl FromValue for $int {
            #[inline]
            fn from_value(value: Value) -> Result<Self> {
                let wanted = concat!("an integer that fits ", stringify!($int));
                match value {
                    Value::Int(number) => match Self::try_from(number) {
                        Ok(number) => read(value, number),
                        Err(_) => unlike(value, wanted),
                    },
                    other => parse(other, wanted),
                }
            }
        }
    )* };
}

// Not u8: a Vec<u8> would then be an array of numbers where bytes are meant.
from_value_integers!(i32 u32 usize);

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Double(number) => Ok(number),
            Value::Int(number) => Ok(number as Self),
            other => parse(other, "a number"),
        }
    }
}

impl FromValue for bool {
    #[inline]
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bool(yes) => read(value, yes),
            // SET answers OK, or nil where NX or XX kept it from writing.
            Value::Int(0) | Value::Null => read(value, false),
            Value::Int(1) => read(value, true),
            Value::Status(text) if text == "OK" => Ok(true),
            other => unlike(other, "0 or 1"),
        }
    }
}

impl FromValue for Bytes {
    #[inline]
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Bulk(bytes) | Value::Status(bytes) | Value::Verbatim(bytes) => Ok(bytes),
            other => unlike(other, "bytes"),
        }
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<Self> {
        match value.as_bytes().map(std::str::from_utf8) {
            Some(Ok(text)) => Ok(text.to_owned()),
            _ => Err(Error::decode("UTF-8 text", &value)),
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    #[inline]
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Null => read(value, None),
            value => Ok(Some(T::from_value(value)?)),
        }
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Array(items) | Value::Set(items) => {
                // Collected, they would stay in the values' memory, which costs a resize where there are few.
                let mut read = Self::with_capacity(items.len());
                for item in items {
                    read.push(T::from_value(item)?);
                }
                Ok(read)
            }
            other => unlike(other, "an array"),
        }
    }
}

impl<T: FromValue + Eq + Hash, S: BuildHasher + Default> FromValue for HashSet<T, S> {
    fn from_value(value: Value) -> Result<Self> {
        match value {
            Value::Array(items) | Value::Set(items) => items.into_iter().map(T::from_value).collect(),
            other => unlike(other, "a set"),
        }
    }
}

impl<K: FromValue + Eq + Hash, V: FromValue, S: BuildHasher + Default> FromValue for HashMap<K, V, S> {
    fn from_value(value: Value) -> Result<Self> {
        let pairs = pairs(value)?;
        let mut map = Self::with_capacity_and_hasher(pairs.len(), S::default());
        for (key, value) in pairs {
            map.insert(K::from_value(key)?, V::from_value(value)?);
        }
        Ok(map)
    }
}

impl<A: FromValue, B: FromValue> FromValue for (A, B) {
    fn from_value(value: Value) -> Result<Self> {
        let items: Vec<Value> = Vec::from_value(value)?;
        let [a, b] =
            <[Value; 2]>::try_from(items).map_err(|items| Error::decode("two values", &Value::Array(items)))?;
        Ok((A::from_value(a)?, B::from_value(b)?))
    }
}

/// Reads a map, or the flat array of keys and values that RESP2 has for it.
pub(crate) trait FromPairs: Sized {
    fn from_pairs(value: Value) -> Result<Self>;
}

impl<K: FromValue, V: FromValue> FromPairs for Vec<(K, V)> {
    fn from_pairs(value: Value) -> Result<Self> {
        pairs(value)?.into_iter().map(|(k, v)| Ok((K::from_value(k)?, V::from_value(v)?))).collect()
    }
}

/// The keys and values of a map, or of the flat array that RESP2 has for it.
pub(crate) fn pairs(value: Value) -> Result<Vec<(Value, Value)>> {
    match value {
        Value::Map(pairs) => Ok(pairs),
        Value::Array(items) if items.len() % 2 == 0 => {
            let mut items = items.into_iter();
            Ok(std::iter::from_fn(|| Some((items.next()?, items.next()?))).collect())
        }
        other => unlike(other, "a map"),
    }
}

/// What was read of a value that has nothing to drop, which the compiler does not see by itself.
#[inline]
fn read<T>(value: Value, read: T) -> Result<T> {
    std::mem::forget(value);
    Ok(read)
}

/// The error of a value that is something else. It takes the value, so that whoever reads one has none left to drop.
#[cold]
#[expect(clippy::needless_pass_by_value, reason = "it is dropped here")]
fn unlike<T>(value: Value, wanted: &str) -> Result<T> {
    Err(Error::decode(wanted, &value))
}

/// Reads a number from text.
#[inline(never)]
fn parse<T: FromStr>(value: Value, wanted: &str) -> Result<T> {
    let text = value.as_bytes().and_then(|bytes| std::str::from_utf8(bytes).ok());
    match text.and_then(|text| text.parse().ok()) {
        Some(number) => Ok(number),
        None => unlike(value, wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_array_reads_as_a_map() {
        let flat = Value::from_iter(["a", "1", "b", "2"]);
        let map: HashMap<String, i64> = HashMap::from_value(flat).unwrap();
        assert_eq!(map, HashMap::from([("a".into(), 1), ("b".into(), 2)]));
    }

    #[test]
    fn what_does_not_fit_says_what_was_there() {
        let error = bool::from_value(Value::Int(7)).unwrap_err();
        assert_eq!(error.to_string(), "cannot decode: expected 0 or 1, got 7");
        let error = u32::from_value(Value::Int(1 << 32)).unwrap_err();
        assert_eq!(error.to_string(), "cannot decode: expected an integer that fits u32, got 4294967296");
        assert_eq!((i32::from_value(Value::from("-5")), usize::from_value(Value::Int(5))), (Ok(-5), Ok(5)));
    }
}
