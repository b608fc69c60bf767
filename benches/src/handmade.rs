//! The ticket shop as one would write it for one process, without a broker: one mutex over hash maps, and a channel for
//! each listener.
//!
//! It does what the shop does: an order is stored and its id sent; each of three listeners looks the order up and adds
//! it to its metrics. There is no protocol, no type of a key to check, and no bound of a queue. An order is stored
//! either as fields of text, which is what a hash of Redis is, or as the struct itself.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use embroker_listeners::ticket_shop::Order;
use futures_util::stream::StreamExt as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Orders as hashes: the fields by their names, all of them text.
type Texts = HashMap<String, HashMap<String, String>>;

/// Orders as they are.
type Structs = HashMap<String, Order>;

/// Where orders are stored under their ids.
trait Orders: Default + Send + 'static {
    fn store(&mut self, order: &Order);
    fn load(&self, order_id: &str) -> Option<Order>;
}

impl Orders for Structs {
    fn store(&mut self, order: &Order) {
        self.insert(order.order_id.clone(), order.clone());
    }

    fn load(&self, order_id: &str) -> Option<Order> {
        self.get(order_id).cloned()
    }
}

impl Orders for Texts {
    fn store(&mut self, order: &Order) {
        let Order { order_id, event, who, qty, cost, ts } = order;
        let fields = [
            ("order_id", order_id.clone()),
            ("event", event.clone()),
            ("who", who.clone()),
            ("qty", qty.to_string()),
            ("cost", cost.to_string()),
            ("ts", ts.to_string()),
        ];
        let fields = fields.map(|(field, value)| (field.to_owned(), value));
        self.insert(order_id.clone(), HashMap::from(fields));
    }

    fn load(&self, order_id: &str) -> Option<Order> {
        let fields = self.get(order_id)?;
        let text = |field: &str| fields.get(field).cloned();
        let (qty, cost, ts) = (fields.get("qty")?, fields.get("cost")?, fields.get("ts")?);
        Some(Order {
            order_id: text("order_id")?,
            event: text("event")?,
            who: text("who")?,
            qty: qty.parse().ok()?,
            cost: cost.parse().ok()?,
            ts: ts.parse().ok()?,
        })
    }
}

#[derive(Default)]
struct Shop<O>(Mutex<Store<O>>);

#[derive(Default)]
struct Store<O> {
    orders: O,
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

impl<O: Orders> Shop<O> {
    fn lock(&self) -> MutexGuard<'_, Store<O>> {
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
        store.orders.store(order);
        store.publish("purchase_orders", &order.order_id);
        store.publish(&format!("purchase_orders:{}", order.event), &order.order_id);
    }

    fn load(&self, order_id: &str) -> Option<Order> {
        self.lock().orders.load(order_id)
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

impl<O> Store<O> {
    fn publish(&self, channel: &str, message: &str) {
        let Some(listeners) = self.listeners.get(channel) else { return };
        let message: Arc<str> = message.into();
        for listener in listeners {
            // A listener that is gone has heard enough.
            let _ = listener.send(message.clone());
        }
    }
}

/// Adds an order to one of the metrics.
type Add<O> = fn(&Shop<O>, &Order);

async fn listen<O: Orders>(shop: Arc<Shop<O>>, mut ids: UnboundedReceiver<Arc<str>>, count: usize, add: Add<O>) {
    for _ in 0..count {
        let Some(order_id) = ids.recv().await else { return };
        let order = shop.load(&order_id);
        if let Some(order) = order {
            add(&shop, &order);
        }
    }
}

/// Sells the orders, `width` at a time, in a shop that stores them as fields of text.
pub(crate) fn with_texts(runtime: &Runtime, orders: &[Order], width: usize) -> Result<Duration> {
    sell::<Texts>(runtime, orders, width)
}

/// As [`with_texts`], in a shop that stores them as they are.
pub(crate) fn with_structs(runtime: &Runtime, orders: &[Order], width: usize) -> Result<Duration> {
    sell::<Structs>(runtime, orders, width)
}

/// Sells the orders, and looks whether all of it was handled.
fn sell<O: Orders>(runtime: &Runtime, orders: &[Order], width: usize) -> Result<Duration> {
    runtime.block_on(async {
        let shop = Arc::new(Shop::<O>::default());
        let adds: [Add<O>; 3] = [Shop::count_hour, Shop::count_sale, Shop::count_invoice];
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
