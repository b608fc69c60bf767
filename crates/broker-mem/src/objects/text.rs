//! A text on its way into a value or out of one, which is copied only by who keeps it.

use std::ops::{Deref, Range};

use bytes::Bytes;
use embroker_core::Arg;

/// The most digits that an `i64` has, with its sign.
const DIGITS: usize = 20;

/// Some bytes: lent by whoever has them, or the digits of a number.
#[derive(Clone)]
pub(crate) enum Text<'a> {
    /// Bytes that are copied where they are kept.
    Bytes(&'a [u8]),
    /// A buffer that is shared where it is kept.
    Shared(&'a Bytes),
    /// A part of a buffer that is shared where the part is kept.
    Part(&'a Bytes, Range<usize>),
    /// An argument, which knows whether it is shared.
    Arg(&'a Arg<'a>),
    /// A number in decimal.
    Number { len: u8, digits: [u8; DIGITS] },
}

impl Text<'_> {
    /// The bytes as a buffer to keep.
    pub(crate) fn to_bytes(&self) -> Bytes {
        match self {
            Self::Shared(bytes) => (*bytes).clone(),
            Self::Part(bytes, range) => bytes.slice(range.clone()),
            Self::Arg(arg) => arg.to_bytes(),
            // A box has no capacity to look at.
            Self::Bytes(_) | Self::Number { .. } => Box::<[u8]>::from(&**self).into(),
        }
    }
}

impl Deref for Text<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Part(bytes, range) => bytes.get(range.clone()).unwrap_or_default(),
            Self::Shared(bytes) => bytes,
            Self::Arg(arg) => arg.as_bytes(),
            Self::Number { len, digits } => digits.get(..usize::from(*len)).unwrap_or(digits),
        }
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self::Bytes(&[])
    }
}

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Bytes> for Text<'a> {
    fn from(bytes: &'a Bytes) -> Self {
        Self::Shared(bytes)
    }
}

impl<'a> From<&'a Arg<'a>> for Text<'a> {
    fn from(arg: &'a Arg<'a>) -> Self {
        Self::Arg(arg)
    }
}

impl From<i64> for Text<'_> {
    #[inline]
    fn from(number: i64) -> Self {
        let mut buffer = itoa::Buffer::new();
        let text = buffer.format(number).as_bytes();
        let mut digits = [0; DIGITS];
        digits[..text.len()].copy_from_slice(text);
        Self::Number { len: text.len() as u8, digits }
    }
}
