//! The listeners that keep the metrics. Each hears of every purchase, on `purchase_orders`, and reads the order back.

use embroker_core::{Broker, Message, Pipeline};

use super::{Order, keys, metrics};
use crate::{Listener, ListenerError, Subscriptions};

/// Declares a listener on `purchase_orders` that adds each order to one of the metrics.
macro_rules! metric {
    ($(#[$doc:meta])* $listener:ident = $name:literal, $count:path) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $listener;

        impl<B: Broker> Listener<B> for $listener {
            fn name(&self) -> &'static str {
                $name
            }

            fn subscriptions(&self) -> Subscriptions {
                Subscriptions::new().channel(keys::PURCHASE_ORDERS)
            }

            async fn on_message(&mut self, broker: &B, message: &Message) -> Result<(), ListenerError> {
                let order = Order::load(broker, message.payload()).await?;
                let mut pipeline = Pipeline::atomic();
                $count(&mut pipeline, &order);
                Ok(metrics::run(broker, pipeline).await?)
            }
        }
    };
}

metric! {
    /// `sales_analytics`: tickets by time of day, in `sales_histogram:time_of_day` and
    /// `sales_histogram:time_of_day:<event>`.
    ///
    /// Both are strings of `u8` counters, that of an hour at bit (hour + 1) * 8; they wrap past 255, as BITFIELD does.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_core::prelude::*;
    /// use embroker_listeners::{Runner, ticket_shop::{Order, SalesAnalytics, post_purchase}};
    /// # let broker = embroker_mem::MemBroker::new();
    /// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
    ///
    /// let running = Runner::new(broker.clone()).listen(SalesAnalytics).start().await?;
    /// let order = Order { order_id, event, who, qty: 7, cost: 140.0, ts: 3_600 };
    /// post_purchase(&broker, &order).await?;
    /// assert!(running.shutdown().await.is_clean());
    /// assert_eq!(broker.get("sales_histogram:time_of_day").await?.as_deref(), Some(&[0, 0, 7][..]));
    /// # Ok(())
    /// # }
    /// ```
    SalesAnalytics = "sales_analytics", metrics::count_hour
}

metric! {
    /// `events_analytics`: the event's orders in the set `sales:<event>`, its sums in `sales_summary`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_core::prelude::*;
    /// use embroker_listeners::{Runner, ticket_shop::{EventsAnalytics, Order, post_purchase}};
    /// # let broker = embroker_mem::MemBroker::new();
    /// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
    ///
    /// let running = Runner::new(broker.clone()).listen(EventsAnalytics).start().await?;
    /// let order = Order { order_id, event, who, qty: 7, cost: 140.0, ts: 3_600 };
    /// post_purchase(&broker, &order).await?;
    /// assert!(running.shutdown().await.is_clean());
    /// assert_eq!(broker.hgetall("sales_summary").await?[&b"Womens Judo:total_tickets_sold"[..]], "7");
    /// # Ok(())
    /// # }
    /// ```
    EventsAnalytics = "events_analytics", metrics::count_sale
}

metric! {
    /// `customer_purchases`: the customer's orders in the set `invoices:<who>`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_core::prelude::*;
    /// use embroker_listeners::{Runner, ticket_shop::{CustomerPurchases, Order, post_purchase}};
    /// # let broker = embroker_mem::MemBroker::new();
    /// # let (order_id, event, who) = ("1".into(), "Womens Judo".into(), "Jamie".into());
    ///
    /// let running = Runner::new(broker.clone()).listen(CustomerPurchases).start().await?;
    /// let order = Order { order_id, event, who, qty: 7, cost: 140.0, ts: 3_600 };
    /// post_purchase(&broker, &order).await?;
    /// assert!(running.shutdown().await.is_clean());
    /// assert_eq!(broker.scard("invoices:Jamie").await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    CustomerPurchases = "customer_purchases", metrics::count_invoice
}
