//! Hashes.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("hdel", &["HDEL h a", "HDEL h a b a x", "HDEL n a"]),
    row("hexists", &["HEXISTS h a", "HEXISTS h x", "HEXISTS n a"]),
    row("hget", &["HGET h a", "HGET h x", "HGET n a"]),
    row("hgetall", &["HGETALL h", "HGETALL n"]),
    row(
        "hincrby",
        &["HINCRBY h a 5", "HINCRBY h c -3", "HINCRBY n a 0", "HSET h a 9223372036854775807; HINCRBY h a 1"],
    ),
    row("hincrbyfloat", &["HINCRBYFLOAT h a 0.5", "HINCRBYFLOAT h c 3.0e3", "HINCRBYFLOAT n a 0"]),
    row("hkeys", &["HKEYS h", "HKEYS n"]),
    row("hlen", &["HLEN h", "HLEN n"]),
    row("hmget", &["HMGET h a x b a", "HMGET n a"]),
    row("hmset", &["HMSET h a 2", "HMSET n a 1 b 2 a 3"]),
    row(
        "hrandfield",
        &[
            "HDEL h b; HRANDFIELD h",
            "HDEL h b; HRANDFIELD h 5",
            "HDEL h b; HRANDFIELD h -2 WITHVALUES",
            "HDEL h b; HRANDFIELD n 1",
        ],
    ),
    row("hscan", &["HSCAN h 0", "HSCAN h 0 MATCH a* COUNT 100", "HSCAN n 0"]),
    row("hset", &["HSET h a 2", "HSET h c 1 d 2 c 3", "HSET n a 1"]),
    row("hsetnx", &["HSETNX h a 2", "HSETNX h c 2", "HSETNX n a 1"]),
    row("hstrlen", &["HSTRLEN h a", "HSTRLEN h x", "HSTRLEN n a"]),
    row("hvals", &["HVALS h", "HVALS n"]),
];
