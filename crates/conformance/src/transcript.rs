//! Commands and what they must answer, written line by line as in a redis-cli session; and replies whose order is free.

use embroker_core::{AnyBroker, Broker as _, Command, Error, Value};

use crate::check::{Difference, Done, Failure};

/// Runs a transcript and compares every reply.
///
/// A line is `COMMAND argument … => reply`. Arguments are split at spaces; one in double quotes may hold spaces and the
/// escapes `\"`, `\\`, `\n`, `\r`, `\t` and `\x00`. Replies are written as [`Value`] shows them: `"bulk"`, `+status`,
/// `7`, `null`, `["an", "array"]`, `{"a", "set"}`, `{"a": "map"}`, `-ERR an error`. Sets and maps are compared without
/// their order; so are arrays, and those in them, after `=sorted=>`. Empty lines and `#` comments are passed over.
///
/// All lines run, and every one that differs is told.
pub(crate) async fn transcript(broker: &AnyBroker, lines: &str) -> Done {
    let mut differences = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (command, expected, any_order) = match (line.split_once(" =sorted=> "), line.split_once(" => ")) {
            (Some((command, expected)), _) => (command, expected, true),
            (None, Some((command, expected))) => (command, expected, false),
            (None, None) => return Err(written_wrong(line)),
        };
        let command = command.trim();
        let got = show(broker, command, any_order).await?;
        // Some errors end with a space.
        if got.trim_end() != expected.trim_end() {
            differences.push(Difference { step: command.into(), expected: expected.into(), got });
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(Failure::Different(differences)) }
}

async fn show(broker: &AnyBroker, line: &str, any_order: bool) -> Result<String, Failure> {
    let command = Command::from_argv(words(line).ok_or_else(|| written_wrong(line))?)?;
    match broker.execute(command).await {
        Ok(value) if any_order => Ok(format!("{:?}", in_any_order(value))),
        Ok(value) => Ok(format!("{:?}", in_order(value))),
        Err(Error::Server(error)) => Ok(format!("-{error}")),
        Err(error) => Err(error.into()),
    }
}

/// A mistake in a case, which shows in any run of it.
pub(crate) fn written_wrong(line: &str) -> Failure {
    Failure::unlike(line, "a line of a transcript", "one that is written wrong")
}

/// The same reply with the members of sets and maps sorted: Redis gives them in no order.
///
/// ```
/// use embroker_conformance::transcript::in_order;
/// use embroker_core::Value;
///
/// let reply = Value::Set(vec!["b".into(), "a".into()]);
/// assert_eq!(in_order(reply), Value::Set(vec!["a".into(), "b".into()]));
/// ```
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
///
/// ```
/// use embroker_conformance::transcript::in_any_order;
/// use embroker_core::Value;
///
/// assert_eq!(in_any_order(Value::from_iter(["b", "a"])), Value::from_iter(["a", "b"]));
/// ```
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

/// The words of a command line, as redis-cli reads them; `None` where a quote is not closed, or an escape is none.
pub(crate) fn words(line: &str) -> Option<Vec<Vec<u8>>> {
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
                close? + 2
            }
        };
        let (word, tail) = rest.split_at(end);
        words.push(match word.strip_prefix('"') {
            None => word.as_bytes().to_vec(),
            Some(quoted) => unescape(&quoted[..quoted.len() - 1])?,
        });
        rest = tail.trim_start();
    }
    Some(words)
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chars = text.bytes();
    while let Some(byte) = chars.next() {
        bytes.push(match byte {
            b'\\' => match chars.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                Some(b'x') => {
                    let digits = [chars.next()?, chars.next()?];
                    u8::from_str_radix(str::from_utf8(&digits).ok()?, 16).ok()?
                }
                Some(other) => other,
                None => b'\\',
            },
            byte => byte,
        });
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use embroker_mem::MemBroker;

    use super::*;

    #[test]
    fn words_are_split_at_spaces_outside_of_quotes() {
        let found = words(r#"SET "a \"b\"" "\x00\xffz" """#).unwrap();
        assert_eq!(found, [&b"SET"[..], b"a \"b\"", b"\x00\xffz", b""]);
        assert_eq!((words(r#"SET "a"#), words(r#"SET "\x0g""#)), (None, None));
    }

    #[tokio::test]
    async fn a_transcript_runs_its_lines_in_order() {
        let broker = AnyBroker::new(MemBroker::new());
        let lines = "PUBLISH news hello => 0\n# nobody listens\nPUBSUB NUMSUB news => [\"news\", 0]";
        transcript(&broker, lines).await.unwrap();
    }

    #[tokio::test]
    async fn every_wrong_reply_is_told_and_the_lines_behind_it_run() {
        let broker = AnyBroker::new(MemBroker::new());
        let outcome = transcript(&broker, "PUBLISH news hello => 1\nSET k v => +OK\nGET k => \"w\"").await;
        let Err(Failure::Different(told)) = outcome else { panic!("{outcome:?}") };
        let told: Vec<String> = told.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["PUBLISH news hello\n  expected 1\n  got      0", "GET k\n  expected \"w\"\n  got      \"v\""]
        );
    }
}
