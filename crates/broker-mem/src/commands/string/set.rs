//! SET and GETEX with their options, and the older commands that give a string a time to live.

use embroker_core::error::texts;
use embroker_core::{ServerError, Value};

use super::text;
use crate::Reply;
use crate::args::Args;
use crate::events::Event;
use crate::keyspace::Tx;
use crate::objects::Str;

/// `SET key value [NX | XX] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]`: OK, or nil where the condition does not
/// hold; with GET the text before, either way.
pub(super) fn set(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let key = &args[0];
    let options = Options::of_set(args)?;
    let deadline = match options.ttl {
        // Also for a time that is over: the key is then written, and expires at once.
        Some(Ttl::Expire { time, at }) => Some(time.deadline(tx, args.int(at)?, "set")?),
        Some(Ttl::Keep) => tx.deadline(key).flatten(),
        Some(Ttl::Persist) | None => None,
    };
    // GET needs a string, even where nothing is going to be written.
    let old = if options.get { Some(text(tx, key)?) } else { None };
    let holds = match options.condition {
        Some(Condition::Absent) => !tx.uses(key),
        Some(Condition::Present) => tx.uses(key),
        None => true,
    };
    if holds {
        tx.put_until(key, Str::new(&args.text(1)), deadline);
        tx.changed(key, Event::SET);
        if matches!(options.ttl, Some(Ttl::Expire { .. })) {
            tx.changed(key, Event::EXPIRE);
        }
    }
    Ok(match old {
        Some(old) => old.into(),
        None if holds => Value::OK,
        None => Value::Null,
    })
}

/// `SETEX key seconds value`.
pub(super) fn setex(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    set_for(tx, args, Time::Seconds, "setex")
}

/// `PSETEX key milliseconds value`.
pub(super) fn psetex(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    set_for(tx, args, Time::Milliseconds, "psetex")
}

fn set_for(tx: &mut Tx<'_>, args: &Args<'_>, time: Time, command: &str) -> Reply {
    let deadline = time.deadline(tx, args.int(1)?, command)?;
    tx.put_until(&args[0], Str::new(&args.text(2)), Some(deadline));
    tx.changed(&args[0], Event::SET);
    tx.changed(&args[0], Event::EXPIRE);
    Ok(Value::OK)
}

/// `GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]`: the text. The expire time is read only where there is a
/// string.
pub(super) fn getex(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let key = &args[0];
    let options = Options::of_getex(args)?;
    let Some(value) = text(tx, key)? else { return Ok(Value::Null) };
    match options.ttl {
        Some(Ttl::Expire { time, at }) => {
            let deadline = time.deadline(tx, args.int(at)?, "getex")?;
            if time.is_absolute() && deadline <= tx.now() {
                tx.remove(key);
                tx.changed(key, Event::DEL);
            } else {
                tx.set_deadline(key, Some(deadline));
                tx.changed(key, Event::EXPIRE);
            }
        }
        Some(Ttl::Persist) if tx.deadline(key).flatten().is_some() => {
            tx.set_deadline(key, None);
            tx.changed(key, Event::PERSIST);
        }
        Some(Ttl::Persist | Ttl::Keep) | None => {}
    }
    Ok(value.into())
}

/// The options after SET's value or GETEX's key. A word may be repeated, and the last time counts.
#[derive(Default)]
struct Options {
    condition: Option<Condition>,
    get: bool,
    ttl: Option<Ttl>,
}

#[derive(Clone, Copy, PartialEq)]
enum Condition {
    /// NX
    Absent,
    /// XX
    Present,
}

#[derive(Clone, Copy)]
enum Ttl {
    /// KEEPTTL
    Keep,
    /// PERSIST
    Persist,
    /// EX, PX, EXAT or PXAT. The argument stands at `at`; it is read later, after other checks.
    Expire { time: Time, at: usize },
}

impl Options {
    fn of_set(args: &Args<'_>) -> Result<Self, ServerError> {
        let mut options = Self::default();
        let mut at = 2;
        while at < args.len() {
            if args.is(at, "NX") && options.condition != Some(Condition::Present) {
                options.condition = Some(Condition::Absent);
            } else if args.is(at, "XX") && options.condition != Some(Condition::Absent) {
                options.condition = Some(Condition::Present);
            } else if args.is(at, "GET") {
                options.get = true;
            } else if args.is(at, "KEEPTTL") && matches!(options.ttl, None | Some(Ttl::Keep)) {
                options.ttl = Some(Ttl::Keep);
            } else {
                at = options.expire(args, at)?;
            }
            at += 1;
        }
        Ok(options)
    }

    fn of_getex(args: &Args<'_>) -> Result<Self, ServerError> {
        let mut options = Self::default();
        let mut at = 1;
        while at < args.len() {
            if args.is(at, "PERSIST") && matches!(options.ttl, None | Some(Ttl::Persist)) {
                options.ttl = Some(Ttl::Persist);
            } else {
                at = options.expire(args, at)?;
            }
            at += 1;
        }
        Ok(options)
    }

    /// Reads EX, PX, EXAT or PXAT; answers where its argument stands. The same word may come again, another one may
    /// not.
    fn expire(&mut self, args: &Args<'_>, word: usize) -> Result<usize, ServerError> {
        let time = Time::ALL.into_iter().find(|time| args.is(word, time.word())).ok_or(texts::SYNTAX)?;
        let compatible = match self.ttl {
            None => true,
            Some(Ttl::Expire { time: before, .. }) => before == time,
            Some(Ttl::Keep | Ttl::Persist) => false,
        };
        let at = word + 1;
        if !compatible || at >= args.len() {
            return Err(texts::SYNTAX);
        }
        self.ttl = Some(Ttl::Expire { time, at });
        Ok(at)
    }
}

/// How an expire time is told.
#[derive(Clone, Copy, PartialEq)]
enum Time {
    Seconds,
    Milliseconds,
    SecondsSinceEpoch,
    MillisecondsSinceEpoch,
}

impl Time {
    const ALL: [Self; 4] = [Self::Seconds, Self::Milliseconds, Self::SecondsSinceEpoch, Self::MillisecondsSinceEpoch];

    const fn word(self) -> &'static str {
        match self {
            Self::Seconds => "EX",
            Self::Milliseconds => "PX",
            Self::SecondsSinceEpoch => "EXAT",
            Self::MillisecondsSinceEpoch => "PXAT",
        }
    }

    const fn is_absolute(self) -> bool {
        matches!(self, Self::SecondsSinceEpoch | Self::MillisecondsSinceEpoch)
    }

    /// When the key expires, in milliseconds since the epoch. `ERR invalid expire time in … command` for a time that is
    /// not positive or lies beyond an `i64` of milliseconds.
    fn deadline(self, tx: &Tx<'_>, time: i64, command: &str) -> Result<u64, ServerError> {
        let milliseconds = match self {
            Self::Seconds | Self::SecondsSinceEpoch => time.checked_mul(1000),
            Self::Milliseconds | Self::MillisecondsSinceEpoch => Some(time),
        };
        let since = if self.is_absolute() { 0 } else { i64::try_from(tx.now()).unwrap_or(i64::MAX) };
        milliseconds
            .filter(|ms| *ms > 0)
            .and_then(|ms| ms.checked_add(since))
            .and_then(|deadline| u64::try_from(deadline).ok())
            .ok_or_else(|| ServerError::invalid_expire(command))
    }
}
