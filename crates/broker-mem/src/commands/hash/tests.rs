//! Each reply was asked of a real Redis 7.0.15.

use crate::commands::testing::Bench;
use crate::objects::Str;

const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";
const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";
const SYNTAX: &str = "ERR syntax error";

/// `h` is a hash of three fields, `s` a string, and there is nothing else.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.expect(&[("HSET h a 1 b 22 c x", "3")]);
    bench.put("s", Str::from(1));
    bench
}

#[test]
fn fields_are_read_one_by_one_and_all_at_once() {
    bench().expect(&[
        ("HGET h b", r#""22""#),
        ("HGET h z", "null"),
        ("HGET no a", "null"),
        ("HMGET h c z a", r#"["x", null, "1"]"#),
        ("HMGET no a b", "[null, null]"),
        ("HGETALL h", r#"{"a": "1", "b": "22", "c": "x"}"#),
        ("HGETALL no", "{}"),
        ("HKEYS h", r#"["a", "b", "c"]"#),
        ("HKEYS no", "[]"),
        ("HVALS h", r#"["1", "22", "x"]"#),
        ("HVALS no", "[]"),
        ("HLEN h", "3"),
        ("HLEN no", "0"),
        ("HEXISTS h a", "1"),
        ("HEXISTS h z", "0"),
        ("HEXISTS no a", "0"),
        ("HSTRLEN h b", "2"),
        ("HSTRLEN h z", "0"),
        ("HSTRLEN no a", "0"),
    ]);
}

#[test]
fn every_command_refuses_a_key_of_another_type() {
    let lines = [
        "HDEL s a",
        "HEXISTS s a",
        "HGET s a",
        "HGETALL s",
        "HINCRBY s a 1",
        "HINCRBYFLOAT s a 1",
        "HKEYS s",
        "HLEN s",
        "HMGET s a",
        "HMSET s a 1",
        "HRANDFIELD s",
        "HRANDFIELD s 0",
        "HSCAN s 0",
        "HSET s a 1",
        "HSETNX s a 1",
        "HSTRLEN s a",
        "HVALS s",
    ];
    let bench = bench();
    for line in lines {
        assert_eq!(bench.run(line), WRONG_TYPE, "{line}");
    }
}

#[test]
fn hset_counts_new_fields_and_hmset_says_ok() {
    bench().expect(&[
        ("HSET h a 9 d 4 d 5", "1"),
        ("HMSET h a 8 e 6", "+OK"),
        ("HVALS h", r#"["8", "22", "x", "5", "6"]"#),
        ("HSETNX h a 7", "0"),
        ("HSETNX h f 7", "1"),
        ("HSETNX new f 7", "1"),
        ("HMGET h a f", r#"["8", "7"]"#),
    ]);
}

#[test]
fn a_field_without_a_value_is_a_wrong_number_of_arguments_before_anything_else() {
    let bench = bench();
    bench.expect(&[
        ("HSET s a 1 b", "ERR wrong number of arguments for 'hset' command"),
        ("HMSET s a 1 b", "ERR wrong number of arguments for 'hmset' command"),
        ("HSET new a 1 b", "ERR wrong number of arguments for 'hset' command"),
    ]);
    assert_eq!(bench.run("EXISTS new"), "0");
}

#[test]
fn the_last_field_takes_the_key_with_it() {
    let bench = bench();
    bench.expect(&[("HDEL h b z", "1"), ("HKEYS h", r#"["a", "c"]"#), ("HDEL h a c a", "2"), ("HDEL h a", "0")]);
    assert_eq!(bench.run("EXISTS h"), "0");
}

#[test]
fn hincrby_counts_up_to_the_edges_of_an_i64() {
    bench().expect(&[
        ("HINCRBY h a 5", "6"),
        ("HINCRBY h n -3", "-3"),
        ("HINCRBY h c 1", "ERR hash value is not an integer"),
        ("HINCRBY s a x", NOT_AN_INTEGER),
        ("HINCRBY max f 9223372036854775807", "9223372036854775807"),
        ("HINCRBY max f 1", "ERR increment or decrement would overflow"),
        ("HINCRBY max f -9223372036854775808", "-1"),
        ("HINCRBY max f -9223372036854775808", "ERR increment or decrement would overflow"),
        ("HGET max f", r#""-1""#),
    ]);
}

#[test]
fn hincrbyfloat_adds_in_long_doubles_and_refuses_what_is_no_number() {
    bench().expect(&[
        ("HSET h inf inf nan nan", "2"),
        ("HINCRBYFLOAT h f 0.1", r#""0.1""#),
        ("HINCRBYFLOAT h f 0.2", r#""0.3""#),
        ("HINCRBYFLOAT h a -3.5e1", r#""-34""#),
        ("HINCRBYFLOAT h c 1", "ERR hash value is not a float"),
        ("HINCRBYFLOAT h nan 1", "ERR hash value is not a float"),
        ("HINCRBYFLOAT h inf 1", "ERR increment would produce NaN or Infinity"),
        ("HINCRBYFLOAT s a x", "ERR value is not a valid float"),
        ("HINCRBYFLOAT s a nan", "ERR value is not a valid float"),
        ("HINCRBYFLOAT s a -inf", "ERR value is NaN or Infinity"),
    ]);
}

#[test]
fn a_change_that_fails_leaves_no_key_behind() {
    let bench = Bench::new();
    bench.expect(&[("HINCRBY new f x", NOT_AN_INTEGER), ("HINCRBYFLOAT new f inf", "ERR value is NaN or Infinity")]);
    assert_eq!(bench.run("EXISTS new"), "0");
}

#[test]
fn hrandfield_checks_its_count_before_the_key() {
    bench().expect(&[
        ("HRANDFIELD s x", NOT_AN_INTEGER),
        ("HRANDFIELD s 9223372036854775808 bogus", NOT_AN_INTEGER),
        (
            "HRANDFIELD s -9223372036854775808 bogus",
            "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
        ),
        ("HRANDFIELD s 1 bogus", SYNTAX),
        ("HRANDFIELD s 1 withvalues x", SYNTAX),
        ("HRANDFIELD s 4611686018427387904 withvalues", "ERR value is out of range"),
        ("HRANDFIELD s -4611686018427387904 withvalues", "ERR value is out of range"),
        ("HRANDFIELD s -4611686018427387903 withvalues", WRONG_TYPE),
        ("HRANDFIELD no", "null"),
        ("HRANDFIELD no -9223372036854775807", "[]"),
        ("HRANDFIELD h -9223372036854775807", "ERR value is out of range"),
    ]);
}

#[test]
fn hrandfield_answers_every_field_where_it_is_asked_for_so_many() {
    bench().expect(&[
        ("HRANDFIELD h 3", r#"["a", "b", "c"]"#),
        ("HRANDFIELD h 9223372036854775807", r#"["a", "b", "c"]"#),
        ("HRANDFIELD h 9 WithValues", r#"[["a", "1"], ["b", "22"], ["c", "x"]]"#),
        ("HRANDFIELD h 0", "[]"),
        ("HRANDFIELD h 0 withvalues", "[]"),
        ("HSET one f v", "1"),
        ("HRANDFIELD one", r#""f""#),
        ("HRANDFIELD one -3", r#"["f", "f", "f"]"#),
        ("HRANDFIELD one -2 withvalues", r#"[["f", "v"], ["f", "v"]]"#),
    ]);
}

#[test]
fn hrandfield_draws_different_fields_and_repeats_with_the_seed() {
    let answers = |seed| {
        let bench = Bench::with_seed(seed);
        for field in 0..2000 {
            bench.run(&format!("HSET h {field} {field}"));
        }
        ["HRANDFIELD h 20 withvalues", "HRANDFIELD h", "HRANDFIELD h -20"].map(|line| bench.run(line))
    };
    assert_eq!(answers(7), answers(7));
    assert_ne!(answers(7), answers(8));

    let bench = bench();
    let pairs = [r#"["a", "b"]"#, r#"["b", "a"]"#, r#"["a", "c"]"#, r#"["c", "a"]"#, r#"["b", "c"]"#, r#"["c", "b"]"#];
    for _ in 0..50 {
        let drawn = bench.run("HRANDFIELD h 2");
        assert!(pairs.contains(&drawn.as_str()), "{drawn}");
    }
}

#[test]
fn hscan_checks_its_cursor_then_the_key_then_the_options() {
    bench().expect(&[
        ("HSCAN s x bogus", "ERR invalid cursor"),
        ("HSCAN s 0 bogus", WRONG_TYPE),
        ("HSCAN missing 0 bogus", r#"["0", []]"#),
        ("HSCAN h 0 bogus", SYNTAX),
        ("HSCAN h 0 TYPE hash", SYNTAX),
        ("HSCAN h 0 COUNT 0", SYNTAX),
        ("HSCAN h 0 COUNT x", NOT_AN_INTEGER),
    ]);
}

#[test]
fn hscan_answers_a_small_hash_at_once_and_only_what_matches() {
    bench().expect(&[
        ("HSCAN h 0 COUNT 1", r#"["0", ["a", "1", "b", "22", "c", "x"]]"#),
        ("HSCAN h 7 MATCH [ac]", r#"["0", ["a", "1", "c", "x"]]"#),
        ("HSCAN h 0 MATCH z*", r#"["0", []]"#),
        ("HSCAN h 0 MATCH z MATCH b", r#"["0", ["b", "22"]]"#),
    ]);
}

#[test]
fn hscan_walks_a_large_hash_step_by_step() {
    let bench = Bench::new();
    for field in 0..600 {
        bench.run(&format!("HSET h {field} v"));
    }
    bench.expect(&[
        ("HSCAN h 0 COUNT 2", r#"["598", ["598", "v", "599", "v"]]"#),
        ("HSCAN h 2", r#"["0", ["0", "v", "1", "v"]]"#),
        ("HSCAN h 598 COUNT 9223372036854775807 MATCH 59[67]", r#"["0", ["596", "v", "597", "v"]]"#),
        ("HSCAN h 18446744073709551615 COUNT 1", r#"["599", ["599", "v"]]"#),
    ]);
}

#[test]
fn a_watch_breaks_on_what_changes_a_hash_and_on_nothing_else() {
    for line in
        ["HSET h a 1", "HMSET h a 1", "HSETNX h z 1", "HDEL h a", "HDEL h a b c", "HINCRBY h a 0", "HINCRBYFLOAT h a 0"]
    {
        assert!(bench().breaks("h", line), "{line}");
    }
    for line in
        ["HSETNX h a 1", "HDEL h z", "HINCRBY h c 1", "HINCRBYFLOAT h c 1", "HSET h a", "HGETALL h", "HRANDFIELD h 2"]
    {
        assert!(!bench().breaks("h", line), "{line}");
    }
}
