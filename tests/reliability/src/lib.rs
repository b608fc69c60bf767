//! What the tests of embroker's promises share: how long to run, who barks when something hangs, servers to kill, a
//! proxy that breaks connections, the books of what was published and received, and whether what was recorded could
//! have happened in one order.
//!
//! Each target of `tests` keeps one section of `docs/reliability.md`. Its short form is part of `cargo xtask test`;
//! `cargo xtask reliability` runs the same tests at full length.

mod data;
mod interleaved;
mod ledger;
mod linear;
mod pair;
mod program;
mod proxy;
mod scale;
mod server;
mod threads;
mod watchdog;

pub use data::{Answer, Data, Transaction, Words};
pub use interleaved::Interleaved;
pub use ledger::{Account, Ledger, Totals};
pub use linear::{Model, Operation, Thread, linearize};
pub use pair::{Pair, Side, told, without_ids};
pub use program::{Limits, Program, alone, is_alone, resident};
pub use proxy::{Direction, End, Proxy, Upstream};
pub use scale::Scale;
pub use server::Server;
pub use threads::on_threads;
pub use watchdog::Watchdog;
