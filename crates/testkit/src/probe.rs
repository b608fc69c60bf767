//! [`Probe`]: a test's own subscriber, which says what it expects.

use std::future::Future;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use embroker::{Arg, Broker as _, Event, Gap, Message, SubscribeOptions, Subscriber};

use crate::delivery::Delivery;
use crate::difference::quoted;
use crate::recorder::show;
use crate::{Result, TestBroker};

/// A subscriber that a test holds what it expects against, event by event.
///
/// What it expects must be the very next event: what comes in between is a failure that is told. Where others may come
/// first, there is [`skip_to_message`](Self::skip_to_message).
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker::prelude::*;
/// use embroker_testkit::TestBroker;
///
/// let broker = TestBroker::new();
/// let mut probe = broker.probe(["sales"]).await?;
/// broker.publish("sales", "order-1").await?;
/// probe.expect_message("sales", "order-1").await;
/// probe.expect_no_message().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Probe {
    broker: TestBroker,
    subscriber: Subscriber,
    seen: Vec<Event>,
}

impl TestBroker {
    /// A subscriber of these channels for the test itself.
    ///
    /// # Errors
    ///
    /// [`Error::Broker`](crate::Error::Broker) where there is no connection, or a fault of the plan says so.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// let mut probe = broker.probe([""; 0]).await?;
    /// probe.psubscribe(["news:*"]).await?;
    /// broker.publish("news:sport", "hello").await?;
    /// probe.expect_message("news:sport", "hello").await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn probe<'a>(&self, channels: impl IntoIterator<Item: Into<Arg<'a>>>) -> Result<Probe> {
        let subscriber = self.subscriber(SubscribeOptions::default()).await?;
        let probe = Probe { broker: self.clone(), subscriber, seen: Vec::new() };
        if let Some(delivery) = probe.delivery() {
            delivery.is_probe.store(true, Ordering::Relaxed);
        }
        probe.subscribe(channels).await?;
        Ok(probe)
    }
}

impl Probe {
    /// Subscribes to channels too.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let broker = embroker_testkit::TestBroker::new();
    /// let probe = broker.probe(["news"]).await?;
    /// probe.subscribe(["weather"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn subscribe<'a>(&self, channels: impl IntoIterator<Item: Into<Arg<'a>>>) -> Result<()> {
        Ok(self.subscriber.subscribe(channels).await?)
    }

    /// Subscribes to patterns too.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let broker = embroker_testkit::TestBroker::new();
    /// let probe = broker.probe(["news"]).await?;
    /// probe.psubscribe(["__keyevent@*__:expired"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn psubscribe<'a>(&self, patterns: impl IntoIterator<Item: Into<Arg<'a>>>) -> Result<()> {
        Ok(self.subscriber.psubscribe(patterns).await?)
    }

    /// The next event must be this message, and is returned.
    ///
    /// # Panics
    ///
    /// Where another comes, or none within the broker's [patience](crate::TestBrokerBuilder::patience). It tells what
    /// came instead and before, what the probe is subscribed to, and the last that happened at the broker.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// let mut probe = broker.probe(["sales"]).await?;
    /// broker.publish("sales", "order-1").await?;
    /// let message = probe.expect_message("sales", "order-1").await;
    /// assert_eq!(message.pattern(), None);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn expect_message(
        &mut self,
        channel: impl AsRef<[u8]>,
        payload: impl AsRef<[u8]>,
    ) -> impl Future<Output = Message> {
        let (at, channel, payload) = (Location::caller(), channel.as_ref().to_vec(), payload.as_ref().to_vec());
        async move {
            match self.next_event().await {
                Some(Event::Message(message)) if is(&message, &channel, &payload) => message,
                other => self.fail(at, &wanted(&channel, &payload), other.as_ref()),
            }
        }
    }

    /// Passes over events until this message comes, and returns it.
    ///
    /// # Panics
    ///
    /// As [`expect_message`](Self::expect_message), where it does not come at all.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// let mut probe = broker.probe(["sales"]).await?;
    /// broker.publish("sales", "order-1").await?;
    /// broker.publish("sales", "order-2").await?;
    /// probe.skip_to_message("sales", "order-2").await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn skip_to_message(
        &mut self,
        channel: impl AsRef<[u8]>,
        payload: impl AsRef<[u8]>,
    ) -> impl Future<Output = Message> {
        let (at, channel, payload) = (Location::caller(), channel.as_ref().to_vec(), payload.as_ref().to_vec());
        async move {
            loop {
                match self.next_event().await {
                    Some(Event::Message(message)) if is(&message, &channel, &payload) => return message,
                    Some(_) => {}
                    None => self.fail(at, &wanted(&channel, &payload), None),
                }
            }
        }
    }

    /// The next event must be this gap.
    ///
    /// # Panics
    ///
    /// As [`expect_message`](Self::expect_message).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::Gap;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// let mut probe = broker.probe(["sales"]).await?;
    /// broker.cut_subscribers();
    /// probe.expect_gap(Gap::Disconnected).await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn expect_gap(&mut self, gap: Gap) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            match self.next_event().await {
                Some(Event::Gap(found)) if found == gap => {}
                other => self.fail(at, &format!("the gap {gap:?}"), other.as_ref()),
            }
        }
    }

    /// Nothing must have arrived that was sent before now: on a real Redis the probe first makes sure that it has all
    /// of it, so no time is lost and none is guessed. What a fault holds or delays has not arrived.
    ///
    /// # Panics
    ///
    /// Where something has; it tells what.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// let mut probe = broker.probe(["sales"]).await?;
    /// broker.publish("weather", "rain").await?;
    /// probe.expect_no_message().await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn expect_no_message(&mut self) -> impl Future<Output = ()> {
        let at = Location::caller();
        async move {
            if let Some(delivery) = self.delivery()
                && self.broker.instance().is_none()
                && !matches!(self.broker.in_time(delivery.catch_up()).await, Some(Ok(())))
            {
                self.fail(at, "no message, and a connection to know it by", None);
            }
            if let Some(event) = self.subscriber.try_next() {
                self.seen.push(event.clone());
                self.fail(at, "no message", Some(&event));
            }
        }
    }

    /// The next event, whatever it is; `None` where none comes in time.
    async fn next_event(&mut self) -> Option<Event> {
        let event = self.broker.in_time(self.subscriber.next()).await.flatten()?;
        self.seen.push(event.clone());
        Some(event)
    }

    fn delivery(&self) -> Option<Arc<Delivery>> {
        self.broker.shared.deliveries().into_iter().find(|delivery| Arc::ptr_eq(&delivery.out, self.subscriber.queue()))
    }

    fn fail(&self, at: &Location<'_>, wanted: &str, found: Option<&Event>) -> ! {
        let found = match found {
            Some(event) => format!("{} came", show(event)),
            None => format!("nothing came within {:?}", self.broker.shared.patience),
        };
        let seen: Vec<_> = self.seen.iter().map(|event| format!("  {}", show(event))).collect();
        let seen = if seen.is_empty() { "  nothing".into() } else { seen.join("\n") };
        let this = self.delivery();
        let subscribed = this.as_ref().map_or_else(|| "gone".into(), |delivery| crate::waits::describe(delivery));
        let (late, held) = this.map_or((0, 0), |delivery| delivery.waiting());
        let withheld = match (late, held) {
            (0, 0) => String::new(),
            (late, held) => format!("faults delay {late} events and hold {held}\n"),
        };
        panic!(
            "{at}: expected {wanted}, but {found}\nall that arrived:\n{seen}\nthis is {subscribed}\n{withheld}the last \
             that happened:\n{}",
            self.broker.shared.tell_last(10)
        )
    }
}

fn is(message: &Message, channel: &[u8], payload: &[u8]) -> bool {
    message.channel() == channel && message.payload() == payload
}

fn wanted(channel: &[u8], payload: &[u8]) -> String {
    format!("{} on {}", quoted(payload), quoted(channel))
}
