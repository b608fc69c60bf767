//! The purchases of one day, drawn from a seed.

use embroker_listeners::ticket_shop::{Event, Order};

/// What tickets are sold for.
pub(crate) const EVENTS: [&str; 4] = ["Womens Judo", "Mens 4x400", "Opening Ceremony", "Closing Ceremony"];

/// Who buys them.
pub(crate) const CUSTOMERS: [&str; 12] =
    ["Amy", "Bill", "Fred", "Jamie", "Joan", "Kim", "Lena", "Mary", "Noor", "Omar", "Rosa", "Sven"];

/// What each ticket costs, in whole dollars: sums of those are exact wherever they are added up.
const PRICE: u32 = 20;

/// 24 July 2020, 00:00 UTC: all purchases are made on this day, so that the same seed gives the same report on any day.
const DAY: i64 = 1_595_548_800;

/// How many of the purchases are made in each hour of the day, in parts of their sum.
const RUSH: [u32; 24] = [2, 1, 1, 1, 1, 2, 4, 7, 11, 14, 15, 16, 18, 16, 14, 13, 14, 17, 21, 24, 20, 14, 8, 4];

/// The events with their prices.
pub(crate) fn events() -> [Event; 4] {
    EVENTS.map(|name| Event { name: name.to_owned(), price: f64::from(PRICE) })
}

/// The purchases, in the order of their time.
pub(crate) struct Purchases {
    rng: fastrand::Rng,
    made: u64,
    all: u64,
}

impl Purchases {
    pub(crate) fn new(seed: u64, purchases: u64) -> Self {
        Self { rng: fastrand::Rng::with_seed(seed), made: 0, all: purchases }
    }

    fn pick<'a>(&mut self, names: &[&'a str]) -> &'a str {
        self.rng.choice(names).copied().unwrap_or_default()
    }

    /// A time in the next of as many stretches of the day as there are purchases; stretches are short in the rush
    /// hours.
    fn time(&mut self) -> i64 {
        let all: u32 = RUSH.iter().sum();
        let mut rest = (self.made as f64 + self.rng.f64()) / self.all as f64 * f64::from(all);
        for (hour, share) in (0..).zip(RUSH.map(f64::from)) {
            if rest < share {
                return DAY + hour * 3_600 + (rest / share * 3_600.0) as i64;
            }
            rest -= share;
        }
        DAY + 86_399
    }
}

impl Iterator for Purchases {
    type Item = Order;

    fn next(&mut self) -> Option<Order> {
        if self.made == self.all {
            return None;
        }
        let event = self.pick(&EVENTS).to_owned();
        let who = self.pick(&CUSTOMERS).to_owned();
        let qty = self.rng.u32(1..=9);
        let ts = self.time();
        self.made += 1;
        let order_id = format!("{:06}-{:08X}", self.made, self.rng.u32(..));
        Some(Order { order_id, event, who, qty, cost: f64::from(qty * PRICE), ts })
    }
}
