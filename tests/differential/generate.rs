//! Random commands: a grammar of templates, one for each row of the command table, and the nasty values they are filled
//! with.
//!
//! A template is a line such as `HSET hash (field value)+`. Capitals stand for themselves, a lower-case word for one
//! kind of argument (see [`kind`]), `?`, `*` and `+` for repetition, `|` in brackets for a choice. Now and then a word
//! is dropped, added or replaced, so that arity, syntax and type errors are hit in every command.

use std::fmt;

use embroker::Command;
use proptest::prelude::*;
use proptest::sample::select;

/// The words of one command.
#[derive(Clone, PartialEq)]
pub(crate) struct Argv(pub(crate) Vec<Vec<u8>>);

impl Argv {
    pub(crate) fn new<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Self {
        Self(words.into_iter().map(|word| word.as_ref().to_vec()).collect())
    }

    pub(crate) fn command(&self) -> Command<'_> {
        Command::from_argv(&self.0).expect("there is a name")
    }

    /// The name in lower case, as in the table.
    pub(crate) fn name(&self) -> String {
        String::from_utf8_lossy(&self.0[0]).to_lowercase()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&[u8]> {
        self.0.get(at).map(Vec::as_slice)
    }

    /// Whether its effect depends on more than the commands before it: it sets a deadline that may pass while the test
    /// runs.
    fn depends_on_its_surroundings(&self) -> bool {
        let number = |word: &[u8]| str::from_utf8(word).ok().and_then(|text| text.parse::<i64>().ok());
        let soon = |word: &[u8]| matches!(number(word), Some(1..=60_000));
        let after =
            |option: &[u8]| self.0.windows(2).any(|pair| option.eq_ignore_ascii_case(&pair[0]) && soon(&pair[1]));
        match self.name().as_str() {
            "setex" | "psetex" | "expire" | "pexpire" => self.get(2).is_some_and(soon),
            _ => after(b"EX") || after(b"PX"),
        }
    }
}

impl fmt::Debug for Argv {
    /// As one would type it into redis-cli.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, word) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { " " };
            let plain = !word.is_empty() && word.iter().all(|byte| byte.is_ascii_graphic() && !b"\"'\\".contains(byte));
            let quote = if plain { "" } else { "\"" };
            write!(f, "{separator}{quote}{}{quote}", word.escape_ascii())?;
        }
        Ok(())
    }
}

/// The templates of a family.
pub(crate) type Templates = &'static [&'static str];

pub(crate) const HASH: Templates = &[
    "HDEL hash field+",
    "HEXISTS hash field",
    "HGET hash field",
    "HGETALL hash",
    "HINCRBY hash field int",
    "HINCRBYFLOAT hash field float",
    "HKEYS hash",
    "HLEN hash",
    "HMGET hash field+",
    "HMSET hash (field value)+",
    "HRANDFIELD hash (count WITHVALUES?)?",
    "HSCAN hash cursor (MATCH pattern|COUNT count)*",
    "HSET hash (field value)+",
    "HSET hash (field number)+",
    "HSETNX hash field value",
    "HSTRLEN hash field",
    "HVALS hash",
];

pub(crate) const SET: Templates = &[
    "SADD set member+",
    "SADD set int+",
    "SCARD set",
    "SDIFF set+",
    "SDIFFSTORE set set+",
    "SINTER set+",
    "SINTERCARD numkeys set+ (LIMIT count)?",
    "SINTERCARD 1 set LIMIT count",
    "SINTERCARD 2 set set (LIMIT count)*",
    "SINTERSTORE set set+",
    "SISMEMBER set member",
    "SMEMBERS set",
    "SMISMEMBER set member+",
    "SMOVE set set member",
    "SPOP set count?",
    "SRANDMEMBER set count?",
    "SREM set member+",
    "SSCAN set cursor (MATCH pattern|COUNT count)*",
    "SUNION set+",
    "SUNIONSTORE set set+",
];

pub(crate) const STRING: Templates = &[
    "APPEND string value",
    "DECR string",
    "DECRBY string int",
    "GET string",
    "GETDEL string",
    "GETEX string (EX seconds|PX milliseconds|EXAT timestamp|PXAT timestampms|PERSIST)*",
    "GETRANGE string index index",
    "GETSET string value",
    "INCR string",
    "INCRBY string int",
    "INCRBYFLOAT string float",
    "MGET string+",
    "MSET (string value)+",
    "MSETNX (string value)+",
    "PSETEX string milliseconds value",
    "SET string value",
    "SET string number",
    "SET string value (NX|XX|GET|KEEPTTL|EX seconds|PX milliseconds|EXAT timestamp|PXAT timestampms)*",
    "SETEX string seconds value",
    "SETNX string value",
    "SETRANGE string offset value",
    "STRLEN string",
    "SUBSTR string index index",
];

pub(crate) const BITFIELD: Templates = &[
    "BITCOUNT string (index index (BYTE|BIT)?)?",
    "BITFIELD string (GET type bitoffset|SET type bitoffset int|INCRBY type bitoffset int|OVERFLOW (WRAP|SAT|FAIL))+",
    "BITFIELD string (GET type bitoffset|SET type bitoffset int|INCRBY type bitoffset int|OVERFLOW (WRAP|SAT|FAIL))+",
    "BITFIELD_RO string (GET type bitoffset)*",
    "BITOP (AND|OR|XOR|NOT) string string+",
    "BITPOS string bit (index (index (BYTE|BIT)?)?)?",
    "GETBIT string bitoffset",
    "SETBIT string bitoffset bit",
];

pub(crate) const CONNECTION: Templates = &["ECHO value", "PING", "PING value"];

pub(crate) const KEY: Templates = &[
    "COPY key key (REPLACE|DB db)*",
    "DBSIZE",
    "DEL key+",
    "EXISTS key+",
    "EXPIRE key seconds (NX|XX|GT|LT)*",
    "EXPIREAT key timestamp (NX|XX|GT|LT)*",
    "EXPIREAT key timestamp (GT|LT)",
    "EXPIRETIME key",
    "FLUSHALL (ASYNC|SYNC)?",
    "FLUSHDB (ASYNC|SYNC)?",
    "KEYS pattern",
    "MOVE key db",
    "PERSIST key",
    "PEXPIRE key milliseconds (NX|XX|GT|LT)*",
    "PEXPIREAT key timestampms (NX|XX|GT|LT)*",
    "PEXPIRETIME key",
    "PTTL key",
    "RANDOMKEY",
    "RENAME key key",
    "RENAMENX key key",
    "SCAN cursor (MATCH pattern|COUNT count|TYPE type)*",
    "SWAPDB db db",
    "TOUCH key+",
    "TTL key",
    "TYPE key",
    "UNLINK key+",
];

/// What the commands on keys work on.
pub(crate) const VALUES: Templates =
    &["HSET key (field value)+", "SADD key member+", "SET key value", "SETRANGE key offset value"];

const MESSAGES: Templates = &[
    "PUBLISH member value",
    "SPUBLISH member value",
    "PUBSUB CHANNELS pattern?",
    "PUBSUB NUMPAT",
    "PUBSUB NUMSUB member*",
    "PUBSUB HELP member*",
    "PUBSUB SHARDCHANNELS pattern?",
    "PUBSUB SHARDNUMSUB member*",
    "PUBSUB BOGUS member*",
    "nonsense value*",
];

/// Every key that a template names.
pub(crate) const KEYS: &[&str] = &["h1", "h2", "t1", "t2", "t3", "s1", "s2", "s3", ""];

/// Every database that a template names and that there is.
pub(crate) const DATABASES: &[&str] = &["0", "1", "2"];

/// The keys that most commands on any key name, so that they meet.
pub(crate) const BUSY_KEYS: &[&str] = &["h1", "t1", "s1", "s2"];

/// All families, and commands that are none.
pub(crate) fn all_families() -> Vec<&'static str> {
    [HASH, SET, STRING, BITFIELD, KEY, MESSAGES, CONNECTION].concat()
}

/// A random command of these templates.
pub(crate) fn command(templates: &[&'static str]) -> BoxedStrategy<Argv> {
    let commands: Vec<_> = templates.iter().map(|template| (weight(template), line(template))).collect();
    let right = proptest::strategy::Union::new_weighted(commands);
    let wrong =
        (right.clone(), any::<prop::sample::Index>(), 0..4, any_value()).prop_map(|(mut words, at, how, value)| {
            let at = at.index(words.len());
            match how {
                0 if at > 0 => _ = words.remove(at),
                1 => words.insert(at + 1, value),
                2 if at > 0 => words[at] = value,
                _ => words[at].make_ascii_lowercase(),
            }
            words
        });
    prop_oneof![8 => right, 1 => wrong]
        .prop_map(Argv)
        .prop_filter("it depends on its surroundings", |argv: &Argv| !argv.depends_on_its_surroundings())
        .boxed()
}

/// What takes everything away comes seldom.
fn weight(template: &str) -> u32 {
    if template.starts_with("FLUSH") || template.starts_with("SWAPDB") { 1 } else { 6 }
}

/// Reads a template.
fn line(template: &str) -> BoxedStrategy<Vec<Vec<u8>>> {
    let mut rest = template;
    let words = choice(&mut rest);
    assert!(rest.is_empty(), "{template:?} has {rest:?} too much");
    words
}

/// `a b|c d`, up to a closing bracket or the end.
fn choice(rest: &mut &str) -> BoxedStrategy<Vec<Vec<u8>>> {
    let mut options = vec![sequence(rest)];
    while let Some(tail) = rest.strip_prefix('|') {
        *rest = tail;
        options.push(sequence(rest));
    }
    proptest::strategy::Union::new(options).boxed()
}

fn sequence(rest: &mut &str) -> BoxedStrategy<Vec<Vec<u8>>> {
    let mut items = Vec::new();
    while !rest.is_empty() && !rest.starts_with([')', '|']) {
        let item = if let Some(inner) = rest.strip_prefix('(') {
            *rest = inner;
            let item = choice(rest);
            *rest = rest.strip_prefix(')').expect("a bracket is closed");
            item
        } else {
            let end = rest.find([' ', '?', '*', '+', '|', ')']).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            *rest = tail;
            kind(word).prop_map(|word| vec![word]).boxed()
        };
        let times = match rest.chars().next() {
            Some('?') => Some(0..=1),
            Some('*') => Some(0..=3),
            Some('+') => Some(1..=4),
            _ => None,
        };
        items.push(match times {
            Some(times) => {
                *rest = &rest[1..];
                prop::collection::vec(item, times).prop_map(|groups| groups.concat()).boxed()
            }
            None => item,
        });
        *rest = rest.trim_start();
    }
    items.prop_map(|groups: Vec<Vec<Vec<u8>>>| groups.concat()).boxed()
}

/// One kind of argument. A word with a capital or a digit stands for itself.
fn kind(word: &str) -> BoxedStrategy<Vec<u8>> {
    // Mostly a key of the right type.
    let mostly = |keys: &'static [&str]| prop_oneof![9 => text(keys), 1 => text(KEYS)].boxed();
    let integer = |edges: &'static [&str]| prop_oneof![3 => text(edges), 2 => decimal(-20..40), 1 => any_int()].boxed();
    match word {
        "key" => prop_oneof![5 => text(BUSY_KEYS), 1 => text(KEYS)].boxed(),
        "hash" => mostly(&["h1", "h2"]),
        "set" => mostly(&["t1", "t2", "t3"]),
        "string" => mostly(&["s1", "s2", "s3"]),
        "field" | "member" => prop_oneof![5 => text(&["a", "b", "c", "1", "2", ""]), 1 => any_value()].boxed(),
        "value" => any_value(),
        "number" => prop_oneof![any_int(), any_float(), decimal(-100..100)].boxed(),
        "int" => prop_oneof![2 => decimal(-300..300), 1 => any_int()].boxed(),
        "float" => any_float(),
        // Deadlines are far away or past. Only those in absolute time may be equal or near each other: the clocks of
        // two brokers differ by moments.
        "seconds" => prop_oneof![6 => decimal(100_000..1_000_000_000), 1 => any_deadline()].boxed(),
        "milliseconds" => prop_oneof![6 => decimal(100_000_000..1_000_000_000_000), 1 => any_deadline()].boxed(),
        "timestamp" => prop_oneof![3 => text(&["5000000000", "6000000000"]), 3 => decimal(5_000_000_000..9_000_000_000), 1 => any_deadline()].boxed(),
        "timestampms" => prop_oneof![3 => text(&["5000000000000", "6000000000000"]), 3 => decimal(5_000_000_000_000..9_000_000_000_000), 1 => any_deadline()].boxed(),
        "index" => integer(&["0", "1", "-1", "-100", "100", "9223372036854775807", "-9223372036854775808"]),
        "count" => integer(&["0", "1", "2", "3", "-1", "-2", "-3", "1000"]),
        "numkeys" => prop_oneof![4 => decimal(1..5), 1 => any_int()].boxed(),
        "cursor" => prop_oneof![8 => text(&["0"]), 1 => text(&["x", "", "-1", " 0", "18446744073709551616"])].boxed(),
        "pattern" => text(&["*", "", "a*", "*1", "[a-c]", "[^a]", "h?", "\\*", "[", "s1"]),
        "db" => prop_oneof![
            8 => text(DATABASES),
            1 => text(&["16", "-1", "01", "x", "", "2147483648", "-2147483649", "9223372036854775808"]),
        ]
        .boxed(),
        "offset" => text(&["0", "1", "5", "100", "-1", "536870912", "9223372036854775807", "4294967295", "x"]),
        // Nothing between 10,000 and the end: a string of half a gigabyte takes its time.
        "bitoffset" => prop_oneof![
            4 => decimal(0..100),
            2 => text(&["#0", "#1", "#7", "#100"]),
            1 => text(&["-1", "#-1", "#", "x", "", "4294967296", "#4294967296", "9223372036854775807", "#9223372036854775807"]),
        ]
        .boxed(),
        "bit" => prop_oneof![6 => text(&["0", "1"]), 1 => text(&["2", "-1", "x", "", "01"])].boxed(),
        "type" => prop_oneof![
            6 => text(&["u1", "u2", "u8", "i8", "u16", "i16", "i1", "i5", "u63", "i64", "i32", "u33"]),
            1 => text(&["u64", "i65", "u0", "i", "", "x8", "U8", "u08", "u-1", "string", "hash"]),
        ]
        .boxed(),
        "nonsense" => text(&["FOO", "hgett", "", "get ", "\r\n", "lpushx2", "pub", "command|x", "pubsub|numsub"]),
        literal => {
            assert!(literal.contains(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit()), "no kind {literal:?}");
            prop_oneof![20 => Just(literal.into()), 1 => Just(literal.to_lowercase().into_bytes())].boxed()
        }
    }
}

fn text(choices: &'static [&str]) -> BoxedStrategy<Vec<u8>> {
    select(choices).prop_map(|text| text.as_bytes().to_vec()).boxed()
}

fn decimal(range: std::ops::Range<i64>) -> BoxedStrategy<Vec<u8>> {
    range.prop_map(|number| number.to_string().into_bytes()).boxed()
}

/// Integers at the edges, and what is nearly one. No count in here makes a server answer for minutes.
fn any_int() -> BoxedStrategy<Vec<u8>> {
    text(&[
        "0",
        "1",
        "-1",
        "10",
        "9223372036854775807",
        "9223372036854775806",
        "-9223372036854775808",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551615",
        "99999999999999999999999",
        "-0",
        "+1",
        "01",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "0x10",
        "",
        "-",
        "abc",
        "1\0",
    ])
}

fn any_deadline() -> BoxedStrategy<Vec<u8>> {
    text(&[
        "0",
        "-1",
        "9223372036854775807",
        "9223372036854775",
        "-9223372036854775808",
        "9223372036854775808",
        "x",
        "",
        "1.5",
    ])
}

fn any_float() -> BoxedStrategy<Vec<u8>> {
    let nasty = text(&[
        "0",
        "-0",
        "0.1",
        "0.2",
        "-0.3",
        "3.0",
        "1e2",
        "1e-2",
        "1.5e300",
        "1e308",
        "1e400",
        "1e4932",
        "1e-4950",
        "1e-17",
        "5e-18",
        "nan",
        "-nan",
        "inf",
        "-inf",
        "+inf",
        "infinity",
        "0x10",
        "0x1p3",
        "0x",
        "1e",
        ".5",
        "5.",
        ".",
        "-",
        "+1.5",
        " 1",
        "1 ",
        "",
        "abc",
        "1.5abc",
        "123456789.123456789",
        "99999999999999999",
        "9223372036854775807",
        "18446744073709551616",
        "1\0",
    ]);
    let plain = (-1_000_000..1_000_000i64, 0..8).prop_map(|(digits, scale)| {
        let scaled = digits as f64 / 10f64.powi(scale);
        scaled.to_string().into_bytes()
    });
    prop_oneof![nasty, plain].boxed()
}

/// What may stand anywhere.
fn any_value() -> BoxedStrategy<Vec<u8>> {
    prop_oneof![
        4 => text(&["", "a", "hello", "x y", "\r\n", "\0", "42", "-7", "3.5"]),
        1 => prop::collection::vec(any::<u8>(), 0..12),
        1 => any_int(),
        // Too long for the small encodings of hashes and sets.
        1 => (65..80usize).prop_map(|len| vec![b'v'; len]),
        1 => text(&["NX", "XX", "GET", "EX", "PX", "KEEPTTL", "COUNT", "MATCH", "LIMIT", "REPLACE", "WITHVALUES", "BIT", "\u{e9}"]),
    ]
    .boxed()
}
