//! What a test reads when it fails: where, what was wanted, what was there instead.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, a panic is the report")]

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use embroker::{Error, Gap, SubscribeOptions, prelude::*};
use embroker_testkit::{Fault, FaultPlan, TestBroker, TestClock};
use futures_util::FutureExt as _;

/// The text that something panics with.
async fn said(body: impl Future<Output = ()>) -> String {
    let panic = AssertUnwindSafe(body).catch_unwind().await.expect_err("it panics");
    *panic.downcast::<String>().expect("a panic says a text")
}

/// As [`said`], without the place at its beginning, which must be in this file.
async fn complaint(body: impl Future<Output = ()>) -> String {
    let said = said(body).await;
    let (place, rest) = said.split_once(": ").expect("a place comes first");
    assert!(place.contains("tests/failures.rs:"), "{place}");
    rest.to_owned()
}

fn impatient() -> TestBroker {
    TestBroker::builder().patience(Duration::from_millis(30)).mem().unwrap()
}

#[tokio::test]
async fn another_hash_is_told_field_by_field() {
    let broker = impatient();
    broker.hset("order:1", [("who", "jamie"), ("cost", "40"), ("qty", "2")]).await.unwrap();
    assert_eq!(
        complaint(broker.assert_hash("order:1", [("who", "jamie"), ("cost", "60"), ("event", "Judo")])).await,
        r#""order:1" is another hash
- "cost": "60"
- "event": "Judo"
+ "cost": "40"
+ "qty": "2"
  "who": "jamie"
"#
    );
    assert_eq!(
        complaint(broker.assert_field("order:1", "qty", 3)).await,
        "\"order:1\" has no field \"qty\" of \"3\"; it is\n\"cost\": \"40\"\n\"qty\": \"2\"\n\"who\": \"jamie\"\n"
    );
}

#[tokio::test]
async fn another_type_and_a_missing_key_are_told() {
    let broker = impatient();
    broker.sadd("a", ["x", "y"]).await.unwrap();
    assert_eq!(
        complaint(broker.assert_set("a", ["x", "z"])).await,
        "\"a\" is another set\n  \"x\"\n- \"z\"\n+ \"y\"\n"
    );
    assert_eq!(
        complaint(broker.assert_string("a", 1)).await,
        "\"a\" is of type set, not a string\n- \"1\"\n+ \"x\"\n+ \"y\"\n"
    );
    assert_eq!(complaint(broker.assert_string("none", 1)).await, "\"none\" is not there\n- \"1\"\n");
    assert_eq!(complaint(broker.assert_absent("a")).await, "\"a\" is there, a set\n\"x\"\n\"y\"\n");
    assert_eq!(complaint(broker.assert_bits("a", [])).await, "\"a\" is of type set, not a string of bits");
}

#[tokio::test]
async fn other_bits_and_times_are_told() {
    let broker = TestBroker::builder().clock(TestClock::at(0)).mem().unwrap();
    broker.setbit("seats", 3, true).await.unwrap();
    broker.setbit("seats", 9, true).await.unwrap();
    broker.assert_bits("seats", [9, 3]).await;
    assert_eq!(
        complaint(broker.assert_bits("seats", [3, 4])).await,
        "other bits of \"seats\" are 1\n- [4] are 0\n+ [9] are 1\n"
    );
    broker.setex("held", Duration::from_secs(60), "x").await.unwrap();
    assert_eq!(
        complaint(broker.assert_ttl("held", Duration::from_millis(59_999))).await,
        "\"held\" has 60000 ms to live, not 59999 ms"
    );
    assert_eq!(
        complaint(broker.assert_no_ttl("held")).await,
        "\"held\" is not there for good: it has 60000 ms to live"
    );
    assert_eq!(complaint(broker.assert_no_ttl("none")).await, "\"none\" is not there");
    assert_eq!(complaint(broker.assert_field("none", "f", "v")).await, "\"none\" is not there");
    let forever = broker.assert_ttl("seats", Duration::from_secs(1));
    assert_eq!(complaint(forever).await, "\"seats\" has no time to live: it never expires");
}

#[tokio::test]
async fn another_database_is_told_line_by_line() {
    let broker = impatient();
    broker.set("greeting", "hello").await.unwrap();
    broker.set("é\n", b"\xff\"".as_slice()).await.unwrap();
    let wanted = r#"
        "greeting": string "good bye"
        "é\n": string "\xff\""
    "#;
    assert_eq!(
        complaint(broker.assert_dump(wanted)).await,
        r#"the database holds something else
- "greeting": string "good bye"
+ "greeting": string "hello"
  "é\n": string "\xff\""
"#
    );
}

#[tokio::test]
async fn a_message_that_never_comes_is_told_with_what_came() {
    let broker = impatient();
    let mut probe = broker.probe(["sales"]).await.unwrap();
    probe.psubscribe(["weather:*"]).await.unwrap();
    broker.publish("sales", "order-1").await.unwrap();
    assert_eq!(
        complaint(async { _ = probe.expect_message("sales", "order-2").await }).await,
        r#"expected "order-2" on "sales", but "order-1" on "sales" came
all that arrived:
  "order-1" on "sales"
this is subscriber 1 of "sales", pattern "weather:*"
the last that happened:
  SUBSCRIBE sales => +OK (subscriber 1)
  PSUBSCRIBE weather:* => +OK (subscriber 1)
  PUBLISH sales order-1 => 1
  > subscriber 1: "order-1" on "sales"
"#
    );
    let nothing = complaint(async { _ = probe.skip_to_message("sales", "order-2").await }).await;
    assert!(nothing.starts_with(
        "expected \"order-2\" on \"sales\", but nothing came within 30ms\nall that arrived:\n  \"order-1\""
    ));
    let gap = complaint(probe.expect_gap(Gap::Disconnected)).await;
    assert!(gap.starts_with("expected the gap Disconnected, but nothing came within 30ms"), "{gap}");
    broker.publish("weather:today", "rain").await.unwrap();
    let message = complaint(probe.expect_no_message()).await;
    assert!(
        message.starts_with(r#"expected no message, but "rain" on "weather:today" by "weather:*" came"#),
        "{message}"
    );
}

#[tokio::test]
async fn what_a_fault_keeps_back_is_told() {
    let broker = impatient();
    broker.inject(FaultPlan::new([Fault::message("sales").nth(1).is_held()]).unwrap());
    let mut probe = broker.probe(["sales"]).await.unwrap();
    broker.publish("sales", "order-1").await.unwrap();
    let complaint = complaint(async { _ = probe.expect_message("sales", "order-1").await }).await;
    assert!(complaint.contains("faults delay 0 events and hold 1\n"), "{complaint}");
    assert!(complaint.contains("x subscriber 1: \"order-1\" on \"sales\" is held\n"), "{complaint}");
}

#[tokio::test]
async fn subscribers_that_never_come_are_told_with_those_that_are_there() {
    let broker = impatient();
    assert_eq!(
        complaint(broker.wait_for_subscribers("sales", 1)).await,
        "0 of 1 subscriptions of \"sales\" are there after 30ms\n  nobody subscribes"
    );
    let _probe = broker.probe(["weather", "sales"]).await.unwrap();
    assert_eq!(
        complaint(broker.wait_for_subscribers("sales", 2)).await,
        "1 of 2 subscriptions of \"sales\" are there after 30ms\n  subscriber 1 of \"sales\", \"weather\""
    );
}

#[tokio::test]
async fn who_is_never_idle_is_told() {
    let broker = impatient();
    let mut subscriber = broker.subscriber(SubscribeOptions::default()).await.unwrap();
    subscriber.subscribe(["sales"]).await.unwrap();
    broker.wait_until_idle().await;
    broker.publish("sales", "1").await.unwrap();
    assert_eq!(
        complaint(broker.wait_until_idle()).await,
        "not idle after 30ms\n  1 message waits to be read by subscriber 1 of \"sales\""
    );
    subscriber.next().await.unwrap();
    assert_eq!(
        complaint(broker.wait_until_idle()).await,
        "not idle after 30ms\n  subscriber 1 of \"sales\" took 1 and has not asked for more"
    );
    drop(subscriber);
    broker.inject(FaultPlan::new([Fault::command("GET").is_delayed(Duration::from_secs(3600))]).unwrap());
    let app = broker.clone();
    let get = tokio::spawn(async move { app.get("a").await });
    broker.wait_until("it is begun", async || broker.recorder().commands().last().is_some_and(|c| c == "GET a")).await;
    assert_eq!(
        complaint(broker.wait_until_idle()).await,
        "not idle after 30ms\n  GET a waits for its answer, which a fault delays"
    );
    // Whatever the recorder has forgotten.
    broker.recorder().clear();
    assert_eq!(complaint(broker.wait_until_idle()).await, "not idle after 30ms\n  1 command waits for its answer");
    get.abort();
}

#[tokio::test]
async fn a_condition_that_never_holds_is_told_with_what_happened() {
    let broker = impatient();
    broker.incr("visits").await.unwrap();
    assert_eq!(
        complaint(broker.wait_until("two visits", async || false)).await,
        "two visits: not so after 30ms; the last that happened:\n  INCR visits => 1\n"
    );
}

#[tokio::test]
async fn commands_that_did_not_run_and_faults_that_did_not_strike_are_told() {
    let broker = impatient();
    broker.incr("visits").await.unwrap();
    assert_eq!(
        said(async { broker.recorder().assert_commands(["INCR visits", "GET visits"]) }).await,
        "other commands ran:\n  INCR visits\n- GET visits\n"
    );
    broker.inject(FaultPlan::new([Fault::command("GET").nth(3).is_not_sent()]).unwrap());
    broker.get("a").await.unwrap();
    assert_eq!(
        said(async { broker.assert_faults_fired() }).await,
        "faults that never happened:\n  the 3rd GET is not sent (1 matched)"
    );
}

#[tokio::test]
async fn what_cannot_be_set_up_has_an_error() {
    use embroker_testkit::Error as Refused;

    let clock = TestClock::at(1_000);
    assert_eq!(
        clock.set(999).unwrap_err().to_string(),
        "a clock can't go back: it shows 1000 ms and was to show 999 ms; use a later time"
    );
    assert!(matches!(clock.advance(Duration::MAX), Err(Refused::Clock(_))));
    let twice = TestBroker::builder().seed(1).seed(1).mem().unwrap_err();
    assert_eq!(twice.to_string(), "the seed is given twice, as 1 and as 1: leave one out");
    let mine = || embroker::MemBroker::new();
    assert!(matches!(TestBroker::builder().clock(TestClock::at(0)).around(mine()), Err(Refused::Clock(_))));
    assert!(matches!(
        TestBroker::builder().config("maxmemory", "1").around(mine()),
        Err(Refused::Broker(Error::Config(_)))
    ));
    let around = TestBroker::builder().around(mine()).unwrap();
    assert!(matches!(around.advance(Duration::from_secs(1)).await, Err(Refused::Clock(_))));
    assert!(matches!(around.clock().advance(Duration::from_secs(1)), Err(Refused::Clock(_))));
}
