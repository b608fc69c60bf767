//! Strings and counters.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("append", &["APPEND k x", "APPEND n x", "APPEND k \"\""]),
    row("decr", &["DECR k", "DECR n", "DECR k2", "SET k -9223372036854775808; DECR k"]),
    row("decrby", &["DECRBY k 5", "DECRBY k -5", "DECRBY n 0"]),
    row("get", &["GET k", "GET n"]),
    row("getdel", &["GETDEL k", "GETDEL n"]),
    row(
        "getex",
        &["GETEX k", "GETEX k EX 100000", "GETEX k PXAT 5000000000000", "EXPIREAT k 5000000000; GETEX k PERSIST"],
    ),
    row("getrange", &["GETRANGE k2 0 -1", "GETRANGE k2 1 1", "GETRANGE n 0 1"]),
    row("getset", &["GETSET k x", "GETSET n x"]),
    row("incr", &["INCR k", "INCR n", "INCR k2", "SET k 9223372036854775807; INCR k"]),
    row("incrby", &["INCRBY k 5", "INCRBY k -5", "INCRBY n 0"]),
    row("incrbyfloat", &["INCRBYFLOAT k 0.5", "INCRBYFLOAT k 3.0e3", "INCRBYFLOAT n -0.1"]),
    row("mget", &["MGET k n k2 h", "MGET n"]),
    row("mset", &["MSET k x", "MSET n 1 k 2 n 3"]),
    row("msetnx", &["MSETNX n x", "MSETNX n 1 k 2"]),
    row("psetex", &["PSETEX k 100000000 x", "PSETEX n 100000000 x"]),
    row(
        "set",
        &["SET k x", "SET n x NX GET", "SET k x XX KEEPTTL", "SET k x EX 100000", "SET k x GET PXAT 5000000000000"],
    ),
    row("setex", &["SETEX k 100000 x", "SETEX n 100000 x"]),
    row("setnx", &["SETNX k x", "SETNX n x"]),
    row("setrange", &["SETRANGE k2 1 xyz", "SETRANGE n 3 x", "SETRANGE n 0 \"\""]),
    row("strlen", &["STRLEN k", "STRLEN n"]),
    row("substr", &["SUBSTR k2 0 -1", "SUBSTR k2 1 1", "SUBSTR n 0 1"]),
];
