//! `client-output-buffer-limit`: how many bytes of replies may wait for a client that does not read.

use std::fmt;

use super::kind::words;
use super::numerals::{c_text, memory, trailing_i64};
use crate::error::Refusal;

/// When a client is closed for not reading.
///
/// # Examples
///
/// ```
/// use embroker_core::instance::config::Config;
///
/// let limits = Config::new().output_limits();
/// assert_eq!((limits.pubsub.hard, limits.pubsub.soft, limits.pubsub.seconds), (32 << 20, 8 << 20, 60));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputLimit {
    /// With more bytes than this waiting it is closed at once; 0 is no limit.
    pub hard: u64,
    /// With more bytes than this waiting for `seconds` it is closed; 0 is no limit.
    pub soft: u64,
    /// For how long more than `soft` may wait, in seconds.
    pub seconds: u32,
}

/// The [`OutputLimit`] of each class of clients.
///
/// # Examples
///
/// ```
/// use embroker_core::instance::config::Config;
///
/// let limits = Config::new().output_limits();
/// assert_eq!((limits.normal.hard, limits.pubsub.hard, limits.pubsub.seconds), (0, 32 << 20, 60));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputLimits {
    /// Clients that subscribe to nothing.
    pub normal: OutputLimit,
    /// Replicas, of which there are none here.
    pub replica: OutputLimit,
    /// Clients with a subscription.
    pub pubsub: OutputLimit,
}

impl OutputLimits {
    /// Sets what a text names: `pubsub 32mb 8mb 60`, and more of the kind.
    pub(super) fn update(&mut self, value: &[u8]) -> Result<(), Refusal> {
        let words: Vec<&[u8]> = words(value).map(c_text).collect();
        if !words.len().is_multiple_of(4) {
            return Err(Refusal::BufferLimitCount);
        }
        for group in words.chunks(4) {
            let [class, hard, soft, seconds] = *group else { return Err(Refusal::BufferLimitCount) };
            let limit = match &*class.to_ascii_lowercase() {
                b"normal" => &mut self.normal,
                b"slave" | b"replica" => &mut self.replica,
                b"pubsub" => &mut self.pubsub,
                _ => return Err(Refusal::BufferLimitClass),
            };
            // Redis keeps the seconds in 32 bits and a sign, and refuses what is negative then.
            let seconds = trailing_i64(seconds).and_then(|seconds| u32::try_from(seconds as i32).ok());
            let (Some(hard), Some(soft), Some(seconds)) = (memory(hard), memory(soft), seconds) else {
                return Err(Refusal::BufferLimitNumber);
            };
            *limit = OutputLimit { hard, soft, seconds };
        }
        Ok(())
    }
}

impl fmt::Display for OutputLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes = [("normal", self.normal), (" slave", self.replica), (" pubsub", self.pubsub)];
        classes
            .iter()
            .try_for_each(|(class, limit)| write!(f, "{class} {} {} {}", limit.hard, limit.soft, limit.seconds))
    }
}
