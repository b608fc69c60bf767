//! The server itself.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("command", &["COMMAND"]).outcome_only("in the order of a hash table: see the tests of COMMAND"),
    row("command|count", &["COMMAND COUNT"]).outcome_only("there are fewer commands here"),
    row("command|docs", &["COMMAND DOCS nope", "COMMAND DOCS get set"])
        .outcome_only("told in other words: see the tests of COMMAND"),
    row("command|getkeys", &["COMMAND GETKEYS MSET a 1 b 2", "COMMAND GETKEYS SINTERCARD 2 a b"]),
    row("command|getkeysandflags", &["COMMAND GETKEYSANDFLAGS SET a 1", "COMMAND GETKEYSANDFLAGS RENAME a b"]),
    row("command|help", &["COMMAND HELP"]),
    row("command|info", &["COMMAND INFO get", "COMMAND INFO get nope hset"])
        .outcome_only("of all commands, there are fewer here: see the tests of COMMAND"),
    row(
        "command|list",
        &[
            "COMMAND LIST FILTERBY PATTERN hgeta*",
            "COMMAND LIST FILTERBY ACLCAT scripting",
            "COMMAND LIST FILTERBY MODULE x",
        ],
    )
    .outcome_only("in the order of a hash table: see the tests of COMMAND"),
    row("info", &["INFO", "INFO server", "INFO clients memory"]).outcome_only("it is about another server"),
    row("lolwut", &["LOLWUT", "LOLWUT VERSION 5 40 4 4"]).outcome_only("each server has a picture of its own"),
    row("time", &["TIME"]).without_numbers(),
    row("wait", &["WAIT 0 1", "WAIT -1 1"]),
];
