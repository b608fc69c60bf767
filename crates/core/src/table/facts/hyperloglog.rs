//! The facts of the commands that estimate counts.

use super::notes::PFCOUNT_CACHES;
use super::{Facts, Group};
use crate::table::key_spec::{RO_ACCESS, RW_ACCESS, RW_ACCESS_INSERT, RW_INSERT};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::HyperLogLog, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("pfadd", "2.8.9", "O(1) for each element", "Adds elements to be counted").keys(&[RW_INSERT.at(1)]),
    fact("pfcount", "2.8.9", "O(1) for one key, O(N) for N keys", "Estimates how many different elements were added")
        .keys(&[RW_ACCESS.at(1).to(-1).note(PFCOUNT_CACHES)]),
    fact("pfdebug", "2.8.9", "N/A", "Looks into a HyperLogLog; for tests").keys(&[RW_ACCESS.at(2)]).internal(),
    fact("pfmerge", "2.8.9", "O(N), N the keys", "Merges HyperLogLogs into one")
        .keys(&[RW_ACCESS_INSERT.at(1), RO_ACCESS.at(2).to(-1)]),
    fact("pfselftest", "2.8.9", "N/A", "Tests the server's HyperLogLogs").internal(),
];
