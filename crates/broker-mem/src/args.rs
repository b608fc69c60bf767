//! A handler's view of its arguments: bytes by position, and the number formats of Redis.

use std::ops::{Index, RangeInclusive};

use bytes::Bytes;
use embroker_core::error::texts;
pub(crate) use embroker_core::parse_int;
use embroker_core::table::Keys;
use embroker_core::{Arg, Command, ServerError};

use crate::objects::Text;

/// The arguments of one call, after the name. The table has checked how many there are.
#[derive(Clone, Copy)]
pub(crate) struct Args<'a>(&'a [Arg<'a>], Option<&'a [u8]>);

impl<'a> Args<'a> {
    #[inline]
    pub(crate) fn new(args: &'a [Arg<'a>]) -> Self {
        Self(args, None)
    }

    /// The same, of a command that may have a subcommand.
    #[inline]
    pub(crate) fn of(self, command: &'a Command<'a>) -> Self {
        Self(self.0, command.subcommand_as_written())
    }

    /// The subcommand that was called: as it was written, or else by its name in the table.
    pub(crate) fn subcommand(&self, name: &'static str) -> &'a [u8] {
        self.1.unwrap_or(name.as_bytes())
    }

    /// All arguments.
    #[inline]
    pub(crate) fn all(&self) -> &'a [Arg<'a>] {
        self.0
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

    /// The arguments that are keys, for a row that has them there.
    pub(crate) fn keys(&self, keys: Keys) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let args = self.0;
        keys.positions(args).filter_map(|at| args.get(at)).map(Arg::as_bytes)
    }

    /// The argument as a buffer to keep.
    pub(crate) fn bytes(&self, at: usize) -> Bytes {
        self.0[at].to_bytes()
    }

    /// The argument as a text for a value to keep.
    pub(crate) fn text(&self, at: usize) -> Text<'a> {
        Text::from(&self.0[at])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_in_any_case_and_ends_at_a_nul_byte() {
        let args = ["Count", "COUNT\0x", "counts", "coun", ""].map(Arg::from);
        let is: Vec<bool> = (0..6).map(|at| Args::new(&args).is(at, "count")).collect();
        assert_eq!(is, [true, true, false, false, false, false]);
    }
}
