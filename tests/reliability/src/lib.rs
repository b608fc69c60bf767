//! What the tests of embroker's promises share: how long to run, who barks when something hangs, a proxy
//! that breaks connections, and the books of what was published and received.
//!
//! Each target of `tests` keeps one section of `docs/reliability.md`. Its short form is part of `cargo xtask test`;
//! `cargo xtask reliability` runs the same tests at full length.

mod ledger;
mod proxy;
mod scale;
mod watchdog;

pub use ledger::{Account, Ledger, Totals};
pub use proxy::{Direction, End, Proxy, Upstream};
pub use scale::Scale;
pub use watchdog::Watchdog;
