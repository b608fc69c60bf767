//! [`Recorder`]: what a broker was asked and what it delivered, in order.

use std::fmt;
use std::sync::{Arc, Mutex};

use embroker::{Event, Result, Value};

use crate::clock::lock;
use crate::difference::{self, ended, quoted};

/// Every command and every delivery that went through a [`TestBroker`](crate::TestBroker), in order. Clones are the
/// same recorder. It keeps all of it until it is [cleared](Self::clear).
///
/// Its text has no times and no addresses, so it is fit for a snapshot.
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
/// broker.hset("order:1", [("who", "jamie")]).await?;
/// broker.publish("sales", "1").await?;
/// probe.expect_message("sales", "1").await;
///
/// assert_eq!(broker.recorder().commands(), ["SUBSCRIBE sales", "HSET order:1 who jamie", "PUBLISH sales 1"]);
/// assert_eq!(
///     broker.recorder().to_string(),
///     r#"SUBSCRIBE sales => +OK (subscriber 1)
/// HSET order:1 who jamie => 1
/// PUBLISH sales 1 => 1
/// > subscriber 1: "1" on "sales"
/// "#
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Recorder(Arc<Mutex<Records>>);

#[derive(Debug, Default)]
struct Records {
    records: Vec<Record>,
    /// How many there were before the first of them: those that were cleared.
    cleared: usize,
}

/// One line of a [`Recorder`].
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker::Result<()> {
/// use embroker::{Value, prelude::*};
/// use embroker_testkit::{Record, TestBroker};
///
/// let broker = TestBroker::new();
/// broker.incr("visits").await?;
/// let records = broker.recorder().records();
/// let [Record::Command { words, answer, .. }] = &records[..] else { panic!("one command") };
/// assert_eq!(words[0], b"incr");
/// assert_eq!(*answer, Some(Ok(Value::Int(1))));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Record {
    /// A command that was begun.
    Command {
        /// Its words as Redis takes them; the name is in lower case.
        words: Vec<Vec<u8>>,
        /// What its caller was told, faults included; `None` where it still waits, or gave up.
        answer: Option<Result<Value>>,
        /// Whether a fault of the plan struck it.
        struck: bool,
        /// The database, where it is not the first.
        database: u32,
        /// Whether it was part of a transaction.
        in_transaction: bool,
        /// Whose call it was, for SUBSCRIBE and its kin.
        subscriber: Option<u64>,
    },
    /// A subscriber was given an event to read.
    Delivery {
        /// Which subscriber, from 1 in the order they were made.
        subscriber: u64,
        /// The event.
        event: Event,
    },
    /// A fault of the plan kept a message from its subscriber.
    Withheld {
        /// Which subscriber, from 1 in the order they were made.
        subscriber: u64,
        /// The event.
        event: Event,
        /// `lost`, `held`, `missed` or `delayed`.
        how: &'static str,
    },
}

impl Recorder {
    /// All records, in order.
    ///
    /// ```
    /// assert_eq!(embroker_testkit::TestBroker::new().recorder().records(), []);
    /// ```
    pub fn records(&self) -> Vec<Record> {
        lock(&self.0).records.clone()
    }

    /// The commands alone, one text each: the name in capitals, then the arguments.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.set("a key", b"\xff".as_slice()).await?;
    /// assert_eq!(broker.recorder().commands(), [r#"SET "a key" "\xff""#]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn commands(&self) -> Vec<String> {
        let commands = |record: &Record| match record {
            Record::Command { words, .. } => Some(line(words)),
            _ => None,
        };
        lock(&self.0).records.iter().filter_map(commands).collect()
    }

    /// Asserts that these commands ran, in this order, and no others: since the beginning, or since it was cleared.
    ///
    /// # Panics
    ///
    /// Where others ran, with the difference.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.incr("visits").await?;
    /// broker.recorder().assert_commands(["INCR visits"]);
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn assert_commands<T: Into<String>>(&self, commands: impl IntoIterator<Item = T>) {
        let wanted: Vec<String> = commands.into_iter().map(Into::into).collect();
        let ran = self.commands();
        assert!(wanted == ran, "other commands ran:\n{}", difference::lines(&wanted.join("\n"), &ran.join("\n")));
    }

    /// Forgets all of it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.incr("visits").await?;
    /// broker.recorder().clear();
    /// broker.recorder().assert_commands([""; 0]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn clear(&self) {
        let mut all = lock(&self.0);
        all.cleared += all.records.len();
        all.records.clear();
    }

    /// Adds a record; its number.
    pub(crate) fn add(&self, record: Record) -> usize {
        let mut all = lock(&self.0);
        all.records.push(record);
        all.cleared + all.records.len() - 1
    }

    /// Puts down what the command of a number was answered.
    pub(crate) fn answered(&self, number: usize, told: Result<Value>) {
        let mut all = lock(&self.0);
        let place = number.checked_sub(all.cleared);
        if let Some(Record::Command { answer, .. }) = place.and_then(|place| all.records.get_mut(place)) {
            *answer = Some(told);
        }
    }

    /// How many there were, those that were cleared too.
    pub(crate) fn count(&self) -> usize {
        let all = lock(&self.0);
        all.cleared + all.records.len()
    }

    /// The commands that have no answer, each with whether a fault struck it.
    pub(crate) fn unanswered(&self) -> Vec<(String, bool)> {
        let waiting = |record: &Record| match record {
            Record::Command { words, answer: None, struck, .. } => Some((short(&line(words)), *struck)),
            _ => None,
        };
        lock(&self.0).records.iter().filter_map(waiting).collect()
    }

    /// The last lines of it, long ones cut short.
    pub(crate) fn tail(&self, most: usize) -> String {
        let records = &lock(&self.0).records;
        let skipped = records.len().saturating_sub(most);
        let before = (skipped > 0).then(|| format!("  … {skipped} before"));
        ended(before.into_iter().chain(records.iter().skip(skipped).map(|record| short(&format!("  {record}")))))
    }
}

impl fmt::Display for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lock(&self.0).records.iter().try_for_each(|record| writeln!(f, "{record}"))
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { words, answer, struck, database, in_transaction, subscriber } => {
                if *in_transaction {
                    f.write_str("| ")?;
                }
                if *database > 0 {
                    write!(f, "[{database}] ")?;
                }
                write!(f, "{} => ", line(words))?;
                match answer {
                    None => f.write_str("…")?,
                    Some(Ok(value)) => write!(f, "{value:?}")?,
                    Some(Err(embroker::Error::Server(error))) => write!(f, "-{error}")?,
                    Some(Err(error)) => f.write_str(kind(error))?,
                }
                if *struck {
                    f.write_str(" (fault)")?;
                }
                match subscriber {
                    Some(subscriber) => write!(f, " (subscriber {subscriber})"),
                    None => Ok(()),
                }
            }
            Self::Delivery { subscriber, event } => write!(f, "> subscriber {subscriber}: {}", show(event)),
            Self::Withheld { subscriber, event, how } => {
                write!(f, "x subscriber {subscriber}: {} is {how}", show(event))
            }
        }
    }
}

impl fmt::Debug for Record {
    /// Its line: words as numbers tell nobody why a test failed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

/// The beginning of a line that is too long to be read.
fn short(line: &str) -> String {
    const MOST: usize = 300;

    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{} … ({} bytes)", &line[..end], line.len()),
        None => line.to_owned(),
    }
}

/// An error that has an address, without it.
fn kind(error: &embroker::Error) -> &'static str {
    match error {
        embroker::Error::Disconnected { .. } => "disconnected, not sent",
        embroker::Error::OutcomeUnknown { .. } => "reply lost, outcome unknown",
        embroker::Error::Timeout { .. } => "no reply in time, outcome unknown",
        embroker::Error::Authentication { .. } => "credentials refused",
        _ => "refused before it was sent",
    }
}

/// An event as people read it.
pub(crate) fn show(event: &Event) -> String {
    match event {
        Event::Message(message) => format!("{message:?}"),
        Event::Gap(gap) => format!("{gap:?}"),
        _ => format!("{event:?}"),
    }
}

/// The words of a command on one line, with quotes where they are needed.
pub(crate) fn line(words: &[Vec<u8>]) -> String {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'\'');
    let mut line = String::new();
    for (word, number) in words.iter().zip(0..) {
        if number > 0 {
            line.push(' ');
        }
        if word.is_empty() || !word.iter().all(plain) {
            line.push_str(&quoted(word));
        } else if number == 0 {
            line.push_str(&String::from_utf8_lossy(word).to_ascii_uppercase());
        } else {
            line.push_str(&String::from_utf8_lossy(word));
        }
    }
    line
}
