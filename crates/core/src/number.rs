//! The integers of Redis's protocol, read as strictly as Redis reads them.

/// Reads an `i64` as Redis's `string2ll` does: no plus sign, no leading zero, no space, no `-0`.
///
/// # Examples
///
/// ```
/// use embroker_core::parse_int;
///
/// assert_eq!(parse_int(b"-42"), Some(-42));
/// assert_eq!((parse_int(b"+42"), parse_int(b"042"), parse_int(b"")), (None, None, None));
/// ```
pub fn parse_int(text: &[u8]) -> Option<i64> {
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
