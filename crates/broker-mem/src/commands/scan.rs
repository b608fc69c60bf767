//! What SCAN, SSCAN and HSCAN have in common: the cursor, the options and the reply.

use embroker_core::error::texts;
use embroker_core::{Glob, ServerError, Value};

use crate::args::Args;

/// How many items a step looks at where COUNT does not say.
const DEFAULT_COUNT: usize = 10;

/// The options of one step.
pub(super) struct ScanOptions<'a> {
    pub(super) count: usize,
    /// Nothing for `MATCH *`, which Redis takes as no pattern, so that it matches the empty text too.
    pattern: Option<Glob>,
    kind: Option<&'a [u8]>,
}

impl<'a> ScanOptions<'a> {
    /// Reads the options from `at` on. TYPE is one of SCAN's only.
    pub(super) fn parse(args: &Args<'a>, mut at: usize, with_type: bool) -> Result<Self, ServerError> {
        let mut options = Self { count: DEFAULT_COUNT, pattern: None, kind: None };
        while at < args.len() {
            match args.get(at + 1) {
                Some(_) if args.is(at, "COUNT") => {
                    let count = args.int(at + 1)?;
                    options.count = usize::try_from(count).ok().filter(|count| *count > 0).ok_or(texts::SYNTAX)?;
                }
                Some(pattern) if args.is(at, "MATCH") => {
                    options.pattern = (pattern != b"*").then(|| Glob::new(pattern));
                }
                Some(kind) if with_type && args.is(at, "TYPE") => options.kind = Some(kind),
                _ => return Err(texts::SYNTAX),
            }
            at += 2;
        }
        Ok(options)
    }

    /// Whether MATCH lets the item through.
    pub(super) fn matches(&self, item: &[u8]) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.matches(item))
    }

    /// Whether TYPE lets keys of this type through. A type that does not exist lets none through.
    pub(super) fn admits(&self, kind: &str) -> bool {
        self.kind.is_none_or(|wanted| wanted.eq_ignore_ascii_case(kind.as_bytes()))
    }
}

/// Reads a cursor as C's `strtoul` does: a sign may stand before it, a negative one wraps around, no digit at all is 0 if
/// nothing else is there either, and what follows a NUL byte does not count.
pub(super) fn cursor(text: &[u8]) -> Result<u64, ServerError> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    if text.is_empty() {
        return Ok(0);
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(texts::INVALID_CURSOR);
    }
    let cursor: u64 =
        std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).ok_or(texts::INVALID_CURSOR)?;
    Ok(if negative { cursor.wrapping_neg() } else { cursor })
}

/// The next cursor, as text, and the items of the step.
pub(super) fn reply(cursor: u64, items: Vec<Value>) -> Value {
    Value::Array(vec![Value::from(cursor.to_string().into_bytes()), Value::Array(items)])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line was asked of a real Redis 7.0.15.
    #[test]
    fn a_cursor_is_read_as_strtoul_reads_it() {
        let max = u64::MAX.to_string();
        for (text, expected) in [
            ("0", Some(0)),
            ("", Some(0)),
            ("\0x", Some(0)),
            ("5\0x", Some(5)),
            ("+7", Some(7)),
            ("007", Some(7)),
            ("-1", Some(u64::MAX)),
            (&max, Some(u64::MAX)),
            ("-18446744073709551615", Some(1)),
            ("18446744073709551616", None),
            ("-18446744073709551616", None),
            ("-", None),
            ("+-1", None),
            (" 1", None),
            ("1 ", None),
            ("x", None),
        ] {
            assert_eq!(cursor(text.as_bytes()).ok(), expected, "{text:?}");
        }
    }
}
