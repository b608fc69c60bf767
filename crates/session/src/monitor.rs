//! MONITOR: a line for each command that ran, to each client that asked for it.
//!
//! Memory is bounded: lines wait in a queue, and a client that does not read it is cut off as a subscriber is.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use embroker_core::error::texts;
use embroker_core::resp::Request;
use embroker_core::table::{CommandSpec, Flags};
use embroker_core::{
    BoxFuture, Broker, Event, Message, Overflow, Queue, Result, ServerError, SubscribeOptions, Subscriber,
    SubscriberBackend, SubscriptionKind, wake_all,
};

use crate::clients::{Address, Client};
use crate::session::{Context, Session};

/// So many bytes of lines may wait for one client.
const MAX_WAITING: usize = 32 * 1024 * 1024;

/// The clients that monitor, each with its queue.
#[derive(Default)]
pub(crate) struct Monitors {
    /// How many there are: what every command reads.
    count: AtomicUsize,
    seats: Mutex<Vec<(Arc<Queue>, Arc<Client>)>>,
}

impl Monitors {
    /// Whether there are any.
    pub(crate) fn any(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    fn join(self: &Arc<Self>, client: Arc<Client>) -> Subscriber {
        let options = SubscribeOptions::default().max_bytes(MAX_WAITING).overflow(Overflow::Disconnect);
        let queue = Arc::new(Queue::new(options));
        self.change(|seats| seats.push((queue.clone(), client)));
        Subscriber::new(queue.clone(), Seat { monitors: self.clone(), queue })
    }

    /// Adds the line of one command to every queue.
    fn feed(&self, database: u32, address: &Address, words: &[&[u8]]) {
        let (mut wakers, mut cut_off): (Vec<Waker>, Vec<Arc<Client>>) = Default::default();
        self.change(|seats| {
            // Under the lock, so that the times of a queue's lines ascend.
            let message = Message::new(b"", &line(database, address, words));
            seats.retain(|(queue, client)| {
                let (is_open, waker) = queue.push_unwoken(message.clone());
                wakers.extend(waker);
                if !is_open {
                    cut_off.push(client.clone());
                }
                is_open
            });
        });
        wake_all(wakers);
        // It takes nothing, so it would not hear of it from its queue.
        for client in cut_off {
            client.kill();
        }
    }

    fn change(&self, change: impl FnOnce(&mut Vec<(Arc<Queue>, Arc<Client>)>)) {
        let mut seats = self.seats.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut seats);
        self.count.store(seats.len(), Ordering::Relaxed);
    }
}

/// One client's place among the monitors; it leaves when this is dropped.
struct Seat {
    monitors: Arc<Monitors>,
    queue: Arc<Queue>,
}

/// There is nothing to subscribe to: every line comes.
impl SubscriberBackend for Seat {
    fn subscribe(&self, _: SubscriptionKind, _: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn unsubscribe(&self, _: SubscriptionKind, _: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.monitors.change(|seats| seats.retain(|(queue, _)| !Arc::ptr_eq(queue, &self.queue)));
    }
}

/// The lines that wait for one client, if it monitors.
#[derive(Debug, Default)]
pub struct Feed(Option<Subscriber>);

impl Feed {
    /// The next line, for [`Session::deliver_line`]; anything else is the end of the client, who reads too slowly.
    /// Waits for ever where the client does not monitor; dropping the future loses nothing.
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
    /// # use embroker_core::Event;
    /// session.request(&Request::from_argv(["MONITOR"])?).await;
    /// session.take_output();
    /// let mut other = sessions.open(Address::unknown())?;
    /// other.request(&Request::from_argv(["SET", "k", "v"])?).await;
    /// let (_, _, feed) = session.output_and_sources();
    /// let Some(Event::Message(line)) = feed.next().await else { return Err("there is a line".into()) };
    /// assert!(line.payload().ends_with(b"\"SET\" \"k\" \"v\"\r\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn next(&mut self) -> Option<Event> {
        match &mut self.0 {
            Some(lines) => lines.next().await,
            None => std::future::pending().await,
        }
    }

    /// Where lines wait.
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
    /// session.request(&Request::from_argv(["MONITOR"])?).await;
    /// assert!(session.output_and_sources().2.queue().is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn queue(&self) -> Option<&Arc<Queue>> {
        self.0.as_ref().map(Subscriber::queue)
    }

    /// Whether the client monitors.
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
    /// session.request(&Request::from_argv(["MONITOR"])?).await;
    /// assert!(session.output_and_sources().2.is_open());
    /// session.request(&Request::from_argv(["RESET"])?).await;
    /// assert!(!session.output_and_sources().2.is_open());
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_open(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn close(&mut self) {
        self.0 = None;
    }
}

impl<B: Broker> Session<B> {
    /// `MONITOR`: from now on every command that runs is told, also this client's own. Answers only the first time.
    pub(crate) fn monitor(&mut self) -> Result<(), ServerError> {
        if self.context == Context::Multi {
            return Err(texts::MONITOR_IN_MULTI);
        }
        if !self.feed.is_open() {
            self.feed.0 = Some(self.shared.common.monitors.join(self.client.clone()));
            self.client.facts().monitors = true;
            self.ok();
        }
        Ok(())
    }

    /// Tells the monitors of a command that ran, in the database where it left the client.
    #[inline]
    pub(crate) fn tell_monitors(&mut self, spec: &CommandSpec, request: &Request<'_>) {
        if self.shared.common.monitors.any() {
            self.feed_monitors(spec, request);
        }
    }

    #[cold]
    fn feed_monitors(&mut self, spec: &CommandSpec, request: &Request<'_>) {
        // Redis's EVALSHA and its kin skip the common line and write one of their own.
        if spec.flags.contains(Flags::ADMIN) {
            return;
        }
        let database = self.client.facts().database;
        self.shared.common.monitors.feed(database, &self.client.address, &request.shown());
        self.deliver_lines();
    }

    /// Writes the lines that wait: a monitor's own command comes right after its reply.
    fn deliver_lines(&mut self) {
        while !self.ending {
            match self.feed.0.as_mut().and_then(Subscriber::try_next) {
                Some(Event::Message(line)) => self.deliver_line(&line),
                Some(_) => self.ending = true,
                None => return,
            }
        }
    }

    /// Writes one line of the feed.
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
    /// # use embroker_core::Event;
    /// session.request(&Request::from_argv(["MONITOR"])?).await;
    /// session.take_output();
    /// let mut other = sessions.open(Address::unknown())?;
    /// other.request(&Request::from_argv(["SET", "k", "v"])?).await;
    /// let (_, _, feed) = session.output_and_sources();
    /// let Some(Event::Message(line)) = feed.next().await else { return Err("there is a line".into()) };
    /// session.deliver_line(&line);
    /// assert!(session.output().ends_with(b"\"SET\" \"k\" \"v\"\r\n"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn deliver_line(&mut self, line: &Message) {
        if self.is_answered() {
            self.out.extend_from_slice(line.payload());
        }
    }
}

/// `+1700000000.123456 [0 127.0.0.1:1234] "SET" "k" "v"`
fn line(database: u32, address: &Address, words: &[&[u8]]) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut line = Vec::with_capacity(64);
    // Writing to a vector does not fail.
    let _ = write!(line, "+{}.{:06} [{database} ", now.as_secs(), now.subsec_micros());
    if address.unix {
        line.extend_from_slice(b"unix:");
        line.extend_from_slice(address.peer.trim_end_matches(":0").as_bytes());
    } else {
        line.extend_from_slice(address.peer.as_bytes());
    }
    line.push(b']');
    for word in words {
        line.push(b' ');
        quote(&mut line, word.get(..=MAX_WAITING).unwrap_or(word));
        // No queue takes more: whoever monitors is cut off.
        if line.len() > MAX_WAITING {
            break;
        }
    }
    line.extend_from_slice(b"\r\n");
    line
}

/// A word as Redis quotes it: printable ASCII as it is, everything else escaped.
fn quote(line: &mut Vec<u8>, word: &[u8]) {
    line.push(b'"');
    for byte in word.iter().take(MAX_WAITING) {
        match byte {
            b'\\' | b'"' => line.extend_from_slice(&[b'\\', *byte]),
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\t' => line.extend_from_slice(b"\\t"),
            0x07 => line.extend_from_slice(b"\\a"),
            0x08 => line.extend_from_slice(b"\\b"),
            b' '..=b'~' => line.push(*byte),
            _ => {
                let _ = write!(line, "\\x{byte:02x}");
            }
        }
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_redis_quotes_them() {
        let mut line = Vec::new();
        quote(&mut line, b"a \"b\\'\n\r\t\x07\x08\x00\x7f\xff~");
        assert_eq!(line, br#""a \"b\\'\n\r\t\a\b\x00\x7f\xff~""#);
    }
}
