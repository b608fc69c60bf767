//! What an order adds to the metrics. Each function adds its commands to a pipeline that runs as one transaction, so
//! the metrics never show half an order.

use embroker_core::{Bitfield, Broker, Encoding, Pipeline};

use super::{Order, ShopError, keys};

/// Adds the tickets to the histograms by time of day, overall and of the event: to the `u8` at bit (hour + 1) * 8,
/// which wraps past 255.
pub(super) fn count_hour<'a>(pipeline: &mut Pipeline<'a>, order: &'a Order) {
    let bit = (u64::from(order.hour()) + 1) * 8;
    for key in [keys::HISTOGRAM.into(), keys::event_histogram(&order.event)] {
        pipeline.bitfield(key, Bitfield::new().incrby(Encoding::U8, bit, i64::from(order.qty)));
    }
}

/// Adds the order to the event's sales.
pub(super) fn count_sale<'a>(pipeline: &mut Pipeline<'a>, order: &'a Order) {
    pipeline
        .sadd(keys::sales(&order.event), [&order.order_id])
        .hincrbyfloat(keys::SALES_SUMMARY, keys::total_sales(&order.event), order.cost)
        .hincrby(keys::SALES_SUMMARY, keys::total_tickets_sold(&order.event), i64::from(order.qty));
}

/// Adds the order to the customer's invoices.
pub(super) fn count_invoice<'a>(pipeline: &mut Pipeline<'a>, order: &'a Order) {
    pipeline.sadd(keys::invoices(&order.who), [&order.order_id]);
}

/// Runs a pipeline of which every command must work.
pub(super) async fn run(broker: &impl Broker, pipeline: Pipeline<'_>) -> Result<(), ShopError> {
    let replies = broker.pipeline(pipeline).await?;
    match replies.iter().find_map(|reply| reply.as_ref().err()) {
        Some(error) => Err(embroker_core::Error::from(error.clone()).into()),
        None => Ok(()),
    }
}
