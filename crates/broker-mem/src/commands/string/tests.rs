//! Each answer here was given by Redis 7.0.15 as well. Replies are written as [`Value`] shows them, errors with a `-`
//! before.

use std::sync::Arc;
use std::time::Duration;

use embroker_core::{Arg, Broker as _, Command, Error, Pipeline};

use crate::{ManualClock, MemBroker};

/// The time at which every test begins, in milliseconds since the epoch.
const NOW: u64 = 1_000_000;
const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value";
const NOT_AN_INTEGER: &str = "-ERR value is not an integer or out of range";
const SYNTAX: &str = "-ERR syntax error";

struct Session {
    broker: MemBroker,
    clock: Arc<ManualClock>,
}

impl Session {
    /// A broker on which these commands have run.
    fn after(lines: &[&str]) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let session = Self { broker: MemBroker::builder().clock(clock.clone()).build(), clock };
        for line in lines {
            session.ask(line);
        }
        session
    }

    /// The answer to a command, whose words stand between spaces; `''` is the empty word.
    fn ask(&self, line: &str) -> String {
        self.ask_words(line.split(' ').map(|word| if word == "''" { "" } else { word }))
    }

    fn ask_words<'a>(&self, words: impl IntoIterator<Item: Into<Arg<'a>>>) -> String {
        match self.broker.call(&Command::from_argv(words).unwrap()) {
            Ok(value) => format!("{value:?}"),
            Err(Error::Server(error)) => format!("-{error}"),
            Err(error) => panic!("{error}"),
        }
    }

    fn answers(&self, expected: &[(&str, &str)]) {
        for (line, answer) in expected {
            assert_eq!(self.ask(line), *answer, "{line}");
        }
    }

    /// Whether a transaction goes through that began before the command ran.
    async fn leaves_a_watch_whole(&self, key: &str, line: &str) -> bool {
        let watch = self.broker.watch_keys(&[key.into()]).await.unwrap();
        self.ask(line);
        watch.exec(Pipeline::atomic()).await.unwrap().is_some()
    }
}

mod whole {
    use super::*;

    #[test]
    fn what_is_set_is_got() {
        Session::after(&["SET k v", "SET n 0012"]).answers(&[
            ("GET k", r#""v""#),
            ("GET n", r#""0012""#),
            ("GET missing", "null"),
            ("SET k ''", "+OK"),
            ("GET k", r#""""#),
            ("STRLEN k", "0"),
        ]);
    }

    #[test]
    fn setnx_writes_only_where_there_is_no_key() {
        Session::after(&[]).answers(&[("SETNX k a", "1"), ("SETNX k b", "0"), ("GET k", r#""a""#)]);
    }

    #[test]
    fn getset_clears_the_deadline_and_getdel_the_key() {
        let session = Session::after(&["SETEX k 10 old"]);
        session.answers(&[("GETSET k new", r#""old""#)]);
        session.clock.advance(Duration::from_secs(11));
        session.answers(&[("GETDEL k", r#""new""#), ("GETDEL k", "null"), ("GET k", "null")]);
    }

    #[test]
    fn mget_answers_nil_for_a_key_that_is_missing() {
        Session::after(&["MSET a 1 b 2"]).answers(&[("MGET b x a b", r#"["2", null, "1", "2"]"#)]);
    }

    #[test]
    fn of_a_key_that_is_named_twice_the_last_value_stays() {
        Session::after(&[]).answers(&[
            ("MSET a 1 a 2", "+OK"),
            ("GET a", r#""2""#),
            ("MSETNX b 1 b 2", "1"),
            ("GET b", r#""2""#),
        ]);
    }

    #[test]
    fn msetnx_writes_all_or_none() {
        Session::after(&["SET b 0"]).answers(&[("MSETNX a 1 b 2", "0"), ("MGET a b", r#"[null, "0"]"#)]);
    }

    #[test]
    fn a_key_without_a_value_is_a_wrong_number_of_arguments() {
        Session::after(&[]).answers(&[
            ("MSET a 1 b", "-ERR wrong number of arguments for 'mset' command"),
            ("MSETNX a 1 b", "-ERR wrong number of arguments for 'msetnx' command"),
            ("MGET a b", "[null, null]"),
        ]);
    }
}

mod options_of_set {
    use super::*;

    #[test]
    fn a_condition_that_does_not_hold_answers_nil_and_writes_nothing() {
        Session::after(&[]).answers(&[
            ("SET k v XX", "null"),
            ("SET k v NX", "+OK"),
            ("SET k w NX", "null"),
            ("GET k", r#""v""#),
            ("SET k w XX", "+OK"),
            ("GET k", r#""w""#),
        ]);
    }

    #[test]
    fn get_answers_the_text_before_whether_or_not_the_condition_holds() {
        Session::after(&[]).answers(&[
            ("SET k a GET", "null"),
            ("SET k b NX GET", r#""a""#),
            ("GET k", r#""a""#),
            ("SET k b get", r#""a""#),
            ("SET missing v XX GET", "null"),
            ("GET missing", "null"),
        ]);
    }

    #[test]
    fn words_may_be_repeated_but_not_contradict_each_other() {
        let session = Session::after(&["SET s v"]);
        session.answers(&[
            ("SET k v NX NX", "+OK"),
            ("SET k v GET GET", r#""v""#),
            ("SET k v KEEPTTL KEEPTTL", "+OK"),
            ("SET k v EX abc EX 10", "+OK"),
        ]);
        for options in ["NX XX", "EX 1 PX 1", "EX 1 KEEPTTL", "KEEPTTL PXAT 1", "PERSIST", "EX", "GET EX", "''", "NXX"]
        {
            assert_eq!(session.ask(&format!("SET k v {options}")), SYNTAX, "{options}");
        }
        for options in ["PERSIST EX 1", "EX 1 PERSIST", "KEEPTTL", "NX", "GET", "EX 1 EXAT 1"] {
            assert_eq!(session.ask(&format!("GETEX s {options}")), SYNTAX, "{options}");
        }
    }

    #[test]
    fn a_word_ends_at_a_nul_byte() {
        let session = Session::after(&[]);
        assert_eq!(session.ask_words(["SET", "k", "v", "ex\0junk", "10", "NX\0"]), "+OK");
        assert_eq!(session.ask_words(["SET", "k", "v", "NX\0"]), "null");
    }

    #[test]
    fn a_time_to_live_must_be_positive_and_end_before_time_does() {
        let session = Session::after(&["SET s v"]);
        for (option, last) in [
            ("EX", (i64::MAX - NOW as i64) / 1000),
            ("PX", i64::MAX - NOW as i64),
            ("EXAT", i64::MAX / 1000),
            ("PXAT", i64::MAX),
        ] {
            for time in [0, -1, i64::MIN].into_iter().chain(last.checked_add(1)) {
                let command = format!("SET k v {option} {time}");
                assert_eq!(session.ask(&command), "-ERR invalid expire time in 'set' command", "{command}");
                let command = format!("GETEX s {option} {time}");
                assert_eq!(session.ask(&command), "-ERR invalid expire time in 'getex' command", "{command}");
            }
            assert_eq!(session.ask(&format!("SET k v {option} {last}")), "+OK");
            assert_eq!(session.ask(&format!("SET k v {option} 01")), NOT_AN_INTEGER);
        }
        session.answers(&[
            ("SETEX k 0 v", "-ERR invalid expire time in 'setex' command"),
            ("PSETEX k 0 v", "-ERR invalid expire time in 'psetex' command"),
            ("SETEX k 9223372036854775 v", "-ERR invalid expire time in 'setex' command"),
            ("PSETEX k 9223372036854775 v", "+OK"),
            ("SETEX k x v", NOT_AN_INTEGER),
        ]);
    }

    #[test]
    fn a_key_lives_through_its_last_millisecond() {
        for line in [
            "SET k v EX 2",
            "SET k v PX 2000",
            "SET k v EXAT 1002",
            "SET k v PXAT 1002000",
            "SETEX k 2 v",
            "PSETEX k 2000 v",
        ] {
            let session = Session::after(&[line]);
            session.clock.advance(Duration::from_secs(2));
            assert_eq!(session.ask("GET k"), r#""v""#, "{line}");
            session.clock.advance(Duration::from_millis(1));
            assert_eq!(session.ask("GET k"), "null", "{line}");
        }
    }

    #[test]
    fn set_clears_a_deadline_and_keepttl_keeps_it() {
        let session =
            Session::after(&["SETEX a 1 v", "SETEX b 1 v", "SETEX c 1 v", "SET a w", "SET b w KEEPTTL", "SET c w NX"]);
        session.clock.advance(Duration::from_secs(2));
        session.answers(&[("MGET a b c", r#"["w", null, null]"#), ("SET b new KEEPTTL", "+OK"), ("GET b", r#""new""#)]);
        session.clock.advance(Duration::from_secs(2));
        session.answers(&[("GET b", r#""new""#)]);
    }

    #[test]
    fn a_deadline_that_is_over_makes_set_a_removal() {
        Session::after(&["SET k old"]).answers(&[
            ("SET k v EXAT 1 GET", r#""old""#),
            ("GET k", "null"),
            ("SETNX k v", "1"),
        ]);
    }
}

mod getex {
    use super::*;

    #[test]
    fn a_bad_time_is_no_error_where_there_is_no_key() {
        Session::after(&[]).answers(&[
            ("GETEX missing EX abc", "null"),
            ("GETEX missing PX 0", "null"),
            ("GETEX missing FOO", SYNTAX),
        ]);
    }

    #[test]
    fn the_deadline_is_set_cleared_or_left() {
        let session = Session::after(&["SETEX left 1 v", "SETEX longer 1 v", "SETEX cleared 1 v"]);
        session.answers(&[
            ("GETEX left", r#""v""#),
            ("GETEX longer EX 5", r#""v""#),
            ("GETEX cleared PERSIST", r#""v""#),
        ]);
        session.clock.advance(Duration::from_secs(2));
        session.answers(&[("MGET left longer cleared", r#"[null, "v", "v"]"#)]);
        session.clock.advance(Duration::from_secs(4));
        session.answers(&[("MGET left longer cleared", r#"[null, null, "v"]"#)]);
    }

    #[test]
    fn a_deadline_that_is_over_deletes_the_key() {
        let session = Session::after(&["MSET a v b v"]);
        let now = NOW.to_string();
        assert_eq!(session.ask(&format!("GETEX a PXAT {now}")), r#""v""#);
        session.answers(&[("GETEX b EXAT 1", r#""v""#), ("MGET a b", "[null, null]")]);
    }
}

mod counters {
    use super::*;

    #[test]
    fn a_missing_key_counts_from_zero() {
        Session::after(&[]).answers(&[
            ("INCR a", "1"),
            ("DECR b", "-1"),
            ("INCRBY c -9223372036854775808", "-9223372036854775808"),
            ("DECRBY d 5", "-5"),
            ("INCRBYFLOAT e 0.5", r#""0.5""#),
            ("GET c", r#""-9223372036854775808""#),
        ]);
    }

    #[test]
    fn a_counter_stops_at_the_edges() {
        let overflow = "-ERR increment or decrement would overflow";
        Session::after(&["SET max 9223372036854775807", "SET min -9223372036854775808"]).answers(&[
            ("INCR max", overflow),
            ("DECR min", overflow),
            ("DECRBY min -9223372036854775808", "-ERR decrement would overflow"),
            ("INCRBY max -9223372036854775808", "-1"),
            ("INCRBYFLOAT min 1", r#""-9223372036854775807""#),
        ]);
    }

    #[test]
    fn only_plain_decimal_text_is_an_integer() {
        for text in ["01", "+1", "-0", "1.0", "0x1", "''", "9223372036854775808", "1e3"] {
            let session = Session::after(&[&format!("SET k {text}")]);
            assert_eq!(session.ask("INCR k"), NOT_AN_INTEGER, "{text}");
            assert_eq!(session.ask(&format!("INCRBY n {text}")), NOT_AN_INTEGER, "{text}");
            assert_eq!(session.ask("GET n"), "null");
        }
    }

    #[test]
    fn a_counter_keeps_its_deadline() {
        let session =
            Session::after(&["SETEX a 1 1", "SETEX b 1 1", "SETEX c 1 1", "INCR a", "INCRBYFLOAT b 1", "APPEND c 1"]);
        session.answers(&[("MGET a b c", r#"["2", "2", "11"]"#)]);
        session.clock.advance(Duration::from_secs(2));
        session.answers(&[("MGET a b c", "[null, null, null]"), ("INCR a", "1")]);
    }

    #[test]
    fn a_float_needs_a_finite_sum() {
        let infinite = "-ERR increment would produce NaN or Infinity";
        Session::after(&["SET inf inf", "SET text abc"]).answers(&[
            ("INCRBYFLOAT k inf", infinite),
            ("INCRBYFLOAT inf -inf", infinite),
            ("INCRBYFLOAT text 1", "-ERR value is not a valid float"),
            ("INCRBYFLOAT k nan", "-ERR value is not a valid float"),
            ("GET k", "null"),
            ("INCRBYFLOAT k 3", r#""3""#),
            ("INCR k", "4"),
        ]);
    }
}

mod ranges {
    use super::*;

    #[test]
    fn positions_count_from_either_end_and_stop_at_it() {
        let session = Session::after(&["SET k hello"]);
        for (start, end, part) in [
            (0, -1, "hello"),
            (1, 3, "ell"),
            (-3, 2, "l"),
            (0, -100, "h"),
            (-100, -50, "h"),
            (-1, -2, ""),
            (3, 1, ""),
            (1, -9, ""),
            (5, 5, ""),
            (4, 4, "o"),
            (i64::MIN, i64::MAX, "hello"),
            (i64::MAX, i64::MAX, ""),
            (i64::MIN, i64::MIN, "h"),
        ] {
            for name in ["GETRANGE", "SUBSTR"] {
                assert_eq!(
                    session.ask(&format!("{name} k {start} {end}")),
                    format!("{part:?}"),
                    "{name} {start} {end}"
                );
            }
            assert_eq!(session.ask(&format!("GETRANGE missing {start} {end}")), r#""""#);
        }
        session.answers(&[("GETRANGE k x 1", NOT_AN_INTEGER), ("GETRANGE k 0 x", NOT_AN_INTEGER)]);
    }

    #[test]
    fn append_creates_and_extends() {
        Session::after(&["SET n 10"]).answers(&[
            ("APPEND k ''", "0"),
            ("GET k", r#""""#),
            ("APPEND k ab", "2"),
            ("APPEND n 5", "3"),
            ("INCR n", "106"),
        ]);
    }

    #[test]
    fn setrange_fills_a_gap_with_zero_bytes() {
        Session::after(&["SET n 123"]).answers(&[
            ("SETRANGE k 2 x", "3"),
            ("GET k", r#""\x00\x00x""#),
            ("SETRANGE n 1 00", "3"),
            ("GET n", r#""100""#),
            ("SETRANGE n 2 ab", "4"),
        ]);
    }

    #[test]
    fn an_empty_value_changes_nothing_at_any_offset() {
        Session::after(&["SET k ab"]).answers(&[
            ("SETRANGE k 9223372036854775807 ''", "2"),
            ("SETRANGE missing 5 ''", "0"),
            ("GET missing", "null"),
            ("SETRANGE k -1 ''", "-ERR offset is out of range"),
        ]);
    }

    #[test]
    fn no_string_grows_beyond_512_mb() {
        let too_long = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
        Session::after(&["SET s v"]).answers(&[
            ("SETRANGE k 536870912 x", too_long),
            ("SETRANGE s 536870911 xy", too_long),
            ("SETRANGE k 9223372036854775807 x", too_long),
            ("SETRANGE k 9223372036854775808 x", NOT_AN_INTEGER),
            ("MGET k s", r#"[null, "v"]"#),
        ]);
    }
}

mod watched {
    use super::*;

    #[tokio::test]
    async fn a_write_breaks_a_watch() {
        for line in [
            "SET k 1",
            "SET k 1 EXAT 1",
            "SETNX free 1",
            "SETEX k 1 1",
            "PSETEX k 1 1",
            "GETSET k 1",
            "GETDEL k",
            "APPEND k ''",
            "SETRANGE k 0 1",
            "INCR k",
            "DECRBY k 0",
            "INCRBYFLOAT k 0",
            "MSET k 1",
            "MSETNX free 1",
            "GETEX k EX 1",
            "GETEX k EXAT 1",
            "GETEX expiring PERSIST",
        ] {
            let session = Session::after(&["SET k 1", "SETEX expiring 1 v"]);
            let key = line.split(' ').nth(1).unwrap();
            assert!(!session.leaves_a_watch_whole(key, line).await, "{line}");
        }
    }

    #[tokio::test]
    async fn what_changes_nothing_leaves_a_watch_whole() {
        for line in [
            "GET k",
            "GETEX k",
            "GETEX k PERSIST",
            "GETDEL missing",
            "SETNX k 1",
            "SET k 1 NX",
            "SET missing 1 XX",
            "MSETNX k 1",
            "SETRANGE k 0 ''",
            "SETRANGE k -1 x",
            "INCRBY k x",
            "INCRBYFLOAT k x",
            "SET k 1 EX 0",
            "MGET k",
            "STRLEN k",
            "GETRANGE k 0 -1",
        ] {
            let session = Session::after(&["SET k 1"]);
            let key = line.split(' ').nth(1).unwrap();
            assert!(session.leaves_a_watch_whole(key, line).await, "{line}");
        }
    }
}

#[test]
fn a_key_of_another_type_is_refused_or_overwritten_whole() {
    let hash = || Session::after(&["HSET h f 1"]);
    for line in [
        "GET h",
        "GETDEL h",
        "GETEX h EX abc",
        "GETSET h v",
        "SET h v GET",
        "SET h v XX GET",
        "APPEND h v",
        "STRLEN h",
        "GETRANGE h 0 -1",
        "SETRANGE h 0 ''",
        "SETRANGE h 536870912 x",
        "INCR h",
        "DECR h",
        "INCRBY h 1",
        "DECRBY h 1",
        "INCRBYFLOAT h abc",
    ] {
        assert_eq!(hash().ask(line), WRONG_TYPE, "{line}");
    }
    // These look at their arguments first.
    hash().answers(&[
        ("INCRBY h abc", NOT_AN_INTEGER),
        ("DECRBY h -9223372036854775808", "-ERR decrement would overflow"),
        ("GETRANGE h abc 0", NOT_AN_INTEGER),
        ("SETRANGE h -1 x", "-ERR offset is out of range"),
        ("SET h v GET EX 0", "-ERR invalid expire time in 'set' command"),
        ("SET h v NX", "null"),
        ("SETNX h v", "0"),
        ("MSETNX h v", "0"),
        ("MGET h", "[null]"),
        ("HLEN h", "1"),
    ]);
    for line in ["SET h v", "SETEX h 1 v", "PSETEX h 1 v", "MSET h v"] {
        let session = hash();
        session.answers(&[(line, "+OK"), ("GET h", r#""v""#)]);
    }
}
