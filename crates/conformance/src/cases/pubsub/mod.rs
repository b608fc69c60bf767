//! Messages: who receives what, in which order, and what PUBSUB tells of it.

mod sharded;

use std::time::{Duration, Instant};

use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Command, Error, Event, Gap, Message, Overflow, Pipeline, SubscribeOptions, Subscriber, Value};

use crate::check::{Case, Done, Failure, refusal};
use crate::transcript::transcript;

/// How long a message, or the end of a subscription, may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn cases() -> Vec<Case> {
    let cases = cases![
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
        a_message_inside_a_transaction_is_delivered,
        commands_of_a_subscribed_connection_are_refused,
    ];
    [cases, sharded::cases()].concat()
}

async fn subscriber(broker: &AnyBroker) -> Result<Subscriber, Failure> {
    Ok(broker.subscriber(SubscribeOptions::default()).await?)
}

async fn publish(broker: &AnyBroker, channel: &str, payload: &str) -> Result<i64, Failure> {
    Ok(broker.publish(channel, payload).await?)
}

/// The next message, which has to come.
async fn message(subscriber: &mut Subscriber) -> Result<Message, Failure> {
    match event(subscriber).await? {
        Some(Event::Message(message)) => Ok(message),
        other => Err(Failure::unlike("the subscriber", "a message", format!("{other:?}"))),
    }
}

/// What comes next to a subscriber, if anything does within 10 seconds.
pub(super) async fn event(subscriber: &mut Subscriber) -> Result<Option<Event>, Failure> {
    let next = tokio::time::timeout(PATIENCE, subscriber.next()).await;
    next.map_err(|_| Failure::unlike("the subscriber", "a message", format!("none in {PATIENCE:?}")))
}

/// The next messages as `payload on channel by pattern`.
async fn received(subscriber: &mut Subscriber, count: usize) -> Result<Vec<String>, Failure> {
    let mut messages = Vec::new();
    for _ in 0..count {
        messages.push(format!("{:?}", message(subscriber).await?));
    }
    Ok(messages)
}

async fn a_message_to_nobody_is_received_by_none(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        PUBLISH news hello => 0
        PUBLISH "" "" => 0
        PUBLISH news => -ERR wrong number of arguments for 'publish' command
        PUBLISH news a b => -ERR wrong number of arguments for 'publish' command
        "#,
    )
    .await
}

async fn a_channel_and_its_matching_patterns_deliver_once_each_the_channel_first(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    subscriber.psubscribe(["n*", "*s", "x*"]).await?;
    subscriber.subscribe(["news"]).await?;

    same!(publish(&broker, "news", "hello").await?, 3);
    same!(message(&mut subscriber).await?.pattern(), None);
    let mut patterns = received(&mut subscriber, 2).await?;
    patterns.sort();
    same!(patterns, [r#""hello" on "news" by "*s""#, r#""hello" on "news" by "n*""#]);
    same!(publish(&broker, "nobody", "hello").await?, 1);
    same!(received(&mut subscriber, 1).await?, [r#""hello" on "nobody" by "n*""#]);
    Ok(())
}

async fn every_subscriber_of_a_channel_receives_the_message(broker: AnyBroker) -> Done {
    let (mut a, mut b) = (subscriber(&broker).await?, subscriber(&broker).await?);
    a.subscribe(["news"]).await?;
    b.subscribe(["news", "weather"]).await?;
    same!(publish(&broker, "news", "1").await?, 2);
    same!(publish(&broker, "weather", "2").await?, 1);
    same!(received(&mut a, 1).await?, [r#""1" on "news""#]);
    same!(received(&mut b, 2).await?, [r#""1" on "news""#, r#""2" on "weather""#]);
    Ok(())
}

async fn messages_arrive_in_the_order_they_were_published(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    subscriber.psubscribe(["*"]).await?;
    for i in 0..1000 {
        same!(publish(&broker, &format!("channel:{}", i % 7), &i.to_string()).await?, 1);
    }
    for i in 0..1000 {
        same!(message(&mut subscriber).await?.payload_str()?, i.to_string());
    }
    Ok(())
}

async fn channels_and_payloads_are_any_bytes(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    let channel = b"\x00\xff \r\n*";
    subscriber.subscribe([&channel[..], b""]).await?;
    same!(broker.publish(&channel[..], &b"\r\n\x00\xfe"[..]).await?, 1);
    same!(broker.publish("", "").await?, 1);
    let first = message(&mut subscriber).await?;
    same!((first.channel(), first.payload()), (&channel[..], &b"\r\n\x00\xfe"[..]));
    holds!(first.payload_str().is_err());
    let second = message(&mut subscriber).await?;
    same!((second.channel(), second.payload()), (&b""[..], &b""[..]));
    Ok(())
}

async fn patterns_are_those_of_redis(broker: AnyBroker) -> Done {
    let subscriber = subscriber(&broker).await?;
    let patterns: [&[u8]; 8] =
        [b"h[ae]llo", b"h[^e]llo", b"h\\*llo", b"[z-a]x", b"[!a]", b"[abc", b"\\", b"[\x7e-\x80]q"];
    subscriber.psubscribe(patterns).await?;
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
        same!(broker.publish(channel, "x").await?, receivers, "{}", channel.escape_ascii());
    }
    Ok(())
}

async fn subscribing_twice_delivers_once(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["news", "news"]).await?;
    subscriber.subscribe(["news"]).await?;
    subscriber.psubscribe(["n*", "n*"]).await?;
    same!(publish(&broker, "news", "1").await?, 2);
    same!(received(&mut subscriber, 2).await?, [r#""1" on "news""#, r#""1" on "news" by "n*""#]);
    subscriber.unsubscribe(["news"]).await?;
    same!(publish(&broker, "news", "2").await?, 1);
    Ok(())
}

async fn what_was_received_before_unsubscribing_stays_to_be_read(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["a", "b"]).await?;
    same!(publish(&broker, "a", "1").await?, 1);
    subscriber.unsubscribe(["a"]).await?;
    same!(publish(&broker, "a", "2").await?, 0);
    same!(publish(&broker, "b", "3").await?, 1);
    same!(received(&mut subscriber, 2).await?, [r#""1" on "a""#, r#""3" on "b""#]);
    Ok(())
}

async fn unsubscribing_from_what_is_not_subscribed_does_nothing(broker: AnyBroker) -> Done {
    let subscriber = subscriber(&broker).await?;
    subscriber.unsubscribe(["a"]).await?;
    subscriber.subscribe(["a"]).await?;
    subscriber.psubscribe(["a*"]).await?;
    subscriber.unsubscribe(["b", "a*"]).await?;
    subscriber.punsubscribe(["a", "*"]).await?;
    subscriber.unsubscribe([""; 0]).await?;
    same!(publish(&broker, "a", "1").await?, 2);
    Ok(())
}

async fn a_channel_and_a_pattern_of_the_same_name_are_two_subscriptions(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    subscriber.psubscribe(["a*"]).await?;
    subscriber.subscribe(["a*"]).await?;
    same!(publish(&broker, "a*", "1").await?, 2);
    same!(publish(&broker, "ab", "2").await?, 1);
    subscriber.punsubscribe(["a*"]).await?;
    same!(publish(&broker, "a*", "3").await?, 1);
    same!(
        received(&mut subscriber, 4).await?,
        [r#""1" on "a*""#, r#""1" on "a*" by "a*""#, r#""2" on "ab" by "a*""#, r#""3" on "a*""#]
    );
    Ok(())
}

async fn unsubscribing_from_all_leaves_a_subscriber_that_works(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    subscriber.unsubscribe_all().await?;
    subscriber.subscribe(["a", "b"]).await?;
    subscriber.psubscribe(["*"]).await?;
    subscriber.unsubscribe_all().await?;
    same!(publish(&broker, "a", "1").await?, 0);
    subscriber.subscribe(["a"]).await?;
    same!(publish(&broker, "a", "2").await?, 1);
    same!(received(&mut subscriber, 1).await?, [r#""2" on "a""#]);
    Ok(())
}

async fn a_closed_subscriber_reads_what_it_has_and_then_the_end(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["a"]).await?;
    same!(publish(&broker, "a", "1").await?, 1);
    subscriber.close().await?;
    same!(publish(&broker, "a", "2").await?, 0);
    same!(received(&mut subscriber, 1).await?, [r#""1" on "a""#]);
    same!(event(&mut subscriber).await?, None);
    Ok(())
}

async fn a_dropped_subscriber_leaves_nothing_behind(broker: AnyBroker) -> Done {
    let subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["a"]).await?;
    subscriber.psubscribe(["a*"]).await?;
    same!(publish(&broker, "a", "1").await?, 2);
    drop(subscriber);
    // A server hears of it when the connection closes, and says so to nobody.
    let began = Instant::now();
    while publish(&broker, "a", "2").await? > 0 {
        holds!(began.elapsed() < PATIENCE, "the subscriptions are still there");
        tokio::task::yield_now().await;
    }
    same!(broker.pubsub_numpat().await?, 0);
    same!(broker.pubsub_channels("*").await?, [""; 0]);
    Ok(())
}

async fn subscribers_of_several_publishers_see_one_common_order(broker: AnyBroker) -> Done {
    const EACH: usize = 200;

    let mut all = subscriber(&broker).await?;
    all.psubscribe(["*"]).await?;
    let mut named = subscriber(&broker).await?;
    named.subscribe(["0", "1", "2"]).await?;
    let publishers = (0..3).map(|publisher| {
        let broker = broker.clone();
        tokio::spawn(async move {
            for i in 0..EACH {
                same!(publish(&broker, &publisher.to_string(), &i.to_string()).await?, 2);
                tokio::task::yield_now().await;
            }
            Done::Ok(())
        })
    });
    for publisher in publishers.collect::<Vec<_>>() {
        publisher.await.map_err(|error| Failure::unlike("a publisher", "its end", error.to_string()))??;
    }
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for _ in 0..3 * EACH {
        let (x, y) = (message(&mut all).await?, message(&mut named).await?);
        a.push((x.channel().to_vec(), x.payload().to_vec()));
        b.push((y.channel().to_vec(), y.payload().to_vec()));
    }
    same!(a, b);
    Ok(())
}

async fn a_slow_subscriber_is_told_how_many_messages_it_missed(broker: AnyBroker) -> Done {
    let mut slow = broker.subscriber(SubscribeOptions::default().max_messages(10)).await?;
    slow.subscribe(["a"]).await?;
    for i in 0..25 {
        same!(publish(&broker, "a", &i.to_string()).await?, 1);
    }
    // Its acknowledgement comes after the messages.
    slow.subscribe(["b"]).await?;
    same!(event(&mut slow).await?, Some(Event::Gap(Gap::Lagged(15))));
    for i in 15..25 {
        same!(message(&mut slow).await?.payload_str()?, i.to_string());
    }
    same!(publish(&broker, "b", "last").await?, 1);
    same!(received(&mut slow, 1).await?, [r#""last" on "b""#]);
    Ok(())
}

async fn a_slow_subscriber_is_cut_off_where_it_asked_for_that(broker: AnyBroker) -> Done {
    let options = SubscribeOptions::default().max_messages(3).overflow(Overflow::Disconnect);
    let mut slow = broker.subscriber(options).await?;
    slow.subscribe(["a"]).await?;
    let began = Instant::now();
    while publish(&broker, "a", "x").await? > 0 {
        holds!(began.elapsed() < PATIENCE, "the subscriber is still there");
        tokio::task::yield_now().await;
    }
    same!(received(&mut slow, 3).await?, [r#""x" on "a""#; 3]);
    same!(event(&mut slow).await?, Some(Event::Gap(Gap::Disconnected)));
    same!(event(&mut slow).await?, None);
    Ok(())
}

async fn pubsub_channels_lists_channels_that_have_a_subscriber(broker: AnyBroker) -> Done {
    let (a, b) = (subscriber(&broker).await?, subscriber(&broker).await?);
    a.subscribe(["news", "weather", ""]).await?;
    b.subscribe(["news"]).await?;
    b.psubscribe(["pattern"]).await?;
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
    .await?;
    a.unsubscribe_all().await?;
    transcript(&broker, r#"PUBSUB CHANNELS => ["news"]"#).await
}

async fn pubsub_numsub_counts_subscribers_of_channels(broker: AnyBroker) -> Done {
    let (a, b) = (subscriber(&broker).await?, subscriber(&broker).await?);
    a.subscribe(["news", "weather"]).await?;
    b.subscribe(["news"]).await?;
    b.psubscribe(["*"]).await?;
    transcript(
        &broker,
        r#"
        PUBSUB NUMSUB => []
        PUBSUB NUMSUB weather news nope news => ["weather", 1, "news", 2, "nope", 0, "news", 2]
        "#,
    )
    .await?;
    same!(broker.pubsub_numsub(["news", "x"]).await?, [("news".into(), 2), ("x".into(), 0)]);
    Ok(())
}

async fn pubsub_numpat_counts_different_patterns(broker: AnyBroker) -> Done {
    let (a, b) = (subscriber(&broker).await?, subscriber(&broker).await?);
    same!(broker.pubsub_numpat().await?, 0);
    a.psubscribe(["a*", "b*"]).await?;
    b.psubscribe(["a*"]).await?;
    b.subscribe(["c"]).await?;
    same!(broker.pubsub_numpat().await?, 2);
    a.punsubscribe(["a*", "b*"]).await?;
    same!(broker.pubsub_numpat().await?, 1);
    Ok(())
}

async fn pubsub_checks_its_words(broker: AnyBroker) -> Done {
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
    .await
}

async fn a_message_inside_a_transaction_is_delivered(broker: AnyBroker) -> Done {
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["a"]).await?;
    let mut pipeline = Pipeline::atomic();
    pipeline.hset("h", [("f", "v")]).publish("a", "1").publish("b", "2");
    let replies = broker.pipeline(pipeline).await?;
    same!(replies, [Ok(Value::Int(1)), Ok(Value::Int(1)), Ok(Value::Int(0))]);
    same!(received(&mut subscriber, 1).await?, [r#""1" on "a""#]);
    Ok(())
}

async fn commands_of_a_subscribed_connection_are_refused(broker: AnyBroker) -> Done {
    for words in [
        &["SUBSCRIBE", "a"][..],
        &["psubscribe", "a"],
        &["UNSUBSCRIBE"],
        &["PUNSUBSCRIBE", "a"],
        &["SSUBSCRIBE", "a"],
        &["sunsubscribe"],
    ] {
        let command = Command::from_argv(words.iter().copied())?;
        let error = refusal(broker.execute(command).await)?;
        holds!(matches!(&error, Error::Config(text) if text.contains("Broker::subscriber")), "{error:?}");
    }
    Ok(())
}
