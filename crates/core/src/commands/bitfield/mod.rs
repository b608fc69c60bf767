//! Bits and bit fields of strings. Bit 0 is the most significant bit of the first byte.

mod operations;

pub use operations::{BitOffset, BitOperation, BitRange, Bitfield, Encoding, FieldOverflow};

use super::calls;
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

#[inline]
fn command<'a>(command: BitfieldCommand, key: impl Into<Arg<'a>>) -> Command<'a> {
    Command::new(command.spec()).arg(key)
}

calls! {
    /// Typed calls on the bits of strings. Bit 0 is the most significant bit of the first byte.
    ///
    /// A key of another type answers `WRONGTYPE`; a key that does not exist is an empty string. Writes keep the key's
    /// deadline and make the string as long as they reach, with zero bytes in between; its bits are those below 2³²
    /// (512 MB).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// broker.setbit("seats", 7, true).await?;
    /// assert!(broker.getbit("seats", 7).await?);
    /// assert_eq!(broker.bitcount("seats", None).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
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
            command(BitfieldCommand::BitCount, key).args(range.into().map(BitRange::bounded).into_iter().flat_map(BitRange::words));

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
    use crate::{Error, Pipeline};

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
