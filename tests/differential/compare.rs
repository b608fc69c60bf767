//! Whether two brokers answered the same, as far as Redis fixes its answers: order, chance and the time are free.

use std::collections::HashSet;

use anyhow::{Result, ensure};
use embroker::{ServerError, Value};
use embroker_conformance::transcript::{in_any_order, in_order};

use crate::generate::{Argv, DATABASES, KEYS};

/// How far apart two brokers may read the clock, in milliseconds.
const CLOCK_SKEW_MS: i64 = 20_000;

type Reply = Result<Value, ServerError>;

/// What of a command's reply is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freedom {
    /// Nothing, but for the order within sets and maps.
    None,
    /// The order of its items.
    Order,
    /// It tells a time; in this many milliseconds.
    Time { unit: i64 },
    /// Which members it draws, but not how many.
    Draw,
    /// How far one step of an iteration gets.
    Step,
}

fn freedom(argv: &Argv) -> Freedom {
    match argv.name().as_str() {
        "hkeys" | "hvals" | "keys" | "pubsub" => Freedom::Order,
        "ttl" | "expiretime" => Freedom::Time { unit: 1000 },
        "pttl" | "pexpiretime" => Freedom::Time { unit: 1 },
        "srandmember" | "hrandfield" | "randomkey" | "spop" => Freedom::Draw,
        "scan" | "sscan" | "hscan" => Freedom::Step,
        _ => Freedom::None,
    }
}

/// Compares the replies of the in-memory broker and of Redis to one command.
pub(crate) fn reply(argv: &Argv, mem: &Reply, redis: &Reply) -> Result<()> {
    let same = match (mem, redis) {
        (Ok(mem), Ok(redis)) => match freedom(argv) {
            Freedom::None => in_order(mem.clone()) == in_order(redis.clone()),
            Freedom::Order => in_any_order(mem.clone()) == in_any_order(redis.clone()),
            Freedom::Time { unit } => same_time(mem, redis, unit),
            Freedom::Draw => shape(mem) == shape(redis),
            Freedom::Step => pages(mem) && pages(redis),
        },
        (mem, redis) => mem == redis,
    };
    ensure!(same, "{argv:?}\n  mem   {}\n  redis {}", show(mem), show(redis));
    Ok(())
}

fn show(reply: &Reply) -> String {
    match reply {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("-{error}"),
    }
}

fn same_time(mem: &Value, redis: &Value, unit: i64) -> bool {
    match (mem, redis) {
        (Value::Int(mem), Value::Int(redis)) if *mem > 0 && *redis > 0 => {
            mem.abs_diff(*redis) <= CLOCK_SKEW_MS.unsigned_abs() / unit.unsigned_abs()
        }
        (mem, redis) => mem == redis,
    }
}

/// What two draws of the same number of members have in common.
fn shape(value: &Value) -> String {
    match value {
        Value::Bulk(_) => "one".to_owned(),
        Value::Array(items) => format!("array of {}", items.len()),
        Value::Set(items) => format!("set of {}", items.len()),
        other => format!("{other:?}"),
    }
}

/// Whether it is a cursor and items.
fn pages(value: &Value) -> bool {
    matches!(value, Value::Array(items) if matches!(&items[..], [Value::Bulk(_), Value::Array(_)]))
}

/// The command that lists what another one draws from, where it draws.
pub(crate) fn population(argv: &Argv) -> Option<Argv> {
    let key = argv.get(1);
    match (argv.name().as_str(), key) {
        ("srandmember" | "spop", Some(key)) => Some(Argv::new([b"SMEMBERS", key])),
        ("hrandfield", Some(key)) => Some(Argv::new([b"HGETALL", key])),
        ("randomkey", None) => Some(Argv::new(["KEYS", "*"])),
        _ => None,
    }
}

/// Checks that what was drawn is in the population, and nothing twice unless a negative count asks for that.
pub(crate) fn draw(argv: &Argv, population: &Reply, drawn: &Reply) -> Result<()> {
    let (Ok(population), Ok(drawn)) = (population, drawn) else { return Ok(()) };
    let members: HashSet<String> = match population {
        Value::Map(pairs) => {
            let fields = pairs.iter().map(|(field, _)| format!("{field:?}"));
            let with_values = pairs.iter().map(|(field, value)| format!("[{field:?}, {value:?}]"));
            fields.chain(with_values).collect()
        }
        Value::Set(items) | Value::Array(items) => items.iter().map(|item| format!("{item:?}")).collect(),
        other => anyhow::bail!("{other:?} is no population"),
    };
    let drawn: Vec<String> = match drawn {
        Value::Set(items) | Value::Array(items) => items.iter().map(|item| format!("{item:?}")).collect(),
        Value::Null => vec![],
        one => vec![format!("{one:?}")],
    };
    ensure!(drawn.iter().all(|one| members.contains(one)), "{argv:?} drew {drawn:?} from {members:?}");
    let with_repeats = argv.get(2).is_some_and(|count| count.starts_with(b"-"));
    let different: HashSet<&String> = drawn.iter().collect();
    ensure!(with_repeats || different.len() == drawn.len(), "{argv:?} drew twice: {drawn:?}");
    Ok(())
}

/// The commands that tell how each value of the first database is kept.
pub(crate) fn encodings() -> Vec<Argv> {
    let of_key = |key: &&str| ["ENCODING", "REFCOUNT"].map(|fact| Argv::new(["OBJECT", fact, key]));
    KEYS.iter().flat_map(of_key).collect()
}

/// The commands whose replies are the whole state.
pub(crate) fn state() -> Vec<Argv> {
    let of_key = |key: &&str| ["TYPE", "GET", "HGETALL", "SMEMBERS", "PEXPIRETIME"].map(|name| Argv::new([name, key]));
    let of_all = [Argv::new(["DBSIZE"]), Argv::new(["KEYS", "*"])];
    let of_database: Vec<Argv> = KEYS.iter().flat_map(of_key).chain(of_all).collect();
    // Each database in turn where the client is: the first swaps with itself.
    let in_turn = |number: &&str| [vec![Argv::new(["SWAPDB", "0", number])], of_database.clone()].concat();
    DATABASES.iter().flat_map(in_turn).collect()
}
