//! From a struct to the arguments of HSET, without a map in between.

use serde::Serialize;
use serde::ser::{Impossible, SerializeMap, SerializeStruct, Serializer};

use super::{NO_SEQUENCE, NO_STRUCT, NO_UNIT, NO_VARIANT, Problem};
use crate::commands::HashCommand;
use crate::error::Error;
use crate::{Arg, Command};

const NOT_A_STRUCT: &str = "only a struct with named fields or a map becomes a hash";
const NO_FIELD: &str = "no field has a value, and there is no empty hash: delete the key instead";

/// The commands that write one struct.
pub(super) struct Writes<'a> {
    /// HSET with the fields that have a value.
    pub(super) set: Command<'a>,
    /// HDEL with the fields that have none.
    pub(super) clear: Option<Command<'a>>,
}

impl<'a> Writes<'a> {
    /// What it takes to make the key's hash say what the struct says.
    pub(super) fn of(key: Arg<'a>, value: &(impl Serialize + ?Sized)) -> Result<Self, Error> {
        let set = Command::new(HashCommand::HSet.spec()).arg(key);
        let mut writes = Self { set, clear: None };
        let written = value.serialize(&mut writes);
        match (written, writes.set.arguments()) {
            (Ok(()), [key]) => Err(refuse(key, &Problem::new(NO_FIELD))),
            (Err(problem), [key, ..]) => Err(refuse(key, &problem)),
            _ => Ok(writes),
        }
    }

    fn field(&mut self, field: Arg<'a>, value: &(impl Serialize + ?Sized)) -> Result<(), Problem> {
        match value.serialize(Text) {
            Ok(Some(text)) => {
                self.set.push(field);
                self.set.push(text);
            }
            Ok(None) => self.without(field),
            Err(problem) => return Err(problem.at(field.as_bytes())),
        }
        Ok(())
    }

    fn without(&mut self, field: Arg<'a>) {
        let key = self.set.arguments().first().cloned();
        let clear = self.clear.get_or_insert_with(|| Command::new(HashCommand::HDel.spec()).args(key));
        clear.push(field);
    }
}

fn refuse(key: &Arg<'_>, problem: &Problem) -> Error {
    Error::Config(format!("cannot write hash {key:?}{problem}"))
}

/// Methods of a [`Serializer`] that refuse what they are given.
macro_rules! refuse {
    ($text:expr => $($method:ident($($type:ty),*) -> $output:ty;)*) => { $(
        fn $method(self, $(_: $type),*) -> Result<$output, Problem> {
            Err(Problem::new($text))
        }
    )* };
    ($text:expr => generic $($method:ident($($type:ty),*);)*) => { $(
        fn $method<T: ?Sized + Serialize>(self, $(_: $type,)* _: &T) -> Result<Self::Ok, Problem> {
            Err(Problem::new($text))
        }
    )* };
}

/// The struct as a whole: its fields.
impl<'a> Serializer for &mut Writes<'a> {
    type Ok = ();
    type Error = Problem;
    type SerializeStruct = Self;
    type SerializeMap = MapFields<'a, Self>;
    type SerializeSeq = Impossible<(), Problem>;
    type SerializeTuple = Impossible<(), Problem>;
    type SerializeTupleStruct = Impossible<(), Problem>;
    type SerializeTupleVariant = Impossible<(), Problem>;
    type SerializeStructVariant = Impossible<(), Problem>;

    fn serialize_struct(self, _: &'static str, fields: usize) -> Result<Self, Problem> {
        self.set.reserve(fields.saturating_mul(2));
        Ok(self)
    }

    fn serialize_map(self, fields: Option<usize>) -> Result<Self::SerializeMap, Problem> {
        self.set.reserve(fields.unwrap_or(0).saturating_mul(2));
        Ok(MapFields { writes: self, field: None })
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Problem> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<(), Problem> {
        value.serialize(self)
    }

    refuse! { NOT_A_STRUCT =>
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_i128(i128) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_u128(u128) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
    refuse! { NOT_A_STRUCT => generic
        serialize_newtype_variant(&'static str, u32, &'static str);
    }
}

impl SerializeStruct for &mut Writes<'_> {
    type Ok = ();
    type Error = Problem;

    fn serialize_field<T: ?Sized + Serialize>(&mut self, field: &'static str, value: &T) -> Result<(), Problem> {
        self.field(Arg::from(field), value)
    }

    fn skip_field(&mut self, field: &'static str) -> Result<(), Problem> {
        self.without(Arg::from(field));
        Ok(())
    }

    fn end(self) -> Result<(), Problem> {
        Ok(())
    }
}

/// A map's entries, or the fields of a struct with something flattened in it.
pub(super) struct MapFields<'a, W> {
    writes: W,
    field: Option<Arg<'a>>,
}

impl<'a> SerializeMap for MapFields<'a, &mut Writes<'a>> {
    type Ok = ();
    type Error = Problem;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Problem> {
        self.field = key.serialize(Text)?;
        Ok(())
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Problem> {
        let field = self.field.take().ok_or_else(|| Problem::new("a field needs a name"))?;
        self.writes.field(field, value)
    }

    fn end(self) -> Result<(), Problem> {
        Ok(())
    }
}

/// One value as text; `None` is none.
struct Text;

/// Methods of [`Text`] for what an [`Arg`] is made from.
macro_rules! arg_from {
    ($($method:ident: $type:ty;)*) => { $(
        fn $method(self, value: $type) -> Result<Self::Ok, Problem> {
            Ok(Some(Arg::from(value)))
        }
    )* };
}

impl Serializer for Text {
    type Ok = Option<Arg<'static>>;
    type Error = Problem;
    type SerializeSeq = Impossible<Self::Ok, Problem>;
    type SerializeTuple = Impossible<Self::Ok, Problem>;
    type SerializeTupleStruct = Impossible<Self::Ok, Problem>;
    type SerializeTupleVariant = Impossible<Self::Ok, Problem>;
    type SerializeMap = Impossible<Self::Ok, Problem>;
    type SerializeStruct = Impossible<Self::Ok, Problem>;
    type SerializeStructVariant = Impossible<Self::Ok, Problem>;

    arg_from! {
        serialize_i8: i8;
        serialize_i16: i16;
        serialize_i32: i32;
        serialize_i64: i64;
        serialize_u8: u8;
        serialize_u16: u16;
        serialize_u32: u32;
        serialize_u64: u64;
        serialize_f32: f32;
        serialize_f64: f64;
    }

    fn serialize_i128(self, value: i128) -> Result<Self::Ok, Problem> {
        Ok(Some(Arg::from(value.to_string())))
    }

    fn serialize_u128(self, value: u128) -> Result<Self::Ok, Problem> {
        Ok(Some(Arg::from(value.to_string())))
    }

    fn serialize_bool(self, value: bool) -> Result<Self::Ok, Problem> {
        Ok(Some(Arg::from(if value { "true" } else { "false" })))
    }

    fn serialize_char(self, value: char) -> Result<Self::Ok, Problem> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<Self::Ok, Problem> {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Self::Ok, Problem> {
        Ok(Some(Arg::copied(value)))
    }

    fn serialize_none(self) -> Result<Self::Ok, Problem> {
        Ok(None)
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<Self::Ok, Problem> {
        value.serialize(self)
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, _: &'static str, value: &T) -> Result<Self::Ok, Problem> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<Self::Ok, Problem> {
        Ok(Some(Arg::from(variant)))
    }

    refuse! { NO_UNIT =>
        serialize_unit() -> Self::Ok;
        serialize_unit_struct(&'static str) -> Self::Ok;
    }
    refuse! { NO_SEQUENCE =>
        serialize_seq(Option<usize>) -> Self::SerializeSeq;
        serialize_tuple(usize) -> Self::SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> Self::SerializeTupleStruct;
    }
    refuse! { NO_STRUCT =>
        serialize_map(Option<usize>) -> Self::SerializeMap;
        serialize_struct(&'static str, usize) -> Self::SerializeStruct;
    }
    refuse! { NO_VARIANT =>
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
    }
    refuse! { NO_VARIANT => generic
        serialize_newtype_variant(&'static str, u32, &'static str);
    }
}
