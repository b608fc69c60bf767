//! Holds a broker against what Redis 7.0.15 answers, case by case: a server behind a URL, or a
//! [`Broker`](embroker_core::Broker) of your own.
//!
//! A [`Case`] says some commands and compares what comes back with what is written in it. [`Suite`] chooses cases and
//! runs them on a [`Target`]; the [`Report`] tells each [`Difference`] as data, and shows itself as a table. The program
//! `embroker-conformance --url redis://…` does the same from the command line.
//!
//! # Examples
//!
//! The broker in memory has no difference:
//!
//! ```
//! use embroker_conformance::{Suite, Target};
//! use embroker_mem::MemBroker;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), embroker_conformance::CannotRun> {
//! let report = Suite::new().family("hash").run(&Target::broker(MemBroker::new())).await?;
//! assert!(report.is_conforming());
//! assert!(report.to_string().starts_with("family  cases  passed  different  skipped\nhash       20      20"));
//! # Ok(())
//! # }
//! ```
//!
//! A broker that counts wrong is told what it said:
//!
//! ```
//! use embroker_conformance::{Suite, Target};
//! use embroker_core::{Arg, Broker, Command, Pipeline, Replies, Result, SubscribeOptions, Subscriber, Value, Watch};
//! use embroker_mem::MemBroker;
//!
//! struct Miscounting(MemBroker);
//!
//! impl Broker for Miscounting {
//!     async fn execute(&self, command: Command<'_>) -> Result<Value> {
//!         let counts = command.words().next().is_some_and(|name| name.eq_ignore_ascii_case(b"HLEN"));
//!         match self.0.execute(command).await {
//!             Ok(Value::Int(fields)) if counts => Ok(Value::Int(fields + 1)),
//!             reply => reply,
//!         }
//!     }
//!     async fn pipeline(&self, pipeline: Pipeline<'_>) -> Result<Replies> {
//!         self.0.pipeline(pipeline).await
//!     }
//!     async fn watch_keys(&self, keys: &[Arg<'_>]) -> Result<Watch> {
//!         self.0.watch_keys(keys).await
//!     }
//!     async fn subscriber(&self, options: SubscribeOptions) -> Result<Subscriber> {
//!         self.0.subscriber(options).await
//!     }
//!     async fn select(&self, database: u32) -> Result<Self> {
//!         Ok(Self(self.0.select(database).await?))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), embroker_conformance::CannotRun> {
//! let suite = Suite::new().matching("hset_answers_how_many_fields_are_new");
//! let report = suite.run(&Target::broker(Miscounting(MemBroker::new()))).await?;
//! let difference = report.differences().next().unwrap();
//! assert_eq!((&*difference.step, &*difference.expected, &*difference.got), ("HLEN h", "5", "6"));
//! # Ok(())
//! # }
//! ```
//!
//! # What it does to a server
//!
//! The cases fill and empty all databases, and some change parameters. Between cases all that is put back: databases are
//! emptied, and each parameter that CONFIG GET shows otherwise than before is set to what it was. A server that holds
//! anything is refused, unless [`Suite::allow_flush`] says that it may be lost. Statistics are reset. Use a server of
//! its own.

#[macro_use]
mod check;
mod cases;
mod report;
mod state;
mod suite;
mod trace;
pub mod transcript;

pub use cases::{FAMILIES, cases};
pub use check::{Case, Difference};
pub use report::{CaseReport, Outcome, Report};
pub use suite::{CannotRun, Suite, Target};
