//! Structs in a broker: what a write changes in the hash, and what it leaves.
//!
//! How a struct maps to fields is tested beside the code.

use std::collections::HashMap;

use bytes::Bytes;
use embroker_core::error::texts;
use embroker_core::{AnyBroker, Command, Error, Pipeline, Value, prelude::*};
use embroker_mem::MemBroker;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    who: String,
    qty: u32,
    coupon: Option<String>,
}

fn order(coupon: Option<&str>) -> Order {
    Order { who: "jamie".into(), qty: 2, coupon: coupon.map(Into::into) }
}

async fn stored(broker: &impl Broker) -> Result<Vec<(Bytes, Bytes)>, Error> {
    let mut fields: Vec<_> = broker.hgetall("order:1").await?.into_iter().collect();
    fields.sort_unstable();
    Ok(fields)
}

fn fields(pairs: &[(&'static str, &'static str)]) -> Vec<(Bytes, Bytes)> {
    pairs.iter().map(|(field, value)| (Bytes::from(*field), Bytes::from(*value))).collect()
}

/// Runs a command given as words.
fn call(broker: &MemBroker, words: &str) -> Result<Value, Error> {
    broker.call(&Command::from_argv(words.split(' '))?)
}

#[tokio::test]
async fn a_struct_reads_back_on_any_broker() {
    let broker = AnyBroker::new(MemBroker::new());
    broker.hset_struct("order:1", &order(Some("SPRING"))).await.unwrap();
    assert_eq!(broker.hgetall_as("order:1").await, Ok(Some(order(Some("SPRING")))));
    assert_eq!(broker.hgetall_as::<Order>("order:2").await, Ok(None));
}

#[tokio::test]
async fn a_write_removes_what_is_none_and_leaves_what_the_struct_does_not_have() {
    let broker = MemBroker::new();
    broker.hset("order:1", [("note", "by hand")]).await.unwrap();
    broker.hset_struct("order:1", &order(Some("SPRING"))).await.unwrap();
    broker.hset_struct("order:1", &order(None)).await.unwrap();
    assert_eq!(stored(&broker).await, Ok(fields(&[("note", "by hand"), ("qty", "2"), ("who", "jamie")])));
    assert_eq!(broker.hgetall_as("order:1").await, Ok(Some(order(None))));
}

#[tokio::test]
async fn a_pipeline_takes_structs_among_its_commands() {
    let broker = MemBroker::new();
    let mut pipeline = Pipeline::atomic();
    pipeline.hset_struct("order:1", &order(Some("SPRING"))).unwrap();
    assert_eq!(pipeline.len(), 1);
    pipeline.hset_struct("order:1", &order(None)).unwrap().hlen("order:1");
    assert_eq!(pipeline.len(), 4);
    let replies = broker.pipeline(pipeline).await.unwrap();
    assert_eq!(replies, [3, 0, 1, 2].map(|reply| Ok(Value::Int(reply))));
}

#[tokio::test]
async fn a_struct_that_does_not_fit_changes_nothing() {
    #[derive(Serialize)]
    struct Tagged {
        who: &'static str,
        tags: Vec<String>,
    }
    let broker = MemBroker::new();
    let tagged = Tagged { who: "jamie", tags: Vec::new() };
    let Err(Error::Config(error)) = broker.hset_struct("order:1", &tagged).await else { panic!("a refusal") };
    assert!(error.starts_with("cannot write hash \"order:1\", field \"tags\": a sequence does not fit"), "{error}");
    assert_eq!(stored(&broker).await, Ok(Vec::new()));

    let mut pipeline = Pipeline::new();
    assert!(pipeline.hset_struct("order:1", &tagged).is_err());
    assert!(pipeline.is_empty());

    broker.hset_struct("order:1", &order(None)).await.unwrap();
    assert!(broker.hset_struct("order:1", &HashMap::from([("who", None::<u8>)])).await.is_err());
    assert_eq!(stored(&broker).await, Ok(fields(&[("qty", "2"), ("who", "jamie")])));
}

#[tokio::test]
async fn an_error_names_the_key_and_the_field() {
    let broker = MemBroker::new();
    broker.hset("order:1", [("who", "jamie"), ("qty", "-1")]).await.unwrap();
    let error = broker.hgetall_as::<Order>("order:1").await.unwrap_err();
    assert_eq!(error.to_string(), "cannot decode: hash \"order:1\", field \"qty\": \"-1\" is out of range for u32");
    broker.hdel("order:1", ["qty"]).await.unwrap();
    let error = broker.hgetall_as::<Order>("order:1").await.unwrap_err();
    assert_eq!(error.to_string(), "cannot decode: hash \"order:1\", field \"qty\": missing");
}

#[tokio::test]
async fn a_key_of_another_type_is_refused() {
    let broker = MemBroker::new();
    call(&broker, "SADD order:1 member").unwrap();
    let wrong_type = Error::from(texts::WRONG_TYPE);
    assert_eq!(broker.hset_struct("order:1", &order(Some("SPRING"))).await, Err(wrong_type.clone()));
    assert_eq!(broker.hset_struct("order:1", &order(None)).await, Err(wrong_type.clone()));
    assert_eq!(broker.hgetall_as::<Order>("order:1").await, Err(wrong_type));
}

#[tokio::test]
async fn a_write_keeps_the_time_to_live() {
    let broker = MemBroker::new();
    broker.hset("order:1", [("coupon", "SPRING")]).await.unwrap();
    call(&broker, "PEXPIREAT order:1 33000000000000").unwrap();
    broker.hset_struct("order:1", &order(None)).await.unwrap();
    assert_eq!(call(&broker, "PEXPIRETIME order:1"), Ok(Value::Int(33_000_000_000_000)));
}
