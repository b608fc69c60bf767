//! Bits and bit fields of strings. Bit 0 is the highest bit of the first byte.

use embroker_core::AnyBroker;

use crate::check::{Case, Done};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![
        setbit_answers_the_old_bit_and_grows_the_string,
        setbit_takes_one_bit_at_a_valid_offset,
        getbit_beyond_the_end_is_zero,
        bitcount_counts_bytes_or_bits,
        bitcount_looks_up_the_key_before_its_arguments,
        bitpos_finds_the_first_bit,
        bitpos_of_a_missing_key_is_all_zeros,
        bitop_combines_strings_of_any_length,
        bitop_of_nothing_removes_the_destination,
        bitop_checks_its_words,
        bitfield_gets_and_sets_integers_of_any_width,
        bitfield_incrby_wraps_saturates_or_fails,
        bitfield_that_fails_everywhere_still_makes_the_key,
        bitfield_checks_all_its_words_first,
        bitfield_ro_only_gets,
        bits_are_kept_in_the_string_and_its_deadline,
    ]
}

async fn setbit_answers_the_old_bit_and_grows_the_string(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SETBIT k 7 1 => 0
        SETBIT k 7 0 => 1
        SETBIT k 7 1 => 0
        SETBIT k 16 1 => 0
        GET k => "\x01\x00\x80"
        SETBIT k 100 0 => 0
        STRLEN k => 13
        "#,
    )
    .await
}

async fn setbit_takes_one_bit_at_a_valid_offset(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SETBIT k 0 2 => -ERR bit is not an integer or out of range
        SETBIT k 0 -1 => -ERR bit is not an integer or out of range
        SETBIT k 0 x => -ERR bit is not an integer or out of range
        SETBIT k -1 1 => -ERR bit offset is not an integer or out of range
        SETBIT k 4294967296 1 => -ERR bit offset is not an integer or out of range
        SETBIT k x 1 => -ERR bit offset is not an integer or out of range
        SETBIT k x 2 => -ERR bit offset is not an integer or out of range
        SETBIT k 0 => -ERR wrong number of arguments for 'setbit' command
        EXISTS k => 0
        HSET h f v => 1
        SETBIT h 0 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        SETBIT h 0 2 => -ERR bit is not an integer or out of range
        SETBIT h -1 1 => -ERR bit offset is not an integer or out of range
        "#,
    )
    .await
}

async fn getbit_beyond_the_end_is_zero(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        GETBIT nope 0 => 0
        SET k "\x80\x01" => +OK
        GETBIT k 0 => 1
        GETBIT k 1 => 0
        GETBIT k 15 => 1
        GETBIT k 16 => 0
        GETBIT k 4294967295 => 0
        GETBIT k 4294967296 => -ERR bit offset is not an integer or out of range
        GETBIT k -1 => -ERR bit offset is not an integer or out of range
        GETBIT k x => -ERR bit offset is not an integer or out of range
        GETBIT nope x => -ERR bit offset is not an integer or out of range
        SET n 1 => +OK
        GETBIT n 2 => 1
        GETBIT k => -ERR wrong number of arguments for 'getbit' command
        HSET h f v => 1
        GETBIT h 0 => -WRONGTYPE Operation against a key holding the wrong kind of value
        GETBIT h x => -ERR bit offset is not an integer or out of range
        "#,
    )
    .await
}

async fn bitcount_counts_bytes_or_bits(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k foobar => +OK
        BITCOUNT k => 26
        BITCOUNT k 0 0 => 4
        BITCOUNT k 1 1 => 6
        BITCOUNT k 0 -1 => 26
        BITCOUNT k -2 -1 => 7
        BITCOUNT k 5 30 BIT => 17
        BITCOUNT k 1 1 BYTE => 6
        BITCOUNT k 0 -1 bit => 26
        BITCOUNT k 4 2 => 0
        BITCOUNT k 100 200 => 0
        BITCOUNT k -100 0 => 4
        BITCOUNT nope => 0
        BITCOUNT nope 0 -1 => 0
        SET n 123 => +OK
        BITCOUNT n => 10
        "#,
    )
    .await
}

async fn bitcount_looks_up_the_key_before_its_arguments(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        BITCOUNT nope a b => 0
        BITCOUNT nope 0 => 0
        BITCOUNT nope 0 1 BOGUS => 0
        SET k x => +OK
        BITCOUNT k a b => -ERR value is not an integer or out of range
        BITCOUNT k 0 => -ERR syntax error
        BITCOUNT k 0 1 BOGUS => -ERR syntax error
        BITCOUNT k 0 1 BIT x => -ERR syntax error
        HSET h f v => 1
        BITCOUNT h => -WRONGTYPE Operation against a key holding the wrong kind of value
        BITCOUNT h a b => -WRONGTYPE Operation against a key holding the wrong kind of value
        BITCOUNT h 0 => -WRONGTYPE Operation against a key holding the wrong kind of value
        BITCOUNT => -ERR wrong number of arguments for 'bitcount' command
        "#,
    )
    .await
}

async fn bitpos_finds_the_first_bit(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k "\x00\x0f\xff" => +OK
        BITPOS k 1 => 12
        BITPOS k 0 => 0
        BITPOS k 1 2 => 16
        BITPOS k 1 0 0 => -1
        BITPOS k 0 2 => 24
        BITPOS k 0 2 2 => -1
        BITPOS k 1 13 -1 BIT => 13
        BITPOS k 1 -2 -1 BYTE => 12
        BITPOS k 0 12 20 BIT => -1
        BITPOS k 1 2 1 => -1
        SET ones "\xff\xff" => +OK
        BITPOS ones 0 => 16
        BITPOS ones 0 0 => 16
        BITPOS ones 0 0 -1 => -1
        BITPOS ones 0 5 => -1
        BITPOS ones 1 5 => -1
        SET empty "" => +OK
        BITPOS empty 0 => -1
        BITPOS empty 1 => -1
        "#,
    )
    .await
}

async fn bitpos_of_a_missing_key_is_all_zeros(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        BITPOS nope 0 => 0
        BITPOS nope 1 => -1
        BITPOS nope 0 5 9 => 0
        BITPOS nope 1 a => -1
        BITPOS nope 2 => -ERR The bit argument must be 1 or 0.
        BITPOS nope x => -ERR value is not an integer or out of range
        SET k x => +OK
        BITPOS k 2 => -ERR The bit argument must be 1 or 0.
        BITPOS k x => -ERR value is not an integer or out of range
        BITPOS k 1 a => -ERR value is not an integer or out of range
        BITPOS k 1 0 b => -ERR value is not an integer or out of range
        BITPOS k 1 0 1 BOGUS => -ERR syntax error
        BITPOS k 1 0 1 BIT x => -ERR syntax error
        BITPOS k => -ERR wrong number of arguments for 'bitpos' command
        HSET h f v => 1
        BITPOS h 0 => -WRONGTYPE Operation against a key holding the wrong kind of value
        BITPOS h 2 => -ERR The bit argument must be 1 or 0.
        BITPOS h 0 a => -WRONGTYPE Operation against a key holding the wrong kind of value
        "#,
    )
    .await
}

async fn bitop_combines_strings_of_any_length(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET a "\xff\x0f" => +OK
        SET b "\xf0" => +OK
        BITOP AND to a b => 2
        GET to => "\xf0\x00"
        BITOP OR to a b => 2
        GET to => "\xff\x0f"
        BITOP xor to a b => 2
        GET to => "\x0f\x0f"
        BITOP NOT to a => 2
        GET to => "\x00\xf0"
        BITOP AND to a nope => 2
        GET to => "\x00\x00"
        BITOP OR to a => 2
        GET to => "\xff\x0f"
        SET n 12 => +OK
        BITOP OR to n b => 2
        GET to => "\xf12"
        "#,
    )
    .await
}

async fn bitop_of_nothing_removes_the_destination(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET to x => +OK
        BITOP AND to nope nada => 0
        EXISTS to => 0
        HSET h f v => 1
        SET a x => +OK
        BITOP NOT h a => 1
        TYPE h => +string
        SET t x EXAT 9999999999 => +OK
        BITOP OR t a => 1
        TTL t => -1
        "#,
    )
    .await
}

async fn bitop_checks_its_words(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        BITOP BOGUS to a => -ERR syntax error
        BITOP NOT to a b => -ERR BITOP NOT must be called with a single source key.
        BITOP AND to => -ERR wrong number of arguments for 'bitop' command
        HSET h f v => 1
        SET a x => +OK
        BITOP AND to a h => -WRONGTYPE Operation against a key holding the wrong kind of value
        BITOP NOT to h => -WRONGTYPE Operation against a key holding the wrong kind of value
        BITOP BOGUS to h => -ERR syntax error
        EXISTS to => 0
        "#,
    )
    .await
}

async fn bitfield_gets_and_sets_integers_of_any_width(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        BITFIELD k SET u8 0 255 GET u8 0 GET u4 0 GET i8 0 => [0, 255, 15, -1]
        BITFIELD k SET i16 #1 -2 GET i16 16 GET u16 #1 => [0, -2, 65534]
        GET k => "\xff\x00\xff\xfe"
        BITFIELD k GET u1 1000 => [0]
        BITFIELD k SET u63 0 9223372036854775807 GET i64 0 => [9187483973029199872, -2]
        BITFIELD k => []
        BITFIELD nope GET u8 0 => [0]
        EXISTS nope => 0
        BITFIELD nope => []
        EXISTS nope => 0
        "#,
    )
    .await
}

async fn bitfield_incrby_wraps_saturates_or_fails(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        BITFIELD k INCRBY u2 0 1 INCRBY u2 0 1 INCRBY u2 0 1 INCRBY u2 0 1 => [1, 2, 3, 0]
        BITFIELD k OVERFLOW SAT INCRBY u8 8 300 INCRBY u8 8 -300 => [255, 0]
        BITFIELD k OVERFLOW FAIL INCRBY u8 8 300 INCRBY i8 8 -129 INCRBY u8 8 5 => [null, null, 5]
        BITFIELD k OVERFLOW SAT INCRBY i8 16 200 OVERFLOW WRAP INCRBY i8 16 1 => [127, -128]
        BITFIELD k OVERFLOW sat SET u8 0 300 OVERFLOW FAIL SET u8 0 -1 => [0, null]
        BITFIELD k SET u8 0 -1 GET u8 0 => [255, 255]
        BITFIELD k SET i64 0 9223372036854775807 INCRBY i64 0 1 => [-70509481666019328, -9223372036854775808]
        BITFIELD k OVERFLOW SAT SET i64 0 -9223372036854775808 INCRBY i64 0 -1 => [-9223372036854775808, -9223372036854775808]
        "#,
    )
    .await
}

async fn bitfield_that_fails_everywhere_still_makes_the_key(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        BITFIELD k OVERFLOW FAIL INCRBY u1 15 2 => [null]
        EXISTS k => 1
        STRLEN k => 2
        "#,
    )
    .await
}

async fn bitfield_checks_all_its_words_first(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        BITFIELD k SET u8 0 1 GET u64 0 => -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        BITFIELD k GET i65 0 => -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        BITFIELD k GET u0 0 => -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        BITFIELD k GET x8 0 => -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        BITFIELD k GET u 0 => -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        BITFIELD k GET "" 0 => -ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.
        BITFIELD k GET u8 -1 => -ERR bit offset is not an integer or out of range
        BITFIELD k GET u8 #-1 => -ERR bit offset is not an integer or out of range
        BITFIELD k GET u8 abc => -ERR bit offset is not an integer or out of range
        BITFIELD k GET u8 4294967288 => [0]
        BITFIELD k GET u8 4294967289 => [0]
        BITFIELD k GET u8 #536870912 => -ERR bit offset is not an integer or out of range
        BITFIELD k SET u8 0 abc => -ERR value is not an integer or out of range
        BITFIELD k INCRBY u8 0 1.5 => -ERR value is not an integer or out of range
        BITFIELD k OVERFLOW BOGUS => -ERR Invalid OVERFLOW type specified
        BITFIELD k OVERFLOW => -ERR syntax error
        BITFIELD k GET u8 => -ERR syntax error
        BITFIELD k SET u8 0 => -ERR syntax error
        BITFIELD k BOGUS u8 0 => -ERR syntax error
        EXISTS k => 0
        HSET h f v => 1
        BITFIELD h GET u8 0 => -WRONGTYPE Operation against a key holding the wrong kind of value
        BITFIELD h SET u8 0 1 => -WRONGTYPE Operation against a key holding the wrong kind of value
        BITFIELD h BOGUS => -ERR syntax error
        BITFIELD h => -WRONGTYPE Operation against a key holding the wrong kind of value
        BITFIELD => -ERR wrong number of arguments for 'bitfield' command
        "#,
    )
    .await
}

async fn bitfield_ro_only_gets(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        BITFIELD_RO nope GET u8 0 => [0]
        SET k A => +OK
        BITFIELD_RO k GET u8 0 GET i4 4 => [65, 1]
        BITFIELD_RO k SET u8 0 1 => -ERR BITFIELD_RO only supports the GET subcommand
        BITFIELD_RO k INCRBY u8 0 1 => -ERR BITFIELD_RO only supports the GET subcommand
        BITFIELD_RO k OVERFLOW SAT GET u8 0 => [65]
        BITFIELD_RO k OVERFLOW BOGUS => -ERR Invalid OVERFLOW type specified
        BITFIELD_RO k => []
        GET k => "A"
        HSET h f v => 1
        BITFIELD_RO h GET u8 0 => -WRONGTYPE Operation against a key holding the wrong kind of value
        BITFIELD_RO => -ERR wrong number of arguments for 'bitfield_ro' command
        "#,
    )
    .await
}

async fn bits_are_kept_in_the_string_and_its_deadline(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k a EXAT 9999999999 => +OK
        SETBIT k 6 1 => 0
        BITFIELD k SET u8 8 98 => [0]
        GET k => "cb"
        EXPIRETIME k => 9999999999
        "#,
    )
    .await
}
