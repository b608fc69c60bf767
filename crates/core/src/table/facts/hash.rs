//! The facts of the commands on hashes.

use super::tips::{NONDETERMINISTIC_OUTPUT, NONDETERMINISTIC_OUTPUT_ORDER};
use super::{Facts, Group};
use crate::table::key_spec::{RO, RO_ACCESS, RW_ACCESS_UPDATE, RW_DELETE, RW_INSERT, RW_UPDATE};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::Hash, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("hdel", "2.0.0", "O(N), N the fields named", "Removes fields").keys(&[RW_DELETE.at(1)]),
    fact("hexists", "2.0.0", "O(1)", "Tells whether a field exists").keys(&[RO.at(1)]),
    fact("hget", "2.0.0", "O(1)", "Gets the value of a field").keys(&[RO_ACCESS.at(1)]),
    fact("hgetall", "2.0.0", "O(N), N the fields of the hash", "Gets all fields and their values")
        .tips(&[NONDETERMINISTIC_OUTPUT_ORDER])
        .keys(&[RO_ACCESS.at(1)]),
    fact("hincrby", "2.0.0", "O(1)", "Adds an integer to a field").keys(&[RW_ACCESS_UPDATE.at(1)]),
    fact("hincrbyfloat", "2.6.0", "O(1)", "Adds a decimal number to a field").keys(&[RW_ACCESS_UPDATE.at(1)]),
    fact("hkeys", "2.0.0", "O(N), N the fields of the hash", "Lists the fields")
        .tips(&[NONDETERMINISTIC_OUTPUT_ORDER])
        .keys(&[RO_ACCESS.at(1)]),
    fact("hlen", "2.0.0", "O(1)", "Counts the fields").keys(&[RO.at(1)]),
    fact("hmget", "2.0.0", "O(N), N the fields named", "Gets the values of several fields").keys(&[RO_ACCESS.at(1)]),
    fact("hmset", "2.0.0", "O(N), N the fields named", "Sets several fields")
        .keys(&[RW_UPDATE.at(1)])
        .replaced("4.0.0", "HSET"),
    fact("hrandfield", "6.2.0", "O(N), N the fields returned", "Draws fields at random")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO_ACCESS.at(1)]),
    fact("hscan", "2.8.0", "O(1) a call, O(N) for all N fields", "Walks over the fields and values")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO_ACCESS.at(1)]),
    fact("hset", "2.0.0", "O(N), N the fields named", "Sets fields").keys(&[RW_UPDATE.at(1)]),
    fact("hsetnx", "2.0.0", "O(1)", "Sets a field unless it exists").keys(&[RW_INSERT.at(1)]),
    fact("hstrlen", "3.2.0", "O(1)", "Tells how many bytes a field's value has").keys(&[RO.at(1)]),
    fact("hvals", "2.0.0", "O(N), N the fields of the hash", "Lists the values")
        .tips(&[NONDETERMINISTIC_OUTPUT_ORDER])
        .keys(&[RO_ACCESS.at(1)]),
];
