//! Bits and bit fields of strings.
//!
//! Bit 0 is the most significant bit of the first byte. A string reads as if zero bits followed it without end, and
//! grows as far as a write reaches. `encoding` has the arithmetic of a field, `field` BITFIELD, `count` BITCOUNT and
//! BITPOS, and `op` BITOP.

mod count;
mod encoding;
mod field;
mod op;
#[cfg(test)]
mod tests;

use embroker_core::commands::BitfieldCommand;
use embroker_core::error::texts;
use embroker_core::{ServerError, Value};
use encoding::Encoding;

use super::Handler;
use crate::Reply;
use crate::args::{Args, parse_int};
use crate::events::Event;
use crate::keyspace::Tx;
use crate::objects::Str;

pub(super) fn handler(command: BitfieldCommand) -> Handler {
    match command {
        BitfieldCommand::BitCount => count::bitcount,
        BitfieldCommand::Bitfield => field::bitfield,
        BitfieldCommand::BitfieldRo => field::bitfield_ro,
        BitfieldCommand::BitOp => op::bitop,
        BitfieldCommand::BitPos => count::bitpos,
        BitfieldCommand::GetBit => getbit,
        BitfieldCommand::SetBit => setbit,
    }
}

/// `GETBIT key offset`: the bit, 0 behind the end.
fn getbit(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let offset = bit_offset(tx, parse_int(&args[1]))?;
    let Some(string) = tx.read::<Str>(&args[0])? else { return Ok(Value::Int(0)) };
    Ok(Encoding::BIT.get(&string.text(), offset).into())
}

/// `SETBIT key offset value`: the bit as it was.
fn setbit(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let offset = bit_offset(tx, parse_int(&args[1]))?;
    let bit = parse_int(&args[2]).filter(|bit| matches!(bit, 0 | 1)).ok_or(texts::BIT_VALUE)?;
    let (before, changed) = tx.change::<Str, _>(&args[0], |string| {
        let len = string.len();
        let bytes = string.padded_mut(bytes_to(offset))?;
        let before = Encoding::BIT.get(bytes, offset);
        Encoding::BIT.set(bytes, offset, bit);
        Ok((before, before != bit || bytes.len() != len))
    })?;
    if changed {
        tx.changed(&args[0], Event::SETBIT);
    }
    Ok(before.into())
}

/// An offset in bits that was read from an argument, if it lies in the longest string that there may be.
fn bit_offset(tx: &Tx<'_>, offset: Option<i64>) -> Result<u64, ServerError> {
    let offset = offset.and_then(|offset| u64::try_from(offset).ok());
    offset.filter(|offset| offset / 8 < tx.longest_string() as u64).ok_or(texts::BIT_OFFSET)
}

/// How many bytes a string needs to hold this bit.
fn bytes_to(bit: u64) -> usize {
    (bit / 8) as usize + 1
}
