//! One argument of a command: bytes that are borrowed, owned, shared or short enough to carry inline.
//!
//! A typed call turns each of its parameters into an [`Arg`]; nothing is copied until a backend keeps it. A command
//! holds a few of them and is moved several times on its way, so an argument is three words: what is long and owned
//! stands behind a pointer.

use std::borrow::Cow;
use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

use bytes::Bytes;

/// The longest text that is carried inline: every integer of 64 bits, and most floats.
const INLINE: usize = 22;

/// From here on, to share a buffer with whoever keeps it costs less than another copy.
const SHARED: usize = 4 << 10;

/// One binary-safe argument of a [`Command`](crate::Command).
///
/// Made with `From` from text, bytes and numbers, whoever owns them. Integers become decimal text, floats the shortest
/// text that reads back as the same number. A `bool` is none: Redis has no word for it, and `1` and `true` are both in
/// use, so write the one that the readers of your keys expect.
///
/// # Examples
///
/// ```
/// use std::borrow::Cow;
/// use std::sync::Arc;
///
/// use embroker_core::Arg;
///
/// assert_eq!(Arg::from("key").as_bytes(), b"key");
/// assert_eq!(Arg::from(-42).as_bytes(), b"-42");
/// assert_eq!(Arg::from(0.1).as_bytes(), b"0.1");
/// assert_eq!(Arg::from('é').as_bytes(), "é".as_bytes());
/// assert_eq!(Arg::from(Cow::from("key")), Arg::from(Arc::<str>::from("key")));
/// assert_eq!(Arg::from(i64::from(true)).as_bytes(), b"1");
/// ```
#[derive(Clone)]
pub struct Arg<'a>(Repr<'a>);

#[derive(Clone)]
enum Repr<'a> {
    Borrowed(&'a [u8]),
    Inline { len: u8, text: [u8; INLINE] },
    Owned(Box<[u8]>),
    Shared(Box<Bytes>),
}

const _: () = assert!(size_of::<Arg<'_>>() == 3 * size_of::<usize>());

impl Repr<'_> {
    /// The bytes. Apart from those that are borrowed, as most are, so that to see those is one test.
    #[inline(never)]
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Inline { len, text } => text.get(..usize::from(*len)).unwrap_or(text),
            Self::Owned(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl Arg<'_> {
    /// The bytes of the argument.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Arg;
    ///
    /// assert_eq!(Arg::from(1.5).as_bytes(), b"1.5");
    /// ```
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Borrowed(bytes) => bytes,
            kept => kept.bytes(),
        }
    }

    /// The argument as an owned buffer. Copies what is borrowed, shares what is shared.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Arg, Bytes};
    ///
    /// assert_eq!(Arg::from("order-1").to_bytes(), Bytes::from("order-1"));
    /// ```
    pub fn to_bytes(&self) -> Bytes {
        match &self.0 {
            Repr::Shared(bytes) => Bytes::clone(bytes),
            _ => Bytes::copy_from_slice(self.as_bytes()),
        }
    }

    /// Whether [`to_bytes`](Self::to_bytes) copies nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{Arg, Bytes};
    ///
    /// assert!(Arg::from(Bytes::from(vec![b'x'; 1 << 20])).is_shared());
    /// assert!(!Arg::from("borrowed").is_shared());
    /// ```
    pub fn is_shared(&self) -> bool {
        matches!(self.0, Repr::Shared(_))
    }

    /// The same argument without a borrow.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Arg;
    ///
    /// let kept: Arg<'static> = {
    ///     let name = String::from("order-1");
    ///     Arg::from(name.as_str()).into_owned()
    /// };
    /// assert_eq!(kept.as_bytes(), b"order-1");
    /// ```
    pub fn into_owned(self) -> Arg<'static> {
        Arg(match self.0 {
            Repr::Borrowed(bytes) => return Arg::copied(bytes),
            Repr::Inline { len, text } => Repr::Inline { len, text },
            Repr::Owned(bytes) => Repr::Owned(bytes),
            Repr::Shared(bytes) => Repr::Shared(bytes),
        })
    }

    /// The parts, one after the other: the name of a key or a channel. A short one takes no allocation, which
    /// [`format!`] and [`concat`](slice::concat) do.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Arg;
    ///
    /// let event = "Womens Judo";
    /// assert_eq!(Arg::concat(&["sales:", event]).as_bytes(), b"sales:Womens Judo");
    /// ```
    #[inline]
    pub fn concat(parts: &[impl AsRef<[u8]>]) -> Self {
        let mut text = [0; INLINE];
        let mut len = 0;
        for part in parts {
            let part = part.as_ref();
            let end = part.len().saturating_add(len);
            let Some(place) = text.get_mut(len..end) else { return Self::concat_on_heap(parts) };
            place.copy_from_slice(part);
            len = end;
        }
        Self(Repr::Inline { len: len as u8, text })
    }

    fn concat_on_heap(parts: &[impl AsRef<[u8]>]) -> Self {
        let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.as_ref().len()).sum());
        for part in parts {
            bytes.extend_from_slice(part.as_ref());
        }
        Self::on_heap(bytes)
    }

    /// A copy of the bytes, inline where they are few.
    #[inline]
    pub(crate) fn copied(bytes: &[u8]) -> Self {
        Self::inline(bytes).unwrap_or_else(|| Self::on_heap(bytes.to_vec()))
    }

    /// Takes a buffer over.
    fn taken(bytes: Vec<u8>) -> Self {
        Self::inline(&bytes).unwrap_or_else(|| Self::on_heap(bytes))
    }

    #[inline]
    fn inline(bytes: &[u8]) -> Option<Self> {
        let mut text = [0; INLINE];
        text.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Self(Repr::Inline { len: bytes.len() as u8, text }))
    }

    fn on_heap(bytes: Vec<u8>) -> Self {
        Self(if bytes.len() < SHARED {
            Repr::Owned(bytes.into_boxed_slice())
        } else {
            Repr::Shared(Box::new(bytes.into()))
        })
    }

    /// A number behind one character: an encoding, or the index of a field.
    #[inline]
    pub(crate) fn marked(mark: u8, number: u64) -> Self {
        let (mut text, mut digits) = ([0; INLINE], itoa::Buffer::new());
        let digits = digits.format(number).as_bytes();
        text[0] = mark;
        text[1..=digits.len()].copy_from_slice(digits);
        Self(Repr::Inline { len: digits.len() as u8 + 1, text })
    }

    /// Formats a number inline, or on the heap where it is too long for that.
    pub(crate) fn display(number: impl fmt::Display) -> Self {
        let mut text = [0; INLINE];
        let mut rest = &mut text[..];
        if write!(rest, "{number}").is_ok() {
            let len = (INLINE - rest.len()) as u8;
            return Self(Repr::Inline { len, text });
        }
        Self::on_heap(number.to_string().into())
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
        Self::inline(&bytes).unwrap_or_else(|| Self(Repr::Shared(Box::new(bytes))))
    }
}

impl From<Vec<u8>> for Arg<'_> {
    fn from(bytes: Vec<u8>) -> Self {
        Self::taken(bytes)
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Self::taken(text.into())
    }
}

impl From<Box<str>> for Arg<'_> {
    fn from(text: Box<str>) -> Self {
        String::from(text).into()
    }
}

impl<'a> From<Cow<'a, str>> for Arg<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl From<Arc<str>> for Arg<'_> {
    fn from(text: Arc<str>) -> Self {
        // A short one is not worth what it costs to share it.
        if text.len() < SHARED {
            return Self::copied(text.as_bytes());
        }
        Self(Repr::Shared(Box::new(Bytes::from_owner(Arc::<[u8]>::from(text)))))
    }
}

macro_rules! from_references_to_text {
    ($($owner:ty)*) => { $(
        impl<'a> From<&'a $owner> for Arg<'a> {
            fn from(text: &'a $owner) -> Self {
                Self(Repr::Borrowed(text.as_bytes()))
            }
        }
    )* };
}

from_references_to_text!(Box<str> Cow<'_, str> Arc<str>);

impl From<char> for Arg<'_> {
    fn from(char: char) -> Self {
        Self::copied(char.encode_utf8(&mut [0; 4]).as_bytes())
    }
}

macro_rules! from_integers {
    ($($int:ty)*) => { $(
        impl From<$int> for Arg<'_> {
            #[inline]
            fn from(number: $int) -> Self {
                Self::copied(itoa::Buffer::new().format(number).as_bytes())
            }
        }
    )* };
}

from_integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

impl From<f64> for Arg<'_> {
    fn from(number: f64) -> Self {
        // Most amounts are whole numbers, which an integer's digits write much faster.
        let whole = number as i64;
        if whole.unsigned_abs() < 1 << 53 && (whole as f64).to_bits() == number.to_bits() {
            return whole.into();
        }
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
            (Arg::from(0.0), "0"),
            (Arg::from(-0.0), "-0"),
            (Arg::from(-7.0), "-7"),
            (Arg::from(9_007_199_254_740_991.0), "9007199254740991"),
            (Arg::from(9_007_199_254_740_993.0), "9007199254740992"),
            (Arg::from(1e17), "1e17"),
            (Arg::from(-1.234_567_890_123_456_6e-9), "-0.0000000012345678901234566"),
            (Arg::marked(b'#', u64::MAX), "#18446744073709551615"),
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
    fn bytes_of_any_length_and_owner_read_the_same() {
        for len in [0, 1, INLINE - 1, INLINE, INLINE + 1, SHARED - 1, SHARED, SHARED + 1] {
            let bytes = vec![b'x'; len];
            let text = String::from_utf8(bytes.clone()).unwrap();
            let (boxed, shared) = (Box::<str>::from(&*text), Arc::<str>::from(&*text));
            let args = [
                Arg::from(&bytes),
                Arg::from(bytes.clone()),
                Arg::from(&boxed),
                Arg::from(boxed.clone()),
                Arg::from(&shared),
                Arg::from(shared.clone()),
                Arg::from(Cow::<str>::from(text.clone())),
                Arg::from(text),
                Arg::from(Bytes::from(bytes.clone())),
                Arg::copied(&bytes),
                Arg::from(&bytes).into_owned(),
            ];
            for arg in args {
                assert_eq!((arg.as_bytes(), &arg.to_bytes()[..]), (&bytes[..], &bytes[..]));
                assert_eq!((arg.clone(), arg.clone().into_owned()), (arg.clone(), arg));
            }
        }
    }

    #[test]
    fn a_char_is_its_utf8() {
        assert_eq!(['a', 'é', '€', '🎟'].map(|char| Arg::from(char).to_bytes()), ["a", "é", "€", "🎟"]);
    }

    #[test]
    fn parts_are_joined_however_long_they_are() {
        assert_eq!(Arg::concat(&[""; 0]).as_bytes(), b"");
        for len in [0, 1, INLINE - 1, INLINE, INLINE + 1, SHARED] {
            let bytes: Vec<u8> = (0..len).map(|n| n as u8).collect();
            for cut in [0, 1, len / 2, len].map(|cut| cut.min(len)) {
                let (start, end) = bytes.split_at(cut);
                assert_eq!(Arg::concat(&[start, end, b""]).as_bytes(), bytes);
            }
        }
    }

    #[test]
    fn a_large_buffer_is_not_copied() {
        let text = "x".repeat(SHARED);
        let start = text.as_ptr();
        assert_eq!(Arg::from(text).to_bytes().as_ptr(), start);

        let text = Arc::<str>::from("x".repeat(SHARED));
        assert_eq!(Arg::from(text.clone()).to_bytes().as_ptr(), text.as_ptr());
    }

    #[test]
    fn text_that_is_borrowed_stays_so() {
        let text = "x".repeat(INLINE + 1);
        assert_eq!(Arg::from(Cow::from(&text)).as_bytes().as_ptr(), text.as_ptr());
    }

    #[test]
    fn a_shared_buffer_is_not_copied() {
        let payload = Bytes::from(vec![7; 100]);
        assert_eq!(Arg::from(payload.clone()).to_bytes().as_ptr(), payload.as_ptr());
    }
}
