//! Stands in for typed calls that are not there yet.
#![allow(missing_docs, clippy::all, clippy::pedantic, async_fn_in_trait, dead_code)]
use super::{Event, Order};
use bytes::Bytes;
pub(super) use embroker_core::prelude::*;
use embroker_core::{Arg, Broker, Command, Error, FromValue, Pipeline, Result, commands::*};
use std::collections::HashSet;

pub(super) trait Flat: Sized {
    fn pairs(&self) -> Vec<(&'static str, Arg<'_>)>;
    fn parse(map: std::collections::HashMap<Bytes, Bytes>) -> Result<Self>;
}
fn text(map: &std::collections::HashMap<Bytes, Bytes>, f: &str) -> Result<String> {
    let b = map.get(f.as_bytes()).ok_or_else(|| Error::Decode(format!("missing field {f:?}")))?;
    String::from_value(b.clone().into())
}
fn num<T: std::str::FromStr>(map: &std::collections::HashMap<Bytes, Bytes>, f: &str) -> Result<T> {
    text(map, f)?.parse().map_err(|_| Error::Decode(format!("field {f:?} is no number")))
}
impl Flat for Order {
    fn pairs(&self) -> Vec<(&'static str, Arg<'_>)> {
        vec![
            ("order_id", (&self.order_id).into()),
            ("event", (&self.event).into()),
            ("who", (&self.who).into()),
            ("qty", self.qty.into()),
            ("cost", self.cost.into()),
            ("ts", self.ts.into()),
        ]
    }
    fn parse(m: std::collections::HashMap<Bytes, Bytes>) -> Result<Self> {
        Ok(Order {
            order_id: text(&m, "order_id")?,
            event: text(&m, "event")?,
            who: text(&m, "who")?,
            qty: num(&m, "qty")?,
            cost: num(&m, "cost")?,
            ts: num(&m, "ts")?,
        })
    }
}
impl Flat for Event {
    fn pairs(&self) -> Vec<(&'static str, Arg<'_>)> {
        vec![("name", (&self.name).into()), ("price", self.price.into())]
    }
    fn parse(m: std::collections::HashMap<Bytes, Bytes>) -> Result<Self> {
        Ok(Event { name: text(&m, "name")?, price: num(&m, "price")? })
    }
}
pub(super) trait SoonPipeline<'a>: Sized {
    fn hset_struct(&mut self, key: impl Into<Arg<'a>>, v: &'a impl Flat) -> Result<&mut Pipeline<'a>>;
    fn sadd(&mut self, key: impl Into<Arg<'a>>, m: impl IntoIterator<Item: Into<Arg<'a>>>) -> &mut Pipeline<'a>;
    fn hincrbyfloat(&mut self, key: impl Into<Arg<'a>>, f: impl Into<Arg<'a>>, by: f64) -> &mut Pipeline<'a>;
    fn bitfield_incrby(&mut self, key: impl Into<Arg<'a>>, t: &'static str, at: u32, by: u32) -> &mut Pipeline<'a>;
}
impl<'a> SoonPipeline<'a> for Pipeline<'a> {
    fn hset_struct(&mut self, key: impl Into<Arg<'a>>, v: &'a impl Flat) -> Result<&mut Pipeline<'a>> {
        Ok(self.hset(key, v.pairs()))
    }
    fn sadd(&mut self, key: impl Into<Arg<'a>>, m: impl IntoIterator<Item: Into<Arg<'a>>>) -> &mut Pipeline<'a> {
        self.push(Command::new(SetCommand::SAdd.spec()).arg(key).args(m))
    }
    fn hincrbyfloat(&mut self, key: impl Into<Arg<'a>>, f: impl Into<Arg<'a>>, by: f64) -> &mut Pipeline<'a> {
        self.push(Command::new(HashCommand::HIncrByFloat.spec()).arg(key).arg(f).arg(by))
    }
    fn bitfield_incrby(&mut self, key: impl Into<Arg<'a>>, t: &'static str, at: u32, by: u32) -> &mut Pipeline<'a> {
        self.push(Command::new(BitfieldCommand::Bitfield.spec()).arg(key).arg("INCRBY").arg(t).arg(at).arg(by))
    }
}
macro_rules! call {
    ($b:expr, $c:expr) => {
        async move {
            let v = $b.execute($c).await?;
            FromValue::from_value(v)
        }
    };
}
pub(super) trait SoonBroker: Broker + Sized {
    fn hgetall_as<'a, T: Flat>(&'a self, key: impl Into<Arg<'a>>) -> impl Future<Output = Result<Option<T>>> + Send {
        let map = self.hgetall(key);
        async move {
            let map = map.await?;
            if map.is_empty() { Ok(None) } else { T::parse(map).map(Some) }
        }
    }
    fn scard<'a>(&'a self, key: impl Into<Arg<'a>>) -> impl Future<Output = Result<i64>> + Send {
        let c = Command::new(SetCommand::SCard.spec()).arg(key);
        call!(self, c)
    }
    fn smembers<'a>(&'a self, key: impl Into<Arg<'a>>) -> impl Future<Output = Result<HashSet<Bytes>>> + Send {
        let c = Command::new(SetCommand::SMembers.spec()).arg(key);
        call!(self, c)
    }
    fn get<'a>(&'a self, key: impl Into<Arg<'a>>) -> impl Future<Output = Result<Option<Bytes>>> + Send {
        let c = Command::new(StringCommand::Get.spec()).arg(key);
        call!(self, c)
    }
    fn del<'a>(&'a self, keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> impl Future<Output = Result<i64>> + Send {
        let c = Command::new(KeyCommand::Del.spec()).args(keys);
        call!(self, c)
    }
    fn exists<'a>(&'a self, keys: impl IntoIterator<Item: Into<Arg<'a>>>) -> impl Future<Output = Result<i64>> + Send {
        let c = Command::new(KeyCommand::Exists.spec()).args(keys);
        call!(self, c)
    }
}
impl<B: Broker> SoonBroker for B {}
