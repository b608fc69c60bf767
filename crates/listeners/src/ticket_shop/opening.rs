//! Opening the shop on a broker that may have been used before.

use std::collections::HashSet;

use bytes::Bytes;
use embroker_core::error::texts;
use embroker_core::prelude::*;
use embroker_core::{Arg, Error, Pipeline};

use super::{Event, ShopError, create_event, keys};

/// How many orders are looked up, and how many keys deleted, with one call.
const BATCH: usize = 1_000;

/// Makes the shop ready to sell: deletes what an earlier run of it left, and creates the events. Answers how many keys
/// were deleted.
///
/// What it deletes are the keys of the events that `ticket_shop:events` names, of their orders, and of these customers;
/// no other key is touched, and none at all where that set is missing.
///
/// # Errors
///
/// [`ShopError::ForeignKey`] where one of the keys that the totals are kept in is there and is not this shop's: then
/// the totals would be wrong, and somebody else's data too.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_core::prelude::*;
/// use embroker_listeners::ticket_shop::{Event, ShopError, open};
/// # let broker = embroker_mem::MemBroker::new();
///
/// let events = [Event { name: "Womens Judo".into(), price: 20.0 }];
/// assert_eq!(open(&broker, &events, &["Jamie"]).await?, 0);
/// assert_eq!(open(&broker, &events, &["Jamie"]).await?, 2, "the event, and the set of events");
///
/// # let broker = embroker_mem::MemBroker::new();
/// broker.hset("sales_summary", [("of something else", 1)]).await?;
/// assert_eq!(open(&broker, &events, &["Jamie"]).await, Err(ShopError::ForeignKey("sales_summary".into())));
/// # Ok(())
/// # }
/// ```
pub async fn open<B: Broker>(broker: &B, events: &[Event], customers: &[&str]) -> Result<u64, ShopError> {
    let deleted = delete_earlier_run(broker, customers).await?;
    let per_event = events
        .iter()
        .flat_map(|Event { name, .. }| [keys::event(name), keys::sales(name), keys::event_histogram(name)]);
    let per_customer = customers.iter().map(|who| keys::invoices(who));
    let overall = [keys::SALES_SUMMARY, keys::HISTOGRAM, keys::EVENTS].map(Arg::from);
    for key in overall.into_iter().chain(per_event).chain(per_customer) {
        if broker.exists([&key]).await? > 0 {
            return Err(ShopError::ForeignKey(String::from_utf8_lossy(key.as_bytes()).into_owned()));
        }
    }
    for event in events {
        create_event(broker, event).await?;
    }
    Ok(deleted)
}

async fn delete_earlier_run<B: Broker>(broker: &B, customers: &[&str]) -> Result<u64, ShopError> {
    let events = match broker.smembers(keys::EVENTS).await {
        Err(Error::Server(error)) if error == texts::WRONG_TYPE => {
            return Err(ShopError::ForeignKey(keys::EVENTS.to_owned()));
        }
        events => events?,
    };
    if events.is_empty() {
        return Ok(0);
    }
    let mut deleted = 0_i64;
    let mut invoices: HashSet<Arg<'_>> = customers.iter().map(|who| keys::invoices(who)).collect();
    let mut totals = vec![Arg::from(keys::SALES_SUMMARY), keys::HISTOGRAM.into()];
    for event in &events {
        let event = String::from_utf8_lossy(event);
        let orders: Vec<Bytes> = broker.smembers(keys::sales(&event)).await?.into_iter().collect();
        for orders in orders.chunks(BATCH) {
            let mut buyers = Pipeline::new();
            for order in orders {
                buyers.hget(keys::order_details(order), "who");
            }
            let buyers = broker.pipeline(buyers).await?;
            let buyers = buyers.iter().flatten().filter_map(|who| who.as_bytes());
            invoices.extend(buyers.map(|who| keys::invoices(&String::from_utf8_lossy(who))));
            deleted += broker.del(orders.iter().map(keys::order_details)).await?;
        }
        totals.extend([keys::event(&event), keys::event_histogram(&event), keys::sales(&event)]);
    }
    // The mark goes last, so that a run that is cut off here can be tidied up by the next.
    totals.extend(invoices);
    totals.push(keys::EVENTS.into());
    for keys in totals.chunks(BATCH) {
        deleted += broker.del(keys).await?;
    }
    Ok(deleted.unsigned_abs())
}
