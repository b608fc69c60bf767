//! `maxmemory`: what is refused, and what goes on. An empty server takes more than a byte on either backend, so with
//! that limit nothing fits.

use embroker_core::error::texts;
use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Command, Error, Event, Pipeline, SubscribeOptions};

use crate::check::{Case, Done, Failure};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![
        what_may_need_memory_is_refused_and_the_rest_goes_on,
        arity_comes_before_memory_and_memory_before_the_rest,
        a_transaction_is_refused_as_a_whole,
        a_watched_transaction_is_refused_as_a_whole,
        a_policy_that_evicts_empties_every_database,
        a_volatile_policy_takes_only_keys_that_expire,
        an_evicted_key_is_told_of_and_counted,
        an_evicted_key_counts_as_written,
    ]
}

async fn limit(broker: &AnyBroker, policy: &str) -> Done {
    broker.config_set("maxmemory-policy", policy).await?;
    broker.config_set("maxmemory", 1).await?;
    Ok(())
}

async fn what_may_need_memory_is_refused_and_the_rest_goes_on(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        MSET k v l 1 m 2 => +OK
        HSET h f 1 g 2 => 2
        SADD s a b => 2
        CONFIG SET maxmemory 1 => +OK
        SET k w => -OOM command not allowed when used memory > 'maxmemory'.
        SET k w XX => -OOM command not allowed when used memory > 'maxmemory'.
        SETNX k w => -OOM command not allowed when used memory > 'maxmemory'.
        MSET k w => -OOM command not allowed when used memory > 'maxmemory'.
        GETSET k w => -OOM command not allowed when used memory > 'maxmemory'.
        INCR l => -OOM command not allowed when used memory > 'maxmemory'.
        APPEND k w => -OOM command not allowed when used memory > 'maxmemory'.
        SETRANGE k 536870911 x => -OOM command not allowed when used memory > 'maxmemory'.
        SETBIT k 4294967295 1 => -OOM command not allowed when used memory > 'maxmemory'.
        BITFIELD k GET u8 0 => -OOM command not allowed when used memory > 'maxmemory'.
        BITOP NOT d k => -OOM command not allowed when used memory > 'maxmemory'.
        HSET h f 2 => -OOM command not allowed when used memory > 'maxmemory'.
        HINCRBY h f 1 => -OOM command not allowed when used memory > 'maxmemory'.
        SADD s a => -OOM command not allowed when used memory > 'maxmemory'.
        SUNIONSTORE d s => -OOM command not allowed when used memory > 'maxmemory'.
        COPY k l => -OOM command not allowed when used memory > 'maxmemory'.
        GET k => "v"
        MGET k l => ["v", "1"]
        BITFIELD_RO k GET u8 0 => [118]
        HGETALL h => {"f": "1", "g": "2"}
        SISMEMBER s a => 1
        PUBLISH c m => 0
        PING => +PONG
        SMOVE s t a => 1
        SREM s b => 1
        HDEL h f => 1
        EXPIRE k 100 => 1
        PERSIST k => 1
        GETEX k EX 10 => "v"
        RENAME k n => +OK
        MOVE n 1 => 1
        GETDEL l => "1"
        DEL m => 1
        FLUSHALL => +OK
        SET k v => -OOM command not allowed when used memory > 'maxmemory'.
        CONFIG SET maxmemory 0 => +OK
        SET k v => +OK
        "#,
    )
    .await
}

async fn arity_comes_before_memory_and_memory_before_the_rest(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        HSET h f 1 => 1
        CONFIG SET maxmemory 1 => +OK
        SET k => -ERR wrong number of arguments for 'set' command
        HSET h f => -ERR wrong number of arguments for 'hset' command
        HSET h f v g => -OOM command not allowed when used memory > 'maxmemory'.
        SET k v BOGUS => -OOM command not allowed when used memory > 'maxmemory'.
        APPEND h x => -OOM command not allowed when used memory > 'maxmemory'.
        GET h => -WRONGTYPE Operation against a key holding the wrong kind of value
        NOSUCH => -ERR unknown command 'NOSUCH', with args beginning with: 
        "#,
    )
    .await
}

fn atomic(lines: &[&'static str]) -> Result<Pipeline<'static>, Error> {
    let mut pipeline = Pipeline::atomic();
    for line in lines {
        pipeline.push(Command::from_argv(line.split(' '))?);
    }
    Ok(pipeline)
}

fn is_aborted<T>(outcome: Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::Server(error)) if error == texts::EXEC_ABORT)
}

async fn a_transaction_is_refused_as_a_whole(broker: AnyBroker) -> Done {
    broker.set("k", "v").await?;
    limit(&broker, "noeviction").await?;
    holds!(is_aborted(broker.pipeline(atomic(&["DEL k", "SET l 1"])?).await));
    same!(broker.get("k").await?, Some("v".into()));
    Ok(())
}

async fn a_watched_transaction_is_refused_as_a_whole(broker: AnyBroker) -> Done {
    broker.set("k", "v").await?;
    limit(&broker, "noeviction").await?;
    let watch = broker.watch(["k"]).await?;
    holds!(is_aborted(watch.exec(atomic(&["DEL k", "SET l 1"])?).await));
    same!(broker.get("k").await?, Some("v".into()));
    Ok(())
}

async fn a_policy_that_evicts_empties_every_database(broker: AnyBroker) -> Done {
    let other = broker.select(3).await?;
    for policy in ["allkeys-lru", "allkeys-lfu", "allkeys-random"] {
        for number in 0..20 {
            broker.set(format!("k{number}"), "v").await?;
            other.set(format!("k{number}"), "v").await?;
        }
        limit(&broker, policy).await?;
        transcript(
            &broker,
            r#"
            SET k v => -OOM command not allowed when used memory > 'maxmemory'.
            DBSIZE => 0
            "#,
        )
        .await?;
        same!(other.dbsize().await?, 0, "{policy}");
        broker.config_set("maxmemory", 0).await?;
    }
    Ok(())
}

async fn a_volatile_policy_takes_only_keys_that_expire(broker: AnyBroker) -> Done {
    for policy in ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"] {
        for number in 0..20 {
            broker.set(format!("stays{number}"), "v").await?;
            broker.set(format!("goes{number}"), "v").await?;
            broker.expire(format!("goes{number}"), std::time::Duration::from_secs(1000)).await?;
        }
        limit(&broker, policy).await?;
        transcript(
            &broker,
            r#"
            SET k v => -OOM command not allowed when used memory > 'maxmemory'.
            DBSIZE => 20
            GET stays7 => "v"
            GET goes7 => null
            FLUSHALL => +OK
            CONFIG SET maxmemory 0 => +OK
            "#,
        )
        .await?;
    }
    Ok(())
}

async fn an_evicted_key_is_told_of_and_counted(broker: AnyBroker) -> Done {
    broker.config_set("notify-keyspace-events", "KEe").await?;
    let third = broker.select(3).await?;
    third.set("k", "v").await?;
    let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    subscriber.psubscribe(["__key*"]).await?;
    limit(&broker, "allkeys-lru").await?;
    same!(third.get("k").await?, None);
    for expected in ["__keyspace@3__:k evicted", "__keyevent@3__:evicted k"] {
        let Some(Event::Message(message)) = subscriber.next().await else {
            return Err(Failure::unlike("the subscriber", expected, "no message"));
        };
        let told = format!("{} {}", message.channel().escape_ascii(), message.payload().escape_ascii());
        same!(told, expected);
    }
    let info = broker.info("stats").await?;
    holds!(info.contains("\r\nevicted_keys:1\r\n"), "{info}");
    Ok(())
}

async fn an_evicted_key_counts_as_written(broker: AnyBroker) -> Done {
    broker.set("k", "v").await?;
    let watch = broker.watch(["k"]).await?;
    limit(&broker, "allkeys-random").await?;
    same!(broker.get("k").await?, None);
    broker.config_set("maxmemory", 0).await?;
    same!(watch.exec(atomic(&["SET l 1"])?).await?, None);
    Ok(())
}
