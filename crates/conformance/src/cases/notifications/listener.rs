//! Hears every event of a broker, and tells them beside the commands that they are of.

use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Command, Event, SubscribeOptions, Subscriber};

use crate::cases::pubsub::event;
use crate::check::{Difference, Done, Failure};
use crate::transcript::{words, written_wrong};

/// Every event of a broker, told by the broker's own messages.
pub(super) struct Listener {
    pub(super) broker: AnyBroker,
    pub(super) subscriber: Subscriber,
}

impl Listener {
    /// Asks the broker for these classes of events.
    pub(super) async fn start(broker: &AnyBroker, classes: &str) -> Result<Self, Failure> {
        let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
        subscriber.psubscribe(["__key*@*__:*", "end"]).await?;
        let listener = Self { broker: broker.clone(), subscriber };
        listener.ask_for(classes).await?;
        Ok(listener)
    }

    pub(super) async fn ask_for(&self, classes: &str) -> Done {
        Ok(self.broker.config_set("notify-keyspace-events", classes).await?)
    }

    /// The messages since the last call, as `channel payload`.
    pub(super) async fn messages(&mut self) -> Result<Vec<String>, Failure> {
        self.broker.publish("end", "").await?;
        let mut messages = Vec::new();
        loop {
            match event(&mut self.subscriber).await? {
                Some(Event::Message(message)) if message.channel() == b"end" => return Ok(messages),
                Some(Event::Message(message)) => messages
                    .push(format!("{} {}", message.channel().escape_ascii(), message.payload().escape_ascii())),
                other => return Err(Failure::unlike("the subscriber", "a message", format!("{other:?}"))),
            }
        }
    }

    /// The events since the last call, as `event key`, behind the number of a database that is not 0. Each has to come
    /// on the channel of its key first, and then on its own.
    pub(super) async fn events(&mut self) -> Result<String, Failure> {
        let messages = self.messages().await?;
        let pairs = messages.chunks(2).map(|pair| event_of(pair).ok_or_else(|| pair.join(", then ")));
        match pairs.collect::<Result<Vec<_>, _>>() {
            Ok(events) => Ok(events.join(", ")),
            Err(pair) => Err(Failure::unlike("an event", "the same on its key's channel and then on its own", pair)),
        }
    }

    /// Runs each line's command, whatever it answers, and compares the events that it tells with those behind the
    /// arrow.
    pub(super) async fn transcript(&mut self, lines: &str) -> Done {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (command, expected) = line.split_once("=>").ok_or_else(|| written_wrong(line))?;
            let argv = words(command).ok_or_else(|| written_wrong(line))?;
            // An error is an answer too.
            let _ = self.broker.execute(Command::from_argv(&argv)?).await;
            self.compare(command.trim(), expected.trim()).await?;
        }
        Ok(())
    }

    /// Compares the events since the last call, which are those of this command.
    pub(super) async fn compare(&mut self, command: &str, expected: &str) -> Done {
        let got = self.events().await?;
        if got == expected {
            return Ok(());
        }
        let step = format!("the events of {command}");
        Err(Failure::Different(vec![Difference { step, expected: expected.into(), got }]))
    }
}

/// The event of the two messages that tell of it, where they are such two.
fn event_of(pair: &[String]) -> Option<String> {
    let [on_key, on_event] = pair else { return None };
    let ((on_key, event), (on_event, key)) = (on_key.rsplit_once(' ')?, on_event.rsplit_once(' ')?);
    let (database, _) = on_key.strip_prefix("__keyspace@")?.split_once("__:")?;
    if on_key != format!("__keyspace@{database}__:{key}") || on_event != format!("__keyevent@{database}__:{event}") {
        return None;
    }
    Some(if database == "0" { format!("{event} {key}") } else { format!("{database}:{event} {key}") })
}

/// As [`Listener::transcript`], with a listener of its own.
pub(super) async fn transcript(broker: &AnyBroker, classes: &str, lines: &str) -> Done {
    Listener::start(broker, classes).await?.transcript(lines).await
}
