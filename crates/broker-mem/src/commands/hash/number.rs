//! HINCRBY and HINCRBYFLOAT: a field that counts.

use bytes::Bytes;
use embroker_core::Value;
use embroker_core::error::texts;

use super::change;
use crate::Reply;
use crate::args::{Args, parse_int};
use crate::events::Event;
use crate::keyspace::Tx;
use crate::long_double::LongDouble;
use crate::objects::Text;

/// `HINCRBY key field increment`: the field's new value; a missing field counts from 0.
pub(super) fn hincrby(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let by = args.int(2)?;
    let new = change(tx, &args[0], Event::HINCRBY, |hash, limits| {
        let (mut new, mut digits) = (0, itoa::Buffer::new());
        let (sum, digits) = (&mut new, &mut digits);
        hash.update(&args[1], limits, move |old| {
            let old = old.map_or(Some(0), parse_int).ok_or(texts::HASH_VALUE_NOT_INTEGER)?;
            *sum = old.checked_add(by).ok_or(texts::INCR_OVERFLOW)?;
            Ok(digits.format(*sum).as_bytes().into())
        })?;
        Ok(new)
    })?;
    Ok(Value::Int(new))
}

/// `HINCRBYFLOAT key field increment`: the field's new value, in the 80-bit arithmetic of C's `long double`.
pub(super) fn hincrbyfloat(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let by = LongDouble::parse(&args[2]).ok_or(texts::NOT_A_FLOAT)?;
    if !by.is_finite() {
        return Err(texts::VALUE_NAN_OR_INFINITY.into());
    }
    let new = change(tx, &args[0], Event::HINCRBYFLOAT, |hash, limits| {
        let old = match hash.get(&args[1]) {
            Some(text) => LongDouble::parse(&text).ok_or(texts::HASH_VALUE_NOT_FLOAT)?,
            None => LongDouble::ZERO,
        };
        let new = Bytes::from(old.checked_add(by).ok_or(texts::NAN_OR_INFINITY)?.to_text());
        hash.set(&args[1], &Text::from(&new), limits);
        Ok(new)
    })?;
    Ok(Value::Bulk(new))
}
