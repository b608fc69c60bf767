use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;
use crate::Value;

/// What HSET and HDEL say after their key.
fn written(value: &(impl Serialize + ?Sized)) -> (Vec<String>, Vec<String>) {
    let Writes { set, clear } = Writes::of(Arg::from("k"), value).unwrap();
    let words = |command: &Command<'_>| {
        assert_eq!(command.arguments()[0].as_bytes(), b"k");
        command.arguments()[1..].iter().map(|arg| arg.as_bytes().escape_ascii().to_string()).collect()
    };
    (words(&set), clear.as_ref().map(words).unwrap_or_default())
}

/// What HGETALL answers once a struct is written.
fn reply(value: &(impl Serialize + ?Sized)) -> Value {
    let set = Writes::of(Arg::from("k"), value).unwrap().set;
    pairs(set.arguments()[1..].chunks(2).map(|pair| (pair[0].as_bytes(), pair[1].as_bytes())))
}

fn pairs<'a, F: AsRef<[u8]> + ?Sized + 'a, V: AsRef<[u8]> + ?Sized + 'a>(
    pairs: impl IntoIterator<Item = (&'a F, &'a V)>,
) -> Value {
    Value::Map(pairs.into_iter().map(|(f, v)| (Value::from(f.as_ref()), Value::from(v.as_ref()))).collect())
}

fn round_trip<T: Serialize + DeserializeOwned>(value: &T) -> T {
    de::read(b"k", reply(value)).unwrap().unwrap()
}

/// The error of writing this.
fn refusal(value: &(impl Serialize + ?Sized)) -> String {
    Writes::of(Arg::from("k\n"), value).err().unwrap().to_string()
}

/// The error of reading one field.
fn misread<T: DeserializeOwned>(value: impl AsRef<[u8]>) -> String {
    #[derive(Deserialize)]
    struct One<T> {
        #[serde(rename = "f")]
        _f: T,
    }
    let reply = pairs([("other", &b"left out"[..]), ("f", value.as_ref())]);
    de::read::<One<T>>(b"k\n", reply).err().unwrap().to_string()
}

#[derive(Serialize)]
struct One<T> {
    f: T,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Meters(u32);

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Seat {
    Standing,
    #[serde(rename = "front row")]
    Front,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Everything {
    i8: i8,
    i64: i64,
    u64: u64,
    i128: i128,
    u128: u128,
    f32: f32,
    f64: f64,
    yes: bool,
    letter: char,
    text: String,
    bytes: Bytes,
    some: Option<u16>,
    none: Option<String>,
    meters: Meters,
    seat: Seat,
    #[serde(rename = "as written")]
    renamed: i32,
}

fn everything() -> Everything {
    Everything {
        i8: -1,
        i64: i64::MIN,
        u64: u64::MAX,
        i128: i128::MIN,
        u128: u128::MAX,
        f32: 0.1,
        f64: 1e300,
        yes: true,
        letter: 'é',
        text: "two\r\nlines".into(),
        bytes: Bytes::from_static(b"\0\xff"),
        some: Some(7),
        none: None,
        meters: Meters(3),
        seat: Seat::Front,
        renamed: 0,
    }
}

#[test]
fn a_struct_becomes_the_arguments_of_hset() {
    let (set, clear) = written(&everything());
    let expected = [
        ("i8", "-1"),
        ("i64", "-9223372036854775808"),
        ("u64", "18446744073709551615"),
        ("i128", "-170141183460469231731687303715884105728"),
        ("u128", "340282366920938463463374607431768211455"),
        ("f32", "0.1"),
        ("f64", "1e300"),
        ("yes", "true"),
        ("letter", "\\xc3\\xa9"),
        ("text", "two\\r\\nlines"),
        ("bytes", "\\x00\\xff"),
        ("some", "7"),
        ("meters", "3"),
        ("seat", "front row"),
        ("as written", "0"),
    ];
    assert_eq!(set, expected.iter().flat_map(|(f, v)| [*f, *v]).collect::<Vec<_>>());
    assert_eq!(clear, ["none"]);
    assert_eq!(round_trip(&everything()), everything());
}

#[test]
fn a_reply_in_resp2_reads_the_same() {
    let Value::Map(pairs) = reply(&everything()) else { panic!("a map") };
    let flat = Value::Array(pairs.into_iter().flat_map(|(f, v)| [f, v]).collect());
    assert_eq!(de::read(b"k", flat).unwrap(), Some(everything()));
}

#[test]
fn no_field_at_all_is_no_struct() {
    assert_eq!(de::read::<Everything>(b"k", Value::Map(Vec::new())), Ok(None));
    assert_eq!(de::read::<Everything>(b"k", Value::Array(Vec::new())), Ok(None));
}

#[test]
fn a_map_stands_for_a_struct() {
    let map: BTreeMap<u8, Option<i64>> = [(1, Some(-1)), (2, None), (3, Some(3))].into();
    assert_eq!(written(&map), (["1", "-1", "3", "3"].map(String::from).to_vec(), vec!["2".to_owned()]));
    assert_eq!(round_trip(&map), [(1, Some(-1)), (3, Some(3))].into());
}

#[test]
fn a_newtype_or_an_option_around_a_struct_is_the_struct() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Wrapped(Everything);
    assert_eq!(round_trip(&Wrapped(everything())), Wrapped(everything()));
    assert_eq!(round_trip(&Some(everything())), Some(everything()));
}

#[test]
fn attributes_do_what_they_say() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Attributes {
        #[serde(default)]
        defaulted: u8,
        #[serde(skip)]
        skipped: u8,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        empty: String,
        #[serde(alias = "old")]
        new: u8,
    }
    assert_eq!(
        written(&Attributes { defaulted: 1, skipped: 2, empty: String::new(), new: 3 }),
        (["defaulted", "1", "new", "3"].map(String::from).to_vec(), vec!["empty".to_owned()])
    );
    assert_eq!(
        de::read(b"k", pairs([("old", "3"), ("skipped", "9"), ("empty", "no")])),
        Ok(Some(Attributes { defaulted: 0, skipped: 0, empty: "no".into(), new: 3 }))
    );
}

#[test]
fn a_flat_struct_and_a_map_of_the_rest_flatten_in() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Outer {
        id: u64,
        #[serde(flatten)]
        buyer: Buyer,
        #[serde(flatten)]
        rest: HashMap<String, String>,
    }
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Buyer {
        who: String,
        nick: Option<String>,
        #[serde(deserialize_with = "parsed")]
        age: u8,
    }
    fn parsed<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }

    let buyer = Buyer { who: "jamie".into(), nick: None, age: 30 };
    let outer = Outer { id: 1, buyer, rest: [("42".into(), "7".into())].into() };
    let (set, clear) = written(&outer);
    assert_eq!(set, ["id", "1", "who", "jamie", "age", "30", "42", "7"]);
    assert_eq!(clear, ["nick"]);
    assert_eq!(round_trip(&outer), outer);
}

#[test]
fn bools_are_read_as_words_and_as_digits() {
    #[derive(Deserialize)]
    struct Flag {
        f: bool,
    }
    for (text, flag) in [("true", true), ("false", false), ("1", true), ("0", false)] {
        assert_eq!(de::read::<Flag>(b"k", pairs([("f", text)])).unwrap().unwrap().f, flag);
    }
}

#[test]
fn what_does_not_fit_in_a_field_is_refused_with_what_to_do() {
    #[derive(Serialize)]
    enum Data {
        Newtype(u8),
        Tuple(u8, u8),
        Struct { f: u8 },
    }
    #[derive(Serialize)]
    struct Unit;

    let struct_text = "cannot write hash \"k\\n\", field \"f\": a nested struct or map does not fit in one field: flatten it \
        with #[serde(flatten)], store it as text with #[serde(with = \"…\")], or keep it under a key of its own";
    assert_eq!(refusal(&One { f: One { f: 1 } }), struct_text);
    assert_eq!(refusal(&One { f: HashMap::<u8, u8>::new() }), struct_text);
    let sequence = "cannot write hash \"k\\n\", field \"f\": a sequence does not fit in one field: store it as text with \
        #[serde(with = \"…\")], or keep it under a key of its own; for bytes use Bytes or serde_bytes";
    assert_eq!(refusal(&One { f: vec![1_u8] }), sequence);
    assert_eq!(refusal(&One { f: (1, 2) }), sequence);
    let variant = "cannot write hash \"k\\n\", field \"f\": an enum variant with data does not fit in one field: store it \
        as text with #[serde(with = \"…\")]";
    for data in [Data::Newtype(1), Data::Tuple(1, 2), Data::Struct { f: 1 }] {
        assert_eq!(refusal(&One { f: data }), variant);
    }
    let unit = "cannot write hash \"k\\n\", field \"f\": a unit has no text to store: leave it out with #[serde(skip)]";
    assert_eq!(refusal(&One { f: () }), unit);
    assert_eq!(refusal(&One { f: Unit }), unit);
}

#[test]
fn only_a_struct_or_a_map_becomes_a_hash() {
    let text = "cannot write hash \"k\\n\": only a struct with named fields or a map becomes a hash";
    assert_eq!(refusal("text"), text);
    assert_eq!(refusal(&1), text);
    assert_eq!(refusal(&[1, 2]), text);
    assert_eq!(refusal(&(1, 2)), text);
    assert_eq!(refusal(&None::<Everything>), text);
    assert_eq!(refusal(&Seat::Standing), text);
    assert_eq!(refusal(&BTreeMap::from([(None::<u8>, 1)])), "cannot write hash \"k\\n\": a field needs a name");
}

#[test]
fn a_struct_without_a_value_is_no_hash() {
    let text = "cannot write hash \"k\\n\": no field has a value, and there is no empty hash: delete the key instead";
    assert_eq!(refusal(&One { f: None::<u8> }), text);
    assert_eq!(refusal(&HashMap::<u8, u8>::new()), text);
}

#[test]
fn a_value_of_another_type_is_named_with_its_field_and_key() {
    let at = |problem: &str| format!("cannot decode: hash \"k\\n\", field \"f\": {problem}");
    for (got, problem) in [
        (misread::<u8>("many"), "\"many\" is no integer"),
        (misread::<u8>(""), "\"\" is no integer"),
        (misread::<u8>("1.5"), "\"1.5\" is no integer"),
        (misread::<u8>("\u{ff}"), "\"\\xc3\\xbf\" is no integer"),
        (misread::<u8>("256"), "\"256\" is out of range for u8"),
        (misread::<u8>("-1"), "\"-1\" is out of range for u8"),
        (misread::<i64>("9223372036854775808"), "\"9223372036854775808\" is out of range for i64"),
        (misread::<i128>("9".repeat(70)), &format!("\"{}…\" is out of range for i128", "9".repeat(64))),
        (misread::<f64>("fast"), "\"fast\" is no number"),
        (misread::<f64>("1e999"), "\"1e999\" is out of range for f64"),
        (misread::<f32>("-1e39"), "\"-1e39\" is out of range for f32"),
        (misread::<bool>("yes"), "\"yes\" is neither true nor false"),
        (misread::<char>("ab"), "invalid value: string \"ab\", expected a character"),
        (misread::<String>(b"\xff"), "\"\\xff\" is not UTF-8 text: read it as Bytes or with serde_bytes"),
        (misread::<Seat>("roof"), "unknown variant `roof`, expected `standing` or `front row`"),
        (misread::<Option<u8>>("x"), "\"x\" is no integer"),
        (misread::<()>("x"), NO_UNIT),
        (misread::<Vec<u8>>("x"), NO_SEQUENCE),
        (misread::<(u8, u8)>("x"), NO_SEQUENCE),
        (misread::<HashMap<u8, u8>>("x"), NO_STRUCT),
        (misread::<Everything>("x"), NO_STRUCT),
    ] {
        assert_eq!(got, at(problem));
    }
}

#[test]
fn infinities_and_nan_read_back() {
    for number in [f64::INFINITY, f64::NEG_INFINITY] {
        let map = BTreeMap::from([(1, number)]);
        assert_eq!(round_trip(&map), map);
    }
    assert!(round_trip(&BTreeMap::from([(1, f64::NAN)]))[&1].is_nan());
}

#[test]
fn a_field_that_is_missing_is_named() {
    let error = de::read::<Everything>(b"k", pairs([("i8", "1")])).unwrap_err();
    assert_eq!(error.to_string(), "cannot decode: hash \"k\", field \"i64\": missing");
}

#[test]
fn an_unknown_field_is_refused_where_the_struct_says_so() {
    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        #[serde(rename = "a")]
        _a: u8,
    }
    let error = de::read::<Strict>(b"k", pairs([("a", "1"), ("b", "2")])).unwrap_err();
    assert_eq!(error.to_string(), "cannot decode: hash \"k\": unknown field `b`, expected `a`");
}

#[test]
fn what_is_no_struct_at_all_is_refused() {
    let error = de::read::<Vec<String>>(b"k", pairs([("a", "1")])).unwrap_err();
    assert_eq!(error.to_string(), "cannot decode: hash \"k\": invalid type: map, expected a sequence");
    let error = de::read::<Everything>(b"k", Value::Int(1)).unwrap_err();
    assert_eq!(error.to_string(), "cannot decode: expected a map, got 1");
    let error = de::read::<Everything>(b"k", Value::Map(vec![("i8".into(), Value::Int(1))])).unwrap_err();
    assert_eq!(error.to_string(), "cannot decode: hash \"k\", field \"i8\": expected text, got 1");
}

prop_compose! {
    fn any_struct()(
        (i8, i64, u64, i128, u128) in any::<(i8, i64, u64, i128, u128)>(),
        f32 in any::<f32>(),
        f64 in any::<f64>(),
        (yes, letter, some, meters, renamed) in any::<(bool, char, Option<u16>, u32, i32)>(),
        text in any::<String>(),
        none in any::<Option<String>>(),
        bytes in any::<Vec<u8>>(),
        front in any::<bool>(),
    ) -> Everything {
        Everything {
            i8, i64, u64, i128, u128, f32, f64, yes, letter, text, some, none, renamed,
            bytes: bytes.into(),
            meters: Meters(meters),
            seat: if front { Seat::Front } else { Seat::Standing },
        }
    }
}

proptest! {
    #[test]
    fn any_struct_reads_back_as_it_was_written(value in any_struct()) {
        prop_assert_eq!(round_trip(&value), value);
    }

    #[test]
    fn reading_any_bytes_never_panics(pairs_of in proptest::collection::vec((any::<Vec<u8>>(), any::<Vec<u8>>()), 1..4)) {
        let map = || pairs(pairs_of.iter().map(|(field, value)| (field, value)));
        let bytes: HashMap<Bytes, Bytes> = de::read(b"k", map()).unwrap().unwrap();
        prop_assert!(bytes.len() <= pairs_of.len());
        let _text_or_error = de::read::<HashMap<String, i64>>(b"k", map());
        let _struct_or_error = de::read::<Everything>(b"k", map());
    }
}
