//! Commands on keys of any type. [`expire`] has deadlines, [`rename`] what gives a value another key, [`databases`]
//! what reaches into other databases, [`scan`] what goes over all keys.

mod databases;
mod expire;
mod rename;
mod scan;
#[cfg(test)]
mod tests;

use embroker_core::Value;
use embroker_core::commands::KeyCommand;

pub(super) use self::databases::{database, reach};

use super::Handler;
use crate::Reply;
use crate::args::Args;
use crate::events::Event;
use crate::keyspace::Tx;

pub(super) fn handler(command: KeyCommand) -> Handler {
    match command {
        KeyCommand::Copy => databases::copy,
        KeyCommand::DbSize => scan::dbsize,
        KeyCommand::Del | KeyCommand::Unlink => del,
        KeyCommand::Exists => exists,
        KeyCommand::Expire => expire::expire,
        KeyCommand::ExpireAt => expire::expireat,
        KeyCommand::ExpireTime => expire::expiretime,
        KeyCommand::FlushAll => scan::flushall,
        KeyCommand::FlushDb => scan::flushdb,
        KeyCommand::Keys => scan::keys,
        KeyCommand::Move => databases::move_key,
        KeyCommand::Persist => expire::persist,
        KeyCommand::PExpire => expire::pexpire,
        KeyCommand::PExpireAt => expire::pexpireat,
        KeyCommand::PExpireTime => expire::pexpiretime,
        KeyCommand::PTtl => expire::pttl,
        KeyCommand::RandomKey => scan::randomkey,
        KeyCommand::Rename => rename::rename,
        KeyCommand::RenameNx => rename::renamenx,
        KeyCommand::Scan => scan::scan,
        KeyCommand::SwapDb => databases::swapdb,
        KeyCommand::Touch => touch,
        KeyCommand::Ttl => expire::ttl,
        KeyCommand::Type => type_name,
    }
}

/// `DEL key …` and `UNLINK key …`: how many of the keys there were.
fn del(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let mut deleted = 0_usize;
    for key in args.from(0) {
        if tx.remove(key).is_some() {
            tx.changed(key, Event::DEL);
            deleted += 1;
        }
    }
    Ok(deleted.into())
}

/// `EXISTS key …`: how many of the keys there are, one that is named twice counted twice.
fn exists(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(args.from(0).filter(|key| tx.find(key).is_some()).count().into())
}

/// `TOUCH key …`: as EXISTS, and the keys are used now.
fn touch(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(args.from(0).filter(|key| tx.find(key).is_some() && tx.uses(key)).count().into())
}

/// `TYPE key`: the type of what it holds, or `none`.
fn type_name(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    Ok(Value::status(tx.find(&args[0]).map_or("none", |entry| entry.object.type_name())))
}
