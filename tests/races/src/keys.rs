//! The latches: commands on several keys, on whole databases, and the sweep of expired keys, against each other.
//!
//! What shuttle sees is a gate before each latch, not DashMap's own lock behind it.

use std::sync::Arc;
use std::time::Duration;

use embroker_core::{Error, Value};
use embroker_mem::{ManualClock, MemBroker};
use shuttle::thread;

use crate::{broker, call, command, exec, explore, int, pipeline};

/// How often a key is there.
fn exists(broker: &MemBroker, key: &str) -> i64 {
    int(&call(broker, &format!("EXISTS {key}")))
}

#[test]
fn commands_that_take_the_same_keys_in_the_other_order_never_wait_for_each_other() {
    explore(|| {
        let broker = broker();
        call(&broker, "MSET a 1 b 2");
        call(&broker, "SADD s member");
        call(&broker, "SADD u 1 2");
        thread::scope(|threads| {
            threads.spawn(|| ["RENAME a b", "SMOVE s t member", "SUNIONSTORE u v u"].map(|line| call(&broker, line)));
            threads.spawn(|| {
                ["RENAME b a", "SMOVE t s member", "SUNIONSTORE v u v"].map(|line| match broker.call(&command(line)) {
                    Ok(_) => {}
                    Err(Error::Server(error)) => assert_eq!(error.to_string(), "ERR no such key"),
                    Err(other) => panic!("{other}"),
                })
            });
        });
        assert_eq!((exists(&broker, "a b"), exists(&broker, "s t")), (1, 1));
    });
}

#[test]
fn nobody_sees_half_of_a_command_on_many_keys() {
    explore(|| {
        let broker = broker();
        call(&broker, "MSET a 0 b 0 c 0");
        thread::scope(|threads| {
            threads.spawn(|| call(&broker, "MSET a 1 b 1 c 1"));
            threads.spawn(|| call(&broker, "MSET c 2 b 2 a 2"));
            threads.spawn(|| {
                for _ in 0..2 {
                    let Value::Array(values) = call(&broker, "MGET b a c") else { panic!("an array") };
                    assert!(values.iter().all(|value| *value == values[0]), "{values:?}");
                }
            });
            threads.spawn(|| {
                let count = int(&call(&broker, "DBSIZE"));
                assert_eq!(count, 3);
            });
        });
    });
}

#[test]
fn flushall_and_swapdb_happen_at_one_moment_for_a_database_that_is_made_meanwhile_too() {
    explore(|| {
        let broker = broker();
        let (zero, one) = (broker.clone(), broker.database(1).expect("sixteen databases"));
        thread::scope(|threads| {
            threads.spawn(|| call(&broker, "FLUSHALL"));
            threads.spawn(|| {
                call(&one, "SET key 1");
                call(&zero, "SET key 0");
            });
        });
        assert!(exists(&one, "key") <= exists(&zero, "key"), "what was written first is flushed first");

        call(&zero, "FLUSHALL");
        call(&zero, "SET here 0");
        thread::scope(|threads| {
            threads.spawn(|| call(&broker, "SWAPDB 0 1"));
            threads.spawn(|| call(&one, "SWAPDB 1 0"));
            threads.spawn(|| {
                let replies = exec(&zero, pipeline(&["EXISTS here", "SELECT 1", "EXISTS here"]));
                assert_eq!(int(&replies[0]) + int(&replies[2]), 1, "it is in one of them");
            });
            threads.spawn(|| call(&one, "COPY here there DB 0"));
        });
        assert_eq!((exists(&zero, "here"), exists(&one, "here")), (1, 0), "swapped twice");
    });
}

#[test]
fn a_sweep_takes_expired_keys_and_never_a_fresh_one() {
    explore(|| {
        let clock = Arc::new(ManualClock::at(1_000));
        let broker = MemBroker::builder().seed(1).clock(clock.clone()).build();
        let empty = broker.used_memory();
        for line in ["SET a old PX 10", "SET b old PX 10", "SET c old PX 10"] {
            call(&broker, line);
        }
        clock.advance(Duration::from_millis(11));
        thread::scope(|threads| {
            threads.spawn(|| broker.sweep());
            threads.spawn(|| call(&broker, "SET a fresh"));
            threads.spawn(|| call(&broker, "SET b fresh PX 10"));
            threads.spawn(|| {
                assert_eq!(call(&broker, "GET c"), Value::Null);
                assert_eq!(int(&call(&broker, "APPEND c fresh")), 5, "an expired value is not appended to");
            });
        });
        assert_eq!((exists(&broker, "a b c"), int(&call(&broker, "DBSIZE"))), (3, 3));
        call(&broker, "DEL a b c");
        assert_eq!(broker.used_memory(), empty);
    });
}

#[test]
fn the_memory_of_all_keys_is_their_sum_whoever_writes_at_once() {
    explore(|| {
        let broker = broker();
        let empty = broker.used_memory();
        thread::scope(|threads| {
            threads
                .spawn(|| ["SET a some-text-that-takes-room", "APPEND b x", "DEL a"].map(|line| call(&broker, line)));
            threads.spawn(|| ["DEL b", "SET a short"].map(|line| call(&broker, line)));
            threads.spawn(|| exec(&broker, pipeline(&["SET b y", "DEL a b"])));
        });
        call(&broker, "DEL a b");
        assert_eq!(broker.used_memory(), empty);
    });
}
