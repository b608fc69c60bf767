//! Why CONFIG SET and start-up options refuse a value, in the words of Redis 7.0.15.

/// Why a parameter does not take a value. It shows as the reason that CONFIG SET gives after the parameter's name.
///
/// # Examples
///
/// ```
/// use embroker_core::error::{Refusal, ServerError};
///
/// let error = ServerError::config_set("timeout", &Refusal::Immutable);
/// let text = "ERR CONFIG SET failed (possibly related to argument 'timeout') - can't set immutable config";
/// assert_eq!(error, ServerError::from_static(text));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It can be set before the start only.
    #[error("can't set immutable config")]
    Immutable,
    /// It can be set where `enable-protected-configs` allows it.
    #[error("can't set protected config")]
    Protected,
    /// One call names it twice.
    #[error("duplicate parameter")]
    Duplicate,
    /// It takes `yes` or `no`.
    #[error("argument must be 'yes' or 'no'")]
    NotYesOrNo,
    /// It takes one of these words, or some of them.
    #[error("argument(s) must be one of the following: {}", .0.join(", "))]
    NotOneOf(&'static [&'static str]),
    /// `shutdown-on-sigint save nosave`.
    #[error("shutdown options SAVE and NOSAVE can't be used simultaneously")]
    SaveAndNoSave,
    /// It takes a decimal number.
    #[error("argument couldn't be parsed into an integer")]
    NotAnInteger,
    /// It takes a number with octal digits.
    #[error("argument couldn't be parsed as an octal number")]
    NotOctal,
    /// It takes bytes, as in `100mb`.
    #[error("argument must be a memory value")]
    NotMemory,
    /// It takes bytes or a share, as in `100mb` or `5%`.
    #[error("argument must be a memory or percent value")]
    NotMemoryOrPercent,
    /// A share is at most 100%.
    #[error("percentage argument must be less or equal to 100")]
    OverHundredPercent,
    /// A number outside of its bounds.
    #[error("argument must be between {least} and {most} inclusive")]
    NotBetween {
        /// The least that it takes.
        least: i64,
        /// The most that it takes.
        most: i64,
    },
    /// A number with octal digits outside of its bounds.
    #[error("argument must be between {least:o} and {most:o} inclusive")]
    NotBetweenOctal {
        /// The least that it takes.
        least: i64,
        /// The most that it takes.
        most: i64,
    },
    /// An amount of memory outside of its bounds.
    #[error("argument must be between {least} and {most} inclusive")]
    MemoryNotBetween {
        /// The least that it takes, in bytes.
        least: u64,
        /// The most that it takes, in bytes.
        most: u64,
    },
    /// A list with too few or too many words.
    #[error("wrong number of arguments")]
    WrongCount,
    /// `save` takes pairs of seconds from 1 and changes from 0.
    #[error("Invalid save parameters")]
    SavePoints,
    /// `client-output-buffer-limit` takes groups of four words.
    #[error("Wrong number of arguments in buffer limit configuration.")]
    BufferLimitCount,
    /// `client-output-buffer-limit` knows the classes `normal`, `replica` and `pubsub`.
    #[error("Invalid client class specified in buffer limit configuration.")]
    BufferLimitClass,
    /// `client-output-buffer-limit` takes two amounts of memory and seconds from 0.
    #[error("Error in hard, soft or soft_seconds setting in buffer limit configuration.")]
    BufferLimitNumber,
    /// `maxclients` is bounded by how many files the process may have open.
    #[error("The operating system is not able to handle the specified number of clients, try with {0}")]
    TooFewFiles(u32),
    /// `oom-score-adj-values` takes three numbers.
    #[error("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")]
    OomScores,
    /// `notify-keyspace-events` takes letters.
    #[error("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.")]
    EventClass,
    /// `latency-tracking-info-percentiles` takes numbers.
    #[error("Invalid latency-tracking-info-percentiles parameters")]
    Percentiles,
    /// `latency-tracking-info-percentiles` takes numbers from 0 to 100.
    #[error("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")]
    PercentilesRange,
    /// `bind` takes at most 16 addresses.
    #[error("Too many bind addresses specified.")]
    TooManyAddresses,
    /// A host name is at most 255 bytes long.
    #[error("Hostnames must be less than 256 characters")]
    HostnameTooLong,
    /// A host name has letters, digits, hyphens and dots.
    #[error("Hostnames may only contain alphanumeric characters, hyphens or dots")]
    HostnameCharacter,
    /// `proc-title-template` is empty once filled in, or names what it does not know.
    #[error("template format is invalid or contains unknown variables")]
    Template,
    /// `dbfilename`, `appendfilename`: no directory.
    #[error("{0} can't be a path, just a filename")]
    FileIsPath(&'static str),
    /// `appenddirname`: one directory.
    #[error("{0} can't be a path, just a dirname")]
    DirectoryIsPath(&'static str),
    /// What Redis answers where its allocator can't move memory: `activedefrag yes`.
    #[error(
        "Active defragmentation cannot be enabled: it requires a Redis server compiled with a modified Jemalloc like the one shipped by default with the Redis source distribution"
    )]
    NoDefragmentation,
    /// What Redis answers where it can't open another port: `port`.
    #[error("Unable to listen on this port. Check server logs.")]
    CannotListen,
    /// What Redis answers where it can't open another address: `bind`.
    #[error("Failed to bind to specified addresses.")]
    CannotBind,
    /// What Redis answers where it can't set up TLS: `tls-port`, `tls-cluster`, `tls-replication`.
    #[error("Unable to update TLS configuration. Check server logs.")]
    NoTls,
}
