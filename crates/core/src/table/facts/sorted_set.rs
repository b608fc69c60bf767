//! The facts of the commands on sorted sets.

use super::tips::NONDETERMINISTIC_OUTPUT;
use super::{Facts, Group};
use crate::table::key_spec::{OW_UPDATE, RO, RO_ACCESS, RW_ACCESS_DELETE, RW_ACCESS_UPDATE, RW_DELETE, RW_UPDATE};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::SortedSet, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact(
        "bzmpop",
        "7.0.0",
        "O(K + M log N), K the keys, M the members returned, N those of the set",
        "ZMPOP that waits for a member",
    )
    .keys(&[RW_ACCESS_DELETE.at(2).counted()]),
    fact(
        "bzpopmax",
        "5.0.0",
        "O(log N), N the members",
        "ZPOPMAX from the first sorted set that has a member, or waits for one",
    )
    .keys(&[RW_ACCESS_DELETE.at(1).to(-2)]),
    fact(
        "bzpopmin",
        "5.0.0",
        "O(log N), N the members",
        "ZPOPMIN from the first sorted set that has a member, or waits for one",
    )
    .keys(&[RW_ACCESS_DELETE.at(1).to(-2)]),
    fact("zadd", "1.2.0", "O(log N) for each member, N those of the set", "Adds members, or changes their scores")
        .keys(&[RW_UPDATE.at(1)]),
    fact("zcard", "1.2.0", "O(1)", "Counts the members").keys(&[RO.at(1)]),
    fact("zcount", "2.0.0", "O(log N), N the members", "Counts the members between two scores")
        .keys(&[RO_ACCESS.at(1)]),
    fact(
        "zdiff",
        "6.2.0",
        "O(L + (N - K) log N) at worst, L all members, N those of the first set, K the result's",
        "Lists the members of the first sorted set that no other has",
    )
    .keys(&[RO_ACCESS.at(1).counted()]),
    fact(
        "zdiffstore",
        "6.2.0",
        "O(L + (N - K) log N) at worst, L all members, N those of the first set, K the result's",
        "Stores the members of the first sorted set that no other has",
    )
    .keys(&[OW_UPDATE.at(1), RO_ACCESS.at(2).counted()]),
    fact("zincrby", "1.2.0", "O(log N), N the members", "Adds to the score of a member")
        .keys(&[RW_ACCESS_UPDATE.at(1)]),
    fact(
        "zinter",
        "6.2.0",
        "O(N·K + M log M) at worst, N the smallest set's members, K the sets, M the result's",
        "Lists the members that all sorted sets have",
    )
    .keys(&[RO_ACCESS.at(1).counted()]),
    fact(
        "zintercard",
        "7.0.0",
        "O(N·K) at worst, N the smallest set's members, K the sets",
        "Counts the members that all sorted sets have",
    )
    .keys(&[RO_ACCESS.at(1).counted()]),
    fact(
        "zinterstore",
        "2.0.0",
        "O(N·K + M log M) at worst, N the smallest set's members, K the sets, M the result's",
        "Stores the members that all sorted sets have",
    )
    .keys(&[OW_UPDATE.at(1), RO_ACCESS.at(2).counted()]),
    fact("zlexcount", "2.8.9", "O(log N), N the members", "Counts the members between two names")
        .keys(&[RO_ACCESS.at(1)]),
    fact(
        "zmpop",
        "7.0.0",
        "O(K + M log N), K the keys, M the members returned, N those of the set",
        "Takes members from the first sorted set that has any",
    )
    .keys(&[RW_ACCESS_DELETE.at(1).counted()]),
    fact("zmscore", "6.2.0", "O(N), N the members asked for", "Gets the scores of members").keys(&[RO_ACCESS.at(1)]),
    fact(
        "zpopmax",
        "5.0.0",
        "O(M log N), M the members returned, N those of the set",
        "Takes the members of the highest scores",
    )
    .keys(&[RW_ACCESS_DELETE.at(1)]),
    fact(
        "zpopmin",
        "5.0.0",
        "O(M log N), M the members returned, N those of the set",
        "Takes the members of the lowest scores",
    )
    .keys(&[RW_ACCESS_DELETE.at(1)]),
    fact("zrandmember", "6.2.0", "O(N), N the members returned", "Draws members at random")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO_ACCESS.at(1)]),
    fact(
        "zrange",
        "1.2.0",
        "O(log N + M), N the members, M those returned",
        "Lists the members between two ranks, scores or names",
    )
    .keys(&[RO_ACCESS.at(1)]),
    fact(
        "zrangebylex",
        "2.8.9",
        "O(log N + M), N the members, M those returned",
        "Lists the members between two names",
    )
    .keys(&[RO_ACCESS.at(1)])
    .replaced("6.2.0", "ZRANGE … BYLEX"),
    fact(
        "zrangebyscore",
        "1.0.5",
        "O(log N + M), N the members, M those returned",
        "Lists the members between two scores",
    )
    .keys(&[RO_ACCESS.at(1)])
    .replaced("6.2.0", "ZRANGE … BYSCORE"),
    fact(
        "zrangestore",
        "6.2.0",
        "O(log N + M), N the members, M those stored",
        "Stores the members between two ranks, scores or names",
    )
    .keys(&[OW_UPDATE.at(1), RO_ACCESS.at(2)]),
    fact("zrank", "2.0.0", "O(log N), N the members", "Tells the rank of a member, the lowest score first")
        .keys(&[RO_ACCESS.at(1)]),
    fact("zrem", "1.2.0", "O(M log N), M the members removed, N those of the set", "Removes members")
        .keys(&[RW_DELETE.at(1)]),
    fact(
        "zremrangebylex",
        "2.8.9",
        "O(log N + M), N the members, M those removed",
        "Removes the members between two names",
    )
    .keys(&[RW_DELETE.at(1)]),
    fact(
        "zremrangebyrank",
        "2.0.0",
        "O(log N + M), N the members, M those removed",
        "Removes the members between two ranks",
    )
    .keys(&[RW_DELETE.at(1)]),
    fact(
        "zremrangebyscore",
        "1.2.0",
        "O(log N + M), N the members, M those removed",
        "Removes the members between two scores",
    )
    .keys(&[RW_DELETE.at(1)]),
    fact(
        "zrevrange",
        "1.2.0",
        "O(log N + M), N the members, M those returned",
        "Lists the members between two ranks, the highest score first",
    )
    .keys(&[RO_ACCESS.at(1)])
    .replaced("6.2.0", "ZRANGE … REV"),
    fact(
        "zrevrangebylex",
        "2.8.9",
        "O(log N + M), N the members, M those returned",
        "Lists the members between two names, the last one first",
    )
    .keys(&[RO_ACCESS.at(1)])
    .replaced("6.2.0", "ZRANGE … BYLEX REV"),
    fact(
        "zrevrangebyscore",
        "2.2.0",
        "O(log N + M), N the members, M those returned",
        "Lists the members between two scores, the highest first",
    )
    .keys(&[RO_ACCESS.at(1)])
    .replaced("6.2.0", "ZRANGE … BYSCORE REV"),
    fact("zrevrank", "2.0.0", "O(log N), N the members", "Tells the rank of a member, the highest score first")
        .keys(&[RO_ACCESS.at(1)]),
    fact("zscan", "2.8.0", "O(1) a call, O(N) for all N members", "Walks over the members and scores")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .keys(&[RO_ACCESS.at(1)]),
    fact("zscore", "1.2.0", "O(1)", "Gets the score of a member").keys(&[RO_ACCESS.at(1)]),
    fact(
        "zunion",
        "6.2.0",
        "O(N + M log M), N the members of all sets, M the result's",
        "Lists the members that any sorted set has",
    )
    .keys(&[RO_ACCESS.at(1).counted()]),
    fact(
        "zunionstore",
        "2.0.0",
        "O(N + M log M), N the members of all sets, M the result's",
        "Stores the members that any sorted set has",
    )
    .keys(&[OW_UPDATE.at(1), RO_ACCESS.at(2).counted()]),
];
