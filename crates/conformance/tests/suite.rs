//! The library on brokers that are right, wrong, slow, or not empty.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::Wrong;
use embroker_conformance::{CannotRun, CaseReport, Difference, Outcome, Suite, Target};
use embroker_core::prelude::*;
use embroker_core::{Bytes, Command, ServerError, SubscribeOptions, Value};
use embroker_mem::MemBroker;

async fn parameters(broker: &MemBroker) -> embroker_core::Result<BTreeMap<String, Bytes>> {
    Ok(broker.config_get("*").await?.into_iter().collect())
}

#[tokio::test]
async fn a_broker_in_memory_has_no_difference_and_is_as_before_afterwards() {
    let broker = MemBroker::builder().config("timeout", "7").unwrap().build();
    let before = parameters(&broker).await.unwrap();
    let report = Suite::new().matching("::a").run(&Target::broker(broker.clone())).await.unwrap();
    assert!(report.passed() > 70, "{report}");
    assert_eq!(parameters(&broker).await.unwrap(), before);
    assert_eq!(broker.dbsize().await.unwrap(), 0);
}

#[tokio::test]
async fn a_wrong_reply_is_told_with_its_step() {
    let broker = Wrong::new(|name, reply| match (name, reply) {
        ("HLEN", Ok(Value::Int(fields))) => Ok(Value::Int(fields + 1)),
        (_, reply) => reply,
    });
    let report = Suite::new().family("hash").matching("hset").run(&Target::broker(broker)).await.unwrap();
    assert_eq!((report.passed(), report.different(), report.skipped()), (2, 1, 0));
    assert!(!report.is_conforming());
    assert_eq!(report.server, "Redis 7.0.15, standalone, linux x86_64");
    assert_eq!(
        report.cases[0],
        CaseReport {
            family: "hash".into(),
            name: "hset_answers_how_many_fields_are_new".into(),
            outcome: Outcome::Different {
                differences: vec![Difference { step: "HLEN h".into(), expected: "5".into(), got: "6".into() }]
            },
        }
    );
    assert_eq!(
        report.to_string(),
        "family  cases  passed  different  skipped\n\
         hash        3       2          1        0\n\n\
         hash::hset_answers_how_many_fields_are_new\n\
         \x20 HLEN h\n\
         \x20   expected 5\n\
         \x20   got      6"
    );
}

#[tokio::test]
async fn a_case_in_its_own_words_tells_the_last_command() {
    let broker = Wrong::new(|name, reply| match (name, reply) {
        ("DBSIZE", Ok(Value::Int(7))) => Ok(Value::Int(8)),
        ("ECHO", _) => Ok("echo".into()),
        (_, reply) => reply,
    });
    let report = Suite::new().matching("echo_answers_its_word").run(&Target::broker(broker)).await.unwrap();
    let difference = report.differences().next().unwrap();
    assert_eq!(difference.step, r#"broker.echo("").await?, after ECHO """#);
    assert_eq!((&*difference.expected, &*difference.got), (r#""""#, r#"b"echo""#));
}

#[tokio::test]
async fn a_case_of_a_command_that_is_not_there_is_skipped_with_the_reason() {
    let broker = Wrong::new(|name, reply| match name {
        "SMOVE" => Err(ServerError::new("ERR unknown command 'SMOVE', with args beginning with: ").into()),
        _ => reply,
    });
    let report = Suite::new().family("set").matching("smove").run(&Target::broker(broker)).await.unwrap();
    assert_eq!((report.passed(), report.different(), report.skipped()), (0, 0, 2));
    assert!(!report.is_conforming(), "nothing is known of it");
    assert_eq!(report.cases[0].outcome, Outcome::Skipped { reason: "SMOVE is unknown here".into() });
    let shown = report.to_string();
    assert!(shown.contains("\n\nskipped\n  SMOVE is unknown here: set::smove_takes_a_member"), "{shown}");
}

#[tokio::test]
async fn what_differs_before_an_unknown_command_is_no_reason_to_skip() {
    let broker = Wrong::new(|name, reply| match name {
        "SADD" => Ok(Value::Int(100)),
        "SMOVE" => Err(ServerError::new("ERR unknown command 'SMOVE', with args beginning with: ").into()),
        _ => reply,
    });
    let report = Suite::new().matching("smove_takes").run(&Target::broker(broker)).await.unwrap();
    assert_eq!(report.different(), 1, "{report}");
}

#[tokio::test]
async fn a_broker_that_holds_keys_in_any_database_is_refused_unless_they_may_go() {
    let broker = MemBroker::new();
    let third = broker.select(3).await.unwrap();
    third.set("mine", "precious").await.unwrap();
    let suite = Suite::new().family("connection");
    let outcome = suite.run(&Target::broker(broker.clone())).await;
    assert_eq!(outcome.unwrap_err(), CannotRun::Occupied("1 keys in database 3".into()));
    assert_eq!(third.get("mine").await.unwrap(), Some("precious".into()));

    let report = suite.allow_flush(true).run(&Target::broker(broker)).await.unwrap();
    assert!(report.is_conforming());
    assert_eq!(third.exists(["mine"]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_broker_that_others_listen_to_is_refused() {
    let broker = MemBroker::new();
    let subscriber = broker.subscriber(SubscribeOptions::default()).await.unwrap();
    subscriber.psubscribe(["*"]).await.unwrap();
    let outcome = Suite::new().run(&Target::broker(broker)).await;
    assert!(matches!(&outcome, Err(CannotRun::Unfit(text)) if text.contains("have 1 subscriptions")), "{outcome:?}");
}

#[tokio::test]
async fn a_case_that_comes_to_no_end_is_a_difference_where_the_broker_still_answers() {
    // Nobody is told of it, so whoever waits for the message waits for ever.
    let broker = Wrong::new(|_, reply| reply);
    let target = Target::connecting(move |database| {
        let broker = broker.clone();
        async move { Ok(embroker_core::AnyBroker::new(Mute(broker.select(database).await?))) }
    });
    let suite = Suite::new().matching("every_subscriber_of_a_channel").limit(Duration::from_millis(300));
    let report = suite.run(&target).await.unwrap();
    let difference = report.differences().next().unwrap();
    assert_eq!(
        (&*difference.step, &*difference.expected, &*difference.got),
        ("PUBLISH weather 2", "the end of the case", "none in 300ms")
    );
}

#[tokio::test]
async fn a_run_that_is_stopped_in_a_case_puts_back_what_the_case_set() {
    let broker = MemBroker::new();
    let before = parameters(&broker).await.unwrap();
    let observed = broker.clone();
    // A case that never ends, behind what it set.
    let target = Target::connecting({
        let broker = broker.clone();
        move |database| {
            let broker = broker.clone();
            async move { Ok(embroker_core::AnyBroker::new(Stuck(broker.select(database).await?))) }
        }
    });
    let stop = async {
        while observed.config_get("maxmemory").await.unwrap()["maxmemory"] != "1" {
            tokio::task::yield_now().await;
        }
    };
    let outcome = Suite::new().family("maxmemory").run_until(&target, stop).await;
    assert_eq!(outcome.unwrap_err(), CannotRun::Stopped);
    assert_eq!(parameters(&broker).await.unwrap(), before);
    assert_eq!(broker.dbsize().await.unwrap(), 0);
}

#[tokio::test]
async fn a_parameter_that_cant_be_put_back_is_named() {
    let broker = Wrong::new(|name, reply| match (name, reply) {
        // CONFIG GET after the case shows what no CONFIG SET changes.
        ("CONFIG", Ok(Value::Map(mut pairs))) => {
            pairs.push(("timeout-of-day".into(), format!("{:?}", std::time::Instant::now()).as_str().into()));
            Ok(Value::Map(pairs))
        }
        (_, reply) => reply,
    });
    let outcome = Suite::new().family("connection").run(&Target::broker(broker)).await;
    let error = outcome.unwrap_err().to_string();
    assert!(error.starts_with("could not be put back: CONFIG SET timeout-of-day \""), "{error}");
}

#[tokio::test]
async fn a_choice_that_leaves_no_case_is_refused() {
    let outcome = Suite::new().family("zset").run(&Target::broker(MemBroker::new())).await;
    assert_eq!(outcome.unwrap_err(), CannotRun::NoCases);
}

/// A broker that delivers no message.
struct Mute(Wrong);

/// A broker that answers nothing once `maxmemory` is 1 byte, except to those who look after it.
struct Stuck(MemBroker);

macro_rules! rest_of_a_broker {
    () => {
        async fn pipeline(
            &self,
            pipeline: embroker_core::Pipeline<'_>,
        ) -> embroker_core::Result<embroker_core::Replies> {
            self.0.pipeline(pipeline).await
        }
        async fn watch_keys(&self, keys: &[embroker_core::Arg<'_>]) -> embroker_core::Result<embroker_core::Watch> {
            self.0.watch_keys(keys).await
        }
        async fn subscriber(&self, options: SubscribeOptions) -> embroker_core::Result<embroker_core::Subscriber> {
            self.0.subscriber(options).await
        }
        async fn select(&self, database: u32) -> embroker_core::Result<Self> {
            Ok(Self(self.0.select(database).await?))
        }
    };
}

impl Broker for Mute {
    async fn execute(&self, command: Command<'_>) -> embroker_core::Result<Value> {
        if common::name(&command) != "PUBLISH" {
            return self.0.execute(command).await;
        }
        let channel = command.arguments()[0].clone();
        let receivers = self.0.pubsub_numsub([channel]).await?;
        Ok(Value::Int(receivers[0].1))
    }
    rest_of_a_broker!();
}

impl Broker for Stuck {
    async fn execute(&self, command: Command<'_>) -> embroker_core::Result<Value> {
        let is_of_a_case = !["CONFIG", "FLUSHALL", "SCRIPT", "FUNCTION", "PUBSUB"].contains(&&*common::name(&command));
        if is_of_a_case && self.0.config_get("maxmemory").await?["maxmemory"] == "1" {
            std::future::pending::<()>().await;
        }
        self.0.execute(command).await
    }
    rest_of_a_broker!();
}
