//! What the tests of embroker's promises share: how long to run, and who barks when something hangs.
//!
//! Each target of `tests` keeps one section of `docs/reliability.md`. Its short form is part of `cargo xtask test`;
//! `cargo xtask reliability` runs the same tests at full length.

mod program;
mod scale;
mod watchdog;

pub use program::{Limits, Program, alone, is_alone, resident};
pub use scale::Scale;
pub use watchdog::Watchdog;
