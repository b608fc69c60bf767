//! The kinds of values: how a text becomes a setting, and how CONFIG GET shows it.
//!
//! A value that C would take as a string ends at its first NUL byte. A list is split at single spaces, so two in a row
//! make an empty word; an empty text has no word.

use bytes::Bytes;

use super::events::KeyspaceEvents;
use super::limits::OutputLimits;
use super::numerals::{c_text, float, memory, trailing_i64};
use crate::error::Refusal;
use crate::parse_int;

/// What a parameter takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// `yes` or `no`, in any case.
    YesNo,
    /// A decimal number between two bounds.
    Integer(i64, i64),
    /// As `Integer`, from 0, and brought to between 1 and 500.
    Hertz,
    /// Bytes between two bounds, with or without a unit.
    Memory(u64, u64),
    /// As `Memory` from 1 byte on, and raised to 16 KiB.
    Backlog,
    /// Bytes, or a percentage, which is kept as a negative number.
    MemoryOrPercent,
    /// A number in octal digits.
    Octal(i64, i64),
    /// One of these words; the number is its place.
    Choice(&'static [&'static str]),
    /// Some of these words; the number has a bit for each but the first, which stands for none.
    Options(&'static [&'static str]),
    /// The letters of [`KeyspaceEvents`].
    Events,
    /// Text up to its first NUL byte.
    Text,
    /// Any bytes.
    Bytes,
    /// The name of a file without a directory.
    FileName,
    /// The name of a directory without another one.
    DirectoryName,
    /// Where the process works, unless set.
    Directory,
    /// A host name.
    Hostname,
    /// The template of a process title.
    Title,
    /// Addresses to listen on.
    Bind,
    /// Seconds and changes, in pairs.
    Save,
    /// The limits of [`OutputLimits`].
    OutputLimits,
    /// Three numbers for the kernel.
    OomScores,
    /// Numbers from 0 to 100.
    Percentiles,
}

/// A value that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    Number(i64),
    /// As CONFIG GET shows it.
    Text(Bytes),
}

impl Kind {
    /// Reads a value. `name` is the parameter's, `current` its present text, for a list of which a value sets parts.
    pub(super) fn read(self, name: &'static str, value: &[u8], current: &[u8]) -> Result<Setting, Refusal> {
        let text = c_text(value);
        Ok(match self {
            Self::YesNo if text.eq_ignore_ascii_case(b"yes") => Setting::Number(1),
            Self::YesNo if text.eq_ignore_ascii_case(b"no") => Setting::Number(0),
            Self::YesNo => return Err(Refusal::NotYesOrNo),
            Self::Integer(least, most) => Setting::Number(integer(value, least, most)?),
            Self::Hertz => Setting::Number(integer(value, 0, i32::MAX.into())?.clamp(1, 500)),
            Self::Memory(least, most) => Setting::Number(bytes(text, least, most)? as i64),
            Self::Backlog => Setting::Number(bytes(text, 1, i64::MAX as u64)?.max(16 << 10) as i64),
            Self::MemoryOrPercent => Setting::Number(memory_or_percent(value)?),
            Self::Octal(least, most) => Setting::Number(octal(text, least, most)?),
            Self::Choice(names) => Setting::Number(place(names, text)? as i64),
            Self::Options(names) => Setting::Number(options(names, value)?),
            Self::Events => Setting::Number(KeyspaceEvents::parse(text).ok_or(Refusal::EventClass)?.bits()),
            Self::Bytes => Setting::Text(Bytes::copy_from_slice(value)),
            Self::FileName if is_path(text) => return Err(Refusal::FileIsPath(name)),
            Self::DirectoryName if is_path(text) => return Err(Refusal::DirectoryIsPath(name)),
            Self::Text | Self::Directory | Self::FileName | Self::DirectoryName => {
                Setting::Text(Bytes::copy_from_slice(text))
            }
            Self::Hostname => hostname(text)?,
            Self::Title if shows_something(text) => Setting::Text(Bytes::copy_from_slice(text)),
            Self::Title => return Err(Refusal::Template),
            Self::Bind => bind(value)?,
            Self::Save => save(value)?,
            Self::OutputLimits => {
                let mut limits = OutputLimits::default();
                limits.update(current)?;
                limits.update(value)?;
                Setting::Text(limits.to_string().into())
            }
            Self::OomScores => oom_scores(value)?,
            Self::Percentiles => percentiles(value)?,
        })
    }

    /// The text of a number; `None` where the kind has no number.
    pub(super) fn show(self, number: i64) -> Option<Bytes> {
        Some(match self {
            Self::YesNo => Bytes::from_static(if number == 0 { b"no" } else { b"yes" }),
            Self::Memory(..) => (number as u64).to_string().into(),
            Self::MemoryOrPercent if number < 0 => format!("{}%", number.unsigned_abs()).into(),
            Self::Integer(..) | Self::Hertz | Self::Backlog | Self::MemoryOrPercent => number.to_string().into(),
            Self::Octal(..) => format!("{number:o}").into(),
            Self::Choice(_) => Bytes::from_static(self.choice(number).as_bytes()),
            Self::Options(names) => {
                let set = names.iter().skip(1).enumerate().filter(|(bit, _)| number >> bit & 1 == 1);
                let set: Vec<&str> = set.map(|(_, name)| *name).collect();
                if set.is_empty() { Bytes::from_static(self.choice(0).as_bytes()) } else { set.join(" ").into() }
            }
            Self::Events => KeyspaceEvents::from_bits(number).to_string().into(),
            _ => return None,
        })
    }

    /// The word at a place of a choice.
    pub(super) fn choice(self, place: i64) -> &'static str {
        let (Self::Choice(names) | Self::Options(names)) = self else { return "" };
        usize::try_from(place).ok().and_then(|place| names.get(place)).copied().unwrap_or_default()
    }
}

fn integer(value: &[u8], least: i64, most: i64) -> Result<i64, Refusal> {
    let number = parse_int(value).ok_or(Refusal::NotAnInteger)?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(Refusal::NotBetween { least, most }) }
}

fn bytes(text: &[u8], least: u64, most: u64) -> Result<u64, Refusal> {
    let bytes = memory(text).ok_or(Refusal::NotMemory)?;
    if (least..=most).contains(&bytes) { Ok(bytes) } else { Err(Refusal::MemoryNotBetween { least, most }) }
}

/// A percentage is kept below zero. More bytes than 2^63 are taken for one, as Redis takes them.
fn memory_or_percent(value: &[u8]) -> Result<i64, Refusal> {
    let percent = value.strip_suffix(b"%").and_then(parse_int).filter(|percent| *percent >= 0);
    let number = match percent {
        Some(percent) => -percent,
        None => memory(c_text(value)).ok_or(Refusal::NotMemoryOrPercent)? as i64,
    };
    if number < -100 { Err(Refusal::OverHundredPercent) } else { Ok(number) }
}

fn octal(text: &[u8], least: i64, most: i64) -> Result<i64, Refusal> {
    let digit = |sum: i64, digit: &u8| match digit {
        b'0'..=b'7' => Some(sum.saturating_mul(8).saturating_add(i64::from(digit - b'0'))),
        _ => None,
    };
    let number = text.iter().try_fold(0, digit).ok_or(Refusal::NotOctal)?;
    if (least..=most).contains(&number) { Ok(number) } else { Err(Refusal::NotBetweenOctal { least, most }) }
}

fn place(names: &'static [&'static str], word: &[u8]) -> Result<usize, Refusal> {
    let is = |name: &&str| name.as_bytes().eq_ignore_ascii_case(word);
    names.iter().position(is).ok_or(Refusal::NotOneOf(names))
}

fn options(names: &'static [&'static str], value: &[u8]) -> Result<i64, Refusal> {
    let mut bits = 0;
    let mut none = true;
    for word in words(value) {
        none = false;
        bits |= match place(names, c_text(word))? {
            0 => 0,
            place => 1 << (place - 1),
        };
    }
    let has = |name| names.iter().skip(1).position(|word| *word == name).is_some_and(|bit| bits >> bit & 1 == 1);
    match none {
        true => Err(Refusal::NotOneOf(names)),
        false if has("save") && has("nosave") => Err(Refusal::SaveAndNoSave),
        false => Ok(bits),
    }
}

fn is_path(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b'/' | b'\\'))
}

fn hostname(text: &[u8]) -> Result<Setting, Refusal> {
    if text.len() >= 256 {
        return Err(Refusal::HostnameTooLong);
    }
    if !text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
        return Err(Refusal::HostnameCharacter);
    }
    Ok(Setting::Text(Bytes::copy_from_slice(text)))
}

/// Whether a template of a process title is well formed and comes to more than spaces. Of its variables, `title` and
/// `server-mode` are empty.
fn shows_something(template: &[u8]) -> bool {
    let mut rest = template;
    let mut shows = false;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match (byte, tail) {
            (b'{', [b'{', tail @ ..]) => {
                rest = tail;
                shows = true;
            }
            (b'{', _) => {
                let Some(end) = tail.iter().position(|byte| *byte == b'}') else { return false };
                let (name, tail) = tail.split_at(end);
                rest = tail.strip_prefix(b"}").unwrap_or(tail);
                match name {
                    b"title" | b"server-mode" => {}
                    b"listen-addr" | b"port" | b"tls-port" | b"unixsocket" | b"config-file" => shows = true,
                    _ => return false,
                }
            }
            (b' ', _) => {}
            _ => shows = true,
        }
    }
    shows
}

fn bind(value: &[u8]) -> Result<Setting, Refusal> {
    let addresses: Vec<&[u8]> = words(value).map(c_text).collect();
    if addresses.len() > 16 {
        return Err(Refusal::TooManyAddresses);
    }
    Ok(Setting::Text(addresses.join(&b' ').into()))
}

fn save(value: &[u8]) -> Result<Setting, Refusal> {
    // The one word that C takes for empty is no word.
    let value = if words(value).count() == 1 { c_text(value) } else { value };
    let number = |word| trailing_i64(c_text(word)).ok_or(Refusal::SavePoints);
    let numbers: Vec<i64> = words(value).map(number).collect::<Result<_, _>>()?;
    let mut points = Vec::new();
    for point in numbers.chunks(2) {
        match *point {
            // Redis keeps the changes in 32 bits, and loses the rest of a larger number.
            [seconds, changes] if seconds >= 1 && changes >= 0 => points.push(format!("{seconds} {}", changes as i32)),
            _ => return Err(Refusal::SavePoints),
        }
    }
    Ok(Setting::Text(points.join(" ").into()))
}

fn oom_scores(value: &[u8]) -> Result<Setting, Refusal> {
    let words: Vec<&[u8]> = words(value).collect();
    if words.len() != 3 {
        return Err(Refusal::WrongCount);
    }
    let score = |word: &[u8]| trailing_i64(c_text(word)).filter(|score| (-2000..=2000).contains(score));
    let scores: Option<Vec<i64>> = words.into_iter().map(score).collect();
    let scores: Vec<String> = scores.ok_or(Refusal::OomScores)?.iter().map(ToString::to_string).collect();
    Ok(Setting::Text(scores.join(" ").into()))
}

fn percentiles(value: &[u8]) -> Result<Setting, Refusal> {
    let mut shown = Vec::new();
    for word in words(value) {
        let number = float(word).ok_or(Refusal::Percentiles)?;
        if !(0.0..=100.0).contains(&number) {
            return Err(Refusal::PercentilesRange);
        }
        shown.push(format!("{number:.6}").trim_end_matches('0').trim_end_matches('.').to_owned());
    }
    Ok(Setting::Text(shown.join(" ").into()))
}

/// The words of a list.
pub(super) fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b' ').filter(move |_| !value.is_empty())
}
