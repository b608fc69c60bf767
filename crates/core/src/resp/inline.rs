//! Inline requests: a line of words, quoted as in `redis-cli`.

use crate::Arg;

/// Splits a line into words as Redis's `sdssplitargs` does; `None` where a quote is not closed, or is closed inside a
/// word.
///
/// Double quotes know `\n`, `\r`, `\t`, `\b`, `\a` and `\xHH`; single quotes only `\'`. A quote may open inside a word.
pub(super) fn split(line: &[u8]) -> Option<Vec<Arg<'static>>> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        let start = rest.iter().position(|byte| !is_space(*byte));
        let Some(start) = start else { return Some(words) };
        let mut word = Vec::new();
        rest = take_word(&rest[start..], &mut word)?;
        words.push(Arg::copied(&word));
    }
}

/// Reads one word off the front; what follows it.
fn take_word<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        rest = match rest {
            [] | [b' ' | b'\n' | b'\r' | b'\t', ..] => return Some(rest),
            [b'"', rest @ ..] => return after_quote(take_double_quoted(rest, word)?),
            [b'\'', rest @ ..] => return after_quote(take_single_quoted(rest, word)?),
            [byte, rest @ ..] => {
                word.push(*byte);
                rest
            }
        }
    }
}

fn take_double_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (byte, after) = match rest {
            [] => return None,
            [b'"', rest @ ..] => return Some(rest),
            [b'\\', b'x', high, low, after @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                (hex(*high) << 4 | hex(*low), after)
            }
            [b'\\', escaped, after @ ..] => (unescape(*escaped), after),
            [byte, after @ ..] => (*byte, after),
        };
        word.push(byte);
        rest = after;
    }
}

fn take_single_quoted<'a>(mut rest: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    loop {
        let (byte, after) = match rest {
            [] => return None,
            [b'\\', b'\'', after @ ..] => (b'\'', after),
            [b'\'', rest @ ..] => return Some(rest),
            [byte, after @ ..] => (*byte, after),
        };
        word.push(byte);
        rest = after;
    }
}

/// A closing quote ends its word: a space or the end must follow.
fn after_quote(rest: &[u8]) -> Option<&[u8]> {
    rest.first().is_none_or(|next| is_space(*next)).then_some(rest)
}

fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => other,
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

/// What C's `isspace` takes for one.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[u8]) -> Option<Vec<Vec<u8>>> {
        split(line).map(|words| words.iter().map(|word| word.as_bytes().to_vec()).collect())
    }

    #[test]
    fn words_are_quoted_as_redis_cli_quotes_them() {
        assert_eq!(words(b"  set a\tb\x0b "), Some(vec![b"set".to_vec(), b"a".to_vec(), b"b\x0b".to_vec()]));
        assert_eq!(words(br#""\x41\n\q\"""#), Some(vec![b"A\nq\"".to_vec()]));
        assert_eq!(words(br"'a\'b\n'"), Some(vec![br"a'b\n".to_vec()]));
        assert_eq!(words(br#"a"b c" '' """#), Some(vec![b"ab c".to_vec(), vec![], vec![]]));
        assert_eq!(words(br#""\xg1""#), Some(vec![b"xg1".to_vec()]));
        assert_eq!(words(b""), Some(vec![]));
    }

    #[test]
    fn a_quote_that_is_not_closed_or_closes_inside_a_word_is_refused() {
        for line in [&b"\"abc"[..], b"'abc", b"\"abc\"d", b"'abc'd", b"a \"", b"\"a\\", b"\"a\\\""] {
            assert_eq!(words(line), None, "{}", line.escape_ascii());
        }
    }
}
