//! Whole numbers of any size, with the few operations that exact conversion from and to decimal text takes.

use std::fmt;

/// A whole number: 64 bits to a limb, the lowest limb first, the last one not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Natural(Vec<u64>);

/// How many decimal digits fit a limb, and the power of ten that goes with them.
pub(super) const LIMB_DIGITS: usize = 19;
const LIMB_POWER: u64 = 10u64.pow(LIMB_DIGITS as u32);

impl From<u64> for Natural {
    fn from(number: u64) -> Self {
        let mut natural = Self(vec![number]);
        natural.trim();
        natural
    }
}

impl Natural {
    /// The number with these decimal digits, each 0 to 9.
    pub(super) fn from_digits(digits: &[u8]) -> Self {
        let mut number = Self(Vec::new());
        for chunk in digits.chunks(LIMB_DIGITS) {
            let value = chunk.iter().fold(0, |value: u64, digit| value * 10 + u64::from(*digit));
            number.times_plus(10u64.pow(chunk.len() as u32), value);
        }
        number
    }

    pub(super) fn power_of_ten(exponent: usize) -> Self {
        let mut number = Self::from(1);
        for _ in 0..exponent / LIMB_DIGITS {
            number.times_plus(LIMB_POWER, 0);
        }
        number.times_plus(10u64.pow((exponent % LIMB_DIGITS) as u32), 0);
        number
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let mut product = vec![0; self.0.len() + other.0.len()];
        for (i, a) in self.0.iter().enumerate() {
            let mut carry = 0;
            for (place, b) in product[i..].iter_mut().zip(other.0.iter().chain(&[0])) {
                let sum = u128::from(*a) * u128::from(*b) + u128::from(*place) + carry;
                *place = sum as u64;
                carry = sum >> 64;
            }
        }
        let mut product = Self(product);
        product.trim();
        product
    }

    pub(super) fn shifted_left(&self, by: usize) -> Self {
        let (limbs, bits) = (by / 64, by % 64);
        let mut shifted = vec![0; limbs];
        let mut carry = 0;
        for limb in &self.0 {
            let wide = u128::from(*limb) << bits | carry;
            shifted.push(wide as u64);
            carry = wide >> 64;
        }
        shifted.push(carry as u64);
        let mut shifted = Self(shifted);
        shifted.trim();
        shifted
    }

    /// The quotient of two numbers that are not zero as `bits × 2^exponent`, with 66 or 67 bits, the lowest of which is
    /// set where the division leaves a rest.
    pub(super) fn divide(&self, divisor: &Self) -> (u128, i32) {
        const BITS: isize = 66;
        let exponent = self.bits() as isize - divisor.bits() as isize - BITS;
        let mut rest = self.shifted_left((-exponent).max(0) as usize);
        let mut divisor = divisor.shifted_left(exponent.max(0) as usize + BITS as usize);
        let mut quotient = 0;
        for _ in 0..=BITS {
            quotient <<= 1;
            if rest.try_subtract(&divisor) {
                quotient |= 1;
            }
            divisor.halve();
        }
        (quotient | u128::from(!rest.is_zero()), exponent as i32)
    }

    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    fn bits(&self) -> usize {
        self.0.last().map_or(0, |top| self.0.len() * 64 - top.leading_zeros() as usize)
    }

    fn times_plus(&mut self, factor: u64, addend: u64) {
        let mut carry = u128::from(addend);
        for limb in &mut self.0 {
            let sum = u128::from(*limb) * u128::from(factor) + carry;
            *limb = sum as u64;
            carry = sum >> 64;
        }
        self.0.push(carry as u64);
        self.trim();
    }

    /// Divides in place and answers the rest.
    fn divide_by_limb(&mut self, divisor: u64) -> u64 {
        let mut rest = 0;
        for limb in self.0.iter_mut().rev() {
            let wide = rest << 64 | u128::from(*limb);
            *limb = (wide / u128::from(divisor)) as u64;
            rest = wide % u128::from(divisor);
        }
        self.trim();
        rest as u64
    }

    /// Subtracts, unless the other number is the larger.
    fn try_subtract(&mut self, other: &Self) -> bool {
        let order = self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()));
        if order.is_lt() {
            return false;
        }
        let mut borrow = false;
        for (limb, minus) in self.0.iter_mut().zip(other.0.iter().chain(std::iter::repeat(&0))) {
            let (difference, below) = limb.overflowing_sub(*minus);
            let (difference, below_again) = difference.overflowing_sub(borrow.into());
            *limb = difference;
            borrow = below || below_again;
        }
        self.trim();
        true
    }

    fn halve(&mut self) {
        let mut carry = 0;
        for limb in self.0.iter_mut().rev() {
            let low = *limb & 1;
            *limb = *limb >> 1 | carry << 63;
            carry = low;
        }
        self.trim();
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

impl fmt::Display for Natural {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.clone();
        let mut chunks = Vec::new();
        while !rest.is_zero() {
            chunks.push(rest.divide_by_limb(LIMB_POWER));
        }
        write!(f, "{}", chunks.pop().unwrap_or(0))?;
        chunks.iter().rev().try_for_each(|chunk| write!(f, "{chunk:0LIMB_DIGITS$}"))
    }
}
