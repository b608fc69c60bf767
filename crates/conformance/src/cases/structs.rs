//! Structs as hashes, with serde.

use std::collections::HashMap;

use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Error, Pipeline, Value};
use serde::{Deserialize, Serialize};

use crate::check::{Case, Done, refusal};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![
        a_struct_is_a_hash_with_its_fields,
        a_struct_comes_back_as_it_was,
        a_field_without_a_value_is_removed,
        fields_that_the_struct_does_not_have_stay,
        no_key_is_no_struct,
        a_value_that_does_not_read_names_its_field,
        a_missing_field_is_named,
        a_key_of_another_type_is_refused,
        a_map_stands_for_a_struct,
        a_struct_goes_into_a_transaction,
    ]
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    who: String,
    qty: u32,
    cost: f64,
    paid: bool,
    coupon: Option<String>,
}

fn order() -> Order {
    Order { who: "jamie \u{e9}".into(), qty: 2, cost: 39.5, paid: true, coupon: Some("SPRING".into()) }
}

async fn a_struct_is_a_hash_with_its_fields(broker: AnyBroker) -> Done {
    broker.hset_struct("order", &Order { who: "jamie".into(), ..order() }).await?;
    transcript(
        &broker,
        r#"HGETALL order => {"cost": "39.5", "coupon": "SPRING", "paid": "true", "qty": "2", "who": "jamie"}"#,
    )
    .await
}

async fn a_struct_comes_back_as_it_was(broker: AnyBroker) -> Done {
    for order in [order(), Order { coupon: None, cost: -0.1, qty: u32::MAX, paid: false, who: String::new() }] {
        broker.hset_struct("order", &order).await?;
        same!(broker.hgetall_as("order").await?, Some(order));
    }
    Ok(())
}

async fn a_field_without_a_value_is_removed(broker: AnyBroker) -> Done {
    broker.hset_struct("order", &order()).await?;
    broker.hset_struct("order", &Order { coupon: None, ..order() }).await?;
    transcript(&broker, "HEXISTS order coupon => 0\nHLEN order => 4").await
}

async fn fields_that_the_struct_does_not_have_stay(broker: AnyBroker) -> Done {
    broker.hset("order", [("shipped", "no")]).await?;
    broker.hset_struct("order", &order()).await?;
    transcript(&broker, r#"HGET order shipped => "no""#).await?;
    same!(broker.hgetall_as("order").await?, Some(order()));
    Ok(())
}

async fn no_key_is_no_struct(broker: AnyBroker) -> Done {
    same!(broker.hgetall_as::<Order>("nope").await?, None);
    Ok(())
}

async fn a_value_that_does_not_read_names_its_field(broker: AnyBroker) -> Done {
    broker.hset_struct("order", &order()).await?;
    broker.hset("order", [("qty", "many")]).await?;
    let error = refusal(broker.hgetall_as::<Order>("order").await)?;
    same!(error.to_string(), r#"cannot decode: hash "order", field "qty": "many" is no integer"#);
    Ok(())
}

async fn a_missing_field_is_named(broker: AnyBroker) -> Done {
    broker.hset("order", [("who", "jamie")]).await?;
    let error = refusal(broker.hgetall_as::<Order>("order").await)?;
    holds!(matches!(&error, Error::Decode(text) if text.contains("qty") && text.contains("order")), "{error}");
    Ok(())
}

async fn a_key_of_another_type_is_refused(broker: AnyBroker) -> Done {
    transcript(&broker, "SET order x => +OK").await?;
    let wrong_type = Error::Server(embroker_core::error::texts::WRONG_TYPE);
    same!(refusal(broker.hset_struct("order", &order()).await)?, wrong_type);
    same!(refusal(broker.hgetall_as::<Order>("order").await)?, wrong_type);
    transcript(&broker, r#"GET order => "x""#).await
}

async fn a_map_stands_for_a_struct(broker: AnyBroker) -> Done {
    let counts = HashMap::from([("a".to_owned(), 1), ("b".to_owned(), -2)]);
    broker.hset_struct("counts", &counts).await?;
    transcript(&broker, r#"HGETALL counts => {"a": "1", "b": "-2"}"#).await?;
    same!(broker.hgetall_as("counts").await?, Some(counts));
    Ok(())
}

async fn a_struct_goes_into_a_transaction(broker: AnyBroker) -> Done {
    let mut pipeline = Pipeline::atomic();
    pipeline.hset_struct("order", &order())?.hincrby("order", "qty", 3);
    let replies = broker.pipeline(pipeline).await?;
    same!(replies, [Ok(Value::Int(5)), Ok(Value::Int(5))]);
    Ok(())
}
