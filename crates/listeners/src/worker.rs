//! The task of one listener: reads its stream, calls it, counts.
//!
//! Nothing that a listener does ends the task but the end of its stream: errors and panics are failures of one message.

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;

use embroker_core::{Broker, Event, Gap, Message, Subscriber};
use futures_util::FutureExt as _;
use tokio::sync::watch;
use tokio::task::coop::consume_budget;

use crate::runner::{Settings, Start};
use crate::tally::Tally;
use crate::{Cause, FailedAt, Failure, Listener, ListenerError};

pub(crate) struct Worker<L, B> {
    listener: L,
    broker: Arc<B>,
    subscriber: Subscriber,
    stop: Stop,
    log: Log,
}

/// The runner's word to shut down.
struct Stop {
    signal: watch::Receiver<bool>,
    told: bool,
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
    tally: Arc<Tally>,
    settings: Settings,
    outcome: Outcome,
}

impl<B: Broker, L: Listener<B>> Worker<L, B> {
    pub(crate) fn new(listener: L, start: Start<B>) -> Self {
        let Start { broker, subscriber, name, index, tally, stop, settings } = start;
        let log = Log { name, index, tally, settings, outcome: Outcome::default() };
        Self { listener, broker, subscriber, stop: Stop { signal: stop, told: false }, log }
    }

    /// Handles all messages. Who waits for the counts is told whenever the task pauses, however that comes: to tell of
    /// each message would wake that one's thread for each.
    pub(crate) async fn run(self) -> Outcome {
        let tally = self.log.tally.clone();
        let mut all = pin!(self.handle_all());
        poll_fn(|cx| {
            let outcome = all.as_mut().poll(cx);
            tally.tell();
            outcome
        })
        .await
    }

    async fn handle_all(mut self) -> Outcome {
        loop {
            // Before the next event, or a busy stream would hide it.
            if self.stop.is_asked() {
                close(&self.subscriber, &mut self.log).await;
            }
            let mut event = self.subscriber.try_next();
            if event.is_none() {
                event = tokio::select! {
                    biased;
                    () = self.stop.asked() => {
                        close(&self.subscriber, &mut self.log).await;
                        continue;
                    }
                    event = self.subscriber.next() => event,
                };
            }
            match event {
                Some(Event::Message(message)) => self.message(message).await,
                Some(Event::Gap(gap)) => self.gap(gap).await,
                // Core may add events; a listener can't know them.
                Some(_) => (),
                None => break,
            }
            // A broker in memory never makes the task wait, so it gives way to the others here.
            consume_budget().await;
        }
        if !self.stop.told {
            self.log.tally.end(self.log.index);
        }
        self.log.outcome
    }

    async fn message(&mut self, message: Message) {
        let Self { listener, broker, subscriber, stop, log } = self;
        let handled = {
            let call = pin!(caught(async || listener.on_message(broker, &message).await));
            closing(call, subscriber, stop, log).await
        };
        match handled {
            Ok(()) => log.tally.message(log.index, true),
            Err(cause) => {
                log.failure(FailedAt::Message(message), cause);
                log.tally.message(log.index, false);
            }
        }
    }

    async fn gap(&mut self, gap: Gap) {
        let Self { listener, broker, subscriber, stop, log } = self;
        let call = pin!(caught(async || listener.on_gap(broker, gap).await));
        if let Err(cause) = closing(call, subscriber, stop, log).await {
            log.failure(FailedAt::Gap(gap), cause);
        }
        log.tally.gap(log.index, gap);
    }
}

/// Finishes a call of the listener. Where the shutdown comes meanwhile, it ends the subscriptions at once: what is
/// published from then on is not for this listener, however long the call takes.
async fn closing<T>(
    mut call: Pin<&mut impl Future<Output = T>>,
    subscriber: &Subscriber,
    stop: &mut Stop,
    log: &mut Log,
) -> T {
    tokio::select! {
        biased;
        result = &mut call => result,
        () = stop.asked() => tokio::join!(call, close(subscriber, log)).0,
    }
}

/// Ends the subscriptions, and the stream behind what was delivered.
async fn close(subscriber: &Subscriber, log: &mut Log) {
    if let Err(error) = subscriber.close().await {
        log.failure(FailedAt::Shutdown, Cause::Error(error.into()));
    }
}

impl Stop {
    /// Whether the shutdown has come: says so once. This is one load, where [`asked`](Self::asked) queues for the word.
    fn is_asked(&mut self) -> bool {
        // An error means that the runner is gone, which is a shutdown too.
        let now = !self.told && self.signal.has_changed().unwrap_or(true);
        self.told |= now;
        now
    }

    /// Returns once when the shutdown comes, and never again.
    async fn asked(&mut self) {
        if self.told {
            return pending().await;
        }
        // An error means that the runner is gone, which is a shutdown too.
        let _ = self.signal.wait_for(|stop| *stop).await;
        self.told = true;
    }
}

impl Log {
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
