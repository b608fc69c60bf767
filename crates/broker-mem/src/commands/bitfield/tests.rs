//! The handlers, whole: replies and their order of checks, what is stored, who is told, and the deadline.

use std::sync::Arc;

use embroker_core::instance::config::Config;
use embroker_core::{Command, Pipeline, Value, WatchBackend as _};

use crate::clock::ManualClock;
use crate::engine::Engine;
use crate::keyspace::Tx;
use crate::objects::{Hash, Str, Text};
use crate::watch::MemWatch;

/// An empty broker, whose clock stands at 1 s.
fn new_broker() -> Arc<Engine> {
    Arc::new(Engine::new(Box::new(ManualClock::at(1_000)), Some(7), Config::new()))
}

/// What a command answers: a value as it is debugged, or an error's text.
fn run(broker: &Engine, command: &str) -> String {
    match broker.run(0, &Command::from_argv(command.split(' ')).unwrap()) {
        Ok(value) => format!("{value:?}"),
        Err(error) => error.to_string(),
    }
}

/// Works on one key without a command.
fn with_key<T>(broker: &Engine, key: &str, work: impl FnOnce(&mut Tx<'_>, &[u8]) -> T) -> T {
    let keyspace = broker.databases.get(0);
    work(&mut Tx::new(broker, keyspace, keyspace.latch_one(key.as_bytes())), key.as_bytes())
}

fn put(broker: &Engine, key: &str, text: &[u8]) {
    with_key(broker, key, |tx, key| tx.put(key, Str::new(&Text::from(text))));
}

fn put_hash(broker: &Engine, key: &str) {
    with_key(broker, key, |tx, key| tx.put(key, Hash::default()));
}

fn text(broker: &Engine, key: &str) -> Option<Vec<u8>> {
    with_key(broker, key, |tx, key| tx.read::<Str>(key).unwrap().map(|string| string.text().to_vec()))
}

#[track_caller]
fn check(broker: &Engine, cases: &[(&str, &str)]) {
    for (command, reply) in cases {
        assert_eq!(run(broker, command), *reply, "{command}");
    }
}

const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";
const BIT_OFFSET: &str = "ERR bit offset is not an integer or out of range";
const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";

#[test]
fn a_bit_is_set_and_read_and_the_string_grows_to_it() {
    let broker = new_broker();
    check(&broker, &[("SETBIT k 7 1", "0"), ("SETBIT k 7 1", "1"), ("SETBIT k 17 0", "0"), ("SETBIT k 0 1", "0")]);
    assert_eq!(text(&broker, "k").unwrap(), [0x81, 0, 0]);
    check(&broker, &[("GETBIT k 0", "1"), ("GETBIT k 1", "0"), ("GETBIT k 24", "0"), ("GETBIT k 4294967295", "0")]);
}

#[test]
fn a_number_is_changed_as_its_text() {
    let broker = new_broker();
    put(&broker, "k", b"5");
    check(&broker, &[("SETBIT k 7 0", "1"), ("BITFIELD k INCRBY u8 0 5", "[57]")]);
    assert_eq!(text(&broker, "k").unwrap(), b"9");
}

#[test]
fn a_bit_is_checked_as_offset_then_value_then_type() {
    let broker = new_broker();
    put_hash(&broker, "h");
    check(
        &broker,
        &[
            ("SETBIT h x 2", BIT_OFFSET),
            ("SETBIT h -1 1", BIT_OFFSET),
            ("SETBIT h 4294967296 1", BIT_OFFSET),
            ("SETBIT h 0 2", "ERR bit is not an integer or out of range"),
            ("SETBIT h 0 01", "ERR bit is not an integer or out of range"),
            ("SETBIT h 0 1", WRONG_TYPE),
            ("GETBIT h 99999999999", BIT_OFFSET),
            ("GETBIT h #0", BIT_OFFSET),
            ("GETBIT h 0", WRONG_TYPE),
        ],
    );
}

#[test]
fn the_last_bit_of_512_mb_can_be_set() {
    let broker = new_broker();
    check(&broker, &[("SETBIT k 4294967295 1", "0"), ("GETBIT k 4294967295", "1"), ("BITPOS k 1 -1", "4294967295")]);
    let len = with_key(&broker, "k", |tx, key| tx.read::<Str>(key).unwrap().map(Str::len));
    assert_eq!(len, Some(512 << 20));
}

#[test]
fn the_ticket_shop_counts_by_hour() {
    let broker = new_broker();
    check(
        &broker,
        &[
            ("BITFIELD sales INCRBY u8 144 3", "[3]"),
            ("BITFIELD sales INCRBY u8 144 4 INCRBY u8 192 1", "[7, 1]"),
            ("BITFIELD sales GET u8 #18 GET u8 #24 GET u8 #25", "[7, 1, 0]"),
            ("BITFIELD_RO sales GET u16 #9", "[1792]"),
        ],
    );
    assert_eq!(text(&broker, "sales").unwrap().len(), 25);
}

#[test]
fn fields_overflow_as_the_last_overflow_word_says() {
    let broker = new_broker();
    check(
        &broker,
        &[
            ("BITFIELD a SET u8 0 255 INCRBY u8 0 1 INCRBY u8 0 -1", "[0, 0, 255]"),
            ("BITFIELD a OVERFLOW SAT INCRBY u8 0 9 OVERFLOW FAIL INCRBY u8 0 1 GET u8 0", "[255, null, 255]"),
            ("BITFIELD a OVERFLOW FAIL OVERFLOW wrap SET u8 0 256", "[255]"),
            ("BITFIELD b OVERFLOW SAT SET i8 0 200 SET i8 0 -200 GET i8 0", "[0, 127, -128]"),
            ("BITFIELD b OVERFLOW SAT SET u8 0 -1 GET u8 0", "[128, 255]"),
            ("BITFIELD b OVERFLOW SAT SET i8 0 -9223372036854775808 GET i8 0", "[-1, 127]"),
            (
                "BITFIELD c INCRBY i64 1 9223372036854775807 INCRBY i64 1 1",
                "[9223372036854775807, -9223372036854775808]",
            ),
            ("BITFIELD c OVERFLOW FAIL INCRBY i64 1 -1 OVERFLOW SAT INCRBY i64 1 -1", "[null, -9223372036854775808]"),
            ("BITFIELD d INCRBY u63 0 9223372036854775807 INCRBY u63 0 1", "[9223372036854775807, 0]"),
            ("BITFIELD d OVERFLOW SAT INCRBY u63 0 -9223372036854775808", "[0]"),
        ],
    );
}

#[test]
fn bitfield_reads_every_operation_before_it_runs_one() {
    let broker = new_broker();
    put_hash(&broker, "h");
    let bad_type = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
    check(
        &broker,
        &[
            ("BITFIELD k SET u8 0 1 GET u64 0", bad_type),
            ("BITFIELD k SET u8 0 1 GET U8 0", bad_type),
            ("BITFIELD k SET u8 0 1 GET u8 x", BIT_OFFSET),
            ("BITFIELD k GET u8 4294967296", BIT_OFFSET),
            ("BITFIELD k GET u8 #536870912", BIT_OFFSET),
            ("BITFIELD k GET u8 ##1", BIT_OFFSET),
            ("BITFIELD k SET u8 0 1 SET u8 0 x", NOT_AN_INTEGER),
            ("BITFIELD k SET u8 0 1 OVERFLOW foo", "ERR Invalid OVERFLOW type specified"),
            ("BITFIELD k SET u8 0 1 OVERFLOW", "ERR syntax error"),
            ("BITFIELD k SET u8 0", "ERR syntax error"),
            ("BITFIELD k GET u8", "ERR syntax error"),
            ("BITFIELD h GET u8 x", BIT_OFFSET),
            ("BITFIELD h", WRONG_TYPE),
            ("BITFIELD h SET u8 0 1", WRONG_TYPE),
            ("BITFIELD_RO h SET u8 0 x", NOT_AN_INTEGER),
            ("BITFIELD_RO h SET u8 0 1", "ERR BITFIELD_RO only supports the GET subcommand"),
            ("BITFIELD_RO h OVERFLOW SAT", WRONG_TYPE),
            ("BITFIELD k", "[]"),
            ("BITFIELD k OVERFLOW FAIL GET u8 0", "[0]"),
            // The product of index and width wraps round at 64 bits.
            ("BITFIELD k GET u8 #4611686018427387904", "[0]"),
        ],
    );
    assert_eq!(text(&broker, "k"), None);
}

#[test]
fn a_write_that_fails_still_makes_the_string_long_enough() {
    let broker = new_broker();
    check(&broker, &[("BITFIELD k OVERFLOW FAIL SET u4 100 99", "[null]")]);
    assert_eq!(text(&broker, "k").unwrap(), [0; 13]);
}

#[test]
fn a_missing_key_has_no_bits_whatever_the_range() {
    let broker = new_broker();
    check(
        &broker,
        &[
            ("BITCOUNT k a b", "0"),
            ("BITPOS k 0 x y z", "0"),
            ("BITPOS k 1 x", "-1"),
            ("BITPOS k 2", "ERR The bit argument must be 1 or 0."),
            ("BITPOS k x", NOT_AN_INTEGER),
        ],
    );
}

#[test]
fn bitcount_counts_by_byte_and_by_bit() {
    let broker = new_broker();
    put(&broker, "k", b"foobar");
    put_hash(&broker, "h");
    check(
        &broker,
        &[
            ("BITCOUNT k", "26"),
            ("BITCOUNT k 0 0", "4"),
            ("BITCOUNT k 1 1 byte", "6"),
            ("BITCOUNT k 5 30 BIT", "17"),
            ("BITCOUNT k -6 -1 bit", "3"),
            ("BITCOUNT k 3 2", "0"),
            ("BITCOUNT k -1 -2 foo", "0"),
            ("BITCOUNT k 1 2 foo", "ERR syntax error"),
            ("BITCOUNT k 1", "ERR syntax error"),
            ("BITCOUNT k a b c d", "ERR syntax error"),
            ("BITCOUNT k 0 b foo", NOT_AN_INTEGER),
            ("BITCOUNT h a b", WRONG_TYPE),
        ],
    );
}

#[test]
fn bitpos_finds_a_zero_behind_the_string_unless_its_end_is_given() {
    let broker = new_broker();
    put(&broker, "ones", &[0xff; 3]);
    put(&broker, "mixed", &[0xff, 0xf0, 0]);
    put(&broker, "empty", b"");
    put_hash(&broker, "h");
    check(
        &broker,
        &[
            ("BITPOS ones 0", "24"),
            ("BITPOS ones 0 1", "24"),
            ("BITPOS ones 0 0 -1", "-1"),
            ("BITPOS ones 0 0 -1 BIT", "-1"),
            ("BITPOS ones 0 3", "-1"),
            ("BITPOS mixed 0", "12"),
            ("BITPOS mixed 1 2", "-1"),
            ("BITPOS mixed 1 3 100 bit", "3"),
            ("BITPOS mixed 0 -100 11 bit", "-1"),
            ("BITPOS empty 0", "-1"),
            ("BITPOS empty 1", "-1"),
            ("BITPOS ones 1 x y z", NOT_AN_INTEGER),
            ("BITPOS ones 1 0 y z", "ERR syntax error"),
            ("BITPOS ones 1 0 y bit", NOT_AN_INTEGER),
            ("BITPOS ones 1 0 1 bit x", "ERR syntax error"),
            ("BITPOS h 1", WRONG_TYPE),
        ],
    );
}

#[test]
fn bitop_pads_the_shorter_strings_with_zero_bytes() {
    let broker = new_broker();
    put(&broker, "a", &[0b1100, 0xff, 0x0f]);
    put(&broker, "b", &[0b1010]);
    put(&broker, "d", b"what was here before");
    for (command, result) in [
        ("BITOP AND d a b", vec![0b1000, 0, 0]),
        ("BITOP and d b a", vec![0b1000, 0, 0]),
        ("BITOP OR d a b", vec![0b1110, 0xff, 0x0f]),
        ("BITOP or d b a", vec![0b1110, 0xff, 0x0f]),
        ("BITOP XOR d b a missing a", vec![0b1010, 0, 0]),
        ("BITOP AND d a missing", vec![0, 0, 0]),
        ("BITOP NOT d a", vec![0xf3, 0, 0xf0]),
        ("BITOP NOT a a", vec![0xf3, 0, 0xf0]),
    ] {
        assert_eq!(run(&broker, command), "3", "{command}");
        let destination = command.split(' ').nth(2).unwrap();
        assert_eq!(text(&broker, destination).unwrap(), result, "{command}");
    }
}

#[test]
fn bitop_refuses_before_it_writes_and_an_empty_result_is_no_key() {
    let broker = new_broker();
    put(&broker, "a", b"a");
    put(&broker, "d", b"before");
    put_hash(&broker, "h");
    check(
        &broker,
        &[
            ("BITOP nand d a", "ERR syntax error"),
            ("BITOP not d h h", "ERR BITOP NOT must be called with a single source key."),
            ("BITOP and d a h", WRONG_TYPE),
        ],
    );
    assert_eq!(text(&broker, "d").unwrap(), b"before");
    check(&broker, &[("BITOP or d missing missing", "0"), ("BITOP or h a", "1")]);
    assert_eq!((text(&broker, "d"), text(&broker, "h").unwrap()), (None, b"a".to_vec()));
}

#[test]
fn a_write_in_place_keeps_the_deadline_and_bitop_clears_it() {
    let broker = new_broker();
    with_key(&broker, "k", |tx, key| tx.put_until(key, Str::from(5), Some(2_000)));
    check(&broker, &[("SETBIT k 100 1", "0"), ("BITFIELD k INCRBY u8 0 1", "[54]")]);
    assert_eq!(with_key(&broker, "k", |tx, key| tx.deadline(key)), Some(Some(2_000)));
    check(&broker, &[("BITOP OR k k", "13")]);
    assert_eq!(with_key(&broker, "k", |tx, key| tx.deadline(key)), Some(None));
}

#[tokio::test]
async fn a_watch_hears_of_a_change_and_only_of_one() {
    let broker = new_broker();
    for (command, is_change) in [
        ("BITFIELD k OVERFLOW FAIL SET u8 0 999", false),
        ("SETBIT k 3 0", false),
        ("SETBIT k 3 1", true),
        ("SETBIT k 3 1", false),
        ("SETBIT k 30 0", true),
        ("BITFIELD k SET u8 0 16", false),
        ("BITFIELD k INCRBY u8 0 0 INCRBY u8 8 256", false),
        ("BITFIELD k SET u8 0 17", true),
        ("BITFIELD k OVERFLOW FAIL SET u8 100 999", false),
        ("BITFIELD k OVERFLOW FAIL SET u8 200 999 SET u8 0 17", true),
        ("BITFIELD k GET u8 0", false),
        ("BITOP AND k k", true),
        ("BITOP OR k missing", true),
        ("BITOP OR k missing", false),
    ] {
        let watch = Box::new(MemWatch::begin(broker.clone(), 0, [b"k"[..].into()]));
        run(&broker, command);
        assert_eq!(watch.exec(Pipeline::atomic()).await.unwrap().is_none(), is_change, "{command}");
    }
}

#[test]
fn words_are_read_as_c_strings() {
    let broker = new_broker();
    let call = |argv: &[&str]| broker.run(0, &Command::from_argv(argv.iter().copied()).unwrap()).unwrap();
    assert_eq!(call(&["BITFIELD", "k", "set\0x", "u8\0x", "0", "3"]), Value::from_iter([0i64]));
    assert_eq!(call(&["BITOP", "not\0x", "k", "k"]), Value::Int(1));
    assert_eq!(call(&["BITCOUNT", "k", "0", "7", "bit\0x"]), Value::Int(6));
}
