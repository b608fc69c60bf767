//! DEBUG POPULATE: many keys at once.

use embroker_core::error::texts;
use embroker_core::{ServerError, Value};

use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;
use crate::objects::{Str, Text};

/// How many bytes it writes at most, each key counted as 64 at least. Redis goes on until memory is out.
const MOST: usize = 1 << 30;
const LEAST_PER_KEY: usize = 64;

/// `DEBUG POPULATE count [prefix [size]]`: writes `prefix:0`, `prefix:1` … where there is no such key yet. A value is
/// `value:0`, `value:1` …, cut off or filled up with zero bytes to the size; a size of 0 leaves it as it is.
pub(super) fn populate(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let count = positive(args, 1)?;
    let prefix = args.get(2).unwrap_or(b"key");
    let size = if args.len() > 3 { positive(args, 3)? } else { 0 };
    if count.saturating_mul(size.saturating_add(prefix.len()).max(LEAST_PER_KEY)) > MOST {
        return Err(texts::OUT_OF_RANGE.into());
    }
    for number in 0..count {
        let key = [prefix, format!(":{number}").as_bytes()].concat();
        if tx.uses(&key) {
            continue;
        }
        let mut value = format!("value:{number}").into_bytes();
        if size > 0 {
            value.resize(size, 0);
        }
        tx.put(&key, Str::from_text(&Text::from(&*value)));
        tx.changed_silently(&key);
    }
    Ok(Value::OK)
}

fn positive(args: &Args<'_>, at: usize) -> Result<usize, ServerError> {
    args.int(at).ok().and_then(|number| usize::try_from(number).ok()).ok_or(texts::MUST_BE_POSITIVE)
}
