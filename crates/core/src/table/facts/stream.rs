//! The facts of the commands on streams.

use super::notes::XADD_TRIMS;
use super::tips::NONDETERMINISTIC_OUTPUT;
use super::{Facts, Group};
use crate::table::Categories;
use crate::table::key_spec::{RO, RO_ACCESS, RW_DELETE, RW_INSERT, RW_UPDATE};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::Stream, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("xack", "5.0.0", "O(1) for each id", "Marks messages of a group as handled").keys(&[RW_UPDATE.at(1)]),
    fact("xadd", "5.0.0", "O(1), and O(N) for N entries trimmed", "Appends an entry")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RW_UPDATE.at(1).note(XADD_TRIMS)]),
    fact("xautoclaim", "6.2.0", "O(1), for a small COUNT", "Takes over messages that were pending too long")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RW_DELETE.at(1)]),
    fact("xclaim", "5.0.0", "O(log N), N the pending messages of the group", "Takes over pending messages by id")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RW_UPDATE.at(1)]),
    fact("xdel", "5.0.0", "O(1) for each id", "Removes entries by id").keys(&[RW_DELETE.at(1)]),
    fact("xgroup", "5.0.0", "that of the subcommand", "Commands on consumer groups").categories(Categories::none()),
    fact("xgroup|create", "5.0.0", "O(1)", "Makes a group").keys(&[RW_INSERT.at(2)]),
    fact("xgroup|createconsumer", "6.2.0", "O(1)", "Makes a consumer of a group").keys(&[RW_INSERT.at(2)]),
    fact("xgroup|delconsumer", "5.0.0", "O(1)", "Removes a consumer").keys(&[RW_DELETE.at(2)]),
    fact("xgroup|destroy", "5.0.0", "O(N), N the pending messages", "Removes a group").keys(&[RW_DELETE.at(2)]),
    fact("xgroup|help", "5.0.0", "O(1)", "Lists the subcommands"),
    fact("xgroup|setid", "5.0.0", "O(1)", "Sets which entry a group was given last").keys(&[RW_UPDATE.at(2)]),
    fact("xinfo", "5.0.0", "that of the subcommand", "Commands that describe streams").categories(Categories::none()),
    fact("xinfo|consumers", "5.0.0", "O(1)", "Lists the consumers of a group")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO_ACCESS.at(2)]),
    fact("xinfo|groups", "5.0.0", "O(1)", "Lists the groups of a stream").keys(&[RO_ACCESS.at(2)]),
    fact("xinfo|help", "5.0.0", "O(1)", "Lists the subcommands"),
    fact("xinfo|stream", "5.0.0", "O(1)", "Describes a stream").keys(&[RO_ACCESS.at(2)]),
    fact("xlen", "5.0.0", "O(1)", "Counts the entries").keys(&[RO.at(1)]),
    fact("xpending", "5.0.0", "O(N), N the messages returned", "Tells which messages of a group are pending")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO_ACCESS.at(1)]),
    fact("xrange", "5.0.0", "O(N), N the entries returned", "Lists the entries between two ids")
        .keys(&[RO_ACCESS.at(1)]),
    fact(
        "xread",
        "5.0.0",
        "O(N) for each stream, N the entries returned",
        "Reads what comes after an id, and may wait for it",
    )
    .keys(&[RO_ACCESS.after("STREAMS", 1).to(-1).first_half()]),
    fact(
        "xreadgroup",
        "5.0.0",
        "O(N) for each stream, N the entries returned",
        "Reads as a consumer of a group, and may wait",
    )
    .keys(&[RO_ACCESS.after("STREAMS", 4).to(-1).first_half()]),
    fact("xrevrange", "5.0.0", "O(N), N the entries returned", "Lists the entries between two ids, the last one first")
        .keys(&[RO_ACCESS.at(1)]),
    fact("xsetid", "5.0.0", "O(1)", "Sets the last id of a stream").keys(&[RW_UPDATE.at(1)]),
    fact("xtrim", "5.0.0", "O(N), N the entries removed", "Removes the oldest entries")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RW_DELETE.at(1)]),
];
