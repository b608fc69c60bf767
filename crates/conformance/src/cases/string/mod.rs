//! Strings and counters.

mod counters;

use embroker_core::AnyBroker;

use crate::check::{Case, Done};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    let cases = cases![
        set_and_get_any_bytes,
        set_nx_and_xx_look_before_they_write,
        set_get_answers_the_old_value,
        set_takes_one_deadline,
        set_with_a_deadline_in_the_past_leaves_no_key,
        setnx_setex_and_psetex_are_short_for_set,
        getset_answers_the_old_value_and_clears_the_deadline,
        getdel_takes_the_value_away,
        getex_changes_the_deadline,
        getex_reads_its_options_in_redis_order,
        mget_answers_null_for_what_is_no_string,
        mset_takes_pairs,
        msetnx_sets_all_or_none,
        append_and_strlen_measure_in_bytes,
        append_of_nothing_makes_an_empty_key,
        getrange_counts_from_either_end,
        setrange_pads_with_zero_bytes,
        setrange_is_bounded_by_the_longest_string,
        a_key_of_another_type_is_refused,
    ];
    [cases, counters::cases()].concat()
}

async fn set_and_get_any_bytes(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k v => +OK
        GET k => "v"
        SET k "\x00\xff\r\n" => +OK
        GET k => "\x00\xff\r\n"
        SET "" "" => +OK
        GET "" => ""
        GET nope => null
        SET k => -ERR wrong number of arguments for 'set' command
        GET => -ERR wrong number of arguments for 'get' command
        GET a b => -ERR wrong number of arguments for 'get' command
        "#,
    )
    .await
}

async fn set_nx_and_xx_look_before_they_write(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k a XX => null
        SET k a NX => +OK
        SET k b NX => null
        SET k c XX => +OK
        GET k => "c"
        SET k d NX XX => -ERR syntax error
        SET k d XX NX => -ERR syntax error
        GET k => "c"
        "#,
    )
    .await
}

async fn set_get_answers_the_old_value(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k a GET => null
        SET k b GET => "a"
        SET k c NX GET => "b"
        GET k => "b"
        SET new x NX GET => null
        GET new => "x"
        SET gone x XX GET => null
        EXISTS gone => 0
        HSET h f v => 1
        SET h x GET => -WRONGTYPE Operation against a key holding the wrong kind of value
        TYPE h => +hash
        SET h x => +OK
        TYPE h => +string
        "#,
    )
    .await
}

async fn set_takes_one_deadline(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k v EXAT 9999999999 => +OK
        EXPIRETIME k => 9999999999
        SET k v PXAT 9999999999999 => +OK
        PEXPIRETIME k => 9999999999999
        SET k v KEEPTTL => +OK
        PEXPIRETIME k => 9999999999999
        SET k v => +OK
        PEXPIRETIME k => -1
        SET k v EX 100 => +OK
        PERSIST k => 1
        SET k v EX 10 PX 10 => -ERR syntax error
        SET k v EX 10 KEEPTTL => -ERR syntax error
        SET k v EXAT 10 PXAT 10 => -ERR syntax error
        SET k v EX => -ERR syntax error
        SET k v EX abc => -ERR value is not an integer or out of range
        SET k v EX 0 => -ERR invalid expire time in 'set' command
        SET k v PX -1 => -ERR invalid expire time in 'set' command
        SET k v EX 9223372036854775807 => -ERR invalid expire time in 'set' command
        SET k v EX 1.5 => -ERR value is not an integer or out of range
        SET k v BOGUS => -ERR syntax error
        SET k v ex 100 xx get => "v"
        "#,
    )
    .await
}

async fn set_with_a_deadline_in_the_past_leaves_no_key(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k v => +OK
        SET k w EXAT 1 => +OK
        EXISTS k => 0
        GET k => null
        SET k v PXAT 1 GET => null
        EXISTS k => 0
        "#,
    )
    .await
}

async fn setnx_setex_and_psetex_are_short_for_set(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SETNX k a => 1
        SETNX k b => 0
        GET k => "a"
        SETEX k 100 c => +OK
        PERSIST k => 1
        PSETEX k 100000 d => +OK
        PERSIST k => 1
        GET k => "d"
        SETEX k 0 x => -ERR invalid expire time in 'setex' command
        SETEX k -1 x => -ERR invalid expire time in 'setex' command
        SETEX k abc x => -ERR value is not an integer or out of range
        PSETEX k 0 x => -ERR invalid expire time in 'psetex' command
        PSETEX k abc x => -ERR value is not an integer or out of range
        SETEX k 9223372036854775807 x => -ERR invalid expire time in 'setex' command
        SETEX k 100 => -ERR wrong number of arguments for 'setex' command
        SETNX k => -ERR wrong number of arguments for 'setnx' command
        GET k => "d"
        HSET h f v => 1
        SETNX h x => 0
        SETEX h 100 x => +OK
        TYPE h => +string
        "#,
    )
    .await
}

async fn getset_answers_the_old_value_and_clears_the_deadline(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        GETSET k a => null
        SET k b EXAT 9999999999 => +OK
        GETSET k c => "b"
        TTL k => -1
        GET k => "c"
        HSET h f v => 1
        GETSET h x => -WRONGTYPE Operation against a key holding the wrong kind of value
        GETSET k => -ERR wrong number of arguments for 'getset' command
        "#,
    )
    .await
}

async fn getdel_takes_the_value_away(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        GETDEL k => null
        SET k v => +OK
        GETDEL k => "v"
        EXISTS k => 0
        HSET h f v => 1
        GETDEL h => -WRONGTYPE Operation against a key holding the wrong kind of value
        EXISTS h => 1
        GETDEL => -ERR wrong number of arguments for 'getdel' command
        GETDEL a b => -ERR wrong number of arguments for 'getdel' command
        "#,
    )
    .await
}

async fn getex_changes_the_deadline(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        GETEX k EX 100 => null
        SET k v => +OK
        GETEX k => "v"
        TTL k => -1
        GETEX k EX 100 => "v"
        PERSIST k => 1
        GETEX k PXAT 9999999999999 => "v"
        PEXPIRETIME k => 9999999999999
        GETEX k PERSIST => "v"
        TTL k => -1
        GETEX k EXAT 1 => "v"
        EXISTS k => 0
        "#,
    )
    .await
}

async fn getex_reads_its_options_in_redis_order(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        GETEX nope EX abc => null
        GETEX nope BOGUS => -ERR syntax error
        SET k v => +OK
        GETEX k EX abc => -ERR value is not an integer or out of range
        GETEX k EX 0 => -ERR invalid expire time in 'getex' command
        GETEX k PX -5 => -ERR invalid expire time in 'getex' command
        GETEX k EX => -ERR syntax error
        GETEX k EX 10 PERSIST => -ERR syntax error
        GETEX k PERSIST EX 10 => -ERR syntax error
        GETEX k NX => -ERR syntax error
        GETEX k KEEPTTL => -ERR syntax error
        GETEX k EX 10 EX 10 => "v"
        GETEX k EX 9223372036854775807 => -ERR invalid expire time in 'getex' command
        PERSIST k => 1
        HSET h f v => 1
        GETEX h => -WRONGTYPE Operation against a key holding the wrong kind of value
        GETEX h EX abc => -WRONGTYPE Operation against a key holding the wrong kind of value
        GETEX h BOGUS => -ERR syntax error
        GETEX => -ERR wrong number of arguments for 'getex' command
        "#,
    )
    .await
}

async fn mget_answers_null_for_what_is_no_string(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET a 1 => +OK
        HSET h f v => 1
        MGET a nope h a => ["1", null, null, "1"]
        MGET => -ERR wrong number of arguments for 'mget' command
        "#,
    )
    .await
}

async fn mset_takes_pairs(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        MSET a 1 b 2 a 3 => +OK
        MGET a b => ["3", "2"]
        HSET h f v => 1
        MSET h x => +OK
        GET h => "x"
        MSET a => -ERR wrong number of arguments for 'mset' command
        MSET a 1 b => -ERR wrong number of arguments for 'mset' command
        MSET => -ERR wrong number of arguments for 'mset' command
        GET a => "3"
        "#,
    )
    .await
}

async fn msetnx_sets_all_or_none(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        MSETNX a 1 b 2 => 1
        MSETNX b 3 c 4 => 0
        EXISTS c => 0
        MSETNX d 1 d 2 => 1
        GET d => "2"
        MSETNX a => -ERR wrong number of arguments for 'msetnx' command
        MSETNX a 1 b => -ERR wrong number of arguments for 'msetnx' command
        "#,
    )
    .await
}

async fn append_and_strlen_measure_in_bytes(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        STRLEN k => 0
        APPEND k hello => 5
        APPEND k " \xff" => 7
        STRLEN k => 7
        GET k => "hello \xff"
        APPEND k "" => 7
        SET n 12 => +OK
        APPEND n 3 => 3
        INCR n => 124
        STRLEN n => 3
        HSET h f v => 1
        APPEND h x => -WRONGTYPE Operation against a key holding the wrong kind of value
        STRLEN h => -WRONGTYPE Operation against a key holding the wrong kind of value
        APPEND k => -ERR wrong number of arguments for 'append' command
        STRLEN => -ERR wrong number of arguments for 'strlen' command
        "#,
    )
    .await
}

async fn append_of_nothing_makes_an_empty_key(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        APPEND k "" => 0
        EXISTS k => 1
        GET k => ""
        "#,
    )
    .await
}

async fn getrange_counts_from_either_end(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k "This is a string" => +OK
        GETRANGE k 0 3 => "This"
        GETRANGE k -3 -1 => "ing"
        GETRANGE k 0 -1 => "This is a string"
        GETRANGE k 10 100 => "string"
        GETRANGE k 5 2 => ""
        GETRANGE k -100 2 => "Thi"
        GETRANGE k -1 -3 => ""
        GETRANGE k -100 -100 => "T"
        GETRANGE k 100 200 => ""
        GETRANGE k 0 -100 => "T"
        GETRANGE k -9223372036854775808 9223372036854775807 => "This is a string"
        GETRANGE nope 0 -1 => ""
        SUBSTR k 5 6 => "is"
        SET n 12345 => +OK
        GETRANGE n 1 2 => "23"
        GETRANGE k a 1 => -ERR value is not an integer or out of range
        GETRANGE k 0 1.5 => -ERR value is not an integer or out of range
        GETRANGE nope a 1 => -ERR value is not an integer or out of range
        HSET h f v => 1
        GETRANGE h 0 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        GETRANGE h a 1 => -ERR value is not an integer or out of range
        GETRANGE k 0 => -ERR wrong number of arguments for 'getrange' command
        SUBSTR k 0 => -ERR wrong number of arguments for 'substr' command
        "#,
    )
    .await
}

async fn setrange_pads_with_zero_bytes(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SETRANGE k 3 ab => 5
        GET k => "\x00\x00\x00ab"
        SETRANGE k 0 XY => 5
        GET k => "XY\x00ab"
        SETRANGE k 7 "" => 5
        STRLEN k => 5
        SETRANGE nope 5 "" => 0
        EXISTS nope => 0
        SET n 12345 => +OK
        SETRANGE n 1 99 => 5
        GET n => "19945"
        "#,
    )
    .await
}

async fn setrange_is_bounded_by_the_longest_string(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SETRANGE k -1 x => -ERR offset is out of range
        SETRANGE k 536870912 x => -ERR string exceeds maximum allowed size (proto-max-bulk-len)
        SETRANGE k 9223372036854775807 x => -ERR string exceeds maximum allowed size (proto-max-bulk-len)
        SETRANGE k 536870912 "" => 0
        SETRANGE k abc x => -ERR value is not an integer or out of range
        SETRANGE k 1.0 x => -ERR value is not an integer or out of range
        EXISTS k => 0
        HSET h f v => 1
        SETRANGE h 0 x => -WRONGTYPE Operation against a key holding the wrong kind of value
        SETRANGE h -1 x => -ERR offset is out of range
        SETRANGE h abc x => -ERR value is not an integer or out of range
        SETRANGE k 0 => -ERR wrong number of arguments for 'setrange' command
        "#,
    )
    .await
}

async fn a_key_of_another_type_is_refused(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD s a => 1
        GET s => -WRONGTYPE Operation against a key holding the wrong kind of value
        GETSET s x => -WRONGTYPE Operation against a key holding the wrong kind of value
        GETDEL s => -WRONGTYPE Operation against a key holding the wrong kind of value
        GETEX s => -WRONGTYPE Operation against a key holding the wrong kind of value
        APPEND s x => -WRONGTYPE Operation against a key holding the wrong kind of value
        STRLEN s => -WRONGTYPE Operation against a key holding the wrong kind of value
        GETRANGE s 0 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        SETRANGE s 0 x => -WRONGTYPE Operation against a key holding the wrong kind of value
        INCR s => -WRONGTYPE Operation against a key holding the wrong kind of value
        DECR s => -WRONGTYPE Operation against a key holding the wrong kind of value
        INCRBYFLOAT s 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        SMEMBERS s => {"a"}
        "#,
    )
    .await
}
