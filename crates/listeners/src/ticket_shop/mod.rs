//! A ticket shop: purchases are stored and published, listeners keep the metrics and raise the alerts.
//!
//! | key | type | what |
//! |---|---|---|
//! | `purchase_order_details:<order_id>` | hash | the [`Order`] |
//! | `sales_summary` | hash | `<event>:total_sales`, `<event>:total_tickets_sold` |
//! | `sales_histogram:time_of_day[:<event>]` | string | tickets by hour: a `u8` at bit (hour + 1) * 8, which wraps |
//! | `sales:<event>` | set | the ids of the event's orders |
//! | `invoices:<who>` | set | the ids of the customer's orders |
//! | `event:<name>` | hash | the [`Event`] |
//! | `ticket_shop:events` | set | the names of all events |
//!
//! A purchase is published as its order id, on `purchase_orders` and on `purchase_orders:<event>`.
//!
//! The metrics are kept in one of two ways: by whoever posts the purchase, [`post_purchase_with_inline_metrics`]; or by
//! the listeners [`SalesAnalytics`], [`EventsAnalytics`] and [`CustomerPurchases`], which hear of it from
//! [`post_purchase`]. Both come to the same [`Report`].

mod alerters;
mod analytics;
mod box_office;
mod error;
mod event;
mod keys;
mod metrics;
mod opening;
mod order;
mod purchase;
mod report;
mod run;

pub use alerters::{CeremonyAlerter, OpeningCeremonyAlerter};
pub use analytics::{CustomerPurchases, EventsAnalytics, SalesAnalytics};
pub use box_office::BoxOffice;
pub use error::ShopError;
pub use event::{Event, create_event};
pub use opening::open;
pub use order::Order;
pub use purchase::{post_purchase, post_purchase_with_inline_metrics};
pub use report::{EventReport, Report};
pub use run::{run_inline, run_with_listeners};
