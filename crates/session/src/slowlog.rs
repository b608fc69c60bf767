//! SLOWLOG: the commands that took longer than `slowlog-log-slower-than`, the newest first.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use embroker_core::commands::SlowlogCommand;
use embroker_core::error::texts;
use embroker_core::instance::config::Parameter;
use embroker_core::resp::Request;
use embroker_core::{Arg, Broker, ServerError, Value, parse_int};

use crate::session::Session;

/// So many words of a command are kept.
const MAX_WORDS: usize = 32;
/// So many bytes of a word are kept.
const MAX_WORD: usize = 128;
/// How many entries GET answers unless it is told.
const DEFAULT_COUNT: usize = 10;

const HELP: [&str; 12] = [
    "SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "GET [<count>]",
    "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
    "    Entries are made of:",
    "    id, timestamp, time in microseconds, arguments array, client IP and port,",
    "    client name",
    "LEN",
    "    Return the length of the slowlog.",
    "RESET",
    "    Reset the slowlog.",
    "HELP",
    "    Prints this help.",
];

/// The log of one broker.
#[derive(Default)]
pub(crate) struct Slowlog(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    /// Goes on when the log is emptied.
    next_id: i64,
    newest_first: VecDeque<Entry>,
}

struct Entry {
    id: i64,
    /// Seconds since 1970.
    at: i64,
    microseconds: i64,
    words: Vec<Bytes>,
    address: String,
    name: Bytes,
}

impl Slowlog {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Broker> Session<B> {
    pub(crate) fn slowlog(&mut self, command: SlowlogCommand, request: &Request<'_>) -> Result<(), ServerError> {
        match (command, request.arguments()) {
            (SlowlogCommand::Get, []) => self.slowlog_get(DEFAULT_COUNT),
            (SlowlogCommand::Get, [count]) => {
                let count = slowlog_count(count)?;
                self.slowlog_get(count);
            }
            (SlowlogCommand::Len, _) => {
                let len = self.shared.common.slowlog.lock().newest_first.len();
                self.value(&len.into());
            }
            (SlowlogCommand::Reset, _) => {
                self.shared.common.slowlog.lock().newest_first.clear();
                self.ok();
            }
            (SlowlogCommand::Help, _) => self.value(&Value::lines(HELP)),
            (SlowlogCommand::Get | SlowlogCommand::Slowlog, _) => {
                return Err(ServerError::subcommand_syntax(request.subcommand(), "slowlog"));
            }
        }
        Ok(())
    }

    fn slowlog_get(&mut self, count: usize) {
        let log = self.shared.common.slowlog.lock();
        let entries = log.newest_first.iter().take(count).map(Entry::to_value).collect();
        drop(log);
        self.value(&Value::Array(entries));
    }

    /// Keeps a command that ran, if it took long.
    #[inline]
    pub(crate) fn log_if_slow(&self, request: &Request<'_>, took: Duration) {
        let limit = self.shared.config().number(Parameter::SlowlogLogSlowerThan);
        let microseconds = i64::try_from(took.as_micros()).unwrap_or(i64::MAX);
        if limit >= 0 && microseconds >= limit {
            self.log_slow(request, microseconds);
        }
    }

    #[cold]
    fn log_slow(&self, request: &Request<'_>, microseconds: i64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let max = self.shared.config().number(Parameter::SlowlogMaxLen);
        let words = trimmed(&request.shown());
        let name = self.client.facts().name.clone();
        let mut log = self.shared.common.slowlog.lock();
        let id = log.next_id;
        log.next_id = id.wrapping_add(1);
        let at = now.as_secs() as i64;
        log.newest_first.push_front(Entry {
            id,
            at,
            microseconds,
            words,
            address: self.client.address.peer.clone(),
            name,
        });
        log.newest_first.truncate(usize::try_from(max).unwrap_or_default());
    }
}

impl Entry {
    fn to_value(&self) -> Value {
        Value::Array(vec![
            Value::Int(self.id),
            Value::Int(self.at),
            Value::Int(self.microseconds),
            self.words.iter().cloned().collect(),
            self.address.as_str().into(),
            self.name.clone().into(),
        ])
    }
}

/// `SLOWLOG GET count`: -1 is all.
fn slowlog_count(count: &Arg<'_>) -> Result<usize, ServerError> {
    match parse_int(count.as_bytes()) {
        Some(-1) => Ok(usize::MAX),
        Some(count) => usize::try_from(count).map_err(|_| texts::SLOWLOG_COUNT),
        None => Err(texts::SLOWLOG_COUNT),
    }
}

/// The words that are kept of a command: few, and of each only its beginning. Copies, so that a log keeps no value in
/// memory.
fn trimmed(words: &[&[u8]]) -> Vec<Bytes> {
    let kept = if words.len() > MAX_WORDS { MAX_WORDS - 1 } else { words.len() };
    let mut trimmed: Vec<Bytes> = words
        .iter()
        .take(kept)
        .map(|word| match word.split_at_checked(MAX_WORD) {
            Some((start, rest)) if !rest.is_empty() => {
                Bytes::from([start, format!("... ({} more bytes)", rest.len()).as_bytes()].concat())
            }
            _ => Bytes::copy_from_slice(word),
        })
        .collect();
    if kept < words.len() {
        trimmed.push(Bytes::from(format!("... ({} more arguments)", words.len() - kept)));
    }
    trimmed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_two_words_of_a_hundred_and_twenty_eight_bytes_are_kept() {
        let word = vec![b'x'; 129];
        let told = trimmed(&[&word[..128], &word]);
        assert_eq!(told[0].len(), 128);
        assert_eq!(told[1], [&word[..128], b"... (1 more bytes)"].concat());
        assert_eq!(trimmed(&[&b"a"[..]; 32]).len(), 32);
        let told = trimmed(&[&b"a"[..]; 33]);
        assert_eq!((told.len(), &told[31][..]), (32, &b"... (2 more arguments)"[..]));
    }
}
