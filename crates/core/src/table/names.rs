//! The rows by their names, for every request looks one up.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use super::{CommandSpec, all};

/// The longest name that is looked up as one number.
const SHORT: usize = size_of::<u128>();

/// The row of this name, in any case.
#[inline]
pub(super) fn find(name: &[u8]) -> Option<&'static CommandSpec> {
    static BY_NAME: LazyLock<HashMap<u128, &'static CommandSpec, BuildHasherDefault<NumberHasher>>> =
        LazyLock::new(|| all().filter_map(|spec| Some((number(spec.name.as_bytes())?, spec))).collect());

    match number(name) {
        Some(number) => BY_NAME.get(&number).copied(),
        None => find_long(name),
    }
}

/// Only some subcommands have names that long.
#[cold]
fn find_long(name: &[u8]) -> Option<&'static CommandSpec> {
    all().find(|spec| spec.name.as_bytes().eq_ignore_ascii_case(name))
}

/// A short name as a number, the same for small and capital letters. A NUL byte at its end would add nothing, so a name
/// with one has none.
#[inline]
fn number(name: &[u8]) -> Option<u128> {
    let number = match (name.first_chunk(), name.last_chunk()) {
        // Two halves, of which the second begins within the first: what is in both is shifted out of it.
        (Some(start), Some(end)) if name.len() <= SHORT => {
            let end = u64::from_le_bytes(*end).unbounded_shr((SHORT - name.len()) as u32 * u8::BITS);
            u128::from(lower(u64::from_le_bytes(*start))) | u128::from(lower(end)) << u64::BITS
        }
        (None, _) => u128::from(lower(name.iter().rev().fold(0, |number, byte| number << u8::BITS | u64::from(*byte)))),
        _ => return None,
    };
    (name.last() != Some(&0)).then_some(number)
}

/// Eight letters, each capital one made small.
#[inline]
const fn lower(letters: u64) -> u64 {
    const EACH: u64 = u64::MAX / 0xff;
    const HIGH: u64 = EACH * 0x80;

    // Seven bits of each byte, and a sum with which the eighth tells whether they are beyond a letter.
    let low = letters & !HIGH;
    let from_a = low + EACH * (0x80 - b'A' as u64);
    let beyond_z = low + EACH * (0x7f - b'Z' as u64);
    letters | (from_a & !beyond_z & !letters & HIGH) >> 2
}

/// Multiplies: the names are ours and few, so nobody can choose ones that collide.
#[derive(Default)]
struct NumberHasher(u64);

impl Hasher for NumberHasher {
    fn write(&mut self, bytes: &[u8]) {
        // A name is one number, which comes below.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    #[inline]
    fn write_u128(&mut self, number: u128) {
        // Both the low and the high bits of the product tell names apart.
        let folded = number as u64 ^ ((number >> u64::BITS) as u64).rotate_left(23);
        let product = folded.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ product >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_in_any_case_and_nothing_else_is() {
        for spec in all() {
            let (lower, upper) = (spec.name.as_bytes(), spec.name.to_ascii_uppercase());
            for name in [lower, upper.as_bytes()] {
                assert_eq!(find(name).map(|found| found.id), Some(spec.id), "{}", spec.name);
            }
            for other in [format!("{}\0", spec.name), format!("{}x", spec.name), format!("\0{}", spec.name)] {
                assert!(find(other.as_bytes()).is_none_or(|found| found.name == other), "{other:?}");
            }
        }
        assert!(find(b"").is_none() && find(&[0; 16]).is_none() && find(&[b'x'; 100]).is_none());
        for byte in 0..=u8::MAX {
            let expected = u64::from_le_bytes([byte.to_ascii_lowercase(); 8]);
            assert_eq!(lower(u64::from_le_bytes([byte; 8])), expected, "{byte}");
        }
        assert!(find(b"ge\x54").is_some() && find(b"ge\xd4").is_none());
    }

    #[test]
    fn names_spread_over_the_map() {
        use std::hash::BuildHasher as _;

        let hasher = BuildHasherDefault::<NumberHasher>::default();
        let mut places: Vec<u64> =
            all().filter_map(|spec| Some(hasher.hash_one(number(spec.name.as_bytes())?) % 512)).collect();
        let names = places.len();
        places.sort_unstable();
        places.dedup();
        assert!(places.len() * 10 > names * 7, "{} places for {names} names", places.len());
    }
}
