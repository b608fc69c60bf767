//! A client's connection.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("auth", &["AUTH x", "AUTH default x"]),
    row("client", &["CLIENT"]),
    row(
        "client|getname",
        &["CLIENT GETNAME", "CLIENT SETNAME bob; CLIENT GETNAME", "HELLO 2 SETNAME x; CLIENT GETNAME"],
    ),
    row("client|id", &["CLIENT ID"]).without_numbers(),
    row("client|info", &["CLIENT INFO"]).outcome_only("sizes and ages"),
    row(
        "client|kill",
        &[
            "CLIENT KILL 127.0.0.1:1",
            "CLIENT KILL ID 1 SKIPME yes",
            "CLIENT KILL TYPE pubsub ADDR a:1 LADDR b:1 USER default",
        ],
    ),
    row("client|list", &["CLIENT LIST", "CLIENT LIST TYPE normal", "CLIENT LIST ID 1 2"])
        .outcome_only("sizes and ages"),
    row("client|no-evict", &["CLIENT NO-EVICT on", "CLIENT NO-EVICT OFF"]),
    row(
        "client|reply",
        &[
            "CLIENT REPLY ON",
            "CLIENT REPLY OFF",
            "CLIENT REPLY SKIP",
            "CLIENT REPLY OFF; CLIENT REPLY SKIP; CLIENT REPLY ON",
        ],
    ),
    row(
        "client|setname",
        &[
            "CLIENT SETNAME bob",
            "CLIENT SETNAME bob; CLIENT SETNAME \"\"",
            "CLIENT SETNAME bob; MULTI; CLIENT GETNAME; EXEC; CLIENT SETNAME x",
        ],
    ),
    row("echo", &["ECHO hello"]),
    row(
        "hello",
        &["HELLO", "HELLO 2", "HELLO 3 SETNAME bob", "HELLO 3 AUTH default x SETNAME bob", "HELLO 2; HELLO 3; HELLO"],
    ),
    row("ping", &["PING", "PING hello", "SUBSCRIBE c; PING", "SUBSCRIBE c; PING hello"]),
    row("quit", &["QUIT", "MULTI; QUIT", "SUBSCRIBE c; QUIT"]),
    row(
        "reset",
        &[
            "RESET",
            "MULTI; SET k 1; RESET",
            "CLIENT SETNAME a; SELECT 3; RESET; CLIENT GETNAME; RESET",
            "SUBSCRIBE c; RESET",
        ],
    ),
    row("select", &["SELECT 3", "SELECT 0", "MULTI; SELECT 3; EXEC; SELECT 1"]),
];
