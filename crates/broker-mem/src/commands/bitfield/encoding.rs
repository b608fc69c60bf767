//! The encoding of a bit field: how its number is read, written, and kept in its range.

use std::ops::Range;

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
    #[inline]
    pub(super) fn parse(word: &[u8]) -> Option<Self> {
        let (signed, digits) = match word {
            [b'i', digits @ ..] => (true, digits),
            [b'u', digits @ ..] => (false, digits),
            _ => return None,
        };
        let bits = match digits {
            [ones @ b'1'..=b'9'] | [ones @ b'1'..=b'9', 0, ..] => ones - b'0',
            [tens @ b'1'..=b'9', ones @ b'0'..=b'9'] | [tens @ b'1'..=b'9', ones @ b'0'..=b'9', 0, ..] => {
                10 * (tens - b'0') + (ones - b'0')
            }
            _ => return None,
        };
        (bits <= if signed { 64 } else { 63 }).then_some(Self { signed, bits: bits.into() })
    }

    /// The width in bits.
    pub(super) fn bits(self) -> u32 {
        self.bits
    }

    /// The number at this offset in bits. Behind the end are zero bits.
    #[inline]
    pub(super) fn get(self, bytes: &[u8], offset: u64) -> i64 {
        let (place, behind) = self.place(offset);
        let bits = match bytes.get(place.clone()) {
            Some(there) => window(there),
            None => place.fold(0, |bits, at| bits << 8 | u128::from(bytes.get(at).copied().unwrap_or(0))),
        };
        self.number((bits >> behind) as u64)
    }

    /// Writes the lower bits of the number at this offset in bits, which the caller has made room for.
    #[inline]
    pub(super) fn set(self, bytes: &mut [u8], offset: u64, number: i64) {
        let (place, behind) = self.place(offset);
        let Some(place) = bytes.get_mut(place) else { return };
        let field = u128::from(u64::MAX >> self.unused()) << behind;
        let mut new = (window(place) & !field) | (u128::from(number as u64) << behind & field);
        for byte in place.iter_mut().rev() {
            *byte = new as u8;
            new >>= 8;
        }
    }

    /// The bytes that a field at this offset in bits lies in, 9 at most, and how many bits of the last one follow it.
    #[inline]
    fn place(self, offset: u64) -> (Range<usize>, u32) {
        let (start, end) = ((offset / 8) as usize, offset % 8 + u64::from(self.bits));
        let len = end.div_ceil(8);
        (start..start + len as usize, (8 * len - end) as u32)
    }

    /// The number that SET writes for its argument.
    ///
    /// An unsigned field takes a negative argument for one above 2⁶³, so SAT makes the largest number of it. In 7.0.15
    /// the same happens to a signed field when the argument is so far below that its distance from the largest number
    /// is no `i64`: `SET i8 0 -9223372036854775808` with SAT writes 127.
    pub(super) fn argument(self, number: i64) -> i128 {
        let (_, max) = self.range();
        let far_below = self.bits < 64 && max.checked_sub(number).is_none();
        if !self.signed || far_below { i128::from(number as u64) } else { number.into() }
    }

    /// What the field holds after this number is written; `None` where that fails.
    #[inline]
    pub(super) fn fit(self, number: i128, overflow: Overflow) -> Option<i64> {
        let (min, max) = self.range();
        if (i128::from(min)..=i128::from(max)).contains(&number) {
            return Some(number as i64);
        }
        match overflow {
            Overflow::Wrap => Some(self.number(number as u64)),
            Overflow::Saturate => Some(if number < 0 { min } else { max }),
            Overflow::Fail => None,
        }
    }

    /// The smallest and the largest number that the field can hold.
    #[inline]
    fn range(self) -> (i64, i64) {
        if self.signed {
            (i64::MIN >> self.unused(), i64::MAX >> self.unused())
        } else {
            (0, (u64::MAX >> self.unused()) as i64)
        }
    }

    /// The number whose bits are the lowest of these.
    #[inline]
    fn number(self, bits: u64) -> i64 {
        let upper = bits << self.unused();
        if self.signed { upper as i64 >> self.unused() } else { (upper >> self.unused()) as i64 }
    }

    /// How many of 64 bits the field leaves.
    fn unused(self) -> u32 {
        64 - self.bits
    }
}

/// These bytes as one number.
#[inline]
fn window(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |window, byte| window << 8 | u128::from(*byte))
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
        for (word, bits) in [(&b"u8\0x"[..], 8), (b"u63\0", 63), (b"u10", 10), (b"u1\0\0", 1)] {
            assert_eq!(Encoding::parse(word), Some(Encoding { signed: false, bits }));
        }
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
                        for number in [min, max, 0, 1 & max] {
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
