//! What SET and GETEX take beside the key and the value.

use std::time::{Duration, SystemTime};

use crate::Command;
use crate::expiry::{epoch_ms, to_ms};

/// What becomes of a key's deadline when [`set_with`](crate::prelude::StringCommands::set_with) or
/// [`getex`](crate::prelude::StringCommands::getex) runs.
///
/// Times are sent as milliseconds, rounded up.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// # use embroker_core::prelude::*;
/// # let broker = embroker_mem::MemBroker::new();
/// use std::time::Duration;
///
/// use embroker_core::{Expiry, SetOptions, Ttl};
///
/// broker.setex("session", Duration::from_secs(60), "a").await?;
/// broker.set_with("session", "b", SetOptions::new().expiry(Expiry::Keep)).await?;
/// assert!(matches!(broker.ttl("session").await?, Ttl::Remaining(_)));
/// broker.set_with("session", "c", SetOptions::new().expiry(Expiry::Never)).await?;
/// assert_eq!(broker.ttl("session").await?, Ttl::Persistent);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expiry {
    /// The key has none afterwards: SET without an option, GETEX with PERSIST.
    #[default]
    Never,
    /// The key keeps the one it has: SET with KEEPTTL, GETEX without an option.
    Keep,
    /// The key expires after this time: PX.
    In(Duration),
    /// The key expires then: PXAT. Where that is over, the key is gone at once.
    At(SystemTime),
}

impl Expiry {
    /// Adds the words for it. `default` is what the command does without any, `word` what makes it do the other thing.
    pub(super) fn onto<'a>(self, command: Command<'a>, default: Self, word: &'static str) -> Command<'a> {
        match self {
            Self::In(ttl) => command.arg("PX").arg(to_ms(ttl)),
            Self::At(time) => command.arg("PXAT").arg(epoch_ms(time)),
            Self::Never | Self::Keep if self == default => command,
            Self::Never | Self::Keep => command.arg(word),
        }
    }
}

/// The options of SET: a condition, and what becomes of the deadline.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use embroker_core::{Expiry, SetOptions};
///
/// let lock = SetOptions::new().nx().expiry(Expiry::In(Duration::from_secs(30)));
/// let refresh = SetOptions::new().xx().expiry(Expiry::Keep);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct SetOptions {
    condition: Option<&'static str>,
    expiry: Expiry,
}

impl SetOptions {
    /// No condition, and no deadline afterwards: as [`set`](crate::prelude::StringCommands::set).
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::SetOptions;
    ///
    /// assert_eq!(SetOptions::new(), SetOptions::default());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes only where the key does not exist. Undoes [`xx`](Self::xx).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SetOptions;
    ///
    /// assert!(broker.set_with("lock", "mine", SetOptions::new().nx()).await?);
    /// assert!(!broker.set_with("lock", "yours", SetOptions::new().nx()).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn nx(self) -> Self {
        Self { condition: Some("NX"), ..self }
    }

    /// Writes only where the key exists. Undoes [`nx`](Self::nx).
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use embroker_core::SetOptions;
    ///
    /// assert!(!broker.set_with("price", 40, SetOptions::new().xx()).await?, "there is none yet");
    /// # Ok(())
    /// # }
    /// ```
    pub fn xx(self) -> Self {
        Self { condition: Some("XX"), ..self }
    }

    /// What becomes of the key's deadline.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker_core::Result<()> {
    /// # use embroker_core::prelude::*;
    /// # let broker = embroker_mem::MemBroker::new();
    /// use std::time::Duration;
    ///
    /// use embroker_core::{Expiry, SetOptions, Ttl};
    ///
    /// let options = SetOptions::new().expiry(Expiry::In(Duration::from_secs(30)));
    /// broker.set_with("lock", "mine", options).await?;
    /// assert!(matches!(broker.ttl("lock").await?, Ttl::Remaining(_)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn expiry(self, expiry: Expiry) -> Self {
        Self { expiry, ..self }
    }

    pub(super) fn onto(self, command: Command<'_>) -> Command<'_> {
        self.expiry.onto(command.args(self.condition), Expiry::Never, "KEEPTTL")
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::commands::StringCommand;

    fn words(options: SetOptions) -> String {
        format!("{:?}", options.onto(Command::new(StringCommand::Set.spec()).args(["k", "v"]))).replace('"', "")
    }

    #[test]
    fn options_become_the_words_of_set() {
        let at = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        assert_eq!(words(SetOptions::new()), "set k v");
        assert_eq!(words(SetOptions::new().xx().nx()), "set k v NX");
        assert_eq!(words(SetOptions::new().xx().expiry(Expiry::Keep)), "set k v XX KEEPTTL");
        assert_eq!(words(SetOptions::new().expiry(Expiry::At(at))), "set k v PXAT 1700000000123");
    }
}
