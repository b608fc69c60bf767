//! SUBSCRIBE and its kin: one subscriber of the broker for each client that wants one.
//!
//! The order that a client may rely on: no message of a channel comes before its confirmation or after that of its end,
//! and every message that was published before a command ran comes before that command's reply.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};

use bytes::Bytes;
use embroker_core::commands::{ConnectionCommand, PubSubCommand};
use embroker_core::instance::config::OutputLimit;
use embroker_core::table::CommandId;
use embroker_core::{
    Arg, Broker, Event, Message, Overflow, Queue, Result, ServerError, SubscribeOptions, Subscriber, SubscriptionKind,
    Value,
};

use smallvec::SmallVec;

use crate::session::{Context, Session, in_server_words};
use crate::shared::Shared;

/// What one client is subscribed to.
#[derive(Debug, Default)]
pub struct Subscriptions {
    /// Who kills the client ends it too, see [`Facts`](crate::clients::Facts).
    subscriber: Option<Arc<Subscriber>>,
    channels: Names,
    patterns: Names,
    shard_channels: Names,
    /// How many names were added so far.
    added: u64,
}

/// The names of one kind, each with the number that it was added as. Short ones stand in the table, so that what many
/// took is given back with it.
#[derive(Debug, Default)]
struct Names(HashMap<SmallVec<[u8; 24]>, u64>);

impl Names {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn remove(&mut self, name: &[u8]) {
        self.0.remove(name);
        if self.0.is_empty() {
            self.0 = HashMap::new();
        } else if self.0.len() < self.0.capacity() / 8 {
            self.0.shrink_to(self.0.len() * 2);
        }
    }

    /// In the order in which they were added: that of Redis for patterns. For channels it has none.
    fn in_order(&self) -> Vec<Bytes> {
        let mut names: Vec<(&u64, &[u8])> = self.0.iter().map(|(name, number)| (number, &**name)).collect();
        names.sort_unstable();
        names.into_iter().map(|(_, name)| Bytes::copy_from_slice(name)).collect()
    }
}

impl Subscriptions {
    /// The next message, or that some are missing, for [`Session::deliver`]. Pending for ever where the client has no
    /// subscription.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// # use embroker_core::{Event, prelude::*};
    /// session.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// session.take_output();
    /// sessions.broker().publish("news", "hello").await?;
    /// let (_, subscriptions, _) = session.output_and_sources();
    /// let event = std::future::poll_fn(|cx| subscriptions.poll_next(cx)).await;
    /// assert!(matches!(event, Some(Event::Message(message)) if message.payload() == b"hello"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_next(&mut self, cx: &mut TaskContext<'_>) -> Poll<Option<Event>> {
        self.queue().map_or(Poll::Pending, |queue| queue.poll_next(cx))
    }

    /// Has the queue go by another `client-output-buffer-limit`.
    ///
    /// # Examples
    ///
    /// A client whose messages may take a mebibyte is cut off by a larger one:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// # use embroker_core::{Event, instance::config::Config, prelude::*};
    /// let config = Config::new();
    /// config.set([("client-output-buffer-limit", "pubsub 1mb 0 0")])?;
    /// session.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// let (_, subscriptions, _) = session.output_and_sources();
    /// subscriptions.limit(config.output_limits().pubsub);
    /// sessions.broker().publish("news", vec![0; 2 << 20]).await?;
    /// let event = std::future::poll_fn(|cx| subscriptions.poll_next(cx)).await;
    /// assert!(!matches!(event, Some(Event::Message(_))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn limit(&self, pubsub: OutputLimit) {
        if let Some(queue) = self.queue() {
            queue.set_max_bytes(most_bytes(pubsub));
        }
    }

    /// Where messages wait.
    pub(crate) fn queue(&self) -> Option<&Arc<Queue>> {
        self.subscriber.as_ref().map(|subscriber| subscriber.queue())
    }

    /// How many there are of each kind.
    pub(crate) fn counts(&self) -> Counts {
        Counts {
            channels: self.channels.len(),
            patterns: self.patterns.len(),
            shard_channels: self.shard_channels.len(),
        }
    }

    /// How many bytes of messages wait to be written.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// # use embroker_core::prelude::*;
    /// session.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// session.take_output();
    /// sessions.broker().publish("news", "hello").await?;
    /// assert!(session.output_and_sources().1.pending_bytes() >= "hello".len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn pending_bytes(&self) -> usize {
        self.queue().map_or(0, |queue| queue.bytes())
    }

    /// Whether there are none.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// assert!(session.output_and_sources().1.is_empty());
    /// session.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// assert!(!session.output_and_sources().1.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_empty(&self) -> bool {
        self.counts().is_empty()
    }

    fn names(&mut self, kind: SubscriptionKind) -> &mut Names {
        match kind {
            SubscriptionKind::Channel => &mut self.channels,
            SubscriptionKind::Pattern => &mut self.patterns,
            SubscriptionKind::Shard => &mut self.shard_channels,
        }
    }

    fn add(&mut self, kind: SubscriptionKind, name: &[u8]) {
        let number = self.added;
        self.added += 1;
        self.names(kind).0.entry(SmallVec::from_slice(name)).or_insert(number);
    }
}

/// How many subscriptions a client has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) channels: usize,
    pub(crate) patterns: usize,
    pub(crate) shard_channels: usize,
}

impl Counts {
    pub(crate) fn is_empty(self) -> bool {
        self.channels + self.patterns + self.shard_channels == 0
    }

    /// What a confirmation tells: channels and patterns are counted together, shard channels apart.
    fn beside(self, kind: SubscriptionKind) -> usize {
        match kind {
            SubscriptionKind::Channel | SubscriptionKind::Pattern => self.channels + self.patterns,
            SubscriptionKind::Shard => self.shard_channels,
        }
    }
}

/// Whether a RESP2 client with a subscription may call it.
pub(crate) fn is_allowed_with_subscriptions(id: CommandId) -> bool {
    use ConnectionCommand::{Ping, Quit, Reset};
    use PubSubCommand::{PSubscribe, PUnsubscribe, SSubscribe, SUnsubscribe, Subscribe, Unsubscribe};

    matches!(
        id,
        CommandId::PubSub(Subscribe | Unsubscribe | PSubscribe | PUnsubscribe | SSubscribe | SUnsubscribe)
            | CommandId::Connection(Ping | Quit | Reset)
    )
}

/// What SUBSCRIBE and its kin change, and whether they add to it. `None` for other commands.
pub(crate) fn change_of(command: PubSubCommand) -> Option<(SubscriptionKind, bool)> {
    match command {
        PubSubCommand::Subscribe => Some((SubscriptionKind::Channel, true)),
        PubSubCommand::PSubscribe => Some((SubscriptionKind::Pattern, true)),
        PubSubCommand::SSubscribe => Some((SubscriptionKind::Shard, true)),
        PubSubCommand::Unsubscribe => Some((SubscriptionKind::Channel, false)),
        PubSubCommand::PUnsubscribe => Some((SubscriptionKind::Pattern, false)),
        PubSubCommand::SUnsubscribe => Some((SubscriptionKind::Shard, false)),
        _ => None,
    }
}

/// How many bytes of messages may wait.
fn most_bytes(limit: OutputLimit) -> usize {
    if limit.hard == 0 { usize::MAX } else { usize::try_from(limit.hard).unwrap_or(usize::MAX) }
}

impl<B> Shared<B> {
    /// A client that lets more messages wait than `client-output-buffer-limit` allows is cut off.
    fn queue(&self) -> SubscribeOptions {
        let bytes = most_bytes(self.config().output_limits().pubsub);
        SubscribeOptions::default().max_messages(usize::MAX).max_bytes(bytes).overflow(Overflow::Disconnect)
    }
}

impl<B: Broker> Session<B> {
    pub(crate) async fn pubsub(&mut self, command: PubSubCommand, args: &[Arg<'_>]) {
        let Some((kind, adds)) = change_of(command) else { return };
        let (verb, names) = (command.spec().name, args.iter().map(Arg::to_bytes).collect());
        let done =
            if adds { self.subscribe(kind, verb, names).await } else { self.unsubscribe(kind, verb, names).await };
        if let Err(error) = done {
            self.error(&in_server_words(&error));
        }
    }

    /// The confirmations of what the broker has changed already, inside of a transaction.
    pub(crate) fn confirm_changed(&mut self, command: PubSubCommand, args: &[Arg<'_>]) {
        let Some((kind, adds)) = change_of(command) else { return };
        let (verb, names) = (command.spec().name, args.iter().map(Arg::to_bytes).collect());
        if adds {
            self.subscribed(kind, verb, names);
        } else {
            let names = self.named(kind, names);
            self.unsubscribed(kind, verb, names);
        }
    }

    /// The client's subscriber, which there is from now on.
    pub(crate) async fn subscriber(&mut self) -> Result<&Arc<Subscriber>> {
        let subscriber = if let Some(subscriber) = self.subscriptions.subscriber.take() {
            subscriber
        } else {
            let subscriber = Arc::new(self.shared.broker.subscriber(self.shared.queue()).await?);
            self.client.facts().subscriber = Arc::downgrade(&subscriber);
            subscriber
        };
        Ok(self.subscriptions.subscriber.insert(subscriber))
    }

    /// Gives the subscriber back where nothing is subscribed.
    pub(crate) fn leave_if_unsubscribed(&mut self) {
        if self.subscriptions.is_empty() {
            self.subscriptions.subscriber = None;
        }
    }

    /// `SUBSCRIBE channel …`: a confirmation for each name, with how many subscriptions the client then has.
    async fn subscribe(&mut self, kind: SubscriptionKind, verb: &str, names: Vec<Bytes>) -> Result<()> {
        self.deliver_before_confirming();
        let subscriber = self.subscriber().await?;
        match kind {
            SubscriptionKind::Channel => subscriber.subscribe(&names).await?,
            SubscriptionKind::Pattern => subscriber.psubscribe(&names).await?,
            SubscriptionKind::Shard => subscriber.ssubscribe(&names).await?,
        }
        self.subscribed(kind, verb, names);
        Ok(())
    }

    fn subscribed(&mut self, kind: SubscriptionKind, verb: &str, names: Vec<Bytes>) {
        for name in names {
            self.subscriptions.add(kind, &name);
            self.confirm(kind, verb, name.into());
        }
    }

    /// `UNSUBSCRIBE [channel …]`: as SUBSCRIBE; without a name, all of the kind, or nil where there is none.
    async fn unsubscribe(&mut self, kind: SubscriptionKind, verb: &str, names: Vec<Bytes>) -> Result<()> {
        let names = self.named(kind, names);
        if let Some(subscriber) = &self.subscriptions.subscriber {
            match kind {
                SubscriptionKind::Channel => subscriber.unsubscribe(&names).await?,
                SubscriptionKind::Pattern => subscriber.punsubscribe(&names).await?,
                SubscriptionKind::Shard => subscriber.sunsubscribe(&names).await?,
            }
        }
        self.deliver_before_confirming();
        self.unsubscribed(kind, verb, names);
        self.leave_if_unsubscribed();
        Ok(())
    }

    /// The names, or all of the kind where there are none.
    fn named(&mut self, kind: SubscriptionKind, names: Vec<Bytes>) -> Vec<Bytes> {
        if names.is_empty() { self.subscriptions.names(kind).in_order() } else { names }
    }

    fn unsubscribed(&mut self, kind: SubscriptionKind, verb: &str, names: Vec<Bytes>) {
        if names.is_empty() {
            self.confirm(kind, verb, Value::Null);
        }
        for name in names {
            self.subscriptions.names(kind).remove(&name);
            self.confirm(kind, verb, name.into());
        }
    }

    /// Ends all subscriptions without a word.
    pub(crate) fn forget_subscriptions(&mut self) {
        self.deliver_waiting();
        self.subscriptions = Subscriptions::default();
    }

    /// Writes the messages that were added to the queue before it held so many, see [`Queue::pushed`].
    pub(crate) fn deliver_until(&mut self, pushed: u64) {
        while self.subscriptions.queue().is_some_and(|queue| queue.taken() < pushed) && self.deliver_next() {}
    }

    /// Writes the messages that wait; not inside EXEC's reply, where each has its place.
    fn deliver_before_confirming(&mut self) {
        if self.context != Context::Multi {
            self.deliver_waiting();
        }
    }

    /// Writes the messages that wait.
    pub(crate) fn deliver_waiting(&mut self) {
        while self.deliver_next() {}
    }

    /// Writes the next message that waits; whether there was one.
    fn deliver_next(&mut self) -> bool {
        match self.subscriptions.queue().and_then(|queue| queue.try_next()) {
            Some(Event::Message(message)) if self.deliver(&message) => true,
            // Messages are missing: a client that is closed knows, and subscribes again.
            Some(_) => {
                self.ending = true;
                false
            }
            None => false,
        }
    }

    /// Writes one message; `false` where there is no memory for it, and the client is to be closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use embroker_core::resp::Request;
    /// # use embroker_mem::MemBroker;
    /// # use embroker_session::{Address, Sessions};
    /// # let sessions = Sessions::new(MemBroker::new());
    /// # let mut session = sessions.open(Address::unknown())?;
    /// # use embroker_core::{Event, prelude::*};
    /// session.request(&Request::from_argv(["SUBSCRIBE", "news"])?).await;
    /// session.take_output();
    /// sessions.broker().publish("news", "hello").await?;
    /// let (_, subscriptions, _) = session.output_and_sources();
    /// let event = std::future::poll_fn(|cx| subscriptions.poll_next(cx)).await;
    /// let Some(Event::Message(message)) = event else { return Err("there is a message".into()) };
    /// assert!(session.deliver(&message));
    /// assert_eq!(session.output()[..], b"*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n"[..]);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn deliver(&mut self, message: &Message) -> bool {
        self.protocol.message(&mut self.out, message).is_ok()
    }

    /// `PING [message]` of a RESP2 client with a subscription: it looks like a message.
    pub(crate) fn pong(&mut self, args: &[Arg<'_>]) {
        match args {
            [] => self.value(&Value::from_iter(["pong", ""])),
            [message] => self.value(&Value::from_iter([Value::from("pong"), message.to_bytes().into()])),
            _ => self.error(&ServerError::wrong_arity("ping")),
        }
    }

    fn confirm(&mut self, kind: SubscriptionKind, verb: &str, name: Value) {
        let count = self.subscriptions.counts().beside(kind);
        self.protocol.push(&mut self.out, &[verb.into(), name, count.into()]);
    }
}
