//! Races through the real queue, registry, latches, watches and sessions, each under many schedules.
//!
//! With `--cfg shuttle` the locks and atomics of `crates/core/src/sync.rs` and `crates/broker-mem/src/sync.rs` are
//! shuttle's, which runs the threads of a test one at a time and chooses at each of those points who goes on. A wake-up
//! that is lost and a circle of locks show as a deadlock, which it finds at once. Without that cfg nothing is here:
//! `cargo xtask races` sets it, in a target directory of its own.

#![cfg(all(shuttle, test))]
#![allow(clippy::expect_used, reason = "tests")]

mod keys;
mod pubsub;
mod queue;
mod sessions;
mod transactions;

use std::env;
use std::future::Future;
use std::sync::Arc;

use embroker_core::{Broker, Command, Event, Pipeline, SubscribeOptions, Subscriber, Value};
use embroker_mem::{ManualClock, MemBroker};
use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::{Config, MaxSteps, Runner};

/// Under how many schedules each race is run where `EMBROKER_SCHEDULES` does not say.
const SCHEDULES: usize = 2_000;

/// How many times a schedule of the second half lets another thread overtake on top of the first order: most bugs take
/// one or two.
const DEPTH: usize = 3;

/// Runs a race under many schedules, half of them random, half of them by priorities that seldom change (PCT). The
/// seeds are fixed, so that a run can be repeated; a failure prints its schedule, and `EMBROKER_SCHEDULE` replays it.
fn explore(race: impl Fn() + Send + Sync + 'static) {
    // One type for all of them: shuttle is compiled once.
    let race: Race = Arc::new(race);
    if let Ok(schedule) = env::var("EMBROKER_SCHEDULE") {
        return run(ReplayScheduler::new_from_encoded(&schedule), &race);
    }
    let number = |name, default| env::var(name).map_or(default, |text| text.parse().expect("a number"));
    let (schedules, seed) = (number("EMBROKER_SCHEDULES", SCHEDULES), number("EMBROKER_SEED", 1) as u64);
    run(RandomScheduler::new_from_seed(seed, schedules.div_ceil(2)), &race);
    run(PctScheduler::new_from_seed(seed, DEPTH, schedules / 2), &race);
}

type Race = Arc<dyn Fn() + Send + Sync>;

fn run(scheduler: impl Scheduler + 'static, race: &Race) {
    let mut config = Config::new();
    config.stack_size = 1 << 17;
    // None of the races takes more than some hundred: one that does turns in a circle.
    config.max_steps = MaxSteps::FailAfter(50_000);
    config.silence_warnings = true;
    // Where a scope's own thread panics, the others still borrow what it unwinds: they must not run on.
    config.ungraceful_shutdown_config.immediately_return_on_panic = true;
    let race = race.clone();
    Runner::new(scheduler, config).run(move || race());
}

/// Waits for a future as a thread of the race; not where the threads are spawned, for the end of the last of them wakes
/// the scope's own thread, whatever that waits for.
fn wait<T>(future: impl Future<Output = T>) -> T {
    shuttle::future::block_on(future)
}

/// A broker of which nothing is left to chance.
fn broker() -> MemBroker {
    MemBroker::builder().seed(1).clock(ManualClock::at(1_000)).build()
}

fn subscriber(broker: &MemBroker) -> Subscriber {
    subscriber_with(broker, SubscribeOptions::default())
}

fn subscriber_with(broker: &MemBroker, options: SubscribeOptions) -> Subscriber {
    wait(broker.subscriber(options)).expect("a broker in memory takes every subscriber")
}

/// Runs a command, its words apart by spaces.
fn call(broker: &MemBroker, line: &str) -> Value {
    broker.call(&command(line)).expect(line)
}

fn command(line: &str) -> Command<'_> {
    Command::from_argv(line.split(' ')).expect(line)
}

/// The commands as a transaction.
fn pipeline(lines: &'static [&'static str]) -> Pipeline<'static> {
    let mut pipeline = Pipeline::atomic();
    for line in lines {
        pipeline.push(command(line));
    }
    pipeline
}

/// Runs a transaction.
fn exec(broker: &MemBroker, pipeline: Pipeline<'_>) -> Vec<Value> {
    let replies = wait(broker.pipeline(pipeline)).expect("it runs");
    replies.into_iter().map(|reply| reply.expect("each command succeeds")).collect()
}

/// A reply that is a number.
fn int(value: &Value) -> i64 {
    let Value::Int(number) = value else { panic!("{value:?} is no number") };
    *number
}

/// An event as text: `channel=payload`, or `pattern:channel=payload`, or the gap.
fn text(event: Event) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match event {
        Event::Message(message) => {
            let pattern = message.pattern().map_or(String::new(), |pattern| format!("{}:", text(pattern)));
            format!("{pattern}{}={}", text(message.channel()), text(message.payload()))
        }
        other => format!("{other:?}"),
    }
}

/// What waits to be read.
fn waiting(subscriber: &mut Subscriber) -> Vec<String> {
    std::iter::from_fn(|| subscriber.try_next()).map(text).collect()
}

/// What is read until the stream ends.
fn read_to_end(subscriber: &mut Subscriber) -> Vec<String> {
    std::iter::from_fn(|| wait(subscriber.next())).map(text).collect()
}
