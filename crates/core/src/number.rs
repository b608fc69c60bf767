//! The integers of Redis's protocol, read as strictly as Redis reads them.

/// The digits of the longest `i64`.
const LONGEST: usize = 19;

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
#[inline]
pub fn parse_int(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let mut magnitude = match digits {
        [b'0'] if !is_negative => return Some(0),
        [first @ b'1'..=b'9', ..] if digits.len() <= LONGEST => u64::from(first - b'0'),
        _ => return None,
    };
    for digit in digits.get(1..)? {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // So many digits never overflow a u64.
        magnitude = magnitude.wrapping_mul(10).wrapping_add(digit.into());
    }
    if is_negative { 0i64.checked_sub_unsigned(magnitude) } else { magnitude.try_into().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_strictly_as_redis_reads_them() {
        for text in [
            "",
            "-",
            "-0",
            "+1",
            "01",
            " 1",
            "1 ",
            "1.0",
            "0x1",
            "9223372036854775808",
            "-9223372036854775809",
            "9999999999999999999",
            "-9999999999999999999",
            "99999999999999999999",
            "1/",
            "1:",
            "-:",
        ] {
            assert_eq!(parse_int(text.as_bytes()), None, "{text}");
        }
        for number in [0, 1, -1, 10, i64::MAX, i64::MIN] {
            assert_eq!(parse_int(number.to_string().as_bytes()), Some(number));
        }
    }
}
