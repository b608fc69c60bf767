//! Patterns of many steps, matched without going back.
//!
//! Between two stars stands a run of steps, and the first place where a run fits is as good as any other. To find it,
//! one bit for each step says whether the text up to here ends with the run up to there; a byte of text moves all bits
//! at once, 64 to a word. So 64 KiB of pattern against 64 KiB of text take milliseconds, where steps tried one by one
//! take seconds.

use super::token::Token;

/// A pattern cut at its stars.
#[derive(Clone, Debug)]
pub(super) struct Long {
    /// What a match starts with.
    head: Vec<Token>,
    /// The runs between two stars.
    between: Vec<Vec<Token>>,
    /// What a match ends with; `None` without any star, where the head is all there is.
    tail: Option<Vec<Token>>,
}

impl Long {
    pub(super) fn new(tokens: &[Token]) -> Self {
        let mut runs: Vec<Vec<Token>> = tokens.split(|token| *token == Token::Star).map(<[Token]>::to_vec).collect();
        let tail = if runs.len() > 1 { runs.pop() } else { None };
        let between = runs.split_off(1);
        Self { head: runs.pop().unwrap_or_default(), between, tail }
    }

    pub(super) fn matches(&self, text: &[u8]) -> bool {
        let Some(tail) = &self.tail else { return fits(&self.head, text) };
        let Some((start, rest)) = text.split_at_checked(self.head.len()) else { return false };
        let Some(split) = rest.len().checked_sub(tail.len()) else { return false };
        let (mut rest, end) = rest.split_at(split);
        fits(&self.head, start) && fits(tail, end) && self.between.iter().all(|run| find(run, &mut rest))
    }
}

/// Whether the run takes exactly this text.
fn fits(run: &[Token], text: &[u8]) -> bool {
    run.len() == text.len() && run.iter().zip(text).all(|(token, byte)| token.takes(*byte))
}

/// Looks for the first place where the run fits, and cuts the text behind it.
fn find(run: &[Token], text: &mut &[u8]) -> bool {
    const BITS: usize = u64::BITS as usize;
    let Some(last) = run.len().checked_sub(1) else { return true };
    // Nothing is made ready for a text that is too short: there may be many, and all the bytes of a pattern in each.
    if text.len() < run.len() {
        return false;
    }
    // For each byte that the text has: the steps that take it.
    let mut takers = [const { None::<Vec<u64>> }; 256];
    // The steps that the text until now may end at.
    let mut reached = vec![0_u64; run.len().div_ceil(BITS)];
    for (at, byte) in text.iter().enumerate() {
        let takers = takers[usize::from(*byte)].get_or_insert_with(|| {
            let word =
                |run: &[Token]| run.iter().rev().fold(0, |bits, token| bits << 1 | u64::from(token.takes(*byte)));
            run.chunks(BITS).map(word).collect()
        });
        let mut carry = 1;
        for (word, takers) in reached.iter_mut().zip(takers) {
            let overflow = *word >> (BITS - 1);
            *word = (*word << 1 | carry) & *takers;
            carry = overflow;
        }
        if reached[last / BITS] >> (last % BITS) & 1 == 1 {
            *text = &text[at + 1..];
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::token::parse;
    use super::*;
    use crate::Glob;

    proptest! {
        /// Both ways of matching agree, also around the borders of words.
        #[test]
        fn a_long_pattern_matches_what_a_short_one_would(
            runs in prop::collection::vec((prop::sample::select(&["a", "b", "?", "[ab]", "[^a]", "ab", "ba"][..]), 0..70_usize), 1..5),
            stars in any::<u8>(),
            text in "[abc]{0,200}",
        ) {
            let mut pattern = String::new();
            for (i, (run, times)) in runs.iter().enumerate() {
                if stars >> i & 1 == 1 {
                    pattern.push('*');
                }
                pattern.push_str(&run.repeat(*times));
            }
            for text in [&text, &pattern.replace(['*', '?'], "a").replace("[ab]", "b").replace("[^a]", "c")] {
                let short = Glob::new(&pattern).matches(text.as_bytes());
                let long = Long::new(&parse(pattern.as_bytes())).matches(text.as_bytes());
                // A pattern of stars alone is never long; it is the one that does not match the empty text.
                if !text.is_empty() {
                    prop_assert_eq!(long, short, "{} on {}", pattern, text);
                }
            }
        }
    }

    #[test]
    fn patterns_of_64_kib_are_matched_in_one_pass() {
        let text = "a".repeat(1 << 16);
        for run in ["a", "?", "[ab]"] {
            let glob = Glob::new(format!("*{}c*", run.repeat(1 << 15)));
            assert!(!glob.matches(text.as_bytes()), "{run}");
            assert!(glob.matches(format!("{text}c").as_bytes()), "{run}");
        }
    }
}
