//! The queue beside a simple model of it, and from several threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use proptest::prelude::*;

use super::*;

fn message(n: usize) -> Message {
    Message::new(b"c", n.to_string().as_bytes())
}

fn drain(queue: &Queue) -> Vec<Event> {
    std::iter::from_fn(|| queue.try_next()).collect()
}

#[test]
fn the_oldest_make_room_and_are_counted_where_they_stood() {
    let queue = Queue::new(SubscribeOptions::default().max_messages(2));
    for n in 0..5 {
        assert!(queue.push(message(n)));
    }
    assert_eq!(drain(&queue), [Event::Gap(Gap::Lagged(3)), Event::Message(message(3)), Event::Message(message(4))]);
}

#[test]
fn bytes_are_bounded_and_a_message_larger_than_the_queue_is_counted() {
    let room = message(0).weight();
    let queue = Queue::new(SubscribeOptions::default().max_bytes(2 * room));
    for n in 0..3 {
        queue.push(message(n));
    }
    assert_eq!(queue.len(), 2);
    queue.push(Message::new(b"c", &vec![0; 2 * room]));
    assert_eq!(drain(&queue), [Event::Gap(Gap::Lagged(4))]);
    queue.push(message(9));
    assert_eq!(drain(&queue), [Event::Message(message(9))]);
}

#[test]
fn a_gap_among_dropped_messages_is_still_told() {
    let queue = Queue::new(SubscribeOptions::default().max_messages(1));
    queue.push(message(0));
    queue.push_gap(Gap::Disconnected);
    queue.push_gap(Gap::Resubscribed);
    queue.push(message(1));
    queue.push(message(2));
    let last = Event::Message(message(2));
    assert_eq!(drain(&queue), [Event::Gap(Gap::Lagged(2)), Event::Gap(Gap::Resubscribed), last]);
}

/// Looks at the queue when it is dropped, as a task does that owns its subscriber.
struct OwnsItsQueue(std::sync::Weak<Queue>, std::sync::mpsc::Sender<usize>);

impl std::task::Wake for OwnsItsQueue {
    fn wake(self: Arc<Self>) {}
}

impl Drop for OwnsItsQueue {
    fn drop(&mut self) {
        if let Some(queue) = self.0.upgrade() {
            self.1.send(queue.len()).unwrap();
        }
    }
}

#[test]
fn a_waker_that_is_replaced_may_use_the_queue_when_it_is_dropped() {
    let (dropped, drops) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let queue = Arc::new(Queue::new(SubscribeOptions::default()));
        let first = Waker::from(Arc::new(OwnsItsQueue(Arc::downgrade(&queue), dropped)));
        assert!(queue.poll_next(&mut Context::from_waker(&first)).is_pending());
        drop(first);
        assert!(queue.poll_next(&mut Context::from_waker(Waker::noop())).is_pending());
    });
    assert_eq!(drops.recv_timeout(std::time::Duration::from_secs(30)), Ok(0));
}

#[test]
fn outages_without_a_message_between_them_are_told_as_one() {
    let queue = Queue::new(SubscribeOptions::default());
    for _ in 0..1000 {
        queue.push_gap(Gap::Disconnected);
        queue.push_gap(Gap::Resubscribed);
    }
    queue.push(message(0));
    queue.push_gap(Gap::Disconnected);
    let gap = Event::Gap;
    let told = [gap(Gap::Disconnected), gap(Gap::Resubscribed), Event::Message(message(0)), gap(Gap::Disconnected)];
    assert_eq!(drain(&queue), told);
}

#[test]
fn a_subscriber_that_is_cut_off_reads_the_rest_and_then_the_end() {
    let queue = Queue::new(SubscribeOptions::default().max_messages(1).overflow(Overflow::Disconnect));
    assert!(queue.push(message(0)));
    assert!(!queue.push(message(1)));
    assert!(!queue.push(message(2)));
    assert!(queue.is_closed());
    assert_eq!(drain(&queue), [Event::Message(message(0)), Event::Gap(Gap::Disconnected)]);
}

#[test]
fn an_emptied_queue_gives_its_room_back() {
    let queue = Queue::new(SubscribeOptions::default());
    for n in 0..1000 {
        queue.push(message(n));
    }
    assert_eq!(drain(&queue).len(), 1000);
    assert_eq!(queue.lock().messages.capacity(), 0);
}

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    Gap(Gap),
    Read,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..60_usize).prop_map(Step::Push),
        1 => prop::sample::select(vec![Gap::Disconnected, Gap::Resubscribed]).prop_map(Step::Gap),
        4 => Just(Step::Read),
        1 => prop::bool::weighted(0.1).prop_map(|close| if close { Step::Close } else { Step::Read }),
    ]
}

/// The queue as a list of events, which is walked for everything that one may ask.
#[derive(Default)]
struct Model {
    events: Vec<Event>,
    lagged: u64,
    last_gap: Option<Gap>,
    closed: bool,
    taken: u64,
}

impl Model {
    fn weights(&self) -> Vec<usize> {
        let weight = |event: &Event| event.clone().into_message().map(|message| message.weight());
        self.events.iter().filter_map(weight).collect()
    }

    fn has_room(&self, options: SubscribeOptions, weight: usize) -> bool {
        let weights = self.weights();
        weights.len() < options.max_messages && weights.iter().sum::<usize>() + weight <= options.max_bytes
    }

    fn push(&mut self, options: SubscribeOptions, message: Message) -> bool {
        if self.closed {
            return false;
        }
        if !self.has_room(options, message.weight()) && options.overflow == Overflow::Disconnect {
            self.events.push(Event::Gap(Gap::Disconnected));
            self.closed = true;
            return false;
        }
        while !self.has_room(options, message.weight()) && !self.weights().is_empty() {
            self.taken += 1;
            match self.events.remove(0) {
                Event::Message(_) => self.lagged += 1,
                Event::Gap(gap) => self.last_gap = Some(gap),
            }
        }
        if self.has_room(options, message.weight()) {
            self.events.push(Event::Message(message));
        } else {
            self.lagged += 1;
        }
        true
    }

    fn gap(&mut self, gap: Gap) {
        let outage = [Event::Gap(Gap::Disconnected), Event::Gap(Gap::Resubscribed)];
        if self.closed {
        } else if gap == Gap::Disconnected && self.events.ends_with(&outage) {
            self.events.pop();
        } else {
            self.events.push(Event::Gap(gap));
        }
    }

    fn read(&mut self) -> Option<Event> {
        if self.lagged > 0 {
            return Some(Event::Gap(Gap::Lagged(std::mem::take(&mut self.lagged))));
        }
        if let Some(gap) = self.last_gap.take() {
            return Some(Event::Gap(gap));
        }
        if self.events.is_empty() {
            return None;
        }
        self.taken += 1;
        Some(self.events.remove(0))
    }
}

proptest! {
    #[test]
    fn it_does_what_a_list_of_events_would(
        max_messages in prop_oneof![1..5_usize, Just(1000)],
        max_bytes in prop_oneof![0..300_usize, Just(100_000)],
        disconnects: bool,
        steps in prop::collection::vec(step(), 0..200),
    ) {
        let overflow = if disconnects { Overflow::Disconnect } else { Overflow::DropOldest };
        let options = SubscribeOptions::default().max_messages(max_messages).max_bytes(max_bytes).overflow(overflow);
        let (queue, mut model) = (Queue::new(options), Model::default());
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Push(size) => {
                    let message = Message::new(&number.to_be_bytes(), &vec![0; size]);
                    prop_assert_eq!(queue.push(message.clone()), model.push(options, message));
                }
                Step::Gap(gap) => {
                    queue.push_gap(gap);
                    model.gap(gap);
                }
                Step::Read => prop_assert_eq!(queue.try_next(), model.read()),
                Step::Close => {
                    queue.close();
                    model.closed = true;
                }
            }
            let weights = model.weights();
            prop_assert_eq!((queue.len(), queue.bytes()), (weights.len(), weights.iter().sum()));
            prop_assert_eq!((queue.taken(), queue.pushed()), (model.taken, model.taken + model.events.len() as u64));
            prop_assert_eq!(queue.is_closed(), model.closed);
        }
        prop_assert_eq!(drain(&queue), std::iter::from_fn(|| model.read()).collect::<Vec<_>>());
    }
}

#[test]
fn what_several_threads_push_is_read_or_counted_exactly_once() {
    const THREADS: u64 = 3;
    const EACH: u64 = 20_000;
    let queue = Queue::new(SubscribeOptions::default().max_messages(100));
    let done = AtomicBool::new(false);
    let (mut read, mut lagged, mut last) = (0, 0, [None; THREADS as usize]);
    std::thread::scope(|threads| {
        let pushers: Vec<_> = (0..THREADS)
            .map(|thread| {
                let queue = &queue;
                threads.spawn(move || {
                    for n in 0..EACH {
                        assert!(queue.push(Message::new(&[thread as u8], &n.to_be_bytes())));
                    }
                })
            })
            .collect();
        let (queue, done) = (&queue, &done);
        let reader = threads.spawn(move || {
            loop {
                let over = done.load(Ordering::Acquire);
                match queue.try_next() {
                    Some(Event::Message(message)) => {
                        read += 1;
                        let n = u64::from_be_bytes(message.payload().try_into().unwrap());
                        let last: &mut Option<u64> = &mut last[usize::from(message.channel()[0])];
                        assert!(last.replace(n) < Some(n), "each thread's messages keep their order");
                    }
                    Some(Event::Gap(Gap::Lagged(more))) => lagged += more,
                    Some(other) => panic!("{other:?}"),
                    None if over => return (read, lagged),
                    None => std::thread::yield_now(),
                }
            }
        });
        for pusher in pushers {
            pusher.join().unwrap();
        }
        done.store(true, Ordering::Release);
        let (read, lagged) = reader.join().unwrap();
        assert_eq!(read + lagged, THREADS * EACH);
    });
    assert_eq!((queue.len(), queue.bytes()), (0, 0));
}

/// Counts how often it was woken.
#[derive(Default)]
struct Counter(AtomicUsize);

impl std::task::Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_reader_that_takes_nothing_is_woken_when_more_waits_than_it_asked_for_and_at_the_end() {
    let room = message(0).weight();
    let options = SubscribeOptions::default().max_bytes(4 * room).overflow(Overflow::Disconnect);
    let queue = Queue::new(options);
    let counter = Arc::new(Counter::default());
    let waker = Waker::from(counter.clone());
    let mut cx = Context::from_waker(&waker);
    let woken = || counter.0.swap(0, Ordering::SeqCst);

    assert!(queue.poll_next(&mut cx).is_pending());
    assert!(queue.poll_beyond(&mut cx, 2 * room).is_pending());
    assert!(queue.push(message(0)) && queue.push(message(1)));
    assert_eq!(woken(), 0, "two messages are what it asked for");
    assert!(queue.push(message(2)));
    assert_eq!((woken(), queue.len()), (1, 3));
    assert!(queue.poll_beyond(&mut cx, 2 * room).is_ready());

    assert!(queue.poll_beyond(&mut cx, usize::MAX).is_pending());
    assert!(queue.push(message(3)));
    assert_eq!(woken(), 0);
    assert!(!queue.push(message(4)), "there is room for four");
    assert_eq!((woken(), queue.len()), (1, 4));
    assert!(queue.poll_beyond(&mut cx, usize::MAX).is_ready());

    let other = Queue::new(options);
    assert!(other.poll_beyond(&mut cx, usize::MAX).is_pending());
    other.close();
    assert_eq!(woken(), 1);
}

#[test]
fn a_bound_that_changes_holds_for_the_next_message_also_where_a_reader_watches() {
    let room = message(0).weight();
    for watches in [false, true] {
        let queue = Queue::new(SubscribeOptions::default().max_bytes(room));
        if watches {
            assert!(queue.poll_beyond(&mut Context::from_waker(Waker::noop()), room / 2).is_pending());
        }
        queue.set_max_bytes(3 * room);
        for n in 0..4 {
            queue.push(message(n));
        }
        assert_eq!((queue.len(), queue.bytes()), (3, 3 * room));
        queue.set_max_bytes(room);
        assert_eq!(queue.len(), 3, "what waits stays");
        queue.push(message(4));
        assert_eq!(drain(&queue), [Event::Gap(Gap::Lagged(4)), Event::Message(message(4))]);
    }
}

/// Panics when it is woken.
struct Faulty;

impl std::task::Wake for Faulty {
    fn wake(self: Arc<Self>) {
        panic!("this reader's waker is faulty");
    }
}

#[test]
fn a_waker_that_panics_keeps_nobody_asleep_and_is_no_business_of_who_publishes() {
    let counter = Arc::new(Counter::default());
    let faulty = Waker::from(Arc::new(Faulty));
    let counting = Waker::from(counter.clone());
    wake_all([faulty.clone(), counting.clone(), faulty.clone(), faulty.clone(), counting]);
    assert_eq!(counter.0.load(Ordering::SeqCst), 2);

    let queue = Queue::new(SubscribeOptions::default());
    assert!(queue.poll_next(&mut Context::from_waker(&faulty)).is_pending());
    assert!(queue.push(message(0)));
    assert_eq!(drain(&queue), [Event::Message(message(0))]);
    assert!(queue.poll_next(&mut Context::from_waker(&faulty)).is_pending());
    queue.push_gap(Gap::Disconnected);
    assert_eq!(drain(&queue), [Event::Gap(Gap::Disconnected)]);
    assert!(queue.poll_next(&mut Context::from_waker(&faulty)).is_pending());
    queue.close();
    assert!(queue.is_closed());
}
