//! The facts of the commands on strings and counters.

use super::notes::{GETEX_TTL, SET_GET};
use super::tips::{REQUEST_MULTI_SHARD, RESPONSE_AGG_MIN, RESPONSE_ALL_SUCCEEDED};
use super::{Facts, Group};
use crate::table::key_spec::{
    KeyFlags, OW_INSERT, OW_UPDATE, RO, RO_ACCESS, RW_ACCESS_DELETE, RW_ACCESS_UPDATE, RW_INSERT, RW_UPDATE,
};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::String, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("append", "2.0.0", "O(1) on average", "Appends to a string").keys(&[RW_INSERT.at(1)]),
    fact("decr", "1.0.0", "O(1)", "Subtracts 1").keys(&[RW_ACCESS_UPDATE.at(1)]),
    fact("decrby", "1.0.0", "O(1)", "Subtracts an integer").keys(&[RW_ACCESS_UPDATE.at(1)]),
    fact("get", "1.0.0", "O(1)", "Gets a string").keys(&[RO_ACCESS.at(1)]),
    fact("getdel", "6.2.0", "O(1)", "Gets a string and removes its key").keys(&[RW_ACCESS_DELETE.at(1)]),
    fact("getex", "6.2.0", "O(1)", "Gets a string and sets when it expires")
        .keys(&[RW_ACCESS_UPDATE.at(1).note(GETEX_TTL)]),
    fact("getrange", "2.4.0", "O(N), N the bytes returned", "Gets a part of a string").keys(&[RO_ACCESS.at(1)]),
    fact("getset", "1.0.0", "O(1)", "Sets a string and tells the old one")
        .keys(&[RW_ACCESS_UPDATE.at(1)])
        .replaced("6.2.0", "SET … GET"),
    fact("incr", "1.0.0", "O(1)", "Adds 1").keys(&[RW_ACCESS_UPDATE.at(1)]),
    fact("incrby", "1.0.0", "O(1)", "Adds an integer").keys(&[RW_ACCESS_UPDATE.at(1)]),
    fact("incrbyfloat", "2.6.0", "O(1)", "Adds a decimal number").keys(&[RW_ACCESS_UPDATE.at(1)]),
    fact(
        "lcs",
        "7.0.0",
        "O(N·M), N and M the bytes of the strings",
        "Finds the longest common subsequence of two strings",
    )
    .keys(&[RO_ACCESS.at(1).to(1)]),
    fact("mget", "1.0.0", "O(N), N the keys", "Gets several strings")
        .tips(&[REQUEST_MULTI_SHARD])
        .keys(&[RO_ACCESS.at(1).to(-1)]),
    fact("mset", "1.0.1", "O(N), N the keys", "Sets several strings")
        .tips(&[REQUEST_MULTI_SHARD, RESPONSE_ALL_SUCCEEDED])
        .keys(&[OW_UPDATE.at(1).to(-1).step(2)]),
    fact("msetnx", "1.0.1", "O(N), N the keys", "Sets several strings if none of the keys exists")
        .tips(&[REQUEST_MULTI_SHARD, RESPONSE_AGG_MIN])
        .keys(&[OW_INSERT.at(1).to(-1).step(2)]),
    fact("psetex", "2.6.0", "O(1)", "Sets a string that expires after some milliseconds").keys(&[OW_UPDATE.at(1)]),
    fact("set", "1.0.0", "O(1)", "Sets a string")
        .keys(&[RW_ACCESS_UPDATE.at(1).and(KeyFlags::VARIABLE_FLAGS).note(SET_GET)]),
    fact("setex", "2.0.0", "O(1)", "Sets a string that expires after some seconds").keys(&[OW_UPDATE.at(1)]),
    fact("setnx", "1.0.0", "O(1)", "Sets a string unless the key exists").keys(&[OW_INSERT.at(1)]),
    fact("setrange", "2.2.0", "O(1) on average, and O(N) for N bytes written", "Overwrites a part of a string")
        .keys(&[RW_UPDATE.at(1)]),
    fact("strlen", "2.2.0", "O(1)", "Tells how many bytes a string has").keys(&[RO.at(1)]),
    fact("substr", "1.0.0", "O(N), N the bytes returned", "Gets a part of a string")
        .keys(&[RO_ACCESS.at(1)])
        .replaced("2.0.0", "GETRANGE"),
];
