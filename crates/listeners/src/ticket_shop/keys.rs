//! The names of the shop's keys, fields and channels. No other file spells one.

/// The channel of all purchases.
pub(super) const PURCHASE_ORDERS: &str = "purchase_orders";
/// The channel of one event's purchases.
pub(super) fn event_orders(event: &str) -> String {
    [PURCHASE_ORDERS, ":", event].concat()
}

pub(super) fn order_details(order_id: impl AsRef<[u8]>) -> Vec<u8> {
    [b"purchase_order_details:", order_id.as_ref()].concat()
}

pub(super) const SALES_SUMMARY: &str = "sales_summary";
/// Of [`SALES_SUMMARY`]: what the event's tickets cost in all.
pub(super) fn total_sales(event: &str) -> String {
    [event, ":total_sales"].concat()
}
/// Of [`SALES_SUMMARY`]: how many of the event's tickets were sold.
pub(super) fn total_tickets_sold(event: &str) -> String {
    [event, ":total_tickets_sold"].concat()
}

pub(super) const HISTOGRAM: &str = "sales_histogram:time_of_day";
pub(super) fn event_histogram(event: &str) -> String {
    [HISTOGRAM, ":", event].concat()
}

pub(super) fn sales(event: &str) -> String {
    ["sales:", event].concat()
}

pub(super) fn invoices(who: &str) -> String {
    ["invoices:", who].concat()
}

/// The shop's mark: where this key is, the others are the shop's too.
pub(super) const EVENTS: &str = "ticket_shop:events";
pub(super) fn event(name: &str) -> String {
    ["event:", name].concat()
}
