//! Commands and transactions from several threads at once: each is atomic, whatever keys it works on.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "in a test, a panic is the report")]

use std::pin::pin;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Wake};
use std::thread;
use std::time::Duration;

use embroker_core::{Command, Event, Pipeline, SubscribeOptions, Value, prelude::*};
use embroker_mem::MemBroker;

const THREADS: usize = 4;
const ROUNDS: usize = 2_000;

fn command(words: &str) -> Command<'_> {
    Command::from_argv(words.split(' ')).unwrap()
}

fn pipeline(commands: &[&'static str]) -> Pipeline<'static> {
    let mut pipeline = Pipeline::atomic();
    for words in commands {
        pipeline.push(command(words));
    }
    pipeline
}

fn int(value: &Value) -> i64 {
    match value {
        Value::Null => 0,
        value => std::str::from_utf8(value.as_bytes().unwrap()).unwrap().parse().unwrap(),
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Runs the same work on several threads, each with its number.
fn on_threads(broker: &MemBroker, work: impl Fn(usize, &MemBroker) + Sync) {
    thread::scope(|scope| {
        for number in 0..THREADS {
            let work = &work;
            scope.spawn(move || work(number, broker));
        }
    });
}

#[test]
fn nobody_sees_a_transaction_half_done() {
    let broker = MemBroker::new();
    on_threads(&broker, |number, broker| {
        for _ in 0..ROUNDS {
            if number % 2 == 0 {
                let transfer = pipeline(&["INCR here", "DECR there"]);
                block_on(broker.pipeline(transfer)).unwrap();
            } else {
                let Value::Array(both) = broker.call(&command("MGET here there")).unwrap() else { panic!("an array") };
                assert_eq!(int(&both[0]) + int(&both[1]), 0);
            }
        }
    });
    let Value::Array(both) = broker.call(&command("MGET here there")).unwrap() else { panic!("an array") };
    assert_eq!(int(&both[0]), (ROUNDS * THREADS / 2) as i64);
}

#[test]
fn a_watched_counter_counts_the_transactions_that_succeeded() {
    let broker = MemBroker::new();
    let successes = std::sync::atomic::AtomicI64::new(0);
    on_threads(&broker, |_, broker| {
        block_on(async {
            for _ in 0..ROUNDS {
                let watch = broker.watch(["counter"]).await.unwrap();
                let next = int(&broker.call(&command("GET counter")).unwrap()) + 1;
                let mut pipeline = Pipeline::atomic();
                pipeline.push(command("SET counter").arg(next));
                if watch.exec(pipeline).await.unwrap().is_some() {
                    successes.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                }
            }
        });
    });
    assert_eq!(int(&broker.call(&command("GET counter")).unwrap()), successes.into_inner());
}

#[test]
fn crossing_renames_and_stores_neither_deadlock_nor_lose_a_member() {
    let broker = MemBroker::new();
    broker.call(&command("SADD a x")).unwrap();
    on_threads(&broker, |number, broker| {
        let words = ["RENAME a b", "RENAME b a", "SMOVE a b x", "SMOVE b a x"][number];
        for _ in 0..ROUNDS {
            // A RENAME of a key that the other side has moved just now answers `no such key`.
            let _ = broker.call(&command(words));
        }
    });
    assert_eq!(broker.call(&command("SUNION a b")).unwrap(), Value::Set(vec![Value::from("x")]));
}

#[test]
fn a_key_that_moves_between_databases_that_swap_is_always_in_one_of_them() {
    let here = MemBroker::new();
    let there = here.database(1).unwrap();
    here.call(&command("SET k v")).unwrap();
    on_threads(&here, |number, here| {
        for _ in 0..ROUNDS {
            match number {
                // False where the key is on the other side just now.
                0 => drop(here.call(&command("MOVE k 1")).unwrap()),
                1 => drop(there.call(&command("MOVE k 0")).unwrap()),
                2 => drop(there.call(&command("SWAPDB 1 0")).unwrap()),
                _ => {
                    let both = pipeline(&["EXISTS k", "SWAPDB 0 1", "EXISTS k", "SWAPDB 0 1"]);
                    let replies = block_on(here.pipeline(both)).unwrap();
                    let [Ok(Value::Int(one)), _, Ok(Value::Int(other)), _] = replies[..] else { panic!("{replies:?}") };
                    assert_eq!(one + other, 1);
                }
            }
        }
    });
    assert_eq!([&here, &there].map(|broker| block_on(broker.dbsize()).unwrap()).iter().sum::<i64>(), 1);
}

#[test]
fn crossing_copies_moves_and_flushes_of_databases_neither_deadlock_nor_leave_a_book_behind() {
    let broker = MemBroker::new();
    on_threads(&broker, |number, broker| {
        let own = broker.database(number as u32).unwrap();
        for round in 0..ROUNDS {
            let words = ["SET k v EX 100", "COPY k l DB 3 REPLACE", "MOVE k 2", "SWAPDB 1 2", "FLUSHALL", "DBSIZE"];
            // MOVE to its own database answers an error.
            let _ = own.call(&command(words[(round * 5 + number) % words.len()]));
        }
    });
    broker.call(&command("FLUSHALL")).unwrap();
    for number in 0..16 {
        let database = broker.database(number).unwrap();
        assert_eq!(block_on(database.keys("*")).unwrap(), [""; 0]);
        assert_eq!(block_on(database.randomkey()).unwrap(), None);
    }
}

#[test]
fn flushall_empties_a_database_that_was_first_used_before_a_write_that_it_undoes() {
    const DATABASES: u32 = 100;
    let broker = MemBroker::builder().databases(DATABASES).build();
    let (begin, end) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 1..DATABASES {
                begin.wait();
                broker.call(&command("FLUSHALL")).unwrap();
                end.wait();
            }
        });
        for number in 1..DATABASES {
            let fresh = broker.database(number).unwrap();
            begin.wait();
            fresh.call(&command("SET first v")).unwrap();
            broker.call(&command("SET second v")).unwrap();
            end.wait();
            let exists = |broker: &MemBroker, key| block_on(broker.exists([key])).unwrap();
            assert!(exists(&fresh, "first") <= exists(&broker, "second"), "only the later write was undone");
        }
    });
}

#[test]
fn all_subscribers_see_messages_of_several_publishers_in_one_order() {
    let broker = MemBroker::new();
    let subscribers: Vec<_> = (0..3)
        .map(|number| {
            block_on(async {
                let subscriber = broker.subscriber(embroker_core::SubscribeOptions::default()).await.unwrap();
                if number == 0 {
                    subscriber.subscribe(["news"]).await.unwrap();
                } else {
                    subscriber.psubscribe(["n*"]).await.unwrap();
                }
                subscriber
            })
        })
        .collect();
    on_threads(&broker, |number, broker| {
        for round in 0..ROUNDS {
            let message = format!("{number}:{round}");
            let receivers = broker.call(&command("PUBLISH news").arg(&message)).unwrap();
            assert_eq!(receivers, Value::Int(3));
        }
    });
    let seen: Vec<Vec<Vec<u8>>> = subscribers
        .into_iter()
        .map(|mut subscriber| {
            std::iter::from_fn(|| subscriber.try_next()?.into_message()).map(|m| m.payload().to_vec()).collect()
        })
        .collect();
    assert_eq!(seen[0].len(), ROUNDS * THREADS);
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[1], seen[2]);
}

/// Runs its reader on the spot: reads the key that the transaction wrote.
struct ReadsAtOnce {
    broker: MemBroker,
    seen: Mutex<mpsc::Sender<Value>>,
}

impl Wake for ReadsAtOnce {
    fn wake(self: Arc<Self>) {
        self.seen.lock().unwrap().send(self.broker.call(&command("GET order")).unwrap()).unwrap();
    }
}

#[test]
fn a_reader_that_its_waker_runs_on_the_spot_sees_the_whole_transaction() {
    wake_on_the_spot("orders", &["PUBLISH orders 1", "SET order placed"]);
}

#[test]
fn a_reader_of_events_that_its_waker_runs_on_the_spot_sees_the_whole_transaction() {
    wake_on_the_spot("__keyspace@0__:order", &["SET order new", "SET order placed"]);
}

fn wake_on_the_spot(channel: &'static str, transaction: &'static [&'static str]) {
    let (seen, reads) = mpsc::channel();
    thread::spawn(move || {
        let broker = MemBroker::builder().notify_keyspace_events("K$").unwrap().build();
        let mut subscriber = block_on(broker.subscriber(SubscribeOptions::default())).unwrap();
        block_on(subscriber.subscribe([channel])).unwrap();
        let waker = Arc::new(ReadsAtOnce { broker: broker.clone(), seen: Mutex::new(seen) }).into();
        assert!(pin!(subscriber.next()).poll(&mut Context::from_waker(&waker)).is_pending());
        block_on(broker.pipeline(pipeline(transaction))).unwrap();
    });
    let read = reads.recv_timeout(Duration::from_secs(30)).expect("the transaction ends");
    assert_eq!(read, Value::from("placed"));
}

#[test]
fn messages_of_a_transaction_stay_together_and_its_observer_tells_them_apart() {
    const EACH: usize = 300;

    let broker = MemBroker::new();
    let mut subscriber = block_on(broker.subscriber(SubscribeOptions::default())).unwrap();
    block_on(subscriber.psubscribe(["*"])).unwrap();
    thread::scope(|threads| {
        for name in ["x", "y"] {
            let broker = &broker;
            threads.spawn(move || {
                for _ in 0..EACH {
                    broker.call(&Command::from_argv(["PUBLISH", "alone", name]).unwrap()).unwrap();
                }
            });
        }
        for name in ["1", "2"] {
            let (broker, queue) = (&broker, subscriber.queue());
            threads.spawn(move || {
                for _ in 0..EACH {
                    let marks = Arc::new(Mutex::new(Vec::new()));
                    let (own, queue) = (marks.clone(), queue.clone());
                    let mut pipeline = Pipeline::atomic().observed_by(move || own.lock().unwrap().push(queue.pushed()));
                    pipeline.publish(name, "a").sadd("s", ["m"]).pubsub_numpat().publish(name, "b").publish(name, "c");
                    block_on(broker.pipeline(pipeline)).unwrap();
                    let marks = marks.lock().unwrap().clone();
                    let sent: Vec<u64> = marks.windows(2).map(|pair| pair[1] - pair[0]).collect();
                    assert_eq!(sent, [1, 0, 0, 1, 1]);
                }
            });
        }
    });

    let mut alone = 0;
    while let Some(Event::Message(message)) = subscriber.try_next() {
        if message.channel() == b"alone" {
            alone += 1;
            continue;
        }
        assert_eq!(message.payload(), b"a");
        for payload in [b"b", b"c"] {
            let Some(Event::Message(next)) = subscriber.try_next() else { panic!("the transaction sent more") };
            assert_eq!((next.channel(), next.payload()), (message.channel(), &payload[..]));
        }
    }
    assert_eq!(alone, 2 * EACH);
}
