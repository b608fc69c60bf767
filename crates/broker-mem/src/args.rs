//! A handler's view of its arguments: bytes by position, and the number formats of Redis.

use std::ops::{Index, RangeInclusive};

use bytes::Bytes;
use embroker_core::error::texts;
use embroker_core::{Arg, ServerError};

/// The arguments of one call, after the name. The table has checked how many there are.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a>(&'a [Arg<'a>]);

impl<'a> Args<'a> {
    pub(crate) fn new(args: &'a [Arg<'a>]) -> Self {
        Self(args)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&'a [u8]> {
        self.0.get(at).map(Arg::as_bytes)
    }

    /// The arguments from `at` on, in order.
    pub(crate) fn from(&self, at: usize) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone + use<'a> {
        self.0[at.min(self.0.len())..].iter().map(Arg::as_bytes)
    }

    /// The argument as a buffer to keep.
    pub(crate) fn bytes(&self, at: usize) -> Bytes {
        self.0[at].to_bytes()
    }

    /// Whether the argument is this word, in any case. A NUL byte ends it, as it does for C's `strcasecmp`.
    pub(crate) fn is(&self, at: usize, word: &str) -> bool {
        self.get(at).is_some_and(|arg| match arg.split_at_checked(word.len()) {
            Some((start, rest)) => start.eq_ignore_ascii_case(word.as_bytes()) && matches!(rest, [] | [0, ..]),
            None => false,
        })
    }

    /// The argument as an `i64`, or `ERR value is not an integer or out of range`.
    pub(crate) fn int(&self, at: usize) -> Result<i64, ServerError> {
        parse_int(&self[at]).ok_or(texts::NOT_AN_INTEGER)
    }

    /// The argument as an `i64` in a range, or the error that names the range.
    pub(crate) fn int_within(&self, at: usize, range: RangeInclusive<i64>) -> Result<i64, ServerError> {
        let number = self.int(at)?;
        let beyond = || ServerError::not_between(*range.start(), *range.end());
        range.contains(&number).then_some(number).ok_or_else(beyond)
    }
}

impl Index<usize> for Args<'_> {
    type Output = [u8];

    fn index(&self, at: usize) -> &[u8] {
        self.0[at].as_bytes()
    }
}

/// Reads an `i64` as Redis's `string2ll` does: no plus sign, no leading zero, no space, no `-0`.
pub(crate) fn parse_int(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    match digits {
        b"0" if digits.len() == text.len() => return Some(0),
        [b'1'..=b'9', rest @ ..] if digits.len() <= 19 && rest.iter().all(u8::is_ascii_digit) => {}
        _ => return None,
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_in_any_case_and_ends_at_a_nul_byte() {
        let args = ["Count", "COUNT\0x", "counts", "coun", ""].map(Arg::from);
        let is: Vec<bool> = (0..6).map(|at| Args::new(&args).is(at, "count")).collect();
        assert_eq!(is, [true, true, false, false, false, false]);
    }

    #[test]
    fn integers_are_read_as_strictly_as_redis_reads_them() {
        for text in ["", "-", "-0", "+1", "01", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "99999999999999999999"]
        {
            assert_eq!(parse_int(text.as_bytes()), None, "{text}");
        }
        for number in [0, 1, -1, 10, i64::MAX, i64::MIN] {
            assert_eq!(parse_int(number.to_string().as_bytes()), Some(number));
        }
    }
}
