//! Keys of any type: existence, expiry, renaming, copying, iteration.

mod databases;

use embroker_core::AnyBroker;

use crate::check::{Case, Done};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    let cases = cases![
        del_and_unlink_count_what_they_removed,
        exists_and_touch_count_each_mention,
        type_names_what_a_key_holds,
        keys_lists_what_matches,
        dbsize_and_flush_count_and_clear,
        randomkey_of_nothing_is_null,
        expire_sets_a_deadline_that_ttl_tells,
        a_deadline_in_the_past_removes_the_key,
        expire_options_compare_deadlines,
        expire_options_that_exclude_each_other_are_refused,
        deadlines_beyond_the_calendar_are_refused,
        persist_takes_the_deadline_away,
        rename_moves_value_and_deadline,
        renamenx_does_not_overwrite,
        copy_copies_value_and_deadline,
        a_copy_has_a_life_of_its_own,
        scan_of_few_keys_answers_what_matches,
        an_unknown_command_repeats_what_it_was_sent,
        names_of_commands_take_any_case,
    ];
    [cases, databases::cases()].concat()
}

async fn del_and_unlink_count_what_they_removed(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        MSET a 1 b 2 c 3 => +OK
        DEL a nope a => 1
        UNLINK b c => 2
        EXISTS a b c => 0
        DEL => -ERR wrong number of arguments for 'del' command
        UNLINK => -ERR wrong number of arguments for 'unlink' command
        "#,
    )
    .await
}

async fn exists_and_touch_count_each_mention(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET a 1 => +OK
        EXISTS a nope a => 2
        TOUCH a nope a => 2
        EXISTS => -ERR wrong number of arguments for 'exists' command
        TOUCH => -ERR wrong number of arguments for 'touch' command
        "#,
    )
    .await
}

async fn type_names_what_a_key_holds(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET s x => +OK
        SADD t x => 1
        HSET h f v => 1
        TYPE s => +string
        TYPE t => +set
        TYPE h => +hash
        TYPE nope => +none
        TYPE => -ERR wrong number of arguments for 'type' command
        "#,
    )
    .await
}

async fn keys_lists_what_matches(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        MSET one 1 two 2 three 3 "" 4 => +OK
        KEYS * =sorted=> ["", "one", "three", "two"]
        KEYS t* =sorted=> ["three", "two"]
        KEYS ?ne => ["one"]
        KEYS [^t]* => ["one"]
        KEYS nope => []
        KEYS "" => [""]
        KEYS "\\one" => ["one"]
        KEYS ** =sorted=> ["one", "three", "two"]
        KEYS => -ERR wrong number of arguments for 'keys' command
        "#,
    )
    .await
}

async fn dbsize_and_flush_count_and_clear(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        DBSIZE => 0
        MSET a 1 b 2 => +OK
        DBSIZE => 2
        FLUSHDB => +OK
        DBSIZE => 0
        MSET a 1 b 2 => +OK
        FLUSHALL ASYNC => +OK
        DBSIZE => 0
        FLUSHALL SYNC => +OK
        FLUSHDB async => +OK
        FLUSHALL BOGUS => -ERR syntax error
        FLUSHDB SYNC ASYNC => -ERR syntax error
        DBSIZE x => -ERR wrong number of arguments for 'dbsize' command
        "#,
    )
    .await
}

async fn randomkey_of_nothing_is_null(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        RANDOMKEY => null
        SET only 1 => +OK
        RANDOMKEY => "only"
        RANDOMKEY x => -ERR wrong number of arguments for 'randomkey' command
        "#,
    )
    .await
}

async fn expire_sets_a_deadline_that_ttl_tells(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        EXPIRE k 100 => 0
        TTL k => -2
        PTTL k => -2
        SET k v => +OK
        TTL k => -1
        EXPIRETIME k => -1
        EXPIRE k 100 => 1
        PERSIST k => 1
        PEXPIRE k 200000 => 1
        PERSIST k => 1
        EXPIREAT k 9999999999 => 1
        EXPIRETIME k => 9999999999
        PEXPIRETIME k => 9999999999000
        PEXPIREAT k 9999999999999 => 1
        EXPIRETIME k => 10000000000
        PEXPIRETIME k => 9999999999999
        EXPIRETIME nope => -2
        PEXPIRETIME nope => -2
        "#,
    )
    .await
}

async fn a_deadline_in_the_past_removes_the_key(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k v => +OK
        EXPIRE k 0 => 1
        EXISTS k => 0
        SET k v => +OK
        EXPIRE k -1 => 1
        EXISTS k => 0
        SET k v => +OK
        PEXPIREAT k 1 => 1
        EXISTS k => 0
        SADD s a => 1
        EXPIREAT s -1 => 1
        TYPE s => +none
        "#,
    )
    .await
}

async fn expire_options_compare_deadlines(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k v => +OK
        EXPIREAT k 5000000000 XX => 0
        EXPIREAT k 5000000000 GT => 0
        EXPIREAT k 5000000000 LT => 1
        EXPIREAT k 6000000000 NX => 0
        EXPIREAT k 6000000000 LT => 0
        EXPIREAT k 4000000000 GT => 0
        EXPIREAT k 4000000000 XX LT => 1
        EXPIREAT k 5000000000 gt => 1
        EXPIREAT k 5000000000 GT => 0
        EXPIRETIME k => 5000000000
        PERSIST k => 1
        EXPIREAT k 5000000000 NX => 1
        EXPIRETIME k => 5000000000
        EXPIRE k -1 GT => 0
        EXISTS k => 1
        EXPIRE k -1 LT => 1
        EXISTS k => 0
        "#,
    )
    .await
}

async fn expire_options_that_exclude_each_other_are_refused(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k v => +OK
        EXPIRE k 100 NX XX => -ERR NX and XX, GT or LT options at the same time are not compatible
        EXPIRE k 100 NX GT => -ERR NX and XX, GT or LT options at the same time are not compatible
        EXPIRE k 100 LT NX => -ERR NX and XX, GT or LT options at the same time are not compatible
        EXPIRE k 100 GT LT => -ERR GT and LT options at the same time are not compatible
        EXPIRE k 100 BOGUS => -ERR Unsupported option BOGUS
        EXPIRE k 100 NX BOGUS => -ERR Unsupported option BOGUS
        EXPIRE nope 100 BOGUS => -ERR Unsupported option BOGUS
        EXPIRE nope abc BOGUS => -ERR Unsupported option BOGUS
        EXPIRE k abc NX => -ERR value is not an integer or out of range
        EXPIRE k 100 XX XX => 0
        TTL k => -1
        "#,
    )
    .await
}

async fn deadlines_beyond_the_calendar_are_refused(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k v => +OK
        EXPIRE k 9223372036854775807 => -ERR invalid expire time in 'expire' command
        EXPIRE k 9223372036854775 => -ERR invalid expire time in 'expire' command
        PEXPIRE k 9223372036854775807 => -ERR invalid expire time in 'pexpire' command
        EXPIREAT k 9223372036854775807 => -ERR invalid expire time in 'expireat' command
        EXPIRE k -9223372036854775808 => -ERR invalid expire time in 'expire' command
        EXPIRE k abc => -ERR value is not an integer or out of range
        EXPIRE k 1.5 => -ERR value is not an integer or out of range
        EXPIRE k "" => -ERR value is not an integer or out of range
        PEXPIRE k 99999999999999999999 => -ERR value is not an integer or out of range
        EXPIRE nope 9223372036854775807 => -ERR invalid expire time in 'expire' command
        EXPIRE k => -ERR wrong number of arguments for 'expire' command
        EXISTS k => 1
        "#,
    )
    .await
}

async fn persist_takes_the_deadline_away(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        PERSIST k => 0
        SET k v => +OK
        PERSIST k => 0
        EXPIREAT k 9999999999 => 1
        PERSIST k => 1
        TTL k => -1
        PERSIST => -ERR wrong number of arguments for 'persist' command
        "#,
    )
    .await
}

async fn rename_moves_value_and_deadline(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET a 1 EXAT 9999999999 => +OK
        SET b 2 => +OK
        RENAME a b => +OK
        EXISTS a => 0
        GET b => "1"
        EXPIRETIME b => 9999999999
        RENAME b b => +OK
        RENAME nope b => -ERR no such key
        RENAME nope nope => -ERR no such key
        HSET h f v => 1
        RENAME h b => +OK
        TYPE b => +hash
        TTL b => -1
        RENAME b => -ERR wrong number of arguments for 'rename' command
        "#,
    )
    .await
}

async fn renamenx_does_not_overwrite(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET a 1 => +OK
        SET b 2 => +OK
        RENAMENX a b => 0
        RENAMENX a c => 1
        GET c => "1"
        RENAMENX c c => 0
        RENAMENX nope x => -ERR no such key
        RENAMENX a => -ERR wrong number of arguments for 'renamenx' command
        "#,
    )
    .await
}

async fn copy_copies_value_and_deadline(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET a 1 EXAT 9999999999 => +OK
        COPY a b => 1
        GET b => "1"
        EXPIRETIME b => 9999999999
        COPY a b => 0
        SADD s x => 1
        COPY s b => 0
        COPY s b REPLACE => 1
        TYPE b => +set
        TTL b => -1
        COPY nope b REPLACE => 0
        TYPE b => +set
        COPY a a => -ERR source and destination objects are the same
        COPY nope nope => -ERR source and destination objects are the same
        COPY a c BOGUS => -ERR syntax error
        COPY a c DB => -ERR syntax error
        COPY a c DB x => -ERR value is not an integer or out of range
        COPY a c DB 99 => -ERR DB index is out of range
        COPY a => -ERR wrong number of arguments for 'copy' command
        "#,
    )
    .await
}

async fn a_copy_has_a_life_of_its_own(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h a 1 => 1
        COPY h copy => 1
        HSET h a 2 b 3 => 1
        HGETALL copy => {"a": "1"}
        SADD s 1 => 1
        COPY s t => 1
        SREM s 1 => 1
        SMEMBERS t => {"1"}
        SET k x => +OK
        COPY k l => 1
        APPEND k y => 2
        GET l => "x"
        "#,
    )
    .await
}

// What another database holds shows in this one after a SWAPDB.

async fn scan_of_few_keys_answers_what_matches(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SCAN 0 => ["0", []]
        SET only 1 => +OK
        SCAN 0 => ["0", ["only"]]
        SCAN 0 MATCH o* COUNT 100 TYPE string => ["0", ["only"]]
        SCAN 0 TYPE hash => ["0", []]
        SCAN 0 MATCH x* => ["0", []]
        SCAN 0 TYPE bogus => ["0", []]
        SCAN x => -ERR invalid cursor
        SCAN 0 COUNT 0 => -ERR syntax error
        SCAN 0 COUNT -1 => -ERR syntax error
        SCAN 0 COUNT x => -ERR value is not an integer or out of range
        SCAN 0 MATCH => -ERR syntax error
        SCAN 0 BOGUS 1 => -ERR syntax error
        SCAN => -ERR wrong number of arguments for 'scan' command
        "#,
    )
    .await
}

async fn an_unknown_command_repeats_what_it_was_sent(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        FOO => -ERR unknown command 'FOO', with args beginning with:
        foo a "b c" "x\r\ny" => -ERR unknown command 'foo', with args beginning with: 'a' 'b c' 'x  y'
        "" a => -ERR unknown command '', with args beginning with: 'a'
        "hget " h f => -ERR unknown command 'hget ', with args beginning with: 'h' 'f'
        HGETT h f => -ERR unknown command 'HGETT', with args beginning with: 'h' 'f'
        "#,
    )
    .await
}

async fn names_of_commands_take_any_case(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        sEt k v => +OK
        get k => "v"
        PEXPIREat k 9999999999999 => 1
        pexpireTIME k => 9999999999999
        "#,
    )
    .await
}
