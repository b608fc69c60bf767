//! MULTI/EXEC as pipelines, and WATCH.

use embroker_core::error::texts;
use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Command, Error, Pipeline, Replies, ServerError, Value};

use crate::check::{Case, Done, refusal};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![
        a_pipeline_answers_each_command_in_order,
        a_pipeline_goes_on_after_an_error,
        a_transaction_answers_each_command_in_order,
        a_command_that_fails_does_not_undo_the_others,
        a_command_that_cant_be_queued_discards_the_transaction,
        an_empty_pipeline_answers_nothing,
        a_pipeline_refuses_commands_of_one_clients_connection,
        a_watch_that_nobody_disturbed_runs_its_transaction,
        any_write_to_a_watched_key_breaks_the_watch,
        what_changes_nothing_leaves_the_watch_whole,
        creating_a_watched_key_breaks_the_watch,
        a_key_that_comes_back_was_still_written,
        every_watched_key_counts,
        of_two_watches_on_one_key_the_first_to_write_wins,
        a_watch_that_is_dropped_guards_nothing,
        a_watched_transaction_that_cant_be_queued_is_discarded,
        a_watch_without_an_effect_can_end_empty,
        a_watch_needs_a_key,
        a_watch_takes_more_keys,
        a_transaction_moves_between_databases_and_its_broker_stays,
        a_transaction_stays_where_it_is_if_there_is_no_such_database,
        a_handle_on_another_database_has_its_own_keys_and_the_same_subscribers,
        there_is_no_handle_on_a_database_that_is_not_there,
        a_watch_spans_databases,
    ]
}

fn pipeline(atomic: bool, lines: &[&'static str]) -> Result<Pipeline<'static>, Error> {
    let mut pipeline = if atomic { Pipeline::atomic() } else { Pipeline::new() };
    for line in lines {
        pipeline.push(Command::from_argv(line.split(' '))?);
    }
    Ok(pipeline)
}

async fn atomic(broker: &AnyBroker, lines: &[&'static str]) -> Result<Replies, Error> {
    broker.pipeline(pipeline(true, lines)?).await
}

/// Says a command, whatever it answers.
async fn run(broker: &AnyBroker, line: &str) -> Result<(), Error> {
    let _ = broker.execute(Command::from_argv(line.split(' '))?).await;
    Ok(())
}

async fn a_pipeline_answers_each_command_in_order(broker: AnyBroker) -> Done {
    let replies = broker.pipeline(pipeline(false, &["SET a 1", "INCR a", "GET a", "GET b"])?).await?;
    same!(replies, [Ok(Value::OK), Ok(Value::Int(2)), Ok("2".into()), Ok(Value::Null)]);
    Ok(())
}

async fn a_pipeline_goes_on_after_an_error(broker: AnyBroker) -> Done {
    let replies = broker.pipeline(pipeline(false, &["SET a x", "INCR a", "FOO", "GET", "HGET a f", "GET a"])?).await;
    same!(
        replies?,
        [
            Ok(Value::OK),
            Err(texts::NOT_AN_INTEGER),
            Err(ServerError::new("ERR unknown command 'FOO', with args beginning with: ")),
            Err(ServerError::wrong_arity("get")),
            Err(texts::WRONG_TYPE),
            Ok("x".into()),
        ]
    );
    Ok(())
}

async fn a_transaction_answers_each_command_in_order(broker: AnyBroker) -> Done {
    let replies = atomic(&broker, &["HSET h a 1 b 2", "HGETALL h", "DEL h", "EXISTS h"]).await?;
    let pairs = vec![("a".into(), "1".into()), ("b".into(), "2".into())];
    same!(replies, [Ok(Value::Int(2)), Ok(Value::Map(pairs)), Ok(Value::Int(1)), Ok(Value::Int(0))]);
    Ok(())
}

async fn a_command_that_fails_does_not_undo_the_others(broker: AnyBroker) -> Done {
    let replies = atomic(&broker, &["SET a x", "HSET a f v", "SET b y"]).await?;
    same!(replies, [Ok(Value::OK), Err(texts::WRONG_TYPE), Ok(Value::OK)]);
    transcript(&broker, r#"MGET a b => ["x", "y"]"#).await
}

async fn a_command_that_cant_be_queued_discards_the_transaction(broker: AnyBroker) -> Done {
    for wrong in ["FOO bar", "GET", "PUBSUB BOGUS"] {
        let outcome = atomic(&broker, &["SET a x", wrong, "SET b y"]).await;
        same!(outcome, Err(Error::Server(texts::EXEC_ABORT)), "{wrong}");
    }
    transcript(&broker, "EXISTS a b => 0\nSET a 1 => +OK").await
}

async fn an_empty_pipeline_answers_nothing(broker: AnyBroker) -> Done {
    same!(broker.pipeline(Pipeline::new()).await, Ok(vec![]));
    same!(broker.pipeline(Pipeline::atomic()).await, Ok(vec![]));
    Ok(())
}

async fn a_pipeline_refuses_commands_of_one_clients_connection(broker: AnyBroker) -> Done {
    for line in ["MULTI", "EXEC", "DISCARD", "WATCH a", "UNWATCH", "SUBSCRIBE a"] {
        for is_atomic in [true, false] {
            let mut refused = pipeline(is_atomic, &["SET a 1"])?;
            refused.push(Command::from_argv(line.split(' '))?);
            let outcome = broker.pipeline(refused).await;
            holds!(matches!(outcome, Err(Error::Config(_))), "{line}: {outcome:?}");
        }
    }
    transcript(&broker, "EXISTS a => 0").await
}

async fn a_watch_that_nobody_disturbed_runs_its_transaction(broker: AnyBroker) -> Done {
    run(&broker, "SET seats 5").await?;
    let watch = broker.watch(["seats", "nope"]).await?;
    run(&broker, "SET other 1").await?;
    let replies = watch.exec(pipeline(true, &["DECR seats", "FOO a"])?).await;
    same!(replies, Err(Error::Server(texts::EXEC_ABORT)));

    let watch = broker.watch(["seats", "nope"]).await?;
    let replies = watch.exec(pipeline(true, &["DECR seats", "HGET seats f"])?).await;
    same!(replies, Ok(Some(vec![Ok(Value::Int(4)), Err(texts::WRONG_TYPE)])));
    Ok(())
}

async fn any_write_to_a_watched_key_breaks_the_watch(broker: AnyBroker) -> Done {
    for (before, write) in [
        ("SET k v", "SET k v"),
        ("SET k v", "DEL k"),
        ("SET k v", "UNLINK k"),
        ("SET k v", "GETDEL k"),
        ("SET k v", "APPEND k x"),
        ("SET k v", "SETRANGE k 0 v"),
        ("SET k v", "GETSET k v"),
        ("SET k v", "MSET other 1 k 2"),
        ("SET k v", "EXPIRE k 100"),
        ("SET k v", "EXPIRE k -1"),
        ("SET k v", "GETEX k EX 100"),
        ("SET k v EX 100", "PERSIST k"),
        ("SET k v EX 100", "GETEX k PERSIST"),
        ("SET k v", "RENAME k other"),
        ("SET k v", "SETBIT k 0 1"),
        ("SET k v", "BITFIELD k SET u8 0 119"),
        ("SET k v", "BITOP NOT k missing"),
        ("SET k v", "FLUSHALL"),
        ("SET k v", "FLUSHDB"),
        ("SET k 1", "INCR k"),
        ("SET k 1", "INCRBYFLOAT k 0"),
        ("SET k 1", "DECRBY k 0"),
        ("HSET k f v", "HSET k f v"),
        ("HSET k f v", "HDEL k f"),
        ("HSET k f 1", "HINCRBY k f 0"),
        ("HSET k f 1", "HINCRBYFLOAT k f 0"),
        ("HSET k f v", "HSETNX k g v"),
        ("SADD k a", "SADD k b"),
        ("SADD k a", "SREM k a"),
        ("SADD k a", "SPOP k"),
        ("SADD k a", "SMOVE k other a"),
        ("SADD k a", "SINTERSTORE k missing"),
        ("SADD k a", "SUNIONSTORE k k"),
    ] {
        run(&broker, "FLUSHALL").await?;
        run(&broker, before).await?;
        let watch = broker.watch(["k"]).await?;
        run(&broker, write).await?;
        let outcome = watch.exec(pipeline(true, &["SET done 1"])?).await;
        same!(outcome, Ok(None), "{before}, then {write}");
        transcript(&broker, "EXISTS done => 0").await?;
    }
    Ok(())
}

async fn what_changes_nothing_leaves_the_watch_whole(broker: AnyBroker) -> Done {
    for (before, read) in [
        ("SET k v", "GET k"),
        ("SET k v", "GETEX k"),
        ("SET k v", "GETEX k PERSIST"),
        ("SET k v", "PERSIST k"),
        ("SET k v", "SETNX k x"),
        ("SET k v", "SET k x NX"),
        ("SET k v", "MSETNX other 1 k 2"),
        ("SET k v", "EXPIRE k 100 XX"),
        ("SET k v", "TOUCH k"),
        ("SET k v", "INCR k"),
        ("SET k v", "HSET k f v"),
        ("SET k v", "COPY k other"),
        ("SET k v", "RENAMENX k k"),
        ("SET other v", "RENAMENX other other"),
        ("SET k v", "DEL other"),
        ("SET k v", "SETBIT k 0 0"),
        ("SET k v", "BITFIELD k SET u8 0 118"),
        ("SET k v", "BITFIELD k GET u8 0"),
        ("HSET k f v", "HSETNX k f w"),
        ("HSET k f v", "HDEL k g"),
        ("HSET k f v", "HINCRBY k f 1"),
        ("SADD k a", "SADD k a"),
        ("SADD k a", "SREM k b"),
        ("SADD k a", "SPOP k 0"),
        ("SADD k a", "SMOVE k other b"),
        ("SADD k a", "SMOVE k k a"),
        ("SADD k a", "SRANDMEMBER k"),
        ("PERSIST k", "DEL k"),
        ("PERSIST k", "EXPIRE k 100"),
        ("PERSIST k", "FLUSHALL"),
        ("PERSIST k", "SDIFFSTORE k missing"),
    ] {
        run(&broker, "FLUSHALL").await?;
        run(&broker, before).await?;
        let watch = broker.watch(["k"]).await?;
        run(&broker, read).await?;
        let outcome = watch.exec(pipeline(true, &["SET done 1"])?).await;
        same!(outcome, Ok(Some(vec![Ok(Value::OK)])), "{before}, then {read}");
    }
    Ok(())
}

async fn creating_a_watched_key_breaks_the_watch(broker: AnyBroker) -> Done {
    let watch = broker.watch(["k"]).await?;
    run(&broker, "SADD k a").await?;
    same!(watch.exec(pipeline(true, &["SET done 1"])?).await, Ok(None));
    transcript(&broker, "EXISTS done => 0").await
}

async fn a_key_that_comes_back_was_still_written(broker: AnyBroker) -> Done {
    run(&broker, "SET k v").await?;
    let watch = broker.watch(["k"]).await?;
    run(&broker, "DEL k").await?;
    run(&broker, "SET k v").await?;
    same!(watch.exec(pipeline(true, &["SET k w"])?).await, Ok(None));
    transcript(&broker, r#"GET k => "v""#).await
}

async fn every_watched_key_counts(broker: AnyBroker) -> Done {
    for key in ["a", "b", "c"] {
        let watch = broker.watch(["a", "b", "c", "a"]).await?;
        run(&broker, &format!("SET {key} 1")).await?;
        same!(watch.exec(Pipeline::atomic()).await, Ok(None), "{key}");
    }
    Ok(())
}

async fn of_two_watches_on_one_key_the_first_to_write_wins(broker: AnyBroker) -> Done {
    run(&broker, "SET seats 5").await?;
    let first = broker.watch(["seats"]).await?;
    let second = broker.watch(["seats"]).await?;
    same!(first.exec(pipeline(true, &["DECR seats"])?).await, Ok(Some(vec![Ok(Value::Int(4))])));
    same!(second.exec(pipeline(true, &["DECR seats"])?).await, Ok(None));
    transcript(&broker, r#"GET seats => "4""#).await
}

async fn a_watch_that_is_dropped_guards_nothing(broker: AnyBroker) -> Done {
    drop(broker.watch(["k"]).await?);
    run(&broker, "SET k 1").await?;
    same!(atomic(&broker, &["INCR k"]).await, Ok(vec![Ok(Value::Int(2))]));
    Ok(())
}

async fn a_watched_transaction_that_cant_be_queued_is_discarded(broker: AnyBroker) -> Done {
    let watch = broker.watch(["k"]).await?;
    run(&broker, "SET k 1").await?;
    // Redis looks at what was queued before it looks at the watch.
    let outcome = watch.exec(pipeline(true, &["SET done 1", "GET"])?).await;
    same!(outcome, Err(Error::Server(texts::EXEC_ABORT)));
    transcript(&broker, "EXISTS done => 0").await
}

async fn a_watch_without_an_effect_can_end_empty(broker: AnyBroker) -> Done {
    let watch = broker.watch(["k"]).await?;
    same!(watch.exec(Pipeline::new()).await, Ok(Some(vec![])));
    Ok(())
}

async fn a_watch_needs_a_key(broker: AnyBroker) -> Done {
    let outcome = broker.watch([""; 0]).await.map(|_| ());
    same!(outcome, Err(Error::Server(ServerError::wrong_arity("watch"))));
    Ok(())
}

async fn a_watch_takes_more_keys(broker: AnyBroker) -> Done {
    for written in ["a", "b"] {
        let mut watch = broker.watch(["a"]).await?;
        watch.add(["b", "a"]).await?;
        broker.set(written, "x").await?;
        same!(watch.exec(pipeline(true, &["SET c 1"])?).await, Ok(None), "{written}");
    }
    run(&broker, "SET b before").await?;
    let mut watch = broker.watch(["a"]).await?;
    watch.add(["b"]).await?;
    same!(watch.exec(pipeline(true, &["GET b"])?).await, Ok(Some(vec![Ok("before".into())])));
    Ok(())
}

async fn a_transaction_moves_between_databases_and_its_broker_stays(broker: AnyBroker) -> Done {
    let replies = atomic(&broker, &["SET a 0", "SELECT 1", "SET a 1", "SELECT 15", "EXISTS a", "SELECT 1", "GET a"]).await;
    let ok = || Ok(Value::OK);
    same!(replies?, [ok(), ok(), ok(), ok(), Ok(Value::Int(0)), ok(), Ok("1".into())]);
    transcript(&broker, r#"GET a => "0""#).await
}

async fn a_transaction_stays_where_it_is_if_there_is_no_such_database(broker: AnyBroker) -> Done {
    let replies = atomic(&broker, &["SELECT 16", "SELECT x", "SELECT -1", "SET a 0", "SELECT 3", "SELECT 99", "SET a 3"]).await;
    let (ok, no) = (|| Ok(Value::OK), || Err(texts::DB_OUT_OF_RANGE));
    same!(replies?, [no(), Err(texts::NOT_AN_INTEGER), no(), ok(), ok(), no(), ok()]);
    transcript(&broker, r#"GET a => "0""#).await?;
    transcript(&broker.select(3).await?, r#"GET a => "3""#).await
}

async fn a_handle_on_another_database_has_its_own_keys_and_the_same_subscribers(broker: AnyBroker) -> Done {
    let other = broker.select(7).await?;
    broker.set("a", "here").await?;
    same!(other.exists(["a"]).await?, 0);
    transcript(&other, "MOVE a 0 => 0").await?;
    transcript(&broker, "MOVE a 7 => 1").await?;
    same!(other.get("a").await?.as_deref(), Some(&b"here"[..]));
    let home = other.select(0).await?;
    same!(home.dbsize().await?, 0);
    let subscriber = other.subscriber(embroker_core::SubscribeOptions::default()).await?;
    subscriber.subscribe(["news"]).await?;
    same!(broker.publish("news", "x").await?, 1);
    Ok(())
}

async fn there_is_no_handle_on_a_database_that_is_not_there(broker: AnyBroker) -> Done {
    let error = refusal(broker.select(16).await)?;
    same!(error.as_server(), Some(&texts::DB_OUT_OF_RANGE));
    let mut watch = broker.watch(["a"]).await?;
    let error = refusal(watch.select(u32::MAX).await)?;
    holds!(error.as_server().is_some(), "{error}");
    same!(watch.exec(pipeline(true, &["SET a 1"])?).await?, Some(vec![Ok(Value::OK)]));
    Ok(())
}

async fn a_watch_spans_databases(broker: AnyBroker) -> Done {
    let other = broker.select(1).await?;
    for (written, runs) in [("a", true), ("b", false)] {
        let mut watch = broker.watch(["a"]).await?;
        watch.select(1).await?;
        watch.add(["b"]).await?;
        other.set(written, 1).await?;
        let replies = watch.exec(pipeline(true, &["SET c 1"])?).await?;
        same!(replies.is_some(), runs, "{written} was written in database 1");
    }
    same!((broker.exists(["c"]).await?, other.exists(["c"]).await?), (0, 1));
    let mut watch = broker.watch(["a"]).await?;
    watch.select(1).await?;
    broker.set("a", 1).await?;
    same!(watch.exec(Pipeline::atomic()).await?, None, "a was watched in database 0");
    Ok(())
}
