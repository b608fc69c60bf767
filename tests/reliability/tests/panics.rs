//! A panic in a user's code poisons nothing: a waker, an observer, a clock, a serializer, a listener.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use anyhow::{Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Clock, Command, Event, MemBroker, Message, Pipeline, SubscribeOptions, Subscriber};
use embroker_listeners::{Cause, Listener, ListenerError, Runner, Subscriptions};
use embroker_reliability::{Watchdog, on_threads};
use embroker_test_support::{Backend, Suite};
use tokio::time::sleep;

/// A reader that counts how often it was woken, and may panic then.
struct Reader {
    panics: bool,
    woken: AtomicUsize,
}

impl Wake for Reader {
    fn wake(self: Arc<Self>) {
        self.woken.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics, "a waker");
    }
}

/// Polls a subscriber that has nothing to read, so that the reader is woken for what comes.
fn wait(subscriber: &mut Subscriber, reader: &Arc<Reader>) -> bool {
    let waker = Waker::from(reader.clone());
    let mut next = std::pin::pin!(subscriber.next());
    matches!(next.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Pending)
}

fn payload(event: Option<Event>) -> Option<String> {
    event.and_then(Event::into_message).map(|message| String::from_utf8_lossy(message.payload()).into_owned())
}

/// Nine subscribers of which the middle one's waker panics, and what wakes them.
async fn woken_by(broker: &MemBroker, wake: impl FnOnce() -> Result<()>) -> Result<Vec<(Subscriber, usize)>> {
    let mut subscribers = Vec::new();
    for number in 0..9 {
        let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
        subscriber.subscribe(["news"]).await?;
        let reader = Arc::new(Reader { panics: number % 3 == 1, woken: AtomicUsize::new(0) });
        ensure!(wait(&mut subscriber, &reader), "nothing is there yet");
        subscribers.push((subscriber, reader));
    }
    wake()?;
    Ok(subscribers.into_iter().map(|(subscriber, reader)| (subscriber, reader.woken.load(Ordering::SeqCst))).collect())
}

async fn a_waker_that_panics_leaves_nobody_asleep() -> Result<()> {
    let _watchdog = Watchdog::new("wakers that panic", Duration::from_secs(60));
    let broker = MemBroker::new();
    let publish = Command::from_argv(["PUBLISH", "news", "one"])?;
    let subscribers = woken_by(&broker, || {
        let reply = catch_unwind(AssertUnwindSafe(|| broker.call(&publish)));
        ensure!(matches!(reply, Ok(Ok(embroker::Value::Int(9)))), "who published is not to blame: {reply:?}");
        Ok(())
    });
    for (number, (mut subscriber, woken)) in subscribers.await?.into_iter().enumerate() {
        ensure!(woken == 1, "subscriber {number} was woken {woken} times");
        ensure!(payload(subscriber.try_next()).as_deref() == Some("one"), "subscriber {number} has the message");
    }
    usable(&broker).await
}

async fn a_waker_that_panics_in_a_transaction_takes_nothing_back() -> Result<()> {
    let _watchdog = Watchdog::new("wakers that panic", Duration::from_secs(60));
    let broker = MemBroker::new();
    let subscribers = woken_by(&broker, || {
        let mut pipeline = Pipeline::atomic();
        pipeline.set("a", "1").publish("news", "one").set("b", "1");
        let replies = catch_unwind(AssertUnwindSafe(|| embroker::Broker::pipeline_now(&broker, &pipeline)));
        ensure!(matches!(replies, Ok(Some(Ok(replies))) if replies.len() == 3), "its replies arrive");
        Ok(())
    });
    ensure!(subscribers.await?.iter().all(|(_, woken)| *woken == 1), "all were woken");
    ensure!(broker.exists(["a", "b"]).await? == 2);
    usable(&broker).await
}

async fn a_waker_that_panics_when_the_broker_goes_ends_every_stream() -> Result<()> {
    let _watchdog = Watchdog::new("wakers that panic", Duration::from_secs(60));
    let broker = MemBroker::new();
    let held = broker.clone();
    let mut subscribers = woken_by(&held, || Ok(())).await?;
    let dropped = catch_unwind(AssertUnwindSafe(|| drop((broker, held))));
    ensure!(dropped.is_ok(), "to drop a broker panics for nobody");
    for (subscriber, _) in &mut subscribers {
        ensure!(subscriber.next().await.is_none(), "the stream ends");
    }
    Ok(())
}

/// Polls a future with this reader's waker, over and over, until it is ready.
async fn by_polls<T>(future: impl Future<Output = T>, reader: &Arc<Reader>) -> T {
    let waker = Waker::from(reader.clone());
    let mut future = std::pin::pin!(future);
    loop {
        if let Poll::Ready(outcome) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return outcome;
        }
        sleep(Duration::from_millis(1)).await;
    }
}

/// Replies and messages of a server come by tasks that all callers share: a waker that panics there ends none of them.
async fn a_waker_that_panics_costs_no_connection_and_no_other_caller() -> Result<()> {
    let _watchdog = Watchdog::new("wakers that panic", Duration::from_secs(60));
    let running = Backend::Redis.start().await?;
    let (broker, reader) = (&running.broker, Arc::new(Reader { panics: true, woken: AtomicUsize::new(0) }));
    let connection = async || broker.execute(Command::from_argv(["CLIENT", "ID"])?).await;
    let before = connection().await?;
    for number in 1..=20 {
        let (mine, one, other) =
            tokio::join!(by_polls(broker.incr("mine"), &reader), broker.incr("others"), broker.incr("others"));
        ensure!((mine, one.is_ok(), other.is_ok()) == (Ok(number), true, true), "{number}: {one:?} and {other:?}");
    }
    ensure!(connection().await? == before, "the connection is another one");

    let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    by_polls(subscriber.subscribe(["news"]), &reader).await?;
    for number in 0..20 {
        let (event, receivers) =
            tokio::join!(by_polls(subscriber.next(), &reader), broker.publish("news", number.to_string()));
        ensure!(receivers == Ok(1) && payload(event) == Some(number.to_string()), "{number}: {receivers:?}");
    }
    by_polls(subscriber.psubscribe(["n*"]), &reader).await?;
    by_polls(subscriber.ssubscribe(["shard"]), &reader).await?;
    by_polls(subscriber.unsubscribe(["news"]), &reader).await?;
    ensure!(broker.publish("news", "last").await? == 1 && broker.spublish("shard", "sharded").await? == 1);
    for expected in ["last", "sharded"] {
        ensure!(payload(subscriber.next().await).as_deref() == Some(expected), "{expected} is next");
    }

    // The connection ends under calls that wait.
    let pop = Command::from_argv(["BLPOP", "empty", "0"])?;
    let kill = async {
        sleep(Duration::from_millis(50)).await;
        let killer = running.database(1).await?;
        killer.execute(Command::from_argv(["CLIENT", "KILL", "TYPE", "normal"])?).await?;
        anyhow::Ok(())
    };
    let (ended, other, killed) = tokio::join!(
        by_polls(broker.execute(pop), &reader),
        broker.execute(Command::from_argv(["BLPOP", "e", "0"])?),
        kill
    );
    ensure!(killed.is_ok(), "{killed:?}");
    for ended in [ended, other] {
        ensure!(matches!(ended, Err(embroker::Error::OutcomeUnknown { .. })), "{ended:?}");
    }
    ensure!(reader.woken.load(Ordering::SeqCst) > 40, "its waker panicked all the time");
    ensure!(by_polls(broker.incr("mine"), &reader).await? == 21);
    Ok(())
}

/// An observer that panics at its nth call, before or behind any command: the transaction is whole.
async fn an_observer_that_panics_leaves_a_whole_transaction() -> Result<()> {
    let _watchdog = Watchdog::new("observers that panic", Duration::from_secs(60));
    for at in 0..5 {
        let broker = MemBroker::new();
        let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
        subscriber.subscribe(["news"]).await?;
        let calls = AtomicUsize::new(0);
        let mut pipeline = Pipeline::atomic().observed_by(move || {
            assert!(calls.fetch_add(1, Ordering::SeqCst) != at, "an observer");
        });
        pipeline.set("a", "1").publish("news", "one").set("b", "1").incr("c");
        let outcome = catch_unwind(AssertUnwindSafe(|| embroker::Broker::pipeline_now(&broker, &pipeline)));
        ensure!(outcome.is_err(), "its caller hears of it");
        ensure!(broker.exists(["a", "b", "c"]).await? == 3, "call {at}: half of it ran");
        ensure!(payload(subscriber.try_next()).as_deref() == Some("one"), "call {at}: no message");
        usable(&broker).await?;
    }
    Ok(())
}

/// A clock that panics while it is told to.
struct Broken(Arc<AtomicBool>);

impl Clock for Broken {
    fn now_ms(&self) -> u64 {
        assert!(!self.0.load(Ordering::SeqCst), "a clock");
        1_000_000
    }
}

async fn a_clock_that_panics_leaves_no_half_command() -> Result<()> {
    let _watchdog = Watchdog::new("clocks that panic", Duration::from_secs(60));
    let panics = Arc::new(AtomicBool::new(false));
    let broker = MemBroker::builder().clock(Broken(panics.clone())).build();
    broker.call(&Command::from_argv(["SET", "b", "old", "PX", "5000"])?)?;
    panics.store(true, Ordering::SeqCst);
    let mut pipeline = Pipeline::atomic();
    pipeline.set("a", "1").set("b", "1").setex("c", Duration::from_secs(5), "1");
    let mset = Command::from_argv(["MSET", "d", "1", "b", "2", "e", "1"])?;
    let outcomes = catch_unwind(AssertUnwindSafe(|| {
        let replies = embroker::Broker::pipeline_now(&broker, &pipeline);
        (replies.is_some(), broker.call(&mset).is_ok())
    }));
    ensure!(matches!(outcomes, Ok((true, true))), "commands go on by the time that was told last: {outcomes:?}");
    let watch = broker.watch(["a", "b"]).await?;
    ensure!(watch.exec(Pipeline::atomic()).await?.is_some());
    panics.store(false, Ordering::SeqCst);
    ensure!(broker.exists(["a", "b", "c", "d", "e"]).await? == 5);
    ensure!(broker.ttl("c").await? == embroker::Ttl::Remaining(Duration::from_secs(5)), "the time stood still");
    usable(&broker).await
}

/// A struct that panics when it is written.
struct Panics;

impl serde::Serialize for Panics {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut fields = serializer.serialize_struct("Panics", 2)?;
        fields.serialize_field("first", "written")?;
        panic!("a serializer")
    }
}

async fn a_serializer_that_panics_writes_nothing(backend: Backend) -> Result<()> {
    let running = backend.start().await?;
    let broker = running.broker.clone();
    let task = tokio::spawn(async move { broker.hset_struct("key", &Panics).await });
    ensure!(task.await.is_err_and(|error| error.is_panic()), "its caller hears of it");
    let broker = &running.broker;
    ensure!(broker.exists(["key"]).await? == 0, "half a struct was written");
    ensure!(broker.hset("key", [("f", "v")]).await? == 1);
    Ok(())
}

/// Takes what it hears, and panics at some of it.
struct Listens {
    name: &'static str,
    panics: bool,
}

impl Listener<AnyBroker> for Listens {
    fn name(&self) -> &str {
        self.name
    }

    fn subscriptions(&self) -> Subscriptions {
        Subscriptions::new().channel("news")
    }

    async fn on_message(&mut self, _: &AnyBroker, message: &Message) -> Result<(), ListenerError> {
        assert!(!self.panics || message.payload() != b"3", "a listener");
        Ok(())
    }
}

async fn a_listener_that_panics_is_told_of_and_all_go_on(backend: Backend) -> Result<()> {
    let _watchdog = Watchdog::new("listeners that panic", Duration::from_secs(60));
    let running = backend.start().await?;
    let runner = Runner::new(running.broker.clone());
    let runner =
        runner.listen(Listens { name: "panics", panics: true }).listen(Listens { name: "sound", panics: false });
    let listeners = runner.start().await?;
    for number in 0..6 {
        running.broker.publish("news", number.to_string()).await?;
    }
    listeners.wait_for(|counts| counts.total().seen() == 12).await?;
    let report = listeners.shutdown().await;
    let counts = |name| report.get(name).map(|listener| (listener.counts.handled, listener.counts.failed));
    ensure!(counts("panics") == Some((5, 1)) && counts("sound") == Some((6, 0)), "{report:?}");
    let failures: Vec<_> = report.failures().collect();
    ensure!(matches!(failures[..], [failure] if matches!(failure.cause, Cause::Panic(_))), "{failures:?}");
    Ok(())
}

/// No latch is held and no lock is poisoned: other threads do all kinds of things.
async fn usable(broker: &MemBroker) -> Result<()> {
    on_threads(2, async |number| {
        for name in ["a", "b", "c", "d"] {
            broker.set(name, number.to_string()).await?;
        }
        broker.dbsize().await?;
        broker.sweep();
        let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
        subscriber.subscribe([format!("after:{number}")]).await?;
        ensure!(broker.publish(format!("after:{number}"), "yes").await? == 1);
        ensure!(payload(subscriber.next().await).as_deref() == Some("yes"));
        Ok(())
    })?;
    ensure!(broker.flushall().await.is_ok() && broker.dbsize().await? == 0);
    Ok(())
}

fn main() -> ExitCode {
    // Those that are meant take a line each.
    std::panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
    let mut suite = Suite::new();
    let mem = Backend::Mem;
    suite.test(mem, "a_waker_that_panics_leaves_nobody_asleep", a_waker_that_panics_leaves_nobody_asleep);
    suite.test(
        mem,
        "a_waker_that_panics_in_a_transaction_takes_nothing_back",
        a_waker_that_panics_in_a_transaction_takes_nothing_back,
    );
    suite.test(
        mem,
        "a_waker_that_panics_when_the_broker_goes_ends_every_stream",
        a_waker_that_panics_when_the_broker_goes_ends_every_stream,
    );
    suite.test(
        mem,
        "an_observer_that_panics_leaves_a_whole_transaction",
        an_observer_that_panics_leaves_a_whole_transaction,
    );
    suite.test(mem, "a_clock_that_panics_leaves_no_half_command", a_clock_that_panics_leaves_no_half_command);
    suite.test(
        Backend::Redis,
        "a_waker_that_panics_costs_no_connection_and_no_other_caller",
        a_waker_that_panics_costs_no_connection_and_no_other_caller,
    );
    for backend in Backend::ALL {
        suite.test(backend, "a_serializer_that_panics_writes_nothing", async move || {
            a_serializer_that_panics_writes_nothing(backend).await
        });
        suite.test(backend, "a_listener_that_panics_is_told_of_and_all_go_on", async move || {
            a_listener_that_panics_is_told_of_and_all_go_on(backend).await
        });
    }
    suite.run()
}
