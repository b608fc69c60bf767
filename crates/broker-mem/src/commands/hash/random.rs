//! HRANDFIELD: fields by chance.

use embroker_core::Value;
use embroker_core::error::texts;
use fastrand::Rng;

use crate::Reply;
use crate::args::Args;
use crate::commands::sample;
use crate::keyspace::Tx;
use crate::objects::{Hash, Text};

/// `HRANDFIELD key [count [WITHVALUES]]`: one field; `count` different ones; or, where the count is negative, so many
/// draws, each from all fields.
pub(super) fn hrandfield(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let engine = tx.engine();
    if args.len() == 1 {
        let Some(hash) = tx.read::<Hash>(&args[0])? else { return Ok(Value::Null) };
        return Ok(engine.random(|rng| draw(hash, rng)).map(|(field, _)| field.to_bytes()).into());
    }
    let count = args.int_within(1, -i64::MAX..=i64::MAX)?;
    let with_values = match args.len() {
        2 => false,
        3 if args.is(2, "withvalues") => true,
        _ => return Err(texts::SYNTAX.into()),
    };
    // Redis sees to it that twice the count is no overflow.
    if with_values && count.unsigned_abs() > i64::MAX as u64 / 2 {
        return Err(texts::OUT_OF_RANGE.into());
    }
    let Some(hash) = tx.read::<Hash>(&args[0])? else { return Ok(Value::Array(Vec::new())) };

    let reply = |(field, value): (Text<'_>, Text<'_>)| {
        let field = Value::from(field.to_bytes());
        if with_values { Value::Array(vec![field, value.to_bytes().into()]) } else { field }
    };
    if count < 0 {
        let draws = sample::repeats(count, if with_values { 2 } else { 1 })?;
        return Ok(engine.random(|rng| (0..draws).filter_map(|_| draw(hash, rng)).map(reply).collect()));
    }
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if count >= hash.len() {
        return Ok(hash.iter().map(reply).collect());
    }
    let places = engine.random(|rng| sample::distinct(rng, hash.len(), count));
    Ok(places.into_iter().filter_map(|place| hash.at(place)).map(reply).collect())
}

/// One field with its value, each as likely as the others.
fn draw<'h>(hash: &'h Hash, rng: &mut Rng) -> Option<(Text<'h>, Text<'h>)> {
    hash.at(rng.usize(..hash.len().max(1)))
}
