//! The facts of the commands on sets.

use super::tips::{NONDETERMINISTIC_OUTPUT, NONDETERMINISTIC_OUTPUT_ORDER};
use super::{Facts, Group};
use crate::table::key_spec::{OW_UPDATE, RO, RO_ACCESS, RW_ACCESS_DELETE, RW_DELETE, RW_INSERT, RW_UPDATE};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::Set, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("sadd", "1.0.0", "O(N), N the members given", "Adds members").keys(&[RW_INSERT.at(1)]),
    fact("scard", "1.0.0", "O(1)", "Counts the members").keys(&[RO.at(1)]),
    fact("sdiff", "1.0.0", "O(N), N the members of all sets", "Lists the members of the first set that no other has")
        .tips(&[NONDETERMINISTIC_OUTPUT_ORDER])
        .keys(&[RO_ACCESS.at(1).to(-1)]),
    fact(
        "sdiffstore",
        "1.0.0",
        "O(N), N the members of all sets",
        "Stores the members of the first set that no other has",
    )
    .keys(&[OW_UPDATE.at(1), RO_ACCESS.at(2).to(-1)]),
    fact(
        "sinter",
        "1.0.0",
        "O(N·M) at worst, N the members of the smallest set, M the sets",
        "Lists the members that all sets have",
    )
    .tips(&[NONDETERMINISTIC_OUTPUT_ORDER])
    .keys(&[RO_ACCESS.at(1).to(-1)]),
    fact(
        "sintercard",
        "7.0.0",
        "O(N·M) at worst, N the members of the smallest set, M the sets",
        "Counts the members that all sets have",
    )
    .keys(&[RO_ACCESS.at(1).counted()]),
    fact(
        "sinterstore",
        "1.0.0",
        "O(N·M) at worst, N the members of the smallest set, M the sets",
        "Stores the members that all sets have",
    )
    .keys(&[RW_UPDATE.at(1), RO_ACCESS.at(2).to(-1)]),
    fact("sismember", "1.0.0", "O(1)", "Tells whether a set has a member").keys(&[RO.at(1)]),
    fact("smembers", "1.0.0", "O(N), N the members of the set", "Lists the members")
        .tips(&[NONDETERMINISTIC_OUTPUT_ORDER])
        .keys(&[RO_ACCESS.at(1)]),
    fact("smismember", "6.2.0", "O(N), N the members asked for", "Tells which members a set has")
        .keys(&[RO_ACCESS.at(1)]),
    fact("smove", "1.0.0", "O(1)", "Moves a member to another set").keys(&[RW_ACCESS_DELETE.at(1), RW_INSERT.at(2)]),
    fact("spop", "1.0.0", "O(1), or O(N) with a count of N", "Draws members at random and removes them")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RW_ACCESS_DELETE.at(1)]),
    fact("srandmember", "1.0.0", "O(1), or O(N) with a count of N", "Draws members at random")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO_ACCESS.at(1)]),
    fact("srem", "1.0.0", "O(N), N the members given", "Removes members").keys(&[RW_DELETE.at(1)]),
    fact("sscan", "2.8.0", "O(1) a call, O(N) for all N members", "Walks over the members")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO_ACCESS.at(1)]),
    fact("sunion", "1.0.0", "O(N), N the members of all sets", "Lists the members that any set has")
        .tips(&[NONDETERMINISTIC_OUTPUT_ORDER])
        .keys(&[RO_ACCESS.at(1).to(-1)]),
    fact("sunionstore", "1.0.0", "O(N), N the members of all sets", "Stores the members that any set has")
        .keys(&[OW_UPDATE.at(1), RO_ACCESS.at(2).to(-1)]),
];
