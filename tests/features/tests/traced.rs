//! embroker with the feature `tracing`: commands as spans, and what goes wrong as events.
//!
//! The one test of its program: whether a span is of interest is kept for the whole process, and a thread without a
//! subscriber that came to it first would decide for this one too.

#![cfg(feature = "observed")]

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use embroker::{MemBroker, Pipeline, SubscribeOptions, prelude::*};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// Spans and events as lines.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Fields(String);

impl Lines {
    fn add(&self, line: Fields) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl<S: tracing::Subscriber> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &tracing::span::Attributes<'_>, _: &tracing::Id, _: Context<'_, S>) {
        let mut fields = Fields(attributes.metadata().name().to_owned());
        attributes.record(&mut fields);
        self.add(fields);
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields(event.metadata().level().to_string());
        event.record(&mut fields);
        self.add(fields);
    }
}

#[test]
fn commands_are_spans_and_what_goes_wrong_is_an_event() {
    let lines = Lines::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines.clone()), || {
        runtime.block_on(async {
            let broker = MemBroker::new();
            broker.set("a secret key", "a secret").await.unwrap();
            broker.incr("a secret key").await.unwrap_err();
            let mut pipeline = Pipeline::atomic();
            pipeline.incr("n").incr("n");
            broker.pipeline(pipeline).await.unwrap();
            let mut slow = broker.subscriber(SubscribeOptions::default().max_messages(1)).await.unwrap();
            slow.subscribe(["news"]).await.unwrap();
            for _ in 0..3 {
                broker.publish("news", "hello").await.unwrap();
            }
            slow.next().await;
        });
    });
    let publish = r#"command backend="mem" command="publish""#;
    let expected = [
        r#"command backend="mem" command="set""#,
        r#"command backend="mem" command="incr""#,
        r#"DEBUG message=a command failed backend="mem" command="incr" error=ERR value is not an integer or out of range"#,
        r#"pipeline backend="mem" commands=2 atomic=true"#,
        publish,
        publish,
        publish,
        "WARN message=a subscriber was too slow messages=2",
    ];
    assert_eq!(*lines.0.lock().unwrap(), expected);
}
