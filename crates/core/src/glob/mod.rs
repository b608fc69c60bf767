//! Redis's glob patterns over bytes, compiled once.
//!
//! A pattern is parsed as Redis 7.0's `stringmatchlen` walks it, into tokens. Literal texts, one
//! star between two of them and match-all are compared in place; everything else becomes a `glob::Pattern` in which
//! each byte stands as the Latin-1 character of the same number. Patterns that are too long for a matcher that goes
//! back and forth are matched by `long` in one pass.

mod long;
mod token;

use std::fmt::Write as _;

use glob::{MatchOptions, Pattern};
use long::Long;
use token::{Token, Tokens};

use crate::subscriber::Name;

/// How many stars Redis follows before it gives up: each nests its matcher once more.
const MAX_STARS: usize = 1000;

/// How many steps a pattern may have to be matched by trying: with more, a hostile text makes that slow.
const MAX_TRIED: usize = 512;

/// A compiled pattern in Redis's language, over bytes.
///
/// | pattern | matches |
/// |---|---|
/// | `*` | any bytes, also none; but as the whole pattern not the empty text (KEYS alone treats that apart) |
/// | `?` | one byte |
/// | `[abc]`, `[a-c]` | one of these bytes; a range may be reversed, and compares bytes as signed, as C does on x86 |
/// | `[^abc]` | one byte that is not of these (`[!abc]` is not a negation) |
/// | `\x` | `x` itself, also inside a class |
///
/// An unclosed class ends with the pattern; `[]` matches nothing and `[^]` any byte, for `]` always closes. A pattern
/// with more than 1000 stars before its last literal matches nothing, as in patched Redis.
///
/// # Examples
///
/// ```
/// use embroker_core::Glob;
///
/// let ceremonies = Glob::new("purchase_orders:* Ceremony");
/// assert!(ceremonies.matches(b"purchase_orders:Opening Ceremony"));
/// assert!(!ceremonies.matches(b"purchase_orders:Womens Judo"));
/// assert!(Glob::new("h[^e-z]llo").matches(b"hallo"));
/// ```
#[derive(Clone, Debug)]
pub struct Glob {
    pattern: Name,
    matcher: Matcher,
}

#[derive(Clone, Debug)]
enum Matcher {
    /// `*`: everything but the empty text.
    Any,
    /// No special byte at all: the pattern itself.
    Literal,
    /// `text*`, `*text` or `text*text`: a star, with so many bytes of the pattern before it and behind it.
    Around { prefix_len: u32, suffix_len: u32 },
    /// Everything else.
    Compiled(Box<Compiled>),
    /// A class without members, or too many stars.
    Nothing,
}

/// A pattern with the literal text before its first special byte and behind its last.
#[derive(Clone, Debug)]
struct Compiled {
    prefix: Box<[u8]>,
    suffix: Box<[u8]>,
    steps: Steps,
}

#[derive(Clone, Debug)]
enum Steps {
    /// None: all special bytes are escaped, and the prefix is all there is.
    None,
    Tried(Pattern),
    /// More than [`MAX_TRIED`].
    Long(Long),
}

impl Glob {
    /// Compiles a pattern. Every byte string is one.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Glob;
    ///
    /// assert!(Glob::new(b"\xff*").matches(b"\xff\x00"));
    /// ```
    pub fn new(pattern: impl AsRef<[u8]>) -> Self {
        let pattern = pattern.as_ref();
        Self { matcher: compile(pattern), pattern: Name::from(pattern) }
    }

    /// The pattern as it was written.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Glob;
    ///
    /// assert_eq!(Glob::new("news:*").pattern(), &b"news:*"[..]);
    /// ```
    pub fn pattern(&self) -> &Name {
        &self.pattern
    }

    /// Whether the pattern matches the whole text.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Glob;
    ///
    /// let news = Glob::new("news:?p*");
    /// assert!(news.matches(b"news:sport"));
    /// assert!(!news.matches(b"old news:sport"), "it is the whole text that matches");
    /// ```
    pub fn matches(&self, text: &[u8]) -> bool {
        match &self.matcher {
            Matcher::Any => !text.is_empty(),
            Matcher::Literal => *self.pattern == *text,
            Matcher::Around { .. } => {
                let (prefix, suffix) = (self.prefix(), self.suffix());
                text.len() >= prefix.len() + suffix.len() && text.starts_with(prefix) && text.ends_with(suffix)
            }
            Matcher::Compiled(compiled) => compiled.matches(&self.pattern, text),
            Matcher::Nothing => false,
        }
    }

    /// The literal bytes that every match starts with; what an index can sort patterns by.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Glob;
    ///
    /// assert_eq!(Glob::new("news:*:eu").prefix(), b"news:");
    /// ```
    pub fn prefix(&self) -> &[u8] {
        match &self.matcher {
            Matcher::Literal => &self.pattern,
            Matcher::Around { prefix_len, .. } => self.pattern.get(..*prefix_len as usize).unwrap_or_default(),
            Matcher::Compiled(compiled) => &compiled.prefix,
            Matcher::Any | Matcher::Nothing => &[],
        }
    }

    /// The literal bytes that every match ends with.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Glob;
    ///
    /// assert_eq!(Glob::new("news:*:eu").suffix(), b":eu");
    /// ```
    pub fn suffix(&self) -> &[u8] {
        match &self.matcher {
            Matcher::Literal => &self.pattern,
            Matcher::Around { suffix_len, .. } => {
                let start = self.pattern.len().saturating_sub(*suffix_len as usize);
                self.pattern.get(start..).unwrap_or_default()
            }
            Matcher::Compiled(compiled) => &compiled.suffix,
            Matcher::Any | Matcher::Nothing => &[],
        }
    }

    /// The one text that the pattern matches, where it has no special byte.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::Glob;
    ///
    /// assert_eq!(Glob::new("news").literal(), Some(&b"news"[..]));
    /// assert_eq!(Glob::new("news*").literal(), None);
    /// ```
    pub fn literal(&self) -> Option<&[u8]> {
        match &self.matcher {
            Matcher::Literal => Some(&self.pattern),
            Matcher::Compiled(compiled) if matches!(compiled.steps, Steps::None) => Some(&compiled.prefix),
            _ => None,
        }
    }
}

impl Compiled {
    fn matches(&self, pattern: &[u8], text: &[u8]) -> bool {
        match &self.steps {
            Steps::None => *self.prefix == *text,
            Steps::Tried(tried) => {
                text.starts_with(&self.prefix) && text.ends_with(&self.suffix) && !text.is_empty() && {
                    let options = MatchOptions::new();
                    match std::str::from_utf8(text) {
                        Ok(ascii) if ascii.is_ascii() => tried.matches_with(ascii, options),
                        _ => tried.matches_with(&latin1(text), options),
                    }
                }
            }
            Steps::Long(long) => long.matches(pattern, text),
        }
    }
}

fn compile(pattern: &[u8]) -> Matcher {
    let (mut steps, mut stars, mut nested) = (0_usize, 0_usize, 0_usize);
    // The literal bytes before the first special one, and since the last.
    let (mut prefix, mut literal) = (None, Vec::with_capacity(pattern.len()));
    for token in Tokens::new(pattern) {
        steps += 1;
        match token {
            Token::Byte(byte) => {
                literal.push(byte);
                nested = stars;
                continue;
            }
            Token::Star => stars += 1,
            Token::Class(members) if members.len() == 0 => return Matcher::Nothing,
            Token::Class(_) | Token::AnyByte => nested = stars,
        }
        if prefix.is_none() {
            prefix = Some(literal.clone());
        }
        literal.clear();
    }
    if nested > MAX_STARS {
        return Matcher::Nothing;
    }
    let Some(prefix) = prefix else {
        if literal == pattern {
            return Matcher::Literal;
        }
        let (prefix, suffix) = (literal.clone().into(), literal.into());
        return Matcher::Compiled(Box::new(Compiled { prefix, suffix, steps: Steps::None }));
    };
    let suffix = literal;
    if stars == 1 && steps == 1 {
        return Matcher::Any;
    }
    if stars == 1
        && prefix.len() + 1 + suffix.len() == steps
        && is_around(pattern, &prefix, &suffix)
        && let (Ok(prefix_len), Ok(suffix_len)) = (u32::try_from(prefix.len()), u32::try_from(suffix.len()))
    {
        return Matcher::Around { prefix_len, suffix_len };
    }
    let steps = if steps > MAX_TRIED {
        Steps::Long(Long::new(pattern))
    } else {
        match Pattern::new(&translate(pattern)) {
            Ok(pattern) => Steps::Tried(pattern),
            Err(error) => unreachable!("{pattern:?} is written in glob's own language: {error}"),
        }
    };
    Matcher::Compiled(Box::new(Compiled { prefix: prefix.into(), suffix: suffix.into(), steps }))
}

/// Whether the pattern is these texts with nothing but stars between them, and none of their bytes is escaped.
fn is_around(pattern: &[u8], prefix: &[u8], suffix: &[u8]) -> bool {
    let between = pattern.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(suffix));
    between.is_some_and(|stars| stars.iter().all(|byte| *byte == b'*'))
}

/// Writes a pattern in the `glob` crate's language, each byte as the Latin-1 character of its number.
fn translate(pattern: &[u8]) -> String {
    let mut glob = String::new();
    for token in Tokens::new(pattern) {
        match token {
            Token::Star => glob.push('*'),
            Token::AnyByte => glob.push('?'),
            Token::Byte(byte @ (b'*' | b'?' | b'[')) => {
                let _ = write!(glob, "[{}]", char::from(byte));
            }
            Token::Byte(byte) => glob.push(char::from(byte)),
            Token::Class(members) => members.write(&mut glob),
        }
    }
    glob
}

fn latin1(text: &[u8]) -> String {
    text.iter().copied().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::token::ByteSet;
    use super::*;

    fn matched(pattern: &[u8]) -> Vec<u8> {
        let glob = Glob::new(pattern);
        (0..=255).filter(|byte| glob.matches(&[*byte])).collect()
    }

    /// Each line was asked of a real Redis 7.0.15.
    #[test]
    fn the_odd_corners_are_those_of_redis() {
        let cases: [(&[u8], &[u8], bool); 30] = [
            (b"*", b"", false),
            (b"**", b"", false),
            (b"", b"", true),
            (b"", b"a", false),
            (b"a*", b"a", true),
            (b"a**", b"a", true),
            (b"*a", b"a", true),
            (b"a\\", b"a\\", true),
            (b"\\*", b"*", true),
            (b"\\*", b"a", false),
            (b"[", b"[", false),
            (b"[", b"", false),
            (b"[]", b"]", false),
            (b"[^]", b"]", true),
            (b"[^", b"x", true),
            (b"[]a]", b"]", false),
            (b"[abc", b"c", true),
            (b"[abc*", b"*", true),
            (b"[!a]", b"!", true),
            (b"[!a]", b"a", true),
            (b"[!a]", b"b", false),
            (b"[z-a]", b"m", true),
            (b"[a-]", b"^", true),
            (b"[a-]]", b"]", true),
            (b"[a-]]", b"b]", false),
            (b"[\\]]", b"]", true),
            (b"[\\", b"\\", true),
            (b"[a\\-z]", b"m", false),
            (b"a?c", b"ac", false),
            (b"*\xff", b"a\xff", true),
        ];
        for (pattern, text, expected) in cases {
            let glob = Glob::new(pattern);
            assert_eq!(glob.matches(text), expected, "{:?} on {:?}", glob, text.escape_ascii().to_string());
        }
    }

    #[test]
    fn ranges_compare_bytes_as_signed() {
        assert_eq!(matched(b"[\x7e-\x80]").len(), 255);
        assert_eq!(matched(b"[\x80-\xff]").len(), 128);
        assert_eq!(matched(b"[\xff-\x01]"), [0, 1, 255]);
    }

    #[test]
    fn a_thousand_stars_are_followed_and_not_one_more() {
        let text = [vec![b'a'; 3000], b"b".to_vec()].concat();
        assert!(Glob::new(["a*".repeat(1000), "b".into()].concat()).matches(&text));
        assert!(!Glob::new(["a*".repeat(1001), "b".into()].concat()).matches(&text));
        assert!(Glob::new(["*a".repeat(1000), "*".into()].concat()).matches(&text));
        assert!(!Glob::new("*a".repeat(50_000)).matches(&text));
    }

    #[test]
    fn simple_patterns_are_compared_in_place() {
        assert_eq!(Glob::new("news").literal(), Some(&b"news"[..]));
        assert_eq!(Glob::new("a\\*b").literal(), Some(&b"a*b"[..]));
        assert!(matches!(Glob::new("news.**").matcher, Matcher::Around { prefix_len: 5, suffix_len: 0 }));
        assert!(matches!(Glob::new("*.news").matcher, Matcher::Around { prefix_len: 0, suffix_len: 5 }));
        let glob = Glob::new("purchase_orders:* Ceremony");
        assert_eq!((glob.prefix(), glob.suffix()), (&b"purchase_orders:"[..], &b" Ceremony"[..]));
        assert!(matches!(glob.matcher, Matcher::Around { prefix_len: 16, suffix_len: 9 }));
        assert!(Glob::new("aba*aba").matches(b"abaaba") && !Glob::new("aba*aba").matches(b"ababa"));
    }

    #[test]
    fn escaped_bytes_are_part_of_the_texts_that_an_index_sorts_by() {
        let glob = Glob::new("a\\**\\?b");
        assert_eq!((glob.prefix(), glob.suffix()), (&b"a*"[..], &b"?b"[..]));
        assert!(glob.matches(b"a*?b") && glob.matches(b"a*x?b") && !glob.matches(b"a*xb"));
        assert!(Glob::new("a\\*b").matches(b"a*b") && !Glob::new("a\\*b").matches(b"a\\*b"));
    }

    #[test]
    fn a_bracket_in_a_class_does_not_open_another() {
        assert_eq!(matched(b"[-![]"), b"!-[");
    }

    proptest! {
        /// A class that is written for the glob crate holds the bytes that it was made of.
        #[test]
        fn every_class_survives_its_translation(bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"]!-^[\\az,."[..])], 1..20)) {
            let mut set = ByteSet::default();
            for byte in &bytes {
                set.insert(*byte);
            }
            let mut class = String::new();
            set.write(&mut class);
            let pattern = Pattern::new(&class).unwrap();
            for byte in 0..=255 {
                prop_assert_eq!(pattern.matches(&latin1(&[byte])), set.contains(byte), "{} for {}", class, byte);
            }
        }

        #[test]
        fn no_pattern_panics(pattern in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"*?[]^-\\a"[..])], 0..40), text: Vec<u8>) {
            Glob::new(pattern).matches(&text);
        }
    }
}
