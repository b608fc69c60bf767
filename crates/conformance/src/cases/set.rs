//! Sets: members without order.

use embroker_core::AnyBroker;

use crate::check::{Case, Done};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![
        sadd_answers_how_many_members_are_new,
        members_are_any_bytes,
        integers_are_members_like_any_other,
        srem_counts_what_it_removed_and_removes_an_empty_key,
        sismember_and_smismember_ask_for_members,
        scard_and_smembers_of_a_missing_key_are_empty,
        smove_takes_a_member_from_one_set_to_another,
        smove_checks_both_types_in_redis_order,
        sinter_sunion_and_sdiff_combine_sets,
        the_store_forms_answer_the_size_of_the_result,
        an_empty_result_removes_the_destination,
        a_store_replaces_any_type_and_its_deadline,
        combining_a_key_of_another_type_is_refused,
        sintercard_counts_up_to_a_limit,
        spop_removes_what_it_answers,
        srandmember_leaves_the_set_as_it_is,
        sscan_of_a_small_set_answers_all_at_once,
        a_key_of_another_type_is_refused,
    ]
}

async fn sadd_answers_how_many_members_are_new(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD s a b a => 2
        SADD s b c => 1
        SMEMBERS s => {"a", "b", "c"}
        SCARD s => 3
        SADD s => -ERR wrong number of arguments for 'sadd' command
        "#,
    )
    .await
}

async fn members_are_any_bytes(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD s "" "\x00" "\xff\r\n" 1 01 1.0 => 6
        SCARD s => 6
        SISMEMBER s "" => 1
        SISMEMBER s "\xff\r\n" => 1
        SISMEMBER s 1 => 1
        SISMEMBER s 001 => 0
        SMEMBERS s => {"", "01", "1", "1.0", "\x00", "\xff\r\n"}
        "#,
    )
    .await
}

async fn integers_are_members_like_any_other(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD n 3 -1 9223372036854775807 -9223372036854775808 => 4
        SISMEMBER n -1 => 1
        SISMEMBER n -01 => 0
        SADD n x => 1
        SMEMBERS n => {"-1", "-9223372036854775808", "3", "9223372036854775807", "x"}
        SREM n 3 x 9223372036854775807 => 3
        SMEMBERS n => {"-1", "-9223372036854775808"}
        "#,
    )
    .await
}

async fn srem_counts_what_it_removed_and_removes_an_empty_key(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD s a b c => 3
        SREM s a nope a => 1
        SREM s b c => 2
        EXISTS s => 0
        SREM s a => 0
        SREM s => -ERR wrong number of arguments for 'srem' command
        "#,
    )
    .await
}

async fn sismember_and_smismember_ask_for_members(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD s a b => 2
        SISMEMBER s a => 1
        SISMEMBER s x => 0
        SISMEMBER nope a => 0
        SMISMEMBER s a x b a => [1, 0, 1, 1]
        SMISMEMBER nope a b => [0, 0]
        SISMEMBER s => -ERR wrong number of arguments for 'sismember' command
        SISMEMBER s a b => -ERR wrong number of arguments for 'sismember' command
        SMISMEMBER s => -ERR wrong number of arguments for 'smismember' command
        "#,
    )
    .await
}

async fn scard_and_smembers_of_a_missing_key_are_empty(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SCARD nope => 0
        SMEMBERS nope => {}
        SCARD => -ERR wrong number of arguments for 'scard' command
        SMEMBERS a b => -ERR wrong number of arguments for 'smembers' command
        "#,
    )
    .await
}

async fn smove_takes_a_member_from_one_set_to_another(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD a x y => 2
        SADD b y => 1
        SMOVE a b x => 1
        SMOVE a b y => 1
        EXISTS a => 0
        SMEMBERS b => {"x", "y"}
        SMOVE nope b x => 0
        SMOVE b b x => 1
        SMOVE b b nope => 0
        SMOVE b new x => 1
        SMEMBERS new => {"x"}
        SMOVE a b => -ERR wrong number of arguments for 'smove' command
        "#,
    )
    .await
}

async fn smove_checks_both_types_in_redis_order(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD a x => 1
        SET s text => +OK
        SMOVE a s x => -WRONGTYPE Operation against a key holding the wrong kind of value
        SMOVE s a x => -WRONGTYPE Operation against a key holding the wrong kind of value
        SMOVE a s nope => -WRONGTYPE Operation against a key holding the wrong kind of value
        SMOVE nope s x => 0
        SMOVE s s x => -WRONGTYPE Operation against a key holding the wrong kind of value
        SMEMBERS a => {"x"}
        "#,
    )
    .await
}

async fn sinter_sunion_and_sdiff_combine_sets(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD a 1 2 3 x => 4
        SADD b 2 3 4 y => 4
        SADD c 3 x y => 3
        SINTER a b => {"2", "3"}
        SINTER a b c => {"3"}
        SINTER a nope => {}
        SINTER a => {"1", "2", "3", "x"}
        SUNION a b nope => {"1", "2", "3", "4", "x", "y"}
        SDIFF a b => {"1", "x"}
        SDIFF a b c => {"1"}
        SDIFF nope a => {}
        SDIFF a nope => {"1", "2", "3", "x"}
        SDIFF a a => {}
        SINTER => -ERR wrong number of arguments for 'sinter' command
        SUNION => -ERR wrong number of arguments for 'sunion' command
        SDIFF => -ERR wrong number of arguments for 'sdiff' command
        "#,
    )
    .await
}

async fn the_store_forms_answer_the_size_of_the_result(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD a 1 2 3 => 3
        SADD b 2 3 4 => 3
        SINTERSTORE to a b => 2
        SMEMBERS to => {"2", "3"}
        SUNIONSTORE to a b => 4
        SMEMBERS to => {"1", "2", "3", "4"}
        SDIFFSTORE to a b => 1
        SMEMBERS to => {"1"}
        SUNIONSTORE a a b => 4
        SMEMBERS a => {"1", "2", "3", "4"}
        SINTERSTORE to => -ERR wrong number of arguments for 'sinterstore' command
        SUNIONSTORE to => -ERR wrong number of arguments for 'sunionstore' command
        SDIFFSTORE to => -ERR wrong number of arguments for 'sdiffstore' command
        "#,
    )
    .await
}

async fn an_empty_result_removes_the_destination(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD a 1 => 1
        SADD b 2 => 1
        SET to text => +OK
        SINTERSTORE to a b => 0
        EXISTS to => 0
        SADD to 1 => 1
        SDIFFSTORE to a a => 0
        EXISTS to => 0
        SUNIONSTORE to nope => 0
        EXISTS to => 0
        "#,
    )
    .await
}

async fn a_store_replaces_any_type_and_its_deadline(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD a 1 => 1
        SET to text EXAT 9999999999 => +OK
        SUNIONSTORE to a => 1
        TYPE to => +set
        TTL to => -1
        HSET h f v => 1
        SDIFFSTORE h a => 1
        SMEMBERS h => {"1"}
        "#,
    )
    .await
}

async fn combining_a_key_of_another_type_is_refused(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD a 1 => 1
        SET s text => +OK
        SINTER a s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SINTER s a => -WRONGTYPE Operation against a key holding the wrong kind of value
        SINTER nope s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SINTER s nope => -WRONGTYPE Operation against a key holding the wrong kind of value
        SUNION a s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SUNION nope s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SDIFF a s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SDIFF nope s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SDIFF s nope => -WRONGTYPE Operation against a key holding the wrong kind of value
        SINTERSTORE to a s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SUNIONSTORE to a s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SDIFFSTORE to nope s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SINTERCARD 2 a s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SINTERCARD 2 nope s => -WRONGTYPE Operation against a key holding the wrong kind of value
        EXISTS to => 0
        "#,
    )
    .await
}

async fn sintercard_counts_up_to_a_limit(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD a 1 2 3 4 => 4
        SADD b 2 3 4 5 => 4
        SINTERCARD 2 a b => 3
        SINTERCARD 1 a => 4
        SINTERCARD 2 a nope => 0
        SINTERCARD 2 a b LIMIT 2 => 2
        SINTERCARD 2 a b LIMIT 0 => 3
        SINTERCARD 2 a b limit 10 => 3
        SINTERCARD 0 a => -ERR numkeys should be greater than 0
        SINTERCARD -1 a => -ERR numkeys should be greater than 0
        SINTERCARD x a => -ERR numkeys should be greater than 0
        SINTERCARD 3 a b => -ERR Number of keys can't be greater than number of args
        SINTERCARD 1 a b => -ERR syntax error
        SINTERCARD 2 a b LIMIT => -ERR syntax error
        SINTERCARD 2 a b LIMIT -1 => -ERR LIMIT can't be negative
        SINTERCARD 2 a b LIMIT x => -ERR LIMIT can't be negative
        SINTERCARD 2 a b BOGUS 1 => -ERR syntax error
        SINTERCARD 2 a b LIMIT 1 LIMIT 2 => 2
        SINTERCARD 1 => -ERR wrong number of arguments for 'sintercard' command
        SINTERCARD 9223372036854775807 a => -ERR Number of keys can't be greater than number of args
        "#,
    )
    .await
}

async fn spop_removes_what_it_answers(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SPOP nope => null
        SPOP nope 2 => {}
        SADD s a => 1
        SPOP s => "a"
        EXISTS s => 0
        SADD s a b => 2
        SPOP s 0 => {}
        SPOP s 5 => {"a", "b"}
        EXISTS s => 0
        SADD s a => 1
        SPOP s -1 => -ERR value is out of range, must be positive
        SPOP s x => -ERR value is out of range, must be positive
        SPOP s 1 2 => -ERR syntax error
        SPOP nope -1 => -ERR value is out of range, must be positive
        SPOP nope x => -ERR value is out of range, must be positive
        SPOP => -ERR wrong number of arguments for 'spop' command
        SMEMBERS s => {"a"}
        "#,
    )
    .await
}

async fn srandmember_leaves_the_set_as_it_is(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SRANDMEMBER nope => null
        SRANDMEMBER nope 2 => []
        SRANDMEMBER nope -2 => []
        SADD s a => 1
        SRANDMEMBER s => "a"
        SRANDMEMBER s 3 => ["a"]
        SRANDMEMBER s -3 => ["a", "a", "a"]
        SRANDMEMBER s 0 => []
        SADD s b => 1
        SRANDMEMBER s 2 =sorted=> ["a", "b"]
        SRANDMEMBER s x => -ERR value is not an integer or out of range
        SRANDMEMBER s -9223372036854775808 => -ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        SRANDMEMBER s 1 2 => -ERR syntax error
        SCARD s => 2
        "#,
    )
    .await
}

async fn sscan_of_a_small_set_answers_all_at_once(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SSCAN nope 0 => ["0", []]
        SADD s 1 2 3 => 3
        SSCAN s 0 =sorted=> ["0", ["1", "2", "3"]]
        SSCAN s 0 MATCH [12] =sorted=> ["0", ["1", "2"]]
        SSCAN s 0 COUNT 1 =sorted=> ["0", ["1", "2", "3"]]
        SSCAN s x => -ERR invalid cursor
        SSCAN s 0 COUNT 0 => -ERR syntax error
        SSCAN s 0 COUNT x => -ERR value is not an integer or out of range
        SSCAN s 0 MATCH => -ERR syntax error
        SSCAN s 0 BOGUS 1 => -ERR syntax error
        SSCAN nope 0 BOGUS => ["0", []]
        SSCAN s => -ERR wrong number of arguments for 'sscan' command
        SET t x => +OK
        SSCAN t 0 => -WRONGTYPE Operation against a key holding the wrong kind of value
        "#,
    )
    .await
}

async fn a_key_of_another_type_is_refused(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET s x => +OK
        SADD s a => -WRONGTYPE Operation against a key holding the wrong kind of value
        SREM s a => -WRONGTYPE Operation against a key holding the wrong kind of value
        SCARD s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SMEMBERS s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SISMEMBER s a => -WRONGTYPE Operation against a key holding the wrong kind of value
        SMISMEMBER s a => -WRONGTYPE Operation against a key holding the wrong kind of value
        SPOP s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SPOP s 0 => -WRONGTYPE Operation against a key holding the wrong kind of value
        SPOP s 2 => -WRONGTYPE Operation against a key holding the wrong kind of value
        SRANDMEMBER s => -WRONGTYPE Operation against a key holding the wrong kind of value
        SRANDMEMBER s 2 => -WRONGTYPE Operation against a key holding the wrong kind of value
        SPOP s x => -ERR value is out of range, must be positive
        SRANDMEMBER s x => -ERR value is not an integer or out of range
        GET s => "x"
        "#,
    )
    .await
}
