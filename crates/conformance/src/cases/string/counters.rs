//! Strings that are numbers: INCR and its kin.

use embroker_core::AnyBroker;

use crate::check::{Case, Done};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![
        counters_count_from_zero,
        counters_refuse_to_overflow,
        counters_take_integers_only,
        counting_keeps_the_deadline,
        incrbyfloat_answers_in_decimal_text,
        incrbyfloat_takes_finite_numbers_only,
    ]
}

async fn counters_count_from_zero(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        INCR n => 1
        INCRBY n 41 => 42
        DECR n => 41
        DECRBY n 40 => 1
        DECRBY n -5 => 6
        INCRBY n -7 => -1
        GET n => "-1"
        INCR => -ERR wrong number of arguments for 'incr' command
        INCRBY n => -ERR wrong number of arguments for 'incrby' command
        DECRBY n => -ERR wrong number of arguments for 'decrby' command
        "#,
    )
    .await
}

async fn counters_refuse_to_overflow(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET max 9223372036854775807 => +OK
        INCR max => -ERR increment or decrement would overflow
        INCRBY max 1 => -ERR increment or decrement would overflow
        DECRBY max -1 => -ERR increment or decrement would overflow
        SET min -9223372036854775808 => +OK
        DECR min => -ERR increment or decrement would overflow
        DECRBY min 1 => -ERR increment or decrement would overflow
        DECRBY min -9223372036854775808 => -ERR decrement would overflow
        INCRBY min -1 => -ERR increment or decrement would overflow
        DECRBY n -9223372036854775808 => -ERR decrement would overflow
        MGET max min n => ["9223372036854775807", "-9223372036854775808", null]
        "#,
    )
    .await
}

async fn counters_take_integers_only(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k " 1" => +OK
        INCR k => -ERR value is not an integer or out of range
        SET k 1.0 => +OK
        INCR k => -ERR value is not an integer or out of range
        SET k "" => +OK
        INCR k => -ERR value is not an integer or out of range
        SET k 9223372036854775808 => +OK
        INCR k => -ERR value is not an integer or out of range
        SET k -0 => +OK
        INCR k => -ERR value is not an integer or out of range
        SET k 01 => +OK
        INCR k => -ERR value is not an integer or out of range
        INCRBY n abc => -ERR value is not an integer or out of range
        INCRBY n 1.5 => -ERR value is not an integer or out of range
        INCRBY n +1 => -ERR value is not an integer or out of range
        INCRBY n 9223372036854775808 => -ERR value is not an integer or out of range
        EXISTS n => 0
        HSET h f v => 1
        INCR h => -WRONGTYPE Operation against a key holding the wrong kind of value
        INCRBY h abc => -ERR value is not an integer or out of range
        DECRBY h abc => -ERR value is not an integer or out of range
        "#,
    )
    .await
}

async fn counting_keeps_the_deadline(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET n 1 EXAT 9999999999 => +OK
        INCR n => 2
        INCRBYFLOAT n 0.5 => "2.5"
        APPEND n 0 => 4
        SETRANGE n 0 9 => 4
        GET n => "9.50"
        EXPIRETIME n => 9999999999
        "#,
    )
    .await
}

async fn incrbyfloat_answers_in_decimal_text(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        INCRBYFLOAT n 10.5 => "10.5"
        INCRBYFLOAT n 0.1 => "10.6"
        INCRBYFLOAT n -10.6 => "0"
        INCRBYFLOAT e 5.0e3 => "5000"
        INCRBYFLOAT e 2e2 => "5200"
        INCRBYFLOAT big 1e20 => "100000000000000000000"
        INCRBYFLOAT small 1e-17 => "0.00000000000000001"
        INCRBYFLOAT less 1e-18 => "0"
        INCRBYFLOAT whole 3.0 => "3"
        SET n 3.0 => +OK
        INCRBYFLOAT n 1.10 => "4.1"
        "#,
    )
    .await
}

async fn incrbyfloat_takes_finite_numbers_only(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        INCRBYFLOAT n abc => -ERR value is not a valid float
        INCRBYFLOAT n "" => -ERR value is not a valid float
        INCRBYFLOAT n nan => -ERR value is not a valid float
        INCRBYFLOAT n inf => -ERR increment would produce NaN or Infinity
        INCRBYFLOAT n -inf => -ERR increment would produce NaN or Infinity
        INCRBYFLOAT n "1 " => -ERR value is not a valid float
        INCRBYFLOAT n " 1" => -ERR value is not a valid float
        EXISTS n => 0
        SET k abc => +OK
        INCRBYFLOAT k 1 => -ERR value is not a valid float
        INCRBYFLOAT k abc => -ERR value is not a valid float
        SET k " 1" => +OK
        INCRBYFLOAT k 1 => -ERR value is not a valid float
        HSET h f v => 1
        INCRBYFLOAT h 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        INCRBYFLOAT h abc => -WRONGTYPE Operation against a key holding the wrong kind of value
        INCRBYFLOAT n => -ERR wrong number of arguments for 'incrbyfloat' command
        "#,
    )
    .await
}
