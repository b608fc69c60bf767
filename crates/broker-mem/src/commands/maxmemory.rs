//! Tests of `maxmemory`: the running sum of what keys take, which commands are refused, and which keys go.

use embroker_core::{Command, Pipeline};
use proptest::prelude::*;

use super::testing::Bench;
use crate::keyspace::Tx;
use crate::objects::Str;

const OOM: &str = "OOM command not allowed when used memory > 'maxmemory'.";

/// A bench with a policy, and room for so many bytes beside what it takes now.
fn limited(policy: &str, room: u64) -> Bench {
    let bench = Bench::new();
    bench.run(&format!("CONFIG SET maxmemory-policy {policy}"));
    leave_room(&bench, room);
    bench
}

fn leave_room(bench: &Bench, room: u64) {
    let limit = bench.engine.used_memory() + room;
    assert_eq!(bench.run(&format!("CONFIG SET maxmemory {limit}")), "+OK");
}

/// What the keys of all databases take, found by a walk.
fn walked(bench: &Bench) -> u64 {
    let databases = bench.engine.databases.made();
    databases.map(|keyspace| Tx::new(&bench.engine, keyspace, keyspace.latch_all()).walked_memory() as u64).sum()
}

fn usage(bench: &Bench, key: &str) -> u64 {
    bench.run(&format!("MEMORY USAGE {key}")).parse().unwrap()
}

/// Which of the keys are there, in their order.
fn left<'k>(bench: &Bench, keys: &[&'k str]) -> Vec<&'k str> {
    keys.iter().copied().filter(|key| bench.run(&format!("EXISTS {key}")) == "1").collect()
}

fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c", "a-longer-key"])
}

/// A line that changes sizes, or fails to.
fn line() -> impl Strategy<Value = String> {
    let templates = vec![
        "SET K v",
        "SET K 12",
        "SET K longer-than-before EX 100",
        "SET K v KEEPTTL",
        "SET K v PXAT 1",
        "APPEND K more",
        "SETRANGE K 9 x",
        "SETRANGE K 5000 x",
        "SETBIT K 7 1",
        "SETBIT K 70000 1",
        "BITFIELD K SET u8 #40 1",
        "BITFIELD K OVERFLOW FAIL SET u2 300 9",
        "BITOP NOT K L",
        "BITOP OR K K L",
        "INCR K",
        "INCRBYFLOAT K 0.5",
        "GETSET K other",
        "GETDEL K",
        "MSET K x L yy",
        "MSETNX K x L yy",
        "GETEX K EX 50",
        "GETEX K PERSIST",
        "EXPIRE K 10",
        "EXPIRE K -1",
        "PERSIST K",
        "DEL K L",
        "RENAME K L",
        "RENAMENX K L",
        "COPY K L REPLACE",
        "COPY K L DB 1",
        "MOVE K 1",
        "SWAPDB 0 1",
        "FLUSHDB",
        "FLUSHALL",
        "HSET K f v",
        "HSET K f a-longer-value g 2 h 3",
        "HSET K i 1 j 2 k 3 l 4 m 5",
        "HDEL K f",
        "HDEL K f g h i j k l m",
        "HINCRBY K n 1000",
        "HINCRBY K f 1",
        "HINCRBYFLOAT K n 0.25",
        "HSETNX K f v",
        "SADD K a b c",
        "SADD K 1 2 3",
        "SREM K a 1",
        "SREM K a b c 1 2 3",
        "SPOP K",
        "SPOP K 2",
        "SMOVE K L a",
        "SUNIONSTORE K K L",
        "SINTERSTORE K K L",
        "SDIFFSTORE K K L",
    ];
    (prop::sample::select(templates), key(), key()).prop_map(|(template, first, second)| {
        let words = template.split(' ').map(|word| match word {
            "K" => first,
            "L" => second,
            word => word,
        });
        words.collect::<Vec<_>>().join(" ")
    })
}

proptest! {
    #[test]
    fn the_running_sum_is_what_a_walk_finds(
        lines in prop::collection::vec((0..2_u32, line(), 0..40_000_u64), 1..60),
        policy in prop::sample::select(vec!["noeviction", "allkeys-lru", "volatile-ttl", "allkeys-random"]),
        room in 0..4000_u64,
    ) {
        let bench = limited(policy, room);
        for (at, (database, line, time)) in lines.iter().enumerate() {
            // The first half has all the room that it wants.
            if at == lines.len() / 2 {
                leave_room(&bench, room);
            } else if at == 0 {
                bench.run("CONFIG SET maxmemory 0");
            }
            bench.advance(*time);
            bench.run_in(*database, line);
            prop_assert_eq!(bench.engine.memory.bytes(), walked(&bench), "after {}", line);
        }
        bench.run("FLUSHALL");
        prop_assert_eq!(bench.engine.memory.bytes(), 0);
    }
}

#[test]
fn a_transaction_is_counted_and_sees_what_it_added() {
    let bench = Bench::new();
    let empty = bench.engine.used_memory();
    let mut pipeline = Pipeline::atomic();
    for line in ["SET a 12345", "INFO memory", "DEL a", "SET b 1"] {
        pipeline.push(Command::from_argv(line.split(' ')).unwrap());
    }
    let replies = bench.engine.run_atomic(0, &pipeline, None).unwrap().unwrap();
    let info = String::from_utf8(replies[1].as_ref().unwrap().as_bytes().unwrap().to_vec()).unwrap();
    let with_a = empty + usage(&bench, "b");
    assert!(info.contains(&format!("used_memory:{with_a}\r\n")), "{info}");
    assert_eq!(bench.engine.used_memory(), with_a);
    assert_eq!(bench.engine.memory.bytes(), walked(&bench));
}

#[test]
fn info_memory_stats_and_maxmemory_tell_one_story() {
    let bench = Bench::new();
    bench.run("SET k v");
    let dataset = usage(&bench, "k");
    let startup = bench.engine.startup_memory();
    let total = startup + dataset;
    let info = bench.run("INFO memory");
    for field in [
        format!("used_memory:{total}"),
        format!("used_memory_peak:{total}"),
        format!("used_memory_startup:{startup}"),
        format!("used_memory_dataset:{dataset}"),
    ] {
        assert!(info.contains(&format!("{field}\\r\\n")), "{field} in {info}");
    }
    let stats = bench.run("MEMORY STATS");
    for field in [
        format!(r#""peak.allocated": {total}, "total.allocated": {total}, "startup.allocated": {startup}, "#),
        format!(r#""dataset.bytes": {dataset}, "#),
    ] {
        assert!(stats.contains(&field), "{field} in {stats}");
    }
    bench.expect(&[
        (&format!("CONFIG SET maxmemory {total}"), "+OK"),
        ("SET k w", "+OK"),
        (&format!("CONFIG SET maxmemory {}", total - 1), "+OK"),
        ("SET k v", OOM),
    ]);
    bench.run("DEL k");
    let info = bench.run("INFO memory");
    assert!(info.contains(&format!("used_memory:{startup}\\r\\n")), "{info}");
    assert!(info.contains(&format!("used_memory_peak:{total}\\r\\n")), "{info}");
}

#[test]
fn a_command_that_fits_at_its_start_may_go_beyond_the_limit() {
    let bench = limited("noeviction", 0);
    bench.expect(&[
        ("SETRANGE k 100000 x", "100001"),
        ("SETRANGE k 100000 x", OOM),
        ("APPEND k x", OOM),
        ("SETBIT k 0 1", OOM),
        ("BITFIELD k GET u8 0", OOM),
        ("BITFIELD_RO k GET u8 0", "[0]"),
        ("STRLEN k", "100001"),
        ("EXPIRE k 100", "1"),
        ("RENAME k l", "+OK"),
        ("PUBLISH c m", "0"),
        ("GETDEL none", "null"),
        ("DEL l", "1"),
        ("SET k v", "+OK"),
    ]);
}

#[test]
fn expired_keys_go_before_anything_is_refused() {
    let bench = limited("noeviction", 0);
    bench.expect(&[("SET k v PX 10", "+OK"), ("SET l v", OOM)]);
    bench.advance(11);
    bench.expect(&[("SET l v", "+OK"), ("DBSIZE", "1"), ("SET m v", OOM)]);
    assert_eq!(bench.engine.instance.stats().expired_keys.get(), 1);
    assert_eq!(bench.engine.instance.stats().evicted_keys.get(), 0);
}

#[test]
fn the_key_goes_that_was_not_used_for_longest() {
    for policy in ["allkeys-lru", "allkeys-lfu"] {
        let bench = limited(policy, 1 << 20);
        for key in ["a", "b", "c", "d"] {
            bench.run(&format!("SET {key} v"));
            bench.advance(1000);
        }
        bench.expect(&[("GET a", r#""v""#), ("EXISTS b", "1")]);
        bench.advance(1000);
        let limit = bench.engine.used_memory() - 1;
        bench.run(&format!("CONFIG SET maxmemory {limit}"));
        bench.expect(&[("PING", "+PONG")]);
        assert_eq!(left(&bench, &["a", "b", "c", "d"]), ["a", "c", "d"], "{policy}");
        let limit = bench.engine.used_memory() - 1;
        bench.run(&format!("CONFIG SET maxmemory {limit}"));
        bench.expect(&[("SET e v", "+OK")]);
        // One went before it, and another one since.
        assert_eq!(left(&bench, &["a", "b", "c", "d", "e"]), ["a", "e"], "{policy}");
        assert_eq!(bench.engine.instance.stats().evicted_keys.get(), 3, "{policy}");
    }
}

#[test]
fn the_key_goes_that_expires_first() {
    let bench = limited("volatile-ttl", 1 << 20);
    for (key, seconds) in [("a", 30), ("b", 10), ("c", 20)] {
        bench.run(&format!("SET {key} v EX {seconds}"));
    }
    bench.expect(&[("SET forever v", "+OK")]);
    for expected in [&["a", "c"][..], &["a"], &[]] {
        let limit = bench.engine.used_memory() - 1;
        bench.run(&format!("CONFIG SET maxmemory {limit}"));
        bench.run("PING");
        assert_eq!(left(&bench, &["a", "b", "c"]), expected);
    }
    let limit = bench.engine.used_memory() - 1;
    bench.run(&format!("CONFIG SET maxmemory {limit}"));
    bench.expect(&[("SET x v", OOM), ("GET forever", r#""v""#)]);
}

#[test]
fn a_volatile_policy_without_a_key_that_expires_refuses() {
    for policy in ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"] {
        let bench = limited(policy, 0);
        bench.expect(&[("SET k v", "+OK"), ("SET l v", OOM), ("HSET h f v", OOM), ("GET k", r#""v""#), ("DEL k", "1")]);
        bench.expect(&[("SET k v EX 100", "+OK"), ("SET l v", "+OK"), ("EXISTS k l", "1")]);
        assert_eq!(bench.engine.instance.stats().evicted_keys.get(), 1, "{policy}");
    }
}

#[test]
fn only_keys_that_expire_go_however_few_of_them_there_are() {
    for policy in ["volatile-lru", "volatile-random", "volatile-ttl"] {
        let bench = limited(policy, 1 << 30);
        for number in 0..2000 {
            bench.run(&format!("SET forever:{number} v"));
        }
        for number in 0..300 {
            bench.run(&format!("SET soon:{number} v EX {}", 100 + number));
        }
        leave_room(&bench, 0);
        for number in 0..200 {
            bench.expect(&[(&format!("SET new:{number} v"), "+OK")]);
        }
        let forever = (0..2000).filter(|number| bench.run(&format!("EXISTS forever:{number}")) == "1").count();
        assert_eq!(forever, 2000, "{policy}");
        assert!(bench.engine.instance.stats().evicted_keys.get() >= 100, "{policy}");
    }
}

#[test]
fn many_writes_stay_within_the_limit() {
    for (policy, writes) in [("allkeys-lru", 100_000_u64), ("allkeys-random", 10_000), ("allkeys-lfu", 10_000)] {
        let bench = limited(policy, 200_000);
        let limit: u64 = bench.engine.used_memory() + 200_000;
        for number in 0..writes {
            bench.expect(&[(&format!("SET key:{number} {number}-is-the-value"), "+OK")]);
            let (used, last) = (bench.engine.used_memory(), 400);
            assert!(used <= limit + last, "{policy}: {used} after {number} writes, of {limit}");
        }
        let kept: u64 = bench.run("DBSIZE").parse().unwrap();
        assert!((500..5000).contains(&kept), "{policy}: {kept}");
        assert_eq!(bench.engine.instance.stats().evicted_keys.get(), writes - kept, "{policy}");
        assert_eq!(bench.engine.memory.bytes(), walked(&bench));
    }
}

#[test]
fn what_was_used_last_is_kept_among_many() {
    let bench = limited("allkeys-lru", 1 << 30);
    for number in 0..1000 {
        bench.run(&format!("SET key:{number} v"));
    }
    bench.advance(10_000);
    for number in 0..200 {
        bench.run(&format!("GET key:{number}"));
    }
    bench.run("CONFIG SET maxmemory-samples 10");
    leave_room(&bench, 0);
    for number in 0..400 {
        bench.run(&format!("SET new:{number} v"));
    }
    let kept = (0..200).filter(|number| bench.run(&format!("EXISTS key:{number}")) == "1").count();
    // Of ten keys that are drawn, seldom are all used lately.
    assert!(kept >= 190, "{kept}");
}

#[test]
fn an_evicted_key_counts_as_written_and_every_database_gives() {
    let bench = limited("allkeys-lru", 1 << 20);
    bench.run_in(3, "SET k v");
    let broken = bench.breaks_in(3, "k", || {
        bench.run("CONFIG SET maxmemory 1");
        bench.expect(&[("GET none", "null")]);
    });
    assert!(broken);
    bench.expect(&[("SET k v", OOM), ("CONFIG SET maxmemory 0", "+OK"), ("SET k v", "+OK")]);
    assert_eq!(bench.run_in(3, "EXISTS k"), "0");
}

#[test]
fn a_lower_limit_is_reached_over_several_commands() {
    let bench = Bench::new();
    for number in 0..2500 {
        bench.put(&number.to_string(), Str::from(number));
    }
    bench.expect(&[
        ("CONFIG SET maxmemory-policy allkeys-random maxmemory 1", "+OK"),
        ("DBSIZE", "1500"),
        ("SET k v", "+OK"),
        ("DBSIZE", "0"),
        ("SET k v", OOM),
    ]);
}

#[test]
fn a_transaction_with_a_refused_command_does_nothing() {
    let bench = Bench::new();
    bench.expect(&[("SET k v", "+OK"), ("CONFIG SET maxmemory 1", "+OK")]);
    let run = |lines: &[&'static str]| {
        let mut pipeline = Pipeline::atomic();
        for line in lines {
            pipeline.push(Command::from_argv(line.split(' ')).unwrap());
        }
        bench.engine.run_atomic(0, &pipeline, None)
    };
    let error = run(&["DEL k", "SET l v"]).unwrap_err();
    assert_eq!(error.to_string(), "EXECABORT Transaction discarded because of previous errors.");
    bench.expect(&[("EXISTS k l", "1")]);
    assert_eq!(run(&["GET k", "DEL k"]).unwrap().unwrap().len(), 2);
    bench.expect(&[("EXISTS k", "0")]);
}

#[test]
fn threads_that_evict_from_one_another_end_and_count_right() {
    let bench = limited("allkeys-lru", 20_000);
    let limit = bench.engine.used_memory() + 20_000;
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let bench = &bench;
            scope.spawn(move || {
                for number in 0..1500 {
                    let mut pipeline = Pipeline::atomic();
                    for line in [format!("SET a:{number} value-{thread}"), format!("HINCRBY h:{number} f 1")] {
                        pipeline.push(Command::from_argv(line.split(' ').map(str::to_owned)).unwrap());
                    }
                    bench.engine.run_atomic(thread % 3, &pipeline, None).unwrap();
                    bench.run_in(thread % 2, &format!("MSET b:{number} v c:{thread}:{number} v a:{number} w"));
                    bench.run_in(0, &format!("COPY a:{number} d:{number} DB 2 REPLACE"));
                }
            });
        }
    });
    assert_eq!(bench.engine.memory.bytes(), walked(&bench));
    bench.expect(&[("PING", "+PONG")]);
    assert!(bench.engine.used_memory() <= limit, "{} of {limit}", bench.engine.used_memory());
    assert!(bench.engine.instance.stats().evicted_keys.get() > 5000);
}
