//! The ticket shop, from the first purchase until its three listeners are through with the last.
//!
//! Ours and Redis are the same program, by another URL. [`wide`] is the same on Redis with listeners that handle 64
//! messages at a time, [`handmade`] what one would write without a broker.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Event, SubscribeOptions, Subscriber};
use embroker_listeners::ticket_shop::{
    BoxOffice, CustomerPurchases, EventsAnalytics, Order, Report, SalesAnalytics, post_purchase,
};
use embroker_listeners::{Listener, ListenerError, Runner, Running};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::runtime::Runtime;

use crate::bench::Bench;
use crate::handmade;
use crate::measure::{multi, single, single_with_io};
use crate::report::{Spec, Unit};

/// How many purchases, or messages, are in flight where there are many.
pub(crate) const IN_FLIGHT: usize = 64;

const EVENTS: [&str; 4] = ["Womens Judo", "Mens 4x400", "Opening Ceremony", "Closing Ceremony"];
const CUSTOMERS: [&str; 12] =
    ["Amy", "Bill", "Fred", "Jamie", "Joan", "Kim", "Lena", "Mary", "Noor", "Omar", "Rosa", "Sven"];

/// The purchases of one run: the same for the same number.
pub(crate) fn orders(count: u64) -> Vec<Order> {
    let mut rng = fastrand::Rng::with_seed(7);
    let order = |number: u64| {
        let event = rng.choice(EVENTS).unwrap_or_default().to_owned();
        let who = rng.choice(CUSTOMERS).unwrap_or_default().to_owned();
        let qty = rng.u32(1..=9);
        let order_id = format!("{number:06}-{:08X}", rng.u32(..));
        Order { order_id, event, who, qty, cost: f64::from(qty * 20), ts: 1_595_548_800 + rng.i64(0..86_400) }
    };
    (0..count).map(order).collect()
}

/// A shop with so many purchases in flight.
#[derive(Clone, Copy)]
enum Publishers {
    One,
    Many,
}

/// Measures the shops.
pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    let redis = bench.redis().url();
    let (many_threads, one_thread, one_with_io) = (multi()?, single()?, single_with_io()?);
    let spec = |what: &str, peer: &'static str| Spec::new("ticket shop", what, peer, Unit::PerSecond);
    let time = |what: &str, peer: &'static str| Spec::new("ticket shop", what, peer, Unit::Nanoseconds);

    for (publishers, name) in [(Publishers::One, "one publisher"), (Publishers::Many, "64 in flight")] {
        bench.line(spec(name, "Redis").at_least(25.0), |effort| {
            let ours = |count| on_broker(&many_threads, "mem://", count, publishers);
            let peer = |count| on_broker(&many_threads, &redis, count, publishers);
            effort.longer(8).pair(Unit::PerSecond, ours, peer)
        });
    }
    bench.line(spec("64 in flight, Redis's listeners 64 wide", "Redis").at_least(10.0), |effort| {
        let ours = |count| on_broker(&many_threads, "mem://", count, Publishers::Many);
        let peer = |count| wide(&many_threads, &redis, count);
        effort.longer(8).pair(Unit::PerSecond, ours, peer)
    });
    bench.line(spec("one publisher, one thread", "Redis").at_least(25.0), |effort| {
        let ours = |count| on_broker(&one_with_io, "mem://", count, Publishers::One);
        let peer = |count| on_broker(&one_with_io, &redis, count, Publishers::One);
        effort.longer(8).pair(Unit::PerSecond, ours, peer)
    });

    for (runtime, threads) in [(&many_threads, ""), (&one_thread, ", one thread")] {
        for (publishers, name) in [(Publishers::One, "one publisher"), (Publishers::Many, "64 in flight")] {
            let width = if matches!(publishers, Publishers::One) { 1 } else { IN_FLIGHT };
            let what = format!("{name}{threads}, time of a purchase");
            let ours = |count| on_broker(runtime, "mem://", count, publishers);
            bench.line(time(&what, "by hand").at_most(1.5), |effort| {
                let peer = |count| handmade::with_texts(runtime, &orders(count), width);
                effort.longer(4).pair(Unit::Nanoseconds, ours, peer)
            });
            bench.line(time(&what, "by hand, structs"), |effort| {
                let peer = |count| handmade::with_structs(runtime, &orders(count), width);
                effort.longer(4).pair(Unit::Nanoseconds, ours, peer)
            });
        }
    }
    Ok(())
}

/// Sells on a broker with nothing on it, and looks whether all of it was handled.
fn on_broker(runtime: &Runtime, url: &str, count: u64, publishers: Publishers) -> Result<Duration> {
    let orders = orders(count);
    runtime.block_on(async {
        let broker = embroker::connect(url).await?;
        broker.flushall().await?;
        let running = listeners(&broker).start().await?;
        let start = Instant::now();
        match publishers {
            Publishers::One => sell_one_by_one(&broker, &running, &orders).await?,
            Publishers::Many => sell_many(&broker, &running, &orders).await?,
        }
        let took = start.elapsed();
        ensure!(running.shutdown().await.is_clean(), "a listener failed");
        check(&broker, &orders).await?;
        Ok(took)
    })
}

fn listeners(broker: &AnyBroker) -> Runner<AnyBroker> {
    Runner::new(broker.clone()).listen(SalesAnalytics).listen(EventsAnalytics).listen(CustomerPurchases)
}

async fn sell_one_by_one(broker: &AnyBroker, running: &Running, orders: &[Order]) -> Result<()> {
    let mut office = BoxOffice::new(broker, running);
    for order in orders {
        office.sell(order).await?;
    }
    Ok(office.settle().await?)
}

async fn sell_many(broker: &AnyBroker, running: &Running, orders: &[Order]) -> Result<()> {
    post_all(broker, orders).await?;
    let each: u64 = running.deliveries("purchase_orders");
    let due = each.saturating_mul(orders.len() as u64);
    running.wait_for(|counts| counts.total().seen() >= due).await?;
    Ok(())
}

async fn post_all(broker: &AnyBroker, orders: &[Order]) -> Result<()> {
    let posts = futures_util::stream::iter(orders).map(|order| post_purchase(broker, order));
    let mut posts = posts.buffer_unordered(IN_FLIGHT);
    while let Some(posted) = posts.next().await {
        posted?;
    }
    Ok(())
}

async fn check(broker: &AnyBroker, orders: &[Order]) -> Result<()> {
    let report = Report::read(broker, EVENTS, CUSTOMERS).await?;
    let tickets: i64 = orders.iter().map(|order| i64::from(order.qty)).sum();
    let invoices: u64 = report.invoices.values().sum();
    let expected = (orders.len() as u64, tickets, orders.len() as u64);
    ensure!((report.orders, report.tickets, invoices) == expected, "the totals are wrong: {report:?}");
    Ok(())
}

/// The shop with 64 purchases in flight, and each of its listeners handling 64 messages at a time.
fn wide(runtime: &Runtime, url: &str, count: u64) -> Result<Duration> {
    let orders = orders(count);
    runtime.block_on(async {
        let broker = embroker::connect(url).await?;
        broker.flushall().await?;
        let mut subscribers = Vec::new();
        for _ in 0..3 {
            let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
            subscriber.subscribe(["purchase_orders"]).await?;
            subscribers.push(subscriber);
        }
        let start = Instant::now();
        let mut subscribers = subscribers.into_iter();
        let mut listeners = Vec::new();
        if let Some(subscriber) = subscribers.next() {
            listeners.push(tokio::spawn(listen_wide(SalesAnalytics, broker.clone(), subscriber, count)));
        }
        if let Some(subscriber) = subscribers.next() {
            listeners.push(tokio::spawn(listen_wide(EventsAnalytics, broker.clone(), subscriber, count)));
        }
        if let Some(subscriber) = subscribers.next() {
            listeners.push(tokio::spawn(listen_wide(CustomerPurchases, broker.clone(), subscriber, count)));
        }
        post_all(&broker, &orders).await?;
        for listener in listeners {
            listener.await?.map_err(|error| anyhow::anyhow!("a listener failed: {error}"))?;
        }
        let took = start.elapsed();
        check(&broker, &orders).await?;
        Ok(took)
    })
}

async fn listen_wide<L: Listener<AnyBroker> + Copy>(
    listener: L,
    broker: AnyBroker,
    mut subscriber: Subscriber,
    count: u64,
) -> Result<(), ListenerError> {
    let mut busy = FuturesUnordered::new();
    let (mut received, mut handled) = (0, 0);
    while handled < count {
        tokio::select! {
            event = subscriber.next(), if received < count && busy.len() < IN_FLIGHT => {
                let Some(Event::Message(message)) = event else { return Err("the messages ended".into()) };
                received += 1;
                let (mut listener, broker) = (listener, &broker);
                busy.push(async move { listener.on_message(broker, &message).await });
            }
            Some(done) = busy.next() => {
                done?;
                handled += 1;
            }
        }
    }
    Ok(())
}
