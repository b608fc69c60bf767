//! What a subscriber reads: messages, and gaps where messages are missing.

use std::fmt;
use std::iter::repeat_n;

use triomphe::{Arc, ThinArc};

use super::{Name, SubscriptionKind};
use crate::error::{Error, Result};

/// One item of a subscriber's stream.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_core::{Event, Gap, SubscribeOptions, prelude::*};
///
/// let mut subscriber = broker.subscriber(SubscribeOptions::default().max_messages(1)).await?;
/// subscriber.subscribe(["news"]).await?;
/// broker.publish("news", "first").await?;
/// broker.publish("news", "second").await?;
///
/// let mut told = Vec::new();
/// while let Some(event) = subscriber.try_next() {
///     told.push(match event {
///         Event::Message(message) => message.payload_str()?.to_owned(),
///         Event::Gap(Gap::Lagged(n)) => format!("{n} lost"),
///         _ => "read the state again".to_owned(),
///     });
/// }
/// assert_eq!(told, ["1 lost", "second"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// A message that was published.
    Message(Message),
    /// A place where messages may be missing.
    Gap(Gap),
}

impl Event {
    /// The message, where it is one.
    ///
    /// ```
    /// use embroker_core::{Event, Gap, Message};
    ///
    /// assert!(Event::Message(Message::new(b"news", b"hello")).into_message().is_some());
    /// assert!(Event::Gap(Gap::Lagged(3)).into_message().is_none());
    /// ```
    pub fn into_message(self) -> Option<Message> {
        match self {
            Self::Message(message) => Some(message),
            Self::Gap(_) => None,
        }
    }
}

/// Why messages may be missing at this place of the stream.
///
/// # Examples
///
/// ```
/// use embroker_core::Gap;
///
/// /// What the app does about it: are its totals still right?
/// fn must_read_again(gap: Gap) -> bool {
///     match gap {
///         Gap::Lagged(messages) => messages > 0,
///         Gap::Resubscribed => true,
///         // Nothing to read until the connection is back.
///         _ => false,
///     }
/// }
/// assert!(must_read_again(Gap::Lagged(3)) && !must_read_again(Gap::Disconnected));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Gap {
    /// The subscriber read too slowly, and this many messages were dropped here: exactly so many.
    Lagged(u64),
    /// The connection to the broker was lost; what is published from here on is not received. The last event
    /// of the stream where the subscriber was cut off for good, see [`Overflow::Disconnect`](crate::Overflow).
    Disconnected,
    /// The connection is back and the broker has confirmed every subscription again; messages in between are lost.
    Resubscribed,
}

/// One message as one of a subscriber's subscriptions received it.
///
/// Channel and payload are shared by all who receive the message; a clone copies neither. It takes 16 bytes besides.
///
/// # Examples
///
/// ```
/// use embroker_core::Message;
///
/// let message = Message::new(b"news:sport", b"hello").matched_by("news:*".into());
/// assert_eq!((message.channel(), message.payload()), (&b"news:sport"[..], &b"hello"[..]));
/// assert_eq!(message.pattern(), Some(&b"news:*"[..]));
/// assert_eq!(format!("{message:?}"), r#""hello" on "news:sport" by "news:*""#);
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Message {
    /// The channel, then the payload, each as a bulk string of the protocol: what all who receive it over a socket are
    /// sent is made once.
    content: ThinArc<Header, u8>,
    pattern: Option<Name>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Header {
    /// Where the channel ends.
    channel_end: usize,
    /// How many bytes stand before the channel.
    before_channel: u8,
    /// How many stand between the channel and the payload.
    between: u8,
    sharded: bool,
}

/// The end of a line of the protocol.
const LINE_END: &[u8] = b"\r\n";

impl Message {
    /// A message as a subscription to its channel receives it.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Message, SubscriptionKind};
    ///
    /// assert_eq!(Message::new(b"news", b"hello").kind(), SubscriptionKind::Channel);
    /// ```
    pub fn new(channel: &[u8], payload: &[u8]) -> Self {
        Self::with_content(channel, payload, false)
    }

    /// A message as a subscription to its shard channel receives it, see
    /// [`Subscriber::ssubscribe`](crate::Subscriber::ssubscribe).
    ///
    /// ```
    /// use embroker_core::{Message, SubscriptionKind};
    ///
    /// let message = Message::sharded(b"news", b"hello");
    /// assert_eq!(message.kind(), SubscriptionKind::Shard);
    /// assert_ne!(message, Message::new(b"news", b"hello"));
    /// assert_eq!(format!("{message:?}"), r#""hello" on shard channel "news""#);
    /// ```
    pub fn sharded(channel: &[u8], payload: &[u8]) -> Self {
        Self::with_content(channel, payload, true)
    }

    /// One allocation: room for both texts, which are then copied as a whole.
    fn with_content(channel: &[u8], payload: &[u8], sharded: bool) -> Self {
        let (mut digits, mut more_digits) = (itoa::Buffer::new(), itoa::Buffer::new());
        let channel_len = digits.format(channel.len()).as_bytes();
        let payload_len = more_digits.format(payload.len()).as_bytes();
        let pieces = [b"$", channel_len, LINE_END, channel, LINE_END, b"$", payload_len, LINE_END, payload, LINE_END];
        // A length has 20 digits at most.
        let before_channel = channel_len.len() as u8 + 3;
        let header = Header {
            channel_end: usize::from(before_channel) + channel.len(),
            before_channel,
            between: payload_len.len() as u8 + 5,
            sharded,
        };
        let len = pieces.iter().map(|piece| piece.len()).sum();
        let mut content = ThinArc::from_header_and_iter(header, repeat_n(0, len));
        content.with_arc_mut(|content| {
            // Nobody else has it yet.
            if let Some(content) = Arc::get_mut(content) {
                let mut rest = content.slice_mut();
                for piece in pieces {
                    let (place, behind) = rest.split_at_mut(piece.len());
                    place.copy_from_slice(piece);
                    rest = behind;
                }
            }
        });
        Self { content, pattern: None }
    }

    /// The same message as a subscription to this pattern receives it.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Message, SubscriptionKind};
    ///
    /// let message = Message::new(b"news", b"hello").matched_by("n*".into());
    /// assert_eq!(message.kind(), SubscriptionKind::Pattern);
    /// ```
    #[must_use]
    pub fn matched_by(&self, pattern: Name) -> Self {
        Self { content: self.content.clone(), pattern: Some(pattern) }
    }

    /// The channel that it was published to.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Message;
    ///
    /// assert_eq!(Message::new(b"news", b"hello").channel(), b"news");
    /// ```
    pub fn channel(&self) -> &[u8] {
        self.texts().0
    }

    /// What was published.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Message;
    ///
    /// assert_eq!(Message::new(b"news", b"\xff\0").payload(), b"\xff\0");
    /// ```
    pub fn payload(&self) -> &[u8] {
        self.texts().1
    }

    /// The channel and the payload, each as a bulk string of Redis's protocol.
    ///
    /// ```
    /// use embroker_core::Message;
    ///
    /// assert_eq!(Message::new(b"news", b"hello").bulk_strings(), b"$4\r\nnews\r\n$5\r\nhello\r\n");
    /// ```
    pub fn bulk_strings(&self) -> &[u8] {
        &self.content.slice
    }

    fn texts(&self) -> (&[u8], &[u8]) {
        let Header { channel_end, before_channel, between, .. } = self.content.header.header;
        let (channel, payload) = self.content.slice.split_at(channel_end);
        let payload = &payload[usize::from(between)..];
        (&channel[usize::from(before_channel)..], &payload[..payload.len() - LINE_END.len()])
    }

    /// Which kind of subscription received it.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Message, SubscriptionKind};
    ///
    /// let message = Message::new(b"news", b"hello");
    /// assert_eq!(message.kind(), SubscriptionKind::Channel);
    /// assert_eq!(message.matched_by("n*".into()).kind(), SubscriptionKind::Pattern);
    /// ```
    pub fn kind(&self) -> SubscriptionKind {
        match self.pattern {
            Some(_) => SubscriptionKind::Pattern,
            None if self.content.header.header.sharded => SubscriptionKind::Shard,
            None => SubscriptionKind::Channel,
        }
    }

    /// The pattern that it was received through; `None` for a subscription to the channel itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Message;
    ///
    /// let message = Message::new(b"news", b"hello");
    /// assert_eq!(message.pattern(), None);
    /// assert_eq!(message.matched_by("n*".into()).pattern(), Some(&b"n*"[..]));
    /// ```
    pub fn pattern(&self) -> Option<&[u8]> {
        self.pattern.as_deref()
    }

    /// The payload as text.
    ///
    /// # Errors
    ///
    /// [`Error::Decode`] where it is not UTF-8.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Message;
    ///
    /// assert_eq!(Message::new(b"news", b"hello").payload_str()?, "hello");
    /// let error = Message::new(b"news", b"\xff").payload_str().unwrap_err();
    /// assert_eq!(error.to_string(), r#"cannot decode: the payload is not UTF-8: "\xff" on "news""#);
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn payload_str(&self) -> Result<&str> {
        std::str::from_utf8(self.payload()).map_err(|_| Error::Decode(format!("the payload is not UTF-8: {self:?}")))
    }

    /// What the message takes of a queue's bytes: its texts as they are sent and the room for itself.
    pub(super) fn weight(&self) -> usize {
        self.content.slice.len() + self.pattern().map_or(0, <[u8]>::len) + size_of::<Self>()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shard = if self.content.header.header.sharded { "shard channel " } else { "" };
        write!(f, "\"{}\" on {shard}\"{}\"", self.payload().escape_ascii(), self.channel().escape_ascii())?;
        match &self.pattern {
            Some(pattern) => write!(f, " by \"{}\"", pattern.escape_ascii()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_shares_its_content() {
        let message = Message::new(b"news", b"hello");
        let copy = message.matched_by("n*".into());
        assert_eq!(copy.payload().as_ptr(), message.payload().as_ptr());
        assert_eq!(format!("{copy:?}"), r#""hello" on "news" by "n*""#);
        assert_eq!((message.pattern(), copy.pattern()), (None, Some(&b"n*"[..])));
    }

    #[test]
    fn a_message_takes_two_pointers_and_an_event_one_word_more() {
        assert_eq!((size_of::<Message>(), size_of::<Event>()), (16, 24));
    }
}
