//! RENAME and COPY: a value, and its deadline, under another key.

use embroker_core::error::texts;
use embroker_core::{ServerError, Value};

use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;

/// `RENAME key to`: `OK`.
pub(super) fn rename(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    move_key(tx, args, true)?;
    Ok(Value::OK)
}

/// `RENAMENX key to`: whether `to` did not exist.
pub(super) fn renamenx(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(Value::flag(move_key(tx, args, false)?))
}

/// Moves the first key to the second; false where that is in the way.
fn move_key(tx: &mut Tx<'_>, args: &Args<'_>, over: bool) -> Result<bool, ServerError> {
    let (from, to) = (&args[0], &args[1]);
    let deadline = tx.deadline(from).ok_or(texts::NO_SUCH_KEY)?;
    if from == to || (!over && tx.exists(to)) {
        return Ok(false);
    }
    let object = tx.remove(from).ok_or(texts::NO_SUCH_KEY)?;
    tx.put_until(to, object, deadline);
    tx.touch(from);
    tx.touch(to);
    Ok(true)
}

/// `COPY source destination [DB index] [REPLACE]`: whether there was something to copy and nothing in its way. There is
/// database 0 only, so any other index is out of range, as on a Redis that is configured for one database.
pub(super) fn copy(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let (source, destination) = (&args[0], &args[1]);
    let mut replace = false;
    let mut at = 2;
    while at < args.len() {
        if args.is(at, "REPLACE") {
            replace = true;
        } else if args.is(at, "DB") && at + 1 < args.len() {
            at += 1;
            if args.int_within(at, i32::MIN.into()..=i32::MAX.into())? != 0 {
                return Err(texts::DB_OUT_OF_RANGE);
            }
        } else {
            return Err(texts::SYNTAX);
        }
        at += 1;
    }
    if source == destination {
        return Err(texts::SAME_OBJECT);
    }
    let deadline = tx.deadline(source).flatten();
    let Some(object) = tx.get(source).map(|entry| entry.object.clone()) else { return Ok(Value::Int(0)) };
    if !replace && tx.exists(destination) {
        return Ok(Value::Int(0));
    }
    tx.put_until(destination, object, deadline);
    tx.touch(destination);
    Ok(Value::Int(1))
}
