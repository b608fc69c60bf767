//! Commands and what they must answer, written line by line as in a redis-cli session.

#![expect(clippy::expect_used, reason = "a transcript that is written wrong fails its test")]

use embroker::{AnyBroker, Broker as _, Command, Error, Value};

/// Runs a transcript and compares every reply.
///
/// A line is `COMMAND argument … => reply`. Arguments are split at spaces; one in double quotes may hold spaces and the
/// escapes `\"`, `\\`, `\n`, `\r`, `\t` and `\x00`. Replies are written as [`Value`] shows them: `"bulk"`, `+status`,
/// `7`, `null`, `["an", "array"]`, `{"a", "set"}`, `{"a": "map"}`, `-ERR an error`. Sets and maps are compared without
/// their order; so are arrays, and those in them, after `=sorted=>`. Empty lines and `#` comments are passed over.
///
/// # Panics
///
/// Where a reply is not the one written, with every such line.
pub async fn transcript(broker: &AnyBroker, lines: &str) {
    let mut wrong = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (command, expected, any_order) = match (line.split_once(" =sorted=> "), line.split_once(" => ")) {
            (Some((command, expected)), _) => (command, expected, true),
            (None, Some((command, expected))) => (command, expected, false),
            (None, None) => panic!("no => in: {line}"),
        };
        let reply = show(broker, command.trim(), any_order).await;
        // Some errors end with a space.
        if reply.trim_end() != expected.trim_end() {
            wrong.push(format!("{}\n  expected {}\n  answered {reply}", command.trim(), expected.trim()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

async fn show(broker: &AnyBroker, command: &str, any_order: bool) -> String {
    let command = Command::from_argv(words(command)).expect("a line starts with a command");
    match broker.execute(command).await {
        Ok(value) if any_order => format!("{:?}", in_any_order(value)),
        Ok(value) => format!("{:?}", in_order(value)),
        Err(Error::Server(error)) => format!("-{error}"),
        Err(error) => format!("{error:?}"),
    }
}

/// The same reply with the members of sets and maps sorted: Redis gives them in no order.
pub fn in_order(value: Value) -> Value {
    match value {
        Value::Set(mut items) => {
            sort(&mut items);
            Value::Set(items)
        }
        Value::Map(mut pairs) => {
            pairs.sort_by_cached_key(|pair| format!("{pair:?}"));
            Value::Map(pairs)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(in_order).collect()),
        other => other,
    }
}

/// The same reply with every array sorted as well, for replies whose order is free.
pub fn in_any_order(value: Value) -> Value {
    match value {
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(in_any_order).collect();
            sort(&mut items);
            Value::Array(items)
        }
        other => in_order(other),
    }
}

fn sort(items: &mut [Value]) {
    items.sort_by_cached_key(|item| format!("{item:?}"));
}

/// The words of a command line, as redis-cli reads them.
///
/// # Panics
///
/// If it is written wrong.
pub fn words(line: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let end = match rest.strip_prefix('"') {
            None => rest.find(' ').unwrap_or(rest.len()),
            Some(quoted) => {
                let mut escaped = false;
                let close = quoted.find(|c| {
                    let closes = c == '"' && !escaped;
                    escaped = c == '\\' && !escaped;
                    closes
                });
                close.expect("a quote is closed") + 2
            }
        };
        let (word, tail) = rest.split_at(end);
        words.push(match word.strip_prefix('"') {
            None => word.as_bytes().to_vec(),
            Some(quoted) => unescape(&quoted[..quoted.len() - 1]),
        });
        rest = tail.trim_start();
    }
    words
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chars = text.bytes();
    while let Some(byte) = chars.next() {
        bytes.push(match byte {
            b'\\' => match chars.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'x') => {
                    let digits: Vec<u8> = chars.by_ref().take(2).collect();
                    let digits = str::from_utf8(&digits).expect("two hexadecimal digits follow \\x");
                    u8::from_str_radix(digits, 16).expect("two hexadecimal digits follow \\x")
                }
                Some(other) => other,
                None => b'\\',
            },
            byte => byte,
        });
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_at_spaces_outside_of_quotes() {
        assert_eq!(words(r#"SET "a \"b\"" "\x00\xffz" """#), [&b"SET"[..], b"a \"b\"", b"\x00\xffz", b""]);
    }

    #[tokio::test]
    async fn a_transcript_runs_its_lines_in_order() {
        let broker = embroker::connect("mem://").await.unwrap();
        transcript(&broker, "PUBLISH news hello => 0\n# nobody listens\nPUBSUB NUMSUB news => [\"news\", 0]").await;
    }

    #[tokio::test]
    #[should_panic(expected = "expected 1\n  answered 0")]
    async fn a_wrong_reply_is_told() {
        let broker = embroker::connect("mem://").await.unwrap();
        transcript(&broker, "PUBLISH news hello => 1").await;
    }
}
