//! The queue between a broker and one subscriber: its reader against pushes, gaps, its end and its overflow.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use embroker_core::{
    BoxFuture, Bytes, Event, Gap, Message, Overflow, Queue, Result, SubscribeOptions, Subscriber, SubscriberBackend,
    SubscriptionKind,
};
use shuttle::thread;

use crate::{explore, read_to_end, text, wait, waiting};

/// A queue that only the test fills.
fn queue(options: SubscribeOptions) -> (Arc<Queue>, Subscriber) {
    let queue = Arc::new(Queue::new(options));
    (queue.clone(), Subscriber::new(queue, Nobody))
}

struct Nobody;

impl SubscriberBackend for Nobody {
    fn subscribe(&self, _: SubscriptionKind, _: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn unsubscribe(&self, _: SubscriptionKind, _: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Pushes numbered messages of a publisher; how many the queue took before it refused one.
fn push(queue: &Queue, publisher: &str, count: usize) -> usize {
    (0..count).take_while(|n| queue.push(Message::new(publisher.as_bytes(), n.to_string().as_bytes()))).count()
}

#[test]
fn no_wake_up_is_lost_between_a_poll_and_a_push() {
    explore(|| {
        let (queue, mut subscriber) = queue(SubscribeOptions::default());
        thread::scope(|threads| {
            for publisher in ["a", "b"] {
                let queue = &queue;
                threads.spawn(move || assert_eq!(push(queue, publisher, 2), 2));
            }
            threads.spawn(|| {
                // A wake-up that is lost leaves this waiting for ever.
                let read: Vec<String> = (0..4).map(|_| text(wait(subscriber.next()).expect("an open queue"))).collect();
                for publisher in ["a", "b"] {
                    let own: Vec<&String> = read.iter().filter(|text| text.starts_with(publisher)).collect();
                    assert_eq!(own, [&format!("{publisher}=0"), &format!("{publisher}=1")]);
                }
            });
        });
        assert_eq!((queue.len(), queue.bytes(), queue.pushed(), queue.taken()), (0, 0, 4, 4));
    });
}

#[test]
fn a_reader_that_moved_to_another_task_is_woken_there() {
    explore(|| {
        let (queue, mut subscriber) = queue(SubscribeOptions::default());
        thread::scope(|threads| {
            threads.spawn(|| assert_eq!(push(&queue, "a", 1), 1));
            // The first task looks twice, so that its waker is there already, and leaves.
            let first = threads.spawn(move || {
                let seen = wait(poll_fn(|cx| {
                    let first = pin!(subscriber.next()).poll(cx);
                    let seen = if first.is_ready() { first } else { pin!(subscriber.next()).poll(cx) };
                    Poll::Ready(if let Poll::Ready(event) = seen { event } else { None })
                }));
                (subscriber, seen)
            });
            let (mut subscriber, seen) = first.join().expect("no panic");
            threads.spawn(move || {
                let event = seen.or_else(|| wait(subscriber.next())).expect("an open queue");
                assert_eq!(text(event), "a=0");
            });
        });
    });
}

#[test]
fn what_overflows_beside_a_reader_is_told_to_the_message_and_before_what_follows_it() {
    const EACH: usize = 3;
    explore(|| {
        let (queue, mut subscriber) = queue(SubscribeOptions::default().max_messages(2));
        thread::scope(|threads| {
            for publisher in ["a", "b"] {
                let queue = &queue;
                threads.spawn(move || assert_eq!(push(queue, publisher, EACH), EACH));
            }
            threads.spawn(|| {
                let (mut read, mut lagged, mut next) = (0, 0, [0, 0]);
                let mut seen = BTreeSet::new();
                while read + lagged < 2 * EACH as u64 {
                    match wait(subscriber.next()).expect("an open queue") {
                        Event::Gap(Gap::Lagged(count)) => lagged += count,
                        Event::Message(message) => {
                            read += 1;
                            let publisher = usize::from(message.channel() == b"b");
                            let number: usize = String::from_utf8_lossy(message.payload()).parse().expect("a number");
                            assert!(number >= next[publisher], "the order of one publisher");
                            next[publisher] = number + 1;
                            assert!(seen.insert((publisher, number)), "nothing comes twice");
                            let missing = next.iter().sum::<usize>() - seen.len();
                            assert!(missing as u64 <= lagged, "what is missing was told before");
                        }
                        other => panic!("{other:?}"),
                    }
                }
                assert_eq!(read + lagged, 2 * EACH as u64);
            });
        });
        assert_eq!(waiting(&mut subscriber), [""; 0]);
        assert_eq!(queue.pushed(), queue.taken());
    });
}

#[test]
fn a_queue_that_is_closed_ends_its_reader_behind_every_message_that_it_took() {
    explore(|| {
        let (queue, mut subscriber) = queue(SubscribeOptions::default());
        thread::scope(|threads| {
            let pushers = ["a", "b"].map(|publisher| {
                let queue = &queue;
                threads.spawn(move || push(queue, publisher, 2))
            });
            threads.spawn(|| queue.close());
            let reader = threads.spawn(|| read_to_end(&mut subscriber).len());
            let taken: usize = pushers.into_iter().map(|pusher| pusher.join().expect("no panic")).sum();
            assert_eq!(reader.join().expect("no panic"), taken);
        });
        assert!(queue.is_closed() && !queue.push(Message::new(b"a", b"late")));
    });
}

#[test]
fn a_reader_that_is_cut_off_reads_what_was_taken_then_one_gap_then_the_end() {
    explore(|| {
        let options = SubscribeOptions::default().max_messages(2).overflow(Overflow::Disconnect);
        let (queue, mut subscriber) = queue(options);
        thread::scope(|threads| {
            let pushers = ["a", "b"].map(|publisher| {
                let queue = &queue;
                threads.spawn(move || push(queue, publisher, 2))
            });
            let reader = threads.spawn(|| read_to_end(&mut subscriber));
            let taken: usize = pushers.into_iter().map(|pusher| pusher.join().expect("no panic")).sum();
            let cut_off = taken < 4;
            // Who was cut off needs nobody to end the stream.
            if !cut_off {
                queue.close();
            }
            let mut read = reader.join().expect("no panic");
            assert_eq!(read.iter().filter(|text| *text == "Gap(Disconnected)").count(), usize::from(cut_off));
            if cut_off {
                assert_eq!(read.pop().as_deref(), Some("Gap(Disconnected)"));
            }
            assert_eq!(read.len(), taken);
        });
    });
}

#[test]
fn outages_beside_messages_are_read_in_pairs_with_what_came_between_in_its_place() {
    explore(|| {
        let (queue, mut subscriber) = queue(SubscribeOptions::default());
        thread::scope(|threads| {
            threads.spawn(|| {
                for outage in 0..3 {
                    queue.push_gap(Gap::Disconnected);
                    queue.push_gap(Gap::Resubscribed);
                    if outage == 1 {
                        assert_eq!(push(&queue, "a", 1), 1);
                    }
                }
                queue.close();
            });
            let read = threads.spawn(|| read_to_end(&mut subscriber)).join().expect("no panic");
            // An outage right behind another may be part of it.
            let at = read.iter().position(|text| text == "a=0").expect("the message is read");
            let (before, after) = (&read[..at], &read[at + 1..]);
            assert!(before.len() == 2 || before.len() == 4, "{read:?}");
            assert_eq!(after.len(), 2, "{read:?}");
            for outage in before.chunks(2).chain([after]) {
                assert_eq!(outage, ["Gap(Disconnected)", "Gap(Resubscribed)"], "{read:?}");
            }
        });
        assert_eq!(queue.pushed(), queue.taken());
    });
}

#[test]
fn a_reader_that_is_dropped_among_pushes_leaves_nothing_in_its_queue() {
    explore(|| {
        let (queue, mut subscriber) = queue(SubscribeOptions::default());
        thread::scope(|threads| {
            for publisher in ["a", "b"] {
                let queue = &queue;
                threads.spawn(move || push(queue, publisher, 3));
            }
            threads.spawn(move || {
                subscriber.try_next();
                drop(subscriber);
            });
        });
        assert_eq!((queue.len(), queue.is_closed()), (0, true));
        assert!(!queue.push(Message::new(b"a", b"late")));
    });
}

/// A waker that uses the queue on the spot.
struct OnTheSpot {
    queue: Arc<Queue>,
    woken: AtomicUsize,
}

impl Wake for OnTheSpot {
    fn wake(self: Arc<Self>) {
        let _ = (self.queue.len(), self.queue.is_closed());
        self.woken.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_waker_may_use_the_queue_that_wakes_it() {
    explore(|| {
        let (queue, mut subscriber) = queue(SubscribeOptions::default());
        let waker = Arc::new(OnTheSpot { queue: queue.clone(), woken: AtomicUsize::new(0) });
        let std_waker = Waker::from(waker.clone());
        assert!(pin!(subscriber.next()).poll(&mut Context::from_waker(&std_waker)).is_pending());
        thread::scope(|threads| {
            threads.spawn(|| push(&queue, "a", 1));
            threads.spawn(|| queue.push_gap(Gap::Disconnected));
            threads.spawn(|| queue.close());
        });
        assert_eq!(waker.woken.load(Ordering::SeqCst), 1, "one waker is called once");
    });
}
