//! What reaches into other databases: COPY … DB, MOVE and SWAPDB; and what they and FLUSHALL have to latch there.

use embroker_core::commands::KeyCommand;
use embroker_core::error::texts;
use embroker_core::{ServerError, Value};

use crate::Reply;
use crate::args::Args;
use crate::events::Event;
use crate::keyspace::{Databases, Tx, Wanted};

/// `COPY source destination [DB index] [REPLACE]`: whether there was something to copy and nothing in its way.
pub(super) fn copy(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let CopyOptions { database, replace } = CopyOptions::read(args, &tx.engine().databases)?;
    let (source, destination, to) = (&args[0], &args[1], database.unwrap_or(tx.database()));
    if source == destination && to == tx.database() {
        return Err(texts::SAME_OBJECT.into());
    }
    let deadline = tx.deadline(source).flatten();
    let Some(object) = tx.find(source).map(|entry| entry.object.copied()).transpose()? else {
        return Ok(Value::Int(0));
    };
    tx.uses(source);
    tx.within(to, |tx| {
        if tx.uses(destination) && !replace {
            return Ok(Value::Int(0));
        }
        // A key that was in the way goes without an event, and its successor is new.
        tx.remove(destination);
        tx.put_until(destination, object, deadline);
        tx.changed(destination, Event::COPY_TO);
        Ok(Value::Int(1))
    })
}

/// `MOVE key db`: whether there was such a key here and none there.
pub(super) fn move_key(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let to = database(args, 1, &tx.engine().databases)?;
    if to == tx.database() {
        return Err(texts::SAME_OBJECT.into());
    }
    let key = &args[0];
    let Some(deadline) = tx.deadline(key) else { return Ok(Value::Int(0)) };
    tx.uses(key);
    if tx.within(to, |tx| tx.uses(key)) {
        return Ok(Value::Int(0));
    }
    let Some(object) = tx.remove(key) else { return Ok(Value::Int(0)) };
    tx.within(to, |tx| tx.put_until(key, object, deadline));
    tx.changed(key, Event::MOVE_FROM);
    tx.within(to, |tx| tx.changed(key, Event::MOVE_TO));
    Ok(Value::Int(1))
}

/// `SWAPDB first second`: `OK`.
pub(super) fn swapdb(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let [first, second] = swapped(args, &tx.engine().databases)?;
    tx.swap(first, second);
    Ok(Value::OK)
}

/// Adds what a command is to latch in other databases than its own. One that will answer an error needs nothing there.
pub(in crate::commands) fn reach(command: KeyCommand, args: &Args<'_>, databases: &Databases, wanted: &mut Wanted) {
    match command {
        KeyCommand::Copy => {
            if let Ok(CopyOptions { database: Some(to), .. }) = CopyOptions::read(args, databases) {
                wanted.key(databases.get(to), &args[1]);
            }
        }
        KeyCommand::Move => {
            if let Ok(to) = database(args, 1, databases) {
                wanted.key(databases.get(to), &args[0]);
            }
        }
        KeyCommand::SwapDb => {
            for number in swapped(args, databases).into_iter().flatten() {
                wanted.whole(databases.get(number));
            }
        }
        KeyCommand::FlushAll => wanted.everything(),
        _ => {}
    }
}

struct CopyOptions {
    /// The last one that is named.
    database: Option<u32>,
    replace: bool,
}

impl CopyOptions {
    fn read(args: &Args<'_>, databases: &Databases) -> Result<Self, ServerError> {
        let mut options = Self { database: None, replace: false };
        let mut at = 2;
        while at < args.len() {
            if args.is(at, "REPLACE") {
                options.replace = true;
            } else if args.is(at, "DB") && at + 1 < args.len() {
                at += 1;
                options.database = Some(database(args, at, databases)?);
            } else {
                return Err(texts::SYNTAX);
            }
            at += 1;
        }
        Ok(options)
    }
}

/// The argument as the number of a database.
pub(in crate::commands) fn database(args: &Args<'_>, at: usize, databases: &Databases) -> Result<u32, ServerError> {
    existing(args.int_within(at, i32::MIN.into()..=i32::MAX.into())?, databases)
}

/// The databases that SWAPDB names. Both have to be numbers before either is looked for.
fn swapped(args: &Args<'_>, databases: &Databases) -> Result<[u32; 2], ServerError> {
    let number = |at, error| args.int_within(at, i32::MIN.into()..=i32::MAX.into()).map_err(|_| error);
    let first = number(0, texts::INVALID_FIRST_DB)?;
    let second = number(1, texts::INVALID_SECOND_DB)?;
    Ok([existing(first, databases)?, existing(second, databases)?])
}

fn existing(number: i64, databases: &Databases) -> Result<u32, ServerError> {
    let number = u32::try_from(number).ok().filter(|number| databases.have(*number));
    number.ok_or(texts::DB_OUT_OF_RANGE)
}
