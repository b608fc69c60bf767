//! Transactions and watches against each other and against plain commands.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use embroker_core::{Broker, Pipeline};
use embroker_mem::MemBroker;
use shuttle::sync::atomic::AtomicUsize;
use shuttle::thread;

use crate::{broker, call, command, exec, explore, int, pipeline, subscriber, wait, waiting};

/// A value as text; empty where there is none.
fn get(broker: &MemBroker, key: &str) -> String {
    let value = call(broker, &format!("GET {key}"));
    value.as_bytes().map_or(String::new(), |text| String::from_utf8_lossy(text).into_owned())
}

#[test]
fn the_messages_of_a_transaction_stay_together_while_others_publish() {
    explore(|| {
        let broker = broker();
        let mut readers = [subscriber(&broker), subscriber(&broker)];
        wait(readers[0].psubscribe(["*"])).expect("a live broker");
        wait(readers[1].subscribe(["x", "y"])).expect("a live broker");
        thread::scope(|threads| {
            threads.spawn(|| exec(&broker, pipeline(&["PUBLISH x 1", "INCR n", "PUBLISH y 2", "PUBLISH x 3"])));
            threads.spawn(|| exec(&broker, pipeline(&["PUBLISH y 4", "PUBLISH x 5"])));
            threads.spawn(|| [call(&broker, "PUBLISH x 6"), call(&broker, "PUBLISH y 7")]);
        });
        let [all, exact] = readers.each_mut().map(|reader| -> Vec<u8> {
            let payload = |text: String| text.bytes().last().map(|digit| digit - b'0');
            waiting(reader).into_iter().filter_map(payload).collect()
        });
        assert_eq!(all, exact);
        let at = |payload| all.iter().position(|other| *other == payload).expect("each is read");
        assert_eq!((at(2), at(3), at(5)), (at(1) + 1, at(1) + 2, at(4) + 1), "{all:?}");
        assert!(at(6) < at(7));
    });
}

#[test]
fn an_observer_sees_which_command_of_its_transaction_sent_what() {
    explore(|| {
        let broker = broker();
        let mut reader = subscriber(&broker);
        wait(reader.subscribe(["x"])).expect("a live broker");
        let marks: Arc<Mutex<Vec<u64>>> = Arc::default();
        let (observed, queue) = (marks.clone(), reader.queue().clone());
        let commands = pipeline(&["INCR n", "PUBLISH x 1", "INCR n", "PUBLISH x 2"]).observed_by(move || {
            let pushed = queue.pushed();
            observed.lock().expect("no panic").push(pushed);
        });
        thread::scope(|threads| {
            threads.spawn(|| exec(&broker, commands));
            threads.spawn(|| [call(&broker, "PUBLISH x 3"), call(&broker, "PUBLISH x 4")]);
        });
        let (marks, read) = (marks.lock().expect("no panic").clone(), waiting(&mut reader));
        let first = usize::try_from(marks[0]).expect("few");
        assert_eq!(marks.iter().map(|mark| mark - marks[0]).collect::<Vec<_>>(), [0, 0, 1, 1, 2]);
        assert_eq!(read[first..first + 2], ["x=1", "x=2"], "{read:?}");
    });
}

#[test]
fn two_transactions_that_cross_neither_wait_for_ever_nor_mix() {
    explore(|| {
        let broker = broker();
        let mut reader = subscriber(&broker);
        wait(reader.subscribe(["log"])).expect("a live broker");
        thread::scope(|threads| {
            threads.spawn(|| exec(&broker, pipeline(&["SET a 1", "SET b 1", "PUBLISH log 1"])));
            threads.spawn(|| exec(&broker, pipeline(&["PUBLISH log 2", "SET b 2", "SET a 2"])));
            threads.spawn(|| {
                let values = exec(&broker, pipeline(&["GET b", "GET a"]));
                assert_eq!(values[0], values[1]);
            });
        });
        let log = waiting(&mut reader);
        assert_eq!(log.len(), 2);
        for key in ["a", "b"] {
            assert_eq!(format!("log={}", get(&broker, key)), log[1], "who told last has written last");
        }
    });
}

#[test]
fn a_counter_by_watch_equals_its_successes() {
    explore(|| {
        let (broker, successes) = (broker(), AtomicUsize::new(0));
        call(&broker, "SET n 0");
        thread::scope(|threads| {
            for _ in 0..3 {
                threads.spawn(|| {
                    for _ in 0..2 {
                        let watch = wait(broker.watch_keys(&["n".into()])).expect("a watch");
                        let next = get(&broker, "n").parse::<i64>().expect("a number") + 1;
                        let mut commands = Pipeline::atomic();
                        let line = format!("SET n {next}");
                        commands.push(command(&line));
                        if wait(watch.exec(commands)).expect("it runs").is_some() {
                            successes.fetch_add(1, Ordering::SeqCst);
                        }
                    }
                });
            }
        });
        let successes = successes.load(Ordering::SeqCst);
        assert!(successes > 0);
        assert_eq!(get(&broker, "n"), successes.to_string());
    });
}

#[test]
fn a_write_between_watch_and_exec_is_never_missed_though_the_value_is_the_same_again() {
    explore(|| {
        let (broker, begun, done) = (broker(), AtomicUsize::new(0), AtomicUsize::new(0));
        call(&broker, "SET key same");
        thread::scope(|threads| {
            threads.spawn(|| {
                for line in ["DEL key", "SET key same"] {
                    begun.fetch_add(1, Ordering::SeqCst);
                    call(&broker, line);
                    done.fetch_add(1, Ordering::SeqCst);
                }
            });
            for _ in 0..2 {
                threads.spawn(|| {
                    let watch = wait(broker.watch_keys(&["other".into(), "key".into()])).expect("a watch");
                    let before = begun.load(Ordering::SeqCst);
                    let seen = get(&broker, "key");
                    let written = done.load(Ordering::SeqCst) > before;
                    match wait(watch.exec(pipeline(&["GET key"]))).expect("it runs") {
                        Some(replies) => {
                            assert!(!written, "a write began after WATCH and ended before EXEC");
                            let value = replies[0].as_ref().expect("a reply").as_bytes().unwrap_or_default();
                            assert_eq!(value, seen.as_bytes());
                        }
                        None => assert!(begun.load(Ordering::SeqCst) > 0, "nobody wrote"),
                    }
                });
            }
        });
    });
}

#[test]
fn the_events_of_a_key_are_told_in_the_order_of_its_writes() {
    explore(|| {
        let broker = broker();
        call(&broker, "CONFIG SET notify-keyspace-events KA");
        let mut reader = subscriber(&broker);
        wait(reader.subscribe(["__keyspace@0__:key"])).expect("a live broker");
        thread::scope(|threads| {
            threads.spawn(|| [call(&broker, "SET key 1"), call(&broker, "DEL key")]);
            threads.spawn(|| call(&broker, "APPEND key 2"));
            threads.spawn(|| exec(&broker, pipeline(&["SADD set 1", "DEL key", "DEL set"])));
        });
        let mut exists = false;
        for event in waiting(&mut reader) {
            let (_, event) = event.split_once('=').expect("a message");
            assert!(event != "del" || exists, "only what is there is deleted");
            exists = event != "del";
        }
        assert_eq!(int(&call(&broker, "EXISTS key")), i64::from(exists));
    });
}
