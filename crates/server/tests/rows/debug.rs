//! What tells of the insides: DEBUG, OBJECT, MEMORY, SLOWLOG, LATENCY; and what ends the server.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("debug", &["DEBUG SLEEP 0", "DEBUG SET-ACTIVE-EXPIRE 1"])
        .without_odd_words("a huge number of seconds would last: see the conversations about DEBUG"),
    row("lastsave", &["LASTSAVE"]).without_numbers(),
    row("latency", &["LATENCY"]),
    row("latency|doctor", &["LATENCY DOCTOR"]).outcome_only("advice in words of its own"),
    row("latency|graph", &["LATENCY GRAPH command"]),
    row("latency|help", &["LATENCY HELP"]),
    row("latency|histogram", &["LATENCY HISTOGRAM", "LATENCY HISTOGRAM get set"]).outcome_only("how long things took"),
    row("latency|history", &["LATENCY HISTORY command"]),
    row("latency|latest", &["LATENCY LATEST"]),
    row("latency|reset", &["LATENCY RESET", "LATENCY RESET command"]),
    row("memory", &["MEMORY"]),
    row("memory|doctor", &["MEMORY DOCTOR"]).outcome_only("advice about another server"),
    row("memory|help", &["MEMORY HELP"]),
    row("memory|malloc-stats", &["MEMORY MALLOC-STATS"]).outcome_only("another allocator"),
    row("memory|purge", &["MEMORY PURGE"]),
    row("memory|stats", &["MEMORY STATS"]).outcome_only("sizes"),
    row("memory|usage", &["MEMORY USAGE k", "MEMORY USAGE h SAMPLES 0", "MEMORY USAGE n"]).outcome_only("sizes"),
    row("module", &["MODULE"]),
    row("module|help", &["MODULE HELP"]),
    row("module|list", &["MODULE LIST"]),
    row("object", &["OBJECT"]),
    row("object|encoding", &["OBJECT ENCODING k", "OBJECT ENCODING h", "OBJECT ENCODING i", "OBJECT ENCODING n"]),
    row("object|freq", &["OBJECT FREQ k", "OBJECT FREQ n"]),
    row("object|help", &["OBJECT HELP"]),
    row("object|idletime", &["OBJECT IDLETIME k", "OBJECT IDLETIME n"]),
    row("object|refcount", &["OBJECT REFCOUNT h", "OBJECT REFCOUNT n"]),
    row("role", &["ROLE"]),
    row("shutdown", &["SHUTDOWN ABORT", "SHUTDOWN FOO"])
        .without_odd_words("the server would end: see the conversations about SHUTDOWN"),
    row("slowlog", &["SLOWLOG"]),
    row("slowlog|get", &["SLOWLOG RESET; SLOWLOG GET", "SLOWLOG RESET; SLOWLOG GET 5"]),
    row("slowlog|help", &["SLOWLOG HELP"]),
    row("slowlog|len", &["SLOWLOG RESET; SLOWLOG LEN"]),
    row("slowlog|reset", &["SLOWLOG RESET"]),
];
