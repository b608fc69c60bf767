//! The registry as its subscribers see it, and that nothing stays in it.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Wake, Waker};

use embroker_core::{Event, Overflow, SubscribeOptions, Subscriber};

use super::*;
use crate::MemBroker;

fn join(registry: &Arc<PubSub>, options: SubscribeOptions) -> Subscriber {
    let queue = Arc::new(Queue::new(options));
    Subscriber::new(queue.clone(), MemSubscriber::join(registry, queue))
}

fn subscriber(registry: &Arc<PubSub>) -> Subscriber {
    join(registry, SubscribeOptions::default())
}

/// What waits to be read: each message as its pattern, if any, and its payload.
fn received(subscriber: &mut Subscriber) -> Vec<String> {
    std::iter::from_fn(|| subscriber.try_next())
        .map(|event| match event {
            Event::Message(message) => {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                format!("{}={}", message.pattern().map(text).unwrap_or_default(), text(message.payload()))
            }
            other => format!("{other:?}"),
        })
        .collect()
}

/// How many channels, patterns and clients the registry has.
fn contents(registry: &PubSub) -> (usize, usize, usize) {
    let registry = registry.lock();
    (registry.channels.len() + registry.shard_channels.len(), registry.patterns.len(), registry.clients.len())
}

#[tokio::test]
async fn overlapping_subscriptions_each_deliver_exact_first_then_in_the_order_of_the_patterns() {
    let registry = Arc::default();
    let (mut a, mut b) = (subscriber(&registry), subscriber(&registry));
    b.psubscribe(["news.*"]).await.unwrap();
    a.psubscribe(["*", "n?ws.*", "news.*", "other"]).await.unwrap();
    a.subscribe(["news.it"]).await.unwrap();
    a.subscribe(["news.it", "news.it"]).await.unwrap();

    assert_eq!(registry.publish(b"news.it", b"1"), 5);
    assert_eq!(received(&mut a), ["=1", "news.*=1", "*=1", "n?ws.*=1"]);
    assert_eq!(received(&mut b), ["news.*=1"]);
    assert_eq!(registry.publish(b"", b"2"), 0);
}

#[tokio::test]
async fn what_is_unsubscribed_leaves_nothing_and_what_was_received_stays() {
    let registry = Arc::default();
    let mut subscriber = subscriber(&registry);
    subscriber.subscribe(["a", "b", "c"]).await.unwrap();
    subscriber.psubscribe(["*", "a*", "*a", "[ab]"]).await.unwrap();
    registry.publish(b"a", b"1");

    subscriber.unsubscribe(["a", "a", "unknown"]).await.unwrap();
    subscriber.punsubscribe(["*", "[ab]", "a"]).await.unwrap();
    assert_eq!(contents(&registry), (2, 2, 1));
    assert_eq!(registry.publish(b"a", b"2"), 2);
    subscriber.unsubscribe_all().await.unwrap();
    assert_eq!(contents(&registry), (0, 0, 1));
    assert_eq!(registry.publish(b"a", b"3"), 0);
    assert_eq!(received(&mut subscriber), ["=1", "*=1", "a*=1", "*a=1", "[ab]=1", "a*=2", "*a=2"]);

    subscriber.subscribe(["a"]).await.unwrap();
    assert_eq!(registry.publish(b"a", b"4"), 1);
}

#[tokio::test]
async fn a_subscriber_that_is_dropped_leaves_nothing_and_others_stay() {
    let registry = Arc::default();
    let (a, mut b) = (subscriber(&registry), subscriber(&registry));
    for subscriber in [&a, &b] {
        subscriber.subscribe(["x"]).await.unwrap();
        subscriber.psubscribe(["*"]).await.unwrap();
    }
    a.subscribe(["own"]).await.unwrap();
    a.psubscribe(["o*"]).await.unwrap();
    a.ssubscribe(["x", "y"]).await.unwrap();
    assert_eq!((contents(&registry), registry.subscribers(b"x")), ((4, 2, 2), 2));

    drop(a);
    assert_eq!((contents(&registry), registry.subscribers(b"x")), ((1, 1, 1), 1));
    assert_eq!(registry.publish(b"x", b"1"), 2);
    assert_eq!(received(&mut b), ["=1", "*=1"]);
    drop(b);
    assert_eq!(contents(&registry), (0, 0, 0));
}

#[tokio::test]
async fn a_slow_subscriber_that_is_cut_off_is_gone_from_the_registry() {
    let registry = Arc::default();
    let mut slow = join(&registry, SubscribeOptions::default().max_messages(2).overflow(Overflow::Disconnect));
    let mut other = subscriber(&registry);
    slow.subscribe(["a", "b"]).await.unwrap();
    slow.psubscribe(["a*"]).await.unwrap();
    slow.ssubscribe(["a"]).await.unwrap();
    other.subscribe(["a"]).await.unwrap();

    // The second message still counts for the one who cannot take it, as in Redis.
    assert_eq!((registry.publish(b"a", b"1"), registry.publish(b"a", b"2"), registry.publish(b"a", b"3")), (3, 3, 1));
    assert_eq!(contents(&registry), (1, 0, 1));
    assert!(slow.subscribe(["a"]).await.is_err());
    assert_eq!(received(&mut slow), ["=1", "a*=1", "Gap(Disconnected)"]);
    assert_eq!(slow.next().await, None);
    assert_eq!(received(&mut other), ["=1", "=2", "=3"]);
    drop(slow);
    assert_eq!(contents(&registry), (1, 0, 1));
}

#[tokio::test]
async fn two_publishers_give_all_subscribers_one_common_order() {
    const EACH: usize = 2_000;
    let registry: Arc<PubSub> = Arc::default();
    let mut subscribers: Vec<_> = (0..3).map(|_| subscriber(&registry)).collect();
    for subscriber in &subscribers {
        subscriber.psubscribe(["*"]).await.unwrap();
    }
    std::thread::scope(|threads| {
        for name in ["x", "y"] {
            let registry = &registry;
            threads.spawn(move || {
                for n in 0..EACH {
                    assert_eq!(registry.publish(name.as_bytes(), format!("{name}{n}").as_bytes()), 3);
                }
            });
        }
    });

    let orders: BTreeSet<Vec<String>> = subscribers.iter_mut().map(received).collect();
    assert_eq!(orders.len(), 1, "all have seen the same order");
    for name in ["x", "y"] {
        let prefix = format!("*={name}");
        let own: Vec<_> = orders.first().unwrap().iter().filter(|text| text.starts_with(&prefix)).collect();
        assert_eq!(own, (0..EACH).map(|n| format!("{prefix}{n}")).collect::<Vec<_>>().iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_broker_that_is_dropped_ends_its_streams_after_what_was_received() {
    use embroker_core::{Broker, prelude::*};

    let broker = MemBroker::new();
    let mut subscriber = broker.subscriber(SubscribeOptions::default()).await.unwrap();
    subscriber.subscribe(["a"]).await.unwrap();
    let clone = broker.clone();
    drop(broker);
    assert_eq!(clone.publish("a", "1").await.unwrap(), 1);
    drop(clone);
    assert_eq!(received(&mut subscriber), ["=1"]);
    assert_eq!(subscriber.next().await, None);
    assert!(subscriber.subscribe(["a"]).await.is_err());
    assert!(subscriber.unsubscribe_all().await.is_ok());
}

/// A reader's waker that uses the registry on the spot, as an executor without a queue would.
struct OnTheSpot {
    registry: Arc<PubSub>,
    subscriber: Mutex<Option<Subscriber>>,
    seen: Mutex<Vec<usize>>,
}

impl Wake for OnTheSpot {
    fn wake(self: Arc<Self>) {
        let subscriber = self.subscriber.lock().unwrap().take();
        drop(subscriber);
        self.seen.lock().unwrap().push(self.registry.subscribers(b"a"));
    }
}

#[tokio::test]
async fn a_reader_that_is_woken_may_use_the_registry_on_the_spot() {
    let registry: Arc<PubSub> = Arc::default();
    for end in [false, true] {
        let (mut reader, other) = (subscriber(&registry), subscriber(&registry));
        reader.subscribe(["a"]).await.unwrap();
        other.subscribe(["a"]).await.unwrap();
        let waker =
            Arc::new(OnTheSpot { registry: registry.clone(), subscriber: Mutex::default(), seen: Mutex::default() });
        {
            let std_waker = Waker::from(waker.clone());
            assert!(pin!(reader.next()).poll(&mut Context::from_waker(&std_waker)) == Poll::Pending);
        }
        *waker.subscriber.lock().unwrap() = Some(reader);
        if end {
            registry.close();
        } else {
            assert_eq!(registry.publish(b"a", b"1"), 2);
        }
        assert_eq!(*waker.seen.lock().unwrap(), [usize::from(!end)]);
    }
}

#[tokio::test]
async fn the_registry_gives_memory_back_when_subscriptions_are_gone() {
    const NAMES: usize = 20_000;

    let registry: Arc<PubSub> = Arc::default();
    let (keeper, other) = (subscriber(&registry), subscriber(&registry));
    keeper.subscribe(["kept"]).await.unwrap();
    keeper.psubscribe(["kept*"]).await.unwrap();
    let names: Vec<String> = (0..NAMES).map(|number| format!("name:{number}")).collect();
    let patterns: Vec<String> = names.iter().map(|name| format!("{name}*")).collect();
    other.subscribe(&names).await.unwrap();
    other.psubscribe(&patterns).await.unwrap();
    other.ssubscribe(&names).await.unwrap();
    assert!(registry.lock().rooms().iter().all(|room| *room >= NAMES), "{:?}", registry.lock().rooms());
    // One after the other, from the first on: what is left is the last.
    for (name, pattern) in names.iter().zip(&patterns) {
        other.unsubscribe([name]).await.unwrap();
        other.punsubscribe([pattern]).await.unwrap();
        other.sunsubscribe([name]).await.unwrap();
    }
    assert_eq!(contents(&registry), (1, 1, 2));
    assert!(registry.lock().rooms().iter().all(|room| *room <= 1024), "{:?}", registry.lock().rooms());
    assert_eq!(registry.publish(b"kept", b"1"), 2);
}

#[tokio::test]
async fn the_registry_gives_memory_back_when_subscribers_are_gone() {
    let registry: Arc<PubSub> = Arc::default();
    let keeper = subscriber(&registry);
    drop((0..20_000).map(|_| subscriber(&registry)).collect::<Vec<_>>());
    assert!(registry.lock().clients.capacity() <= 64, "{}", registry.lock().clients.capacity());
    keeper.subscribe(["kept"]).await.unwrap();
    assert_eq!(registry.publish(b"kept", b"1"), 1);
}

#[tokio::test]
async fn what_subscriptions_take_is_added_and_taken_away_alike() {
    let registry: Arc<PubSub> = Arc::default();
    let (first, second) = (subscriber(&registry), subscriber(&registry));
    for subscriber in [&first, &second] {
        subscriber.subscribe(["a", "b"]).await.unwrap();
        subscriber.psubscribe(["a*", "a*", "b"]).await.unwrap();
        subscriber.ssubscribe(["a"]).await.unwrap();
    }
    let all = registry.lock().bytes;
    first.unsubscribe(["a", "none"]).await.unwrap();
    first.subscribe(["a"]).await.unwrap();
    assert_eq!(registry.lock().bytes, all);
    first.subscribe((0..1000).map(|number| format!("a name that is not in its slot:{number}"))).await.unwrap();
    assert!(registry.lock().bytes > all + 100_000, "{}", registry.lock().bytes);
    drop(first);
    second.punsubscribe([""; 0]).await.unwrap();
    drop(second);
    // What stays is room for a few.
    assert!(registry.lock().bytes < 2000, "{}", registry.lock().bytes);
}
