//! What BITFIELD and its kin take: encodings, offsets, operations, ranges.

use crate::Arg;
use crate::error::{Error, Result};

/// How a number lies in a bit field: unsigned in 1 to 63 bits, or signed (two's complement) in 1 to 64.
///
/// # Examples
///
/// ```
/// use embroker_core::Encoding;
///
/// assert_eq!(Encoding::unsigned::<8>(), Encoding::U8);
/// assert_eq!(Encoding::try_unsigned(8)?, Encoding::U8);
/// assert!(Encoding::try_unsigned(64).is_err());
/// # Ok::<(), embroker_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Encoding {
    signed: bool,
    bits: u8,
}

impl Encoding {
    /// `u8`: 0 to 255.
    pub const U8: Self = Self::unsigned::<8>();
    /// `u16`: 0 to 65,535.
    pub const U16: Self = Self::unsigned::<16>();
    /// `u32`: 0 to 4,294,967,295.
    pub const U32: Self = Self::unsigned::<32>();
    /// `i8`: -128 to 127.
    pub const I8: Self = Self::signed::<8>();
    /// `i16`: -32,768 to 32,767.
    pub const I16: Self = Self::signed::<16>();
    /// `i32`: -2³¹ to 2³¹ - 1.
    pub const I32: Self = Self::signed::<32>();
    /// `i64`: every `i64`.
    pub const I64: Self = Self::signed::<64>();

    /// An unsigned number of 1 to 63 bits; another width does not compile.
    ///
    /// ```compile_fail
    /// let too_wide = embroker_core::Encoding::unsigned::<64>();
    /// ```
    pub const fn unsigned<const BITS: u8>() -> Self {
        const { assert!(BITS >= 1 && BITS <= 63, "an unsigned bit field has 1 to 63 bits") };
        Self { signed: false, bits: BITS }
    }

    /// A signed number of 1 to 64 bits; another width does not compile.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{Bitfield, Encoding};
    ///
    /// let operations = Bitfield::new().set(Encoding::signed::<5>(), 0, -3).get(Encoding::signed::<5>(), 0);
    /// assert_eq!(broker.bitfield("levels", operations).await?, [Some(0), Some(-3)]);
    /// # Ok(())
    /// # }
    /// ```
    pub const fn signed<const BITS: u8>() -> Self {
        const { assert!(BITS >= 1 && BITS <= 64, "a signed bit field has 1 to 64 bits") };
        Self { signed: true, bits: BITS }
    }

    /// An unsigned number of a width that is known only at run time.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a width that is not 1 to 63 bits.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Encoding;
    ///
    /// assert_eq!(Encoding::try_unsigned(8)?, Encoding::U8);
    /// let error = Encoding::try_unsigned(64).unwrap_err();
    /// assert_eq!(error.to_string(), "an unsigned bit field has 1 to 63 bits, not 64");
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn try_unsigned(bits: u8) -> Result<Self> {
        Self { signed: false, bits }.checked(63)
    }

    /// A signed number of a width that is known only at run time.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a width that is not 1 to 64 bits.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Encoding;
    ///
    /// assert_eq!(Encoding::try_signed(64)?, Encoding::I64);
    /// assert!(Encoding::try_signed(0).is_err());
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn try_signed(bits: u8) -> Result<Self> {
        Self { signed: true, bits }.checked(64)
    }

    fn checked(self, widest: u8) -> Result<Self> {
        if (1..=widest).contains(&self.bits) {
            return Ok(self);
        }
        let kind = if self.signed { "a signed" } else { "an unsigned" };
        Err(Error::Config(format!("{kind} bit field has 1 to {widest} bits, not {}", self.bits)))
    }
}

impl From<Encoding> for Arg<'_> {
    #[inline]
    fn from(Encoding { signed, bits }: Encoding) -> Self {
        Self::marked(if signed { b'i' } else { b'u' }, bits.into())
    }
}

/// Where a bit field begins. A number alone is an offset in bits.
///
/// Offsets below 2³² bits (512 MB) are valid; others answer `ERR bit offset is not an integer or out of range`.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # use embroker_core::prelude::*;
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_core::{BitOffset, Bitfield, Encoding};
///
/// broker.set("bytes", "abcd").await?;
/// let read = Bitfield::new().get(Encoding::U8, BitOffset::Bit(24)).get(Encoding::U8, BitOffset::Field(3));
/// assert_eq!(broker.bitfield("bytes", read).await?, [Some(b'd'.into()), Some(b'd'.into())]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BitOffset {
    /// At this bit: `24`.
    Bit(u64),
    /// At this multiple of the field's own width: `#3` of a `u8` is bit 24.
    Field(u64),
}

impl From<u64> for BitOffset {
    fn from(bit: u64) -> Self {
        Self::Bit(bit)
    }
}

impl From<BitOffset> for Arg<'_> {
    #[inline]
    fn from(offset: BitOffset) -> Self {
        match offset {
            BitOffset::Bit(bit) => bit.into(),
            BitOffset::Field(index) => Self::marked(b'#', index),
        }
    }
}

/// What SET and INCRBY do with a number that their bit field cannot hold.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # use embroker_core::prelude::*;
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_core::{Bitfield, Encoding, FieldOverflow};
///
/// for (overflow, after) in [
///     (FieldOverflow::Wrap, Some(4)),
///     (FieldOverflow::Saturate, Some(255)),
///     (FieldOverflow::Fail, None),
/// ] {
///     let operations = Bitfield::new().overflow(overflow).set(Encoding::U8, 0, 250).incrby(Encoding::U8, 0, 10);
///     assert_eq!(broker.bitfield("level", operations).await?[1], after);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FieldOverflow {
    /// `WRAP`: it loses its upper bits, so a `u8` of 255 plus 1 is 0.
    #[default]
    Wrap,
    /// `SAT`: it becomes the nearest number that the field can hold.
    Saturate,
    /// `FAIL`: nothing is written, and the operation answers `None`.
    Fail,
}

/// The operations of one `BITFIELD`, which run in order and as one.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// use embroker_core::{BitOffset, Bitfield, Encoding, FieldOverflow, prelude::*};
/// # let broker = embroker_mem::MemBroker::new();
///
/// let operations = Bitfield::new()
///     .set(Encoding::U8, 0, 250)
///     .incrby(Encoding::U8, 0, 10)
///     .overflow(FieldOverflow::Fail)
///     .incrby(Encoding::U8, 0, 252)
///     .get(Encoding::U8, BitOffset::Field(0));
/// assert_eq!(broker.bitfield("levels", operations).await?, [Some(0), Some(4), None, Some(4)]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "operations do nothing until a broker runs them"]
pub struct Bitfield {
    /// The words of the operations, behind a place that is kept for the key as soon as there is one.
    words: Vec<Arg<'static>>,
}

impl Bitfield {
    /// No operation yet.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Bitfield;
    ///
    /// assert_eq!(Bitfield::new(), Bitfield::default());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// `GET`: answers the number. Behind the string's end are zero bits.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{Bitfield, Encoding};
    ///
    /// broker.set("bytes", "a").await?;
    /// let read = Bitfield::new().get(Encoding::U8, 0).get(Encoding::U8, 8);
    /// assert_eq!(broker.bitfield("bytes", read).await?, [Some(97), Some(0)]);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn get(self, encoding: Encoding, offset: impl Into<BitOffset>) -> Self {
        self.field("GET", encoding, offset)
    }

    /// `SET`: writes the number, answers the old one.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{Bitfield, Encoding};
    ///
    /// let write = Bitfield::new().set(Encoding::U8, 0, 97);
    /// assert_eq!(broker.bitfield("bytes", write).await?, [Some(0)]);
    /// assert_eq!(broker.get_as::<String>("bytes").await?.as_deref(), Some("a"));
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn set(self, encoding: Encoding, offset: impl Into<BitOffset>, number: i64) -> Self {
        self.field("SET", encoding, offset).word(number)
    }

    /// `INCRBY`: adds to the number, answers the new one.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{Bitfield, Encoding};
    ///
    /// let add = Bitfield::new().incrby(Encoding::I16, 0, 300).incrby(Encoding::I16, 0, -1);
    /// assert_eq!(broker.bitfield("counters", add).await?, [Some(300), Some(299)]);
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub fn incrby(self, encoding: Encoding, offset: impl Into<BitOffset>, by: i64) -> Self {
        self.field("INCRBY", encoding, offset).word(by)
    }

    /// `OVERFLOW`: what each SET and INCRBY from here on does with a number that does not fit. At first they wrap.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::{Bitfield, Encoding, FieldOverflow};
    ///
    /// let add = Bitfield::new().overflow(FieldOverflow::Saturate).incrby(Encoding::I8, 0, 1000);
    /// assert_eq!(broker.bitfield("level", add).await?, [Some(127)]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn overflow(self, overflow: FieldOverflow) -> Self {
        self.begun().word("OVERFLOW").word(match overflow {
            FieldOverflow::Wrap => "WRAP",
            FieldOverflow::Saturate => "SAT",
            FieldOverflow::Fail => "FAIL",
        })
    }

    #[inline]
    fn field(self, action: &'static str, encoding: Encoding, offset: impl Into<BitOffset>) -> Self {
        self.begun().word(action).word(encoding).word(offset.into())
    }

    /// With a place for the key, and room for one operation, of four words at most.
    #[inline]
    fn begun(mut self) -> Self {
        if self.words.is_empty() {
            self.words = Vec::with_capacity(5);
            self.words.push(Arg::from(""));
        }
        self
    }

    #[inline]
    fn word(mut self, word: impl Into<Arg<'static>>) -> Self {
        self.words.push(word.into());
        self
    }

    /// The arguments of a command that runs the operations on this key.
    #[inline]
    pub(super) fn on<'a>(self, key: Arg<'a>) -> Vec<Arg<'a>> {
        let mut arguments: Vec<Arg<'a>> = self.words;
        match arguments.first_mut() {
            Some(place) => *place = key,
            None => arguments.push(key),
        }
        arguments
    }
}

/// A part of a string for `BITCOUNT` and `BITPOS`, in bytes or bits. Both ends are included, and a negative one counts
/// from the string's end: -1 is the last.
///
/// # Examples
///
/// ```
/// use embroker_core::BitRange;
///
/// let last_two_bytes = BitRange::bytes(-2, -1);
/// let first_ten_bits = BitRange::bits(0, 9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BitRange {
    start: i64,
    end: Option<i64>,
    unit: Option<&'static str>,
}

impl BitRange {
    /// From one byte to another.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::BitRange;
    ///
    /// broker.set("bits", vec![0xff_u8, 0x01, 0x00]).await?;
    /// assert_eq!(broker.bitcount("bits", BitRange::bytes(1, -1)).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub const fn bytes(start: i64, end: i64) -> Self {
        Self { start, end: Some(end), unit: None }
    }

    /// From one byte on, with no end: `BITPOS` for 0 counts the zero bits that follow the string.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::BitRange;
    ///
    /// broker.set("bits", vec![0xff_u8, 0x01]).await?;
    /// assert_eq!(broker.bitpos("bits", true, BitRange::bytes_from(1)).await?, 15);
    /// # Ok(())
    /// # }
    /// ```
    pub const fn bytes_from(start: i64) -> Self {
        Self { start, end: None, unit: None }
    }

    /// From one bit to another (since 7.0.0).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::BitRange;
    ///
    /// broker.set("bits", vec![0xff_u8, 0x01]).await?;
    /// assert_eq!(broker.bitcount("bits", BitRange::bits(4, 15)).await?, 5);
    /// # Ok(())
    /// # }
    /// ```
    pub const fn bits(start: i64, end: i64) -> Self {
        Self { start, end: Some(end), unit: Some("BIT") }
    }

    /// BITCOUNT takes no start without an end.
    pub(super) fn bounded(self) -> Self {
        Self { end: self.end.or(Some(-1)), ..self }
    }

    pub(super) fn words<'a>(self) -> impl Iterator<Item = Arg<'a>> {
        let end = self.end.map(Arg::from);
        std::iter::once(self.start.into()).chain(end).chain(self.unit.map(Arg::from))
    }
}

/// How `BITOP` combines strings, bit by bit.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # use embroker_core::prelude::*;
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_core::BitOperation;
///
/// broker.set("a", vec![0b1100_u8]).await?;
/// broker.set("b", vec![0b1010_u8]).await?;
/// for (operation, result) in [(BitOperation::And, 0b1000), (BitOperation::Or, 0b1110), (BitOperation::Xor, 0b0110)] {
///     broker.bitop(operation, "result", ["a", "b"]).await?;
///     assert_eq!(broker.get("result").await?.as_deref(), Some(&[result][..]));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BitOperation {
    /// 1 where it is 1 in all of them.
    And,
    /// 1 where it is 1 in any of them.
    Or,
    /// 1 where it is 1 in an odd number of them.
    Xor,
    /// 1 where it is 0 in the one string that it takes.
    Not,
}

impl From<BitOperation> for Arg<'_> {
    fn from(operation: BitOperation) -> Self {
        match operation {
            BitOperation::And => "AND",
            BitOperation::Or => "OR",
            BitOperation::Xor => "XOR",
            BitOperation::Not => "NOT",
        }
        .into()
    }
}
