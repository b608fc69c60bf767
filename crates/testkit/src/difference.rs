//! Differences that one can read: what was wanted and is not there, what is there and was not wanted.

use similar::{ChangeTag, TextDiff};

/// Two texts line by line: `-` was wanted and is missing, `+` is there and was not wanted.
pub(crate) fn lines(wanted: &str, found: &str) -> String {
    // The last line is one as the others are.
    let [wanted, found] = [wanted, found].map(|text| ended(text.lines().map(ToOwned::to_owned)));
    let diff = TextDiff::from_lines(&wanted, &found);
    ended(diff.iter_all_changes().map(|change| {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        format!("{sign} {}", change.value().trim_end_matches('\n'))
    }))
}

/// Lines as a text, each ended.
pub(crate) fn ended(lines: impl IntoIterator<Item = String>) -> String {
    let mut text = String::new();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// Bytes as a text in quotes.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}
