//! DEBUG: what test suites ask of a server. One row, as in Redis: its subcommands are words that only it knows.

use crate::table::{Keys, rows};

rows! {
    /// Commands for tests of Redis itself and of its clients.
    DebugCommand = Debug {
        Debug "debug" -2 [ADMIN NOSCRIPT LOADING STALE] Keys::Whole, "1.0.0";
    }
}
