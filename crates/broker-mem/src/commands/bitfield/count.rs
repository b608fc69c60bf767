//! BITCOUNT and BITPOS: how many bits are set in a range, and where the first one is. Both go by 64 bits at a time.

use std::ops::Range;

use embroker_core::error::texts;
use embroker_core::{ServerError, Value};

use crate::Reply;
use crate::args::Args;
use crate::keyspace::Tx;
use crate::objects::Str;

/// What the ends of a range count.
#[derive(Clone, Copy)]
enum Unit {
    Byte,
    Bit,
}

/// `BITCOUNT key [start end [BYTE|BIT]]`: how many bits are 1.
pub(super) fn bitcount(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let Some(string) = tx.read::<Str>(&args[0])? else { return Ok(Value::Int(0)) };
    let bytes = string.text();
    let range = match args.len() {
        1 => bit_range(&bytes, 0, -1, Unit::Byte),
        3 | 4 => {
            let (start, end) = (args.int(1)?, args.int(2)?);
            // Seen to be empty before the unit is read: `BITCOUNT key -1 -2 FOO` is 0.
            if start < 0 && end < 0 && start > end {
                return Ok(Value::Int(0));
            }
            bit_range(&bytes, start, end, unit(args, 3)?)
        }
        _ => return Err(texts::SYNTAX.into()),
    };
    Ok(count_ones(&bytes, range).into())
}

/// `BITPOS key bit [start [end [BYTE|BIT]]]`: where the first such bit is, or -1.
pub(super) fn bitpos(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let bit = match args.int(1)? {
        0 => false,
        1 => true,
        _ => return Err(texts::BITPOS_BIT.into()),
    };
    let Some(string) = tx.read::<Str>(&args[0])? else { return Ok(Value::Int(if bit { -1 } else { 0 })) };
    let bytes = string.text();
    let range = match args.len() {
        2 => bit_range(&bytes, 0, -1, Unit::Byte),
        3..=5 => {
            let start = args.int(2)?;
            let unit = unit(args, 4)?;
            let end = if args.len() > 3 { args.int(3)? } else { -1 };
            bit_range(&bytes, start, end, unit)
        }
        _ => return Err(texts::SYNTAX.into()),
    };
    let end_given = args.len() > 3;
    Ok(match find(&bytes, bit, range.clone()) {
        Some(position) => position.into(),
        // Zero bits follow the string, but not a range whose end was given, and not an empty one.
        None if !bit && !end_given && !range.is_empty() => range.end.into(),
        None => Value::Int(-1),
    })
}

/// The unit at this place; bytes where there is none.
fn unit(args: &Args<'_>, at: usize) -> Result<Unit, ServerError> {
    match args.len() {
        len if len <= at => Ok(Unit::Byte),
        _ if args.is(at, "bit") => Ok(Unit::Bit),
        _ if args.is(at, "byte") => Ok(Unit::Byte),
        _ => Err(texts::SYNTAX),
    }
}

/// The bits from `start` to `end`, both included; negative ones count from the end, and what lies outside is cut off.
fn bit_range(bytes: &[u8], start: i64, end: i64, unit: Unit) -> Range<usize> {
    let (len, width) = match unit {
        Unit::Byte => (bytes.len() as i64, 8),
        Unit::Bit => (bytes.len() as i64 * 8, 1),
    };
    let from_front = |index: i64| if index < 0 { (len + index).max(0) } else { index };
    let (start, end) = (from_front(start), from_front(end).min(len - 1));
    if start > end { 0..0 } else { start as usize * width..(end as usize + 1) * width }
}

/// How many bits of the range are 1.
fn count_ones(bytes: &[u8], range: Range<usize>) -> usize {
    let Some(covering) = bytes.get(range.start / 8..range.end.div_ceil(8)) else { return 0 };
    let (words, rest) = covering.as_chunks();
    let whole: usize = words.iter().map(|word| u64::from_ne_bytes(*word).count_ones() as usize).sum();
    let rest: usize = rest.iter().map(|byte| byte.count_ones() as usize).sum();
    // The bits of the first byte before the range, and of the last byte behind it, were counted as well.
    let before = covering.first().map_or(0, |first| first & !(0xff >> (range.start % 8)));
    let behind = match range.end % 8 {
        0 => 0,
        used => covering.last().map_or(0, |last| last & (0xff >> used)),
    };
    whole + rest - (before.count_ones() + behind.count_ones()) as usize
}

/// Where the first bit of the range is that is `bit`.
fn find(bytes: &[u8], bit: bool, range: Range<usize>) -> Option<usize> {
    // Looking for a zero is looking for a one in the complement.
    let flip = if bit { 0 } else { u64::MAX };
    let first_one = |byte: u8| (byte != 0).then(|| byte.leading_zeros() as usize);

    let start = range.start / 8;
    let (first, tail) = bytes.get(start..range.end.div_ceil(8))?.split_first()?;
    let in_first = first_one((first ^ flip as u8) & (0xff >> (range.start % 8)));
    let in_tail = || {
        let (words, rest) = tail.as_chunks();
        let in_words = (words.iter().map(|word| u64::from_be_bytes(*word) ^ flip).enumerate())
            .find(|(_, word)| *word != 0)
            .map(|(at, word)| at * 64 + word.leading_zeros() as usize);
        let in_rest = || {
            let found = rest.iter().enumerate().find_map(|(at, byte)| Some((at, first_one(byte ^ flip as u8)?)))?;
            Some(words.len() * 64 + found.0 * 8 + found.1)
        };
        Some(8 + in_words.or_else(in_rest)?)
    };
    let position = start * 8 + in_first.or_else(in_tail)?;
    // The last byte may have the bit behind the range.
    range.contains(&position).then_some(position)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bit by bit, for comparison.
    fn is_set(bytes: &[u8], at: usize) -> bool {
        bytes[at / 8] >> (7 - at % 8) & 1 == 1
    }

    /// Bytes of this fill, but about `others` in 256 of them with one bit flipped.
    fn mostly(fill: u8, others: u8, len: usize, rng: &mut fastrand::Rng) -> Vec<u8> {
        (0..len).map(|_| if rng.u8(..) < others { fill ^ (1 << rng.u8(..8)) } else { fill }).collect()
    }

    #[test]
    fn ranges_are_counted_and_searched_as_bit_by_bit() {
        let mut rng = fastrand::Rng::with_seed(7);
        for len in 1..40 {
            for (fill, others) in [(0, 0), (0, 8), (0, 128), (0xff, 0), (0xff, 8), (0xff, 128)] {
                let bytes = mostly(fill, others, len, &mut rng);
                for _ in 0..20 {
                    let start = rng.usize(..len * 8);
                    let end = rng.usize(start + 1..=len * 8);
                    let ones = (start..end).filter(|at| is_set(&bytes, *at)).count();
                    assert_eq!(count_ones(&bytes, start..end), ones, "{bytes:?} {start}..{end}");
                    for bit in [false, true] {
                        let first = (start..end).find(|at| is_set(&bytes, *at) == bit);
                        assert_eq!(find(&bytes, bit, start..end), first, "{bytes:?} {start}..{end}");
                    }
                }
            }
        }
        assert_eq!((count_ones(&[], 0..0), find(&[], false, 0..0)), (0, None));
    }

    #[test]
    fn a_range_is_cut_to_the_string() {
        let bytes = [0; 4];
        assert_eq!(bit_range(&bytes, 0, -1, Unit::Byte), 0..32);
        assert_eq!(bit_range(&bytes, i64::MIN, i64::MAX, Unit::Bit), 0..32);
        assert_eq!(bit_range(&bytes, -1, -1, Unit::Bit), 31..32);
        assert_eq!(bit_range(&bytes, 1, 2, Unit::Byte), 8..24);
        assert_eq!(bit_range(&bytes, 4, 9, Unit::Byte), 0..0);
        assert_eq!(bit_range(&bytes, i64::MAX, i64::MIN, Unit::Byte), 0..0);
        assert_eq!(bit_range(&[], 0, 0, Unit::Bit), 0..0);
    }
}
