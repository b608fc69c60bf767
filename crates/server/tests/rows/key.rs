//! Keys of any type.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("copy", &["COPY k n", "COPY h k REPLACE", "COPY s s DB 1 REPLACE", "COPY k k2"]),
    row("dbsize", &["DBSIZE", "SELECT 4; DBSIZE"]),
    row("del", &["DEL k", "DEL k h s n k"]),
    row("exists", &["EXISTS k", "EXISTS k k n h"]),
    row(
        "expire",
        &[
            "EXPIRE k 100000",
            "EXPIRE k 100000 NX",
            "EXPIRE k -1",
            "EXPIREAT k 5000000000; EXPIRE k 5 GT",
            "EXPIRE n 1 XX",
        ],
    ),
    row(
        "expireat",
        &[
            "EXPIREAT k 5000000000",
            "EXPIREAT k 5000000000 XX",
            "EXPIREAT k 5000000000; EXPIREAT k 5000000001 LT",
            "EXPIREAT n 1 GT XX",
        ],
    ),
    row("expiretime", &["EXPIREAT k 5000000000; EXPIRETIME k", "EXPIRETIME k", "EXPIRETIME n"]),
    row("flushall", &["FLUSHALL", "FLUSHALL ASYNC", "FLUSHALL sync"]),
    row("flushdb", &["FLUSHDB", "SELECT 1; FLUSHDB SYNC"]),
    row("keys", &["KEYS *", "KEYS k?", "KEYS nope"]).in_any_order(),
    row("move", &["MOVE k 1", "SELECT 1; SET k x; SELECT 0; MOVE k 1", "MOVE n 1", "MOVE k 0"]),
    row("persist", &["PERSIST k", "EXPIREAT k 5000000000; PERSIST k", "PERSIST n"]),
    row("pexpire", &["PEXPIRE k 100000000", "PEXPIRE k -1", "PEXPIRE k 100000000 XX"]),
    row("pexpireat", &["PEXPIREAT k 5000000000000", "PEXPIREAT k 1", "PEXPIREAT k 5000000000000 LT"]),
    row("pexpiretime", &["PEXPIREAT k 5000000000000; PEXPIRETIME k", "PEXPIRETIME k", "PEXPIRETIME n"]),
    row("pttl", &["PTTL k", "PTTL n", "PEXPIREAT k 1; PTTL k"]),
    row("randomkey", &["DEL k k2 h s; RANDOMKEY", "FLUSHALL; RANDOMKEY"]),
    row("rename", &["RENAME k n", "RENAME h k", "RENAME k k", "RENAME n k"]),
    row("renamenx", &["RENAMENX k n", "RENAMENX h k", "RENAMENX k k"]),
    row("scan", &["SCAN =0 COUNT 100", "SCAN =0 MATCH k* COUNT 100 TYPE string"]).in_any_order(),
    row("swapdb", &["SWAPDB 0 1", "SWAPDB 3 3; SWAPDB 1 1"]),
    row("touch", &["TOUCH k", "TOUCH k k n"]),
    row("ttl", &["TTL k", "TTL n", "EXPIRE k 100000; TTL k"]),
    row("type", &["TYPE k", "TYPE h", "TYPE s", "TYPE n"]),
    row("unlink", &["UNLINK k", "UNLINK k h s n k"]),
];
