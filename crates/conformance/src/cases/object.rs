//! OBJECT: how a value is kept, and when its key was last used.

use embroker_core::AnyBroker;
use embroker_core::prelude::*;

use crate::check::{Case, Done};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![
        a_string_is_kept_by_what_wrote_it,
        a_hash_is_small_until_something_in_it_is_large,
        a_set_is_small_until_it_has_other_than_integers,
        few_integers_are_listed_in_ascending_order,
        small_numbers_are_shared,
        a_key_that_was_just_used_is_not_idle,
        a_question_is_checked_before_its_key,
        object_help_is_that_of_the_server,
    ]
}

async fn a_string_is_kept_by_what_wrote_it(broker: AnyBroker) -> Done {
    let (short, long) = ("x".repeat(44), "x".repeat(45));
    transcript(
        &broker,
        &format!(
            r#"
            SET k 9223372036854775807 => +OK
            OBJECT ENCODING k => "int"
            SET k 9223372036854775808 => +OK
            OBJECT ENCODING k => "embstr"
            SET k +1 => +OK
            OBJECT ENCODING k => "embstr"
            SET k {short} => +OK
            OBJECT ENCODING k => "embstr"
            SET k {long} => +OK
            OBJECT ENCODING k => "raw"
            GETSET k 12 => "{long}"
            OBJECT ENCODING k => "int"
            APPEND k 3 => 3
            OBJECT ENCODING k => "raw"
            INCR k => 124
            OBJECT ENCODING k => "int"
            INCRBYFLOAT k 1 => "125"
            OBJECT ENCODING k => "embstr"
            SETBIT k 7 1 => 1
            OBJECT ENCODING k => "raw"
            COPY k copy => 1
            OBJECT ENCODING copy => "raw"
            BITOP OR op copy => 3
            OBJECT ENCODING op => "raw"
            SETRANGE new 0 1 => 1
            OBJECT ENCODING new => "raw"
            APPEND newer 1 => 1
            OBJECT ENCODING newer => "int"
            SETRANGE newer 0 "" => 1
            OBJECT ENCODING newer => "int"
            BITFIELD newer OVERFLOW FAIL INCRBY u2 0 100 => [null]
            OBJECT ENCODING newer => "raw"
            "#
        ),
    )
    .await
}

async fn a_hash_is_small_until_something_in_it_is_large(broker: AnyBroker) -> Done {
    let (short, long) = ("x".repeat(64), "x".repeat(65));
    transcript(
        &broker,
        &format!(
            r#"
            HSET h {short} {short} => 1
            OBJECT ENCODING h => "listpack"
            HSET h a {long} => 1
            OBJECT ENCODING h => "hashtable"
            HDEL h a => 1
            OBJECT ENCODING h => "hashtable"
            RENAME h r => +OK
            OBJECT ENCODING r => "hashtable"
            HSETNX n {long} v => 1
            OBJECT ENCODING n => "hashtable"
            "#
        ),
    )
    .await?;
    let fields = |range: std::ops::Range<u32>| range.map(|field| (field.to_string(), "v"));
    broker.hset("many", fields(0..512)).await?;
    same!(broker.object_encoding("many").await?.as_deref(), Some("listpack"));
    broker.hset("many", fields(512..513)).await?;
    broker.hdel("many", ["1", "2", "3"]).await?;
    same!(broker.object_encoding("many").await?.as_deref(), Some("hashtable"));
    Ok(())
}

async fn a_set_is_small_until_it_has_other_than_integers(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SADD s 1 -2 9223372036854775807 => 3
        OBJECT ENCODING s => "intset"
        SADD s 01 => 1
        OBJECT ENCODING s => "hashtable"
        SREM s 01 => 1
        OBJECT ENCODING s => "hashtable"
        COPY s c => 1
        OBJECT ENCODING c => "hashtable"
        SUNIONSTORE u s => 3
        OBJECT ENCODING u => "intset"
        SINTERSTORE i s c => 3
        OBJECT ENCODING i => "intset"
        SMOVE s moved 1 => 1
        OBJECT ENCODING moved => "intset"
        # Redis finds this difference by taking away from a copy, which was a large set.
        SADD first 1 2 3 4 5 a => 6
        SADD second a => 1
        SADD third b => 1
        SADD fourth c => 1
        SDIFFSTORE d first second third fourth => 5
        OBJECT ENCODING d => "hashtable"
        SDIFFSTORE d first second => 5
        OBJECT ENCODING d => "intset"
        "#,
    )
    .await?;
    broker.sadd("many", (0..512).map(|member| member.to_string())).await?;
    same!(broker.object_encoding("many").await?.as_deref(), Some("intset"));
    broker.sadd("many", ["512"]).await?;
    same!(broker.object_encoding("many").await?.as_deref(), Some("hashtable"));
    // Those few that a large SPOP leaves move to a new set.
    broker.execute(embroker_core::Command::from_argv(["SPOP", "many", "500"])?).await?;
    same!(broker.object_encoding("many").await?.as_deref(), Some("intset"));
    Ok(())
}

async fn few_integers_are_listed_in_ascending_order(broker: AnyBroker) -> Done {
    use embroker_core::{Command, Value};

    broker.sadd("s", ["10", "9", "-1", "100"]).await?;
    broker.sadd("t", ["100", "-1", "7"]).await?;
    for (line, members) in [
        ("SMEMBERS s", &["-1", "9", "10", "100"][..]),
        ("SINTER s t", &["-1", "100"]),
        ("SUNION s t", &["-1", "7", "9", "10", "100"]),
        ("SDIFF s t", &["9", "10"]),
    ] {
        let reply = broker.execute(Command::from_argv(line.split(' '))?).await?;
        same!(reply, Value::Set(members.iter().map(|member| Value::from(*member)).collect()), "{line}");
    }
    transcript(&broker, r#"SSCAN s 0 => ["0", ["-1", "9", "10", "100"]]"#).await
}

async fn small_numbers_are_shared(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        MSET a 0 b 9999 c 10000 d -1 e x => +OK
        OBJECT REFCOUNT a => 2147483647
        OBJECT REFCOUNT b => 2147483647
        OBJECT REFCOUNT c => 1
        OBJECT REFCOUNT d => 1
        OBJECT REFCOUNT e => 1
        DECR c => 9999
        OBJECT REFCOUNT c => 2147483647
        COPY c f => 1
        OBJECT REFCOUNT f => 1
        RENAME c g => +OK
        OBJECT REFCOUNT g => 2147483647
        "#,
    )
    .await?;
    same!(broker.object_refcount("a").await?, Some(2_147_483_647));
    same!(broker.object_refcount("none").await?, None);
    Ok(())
}

async fn a_key_that_was_just_used_is_not_idle(broker: AnyBroker) -> Done {
    broker.set("k", "v").await?;
    // The clock may have come to the next second.
    holds!(broker.object_idletime("k").await?.is_some_and(|seconds| seconds <= 1));
    same!(broker.object_idletime("none").await?, None);
    same!(broker.object_freq("none").await?, None);
    Ok(())
}

async fn a_question_is_checked_before_its_key(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET k v => +OK
        OBJECT => -ERR wrong number of arguments for 'object' command
        OBJECT ENCODING => -ERR wrong number of arguments for 'object|encoding' command
        OBJECT encoding k k => -ERR wrong number of arguments for 'object|encoding' command
        OBJECT HELP x => -ERR wrong number of arguments for 'object|help' command
        OBJECT FOO k => -ERR unknown subcommand 'FOO'. Try OBJECT HELP.
        OBJECT ENCODING none => null
        OBJECT REFCOUNT none => null
        OBJECT FREQ none => null
        OBJECT FREQ k => -ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.
        "#,
    )
    .await
}

async fn object_help_is_that_of_the_server(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"OBJECT HELP => [+OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:, +ENCODING <key>, +    Return the kind of internal representation used in order to store the value, +    associated with a <key>., +FREQ <key>, +    Return the access frequency index of the <key>. The returned integer is, +    proportional to the logarithm of the recent access frequency of the key., +IDLETIME <key>, +    Return the idle time of the <key>, that is the approximated number of, +    seconds elapsed since the last access to the key., +REFCOUNT <key>, +    Return the number of references of the value associated with the specified, +    <key>., +HELP, +    Prints this help.]"#,
    )
    .await
}
