//! Keyspace notifications: which events a command tells of which key, and in which order.

mod listener;

use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Command, Pipeline, SubscribeOptions};

use self::listener::{Listener, transcript};
use crate::check::{Case, Done};

pub(super) fn cases() -> Vec<Case> {
    cases![
        no_event_is_told_before_one_is_asked_for,
        an_event_is_told_on_the_channel_of_its_key_and_then_on_its_own,
        each_channel_and_each_class_is_asked_for_by_itself,
        all_classes_are_neither_new_keys_nor_misses,
        strings_tell_what_was_done_to_them,
        parts_of_strings_tell_what_was_done_to_them,
        numbers_tell_what_was_done_to_them,
        bits_tell_what_was_done_to_them,
        hashes_tell_what_was_done_to_them,
        sets_tell_what_was_done_to_them,
        stored_sets_tell_where_they_are_stored,
        deadlines_tell_of_themselves,
        a_key_tells_where_it_goes,
        databases_tell_under_their_numbers,
        emptied_and_swapped_databases_tell_nothing,
        a_read_of_a_missing_key_tells_of_the_miss,
        a_write_to_a_missing_key_is_no_miss,
        an_expired_key_is_told_of_before_what_came_upon_it,
        a_refused_command_tells_nothing,
        a_transaction_tells_of_each_of_its_commands,
    ]
}

async fn no_event_is_told_before_one_is_asked_for(broker: AnyBroker) -> Done {
    let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    subscriber.psubscribe(["__key*@*__:*", "end"]).await?;
    let mut listener = Listener { broker: broker.clone(), subscriber };
    listener.transcript("SET k v =>\nDEL k =>\nGET k =>").await?;
    // A class without a channel, and a channel without a class.
    for classes in ["A$mn", "KE"] {
        listener.ask_for(classes).await?;
        listener.transcript("SET k v =>\nDEL k =>\nGET k =>").await?;
    }
    Ok(())
}

async fn an_event_is_told_on_the_channel_of_its_key_and_then_on_its_own(broker: AnyBroker) -> Done {
    let mut listener = Listener::start(&broker, "KEA").await?;
    broker.execute(Command::from_argv([&b"SET"[..], b" \xff\r\n", b"v", b"EX", b"100"])?).await?;
    same!(
        listener.messages().await?,
        [
            r"__keyspace@0__: \xff\r\n set",
            r"__keyevent@0__:set  \xff\r\n",
            r"__keyspace@0__: \xff\r\n expire",
            r"__keyevent@0__:expire  \xff\r\n",
        ]
    );
    same!(broker.publish("__keyevent@0__:set", "no key at all").await, Ok(1));
    same!(listener.messages().await?, ["__keyevent@0__:set no key at all"]);
    Ok(())
}

async fn each_channel_and_each_class_is_asked_for_by_itself(broker: AnyBroker) -> Done {
    let mut listener = Listener::start(&broker, "").await?;
    for (classes, expected) in [
        ("K$", &["__keyspace@0__:k set"][..]),
        ("E$", &["__keyevent@0__:set k"]),
        ("Eg", &["__keyevent@0__:expire k", "__keyevent@0__:del k"]),
        ("Kh", &["__keyspace@0__:h hset"]),
        ("Es", &["__keyevent@0__:sadd t"]),
        ("En", &["__keyevent@0__:new k", "__keyevent@0__:new h", "__keyevent@0__:new t"]),
        ("Em", &["__keyevent@0__:keymiss k"]),
        ("KEx", &[]),
        ("KElzetd", &[]),
    ] {
        listener.ask_for("").await?;
        broker.execute(Command::from_argv(["FLUSHALL"])?).await?;
        listener.ask_for(classes).await?;
        broker.execute(Command::from_argv(["SETEX", "k", "100", "v"])?).await?;
        broker.del(["k"]).await?;
        broker.get("k").await?;
        broker.hset("h", [("a", "1")]).await?;
        broker.sadd("t", ["a"]).await?;
        same!(listener.messages().await?, expected, "{classes}");
    }
    Ok(())
}

async fn all_classes_are_neither_new_keys_nor_misses(broker: AnyBroker) -> Done {
    Listener::start(&broker, "AKE").await?.transcript("GET k =>\nSET k v => set k").await
}

async fn strings_tell_what_was_done_to_them(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEmn", r#"
        SET a 1 => new a, set a
        SET a 1 => set a
        SET a 1 EX 100 => set a, expire a
        SET a 2 KEEPTTL => set a
        SET a 2 NX =>
        SET b 2 XX =>
        SET b 1 GET => keymiss b, new b, set b
        SET b 1 GET => set b
        SET a 1 PXAT 9000000000000 GET => set a, expire a
        GETSET c 1 => keymiss c, new c, set c
        GETSET c 1 => set c
        SETEX d 100 v => new d, set d, expire d
        PSETEX d 100000 v => set d, expire d
        SETNX a 1 =>
        SETNX e 1 => new e, set e
        MSET a 1 f 2 b 3 => set a, new f, set f, set b
        MSET g 1 g 2 => new g, set g, set g
        MSETNX g 1 h 2 =>
        MSETNX h 1 i 2 h 3 => new h, set h, new i, set i, set h
        GETDEL i => del i
        GETDEL i => keymiss i
        GETEX a =>
        GETEX a EX 100 => expire a
        GETEX a PERSIST => persist a
        GETEX a PERSIST =>
        GETEX a EXAT 1 => del a
        GETEX a PERSIST => keymiss a
    "#).await
}

async fn parts_of_strings_tell_what_was_done_to_them(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEmn", r#"
        APPEND a x => new a, append a
        APPEND a "" => append a
        SETRANGE a 1 x => setrange a
        SETRANGE a 1 "" =>
        SETRANGE b 1 "" =>
        SETRANGE b 1 x => new b, setrange b
        GETRANGE b 0 1 =>
    "#).await
}

async fn numbers_tell_what_was_done_to_them(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEmn", r#"
        INCR n => new n, incrby n
        DECR n => incrby n
        INCRBY n 0 => incrby n
        DECRBY m 3 => new m, incrby m
        INCRBYFLOAT n 1.5 => incrbyfloat n
        INCRBYFLOAT x 1.5 => new x, incrbyfloat x
        INCR x =>
    "#).await
}

async fn bits_tell_what_was_done_to_them(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEmn", r#"
        SETBIT a 0 0 => new a, setbit a
        SETBIT a 0 0 =>
        SETBIT a 0 1 => setbit a
        BITFIELD b SET u8 0 0 => new b, setbit b
        BITFIELD b SET u8 0 0 =>
        BITFIELD b SET u8 0 1 INCRBY u8 8 1 => setbit b
        BITFIELD c OVERFLOW FAIL SET u8 0 300 => new c
        BITFIELD d GET u8 0 => keymiss d
        BITOP AND d a nope => keymiss nope, new d, set d
        BITOP NOT d a => set d
        BITOP OR d nope nope => keymiss nope, keymiss nope, del d
        BITOP OR d nope nope => keymiss nope, keymiss nope
    "#).await
}

async fn hashes_tell_what_was_done_to_them(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEmn", r#"
        HSET h a 1 b 2 => new h, hset h
        HSET h a 1 => hset h
        HMSET h c 1 => hset h
        HSETNX h a 1 =>
        HSETNX i a 1 => new i, hset i
        HINCRBY h a 1 => hincrby h
        HINCRBY j a 1 => new j, hincrby j
        HINCRBYFLOAT h a 1.5 => hincrbyfloat h
        HINCRBYFLOAT k a 1.5 => new k, hincrbyfloat k
        HDEL h nope =>
        HDEL h a b => hdel h
        HDEL h c => hdel h, del h
        HDEL h c =>
    "#).await
}

async fn sets_tell_what_was_done_to_them(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEmn", r#"
        SADD s a b => new s, sadd s
        SADD s a =>
        SADD s c d e => sadd s
        SREM s nope =>
        SREM s a => srem s
        SMOVE s s b =>
        SMOVE s t b => srem s, new t, sadd t
        SADD t c => sadd t
        SMOVE s t c => srem s
        SMOVE s t nope =>
        SMOVE nope t a =>
        SPOP s 0 =>
        SPOP s => spop s
        SPOP s => spop s, del s
        SPOP s =>
        SPOP t 1 => spop t
        SPOP t 5 => spop t, del t
        SPOP t 5 =>
        SADD s a => new s, sadd s
        SMOVE s t a => srem s, del s, new t, sadd t
        SREM t a => srem t, del t
    "#).await
}

async fn stored_sets_tell_where_they_are_stored(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEmn", r#"
        SADD s a b => new s, sadd s
        SADD t b c => new t, sadd t
        SINTERSTORE d s t => new d, sinterstore d
        SINTERSTORE d s t => sinterstore d
        SINTERSTORE d s nope gone => keymiss nope, keymiss gone, del d
        SINTERSTORE d s nope gone => keymiss nope, keymiss gone
        SUNIONSTORE d s nope => keymiss nope, new d, sunionstore d
        SDIFFSTORE d s t => sdiffstore d
        SDIFFSTORE d s s => del d
        SDIFFSTORE d nope s => keymiss nope
        SUNIONSTORE s s t => sunionstore s
    "#).await
}

async fn deadlines_tell_of_themselves(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEmn", r#"
        EXPIRE k 100 =>
        SET k v => new k, set k
        EXPIRE k 100 => expire k
        EXPIRE k 200 NX =>
        PEXPIRE k 300000 GT => expire k
        EXPIREAT k 9000000000 => expire k
        PERSIST k => persist k
        PERSIST k =>
        PEXPIREAT k 9000000000000 => expire k
        EXPIRE k -1 => del k
        SET k v => new k, set k
        EXPIREAT k 1 => del k
        PERSIST k =>
    "#).await
}

async fn a_key_tells_where_it_goes(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEmn", r#"
        MSET a 1 b 2 => new a, set a, new b, set b
        RENAME a a =>
        RENAME a c => new c, rename_from a, rename_to c
        RENAME c b => new b, rename_from c, rename_to b
        RENAME a b =>
        SET a 1 => new a, set a
        RENAMENX a b =>
        RENAMENX a c => new c, rename_from a, rename_to c
        COPY a d => keymiss a
        COPY b d => new d, copy_to d
        COPY b d =>
        COPY b d REPLACE => new d, copy_to d
        DEL a b c c => del b, del c
        UNLINK d a => del d
    "#).await
}

async fn databases_tell_under_their_numbers(broker: AnyBroker) -> Done {
    let mut listener = Listener::start(&broker, "AKEmn").await?;
    listener
        .transcript(
            r#"
            SET k v => new k, set k
            COPY k k DB 3 => 3:new k, 3:copy_to k
            COPY k k DB 3 =>
            COPY k k DB 3 REPLACE => 3:new k, 3:copy_to k
            MOVE k 3 =>
            MOVE k 15 => 15:new k, move_from k, 15:move_to k
            MOVE k 15 =>
            "#,
        )
        .await?;
    let third = broker.select(3).await?;
    third.append("k", "x").await?;
    third.get("nope").await?;
    third.del(["k"]).await?;
    same!(listener.events().await?, "3:append k, 3:keymiss nope, 3:del k");
    Ok(())
}

async fn emptied_and_swapped_databases_tell_nothing(broker: AnyBroker) -> Done {
    Listener::start(&broker, "AKEmn")
        .await?
        .transcript("SET k v => new k, set k\nSWAPDB 0 1 =>\nSWAPDB 0 1 =>\nFLUSHDB =>\nSET k v => new k, set k\nFLUSHALL =>")
        .await
}

async fn a_read_of_a_missing_key_tells_of_the_miss(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEm", r#"
        SET s v => set s
        GET k => keymiss k
        MGET k s l k => keymiss k, keymiss l, keymiss k
        STRLEN k => keymiss k
        GETRANGE k 0 1 => keymiss k
        SUBSTR k 0 1 => keymiss k
        GETBIT k 0 => keymiss k
        BITCOUNT k => keymiss k
        BITPOS k 1 => keymiss k
        BITFIELD_RO k GET u8 0 => keymiss k
        HGET k f => keymiss k
        HMGET k f => keymiss k
        HGETALL k => keymiss k
        HKEYS k => keymiss k
        HVALS k => keymiss k
        HLEN k => keymiss k
        HEXISTS k f => keymiss k
        HSTRLEN k f => keymiss k
        HRANDFIELD k => keymiss k
        HRANDFIELD k 2 => keymiss k
        HSCAN k 0 => keymiss k
        SMEMBERS k => keymiss k
        SCARD k => keymiss k
        SISMEMBER k m => keymiss k
        SMISMEMBER k m => keymiss k
        SRANDMEMBER k => keymiss k
        SRANDMEMBER k 2 => keymiss k
        SSCAN k 0 => keymiss k
        SINTER k l => keymiss k, keymiss l
        SUNION k l => keymiss k, keymiss l
        SDIFF k l => keymiss k, keymiss l
        SINTERCARD 2 k l => keymiss k, keymiss l
        SINTER k s l => keymiss k
        EXISTS k s l => keymiss k, keymiss l
        TOUCH k s => keymiss k
        TYPE k => keymiss k
        TTL k => keymiss k
        PTTL k => keymiss k
        EXPIRETIME k => keymiss k
        PEXPIRETIME k => keymiss k
        KEYS k =>
        SCAN 0 MATCH k TYPE hash =>
    "#).await
}

async fn a_write_to_a_missing_key_is_no_miss(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEm", r#"
        HDEL k f =>
        SREM k m =>
        SPOP k =>
        SPOP k 2 =>
        SMOVE k l m =>
        SET k v XX =>
        SETRANGE k 1 "" =>
        DEL k =>
        RENAME k l =>
        MOVE k 1 =>
    "#).await
}

async fn an_expired_key_is_told_of_before_what_came_upon_it(broker: AnyBroker) -> Done {
    let mut listener = Listener::start(&broker, "AKEmn").await?;
    // Whoever comes upon the key first removes it: the next command, or a sweep before it.
    for (command, events) in [
        ("GET k", "keymiss k"),
        ("EXISTS k", "keymiss k"),
        ("TTL k", "keymiss k"),
        ("SINTER k", "keymiss k"),
        ("SET k v", "new k, set k"),
        ("SET k v GET", "keymiss k, new k, set k"),
        ("SET k v XX", ""),
        ("INCR k", "new k, incrby k"),
        ("HSET k f v", "new k, hset k"),
        ("SADD k m", "new k, sadd k"),
        ("SETBIT k 0 0", "new k, setbit k"),
        ("DEL k", ""),
        ("EXPIRE k 100", ""),
        ("PERSIST k", ""),
        ("RENAME k l", ""),
        ("RENAME other k", "new k, rename_from other, rename_to k"),
        ("COPY other k", "new k, copy_to k"),
        ("COPY k l", "keymiss k"),
        ("MOVE k 1", ""),
        ("SUNIONSTORE k set", "new k, sunionstore k"),
        ("SMOVE set k m", "srem set, del set, new k, sadd k"),
    ] {
        listener.ask_for("").await?;
        for setup in [&["FLUSHALL"][..], &["SET", "other", "v"], &["SADD", "set", "m"]] {
            broker.execute(Command::from_argv(setup)?).await?;
        }
        listener.ask_for("AKEmn").await?;
        broker.execute(Command::from_argv(["SET", "k", "v", "PXAT", "1"])?).await?;
        let _ = broker.execute(Command::from_argv(command.split(' '))?).await;
        let expected = ["new k, set k, expire k, expired k", events].map(str::to_owned);
        let expected = expected.into_iter().filter(|events| !events.is_empty()).collect::<Vec<_>>().join(", ");
        listener.compare(command, &expected).await?;
    }
    Ok(())
}

async fn a_refused_command_tells_nothing(broker: AnyBroker) -> Done {
    transcript(&broker, "AKEmn", r#"
        SET s v => new s, set s
        HSET s f v =>
        SADD s m =>
        INCR s =>
        HGET s f =>
        SPOP s =>
        SET s v EX 0 =>
        SET n v EX 0 =>
        GET =>
        NOSUCH s =>
        SINTERSTORE s s =>
        EXPIRE s x =>
        HINCRBY n f x =>
        SETBIT n 0 2 =>
    "#).await
}

async fn a_transaction_tells_of_each_of_its_commands(broker: AnyBroker) -> Done {
    let mut listener = Listener::start(&broker, "AKEmn").await?;
    let mut pipeline = Pipeline::atomic();
    for argv in ["SET k v", "GET nope", "PUBLISH __keyevent@0__:own k", "INCR k", "DEL k"] {
        pipeline.push(Command::from_argv(argv.split(' '))?);
    }
    let replies = broker.pipeline(pipeline).await?;
    same!(replies.len(), 5);
    same!(
        listener.messages().await?,
        [
            "__keyspace@0__:k new",
            "__keyevent@0__:new k",
            "__keyspace@0__:k set",
            "__keyevent@0__:set k",
            "__keyspace@0__:nope keymiss",
            "__keyevent@0__:keymiss nope",
            "__keyevent@0__:own k",
            "__keyspace@0__:k del",
            "__keyevent@0__:del k",
        ]
    );
    Ok(())
}
