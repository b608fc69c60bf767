//! A string: bytes that may be read as a number or as bits.

use std::borrow::Cow;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use embroker_core::ServerError;
use embroker_core::error::texts;

use crate::args::parse_int;

/// The longest text, in bytes, that Redis keeps in one piece with its object: `embstr`, above that `raw`.
const MAX_EMBEDDED: usize = 44;
/// The numbers that Redis keeps once for all keys that hold them.
const SHARED_NUMBERS: Range<i64> = 0..10_000;

/// A string value. A number is kept as one, bytes that were handed in are shared, and bytes that were changed in place
/// are owned.
#[derive(Clone)]
pub(crate) struct Str(Repr);

#[derive(Clone)]
enum Repr {
    Int(i64),
    /// A number that COPY wrote. It is no other to a reader, but Redis shares it with no other key.
    CopiedInt(i64),
    Shared(Bytes),
    Owned(BytesMut),
}

impl Default for Str {
    fn default() -> Self {
        Self(Repr::Shared(Bytes::new()))
    }
}

impl Str {
    /// The text.
    pub(crate) fn text(&self) -> Cow<'_, [u8]> {
        match &self.0 {
            Repr::Int(number) | Repr::CopiedInt(number) => Cow::Owned(number.to_string().into_bytes()),
            Repr::Shared(bytes) => Cow::Borrowed(bytes),
            Repr::Owned(bytes) => Cow::Borrowed(bytes),
        }
    }

    /// The text as a buffer to hand out: shared where it can be, else copied. An error where the system has no memory
    /// for the copy.
    pub(crate) fn to_bytes(&self) -> Result<Bytes, ServerError> {
        Ok(match &self.0 {
            Repr::Int(number) | Repr::CopiedInt(number) => number.to_string().into(),
            Repr::Shared(bytes) => bytes.clone(),
            Repr::Owned(bytes) => {
                check_memory(bytes.len())?;
                Bytes::copy_from_slice(bytes)
            }
        })
    }

    /// How many bytes the text has.
    pub(crate) fn len(&self) -> usize {
        match &self.0 {
            Repr::Int(_) | Repr::CopiedInt(_) => self.text().len(),
            Repr::Shared(bytes) => bytes.len(),
            Repr::Owned(bytes) => bytes.len(),
        }
    }

    /// The text as an `i64`, as strictly as Redis reads it.
    pub(crate) fn as_int(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(number) | Repr::CopiedInt(number) => Some(*number),
            Repr::Shared(bytes) => parse_int(bytes),
            Repr::Owned(bytes) => parse_int(bytes),
        }
    }

    /// A text that stays one, though it may read as a number: what INCRBYFLOAT leaves.
    pub(crate) fn from_text(bytes: Bytes) -> Self {
        Self(Repr::Shared(bytes))
    }

    /// A text that Redis built in a buffer, and keeps `raw` however short it is: what BITOP leaves.
    pub(crate) fn from_buffer(bytes: Vec<u8>) -> Self {
        Self(Repr::Owned(Bytes::from(bytes).into()))
    }

    /// The value that COPY makes of this one. An error where the system has no memory for it.
    pub(crate) fn copied(&self) -> Result<Self, ServerError> {
        Ok(match &self.0 {
            Repr::Int(number) => Self(Repr::CopiedInt(*number)),
            Repr::Owned(bytes) => {
                check_memory(bytes.len())?;
                self.clone()
            }
            _ => self.clone(),
        })
    }

    /// What OBJECT ENCODING answers.
    pub(crate) fn encoding(&self) -> &'static str {
        match &self.0 {
            Repr::Int(_) | Repr::CopiedInt(_) => "int",
            Repr::Shared(bytes) if bytes.len() <= MAX_EMBEDDED => "embstr",
            Repr::Shared(_) | Repr::Owned(_) => "raw",
        }
    }

    /// Whether Redis keeps this number once for all keys that hold it.
    pub(crate) fn is_shared_number(&self) -> bool {
        matches!(&self.0, Repr::Int(number) if SHARED_NUMBERS.contains(number))
    }

    /// How many bytes it takes beside its entry.
    #[inline]
    pub(crate) fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Int(_) | Repr::CopiedInt(_) => 0,
            Repr::Shared(bytes) => bytes.len(),
            Repr::Owned(bytes) => bytes.capacity(),
        }
    }

    /// How many bytes it takes in a dump, where a number of up to 32 bits is one.
    pub(crate) fn dumped_len(&self) -> usize {
        match &self.0 {
            Repr::Int(number) | Repr::CopiedInt(number) => match number {
                -0x80..0x80 => 2,
                -0x8000..0x8000 => 3,
                -0x8000_0000..0x8000_0000 => 5,
                _ => super::dumped_text(&self.text()),
            },
            Repr::Shared(bytes) => super::dumped_text(bytes),
            Repr::Owned(bytes) => super::dumped_text(bytes),
        }
    }

    /// The text, to be changed in place. Copies what somebody else still reads.
    pub(crate) fn buffer_mut(&mut self) -> &mut BytesMut {
        let owned = match std::mem::replace(&mut self.0, Repr::Int(0)) {
            Repr::Int(number) | Repr::CopiedInt(number) => BytesMut::from(number.to_string().as_bytes()),
            Repr::Shared(bytes) => bytes.try_into_mut().unwrap_or_else(|bytes| BytesMut::from(&bytes[..])),
            Repr::Owned(bytes) => bytes,
        };
        self.0 = Repr::Owned(owned);
        match &mut self.0 {
            Repr::Owned(bytes) => bytes,
            _ => unreachable!("it was made an owned buffer just now"),
        }
    }

    /// Refuses to grow to this length where the system has no memory for it; see [`check_memory`].
    pub(crate) fn check_growth(&self, len: usize) -> Result<(), ServerError> {
        let grown = len.saturating_sub(self.len());
        match grown {
            0 => Ok(()),
            jump if jump > self.len() => check_memory(len),
            // The buffer doubles, so that not each of many small steps copies it.
            _ => check_memory(len.saturating_mul(2)),
        }
    }

    /// The text, to be changed in place, with zero bytes behind it up to this length.
    pub(crate) fn padded_mut(&mut self, len: usize) -> &mut BytesMut {
        let buffer = self.buffer_mut();
        let missing = len.saturating_sub(buffer.len());
        if missing > buffer.len().max(buffer.capacity()) {
            // A jump: a new buffer comes zeroed from the system, however large, and no page of it is touched here.
            let mut padded = BytesMut::zeroed(len);
            padded[..buffer.len()].copy_from_slice(buffer);
            *buffer = padded;
        } else {
            buffer.resize(buffer.len() + missing, 0);
        }
        buffer
    }
}

/// Fewer bytes than this are not asked for: they come from memory that the process has, or are not the last straw.
pub(crate) const LARGE: usize = 1 << 20;

/// Refuses to make a string of so many bytes where the system has no memory for it: a few bytes of arguments may ask
/// for 512 MB, and an allocation that fails ends the program.
///
/// It asks for the memory and gives it back, which the one who is to use it then gets, unless another thread is just as
/// greedy. That is for the sake of what [`Str::padded_mut`] does: it takes memory that comes zeroed, which there is no
/// way to ask for and be refused.
pub(crate) fn check_memory(bytes: usize) -> Result<(), ServerError> {
    if bytes < LARGE {
        return Ok(());
    }
    Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| texts::OUT_OF_MEMORY)
}

impl From<Bytes> for Str {
    fn from(bytes: Bytes) -> Self {
        Self(match parse_int(&bytes) {
            Some(number) => Repr::Int(number),
            None => Repr::Shared(bytes),
        })
    }
}

impl From<i64> for Str {
    fn from(number: i64) -> Self {
        Self(Repr::Int(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changing_a_string_leaves_what_was_handed_out() {
        let mut string = Str::from(Bytes::from_static(b"hello"));
        let before = string.to_bytes().unwrap();
        string.buffer_mut()[0] = b'j';
        assert_eq!((&before[..], &*string.text()), (&b"hello"[..], &b"jello"[..]));
    }

    #[test]
    fn padding_adds_zero_bytes_and_takes_none_away() {
        let mut string = Str::from(17);
        assert_eq!(&string.padded_mut(4)[..], b"17\0\0");
        assert_eq!(&string.padded_mut(100)[..5], b"17\0\0\0");
        assert_eq!(&string.padded_mut(101)[99..], [0, 0]);
        assert_eq!((string.padded_mut(1).len(), string.padded_mut(0).len()), (101, 101));
    }

    #[test]
    fn memory_that_nobody_has_is_refused() {
        for bytes in [1 << 60, usize::MAX] {
            assert_eq!(check_memory(bytes), Err(texts::OUT_OF_MEMORY), "{bytes}");
            assert_eq!(Str::from(17).check_growth(bytes), Err(texts::OUT_OF_MEMORY), "{bytes}");
        }
        assert_eq!((check_memory(1 << 20), Str::from(17).check_growth(2)), (Ok(()), Ok(())));
    }

    #[test]
    fn a_number_reads_as_its_text() {
        let string = Str::from(Bytes::from_static(b"-42"));
        assert_eq!((string.as_int(), string.len(), &*string.text()), (Some(-42), 3, &b"-42"[..]));
        assert_eq!(Str::from(Bytes::from_static(b"042")).as_int(), None);
    }
}
