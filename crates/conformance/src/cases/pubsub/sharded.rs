//! Shard channels: SSUBSCRIBE, SPUBLISH and what PUBSUB tells of them.

use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Message, Pipeline, SubscriptionKind, Value};

use super::{message, publish, received, subscriber};
use crate::check::{Case, Done};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![
        a_shard_channel_is_reached_by_spublish_alone,
        shard_channels_are_counted_and_listed_apart,
        what_was_received_before_sunsubscribing_stays_to_be_read,
        spublish_checks_its_words,
        a_sharded_message_inside_a_transaction_is_delivered,
        shard_channels_are_any_bytes_and_keep_the_order_of_all_messages,
    ]
}

async fn a_shard_channel_is_reached_by_spublish_alone(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    subscriber.ssubscribe(["news", "news"]).await?;
    subscriber.psubscribe(["*"]).await?;
    same!(broker.spublish("news", "1").await?, 1);
    same!(publish(&broker, "news", "2").await?, 1);
    same!(broker.spublish("weather", "3").await?, 0);
    subscriber.subscribe(["news"]).await?;
    same!(broker.spublish("news", "4").await?, 1);
    same!(publish(&broker, "news", "5").await?, 2);

    let expected = [
        (r#""1" on shard channel "news""#, SubscriptionKind::Shard),
        (r#""2" on "news" by "*""#, SubscriptionKind::Pattern),
        (r#""4" on shard channel "news""#, SubscriptionKind::Shard),
        (r#""5" on "news""#, SubscriptionKind::Channel),
        (r#""5" on "news" by "*""#, SubscriptionKind::Pattern),
    ];
    for (text, kind) in expected {
        let message = message(&mut subscriber).await?;
        same!((format!("{message:?}").as_str(), message.kind()), (text, kind));
    }
    Ok(())
}

async fn shard_channels_are_counted_and_listed_apart(broker: AnyBroker) -> Done {
    let (a, b) = (subscriber(&broker).await?, subscriber(&broker).await?);
    a.ssubscribe(["news", "weather", ""]).await?;
    b.ssubscribe(["news"]).await?;
    b.subscribe(["news", "sport"]).await?;
    b.psubscribe(["*"]).await?;
    transcript(
        &broker,
        r#"
        PUBSUB SHARDCHANNELS =sorted=> ["", "news", "weather"]
        PUBSUB SHARDCHANNELS * =sorted=> ["news", "weather"]
        PUBSUB SHARDCHANNELS n* => ["news"]
        PUBSUB SHARDNUMSUB => []
        PUBSUB SHARDNUMSUB sport news news => ["sport", 0, "news", 2, "news", 2]
        PUBSUB CHANNELS =sorted=> ["news", "sport"]
        PUBSUB NUMSUB news weather => ["news", 1, "weather", 0]
        PUBSUB NUMPAT => 1
        "#,
    )
    .await?;
    same!(broker.pubsub_shardchannels("w*").await?, ["weather"]);
    same!(broker.pubsub_shardnumsub(["news", "x"]).await?, [("news".into(), 2), ("x".into(), 0)]);

    b.unsubscribe(["news"]).await?;
    same!(broker.spublish("news", "1").await?, 2);
    a.unsubscribe_all().await?;
    transcript(&broker, r#"PUBSUB SHARDCHANNELS => ["news"]"#).await
}

async fn what_was_received_before_sunsubscribing_stays_to_be_read(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    subscriber.sunsubscribe(["a"]).await?;
    subscriber.ssubscribe(["a", "b"]).await?;
    subscriber.sunsubscribe([""; 0]).await?;
    subscriber.unsubscribe(["a"]).await?;
    same!(broker.spublish("a", "1").await?, 1);
    subscriber.sunsubscribe(["a", "c"]).await?;
    same!(broker.spublish("a", "2").await?, 0);
    same!(broker.spublish("b", "3").await?, 1);
    let expected = [r#""1" on shard channel "a""#, r#""3" on shard channel "b""#];
    same!(received(&mut subscriber, 2).await?, expected);
    Ok(())
}

async fn spublish_checks_its_words(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SPUBLISH news hello => 0
        SPUBLISH "" "" => 0
        SPUBLISH news => -ERR wrong number of arguments for 'spublish' command
        SPUBLISH news a b => -ERR wrong number of arguments for 'spublish' command
        COMMAND GETKEYS SPUBLISH a b => -ERR The command has no key arguments
        "#,
    )
    .await
}

async fn a_sharded_message_inside_a_transaction_is_delivered(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    subscriber.ssubscribe(["a"]).await?;
    let mut pipeline = Pipeline::atomic();
    pipeline.spublish("a", "1").publish("a", "2").spublish("b", "3").spublish("a", "4");
    let replies = broker.pipeline(pipeline).await?;
    same!(replies, [1, 0, 0, 1].map(|receivers| Ok(Value::Int(receivers))));
    let expected = [r#""1" on shard channel "a""#, r#""4" on shard channel "a""#];
    same!(received(&mut subscriber, 2).await?, expected);
    Ok(())
}

async fn shard_channels_are_any_bytes_and_keep_the_order_of_all_messages(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    let channel = &b"\x00\xff \r\n*"[..];
    subscriber.ssubscribe([channel]).await?;
    subscriber.subscribe([channel]).await?;
    for payload in 0..50_u8 {
        same!(broker.spublish(channel, &[payload][..]).await?, 1);
        same!(broker.publish(channel, &[payload][..]).await?, 1);
    }
    for payload in 0..50 {
        same!(message(&mut subscriber).await?, Message::sharded(channel, &[payload]));
        same!(message(&mut subscriber).await?, Message::new(channel, &[payload]));
    }
    Ok(())
}
