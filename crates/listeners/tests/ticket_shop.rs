//! The ticket shop in memory: its totals in both ways of keeping them, its alerts, and what it does with bad messages.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::sync::{Arc, Mutex};

use embroker_core::prelude::*;
use embroker_listeners::Runner;
use embroker_listeners::ticket_shop::{
    BoxOffice, CeremonyAlerter, CustomerPurchases, Event, EventsAnalytics, OpeningCeremonyAlerter, Order, Report,
    SalesAnalytics, ShopError, open, post_purchase, post_purchase_with_inline_metrics, run_inline, run_with_listeners,
};
use embroker_mem::MemBroker;
use futures_util::FutureExt as _;

fn order(order_id: &str, event: &str, who: &str, qty: u32, cost: f64, ts: i64) -> Order {
    Order { order_id: order_id.into(), event: event.into(), who: who.into(), qty, cost, ts }
}

#[tokio::test]
async fn listeners_inline_metrics_and_a_recomputation_come_to_the_same_totals() {
    let orders = [
        order("1", "Womens Judo", "Jamie", 2, 40.0, 0),
        order("2", "Opening Ceremony", "Jamie", 250, 5_000.0, 3_600),
        order("3", "Opening Ceremony", "Amy", 7, 140.0, 7_199),
        order("4", "Closing Ceremony", "Amy", u32::MAX, 0.5, 86_399),
        order("5", "Womens Judo", "Bill", 0, 0.0, -1),
    ];
    let inline = run_inline(&MemBroker::new(), &orders).await.unwrap();
    let (by_listeners, run) = run_with_listeners(&MemBroker::new(), &orders).await.unwrap();
    assert!(run.is_clean());
    assert_eq!(run.total().handled, 15);
    assert_eq!(inline, by_listeners);
    assert_eq!(inline, Report::of(["Womens Judo"], &orders));

    assert_eq!(inline.events["Opening Ceremony"].tickets_by_hour[1], 1, "257 in a u8");
    assert_eq!(inline.tickets_by_hour[23], 255, "the lowest 8 bits of 4,294,967,295");
    assert_eq!((inline.orders, inline.tickets, inline.sales), (5, 4_294_967_554, 5_180.5));
    assert_eq!(inline.invoices["Jamie"], 2);
}

#[tokio::test]
async fn cents_add_up_alike_in_both_ways() {
    let orders: Vec<Order> =
        (0..100).map(|n| order(&n.to_string(), "Womens Judo", "Jamie", 1, 19.99 + f64::from(n) / 7.0, 0)).collect();
    let inline = run_inline(&MemBroker::new(), &orders).await.unwrap();
    let (by_listeners, _) = run_with_listeners(&MemBroker::new(), &orders).await.unwrap();
    assert_eq!(inline, by_listeners);
}

#[tokio::test]
async fn a_histogram_is_a_byte_for_each_hour_behind_one_that_is_not_used() {
    let broker = MemBroker::new();
    post_purchase_with_inline_metrics(&broker, &order("1", "Womens Judo", "Jamie", 9, 180.0, 23 * 3_600))
        .await
        .unwrap();
    let stored = broker.getrange("sales_histogram:time_of_day:Womens Judo", 0, -1).await.unwrap();
    assert_eq!((stored.len(), stored[24]), (25, 9));
}

#[tokio::test]
async fn both_alerters_tell_of_an_opening_ceremony_and_one_of_a_closing_ceremony() {
    let broker = MemBroker::new();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let [opening, ceremony] = [(); 2].map(|()| {
        let lines = lines.clone();
        move |line: &str| lines.lock().unwrap().push(line.to_owned())
    });
    let runner = Runner::new(broker.clone());
    let runner = runner.listen(OpeningCeremonyAlerter::new(opening)).listen(CeremonyAlerter::new(ceremony));
    let running = runner.start().await.unwrap();
    for order in [
        order("1", "Closing Ceremony", "Jamie", 6, 120.0, 0),
        order("2", "Opening Ceremony", "Jamie", 1, 20.0, 0),
        order("3", "Womens Judo", "Jamie", 3, 60.0, 0),
        order("4", "Opening Ceremony", "Jamie", 2, 39.98, 0),
    ] {
        post_purchase(&broker, &order).await.unwrap();
    }
    assert!(running.shutdown().await.is_clean());
    let mut lines = lines.lock().unwrap().clone();
    lines.sort();
    let expected = [
        "===> Purchase Opening Ceremony: #1 $20",
        "===> Purchase Opening Ceremony: #2 $39.98",
        "Purchase Closing Ceremony: #6 $120",
        "Purchase Opening Ceremony: #1 $20",
        "Purchase Opening Ceremony: #2 $39.98",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_message_without_its_order_is_told_by_every_listener_and_changes_nothing() {
    let broker = MemBroker::new();
    let runner = Runner::new(broker.clone()).listen(SalesAnalytics).listen(EventsAnalytics).listen(CustomerPurchases);
    let running = runner.start().await.unwrap();
    broker.publish("purchase_orders", b"no\xff").await.unwrap();
    let good = order("1", "Womens Judo", "Jamie", 2, 40.0, 0);
    post_purchase(&broker, &good).await.unwrap();
    let report = running.shutdown().await;
    let failures: Vec<String> = report.failures().map(ToString::to_string).collect();
    let tail = r#""no\xff" on "purchase_orders": there is no order "no\xff""#;
    let names = ["sales_analytics", "events_analytics", "customer_purchases"];
    assert_eq!(failures, names.map(|name| format!("{name}: {tail}")));
    assert_eq!(Report::read(&broker, ["Womens Judo"], ["Jamie"]).await.unwrap(), Report::of(["Womens Judo"], [&good]));
    // The order, two histograms, the sales and their summary, the invoices.
    assert_eq!(broker.dbsize().await.unwrap(), 6);
}

#[tokio::test]
async fn an_order_that_lacks_a_field_is_told_with_the_field() {
    let broker = MemBroker::new();
    broker.hset("purchase_order_details:1", [("order_id", "1"), ("event", "Womens Judo")]).await.unwrap();
    let error = Order::load(&broker, "1").await.unwrap_err().to_string();
    assert!(error.contains("purchase_order_details:1") && error.contains(r#""who""#), "{error}");
}

#[tokio::test]
async fn the_box_office_waits_for_listeners_that_are_behind() {
    let broker = MemBroker::new();
    let running = Runner::new(broker.clone()).listen(CustomerPurchases).start().await.unwrap();
    let mut office = BoxOffice::new(&broker, &running);
    let mut sold = 0;
    // Nothing here waits, so the listener's task does not run until selling does.
    let order = |n: u64| order(&n.to_string(), "Womens Judo", "Jamie", 1, 20.0, 0);
    while let Some(done) = office.sell(&order(sold)).now_or_never() {
        done.unwrap();
        sold += 1;
    }
    assert_eq!(sold, 4_096);
    office.sell(&order(sold)).await.unwrap();
    office.settle().await.unwrap();
    assert_eq!(broker.scard("invoices:Jamie").await.unwrap(), 4_097);
    assert!(running.shutdown().await.is_clean());
}

#[tokio::test]
async fn opening_again_deletes_the_keys_of_the_shop_and_no_other() {
    let broker = MemBroker::new();
    let events = [Event { name: "Womens Judo".into(), price: 20.0 }];
    assert_eq!(open(&broker, &events, &["Jamie"]).await.unwrap(), 0);
    let orders = [order("1", "Womens Judo", "Jamie", 2, 40.0, 0), order("2", "Womens Judo", "A guest", 2, 40.0, 0)];
    run_inline(&broker, &orders).await.unwrap();
    broker.sadd("invoices:somebody else's", ["1"]).await.unwrap();
    broker.hset("purchase_order_details:not sold here", [("order_id", "1")]).await.unwrap();

    // Two orders, two invoices, two histograms, sales, summary, the event and the set of events.
    assert_eq!(open(&broker, &events, &["Jamie"]).await.unwrap(), 10);
    let mut left = broker.keys("*").await.unwrap();
    left.sort();
    let names = ["event:Womens Judo", "invoices:somebody else's", "purchase_order_details:not sold here"];
    assert_eq!(left, [&names[..], &["ticket_shop:events"]].concat());
}

#[tokio::test]
async fn the_shop_does_not_open_on_keys_of_others() {
    let events = [Event { name: "Womens Judo".into(), price: 20.0 }];
    for key in ["sales_summary", "sales:Womens Judo", "event:Womens Judo", "invoices:Jamie", "ticket_shop:events"] {
        let broker = MemBroker::new();
        broker.set(key, "not the shop's").await.unwrap();
        assert_eq!(open(&broker, &events, &["Jamie"]).await, Err(ShopError::ForeignKey(key.into())));
        assert_eq!(broker.dbsize().await.unwrap(), 1);
    }
}
