//! The task of one listener: reads its stream, calls it, counts.
//!
//! Nothing that a listener does ends the task but the end of its stream: errors and panics are failures of one message.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use embroker_core::{Broker, Event, Gap, Message, Subscriber};
use futures_util::FutureExt as _;
use tokio::sync::watch;
use tokio::task::coop::consume_budget;

use crate::report::{Counts, ListenerCounts};
use crate::runner::{Settings, Start};
use crate::{Cause, FailedAt, Failure, Listener, ListenerError};

pub(crate) struct Worker<L, B> {
    listener: L,
    broker: Arc<B>,
    subscriber: Subscriber,
    stop: watch::Receiver<bool>,
    log: Log,
}

/// What is left of a listener when it is through.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) failures: Vec<Failure>,
    pub(crate) failures_left_off: u64,
}

/// Where a listener's counts and failures go.
struct Log {
    name: Arc<str>,
    index: usize,
    counts: watch::Sender<Counts>,
    settings: Settings,
    outcome: Outcome,
}

impl<B: Broker, L: Listener<B>> Worker<L, B> {
    pub(crate) fn new(listener: L, start: Start<B>) -> Self {
        let Start { broker, subscriber, name, index, counts, stop, settings } = start;
        let log = Log { name, index, counts, settings, outcome: Outcome::default() };
        Self { listener, broker, subscriber, stop, log }
    }

    pub(crate) async fn run(mut self) -> Outcome {
        loop {
            let event = tokio::select! {
                // First, or a busy stream would hide it.
                biased;
                _ = self.stop.wait_for(|stop| *stop) => break,
                event = self.subscriber.next() => event,
            };
            match event {
                Some(event) => self.handle(event).await,
                None => {
                    self.log.counts.send_modify(|counts| counts.end(self.log.index));
                    return self.log.outcome;
                }
            }
        }
        if let Err(error) = self.subscriber.close().await {
            self.log.failure(FailedAt::Shutdown, Cause::Error(error.into()));
        }
        while let Some(event) = self.subscriber.next().await {
            self.handle(event).await;
        }
        self.log.outcome
    }

    async fn handle(&mut self, event: Event) {
        match event {
            Event::Message(message) => self.message(message).await,
            Event::Gap(gap) => self.gap(gap).await,
            // Core may add events; a listener can't know them.
            _ => (),
        }
        // A broker in memory never makes the task wait, so it gives way to the others here.
        consume_budget().await;
    }

    async fn message(&mut self, message: Message) {
        match caught(async || self.listener.on_message(&self.broker, &message).await).await {
            Ok(()) => self.log.count(|counts| counts.handled += 1),
            Err(cause) => {
                self.log.failure(FailedAt::Message(message), cause);
                self.log.count(|counts| counts.failed += 1);
            }
        }
    }

    async fn gap(&mut self, gap: Gap) {
        let result = caught(async || self.listener.on_gap(&self.broker, gap).await).await;
        if let Err(cause) = result {
            self.log.failure(FailedAt::Gap(gap), cause);
        }
        self.log.count(|counts| {
            counts.gaps += 1;
            if let Gap::Lagged(messages) = gap {
                counts.lagged += messages;
            }
        });
    }
}

impl Log {
    fn count(&self, update: impl FnOnce(&mut ListenerCounts)) {
        self.counts.send_modify(|counts| counts.update(self.index, update));
    }

    fn failure(&mut self, at: FailedAt, cause: Cause) {
        let failure = Failure { listener: self.name.to_string(), at, cause };
        // A hook that panics must not end the listener that it hears of.
        let _ = catch_unwind(AssertUnwindSafe(|| (self.settings.on_failure)(&failure)));
        if self.outcome.failures.len() < self.settings.keep_failures {
            self.outcome.failures.push(failure);
        } else {
            self.outcome.failures_left_off += 1;
        }
    }
}

/// Runs a listener's code; a panic becomes a failure.
async fn caught(call: impl AsyncFnOnce() -> Result<(), ListenerError>) -> Result<(), Cause> {
    match AssertUnwindSafe(call()).catch_unwind().await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Cause::Error(error)),
        Err(panic) => Err(Cause::panic(&*panic)),
    }
}
