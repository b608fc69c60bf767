//! The facts of the commands on messages.

use super::{Facts, Group};
use crate::table::key_spec::NOT_KEY;

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::PubSub, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("psubscribe", "2.0.0", "O(N), N the client's patterns", "Subscribes to the channels that match patterns"),
    fact(
        "publish",
        "2.0.0",
        "O(N + M), N the channel's subscribers, M the patterns of all clients",
        "Sends a message to a channel's subscribers",
    ),
    fact("pubsub", "2.8.0", "that of the subcommand", "Commands on who is subscribed to what"),
    fact("pubsub|channels", "2.8.0", "O(N), N the channels", "Lists the channels that have subscribers"),
    fact("pubsub|help", "6.2.0", "O(1)", "Lists the subcommands"),
    fact("pubsub|numpat", "2.8.0", "O(1)", "Counts the patterns that have subscribers"),
    fact("pubsub|numsub", "2.8.0", "O(N), N the channels named", "Counts the subscribers of channels"),
    fact(
        "pubsub|shardchannels",
        "7.0.0",
        "O(N), N the shard channels",
        "Lists the shard channels that have subscribers",
    ),
    fact("pubsub|shardnumsub", "7.0.0", "O(N), N the shard channels named", "Counts the subscribers of shard channels"),
    fact(
        "punsubscribe",
        "2.0.0",
        "O(N + M), N the client's patterns, M those of all clients",
        "Ends subscriptions to patterns",
    ),
    fact("spublish", "7.0.0", "O(N), N the channel's subscribers", "Sends a message to a shard channel's subscribers")
        .keys(&[NOT_KEY.at(1)]),
    fact("ssubscribe", "7.0.0", "O(N), N the shard channels named", "Subscribes to shard channels")
        .keys(&[NOT_KEY.at(1).to(-1)]),
    fact("subscribe", "2.0.0", "O(N), N the channels named", "Subscribes to channels"),
    fact("sunsubscribe", "7.0.0", "O(N), N the subscribers of the channels", "Ends subscriptions to shard channels")
        .keys(&[NOT_KEY.at(1).to(-1)]),
    fact("unsubscribe", "2.0.0", "O(N), N the subscribers of the channels", "Ends subscriptions to channels"),
];
