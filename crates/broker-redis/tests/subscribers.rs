//! Subscribers against a real server: what is delivered, in which order, and what the stream tells when it can't be.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use anyhow::Result;
use common::{cases, command, hasty, int, next, server_error, start, until};
use embroker_core::prelude::*;
use embroker_core::{Command, Error, Event, Overflow, SubscribeOptions, Subscriber, SubscriptionKind, Value};
use embroker_redis::RedisBroker;
use embroker_test_support::RedisServer;

cases! {
    an_exact_channel_comes_before_patterns_and_nothing_is_deduplicated
    a_publish_that_begins_after_subscribe_returned_is_delivered
    a_subscriber_that_reads_slowly_is_told_how_much_it_missed
    a_subscriber_that_is_cut_off_reads_the_rest_and_the_end
    after_a_restart_the_stream_tells_the_gap_and_goes_on
    after_its_connection_was_killed_the_stream_tells_the_gap_and_goes_on
    every_name_of_many_is_restored
    subscribe_waits_for_the_server_to_come_back
    a_subscribe_that_waited_too_long_is_forgotten
    what_is_unsubscribed_while_disconnected_stays_unsubscribed
    a_refused_subscribe_leaves_the_others
    a_refused_restoration_keeps_the_gap_open_and_tells_the_caller
    a_changed_password_keeps_the_gap_open_until_it_is_right_again
    a_dropped_subscriber_is_gone_at_once
    a_subscriber_outlives_its_broker
    a_closed_subscriber_reads_what_was_delivered
    a_cancelled_subscribe_does_no_harm
    names_that_are_subscribed_twice_are_one_subscription
    a_server_that_does_not_confirm_in_time_is_left
    shard_channels_are_restored_with_all_others
    many_shard_channels_in_one_call_leave_no_confirmation_behind
    a_refused_ssubscribe_subscribes_to_none
}

async fn subscriber(broker: &RedisBroker) -> Result<Subscriber> {
    Ok(broker.subscriber(SubscribeOptions::default()).await?)
}

/// The next event as `channel payload`, `pattern: channel payload`, `shard: channel payload` or the gap.
async fn told(subscriber: &mut Subscriber) -> String {
    match next(subscriber).await {
        Some(Event::Message(message)) => {
            let pattern = message.pattern().map(|pattern| format!("{}: ", pattern.escape_ascii())).unwrap_or_default();
            let shard = if message.kind() == SubscriptionKind::Shard { "shard: " } else { "" };
            format!("{pattern}{shard}{} {}", message.channel().escape_ascii(), message.payload().escape_ascii())
        }
        Some(Event::Gap(gap)) => format!("{gap:?}"),
        other => format!("{other:?}"),
    }
}

async fn subscribers_of(broker: &RedisBroker, channel: &str) -> Result<i64> {
    let counts = broker.pubsub_numsub([channel]).await?;
    Ok(counts.first().map_or(0, |(_, count)| *count))
}

fn kill_subscribers(server: &RedisServer) -> Result<()> {
    let killed = server.command(["CLIENT", "KILL", "TYPE", "pubsub"])?;
    assert_ne!(killed, b":0\r\n", "there was a subscriber to kill");
    Ok(())
}

async fn an_exact_channel_comes_before_patterns_and_nothing_is_deduplicated() -> Result<()> {
    let (_server, broker) = start().await?;
    let (channel, payload) = (&b"c\0\r\n\xff*"[..], &b"\x80\r\n-ERR\0"[..]);
    let mut subscriber = subscriber(&broker).await?;
    subscriber.psubscribe([&b"c\0*"[..]]).await?;
    subscriber.subscribe([channel]).await?;
    subscriber.psubscribe([&b"*\xff\\*"[..]]).await?;
    for _ in 0..3 {
        assert_eq!(broker.publish(channel, payload).await?, 3);
        let mut patterns = Vec::new();
        for at in 0..3 {
            let Some(Event::Message(message)) = next(&mut subscriber).await else { panic!("a message") };
            assert_eq!((message.channel(), message.payload()), (channel, payload));
            assert_eq!(message.pattern().is_none(), at == 0, "the exact channel comes first");
            patterns.extend(message.pattern().map(<[u8]>::to_vec));
        }
        patterns.sort_unstable();
        assert_eq!(patterns, [&b"*\xff\\*"[..], b"c\0*"]);
    }
    assert_eq!(subscriber.pending(), 0);
    Ok(())
}

async fn a_publish_that_begins_after_subscribe_returned_is_delivered() -> Result<()> {
    let (_server, broker) = start().await?;
    let mut subscriber = subscriber(&broker).await?;
    for round in 0..300 {
        let channel = format!("c{round}");
        subscriber.subscribe([channel.as_str(), "unused"]).await?;
        assert_eq!(broker.publish(&*channel, "x").await?, 1);
        subscriber.unsubscribe([channel.as_str()]).await?;
        assert_eq!(broker.publish(&*channel, "y").await?, 0);
        assert_eq!(told(&mut subscriber).await, format!("{channel} x"));
    }
    Ok(())
}

async fn a_subscriber_that_reads_slowly_is_told_how_much_it_missed() -> Result<()> {
    let (_server, broker) = start().await?;
    let mut slow = broker.subscriber(SubscribeOptions::default().max_messages(10)).await?;
    slow.subscribe(["c"]).await?;
    for n in 0..1000 {
        broker.publish("c", n).await?;
    }
    // Its confirmation comes after the messages.
    slow.subscribe(["d"]).await?;
    assert_eq!(slow.pending(), 10);
    assert_eq!(told(&mut slow).await, "Lagged(990)");
    for n in 990..1000 {
        assert_eq!(told(&mut slow).await, format!("c {n}"));
    }
    assert!(slow.try_next().is_none());
    Ok(())
}

async fn a_subscriber_that_is_cut_off_reads_the_rest_and_the_end() -> Result<()> {
    let (_server, broker) = start().await?;
    let options = SubscribeOptions::default().max_messages(2).overflow(Overflow::Disconnect);
    let mut slow = broker.subscriber(options).await?;
    slow.subscribe(["c"]).await?;
    for n in 0..3 {
        broker.publish("c", n).await?;
    }
    until("the connection is closed", async || Ok(subscribers_of(&broker, "c").await? == 0)).await?;
    assert_eq!(told(&mut slow).await, "c 0");
    assert_eq!(told(&mut slow).await, "c 1");
    assert_eq!(told(&mut slow).await, "Disconnected");
    assert_eq!(next(&mut slow).await, None);
    let outcome = slow.subscribe(["d"]).await;
    assert!(matches!(outcome, Err(Error::Disconnected { .. })), "{outcome:?}");
    Ok(())
}

async fn after_a_restart_the_stream_tells_the_gap_and_goes_on() -> Result<()> {
    let (mut server, broker) = start().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["c", "d"]).await?;
    subscriber.psubscribe(["c*"]).await?;
    for round in 0..3 {
        broker.publish("d", round).await?;
        assert_eq!(told(&mut subscriber).await, format!("d {round}"));
        server.kill();
        assert_eq!(told(&mut subscriber).await, "Disconnected");
        server.restart()?;
        assert_eq!(told(&mut subscriber).await, "Resubscribed");
        assert_eq!(broker.publish("c", round).await?, 2);
        assert_eq!(told(&mut subscriber).await, format!("c {round}"));
        assert_eq!(told(&mut subscriber).await, format!("c*: c {round}"));
    }
    assert!(subscriber.try_next().is_none());
    Ok(())
}

async fn after_its_connection_was_killed_the_stream_tells_the_gap_and_goes_on() -> Result<()> {
    let (server, broker) = start().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["c"]).await?;
    for round in 0..20 {
        broker.publish("c", round).await?;
        kill_subscribers(&server)?;
        // What was published before the connection was killed is in the stream before the gap.
        assert_eq!(told(&mut subscriber).await, format!("c {round}"));
        assert_eq!(told(&mut subscriber).await, "Disconnected");
        assert_eq!(told(&mut subscriber).await, "Resubscribed");
    }
    Ok(())
}

async fn every_name_of_many_is_restored() -> Result<()> {
    let (server, broker) = start().await?;
    let mut subscriber = subscriber(&broker).await?;
    let names: Vec<String> = (0..5000).map(|n| format!("c{n}")).collect();
    subscriber.subscribe(names.iter().map(String::as_str)).await?;
    subscriber.psubscribe(names.iter().map(String::as_str)).await?;
    kill_subscribers(&server)?;
    // Messages that arrive while the names are being restored belong to the gap.
    for _ in 0..100 {
        broker.publish("c0", "early").await?;
    }
    assert_eq!(told(&mut subscriber).await, "Disconnected");
    assert_eq!(told(&mut subscriber).await, "Resubscribed");
    assert_eq!(int(&broker.execute(command(&["PUBSUB", "NUMPAT"])).await?), 5000);
    for name in [&names[0], &names[4999]] {
        assert_eq!(broker.publish(name.as_str(), "late").await?, 2);
        let mut seen = Vec::new();
        while seen.len() < 2 {
            let event = told(&mut subscriber).await;
            if !event.ends_with("early") {
                seen.push(event);
            }
        }
        assert_eq!(seen, [format!("{name} late"), format!("{name}: {name} late")]);
    }
    Ok(())
}

async fn subscribe_waits_for_the_server_to_come_back() -> Result<()> {
    let (mut server, broker) = start().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["before"]).await?;
    server.kill();
    assert_eq!(told(&mut subscriber).await, "Disconnected");
    let (outcome, restarted) = tokio::join!(
        subscriber.subscribe(["meanwhile"]),
        tokio::task::spawn_blocking(move || { server.restart().map(|()| server) })
    );
    outcome?;
    let _server = restarted??;
    assert_eq!(broker.publish("meanwhile", "x").await?, 1);
    assert_eq!(broker.publish("before", "y").await?, 1);
    assert_eq!(told(&mut subscriber).await, "Resubscribed");
    assert_eq!(told(&mut subscriber).await, "meanwhile x");
    assert_eq!(told(&mut subscriber).await, "before y");
    Ok(())
}

async fn a_subscribe_that_waited_too_long_is_forgotten() -> Result<()> {
    let mut server = RedisServer::start()?;
    let broker = hasty(&server.url())?.connect_timeout(Duration::from_millis(300)).connect().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["before"]).await?;
    server.kill();
    let Err(Error::Disconnected { address, reason }) = subscriber.subscribe(["meanwhile"]).await else {
        panic!("there is no server");
    };
    assert_eq!(address, server.socket_path().display().to_string());
    assert!(reason.contains("No such file"), "{reason}");
    server.restart()?;
    assert_eq!(told(&mut subscriber).await, "Disconnected");
    assert_eq!(told(&mut subscriber).await, "Resubscribed");
    assert_eq!(broker.publish("meanwhile", "x").await?, 0);
    assert_eq!(broker.publish("before", "y").await?, 1);
    assert_eq!(told(&mut subscriber).await, "before y");
    Ok(())
}

async fn what_is_unsubscribed_while_disconnected_stays_unsubscribed() -> Result<()> {
    let (mut server, broker) = start().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["a", "b"]).await?;
    subscriber.psubscribe(["a*", "b*"]).await?;
    server.kill();
    assert_eq!(told(&mut subscriber).await, "Disconnected");
    subscriber.unsubscribe(["a"]).await?;
    subscriber.punsubscribe(["b*"]).await?;
    server.restart()?;
    assert_eq!(told(&mut subscriber).await, "Resubscribed");
    assert_eq!(broker.publish("a", "x").await?, 1);
    assert_eq!(broker.publish("b", "x").await?, 1);
    assert_eq!(told(&mut subscriber).await, "a*: a x");
    assert_eq!(told(&mut subscriber).await, "b x");

    // With nothing left to restore, the connection alone ends the gap.
    server.kill();
    assert_eq!(told(&mut subscriber).await, "Disconnected");
    subscriber.unsubscribe_all().await?;
    server.restart()?;
    assert_eq!(told(&mut subscriber).await, "Resubscribed");
    assert_eq!(broker.publish("a", "x").await?, 0);
    Ok(())
}

async fn shard_channels_are_restored_with_all_others() -> Result<()> {
    let (server, broker) = start().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.ssubscribe(["s", "t", "s", "gone"]).await?;
    subscriber.subscribe(["s"]).await?;
    subscriber.sunsubscribe(["gone", "nobody"]).await?;
    kill_subscribers(&server)?;
    assert_eq!(told(&mut subscriber).await, "Disconnected");
    assert_eq!(told(&mut subscriber).await, "Resubscribed");
    assert_eq!(
        broker.pubsub_shardnumsub(["s", "t", "gone"]).await?,
        [("s".into(), 1), ("t".into(), 1), ("gone".into(), 0)]
    );
    assert_eq!(broker.spublish("s", "x").await?, 1);
    assert_eq!(broker.publish("s", "y").await?, 1);
    assert_eq!(told(&mut subscriber).await, "shard: s x");
    assert_eq!(told(&mut subscriber).await, "s y");

    // What is ended while there is no connection is not restored.
    kill_subscribers(&server)?;
    assert_eq!(told(&mut subscriber).await, "Disconnected");
    subscriber.sunsubscribe(["t"]).await?;
    assert_eq!(told(&mut subscriber).await, "Resubscribed");
    assert_eq!(broker.pubsub_shardchannels("*").await?, ["s"]);
    subscriber.unsubscribe_all().await?;
    assert_eq!(broker.pubsub_shardchannels("*").await?, [""; 0]);
    Ok(())
}

async fn many_shard_channels_in_one_call_leave_no_confirmation_behind() -> Result<()> {
    let (_server, broker) = start().await?;
    let subscriber = subscriber(&broker).await?;
    let names: Vec<String> = (0..2000).map(|n| format!("c{n}")).collect();
    for _ in 0..5 {
        subscriber.ssubscribe(names.iter().map(String::as_str)).await?;
        // A confirmation that is left over would be taken for the one of this, which waits for its own.
        subscriber.subscribe(["a", "b"]).await?;
        assert_eq!(broker.publish("b", "x").await?, 1);
        subscriber.sunsubscribe(names.iter().map(String::as_str)).await?;
        subscriber.unsubscribe(["a", "b"]).await?;
        assert_eq!(broker.publish("b", "x").await?, 0);
        assert_eq!(broker.pubsub_shardchannels("*").await?, [""; 0]);
    }
    Ok(())
}

async fn a_refused_ssubscribe_subscribes_to_none() -> Result<()> {
    let (_server, broker) = start_as_ann().await?;
    let mut subscriber = subscriber(&broker).await?;
    assert_eq!(server_error(subscriber.ssubscribe(["b", "c"]).await).code(), "NOPERM");
    assert_eq!(broker.spublish("b", "x").await?, 0);
    subscriber.ssubscribe(["a", "b"]).await?;
    assert_eq!(broker.spublish("b", "y").await?, 1);
    assert_eq!(told(&mut subscriber).await, "shard: b y");
    Ok(())
}

/// A server with a user `ann`, who may subscribe to `a*` and `b*`, and a broker as her.
async fn start_as_ann() -> Result<(RedisServer, RedisBroker)> {
    let server = RedisServer::start()?;
    server.command(["ACL", "SETUSER", "ann", "on", ">pw", "~*", "+@all", "resetchannels", "&a*", "&b*"])?;
    let broker = hasty(&format!("{}?user=ann&pass=pw", server.url()))?.connect().await?;
    Ok((server, broker))
}

async fn a_refused_subscribe_leaves_the_others() -> Result<()> {
    let (_server, broker) = start_as_ann().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["a"]).await?;
    let text = "NOPERM this user has no permissions to access one of the channels used as arguments";
    assert_eq!(server_error(subscriber.subscribe(["b", "c"]).await).to_string(), text);
    assert_eq!(server_error(subscriber.psubscribe(["c*"]).await).to_string(), text);
    subscriber.psubscribe(["b*"]).await?;
    assert_eq!(broker.publish("b", "x").await?, 1);
    assert_eq!(broker.publish("a", "y").await?, 1);
    assert_eq!(told(&mut subscriber).await, "b*: b x");
    assert_eq!(told(&mut subscriber).await, "a y");
    Ok(())
}

async fn a_refused_restoration_keeps_the_gap_open_and_tells_the_caller() -> Result<()> {
    let (server, broker) = start_as_ann().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["a", "b"]).await?;
    // Redis closes the connections of those whose channels are taken away.
    server.command(["ACL", "SETUSER", "ann", "resetchannels", "&a*"])?;
    assert_eq!(told(&mut subscriber).await, "Disconnected");
    let refusal = server_error(subscriber.subscribe(["a2"]).await);
    assert_eq!(refusal.code(), "NOPERM");
    assert_eq!(subscriber.try_next(), None, "nothing says that the subscriptions are back");
    assert_eq!(subscribers_of(&broker, "a").await?, 0, "and nobody is subscribed to a part of them");

    subscriber.unsubscribe(["b"]).await?;
    assert_eq!(told(&mut subscriber).await, "Resubscribed");
    assert_eq!(broker.publish("a", "x").await?, 1);
    assert_eq!(told(&mut subscriber).await, "a x");
    Ok(())
}

async fn a_changed_password_keeps_the_gap_open_until_it_is_right_again() -> Result<()> {
    let (server, broker) = start_as_ann().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["a"]).await?;
    server.command(["ACL", "SETUSER", "ann", "resetpass", ">other"])?;
    kill_subscribers(&server)?;
    assert_eq!(told(&mut subscriber).await, "Disconnected");
    let outcome = subscriber.subscribe(["b"]).await;
    let Err(Error::Authentication { answer, .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(answer.code(), "WRONGPASS");
    server.command(["ACL", "SETUSER", "ann", ">pw"])?;
    assert_eq!(told(&mut subscriber).await, "Resubscribed");
    assert_eq!(broker.publish("a", "x").await?, 1);
    assert_eq!(broker.publish("b", "x").await?, 0);
    Ok(())
}

async fn a_dropped_subscriber_is_gone_at_once() -> Result<()> {
    let (mut server, broker) = start().await?;
    let kept = subscriber(&broker).await?;
    for _ in 0..20 {
        let dropped = subscriber(&broker).await?;
        dropped.subscribe(["c"]).await?;
        drop(dropped);
        // Without a turn for any task: the socket itself is closed.
        let mut raw = server.client()?;
        let gone = (0..1000).any(|_| matches!(raw.command(["PUBSUB", "NUMSUB", "c"]), Ok(n) if n.ends_with(b":0\r\n")));
        assert!(gone, "the server sees the end of the connection");
    }
    // One that is dropped while it has no connection does not come back.
    let dropped = subscriber(&broker).await?;
    dropped.subscribe(["c"]).await?;
    kept.subscribe(["d"]).await?;
    server.kill();
    drop(dropped);
    server.restart()?;
    until("the other subscriber is back", async || Ok(subscribers_of(&broker, "d").await? == 1)).await?;
    let list = broker.execute(Command::from_argv(["CLIENT", "LIST", "TYPE", "pubsub"])?).await?;
    let lines = list.as_bytes().unwrap_or_default().split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    assert_eq!(lines.count(), 1);
    Ok(())
}

async fn a_subscriber_outlives_its_broker() -> Result<()> {
    let (server, broker) = start().await?;
    let mut subscriber = subscriber(&broker).await?;
    drop(broker);
    subscriber.subscribe(["c"]).await?;
    assert_eq!(server.command(["PUBLISH", "c", "x"])?, b":1\r\n");
    assert_eq!(told(&mut subscriber).await, "c x");
    Ok(())
}

async fn a_closed_subscriber_reads_what_was_delivered() -> Result<()> {
    let (_server, broker) = start().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["c", "d"]).await?;
    subscriber.psubscribe(["c*"]).await?;
    broker.publish("c", "x").await?;
    subscriber.unsubscribe_all().await?;
    assert_eq!(broker.publish("c", "lost").await?, 0);
    subscriber.subscribe(["d"]).await?;
    assert_eq!(broker.publish("d", "y").await?, 1);
    subscriber.close().await?;
    for event in ["c x", "c*: c x", "d y"] {
        assert_eq!(told(&mut subscriber).await, event);
    }
    assert_eq!(next(&mut subscriber).await, None);
    Ok(())
}

async fn a_cancelled_subscribe_does_no_harm() -> Result<()> {
    let (_server, broker) = start().await?;
    let mut subscriber = subscriber(&broker).await?;
    for round in 0..100 {
        let channel = format!("c{round}");
        let _ = tokio::time::timeout(Duration::ZERO, subscriber.subscribe(["cancelled"])).await;
        subscriber.subscribe([channel.as_str()]).await?;
        assert_eq!(broker.publish(&*channel, "x").await?, 1);
        assert_eq!(told(&mut subscriber).await, format!("{channel} x"));
    }
    // A request that was made is carried out, whoever waits for it.
    assert_eq!(subscribers_of(&broker, "cancelled").await?, 1);
    Ok(())
}

async fn names_that_are_subscribed_twice_are_one_subscription() -> Result<()> {
    let (server, broker) = start().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["c", "c", "d"]).await?;
    subscriber.subscribe(["c"]).await?;
    assert_eq!(broker.publish("c", "x").await?, 1);
    kill_subscribers(&server)?;
    assert_eq!(told(&mut subscriber).await, "c x");
    assert_eq!(told(&mut subscriber).await, "Disconnected");
    assert_eq!(told(&mut subscriber).await, "Resubscribed");
    assert_eq!(broker.publish("c", "y").await?, 1);
    assert_eq!(told(&mut subscriber).await, "c y");
    subscriber.unsubscribe(["c", "c", "nobody"]).await?;
    assert_eq!(broker.publish("c", "z").await?, 0);
    assert_eq!(
        broker.execute(command(&["PUBSUB", "NUMSUB", "d"])).await?,
        Value::Array(vec!["d".into(), Value::Int(1)])
    );
    Ok(())
}

async fn a_server_that_does_not_confirm_in_time_is_left() -> Result<()> {
    let server = RedisServer::start()?;
    let broker = hasty(&server.url())?.response_timeout(Duration::from_millis(50)).connect().await?;
    let mut subscriber = subscriber(&broker).await?;
    subscriber.subscribe(["kept"]).await?;

    let mut sleeper = server.client()?;
    let asleep = std::thread::spawn(move || sleeper.command(["DEBUG", "SLEEP", "0.5"]));
    let address = server.socket_path().display().to_string();
    // It falls asleep a moment later; the attempts until then succeed.
    let mut attempts = 0;
    until("the server sleeps", async || {
        attempts += 1;
        match subscriber.subscribe([format!("attempt {attempts}")]).await {
            Err(Error::Timeout { address: at, milliseconds: 50 }) if at == address => Ok(true),
            outcome => Ok(outcome.map(|()| false)?),
        }
    })
    .await?;
    asleep.join().expect("the sleeper does not panic")?;

    assert_eq!(told(&mut subscriber).await, "Disconnected");
    assert_eq!(told(&mut subscriber).await, "Resubscribed");
    let patient = RedisBroker::connect(&server.url()).await?;
    assert_eq!(subscribers_of(&patient, &format!("attempt {attempts}")).await?, 0);
    assert_eq!(patient.publish("kept", "still here").await?, 1);
    assert_eq!(told(&mut subscriber).await, "kept still here");
    Ok(())
}
