//! Strings as numbers: the INCR family. A missing key counts from 0, and a deadline stays.

use bytes::Bytes;
use embroker_core::error::texts;

use crate::Reply;
use crate::args::Args;
use crate::events::Event;
use crate::keyspace::Tx;
use crate::long_double::LongDouble;
use crate::objects::{Str, Text};

/// `INCR key`: the new number.
pub(super) fn incr(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    add(tx, &args[0], 1)
}

/// `DECR key`: the new number.
pub(super) fn decr(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    add(tx, &args[0], -1)
}

/// `INCRBY key increment`: the new number.
pub(super) fn incrby(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    add(tx, &args[0], args.int(1)?)
}

/// `DECRBY key decrement`: the new number.
pub(super) fn decrby(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    add(tx, &args[0], args.int(1)?.checked_neg().ok_or(texts::DECR_OVERFLOW)?)
}

fn add(tx: &mut Tx<'_>, key: &[u8], by: i64) -> Reply {
    let new = if let Some(mut number) = tx.write::<Str>(key)? {
        let old = number.as_int().ok_or(texts::NOT_AN_INTEGER)?;
        let new = old.checked_add(by).ok_or(texts::INCR_OVERFLOW)?;
        *number = new.into();
        new
    } else {
        tx.put(key, Str::from(by));
        by
    };
    tx.changed(key, Event::INCRBY);
    Ok(new.into())
}

/// `INCRBYFLOAT key increment`: the new number, in decimal text.
pub(super) fn incrbyfloat(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let old = match tx.peek::<Str>(&args[0])? {
        Some(number) => LongDouble::parse(&number.text()).ok_or(texts::NOT_A_FLOAT)?,
        None => LongDouble::ZERO,
    };
    let by = LongDouble::parse(&args[1]).ok_or(texts::NOT_A_FLOAT)?;
    let new = Bytes::from(old.checked_add(by).ok_or(texts::NAN_OR_INFINITY)?.to_text());
    tx.change(&args[0], |number| {
        *number = Str::from_text(&Text::from(&new));
        Ok(())
    })?;
    tx.changed(&args[0], Event::INCRBYFLOAT);
    Ok(new.into())
}
