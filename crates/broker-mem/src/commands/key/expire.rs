//! Deadlines: EXPIRE, TTL, EXPIRETIME and PERSIST, in seconds and in milliseconds, from now and since the epoch.

use embroker_core::error::texts;
use embroker_core::{ServerError, Value};

use crate::Reply;
use crate::args::Args;
use crate::events::Event;
use crate::keyspace::Tx;

/// Milliseconds in the unit of a command.
const SECOND: i64 = 1000;
const MILLISECOND: i64 = 1;

/// `EXPIRE key seconds [NX|XX|GT|LT]`: whether the deadline was set.
pub(super) fn expire(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let now = now(tx);
    set_deadline(tx, args, "expire", SECOND, now)
}

/// `PEXPIRE key milliseconds [NX|XX|GT|LT]`: whether the deadline was set.
pub(super) fn pexpire(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let now = now(tx);
    set_deadline(tx, args, "pexpire", MILLISECOND, now)
}

/// `EXPIREAT key seconds [NX|XX|GT|LT]`: whether the deadline was set.
pub(super) fn expireat(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    set_deadline(tx, args, "expireat", SECOND, 0)
}

/// `PEXPIREAT key milliseconds [NX|XX|GT|LT]`: whether the deadline was set.
pub(super) fn pexpireat(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    set_deadline(tx, args, "pexpireat", MILLISECOND, 0)
}

/// `TTL key`: the seconds left, to the nearest; -1 where there is no deadline, -2 where there is no key.
pub(super) fn ttl(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let now = tx.now();
    Ok(tell(tx, args, |deadline| nearest_second(deadline.saturating_sub(now))))
}

/// `PTTL key`: the milliseconds left; -1 where there is no deadline, -2 where there is no key.
pub(super) fn pttl(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let now = tx.now();
    Ok(tell(tx, args, |deadline| deadline.saturating_sub(now)))
}

/// `EXPIRETIME key`: the deadline in seconds since the epoch, to the nearest; -1 and -2 as for TTL.
pub(super) fn expiretime(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(tell(tx, args, nearest_second))
}

/// `PEXPIRETIME key`: the deadline in milliseconds since the epoch; -1 and -2 as for TTL.
pub(super) fn pexpiretime(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(tell(tx, args, |deadline| deadline))
}

/// `PERSIST key`: whether there was a deadline.
pub(super) fn persist(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let expires = tx.uses(&args[0]) && tx.deadline(&args[0]).flatten().is_some();
    if expires {
        tx.set_deadline(&args[0], None);
        tx.changed(&args[0], Event::PERSIST);
    }
    Ok(Value::flag(expires))
}

/// Sets the deadline to the first argument, in this unit and counted from `base`; one that is not in the future deletes
/// the key.
fn set_deadline(tx: &mut Tx<'_>, args: &Args<'_>, command: &str, unit: i64, base: i64) -> Reply {
    let condition = Condition::parse(args)?;
    let when = args.int(1)?.checked_mul(unit).and_then(|ms| ms.checked_add(base));
    let when = when.ok_or_else(|| ServerError::invalid_expire(command))?;
    let key = &args[0];
    let Some(current) = tx.deadline(key) else { return Ok(Value::Int(0)) };
    tx.uses(key);
    if !condition.holds(when, current) {
        return Ok(Value::Int(0));
    }
    if when > now(tx) {
        tx.set_deadline(key, Some(when.unsigned_abs()));
        tx.changed(key, Event::EXPIRE);
    } else {
        tx.remove(key);
        tx.changed(key, Event::DEL);
    }
    Ok(Value::Int(1))
}

/// NX, XX, GT and LT, each as often as the caller likes.
#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "four flags of the command, of which some may stand together")]
struct Condition {
    nx: bool,
    xx: bool,
    gt: bool,
    lt: bool,
}

impl Condition {
    fn parse(args: &Args<'_>) -> Result<Self, ServerError> {
        let mut condition = Self::default();
        for at in 2..args.len() {
            match at {
                _ if args.is(at, "NX") => condition.nx = true,
                _ if args.is(at, "XX") => condition.xx = true,
                _ if args.is(at, "GT") => condition.gt = true,
                _ if args.is(at, "LT") => condition.lt = true,
                _ => return Err(ServerError::unsupported_option(&args[at])),
            }
        }
        let Self { nx, xx, gt, lt } = condition;
        if nx && (xx || gt || lt) {
            return Err(texts::EXPIRE_NX_CONFLICT);
        }
        if gt && lt {
            return Err(texts::EXPIRE_GT_LT_CONFLICT);
        }
        Ok(condition)
    }

    /// Whether a key with this deadline may get the new one. No deadline counts as an infinite one.
    fn holds(self, when: i64, current: Option<u64>) -> bool {
        let later = current.is_some_and(|current| when > signed(current));
        let earlier = current.is_none_or(|current| when < signed(current));
        (!self.nx || current.is_none())
            && (!self.xx || current.is_some())
            && (!self.gt || later)
            && (!self.lt || earlier)
    }
}

/// The answer of TTL and its kin.
fn tell(tx: &Tx<'_>, args: &Args<'_>, of_deadline: impl FnOnce(u64) -> u64) -> Value {
    Value::Int(match tx.find(&args[0]).and_then(|_| tx.deadline(&args[0])) {
        None => -2,
        Some(None) => -1,
        Some(Some(deadline)) => signed(of_deadline(deadline)),
    })
}

fn nearest_second(ms: u64) -> u64 {
    ms.saturating_add(500) / 1000
}

fn now(tx: &Tx<'_>) -> i64 {
    signed(tx.now())
}

/// A time as commands count it.
fn signed(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}
