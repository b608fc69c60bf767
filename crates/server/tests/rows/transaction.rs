//! MULTI, EXEC and WATCH.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("discard", &["DISCARD", "MULTI; SET k 1; DISCARD", "WATCH k; MULTI; DISCARD"]),
    row(
        "exec",
        &[
            "EXEC",
            "MULTI; EXEC",
            "MULTI; SET k 1; HGET k f; INCR k; EXEC",
            "MULTI; SET k; EXEC",
            "WATCH k; SET k 1; MULTI; GET k; EXEC",
            "WATCH k; MULTI; GET k; EXEC",
        ],
    ),
    row("multi", &["MULTI", "MULTI; MULTI", "MULTI; SET k 1; MULTI"]),
    row("unwatch", &["UNWATCH", "WATCH k; SET k 1; UNWATCH", "MULTI; UNWATCH"]),
    row("watch", &["WATCH k", "MULTI; SET k 1; EXEC; WATCH k n k", "MULTI; WATCH k"]),
];
