//! Differences that one can read: what was wanted and is not there, what is there and was not wanted.

use similar::{ChangeTag, TextDiff};

/// Two texts line by line: `-` was wanted and is missing, `+` is there and was not wanted.
pub(crate) fn lines(wanted: &str, found: &str) -> String {
    // The last line is one as the others are.
    let [wanted, found] = [wanted, found].map(|text| text.lines().map(|line| format!("{line}\n")).collect::<String>());
    let diff = TextDiff::from_lines(&wanted, &found);
    let mut text = String::new();
    for change in diff.iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
            ChangeTag::Equal => ' ',
        };
        text.push_str(&format!("{sign} {}\n", change.value().trim_end_matches('\n')));
    }
    text
}

/// Bytes as a text in quotes.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}
