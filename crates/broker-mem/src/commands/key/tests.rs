//! Each reply was asked of a real Redis 7.0.15.

mod databases;

use std::collections::BTreeSet;

use crate::commands::testing::{Bench, START};
use crate::objects::Str;

#[test]
fn keys_are_counted_as_often_as_they_are_named_and_deleted_once() {
    let bench = Bench::new();
    bench.put("str", Str::from(1));
    bench.expect(&[
        ("SADD s a", "1"),
        ("EXISTS s none s", "2"),
        ("TOUCH s s str", "3"),
        ("TYPE s", "+set"),
        ("TYPE str", "+string"),
        ("TYPE none", "+none"),
        ("DBSIZE", "2"),
        ("DEL s none s", "1"),
        ("UNLINK str", "1"),
        ("DBSIZE", "0"),
    ]);
}

#[test]
fn a_deadline_is_told_in_every_unit_and_seconds_are_rounded() {
    let bench = Bench::new();
    bench.expect(&[
        ("SADD s a", "1"),
        ("TTL s", "-1"),
        ("EXPIRETIME none", "-2"),
        ("PEXPIRE s 1499", "1"),
        ("TTL s", "1"),
        ("PTTL s", "1499"),
        ("PEXPIRE s 1500", "1"),
        ("TTL s", "2"),
        ("PEXPIRETIME s", "1001500"),
        ("EXPIRETIME s", "1002"),
        ("EXPIRE s 5", "1"),
        ("PTTL s", "5000"),
    ]);
    bench.advance(5000);
    bench.expect(&[("PTTL s", "0"), ("EXISTS s", "1")]);
    bench.advance(1);
    bench.expect(&[("PTTL s", "-2"), ("EXISTS s", "0"), ("DBSIZE", "0"), ("DEL s", "0")]);
}

#[test]
fn the_last_moment_there_is_can_be_a_deadline() {
    Bench::new().expect(&[
        ("SADD s a", "1"),
        ("PEXPIREAT s 9223372036854775807", "1"),
        ("PEXPIRETIME s", "9223372036854775807"),
        ("EXPIRETIME s", "9223372036854776"),
        ("EXPIREAT s 9223372036854775", "1"),
        ("EXPIREAT s 9223372036854776", "ERR invalid expire time in 'expireat' command"),
        ("EXPIRE s 9223372036854775", "ERR invalid expire time in 'expire' command"),
        ("EXPIRE none -9223372036854776", "ERR invalid expire time in 'expire' command"),
        ("PEXPIRE none 9223372036854775807", "ERR invalid expire time in 'pexpire' command"),
        ("PEXPIRE none -9223372036854775808", "0"),
        ("PEXPIRE s -9223372036854775808", "1"),
        ("EXISTS s", "0"),
    ]);
}

#[test]
fn options_are_read_before_the_time_and_the_time_before_the_key() {
    Bench::new().expect(&[
        ("EXPIRE none x BOGUS", "ERR Unsupported option BOGUS"),
        ("EXPIRE none x BOGUS\r\n", "ERR Unsupported option BOGUS"),
        ("EXPIRE none x NX xx", "ERR NX and XX, GT or LT options at the same time are not compatible"),
        ("EXPIRE none x GT LT", "ERR GT and LT options at the same time are not compatible"),
        ("EXPIRE none x", "ERR value is not an integer or out of range"),
        ("EXPIRE none 1 XX GT XX", "0"),
    ]);
}

#[test]
fn an_expire_may_depend_on_the_deadline_there_is() {
    Bench::new().expect(&[
        ("SADD s a", "1"),
        ("EXPIRE s 100 XX", "0"),
        ("EXPIRE s 100 GT", "0"),
        ("EXPIRE s 100 LT", "1"),
        ("EXPIRE s 200 NX", "0"),
        ("EXPIRE s 100 GT", "0"),
        ("EXPIRE s 100 LT", "0"),
        ("EXPIRE s 200 XX GT", "1"),
        ("EXPIRE s 50 XX LT", "1"),
        ("PERSIST s", "1"),
        ("PERSIST s", "0"),
        ("EXPIRE s 10 XX LT", "0"),
        ("EXPIRE s 10 NX", "1"),
        ("TTL s", "10"),
    ]);
}

#[test]
fn a_deadline_that_is_not_in_the_future_deletes_the_key() {
    let bench = Bench::new();
    for line in ["EXPIRE s 0", "EXPIRE s -1", "PEXPIREAT s 1000000", "EXPIREAT s 1"] {
        bench.expect(&[("SADD s a", "1"), (line, "1"), ("EXISTS s", "0")]);
    }
    bench.expect(&[("SADD s a", "1"), ("PEXPIREAT s 1000001", "1"), ("PTTL s", "1")]);
    assert_eq!(START, 1_000_000);
}

#[test]
fn a_value_moves_with_its_deadline() {
    Bench::new().expect(&[
        ("SADD s a", "1"),
        ("SADD t x y", "2"),
        ("EXPIRE s 100", "1"),
        ("EXPIRE t 200", "1"),
        ("RENAMENX s t", "0"),
        ("RENAME s t", "+OK"),
        ("EXISTS s", "0"),
        ("SMEMBERS t", r#"{"a"}"#),
        ("TTL t", "100"),
        ("RENAME t t", "+OK"),
        ("RENAMENX t t", "0"),
        ("RENAME s s", "ERR no such key"),
        ("RENAMENX s t", "ERR no such key"),
        ("SADD u z", "1"),
        ("RENAME u t", "+OK"),
        ("TTL t", "-1"),
        ("RENAMENX t u", "1"),
        ("SMEMBERS u", r#"{"z"}"#),
    ]);
}

#[test]
fn a_copy_is_one_of_its_own() {
    Bench::new().expect(&[
        ("SADD s a", "1"),
        ("EXPIRE s 100", "1"),
        ("COPY s t", "1"),
        ("TTL t", "100"),
        ("SADD s b", "1"),
        ("SCARD t", "1"),
        ("COPY s t", "0"),
        ("COPY s t DB 0 replace", "1"),
        ("SCARD t", "2"),
        ("COPY none t REPLACE", "0"),
        ("COPY none none", "ERR source and destination objects are the same"),
        ("COPY s s BOGUS", "ERR syntax error"),
        ("COPY s t DB", "ERR syntax error"),
        ("COPY s t DB 16", "ERR DB index is out of range"),
        ("COPY s s DB -1", "ERR DB index is out of range"),
        ("COPY s t DB x", "ERR value is not an integer or out of range"),
        ("COPY s t DB 2147483648", "ERR value is out of range, value must between -2147483648 and 2147483647"),
    ]);
}

#[test]
fn a_lone_star_lists_the_empty_key_too() {
    let bench = Bench::new();
    bench.expect(&[("SADD '' a", "1"), ("KEYS *", r#"[""]"#), ("KEYS **", "[]"), ("SCAN 0 MATCH *", r#"["0", [""]]"#)]);
    bench.expect(&[("SADD news a", "1"), ("KEYS n?w[a-z]", r#"["news"]"#), ("SCAN 0 MATCH **", r#"["0", ["news"]]"#)]);
}

#[test]
fn scan_filters_by_type_and_checks_its_options_in_order() {
    let bench = Bench::new();
    bench.put("str", Str::from(1));
    bench.expect(&[
        ("SADD s a", "1"),
        ("SCAN 0 TYPE SET", r#"["0", ["s"]]"#),
        ("SCAN 0 TYPE string", r#"["0", ["str"]]"#),
        ("SCAN 0 TYPE bogus", r#"["0", []]"#),
        ("SCAN 0 TYPE set TYPE string", r#"["0", ["str"]]"#),
        ("SCAN x BOGUS", "ERR invalid cursor"),
        ("SCAN 0 TYPE", "ERR syntax error"),
        ("SCAN 0 COUNT x BOGUS", "ERR value is not an integer or out of range"),
        ("SCAN 0 COUNT 0 COUNT x", "ERR syntax error"),
        ("SCAN 18446744073709551615 COUNT 9223372036854775807", r#"["0", []]"#),
    ]);
}

#[test]
fn scan_answers_every_key_in_steps() {
    let bench = Bench::new();
    for key in 0..1000 {
        bench.run(&format!("SADD k{key} a"));
    }
    let (mut seen, mut cursor, mut steps) = (BTreeSet::new(), "0".to_owned(), 0);
    loop {
        let reply = bench.run(&format!("SCAN {cursor} COUNT 37"));
        let mut words = reply.split('"').skip(1).step_by(2).map(str::to_owned);
        cursor = words.next().unwrap();
        seen.extend(words);
        steps += 1;
        if cursor == "0" {
            break;
        }
    }
    assert_eq!((seen.len(), steps), (1000, 28));
}

#[test]
fn flushing_takes_one_mode_and_leaves_nothing() {
    let bench = Bench::new();
    for line in ["FLUSHALL", "FLUSHDB", "FLUSHALL sync", "FLUSHDB ASYNC"] {
        bench.expect(&[("SADD s a", "1"), (line, "+OK"), ("DBSIZE", "0"), ("RANDOMKEY", "null")]);
    }
    bench.expect(&[
        ("SADD s a", "1"),
        ("FLUSHALL BOGUS", "ERR syntax error"),
        ("FLUSHALL SYNC ASYNC", "ERR syntax error"),
        ("RANDOMKEY", r#""s""#),
    ]);
}

#[test]
fn a_watch_hears_of_changes_and_of_nothing_else() {
    let bench = Bench::new();
    bench.expect(&[("SADD s a", "1"), ("SADD t a", "1")]);
    for (key, line, breaks) in [
        ("s", "PERSIST s", false),
        ("s", "EXPIRE s 100 XX", false),
        ("s", "EXPIRE s 100", true),
        ("s", "PERSIST s", true),
        ("s", "TOUCH s", false),
        ("s", "RENAME s s", false),
        ("s", "RENAMENX s t", false),
        ("s", "COPY s copy", false),
        ("copy", "COPY s copy", false),
        ("copy", "COPY s copy REPLACE", true),
        ("new", "RENAME copy new", true),
        ("new", "RENAME new newer", true),
        ("none", "DEL none", false),
        ("newer", "DEL newer", true),
        ("t", "EXPIRE t 0", true),
        ("none", "FLUSHALL", false),
        ("s", "FLUSHALL", true),
    ] {
        bench.run("SADD s a");
        assert_eq!(bench.breaks(key, line), breaks, "{line}");
    }
}

#[test]
fn a_key_that_expires_under_watch_breaks_it_and_one_that_had_expired_does_not() {
    let bench = Bench::new();
    for line in ["EXISTS s", "DEL s", "DBSIZE", "FLUSHALL", "SREM s a", "SUNIONSTORE s s"] {
        bench.expect(&[("SADD s a", "1"), ("PEXPIRE s 10", "1")]);
        assert!(bench.breaks_with("s", || {
            bench.advance(11);
            bench.run(line);
        }));
        bench.expect(&[("SADD s a", "1"), ("PEXPIRE s 10", "1")]);
        bench.advance(11);
        assert!(!bench.breaks("s", line), "{line}");
    }
    bench.expect(&[("SADD s a", "1"), ("PEXPIRE s 10", "1")]);
    bench.advance(11);
    assert!(bench.breaks("s", "SADD s a"));
}
