//! The facts of the commands on bits and bit fields of strings.

use super::notes::BITFIELD_BOTH;
use super::{Facts, Group};
use crate::table::key_spec::{KeyFlags, OW_UPDATE, RO_ACCESS, RW_ACCESS_UPDATE};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::Bitmap, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("bitcount", "2.6.0", "O(N), N the bytes counted", "Counts the bits that are 1").keys(&[RO_ACCESS.at(1)]),
    fact(
        "bitfield",
        "3.2.0",
        "O(1) for each operation",
        "Reads, sets and adds to integers of any width inside a string",
    )
    .keys(&[RW_ACCESS_UPDATE.at(1).and(KeyFlags::VARIABLE_FLAGS).note(BITFIELD_BOTH)]),
    fact("bitfield_ro", "6.0.0", "O(1) for each operation", "Reads integers of any width inside a string")
        .keys(&[RO_ACCESS.at(1)]),
    fact("bitop", "2.6.0", "O(N), N the bytes of the longest string", "Combines strings bit by bit into a new one")
        .keys(&[OW_UPDATE.at(2), RO_ACCESS.at(3).to(-1)]),
    fact("bitpos", "2.8.7", "O(N), N the bytes searched", "Finds the first bit that is 0 or 1")
        .keys(&[RO_ACCESS.at(1)]),
    fact("getbit", "2.2.0", "O(1)", "Reads one bit").keys(&[RO_ACCESS.at(1)]),
    fact("setbit", "2.2.0", "O(1)", "Sets or clears one bit, and tells what it was").keys(&[RW_ACCESS_UPDATE.at(1)]),
];
