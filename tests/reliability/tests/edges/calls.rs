//! The calls of each row of the command table that takes an integer, and the integers that they are tried with.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use embroker_core::table;

/// The integers that every place is tried with, and what is nearly one.
pub(crate) const EDGES: &[&str] = &[
    "0",
    "9223372036854775807",
    "-9223372036854775808",
    "-1",
    "9223372036854775808",
    "4294967296",
    "1",
    "-9223372036854775809",
    "2147483648",
    "9223372036854775806",
    "2147483647",
    "-9223372036854775807",
    "18446744073709551616",
    "-2147483649",
    "4294967295",
    "4611686018427387904",
    "9223372036854776",
    "18446744073709551615",
    "-2147483648",
    "9223372036854775",
    "-4611686018427387905",
    "01",
    "8388608",
    "+1",
    "-0",
    "1048576",
    "1.0",
    "\"\"",
    "1e3",
    "99999999999999999999999999",
    "0x10",
    "-9223372036854775",
    "1152921504606846976",
];

/// What an integer is for, which bounds those that can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any.
    Int,
    /// A time from now: none that would pass while the test runs.
    Ttl,
    /// A point in time: none near now.
    At,
    /// How many lots are drawn: Redis answers as many as it is asked for, see docs/compatibility.md.
    Draw,
    /// The id of a client: none that there may be.
    Id,
    /// Where only what is refused can be compared, and 0.
    Refused,
    /// A time to sleep, as C reads a number: none.
    Sleep,
}

impl Kind {
    /// The kind that a word of a template names, with what stands before and behind it.
    pub(crate) fn of(word: &str) -> Option<(&str, Self, &str)> {
        let (start, end) = (word.find('{')?, word.find('}')?);
        let kind = match &word[start + 1..end] {
            "int" => Self::Int,
            "ttl" => Self::Ttl,
            "at" => Self::At,
            "draw" => Self::Draw,
            "id" => Self::Id,
            "refused" => Self::Refused,
            "sleep" => Self::Sleep,
            other => panic!("there is no kind {other}"),
        };
        Some((&word[..start], kind, &word[end + 1..]))
    }

    /// The integer, or another one where this one can't be compared.
    pub(crate) fn allowed(self, text: &str) -> String {
        let number = text.parse::<i64>().ok();
        let other = match (self, number) {
            (Self::Ttl, Some(1..=300_000)) => "100000000",
            (Self::At, Some(1_000_000_000..=2_100_000_000)) => "2147483648",
            (Self::At, Some(1_000_000_000_000..=2_100_000_000_000)) => "2147483648000",
            (Self::Draw, Some(number)) if number < -300 && number > i64::MIN => "-3",
            (Self::Id, Some(1..=1_000_000)) => "1000001",
            (Self::Refused, Some(1..)) => "-1",
            (Self::Sleep, _) if text.starts_with("0x") || text.parse::<f64>().is_ok_and(|time| time > 0.0) => "-1",
            _ => text,
        };
        other.to_owned()
    }
}

/// The calls by row. `k` is a number, `t` a text, `d` has a deadline, `n` is not there; `h` is a hash, `s`, `i` and
/// `j` are sets; `one` is a hash of one field.
pub(crate) const CALLS: &[(&str, &[&str])] = &[
    ("acl|genpass", &["ACL GENPASS {refused}"]),
    ("acl|log", &["ACL LOG {int}"]),
    ("bitcount", &["BITCOUNT k {int} {int}", "BITCOUNT t {int} {int} BIT", "BITCOUNT n {int} {int} BYTE"]),
    (
        "bitfield",
        &[
            "BITFIELD k GET u8 {int}",
            "BITFIELD k GET i64 #{int}",
            "BITFIELD k SET u63 {int} 1",
            "BITFIELD n SET i5 #{int} -1",
            "BITFIELD n SET u8 0 {int}",
            "BITFIELD n SET i64 3 {int}",
            "BITFIELD k INCRBY i64 0 {int}",
            "BITFIELD k OVERFLOW SAT INCRBY i64 0 {int} INCRBY i64 0 {int}",
            "BITFIELD k OVERFLOW FAIL INCRBY u63 1 {int} INCRBY u63 1 {int}",
            "BITFIELD n OVERFLOW SAT SET i8 0 {int} GET u8 0",
            "BITFIELD k GET u{int} 0",
            "BITFIELD k GET i{int} 0",
        ],
    ),
    ("bitfield_ro", &["BITFIELD_RO k GET u8 {int}", "BITFIELD_RO k GET i64 #{int}", "BITFIELD_RO k GET i{int} 0"]),
    (
        "bitpos",
        &[
            "BITPOS k {int}",
            "BITPOS k 1 {int}",
            "BITPOS t 0 {int} {int}",
            "BITPOS t 1 {int} {int} BIT",
            "BITPOS n 0 {int} {int}",
        ],
    ),
    ("client|kill", &["CLIENT KILL ID {id}"]),
    ("client|list", &["CLIENT LIST ID {id}"]),
    ("client|pause", &["CLIENT PAUSE {refused}"]),
    ("client|unblock", &["CLIENT UNBLOCK {id}"]),
    ("command|getkeys", &["COMMAND GETKEYS SINTERCARD {int} a b c", "COMMAND GETKEYS FCALL f {int} a b"]),
    ("command|getkeysandflags", &["COMMAND GETKEYSANDFLAGS SINTERCARD {int} a b c"]),
    (
        "config|set",
        &[
            "CONFIG SET slowlog-max-len {int}",
            "CONFIG SET hash-max-listpack-entries {int}; HSET e f 1; OBJECT ENCODING e; CONFIG SET hash-max-listpack-entries 128",
            "CONFIG SET maxmemory-samples {int}",
            "CONFIG SET hz {int}; CONFIG GET hz",
            "CONFIG SET lfu-log-factor {int}; CONFIG GET lfu-log-factor",
            "CONFIG SET timeout {ttl}",
            "CONFIG SET databases {int}",
            "CONFIG SET slowlog-log-slower-than {ttl}",
        ],
    ),
    ("copy", &["COPY k n DB {int}", "COPY d k DB {int} REPLACE", "COPY n k DB {int}"]),
    ("debug", &["DEBUG SET-ACTIVE-EXPIRE {int}; DEBUG SET-ACTIVE-EXPIRE 1", "DEBUG SLEEP {sleep}"]),
    ("decr", &["SET k {int}; DECR k"]),
    ("decrby", &["DECRBY k {int}", "DECRBY n {int}", "SET k {int}; DECRBY k {int}"]),
    ("evalsha", &["EVALSHA x {int} k"]),
    ("evalsha_ro", &["EVALSHA_RO x {int} k"]),
    (
        "expire",
        &[
            "EXPIRE k {ttl}",
            "EXPIRE d {ttl} GT",
            "EXPIRE d {ttl} LT",
            "EXPIRE k {ttl} LT",
            "EXPIRE k {ttl} NX",
            "EXPIRE d {ttl} XX",
            "EXPIRE n {ttl}",
        ],
    ),
    ("expireat", &["EXPIREAT k {at}", "EXPIREAT d {at} GT", "EXPIREAT d {at} LT", "EXPIREAT k {at} GT; EXPIRETIME k"]),
    ("fcall", &["FCALL f {int} k"]),
    ("fcall_ro", &["FCALL_RO f {int} k"]),
    ("getbit", &["GETBIT k {int}", "GETBIT n {int}"]),
    ("getex", &["GETEX k EX {ttl}", "GETEX k PX {ttl}", "GETEX d EXAT {at}", "GETEX d PXAT {at}", "GETEX n EX {ttl}"]),
    ("getrange", &["GETRANGE t {int} {int}", "GETRANGE k {int} -1", "GETRANGE n {int} {int}"]),
    ("hello", &["HELLO {int}"]),
    ("hincrby", &["HINCRBY h f {int}", "HINCRBY n f {int}; DEL n", "HSET h f {int}; HINCRBY h f {int}"]),
    ("hincrbyfloat", &["HINCRBYFLOAT h f {int}", "HSET h f {int}; HINCRBYFLOAT h f {int}"]),
    (
        "hrandfield",
        &["HRANDFIELD one {draw}", "HRANDFIELD one {draw} WITHVALUES", "HRANDFIELD n {draw}", "HRANDFIELD k {draw}"],
    ),
    ("hscan", &["HSCAN h 0 COUNT {int}", "HSCAN h {int}", "HSCAN n {int} COUNT {int}"]),
    ("hset", &["HSET h {int} {int}; HDEL h {int}"]),
    ("incr", &["SET k {int}; INCR k", "SET d {int} KEEPTTL; INCR d"]),
    ("incrby", &["INCRBY k {int}", "INCRBY n {int}", "SET k {int}; INCRBY k {int}"]),
    ("incrbyfloat", &["INCRBYFLOAT k {int}", "SET k {int}; INCRBYFLOAT k {int}"]),
    ("memory|usage", &["MEMORY USAGE missing SAMPLES {int}"]),
    ("move", &["MOVE k {int}", "MOVE n {int}"]),
    ("pexpire", &["PEXPIRE k {ttl}", "PEXPIRE d {ttl} GT", "PEXPIRE d {ttl} LT", "PEXPIRE k {ttl} LT"]),
    (
        "pexpireat",
        &["PEXPIREAT k {at}", "PEXPIREAT d {at} GT", "PEXPIREAT d {at} LT", "PEXPIREAT k {at}; PEXPIRETIME k"],
    ),
    ("psetex", &["PSETEX k {ttl} v", "PSETEX n {ttl} v"]),
    (
        "sadd",
        &["SADD i {int}", "SADD i {int} {int}; SREM i {int}; SISMEMBER i {int}", "SADD n {int}; SMEMBERS n; DEL n"],
    ),
    // From a cursor that the server never gave, what is found goes by where its keys happen to lie.
    (
        "scan",
        &["SELECT 5; FLUSHDB; SCAN 0 COUNT {int}; SELECT 0", "SELECT 5; FLUSHDB; SCAN {int} COUNT {int}; SELECT 0"],
    ),
    ("select", &["SELECT {int}; SET n 1"]),
    (
        "set",
        &[
            "SET k v EX {ttl}",
            "SET k v PX {ttl}",
            "SET k v EXAT {at}",
            "SET n v PXAT {at}",
            "SET k v NX EX {ttl}",
            "SET n v GET EX {ttl}",
            "SET k {int}; GET k; OBJECT ENCODING k",
        ],
    ),
    ("setbit", &["SETBIT k {int} 1", "SETBIT k 3 {int}", "SETBIT n {int} 0"]),
    ("setex", &["SETEX k {ttl} v", "SETEX n {ttl} v"]),
    ("setrange", &["SETRANGE t {int} xy", "SETRANGE n {int} x", "SETRANGE n {int} \"\"", "SETRANGE k {int} \"\""]),
    ("sintercard", &["SINTERCARD {int} i s", "SINTERCARD 2 i i LIMIT {int}", "SINTERCARD {int} i LIMIT {int}"]),
    (
        "sismember",
        &["SISMEMBER i {int}", "SMISMEMBER i {int} {int}", "SMOVE i n {int}; SMEMBERS n; DEL n", "SREM i {int}"],
    ),
    ("slowlog|get", &["SLOWLOG GET {int}"]),
    ("spop", &["SPOP s {int}", "SPOP n {int}", "SPOP k {int}"]),
    ("srandmember", &["SRANDMEMBER s {draw}", "SRANDMEMBER n {draw}", "SRANDMEMBER k {draw}"]),
    ("sscan", &["SSCAN j 0 COUNT {int}", "SSCAN j {int}", "SSCAN n {int} COUNT {int}"]),
    ("substr", &["SUBSTR t {int} {int}"]),
    ("swapdb", &["SWAPDB {int} 0; SWAPDB 0 {int}", "SWAPDB 1 {int}; SWAPDB {int} 1"]),
    ("wait", &["WAIT 0 {refused}", "WAIT {refused} 1"]),
];

/// The rows that take no integer, and LOLWUT, whose pictures are Redis's own.
const WITHOUT: &[&str] = &[
    "acl",
    "acl|cat",
    "acl|deluser",
    "acl|dryrun",
    "acl|getuser",
    "acl|help",
    "acl|list",
    "acl|load",
    "acl|save",
    "acl|setuser",
    "acl|users",
    "acl|whoami",
    "append",
    "auth",
    "bitop",
    "client",
    "client|caching",
    "client|getname",
    "client|getredir",
    "client|help",
    "client|id",
    "client|info",
    "client|no-evict",
    "client|reply",
    "client|setname",
    "client|tracking",
    "client|trackinginfo",
    "client|unpause",
    "command",
    "command|count",
    "command|docs",
    "command|help",
    "command|info",
    "command|list",
    "config",
    "config|get",
    "config|help",
    "config|resetstat",
    "config|rewrite",
    "dbsize",
    "del",
    "discard",
    "echo",
    "exec",
    "exists",
    "expiretime",
    "flushall",
    "flushdb",
    "function",
    "function|delete",
    "function|dump",
    "function|flush",
    "function|help",
    "function|kill",
    "function|list",
    "function|stats",
    "get",
    "getdel",
    "getset",
    "hdel",
    "hexists",
    "hget",
    "hgetall",
    "hkeys",
    "hlen",
    "hmget",
    "hmset",
    "hsetnx",
    "hstrlen",
    "hvals",
    "info",
    "keys",
    "lastsave",
    "latency",
    "latency|doctor",
    "latency|graph",
    "latency|help",
    "latency|histogram",
    "latency|history",
    "latency|latest",
    "latency|reset",
    "lolwut",
    "memory",
    "memory|doctor",
    "memory|help",
    "memory|malloc-stats",
    "memory|purge",
    "memory|stats",
    "mget",
    "module",
    "module|help",
    "module|list",
    "monitor",
    "mset",
    "msetnx",
    "multi",
    "object",
    "object|encoding",
    "object|freq",
    "object|help",
    "object|idletime",
    "object|refcount",
    "persist",
    "pexpiretime",
    "ping",
    "psubscribe",
    "pttl",
    "publish",
    "pubsub",
    "pubsub|channels",
    "pubsub|help",
    "pubsub|numpat",
    "pubsub|numsub",
    "pubsub|shardchannels",
    "pubsub|shardnumsub",
    "punsubscribe",
    "quit",
    "randomkey",
    "rename",
    "renamenx",
    "reset",
    "role",
    "scard",
    "script",
    "script|exists",
    "script|flush",
    "script|help",
    "script|kill",
    "sdiff",
    "sdiffstore",
    "setnx",
    "shutdown",
    "sinter",
    "sinterstore",
    "slowlog",
    "slowlog|help",
    "slowlog|len",
    "slowlog|reset",
    "smembers",
    "smismember",
    "smove",
    "spublish",
    "srem",
    "ssubscribe",
    "strlen",
    "subscribe",
    "sunion",
    "sunionstore",
    "sunsubscribe",
    "time",
    "touch",
    "ttl",
    "type",
    "unlink",
    "unsubscribe",
    "unwatch",
    "watch",
];

/// Fails where a row of the table has neither calls nor a place among those that take no integer.
pub(crate) fn complete() -> Result<()> {
    let with: BTreeSet<&str> = CALLS.iter().map(|(name, _)| *name).collect();
    let without: BTreeSet<&str> = WITHOUT.iter().copied().collect();
    ensure!(with.is_disjoint(&without), "{:?} are in both", with.intersection(&without));
    let all: BTreeSet<&str> = table::all().map(|spec| spec.name).collect();
    let told: BTreeSet<&str> = with.union(&without).copied().collect();
    ensure!(all.is_subset(&told), "add their calls: {:?}", all.difference(&told));
    ensure!(told.is_subset(&all), "there are no such rows: {:?}", told.difference(&all));
    for (name, calls) in CALLS {
        let has_integers = calls.iter().all(|call| call.split(' ').any(|word| Kind::of(word).is_some()));
        ensure!(has_integers, "{name} has calls without an integer");
    }
    Ok(())
}
