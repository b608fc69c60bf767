//! Messages: who receives what, in which order, and what PUBSUB tells of it.

use std::time::{Duration, Instant};

use embroker::prelude::*;
use embroker::{AnyBroker, Command, Error, Event, Gap, Message, Overflow, Pipeline, SubscribeOptions, Subscriber, SubscriptionKind, Value};
use embroker_test_support::{Case, cases, transcript};

pub(crate) fn cases() -> Vec<Case> {
    cases![
        a_message_to_nobody_is_received_by_none,
        a_channel_and_its_matching_patterns_deliver_once_each_the_channel_first,
        every_subscriber_of_a_channel_receives_the_message,
        messages_arrive_in_the_order_they_were_published,
        channels_and_payloads_are_any_bytes,
        patterns_are_those_of_redis,
        subscribing_twice_delivers_once,
        what_was_received_before_unsubscribing_stays_to_be_read,
        unsubscribing_from_what_is_not_subscribed_does_nothing,
        a_channel_and_a_pattern_of_the_same_name_are_two_subscriptions,
        unsubscribing_from_all_leaves_a_subscriber_that_works,
        a_closed_subscriber_reads_what_it_has_and_then_the_end,
        a_dropped_subscriber_leaves_nothing_behind,
        subscribers_of_several_publishers_see_one_common_order,
        a_slow_subscriber_is_told_how_many_messages_it_missed,
        a_slow_subscriber_is_cut_off_where_it_asked_for_that,
        pubsub_channels_lists_channels_that_have_a_subscriber,
        pubsub_numsub_counts_subscribers_of_channels,
        pubsub_numpat_counts_different_patterns,
        pubsub_checks_its_words,
        a_shard_channel_is_reached_by_spublish_alone,
        shard_channels_are_counted_and_listed_apart,
        what_was_received_before_sunsubscribing_stays_to_be_read,
        spublish_checks_its_words,
        a_sharded_message_inside_a_transaction_is_delivered,
        shard_channels_are_any_bytes_and_keep_the_order_of_all_messages,
        a_message_inside_a_transaction_is_delivered,
        commands_of_a_subscribed_connection_are_refused,
    ]
}

async fn subscriber(broker: &AnyBroker) -> Subscriber {
    broker.subscriber(SubscribeOptions::default()).await.expect("a subscriber")
}

async fn publish(broker: &AnyBroker, channel: &str, payload: &str) -> i64 {
    broker.publish(channel, payload).await.expect("PUBLISH answers")
}

/// The next message, which has to come.
async fn message(subscriber: &mut Subscriber) -> Message {
    match event(subscriber).await {
        Some(Event::Message(message)) => message,
        other => panic!("a message was expected, not {other:?}"),
    }
}

async fn event(subscriber: &mut Subscriber) -> Option<Event> {
    tokio::time::timeout(Duration::from_secs(20), subscriber.next()).await.expect("an event comes")
}

/// The next messages as `payload on channel by pattern`.
async fn received(subscriber: &mut Subscriber, count: usize) -> Vec<String> {
    let mut messages = Vec::new();
    for _ in 0..count {
        messages.push(format!("{:?}", message(subscriber).await));
    }
    messages
}

async fn a_message_to_nobody_is_received_by_none(broker: AnyBroker) {
    transcript(
        &broker,
        r#"
        PUBLISH news hello => 0
        PUBLISH "" "" => 0
        PUBLISH news => -ERR wrong number of arguments for 'publish' command
        PUBLISH news a b => -ERR wrong number of arguments for 'publish' command
        "#,
    )
    .await;
}

async fn a_channel_and_its_matching_patterns_deliver_once_each_the_channel_first(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    subscriber.psubscribe(["n*", "*s", "x*"]).await.unwrap();
    subscriber.subscribe(["news"]).await.unwrap();

    assert_eq!(publish(&broker, "news", "hello").await, 3);
    assert_eq!(message(&mut subscriber).await.pattern(), None);
    let mut patterns = received(&mut subscriber, 2).await;
    patterns.sort();
    assert_eq!(patterns, [r#""hello" on "news" by "*s""#, r#""hello" on "news" by "n*""#]);
    assert_eq!(publish(&broker, "nobody", "hello").await, 1);
    assert_eq!(received(&mut subscriber, 1).await, [r#""hello" on "nobody" by "n*""#]);
}

async fn every_subscriber_of_a_channel_receives_the_message(broker: AnyBroker) {
    let (mut a, mut b) = (subscriber(&broker).await, subscriber(&broker).await);
    a.subscribe(["news"]).await.unwrap();
    b.subscribe(["news", "weather"]).await.unwrap();
    assert_eq!(publish(&broker, "news", "1").await, 2);
    assert_eq!(publish(&broker, "weather", "2").await, 1);
    assert_eq!(received(&mut a, 1).await, [r#""1" on "news""#]);
    assert_eq!(received(&mut b, 2).await, [r#""1" on "news""#, r#""2" on "weather""#]);
}

async fn messages_arrive_in_the_order_they_were_published(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    subscriber.psubscribe(["*"]).await.unwrap();
    for i in 0..1000 {
        assert_eq!(publish(&broker, &format!("channel:{}", i % 7), &i.to_string()).await, 1);
    }
    for i in 0..1000 {
        assert_eq!(message(&mut subscriber).await.payload_str().unwrap(), i.to_string());
    }
}

async fn channels_and_payloads_are_any_bytes(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    let channel = b"\x00\xff \r\n*";
    subscriber.subscribe([&channel[..], b""]).await.unwrap();
    assert_eq!(broker.publish(&channel[..], &b"\r\n\x00\xfe"[..]).await.unwrap(), 1);
    assert_eq!(broker.publish("", "").await.unwrap(), 1);
    let first = message(&mut subscriber).await;
    assert_eq!((first.channel(), first.payload()), (&channel[..], &b"\r\n\x00\xfe"[..]));
    assert!(first.payload_str().is_err());
    let second = message(&mut subscriber).await;
    assert_eq!((second.channel(), second.payload()), (&b""[..], &b""[..]));
}

async fn patterns_are_those_of_redis(broker: AnyBroker) {
    let subscriber = subscriber(&broker).await;
    let patterns: [&[u8]; 8] =
        [b"h[ae]llo", b"h[^e]llo", b"h\\*llo", b"[z-a]x", b"[!a]", b"[abc", b"\\", b"[\x7e-\x80]q"];
    subscriber.psubscribe(patterns).await.unwrap();
    let expected: [(&[u8], i64); 14] = [
        (b"hello", 1),
        (b"hallo", 2),
        (b"hxllo", 1),
        (b"h*llo", 2),
        (b"hllo", 0),
        (b"mx", 1),
        (b"a", 2),
        (b"!", 1),
        (b"c", 1),
        (b"b", 1),
        (b"\\", 1),
        (b"\x7fq", 0),
        (b"\x00q", 1),
        (b"", 0),
    ];
    for (channel, receivers) in expected {
        assert_eq!(broker.publish(channel, "x").await.unwrap(), receivers, "{}", channel.escape_ascii());
    }
}

async fn subscribing_twice_delivers_once(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    subscriber.subscribe(["news", "news"]).await.unwrap();
    subscriber.subscribe(["news"]).await.unwrap();
    subscriber.psubscribe(["n*", "n*"]).await.unwrap();
    assert_eq!(publish(&broker, "news", "1").await, 2);
    assert_eq!(received(&mut subscriber, 2).await, [r#""1" on "news""#, r#""1" on "news" by "n*""#]);
    subscriber.unsubscribe(["news"]).await.unwrap();
    assert_eq!(publish(&broker, "news", "2").await, 1);
}

async fn what_was_received_before_unsubscribing_stays_to_be_read(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    subscriber.subscribe(["a", "b"]).await.unwrap();
    assert_eq!(publish(&broker, "a", "1").await, 1);
    subscriber.unsubscribe(["a"]).await.unwrap();
    assert_eq!(publish(&broker, "a", "2").await, 0);
    assert_eq!(publish(&broker, "b", "3").await, 1);
    assert_eq!(received(&mut subscriber, 2).await, [r#""1" on "a""#, r#""3" on "b""#]);
}

async fn unsubscribing_from_what_is_not_subscribed_does_nothing(broker: AnyBroker) {
    let subscriber = subscriber(&broker).await;
    subscriber.unsubscribe(["a"]).await.unwrap();
    subscriber.subscribe(["a"]).await.unwrap();
    subscriber.psubscribe(["a*"]).await.unwrap();
    subscriber.unsubscribe(["b", "a*"]).await.unwrap();
    subscriber.punsubscribe(["a", "*"]).await.unwrap();
    subscriber.unsubscribe([""; 0]).await.unwrap();
    assert_eq!(publish(&broker, "a", "1").await, 2);
}

async fn a_channel_and_a_pattern_of_the_same_name_are_two_subscriptions(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    subscriber.psubscribe(["a*"]).await.unwrap();
    subscriber.subscribe(["a*"]).await.unwrap();
    assert_eq!(publish(&broker, "a*", "1").await, 2);
    assert_eq!(publish(&broker, "ab", "2").await, 1);
    subscriber.punsubscribe(["a*"]).await.unwrap();
    assert_eq!(publish(&broker, "a*", "3").await, 1);
    assert_eq!(
        received(&mut subscriber, 4).await,
        [r#""1" on "a*""#, r#""1" on "a*" by "a*""#, r#""2" on "ab" by "a*""#, r#""3" on "a*""#]
    );
}

async fn unsubscribing_from_all_leaves_a_subscriber_that_works(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    subscriber.unsubscribe_all().await.unwrap();
    subscriber.subscribe(["a", "b"]).await.unwrap();
    subscriber.psubscribe(["*"]).await.unwrap();
    subscriber.unsubscribe_all().await.unwrap();
    assert_eq!(publish(&broker, "a", "1").await, 0);
    subscriber.subscribe(["a"]).await.unwrap();
    assert_eq!(publish(&broker, "a", "2").await, 1);
    assert_eq!(received(&mut subscriber, 1).await, [r#""2" on "a""#]);
}

async fn a_closed_subscriber_reads_what_it_has_and_then_the_end(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    subscriber.subscribe(["a"]).await.unwrap();
    assert_eq!(publish(&broker, "a", "1").await, 1);
    subscriber.close().await.unwrap();
    assert_eq!(publish(&broker, "a", "2").await, 0);
    assert_eq!(received(&mut subscriber, 1).await, [r#""1" on "a""#]);
    assert_eq!(event(&mut subscriber).await, None);
}

async fn a_dropped_subscriber_leaves_nothing_behind(broker: AnyBroker) {
    let subscriber = subscriber(&broker).await;
    subscriber.subscribe(["a"]).await.unwrap();
    subscriber.psubscribe(["a*"]).await.unwrap();
    assert_eq!(publish(&broker, "a", "1").await, 2);
    drop(subscriber);
    // A server hears of it when the connection closes, and says so to nobody.
    let began = Instant::now();
    while publish(&broker, "a", "2").await > 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "the subscriptions are still there");
        tokio::task::yield_now().await;
    }
    assert_eq!(broker.pubsub_numpat().await.unwrap(), 0);
    assert_eq!(broker.pubsub_channels("*").await.unwrap(), [""; 0]);
}

async fn subscribers_of_several_publishers_see_one_common_order(broker: AnyBroker) {
    const EACH: usize = 200;

    let mut all = subscriber(&broker).await;
    all.psubscribe(["*"]).await.unwrap();
    let mut named = subscriber(&broker).await;
    named.subscribe(["0", "1", "2"]).await.unwrap();
    let publishers = (0..3).map(|publisher| {
        let broker = broker.clone();
        tokio::spawn(async move {
            for i in 0..EACH {
                assert_eq!(publish(&broker, &publisher.to_string(), &i.to_string()).await, 2);
                tokio::task::yield_now().await;
            }
        })
    });
    for publisher in publishers.collect::<Vec<_>>() {
        publisher.await.unwrap();
    }
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..3 * EACH {
        let (x, y) = (message(&mut all).await, message(&mut named).await);
        a.push((x.channel().to_vec(), x.payload().to_vec()));
        b.push((y.channel().to_vec(), y.payload().to_vec()));
    }
    assert_eq!(a, b);
}

async fn a_slow_subscriber_is_told_how_many_messages_it_missed(broker: AnyBroker) {
    let mut slow = broker.subscriber(SubscribeOptions::default().max_messages(10)).await.unwrap();
    slow.subscribe(["a"]).await.unwrap();
    for i in 0..25 {
        assert_eq!(publish(&broker, "a", &i.to_string()).await, 1);
    }
    // Its acknowledgement comes after the messages.
    slow.subscribe(["b"]).await.unwrap();
    assert_eq!(event(&mut slow).await, Some(Event::Gap(Gap::Lagged(15))));
    for i in 15..25 {
        assert_eq!(message(&mut slow).await.payload_str().unwrap(), i.to_string());
    }
    assert_eq!(publish(&broker, "b", "last").await, 1);
    assert_eq!(received(&mut slow, 1).await, [r#""last" on "b""#]);
}

async fn a_slow_subscriber_is_cut_off_where_it_asked_for_that(broker: AnyBroker) {
    let options = SubscribeOptions::default().max_messages(3).overflow(Overflow::Disconnect);
    let mut slow = broker.subscriber(options).await.unwrap();
    slow.subscribe(["a"]).await.unwrap();
    let began = Instant::now();
    while publish(&broker, "a", "x").await > 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "the subscriber is still there");
        tokio::task::yield_now().await;
    }
    assert_eq!(received(&mut slow, 3).await, [r#""x" on "a""#; 3]);
    assert_eq!(event(&mut slow).await, Some(Event::Gap(Gap::Disconnected)));
    assert_eq!(event(&mut slow).await, None);
}

async fn pubsub_channels_lists_channels_that_have_a_subscriber(broker: AnyBroker) {
    let (a, b) = (subscriber(&broker).await, subscriber(&broker).await);
    a.subscribe(["news", "weather", ""]).await.unwrap();
    b.subscribe(["news"]).await.unwrap();
    b.psubscribe(["pattern"]).await.unwrap();
    transcript(
        &broker,
        r#"
        PUBSUB CHANNELS =sorted=> ["", "news", "weather"]
        PUBSUB CHANNELS * =sorted=> ["news", "weather"]
        PUBSUB CHANNELS n* => ["news"]
        PUBSUB CHANNELS "" => [""]
        pubsub channels [a-m]* => []
        "#,
    )
    .await;
    a.unsubscribe_all().await.unwrap();
    transcript(&broker, r#"PUBSUB CHANNELS => ["news"]"#).await;
}

async fn pubsub_numsub_counts_subscribers_of_channels(broker: AnyBroker) {
    let (a, b) = (subscriber(&broker).await, subscriber(&broker).await);
    a.subscribe(["news", "weather"]).await.unwrap();
    b.subscribe(["news"]).await.unwrap();
    b.psubscribe(["*"]).await.unwrap();
    transcript(
        &broker,
        r#"
        PUBSUB NUMSUB => []
        PUBSUB NUMSUB weather news nope news => ["weather", 1, "news", 2, "nope", 0, "news", 2]
        "#,
    )
    .await;
    assert_eq!(broker.pubsub_numsub(["news", "x"]).await.unwrap(), [("news".into(), 2), ("x".into(), 0)]);
}

async fn pubsub_numpat_counts_different_patterns(broker: AnyBroker) {
    let (a, b) = (subscriber(&broker).await, subscriber(&broker).await);
    assert_eq!(broker.pubsub_numpat().await.unwrap(), 0);
    a.psubscribe(["a*", "b*"]).await.unwrap();
    b.psubscribe(["a*"]).await.unwrap();
    b.subscribe(["c"]).await.unwrap();
    assert_eq!(broker.pubsub_numpat().await.unwrap(), 2);
    a.punsubscribe(["a*", "b*"]).await.unwrap();
    assert_eq!(broker.pubsub_numpat().await.unwrap(), 1);
}

async fn pubsub_checks_its_words(broker: AnyBroker) {
    transcript(
        &broker,
        r#"
        PUBSUB => -ERR wrong number of arguments for 'pubsub' command
        PUBSUB BOGUS => -ERR unknown subcommand 'BOGUS'. Try PUBSUB HELP.
        PUBSUB BOGUS a b => -ERR unknown subcommand 'BOGUS'. Try PUBSUB HELP.
        PUBSUB NUMPAT x => -ERR wrong number of arguments for 'pubsub|numpat' command
        pubsub channels a b => -ERR unknown subcommand or wrong number of arguments for 'channels'. Try PUBSUB HELP.
        PUBSUB ChanneLS a b => -ERR unknown subcommand or wrong number of arguments for 'ChanneLS'. Try PUBSUB HELP.
        PUBSUB SHARDCHANNELS a b => -ERR unknown subcommand or wrong number of arguments for 'SHARDCHANNELS'. Try PUBSUB HELP.
        PubSub NumPat x => -ERR wrong number of arguments for 'pubsub|numpat' command
        PubSub BoGuS => -ERR unknown subcommand 'BoGuS'. Try PUBSUB HELP.
        PubSubs BoGuS => -ERR unknown command 'PubSubs', with args beginning with: 'BoGuS' 
        PUBSUB HELP x => -ERR wrong number of arguments for 'pubsub|help' command
        "#,
    )
    .await;
}

async fn a_shard_channel_is_reached_by_spublish_alone(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    subscriber.ssubscribe(["news", "news"]).await.unwrap();
    subscriber.psubscribe(["*"]).await.unwrap();
    assert_eq!(broker.spublish("news", "1").await.unwrap(), 1);
    assert_eq!(publish(&broker, "news", "2").await, 1);
    assert_eq!(broker.spublish("weather", "3").await.unwrap(), 0);
    subscriber.subscribe(["news"]).await.unwrap();
    assert_eq!(broker.spublish("news", "4").await.unwrap(), 1);
    assert_eq!(publish(&broker, "news", "5").await, 2);

    let expected = [
        (r#""1" on shard channel "news""#, SubscriptionKind::Shard),
        (r#""2" on "news" by "*""#, SubscriptionKind::Pattern),
        (r#""4" on shard channel "news""#, SubscriptionKind::Shard),
        (r#""5" on "news""#, SubscriptionKind::Channel),
        (r#""5" on "news" by "*""#, SubscriptionKind::Pattern),
    ];
    for (text, kind) in expected {
        let message = message(&mut subscriber).await;
        assert_eq!((format!("{message:?}").as_str(), message.kind()), (text, kind));
    }
}

async fn shard_channels_are_counted_and_listed_apart(broker: AnyBroker) {
    let (a, b) = (subscriber(&broker).await, subscriber(&broker).await);
    a.ssubscribe(["news", "weather", ""]).await.unwrap();
    b.ssubscribe(["news"]).await.unwrap();
    b.subscribe(["news", "sport"]).await.unwrap();
    b.psubscribe(["*"]).await.unwrap();
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
    .await;
    assert_eq!(broker.pubsub_shardchannels("w*").await.unwrap(), ["weather"]);
    assert_eq!(broker.pubsub_shardnumsub(["news", "x"]).await.unwrap(), [("news".into(), 2), ("x".into(), 0)]);

    b.unsubscribe(["news"]).await.unwrap();
    assert_eq!(broker.spublish("news", "1").await.unwrap(), 2);
    a.unsubscribe_all().await.unwrap();
    transcript(&broker, r#"PUBSUB SHARDCHANNELS => ["news"]"#).await;
}

async fn what_was_received_before_sunsubscribing_stays_to_be_read(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    subscriber.sunsubscribe(["a"]).await.unwrap();
    subscriber.ssubscribe(["a", "b"]).await.unwrap();
    subscriber.sunsubscribe([""; 0]).await.unwrap();
    subscriber.unsubscribe(["a"]).await.unwrap();
    assert_eq!(broker.spublish("a", "1").await.unwrap(), 1);
    subscriber.sunsubscribe(["a", "c"]).await.unwrap();
    assert_eq!(broker.spublish("a", "2").await.unwrap(), 0);
    assert_eq!(broker.spublish("b", "3").await.unwrap(), 1);
    let expected = [r#""1" on shard channel "a""#, r#""3" on shard channel "b""#];
    assert_eq!(received(&mut subscriber, 2).await, expected);
}

async fn spublish_checks_its_words(broker: AnyBroker) {
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
    .await;
}

async fn a_sharded_message_inside_a_transaction_is_delivered(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    subscriber.ssubscribe(["a"]).await.unwrap();
    let mut pipeline = Pipeline::atomic();
    pipeline.spublish("a", "1").publish("a", "2").spublish("b", "3").spublish("a", "4");
    let replies = broker.pipeline(pipeline).await.unwrap();
    assert_eq!(replies, [1, 0, 0, 1].map(|receivers| Ok(Value::Int(receivers))));
    let expected = [r#""1" on shard channel "a""#, r#""4" on shard channel "a""#];
    assert_eq!(received(&mut subscriber, 2).await, expected);
}

async fn shard_channels_are_any_bytes_and_keep_the_order_of_all_messages(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    let channel = &b"\x00\xff \r\n*"[..];
    subscriber.ssubscribe([channel]).await.unwrap();
    subscriber.subscribe([channel]).await.unwrap();
    for payload in 0..50_u8 {
        assert_eq!(broker.spublish(channel, &[payload][..]).await.unwrap(), 1);
        assert_eq!(broker.publish(channel, &[payload][..]).await.unwrap(), 1);
    }
    for payload in 0..50 {
        assert_eq!(message(&mut subscriber).await, Message::sharded(channel, &[payload]));
        assert_eq!(message(&mut subscriber).await, Message::new(channel, &[payload]));
    }
}

async fn a_message_inside_a_transaction_is_delivered(broker: AnyBroker) {
    let mut subscriber = subscriber(&broker).await;
    subscriber.subscribe(["a"]).await.unwrap();
    let mut pipeline = Pipeline::atomic();
    pipeline.hset("h", [("f", "v")]).publish("a", "1").publish("b", "2");
    let replies = broker.pipeline(pipeline).await.unwrap();
    assert_eq!(replies, [Ok(Value::Int(1)), Ok(Value::Int(1)), Ok(Value::Int(0))]);
    assert_eq!(received(&mut subscriber, 1).await, [r#""1" on "a""#]);
}

async fn commands_of_a_subscribed_connection_are_refused(broker: AnyBroker) {
    for words in [
        &["SUBSCRIBE", "a"][..],
        &["psubscribe", "a"],
        &["UNSUBSCRIBE"],
        &["PUNSUBSCRIBE", "a"],
        &["SSUBSCRIBE", "a"],
        &["sunsubscribe"],
    ] {
        let command = Command::from_argv(words.iter().copied()).unwrap();
        let error = broker.execute(command).await.unwrap_err();
        assert!(matches!(error, Error::Config(ref text) if text.contains("Broker::subscriber")), "{error:?}");
    }
}
