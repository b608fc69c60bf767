//! Random pipelines: templates of requests, and the few names and values that they are filled with.
//!
//! What Redis leaves to chance is not asked for: the members of a set are told at the end only, no channel has two
//! patterns, and without names only those unsubscribe that have at most one subscription of the kind.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Every key there is.
pub(crate) const KEYS: [&str; 4] = ["a", "b", "h", "s"];
/// The connections of a case, by number.
pub(crate) const CONNECTIONS: [&str; 3] = ["A", "B", "C"];
/// Every database there is.
pub(crate) const DATABASES: [&str; 3] = ["0", "1", "2"];

/// Capitals stand for themselves, `key` and its kin for one of a few words: see [`fill`].
const DATA: &[&str] = &[
    "APPEND key value",
    "BITFIELD key INCRBY u8 0 int GET i4 int",
    "COPY key key REPLACE",
    "COPY key key DB db",
    "DBSIZE",
    "DECRBY key int",
    "DEL key",
    "DEL key key",
    "ECHO value",
    "EXISTS key key",
    "EXPIRE key -1",
    "EXPIREAT key 5000000000",
    "EXPIRETIME key",
    "FLUSHDB",
    "GET key",
    "GETDEL key",
    "GETRANGE key int int",
    "HDEL h value",
    "HGET h value",
    "HGETALL h",
    "HINCRBY h value int",
    "HSET h value int",
    "HSET key value value",
    "INCR key",
    "INCRBY key int",
    "MGET key key",
    "MOVE key db",
    "MSET key value key value",
    "MSETNX key value key value",
    "PERSIST key",
    "PING",
    "PING value",
    "RENAME key key",
    "SADD s int int",
    "SADD key int",
    "SCARD s",
    "SET key int",
    "SET key value",
    "SET key value NX GET",
    "SETRANGE key 3 value",
    "SINTERSTORE key s s",
    "SISMEMBER s int",
    "SMISMEMBER s int int",
    "SREM s int",
    "SWAPDB db db",
    "TYPE key",
];

const TRANSACTIONS: &[&str] =
    &["MULTI", "MULTI", "MULTI", "EXEC", "EXEC", "EXEC", "DISCARD", "WATCH key", "WATCH key key", "UNWATCH"];

const MESSAGES: &[&str] = &[
    "PSUBSCRIBE pattern",
    "PUBLISH channel value",
    "PUBLISH channel value",
    "PUBLISH channel value",
    "PUBSUB NUMPAT",
    "PUBSUB NUMSUB channel",
    "PUBSUB SHARDNUMSUB channel",
    "PUNSUBSCRIBE pattern",
    "SPUBLISH channel value",
    "SSUBSCRIBE channel",
    "SUBSCRIBE channel",
    "SUBSCRIBE channel channel",
    "SUNSUBSCRIBE channel",
    "UNSUBSCRIBE channel",
];

/// Whose replies have no order where there is more than one subscription.
const WITHOUT_NAMES: &[&str] = &["UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"];

const CONNECTION: &[&str] = &[
    "AUTH value",
    "CLIENT GETNAME",
    "CLIENT REPLY OFF",
    "CLIENT REPLY ON",
    "CLIENT REPLY ON",
    "CLIENT REPLY ON",
    "CLIENT REPLY SKIP",
    "CLIENT SETNAME value",
    "HELLO 2",
    "HELLO 2",
    "HELLO 3",
    "HELLO 3",
    "HELLO",
    "RESET",
    "SELECT db",
    "SELECT db",
];

const ERRORS: &[&str] = &[
    "CLIENT FOO",
    "CLIENT REPLY value",
    "DISCARD a",
    "EXEC a",
    "FOO value",
    "GET",
    "HELLO 9",
    "HELLO 3 value",
    "INCR key value",
    "MULTI a",
    "RESET a",
    "SELECT 99",
    "SELECT x",
    "SET key",
    "SUBSCRIBE",
    "WATCH",
];

/// After each of these the server closes.
const LAST_WORDS: &[&str] = &["QUIT\r\n", "*1\r\n+4\r\n", "*x\r\n", "GET \"a\r\n", "*2\r\n$3\r\nGET\r\n$-1\r\n"];

/// A pipeline on one of the connections.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) on: usize,
    requests: Vec<Vec<u8>>,
    cuts: Vec<Index>,
}

impl Step {
    /// What is written at a time; the marker is the end of it.
    pub(crate) fn pieces(&self, marker: &str) -> Vec<Vec<u8>> {
        let marker = format!("*2\r\n$11\r\nUNSUBSCRIBE\r\n${}\r\n{marker}\r\n", marker.len());
        let bytes = [&self.requests.concat()[..], marker.as_bytes()].concat();
        let mut cuts: Vec<usize> = self.cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        cuts.windows(2).map(|piece| bytes[piece[0]..piece[1]].to_vec()).filter(|piece| !piece.is_empty()).collect()
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", CONNECTIONS[self.on])?;
        self.requests.iter().try_for_each(|request| write!(f, " {}", request.escape_ascii()))?;
        write!(f, " in {} pieces", self.cuts.len() + 1)
    }
}

/// A case: up to sixteen steps.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    any::<bool>().prop_flat_map(|is_narrow| prop::collection::vec(step(is_narrow), 1..=16)).prop_map(|mut steps| {
        for on in 0..CONNECTIONS.len() {
            hear_of_others_only(steps.iter_mut().filter(|step| step.on == on).collect());
            stay_where_nothing_is_answered(steps.iter_mut().filter(|step| step.on == on).collect());
        }
        steps
    })
}

fn step(is_narrow: bool) -> impl Strategy<Value = Step> {
    let cuts = prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec(any::<Index>(), 1..4)];
    let requests = prop::collection::vec(request(is_narrow), 1..=8);
    (0..CONNECTIONS.len(), requests, cuts).prop_map(|(on, requests, cuts)| Step { on, requests, cuts })
}

/// Takes the subscriptions to events from a connection that ever speaks RESP3 or has transactions, where it would hear
/// of its own commands: Redis tells of some before their replies and of some after, see docs/compatibility.md.
fn hear_of_others_only(steps: Vec<&mut Step>) {
    let is_resp3 = |request: &Vec<u8>| contains(request, b"HELLO") && request.contains(&b'3');
    let hears_itself = |request: &Vec<u8>| is_resp3(request) || contains(request, b"MULTI");
    if steps.iter().any(|step| step.requests.iter().any(hears_itself)) {
        for step in steps {
            step.requests.retain(|request| !contains(request, b"__key"));
        }
    }
}

/// Takes the last words from a connection that ever goes without answers: a Redis closes once the last answer is
/// written, and where there is none it leaves the connection open, see docs/compatibility.md.
fn stay_where_nothing_is_answered(steps: Vec<&mut Step>) {
    let is_silenced = |request: &Vec<u8>| contains(request, b"OFF") || contains(request, b"SKIP");
    if steps.iter().any(|step| step.requests.iter().any(is_silenced)) {
        for step in steps {
            step.requests.retain(|request| !LAST_WORDS.iter().any(|words| words.as_bytes() == request));
        }
    }
}

fn contains(request: &[u8], word: &[u8]) -> bool {
    request.windows(word.len()).any(|window| window == word)
}

/// One request, as an array or as a line. In a narrow case there is one channel and one pattern.
fn request(is_narrow: bool) -> impl Strategy<Value = Vec<u8>> {
    let without_names = if is_narrow { WITHOUT_NAMES } else { &["PING"] };
    let template = prop_oneof![
        30 => select(DATA),
        18 => select(TRANSACTIONS),
        18 => select(MESSAGES),
        2 => select(without_names),
        10 => select(CONNECTION),
        5 => select(ERRORS),
    ];
    let filled = (template, prop::collection::vec(any::<u8>(), 4), prop::bool::weighted(0.2)).prop_map(
        move |(template, picks, is_inline)| {
            let mut picks = picks.into_iter().map(usize::from);
            let words = template.split(' ').map(|word| fill(word, picks.next().unwrap_or_default(), is_narrow));
            packed(&words.collect::<Vec<_>>(), is_inline)
        },
    );
    let last = select(LAST_WORDS).prop_map(|words| words.as_bytes().to_vec());
    prop_oneof![80 => filled, 1 => last]
}

fn fill(word: &'static str, pick: usize, is_narrow: bool) -> &'static str {
    let of = |words: &[&'static str]| words[pick % words.len()];
    match word {
        "key" => of(&KEYS),
        "db" => of(&DATABASES),
        "value" => of(&["x", "y", "", "7", "\r\n", "\0\u{e9}"]),
        "int" => of(&["0", "1", "2", "-3", "9223372036854775807"]),
        "channel" if is_narrow => "c1",
        "channel" => of(&["c1", "c2"]),
        "pattern" if is_narrow => of(&["c*"]),
        "pattern" => of(&["c*", "__key*", "x"]),
        literal => literal,
    }
}

fn packed(words: &[&str], is_inline: bool) -> Vec<u8> {
    if is_inline {
        let words = words.iter().map(|word| format!("\"{}\"", word.as_bytes().escape_ascii()));
        return [words.collect::<Vec<_>>().join(" ").as_bytes(), b"\r\n"].concat();
    }
    let words = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    format!("*{}\r\n{}", words.len(), words.collect::<String>()).into_bytes()
}
