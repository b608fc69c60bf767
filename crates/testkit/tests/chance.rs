//! What a seed repeats, and where it comes from.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::process::Command;
use std::time::Duration;

use embroker::{Clock as _, Event, ScanOptions, prelude::*};
use embroker_testkit::{Fault, FaultPlan, Record, TestBroker, TestClock};

/// All that is left to chance, with this seed.
async fn drawn(seed: u64) -> String {
    let broker = TestBroker::builder().seed(seed).mem().unwrap();
    let names: Vec<String> = (0..40).map(|n| format!("name-{n}")).collect();
    broker.sadd("set", &names).await.unwrap();
    broker.hset("hash", names.iter().map(|name| (name, 1))).await.unwrap();
    for name in &names {
        broker.set(name, 1).await.unwrap();
    }
    let mut found = Vec::new();
    for line in ["SPOP set 5", "SRANDMEMBER set 5", "SRANDMEMBER set -5", "HRANDFIELD hash 5", "RANDOMKEY", "KEYS *"] {
        let command = embroker::Command::from_argv(line.split(' ')).unwrap();
        found.push(format!("{:?}", broker.execute(command).await.unwrap()));
    }
    let (_, keys) = broker.scan(0, ScanOptions::default().count(20)).await.unwrap();
    found.push(format!("{keys:?}"));
    found.join("\n")
}

#[tokio::test]
async fn a_seed_repeats_draws_and_the_order_of_scan() {
    assert_eq!(drawn(1).await, drawn(1).await);
    let (one, other) = (drawn(1).await, drawn(2).await);
    for (one, other) in one.lines().zip(other.lines()) {
        assert_ne!(one, other);
    }
}

/// When each of 20 messages arrives that jitter, in milliseconds.
async fn jitter(seed: u64) -> Vec<u64> {
    let clock = TestClock::at(0);
    let plan = FaultPlan::new([Fault::message("*").jitters(Duration::from_secs(1))]).unwrap();
    let broker = TestBroker::builder().seed(seed).clock(clock.clone()).faults(plan).mem().unwrap();
    let probe = broker.probe(["news"]).await.unwrap();
    for n in 0..20 {
        broker.publish("news", n).await.unwrap();
    }
    let mut arrived = Vec::new();
    for _ in 0..=1000 {
        let deliveries = broker.recorder().records().into_iter().filter_map(|record| match record {
            Record::Delivery { event: Event::Message(message), .. } => Some(message.payload().to_vec()),
            _ => None,
        });
        let texts: Vec<_> = deliveries.collect();
        assert!(texts.iter().enumerate().all(|(at, text)| *text == at.to_string().into_bytes()), "in order");
        arrived.resize(texts.len(), clock.now_ms());
        clock.advance(Duration::from_millis(1)).unwrap();
    }
    drop(probe);
    arrived
}

#[tokio::test]
async fn a_seed_repeats_jitter_and_the_order_stays() {
    let one = jitter(1).await;
    assert_eq!((one.len(), one.last() <= Some(&1000)), (20, true));
    assert_eq!(one, jitter(1).await);
    assert_ne!(one, jitter(2).await);
}

/// Runs another test of this program in a process of its own, with this seed in its environment.
fn run_alone(test: &str, seed: &str) -> (bool, String) {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this).args(["--exact", test, "--include-ignored"]).env("EMBROKER_SEED", seed).output();
    let output = output.unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), told)
}

#[embroker_testkit::test(mem)]
#[ignore = "a_failed_test_prints_the_seed_that_repeats_it runs it"]
async fn fails_always(broker: TestBroker) {
    broker.incr("visits").await.unwrap();
    broker.assert_absent("visits").await;
}

#[embroker_testkit::test(mem, with = TestBroker::builder().seed(7))]
#[ignore = "a_seed_of_the_environment_beside_another_is_an_error runs it"]
async fn fails_always_by_its_seed(broker: TestBroker) {
    fails_always(broker).await;
}

#[test]
fn a_failed_test_prints_the_seed_that_repeats_it() {
    let (passed, text) = run_alone("fails_always::mem", "12345");
    assert!(!passed);
    assert_eq!(text.matches("repeat this test with EMBROKER_SEED=12345; the last that happened:").count(), 1, "{text}");
    assert!(text.contains("  INCR visits => 1\n"), "{text}");
}

#[embroker_testkit::test(mem, with = TestBroker::builder().seed(7))]
#[ignore = "a_seed_of_the_environment_beside_another_is_an_error runs it"]
async fn has_a_seed(_broker: TestBroker) {}

#[test]
fn a_seed_of_the_environment_beside_another_is_an_error() {
    let (passed, text) = run_alone("has_a_seed::mem", "12345");
    assert!(
        !passed && text.contains("the seed is 7 in the test and 12345 in EMBROKER_SEED: unset the variable"),
        "{text}"
    );
    let (passed, text) = run_alone("fails_always_by_its_seed::mem", "7");
    assert!(!passed && text.contains("this test has the seed 7; the last that happened:\n"), "{text}");
    let (passed, text) = run_alone("fails_always::mem", "twelve");
    assert!(!passed && text.contains("EMBROKER_SEED is \"twelve\", which is not a number"), "{text}");
}
