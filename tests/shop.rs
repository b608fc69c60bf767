//! The ticket shop: listeners keep the same totals as whoever posts a purchase would, for arbitrary purchases.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Command, Value};
use embroker_conformance::transcript::in_order;
use embroker_listeners::ticket_shop::{Order, Report, run_inline, run_with_listeners};
use embroker_test_support::{Backend, Property, Suite};
use proptest::prelude::*;
use proptest::sample::select;

const PROPERTY: Property =
    Property { cases: 200, regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/shop.txt") };

fn orders() -> BoxedStrategy<Vec<Order>> {
    let event = select(&["Womens Judo", "Opening Ceremony", "Mens 4x400", "*", "a:b", "Éclair [x]"][..]);
    let who = select(&["jamie", "bill", "Zoë", ""][..]);
    // More tickets than the histogram's u8 holds; costs that add up exactly in binary; hours before 1970 too.
    let order = (event, who, 0..400u32, 0..100_000u32, -1_000_000..2_000_000_000i64);
    prop::collection::vec(order, 0..40)
        .prop_map(|orders| {
            let numbered = orders.into_iter().enumerate();
            let order = |(number, (event, who, qty, quarters, ts)): (usize, (&str, &str, u32, u32, i64))| Order {
                order_id: format!("order-{number}"),
                event: event.into(),
                who: who.into(),
                qty,
                cost: f64::from(quarters) / 4.0,
                ts,
            };
            numbered.map(order).collect()
        })
        .boxed()
}

/// Every key with its content.
async fn state(broker: &AnyBroker) -> Result<BTreeMap<String, String>> {
    let Value::Array(keys) = run(broker, ["KEYS", "*"]).await? else { return Ok(BTreeMap::new()) };
    let mut state = BTreeMap::new();
    for key in keys {
        let key = String::from_utf8(key.as_bytes().unwrap_or_default().to_vec())?;
        let read = match run(broker, ["TYPE", &key]).await?.as_bytes() {
            Some(b"hash") => "HGETALL",
            Some(b"set") => "SMEMBERS",
            _ => "GET",
        };
        let content = in_order(run(broker, [read, &key]).await?);
        state.insert(key, format!("{content:?}"));
    }
    Ok(state)
}

async fn run<const N: usize>(broker: &AnyBroker, words: [&str; N]) -> Result<Value> {
    Ok(broker.execute(Command::from_argv(words)?).await?)
}

async fn both_ways_keep_the_same_totals(broker: &AnyBroker, orders: &[Order]) -> Result<()> {
    run(broker, ["FLUSHALL"]).await?;
    let inline = run_inline(broker, orders).await?;
    let inline_state = state(broker).await?;

    run(broker, ["FLUSHALL"]).await?;
    let (by_listeners, listened) = run_with_listeners(broker, orders).await?;
    ensure!(listened.is_clean(), "{listened:?}");
    ensure!(inline == by_listeners, "inline {inline:?}\nlisteners {by_listeners:?}");

    let listened_state = state(broker).await?;
    ensure!(inline_state == listened_state, "inline {inline_state:#?}\nlisteners {listened_state:#?}");

    let no_events: [&str; 0] = [];
    let computed = Report::of(no_events, orders);
    ensure!(inline == computed, "inline {inline:?}\ncomputed {computed:?}");
    Ok(())
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    for backend in Backend::ALL {
        suite.property(
            backend,
            "listeners_and_inline_metrics_keep_the_same_totals",
            PROPERTY,
            orders,
            async move || backend.start().await,
            async |running, orders| both_ways_keep_the_same_totals(&running.broker, &orders).await,
        );
    }
    suite.run()
}
