//! COMMAND GETKEYS: which words of a call are keys.

use super::key_spec::{BeginSearch, FindKeys, KeyFlags, KeySpec, OW_UPDATE, RO_ACCESS, RW_ACCESS_UPDATE};
use super::{CommandId, CommandSpec, is};
use crate::commands::{BitfieldCommand, StringCommand};
use crate::number::parse_int;

/// The keys of a call, each by its position among the words and with what is done to it. Words count from 0, which is
/// the name. None are found where the specifications do not fit the words. The call must have a number of words that
/// the command [accepts](CommandSpec::accepts).
///
/// # Examples
///
/// ```
/// use embroker_core::table::{KeyFlags, find, find_keys};
///
/// let copy = find(b"copy").expect("it is in the table");
/// let keys = find_keys(copy, &[b"COPY", b"from", b"to"]);
/// assert_eq!(keys, [(1, KeyFlags::RO | KeyFlags::ACCESS), (2, KeyFlags::OW | KeyFlags::UPDATE)]);
/// ```
pub fn find_keys(spec: &CommandSpec, words: &[&[u8]]) -> Vec<(usize, KeyFlags)> {
    // What these two do to their key depends on other words.
    match spec.id {
        CommandId::String(StringCommand::Set) => vec![(1, set(words))],
        CommandId::Bitfield(BitfieldCommand::Bitfield) => vec![(1, bitfield(words))],
        _ => by_specs(spec.key_specs(), words).unwrap_or_else(|| by_count(spec.key_specs(), words)),
    }
}

/// `SET key value … GET`: any word from the third on that reads `GET` counts, be it the argument of another.
fn set(words: &[&[u8]]) -> KeyFlags {
    if words.iter().skip(3).any(|word| is(word, "get")) { RW_ACCESS_UPDATE } else { OW_UPDATE }
}

/// `BITFIELD key …`: reads only, if each operation is a whole `GET` or `OVERFLOW`.
fn bitfield(words: &[&[u8]]) -> KeyFlags {
    let mut rest = words.get(2..).unwrap_or_default();
    loop {
        rest = match rest {
            [] => return RO_ACCESS,
            [operation, _, _, rest @ ..] if is(operation, "get") => rest,
            [operation, _, rest @ ..] if is(operation, "overflow") => rest,
            _ => return RW_ACCESS_UPDATE,
        };
    }
}

/// The keys that the specifications find; `None` where one does not fit.
fn by_specs(specs: &[KeySpec], words: &[&[u8]]) -> Option<Vec<(usize, KeyFlags)>> {
    let mut keys = Vec::new();
    for spec in specs.iter().filter(|spec| spec.is_key()) {
        let begin = match spec.begin {
            BeginSearch::Index(at) => at,
            // A keyword is optional.
            BeginSearch::Keyword { word, from } => match keyword(words, word, from) {
                Some(at) => at + 1,
                None => continue,
            },
            BeginSearch::Unknown => return None,
        };
        let (first, last, step) = match spec.find {
            FindKeys::Range { last, step, limit } => (begin, end(words, begin, last, limit)?, step),
            FindKeys::Counted => (begin + 1, begin.checked_add_signed(count(words, begin)?)?, 1),
            FindKeys::Unknown => return None,
        };
        if last < first || last >= words.len() || spec.flags.contains(KeyFlags::INCOMPLETE) {
            return None;
        }
        keys.extend((first..=last).step_by(step).map(|at| (at, spec.flags)));
    }
    Some(keys)
}

/// Where the keyword stands. The last word is not looked at, for nothing follows it.
fn keyword(words: &[&[u8]], keyword: &str, from: isize) -> Option<usize> {
    let found = |at: &usize| words.get(*at).is_some_and(|word| is(word, keyword));
    if from > 0 {
        (from.unsigned_abs()..words.len().saturating_sub(1)).find(found)
    } else {
        (2..=words.len().saturating_add_signed(from)).rev().find(found)
    }
}

/// The last key of a range. With a limit it is the last of so many parts of the rest.
fn end(words: &[&[u8]], first: usize, last: isize, limit: usize) -> Option<usize> {
    if last >= 0 {
        return first.checked_add_signed(last);
    }
    let part = words.len().checked_sub(first)?.checked_div(limit);
    part.map_or(words.len(), |part| first + part).checked_add_signed(last)
}

/// How many keys a word says there are. Redis reads 64 bits and keeps 32 of them.
fn count(words: &[&[u8]], at: usize) -> Option<isize> {
    let count = parse_int(words.get(at)?)?;
    (count >= 0).then_some(count as i32 as isize)
}

/// The second try, for a count that is no proper number: as much of it as C's `atoi` reads. It does not tell what is
/// done to the keys, and the one that a result goes to comes last.
fn by_count(specs: &[KeySpec], words: &[&[u8]]) -> Vec<(usize, KeyFlags)> {
    let counted = specs.iter().find_map(|spec| match (spec.begin, spec.find) {
        (BeginSearch::Index(at), FindKeys::Counted) => Some(at),
        _ => None,
    });
    let Some((at, word)) = counted.and_then(|at| Some((at, words.get(at)?))) else { return Vec::new() };
    let keys = usize::try_from(atoi(word)).unwrap_or(0);
    if keys == 0 || keys > words.len() - at - 1 {
        return Vec::new();
    }
    let target = specs.iter().filter_map(|spec| match (spec.begin, spec.find) {
        (BeginSearch::Index(at), FindKeys::Range { .. }) => Some(at),
        _ => None,
    });
    (at + 1..=at + keys).chain(target).map(|at| (at, KeyFlags::none())).collect()
}

/// The number that a text begins with, or 0. What is beyond 64 bits is their limit, of which 32 are kept.
fn atoi(text: &[u8]) -> i32 {
    let space = text.iter().take_while(|byte| byte.is_ascii_whitespace() || **byte == 0x0b).count();
    let (negative, digits) = match &text[space..] {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit()).map(|byte| i64::from(byte - b'0'));
    let number = digits.fold(0_i64, |number, digit| {
        let digit = if negative { -digit } else { digit };
        number.saturating_mul(10).saturating_add(digit)
    });
    number as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Facts;

    fn keys(call: &str) -> Vec<usize> {
        let words: Vec<&[u8]> = call.split(' ').map(str::as_bytes).collect();
        let specs = Facts::of(call.split(' ').next().unwrap()).unwrap().key_specs;
        let keys = by_specs(specs, &words).unwrap_or_else(|| by_count(specs, &words));
        keys.into_iter().map(|(at, _)| at).collect()
    }

    #[test]
    fn keys_are_found_by_range_by_count_and_by_keyword() {
        assert_eq!(keys("mset a 1 b"), [1, 3]);
        assert_eq!(keys("blpop a b 0"), [1, 2]);
        assert_eq!(keys("pfmerge d"), [0; 0]);
        assert_eq!(keys("zunionstore d 2 a b"), [1, 3, 4]);
        assert_eq!(keys("zunionstore d 3 a b"), [0; 0]);
        assert_eq!(keys("xread count 1 streams a b 1 2"), [4, 5]);
        assert_eq!(keys("xread count 1 streams"), [0; 0]);
        assert_eq!(keys("georadius k 1 2 3 m storedist d store e"), [1, 9, 7]);
    }

    #[test]
    fn a_count_is_read_a_second_time_as_far_as_it_goes() {
        assert_eq!(keys("sintercard 2abc a b"), [2, 3]);
        assert_eq!(keys("zunionstore d 2a a b"), [3, 4, 1]);
        assert_eq!(keys("sintercard +1 a"), [2]);
        assert_eq!(keys("sintercard 4294967298 a b"), [2, 3]);
        for count in ["0", "-1", "3", "x", "", "2147483649", "9223372036854775807", "99999999999999999999"] {
            assert_eq!(keys(&format!("sintercard {count} a b")), [0; 0], "{count}");
        }
        assert_eq!([atoi(b" \x0b-12x"), atoi(b"--1"), atoi(b"99999999999999999999"), atoi(b"")], [-12, 0, -1, 0]);
    }
}
