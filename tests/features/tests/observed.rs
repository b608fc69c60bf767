//! embroker with the feature `metrics`: what is told of commands, deliveries, gaps and queues.

#![cfg(feature = "observed")]

use std::collections::BTreeMap;

use embroker::{Command, MemBroker, Pipeline, SubscribeOptions, prelude::*};
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};

/// All metrics, as `name{label=value}`.
fn told(snapshotter: &Snapshotter) -> BTreeMap<String, i64> {
    let metrics = snapshotter.snapshot().into_vec().into_iter();
    let told = metrics.map(|(key, _, _, value)| {
        let labels: Vec<String> =
            key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let value = match value {
            DebugValue::Counter(count) => count as i64,
            DebugValue::Gauge(value) => value.into_inner() as i64,
            DebugValue::Histogram(_) => panic!("there are no histograms"),
        };
        (format!("{}{{{}}}", key.key().name(), labels.join(",")), value)
    });
    told.collect()
}

/// What is told while `run` runs, on this thread.
fn measured(run: impl AsyncFnOnce()) -> BTreeMap<String, i64> {
    let recorder = DebuggingRecorder::new();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { panic!("no runtime") };
    metrics::with_local_recorder(&recorder, || runtime.block_on(run()));
    told(&recorder.snapshotter())
}

#[test]
fn commands_are_counted_by_name_those_of_pipelines_each() {
    let told = measured(async || {
        let broker = MemBroker::new();
        broker.set("k", "text").await.unwrap();
        broker.get("k").await.unwrap();
        broker.incr("k").await.unwrap_err();
        broker.execute(Command::from_argv(["NOSUCH", "secret"]).unwrap()).await.unwrap_err();
        let mut pipeline = Pipeline::atomic();
        pipeline.incr("n").incr("k").get("n");
        broker.pipeline(pipeline).await.unwrap();
        let mut watch = broker.watch(["n"]).await.unwrap();
        watch.add(["k"]).await.unwrap();
        let mut pipeline = Pipeline::atomic();
        pipeline.get("n");
        assert!(watch.exec(pipeline).await.unwrap().is_some());
    });
    let expected = [
        ("embroker_command_errors_total{backend=mem,command=incr}", 2),
        ("embroker_command_errors_total{backend=mem,command=unknown}", 1),
        ("embroker_commands_total{backend=mem,command=get}", 3),
        ("embroker_commands_total{backend=mem,command=incr}", 3),
        ("embroker_commands_total{backend=mem,command=set}", 1),
        ("embroker_commands_total{backend=mem,command=unknown}", 1),
    ];
    assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value)).into());
}

#[test]
fn deliveries_are_counted_and_queues_are_weighed() {
    let told = measured(async || {
        let broker = MemBroker::new();
        let options = SubscribeOptions::default();
        let mut reader = broker.subscriber(options).await.unwrap();
        let slow = broker.subscriber(options.max_messages(2)).await.unwrap();
        let gone = broker.subscriber(options).await.unwrap();
        for subscriber in [&reader, &slow, &gone] {
            subscriber.subscribe(["news"]).await.unwrap();
        }
        for _ in 0..5 {
            assert_eq!(broker.publish("news", "hello").await.unwrap(), 3);
        }
        while reader.try_next().is_some() {}
        drop(gone);
        assert_eq!((reader.pending(), slow.pending()), (0, 2));
        let waiting = slow.pending_bytes() as u64;
        // Leaked, so that what waits is still there to be weighed.
        std::mem::forget(slow);
        metrics::counter!("waiting").increment(waiting);
    });
    assert_eq!(told["embroker_deliveries_total{}"], 15);
    assert_eq!(told["embroker_queue_bytes{}"], told["waiting{}"]);
    assert!(!told.contains_key("embroker_gaps_total{gap=lagged}"), "nobody was told of a gap: {told:?}");
}

#[test]
fn gaps_are_counted_when_they_are_told() {
    let told = measured(async || {
        let broker = MemBroker::new();
        let mut slow = broker.subscriber(SubscribeOptions::default().max_messages(2)).await.unwrap();
        slow.subscribe(["news"]).await.unwrap();
        for _ in 0..5 {
            broker.publish("news", "hello").await.unwrap();
        }
        while slow.try_next().is_some() {}
    });
    assert_eq!(told["embroker_gaps_total{gap=lagged}"], 1);
    assert_eq!(told["embroker_lagged_messages_total{}"], 3);
    assert_eq!(told["embroker_queue_bytes{}"], 0);
}
