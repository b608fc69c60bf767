//! The facts of the commands on keys of any type.

use super::notes::{SORT_BY, SORT_STORE};
use super::tips::{
    NONDETERMINISTIC_OUTPUT, NONDETERMINISTIC_OUTPUT_ORDER, REQUEST_ALL_SHARDS, REQUEST_MULTI_SHARD, REQUEST_SPECIAL,
    RESPONSE_AGG_MIN, RESPONSE_AGG_SUM,
};
use super::{Facts, Group};
use crate::table::Categories;
use crate::table::key_spec::{
    KeyFlags, OW_INSERT, OW_UPDATE, RM_DELETE, RO, RO_ACCESS, RW_ACCESS_DELETE, RW_ACCESS_UPDATE, RW_UPDATE,
};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::Generic, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("copy", "6.2.0", "O(N), N the items of a collection; O(1) for a string", "Copies a value to another key")
        .keys(&[RO_ACCESS.at(1), OW_UPDATE.at(2)]),
    fact("del", "1.0.0", "O(N), N the keys and the items of their collections", "Removes keys")
        .tips(&[REQUEST_MULTI_SHARD, RESPONSE_AGG_SUM])
        .keys(&[RM_DELETE.at(1).to(-1)]),
    fact("dump", "2.6.0", "O(1), and O(N) for N bytes of the value", "Serializes the value of a key")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO_ACCESS.at(1)]),
    fact("exists", "1.0.0", "O(N), N the keys", "Counts which of the keys exist")
        .tips(&[REQUEST_MULTI_SHARD, RESPONSE_AGG_SUM])
        .keys(&[RO.at(1).to(-1)]),
    fact("expire", "1.0.0", "O(1)", "Sets a key to expire after some seconds").keys(&[RW_UPDATE.at(1)]),
    fact("expireat", "1.2.0", "O(1)", "Sets a key to expire at a Unix time in seconds").keys(&[RW_UPDATE.at(1)]),
    fact("expiretime", "7.0.0", "O(1)", "Tells at which Unix time in seconds a key expires").keys(&[RO_ACCESS.at(1)]),
    fact("keys", "1.0.0", "O(N), N the keys of the database", "Lists the keys that match a pattern")
        .categories(Categories::KEYSPACE.with(Categories::DANGEROUS))
        .tips(&[REQUEST_ALL_SHARDS, NONDETERMINISTIC_OUTPUT_ORDER]),
    fact("migrate", "2.6.0", "that of DUMP and DEL here, and of RESTORE there", "Moves keys to another server")
        .categories(Categories::KEYSPACE.with(Categories::DANGEROUS))
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RW_ACCESS_DELETE.at(3), RW_ACCESS_DELETE.after("KEYS", -2).to(-1).and(KeyFlags::INCOMPLETE)]),
    fact("move", "1.0.0", "O(1)", "Moves a key to another database").keys(&[RW_ACCESS_UPDATE.at(1)]),
    fact("object", "2.2.3", "that of the subcommand", "Commands on how values are kept").categories(Categories::none()),
    fact("object|encoding", "2.2.3", "O(1)", "Tells how a value is kept inside")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO.at(2)]),
    fact("object|freq", "4.0.0", "O(1)", "Tells how often a key is used")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO.at(2)]),
    fact("object|help", "6.2.0", "O(1)", "Lists the subcommands"),
    fact("object|idletime", "2.2.3", "O(1)", "Tells for how many seconds a key was not used")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO.at(2)]),
    fact("object|refcount", "2.2.3", "O(1)", "Tells how many references a value has")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO.at(2)]),
    fact("persist", "2.2.0", "O(1)", "Removes the expiry of a key").keys(&[RW_UPDATE.at(1)]),
    fact("pexpire", "2.6.0", "O(1)", "Sets a key to expire after some milliseconds").keys(&[RW_UPDATE.at(1)]),
    fact("pexpireat", "2.6.0", "O(1)", "Sets a key to expire at a Unix time in milliseconds").keys(&[RW_UPDATE.at(1)]),
    fact("pexpiretime", "7.0.0", "O(1)", "Tells at which Unix time in milliseconds a key expires")
        .keys(&[RO_ACCESS.at(1)]),
    fact("pttl", "2.6.0", "O(1)", "Tells how many milliseconds a key has left")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO_ACCESS.at(1)]),
    fact("randomkey", "1.0.0", "O(1)", "Draws a key of the database")
        .tips(&[REQUEST_ALL_SHARDS, NONDETERMINISTIC_OUTPUT]),
    fact("rename", "1.0.0", "O(1)", "Renames a key, replacing what has the new name")
        .keys(&[RW_ACCESS_DELETE.at(1), OW_UPDATE.at(2)]),
    fact("renamenx", "1.0.0", "O(1)", "Renames a key unless the new name is taken")
        .keys(&[RW_ACCESS_DELETE.at(1), OW_INSERT.at(2)]),
    fact(
        "restore",
        "2.6.0",
        "O(1), and O(N) for N bytes of the value; more for a sorted set",
        "Makes a key from what DUMP gave",
    )
    .categories(Categories::KEYSPACE.with(Categories::DANGEROUS))
    .keys(&[OW_UPDATE.at(1)]),
    fact("scan", "2.8.0", "O(1) a call, O(N) for all N keys", "Walks over the keys of the database")
        .tips(&[NONDETERMINISTIC_OUTPUT, REQUEST_SPECIAL]),
    fact(
        "sort",
        "1.0.0",
        "O(N + M log M), N the items, M those returned",
        "Sorts a list, set or sorted set, and may store the result",
    )
    .categories(Categories::SET.with(Categories::SORTEDSET).with(Categories::LIST).with(Categories::DANGEROUS))
    .keys(&[RO_ACCESS.at(1), RO_ACCESS.hidden().note(SORT_BY), OW_UPDATE.hidden().note(SORT_STORE)]),
    fact("sort_ro", "7.0.0", "O(N + M log M), N the items, M those returned", "Sorts a list, set or sorted set")
        .categories(Categories::SET.with(Categories::SORTEDSET).with(Categories::LIST).with(Categories::DANGEROUS))
        .keys(&[RO_ACCESS.at(1), RO_ACCESS.hidden().note(SORT_BY)]),
    fact("touch", "3.2.1", "O(N), N the keys", "Marks keys as used, and counts those that exist")
        .tips(&[REQUEST_MULTI_SHARD, RESPONSE_AGG_SUM])
        .keys(&[RO.at(1).to(-1)]),
    fact("ttl", "1.0.0", "O(1)", "Tells how many seconds a key has left")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO_ACCESS.at(1)]),
    fact("type", "1.0.0", "O(1)", "Tells the type of a key's value").keys(&[RO.at(1)]),
    fact(
        "unlink",
        "4.0.0",
        "O(1) for each key; the items are freed later",
        "Removes keys, and frees their memory later",
    )
    .tips(&[REQUEST_MULTI_SHARD, RESPONSE_AGG_SUM])
    .keys(&[RM_DELETE.at(1).to(-1)]),
    fact("wait", "3.0.0", "O(1)", "Waits until replicas have this connection's writes")
        .categories(Categories::CONNECTION)
        .tips(&[REQUEST_ALL_SHARDS, RESPONSE_AGG_MIN]),
];
