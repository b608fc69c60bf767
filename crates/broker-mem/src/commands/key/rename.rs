//! RENAME: a value, and its deadline, under another key.

use embroker_core::error::texts;
use embroker_core::{ServerError, Value};

use crate::Reply;
use crate::args::Args;
use crate::events::Event;
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
    tx.uses(from);
    if from == to || (tx.uses(to) && !over) {
        return Ok(false);
    }
    let object = tx.remove(from).ok_or(texts::NO_SUCH_KEY)?;
    // A key that was in the way goes without an event, and its successor is new.
    tx.remove(to);
    tx.put_until(to, object, deadline);
    tx.changed(from, Event::RENAME_FROM);
    tx.changed(to, Event::RENAME_TO);
    Ok(true)
}
