//! [`Report`]: all totals of the shop.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use embroker_core::prelude::*;
use embroker_core::{Arg, BitOffset, Encoding, Error, FromValue, Value};
use serde::Serialize;

use super::{Order, ShopError, keys};

/// All totals of the shop: [read](Self::read) from the broker, or [computed](Self::of) from the orders.
///
/// # Examples
///
/// ```
/// use embroker_listeners::ticket_shop::{Order, Report};
/// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
///
/// let order = Order { order_id, event, who, qty: 2, cost: 40.0, ts: 0 };
/// let report = Report::of(["Womens Judo"], [&order]);
/// assert_eq!((report.orders, report.tickets, report.invoices["Jamie"]), (1, 2, 1));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// How many purchases there were.
    pub orders: u64,
    /// How many tickets were sold.
    pub tickets: i64,
    /// What they cost together, in dollars.
    pub sales: f64,
    /// Tickets by the hour of the day, in UTC; each number wraps past 255.
    pub tickets_by_hour: [u8; 24],
    /// The same for each event.
    pub events: BTreeMap<String, EventReport>,
    /// How many orders each customer has; who has none is not here.
    pub invoices: BTreeMap<String, u64>,
}

/// The totals of one event.
///
/// # Examples
///
/// ```
/// use embroker_listeners::ticket_shop::{Order, Report};
/// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
///
/// let order = Order { order_id, event, who, qty: 2, cost: 40.0, ts: 7_200 };
/// let event = &Report::of(["Womens Judo"], [&order]).events["Womens Judo"];
/// assert_eq!((event.tickets, event.sales, event.tickets_by_hour[2]), (2, 40.0, 2));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EventReport {
    /// How many purchases there were.
    pub orders: u64,
    /// How many tickets were sold.
    pub tickets: i64,
    /// What they cost together, in dollars.
    pub sales: f64,
    /// Tickets by the hour of the day, in UTC; each number wraps past 255.
    pub tickets_by_hour: [u8; 24],
}

impl Report {
    /// Reads the totals of these events and customers from the broker.
    ///
    /// # Errors
    ///
    /// Where a key holds something else than the shop stores there.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_listeners::ticket_shop::{Order, Report, post_purchase_with_inline_metrics};
    /// # let broker = embroker_mem::MemBroker::new();
    /// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
    ///
    /// let order = Order { order_id, event, who, qty: 2, cost: 40.0, ts: 3_600 };
    /// post_purchase_with_inline_metrics(&broker, &order).await?;
    /// let report = Report::read(&broker, ["Womens Judo", "Mens 4x400"], ["Jamie", "Amy"]).await?;
    /// assert_eq!(report, Report::of(["Womens Judo", "Mens 4x400"], [&order]));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn read<B: Broker>(
        broker: &B,
        events: impl IntoIterator<Item: AsRef<str>>,
        customers: impl IntoIterator<Item: AsRef<str>>,
    ) -> Result<Self, ShopError> {
        let mut report = Self { tickets_by_hour: hours(broker, keys::HISTOGRAM).await?, ..Self::default() };
        let summary = broker.hgetall(keys::SALES_SUMMARY).await?;
        for event in events {
            let event = event.as_ref();
            let totals = EventReport {
                orders: broker.scard(keys::sales(event)).await?.unsigned_abs(),
                tickets: number(&summary, &keys::total_tickets_sold(event))?,
                sales: number(&summary, &keys::total_sales(event))?,
                tickets_by_hour: hours(broker, keys::event_histogram(event)).await?,
            };
            report.events.insert(event.to_owned(), totals);
        }
        for who in customers {
            let orders = broker.scard(keys::invoices(who.as_ref())).await?.unsigned_abs();
            if orders > 0 {
                report.invoices.insert(who.as_ref().to_owned(), orders);
            }
        }
        report.sum_up();
        Ok(report)
    }

    /// What the totals have to be, computed from the orders, which all have different ids.
    ///
    /// Sales are summed in `f64`, the broker's in 80 bits: they are equal as long as every sum is a whole number of
    /// dollars, or of fractions that binary can hold.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::ticket_shop::{Order, Report};
    /// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
    ///
    /// let order = Order { order_id, event, who, qty: 2, cost: 40.0, ts: 3_600 };
    /// let report = Report::of(["Womens Judo", "Mens 4x400"], [&order]);
    /// assert_eq!((report.orders, report.tickets, report.sales), (1, 2, 40.0));
    /// assert_eq!(report.tickets_by_hour[1], 2);
    /// assert_eq!(report.events["Mens 4x400"].orders, 0);
    /// ```
    pub fn of<'a>(events: impl IntoIterator<Item: AsRef<str>>, orders: impl IntoIterator<Item = &'a Order>) -> Self {
        let events = events.into_iter().map(|event| (event.as_ref().to_owned(), EventReport::default())).collect();
        let mut report = Self { events, ..Self::default() };
        for order in orders {
            report.add(order);
        }
        report
    }

    /// Adds one more order to what was computed.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_listeners::ticket_shop::{Order, Report};
    /// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
    ///
    /// let mut report = Report::default();
    /// report.add(&Order { order_id, event, who, qty: 2, cost: 40.0, ts: 0 });
    /// assert_eq!((report.orders, report.sales), (1, 40.0));
    /// ```
    pub fn add(&mut self, order: &Order) {
        let hour = usize::from(order.hour());
        let event = self.events.entry(order.event.clone()).or_default();
        event.orders += 1;
        event.tickets += i64::from(order.qty);
        event.sales += order.cost;
        for hours in [&mut self.tickets_by_hour, &mut event.tickets_by_hour] {
            hours[hour] = hours[hour].wrapping_add(order.qty as u8);
        }
        *self.invoices.entry(order.who.clone()).or_default() += 1;
        self.sum_up();
    }

    fn sum_up(&mut self) {
        self.orders = self.events.values().map(|event| event.orders).sum();
        self.tickets = self.events.values().map(|event| event.tickets).sum();
        self.sales = self.events.values().map(|event| event.sales).sum();
    }
}

/// Reads a histogram: the `u8` of an hour stands at bit (hour + 1) * 8.
async fn hours<'a, B: Broker>(broker: &'a B, key: impl Into<Arg<'a>>) -> Result<[u8; 24], ShopError> {
    let stored = broker.bitfield_ro(key, (0..24).map(|hour| (Encoding::U8, BitOffset::Field(hour + 1)))).await?;
    let mut hours = [0; 24];
    for (hour, tickets) in hours.iter_mut().zip(stored) {
        *hour = tickets as u8;
    }
    Ok(hours)
}

/// A number of the summary; 0 where nothing was sold.
fn number<T: FromValue + Default>(summary: &HashMap<Bytes, Bytes>, field: &Arg<'_>) -> Result<T, Error> {
    summary.get(field.as_bytes()).map_or(Ok(T::default()), |text| T::from_value(Value::Bulk(text.clone())))
}
