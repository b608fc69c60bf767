//! Patterns of many steps, matched without going back.
//!
//! Between two stars stands a run of steps, and the first place where a run fits is as good as any other. To find it,
//! one bit for each step says whether the text up to here ends with the run up to there; a byte of text moves all bits
//! at once, 64 to a word. So 64 KiB of pattern against 64 KiB of text take milliseconds, where steps tried one by one
//! take seconds.

use super::token::{Token, Tokens};

/// How many steps of a run are looked for at once. What tells which of them take a byte has a bit for each, and there
/// may be 256 bytes in a text: 2 MiB.
const BLOCK: usize = 1 << 16;

/// A pattern cut at its stars: what a match starts with, the runs between two stars, and what it ends with.
#[derive(Clone, Debug)]
pub(super) struct Long(Box<[Run]>);

/// Where in the pattern a run stands, and how many steps it has.
#[derive(Clone, Debug, Default)]
struct Run {
    start: usize,
    end: usize,
    steps: usize,
}

impl Long {
    pub(super) fn new(pattern: &[u8]) -> Self {
        let (mut runs, mut run) = (Vec::new(), Run::default());
        let mut tokens = Tokens::new(pattern);
        while let Some(token) = tokens.next() {
            let at = pattern.len() - tokens.bytes_ahead();
            if matches!(token, Token::Star) {
                runs.push(std::mem::replace(&mut run, Run { start: at, end: at, steps: 0 }));
            } else {
                run.end = at;
                run.steps += 1;
            }
        }
        runs.push(run);
        Self(runs.into())
    }

    /// Whether the pattern that this was made of matches the whole text.
    pub(super) fn matches(&self, pattern: &[u8], text: &[u8]) -> bool {
        let (head, between, tail) = match &*self.0 {
            [head, between @ .., tail] => (head, between, tail),
            // No star, so that there is one.
            runs => return runs.iter().all(|run| run.fits(pattern, text)),
        };
        let Some((start, rest)) = text.split_at_checked(head.steps) else { return false };
        let Some(split) = rest.len().checked_sub(tail.steps) else { return false };
        let (mut rest, end) = rest.split_at(split);
        head.fits(pattern, start) && tail.fits(pattern, end) && between.iter().all(|run| run.find(pattern, &mut rest))
    }
}

impl Run {
    fn tokens<'p>(&self, pattern: &'p [u8]) -> Tokens<'p> {
        Tokens::new(pattern.get(self.start..self.end).unwrap_or_default())
    }

    /// Whether the run takes exactly this text.
    fn fits(&self, pattern: &[u8], text: &[u8]) -> bool {
        self.steps == text.len() && fits(self.tokens(pattern), text)
    }

    /// Looks for the first place where the run fits, and cuts the text behind it.
    fn find(&self, pattern: &[u8], text: &mut &[u8]) -> bool {
        const BITS: usize = u64::BITS as usize;
        let block = self.steps.min(BLOCK);
        let Some(last) = block.checked_sub(1) else { return true };
        // Nothing is made ready for a text that is too short: there may be many, and all the bytes of a pattern in each.
        let Some(spare) = text.len().checked_sub(self.steps) else { return false };
        let mut beyond = self.tokens(pattern);
        beyond.by_ref().take(block).for_each(drop);
        // For each byte that the text has: the steps that take it.
        let mut takers = [const { None::<Vec<u64>> }; 256];
        // The steps that the text until now may end at.
        let mut reached = vec![0_u64; block.div_ceil(BITS)];
        for (at, byte) in text.iter().enumerate().take(block + spare) {
            let takers = takers[usize::from(*byte)].get_or_insert_with(|| {
                let mut words = vec![0; block.div_ceil(BITS)];
                for (step, token) in self.tokens(pattern).take(block).enumerate() {
                    words[step / BITS] |= u64::from(token.takes(*byte)) << (step % BITS);
                }
                words
            });
            let mut carry = 1;
            for (word, takers) in reached.iter_mut().zip(takers) {
                let overflow = *word >> (BITS - 1);
                *word = (*word << 1 | carry) & *takers;
                carry = overflow;
            }
            if reached[last / BITS] >> (last % BITS) & 1 == 1 {
                let (end, rest) = text[at + 1..].split_at(self.steps - block);
                if fits(beyond.clone(), end) {
                    *text = rest;
                    return true;
                }
            }
        }
        false
    }
}

/// Whether each step takes its byte.
fn fits(tokens: Tokens<'_>, text: &[u8]) -> bool {
    tokens.zip(text).all(|(token, byte)| token.takes(*byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
                let long = Long::new(pattern.as_bytes()).matches(pattern.as_bytes(), text.as_bytes());
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

    /// What stands beyond a block is compared where the block fits.
    #[test]
    fn a_run_longer_than_a_block_is_found_where_all_of_it_fits() {
        let run = format!("{}{}", "a".repeat(BLOCK), "[bc]?".repeat(3));
        let glob = Glob::new(format!("x*{run}*z"));
        let ends = "bbcbbb";
        for (text, expected) in [
            (format!("x{}{ends}z", "a".repeat(BLOCK)), true),
            (format!("xy{}{ends}yz", "a".repeat(BLOCK + 3)), true),
            (format!("x{}{ends}z", "a".repeat(BLOCK - 1)), false),
            (format!("x{}bbcbdbz", "a".repeat(BLOCK)), false),
        ] {
            assert_eq!(glob.matches(text.as_bytes()), expected, "{} bytes", text.len());
        }
    }
}
