//! The facts of the commands on a cluster.

use super::tips::NONDETERMINISTIC_OUTPUT;
use super::{Facts, Group};
use crate::table::Categories;

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::Cluster, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("asking", "3.0.0", "O(1)", "Lets the next command use a slot that is just being imported")
        .categories(Categories::CONNECTION),
    fact("cluster", "3.0.0", "that of the subcommand", "Commands about the cluster"),
    fact("cluster|addslots", "3.0.0", "O(N), N the slots named", "Gives slots to this node"),
    fact("cluster|addslotsrange", "7.0.0", "O(N), N the slots of all ranges", "Gives ranges of slots to this node"),
    fact("cluster|bumpepoch", "3.0.0", "O(1)", "Raises the configuration epoch of this node")
        .tips(&[NONDETERMINISTIC_OUTPUT]),
    fact("cluster|count-failure-reports", "3.0.0", "O(N), N the reports", "Counts the reports that call a node failed")
        .tips(&[NONDETERMINISTIC_OUTPUT]),
    fact("cluster|countkeysinslot", "3.0.0", "O(1)", "Counts the keys of a slot"),
    fact("cluster|delslots", "3.0.0", "O(N), N the slots named", "Takes slots from this node"),
    fact("cluster|delslotsrange", "7.0.0", "O(N), N the slots of all ranges", "Takes ranges of slots from this node"),
    fact("cluster|failover", "3.0.0", "O(1)", "Makes a replica take the place of its master"),
    fact("cluster|flushslots", "3.0.0", "O(1)", "Takes all slots from this node"),
    fact("cluster|forget", "3.0.0", "O(1)", "Removes a node from the list of known ones"),
    fact("cluster|getkeysinslot", "3.0.0", "O(N), N the keys asked for", "Names some keys of a slot")
        .tips(&[NONDETERMINISTIC_OUTPUT]),
    fact("cluster|help", "5.0.0", "O(1)", "Lists the subcommands"),
    fact("cluster|info", "3.0.0", "O(1)", "Tells the state of the cluster").tips(&[NONDETERMINISTIC_OUTPUT]),
    fact("cluster|keyslot", "3.0.0", "O(N), N the bytes of the key", "Tells which slot a key belongs to"),
    fact("cluster|links", "7.0.0", "O(N), N the nodes", "Lists the connections to other nodes")
        .tips(&[NONDETERMINISTIC_OUTPUT]),
    fact("cluster|meet", "3.0.0", "O(1)", "Introduces another node to this one"),
    fact("cluster|myid", "3.0.0", "O(1)", "Tells the id of this node"),
    fact("cluster|nodes", "3.0.0", "O(N), N the nodes", "Lists the nodes, their slots and their state")
        .tips(&[NONDETERMINISTIC_OUTPUT]),
    fact("cluster|replicas", "5.0.0", "O(1)", "Lists the replicas of a master").tips(&[NONDETERMINISTIC_OUTPUT]),
    fact("cluster|replicate", "3.0.0", "O(1)", "Makes this node a replica of a master"),
    fact(
        "cluster|reset",
        "3.0.0",
        "O(N), N the known nodes, and the keys if any are flushed",
        "Makes this node forget its cluster",
    ),
    fact("cluster|saveconfig", "3.0.0", "O(1)", "Writes the node's view of the cluster to disk"),
    fact("cluster|set-config-epoch", "3.0.0", "O(1)", "Sets the configuration epoch of a new node"),
    fact("cluster|setslot", "3.0.0", "O(1)", "Says which node a slot belongs to or moves to"),
    fact("cluster|shards", "7.0.0", "O(N), N the nodes", "Tells the slots and nodes of each shard")
        .tips(&[NONDETERMINISTIC_OUTPUT]),
    fact("cluster|slaves", "3.0.0", "O(1)", "Lists the replicas of a master")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .replaced("5.0.0", "CLUSTER REPLICAS"),
    fact("cluster|slots", "3.0.0", "O(N), N the nodes", "Tells which nodes serve which slots")
        .tips(&[NONDETERMINISTIC_OUTPUT])
        .replaced("7.0.0", "CLUSTER SHARDS"),
    fact("readonly", "3.0.0", "O(1)", "Allows reads from a replica on this connection")
        .categories(Categories::CONNECTION),
    fact("readwrite", "3.0.0", "O(1)", "Ends what READONLY allowed").categories(Categories::CONNECTION),
];
