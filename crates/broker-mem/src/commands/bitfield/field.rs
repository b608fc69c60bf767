//! `BITFIELD` and `BITFIELD_RO`: numbers of any width, at any place in a string.

use embroker_core::error::texts;
use embroker_core::{ServerError, Value};
use smallvec::SmallVec;

use super::encoding::{Encoding, Overflow};
use super::{bit_offset, bytes_to};
use crate::Reply;
use crate::args::{Args, parse_int};
use crate::events::Event;
use crate::keyspace::Tx;
use crate::objects::Str;

/// The operations of one call.
#[derive(Default)]
struct Operations {
    all: SmallVec<[Operation; 1]>,
    /// The last bit that any of them writes.
    last_written: Option<u64>,
}

/// One of BITFIELD's operations on one field.
struct Operation {
    action: Action,
    encoding: Encoding,
    /// Of the field's first bit.
    offset: u64,
    overflow: Overflow,
}

enum Action {
    Get,
    Set(i64),
    IncrBy(i64),
}

/// `BITFIELD key [GET type offset | SET type offset value | INCRBY type offset increment | OVERFLOW WRAP|SAT|FAIL …]`:
/// a reply for each GET, SET and INCRBY.
pub(super) fn bitfield(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let mut operations = Operations::default();
    operations.parse(tx, args)?;
    match operations.last_written {
        None => read(tx, &args[0], &operations.all),
        Some(last_bit) => write(tx, &args[0], &operations.all, last_bit),
    }
}

/// `BITFIELD_RO key [GET type offset …]`.
pub(super) fn bitfield_ro(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let mut operations = Operations::default();
    operations.parse(tx, args)?;
    if operations.last_written.is_some() {
        return Err(texts::BITFIELD_RO_WRITE.into());
    }
    read(tx, &args[0], &operations.all)
}

fn read(tx: &Tx<'_>, key: &[u8], operations: &[Operation]) -> Reply {
    let string = tx.read::<Str>(key)?;
    let bytes = string.as_ref().map(|string| string.text()).unwrap_or_default();
    Ok(operations.iter().map(|operation| operation.encoding.get(&bytes, operation.offset)).collect())
}

/// Makes room up to the last bit that any operation writes, then runs them in order.
fn write(tx: &mut Tx<'_>, key: &[u8], operations: &[Operation], last_bit: u64) -> Reply {
    let mut changed = false;
    let mut replies = Vec::with_capacity(operations.len());
    tx.change::<Str, _>(key, |string| {
        let len = string.len();
        let bytes = string.padded_mut(bytes_to(last_bit))?;
        let grown = bytes.len() != len;
        for operation in operations {
            let before = operation.encoding.get(bytes, operation.offset);
            let after = operation.outcome(before);
            replies.push(Value::from(operation.reply(before, after)));
            if let Some(after) = after
                && operation.writes()
            {
                operation.encoding.set(bytes, operation.offset, after);
                changed |= grown || before != after;
            }
        }
        Ok(())
    })?;
    // A string that only grew, because every write failed, is not a change to those who watch it.
    if changed {
        tx.changed(key, Event::SETBIT);
    }
    Ok(Value::Array(replies))
}

/// What a part of BITFIELD's arguments begins with.
#[derive(Clone, Copy)]
enum Word {
    Get,
    Set,
    IncrBy,
    Overflow,
}

impl Word {
    const ALL: [(&str, Self); 4] =
        [("GET", Self::Get), ("SET", Self::Set), ("INCRBY", Self::IncrBy), ("OVERFLOW", Self::Overflow)];

    /// The word at this place, which most write in upper case.
    #[inline]
    fn read(args: &Args<'_>, at: usize) -> Option<Self> {
        match &args[at] {
            b"GET" => Some(Self::Get),
            b"SET" => Some(Self::Set),
            b"INCRBY" => Some(Self::IncrBy),
            _ => Self::ALL.into_iter().find_map(|(text, word)| args.is(at, text).then_some(word)),
        }
    }

    /// How many arguments follow it.
    fn arguments(self) -> usize {
        match self {
            Self::Overflow => 1,
            Self::Get => 2,
            Self::Set | Self::IncrBy => 3,
        }
    }
}

impl Operations {
    /// Reads every operation before the first one runs: an error anywhere means that nothing is done.
    fn parse(&mut self, tx: &Tx<'_>, args: &Args<'_>) -> Result<(), ServerError> {
        let mut overflow = Overflow::Wrap;
        let mut at = 1;
        while at < args.len() {
            let word = Word::read(args, at).ok_or(texts::SYNTAX)?;
            let words = 1 + word.arguments();
            if args.len() - at < words {
                return Err(texts::SYNTAX);
            }
            if let Word::Overflow = word {
                overflow = parse_overflow(args, at + 1)?;
            } else {
                let encoding = Encoding::parse(&args[at + 1]).ok_or(texts::BITFIELD_TYPE)?;
                let offset = field_offset(tx, &args[at + 2], encoding)?;
                let action = match word {
                    Word::Set => Action::Set(args.int(at + 3)?),
                    Word::IncrBy => Action::IncrBy(args.int(at + 3)?),
                    Word::Get | Word::Overflow => Action::Get,
                };
                self.push(Operation { action, encoding, offset, overflow });
            }
            at += words;
        }
        Ok(())
    }

    fn push(&mut self, operation: Operation) {
        if operation.writes() {
            self.last_written = self.last_written.max(Some(operation.last_bit()));
        }
        self.all.push(operation);
    }
}

fn parse_overflow(args: &Args<'_>, at: usize) -> Result<Overflow, ServerError> {
    [("wrap", Overflow::Wrap), ("sat", Overflow::Saturate), ("fail", Overflow::Fail)]
        .into_iter()
        .find_map(|(word, overflow)| args.is(at, word).then_some(overflow))
        .ok_or(texts::BITFIELD_OVERFLOW)
}

/// An offset in bits, or as `#n` in fields of this width.
fn field_offset(tx: &Tx<'_>, word: &[u8], encoding: Encoding) -> Result<u64, ServerError> {
    bit_offset(
        tx,
        match word.strip_prefix(b"#") {
            // 7.0.15 does not check the product: one beyond 64 bits wraps round, and may be an offset again.
            Some(index) => parse_int(index).map(|index| index.wrapping_mul(encoding.bits().into())),
            None => parse_int(word),
        },
    )
}

impl Operation {
    fn writes(&self) -> bool {
        !matches!(self.action, Action::Get)
    }

    fn last_bit(&self) -> u64 {
        self.offset + u64::from(self.encoding.bits()) - 1
    }

    /// What the field holds after the operation; `None` where that fails.
    fn outcome(&self, before: i64) -> Option<i64> {
        let wanted = match self.action {
            Action::Get => return Some(before),
            Action::Set(number) => self.encoding.argument(number),
            Action::IncrBy(by) => i128::from(before) + i128::from(by),
        };
        self.encoding.fit(wanted, self.overflow)
    }

    /// SET answers the old number, the others the new one, and null says that a write failed.
    fn reply(&self, before: i64, after: Option<i64>) -> Option<i64> {
        match self.action {
            Action::Set(_) => after.map(|_| before),
            Action::Get | Action::IncrBy(_) => after,
        }
    }
}
