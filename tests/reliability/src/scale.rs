//! How long a test runs.

use std::env;

/// The variable that `cargo xtask reliability` sets.
const FULL: &str = "EMBROKER_FULL";

/// Whether tests run in their short form, as each change is tested, or at full length.
///
/// ```
/// use embroker_reliability::Scale;
///
/// let publishes = Scale::get().pick(20_000, 10_000_000);
/// assert!(publishes >= 20_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Some seconds for each test, in a debug build.
    Short,
    /// As long as the promise says, in an optimised build.
    Full,
}

impl Scale {
    /// What the environment asks for: full length where `EMBROKER_FULL` is 1.
    pub fn get() -> Self {
        if env::var_os(FULL).is_some_and(|full| full == "1") { Self::Full } else { Self::Short }
    }

    /// One of two amounts.
    pub fn pick<T>(self, short: T, full: T) -> T {
        match self {
            Self::Short => short,
            Self::Full => full,
        }
    }
}
