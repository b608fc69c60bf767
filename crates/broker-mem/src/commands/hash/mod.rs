//! Commands on hashes. `number` has the two that count, `random` HRANDFIELD.

mod number;
mod random;
#[cfg(test)]
mod tests;

use embroker_core::commands::HashCommand;
use embroker_core::{ServerError, Value};

use super::Handler;
use super::scan::{self, ScanOptions};
use crate::Reply;
use crate::args::Args;
use crate::events::Event;
use crate::keyspace::Tx;
use crate::objects::{Hash, HashLimits};

pub(super) fn handler(command: HashCommand) -> Handler {
    match command {
        HashCommand::HDel => hdel,
        HashCommand::HExists => hexists,
        HashCommand::HGet => hget,
        HashCommand::HGetAll => hgetall,
        HashCommand::HIncrBy => number::hincrby,
        HashCommand::HIncrByFloat => number::hincrbyfloat,
        HashCommand::HKeys => hkeys,
        HashCommand::HLen => hlen,
        HashCommand::HMGet => hmget,
        HashCommand::HMSet => hmset,
        HashCommand::HRandField => random::hrandfield,
        HashCommand::HScan => hscan,
        HashCommand::HSet => hset,
        HashCommand::HSetNx => hsetnx,
        HashCommand::HStrLen => hstrlen,
        HashCommand::HVals => hvals,
    }
}

/// Changes the hash of a key, a new one where there is none. A change that fails leaves no key behind.
fn change<T>(
    tx: &mut Tx<'_>,
    key: &[u8],
    event: Event,
    change: impl FnOnce(&mut Hash, HashLimits) -> Result<T, ServerError>,
) -> Result<T, ServerError> {
    let limits = tx.engine().hash_limits();
    let changed = tx.change(key, |hash| change(hash, limits))?;
    tx.changed(key, event);
    Ok(changed)
}

/// `HDEL key field …`: how many fields were there. The last one takes the key with it.
fn hdel(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let key = &args[0];
    let Some(mut hash) = tx.write::<Hash>(key)? else { return Ok(Value::Int(0)) };
    let removed = args.from(1).filter(|field| hash.remove(field)).count();
    drop(hash);
    if removed > 0 {
        tx.changed(key, Event::HDEL);
        if tx.remove_if_empty(key) {
            tx.changed(key, Event::DEL);
        }
    }
    Ok(removed.into())
}

/// `HEXISTS key field`: 1 where the field is there.
fn hexists(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let hash = tx.read::<Hash>(&args[0])?;
    Ok(Value::flag(hash.is_some_and(|hash| hash.contains(&args[1]))))
}

/// `HGET key field`: the value.
fn hget(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let hash = tx.read::<Hash>(&args[0])?;
    // Seen where it is: to move a text that was just written is slower than to find it.
    match &hash.and_then(|hash| hash.get(&args[1])) {
        Some(value) => Ok(Value::Bulk(value.to_bytes())),
        None => Ok(Value::Null),
    }
}

/// `HGETALL key`: every field with its value.
fn hgetall(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let Some(hash) = tx.read::<Hash>(&args[0])? else { return Ok(Value::Map(Vec::new())) };
    Ok(Value::Map(hash.lend(|field, value| (field.to_bytes().into(), value.to_bytes().into()))))
}

/// `HKEYS key`: every field.
fn hkeys(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let Some(hash) = tx.read::<Hash>(&args[0])? else { return Ok(Value::Array(Vec::new())) };
    Ok(Value::Array(hash.lend(|field, _| field.to_bytes().into())))
}

/// `HLEN key`: how many fields there are.
fn hlen(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let hash = tx.read::<Hash>(&args[0])?;
    Ok(hash.map_or(0, Hash::len).into())
}

/// `HMGET key field …`: the value of each field.
fn hmget(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let hash = tx.read::<Hash>(&args[0])?;
    let value = |field: &[u8]| Some(hash.as_ref()?.get(field)?.to_bytes());
    Ok(args.from(1).map(value).collect())
}

/// `HMSET key field value …`: HSET from before it took several fields.
fn hmset(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    set_pairs(tx, args, "hmset")?;
    Ok(Value::OK)
}

/// `HSCAN key cursor [MATCH pattern] [COUNT count]`: the next cursor, and fields with their values.
fn hscan(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let cursor = scan::read_cursor(&args[1])?;
    // Redis reads the options only where there is something to scan.
    let Some(hash) = tx.read::<Hash>(&args[0])? else { return scan::reply(0, Vec::new()) };
    let options = ScanOptions::read(args, 2, false)?;
    let (next, step) = hash.scan(cursor, options.count);
    let found = step.filter(|(field, _)| options.matches(field));
    scan::reply(next, found.flat_map(|(field, value)| [field.to_bytes().into(), value.to_bytes().into()]).collect())
}

/// `HSET key field value …`: how many fields are new.
fn hset(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(set_pairs(tx, args, "hset")?.into())
}

/// Gives fields their values; how many fields are new. The table can't say that the arguments come in pairs.
fn set_pairs(tx: &mut Tx<'_>, args: &Args<'_>, name: &str) -> Result<usize, ServerError> {
    if args.len().is_multiple_of(2) {
        return Err(ServerError::wrong_arity(name));
    }
    change(tx, &args[0], Event::HSET, |hash, limits| {
        if hash.len() == 0 {
            hash.reserve(args.len() / 2, args.from(1).fold(0, |bytes, text| bytes.saturating_add(text.len())));
        }
        let (pairs, _) = args.all().get(1..).unwrap_or_default().as_chunks();
        Ok(pairs.iter().filter(|[field, value]| hash.set(field.as_bytes(), &value.into(), limits)).count())
    })
}

/// `HSETNX key field value`: 1 where the field was not there and is now.
fn hsetnx(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    if tx.peek::<Hash>(&args[0])?.is_some_and(|hash| hash.contains(&args[1])) {
        return Ok(Value::flag(false));
    }
    let is_new = change(tx, &args[0], Event::HSET, |hash, limits| Ok(hash.set(&args[1], &args.text(2), limits)))?;
    Ok(Value::flag(is_new))
}

/// `HSTRLEN key field`: how many bytes the value has.
fn hstrlen(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let hash = tx.read::<Hash>(&args[0])?;
    Ok(hash.and_then(|hash| hash.get(&args[1]).map(|value| value.len())).unwrap_or(0).into())
}

/// `HVALS key`: every value.
fn hvals(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let Some(hash) = tx.read::<Hash>(&args[0])? else { return Ok(Value::Array(Vec::new())) };
    Ok(Value::Array(hash.lend(|_, value| value.to_bytes().into())))
}
