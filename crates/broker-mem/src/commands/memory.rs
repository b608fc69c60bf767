//! MEMORY: what keys take, and what there is to tell of the rest.
//!
//! The numbers are those of our own structures, and the ones that `maxmemory` goes by. There is no allocator to ask, so
//! whatever Redis reads from its own is 0 here, or as if it wasted nothing.

use embroker_core::Value;
use embroker_core::commands::MemoryCommand;
use embroker_core::error::texts;

use super::{Handler, help, unknown_subcommand};
use crate::Reply;
use crate::args::Args;
use crate::keyspace::{Keyspace, Tx};

/// Below this many bytes MEMORY DOCTOR sees no patient.
const PATIENT: u64 = 5 * 1024 * 1024;

/// `MEMORY HELP`.
const HELP: [&str; 14] = [
    "MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "DOCTOR",
    "    Return memory problems reports.",
    "MALLOC-STATS",
    "    Return internal statistics report from the memory allocator.",
    "PURGE",
    "    Attempt to purge dirty pages for reclamation by the allocator.",
    "STATS",
    "    Return information about the memory usage of the server.",
    "USAGE <key> [SAMPLES <count>]",
    "    Return memory in bytes used by <key> and its value. Nested values are",
    "    sampled up to <count> times (default: 5, 0 means sample all).",
    "HELP",
    "    Prints this help.",
];

pub(super) fn handler(command: MemoryCommand) -> Handler {
    match command {
        MemoryCommand::Memory => |_, args| unknown_subcommand(args, "memory"),
        MemoryCommand::MemoryDoctor => doctor,
        MemoryCommand::MemoryHelp => |_, _| help(&HELP),
        MemoryCommand::MemoryMallocStats => malloc_stats,
        MemoryCommand::MemoryPurge => purge,
        MemoryCommand::MemoryStats => stats,
        MemoryCommand::MemoryUsage => usage,
    }
}

/// `MEMORY USAGE key [SAMPLES count]`: about how many bytes the key and its value take. The size of a collection is
/// known, so nothing is sampled, whatever the count.
fn usage(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    for at in (1..args.len()).step_by(2) {
        if !args.is(at, "SAMPLES") || at + 1 == args.len() {
            return Err(texts::SYNTAX.into());
        }
        if args.int(at + 1)? < 0 {
            return Err(texts::SYNTAX.into());
        }
    }
    Ok(tx.memory_of(&args[0]).into())
}

/// `MEMORY DOCTOR`: that all is well, which is all it can find out here.
fn doctor(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(Value::verbatim(if tx.memory() < PATIENT {
        "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these \
         conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be \
         back to our programming as soon as I finished rebooting.\n"
    } else {
        "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n"
    }))
}

/// `MEMORY MALLOC-STATS`: what a Redis without jemalloc answers.
fn malloc_stats(_: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    Ok(Value::verbatim("Stats not supported for the current allocator"))
}

/// `MEMORY PURGE`: what is free goes back to the system, where its allocator can be told so.
fn purge(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    tx.engine().memory.purge();
    Ok(Value::OK)
}

/// Every database that has a key, by its number, and how many it has. All of them are latched.
fn databases(tx: &mut Tx<'_>) -> Vec<(u32, u64)> {
    let numbers: Vec<u32> = tx.engine().databases.made().map(Keyspace::number).collect();
    let counted = numbers.into_iter().map(|number| (number, tx.within(number, Tx::len) as u64));
    counted.filter(|(_, keys)| *keys > 0).collect()
}

/// What all of it takes, in bytes: what INFO, MEMORY STATS and `maxmemory` go by.
pub(super) struct Sizes {
    /// Before anything was written.
    pub(super) startup: u64,
    /// The keys with their values, of all databases.
    pub(super) dataset: u64,
    /// Both.
    pub(super) total: u64,
    /// The most that both have taken.
    pub(super) peak: u64,
}

impl Sizes {
    pub(super) fn of(tx: &Tx<'_>) -> Self {
        let (startup, dataset) = (tx.engine().startup_memory(), tx.memory());
        let with_startup = |bytes: u64| startup.saturating_add(bytes);
        Self { startup, dataset, total: with_startup(dataset), peak: with_startup(tx.engine().memory.peak()) }
    }
}

/// `MEMORY STATS`: Redis's names in Redis's order, with 0 for what is not known here.
fn stats(tx: &mut Tx<'_>, _: &Args<'_>) -> Reply {
    let databases = databases(tx);
    let keys: u64 = databases.iter().map(|(_, keys)| keys).sum();
    let Sizes { startup, dataset, total, peak } = Sizes::of(tx);
    let count = |name: &str, count: u64| (Value::from(name), Value::from(i64::try_from(count).unwrap_or(i64::MAX)));
    let ratio = |name: &str, ratio: f64| (Value::from(name), Value::Double(ratio));
    let mut stats = vec![
        count("peak.allocated", peak),
        count("total.allocated", total),
        count("startup.allocated", startup),
        count("replication.backlog", 0),
        count("clients.slaves", 0),
        count("clients.normal", 0),
        count("cluster.links", 0),
        count("aof.buffer", 0),
        count("lua.caches", 0),
        count("functions.caches", 0),
    ];
    stats.extend(databases.iter().map(|(number, _)| {
        let tables = ["overhead.hashtable.main", "overhead.hashtable.expires", "overhead.hashtable.slot-to-keys"];
        (format!("db.{number}").as_str().into(), Value::Map(tables.map(|name| count(name, 0)).into()))
    }));
    stats.extend([
        count("overhead.total", startup),
        count("keys.count", keys),
        count("keys.bytes-per-key", dataset.checked_div(keys).unwrap_or(0)),
        count("dataset.bytes", dataset),
        ratio("dataset.percentage", if dataset > 0 { 100.0 } else { 0.0 }),
        ratio("peak.percentage", total as f64 / peak as f64 * 100.0),
        count("allocator.allocated", total),
        count("allocator.active", total),
        count("allocator.resident", total),
        ratio("allocator-fragmentation.ratio", 1.0),
        count("allocator-fragmentation.bytes", 0),
        ratio("allocator-rss.ratio", 1.0),
        count("allocator-rss.bytes", 0),
        ratio("rss-overhead.ratio", 1.0),
        count("rss-overhead.bytes", 0),
        ratio("fragmentation", 1.0),
        count("fragmentation.bytes", 0),
    ]);
    Ok(Value::Map(stats))
}

#[cfg(test)]
mod tests {
    use crate::commands::testing::Bench;

    fn usage(bench: &Bench, line: &str) -> usize {
        let reply = bench.run(&format!("MEMORY USAGE {line}"));
        reply.parse().unwrap_or_else(|_| panic!("{line}: {reply}"))
    }

    #[test]
    fn options_are_checked_before_the_key_is_looked_up() {
        Bench::new().expect(&[
            ("MEMORY USAGE none", "null"),
            ("MEMORY USAGE none SAMPLES", "ERR syntax error"),
            ("MEMORY USAGE none SAMPLES -1", "ERR syntax error"),
            ("MEMORY USAGE none SAMPLES x BOGUS", "ERR value is not an integer or out of range"),
            ("MEMORY USAGE none BOGUS 3", "ERR syntax error"),
            ("MEMORY USAGE none samples 3 SAMPLES 0", "null"),
        ]);
    }

    #[test]
    fn a_longer_value_a_longer_key_and_a_deadline_take_more() {
        let bench = Bench::new();
        let longer = "k".repeat(100);
        bench.expect(&[("SET k 1", "+OK"), (&format!("SET {longer} 1"), "+OK"), ("SET t 1 EX 100", "+OK")]);
        let number = usage(&bench, "k");
        assert_eq!(usage(&bench, &longer), number + 100);
        assert!(usage(&bench, "t") > number);
        bench.run(&format!("SET k {}", "x".repeat(1000)));
        // A block of 127 cells of eight bytes, behind a header.
        assert_eq!(usage(&bench, "k"), number + 1032);
        bench.run(&format!("SET k {}", "x".repeat(2000)));
        let long = usage(&bench, "k");
        bench.run(&format!("SET k {}", "x".repeat(3000)));
        assert_eq!(usage(&bench, "k"), long + 1000);
    }

    #[test]
    fn all_items_of_a_collection_count_whatever_the_samples() {
        let bench = Bench::new();
        // One member is too long for a small set.
        bench.run(&format!("SADD s {} b c d e f", "a".repeat(256)));
        let short = usage(&bench, "s");
        bench.expect(&[("SREM s f", "1")]);
        bench.run(&format!("SADD s {}", "x".repeat(1000)));
        for samples in ["", " SAMPLES 0", " SAMPLES 1", " SAMPLES 6"] {
            assert_eq!(usage(&bench, &format!("s{samples}")), short + 999, "{samples}");
        }
    }

    #[test]
    fn the_statistics_count_the_keys_of_all_databases() {
        let bench = Bench::new();
        bench.expect(&[("SET a 1", "+OK"), ("SET b 1", "+OK")]);
        bench.run_in(3, "SET c 1");
        let stats = bench.run("MEMORY STATS");
        assert!(stats.contains(r#""keys.count": 3, "#) && stats.contains(r#""db.3": {"#), "{stats}");
        assert!(!stats.contains(r#""db.1""#), "{stats}");
        let each = usage(&bench, "a");
        assert!(
            stats.contains(&format!(r#""keys.bytes-per-key": {each}, "dataset.bytes": {}, "#, each * 3)),
            "{stats}"
        );
    }

    #[test]
    fn the_doctor_sees_who_is_large_enough() {
        let bench = Bench::new();
        assert!(bench.run("MEMORY DOCTOR").contains("using very little memory"));
        bench.run("SETRANGE k 6000000 x");
        assert!(bench.run("MEMORY DOCTOR").contains("find any memory issue"));
    }
}
