//! Hashes: HSET and its kin. The cases of SCAN's cursors stand in tests/differential, over many fields.

use embroker_core::AnyBroker;

use crate::check::{Case, Done};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![
        hset_answers_how_many_fields_are_new,
        hset_takes_fields_with_values_only,
        fields_and_values_are_any_bytes,
        hmset_answers_ok,
        hsetnx_sets_only_what_is_not_there,
        hget_of_what_is_missing_is_null,
        hmget_answers_one_value_for_each_field,
        hgetall_hkeys_and_hvals_show_everything,
        hlen_hexists_and_hstrlen_measure,
        hdel_counts_what_it_removed_and_removes_an_empty_key,
        hincrby_counts_from_zero,
        hincrby_refuses_to_overflow,
        hincrby_takes_integers_only,
        hincrbyfloat_answers_in_decimal_text,
        hincrbyfloat_takes_finite_numbers_only,
        hrandfield_takes_a_count_and_withvalues,
        hscan_of_a_small_hash_answers_all_at_once,
        a_key_of_another_type_is_refused,
        arguments_are_checked_in_redis_order,
        changing_a_field_keeps_the_deadline_of_the_key,
    ]
}

async fn hset_answers_how_many_fields_are_new(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h a 1 b 2 => 2
        HSET h a 3 c 4 => 1
        HSET h a 5 a 6 d 7 d 8 => 1
        HGETALL h => {"a": "6", "b": "2", "c": "4", "d": "8"}
        hSeT h A 1 => 1
        HLEN h => 5
        "#,
    )
    .await
}

async fn hset_takes_fields_with_values_only(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h => -ERR wrong number of arguments for 'hset' command
        HSET h a => -ERR wrong number of arguments for 'hset' command
        HSET h a 1 b => -ERR wrong number of arguments for 'hset' command
        HSET h a 1 b 2 c => -ERR wrong number of arguments for 'hset' command
        EXISTS h => 0
        "#,
    )
    .await
}

async fn fields_and_values_are_any_bytes(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h "" "" => 1
        HSET h "\x00\xff\r\n" "\xfe \x00" => 1
        HGET h "" => ""
        HGET h "\x00\xff\r\n" => "\xfe \x00"
        HGET h "\x00" => null
        HGETALL h => {"": "", "\x00\xff\r\n": "\xfe \x00"}
        HSTRLEN h "\x00\xff\r\n" => 3
        HSET "" f v => 1
        HGET "" f => "v"
        "#,
    )
    .await
}

async fn hmset_answers_ok(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HMSET h a 1 b 2 => +OK
        HGETALL h => {"a": "1", "b": "2"}
        HMSET h a => -ERR wrong number of arguments for 'hmset' command
        HMSET h a 1 b => -ERR wrong number of arguments for 'hmset' command
        SET s x => +OK
        HMSET s a 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        "#,
    )
    .await
}

async fn hsetnx_sets_only_what_is_not_there(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSETNX h a 1 => 1
        HSETNX h a 2 => 0
        HGET h a => "1"
        HSETNX h a 2 b 3 => -ERR wrong number of arguments for 'hsetnx' command
        HSETNX h a => -ERR wrong number of arguments for 'hsetnx' command
        "#,
    )
    .await
}

async fn hget_of_what_is_missing_is_null(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HGET h a => null
        HSET h a 1 => 1
        HGET h b => null
        HGET h => -ERR wrong number of arguments for 'hget' command
        HGET h a b => -ERR wrong number of arguments for 'hget' command
        "#,
    )
    .await
}

async fn hmget_answers_one_value_for_each_field(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h a 1 b 2 => 2
        HMGET h b nope a b => ["2", null, "1", "2"]
        HMGET nope a b => [null, null]
        HMGET h => -ERR wrong number of arguments for 'hmget' command
        "#,
    )
    .await
}

async fn hgetall_hkeys_and_hvals_show_everything(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h a 1 b 2 c 1 => 3
        HGETALL h => {"a": "1", "b": "2", "c": "1"}
        HKEYS h =sorted=> ["a", "b", "c"]
        HVALS h =sorted=> ["1", "1", "2"]
        HGETALL nope => {}
        HKEYS nope => []
        HVALS nope => []
        HGETALL h h => -ERR wrong number of arguments for 'hgetall' command
        HKEYS => -ERR wrong number of arguments for 'hkeys' command
        HVALS h h => -ERR wrong number of arguments for 'hvals' command
        "#,
    )
    .await
}

async fn hlen_hexists_and_hstrlen_measure(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HLEN h => 0
        HEXISTS h a => 0
        HSTRLEN h a => 0
        HSET h a hello b "" n -42 => 3
        HLEN h => 3
        HEXISTS h a => 1
        HEXISTS h c => 0
        HSTRLEN h a => 5
        HSTRLEN h b => 0
        HSTRLEN h n => 3
        HSTRLEN h c => 0
        HLEN => -ERR wrong number of arguments for 'hlen' command
        HEXISTS h => -ERR wrong number of arguments for 'hexists' command
        HSTRLEN h => -ERR wrong number of arguments for 'hstrlen' command
        "#,
    )
    .await
}

async fn hdel_counts_what_it_removed_and_removes_an_empty_key(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h a 1 b 2 c 3 => 3
        HDEL h a nope a => 1
        HLEN h => 2
        HDEL h b c => 2
        EXISTS h => 0
        TYPE h => +none
        HDEL h b => 0
        HDEL h => -ERR wrong number of arguments for 'hdel' command
        "#,
    )
    .await
}

async fn hincrby_counts_from_zero(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HINCRBY h n 5 => 5
        HINCRBY h n -7 => -2
        HINCRBY h n 0 => -2
        HGET h n => "-2"
        HINCRBY h n 9223372036854775807 => 9223372036854775805
        HINCRBY h n 3 => -ERR increment or decrement would overflow
        HINCRBY h n -9223372036854775808 => -3
        "#,
    )
    .await
}

async fn hincrby_refuses_to_overflow(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h max 9223372036854775807 min -9223372036854775808 => 2
        HINCRBY h max 1 => -ERR increment or decrement would overflow
        HINCRBY h min -1 => -ERR increment or decrement would overflow
        HGETALL h => {"max": "9223372036854775807", "min": "-9223372036854775808"}
        "#,
    )
    .await
}

async fn hincrby_takes_integers_only(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h text abc float 1.5 space " 1" big 9223372036854775808 plus +1 zero 01 empty "" => 7
        HINCRBY h text 1 => -ERR hash value is not an integer
        HINCRBY h float 1 => -ERR hash value is not an integer
        HINCRBY h space 1 => -ERR hash value is not an integer
        HINCRBY h big 1 => -ERR hash value is not an integer
        HINCRBY h plus 1 => -ERR hash value is not an integer
        HINCRBY h zero 1 => -ERR hash value is not an integer
        HINCRBY h empty 1 => -ERR hash value is not an integer
        HINCRBY h n abc => -ERR value is not an integer or out of range
        HINCRBY h n 1.0 => -ERR value is not an integer or out of range
        HINCRBY h n "" => -ERR value is not an integer or out of range
        HINCRBY h n 9223372036854775808 => -ERR value is not an integer or out of range
        HINCRBY h text abc => -ERR value is not an integer or out of range
        HEXISTS h n => 0
        EXISTS nope => 0
        HINCRBY nope n abc => -ERR value is not an integer or out of range
        EXISTS nope => 0
        HINCRBY h n => -ERR wrong number of arguments for 'hincrby' command
        "#,
    )
    .await
}

async fn hincrbyfloat_answers_in_decimal_text(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HINCRBYFLOAT h n 10.5 => "10.5"
        HINCRBYFLOAT h n 0.1 => "10.6"
        HINCRBYFLOAT h n -5 => "5.6"
        HINCRBYFLOAT h thousands 5.0e3 => "5000"
        HGET h n => "5.6"
        HINCRBYFLOAT h tenth 0.1 => "0.1"
        HINCRBYFLOAT h tenth 0.2 => "0.3"
        HINCRBYFLOAT h whole 3.0 => "3"
        HINCRBYFLOAT h small 1e-17 => "0.00000000000000001"
        HINCRBYFLOAT h big 1e20 => "100000000000000000000"
        HINCRBYFLOAT h hex 0x10 => "16"
        "#,
    )
    .await
}

async fn hincrbyfloat_takes_finite_numbers_only(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h text abc max 1.7e308 space " 1" => 3
        HINCRBYFLOAT h text 1 => -ERR hash value is not a float
        HINCRBYFLOAT h space 1 => -ERR hash value is not a float
        HINCRBYFLOAT h n abc => -ERR value is not a valid float
        HINCRBYFLOAT h n "" => -ERR value is not a valid float
        HINCRBYFLOAT h n nan => -ERR value is not a valid float
        HINCRBYFLOAT h n inf => -ERR value is NaN or Infinity
        HINCRBYFLOAT h n " 1" => -ERR value is not a valid float
        HINCRBYFLOAT h n "1 " => -ERR value is not a valid float
        HINCRBYFLOAT h n => -ERR wrong number of arguments for 'hincrbyfloat' command
        EXISTS h => 1
        HEXISTS h n => 0
        "#,
    )
    .await
}

async fn hrandfield_takes_a_count_and_withvalues(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HRANDFIELD nope => null
        HRANDFIELD nope 3 => []
        HRANDFIELD nope -3 WITHVALUES => []
        HSET h a 1 => 1
        HRANDFIELD h => "a"
        HRANDFIELD h 0 => []
        HRANDFIELD h 5 => ["a"]
        HRANDFIELD h -3 => ["a", "a", "a"]
        HRANDFIELD h 1 WITHVALUES => [["a", "1"]]
        HRANDFIELD h -2 withvalues => [["a", "1"], ["a", "1"]]
        HRANDFIELD h 1 VALUES => -ERR syntax error
        HRANDFIELD h x => -ERR value is not an integer or out of range
        HRANDFIELD h 1 WITHVALUES x => -ERR syntax error
        HRANDFIELD h -9223372036854775808 => -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        HRANDFIELD h 9223372036854775807 WITHVALUES => -ERR value is out of range
        HRANDFIELD h -9223372036854775807 WITHVALUES => -ERR value is out of range
        HSET h b 2 => 1
        HRANDFIELD h 2 =sorted=> ["a", "b"]
        HRANDFIELD => -ERR wrong number of arguments for 'hrandfield' command
        "#,
    )
    .await
}

async fn hscan_of_a_small_hash_answers_all_at_once(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSCAN nope 0 => ["0", []]
        HSET h a 1 b 2 => 2
        HSCAN h 0 => ["0", ["a", "1", "b", "2"]]
        HSCAN h 0 MATCH a* => ["0", ["a", "1"]]
        HSCAN h 0 COUNT 1 => ["0", ["a", "1", "b", "2"]]
        HSCAN h 0 MATCH x COUNT 100 => ["0", []]
        HSCAN h x => -ERR invalid cursor
        HSCAN h -1 => ["0", ["a", "1", "b", "2"]]
        HSCAN h 0 COUNT 0 => -ERR syntax error
        HSCAN h 0 COUNT x => -ERR value is not an integer or out of range
        HSCAN h 0 COUNT => -ERR syntax error
        HSCAN h 0 BOGUS => -ERR syntax error
        HSCAN nope 0 BOGUS => ["0", []]
        HSCAN nope x => -ERR invalid cursor
        HSCAN h => -ERR wrong number of arguments for 'hscan' command
        SET s x => +OK
        HSCAN s 0 => -WRONGTYPE Operation against a key holding the wrong kind of value
        HSCAN s 0 BOGUS => -WRONGTYPE Operation against a key holding the wrong kind of value
        "#,
    )
    .await
}

async fn a_key_of_another_type_is_refused(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET s x => +OK
        HSET s a 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        HSETNX s a 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        HGET s a => -WRONGTYPE Operation against a key holding the wrong kind of value
        HMGET s a => -WRONGTYPE Operation against a key holding the wrong kind of value
        HGETALL s => -WRONGTYPE Operation against a key holding the wrong kind of value
        HKEYS s => -WRONGTYPE Operation against a key holding the wrong kind of value
        HVALS s => -WRONGTYPE Operation against a key holding the wrong kind of value
        HLEN s => -WRONGTYPE Operation against a key holding the wrong kind of value
        HEXISTS s a => -WRONGTYPE Operation against a key holding the wrong kind of value
        HDEL s a => -WRONGTYPE Operation against a key holding the wrong kind of value
        HSTRLEN s a => -WRONGTYPE Operation against a key holding the wrong kind of value
        HINCRBY s a 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        HINCRBYFLOAT s a 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        HRANDFIELD s => -WRONGTYPE Operation against a key holding the wrong kind of value
        HRANDFIELD s 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        GET s => "x"
        "#,
    )
    .await
}

async fn arguments_are_checked_in_redis_order(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET s x => +OK
        HINCRBY s a abc => -ERR value is not an integer or out of range
        HINCRBYFLOAT s a abc => -ERR value is not a valid float
        HRANDFIELD s abc => -ERR value is not an integer or out of range
        HRANDFIELD s 1 BOGUS => -ERR syntax error
        HSET s a 1 b => -ERR wrong number of arguments for 'hset' command
        HSCAN s x => -ERR invalid cursor
        "#,
    )
    .await
}

async fn changing_a_field_keeps_the_deadline_of_the_key(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h a 1 => 1
        EXPIREAT h 9999999999 => 1
        HSET h a 2 => 0
        HINCRBY h a 1 => 3
        HDEL h b => 0
        EXPIRETIME h => 9999999999
        HDEL h a => 1
        EXPIRETIME h => -2
        HSET h a 1 => 1
        TTL h => -1
        "#,
    )
    .await
}
