//! Sets.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("sadd", &["SADD s 1", "SADD s 2 a 2", "SADD n a"]),
    row("scard", &["SCARD s", "SCARD n"]),
    row("sdiff", &["SDIFF i s", "SDIFF i", "SDIFF n i"]).in_any_order(),
    row("sdiffstore", &["SDIFFSTORE n i s", "SDIFFSTORE s n", "SDIFFSTORE k i"]),
    row("sinter", &["SINTER i s", "SINTER i", "SINTER i n"]).in_any_order(),
    row("sintercard", &["SINTERCARD 2 i s", "SINTERCARD 1 i LIMIT 2", "SINTERCARD 2 i n LIMIT 0"]),
    row("sinterstore", &["SINTERSTORE n i s", "SINTERSTORE s n", "SINTERSTORE k i"]),
    row("sismember", &["SISMEMBER s 1", "SISMEMBER s x", "SISMEMBER n 1"]),
    row("smembers", &["SMEMBERS i", "SMEMBERS s", "SMEMBERS n"]),
    row("smismember", &["SMISMEMBER i 1 x 3", "SMISMEMBER n 1"]),
    row("smove", &["SMOVE i s 2", "SMOVE i n 3", "SMOVE i s 9", "SMOVE s s 1"]),
    row("spop", &["SPOP s", "SPOP s 2", "SPOP n", "SPOP n 1"]),
    row("srandmember", &["SRANDMEMBER s", "SRANDMEMBER s 3", "SRANDMEMBER s -3", "SRANDMEMBER n 1"]),
    row("srem", &["SREM i 1", "SREM i 1 1 x 3", "SREM s 1", "SREM n a"]),
    row("sscan", &["SSCAN i 0", "SSCAN i 0 MATCH 1* COUNT 100", "SSCAN n 0"]).in_any_order(),
    row("sunion", &["SUNION i s", "SUNION n"]).in_any_order(),
    row("sunionstore", &["SUNIONSTORE n i s", "SUNIONSTORE s n", "SUNIONSTORE k i"]),
];
