//! An app tested as its authors would: the ticket shop, whose listeners keep the metrics and raise alerts.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use embroker::prelude::*;
use embroker_listeners::ticket_shop::{
    CustomerPurchases, EventsAnalytics, OpeningCeremonyAlerter, Order, post_purchase,
};
use embroker_listeners::{Runner, Running};
use embroker_testkit::{Fault, FaultPlan, TestBroker};

type Failure = Box<dyn std::error::Error>;

fn order(id: u32, event: &str) -> Order {
    Order { order_id: id.to_string(), event: event.into(), who: "jamie".into(), qty: 2, cost: 40.0, ts: 1_595_613_600 }
}

/// The shop's listeners, and the lines of its alerter.
async fn start(broker: &TestBroker) -> Result<(Running, Arc<Mutex<Vec<String>>>), Failure> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let told = lines.clone();
    let alerter = OpeningCeremonyAlerter::new(move |line| told.lock().unwrap().push(line.to_owned()));
    let runner = Runner::new(broker.clone()).listen(EventsAnalytics).listen(CustomerPurchases).listen(alerter);
    Ok((runner.start().await?, lines))
}

#[embroker_testkit::test]
async fn a_purchase_is_counted_billed_and_alerted(broker: TestBroker) -> Result<(), Failure> {
    let (_running, lines) = start(&broker).await?;
    let mut probe = broker.probe(["purchase_orders"]).await?;

    post_purchase(&broker, &order(1, "Opening Ceremony")).await?;
    probe.expect_message("purchase_orders", "1").await;
    broker.wait_until_idle().await;

    let wanted = [("Opening Ceremony:total_sales", "40"), ("Opening Ceremony:total_tickets_sold", "2")];
    broker.assert_hash("sales_summary", wanted).await;
    broker.assert_set("invoices:jamie", ["1"]).await;
    assert_eq!(*lines.lock().unwrap(), ["===> Purchase Opening Ceremony: #2 $40"]);
    Ok(())
}

#[embroker_testkit::test]
async fn a_sale_whose_reply_was_lost_was_made(broker: TestBroker) -> Result<(), Failure> {
    let (_running, _) = start(&broker).await?;
    broker.inject(FaultPlan::new([Fault::command("EXEC").nth(1).loses_its_reply()])?);
    let lost = post_purchase(&broker, &order(1, "Judo")).await.unwrap_err();
    assert!(lost.to_string().contains("the command may have run"), "{lost}");
    broker.wait_until_idle().await;
    broker.assert_set("invoices:jamie", ["1"]).await;
    broker.assert_faults_fired();
    Ok(())
}

#[embroker_testkit::test]
async fn a_listener_that_was_cut_off_tells_its_gaps_and_goes_on(broker: TestBroker) -> Result<(), Failure> {
    let (running, lines) = start(&broker).await?;
    // The alerter is the third that subscribes.
    let cut = Fault::message("purchase_orders:*").to_subscriber(3).nth(2).cuts_the_subscriber(1);
    broker.inject(FaultPlan::new([cut])?);
    for id in 1..=3 {
        post_purchase(&broker, &order(id, "Opening Ceremony")).await?;
    }
    broker.wait_until_idle().await;
    assert_eq!(lines.lock().unwrap().len(), 2);
    let counts = running.counts();
    let gaps: Vec<_> = counts.iter().map(|(name, counts)| (name.to_owned(), counts.gaps)).collect();
    assert_eq!(gaps.iter().filter(|(_, gaps)| *gaps > 0).count(), 1, "{gaps:?}");
    broker.assert_faults_fired();
    Ok(())
}

#[embroker_testkit::test(with = TestBroker::builder().config("notify-keyspace-events", "Ex"))]
async fn a_reservation_is_over_in_ten_minutes(broker: TestBroker) -> Result<(), Failure> {
    let mut expired = broker.probe(["__keyevent@0__:expired"]).await?;
    broker.setex("reservation:7", Duration::from_secs(600), "jamie").await?;
    broker.advance(Duration::from_secs(599)).await?;
    broker.assert_string("reservation:7", "jamie").await;
    expired.expect_no_message().await;
    broker.advance(Duration::from_secs(1)).await?;
    expired.expect_message("__keyevent@0__:expired", "reservation:7").await;
    broker.assert_absent("reservation:7").await;
    Ok(())
}
