//! One argument of a command: bytes that are borrowed, shared or short enough to carry inline.
//!
//! A typed call turns each of its parameters into an [`Arg`]; nothing is copied until a backend keeps it.

use std::fmt;
use std::io::Write as _;

use bytes::Bytes;

/// The longest text that is carried inline: every `i64`, and most floats.
const INLINE: usize = 30;

/// One binary-safe argument of a [`Command`](crate::Command).
///
/// Made with `From` from text, bytes and numbers. Integers become decimal text, floats the shortest text
/// that reads back as the same number.
///
/// # Examples
///
/// ```
/// use embroker_core::Arg;
///
/// assert_eq!(Arg::from("key").as_bytes(), b"key");
/// assert_eq!(Arg::from(-42).as_bytes(), b"-42");
/// assert_eq!(Arg::from(0.1).as_bytes(), b"0.1");
/// ```
#[derive(Clone)]
pub struct Arg<'a>(Repr<'a>);

#[derive(Clone)]
enum Repr<'a> {
    Borrowed(&'a [u8]),
    Shared(Bytes),
    Inline { len: u8, text: [u8; INLINE] },
}

impl Arg<'_> {
    /// No bytes at all.
    pub(crate) const EMPTY: Self = Self(Repr::Borrowed(&[]));

    /// The bytes of the argument.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Borrowed(bytes) => bytes,
            Repr::Shared(bytes) => bytes,
            Repr::Inline { len, text } => &text[..usize::from(*len)],
        }
    }

    /// The argument as an owned buffer. Copies what is borrowed, shares what is shared.
    pub fn to_bytes(&self) -> Bytes {
        match &self.0 {
            Repr::Shared(bytes) => bytes.clone(),
            _ => Bytes::copy_from_slice(self.as_bytes()),
        }
    }

    /// The same argument without a borrow.
    pub fn into_owned(self) -> Arg<'static> {
        match self.0 {
            Repr::Borrowed(bytes) => Arg::copied(bytes),
            Repr::Shared(bytes) => Arg(Repr::Shared(bytes)),
            Repr::Inline { len, text } => Arg(Repr::Inline { len, text }),
        }
    }

    /// A copy of the bytes, inline where they are few.
    pub(crate) fn copied(bytes: &[u8]) -> Self {
        let mut text = [0; INLINE];
        match text.get_mut(..bytes.len()) {
            Some(start) => {
                start.copy_from_slice(bytes);
                Self(Repr::Inline { len: bytes.len() as u8, text })
            }
            None => Self(Repr::Shared(Bytes::copy_from_slice(bytes))),
        }
    }

    /// Formats a number inline, or on the heap where it is too long for that.
    pub(crate) fn display(number: impl fmt::Display) -> Self {
        let mut text = [0; INLINE];
        let mut rest = &mut text[..];
        if write!(rest, "{number}").is_ok() {
            let len = (INLINE - rest.len()) as u8;
            return Self(Repr::Inline { len, text });
        }
        Self(Repr::Shared(number.to_string().into()))
    }
}

impl AsRef<[u8]> for Arg<'_> {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl PartialEq for Arg<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Arg<'_> {}

/// By the bytes, whoever owns them, as equality goes.
impl std::hash::Hash for Arg<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl fmt::Debug for Arg<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

impl<'a> From<&'a [u8]> for Arg<'a> {
    #[inline]
    fn from(bytes: &'a [u8]) -> Self {
        Self(Repr::Borrowed(bytes))
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Arg<'a> {
    #[inline]
    fn from(bytes: &'a [u8; N]) -> Self {
        Self(Repr::Borrowed(bytes))
    }
}

impl<'a> From<&'a str> for Arg<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self(Repr::Borrowed(text.as_bytes()))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    #[inline]
    fn from(text: &'a String) -> Self {
        Self(Repr::Borrowed(text.as_bytes()))
    }
}

impl<'a> From<&'a Vec<u8>> for Arg<'a> {
    #[inline]
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self(Repr::Borrowed(bytes))
    }
}

impl<'a> From<&'a Bytes> for Arg<'a> {
    #[inline]
    fn from(bytes: &'a Bytes) -> Self {
        Self(Repr::Borrowed(bytes))
    }
}

impl<'a> From<&'a Arg<'_>> for Arg<'a> {
    fn from(arg: &'a Arg<'_>) -> Self {
        Self(Repr::Borrowed(arg.as_bytes()))
    }
}

impl<'a> From<&&'a str> for Arg<'a> {
    fn from(text: &&'a str) -> Self {
        Self(Repr::Borrowed(text.as_bytes()))
    }
}

impl<'a> From<&&'a [u8]> for Arg<'a> {
    fn from(bytes: &&'a [u8]) -> Self {
        Self(Repr::Borrowed(bytes))
    }
}

impl From<Bytes> for Arg<'_> {
    fn from(bytes: Bytes) -> Self {
        Self(Repr::Shared(bytes))
    }
}

impl From<Vec<u8>> for Arg<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Repr::Shared(bytes.into()))
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Self(Repr::Shared(text.into()))
    }
}

macro_rules! from_integers {
    ($($int:ty)*) => { $(
        impl From<$int> for Arg<'_> {
            fn from(number: $int) -> Self {
                Self::copied(itoa::Buffer::new().format(number).as_bytes())
            }
        }
    )* };
}

from_integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

impl From<f64> for Arg<'_> {
    fn from(number: f64) -> Self {
        // Plain notation writes out every zero of 1e300; Redis reads the short one as well.
        if number != 0.0 && number.is_finite() && !(1e-9..1e17).contains(&number.abs()) {
            Self::display(format_args!("{number:e}"))
        } else if number.is_nan() {
            Self::display("nan")
        } else {
            Self::display(number)
        }
    }
}

impl From<f32> for Arg<'_> {
    fn from(number: f32) -> Self {
        Self::display(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_decimal_text() {
        for (arg, text) in [
            (Arg::from(i64::MIN), "-9223372036854775808"),
            (Arg::from(u64::MAX), "18446744073709551615"),
            (Arg::from(3.0), "3"),
            (Arg::from(-0.25), "-0.25"),
            (Arg::from(1e300), "1e300"),
            (Arg::from(f64::INFINITY), "inf"),
            (Arg::from(f64::NAN), "nan"),
            (Arg::from(f32::MAX), "340282350000000000000000000000000000000"),
        ] {
            assert_eq!(arg.as_bytes(), text.as_bytes());
        }
    }

    #[test]
    fn a_shared_buffer_is_not_copied() {
        let payload = Bytes::from(vec![7; 100]);
        assert_eq!(Arg::from(payload.clone()).to_bytes().as_ptr(), payload.as_ptr());
    }

    #[test]
    fn an_argument_is_small_enough_to_pass_by_value() {
        assert!(size_of::<Arg<'_>>() <= 40);
    }
}
