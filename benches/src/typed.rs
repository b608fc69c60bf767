//! Typed calls on keys, beside a hash map that does no more than find the key.

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, ensure};
use bytes::Bytes;
use dashmap::DashMap;
use embroker::prelude::*;
use embroker::{Bitfield, Encoding, MemBroker};
use embroker_listeners::ticket_shop::Order;
use redis::AsyncCommands as _;
use tokio::runtime::Runtime;

use crate::bench::Bench;
use crate::measure::{shuffled, single, single_with_io, timed, timed_async};
use crate::report::{Spec, Unit};

/// The peer: keys as bytes, hashed as we hash them.
type Map<V> = DashMap<Box<[u8]>, V, ahash::RandomState>;

/// A value of 16 bytes.
pub(crate) const VALUE: &str = "value-of-16-byte";

/// The calls that are measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Get,
    Set,
    HGet,
    HIncrBy,
    SAdd,
    BitfieldIncrBy,
}

impl Call {
    pub(crate) const ALL: [Self; 6] =
        [Self::HGet, Self::HIncrBy, Self::SAdd, Self::BitfieldIncrBy, Self::Get, Self::Set];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Set => "SET",
            Self::HGet => "HGET",
            Self::HIncrBy => "HINCRBY",
            Self::SAdd => "SADD",
            Self::BitfieldIncrBy => "BITFIELD INCRBY",
        }
    }

    /// What the peer does instead. Who reads is beside a read, who writes beside an increment in place.
    fn is_read(self) -> bool {
        matches!(self, Self::Get | Self::HGet)
    }
}

/// Keys that every contender uses, and a broker that holds what the call needs under each of them.
pub(crate) struct Keys {
    pub(crate) broker: MemBroker,
    pub(crate) names: Vec<String>,
    pub(crate) order: Vec<u32>,
    call: Call,
}

impl Keys {
    /// So many keys, each with what the call finds there: a hash of six fields, a set of eight members, a string.
    pub(crate) fn new(runtime: &Runtime, call: Call, count: u32) -> Result<Self> {
        let names: Vec<String> = (0..count).map(|number| format!("key:{number:012}")).collect();
        let broker = MemBroker::new();
        runtime.block_on(async {
            for name in &names {
                match call {
                    Call::Get | Call::Set => broker.set(name, VALUE).await?,
                    Call::HGet | Call::HIncrBy => {
                        let fields = ["a", "b", "c", "d", "e"].map(|field| (field, "1234567"));
                        broker.hset(name, fields.into_iter().chain([("count", "0")])).await?;
                    }
                    Call::SAdd => {
                        broker.sadd(name, ["m0", "m1", "m2", "m3", "m4", "m5", "m6", "m7"]).await?;
                    }
                    Call::BitfieldIncrBy => broker.set(name, &[0_u8; 25]).await?,
                }
            }
            anyhow::Ok(())
        })?;
        Ok(Self { broker, names, order: shuffled(count), call })
    }

    /// Makes so many calls on keys of the order.
    pub(crate) fn call(&self, runtime: &Runtime, count: u64, order: &[u32]) -> Duration {
        let Self { broker, names, .. } = self;
        match self.call {
            Call::Get => timed_async(runtime, count, order, |key| broker.get(&names[key])),
            Call::Set => timed_async(runtime, count, order, |key| broker.set(&names[key], VALUE)),
            Call::HGet => timed_async(runtime, count, order, |key| broker.hget(&names[key], "c")),
            Call::HIncrBy => timed_async(runtime, count, order, |key| broker.hincrby(&names[key], "count", 1)),
            Call::SAdd => timed_async(runtime, count, order, |key| broker.sadd(&names[key], ["m5"])),
            Call::BitfieldIncrBy => timed_async(runtime, count, order, |key| {
                broker.bitfield(&names[key], Bitfield::new().incrby(Encoding::U8, 64, 1))
            }),
        }
    }

    /// The peer's map with the same keys.
    fn map<V: Clone>(&self, value: &V) -> Map<V> {
        let map = Map::with_hasher(ahash::RandomState::new());
        for name in &self.names {
            map.insert(name.as_bytes().into(), value.clone());
        }
        map
    }

    /// The peer's read or increment.
    pub(crate) fn peer(&self) -> impl FnMut(u64) -> Result<Duration> {
        let reads = self.map(&Bytes::from_static(VALUE.as_bytes()));
        let counters = self.map(&0_u64);
        let is_read = self.call.is_read();
        move |count| {
            Ok(if is_read {
                timed(count, &self.order, |key| {
                    reads.get(self.names[key].as_bytes()).map(|value| black_box(&*value).len())
                })
            } else {
                timed(count, &self.order, |key| increment(&counters, &self.names[key]))
            })
        }
    }
}

fn increment(counters: &Map<u64>, key: &str) -> Option<u64> {
    counters.get_mut(key.as_bytes()).map(|mut count| {
        *count = count.wrapping_add(1);
        *count
    })
}

/// Measures the typed calls.
pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    let runtime = single()?;
    let spec = |what: String, peer| Spec::new("typed calls", what, peer, Unit::Nanoseconds);
    for (count, shown, goal) in [(100_000, "100,000 keys", 2.0), (1_000, "1,000 keys", 5.0)] {
        for call in Call::ALL {
            let peer = if call.is_read() { "DashMap get" } else { "DashMap += 1" };
            bench.line(spec(format!("{}, {shown}", call.name()), peer).at_most(goal), |effort| {
                let keys = Keys::new(&runtime, call, count)?;
                let peer = keys.peer();
                effort.pair(Unit::Nanoseconds, |count| Ok(keys.call(&runtime, count, &keys.order)), peer)
            });
        }
    }
    bench.line(spec("SET, 100,000 keys".into(), "DashMap, a new value of 16 bytes"), |effort| {
        let keys = Keys::new(&runtime, Call::Set, 100_000)?;
        let values = keys.map(&Bytes::new());
        let peer = |count| {
            Ok(timed(count, &keys.order, |key| {
                let value = Bytes::copy_from_slice(VALUE.as_bytes());
                values.get_mut(keys.names[key].as_bytes()).map(|mut old| *old = value)
            }))
        };
        effort.pair(Unit::Nanoseconds, |count| Ok(keys.call(&runtime, count, &keys.order)), peer)
    });
    bench.line(spec("GET, 100,000 keys".into(), "DashMap get, each after the one before"), |effort| {
        let keys = Keys::new(&runtime, Call::Get, 100_000)?;
        let values = keys.map(&Bytes::from_static(VALUE.as_bytes()));
        let peer = |count| {
            // Always 0, which the processor knows only when it has the value.
            let mut longer = 0;
            Ok(timed(count, &keys.order, |key| {
                let value = values.get(keys.names[key + longer].as_bytes())?;
                longer = black_box(&*value).len() - VALUE.len();
                Some(longer)
            }))
        };
        effort.pair(Unit::Nanoseconds, |count| Ok(keys.call(&runtime, count, &keys.order)), peer)
    });
    structs(bench)?;
    two_threads(bench)
}

/// Two threads at work on keys of their own, beside one.
fn two_threads(bench: &mut Bench) -> Result<()> {
    let runtime = single()?;
    let spec = |what: String| Spec::new("two threads", what, "one thread", Unit::PerSecond);
    for call in Call::ALL {
        bench.line(spec(format!("{}, 100,000 keys", call.name())).at_least(1.6), |effort| {
            let keys = Keys::new(&runtime, call, 100_000)?;
            let (one, other) = keys.order.split_at(keys.order.len() / 2);
            let two =
                |count: u64| side_by_side([one, other], |order| Ok(keys.call(&single()?, count.div_ceil(2), order)));
            effort.pair(Unit::PerSecond, two, |count| Ok(keys.call(&runtime, count, &keys.order)))
        });
    }
    bench.line(spec("what the machine gives: HashMap get without a lock, 100,000 keys".into()), |effort| {
        let keys = Keys::new(&runtime, Call::Get, 100_000)?;
        let mut map: HashMap<&str, u64, ahash::RandomState> = HashMap::default();
        map.extend((0..).zip(&keys.names).map(|(number, name)| (name.as_str(), number)));
        let work = |count, order: &[u32]| timed(count, order, |key| map.get(keys.names[key].as_str()).copied());
        let (one, other) = keys.order.split_at(keys.order.len() / 2);
        let two = |count: u64| side_by_side([one, other], |order| Ok(work(count.div_ceil(2), order)));
        effort.pair(Unit::PerSecond, two, |count| Ok(work(count, &keys.order)))
    });
    Ok(())
}

/// Lets two threads begin at the same moment; how long the slower one takes.
fn side_by_side(orders: [&[u32]; 2], work: impl Fn(&[u32]) -> Result<Duration> + Sync) -> Result<Duration> {
    let barrier = Barrier::new(2);
    let run = |order| {
        barrier.wait();
        let start = Instant::now();
        work(order).map(|_| start.elapsed())
    };
    std::thread::scope(|threads| {
        let [one, other] = orders.map(|order| threads.spawn(|| run(order)));
        let took = [one.join(), other.join()].map(|took| took.map_err(|_| anyhow!("a thread panicked")));
        let [one, other] = took;
        Ok(one??.max(other??))
    })
}

/// A hash of six fields into a struct.
fn structs(bench: &mut Bench) -> Result<()> {
    const KEY: &str = "purchase_order_details:000001-0A1B2C3D";
    let (runtime, with_io) = (single()?, single_with_io()?);
    let url = format!("unix://{}", bench.redis().socket_path().display());
    let spec = Spec::new("typed calls", "a hash of 6 fields into a struct", "redis-rs", Unit::PerSecond);
    bench.line(spec.at_least(25.0), |effort| {
        let orders = crate::shop::orders(1);
        let order = orders.first().context("no order")?;
        let broker = MemBroker::new();
        runtime.block_on(broker.hset_struct(KEY, order))?;
        let client = redis::Client::open(url)?;
        let mut connection = with_io.block_on(client.get_multiplexed_async_connection())?;
        let fields: Vec<(Bytes, Bytes)> = runtime.block_on(broker.hgetall(KEY))?.into_iter().collect();
        let fields: Vec<(&[u8], &[u8])> = fields.iter().map(|(field, value)| (&**field, &**value)).collect();
        let () = with_io.block_on(connection.hset_multiple(KEY, &fields))?;
        ensure!(with_io.block_on(from_redis(&mut connection, KEY))? == *order, "the peer reads another order");
        ensure!(runtime.block_on(broker.hgetall_as(KEY))?.as_ref() == Some(order), "we read another order");

        let ours = |count| Ok(timed_async(&runtime, count, &[0], |_| broker.hgetall_as::<Order>(KEY)));
        let peer = |count| {
            with_io.block_on(async {
                let start = Instant::now();
                for _ in 0..count {
                    black_box(from_redis(&mut connection, KEY).await?);
                }
                Ok(start.elapsed())
            })
        };
        effort.longer(2).pair(Unit::PerSecond, ours, peer)
    });
    Ok(())
}

/// As a program on redis-rs does it: fields into variables, numbers parsed.
async fn from_redis(connection: &mut redis::aio::MultiplexedConnection, key: &str) -> Result<Order> {
    let fields = ["order_id", "event", "who", "qty", "cost", "ts"];
    let mut pairs: HashMap<String, String> = connection.hgetall(key).await?;
    let [order_id, event, who, qty, cost, ts] = fields.map(|field| pairs.remove(field).unwrap_or_default());
    Ok(Order { order_id, event, who, qty: qty.parse()?, cost: cost.parse()?, ts: ts.parse()? })
}
