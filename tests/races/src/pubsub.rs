//! The registry: subscribers that come, go and are cut off while others publish.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Wake, Waker};

use embroker_core::{Overflow, SubscribeOptions, Subscriber, SubscriptionKind, Value};
use embroker_mem::MemBroker;
use shuttle::rand::Rng;
use shuttle::sync::atomic::AtomicBool;
use shuttle::thread;

use crate::{broker, call, explore, int, read_to_end, subscriber, subscriber_with, wait, waiting};

/// A kind of subscription, another one in each schedule.
fn any_kind() -> SubscriptionKind {
    SubscriptionKind::ALL[shuttle::rand::thread_rng().gen_range(0..3)]
}

/// Subscribes to what the channel `x` is to this kind.
fn subscribe(subscriber: &Subscriber, kind: SubscriptionKind) {
    wait(async {
        match kind {
            SubscriptionKind::Channel => subscriber.subscribe(["x"]).await,
            SubscriptionKind::Pattern => subscriber.psubscribe(["x*"]).await,
            SubscriptionKind::Shard => subscriber.ssubscribe(["x"]).await,
        }
    })
    .expect("a live broker");
}

fn unsubscribe(subscriber: &Subscriber, kind: SubscriptionKind) {
    wait(async {
        match kind {
            SubscriptionKind::Channel => subscriber.unsubscribe(["x"]).await,
            SubscriptionKind::Pattern => subscriber.punsubscribe(["x*"]).await,
            SubscriptionKind::Shard => subscriber.sunsubscribe(["x"]).await,
        }
    })
    .expect("a live broker");
}

/// Publishes so that this kind of subscription to `x` hears of it; how many did.
fn publish(broker: &MemBroker, kind: SubscriptionKind, payload: impl std::fmt::Display) -> i64 {
    let verb = if kind == SubscriptionKind::Shard { "SPUBLISH" } else { "PUBLISH" };
    int(&call(broker, &format!("{verb} x {payload}")))
}

/// What `publish` sends, as it is read.
fn told(kind: SubscriptionKind, payload: impl std::fmt::Display) -> String {
    format!("{}x={payload}", if kind == SubscriptionKind::Pattern { "x*:" } else { "" })
}

/// How many channels, shard channels and patterns have a subscriber.
fn topics(broker: &MemBroker) -> (usize, usize, i64) {
    let count = |line| match call(broker, line) {
        Value::Array(names) => names.len(),
        other => panic!("{other:?}"),
    };
    (count("PUBSUB CHANNELS"), count("PUBSUB SHARDCHANNELS"), int(&call(broker, "PUBSUB NUMPAT")))
}

#[test]
fn every_publish_that_begins_after_the_acknowledgement_arrives() {
    explore(|| {
        let (broker, kind, acknowledged) = (broker(), any_kind(), AtomicBool::new(false));
        let mut reader = subscriber(&broker);
        let (first, received) = thread::scope(|threads| {
            threads.spawn(|| {
                subscribe(&reader, kind);
                acknowledged.store(true, Ordering::SeqCst);
            });
            let publisher = threads.spawn(|| {
                let outcomes: Vec<(bool, i64)> =
                    (0..4).map(|n| (acknowledged.load(Ordering::SeqCst), publish(&broker, kind, n))).collect();
                assert!(
                    outcomes.iter().all(|(acknowledged, received)| !acknowledged || *received == 1),
                    "{outcomes:?}"
                );
                assert!(outcomes.is_sorted_by_key(|(_, received)| *received), "who came stays: {outcomes:?}");
                let received: i64 = outcomes.iter().map(|(_, received)| received).sum();
                (4 - received, received)
            });
            publisher.join().expect("no panic")
        });
        let wanted: Vec<String> = (first..first + received).map(|n| told(kind, n)).collect();
        assert_eq!(waiting(&mut reader), wanted);
    });
}

#[test]
fn nobody_subscribes_into_an_entry_that_the_last_subscriber_removes() {
    explore(|| {
        let (broker, kind) = (broker(), any_kind());
        let (last, mut next) = (subscriber(&broker), subscriber(&broker));
        subscribe(&last, kind);
        thread::scope(|threads| {
            threads.spawn(|| unsubscribe(&last, kind));
            threads.spawn(|| {
                subscribe(&next, kind);
                assert!((1..=2).contains(&publish(&broker, kind, 1)));
            });
        });
        assert_eq!(publish(&broker, kind, 2), 1, "the one that left is gone, the one that came is there");
        assert_eq!(waiting(&mut next), [told(kind, 1), told(kind, 2)]);
        let topics = topics(&broker);
        assert_eq!(topics.0 + topics.1 + topics.2 as usize, 1);
        drop(next);
        assert_eq!(self::topics(&broker), (0, 0, 0));
    });
}

#[test]
fn subscribers_that_come_and_go_at_one_place_end_only_their_own_subscriptions() {
    explore(|| {
        let (broker, kind) = (broker(), any_kind());
        let mut stays = subscriber(&broker);
        let (goes, comes) = (subscriber(&broker), subscriber(&broker));
        subscribe(&goes, kind);
        subscribe(&stays, kind);
        thread::scope(|threads| {
            threads.spawn(|| unsubscribe(&goes, kind));
            threads.spawn(|| {
                subscribe(&comes, kind);
                unsubscribe(&comes, kind);
            });
            threads.spawn(|| assert!((1..=3).contains(&publish(&broker, kind, 1))));
        });
        assert_eq!(publish(&broker, kind, 2), 1);
        assert_eq!(waiting(&mut stays), [told(kind, 1), told(kind, 2)]);
        drop((stays, goes, comes));
        assert_eq!(topics(&broker), (0, 0, 0));
    });
}

#[test]
fn all_subscribers_see_one_common_order_of_several_publishers_channels_and_patterns() {
    explore(|| {
        let broker = broker();
        let mut readers = [subscriber(&broker), subscriber(&broker), subscriber(&broker)];
        wait(readers[0].subscribe(["x", "y"])).expect("a live broker");
        wait(readers[1].psubscribe(["*"])).expect("a live broker");
        wait(readers[2].subscribe(["y"])).expect("a live broker");
        wait(readers[2].psubscribe(["[xz]"])).expect("a live broker");
        thread::scope(|threads| {
            for lines in
                [["PUBLISH x 1", "PUBLISH y 2"], ["PUBLISH y 3", "PUBLISH x 4"], ["PUBLISH x 5", "PUBLISH x 6"]]
            {
                let broker = &broker;
                threads.spawn(move || lines.map(|line| assert_eq!(int(&call(broker, line)), 3)));
            }
        });
        let orders = readers.each_mut().map(|reader| -> Vec<String> {
            waiting(reader)
                .into_iter()
                .filter_map(|text| text.split_once('=').map(|(_, payload)| payload.into()))
                .collect()
        });
        assert_eq!(orders[0].len(), 6);
        assert_eq!(orders[0], orders[1]);
        assert_eq!(orders[0], orders[2]);
    });
}

#[test]
fn a_subscriber_that_is_dropped_among_publishes_leaves_nothing_and_takes_nothing_from_others() {
    explore(|| {
        let broker = broker();
        let (goes, mut stays) = (subscriber(&broker), subscriber(&broker));
        for reader in [&goes, &stays] {
            wait(reader.subscribe(["x"])).expect("a live broker");
            wait(reader.psubscribe(["*"])).expect("a live broker");
        }
        thread::scope(|threads| {
            threads.spawn(|| drop(goes));
            let counts = [1, 2].map(|n| int(&call(&broker, &format!("PUBLISH x {n}"))));
            assert!(counts[0] >= counts[1], "{counts:?}");
            assert!(counts.iter().all(|count| [2, 4].contains(count)), "all its subscriptions end at once: {counts:?}");
        });
        assert_eq!(waiting(&mut stays), ["x=1", "*:x=1", "x=2", "*:x=2"]);
        assert_eq!(topics(&broker), (1, 0, 1));
        drop(stays);
        assert_eq!(topics(&broker), (0, 0, 0));
    });
}

#[test]
fn a_subscriber_that_is_cut_off_while_it_subscribes_is_gone_from_every_channel() {
    explore(|| {
        let broker = broker();
        let options = SubscribeOptions::default().max_messages(1).overflow(Overflow::Disconnect);
        let mut slow = subscriber_with(&broker, options);
        wait(slow.subscribe(["x"])).expect("a live broker");
        thread::scope(|threads| {
            for n in 0..2 {
                let broker = &broker;
                threads.spawn(move || call(broker, &format!("PUBLISH x {n}")));
            }
            threads.spawn(|| {
                // An error is what one hears who was cut off before.
                let _ = wait(slow.subscribe(["y"]));
                let _ = wait(slow.psubscribe(["*"]));
            });
        });
        // Two messages came, and one had room.
        assert_eq!(topics(&broker), (0, 0, 0));
        let read = read_to_end(&mut slow);
        assert_eq!((read.len(), read.last().map(String::as_str)), (2, Some("Gap(Disconnected)")));
        assert!(wait(slow.subscribe(["x"])).is_err());
    });
}

#[test]
fn a_broker_that_is_dropped_ends_the_streams_of_readers_and_of_those_that_subscribe_just_then() {
    explore(|| {
        let (broker, publisher) = (broker(), Arc::new(AtomicI64::new(0)));
        let (mut reader, mut late) = (subscriber(&broker), subscriber(&broker));
        wait(reader.subscribe(["x"])).expect("a live broker");
        let clone = broker.clone();
        thread::scope(|threads| {
            threads.spawn(|| {
                for n in 0..2 {
                    publisher.fetch_add(int(&call(&clone, &format!("PUBLISH x {n}"))), Ordering::SeqCst);
                }
                drop(clone);
            });
            threads.spawn(|| drop(broker));
            threads.spawn(|| {
                let _ = wait(late.subscribe(["x"]));
                // Its stream ends, whether it subscribed in time or not.
                let read = read_to_end(&mut late);
                assert!(read.len() <= 2, "{read:?}");
                assert!(wait(late.subscribe(["x"])).is_err());
            });
            threads.spawn(|| assert_eq!(read_to_end(&mut reader), ["x=0", "x=1"]));
        });
        assert!((2..=4).contains(&publisher.load(Ordering::SeqCst)));
    });
}

/// A waker that uses the broker on the spot, as an executor without a queue would.
struct OnTheSpot(MemBroker);

impl Wake for OnTheSpot {
    fn wake(self: Arc<Self>) {
        assert_eq!(int(&call(&self.0, "PUBLISH z woken")), 1);
        call(&self.0, "SET key woken");
    }
}

#[test]
fn a_waker_may_use_the_broker_whose_command_or_transaction_wakes_it() {
    explore(|| {
        let broker = broker();
        let (mut reader, mut other) = (subscriber(&broker), subscriber(&broker));
        wait(reader.subscribe(["x", "__keyspace@0__:key"])).expect("a live broker");
        wait(other.subscribe(["z"])).expect("a live broker");
        call(&broker, "CONFIG SET notify-keyspace-events KA");
        let waker = Waker::from(Arc::new(OnTheSpot(broker.clone())));
        assert!(pin!(reader.next()).poll(&mut Context::from_waker(&waker)).is_pending());
        thread::scope(|threads| {
            threads.spawn(|| call(&broker, "PUBLISH x 1"));
            threads.spawn(|| call(&broker, "SET key 1"));
            threads.spawn(|| call(&broker, "SPUBLISH x 1"));
        });
        assert_eq!(waiting(&mut other), ["z=woken"]);
        assert_eq!(reader.pending(), 3);
    });
}
