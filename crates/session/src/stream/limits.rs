//! `client-output-buffer-limit`, `client-query-buffer-limit` and their kin, as one connection goes by them.

use std::time::Duration;

use embroker_core::instance::config::{Config, OutputLimit, OutputLimits, Parameter};
use tokio::time::Instant;

/// The limits of one connection. What takes a lock to read is kept until it changes.
pub(crate) struct Limits<'c> {
    config: &'c Config,
    version: u64,
    output: OutputLimits,
    /// Since when more waits to be sent than the soft limit allows.
    over_soft_since: Option<Instant>,
}

/// What a connection's output is allowed.
pub(crate) enum Allowed {
    /// As long as it takes.
    Always,
    /// It has to shrink before this moment.
    Until(Instant),
    /// Nothing more.
    Never,
}

impl<'c> Limits<'c> {
    pub(crate) fn new(config: &'c Config) -> Self {
        Self { config, version: config.version(), output: config.output_limits(), over_soft_since: None }
    }

    /// Whether the parameters have changed since they were looked at.
    pub(crate) fn refresh(&mut self) -> bool {
        let version = self.config.version();
        if self.version == version {
            return false;
        }
        self.output = self.config.output_limits();
        self.version = version;
        true
    }

    /// For how long so many bytes may wait to be sent.
    pub(crate) fn output(&mut self, waiting: usize, is_subscribed: bool) -> Allowed {
        let OutputLimit { hard, soft, seconds, .. } = self.of(is_subscribed);
        let waiting = waiting as u64;
        if hard != 0 && waiting > hard {
            return Allowed::Never;
        }
        if soft == 0 || waiting <= soft {
            self.over_soft_since = None;
            return Allowed::Always;
        }
        let now = Instant::now();
        let end = *self.over_soft_since.get_or_insert(now) + Duration::from_secs(seconds.into());
        if now < end { Allowed::Until(end) } else { Allowed::Never }
    }

    /// The next amount of waiting bytes beyond which something changes for the client.
    pub(crate) fn next_mark(&self, waiting: usize, is_subscribed: bool) -> usize {
        let limit = self.of(is_subscribed);
        let marks = [limit.hard, limit.soft].into_iter().filter(|mark| *mark != 0).chain(self.behind(is_subscribed));
        let next = marks.filter(|mark| *mark >= waiting as u64).min();
        next.and_then(|mark| usize::try_from(mark).ok()).unwrap_or(usize::MAX)
    }

    /// With more bytes than this waiting a subscriber is behind, and publishers wait for it; `None` where it may let
    /// as much wait as it likes.
    pub(crate) fn behind(&self, is_subscribed: bool) -> Option<u64> {
        let OutputLimit { hard, soft, .. } = self.output.pubsub;
        [hard / 8, soft / 2].into_iter().filter(|mark| is_subscribed && *mark != 0).min()
    }

    /// The limit of the client's class.
    fn of(&self, is_subscribed: bool) -> OutputLimit {
        if is_subscribed { self.output.pubsub } else { self.output.normal }
    }

    /// What subscribers are held to.
    pub(crate) fn pubsub(&self) -> OutputLimit {
        self.output.pubsub
    }

    /// How many bytes of a request may wait for its end.
    pub(crate) fn input(&self) -> usize {
        usize::try_from(self.config.number(Parameter::ClientQueryBufferLimit)).unwrap_or(usize::MAX)
    }

    /// How long one argument may be.
    pub(crate) fn bulk(&self) -> i64 {
        self.config.number(Parameter::ProtoMaxBulkLen)
    }

    /// How long a client without a subscription may be silent.
    pub(crate) fn silence(&self) -> Option<Duration> {
        let seconds = u64::try_from(self.config.number(Parameter::Timeout)).unwrap_or(0);
        (seconds > 0).then(|| Duration::from_secs(seconds))
    }
}
