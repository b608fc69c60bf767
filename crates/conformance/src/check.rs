//! What a case is, and how it says that something differs. Nothing here panics: a case that can't go on returns.

use std::fmt;

use embroker_core::{AnyBroker, BoxFuture, Error};
use serde::{Deserialize, Serialize};

use crate::suite::Target;

/// One thing that a broker answers otherwise than Redis 7.0.15.
///
/// # Examples
///
/// ```
/// use embroker_conformance::Difference;
///
/// let difference = Difference { step: "HLEN h".into(), expected: "5".into(), got: "6".into() };
/// assert_eq!(difference.to_string(), "HLEN h\n  expected 5\n  got      6");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The command that was said, or the last one before what is compared, and that.
    pub step: String,
    /// What Redis answers, as [`Value`](embroker_core::Value) shows it; errors behind a `-`.
    pub expected: String,
    /// What came instead.
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [expected, got] = around_the_difference(&self.expected, &self.got);
        write!(f, "{}\n  expected {expected}\n  got      {got}", printable(&self.step))
    }
}

/// The most characters of a text that are shown.
const LONGEST: usize = 400;

/// Both texts as they can be shown: long ones from shortly before where they differ.
fn around_the_difference(expected: &str, got: &str) -> [String; 2] {
    /// How many characters before that.
    const BEFORE: usize = 60;

    let equal = expected.chars().zip(got.chars()).take_while(|(a, b)| a == b).count();
    let skipped = if equal.saturating_add(BEFORE) < LONGEST { 0 } else { equal - BEFORE };
    [expected, got].map(|text| {
        let shown: String = text.chars().skip(skipped).collect();
        if skipped == 0 { printable(&shown) } else { format!("… {}", printable(&shown)) }
    })
}

/// The text on one line, without control characters, and cut where it is long: a server may say anything, and this may
/// be shown on a terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::new();
    for (at, char) in text.trim_end().chars().enumerate() {
        if at == LONGEST {
            shown.push_str(" …");
            break;
        }
        if char.is_control() {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    shown
}

/// Why a case ended before its end.
#[derive(Debug)]
pub(crate) enum Failure {
    /// These replies differ.
    Different(Vec<Difference>),
    /// What is compared in a case's own words: behind which command, the runner knows.
    Unlike { what: String, expected: String, got: String },
    /// A call that has to work failed.
    Failed(Error),
}

impl Failure {
    pub(crate) fn unlike(what: impl Into<String>, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self::Unlike { what: what.into(), expected: expected.into(), got: got.into() }
    }
}

/// What has to be there.
pub(crate) fn some<T>(value: Option<T>, what: &str) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::unlike(what, "something", "nothing"))
}

/// The error that a call has to end with.
pub(crate) fn refusal<T: fmt::Debug>(outcome: embroker_core::Result<T>) -> Result<Error, Failure> {
    match outcome {
        Ok(value) => Err(Failure::unlike("", "an error", format!("{value:?}"))),
        Err(error) => Ok(error),
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What a case returns.
pub(crate) type Done = Result<(), Failure>;

/// What a case needs beside a broker that is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    Nothing,
    /// CONFIG REWRITE would write over the server's file.
    NoConfigFile,
}

/// How a case runs.
#[derive(Clone, Copy)]
pub(crate) enum Run {
    One(fn(AnyBroker) -> BoxFuture<'static, Done>),
    /// By several clients of one broker, in several databases.
    Clients(fn(Target) -> BoxFuture<'static, Done>),
}

/// Some commands and what Redis 7.0.15 answers to them, on a broker that is empty.
///
/// # Examples
///
/// ```
/// let case = embroker_conformance::cases().into_iter().next().unwrap();
/// assert_eq!((case.family(), case.name()), ("bitfield", "setbit_answers_the_old_bit_and_grows_the_string"));
/// ```
#[derive(Clone, Copy)]
pub struct Case {
    pub(crate) family: &'static str,
    pub(crate) name: &'static str,
    pub(crate) needs: Needs,
    pub(crate) run: Run,
}

impl Case {
    /// The commands' family, such as `hash`.
    ///
    /// # Examples
    ///
    /// ```
    /// let families: Vec<_> = embroker_conformance::cases().iter().map(|case| case.family()).collect();
    /// assert!(families.contains(&"hash") && families.is_sorted());
    /// ```
    pub fn family(&self) -> &'static str {
        self.family
    }

    /// What holds in this case: a sentence, with underscores.
    ///
    /// # Examples
    ///
    /// ```
    /// let cases = embroker_conformance::cases();
    /// assert!(cases.iter().any(|case| case.name() == "setbit_answers_the_old_bit_and_grows_the_string"));
    /// ```
    pub fn name(&self) -> &'static str {
        self.name
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.family, self.name)
    }
}

/// The family that a module of cases belongs to: `hash`, and `key` for `key::databases`.
pub(crate) fn family_of(module: &'static str) -> &'static str {
    module.split("::").skip_while(|part| *part != "cases").nth(1).unwrap_or_default()
}

/// Lists async functions of one broker as [`Case`]s of the family that the file, or its folder, is. One that is left out
/// is dead code, which does not compile.
macro_rules! cases {
    ($($case:ident),* $(,)?) => {
        vec![$($crate::check::Case {
            family: $crate::check::family_of(module_path!()),
            name: stringify!($case),
            needs: $crate::check::Needs::Nothing,
            run: $crate::check::Run::One(|broker| Box::pin($case(broker))),
        }),*]
    };
}

/// Ends the case where the first is not equal to the second, which is what Redis answers.
macro_rules! same {
    ($got:expr, $expected:expr $(,)?) => { same!($got, $expected, "{}", stringify!($got)) };
    ($got:expr, $expected:expr, $($what:tt)+) => {
        match (&$got, &$expected) {
            (got, expected) => if *got != *expected {
                let (got, expected) = (format!("{got:?}"), format!("{expected:?}"));
                return Err($crate::check::Failure::unlike(format!($($what)+), expected, got));
            }
        }
    };
}

/// Ends the case where this does not hold; what was there can be told behind it.
macro_rules! holds {
    ($holds:expr $(,)?) => { holds!($holds, "that it does not hold") };
    ($holds:expr, $($got:tt)+) => {
        if !$holds {
            return Err($crate::check::Failure::unlike("", stringify!($holds), format!($($got)+)));
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reply_is_shown_from_shortly_before_where_it_differs() {
        let (same, tail) = ("x".repeat(1000), "y".repeat(1000));
        let difference =
            Difference { step: "GET k".into(), expected: format!("{same}1{tail}"), got: format!("{same}2") };
        let (before, behind) = ("x".repeat(60), "y".repeat(339));
        assert_eq!(difference.to_string(), format!("GET k\n  expected … {before}1{behind} …\n  got      … {before}2"));
    }

    #[test]
    fn nothing_that_a_server_says_reaches_the_terminal_as_it_is() {
        let difference = Difference { step: "PING".into(), expected: "+PONG".into(), got: "-\u{1b}[2J\u{7}é".into() };
        assert_eq!(difference.to_string(), "PING\n  expected +PONG\n  got      -\\u{1b}[2J\\u{7}é");
    }
}
