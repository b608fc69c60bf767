//! Bits and bit fields of strings.

use super::row::{Row, row};

pub(crate) const ROWS: &[Row] = &[
    row("bitcount", &["BITCOUNT k", "BITCOUNT k 0 -1", "BITCOUNT k 5 30 BIT", "BITCOUNT n 0 0 BYTE"]),
    row(
        "bitfield",
        &[
            "BITFIELD k GET u8 0 SET i5 #1 7 OVERFLOW FAIL INCRBY u2 100 3",
            "BITFIELD k OVERFLOW SAT INCRBY i8 0 200 OVERFLOW WRAP INCRBY u63 #1 9",
            "BITFIELD n",
        ],
    ),
    row("bitfield_ro", &["BITFIELD_RO k GET u8 0 GET i64 #3", "BITFIELD_RO n"]),
    row("bitop", &["BITOP AND n k k2", "BITOP not k k2", "BITOP XOR k2 k k2 n", "BITOP OR k n n"]),
    row("bitpos", &["BITPOS k 1", "BITPOS k 0 1 -1", "BITPOS k 1 3 20 BIT", "BITPOS n 0"]),
    row("getbit", &["GETBIT k 3", "GETBIT k 10000", "GETBIT n 0"]),
    row("setbit", &["SETBIT k 7 1", "SETBIT k 100 0", "SETBIT n 9 1"]),
];
