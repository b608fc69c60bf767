//! Numbers as the C library and redis.conf read them: with units, with a sign, with what is missing taken for 0.

/// The text up to its first NUL byte.
pub(super) fn c_text(value: &[u8]) -> &[u8] {
    value.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// An amount of memory in bytes: decimal digits, then `b`, `k`, `kb`, `m`, `mb`, `g` or `gb` in any case. Without `b` a
/// unit is a power of 1000, with it a power of 1024. No digit at all is 0.
///
/// Too many digits are the largest number, and what a unit makes too large wraps around, both as in Redis.
///
/// # Examples
///
/// ```
/// use embroker_core::instance::config::memory;
///
/// assert_eq!((memory(b"2kb"), memory(b"2K"), memory(b"many")), (Some(2048), Some(2000), None));
/// ```
pub fn memory(text: &[u8]) -> Option<u64> {
    /// How many digits Redis has room for, and one more.
    const ROOM: usize = 128;

    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, unit) = text.split_at(digits);
    let unit: u64 = match &*unit.to_ascii_lowercase() {
        b"" | b"b" => 1,
        b"k" => 1_000,
        b"kb" => 1 << 10,
        b"m" => 1_000_000,
        b"mb" => 1 << 20,
        b"g" => 1_000_000_000,
        b"gb" => 1 << 30,
        _ => return None,
    };
    if digits.len() >= ROOM {
        return None;
    }
    let add = |sum: u64, digit: &u8| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0'));
    Some(digits.iter().try_fold(0, add).unwrap_or(u64::MAX).wrapping_mul(unit))
}

/// An integer as C's `strtoll` reads one that takes up the whole text: white space, a sign, decimal digits. No text is
/// 0; a number that does not fit is the nearest that does.
pub(super) fn trailing_i64(text: &[u8]) -> Option<i64> {
    let unsigned = |text: &[u8]| match text {
        [] => None,
        digits => digits.iter().try_fold(0_i128, |sum, digit| match digit {
            b'0'..=b'9' => Some(sum.saturating_mul(10).saturating_add(i128::from(digit - b'0'))),
            _ => None,
        }),
    };
    let number = match text.trim_ascii_start_c() {
        _ if text.is_empty() => 0,
        [b'-', digits @ ..] => -unsigned(digits)?,
        [b'+', digits @ ..] | digits => unsigned(digits)?,
    };
    Some(number.clamp(i64::MIN.into(), i64::MAX.into()) as i64)
}

/// A floating-point number as C's `strtod` reads one that takes up the whole text, decimal or hexadecimal; `None` for
/// white space, for what is not a number, and for a number too large or too small.
pub(super) fn float(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (-1.0, unsigned),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if unsigned.starts_with(['+', '-']) {
        return None;
    }
    let hexadecimal = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
    let number = match hexadecimal {
        Some(digits) => hexadecimal_float(digits)?,
        None => unsigned.parse::<f64>().ok()?,
    };
    let mantissa = unsigned.split(['e', 'E', 'p', 'P']).next().unwrap_or_default();
    let vanished = number == 0.0 && mantissa.contains(|c: char| c.is_ascii_hexdigit() && c != '0');
    let overflown = number.is_infinite() && unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (!vanished && !overflown && !number.is_nan()).then_some(sign * number)
}

/// The digits after `0x`: a mantissa with or without a point, then perhaps `p` and a power of two.
fn hexadecimal_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P']).map_or((text, Some(0)), |(m, e)| (m, e.parse::<i32>().ok()));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = whole.chars().chain(fraction.chars());
    let number =
        digits.map(|digit| digit.to_digit(16)).try_fold(0.0, |sum, digit| Some(sum * 16.0 + f64::from(digit?)))?;
    let scale = exponent?.saturating_sub(i32::try_from(fraction.len()).ok()?.saturating_mul(4));
    Some(number * 2_f64.powi(scale))
}

trait TrimStart {
    fn trim_ascii_start_c(&self) -> &[u8];
}

impl TrimStart for [u8] {
    /// Without leading white space, as C's `isspace` has it: a vertical tab is one too.
    fn trim_ascii_start_c(&self) -> &[u8] {
        let spaces = self.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0b).count();
        self.split_at(spaces).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_has_units_of_1000_and_of_1024() {
        for (text, bytes) in [
            ("1gb", Some(1 << 30)),
            ("1G", Some(1_000_000_000)),
            ("100Mb", Some(100 << 20)),
            ("3k", Some(3_000)),
            ("010", Some(10)),
            ("b", Some(0)),
            ("", Some(0)),
            ("18446744073709551616", Some(u64::MAX)),
            ("17179869184gb", Some(0)),
            ("1 gb", None),
            ("-1", None),
            ("+1", None),
            ("1.5gb", None),
            ("1t", None),
        ] {
            assert_eq!(memory(text.as_bytes()), bytes, "{text}");
        }
        assert_eq!((memory(&[b'0'; 127]), memory(&[b'0'; 128])), (Some(0), None));
    }

    #[test]
    fn an_integer_may_have_white_space_before_it_and_nothing_behind() {
        for (text, number) in [
            ("", Some(0)),
            ("\t\x0b +5", Some(5)),
            ("-5", Some(-5)),
            ("99999999999999999999999999999999999999999999", Some(i64::MAX)),
            ("-9223372036854775809", Some(i64::MIN)),
            ("5 ", None),
            ("0x1", None),
            ("-", None),
            ("+-1", None),
            (" ", None),
        ] {
            assert_eq!(trailing_i64(text.as_bytes()), number, "{text:?}");
        }
    }

    #[test]
    fn a_float_may_be_hexadecimal_and_must_fit() {
        for (text, number) in [
            ("1e1", Some(10.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("+5", Some(5.0)),
            ("0x1.8", Some(1.5)),
            ("0x1p3", Some(8.0)),
            ("-0", Some(-0.0)),
            ("inf", Some(f64::INFINITY)),
            ("0e5", Some(0.0)),
            ("1e400", None),
            ("1e-400", None),
            ("nan", None),
            ("", None),
            (" 5", None),
            ("5 ", None),
            ("0x", None),
            ("1_0", None),
            ("1e", None),
            ("+-5", None),
        ] {
            assert_eq!(float(text.as_bytes()), number, "{text:?}");
        }
    }
}
