//! A string: bytes that may be read as a number or as bits.

use std::ops::Range;

use bytes::Bytes;
use embroker_core::{ServerError, memory};
use ref_cast::RefCast;

use super::block::Block;
use super::{Object, Text};
use crate::args::parse_int;

/// The longest text, in bytes, that Redis keeps in one piece with its object: `embstr`, above that `raw`.
pub(super) const MAX_EMBEDDED: usize = 44;
/// The numbers that Redis keeps once for all keys that hold them.
const SHARED_NUMBERS: Range<i64> = 0..10_000;
/// A text of more bytes than this is shared with those who read it, for whom a shorter one is copied.
const SHORT: usize = 1024;

/// A string value. A number is kept as one. A short text is one block of the heap; of a long one, bytes that were
/// handed in are shared, and bytes that were changed in place are owned.
#[derive(Clone, RefCast)]
#[repr(transparent)]
pub(crate) struct Str(pub(super) Object);

/// A string of more than [`SHORT`] bytes.
#[derive(Clone)]
pub(crate) enum Long {
    Shared(Bytes),
    Owned(Vec<u8>),
}

impl Long {
    fn text(&self) -> Text<'_> {
        match self {
            Self::Shared(bytes) => bytes.into(),
            Self::Owned(bytes) => bytes[..].into(),
        }
    }

    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        size_of::<Self>().saturating_add(match self {
            Self::Shared(bytes) => bytes.len(),
            Self::Owned(bytes) => bytes.capacity(),
        })
    }

    /// A copy, if the system has memory for one.
    pub(super) fn copied(&self) -> Result<Self, ServerError> {
        match self {
            Self::Shared(bytes) => Ok(Self::Shared(bytes.clone())),
            Self::Owned(bytes) => memory::copy(bytes).map(Self::Owned),
        }
    }

    /// Makes its bytes its own: copies them only where somebody else reads them too, in what can hold so many.
    fn take_own(&mut self, len: usize) -> Result<(), ServerError> {
        if let Self::Shared(bytes) = self {
            *self = Self::Owned(if bytes.is_unique() {
                std::mem::take(bytes).into()
            } else {
                memory::copy_into(bytes, len)?
            });
        }
        Ok(())
    }
}

/// A string's own bytes, to be changed in place.
enum Own<'s> {
    Short(&'s mut Block),
    Long(&'s mut Vec<u8>),
}

impl Default for Str {
    fn default() -> Self {
        Self(Object::Text(Block::default()))
    }
}

impl Str {
    /// The string that a text makes: a number, if Redis reads it as one.
    #[inline]
    pub(crate) fn new(text: &Text<'_>) -> Self {
        parse_int(text).map_or_else(|| Self::from_text(text), Self::from)
    }

    /// A text that stays one, though it may read as a number: what INCRBYFLOAT leaves.
    #[inline]
    pub(crate) fn from_text(text: &Text<'_>) -> Self {
        Self(match text.len() {
            0..=SHORT => Object::Text(Block::new(text)),
            _ => Object::Long(Box::new(Long::Shared(text.to_bytes()))),
        })
    }

    /// A text that Redis built in a buffer, and keeps `raw` however short it is: what BITOP leaves.
    pub(crate) fn from_buffer(bytes: Vec<u8>) -> Self {
        Self(match bytes.len() {
            0..=SHORT => Object::Buffer(Block::new(&bytes)),
            _ => Object::Long(Box::new(Long::Owned(bytes))),
        })
    }

    /// The text.
    #[inline]
    pub(crate) fn text(&self) -> Text<'_> {
        match &self.0 {
            Object::Int(number) | Object::CopiedInt(number) => (*number).into(),
            Object::Text(block) | Object::Buffer(block) => block.bytes().into(),
            Object::Long(long) => long.text(),
            _ => unreachable!("an object is seen as a string only where it is one"),
        }
    }

    /// The text as a buffer to hand out. An error where it has to be copied, and the system has no memory for that.
    #[inline]
    pub(crate) fn to_bytes(&self) -> Result<Bytes, ServerError> {
        match &self.0 {
            Object::Text(block) | Object::Buffer(block) => return Ok(Bytes::copy_from_slice(block.bytes())),
            Object::Long(long) => match &**long {
                Long::Shared(bytes) => return Ok(bytes.clone()),
                Long::Owned(bytes) => return memory::copy(bytes).map(Bytes::from),
            },
            _ => {}
        }
        Ok(self.text().to_bytes())
    }

    /// How many bytes the text has.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Object::Text(block) | Object::Buffer(block) => block.len(),
            _ => self.text().len(),
        }
    }

    /// The text as an `i64`, as strictly as Redis reads it.
    #[inline]
    pub(crate) fn as_int(&self) -> Option<i64> {
        match &self.0 {
            Object::Int(number) | Object::CopiedInt(number) => Some(*number),
            _ => parse_int(&self.text()),
        }
    }

    /// Whether Redis keeps this number once for all keys that hold it.
    pub(crate) fn is_shared_number(&self) -> bool {
        matches!(&self.0, Object::Int(number) if SHARED_NUMBERS.contains(number))
    }

    /// How many bytes it takes in a dump, where a number of up to 32 bits is one.
    pub(super) fn dumped_len(&self) -> usize {
        match self.0 {
            Object::Int(-0x80..0x80) | Object::CopiedInt(-0x80..0x80) => 2,
            Object::Int(-0x8000..0x8000) | Object::CopiedInt(-0x8000..0x8000) => 3,
            Object::Int(-0x8000_0000..0x8000_0000) | Object::CopiedInt(-0x8000_0000..0x8000_0000) => 5,
            _ => super::dumped_text(&self.text()),
        }
    }

    /// Its own bytes, to be changed in place and made as long as this. Copies what somebody else still reads; an error
    /// where the system has no memory for that.
    #[inline]
    fn own(&mut self, len: usize) -> Result<Own<'_>, ServerError> {
        const OWN: &str = "it was given bytes of its own just now";

        if len > SHORT || !matches!(self.0, Object::Buffer(_)) {
            self.take_own(len)?;
        }
        Ok(match &mut self.0 {
            Object::Buffer(block) => Own::Short(block),
            Object::Long(long) => match &mut **long {
                Long::Owned(bytes) => Own::Long(bytes),
                Long::Shared(_) => unreachable!("{OWN}"),
            },
            _ => unreachable!("{OWN}"),
        })
    }

    /// Makes its bytes its own, in what can hold so many.
    #[inline(never)]
    fn take_own(&mut self, len: usize) -> Result<(), ServerError> {
        match &mut self.0 {
            Object::Long(long) => return long.take_own(len),
            Object::Text(block) | Object::Buffer(block) if len <= SHORT => {
                self.0 = Object::Buffer(std::mem::take(block));
            }
            _ if len <= SHORT => self.0 = Object::Buffer(Block::new(&self.text())),
            _ => self.0 = Object::Long(Box::new(Long::Owned(memory::copy_into(&self.text(), len)?))),
        }
        Ok(())
    }

    /// Adds a text at the end; the new length. An error where the system has no memory for it.
    pub(crate) fn append(&mut self, text: &[u8]) -> Result<usize, ServerError> {
        let (before, after) = (self.len(), self.len().saturating_add(text.len()));
        match self.own(after)? {
            Own::Short(block) => block.splice(before..before, text),
            Own::Long(bytes) => {
                memory::reserve(bytes, text.len())?;
                bytes.extend_from_slice(text);
            }
        }
        Ok(after)
    }

    /// The text, to be changed in place, with zero bytes behind it up to this length. An error where the system has no
    /// memory for that.
    #[inline]
    pub(crate) fn padded_mut(&mut self, len: usize) -> Result<&mut [u8], ServerError> {
        if len > SHORT {
            self.pad(len)?;
        }
        Ok(match self.own(len)? {
            Own::Short(block) => {
                if block.len() < len {
                    block.resize(len);
                }
                block.bytes_mut()
            }
            Own::Long(bytes) => bytes,
        })
    }

    /// Adds zero bytes up to this length, which makes the text a long one.
    #[inline(never)]
    fn pad(&mut self, len: usize) -> Result<(), ServerError> {
        let before = self.len();
        let missing = len.saturating_sub(before);
        if missing > before.max(self.room()) {
            // A jump: new bytes come zeroed from the system, however many, and no page of them is touched here.
            let mut padded = memory::zeroed(len)?;
            padded[..before].copy_from_slice(&self.text());
            self.0 = Object::Long(Box::new(Long::Owned(padded)));
        } else if let Own::Long(bytes) = self.own(len)? {
            memory::reserve(bytes, missing)?;
            bytes.resize(before + missing, 0);
        }
        Ok(())
    }

    /// How many bytes fit where its own are.
    fn room(&self) -> usize {
        match &self.0 {
            Object::Long(long) => match &**long {
                Long::Owned(bytes) => bytes.capacity(),
                Long::Shared(_) => 0,
            },
            _ => 0,
        }
    }
}

impl From<i64> for Str {
    #[inline]
    fn from(number: i64) -> Self {
        Self(Object::Int(number))
    }
}

#[cfg(test)]
mod tests {
    use embroker_core::error::texts;
    use proptest::prelude::*;

    use super::*;

    fn text(bytes: &[u8]) -> Text<'_> {
        bytes.into()
    }

    #[test]
    fn changing_a_string_leaves_what_was_handed_out() {
        let mut string = Str::new(&text(b"hello"));
        let before = string.to_bytes().unwrap();
        string.padded_mut(0).unwrap()[0] = b'j';
        assert_eq!((&before[..], &*string.text()), (&b"hello"[..], &b"jello"[..]));
    }

    #[test]
    fn padding_adds_zero_bytes_and_takes_none_away() {
        let mut string = Str::from(17);
        assert_eq!(&string.padded_mut(4).unwrap()[..], b"17\0\0");
        assert_eq!(&string.padded_mut(100).unwrap()[..5], b"17\0\0\0");
        assert_eq!(&string.padded_mut(101).unwrap()[99..], [0, 0]);
        assert_eq!((string.padded_mut(1).unwrap().len(), string.padded_mut(0).unwrap().len()), (101, 101));
    }

    #[test]
    fn memory_that_nobody_has_is_refused() {
        for bytes in [1 << 60, usize::MAX] {
            let mut string = Str::from(17);
            assert_eq!(string.padded_mut(bytes), Err(texts::OUT_OF_MEMORY), "{bytes}");
            assert_eq!(&*string.text(), b"17");
        }
    }

    #[test]
    fn a_number_reads_as_its_text() {
        let string = Str::new(&text(b"-42"));
        assert_eq!((string.as_int(), string.len(), &*string.text()), (Some(-42), 3, &b"-42"[..]));
        assert_eq!(Str::new(&text(b"042")).as_int(), None);
    }

    proptest! {
        #[test]
        fn a_string_is_changed_as_a_vector_is_and_what_was_handed_out_stays(
            start in prop_oneof![Just(0_usize), 1..40_usize, 1000..1050_usize],
            changes in prop::collection::vec((any::<bool>(), prop_oneof![0..40_usize, 900..1100_usize]), 0..12),
        ) {
            let mut model = vec![b'a'; start];
            let mut string = Str::new(&Text::Shared(&Bytes::from(model.clone())));
            prop_assert_eq!(string.0.encoding(), if start <= MAX_EMBEDDED { "embstr" } else { "raw" });
            let mut handed_out = Vec::new();
            for (append, len) in changes {
                handed_out.push((string.to_bytes().unwrap(), model.clone()));
                let copy = string.clone();
                if append {
                    model.extend(vec![b'b'; len]);
                    prop_assert_eq!(string.append(&vec![b'b'; len]), Ok(model.len()));
                } else {
                    model.resize(model.len().max(len), 0);
                    string.padded_mut(len).unwrap().iter_mut().zip(&mut model).for_each(|(ours, model)| {
                        *ours = ours.wrapping_add(1);
                        *model = *ours;
                    });
                }
                prop_assert_eq!((&*string.text(), string.len()), (&*model, model.len()));
                prop_assert_eq!(string.0.encoding(), "raw");
                prop_assert!(string.0.heap_bytes() >= model.len());
                prop_assert_eq!(&*copy.text(), &*handed_out.last().unwrap().1);
            }
            prop_assert!(handed_out.iter().all(|(bytes, model)| bytes == model));
        }
    }
}
