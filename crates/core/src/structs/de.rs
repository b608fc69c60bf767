//! From the pairs that HGETALL answers to a struct, without a map in between.

use std::any::type_name;
use std::num::{IntErrorKind, ParseIntError};
use std::slice;
use std::str::FromStr;

use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::{NO_SEQUENCE, NO_STRUCT, NO_UNIT, Problem};
use crate::error::{Error, Result};
use crate::from_value::pairs;
use crate::{Value, parse_int};

/// Reads the reply to HGETALL; `None` where it is empty, for then there is no such key.
pub(super) fn read<T: DeserializeOwned>(key: &[u8], reply: Value) -> Result<Option<T>> {
    let pairs = pairs(reply)?;
    if pairs.is_empty() {
        return Ok(None);
    }
    let fields = Fields { pairs: pairs.iter(), current: None };
    T::deserialize(fields)
        .map(Some)
        .map_err(|problem| Error::Decode(format!("hash \"{}\"{problem}", key.escape_ascii())))
}

/// The hash as a whole: its fields, one after the other.
struct Fields<'v> {
    pairs: slice::Iter<'v, (Value, Value)>,
    /// The pair whose field was read and whose value comes next.
    current: Option<&'v (Value, Value)>,
}

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_map(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de> MapAccess<'de> for Fields<'_> {
    type Error = Problem;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Problem> {
        self.current = self.pairs.next();
        let Some((field, _)) = self.current else { return Ok(None) };
        seed.deserialize(Text::of(field)?).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Problem> {
        let Some((field, value)) = self.current else { return Err(Problem::new("a value without a field")) };
        let read = Text::of(value).and_then(|text| seed.deserialize(text));
        read.map_err(|problem| problem.at(field.as_bytes().unwrap_or_default()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.len())
    }
}

/// One field's name or value.
#[derive(Clone, Copy)]
struct Text<'t>(&'t [u8]);

impl<'t> Text<'t> {
    fn of(value: &'t Value) -> Result<Self, Problem> {
        value.as_bytes().map(Self).ok_or_else(|| Problem::new(format!("expected text, got {value:?}")))
    }

    fn utf8(self) -> Result<&'t str, Problem> {
        std::str::from_utf8(self.0).map_err(|_| self.problem("is not UTF-8 text: read it as Bytes or with serde_bytes"))
    }

    fn integer<T: FromStr<Err = ParseIntError> + TryFrom<i64>>(self) -> Result<T, Problem> {
        match parse_int(self.0).map(T::try_from) {
            Some(Ok(number)) => Ok(number),
            _ => self.any_integer(),
        }
    }

    /// What is not the usual form of an `i64` in the range of the type: another form, a larger number, or an error.
    #[cold]
    fn any_integer<T: FromStr<Err = ParseIntError>>(self) -> Result<T, Problem> {
        let text = std::str::from_utf8(self.0).map_err(|_| self.problem("is no integer"))?;
        text.parse().map_err(|_| {
            // A minus before an unsigned number is no overflow for Rust, but is one here.
            match text.parse::<i128>().as_ref().map_err(ParseIntError::kind) {
                Ok(_) | Err(IntErrorKind::PosOverflow | IntErrorKind::NegOverflow) => {
                    self.problem(&format!("is out of range for {}", type_name::<T>()))
                }
                Err(_) => self.problem("is no integer"),
            }
        })
    }

    fn float<T: FromStr + Into<f64> + Copy>(self) -> Result<T, Problem> {
        let number: Option<T> = std::str::from_utf8(self.0).ok().and_then(|text| text.parse().ok());
        let number = number.ok_or_else(|| self.problem("is no number"))?;
        // Rust reads what is too large as an infinity; one that was meant has no digits.
        if number.into().is_infinite() && self.0.iter().any(u8::is_ascii_digit) {
            return Err(self.problem(&format!("is out of range for {}", type_name::<T>())));
        }
        Ok(number)
    }

    /// What is wrong with the text, which is told up to 64 bytes.
    fn problem(self, text: &str) -> Problem {
        const TOLD: usize = 64;
        let (start, dots) = match self.0.get(..TOLD) {
            Some(start) if self.0.len() > TOLD => (start, "…"),
            _ => (self.0, ""),
        };
        Problem::new(format!("\"{}{dots}\" {text}", start.escape_ascii()))
    }
}

/// Methods of [`Text`] that read a number.
macro_rules! numbers {
    ($($method:ident $visit:ident $read:ident;)*) => { $(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
            visitor.$visit(self.$read()?)
        }
    )* };
}

/// Methods of [`Text`] for types that no text reads as.
macro_rules! refuse {
    ($text:expr => $($method:ident($($type:ty),*);)*) => { $(
        fn $method<V: Visitor<'de>>(self, $(_: $type,)* _: V) -> Result<V::Value, Problem> {
            Err(Problem::new($text))
        }
    )* };
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = Problem;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match std::str::from_utf8(self.0) {
            Ok(text) => visitor.visit_str(text),
            Err(_) => visitor.visit_bytes(self.0),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        match self.0 {
            b"true" | b"1" => visitor.visit_bool(true),
            b"false" | b"0" => visitor.visit_bool(false),
            _ => Err(self.problem("is neither true nor false")),
        }
    }

    numbers! {
        deserialize_i8 visit_i8 integer;
        deserialize_i16 visit_i16 integer;
        deserialize_i32 visit_i32 integer;
        deserialize_i64 visit_i64 integer;
        deserialize_i128 visit_i128 integer;
        deserialize_u8 visit_u8 integer;
        deserialize_u16 visit_u16 integer;
        deserialize_u32 visit_u32 integer;
        deserialize_u64 visit_u64 integer;
        deserialize_u128 visit_u128 integer;
        deserialize_f32 visit_f32 float;
        deserialize_f64 visit_f64 float;
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_str(self.utf8()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_str(self.utf8()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_str(self.utf8()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_bytes(self.0)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_bytes(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Problem> {
        visitor.visit_enum(StrDeserializer::new(self.utf8()?))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        self.deserialize_any(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Problem> {
        visitor.visit_unit()
    }

    refuse! { NO_UNIT =>
        deserialize_unit();
        deserialize_unit_struct(&'static str);
    }
    refuse! { NO_SEQUENCE =>
        deserialize_seq();
        deserialize_tuple(usize);
        deserialize_tuple_struct(&'static str, usize);
    }
    refuse! { NO_STRUCT =>
        deserialize_map();
        deserialize_struct(&'static str, &'static [&'static str]);
    }
}
