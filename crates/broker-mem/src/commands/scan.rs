//! What SCAN, HSCAN and SSCAN share: the cursor, the options and the shape of the reply.

use embroker_core::error::texts;
use embroker_core::{Glob, ServerError, Value};

use crate::Reply;
use crate::args::Args;

/// How many items one step looks at where COUNT does not say.
const DEFAULT_COUNT: usize = 10;

/// The options after the cursor.
pub(super) struct ScanOptions<'a> {
    /// COUNT: how many items one step looks at, at least 1.
    pub(super) count: usize,
    /// MATCH: `None` where anything matches.
    pattern: Option<Glob>,
    /// TYPE, which SCAN alone takes.
    pub(super) type_name: Option<&'a [u8]>,
}

impl<'a> ScanOptions<'a> {
    /// Reads the arguments from `at` on. An option that is given twice counts as it was given last.
    pub(super) fn read(args: &Args<'a>, mut at: usize, takes_type: bool) -> Result<Self, ServerError> {
        let mut options = Self { count: DEFAULT_COUNT, pattern: None, type_name: None };
        while at < args.len() {
            let value = args.get(at + 1).ok_or(texts::SYNTAX)?;
            if args.is(at, "count") {
                let count = args.int(at + 1)?;
                options.count = usize::try_from(count).ok().filter(|count| *count > 0).ok_or(texts::SYNTAX)?;
            } else if args.is(at, "match") {
                // A lone star is no pattern at all here: it matches the empty text too, which it doesn't elsewhere.
                options.pattern = (value != b"*").then(|| Glob::new(value));
            } else if takes_type && args.is(at, "type") {
                options.type_name = Some(value);
            } else {
                return Err(texts::SYNTAX);
            }
            at += 2;
        }
        Ok(options)
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
    }
}

/// Reads a cursor as C's `strtoul` does: digits after an optional sign, where a minus counts down from 2^64, and no
/// text at all is 0. What follows a NUL byte is not seen.
pub(super) fn read_cursor(text: &[u8]) -> Result<u64, ServerError> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let (negative, digits) = match text {
        [] => return Ok(0),
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    // Rust would take a second plus sign.
    let digits = Some(digits).filter(|digits| digits.iter().all(u8::is_ascii_digit));
    let number: Option<u64> = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    let number = number.ok_or(texts::INVALID_CURSOR)?;
    Ok(if negative { number.wrapping_neg() } else { number })
}

/// The reply of one step: the next cursor, then what was found.
pub(super) fn reply(next: u64, found: Vec<Value>) -> Reply {
    Ok(Value::Array(vec![next.to_string().into_bytes().into(), Value::Array(found)]))
}

#[cfg(test)]
mod tests {
    use embroker_core::Arg;

    use super::*;

    fn read(words: &[&str], takes_type: bool) -> Result<(usize, bool, bool), ServerError> {
        let args: Vec<Arg<'_>> = words.iter().map(Arg::from).collect();
        let options = ScanOptions::read(&Args::new(&args), 0, takes_type)?;
        Ok((options.count, options.matches(b""), options.type_name.is_some()))
    }

    #[test]
    fn a_cursor_is_read_as_strtoul_reads_it() {
        for (text, cursor) in [
            ("", 0),
            ("\0", 0),
            ("0\0x", 0),
            ("+7", 7),
            ("007", 7),
            ("-1", u64::MAX),
            ("18446744073709551615", u64::MAX),
            ("-18446744073709551615", 1),
        ] {
            assert_eq!(read_cursor(text.as_bytes()), Ok(cursor), "{text:?}");
        }
        for text in ["x", " 0", "0 ", "-", "+", "++1", "-+1", "0x1", "18446744073709551616", "-18446744073709551616"] {
            assert_eq!(read_cursor(text.as_bytes()), Err(texts::INVALID_CURSOR), "{text:?}");
        }
    }

    #[test]
    fn options_come_in_any_order_and_the_last_one_counts() {
        assert_eq!(read(&[], false), Ok((10, true, false)));
        assert_eq!(read(&["COUNT", "5", "match", "a", "count", "7"], false), Ok((7, false, false)));
        assert_eq!(read(&["match", "a", "match", "*", "type", "hash"], true), Ok((10, true, true)));
    }

    #[test]
    fn a_bad_option_is_a_syntax_error_and_a_bad_count_no_integer() {
        for words in [&["bogus"][..], &["count"], &["match"], &["type", "hash"], &["count", "0"], &["count", "-1"]] {
            assert_eq!(read(words, false), Err(texts::SYNTAX), "{words:?}");
        }
        assert_eq!(read(&["count", "x", "bogus"], false), Err(texts::NOT_AN_INTEGER));
        assert_eq!(read(&["count", "9223372036854775808"], false), Err(texts::NOT_AN_INTEGER));
    }
}
