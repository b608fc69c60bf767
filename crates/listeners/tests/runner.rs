//! What a runner promises: order, counts, failures that end nothing, and a shutdown that drains.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::sync::{Arc, Mutex};

use embroker_core::prelude::*;
use embroker_core::{Error, Gap, Message, Overflow, SubscribeOptions};
use embroker_listeners::{Cause, FailedAt, Listener, ListenerError, Runner, Subscriptions};
use embroker_mem::MemBroker;
use tokio::sync::Semaphore;

/// Records what it is told; fails on `bad`, panics on `panic`, and waits for a permit where it has a gate.
struct Recorder {
    name: &'static str,
    subscriptions: Subscriptions,
    told: Told,
    gate: Option<Arc<Semaphore>>,
}

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Recorder {
    fn new(name: &'static str, subscriptions: Subscriptions) -> (Self, Told) {
        let told = Told::default();
        (Self { name, subscriptions, told: told.clone(), gate: None }, told)
    }

    fn gated(mut self, gate: &Arc<Semaphore>) -> Self {
        self.gate = Some(gate.clone());
        self
    }
}

impl<B: Broker> Listener<B> for Recorder {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> Subscriptions {
        self.subscriptions.clone()
    }

    async fn on_message(&mut self, _: &B, message: &Message) -> Result<(), ListenerError> {
        if let Some(gate) = &self.gate {
            gate.acquire().await?.forget();
        }
        match message.payload_str()? {
            "bad" => Err("it is bad".into()),
            "panic" => panic!("out of tickets"),
            payload => {
                self.told.push(payload.to_owned());
                Ok(())
            }
        }
    }

    async fn on_gap(&mut self, _: &B, gap: Gap) -> Result<(), ListenerError> {
        self.told.push(format!("{gap:?}"));
        Ok(())
    }
}

fn news() -> Subscriptions {
    Subscriptions::new().channel("news")
}

async fn publish(broker: &MemBroker, payloads: &[&str]) {
    for payload in payloads {
        broker.publish("news", *payload).await.unwrap();
    }
}

#[tokio::test]
async fn start_returns_when_every_subscription_is_confirmed() {
    let broker = MemBroker::new();
    let (recorder, told) = Recorder::new("recorder", news().channel("weather").pattern("n*"));
    let running = Runner::new(broker.clone()).listen(recorder).start().await.unwrap();
    assert_eq!(broker.pubsub_numsub(["news", "weather"]).await.unwrap(), [("news".into(), 1), ("weather".into(), 1)]);
    assert_eq!(broker.pubsub_numpat().await.unwrap(), 1);

    assert_eq!(broker.publish("news", "first").await.unwrap(), 2);
    assert_eq!(running.deliveries("news"), 2);
    assert_eq!(running.shutdown().await.total().handled, 2);
    assert_eq!(told.lines(), ["first", "first"]);
}

#[tokio::test]
async fn a_bad_message_is_reported_with_its_channel_payload_and_cause_and_the_listener_goes_on() {
    let broker = MemBroker::new();
    let (recorder, told) = Recorder::new("recorder", Subscriptions::new().pattern("n*"));
    let heard = Told::default();
    let hook = heard.clone();
    let runner = Runner::new(broker.clone()).listen(recorder).on_failure(move |failure| hook.push(failure.to_string()));
    let running = runner.start().await.unwrap();
    publish(&broker, &["one", "bad", "two"]).await;
    let counts = running.wait_for(|counts| counts.total().seen() == 3).await.unwrap().get("recorder").unwrap();
    assert_eq!((counts.handled, counts.failed), (2, 1));
    assert_eq!(heard.lines(), [r#"recorder: "bad" on "news" by "n*": it is bad"#]);

    let report = running.shutdown().await;
    assert!(!report.is_clean());
    let failures: Vec<_> = report.failures().collect();
    let [failure] = failures[..] else { panic!("one failure, not {failures:?}") };
    let message = failure.message().unwrap();
    assert_eq!(
        (message.channel(), message.payload(), message.pattern()),
        (&b"news"[..], &b"bad"[..], Some(&b"n*"[..]))
    );
    assert_eq!(failure.listener, "recorder");
    assert!(matches!(&failure.cause, Cause::Error(error) if error.to_string() == "it is bad"));
    assert_eq!(told.lines(), ["one", "two"]);
}

#[tokio::test]
async fn a_panic_is_a_failure_of_its_message_and_the_listener_goes_on() {
    let broker = MemBroker::new();
    let (recorder, told) = Recorder::new("recorder", news());
    let running = Runner::new(broker.clone()).listen(recorder).start().await.unwrap();
    publish(&broker, &["panic", "after"]).await;
    let report = running.shutdown().await;
    let failures: Vec<_> = report.failures().map(ToString::to_string).collect();
    assert_eq!(failures, [r#"recorder: "panic" on "news": panicked: out of tickets"#]);
    assert_eq!(told.lines(), ["after"]);
}

#[tokio::test]
async fn a_failure_hook_that_panics_ends_nothing() {
    let broker = MemBroker::new();
    let (recorder, told) = Recorder::new("recorder", news());
    let runner = Runner::new(broker.clone()).listen(recorder).on_failure(|_| panic!("the hook"));
    let running = runner.start().await.unwrap();
    publish(&broker, &["bad", "after"]).await;
    let report = running.shutdown().await;
    assert_eq!((report.total().handled, report.total().failed), (1, 1));
    assert_eq!(told.lines(), ["after"]);
}

#[tokio::test]
async fn only_the_first_failures_are_kept_and_the_others_counted() {
    let broker = MemBroker::new();
    let (recorder, _) = Recorder::new("recorder", news());
    let running = Runner::new(broker.clone()).listen(recorder).keep_failures(2).start().await.unwrap();
    publish(&broker, &["bad", "panic", "bad", "bad", "bad"]).await;
    let report = running.shutdown().await;
    let recorder = report.get("recorder").unwrap();
    assert_eq!((recorder.failures.len(), recorder.failures_left_off, recorder.counts.failed), (2, 3, 5));
    assert!(matches!(recorder.failures[1].cause, Cause::Panic(_)));
}

#[tokio::test]
async fn shutdown_handles_what_was_delivered_and_nothing_after() {
    let broker = MemBroker::new();
    let gate = Arc::new(Semaphore::new(0));
    let (recorder, told) = Recorder::new("recorder", news());
    let running = Runner::new(broker.clone()).listen(recorder.gated(&gate)).start().await.unwrap();
    publish(&broker, &["1", "2", "3"]).await;

    let shutdown = tokio::spawn(running.shutdown());
    gate.add_permits(1);
    while broker.pubsub_numsub(["news"]).await.unwrap()[0].1 > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(broker.publish("news", "too late").await.unwrap(), 0);
    gate.add_permits(2);
    let report = shutdown.await.unwrap();
    assert_eq!(told.lines(), ["1", "2", "3"]);
    assert_eq!(report.total().handled, 3);
    assert!(report.is_clean());
}

#[tokio::test]
async fn a_listener_that_lags_is_told_how_many_messages_it_missed_and_the_count_adds_up() {
    let broker = MemBroker::new();
    let gate = Arc::new(Semaphore::new(0));
    let (recorder, told) = Recorder::new("recorder", news().options(SubscribeOptions::default().max_messages(2)));
    let running = Runner::new(broker.clone()).listen(recorder.gated(&gate)).start().await.unwrap();
    publish(&broker, &["1", "2", "3", "4", "5"]).await;
    gate.add_permits(5);
    let counts = running.wait_for(|counts| counts.total().seen() == 5).await.unwrap().total();
    assert_eq!((counts.handled, counts.lagged, counts.gaps), (2, 3, 0));
    let report = running.shutdown().await;
    assert!(!report.is_clean());
    assert_eq!(told.lines(), ["Lagged(3)", "4", "5"]);
}

#[tokio::test]
async fn a_listener_that_is_cut_off_ends_the_wait_for_it() {
    let broker = MemBroker::new();
    let gate = Arc::new(Semaphore::new(0));
    let options = SubscribeOptions::default().max_messages(1).overflow(Overflow::Disconnect);
    let (recorder, told) = Recorder::new("recorder", news().options(options));
    let running = Runner::new(broker.clone()).listen(recorder.gated(&gate)).start().await.unwrap();
    publish(&broker, &["1", "2", "3"]).await;
    gate.add_permits(3);
    let ended = running.wait_for(|counts| counts.total().seen() == 3).await.unwrap_err();
    assert_eq!(ended.listener(), "recorder");
    let report = running.shutdown().await;
    let recorder = report.get("recorder").unwrap();
    assert!(recorder.ended_early);
    assert_eq!((recorder.counts.handled, recorder.counts.gaps), (1, 1));
    assert_eq!(told.lines(), ["1", "Disconnected"]);
}

#[tokio::test]
async fn an_error_at_a_gap_is_reported_and_does_not_count_as_a_message() {
    struct Strict;

    impl<B: Broker> Listener<B> for Strict {
        fn name(&self) -> &'static str {
            "strict"
        }

        fn subscriptions(&self) -> Subscriptions {
            news().options(SubscribeOptions::default().max_messages(1))
        }

        async fn on_message(&mut self, _: &B, _: &Message) -> Result<(), ListenerError> {
            Ok(())
        }

        async fn on_gap(&mut self, _: &B, _: Gap) -> Result<(), ListenerError> {
            Err("I wanted them all".into())
        }
    }

    let broker = MemBroker::new();
    let running = Runner::new(broker.clone()).listen(Strict).start().await.unwrap();
    publish(&broker, &["1", "2", "3"]).await;
    let report = running.shutdown().await;
    let strict = report.get("strict").unwrap();
    assert_eq!((strict.counts.handled, strict.counts.failed, strict.counts.lagged), (1, 0, 2));
    assert_eq!(strict.failures[0].at, FailedAt::Gap(Gap::Lagged(2)));
    assert_eq!(strict.failures[0].to_string(), "strict: a gap of 2 messages: I wanted them all");
}

#[tokio::test]
async fn listeners_run_side_by_side_and_a_slow_one_holds_up_no_other() {
    let broker = MemBroker::new();
    let gate = Arc::new(Semaphore::new(0));
    let (slow, slow_told) = Recorder::new("slow", news());
    let (fast, fast_told) = Recorder::new("fast", news());
    let running = Runner::new(broker.clone()).listen(slow.gated(&gate)).listen(fast).start().await.unwrap();
    publish(&broker, &["1", "2"]).await;
    running.wait_for(|counts| counts.get("fast").is_some_and(|fast| fast.handled == 2)).await.unwrap();
    assert_eq!((fast_told.lines().len(), slow_told.lines().len()), (2, 0));
    gate.add_permits(2);
    assert_eq!(running.shutdown().await.total().handled, 4);
}

#[tokio::test]
async fn dropping_a_runner_that_runs_ends_its_subscriptions() {
    let broker = MemBroker::new();
    let (recorder, _) = Recorder::new("recorder", news());
    drop(Runner::new(broker.clone()).listen(recorder).start().await.unwrap());
    while broker.pubsub_numsub(["news"]).await.unwrap()[0].1 > 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn listeners_without_a_name_of_their_own_or_a_subscription_are_refused() {
    let broker = MemBroker::new();
    let recorder = |subscriptions| Recorder::new("recorder", subscriptions).0;
    let twice = Runner::new(broker.clone()).listen(recorder(news())).listen(recorder(news())).start().await;
    let text = r#"two listeners are named "recorder": reports tell them apart by name"#;
    assert_eq!(twice.unwrap_err(), Error::Config(text.into()));
    let deaf = Runner::new(broker.clone()).listen(recorder(Subscriptions::new())).start().await;
    let text = r#"listener "recorder" subscribes to no channel and no pattern"#;
    assert_eq!(deaf.unwrap_err(), Error::Config(text.into()));
    assert_eq!(broker.pubsub_numsub(["news"]).await.unwrap(), [("news".into(), 0)]);
}
