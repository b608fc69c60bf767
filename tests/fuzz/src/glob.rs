//! Patterns and texts: `Glob` says what the plain recursive matcher of `tests/matcher` says.

use embroker_core::Glob;

use crate::input::Input;
use crate::matcher::Rules;

/// How long a pattern is matched by the plain matcher, which takes time exponential in its stars.
const LONGEST: usize = 24;
const MOST_STARS: usize = 5;
/// With so many bytes before it a pattern is matched in one pass.
const LONG: usize = 600;

/// A byte says how long the pattern is; the text follows.
pub(crate) fn target(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let len = usize::from(input.byte());
    let pattern = input.bytes(len);
    let text = input.rest();
    let glob = Glob::new(pattern);
    let matches = glob.matches(text);
    let told = || format!("{} on {}", pattern.escape_ascii(), text.escape_ascii());
    if matches {
        assert!(text.starts_with(glob.prefix()) && text.ends_with(glob.suffix()), "prefix or suffix of {}", told());
    }
    if let Some(literal) = glob.literal() {
        assert_eq!(matches, text == literal, "the literal of {}", told());
    }
    let stars = pattern.split(|byte| *byte == b'*').count() - 1;
    if pattern.len() > LONGEST || text.len() > LONGEST || stars > MOST_STARS {
        return;
    }
    assert_eq!(matches, Rules::REDIS.matches(pattern, text), "{}", told());
    let before = [b'x'; LONG];
    let (pattern, text) = ([&before, pattern].concat(), [&before, text].concat());
    let expected = Rules::REDIS.matches(&pattern, &text);
    assert_eq!(Glob::new(&pattern).matches(&text), expected, "{LONG} bytes and {}", told());
}
