//! The heart of embroker: what a broker is, and everything that its backends share.
//!
//! - [`Broker`] is the contract of a backend: commands in, values out, and messages. [`prelude`] has the typed calls.
//! - [`Command`], [`table`] and [`commands`] say which commands there are; [`Value`] is what they answer.
//! - [`Error`] and [`ServerError`] say what can go wrong, in Redis's own words where they are Redis's.
//! - [`resp`] is Redis's wire protocol, for servers.
//! - [`Glob`] is Redis's pattern language; [`Subscriber`] the bounded stream that messages arrive by.
//!
//! Applications use the facade `embroker`, which re-exports all of this and picks a backend.

mod any_broker;
mod arg;
mod arg_list;
mod broker;
mod call;
mod command;
pub mod commands;
pub mod error;
mod expiry;
mod from_value;
mod glob;
pub mod instance;
pub mod memory;
mod number;
pub mod observe;
mod pipeline;
pub mod resp;
mod scan;
mod structs;
mod subscriber;
mod sync;
pub mod table;
mod value;
mod watch;

/// The buffer that keys, fields and payloads come in.
pub use bytes::Bytes;

pub use any_broker::AnyBroker;
pub use arg::Arg;
pub use broker::{BoxFuture, Broker};
pub use command::Command;
pub use commands::{BitOffset, BitOperation, BitRange, Bitfield, Encoding, Expiry, FieldOverflow, SetOptions};
pub use error::{Error, Result, ServerError};
pub use expiry::{Deadline, ExpireIf, Ttl};
pub use from_value::FromValue;
pub use glob::Glob;
pub use number::parse_int;
pub use pipeline::{Pipeline, Replies, Reply, SubscriptionChange};
pub use scan::{KeyType, ScanOptions};
pub use subscriber::{
    Event, Gap, Message, Name, Overflow, Queue, SubscribeOptions, Subscriber, SubscriberBackend, SubscriptionKind,
    wake_all,
};
pub use value::Value;
pub use watch::{Watch, WatchBackend};

/// The Redis that a broker in this process answers as.
pub const REDIS_VERSION: &str = "7.0.15";

/// The [`Broker`] trait and the typed calls of every family, for a glob import.
pub mod prelude {
    pub use crate::Broker;
    pub use crate::commands::{
        BitfieldCommands, ConfigCommands, ConnectionCommands, HashCommands, KeyCommands, MemoryCommands,
        ObjectCommands, PubSubCommands, ServerCommands, SetCommands, StringCommands, TransactionCommands,
    };
    pub use crate::structs::StructCommands;
}
