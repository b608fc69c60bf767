//! BITOP: whole strings combined bit by bit.

use embroker_core::error::texts;
use embroker_core::{ServerError, memory};

use crate::Reply;
use crate::args::Args;
use crate::events::Event;
use crate::keyspace::Tx;
use crate::objects::Str;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    And,
    Or,
    Xor,
    Not,
}

/// `BITOP AND|OR|XOR|NOT destkey key …`: how many bytes the result has. An empty result is no key.
pub(super) fn bitop(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let operation = parse(args)?;
    if operation == Operation::Not && args.len() != 3 {
        return Err(texts::BITOP_NOT_SOURCES.into());
    }
    let result = combine(tx, operation, args.from(2))?;
    let destination = &args[1];
    let len = result.len();
    if len > 0 {
        tx.put(destination, Str::from_buffer(result));
        tx.changed(destination, Event::SET);
    } else if tx.remove(destination).is_some() {
        tx.changed(destination, Event::DEL);
    }
    Ok(len.into())
}

fn parse(args: &Args<'_>) -> Result<Operation, ServerError> {
    [("and", Operation::And), ("or", Operation::Or), ("xor", Operation::Xor), ("not", Operation::Not)]
        .into_iter()
        .find_map(|(word, operation)| args.is(0, word).then_some(operation))
        .ok_or(texts::SYNTAX)
}

/// As long as the longest string; a missing key is empty, and shorter strings count as filled up with zero bytes.
fn combine<'k>(
    tx: &Tx<'_>,
    operation: Operation,
    keys: impl Iterator<Item = &'k [u8]>,
) -> Result<Vec<u8>, ServerError> {
    let mut result = Vec::new();
    for (at, key) in keys.enumerate() {
        let string = tx.read::<Str>(key)?;
        let bytes = string.as_ref().map(|string| string.text()).unwrap_or_default();
        // The result gets as long as the longest, and its buffer no longer.
        if bytes.len() > result.len() {
            result = memory::copy_into(&result, bytes.len())?;
        }
        if at == 0 {
            result.extend_from_slice(&bytes);
        } else {
            apply(operation, &mut result, &bytes);
        }
    }
    if operation == Operation::Not {
        for byte in &mut result {
            *byte = !*byte;
        }
    }
    Ok(result)
}

/// Combines the result with one more string. Plain loops over bytes, which the compiler makes vectors of.
fn apply(operation: Operation, result: &mut Vec<u8>, bytes: &[u8]) {
    let shared = result.len().min(bytes.len());
    let (both, beyond) = result.split_at_mut(shared);
    let pairs = both.iter_mut().zip(bytes);
    match operation {
        Operation::And => {
            pairs.for_each(|(result, byte)| *result &= byte);
            beyond.fill(0);
            result.resize(result.len().max(bytes.len()), 0);
        }
        Operation::Or => {
            pairs.for_each(|(result, byte)| *result |= byte);
            result.extend_from_slice(&bytes[shared..]);
        }
        Operation::Xor => {
            pairs.for_each(|(result, byte)| *result ^= byte);
            result.extend_from_slice(&bytes[shared..]);
        }
        // Has one source only.
        Operation::Not => {}
    }
}
