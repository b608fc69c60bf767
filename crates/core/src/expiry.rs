//! Lifetimes of keys: what EXPIRE takes, and what TTL and EXPIRETIME answer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};
use crate::{Arg, FromValue, Value};

/// Which keys an EXPIRE applies to, since 7.0.0.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # use std::time::Duration;
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_core::{ExpireIf, prelude::*};
///
/// broker.sadd("basket", ["seat-1"]).await?;
/// broker.expire("basket", Duration::from_secs(60)).await?;
/// assert!(!broker.expire_if("basket", Duration::from_secs(30), ExpireIf::Later).await?);
/// assert!(broker.expire_if("basket", Duration::from_secs(90), ExpireIf::Later).await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExpireIf {
    /// `NX`: only a key without a deadline.
    Persistent,
    /// `XX`: only a key that has a deadline.
    Expiring,
    /// `GT`: only where the new deadline is later than the old one. A key without a deadline lasts for ever, so never
    /// that.
    Later,
    /// `LT`: only where the new deadline is earlier than the old one, or where there is none.
    Earlier,
}

impl From<ExpireIf> for Arg<'_> {
    fn from(condition: ExpireIf) -> Self {
        Self::from(match condition {
            ExpireIf::Persistent => "NX",
            ExpireIf::Expiring => "XX",
            ExpireIf::Later => "GT",
            ExpireIf::Earlier => "LT",
        })
    }
}

/// How long a key still lives.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # let broker = embroker_mem::MemBroker::new();
/// use embroker_core::{Ttl, prelude::*};
///
/// broker.set("greeting", "hello").await?;
/// assert_eq!(broker.ttl("greeting").await?, Ttl::Persistent);
/// assert_eq!(broker.ttl("nothing").await?, Ttl::Missing);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ttl {
    /// There is no such key.
    Missing,
    /// The key has no deadline.
    Persistent,
    /// The key expires when this time is over, to the millisecond.
    Remaining(Duration),
}

/// When a key expires.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # use embroker_core::prelude::*;
/// # let broker = embroker_mem::MemBroker::new();
/// use std::time::{Duration, UNIX_EPOCH};
///
/// use embroker_core::Deadline;
///
/// let at = UNIX_EPOCH + Duration::from_secs(4_000_000_000);
/// broker.set("reservation:7", "jamie").await?;
/// assert_eq!(broker.expiretime("reservation:7").await?, Deadline::Persistent);
/// broker.expireat("reservation:7", at).await?;
/// assert_eq!(broker.expiretime("reservation:7").await?, Deadline::At(at));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deadline {
    /// There is no such key.
    Missing,
    /// The key has no deadline.
    Persistent,
    /// The key expires at this time, to the millisecond.
    At(SystemTime),
}

impl FromValue for Ttl {
    /// Reads what PTTL answers.
    fn from_value(value: Value) -> Result<Self> {
        Ok(match i64::from_value(value)? {
            -2 => Self::Missing,
            -1 => Self::Persistent,
            ms => Self::Remaining(milliseconds(ms)?),
        })
    }
}

impl FromValue for Deadline {
    /// Reads what PEXPIRETIME answers.
    fn from_value(value: Value) -> Result<Self> {
        Ok(match i64::from_value(value)? {
            -2 => Self::Missing,
            -1 => Self::Persistent,
            ms => {
                let at = UNIX_EPOCH.checked_add(milliseconds(ms)?);
                Self::At(at.ok_or_else(|| Error::decode("a time that this machine can tell", &Value::Int(ms)))?)
            }
        })
    }
}

fn milliseconds(ms: i64) -> Result<Duration> {
    u64::try_from(ms).map(Duration::from_millis).map_err(|_| Error::decode("-2, -1 or milliseconds", &Value::Int(ms)))
}

/// A duration in whole milliseconds, rounded up, so that a short one does not expire the key at once.
pub(crate) fn to_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

/// A duration in whole seconds, rounded up.
pub(crate) fn to_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
}

/// A time in milliseconds since the Unix epoch, rounded up; one before the epoch is negative.
pub(crate) fn epoch_ms(time: SystemTime) -> Arg<'static> {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => to_ms(since).into(),
        Err(before) => {
            let ms = i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX);
            Arg::from(-ms)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_rounds_up_and_never_overflows() {
        assert_eq!([0, 1, 1_000, 1_001].map(|ms| to_seconds(Duration::from_millis(ms))), [0, 1, 1, 2]);
        assert_eq!(to_seconds(Duration::MAX), u64::MAX);
        assert_eq!([0, 1, 999_999, 1_000_000, 1_000_001].map(|ns| to_ms(Duration::from_nanos(ns))), [0, 1, 1, 1, 2]);
        assert_eq!(to_ms(Duration::MAX), u64::MAX);
    }

    #[test]
    fn a_time_before_the_epoch_is_negative() {
        assert_eq!(epoch_ms(UNIX_EPOCH - Duration::from_millis(5)), Arg::from(-5));
        assert_eq!(epoch_ms(UNIX_EPOCH + Duration::from_millis(5)), Arg::from(5));
    }

    #[test]
    fn the_negative_answers_of_pttl_have_names() {
        assert_eq!(Ttl::from_value(Value::Int(-2)), Ok(Ttl::Missing));
        assert_eq!(Ttl::from_value(Value::Int(-1)), Ok(Ttl::Persistent));
        assert_eq!(Ttl::from_value(Value::Int(0)), Ok(Ttl::Remaining(Duration::ZERO)));
        assert!(Ttl::from_value(Value::Int(-3)).is_err());
        assert_eq!(Deadline::from_value(Value::Int(7)), Ok(Deadline::At(UNIX_EPOCH + Duration::from_millis(7))));
    }
}
