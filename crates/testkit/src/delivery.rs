//! One subscriber's deliveries: from the queue that the broker fills to the one that the subscriber reads, with the
//! plan's faults on the way.
//!
//! The invariant: what the broker delivered is read, held, delayed, or told as a gap, in the broker's order. It runs
//! where the broker wakes a reader, so in memory a message has arrived when PUBLISH returns, as without it.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll, Wake, Waker};

use embroker::{BoxFuture, Bytes, Clock as _, Command, Event, Gap, Queue, Result, Subscriber, SubscriberBackend};
use embroker::{SubscriptionKind, Value};

use crate::clock::lock;
use crate::fault::MessageFate;
use crate::recorder::Record;
use crate::shared::Shared;

/// What delivers to one subscriber.
pub(crate) struct Delivery {
    /// From 1, in the order that subscribers were made.
    pub(crate) id: u64,
    shared: Arc<Shared>,
    /// The broker's own subscriber, until it is cut off or gone.
    source: Mutex<Option<Arc<Subscriber>>>,
    source_queue: Arc<Queue>,
    pub(crate) out: Arc<Queue>,
    state: Mutex<State>,
    pub(crate) names: Mutex<BTreeSet<(Kind, Bytes)>>,
    /// Whether a test itself reads it.
    pub(crate) is_probe: AtomicBool,
    /// How often the broker told that the connection is back.
    outages: AtomicU64,
    bell: Waker,
}

/// A kind of subscription, in an order.
pub(crate) type Kind = u8;

#[derive(Default)]
struct State {
    /// Nothing passes until it is released.
    is_held: bool,
    held: VecDeque<Event>,
    /// What arrives later, in order, and when it may: who stands behind one that may not yet waits for it.
    late: VecDeque<(u64, Event)>,
    /// How many messages of an outage are still to be missed.
    missing: u64,
    /// The broker delivers no more.
    is_over: bool,
}

/// What is to be done once nothing is locked.
#[derive(Default)]
pub(crate) struct Aftermath {
    wakers: Vec<Waker>,
    gone: Vec<Arc<Subscriber>>,
    over: Vec<Arc<Queue>>,
    /// Whether anything is another than before.
    is_news: bool,
}

impl Aftermath {
    pub(crate) fn follow(self, shared: &Shared) {
        self.over.iter().for_each(|queue| queue.close());
        self.wakers.into_iter().for_each(Waker::wake);
        if self.is_news {
            shared.changed();
        }
    }

    /// Adds that of another.
    pub(crate) fn extend(&mut self, other: Self) {
        self.wakers.extend(other.wakers);
        self.gone.extend(other.gone);
        self.over.extend(other.over);
        self.is_news |= other.is_news;
    }
}

impl Delivery {
    pub(crate) fn new(id: u64, shared: Arc<Shared>, source: Subscriber, out: Arc<Queue>) -> Arc<Self> {
        Arc::new_cyclic(|this: &Weak<Self>| Self {
            id,
            shared,
            source_queue: source.queue().clone(),
            source: Mutex::new(Some(Arc::new(source))),
            out,
            state: Mutex::default(),
            names: Mutex::default(),
            is_probe: AtomicBool::new(false),
            outages: AtomicU64::new(0),
            bell: Waker::from(Arc::new(Bell(this.clone()))),
        })
    }

    /// Passes on what the broker has delivered.
    pub(crate) fn pump(&self) -> Aftermath {
        let mut after = Aftermath::default();
        let mut state = lock(&self.state);
        let mut cx = Context::from_waker(&self.bell);
        loop {
            match self.source_queue.poll_next(&mut cx) {
                Poll::Ready(Some(Event::Message(message))) => {
                    self.judge(&mut state, Event::Message(message), &mut after);
                }
                Poll::Ready(Some(event)) => {
                    if event == Event::Gap(Gap::Resubscribed) {
                        self.outages.fetch_add(1, Ordering::SeqCst);
                    }
                    self.send(&mut state, event, 0, &mut after);
                }
                Poll::Ready(None) => {
                    state.is_over = true;
                    self.end_if_over(&state, &mut after);
                    break;
                }
                Poll::Pending => break,
            }
        }
        drop(state);
        after
    }

    /// Lets go what is held; how many events there were.
    pub(crate) fn release(&self) -> (usize, Aftermath) {
        let mut after = Aftermath::default();
        let mut state = lock(&self.state);
        state.is_held = false;
        let held = std::mem::take(&mut state.held);
        let count = held.len();
        for event in held {
            self.send(&mut state, event, 0, &mut after);
        }
        self.end_if_over(&state, &mut after);
        drop(state);
        (count, after)
    }

    /// Cuts the subscriber off and lets it come back at once.
    pub(crate) fn cut(&self) -> Aftermath {
        let mut after = Aftermath::default();
        let mut state = lock(&self.state);
        for gap in [Gap::Disconnected, Gap::Resubscribed] {
            self.send(&mut state, Event::Gap(gap), 0, &mut after);
        }
        drop(state);
        after
    }

    /// How often the broker told that a connection which was lost is back.
    pub(crate) fn outages(&self) -> u64 {
        self.outages.load(Ordering::SeqCst)
    }

    pub(crate) fn is_probe(&self) -> bool {
        self.is_probe.load(Ordering::Relaxed)
    }

    /// How many events arrive later, and how many are held.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let state = lock(&self.state);
        (state.late.len(), state.held.len())
    }

    /// Waits until all that the broker has sent before is here, where that may take time: a subscription is confirmed
    /// after all messages before it.
    pub(crate) async fn catch_up(&self) -> Result<()> {
        let Some(source) = self.source() else { return Ok(()) };
        let marker = format!("embroker-testkit:{}", self.id);
        source.subscribe([marker.as_str()]).await?;
        source.unsubscribe([marker.as_str()]).await?;
        self.pump().follow(&self.shared);
        Ok(())
    }

    fn source(&self) -> Option<Arc<Subscriber>> {
        lock(&self.source).clone()
    }

    fn judge(&self, state: &mut State, event: Event, after: &mut Aftermath) {
        after.is_news = true;
        if state.missing > 0 {
            if let Event::Message(message) = &event {
                self.shared.injector().count_message(message.channel(), self.id);
            }
            self.miss(state, &event, after);
            return;
        }
        let Event::Message(message) = &event else { return };
        match self.shared.injector().judge_message(message.channel(), self.id) {
            MessageFate::Arrives { delay_ms } => self.send(state, event, delay_ms, after),
            MessageFate::IsLost => {
                self.withhold(&event, "lost");
                self.send(state, Event::Gap(Gap::Lagged(1)), 0, after);
            }
            MessageFate::IsHeld => {
                state.is_held = true;
                self.send(state, event, 0, after);
            }
            MessageFate::Cuts { misses } => {
                self.send(state, Event::Gap(Gap::Disconnected), 0, after);
                state.missing = misses;
                self.miss(state, &event, after);
            }
        }
    }

    /// Takes one of the messages that are missed while the subscriber is cut.
    fn miss(&self, state: &mut State, event: &Event, after: &mut Aftermath) {
        state.missing -= 1;
        self.withhold(event, "missed");
        if state.missing == 0 {
            self.send(state, Event::Gap(Gap::Resubscribed), 0, after);
        }
    }

    /// Puts an event behind those before it.
    fn send(&self, state: &mut State, event: Event, delay_ms: u64, after: &mut Aftermath) {
        after.is_news = true;
        if state.is_held {
            self.withhold(&event, "held");
            state.held.push_back(event);
            return;
        }
        if delay_ms == 0 && state.late.is_empty() {
            self.arrive(event, after);
            return;
        }
        let due = self.shared.clock.now_ms().saturating_add(delay_ms);
        self.withhold(&event, "delayed");
        state.late.push_back((due, event));
        if let Some(this) = self.this() {
            self.shared
                .clock
                .call_at(due, move || this.upgrade().map_or((), |this| this.arrive_late().follow(&this.shared)));
        }
    }

    /// Passes on what is due by now.
    fn arrive_late(&self) -> Aftermath {
        let mut after = Aftermath::default();
        let mut state = lock(&self.state);
        let now = self.shared.clock.now_ms();
        while state.late.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, event)) = state.late.pop_front() {
                self.arrive(event, &mut after);
            }
        }
        self.end_if_over(&state, &mut after);
        drop(state);
        after
    }

    fn arrive(&self, event: Event, after: &mut Aftermath) {
        after.is_news = true;
        self.shared.recorder.add(Record::Delivery { subscriber: self.id, event: event.clone() });
        match event {
            Event::Message(message) => {
                let (is_open, waker) = self.out.push_unwoken(message);
                after.wakers.extend(waker);
                if !is_open {
                    after.gone.extend(lock(&self.source).take());
                }
            }
            Event::Gap(gap) => after.wakers.extend(self.out.push_gap_unwoken(gap)),
            _ => {}
        }
    }

    fn withhold(&self, event: &Event, how: &'static str) {
        self.shared.recorder.add(Record::Withheld { subscriber: self.id, event: event.clone(), how });
    }

    /// Ends the stream once the broker has, and all that waits has arrived.
    fn end_if_over(&self, state: &State, after: &mut Aftermath) {
        if state.is_over && state.late.is_empty() && state.held.is_empty() {
            after.is_news = true;
            after.over.push(self.out.clone());
        }
    }

    fn this(&self) -> Option<Weak<Self>> {
        self.shared.delivery(self.id)
    }

    /// One call of the subscriber, with the plan's faults.
    async fn call(&self, verb: &str, kind: SubscriptionKind, names: Vec<Bytes>) -> Result<()> {
        let letter = match kind {
            SubscriptionKind::Channel => "",
            SubscriptionKind::Pattern => "p",
            SubscriptionKind::Shard => "s",
        };
        let name = format!("{letter}{verb}");
        let words = std::iter::once(name.as_bytes()).chain(names.iter().map(AsRef::as_ref));
        let command = Command::from_argv(words)?;
        self.shared.run(&command, 0, Some(self.id), self.call_source(verb, kind, &names)).await?;
        // What came while it ran.
        self.pump().follow(&self.shared);
        Ok(())
    }

    async fn call_source(&self, verb: &str, kind: SubscriptionKind, names: &[Bytes]) -> Result<Value> {
        let Some(source) = self.source() else { return Ok(Value::OK) };
        let words = names.iter().map(AsRef::<[u8]>::as_ref);
        match (verb, kind) {
            ("subscribe", SubscriptionKind::Channel) => source.subscribe(words).await?,
            ("subscribe", SubscriptionKind::Pattern) => source.psubscribe(words).await?,
            ("subscribe", SubscriptionKind::Shard) => source.ssubscribe(words).await?,
            (_, SubscriptionKind::Channel) => source.unsubscribe(words).await?,
            (_, SubscriptionKind::Pattern) => source.punsubscribe(words).await?,
            (_, SubscriptionKind::Shard) => source.sunsubscribe(words).await?,
        }
        let mut all = lock(&self.names);
        for name in names {
            if verb == "subscribe" {
                all.insert((kind as Kind, name.clone()));
            } else {
                all.remove(&(kind as Kind, name.clone()));
            }
        }
        drop(all);
        self.shared.changed();
        Ok(Value::OK)
    }
}

/// Has the deliveries passed on as soon as there are any.
struct Bell(Weak<Delivery>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        if let Some(delivery) = self.0.upgrade() {
            delivery.pump().follow(&delivery.shared);
        }
    }
}

/// The subscriber's end of it: with this it ends.
pub(crate) struct Tap(pub(crate) Arc<Delivery>);

impl SubscriberBackend for Tap {
    fn subscribe(&self, kind: SubscriptionKind, names: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.0.call("subscribe", kind, names))
    }

    fn unsubscribe(&self, kind: SubscriptionKind, names: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            let names = if names.is_empty() {
                let all = lock(&self.0.names);
                all.iter().filter(|(of, _)| *of == kind as Kind).map(|(_, name)| name.clone()).collect()
            } else {
                names
            };
            if names.is_empty() { Ok(()) } else { self.0.call("unsubscribe", kind, names).await }
        })
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.0.shared.forget(self.0.id);
        let source = lock(&self.0.source).take();
        drop(source);
        self.0.shared.changed();
    }
}
