//! The table was recorded from Redis 7.0.15 on x86-64; the properties need no server.

use proptest::prelude::*;

use super::LongDouble;

/// `SET key a`, `INCRBYFLOAT key b`, and what Redis answered.
const RECORDED: &[(&str, &str, &str)] = &[
    ("0", "0.1", "0.1"),
    ("0.1", "0.2", "0.3"),
    ("10.50", "0.1", "10.6"),
    ("5.0e3", "2.0e2", "5200"),
    ("-0", "-0", "0"),
    ("0", "-0.000000000000000001", "0"),
    ("0", "0.000000000000000005", "0"),
    ("0", "0.000000000000000015", "0.00000000000000002"),
    ("0", "0.0000000000000000051", "0.00000000000000001"),
    ("1", "0.000000000000000004", "1"),
    ("3", "1.1e-17", "3.00000000000000001"),
    ("9223372036854775807", "1", "9223372036854775808"),
    ("18446744073709551615", "1", "18446744073709551616"),
    ("18446744073709551616", "1", "18446744073709551616"),
    ("18446744073709551616", "3", "18446744073709551620"),
    ("-9223372036854775808", "0.5", "-9223372036854775807.5"),
    ("1e19", "0.5", "10000000000000000000"),
    ("1e20", "4.5", "100000000000000000008"),
    ("123456789012345678901234567890", "1", "123456789012345678899921813504"),
    ("0x1p3", "0x.8p1", "9"),
    ("0xfffffffffffffffffff", "-1", "75557863725914323419136"),
    ("1e22", "-1e22", "0"),
    ("1e30", "-1e29", "900000000000000000001610612736"),
    ("3.141592653589793238462643383279", "0", "3.14159265358979324"),
    ("-2.5", "2.25", "-0.25"),
    (".5", "5.", "5.5"),
    ("+1", "1.e2", "101"),
    ("1e-4950", "0", "0"),
    ("0x1p-17", "0", "0.00000762939453125"),
    ("0x1p-60", "0x1p-58", "0"),
    ("0x1p64", "-0x1p-1", "18446744073709551616"),
    ("0x1p63", "0.49999999999999999", "9223372036854775808"),
    ("1e40", "-1", "9999999999999999999783686092270256259072"),
];

fn number(text: &str) -> LongDouble {
    LongDouble::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text:?} is a number"))
}

/// The text that Redis prints of what it reads.
fn reprinted(text: &str) -> String {
    number(text).to_text()
}

#[test]
fn sums_print_as_redis_prints_them() {
    for (a, b, sum) in RECORDED {
        assert_eq!(number(a).checked_add(number(b)).unwrap().to_text(), *sum, "{a} + {b}");
    }
}

#[test]
fn what_redis_does_not_read_is_refused() {
    for text in [
        "", " 1", "1 ", "\u{b}1", "1\0", "-", "+", "--1", "+-1", ".", "e1", "1e", "1e+", "1e1.0", "1.2.3", "1,5",
        "1_0", "1P3", "0x", "0x.", "0xp1", "0x1p", "0x1p1.0", "0b1", "nan", "-nan", "nan(1)", "infinit", "in", "inf ",
        "0x0x1", "１",
    ] {
        assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text:?}");
    }
}

#[test]
fn a_number_beyond_the_range_is_refused_and_one_within_is_not() {
    for text in ["1.1898e4932", "1e4933", "1e99999999999999999999", "0x1p16384", "0x1p99999999999999999999"] {
        assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text}");
    }
    for text in ["1.8e-4951", "1e-99999999999999999999", "0x1p-16446", "-0x1p-99999999999999999999"] {
        assert_eq!(LongDouble::parse(text.as_bytes()), None, "{text}");
    }
    for text in ["1.9e-4951", "0x1p-16445", "0x1.8p-16446", "0e99999999999999999999", "0x0p99999999999999999999"] {
        assert_eq!(reprinted(text), "0", "{text}");
    }
    assert_eq!(reprinted("0x1.8p-16446"), reprinted("0x1p-16445"));
    assert_eq!(reprinted("1.1897e4932").len(), 4933);
}

#[test]
fn a_text_of_5_kib_is_too_long_for_a_number() {
    assert_eq!(LongDouble::parse(&[b'0'; 5119]), Some(LongDouble::ZERO));
    assert_eq!(LongDouble::parse(&[b'0'; 5120]), None);
}

#[test]
fn an_infinity_is_read_but_is_no_sum() {
    for text in ["inf", "-INF", "+Infinity"] {
        assert!(!number(text).is_finite());
        assert_eq!(number(text).checked_add(number("-inf")), None);
        assert_eq!(number("1").checked_add(number(text)), None);
    }
    let largest = "0x1.fffffffffffffffep16383";
    assert_eq!(number(largest).checked_add(number(largest)), None);
    assert!(number(largest).checked_add(number("1")).is_some());
}

#[test]
fn the_smallest_numbers_add_up_exactly() {
    let three = number("0x1p-16445").checked_add(number("0x1p-16444")).unwrap();
    assert_eq!(three, number("0x3p-16445"));
    assert_eq!(three.checked_add(number("-0x3p-16445")), Some(LongDouble::ZERO));
}

/// Any `f64` is a long double; the standard library prints and rounds those exactly.
fn doubles() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("finite", |number| number.is_finite())
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(text in prop_oneof![any::<Vec<u8>>(), "[-+]?(0x)?[0-9a-f.]{0,30}([ep][-+]?[0-9]{0,6})?".prop_map(String::into_bytes)]) {
        if let Some(number) = LongDouble::parse(&text) {
            prop_assert!(!number.is_finite() || LongDouble::parse(number.to_text().as_bytes()).is_some());
        }
    }

    #[test]
    fn integers_are_exact(a: i64, b: i64) {
        prop_assert_eq!(reprinted(&a.to_string()), a.to_string());
        // A sum of two takes 64 bits at most, and a long double has as many.
        let sum = number(&a.to_string()).checked_add(number(&b.to_string())).unwrap();
        prop_assert_eq!(sum.to_text(), (i128::from(a) + i128::from(b)).to_string());
    }

    #[test]
    fn text_is_rounded_as_the_standard_library_rounds_it(double in doubles()) {
        let expected = format!("{double:.17}");
        let expected = expected.trim_end_matches('0').trim_end_matches('.');
        let expected = if expected == "-0" { "0" } else { expected };
        prop_assert_eq!(reprinted(&format!("{double:.1100}")), expected);
    }

    #[test]
    fn a_small_decimal_is_what_it_is_among_all(digits in 1..10u64.pow(19), exponent in -19i64..=19) {
        let digits = digits.to_string().bytes().map(|digit| digit - b'0').collect();
        let literal = super::Literal { digits, exponent };
        prop_assert!(literal.small_decimal().is_some());
        prop_assert_eq!(literal.small_decimal(), literal.any_decimal());
    }

    #[test]
    fn decimal_and_hexadecimal_notation_mean_the_same(mantissa: u64, exponent in -200i32..200) {
        let decimal = if exponent < 0 {
            // A fraction with a power of two below: multiply by 5 for each halving, and move the point.
            let power = exponent.unsigned_abs() as usize;
            let digits = super::Natural::from(mantissa).times(&(0..power).fold(1.into(), |five, _| super::Natural::from(5).times(&five)));
            format!("{digits}e-{power}")
        } else {
            super::Natural::from(mantissa).shifted_left(exponent as usize).to_string()
        };
        prop_assert_eq!(number(&decimal), number(&format!("0x{mantissa:x}p{exponent}")));
    }

    #[test]
    fn a_text_between_two_numbers_becomes_the_nearer_one(mantissa in 1u64 << 63..u64::MAX, exponent in -200i32..200) {
        let at = |offset: u128| number(&format!("0x{:x}p{exponent}", (u128::from(mantissa) << 8) + offset));
        prop_assert_eq!(at(0x7f), at(0));
        prop_assert_eq!(at(0x81), at(0x100));
        prop_assert_eq!(at(0x80), if mantissa % 2 == 0 { at(0) } else { at(0x100) });
    }

    #[test]
    fn addition_is_commutative_and_has_inverses(a in doubles(), b in doubles()) {
        let (a, b, minus_a) = (format!("{a:e}"), format!("{b:e}"), format!("{:e}", -a));
        prop_assert_eq!(number(&a).checked_add(number(&b)), number(&b).checked_add(number(&a)));
        prop_assert_eq!(number(&a).checked_add(number(&minus_a)).unwrap().to_text(), "0");
    }
}
