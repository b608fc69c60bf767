//! Union, intersection and difference, answered, counted or stored.
//!
//! Redis looks at the type of every source before it computes anything, also behind a missing one.

use embroker_core::error::texts;
use embroker_core::{ServerError, Value};

use super::members;
use crate::Reply;
use crate::args::Args;
use crate::events::Event;
use crate::keyspace::Tx;
use crate::objects::{Set, Text};

/// The sets of some keys, nothing for a key that does not exist.
type Sources<'t> = [Option<&'t Set>];

/// `SUNION key …`: the members of any of the sets.
pub(super) fn sunion(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(Value::Set(members(&union(&sources(tx, args.from(0))?, tx.engine().set_limit()))))
}

/// `SUNIONSTORE destination key …`: how many members the union has.
pub(super) fn sunionstore(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let result = union(&sources(tx, args.from(1))?, tx.engine().set_limit());
    store(tx, &args[0], result, Event::SUNIONSTORE)
}

/// `SINTER key …`: the members of all the sets.
pub(super) fn sinter(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let sources = sources(tx, args.from(0))?;
    Ok(Value::Set(intersection(&sources).map(|member| member.to_bytes().into()).collect()))
}

/// `SINTERSTORE destination key …`: how many members the intersection has.
pub(super) fn sinterstore(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let result = Set::from_members(intersection(&sources(tx, args.from(1))?), tx.engine().set_limit());
    store(tx, &args[0], result, Event::SINTERSTORE)
}

/// `SINTERCARD numkeys key … [LIMIT limit]`: how many members the intersection has; counting stops at the limit, 0 for
/// none.
pub(super) fn sintercard(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let keys = count(args, 0).filter(|keys| *keys > 0).ok_or(texts::NUMKEYS_NOT_POSITIVE)?;
    if keys > args.len() - 1 {
        return Err(texts::TOO_MANY_KEYS.into());
    }
    let mut limit = 0;
    let mut at = keys + 1;
    while at < args.len() {
        if !args.is(at, "LIMIT") || at + 1 == args.len() {
            return Err(texts::SYNTAX.into());
        }
        limit = count(args, at + 1).ok_or(texts::LIMIT_NEGATIVE)?;
        at += 2;
    }
    let sources = sources(tx, args.from(1).take(keys))?;
    let limit = if limit == 0 { usize::MAX } else { limit };
    Ok(intersection(&sources).take(limit).count().into())
}

/// `SDIFF key …`: the members of the first set that no other has.
pub(super) fn sdiff(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(Value::Set(members(&difference(&sources(tx, args.from(0))?, tx.engine().set_limit()))))
}

/// `SDIFFSTORE destination key …`: how many members the difference has.
pub(super) fn sdiffstore(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let result = difference(&sources(tx, args.from(1))?, tx.engine().set_limit());
    store(tx, &args[0], result, Event::SDIFFSTORE)
}

/// The argument as a count of zero or more.
fn count(args: &Args<'_>, at: usize) -> Option<usize> {
    args.int(at).ok().and_then(|count| usize::try_from(count).ok())
}

fn sources<'t, 'k>(tx: &'t Tx<'_>, keys: impl Iterator<Item = &'k [u8]>) -> Result<Vec<Option<&'t Set>>, ServerError> {
    keys.map(|key| tx.read::<Set>(key)).collect()
}

fn union(sources: &Sources<'_>, most: usize) -> Set {
    Set::from_members(sources.iter().flatten().flat_map(|set| set.iter()), most)
}

/// Looks each member of the smallest set up in the others; lazily, so that a limit ends it early.
fn intersection<'s>(sources: &'s Sources<'_>) -> impl Iterator<Item = Text<'s>> {
    let mut sets: Vec<&Set> = sources.iter().flatten().copied().collect();
    if sets.len() < sources.len() {
        sets.clear();
    }
    sets.sort_by_key(|set| set.len());
    let mut sets = sets.into_iter();
    let smallest = sets.next();
    smallest.into_iter().flat_map(Set::iter).filter(move |member| sets.clone().all(|set| set.contains(member)))
}

/// Looks each member of the first set up in the others, or takes all of theirs away, whichever is less work.
fn difference(sources: &Sources<'_>, most: usize) -> Set {
    let Some((Some(first), others)) = sources.split_first() else { return Set::default() };
    let others: Vec<&Set> = others.iter().flatten().copied().collect();
    let total = others.iter().fold(first.len(), |total, set| total.saturating_add(set.len()));
    // Which way it is shows in how the result is kept, so the choice is Redis's, the half included.
    if first.len().saturating_mul(others.len() + 1) / 2 <= total {
        let rest = first.iter().filter(|member| !others.iter().any(|set| set.contains(member)));
        return Set::from_members(rest, most);
    }
    let mut rest = Set::from_members(first.iter(), most);
    for member in others.into_iter().flat_map(Set::iter) {
        rest.remove(&member);
    }
    rest
}

/// Keeps the result under the key, whatever that held before; an empty result deletes it.
fn store(tx: &mut Tx<'_>, key: &[u8], result: Set, event: Event) -> Reply {
    let count = result.len();
    if count > 0 {
        tx.put(key, result);
        tx.changed(key, event);
    } else if tx.remove(key).is_some() {
        tx.changed(key, Event::DEL);
    }
    Ok(Value::from(count))
}
