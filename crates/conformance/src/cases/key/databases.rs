//! Keys of several databases: COPY … DB, MOVE, SWAPDB, FLUSHALL.

use embroker_core::{AnyBroker, Event, Pipeline, SubscribeOptions, Value};
use embroker_core::prelude::*;

use crate::check::{Case, Done, Needs, Run};
use crate::suite::Target;
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = cases![
        copy_reaches_another_database,
        move_takes_value_and_deadline_to_another_database,
        swapdb_swaps_all_that_two_databases_hold,
        flushdb_leaves_other_databases_and_flushall_none,
        a_transaction_reaches_several_databases,
    ];
    cases.push(Case {
        family: "key",
        name: "clients_of_several_databases_see_one_anothers_work",
        needs: Needs::Nothing,
        run: Run::Clients(|clients| Box::pin(clients_of_several_databases_see_one_anothers_work(clients))),
    });
    cases
}

async fn copy_reaches_another_database(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET a 1 EXAT 9999999999 => +OK
        COPY a a DB 0 => -ERR source and destination objects are the same
        COPY a a DB 1 => 1
        COPY a a DB 1 => 0
        SET a 2 => +OK
        COPY a a REPLACE DB 1 => 1
        COPY a b DB 1 DB 2 => 1
        COPY a a DB 1 DB 0 => -ERR source and destination objects are the same
        COPY nope b DB 2 REPLACE => 0
        COPY a b DB 16 BOGUS => -ERR DB index is out of range
        COPY a b BOGUS DB 16 => -ERR syntax error
        COPY a b DB -1 => -ERR DB index is out of range
        COPY a b DB 2147483648 => -ERR value is out of range, value must between -2147483648 and 2147483647
        DBSIZE => 1
        SWAPDB 0 1 => +OK
        KEYS * => ["a"]
        GET a => "2"
        TTL a => -1
        SWAPDB 0 2 => +OK
        KEYS * => ["b"]
        GET b => "2"
        "#,
    )
    .await
}

async fn move_takes_value_and_deadline_to_another_database(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET a 1 EXAT 9999999999 => +OK
        MOVE a 1 => 1
        EXISTS a => 0
        MOVE a 1 => 0
        SET a 2 => +OK
        MOVE a 1 => 0
        GET a => "2"
        SWAPDB 0 1 => +OK
        GET a => "1"
        EXPIRETIME a => 9999999999
        MOVE a 0 => -ERR source and destination objects are the same
        MOVE nope 0 => -ERR source and destination objects are the same
        MOVE nope 16 => -ERR DB index is out of range
        MOVE nope -1 => -ERR DB index is out of range
        MOVE nope x => -ERR value is not an integer or out of range
        MOVE nope 99999999999 => -ERR value is out of range, value must between -2147483648 and 2147483647
        MOVE a => -ERR wrong number of arguments for 'move' command
        "#,
    )
    .await
}

async fn swapdb_swaps_all_that_two_databases_hold(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        MSET a 1 b 2 => +OK
        SWAPDB 15 0 => +OK
        DBSIZE => 0
        RANDOMKEY => null
        SADD s x => 1
        SWAPDB 0 15 => +OK
        KEYS * =sorted=> ["a", "b"]
        SWAPDB 0 0 => +OK
        DBSIZE => 2
        SWAPDB x y => -ERR invalid first DB index
        SWAPDB 99999999999 y => -ERR invalid first DB index
        SWAPDB 16 y => -ERR invalid second DB index
        SWAPDB 0 16 => -ERR DB index is out of range
        SWAPDB -1 0 => -ERR DB index is out of range
        SWAPDB 16 16 => -ERR DB index is out of range
        SWAPDB 0 => -ERR wrong number of arguments for 'swapdb' command
        SWAPDB 15 0 => +OK
        SCAN 0 => ["0", ["s"]]
        "#,
    )
    .await
}

async fn flushdb_leaves_other_databases_and_flushall_none(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET a 1 => +OK
        COPY a a DB 1 => 1
        FLUSHDB => +OK
        DBSIZE => 0
        SWAPDB 0 1 => +OK
        DBSIZE => 1
        SWAPDB 0 1 => +OK
        FLUSHALL => +OK
        SWAPDB 0 1 => +OK
        DBSIZE => 0
        "#,
    )
    .await
}

async fn a_transaction_reaches_several_databases(broker: AnyBroker) -> Done {
    let mut pipeline = Pipeline::atomic();
    pipeline.set("a", "1").copy_to_db("a", "b", 2).move_key("a", 1).swapdb(0, 1).key_type("a").swapdb(0, 2).dbsize();
    let replies = broker.pipeline(pipeline).await?;
    let shown = replies.iter().map(|reply| reply.as_ref().map_or_else(|error| format!("-{error}"), |value| format!("{value:?}"))).collect::<Vec<_>>();
    same!(shown, ["+OK", "1", "1", "+OK", "+string", "+OK", "1"]);
    same!(broker.keys("*").await?, ["b"]);
    let mut pipeline = Pipeline::atomic();
    pipeline.flushall().swapdb(0, 2).dbsize().set("c", "1").move_key("c", 9).dbsize();
    let replies = broker.pipeline(pipeline).await?;
    same!(replies.get(2), Some(&Ok(Value::Int(0))));
    same!(replies.get(4..), Some(&[Ok(Value::Int(1)), Ok(Value::Int(0))][..]));
    Ok(())
}

async fn clients_of_several_databases_see_one_anothers_work(clients: Target) -> Done {
    let (zero, one, same) = (clients.client(0).await?, clients.client(1).await?, clients.client(0).await?);
    zero.set("a", "zero").await?;
    one.set("a", "one").await?;
    same!(same.get("a").await?, Some("zero".into()));
    same!((zero.dbsize().await?, one.dbsize().await?), (1, 1));

    let (broken, whole) = (one.watch(["a"]).await?, one.watch(["nothing"]).await?);
    zero.swapdb(1, 0).await?;
    same!(broken.exec(Pipeline::atomic()).await?, None);
    same!(whole.exec(Pipeline::atomic()).await?, Some(vec![]));
    for (client, value) in [(&zero, "one"), (&one, "zero"), (&same, "one")] {
        same!(client.get("a").await?, Some(value.into()));
    }

    let watch = one.watch(["b"]).await?;
    zero.rename("a", "b").await?;
    holds!(watch.exec(Pipeline::atomic()).await?.is_some(), "that was the b of another database");
    let watch = one.watch(["b"]).await?;
    holds!(zero.move_key("b", 1).await?);
    same!(watch.exec(Pipeline::atomic()).await?, None);
    same!(one.mget(["a", "b"]).await?, [Some("zero".into()), Some("one".into())]);

    let mut pipeline = Pipeline::atomic();
    pipeline.move_key("b", 0).dbsize();
    same!(one.pipeline(pipeline).await?, [Ok(Value::Int(1)), Ok(Value::Int(1))]);
    same!(same.get("b").await?, Some("one".into()));

    let watch = one.watch(["a"]).await?;
    zero.flushdb().await?;
    holds!(watch.exec(Pipeline::atomic()).await?.is_some());
    same!((same.dbsize().await?, one.dbsize().await?), (0, 1));
    let watch = one.watch(["a"]).await?;
    zero.flushall().await?;
    same!(watch.exec(Pipeline::atomic()).await?, None);
    same!(one.randomkey().await?, None);

    // Messages know no databases.
    let mut subscriber = one.subscriber(SubscribeOptions::default()).await?;
    subscriber.subscribe(["news"]).await?;
    same!(zero.publish("news", "hello").await?, 1);
    holds!(matches!(subscriber.next().await, Some(Event::Message(message)) if message.payload() == &b"hello"[..]));

    holds!(clients.client(16).await.is_err());
    Ok(())
}
