//! DEBUG: what test suites of clients ask of a server.
//!
//! A subcommand with too many or too few words is an unknown one, as in Redis. Those that crash a server, read its
//! files or look into structures that we don't have are refused.

mod populate;

use std::thread;
use std::time::Duration;

use embroker_core::commands::DebugCommand;
use embroker_core::error::texts;
use embroker_core::instance::config::{Parameter, memory};
use embroker_core::{ServerError, Value};

use super::{Handler, object};
use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;

/// What Redis knows and we refuse, with any number of words.
const UNSUPPORTED: [&str; 22] = [
    "ASSERT",
    "CLIENT-EVICTION",
    "CLUSTERLINK",
    "CONFIG-REWRITE-FORCE-ALL",
    "CRASH-AND-RECOVER",
    "DIGEST",
    "DIGEST-VALUE",
    "HTSTATS",
    "HTSTATS-KEY",
    "LEAK",
    "LISTPACK",
    "LOADAOF",
    "MALLCTL",
    "MALLCTL-STR",
    "OOM",
    "PANIC",
    "QUICKLIST",
    "RELOAD",
    "RESTART",
    "SDSLEN",
    "SEGFAULT",
    "STRUCTSIZE",
];

pub(super) fn handler(command: DebugCommand) -> Handler {
    match command {
        DebugCommand::Debug => debug,
    }
}

/// `DEBUG subcommand …`, where `enable-debug-command` allows it. Everybody here is local, as far as the engine knows.
fn debug(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    if !tx.engine().instance.config().flag(Parameter::EnableDebugCommand) {
        return Err(texts::DEBUG_NOT_ALLOWED.into());
    }
    let is = |word| args.is(0, word);
    match args.len() {
        1 if is("HELP") => Ok(Value::lines(include_str!("help.txt").lines())),
        2 if is("OBJECT") => describe(tx, &args[1]),
        2 if is("SLEEP") => sleep(&args[1]),
        2 if is("SET-ACTIVE-EXPIRE") => {
            tx.engine().expire_actively(leading_number(&args[1]) as i64 != 0);
            Ok(Value::OK)
        }
        2 if is("ERROR") => Err(ServerError::new(&args[1]).into()),
        2 if is("PROTOCOL") => protocol(args),
        2 if is("QUICKLIST-PACKED-THRESHOLD") => packed_threshold(&args[1]),
        2..=4 if is("POPULATE") => populate::populate(tx, args),
        // What these tell of is not here, so that nothing is left to do.
        1 if is("CHANGE-REPL-ID") => Ok(Value::OK),
        2 if ["AOF-FLUSH-SLEEP", "LOG", "PAUSE-CRON", "SET-DISABLE-DENY-SCRIPTS"].into_iter().any(is) => Ok(Value::OK),
        2 if ["DROP-CLUSTER-PACKET-FILTER", "SET-SKIP-CHECKSUM-VALIDATION"].into_iter().any(is) => Ok(Value::OK),
        2.. if is("REPLICATE") => Ok(Value::OK),
        3 if is("REPLYBUFFER") => reply_buffer(args),
        _ if UNSUPPORTED.into_iter().any(is) => Err(ServerError::debug_unsupported(&args[0]).into()),
        _ => Err(ServerError::subcommand_syntax(&args[0], "debug").into()),
    }
}

/// `DEBUG OBJECT key`: where and how the value is kept. The length is that of the texts in it, each with its own length
/// before it, as in a dump that is not compressed.
fn describe(tx: &mut Tx<'_>, key: &[u8]) -> Reply {
    let entry = tx.get(key).ok_or(texts::NO_SUCH_KEY)?;
    // Redis keeps 24 bits of the time.
    let lru = entry.last_used() & 0xff_ffff;
    let line = format!(
        "Value at:{:p} refcount:{} encoding:{} serializedlength:{} lru:{lru} lru_seconds_idle:{}",
        &raw const entry.object,
        object::references(tx, &entry.object),
        entry.object.encoding(),
        entry.object.dumped_len(),
        object::idle_seconds(tx, entry),
    );
    Ok(Value::Status(line.into()))
}

/// `DEBUG SLEEP seconds`: sleeps, and everybody who wants a key of this database waits. Redis lets everybody wait. What
/// is no number, or a negative one, is no time.
fn sleep(seconds: &[u8]) -> Reply {
    if let Ok(time) = Duration::try_from_secs_f64(leading_number(seconds)) {
        thread::sleep(time);
    }
    Ok(Value::OK)
}

/// The number that a text begins with, as C's `strtod` reads it; 0 where it begins with none.
fn leading_number(text: &[u8]) -> f64 {
    const LONGEST: usize = 64;

    let text = text.trim_ascii_start();
    let digits = |at: &u8| at.is_ascii_digit() || b"+-.eE".contains(at);
    let len = text.iter().take(LONGEST).take_while(|at| digits(at)).count();
    let prefixes = (1..=len).rev().filter_map(|len| str::from_utf8(text.get(..len)?).ok()?.parse().ok());
    prefixes.into_iter().next().unwrap_or(0.0)
}

/// `DEBUG PROTOCOL type`: a value of each type, for parsers to be tried on.
fn protocol(args: &Args<'_>) -> Reply {
    #[expect(clippy::approx_constant, reason = "this is Redis's number, and not pi")]
    const DOUBLE: f64 = 3.141;

    let numbers = || (0..3).map(Value::Int).collect();
    let is = |word| args.is(1, word);
    Ok(match () {
        () if is("string") => "Hello World".into(),
        () if is("integer") => Value::Int(12345),
        () if is("double") => Value::Double(DOUBLE),
        () if is("null") => Value::Null,
        () if is("array") => Value::Array(numbers()),
        () if is("set") => Value::Set(numbers()),
        () if is("map") => Value::Map((0..3).map(|number| (Value::Int(number), Value::Bool(number == 1))).collect()),
        () if is("true") => Value::Bool(true),
        () if is("false") => Value::Bool(false),
        () if is("verbatim") => Value::verbatim("This is a verbatim\nstring"),
        () if ["attrib", "bignum", "push"].into_iter().any(is) => {
            return Err(ServerError::debug_unsupported(&[b"PROTOCOL ", &args[1]].concat()).into());
        }
        () => return Err(texts::DEBUG_PROTOCOL_TYPE.into()),
    })
}

/// `DEBUG QUICKLIST-PACKED-THRESHOLD size`: checked, and of no consequence without lists.
fn packed_threshold(size: &[u8]) -> Reply {
    /// A little below 4 GB, as Redis has it.
    const MOST: u64 = (1 << 32) - (1 << 20);

    let size = memory(size).filter(|size| *size <= MOST);
    size.map(|_| Value::OK).ok_or(texts::PACKED_THRESHOLD.into())
}

/// `DEBUG REPLYBUFFER PEAK-RESET-TIME NEVER|RESET|milliseconds` and `DEBUG REPLYBUFFER RESIZING 0|1`: there are no such
/// buffers here.
fn reply_buffer(args: &Args<'_>) -> Reply {
    match () {
        () if args.is(1, "RESIZING") => {}
        () if !args.is(1, "PEAK-RESET-TIME") => return Err(ServerError::subcommand_syntax(&args[0], "debug").into()),
        () if args.is(2, "NEVER") || args.is(2, "RESET") => {}
        () => drop(args.int(2)?),
    }
    Ok(Value::OK)
}

#[cfg(test)]
mod tests;
