//! Each reply was asked of a real Redis 7.0.15, but for what we refuse.

use std::time::{Duration, Instant};

use super::*;
use crate::commands::testing::Bench;

/// A bench on which DEBUG is allowed.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.engine.instance.config().announce(Parameter::EnableDebugCommand, "local").unwrap();
    bench
}

#[test]
fn debug_is_refused_where_nobody_enabled_it() {
    let bench = Bench::new();
    for line in ["DEBUG HELP", "DEBUG FOO", "DEBUG SLEEP 100"] {
        assert_eq!(bench.run(line), texts::DEBUG_NOT_ALLOWED.to_string());
    }
    assert_eq!(bench.run("DEBUG"), "ERR wrong number of arguments for 'debug' command");
}

#[test]
fn a_subcommand_with_another_number_of_words_is_unknown_and_told_as_it_was_written() {
    let unknown = |sub| format!("ERR unknown subcommand or wrong number of arguments for '{sub}'. Try DEBUG HELP.");
    let bench = bench();
    for line in
        ["object", "OBJECT a b", "Sleep", "JMAP", "SLEEP 0 0", "HELP x", "STRINGMATCH-LEN 9 a*", "REPLYBUFFER a b"]
    {
        let sub = line.split(' ').next().unwrap();
        assert_eq!(bench.run(&format!("DEBUG {line}")), unknown(sub), "{line}");
    }
    assert_eq!(bench.run("DEBUG"), "ERR wrong number of arguments for 'debug' command");
    assert_eq!(bench.run("DEBUG ''"), unknown(""));
    for line in ["SEGFAULT", "RELOAD NOSAVE", "loadaof", "DIGEST"] {
        let sub = line.split(' ').next().unwrap();
        let refused = format!("ERR DEBUG {sub} is not supported by an in-memory broker");
        assert_eq!(bench.run(&format!("DEBUG {line}")), refused, "{line}");
    }
}

#[test]
fn an_object_is_told_in_the_form_of_redis() {
    let bench = bench();
    bench.expect(&[
        ("SET k hello", "+OK"),
        ("SET n 300", "+OK"),
        ("SADD s a b", "2"),
        ("DEBUG OBJECT none", "ERR no such key"),
    ]);
    bench.advance(9000);
    for (key, rest) in [
        ("k", " refcount:1 encoding:embstr serializedlength:6 lru:1000 lru_seconds_idle:9"),
        ("n", " refcount:2147483647 encoding:int serializedlength:3 lru:1000 lru_seconds_idle:9"),
        ("s", " refcount:1 encoding:hashtable serializedlength:5 lru:1000 lru_seconds_idle:9"),
    ] {
        let line = bench.run(&format!("DEBUG OBJECT {key}"));
        assert!(line.starts_with("+Value at:0x") && line.ends_with(rest), "{line}");
    }
}

#[test]
fn a_sleep_is_as_long_as_the_number_that_it_begins_with() {
    for (text, number) in
        [("0.25", 0.25), ("1e2", 100.0), ("2x", 2.0), (" 3", 3.0), ("-1", -1.0), ("x", 0.0), ("", 0.0), ("1e", 1.0)]
    {
        assert!((leading_number(text.as_bytes()) - number).abs() < f64::EPSILON, "{text}");
    }
    let bench = bench();
    let start = Instant::now();
    bench.expect(&[("DEBUG SLEEP -100", "+OK"), ("DEBUG SLEEP inf", "+OK"), ("DEBUG SLEEP 1e400", "+OK")]);
    assert!(start.elapsed() < Duration::from_secs(60));
    let start = Instant::now();
    bench.expect(&[("DEBUG SLEEP 0.02", "+OK")]);
    assert!(start.elapsed() >= Duration::from_millis(20));
}

#[test]
fn without_active_expiry_only_those_who_ask_remove_expired_keys() {
    let bench = bench();
    bench.expect(&[("SET k v PX 10", "+OK"), ("DEBUG SET-ACTIVE-EXPIRE 0", "+OK")]);
    bench.advance(11);
    assert_eq!(bench.engine.sweep(), 0);
    bench.expect(&[("DEBUG SET-ACTIVE-EXPIRE 1", "+OK")]);
    assert_eq!(bench.engine.sweep(), 1);
}

#[test]
fn a_threshold_is_a_size_below_4_gb() {
    let bench = bench();
    let error = "ERR argument must be a memory value bigger than 1 and smaller than 4gb";
    for (size, reply) in [("100", "+OK"), ("100b", "+OK"), ("1K", "+OK"), ("0", "+OK"), ("''", "+OK"), ("3gb", "+OK")]
        .into_iter()
        .chain(["x", "5gb", "-1", "1kk", "99999999999999999999"].map(|size| (size, error)))
    {
        assert_eq!(bench.run(&format!("DEBUG QUICKLIST-PACKED-THRESHOLD {size}")), reply, "{size}");
    }
}

#[test]
fn an_error_and_a_value_of_each_type_come_back() {
    let bench = bench();
    bench.expect(&[
        ("DEBUG ERROR BUSY\r\nno", "BUSY  no"),
        ("DEBUG PROTOCOL String", r#""Hello World""#),
        ("DEBUG PROTOCOL integer", "12345"),
        ("DEBUG PROTOCOL double", "3.141"),
        ("DEBUG PROTOCOL null", "null"),
        ("DEBUG PROTOCOL array", "[0, 1, 2]"),
        ("DEBUG PROTOCOL set", "{0, 1, 2}"),
        ("DEBUG PROTOCOL map", "{0: false, 1: true, 2: false}"),
        ("DEBUG PROTOCOL true", "true"),
        ("DEBUG PROTOCOL push", "ERR DEBUG PROTOCOL push is not supported by an in-memory broker"),
        ("DEBUG REPLYBUFFER PEAK-RESET-TIME x", "ERR value is not an integer or out of range"),
        ("DEBUG REPLYBUFFER peak-reset-time never", "+OK"),
        ("DEBUG CHANGE-REPL-ID", "+OK"),
    ]);
    assert!(bench.run("DEBUG PROTOCOL foo").starts_with("ERR Wrong protocol type name."));
    let help = bench.run("DEBUG HELP");
    assert!(help.starts_with("[+DEBUG <subcommand>") && help.ends_with("+    Prints this help.]"), "{help}");
}

#[test]
fn populate_writes_what_is_not_there_yet() {
    let bench = bench();
    bench.expect(&[
        ("SET key:1 mine", "+OK"),
        ("DEBUG POPULATE 3", "+OK"),
        ("DBSIZE", "3"),
        ("MGET key:0 key:1 key:2", r#"["value:0", "mine", "value:2"]"#),
        ("DEBUG POPULATE 1 p 3", "+OK"),
        ("GET p:0", r#""val""#),
        ("DEBUG POPULATE 1 q 9", "+OK"),
        ("GET q:0", r#""value:0\x00\x00""#),
        ("DEBUG POPULATE -1", "ERR value is out of range, must be positive"),
        ("DEBUG POPULATE 1 p x", "ERR value is out of range, must be positive"),
        ("DEBUG POPULATE 9223372036854775807", "ERR value is out of range"),
    ]);
}
