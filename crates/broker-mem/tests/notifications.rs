//! Keyspace notifications by the clock: who tells of a key that expires, and when.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::sync::Arc;
use std::time::Duration;

use embroker_core::{Command, Error, Event, SubscribeOptions, Subscriber, prelude::*};
use embroker_mem::{ManualClock, MemBroker};

/// A broker that tells these classes of events, its clock, and a subscriber to them.
async fn start(classes: &str) -> (MemBroker, Arc<ManualClock>, Subscriber) {
    let clock = Arc::new(ManualClock::at(1_000_000));
    let broker = MemBroker::builder().clock(clock.clone()).notify_keyspace_events(classes).unwrap().build();
    let subscriber = broker.subscriber(SubscribeOptions::default()).await.unwrap();
    subscriber.psubscribe(["__key*@*__:*"]).await.unwrap();
    (broker, clock, subscriber)
}

fn run(broker: &MemBroker, line: &str) {
    broker.call(&Command::from_argv(line.split(' ')).unwrap()).unwrap();
}

/// The messages since the last call, as `database:event key`. All of them are there as soon as a command is done.
fn events(subscriber: &mut Subscriber) -> Vec<String> {
    let events = std::iter::from_fn(|| subscriber.try_next()).map(|event| {
        let Event::Message(message) = event else { panic!("a message was expected, not {event:?}") };
        let channel = str::from_utf8(message.channel()).unwrap();
        let (database, event) = channel.strip_prefix("__keyevent@").unwrap().split_once("__:").unwrap();
        format!("{database}:{event} {}", message.payload_str().unwrap())
    });
    events.collect()
}

#[tokio::test]
async fn a_sweep_tells_of_each_key_that_it_removes_under_its_database() {
    let (broker, clock, mut subscriber) = start("Ex").await;
    let third = broker.database(3).unwrap();
    for (broker, line) in [(&broker, "PSETEX a 10 v"), (&broker, "PSETEX late 5000 v"), (&third, "PSETEX b 20 v")] {
        run(broker, line);
    }
    run(&broker, "SET stays v");
    clock.advance(Duration::from_millis(30));
    assert!(events(&mut subscriber).is_empty(), "nobody has come upon them yet");
    assert_eq!(broker.sweep(), 2);
    assert_eq!(events(&mut subscriber), ["0:expired a", "3:expired b"]);
    assert_eq!(broker.sweep(), 0);
    assert!(events(&mut subscriber).is_empty());
}

#[tokio::test]
async fn a_sweep_tells_of_keys_in_the_order_of_their_deadlines() {
    let (broker, clock, mut subscriber) = start("Ex").await;
    for number in (0..50).rev() {
        run(&broker, &format!("PSETEX k{number} {} v", 10 + number));
    }
    clock.advance(Duration::from_secs(1));
    assert_eq!(broker.sweep(), 50);
    let order: Vec<String> = (0..50).map(|number| format!("0:expired k{number}")).collect();
    assert_eq!(events(&mut subscriber), order);
}

#[tokio::test]
async fn a_read_tells_once_that_the_key_has_expired() {
    let (broker, clock, mut subscriber) = start("Exm").await;
    run(&broker, "PSETEX a 10 v");
    run(&broker, "PSETEX b 10 v");
    clock.advance(Duration::from_millis(11));
    run(&broker, "MGET none a");
    run(&broker, "EXISTS a b");
    assert_eq!(
        events(&mut subscriber),
        ["0:expired a", "0:keymiss none", "0:keymiss a", "0:expired b", "0:keymiss a", "0:keymiss b"]
    );
    assert_eq!(broker.sweep(), 0);
}

#[tokio::test]
async fn writes_tell_of_the_expired_keys_that_they_pay_for() {
    let (broker, clock, mut subscriber) = start("Ex").await;
    for number in 0..100 {
        run(&broker, &format!("PSETEX k{number} 10 v"));
    }
    clock.advance(Duration::from_millis(11));
    for number in 0..10_000 {
        run(&broker, &format!("SET other{number} v"));
    }
    let mut expired = events(&mut subscriber);
    expired.sort_unstable();
    let mut expected: Vec<String> = (0..100).map(|number| format!("0:expired k{number}")).collect();
    expected.sort_unstable();
    assert_eq!(expired, expected);
}

#[tokio::test]
async fn what_comes_from_another_database_tells_of_the_expired_key_that_it_replaces() {
    let (broker, clock, mut subscriber) = start("Egxn").await;
    let third = broker.database(3).unwrap();
    for line in ["COPY k k DB 3", "MOVE k 3"] {
        run(&broker, "SET k v");
        run(&third, "PSETEX k 10 v");
        clock.advance(Duration::from_millis(11));
        events(&mut subscriber);
        run(&broker, line);
        let told = events(&mut subscriber);
        assert_eq!(told[..2], ["3:expired k", "3:new k"], "{line}");
        run(&third, "DEL k");
        run(&broker, "DEL k");
    }
}

#[tokio::test]
async fn an_expired_key_tells_nothing_where_nobody_asked() {
    let (broker, clock, mut subscriber) = start("E$").await;
    run(&broker, "PSETEX a 10 v");
    clock.advance(Duration::from_millis(11));
    run(&broker, "GET a");
    run(&broker, "APPEND a v");
    assert_eq!(broker.sweep(), 0);
    assert_eq!(events(&mut subscriber), ["0:set a", "0:append a"]);
}

#[test]
fn a_letter_that_is_no_class_is_refused() {
    let error = MemBroker::builder().notify_keyspace_events("KEAq").unwrap_err();
    assert!(matches!(error, Error::Config(_)), "{error:?}");
    assert!(error.to_string().ends_with("Invalid event class character. Use 'Ag$lshzxeKEtmdn'."), "{error}");
}
