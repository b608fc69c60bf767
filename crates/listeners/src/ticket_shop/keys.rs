//! The names of the shop's keys, fields and channels. No other file spells one.

use embroker_core::Arg;

/// The channel of all purchases.
pub(super) const PURCHASE_ORDERS: &str = "purchase_orders";
/// The channel of one event's purchases.
pub(super) fn event_orders(event: &str) -> Arg<'static> {
    Arg::concat(&[PURCHASE_ORDERS, ":", event])
}

pub(super) fn order_details<'k>(order_id: impl AsRef<[u8]>) -> Arg<'k> {
    Arg::concat(&[b"purchase_order_details:".as_slice(), order_id.as_ref()])
}

pub(super) const SALES_SUMMARY: &str = "sales_summary";
/// Of [`SALES_SUMMARY`]: what the event's tickets cost in all.
pub(super) fn total_sales(event: &str) -> Arg<'static> {
    Arg::concat(&[event, ":total_sales"])
}
/// Of [`SALES_SUMMARY`]: how many of the event's tickets were sold.
pub(super) fn total_tickets_sold(event: &str) -> Arg<'static> {
    Arg::concat(&[event, ":total_tickets_sold"])
}

pub(super) const HISTOGRAM: &str = "sales_histogram:time_of_day";
pub(super) fn event_histogram(event: &str) -> Arg<'static> {
    Arg::concat(&[HISTOGRAM, ":", event])
}

pub(super) fn sales(event: &str) -> Arg<'static> {
    Arg::concat(&["sales:", event])
}

pub(super) fn invoices(who: &str) -> Arg<'static> {
    Arg::concat(&["invoices:", who])
}

/// The shop's mark: where this key is, the others are the shop's too.
pub(super) const EVENTS: &str = "ticket_shop:events";
pub(super) fn event(name: &str) -> Arg<'static> {
    Arg::concat(&["event:", name])
}
