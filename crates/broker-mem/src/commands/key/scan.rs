//! What goes over all keys of a database: KEYS, SCAN, RANDOMKEY, DBSIZE and the FLUSH commands.

use embroker_core::error::texts;
use embroker_core::{Glob, ServerError, Value};

use super::super::scan;
use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;

/// `KEYS pattern`: the keys that it matches. `*` alone is every key, also the empty one, which no other pattern of
/// stars matches.
pub(super) fn keys(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let pattern = (&args[0] != b"*").then(|| Glob::new(&args[0]));
    let keys = tx.keys();
    let matched = keys.iter().filter(|key| pattern.as_ref().is_none_or(|pattern| pattern.matches(key)));
    Ok(matched.map(|key| &**key).collect())
}

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`: the next cursor, and some keys.
pub(super) fn scan(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let cursor = scan::read_cursor(&args[0])?;
    let options = scan::ScanOptions::read(args, 1, true)?;
    let (next, keys) = tx.scan(cursor, options.count);
    let found = keys.iter().filter(|key| options.matches(key) && has_type(tx, key, options.type_name));
    scan::reply(next, found.map(|key| Value::from(&**key)).collect())
}

/// Whether the key has the type that TYPE asks for, in any case. A type that does not exist is no error; no key has it.
fn has_type(tx: &Tx<'_>, key: &[u8], wanted: Option<&[u8]>) -> bool {
    // Redis compares C strings: what follows a NUL byte does not count.
    let wanted = wanted.map(|wanted| wanted.split(|byte| *byte == 0).next().unwrap_or_default());
    wanted.is_none_or(|wanted| {
        tx.get(key).is_some_and(|entry| entry.object.type_name().as_bytes().eq_ignore_ascii_case(wanted))
    })
}

/// `RANDOMKEY`: a random key, or nil where there is none.
pub(super) fn randomkey(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(tx.random_key().as_deref().into())
}

/// `DBSIZE`: how many keys there are. Redis also counts expired keys that it has not removed yet.
pub(super) fn dbsize(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(tx.len().into())
}

/// `FLUSHALL [ASYNC|SYNC]`: empties every database, at once either way.
pub(super) fn flushall(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    check_flush_mode(args)?;
    tx.clear_everything();
    Ok(Value::OK)
}

/// `FLUSHDB [ASYNC|SYNC]`: empties this database, at once either way.
pub(super) fn flushdb(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    check_flush_mode(args)?;
    tx.clear();
    Ok(Value::OK)
}

fn check_flush_mode(args: &Args<'_>) -> Result<(), ServerError> {
    match args.len() {
        0 => Ok(()),
        1 if args.is(0, "ASYNC") || args.is(0, "SYNC") => Ok(()),
        _ => Err(texts::SYNTAX),
    }
}
