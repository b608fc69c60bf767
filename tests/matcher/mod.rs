//! Redis's glob rules as a small recursive matcher, and patterns that meet its odd corners. It knows nothing of the
//! matcher under test.
//!
//! Each odd rule can be switched off, which shows whether a pattern and a text ever depend on it.

#![allow(dead_code, reason = "each test target uses its part")]

use proptest::prelude::*;
use proptest::sample::select;

/// The rules, each as Redis 7.0 has it or as one would expect it.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each rule is on or off by itself")]
pub(crate) struct Rules {
    /// Nothing but the empty pattern matches the empty text, so `*` does not.
    pub(crate) empty_text_needs_empty_pattern: bool,
    /// A class that is not closed ends with the pattern; otherwise `[` would be literal.
    pub(crate) unclosed_class_is_a_class: bool,
    /// `[z-a]` is `[a-z]`; otherwise it would match nothing.
    pub(crate) reversed_range_is_a_range: bool,
    /// Ranges compare bytes as signed.
    pub(crate) signed_ranges: bool,
    /// `[!a]` holds `!` and `a`; otherwise it would be a negation.
    pub(crate) exclamation_is_a_member: bool,
    /// `[^a]` is a negation; otherwise `^` would be a member.
    pub(crate) caret_negates: bool,
    /// A backslash at the end is literal; otherwise it would match nothing.
    pub(crate) last_backslash_is_literal: bool,
    /// A backslash escapes inside a class too.
    pub(crate) escapes_in_classes: bool,
    /// A backslash escapes outside of classes.
    pub(crate) escapes: bool,
    /// `[a-]` takes the bracket as the end of the range; otherwise the dash would be literal there.
    pub(crate) bracket_ends_a_range: bool,
    /// `[]a]` is an empty class and `a]`; otherwise the first bracket would be a member.
    pub(crate) first_bracket_closes: bool,
    /// A range may not start or end with an escape: `[\a-z]` is `a`, and then what `-z` is.
    pub(crate) escape_starts_no_range: bool,
}

impl Rules {
    /// As Redis 7.0.15 has them.
    pub(crate) const REDIS: Self = Self {
        empty_text_needs_empty_pattern: true,
        unclosed_class_is_a_class: true,
        reversed_range_is_a_range: true,
        signed_ranges: true,
        exclamation_is_a_member: true,
        caret_negates: true,
        last_backslash_is_literal: true,
        escapes_in_classes: true,
        escapes: true,
        bracket_ends_a_range: true,
        first_bracket_closes: true,
        escape_starts_no_range: true,
    };

    /// Redis's rules with one of them changed, for each of them.
    pub(crate) fn odd_ones_off() -> Vec<(&'static str, Self)> {
        let redis = Self::REDIS;
        vec![
            ("* on the empty text", Self { empty_text_needs_empty_pattern: false, ..redis }),
            ("unclosed class", Self { unclosed_class_is_a_class: false, ..redis }),
            ("reversed range", Self { reversed_range_is_a_range: false, ..redis }),
            ("signed range", Self { signed_ranges: false, ..redis }),
            ("[!a]", Self { exclamation_is_a_member: false, ..redis }),
            ("[^a]", Self { caret_negates: false, ..redis }),
            ("backslash at the end", Self { last_backslash_is_literal: false, ..redis }),
            ("escape in a class", Self { escapes_in_classes: false, ..redis }),
            ("escape", Self { escapes: false, ..redis }),
            ("[a-]", Self { bracket_ends_a_range: false, ..redis }),
            ("[]a]", Self { first_bracket_closes: false, ..redis }),
            ("[\\a-z]", Self { escape_starts_no_range: false, ..redis }),
        ]
    }

    /// Whether the pattern matches the whole text.
    pub(crate) fn matches(&self, pattern: &[u8], text: &[u8]) -> bool {
        if text.is_empty() && self.empty_text_needs_empty_pattern {
            return pattern.is_empty();
        }
        self.rest_matches(pattern, text)
    }

    fn rest_matches(&self, pattern: &[u8], text: &[u8]) -> bool {
        let Some((first, rest)) = pattern.split_first() else { return text.is_empty() };
        match first {
            b'*' => (0..=text.len()).any(|skipped| self.rest_matches(rest, &text[skipped..])),
            b'?' => !text.is_empty() && self.rest_matches(rest, &text[1..]),
            b'[' if self.unclosed_class_is_a_class || is_closed(rest) => {
                let Some((byte, tail)) = text.split_first() else { return false };
                let (holds, rest) = self.class_holds(rest, *byte);
                holds && self.rest_matches(rest, tail)
            }
            b'\\' if self.escapes => match rest.split_first() {
                Some((escaped, rest)) => self.literal(*escaped, rest, text),
                None => self.last_backslash_is_literal && text == b"\\",
            },
            literal => self.literal(*literal, rest, text),
        }
    }

    fn literal(&self, byte: u8, pattern: &[u8], text: &[u8]) -> bool {
        text.first() == Some(&byte) && self.rest_matches(pattern, &text[1..])
    }

    /// Whether the class behind a `[` holds the byte, and what of the pattern follows the class.
    fn class_holds<'p>(&self, class: &'p [u8], byte: u8) -> (bool, &'p [u8]) {
        let negation = if self.exclamation_is_a_member { &b"^"[..] } else { b"^!" };
        let negated = self.caret_negates && class.first().is_some_and(|first| negation.contains(first));
        let mut rest = if negated { &class[1..] } else { class };
        let mut holds = false;
        let mut is_first = true;
        loop {
            let may_close = !is_first || self.first_bracket_closes;
            is_first = false;
            (holds, rest) = match *rest {
                [] => return (holds != negated, &[]),
                [b'\\', start, b'-', end, ref tail @ ..] if self.escapes_in_classes && !self.escape_starts_no_range => {
                    (holds || self.range_holds(start, end, byte), tail)
                }
                [b'\\', escaped, ref tail @ ..] if self.escapes_in_classes => (holds || escaped == byte, tail),
                [b']', ref tail @ ..] if may_close => return (holds != negated, tail),
                [start, b'-', end, ref tail @ ..] if self.bracket_ends_a_range || end != b']' => {
                    (holds || self.range_holds(start, end, byte), tail)
                }
                [member, ref tail @ ..] => (holds || member == byte, tail),
            };
        }
    }

    fn range_holds(&self, start: u8, end: u8, byte: u8) -> bool {
        let order = |byte: u8| if self.signed_ranges { i16::from(byte.cast_signed()) } else { i16::from(byte) };
        let (start, end, byte) = (order(start), order(end), order(byte));
        (start..=end).contains(&byte) || self.reversed_range_is_a_range && (end..=start).contains(&byte)
    }
}

fn is_closed(class: &[u8]) -> bool {
    match class {
        [] => false,
        [b']', ..] => true,
        [b'\\', _, rest @ ..] | [_, rest @ ..] => is_closed(rest),
    }
}

/// The bytes that texts and patterns are made of: few letters, all special bytes, and both ends of signed and unsigned.
const ALPHABET: &[u8] = b"aaabbc-]^!\\*[\x00\x7f\x80\xff";

/// A short text.
pub(crate) fn bytes() -> BoxedStrategy<Vec<u8>> {
    let byte = prop_oneof![8 => select(ALPHABET), 1 => any::<u8>()];
    prop::collection::vec(byte, 0..5).boxed()
}

/// A pattern in which classes, escapes and stars are frequent, whole and broken.
pub(crate) fn pattern() -> BoxedStrategy<Vec<u8>> {
    let byte = prop_oneof![8 => select(ALPHABET), 1 => any::<u8>()].boxed();
    let member = prop_oneof![
        3 => byte.clone().prop_map(|byte| vec![byte]),
        2 => (byte.clone(), byte.clone()).prop_map(|(start, end)| vec![start, b'-', end]),
        1 => byte.clone().prop_map(|byte| vec![b'\\', byte]),
        1 => (byte.clone(), byte.clone()).prop_map(|(start, end)| vec![b'\\', start, b'-', end]),
    ];
    let opening = select(vec![&b"["[..], b"[", b"[^", b"[!", b"[]"]);
    let closing = select(vec![&b"]"[..], b"]", b"]", b"", b"-]"]);
    let class = (opening, prop::collection::vec(member, 0..4), closing)
        .prop_map(|(opening, members, closing)| [opening, &members.concat(), closing].concat());
    let piece = prop_oneof![
        5 => byte.clone().prop_map(|byte| vec![byte]),
        3 => Just(b"*".to_vec()),
        1 => Just(b"**".to_vec()),
        2 => Just(b"?".to_vec()),
        4 => class,
        2 => byte.prop_map(|byte| vec![b'\\', byte]),
        1 => Just(b"\\".to_vec()),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat()).boxed()
}
