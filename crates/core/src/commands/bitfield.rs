//! Bits and bit fields of strings. Bit 0 is the most significant bit of the first byte.

use super::calls;
use crate::error::{Error, Result};
use crate::table::{Keys, rows};
use crate::{Arg, Command};

rows! {
    /// Commands on the bits of strings.
    BitfieldCommand = Bitfield {
        BitCount "bitcount" -2 [READONLY] Keys::ONE, "2.6.0";
        Bitfield "bitfield" -2 [WRITE DENYOOM] Keys::ONE, "3.2.0";
        BitfieldRo "bitfield_ro" -2 [READONLY FAST] Keys::ONE, "6.0.0";
        BitOp "bitop" -4 [WRITE DENYOOM] Keys::range(1, -1, 1), "2.6.0";
        BitPos "bitpos" -3 [READONLY] Keys::ONE, "2.8.7";
        GetBit "getbit" 3 [READONLY FAST] Keys::ONE, "2.2.0";
        SetBit "setbit" 4 [WRITE DENYOOM] Keys::ONE, "2.2.0";
    }
}

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
    pub const fn signed<const BITS: u8>() -> Self {
        const { assert!(BITS >= 1 && BITS <= 64, "a signed bit field has 1 to 64 bits") };
        Self { signed: true, bits: BITS }
    }

    /// An unsigned number of a width that is known only at run time.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a width that is not 1 to 63 bits.
    pub fn try_unsigned(bits: u8) -> Result<Self> {
        Self { signed: false, bits }.checked(63)
    }

    /// A signed number of a width that is known only at run time.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a width that is not 1 to 64 bits.
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
    pub fn new() -> Self {
        Self::default()
    }

    /// `GET`: answers the number. Behind the string's end are zero bits.
    #[inline]
    pub fn get(self, encoding: Encoding, offset: impl Into<BitOffset>) -> Self {
        self.field("GET", encoding, offset)
    }

    /// `SET`: writes the number, answers the old one.
    #[inline]
    pub fn set(self, encoding: Encoding, offset: impl Into<BitOffset>, number: i64) -> Self {
        self.field("SET", encoding, offset).word(number)
    }

    /// `INCRBY`: adds to the number, answers the new one.
    #[inline]
    pub fn incrby(self, encoding: Encoding, offset: impl Into<BitOffset>, by: i64) -> Self {
        self.field("INCRBY", encoding, offset).word(by)
    }

    /// `OVERFLOW`: what each SET and INCRBY from here on does with a number that does not fit. At first they wrap.
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
    fn on<'a>(self, key: Arg<'a>) -> Vec<Arg<'a>> {
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
    pub const fn bytes(start: i64, end: i64) -> Self {
        Self { start, end: Some(end), unit: None }
    }

    /// From one byte on, with no end: `BITPOS` for 0 counts the zero bits that follow the string.
    pub const fn bytes_from(start: i64) -> Self {
        Self { start, end: None, unit: None }
    }

    /// From one bit to another (since 7.0.0).
    pub const fn bits(start: i64, end: i64) -> Self {
        Self { start, end: Some(end), unit: Some("BIT") }
    }

    fn words<'a>(self) -> impl Iterator<Item = Arg<'a>> {
        let end = self.end.map(Arg::from);
        std::iter::once(self.start.into()).chain(end).chain(self.unit.map(Arg::from))
    }
}

/// How `BITOP` combines strings, bit by bit.
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

#[inline]
fn command<'a>(command: BitfieldCommand, key: impl Into<Arg<'a>>) -> Command<'a> {
    Command::new(command.spec()).arg(key)
}

/// BITCOUNT takes no start without an end.
fn bounded(range: BitRange) -> BitRange {
    BitRange { end: range.end.or(Some(-1)), ..range }
}

calls! {
    /// Typed calls on the bits of strings. Bit 0 is the most significant bit of the first byte.
    ///
    /// A key of another type answers `WRONGTYPE`; a key that does not exist is an empty string. Writes keep the key's
    /// deadline and make the string as long as they reach, with zero bytes in between; its bits are those below 2³²
    /// (512 MB).
    pub trait BitfieldCommands {
        /// `BITFIELD key GET|SET|INCRBY|OVERFLOW …` (since 3.2.0): a reply for each GET, SET and INCRBY, `None` where
        /// [`FieldOverflow::Fail`] kept one from writing.
        ///
        /// # Examples
        ///
        /// Tickets sold by hour, a byte for each, in 25 bytes of one string:
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// use embroker_core::{Bitfield, Encoding};
        ///
        /// let (hour, quantity) = (17, 3);
        /// let sale = Bitfield::new().incrby(Encoding::U8, (hour + 1) * 8, quantity);
        /// assert_eq!(broker.bitfield("sales_histogram", sale).await?, [Some(3)]);
        /// # Ok(())
        /// # }
        /// ```
        fn bitfield<'a>(key: impl Into<Arg<'a>>, operations: Bitfield) -> Vec<Option<i64>> =
            Command::with_args(BitfieldCommand::Bitfield.spec(), operations.on(key.into()));

        /// `BITFIELD_RO key GET encoding offset …` (since 6.0.0): the numbers in these fields; it never writes, so on
        /// Redis a replica answers it as well.
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
        /// broker.bitfield("sales_histogram", Bitfield::new().set(Encoding::U8, 16, 7)).await?;
        /// let hours = (0..3).map(|hour| (Encoding::U8, BitOffset::Field(hour + 1)));
        /// assert_eq!(broker.bitfield_ro("sales_histogram", hours).await?, [0, 7, 0]);
        /// # Ok(())
        /// # }
        /// ```
        fn bitfield_ro<'a>(
            key: impl Into<Arg<'a>>,
            fields: impl IntoIterator<Item = (Encoding, impl Into<BitOffset>)>,
        ) -> Vec<i64> = {
            let reads = fields.into_iter().fold(Bitfield::new(), |reads, (encoding, offset)| reads.get(encoding, offset));
            Command::with_args(BitfieldCommand::BitfieldRo.spec(), reads.on(key.into()))
        };

        /// `GETBIT key offset` (since 2.2.0): the bit at this offset, false behind the string's end.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// broker.setbit("seats:taken", 12, true).await?;
        /// assert_eq!((broker.getbit("seats:taken", 12).await?, broker.getbit("seats:taken", 13).await?), (true,
        /// false));
        /// # Ok(())
        /// # }
        /// ```
        fn getbit<'a>(key: impl Into<Arg<'a>>, offset: u64) -> bool = command(BitfieldCommand::GetBit, key).arg(offset);

        /// `SETBIT key offset value` (since 2.2.0): sets or clears a bit, and answers what it was.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::prelude::*;
        /// # let broker = embroker_mem::MemBroker::new();
        /// assert!(!broker.setbit("seats:taken", 12, true).await?);
        /// assert!(broker.setbit("seats:taken", 12, true).await?, "it was taken already");
        /// # Ok(())
        /// # }
        /// ```
        fn setbit<'a>(key: impl Into<Arg<'a>>, offset: u64, bit: bool) -> bool =
            command(BitfieldCommand::SetBit, key).arg(offset).arg(u8::from(bit));

        /// `BITCOUNT key [start end [BIT]]` (since 2.6.0): how many bits are 1, in the whole string or in a range.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{BitRange, prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// for seat in [1, 2, 12] {
        ///     broker.setbit("seats:taken", seat, true).await?;
        /// }
        /// assert_eq!(broker.bitcount("seats:taken", None).await?, 3);
        /// assert_eq!(broker.bitcount("seats:taken", BitRange::bits(2, 12)).await?, 2);
        /// assert_eq!(broker.bitcount("seats:taken", BitRange::bytes(1, -1)).await?, 1);
        /// # Ok(())
        /// # }
        /// ```
        fn bitcount<'a>(key: impl Into<Arg<'a>>, range: impl Into<Option<BitRange>>) -> i64 =
            command(BitfieldCommand::BitCount, key).args(range.into().map(bounded).into_iter().flat_map(BitRange::words));

        /// `BITPOS key bit [start [end [BIT]]]` (since 2.8.7): the offset of the first bit that is 1 (`true`) or 0
        /// (`false`), or -1 where there is none. It counts from the string's begin, also in a range.
        ///
        /// Zero bits follow a string without end, so a 0 is always found, except in an empty range, in one whose end is
        /// given, and in a string that exists and is empty.
        ///
        /// # Examples
        ///
        /// ```
        /// # #[tokio::main(flavor = "current_thread")]
        /// # async fn main() -> embroker_core::Result<()> {
        /// # use embroker_core::{BitRange, prelude::*};
        /// # let broker = embroker_mem::MemBroker::new();
        /// for seat in 0..8 {
        ///     broker.setbit("seats:taken", seat, true).await?;
        /// }
        /// assert_eq!(broker.bitpos("seats:taken", false, None).await?, 8);
        /// assert_eq!(broker.bitpos("seats:taken", false, BitRange::bytes(0, -1)).await?, -1);
        /// assert_eq!(broker.bitpos("seats:taken", true, BitRange::bits(5, 7)).await?, 5);
        /// # Ok(())
        /// # }
        /// ```
        fn bitpos<'a>(key: impl Into<Arg<'a>>, bit: bool, range: impl Into<Option<BitRange>>) -> i64 =
            command(BitfieldCommand::BitPos, key)
                .arg(u8::from(bit))
                .args(range.into().into_iter().flat_map(BitRange::words));

        /// `BITOP operation destination key …` (since 2.6.0): combines strings into another one, and answers how many
        /// bytes it has: as many as the longest of them, the shorter ones counting as filled up with zero bytes.
        ///
        /// The destination loses what it held and its deadline; an empty result leaves no key.
        /// `ERR BITOP NOT must be called with a single source key.` where [`BitOperation::Not`] has several.
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
        /// broker.setbit("visitors:mon", 3, true).await?;
        /// broker.setbit("visitors:tue", 9, true).await?;
        /// assert_eq!(broker.bitop(BitOperation::Or, "visitors", ["visitors:mon", "visitors:tue"]).await?, 2);
        /// assert_eq!(broker.bitcount("visitors", None).await?, 2);
        /// # Ok(())
        /// # }
        /// ```
        fn bitop<'a>(
            operation: BitOperation,
            destination: impl Into<Arg<'a>>,
            keys: impl IntoIterator<Item: Into<Arg<'a>>>,
        ) -> i64 = Command::new(BitfieldCommand::BitOp.spec()).arg(operation).arg(destination).args(keys);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Pipeline;

    fn words(command: &Command<'_>) -> String {
        command.words().map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
    }

    /// The one command of a pipeline.
    fn only(pipeline: &Pipeline<'_>) -> String {
        pipeline.commands().iter().map(words).collect()
    }

    #[test]
    fn operations_become_the_words_of_redis() {
        let operations = Bitfield::new()
            .get(Encoding::signed::<64>(), 0)
            .overflow(FieldOverflow::Saturate)
            .set(Encoding::U16, BitOffset::Field(3), -1)
            .overflow(FieldOverflow::Fail)
            .incrby(Encoding::unsigned::<63>(), u64::MAX, i64::MIN)
            .overflow(FieldOverflow::Wrap);
        assert_eq!(
            only(Pipeline::new().bitfield("k", operations)),
            "bitfield k GET i64 0 OVERFLOW SAT SET u16 #3 -1 OVERFLOW FAIL \
             INCRBY u63 18446744073709551615 -9223372036854775808 OVERFLOW WRAP"
        );
        assert_eq!(only(Pipeline::new().bitfield_ro("k", [(Encoding::U8, 8)])), "bitfield_ro k GET u8 8");
    }

    #[test]
    fn ranges_become_the_words_of_redis() {
        for (range, bitcount, bitpos) in [
            (None, "bitcount k", "bitpos k 1"),
            (Some(BitRange::bytes(1, -2)), "bitcount k 1 -2", "bitpos k 1 1 -2"),
            (Some(BitRange::bits(0, 9)), "bitcount k 0 9 BIT", "bitpos k 1 0 9 BIT"),
            (Some(BitRange::bytes_from(4)), "bitcount k 4 -1", "bitpos k 1 4"),
        ] {
            assert_eq!(only(Pipeline::new().bitcount("k", range)), bitcount);
            assert_eq!(only(Pipeline::new().bitpos("k", true, range)), bitpos);
        }
    }

    #[test]
    fn a_width_that_redis_has_not_is_refused() {
        assert_eq!(Encoding::try_signed(64), Ok(Encoding::I64));
        assert_eq!(Encoding::try_unsigned(63), Ok(Encoding::unsigned::<63>()));
        assert!(matches!(Encoding::try_signed(0), Err(Error::Config(text)) if text.contains("1 to 64 bits, not 0")));
        assert!(matches!(Encoding::try_signed(65), Err(Error::Config(_))));
        assert!(matches!(Encoding::try_unsigned(64), Err(Error::Config(_))));
    }
}
