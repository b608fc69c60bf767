//! The facts of the commands on transactions.

use super::{Facts, Group};
use crate::table::key_spec::RO;

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::Transactions, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("discard", "2.0.0", "O(N), N the queued commands", "Drops the queued commands"),
    fact("exec", "1.2.0", "that of the queued commands", "Runs the queued commands as one"),
    fact("multi", "1.2.0", "O(1)", "Starts queueing commands"),
    fact("unwatch", "2.2.0", "O(1)", "Forgets the watched keys"),
    fact("watch", "2.2.0", "O(1) for each key", "Has the next EXEC run only if keys are unchanged")
        .keys(&[RO.at(1).to(-1)]),
];
