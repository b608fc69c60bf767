//! What can go wrong while a test is set up. Assertions and waits panic instead, with what was seen.

/// The result of setting something up.
///
/// # Examples
///
/// ```
/// use embroker_testkit::{Fault, FaultPlan, Result};
///
/// fn plan(nth: u64) -> Result<FaultPlan> {
///     FaultPlan::new([Fault::command("GET").nth(nth).is_not_sent()])
/// }
/// assert!(plan(1).is_ok() && plan(0).is_err());
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a test could not be set up.
///
/// # Examples
///
/// ```
/// use embroker_testkit::{Error, TestBroker};
///
/// let twice = TestBroker::builder().seed(1).seed(2).mem();
/// assert!(matches!(twice, Err(Error::SeedTwice { first: 1, second: 2 })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The broker refused what was asked of it.
    #[error(transparent)]
    Broker(#[from] embroker::Error),

    /// A clock was to be set to a time that is over.
    #[error("a clock can't go back: it shows {now_ms} ms and was to show {to_ms} ms; use a later time")]
    ClockBackwards {
        /// What it shows, in milliseconds since the Unix epoch.
        now_ms: u64,
        /// What it was to show.
        to_ms: u64,
    },

    /// A clock was to be moved in a way that it can't.
    #[error("{0}")]
    Clock(String),

    /// The seed was given twice; which of them holds would be a guess.
    #[error("the seed is given twice, as {first} and as {second}: leave one out")]
    SeedTwice {
        /// The seed that was there.
        first: u64,
        /// The seed that came after it, which may be the same.
        second: u64,
    },

    /// The test has a seed of its own, and `EMBROKER_SEED` is another.
    #[error(
        "the seed is {given} in the test and {asked} in EMBROKER_SEED: unset the variable, or take the seed out of the \
         test"
    )]
    SeedsDiffer {
        /// The seed of the test.
        given: u64,
        /// The seed of the environment.
        asked: u64,
    },

    /// `EMBROKER_SEED` is not a number from 0 to 18446744073709551615.
    #[error("EMBROKER_SEED is {0:?}, which is not a number from 0 to 18446744073709551615")]
    Seed(String),

    /// A fault that can't happen.
    #[error("fault {number} of the plan can't happen: {reason}")]
    Fault {
        /// Which of the plan's faults, from 1.
        number: usize,
        /// Why it can't.
        reason: String,
    },

    /// A redis-server did not start or did not answer; its own words are in the text.
    #[error("{0}")]
    Server(String),
}

impl From<std::io::Error> for Error {
    /// The connection to a server broke.
    fn from(error: std::io::Error) -> Self {
        Self::Server(format!("the server does not answer: {error}"))
    }
}
