//! The numbers of INCRBYFLOAT and HINCRBYFLOAT: the 80-bit `long double` of x86, with its 64-bit mantissa.
//!
//! Redis reads them with `strtold`, adds them on the x87 and prints them with `%.17Lf`; the same is done here with
//! whole numbers, rounding to the nearest and ties to even, so that every digit is Redis's on any machine.

mod natural;
#[cfg(test)]
mod tests;

use natural::{LIMB_DIGITS, Natural};
use smallvec::SmallVec;

/// The power of two of the smallest number: 2^-16445.
const MIN_EXPONENT: i32 = -16445;
/// Every number is below this power of two: 2^16384.
const MAX_BITS: i32 = 16384;
/// The longest text that Redis reads as a number, in bytes.
const LONGEST_TEXT: usize = 5 * 1024 - 1;
/// The digits that Redis prints after the point, and the power of ten that goes with them.
const DECIMALS: usize = 17;
const SCALE: u128 = 10u128.pow(DECIMALS as u32);

/// An extended-precision number, or an infinity. There is no NaN: Redis reads none and stores none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LongDouble {
    negative: bool,
    magnitude: Magnitude,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Magnitude {
    /// `mantissa × 2^exponent`, where the mantissa has its top bit set or the exponent is the smallest one.
    Finite {
        mantissa: u64,
        exponent: i32,
    },
    Infinite,
}

impl LongDouble {
    /// Zero, from which a missing value counts.
    pub(crate) const ZERO: Self =
        Self { negative: false, magnitude: Magnitude::Finite { mantissa: 0, exponent: MIN_EXPONENT } };

    /// A zero has no sign: Redis never prints one.
    fn new(negative: bool, magnitude: Magnitude) -> Self {
        Self { negative: negative && magnitude != Self::ZERO.magnitude, magnitude }
    }

    /// Reads what C's `strtold` reads: a decimal number, a hexadecimal one with a binary exponent, or an infinity.
    ///
    /// As in Redis the whole text must be the number, without space around it. A number that is too large, or so small
    /// that it would become zero, is refused; one that only loses digits is not.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        if text.len() > LONGEST_TEXT {
            return None;
        }
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        if text.eq_ignore_ascii_case(b"inf") || text.eq_ignore_ascii_case(b"infinity") {
            return Some(Self { negative, magnitude: Magnitude::Infinite });
        }
        let magnitude = match text {
            [b'0', b'x' | b'X', hex @ ..] => Literal::scan(hex, 16)?.hexadecimal(),
            _ => Literal::scan(text, 10)?.decimal(),
        };
        Some(Self::new(negative, magnitude?))
    }

    /// Whether the number is no infinity.
    pub(crate) fn is_finite(self) -> bool {
        self.magnitude != Magnitude::Infinite
    }

    /// The sum, rounded once; `None` where it is not finite.
    pub(crate) fn checked_add(self, other: Self) -> Option<Self> {
        let (
            Magnitude::Finite { mantissa: a, exponent: a_exponent },
            Magnitude::Finite { mantissa: b, exponent: b_exponent },
        ) = (self.magnitude, other.magnitude)
        else {
            return None;
        };
        if a == 0 {
            return Some(other);
        }
        if b == 0 {
            return Some(self);
        }
        // Both with their top bit in place 126: one bit for a carry above, and below the mantissas room to line up.
        let (a_zeros, b_zeros) = (a.leading_zeros() as i32, b.leading_zeros() as i32);
        let (a, a_exponent) = (u128::from(a) << (a_zeros + 63), a_exponent - a_zeros - 63);
        let (b, b_exponent) = (u128::from(b) << (b_zeros + 63), b_exponent - b_zeros - 63);
        let exponent = a_exponent.max(b_exponent);
        let a = shift_right_sticky(a, exponent.abs_diff(a_exponent));
        let b = shift_right_sticky(b, exponent.abs_diff(b_exponent));
        let (negative, sum) = match (self.negative == other.negative, a >= b) {
            (true, _) => (self.negative, a + b),
            (false, true) => (self.negative, a - b),
            (false, false) => (other.negative, b - a),
        };
        let sum = Self::new(negative, Magnitude::nearest(sum, exponent));
        sum.is_finite().then_some(sum)
    }

    /// The text that Redis prints: at most 17 digits after the point, no exponent, no zeros at the end, never `-0`.
    /// At most 4933 bytes.
    pub(crate) fn to_text(self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let Magnitude::Finite { mantissa, exponent } = self.magnitude else { return format!("{sign}inf") };
        match exponent {
            64.. => format!("{sign}{}", Natural::from(mantissa).shifted_left(exponent as usize)),
            0..64 => format!("{sign}{}", u128::from(mantissa) << exponent),
            _ => {
                // At most 121 bits: 64 of the mantissa and 57 of the power of ten.
                let scaled = shift_right_to_even(u128::from(mantissa) * SCALE, exponent.unsigned_abs());
                match (scaled / SCALE, scaled % SCALE) {
                    (0, 0) => "0".into(),
                    (whole, 0) => format!("{sign}{whole}"),
                    (whole, fraction) => {
                        let mut text = format!("{sign}{whole}.{fraction:0DECIMALS$}");
                        text.truncate(text.trim_end_matches('0').len());
                        text
                    }
                }
            }
        }
    }
}

impl Magnitude {
    /// The number nearest to `bits × 2^exponent`, ties to the even mantissa. The lowest bit may stand for any fraction
    /// that was cut off, where at least two bits more than a mantissa's are given.
    fn nearest(bits: u128, exponent: i32) -> Self {
        if bits == 0 {
            return LongDouble::ZERO.magnitude;
        }
        let excess = (64 - bits.leading_zeros() as i32).max(MIN_EXPONENT.saturating_sub(exponent));
        let (rounded, exponent) = if excess > 0 {
            (shift_right_to_even(bits, excess as u32), exponent + excess)
        } else {
            let room = bits.leading_zeros().saturating_sub(64).min(exponent.abs_diff(MIN_EXPONENT));
            (bits << room, exponent - room as i32)
        };
        // Rounding up may have carried into a 65th bit, which leaves zeros only below it.
        let (mantissa, exponent) =
            u64::try_from(rounded).map_or((1 << 63, exponent + 1), |mantissa| (mantissa, exponent));
        let bits = 64 - mantissa.leading_zeros() as i32;
        if bits + exponent > MAX_BITS { Self::Infinite } else { Self::Finite { mantissa, exponent } }
    }

    /// What a text of other digits than zeros became, unless it left the range of numbers at either end.
    fn in_range(self) -> Option<Self> {
        match self {
            Self::Infinite | Self::Finite { mantissa: 0, .. } => None,
            Self::Finite { .. } => Some(self),
        }
    }
}

/// A number as it is written: digits without leading zeros, and an exponent to the base of ten or of two.
struct Literal {
    digits: SmallVec<[u8; 24]>,
    exponent: i64,
}

impl Literal {
    fn scan(text: &[u8], radix: u8) -> Option<Self> {
        let (marker, exponent_of_a_digit) = if radix == 16 { (b'p', 4) } else { (b'e', 1) };
        let end = text.iter().position(|byte| byte.to_ascii_lowercase() == marker).unwrap_or(text.len());
        let (number, exponent) = text.split_at(end);
        let exponent = match exponent {
            [] => 0,
            [_, b'-', digits @ ..] => -scan_exponent(digits)?,
            [_, b'+', digits @ ..] | [_, digits @ ..] => scan_exponent(digits)?,
        };

        let point = number.iter().position(|byte| *byte == b'.').unwrap_or(number.len());
        let (whole, fraction) = (&number[..point], number.get(point + 1..).unwrap_or_default());
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut digits = SmallVec::with_capacity(number.len());
        for byte in whole.iter().chain(fraction) {
            let digit = char::from(*byte).to_digit(radix.into())? as u8;
            if digit > 0 || !digits.is_empty() {
                digits.push(digit);
            }
        }
        Some(Self { digits, exponent: exponent - exponent_of_a_digit * fraction.len() as i64 })
    }

    fn decimal(&self) -> Option<Magnitude> {
        if self.digits.is_empty() {
            return LongDouble::ZERO.magnitude.into();
        }
        // The number is below 10 to this power, and not below a tenth of that. The bounds are those of the range of
        // numbers.
        let below = self.exponent + self.digits.len() as i64;
        if !(-4950..=4933).contains(&below) {
            return None;
        }
        self.small_decimal().or_else(|| self.any_decimal())
    }

    /// As [`decimal`](Self::decimal), with whole numbers as large as it takes.
    fn any_decimal(&self) -> Option<Magnitude> {
        let ten = Natural::power_of_ten(self.exponent.unsigned_abs() as usize);
        let digits = Natural::from_digits(&self.digits);
        let (dividend, divisor) =
            if self.exponent < 0 { (digits, ten) } else { (digits.times(&ten), Natural::from(1)) };
        let (bits, exponent) = dividend.divide(&divisor);
        Magnitude::nearest(bits, exponent).in_range()
    }

    /// As [`decimal`](Self::decimal) for what most numbers are: at most 19 digits, with the point within 19 places of
    /// them. The digits and the power of ten fit 64 bits each.
    fn small_decimal(&self) -> Option<Magnitude> {
        if self.digits.len() > LIMB_DIGITS {
            return None;
        }
        let places = usize::try_from(self.exponent.unsigned_abs()).ok().filter(|places| *places <= LIMB_DIGITS)?;
        let digits = self.digits.iter().fold(0, |digits: u64, digit| digits * 10 + u64::from(*digit));
        let ten = 10u64.pow(places as u32);
        if self.exponent >= 0 {
            return Some(Magnitude::nearest(u128::from(digits) * u128::from(ten), 0));
        }
        // Both with their top bit set, so that the quotient has 72 or 73 bits, in two steps of 64 and 8.
        let (digits_zeros, ten_zeros) = (digits.leading_zeros(), ten.leading_zeros());
        let (dividend, divisor) = (u128::from(digits << digits_zeros) << 64, u128::from(ten << ten_zeros));
        let (high, rest) = (dividend / divisor, dividend % divisor);
        let (low, rest) = ((rest << 8) / divisor, (rest << 8) % divisor);
        let quotient = high << 8 | low | u128::from(rest != 0);
        Some(Magnitude::nearest(quotient, ten_zeros as i32 - digits_zeros as i32 - 72))
    }

    fn hexadecimal(&self) -> Option<Magnitude> {
        const KEPT: usize = 30;
        if self.digits.is_empty() {
            return LongDouble::ZERO.magnitude.into();
        }
        let (kept, rest) = self.digits.split_at(self.digits.len().min(KEPT));
        let bits = kept.iter().fold(0, |bits: u128, digit| bits << 4 | u128::from(*digit));
        let sticky = rest.iter().any(|digit| *digit != 0);
        let exponent = self.exponent + 4 * rest.len() as i64;
        // Beyond this the number is out of range, whatever its digits.
        let exponent = exponent.clamp(i64::from(2 * MIN_EXPONENT), i64::from(2 * MAX_BITS)) as i32;
        Magnitude::nearest(bits | u128::from(sticky), exponent).in_range()
    }
}

/// Reads the digits of an exponent. One beyond every range stays there.
fn scan_exponent(digits: &[u8]) -> Option<i64> {
    const FAR: i64 = 1 << 40;
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |exponent: i64, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        Some((exponent * 10 + i64::from(digit)).min(FAR))
    })
}

/// `bits` shifted right. The lowest bit of the result is set where any bit was lost.
fn shift_right_sticky(bits: u128, by: u32) -> u128 {
    let shifted = bits.checked_shr(by).unwrap_or(0);
    let lost = bits != 0 && bits.trailing_zeros() < by;
    shifted | u128::from(lost)
}

/// `bits` shifted right and rounded to the nearest, ties to even.
fn shift_right_to_even(bits: u128, by: u32) -> u128 {
    if by == 0 {
        return bits;
    }
    // Two more bits than wanted, of which the lower stands for everything below: 0, below half, half, above half.
    let with_two_more = if by == 1 { bits << 1 } else { shift_right_sticky(bits, by - 2) };
    let (shifted, rest) = (with_two_more >> 2, with_two_more & 0b11);
    let up = rest == 0b11 || rest == 0b10 && shifted & 1 == 1;
    shifted + u128::from(up)
}
