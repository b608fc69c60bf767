//! What a client asks of itself and of the others.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("client|caching", &["CLIENT CACHING yes", "CLIENT CACHING no"]),
    row("client|getredir", &["CLIENT GETREDIR"]),
    row("client|help", &["CLIENT HELP"]),
    row("client|pause", &["CLIENT PAUSE 0", "CLIENT PAUSE 1 WRITE", "CLIENT PAUSE 1 all"])
        .without_odd_words("a huge number holds the clients of the next conversations"),
    row("client|tracking", &["CLIENT TRACKING OFF", "CLIENT TRACKING off NOLOOP"]),
    row("client|trackinginfo", &["CLIENT TRACKINGINFO"]),
    row("client|unblock", &["CLIENT UNBLOCK 999999", "CLIENT UNBLOCK 999999 TIMEOUT", "CLIENT UNBLOCK 999999 error"]),
    row("client|unpause", &["CLIENT UNPAUSE"]),
    row("monitor", &["MONITOR"]).without_numbers(),
];
