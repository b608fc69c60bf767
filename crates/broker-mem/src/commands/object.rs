//! OBJECT: how Redis would keep a value, and when its key was last used. To ask is no use of the key.

use embroker_core::Value;
use embroker_core::commands::ObjectCommand;
use embroker_core::error::texts;
use embroker_core::instance::config::Parameter;

use super::{Handler, help, unknown_subcommand};
use crate::Reply;
use crate::args::Args;
use crate::keyspace::{Entry, Object, ObjectKind as _, Tx};
use crate::objects::Str;

/// What Redis counts for an object that it never frees: the numbers that all keys share.
const SHARED: i64 = i32::MAX as i64;

/// `OBJECT HELP`.
const HELP: [&str; 15] = [
    "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "ENCODING <key>",
    "    Return the kind of internal representation used in order to store the value",
    "    associated with a <key>.",
    "FREQ <key>",
    "    Return the access frequency index of the <key>. The returned integer is",
    "    proportional to the logarithm of the recent access frequency of the key.",
    "IDLETIME <key>",
    "    Return the idle time of the <key>, that is the approximated number of",
    "    seconds elapsed since the last access to the key.",
    "REFCOUNT <key>",
    "    Return the number of references of the value associated with the specified",
    "    <key>.",
    "HELP",
    "    Prints this help.",
];

pub(super) fn handler(command: ObjectCommand) -> Handler {
    match command {
        ObjectCommand::Object => |_, args| unknown_subcommand(args, "object"),
        ObjectCommand::ObjectEncoding => encoding,
        ObjectCommand::ObjectFreq => freq,
        ObjectCommand::ObjectHelp => |_, _| help(&HELP),
        ObjectCommand::ObjectIdleTime => idletime,
        ObjectCommand::ObjectRefCount => refcount,
    }
}

/// `OBJECT ENCODING key`: how Redis would keep the value.
fn encoding(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(tx.get(&args[0]).map(|entry| entry.object.encoding()).into())
}

/// `OBJECT FREQ key`: an error, unless `maxmemory-policy` asks for a count of uses. There is none here even then, so
/// that every key has the count of a new one.
fn freq(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    /// What Redis gives a new key, so that it is not evicted at once.
    const INITIAL: i64 = 5;

    match tx.exists(&args[0]) {
        false => Ok(Value::Null),
        true if policy(tx).ends_with("-lfu") => Ok(INITIAL.into()),
        true => Err(texts::FREQ_NOT_TRACKED.into()),
    }
}

/// `OBJECT IDLETIME key`: for how many seconds the key was not used. An error where `maxmemory-policy` asks for a count
/// of uses, which Redis keeps in place of the time.
fn idletime(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let Some(entry) = tx.get(&args[0]) else { return Ok(Value::Null) };
    if policy(tx).ends_with("-lfu") {
        return Err(texts::IDLE_NOT_TRACKED.into());
    }
    Ok(idle_seconds(tx, entry).into())
}

/// `OBJECT REFCOUNT key`: 1, but for a number that Redis shares among keys.
fn refcount(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(tx.get(&args[0]).map(|entry| references(tx, &entry.object)).into())
}

/// The seconds since the last use.
pub(super) fn idle_seconds(tx: &Tx<'_>, entry: &Entry) -> i64 {
    tx.engine().now_s().saturating_sub(entry.last_used()).into()
}

/// How many keys share the value. Redis shares no numbers where it needs to know how each is used, to evict some.
pub(super) fn references(tx: &Tx<'_>, object: &Object) -> i64 {
    let is_shared = Str::of(object).is_some_and(Str::is_shared_number);
    let config = tx.engine().instance.config();
    let evicts =
        config.number(Parameter::MaxMemory) > 0 && (policy(tx).ends_with("-lru") || policy(tx).ends_with("-lfu"));
    if is_shared && !evicts { SHARED } else { 1 }
}

/// `maxmemory-policy`.
fn policy(tx: &Tx<'_>) -> &'static str {
    tx.engine().instance.config().choice(Parameter::MaxMemoryPolicy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::testing::Bench;

    /// Runs each line, and says which one leaves `k` in another encoding.
    fn encodings(bench: &Bench, lines: &[(&str, &str)]) {
        for (line, encoding) in lines {
            bench.run(line);
            assert_eq!(bench.run("OBJECT ENCODING k"), format!("{encoding:?}"), "{line}");
        }
    }

    /// `command` with the numbers of a range behind it.
    fn with_numbers(command: &str, numbers: std::ops::Range<usize>) -> String {
        numbers.fold(command.to_owned(), |line, number| format!("{line} {number}"))
    }

    #[test]
    fn a_string_is_kept_by_what_wrote_it() {
        let (short, long) = (format!("SET k {}", "x".repeat(44)), format!("SET k {}", "x".repeat(45)));
        encodings(
            &Bench::new(),
            &[
                ("SET k 12", "int"),
                ("APPEND k ''", "raw"),
                ("INCR k", "int"),
                ("SETRANGE k 0 ''", "int"),
                ("SETRANGE k 0 1", "raw"),
                ("GETSET k -9223372036854775808", "int"),
                ("SETEX k 100 -9223372036854775809", "embstr"),
                ("MSET k 007", "embstr"),
                ("SET k 1", "int"),
                ("INCRBYFLOAT k 2", "embstr"),
                (&short, "embstr"),
                (&long, "raw"),
                ("SET k 1", "int"),
                ("BITFIELD k GET u8 0", "int"),
                ("BITFIELD k OVERFLOW FAIL INCRBY u2 0 100", "raw"),
                ("SET k 1", "int"),
                ("SETBIT k 0 0", "raw"),
                ("BITOP AND k k", "raw"),
            ],
        );
    }

    #[test]
    fn a_collection_grows_out_of_its_small_encoding_for_good() {
        let fields = with_numbers("HSET k", 0..1024);
        let long = format!("HSET k f {}", "x".repeat(65));
        let members = with_numbers("SADD k", 0..512);
        encodings(
            &Bench::new(),
            &[
                (&fields, "listpack"),
                ("HSET k one more", "hashtable"),
                ("HDEL k one 0 2 4", "hashtable"),
                ("COPY k other", "hashtable"),
                ("RENAME other k", "hashtable"),
            ],
        );
        encodings(&Bench::new(), &[("HSET k f 1", "listpack"), (&long, "hashtable"), ("HSET k f 1", "hashtable")]);
        encodings(
            &Bench::new(),
            &[
                (&members, "intset"),
                ("SADD k 512", "hashtable"),
                ("SREM k 512", "hashtable"),
                ("SUNIONSTORE k k", "intset"),
                ("SADD k x", "hashtable"),
                ("SDIFFSTORE k k none", "hashtable"),
                ("SREM k x", "hashtable"),
                ("SPOP k 400", "hashtable"),
                ("SPOP k 100", "intset"),
            ],
        );
    }

    #[test]
    fn numbers_from_0_to_9999_are_shared_unless_they_were_copied() {
        Bench::new().expect(&[
            ("MSET a 0 b 9999 c 10000 d -1 e x", "+OK"),
            ("OBJECT REFCOUNT a", "2147483647"),
            ("OBJECT REFCOUNT b", "2147483647"),
            ("OBJECT REFCOUNT c", "1"),
            ("OBJECT REFCOUNT d", "1"),
            ("OBJECT REFCOUNT e", "1"),
            ("DECR c", "9999"),
            ("OBJECT REFCOUNT c", "2147483647"),
            ("COPY c f", "1"),
            ("OBJECT REFCOUNT f", "1"),
            ("GET f", r#""9999""#),
            ("RENAME c g", "+OK"),
            ("OBJECT REFCOUNT g", "2147483647"),
            ("OBJECT REFCOUNT none", "null"),
        ]);
    }

    #[test]
    fn a_key_is_idle_until_it_is_used() {
        let bench = Bench::new();
        bench.expect(&[("SET k v", "+OK"), ("SADD s a", "1")]);
        let idle = ["EXISTS k", "TYPE k", "TTL k", "PTTL k", "EXPIRETIME k", "PEXPIRETIME k", "KEYS *", "RANDOMKEY"];
        let idle = idle.into_iter().chain(["SCAN 0 TYPE string", "OBJECT ENCODING k", "MEMORY USAGE k", "DBSIZE"]);
        for line in idle {
            bench.run(line);
            bench.advance(1000);
        }
        bench.expect(&[("OBJECT IDLETIME k", "12"), ("OBJECT FREQ none", "null"), ("OBJECT IDLETIME none", "null")]);
        bench.run("GET k");
        let used =
            ["GET k", "TOUCH k", "STRLEN k", "APPEND k x", "EXPIRE k 100 XX", "PERSIST k", "SETNX k v", "HGET k f"];
        let used = used.into_iter().chain(["COPY k copy", "COPY s k", "RENAMENX s k", "SET k v NX", "MGET k"]);
        for line in used {
            bench.advance(7000);
            assert_eq!(bench.run("OBJECT IDLETIME k"), "7", "before {line}");
            bench.run(line);
            assert_eq!(bench.run("OBJECT IDLETIME k"), "0", "{line}");
        }
        bench.advance(5000);
        bench.expect(&[("RENAME k l", "+OK"), ("OBJECT IDLETIME l", "0")]);
    }

    #[test]
    fn a_policy_that_counts_uses_keeps_no_time_and_shares_no_numbers() {
        let bench = Bench::new();
        let config = bench.engine.instance.config();
        bench.run("SET k 1");
        assert_eq!(bench.run("OBJECT FREQ k"), texts::FREQ_NOT_TRACKED.to_string());
        config.set([("maxmemory-policy", "allkeys-lfu")]).unwrap();
        bench.expect(&[("OBJECT FREQ k", "5"), ("OBJECT FREQ none", "null"), ("OBJECT IDLETIME none", "null")]);
        assert_eq!(bench.run("OBJECT IDLETIME k"), texts::IDLE_NOT_TRACKED.to_string());
        for (policy, count) in [("allkeys-lfu", "1"), ("volatile-lru", "1"), ("volatile-ttl", "2147483647")] {
            config.set([("maxmemory", "100mb"), ("maxmemory-policy", policy)]).unwrap();
            bench.expect(&[("SET k 1", "+OK"), ("OBJECT REFCOUNT k", count)]);
        }
    }

    #[test]
    fn the_limits_of_small_collections_can_be_set() {
        let bench = Bench::new();
        let config = bench.engine.instance.config();
        bench.expect(&[("HSET k a 1 b 2 c 3", "3"), ("SADD s 1 2 3", "3")]);
        config.set([("hash-max-listpack-entries", "2"), ("set-max-intset-entries", "2")]).unwrap();
        bench.expect(&[
            ("OBJECT ENCODING k", r#""listpack""#),
            ("OBJECT ENCODING s", r#""intset""#),
            ("HSET k a 1", "0"),
            ("SADD s 1", "0"),
            ("OBJECT ENCODING k", r#""hashtable""#),
            ("OBJECT ENCODING s", r#""intset""#),
            ("SADD s 4", "1"),
            ("OBJECT ENCODING s", r#""hashtable""#),
        ]);
    }

    #[test]
    fn a_second_is_one_of_the_clock_and_not_one_that_has_passed() {
        let bench = Bench::new();
        bench.advance(999);
        bench.run("SET k v");
        bench.advance(1);
        bench.expect(&[("OBJECT IDLETIME k", "1")]);
    }
}
