//! SPOP and SRANDMEMBER. Lots are drawn from the broker's source of chance, so that a seed repeats them.

use bytes::Bytes;
use embroker_core::Value;
use embroker_core::error::texts;

use super::lost;
use crate::Reply;
use crate::args::Args;
use crate::commands::sample;
use crate::events::Event;
use crate::keyspace::Tx;
use crate::objects::Set;

/// `SPOP key [count]`: removes a random member, or up to `count` of them.
pub(super) fn spop(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let engine = tx.engine();
    match args.len() {
        1 => {
            let Some(mut set) = tx.write::<Set>(&args[0])? else { return Ok(Value::Null) };
            let popped = engine.random(|rng| set.pop(rng));
            drop(set);
            lost(tx, &args[0], Event::SPOP);
            Ok(popped.into())
        }
        2 => {
            let count = args.int(1).ok().and_then(|count| usize::try_from(count).ok());
            let count = count.ok_or(texts::MUST_BE_POSITIVE)?;
            let Some(mut set) = tx.write::<Set>(&args[0])? else { return Ok(Value::Set(Vec::new())) };
            if count == 0 {
                return Ok(Value::Set(Vec::new()));
            }
            let count = count.min(set.len());
            let stay = set.len() - count;
            let popped = if stay.saturating_mul(5) > count {
                engine.random(|rng| (0..count).filter_map(|_| set.pop(rng)).map(Value::from).collect())
            } else {
                // Where only a few stay, Redis moves those to a new set, and answers the others in their order.
                let stay = engine.random(|rng| sample::distinct(rng, set.len(), stay));
                set.keep(&stay.into_iter().collect(), engine.set_limit())
            };
            drop(set);
            lost(tx, &args[0], Event::SPOP);
            Ok(Value::Set(popped))
        }
        _ => Err(texts::SYNTAX.into()),
    }
}

/// `SRANDMEMBER key [count]`: a random member, or up to `count` different ones; exactly `-count` where it is negative,
/// each drawn anew.
pub(super) fn srandmember(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let engine = tx.engine();
    match args.len() {
        1 => {
            let Some(set) = tx.read::<Set>(&args[0])? else { return Ok(Value::Null) };
            Ok(engine.random(|rng| draw(set, rng)).into())
        }
        2 => {
            // The reply is an array and no set: a member may be in it twice.
            let count = args.int_within(1, -i64::MAX..=i64::MAX)?;
            let Some(set) = tx.read::<Set>(&args[0])? else { return Ok(Value::Array(Vec::new())) };
            if count < 0 {
                let draws = sample::repeats(count, 1)?;
                return Ok(engine.random(|rng| (0..draws).filter_map(|_| draw(set, rng)).collect()));
            }
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            if count >= set.len() {
                return Ok(Value::Array(set.lend(|member| member.to_bytes().into())));
            }
            let places = engine.random(|rng| sample::distinct(rng, set.len(), count));
            Ok(places.into_iter().filter_map(|place| set.at(place)).map(|member| member.to_bytes()).collect())
        }
        _ => Err(texts::SYNTAX.into()),
    }
}

/// A member, each as likely as the others.
fn draw(set: &Set, rng: &mut fastrand::Rng) -> Option<Bytes> {
    set.at(rng.usize(..set.len().max(1))).map(|member| member.to_bytes())
}
