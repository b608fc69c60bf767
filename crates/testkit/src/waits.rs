//! Waits in the place of sleeps: for subscribers, for quiet, for whatever a test can ask.
//!
//! A wait ends as soon as it can. One that ends in vain panics, and tells what was there instead.

use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::pin;
use std::sync::LazyLock;
use std::task::Poll;
use std::time::{Duration, Instant};

use embroker::{Broker, Bytes, Command, Glob, SubscriptionKind, Value};

use crate::clock::lock;
use crate::delivery::{Delivery, Kind};
use crate::difference::quoted;
use crate::{TestBroker, TestClock};

/// Waits go by the machine's time, whatever the test does to its own.
static MACHINE: LazyLock<TestClock> = LazyLock::new(TestClock::real);

/// How often is looked for what nobody tells of: other clients of a real Redis.
const LOOK: Duration = Duration::from_millis(10);

/// How often a wait looks at least, however late it is.
const LEAST_LOOKS: u32 = 3;

/// How often all must be quiet in a row, with everybody else's turn in between.
const QUIET: u32 = 3;

impl TestBroker {
    /// Waits until at least so many subscriptions receive what is published on the channel, by its name or by a
    /// pattern: what PUBLISH would answer. For listeners that another task starts.
    ///
    /// # Panics
    ///
    /// Where they don't come within the broker's [patience](crate::TestBrokerBuilder::patience); it tells who is
    /// subscribed to what.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::{SubscribeOptions, prelude::*};
    /// use embroker_testkit::TestBroker;
    ///
    /// let broker = TestBroker::new();
    /// let listener = broker.clone();
    /// tokio::spawn(async move {
    ///     let mut subscriber = listener.subscriber(SubscribeOptions::default()).await?;
    ///     subscriber.psubscribe(["news:*"]).await?;
    ///     while subscriber.next().await.is_some() {}
    ///     Ok::<(), embroker::Error>(())
    /// });
    /// broker.wait_for_subscribers("news:sport", 1).await;
    /// assert_eq!(broker.publish("news:sport", "hello").await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn wait_for_subscribers(&self, channel: impl AsRef<[u8]>, count: usize) -> impl Future<Output = ()> {
        let (at, channel) = (Location::caller(), channel.as_ref().to_vec());
        async move {
            let mut there = 0;
            let found = self.until(async || {
                there = self.receivers(&channel).await;
                (there >= count).then_some(())
            });
            let found = found.await;
            assert!(
                found.is_some(),
                "{at}: {there} of {count} subscriptions of {} are there after {:?}\n{}",
                quoted(&channel),
                self.shared.patience,
                self.subscriptions()
            );
        }
    }

    /// Waits until nobody has anything to do: no command waits for its answer, every message has arrived, and whoever
    /// reads a subscriber has taken all of it and waits for more, so that what a listener does with a message is done.
    /// [Probes](crate::Probe) are not counted; nor is what a [fault holds](crate::FaultOf::is_held).
    ///
    /// It sees what goes through this broker and its clones. A listener that hands its work to another task is not
    /// waited for: there [`wait_until`](Self::wait_until) says when it is done.
    ///
    /// # Panics
    ///
    /// Where somebody is still busy at the end of the broker's [patience](crate::TestBrokerBuilder::patience); it tells
    /// who.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::{SubscribeOptions, prelude::*};
    /// use embroker_testkit::TestBroker;
    ///
    /// let broker = TestBroker::new();
    /// let app = broker.clone();
    /// tokio::spawn(async move {
    ///     let mut subscriber = app.subscriber(SubscribeOptions::default()).await?;
    ///     subscriber.subscribe(["sales"]).await?;
    ///     while subscriber.next().await.is_some() {
    ///         app.incr("sold").await?;
    ///     }
    ///     Ok::<(), embroker::Error>(())
    /// });
    /// broker.wait_for_subscribers("sales", 1).await;
    /// broker.publish("sales", "1").await?;
    /// broker.publish("sales", "2").await?;
    /// broker.wait_until_idle().await;
    /// broker.assert_string("sold", 2).await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn wait_until_idle(&self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            let (mut busy, mut quiet, mut happened) = (Vec::new(), 0, None);
            let found = self.until(async || {
                for _ in 0..=QUIET {
                    busy = self.who_is_busy().await;
                    let now = self.shared.happened();
                    quiet = if busy.is_empty() && happened == Some(now) { quiet + 1 } else { 0 };
                    happened = Some(now);
                    if quiet == QUIET {
                        return Some(());
                    }
                    everybody_else().await;
                }
                None
            });
            let found = found.await;
            assert!(found.is_some(), "{at}: not idle after {:?}\n  {}", self.shared.patience, busy.join("\n  "));
        }
    }

    /// Waits until something is true. It is asked at first, after whatever happens at the broker, and now and then.
    ///
    /// # Panics
    ///
    /// Where it does not become true within the broker's [patience](crate::TestBrokerBuilder::patience); it tells what
    /// happened last.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::prelude::*;
    /// use embroker_testkit::TestBroker;
    ///
    /// let broker = TestBroker::new();
    /// let app = broker.clone();
    /// tokio::spawn(async move { app.set("ready", 1).await });
    /// broker.wait_until("the app is ready", async || broker.exists(["ready"]).await == Ok(1)).await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn wait_until(&self, what: impl Into<String>, is_so: impl AsyncFn() -> bool) -> impl Future<Output = ()> {
        let (at, what) = (Location::caller(), what.into());
        async move {
            let found = self.until(async || is_so().await.then_some(())).await;
            assert!(
                found.is_some(),
                "{at}: {what}: not so after {:?}; the last that happened:\n{}",
                self.shared.patience,
                self.shared.tell_last(20)
            );
        }
    }

    /// Looks again and again until there is an answer, or the patience is over.
    pub(crate) async fn until<T>(&self, mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + self.shared.patience;
        let mut looks = 0;
        loop {
            let mut news = pin!(self.shared.news().notified());
            news.as_mut().enable();
            if let Some(found) = look().await {
                return Some(found);
            }
            looks += 1;
            // A machine that was busy elsewhere all the time gives the others their turn too.
            if looks >= LEAST_LOOKS && Instant::now() >= deadline {
                return None;
            }
            either(news, MACHINE.sleep(LOOK)).await;
            everybody_else().await;
        }
    }

    /// What a future answers within the patience.
    pub(crate) async fn in_time<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let (mut future, mut over) = (pin!(future), pin!(MACHINE.sleep(self.shared.patience)));
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending => over.as_mut().poll(cx).map(|()| None),
        })
        .await
    }

    /// How many subscriptions receive what is published on a channel.
    async fn receivers(&self, channel: &[u8]) -> usize {
        let mut receivers = 0;
        if let Ok(command) = Command::from_argv([b"PUBSUB".as_slice(), b"NUMSUB", channel])
            && let Ok(Value::Array(counts)) = self.inner.execute(command).await
            && let Some(Value::Int(count)) = counts.get(1)
        {
            receivers += usize::try_from(*count).unwrap_or(0);
        }
        for delivery in self.shared.deliveries() {
            let names = lock(&delivery.names);
            let patterns = names.iter().filter(|(kind, _)| *kind == SubscriptionKind::Pattern as Kind);
            receivers += patterns.filter(|(_, pattern)| Glob::new(pattern).matches(channel)).count();
        }
        receivers
    }

    /// Who still has something to do, a line each.
    async fn who_is_busy(&self) -> Vec<String> {
        let mut busy = Vec::new();
        let running = self.shared.running();
        // The recorder may have been cleared meanwhile, and knows commands that gave up as well.
        match self.shared.recorder.unanswered() {
            commands if commands.len() == running => {
                busy.extend(commands.into_iter().map(|(command, is_struck)| {
                    let why = if is_struck { ", which a fault delays" } else { "" };
                    format!("{command} waits for its answer{why}")
                }));
            }
            _ if running == 0 => {}
            _ if running == 1 => busy.push("1 command waits for its answer".to_owned()),
            _ => busy.push(format!("{running} commands wait for their answers")),
        }
        for delivery in self.shared.deliveries() {
            if self.inner.instance().is_none() && !matches!(self.in_time(delivery.catch_up()).await, Some(Ok(()))) {
                busy.push(format!("{} has no connection", describe(&delivery)));
            }
            let (late, _) = delivery.waiting();
            if late > 0 {
                let events = if late == 1 { "1 event is".into() } else { format!("{late} events are") };
                busy.push(format!("{events} delayed on the way to {}", describe(&delivery)));
            }
            if delivery.is_probe() {
                continue;
            }
            let (waiting, taken) = (delivery.out.len(), delivery.out.taken());
            if waiting > 0 {
                let messages = if waiting == 1 { "1 message waits".into() } else { format!("{waiting} messages wait") };
                busy.push(format!("{messages} to be read by {}", describe(&delivery)));
            } else if taken > 0 && !delivery.out.is_awaited() && !delivery.out.is_closed() {
                busy.push(format!("{} took {taken} and has not asked for more", describe(&delivery)));
            }
        }
        busy
    }

    /// Who is subscribed to what, a line each.
    pub(crate) fn subscriptions(&self) -> String {
        let lines: Vec<_> =
            self.shared.deliveries().iter().map(|delivery| format!("  {}", describe(delivery))).collect();
        if lines.is_empty() { "  nobody subscribes".into() } else { lines.join("\n") }
    }
}

/// A subscriber and its subscriptions, in words.
pub(crate) fn describe(delivery: &Delivery) -> String {
    let names = lock(&delivery.names);
    let names = names.iter().map(|(kind, name): &(Kind, Bytes)| match kind {
        0 => quoted(name),
        1 => format!("pattern {}", quoted(name)),
        _ => format!("shard channel {}", quoted(name)),
    });
    let names = names.collect::<Vec<_>>().join(", ");
    format!("subscriber {} of {}", delivery.id, if names.is_empty() { "nothing" } else { &names })
}

/// Ends with the first of two.
async fn either(one: impl Future<Output = ()>, other: impl Future<Output = ()>) {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| if one.as_mut().poll(cx).is_ready() { Poll::Ready(()) } else { other.as_mut().poll(cx) }).await;
}

/// Lets all other tasks of the thread have a turn.
async fn everybody_else() {
    let mut was_here = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut was_here, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
