//! The ticket shop as one would write it for one process, without a broker: one mutex over hash maps, and a channel for
//! each listener.
//!
//! It does what the shop does: an order is stored and its id sent; each of three listeners looks the order up and adds
//! it to its metrics. There is no protocol, no text, no type of a key to check, and no bound of a queue.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use embroker_listeners::ticket_shop::Order;
use futures_util::stream::StreamExt as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

#[derive(Default)]
struct Shop(Mutex<Store>);

#[derive(Default)]
struct Store {
    orders: HashMap<String, Order>,
    listeners: HashMap<String, Vec<UnboundedSender<Arc<str>>>>,
    hours: [u8; 24],
    event_hours: HashMap<String, [u8; 24]>,
    summary: HashMap<String, Summary>,
    sales: HashMap<String, HashSet<String>>,
    invoices: HashMap<String, HashSet<String>>,
}

#[derive(Default)]
struct Summary {
    sales: f64,
    tickets: i64,
}

impl Shop {
    fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn subscribe(&self, channel: &str) -> UnboundedReceiver<Arc<str>> {
        let (sender, receiver) = unbounded_channel();
        self.lock().listeners.entry(channel.to_owned()).or_default().push(sender);
        receiver
    }

    /// Stores the order and publishes it on both of its channels, as one transaction.
    fn post(&self, order: &Order) {
        let mut store = self.lock();
        store.orders.insert(order.order_id.clone(), order.clone());
        store.publish("purchase_orders", &order.order_id);
        store.publish(&format!("purchase_orders:{}", order.event), &order.order_id);
    }

    fn load(&self, order_id: &str) -> Option<Order> {
        self.lock().orders.get(order_id).cloned()
    }

    fn count_hour(&self, order: &Order) {
        let store = &mut *self.lock();
        let event = store.event_hours.entry(order.event.clone()).or_default();
        for hours in [&mut store.hours, event] {
            if let Some(tickets) = hours.get_mut(usize::from(order.hour())) {
                *tickets = tickets.wrapping_add(order.qty as u8);
            }
        }
    }

    fn count_sale(&self, order: &Order) {
        let store = &mut *self.lock();
        store.sales.entry(order.event.clone()).or_default().insert(order.order_id.clone());
        let summary = store.summary.entry(order.event.clone()).or_default();
        summary.sales += order.cost;
        summary.tickets += i64::from(order.qty);
    }

    fn count_invoice(&self, order: &Order) {
        self.lock().invoices.entry(order.who.clone()).or_default().insert(order.order_id.clone());
    }
}

impl Store {
    fn publish(&self, channel: &str, message: &str) {
        let Some(listeners) = self.listeners.get(channel) else { return };
        let message: Arc<str> = message.into();
        for listener in listeners {
            // A listener that is gone has heard enough.
            let _ = listener.send(message.clone());
        }
    }
}

async fn listen(shop: Arc<Shop>, mut orders: UnboundedReceiver<Arc<str>>, count: usize, add: fn(&Shop, &Order)) {
    for _ in 0..count {
        let Some(order_id) = orders.recv().await else { return };
        if let Some(order) = shop.load(&order_id) {
            add(&shop, &order);
        }
    }
}

/// Sells the orders, `width` at a time, and looks whether all of it was handled.
pub(crate) fn shop(runtime: &Runtime, orders: &[Order], width: usize) -> Result<Duration> {
    runtime.block_on(async {
        let shop = Arc::new(Shop::default());
        let adds: [fn(&Shop, &Order); 3] = [Shop::count_hour, Shop::count_sale, Shop::count_invoice];
        let listeners: Vec<_> = adds
            .into_iter()
            .map(|add| {
                let messages = shop.subscribe("purchase_orders");
                tokio::spawn(listen(shop.clone(), messages, orders.len(), add))
            })
            .collect();
        let start = Instant::now();
        if width == 1 {
            for order in orders {
                shop.post(order);
            }
        } else {
            let posts = futures_util::stream::iter(orders).map(|order| async { shop.post(order) });
            posts.buffer_unordered(width).collect::<()>().await;
        }
        for listener in listeners {
            listener.await?;
        }
        let took = start.elapsed();
        let store = shop.lock();
        let invoices: usize = store.invoices.values().map(HashSet::len).sum();
        let tickets: i64 = store.summary.values().map(|summary| summary.tickets).sum();
        let sales: f64 = store.summary.values().map(|summary| summary.sales).sum();
        let expected: i64 = orders.iter().map(|order| i64::from(order.qty)).sum();
        ensure!((invoices, tickets) == (orders.len(), expected), "the totals are wrong");
        ensure!((sales - expected as f64 * 20.0).abs() < 0.5, "the sales are wrong");
        Ok(took)
    })
}
