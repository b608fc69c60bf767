//! The encoding of a bit field: how its number is read, written, and kept in its range.

use crate::args::parse_int;

/// Signed or not, and how many bits: `i1` to `i64`, `u1` to `u63`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Encoding {
    signed: bool,
    bits: u32,
}

/// What happens to a number that its field cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overflow {
    /// It loses its upper bits.
    Wrap,
    /// It becomes the nearest number of the field's range.
    Saturate,
    /// It is not written.
    Fail,
}

impl Encoding {
    /// One bit.
    pub(super) const BIT: Self = Self { signed: false, bits: 1 };

    /// Reads `u8`, `i16` and the like, in lower case. A NUL byte ends the word, as it does in C.
    pub(super) fn parse(word: &[u8]) -> Option<Self> {
        let (signed, widest, bits) = match word.split(|byte| *byte == 0).next()? {
            [b'i', bits @ ..] => (true, 64, bits),
            [b'u', bits @ ..] => (false, 63, bits),
            _ => return None,
        };
        let bits = parse_int(bits).filter(|bits| (1..=widest).contains(bits))?;
        Some(Self { signed, bits: bits as u32 })
    }

    /// The width in bits.
    pub(super) fn bits(self) -> u32 {
        self.bits
    }

    /// The number at this offset in bits. Behind the end are zero bits.
    pub(super) fn get(self, bytes: &[u8], offset: u64) -> i64 {
        let tail = bytes.get((offset / 8) as usize..).unwrap_or_default();
        let window = tail.first_chunk().map_or_else(|| window(tail), |whole| u128::from_be_bytes(*whole));
        self.number(window << (offset % 8))
    }

    /// Writes the lower bits of the number at this offset in bits, which the caller has made room for.
    pub(super) fn set(self, bytes: &mut [u8], offset: u64, number: i64) {
        let Some(tail) = bytes.get_mut((offset / 8) as usize..) else { return };
        let shift = self.unused() - (offset % 8) as u32;
        let field = (u128::MAX >> self.unused()) << shift;
        let set = |old: u128| ((old & !field) | ((number as u128) << shift) & field).to_be_bytes();
        if let Some(whole) = tail.first_chunk_mut() {
            *whole = set(u128::from_be_bytes(*whole));
        } else {
            let new = set(window(tail));
            tail.iter_mut().zip(new).for_each(|(place, byte)| *place = byte);
        }
    }

    /// The number that SET writes for its argument.
    ///
    /// An unsigned field takes a negative argument for one above 2⁶³, so SAT makes the largest number of it. In 7.0.15
    /// the same happens to a signed field when the argument is so far below that its distance from the largest number
    /// is no `i64`: `SET i8 0 -9223372036854775808` with SAT writes 127.
    pub(super) fn argument(self, number: i64) -> i128 {
        let (_, max) = self.range();
        let far_below = self.bits < 64 && max - i128::from(number) > i128::from(i64::MAX);
        if !self.signed || far_below { i128::from(number as u64) } else { number.into() }
    }

    /// What the field holds after this number is written; `None` where that fails.
    pub(super) fn fit(self, number: i128, overflow: Overflow) -> Option<i64> {
        let (min, max) = self.range();
        match overflow {
            Overflow::Saturate => Some(number.clamp(min, max) as i64),
            Overflow::Fail if !(min..=max).contains(&number) => None,
            Overflow::Wrap | Overflow::Fail => Some(self.number((number as u128) << self.unused())),
        }
    }

    /// The smallest and the largest number that the field can hold. Both are an `i64`.
    fn range(self) -> (i128, i128) {
        if self.signed {
            let half = 1 << (self.bits - 1);
            (-half, half - 1)
        } else {
            (0, (1 << self.bits) - 1)
        }
    }

    /// The number whose bits are the uppermost of these.
    fn number(self, bits: u128) -> i64 {
        if self.signed { (bits as i128 >> self.unused()) as i64 } else { (bits >> self.unused()) as i64 }
    }

    /// How many of 128 bits the field leaves.
    fn unused(self) -> u32 {
        128 - self.bits
    }
}

/// The first bytes of what is fewer than 128 bits, as the upper ones of as many. A field, whatever its width and place
/// in a byte, lies in the upper 72.
fn window(tail: &[u8]) -> u128 {
    let mut window = [0; 16];
    window.iter_mut().zip(tail).for_each(|(place, byte)| *place = *byte);
    u128::from_be_bytes(window)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding(word: &str) -> Encoding {
        Encoding::parse(word.as_bytes()).unwrap()
    }

    #[test]
    fn a_type_is_a_sign_and_a_width() {
        assert_eq!(encoding("i64"), Encoding { signed: true, bits: 64 });
        assert_eq!(Encoding::parse(b"u8\0x"), Some(Encoding { signed: false, bits: 8 }));
        for word in
            ["", "i", "u", "8", "U8", "u0", "u-1", "u64", "i65", "u08", "i+8", "u8 ", " u8", "u99999999999999999999"]
        {
            assert_eq!(Encoding::parse(word.as_bytes()), None, "{word}");
        }
    }

    #[test]
    fn every_width_at_every_place_reads_back_what_was_written_and_leaves_its_neighbours() {
        for (signed, widest) in [(true, 64), (false, 63)] {
            for bits in 1..=widest {
                let field = Encoding { signed, bits };
                let (min, max) = field.range();
                for offset in 0..8 {
                    for fill in [0, 0xff] {
                        for number in [min as i64, max as i64, 0, 1 & max as i64] {
                            let mut bytes = [fill; 16];
                            field.set(&mut bytes, 24 + offset, number);
                            assert_eq!(field.get(&bytes, 24 + offset), number, "{field:?} at {offset}");
                            let all = u128::from_be_bytes(bytes) ^ u128::from_be_bytes([fill; 16]);
                            let own = (u128::MAX >> (128 - bits)) << (128 - bits - 24 - offset as u32);
                            assert_eq!(all & !own, 0, "{field:?} at {offset}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_number_out_of_range_wraps_saturates_or_fails() {
        let fit = |word, number| {
            let field = encoding(word);
            [Overflow::Wrap, Overflow::Saturate, Overflow::Fail].map(|overflow| field.fit(number, overflow))
        };
        let (min, max) = (i64::MIN, i64::MAX);
        assert_eq!(fit("u8", 256), [Some(0), Some(255), None]);
        assert_eq!(fit("u8", -1), [Some(255), Some(0), None]);
        assert_eq!(fit("i8", 128), [Some(-128), Some(127), None]);
        assert_eq!(fit("i8", -129), [Some(127), Some(-128), None]);
        assert_eq!(fit("i1", 1), [Some(-1), Some(0), None]);
        assert_eq!(fit("u63", i128::from(max)), [Some(max); 3]);
        assert_eq!(fit("u63", i128::from(max) + 1), [Some(0), Some(max), None]);
        assert_eq!(fit("i64", i128::from(max) + 1), [Some(min), Some(max), None]);
        assert_eq!(fit("i64", 2 * i128::from(min)), [Some(0), Some(min), None]);
    }

    #[test]
    fn an_argument_far_below_counts_as_one_far_above() {
        let set = |word, number| encoding(word).fit(encoding(word).argument(number), Overflow::Saturate);
        assert_eq!((set("i8", i64::MIN), set("i8", i64::MIN + 128)), (Some(127), Some(-128)));
        assert_eq!(set("i63", -(1 << 62) - 1), Some((1 << 62) - 1));
        assert_eq!((set("u8", -1), set("i64", i64::MIN)), (Some(255), Some(i64::MIN)));
    }
}
