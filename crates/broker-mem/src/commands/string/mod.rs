//! Strings: reading and writing them whole. SET and its options, counters and parts of strings have files of their own.

#![expect(clippy::unnecessary_wraps, reason = "a handler answers a `Reply`, whether it can fail or not")]

mod counter;
mod range;
mod set;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use embroker_core::commands::StringCommand;
use embroker_core::error::texts;
use embroker_core::{ServerError, Value};

use super::Handler;
use crate::Reply;
use crate::args::Args;
use crate::events::Event;
use crate::keyspace::Tx;
use crate::objects::{Str, Text};

pub(super) fn handler(command: StringCommand) -> Handler {
    match command {
        StringCommand::Append => range::append,
        StringCommand::Decr => counter::decr,
        StringCommand::DecrBy => counter::decrby,
        StringCommand::Get => get,
        StringCommand::GetDel => getdel,
        StringCommand::GetEx => set::getex,
        StringCommand::GetRange | StringCommand::SubStr => range::getrange,
        StringCommand::GetSet => getset,
        StringCommand::Incr => counter::incr,
        StringCommand::IncrBy => counter::incrby,
        StringCommand::IncrByFloat => counter::incrbyfloat,
        StringCommand::MGet => mget,
        StringCommand::MSet => mset,
        StringCommand::MSetNx => msetnx,
        StringCommand::PSetEx => set::psetex,
        StringCommand::Set => set::set,
        StringCommand::SetEx => set::setex,
        StringCommand::SetNx => setnx,
        StringCommand::SetRange => range::setrange,
        StringCommand::StrLen => range::strlen,
    }
}

/// The text under the key, to hand out.
fn text(tx: &Tx<'_>, key: &[u8]) -> Result<Option<Bytes>, ServerError> {
    tx.read::<Str>(key)?.map(Str::to_bytes).transpose()
}

/// Gives the key this text and no deadline, whatever it held before.
fn put(tx: &mut Tx<'_>, key: &[u8], text: &Text<'_>) {
    tx.put(key, Str::new(text));
    tx.changed(key, Event::SET);
}

/// `GET key`: the text.
fn get(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    match tx.read::<Str>(&args[0])? {
        Some(text) => Ok(Value::Bulk(text.to_bytes()?)),
        None => Ok(Value::Null),
    }
}

/// `GETDEL key`: the text, and the key is gone.
fn getdel(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let old = text(tx, &args[0])?;
    if old.is_some() {
        tx.remove(&args[0]);
        tx.changed(&args[0], Event::DEL);
    }
    Ok(old.into())
}

/// `GETSET key value`: the text before.
fn getset(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let old = text(tx, &args[0])?;
    put(tx, &args[0], &args.text(1));
    Ok(old.into())
}

/// `SETNX key value`: whether the key was free.
fn setnx(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let free = !tx.uses(&args[0]);
    if free {
        put(tx, &args[0], &args.text(1));
    }
    Ok(Value::flag(free))
}

/// `MGET key …`: the texts. A key that holds no string answers as one that is not there.
fn mget(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let found = args.from(0).map(|key| match text(tx, key) {
        Err(error) if error == texts::WRONG_TYPE => Ok(None),
        text => text,
    });
    Ok(found.collect::<Result<_, _>>()?)
}

/// `MSET key value …`: a key that is named twice keeps the last value.
fn mset(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    for at in pair_keys(args, "mset")? {
        put(tx, &args[at], &args.text(at + 1));
    }
    Ok(Value::OK)
}

/// `MSETNX key value …`: all of them, or none where one of the keys exists.
fn msetnx(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let keys = pair_keys(args, "msetnx")?;
    if keys.clone().any(|at| tx.uses(&args[at])) {
        return Ok(Value::flag(false));
    }
    for at in keys {
        put(tx, &args[at], &args.text(at + 1));
    }
    Ok(Value::flag(true))
}

/// Where the keys stand in pairs of a key and a value. The table knows no even arity, so it is checked here.
fn pair_keys(args: &Args<'_>, command: &str) -> Result<impl Iterator<Item = usize> + Clone, ServerError> {
    if !args.len().is_multiple_of(2) {
        return Err(ServerError::wrong_arity(command));
    }
    Ok((0..args.len()).step_by(2))
}
