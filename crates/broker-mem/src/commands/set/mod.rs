//! SADD and its kin: the members of one set. [`algebra`] has what works on several sets, [`random`] what draws lots.

mod algebra;
mod random;
#[cfg(test)]
mod tests;

use embroker_core::Value;
use embroker_core::commands::SetCommand;

use super::{Handler, scan};
use crate::Reply;
use crate::args::Args;
use crate::events::Event;
use crate::keyspace::Tx;
use crate::objects::Set;

pub(super) fn handler(command: SetCommand) -> Handler {
    match command {
        SetCommand::SAdd => sadd,
        SetCommand::SCard => scard,
        SetCommand::SDiff => algebra::sdiff,
        SetCommand::SDiffStore => algebra::sdiffstore,
        SetCommand::SInter => algebra::sinter,
        SetCommand::SInterCard => algebra::sintercard,
        SetCommand::SInterStore => algebra::sinterstore,
        SetCommand::SIsMember => sismember,
        SetCommand::SMembers => smembers,
        SetCommand::SMIsMember => smismember,
        SetCommand::SMove => smove,
        SetCommand::SPop => random::spop,
        SetCommand::SRandMember => random::srandmember,
        SetCommand::SRem => srem,
        SetCommand::SScan => sscan,
        SetCommand::SUnion => algebra::sunion,
        SetCommand::SUnionStore => algebra::sunionstore,
    }
}

/// `SADD key member …`: how many of the members are new.
fn sadd(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let most = tx.engine().set_limit();
    let members = args.all().get(1..).unwrap_or_default();
    let add = |set: &mut Set| Ok(members.iter().filter(|member| set.insert(&(*member).into(), most)).count());
    let added = tx.change(&args[0], add)?;
    if added > 0 {
        tx.changed(&args[0], Event::SADD);
    }
    Ok(added.into())
}

/// `SREM key member …`: how many of the members were there.
fn srem(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let Some(mut set) = tx.write::<Set>(&args[0])? else { return Ok(Value::Int(0)) };
    let removed = args.from(1).filter(|member| set.remove(member)).count();
    drop(set);
    if removed > 0 {
        lost(tx, &args[0], Event::SREM);
    }
    Ok(removed.into())
}

/// Says that a set lost members, and removes one that has none left.
fn lost(tx: &mut Tx<'_>, key: &[u8], event: Event) {
    tx.changed(key, event);
    if tx.remove_if_empty(key) {
        tx.changed(key, Event::DEL);
    }
}

/// `SMOVE source destination member`: whether the source had the member.
fn smove(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let (source, destination, member) = (&args[0], &args[1], &args[2]);
    let Some(set) = tx.peek::<Set>(source)? else { return Ok(Value::Int(0)) };
    let found = set.contains(member);
    tx.peek::<Set>(destination)?;
    if !found || source == destination {
        return Ok(Value::flag(found));
    }
    if let Some(mut set) = tx.write::<Set>(source)? {
        set.remove(member);
    }
    let most = tx.engine().set_limit();
    lost(tx, source, Event::SREM);
    if tx.change(destination, |set: &mut Set| Ok(set.insert(&args.text(2), most)))? {
        tx.changed(destination, Event::SADD);
    }
    Ok(Value::Int(1))
}

/// `SCARD key`: how many members the set has.
fn scard(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(tx.read::<Set>(&args[0])?.map_or(0, Set::len).into())
}

/// `SISMEMBER key member`: whether the set has the member.
fn sismember(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(Value::flag(tx.read::<Set>(&args[0])?.is_some_and(|set| set.contains(&args[1]))))
}

/// `SMISMEMBER key member …`: whether the set has each of the members.
fn smismember(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let set = tx.read::<Set>(&args[0])?;
    let has = |member: &[u8]| set.as_ref().is_some_and(|set| set.contains(member));
    Ok(Value::Array(args.from(1).map(|member| Value::flag(has(member))).collect()))
}

/// `SMEMBERS key`: every member.
fn smembers(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let set = tx.read::<Set>(&args[0])?;
    Ok(Value::Set(set.map_or_else(Vec::new, members)))
}

/// `SSCAN key cursor [MATCH pattern] [COUNT count]`: the next cursor, and some members. Options are not looked at where
/// there is no key.
fn sscan(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let cursor = scan::read_cursor(&args[1])?;
    let Some(set) = tx.read::<Set>(&args[0])? else { return scan::reply(0, Vec::new()) };
    let options = scan::ScanOptions::read(args, 2, false)?;
    let (next, step) = set.scan(cursor, options.count);
    let found = step.filter(|member| options.matches(member)).map(|member| member.to_bytes().into()).collect();
    scan::reply(next, found)
}

/// The members of a set, to reply.
fn members(set: &Set) -> Vec<Value> {
    set.lend(|member| member.to_bytes().into())
}
