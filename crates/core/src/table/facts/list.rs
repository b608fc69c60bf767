//! The facts of the commands on lists.

use super::{Facts, Group};
use crate::table::key_spec::{RO, RO_ACCESS, RW_ACCESS_DELETE, RW_DELETE, RW_INSERT, RW_UPDATE};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::List, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("blmove", "6.2.0", "O(1)", "LMOVE that waits for an element").keys(&[RW_ACCESS_DELETE.at(1), RW_INSERT.at(2)]),
    fact("blmpop", "7.0.0", "O(N + M), N the keys, M the elements returned", "LMPOP that waits for an element")
        .keys(&[RW_ACCESS_DELETE.at(2).counted()]),
    fact("blpop", "2.0.0", "O(N), N the keys", "LPOP from the first list that has an element, or waits for one")
        .keys(&[RW_ACCESS_DELETE.at(1).to(-2)]),
    fact("brpop", "2.0.0", "O(N), N the keys", "RPOP from the first list that has an element, or waits for one")
        .keys(&[RW_ACCESS_DELETE.at(1).to(-2)]),
    fact("brpoplpush", "2.2.0", "O(1)", "RPOPLPUSH that waits for an element")
        .keys(&[RW_ACCESS_DELETE.at(1), RW_INSERT.at(2)])
        .replaced("6.2.0", "BLMOVE … RIGHT LEFT"),
    fact("lindex", "1.0.0", "O(N), N the steps from the nearer end", "Gets an element by its position")
        .keys(&[RO_ACCESS.at(1)]),
    fact("linsert", "2.2.0", "O(N), N the elements before the pivot", "Inserts an element before or after another")
        .keys(&[RW_INSERT.at(1)]),
    fact("llen", "1.0.0", "O(1)", "Counts the elements").keys(&[RO.at(1)]),
    fact("lmove", "6.2.0", "O(1)", "Moves an element from an end of one list to an end of another")
        .keys(&[RW_ACCESS_DELETE.at(1), RW_INSERT.at(2)]),
    fact(
        "lmpop",
        "7.0.0",
        "O(N + M), N the keys, M the elements returned",
        "Takes elements from the first list that has any",
    )
    .keys(&[RW_ACCESS_DELETE.at(1).counted()]),
    fact("lpop", "1.0.0", "O(N), N the elements returned", "Takes elements from the left end")
        .keys(&[RW_ACCESS_DELETE.at(1)]),
    fact("lpos", "6.0.6", "O(N), N the elements of the list", "Finds the positions of an element")
        .keys(&[RO_ACCESS.at(1)]),
    fact("lpush", "1.0.0", "O(N), N the elements given", "Adds elements at the left end").keys(&[RW_INSERT.at(1)]),
    fact("lpushx", "2.2.0", "O(N), N the elements given", "Adds elements at the left end of a list that exists")
        .keys(&[RW_INSERT.at(1)]),
    fact(
        "lrange",
        "1.0.0",
        "O(S + N), S the steps to the first element, N those returned",
        "Gets the elements between two positions",
    )
    .keys(&[RO_ACCESS.at(1)]),
    fact("lrem", "1.0.0", "O(N + M), N the elements of the list, M those removed", "Removes elements of a value")
        .keys(&[RW_DELETE.at(1)]),
    fact("lset", "1.0.0", "O(N), N the elements of the list; O(1) at its ends", "Replaces the element at a position")
        .keys(&[RW_UPDATE.at(1)]),
    fact("ltrim", "1.0.0", "O(N), N the elements removed", "Keeps the elements between two positions only")
        .keys(&[RW_DELETE.at(1)]),
    fact("rpop", "1.0.0", "O(N), N the elements returned", "Takes elements from the right end")
        .keys(&[RW_ACCESS_DELETE.at(1)]),
    fact("rpoplpush", "1.2.0", "O(1)", "Moves the right end of one list to the left end of another")
        .keys(&[RW_ACCESS_DELETE.at(1), RW_INSERT.at(2)])
        .replaced("6.2.0", "LMOVE … RIGHT LEFT"),
    fact("rpush", "1.0.0", "O(N), N the elements given", "Adds elements at the right end").keys(&[RW_INSERT.at(1)]),
    fact("rpushx", "2.2.0", "O(N), N the elements given", "Adds elements at the right end of a list that exists")
        .keys(&[RW_INSERT.at(1)]),
];
