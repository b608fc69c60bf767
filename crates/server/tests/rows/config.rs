//! The server's parameters.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("config", &["CONFIG"]),
    row("config|get", &["CONFIG GET hz", "CONFIG GET slowlog-max-len hz nope", "CONFIG GET maxmemory-pol*"])
        .outcome_only("an odd word may ask for all of them: see the comparison of parameters"),
    row("config|help", &["CONFIG HELP"]),
    row("config|resetstat", &["CONFIG RESETSTAT"]),
    row("config|rewrite", &["CONFIG REWRITE"]),
    row("config|set", &["CONFIG SET slowlog-max-len 128", "CONFIG SET slowlog-max-len 128 latency-tracking yes"]),
];
