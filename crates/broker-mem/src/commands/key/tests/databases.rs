//! What reaches into other databases.

use crate::commands::testing::Bench;

const OUT_OF_RANGE: &str = "ERR DB index is out of range";
const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";
const BEYOND: &str = "ERR value is out of range, value must between -2147483648 and 2147483647";
const SAME: &str = "ERR source and destination objects are the same";

#[test]
fn a_key_moves_with_its_deadline_unless_one_is_in_its_way() {
    let bench = Bench::new();
    bench.expect(&[("SADD s a", "1"), ("EXPIRE s 100", "1"), ("MOVE s 3", "1"), ("EXISTS s", "0"), ("MOVE s 3", "0")]);
    assert_eq!(bench.run_in(3, "PTTL s"), "100000");
    bench.expect(&[("SADD s b", "1"), ("MOVE s 3", "0"), ("SMEMBERS s", r#"{"b"}"#)]);
    assert_eq!(bench.run_in(3, "SMEMBERS s"), r#"{"a"}"#);
    bench.advance(100_001);
    bench.expect(&[("MOVE s 3", "1"), ("DBSIZE", "0")]);
    assert_eq!(bench.run_in(3, "SMEMBERS s"), r#"{"b"}"#, "what had expired was not in the way");
    assert_eq!(bench.run_in(3, "TTL s"), "-1");
}

#[test]
fn move_looks_at_the_index_before_the_key() {
    Bench::new().expect(&[
        ("MOVE none x", NOT_AN_INTEGER),
        ("MOVE none 01", NOT_AN_INTEGER),
        ("MOVE none 2147483648", BEYOND),
        ("MOVE none -2147483649", BEYOND),
        ("MOVE none 16", OUT_OF_RANGE),
        ("MOVE none -1", OUT_OF_RANGE),
        ("MOVE none 0", SAME),
        ("MOVE none 15", "0"),
        ("MOVE none", "ERR wrong number of arguments for 'move' command"),
    ]);
}

#[test]
fn a_copy_goes_to_the_last_database_that_is_named() {
    let bench = Bench::new();
    bench.expect(&[
        ("SADD s a", "1"),
        ("EXPIRE s 100", "1"),
        ("COPY s s DB 0", SAME),
        ("COPY s s DB 1 db 0", SAME),
        ("COPY s s DB 1", "1"),
        ("COPY s s DB 1", "0"),
        ("SADD s b", "1"),
        ("COPY s s DB 1 REPLACE", "1"),
        ("COPY s t DB 1 DB 2", "1"),
        ("COPY s t DB 16 BOGUS", OUT_OF_RANGE),
        ("COPY s t BOGUS DB 16", "ERR syntax error"),
        ("COPY s t DB -2147483648", OUT_OF_RANGE),
        ("COPY none t DB 4", "0"),
    ]);
    assert_eq!((bench.run_in(1, "SCARD s"), bench.run_in(1, "TTL s")), ("2".into(), "100".into()));
    assert_eq!((bench.run_in(1, "EXISTS t"), bench.run_in(2, "SCARD t")), ("0".into(), "2".into()));
    bench.run("SADD s c");
    assert_eq!(bench.run_in(1, "SCARD s"), "2");
}

#[test]
fn a_swap_takes_everything_along() {
    let bench = Bench::new();
    for key in 0..200 {
        bench.run(&format!("SADD k{key} a"));
        bench.run(&format!("PEXPIRE k{key} {}", 100 + key));
    }
    bench.run_in(5, "SADD other a");
    bench.expect(&[("SWAPDB 5 0", "+OK"), ("DBSIZE", "1"), ("KEYS *", r#"["other"]"#), ("RANDOMKEY", r#""other""#)]);
    assert_eq!((bench.run_in(5, "DBSIZE"), bench.run_in(5, "PTTL k7")), ("200".into(), "107".into()));
    bench.advance(150);
    assert_eq!(bench.run_in(5, "DBSIZE"), "150");
    assert_eq!(bench.engine.sweep(), 0, "DBSIZE has removed what had expired");
    bench.expect(&[("SWAPDB 0 0", "+OK"), ("SWAPDB 0 9", "+OK"), ("DBSIZE", "0"), ("SWAPDB 0 5", "+OK")]);
    for key in 50..200 {
        assert_eq!(bench.run(&format!("DEL k{key}")), "1");
    }
    bench.expect(&[("DBSIZE", "0")]);
    assert_eq!(bench.run_in(9, "KEYS *"), r#"["other"]"#);
}

#[test]
fn swapdb_reads_both_numbers_before_it_looks_for_either() {
    let (first, second) = ("ERR invalid first DB index", "ERR invalid second DB index");
    Bench::new().expect(&[
        ("SWAPDB x y", first),
        ("SWAPDB 99999999999 0", first),
        ("SWAPDB 16 y", second),
        ("SWAPDB 0 2147483648", second),
        ("SWAPDB 16 0", OUT_OF_RANGE),
        ("SWAPDB 0 -1", OUT_OF_RANGE),
        ("SWAPDB 16 16", OUT_OF_RANGE),
        ("SWAPDB 0", "ERR wrong number of arguments for 'swapdb' command"),
    ]);
}

#[test]
fn flushing_one_database_leaves_the_others() {
    let bench = Bench::new();
    bench.run("SADD s a");
    bench.run_in(1, "SADD s a");
    bench.run_in(15, "SADD s a");
    assert_eq!(bench.run_in(1, "FLUSHDB"), "+OK");
    assert_eq!(
        (bench.run("DBSIZE"), bench.run_in(1, "DBSIZE"), bench.run_in(15, "DBSIZE")),
        ("1".into(), "0".into(), "1".into())
    );
    assert_eq!(bench.run_in(2, "FLUSHALL BOGUS"), "ERR syntax error");
    assert_eq!(bench.run_in(2, "FLUSHALL"), "+OK");
    assert_eq!((bench.run("DBSIZE"), bench.run_in(15, "SCAN 0")), ("0".into(), r#"["0", []]"#.into()));
}

#[test]
fn a_watch_belongs_to_the_number_of_its_database() {
    let bench = Bench::new();
    // Each line runs in database 0, where s is; t is in 1.
    for (database, key, lines, breaks) in [
        (1, "s", &["SADD s b"][..], false),
        (0, "s", &["MOVE s 1"], true),
        (1, "s", &["MOVE s 1"], true),
        (1, "t", &["MOVE t 1"], false),
        (0, "s", &["COPY s s DB 1"], false),
        (1, "s", &["COPY s s DB 1"], true),
        (0, "s", &["SWAPDB 0 1"], true),
        (1, "s", &["SWAPDB 0 1"], true),
        (0, "t", &["SWAPDB 0 1"], true),
        (0, "none", &["SWAPDB 0 1"], false),
        (0, "s", &["SWAPDB 0 0"], false),
        (0, "s", &["SWAPDB 1 2"], false),
        (0, "s", &["SWAPDB 0 1", "SWAPDB 0 1"], true),
        (1, "t", &["FLUSHALL"], true),
        (1, "t", &["FLUSHDB"], false),
        (1, "none", &["FLUSHALL"], false),
    ] {
        bench.expect(&[("FLUSHALL", "+OK"), ("SADD s a", "1")]);
        bench.run_in(1, "SADD t a");
        let broken = bench.breaks_in(database, key, || lines.iter().for_each(|line| drop(bench.run(line))));
        assert_eq!(broken, breaks, "{key} of {database}: {lines:?}");
    }
}

#[test]
fn a_swapped_key_that_had_expired_is_none() {
    let bench = Bench::new();
    bench.expect(&[("SADD s a", "1"), ("PEXPIRE s 10", "1")]);
    bench.advance(11);
    assert!(!bench.breaks_in(1, "s", || drop(bench.run("SWAPDB 0 1"))));
    assert_eq!(bench.run_in(1, "EXISTS s"), "0");
}
