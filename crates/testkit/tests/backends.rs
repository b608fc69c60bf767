//! One body on each backend: what holds for a test in memory holds for it on a real Redis.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, a panic is the report")]

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::time::Duration;

use embroker::{Error, Gap, Pipeline, SubscribeOptions, prelude::*};
use embroker_testkit::{Fault, FaultPlan, RawClient, TestBroker};
use futures_util::FutureExt as _;

fn plan(fault: Fault) -> FaultPlan {
    FaultPlan::new([fault]).unwrap()
}

#[embroker_testkit::test]
async fn each_test_has_a_broker_of_its_own(broker: TestBroker) -> embroker::Result<()> {
    assert_eq!(broker.dbsize().await?, 0);
    broker.set("greeting", "hello").await?;
    Ok(())
}

#[embroker_testkit::test]
async fn a_failed_command_did_not_run_and_the_next_one_does(broker: TestBroker) -> embroker::Result<()> {
    broker.inject(plan(Fault::command("INCR").nth(2).fails("ERR disk on fire")));
    assert_eq!(broker.incr("a").await?, 1);
    assert_eq!(broker.incr("a").await.unwrap_err().to_string(), "ERR disk on fire");
    assert_eq!(broker.incr("a").await?, 2);
    broker.assert_faults_fired();
    Ok(())
}

#[embroker_testkit::test]
async fn a_lost_reply_belongs_to_a_command_that_ran(broker: TestBroker) {
    broker.inject(plan(Fault::command("INCR").loses_its_reply()));
    assert!(matches!(broker.incr("a").await, Err(Error::OutcomeUnknown { .. })));
    broker.assert_string("a", 1).await;
    broker.inject(plan(Fault::command("INCR").is_not_sent()));
    assert!(matches!(broker.incr("a").await, Err(Error::Disconnected { .. })));
    broker.assert_string("a", 1).await;
}

#[embroker_testkit::test]
async fn a_delayed_command_waits_for_the_clock(broker: TestBroker) {
    broker.inject(plan(Fault::command("INCR").is_delayed(Duration::from_secs(3600))));
    let app = broker.clone();
    let late = tokio::spawn(async move { app.incr("a").await });
    broker.wait_until("the command is begun", async || broker.recorder().commands().len() == 1).await;
    broker.assert_absent("a").await;
    broker.advance(Duration::from_secs(3600)).await.unwrap();
    assert_eq!(late.await.unwrap(), Ok(1));
}

#[embroker_testkit::test]
async fn one_command_of_a_pipeline_fails_and_the_others_run(broker: TestBroker) -> embroker::Result<()> {
    for atomic in [false, true] {
        broker.del(["a", "b"]).await?;
        broker.inject(plan(Fault::command("SET").key("b").fails("ERR disk on fire")));
        let mut pipeline = if atomic { Pipeline::atomic() } else { Pipeline::new() };
        pipeline.set("a", 1).set("b", 2).incr("a");
        let replies = broker.pipeline(pipeline).await?;
        let told: Vec<_> = replies.iter().map(|reply| reply.as_ref().map_err(ToString::to_string)).collect();
        assert_eq!(format!("{told:?}"), r#"[Ok(+OK), Err("ERR disk on fire"), Ok(2)]"#);
        broker.assert_absent("b").await;
        broker.assert_string("a", 2).await;
    }
    Ok(())
}

#[embroker_testkit::test]
async fn a_transaction_runs_out_of_memory_as_a_whole(broker: TestBroker) -> embroker::Result<()> {
    broker.inject(plan(Fault::any_command().runs_out_of_memory()));
    let text = "OOM command not allowed when used memory > 'maxmemory'.";
    assert_eq!(broker.set("a", 1).await.unwrap_err().to_string(), text);
    let mut pipeline = Pipeline::atomic();
    pipeline.del(["a"]).set("a", 1);
    let error = broker.pipeline(pipeline).await.unwrap_err();
    assert_eq!(error.as_server().map(embroker::ServerError::code), Some("EXECABORT"));
    assert_eq!(broker.get("a").await?, None);
    Ok(())
}

#[embroker_testkit::test]
async fn a_watch_and_its_transaction_see_faults(broker: TestBroker) -> embroker::Result<()> {
    broker.inject(plan(Fault::command("WATCH").key("a").fails("ERR no")));
    assert_eq!(broker.watch(["a"]).await.unwrap_err().to_string(), "ERR no");
    let _ = broker.watch(["b"]).await?;

    broker.inject(plan(Fault::command("EXEC").loses_its_reply()));
    let watch = broker.watch(["a"]).await?;
    let mut pipeline = Pipeline::atomic();
    pipeline.incr("a");
    assert!(matches!(watch.exec(pipeline).await, Err(Error::OutcomeUnknown { .. })));
    broker.assert_string("a", 1).await;

    broker.inject(FaultPlan::none());
    let watch = broker.watch(["a"]).await?;
    broker.incr("a").await?;
    let mut pipeline = Pipeline::atomic();
    pipeline.incr("a");
    assert_eq!(watch.exec(pipeline).await?, None);
    Ok(())
}

#[embroker_testkit::test]
async fn a_subscribers_calls_see_faults(broker: TestBroker) -> embroker::Result<()> {
    broker.inject(plan(Fault::command("SUBSCRIBE").args(["news"]).is_not_sent()));
    let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    assert!(matches!(subscriber.subscribe(["news"]).await, Err(Error::Disconnected { .. })));
    subscriber.subscribe(["weather"]).await?;
    assert_eq!(broker.publish("news", "a").await?, 0);
    assert_eq!(broker.publish("weather", "a").await?, 1);
    Ok(())
}

#[embroker_testkit::test]
async fn a_cut_subscriber_misses_messages_inside_of_its_gap_and_nothing_else(
    broker: TestBroker,
) -> Result<(), embroker_testkit::Error> {
    let mut cut = broker.probe(["news"]).await?;
    let mut whole = broker.probe(["news"]).await?;
    broker.inject(plan(Fault::message("news").to_subscriber(1).nth(2).cuts_the_subscriber(2)));
    for text in ["1", "2", "3", "4"] {
        broker.publish("news", text).await?;
        whole.expect_message("news", text).await;
        if text == "1" {
            cut.expect_message("news", text).await;
        }
    }
    cut.expect_gap(Gap::Disconnected).await;
    cut.expect_gap(Gap::Resubscribed).await;
    cut.expect_message("news", "4").await;
    cut.expect_no_message().await;
    Ok(())
}

#[embroker_testkit::test]
async fn held_and_delayed_messages_keep_their_order(broker: TestBroker) -> Result<(), embroker_testkit::Error> {
    let mut probe = broker.probe(["news"]).await?;
    broker.inject(plan(Fault::message("news").nth(1).is_held()));
    broker.publish("news", "1").await?;
    broker.publish("news", "2").await?;
    probe.expect_no_message().await;
    assert_eq!(broker.release_messages(), 2);
    probe.expect_message("news", "1").await;
    probe.expect_message("news", "2").await;

    broker.inject(plan(Fault::message("news").nth(1).is_delayed(Duration::from_secs(3600))));
    broker.publish("news", "3").await?;
    broker.publish("news", "4").await?;
    probe.expect_no_message().await;
    broker.advance(Duration::from_secs(3600)).await?;
    probe.expect_message("news", "3").await;
    probe.expect_message("news", "4").await;
    Ok(())
}

#[embroker_testkit::test(with = TestBroker::builder().config("notify-keyspace-events", "KEA"))]
async fn an_advance_expires_keys_in_the_order_of_their_deadlines(
    broker: TestBroker,
) -> Result<(), embroker_testkit::Error> {
    for seconds in (1..=20).rev() {
        broker.setex(format!("key-{seconds}"), Duration::from_secs(seconds * 60), "x").await?;
    }
    broker.set("stays", "x").await?;
    let mut probe = broker.probe(["__keyevent@0__:expired"]).await?;
    let mut all = broker.probe([""; 0]).await?;
    all.psubscribe(["__keyevent@*__:*"]).await?;

    broker.advance(Duration::from_secs(600)).await?;
    for seconds in 1..=10 {
        probe.expect_message("__keyevent@0__:expired", format!("key-{seconds}")).await;
        all.expect_message("__keyevent@0__:expired", format!("key-{seconds}")).await;
    }
    probe.expect_no_message().await;
    all.expect_no_message().await;
    broker.assert_absent("key-10").await;
    broker.assert_ttl("key-11", Duration::from_secs(60)).await;
    broker.assert_no_ttl("stays").await;
    assert_eq!(broker.dbsize().await?, 11);
    Ok(())
}

#[embroker_testkit::test]
async fn a_probe_and_a_dump_of_another_database_see_it(broker: TestBroker) -> Result<(), embroker_testkit::Error> {
    let archive = broker.select(3).await?;
    archive.set("greeting", "hello").await?;
    broker.assert_dump("").await;
    archive.assert_dump(r#""greeting": string "hello""#).await;
    assert_eq!(broker.recorder().to_string(), "[3] SET greeting hello => +OK\n");
    Ok(())
}

#[embroker_testkit::test]
async fn the_recorder_tells_the_same_story(broker: TestBroker) -> Result<(), embroker_testkit::Error> {
    let mut probe = broker.probe(["news"]).await?;
    broker.inject(FaultPlan::new([
        Fault::command("GET").fails("ERR disk on fire"),
        Fault::message("news").nth(2).is_lost(),
    ])?);
    broker.get("a").await.unwrap_err();
    let mut pipeline = Pipeline::atomic();
    pipeline.hset("order 1", [("who", "\u{1}")]).hdel("order 1", ["cost"]);
    broker.pipeline(pipeline).await?;
    broker.publish("news", "1").await?;
    probe.expect_message("news", "1").await;
    broker.publish("news", "2").await?;
    probe.expect_gap(Gap::Lagged(1)).await;
    let story = [
        "SUBSCRIBE news => +OK (subscriber 1)",
        "GET a => -ERR disk on fire (fault)",
        r#"| HSET "order 1" who "\x01" => 1"#,
        r#"| HDEL "order 1" cost => 0"#,
        "PUBLISH news 1 => 1",
        r#"> subscriber 1: "1" on "news""#,
        "PUBLISH news 2 => 1",
        r#"x subscriber 1: "2" on "news" is lost"#,
        "> subscriber 1: Lagged(1)",
        "",
    ];
    assert_eq!(broker.recorder().to_string(), story.join("\n"));
    Ok(())
}

#[embroker_testkit::test]
async fn idle_means_that_a_listener_is_done(broker: TestBroker) -> Result<(), embroker_testkit::Error> {
    let app = broker.clone();
    let listener = tokio::spawn(async move {
        let mut subscriber = app.subscriber(SubscribeOptions::default()).await.unwrap();
        subscriber.psubscribe(["sales:*"]).await.unwrap();
        while subscriber.next().await.is_some() {
            for _ in 0..3 {
                tokio::time::sleep(Duration::from_millis(2)).await;
                app.incr("steps").await.unwrap();
            }
        }
    });
    broker.wait_for_subscribers("sales:judo", 1).await;
    for n in 0..5 {
        broker.publish("sales:judo", n).await?;
    }
    broker.wait_until_idle().await;
    broker.assert_string("steps", 15).await;
    listener.abort();
    Ok(())
}

#[embroker_testkit::test(redis)]
async fn what_another_client_has_sent_is_seen_by_who_expects_nothing(
    broker: TestBroker,
) -> Result<(), embroker_testkit::Error> {
    let url = broker.url().unwrap();
    let mut probe = broker.probe(["news"]).await?;
    // It blocks the thread that would read the message, so that nobody has yet.
    let mut other = RawClient::connect(Path::new(url.strip_prefix("redis+unix://").unwrap()))?;
    assert_eq!(other.command(["PUBLISH", "news", "hello"])?, b":1\r\n");
    let looked = AssertUnwindSafe(probe.expect_no_message()).catch_unwind().await;
    assert!(looked.is_err());
    Ok(())
}

#[embroker_testkit::test]
async fn two_tests_of_one_plan_and_seed_have_the_same_faults(
    broker: TestBroker,
) -> Result<(), embroker_testkit::Error> {
    let plan = FaultPlan::new([Fault::command("INCR").chance(0.5).is_not_sent()])?;
    let again = TestBroker::builder().seed(broker.seed()).mem()?;
    let mut struck = Vec::new();
    for broker in [&broker, &again] {
        broker.inject(plan.clone());
        let mut of_this = Vec::new();
        for _ in 0..30 {
            of_this.push(broker.incr("a").await.is_err());
        }
        struck.push(of_this);
    }
    assert_eq!(struck[0], struck[1]);
    Ok(())
}

#[embroker_testkit::test]
async fn a_wait_counts_names_and_patterns_as_publish_does(broker: TestBroker) -> Result<(), embroker_testkit::Error> {
    let probe = broker.probe(["news:sport"]).await?;
    probe.psubscribe(["news:*", "*:sport", "weather:*"]).await?;
    let _other = broker.probe(["news:sport", "weather"]).await?;
    broker.wait_for_subscribers("news:sport", 4).await;
    assert_eq!(broker.publish("news:sport", "hello").await?, 4);
    Ok(())
}

#[embroker_testkit::test(redis)]
async fn a_wait_sees_the_subscribers_of_another_client(broker: TestBroker) -> Result<(), embroker_testkit::Error> {
    let url = broker.url().unwrap();
    let other = std::thread::spawn(move || {
        let mut other = RawClient::connect(Path::new(url.strip_prefix("redis+unix://").unwrap()))?;
        other.command(["SUBSCRIBE", "news"])?;
        other.reply()
    });
    broker.wait_for_subscribers("news", 1).await;
    broker.publish("news", "hello").await?;
    assert_eq!(other.join().unwrap()?, b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n");
    Ok(())
}

#[test]
fn a_broker_needs_no_runtime_in_memory() {
    let broker = TestBroker::new();
    futures_util::FutureExt::now_or_never(async {
        let mut probe = broker.probe(["news"]).await.unwrap();
        broker.publish("news", "hello").await.unwrap();
        probe.expect_message("news", "hello").await;
        probe.expect_no_message().await;
        broker.advance(Duration::from_secs(1)).await.unwrap();
        broker.assert_dump("").await;
    })
    .expect("nothing in memory waits");
}

#[embroker_testkit::test]
async fn connections_that_are_cut_come_back_with_a_gap(broker: TestBroker) -> Result<(), embroker_testkit::Error> {
    let mut news = broker.probe(["news"]).await?;
    let pattern = broker.subscriber(SubscribeOptions::default()).await?;
    pattern.psubscribe(["n*"]).await?;
    broker.publish("news", "before").await?;
    for _ in 0..3 {
        assert_eq!(broker.cut_connections().await?, 2);
    }
    assert_eq!(broker.publish("news", "after").await?, 2, "both are subscribed again");
    news.expect_message("news", "before").await;
    // Outages with no message between them are one to a reader who slept through all of them.
    news.expect_gap(Gap::Disconnected).await;
    news.expect_gap(Gap::Resubscribed).await;
    news.expect_message("news", "after").await;
    Ok(())
}

#[embroker_testkit::test(redis)]
async fn a_cut_connection_is_another_one_afterwards(broker: TestBroker) -> Result<(), embroker_testkit::Error> {
    let Some(server) = broker.url() else { panic!("there is a server") };
    let mut raw = RawClient::connect(Path::new(server.trim_start_matches("redis+unix://")))?;
    let mut subscribed = || -> Result<String, embroker_testkit::Error> {
        let list = String::from_utf8(raw.command(["CLIENT", "LIST", "TYPE", "pubsub"])?).unwrap();
        Ok(list.lines().find_map(|line| line.strip_prefix("id=")).unwrap().split(' ').next().unwrap().to_owned())
    };
    let _news = broker.probe(["news"]).await?;
    let before = subscribed()?;
    assert_eq!(broker.cut_connections().await?, 1);
    assert_ne!(subscribed()?, before);
    Ok(())
}
