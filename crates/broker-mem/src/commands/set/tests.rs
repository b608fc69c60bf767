//! Each reply was asked of a real Redis 7.0.15.

use std::collections::HashMap;

use crate::commands::testing::Bench;
use crate::objects::Str;

const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";

/// `abc` and `bcd` are sets of three, `str` is a string, and there is nothing else.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.expect(&[("SADD abc a b c", "3"), ("SADD bcd b c d", "3")]);
    bench.put("str", Str::from(1));
    bench
}

/// A reply of members with the members in order.
fn sorted(reply: &str) -> String {
    let mut members: Vec<&str> = reply.trim_matches(['{', '}', '[', ']']).split(", ").collect();
    members.sort_unstable();
    members.join(" ")
}

#[test]
fn members_come_and_go_and_the_last_one_takes_the_key_with_it() {
    bench().expect(&[
        ("SADD s a b a ''", "3"),
        ("SADD s a b", "0"),
        ("SCARD s", "3"),
        ("SISMEMBER s ''", "1"),
        ("SISMEMBER s z", "0"),
        ("SMISMEMBER s a z b", "[1, 0, 1]"),
        ("SREM s a z a", "1"),
        ("SREM s b ''", "2"),
        ("EXISTS s", "0"),
        ("SREM s a", "0"),
        ("SCARD s", "0"),
        ("SMEMBERS s", "{}"),
        ("SMISMEMBER s a b", "[0, 0]"),
    ]);
}

#[test]
fn a_key_of_another_type_is_refused_behind_a_missing_one_too() {
    let bench = bench();
    for line in [
        "SADD str a",
        "SREM str a",
        "SCARD str",
        "SISMEMBER str a",
        "SMISMEMBER str a",
        "SMEMBERS str",
        "SPOP str",
        "SPOP str 0",
        "SRANDMEMBER str",
        "SRANDMEMBER str 0",
        "SSCAN str 0 BOGUS",
        "SINTER none str",
        "SUNION none str",
        "SDIFF none str",
        "SINTERCARD 2 none str",
        "SINTERSTORE abc none str",
        "SUNIONSTORE abc none str",
        "SDIFFSTORE abc none str",
        "SMOVE str none a",
        "SMOVE abc str zzz",
    ] {
        assert_eq!(bench.run(line), WRONG_TYPE, "{line}");
    }
    bench.expect(&[("SMOVE none str a", "0"), ("SCARD abc", "3")]);
}

#[test]
fn algebra_answers_sets() {
    let bench = bench();
    assert_eq!(sorted(&bench.run("SUNION abc none bcd")), r#""a" "b" "c" "d""#);
    assert_eq!(sorted(&bench.run("SINTER abc bcd abc")), r#""b" "c""#);
    bench.expect(&[
        ("SDIFF abc bcd", r#"{"a"}"#),
        ("SDIFF abc abc", "{}"),
        ("SDIFF none abc", "{}"),
        ("SINTER abc none", "{}"),
        ("SUNION none", "{}"),
    ]);
}

#[test]
fn a_difference_is_the_same_either_way_it_is_computed() {
    let bench = Bench::new();
    bench.expect(&[("SADD big a b c d e f g h", "8"), ("SADD one a", "1"), ("SADD two b z", "2")]);
    // Many small sets are taken away from the big one; one large set is looked up.
    assert_eq!(sorted(&bench.run("SDIFF big one two one none")), r#""c" "d" "e" "f" "g" "h""#);
    assert_eq!(bench.run("SDIFF two big"), r#"{"z"}"#);
}

#[test]
fn a_store_replaces_whatever_was_there_and_an_empty_result_deletes_it() {
    let bench = bench();
    bench.expect(&[
        ("SUNIONSTORE str abc bcd", "4"),
        ("TYPE str", "+set"),
        ("EXPIRE abc 100", "1"),
        ("SINTERSTORE abc abc bcd", "2"),
        ("TTL abc", "-1"),
        ("SDIFFSTORE abc abc abc", "0"),
        ("EXISTS abc", "0"),
        ("SINTERSTORE str none", "0"),
        ("EXISTS str", "0"),
    ]);
}

#[test]
fn sintercard_checks_its_numbers_before_its_keys() {
    bench().expect(&[
        ("SINTERCARD 2 abc bcd", "2"),
        ("SINTERCARD 2 abc bcd LIMIT 1", "1"),
        ("SINTERCARD 2 abc bcd limit 0", "2"),
        ("SINTERCARD 2 abc bcd LIMIT 9 LIMIT 1", "1"),
        ("SINTERCARD 0 str", "ERR numkeys should be greater than 0"),
        ("SINTERCARD abc str", "ERR numkeys should be greater than 0"),
        ("SINTERCARD -9223372036854775808 str", "ERR numkeys should be greater than 0"),
        ("SINTERCARD 9223372036854775807 str", "ERR Number of keys can't be greater than number of args"),
        ("SINTERCARD 2 str", "ERR Number of keys can't be greater than number of args"),
        ("SINTERCARD 1 str LIMIT", "ERR syntax error"),
        ("SINTERCARD 1 str BOGUS", "ERR syntax error"),
        ("SINTERCARD 1 str LIMIT -1", "ERR LIMIT can't be negative"),
        ("SINTERCARD 1 str LIMIT abc", "ERR LIMIT can't be negative"),
    ]);
}

#[test]
fn a_member_moves_and_takes_the_last_place_of_its_source_along() {
    bench().expect(&[
        ("SADD one x", "1"),
        ("SMOVE one abc x", "1"),
        ("EXISTS one", "0"),
        ("SISMEMBER abc x", "1"),
        ("SMOVE abc abc x", "1"),
        ("SMOVE abc abc z", "0"),
        ("SMOVE abc new z", "0"),
        ("EXISTS new", "0"),
        ("SMOVE abc bcd b", "1"),
        ("SCARD bcd", "3"),
        ("SMOVE abc new a", "1"),
        ("SMEMBERS new", r#"{"a"}"#),
    ]);
}

#[test]
fn spop_takes_members_out() {
    let bench = bench();
    let popped = bench.run("SPOP abc 2");
    assert_eq!(sorted(&popped).split(' ').count(), 2);
    bench.expect(&[("SCARD abc", "1"), ("SPOP abc 0", "{}")]);
    let last = bench.run("SPOP abc");
    assert!(!popped.contains(&last));
    bench.expect(&[
        ("EXISTS abc", "0"),
        ("SPOP abc", "null"),
        ("SPOP abc 3", "{}"),
        ("SPOP str -1", "ERR value is out of range, must be positive"),
        ("SPOP str x", "ERR value is out of range, must be positive"),
        ("SPOP str 9223372036854775808", "ERR value is out of range, must be positive"),
        ("SPOP str 1 2", "ERR syntax error"),
    ]);
    assert_eq!(sorted(&bench.run("SPOP bcd 9223372036854775807")), r#""b" "c" "d""#);
    assert_eq!(bench.run("EXISTS bcd"), "0");
}

#[test]
fn what_a_spop_of_almost_all_integers_takes_is_in_order() {
    let bench = Bench::new();
    bench.run("SADD s 30 11 12 13 14 15 16 17 18 19 20 21 22");
    let popped = bench.run("SPOP s 11");
    let popped: Vec<u32> =
        popped.split(|char: char| !char.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    assert_eq!((popped.len(), popped.is_sorted()), (11, true), "{popped:?}");
    bench.expect(&[("SCARD s", "2"), ("OBJECT ENCODING s", r#""intset""#)]);
    let rest = bench.run("SMEMBERS s");
    assert!(popped.iter().all(|member| !rest.contains(&member.to_string())), "{rest} {popped:?}");
}

#[test]
fn no_draw_favours_a_member() {
    let bench = Bench::new();
    for draw in ["SPOP s", "SPOP s 1", "SRANDMEMBER s", "SRANDMEMBER s 1", "SRANDMEMBER s -1"] {
        let mut drawn = HashMap::new();
        for _ in 0..2000 {
            bench.run("SADD s a b c d");
            *drawn.entry(bench.run(draw)).or_insert(0) += 1;
        }
        assert!(drawn.len() == 4 && drawn.values().all(|times| (400..600).contains(times)), "{draw}: {drawn:?}");
    }
}

#[test]
fn srandmember_answers_an_array_and_leaves_the_set_alone() {
    let bench = bench();
    assert_eq!(sorted(&bench.run("SRANDMEMBER abc 9223372036854775807")), r#""a" "b" "c""#);
    assert_eq!(bench.run("SRANDMEMBER abc -7").split(", ").count(), 7);
    assert!([r#""a""#, r#""b""#, r#""c""#].contains(&bench.run("SRANDMEMBER abc").as_str()));
    bench.expect(&[
        ("SCARD abc", "3"),
        ("SRANDMEMBER abc 0", "[]"),
        ("SRANDMEMBER none", "null"),
        ("SRANDMEMBER none -9223372036854775807", "[]"),
        ("SRANDMEMBER abc 1 2", "ERR syntax error"),
        ("SRANDMEMBER str x", "ERR value is not an integer or out of range"),
        (
            "SRANDMEMBER str -9223372036854775808",
            "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        ),
    ]);
}

/// Here, and only here, Redis answers otherwise: it fills its memory.
#[test]
fn a_reply_of_repeats_is_bounded() {
    let bench = bench();
    for count in [-16_777_217, -i64::MAX] {
        assert_eq!(bench.run(&format!("SRANDMEMBER abc {count}")), "ERR value is out of range");
    }
}

#[test]
fn the_same_seed_draws_the_same_members() {
    let draw = |seed| {
        let bench = Bench::with_seed(seed);
        bench.run("SADD s a b c d e f g h i j k l m n o p");
        for key in 0..50 {
            bench.run(&format!("SADD k{key} a"));
        }
        ["SRANDMEMBER s 5", "SRANDMEMBER s -20", "SPOP s 3", "SPOP s", "RANDOMKEY"].map(|line| bench.run(line))
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn sscan_checks_its_cursor_first_and_its_options_only_where_there_is_a_set() {
    bench().expect(&[
        ("SSCAN none 0 BOGUS", r#"["0", []]"#),
        ("SSCAN none x", "ERR invalid cursor"),
        ("SSCAN str x", "ERR invalid cursor"),
        ("SSCAN abc 0 BOGUS", "ERR syntax error"),
        ("SSCAN abc 0 TYPE set", "ERR syntax error"),
        ("SSCAN abc 0 COUNT 0", "ERR syntax error"),
        ("SSCAN abc 0 COUNT x", "ERR value is not an integer or out of range"),
        ("SSCAN abc 0 MATCH b", r#"["0", ["b"]]"#),
        ("SSCAN abc 0 COUNT 2", r#"["1", ["c", "b"]]"#),
        ("SSCAN abc 1 COUNT 2", r#"["0", ["a"]]"#),
        ("SADD e ''", "1"),
        ("SSCAN e 0 MATCH *", r#"["0", [""]]"#),
        ("SSCAN e 0 MATCH **", r#"["0", []]"#),
    ]);
}

#[test]
fn a_watch_hears_of_changes_and_of_nothing_else() {
    let bench = bench();
    for (key, line, breaks) in [
        ("abc", "SADD abc a", false),
        ("abc", "SADD abc x", true),
        ("abc", "SREM abc z", false),
        ("abc", "SREM abc x", true),
        ("abc", "SMOVE abc abc a", false),
        ("bcd", "SMOVE abc bcd b", false),
        ("abc", "SMOVE abc bcd a", true),
        ("new", "SMOVE bcd new a", true),
        ("none", "SUNIONSTORE none none", false),
        ("abc", "SUNIONSTORE abc abc", true),
        ("abc", "SUNIONSTORE new abc", false),
        ("new", "SINTERSTORE new none", true),
        ("bcd", "SPOP bcd 0", false),
        ("bcd", "SRANDMEMBER bcd", false),
        ("bcd", "SPOP bcd", true),
        ("str", "SADD str a", false),
    ] {
        assert_eq!(bench.breaks(key, line), breaks, "{line}");
    }
}
