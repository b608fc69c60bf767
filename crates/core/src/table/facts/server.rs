//! The facts of the commands on the server itself.

use super::tips::{
    NONDETERMINISTIC_OUTPUT, NONDETERMINISTIC_OUTPUT_ORDER, REQUEST_ALL_NODES, REQUEST_ALL_SHARDS, RESPONSE_AGG_SUM,
    RESPONSE_ALL_SUCCEEDED, RESPONSE_SPECIAL,
};
use super::{Facts, Group};
use crate::table::Categories;
use crate::table::key_spec::{OW_UPDATE, RO};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::Server, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] =
    &[
        fact("acl", "6.0.0", "that of the subcommand", "Commands on users and what they may do"),
        fact("acl|cat", "6.0.0", "O(1)", "Lists the categories, or the commands of one"),
        fact("acl|deluser", "6.0.0", "O(1), for users of common size", "Removes users and closes their connections"),
        fact("acl|dryrun", "7.0.0", "O(1)", "Tells whether a user might run a command, without running it"),
        fact("acl|genpass", "6.0.0", "O(1)", "Makes a random password"),
        fact("acl|getuser", "6.0.0", "O(N), N the user's rules", "Tells the rules of a user"),
        fact("acl|help", "6.0.0", "O(1)", "Lists the subcommands"),
        fact("acl|list", "6.0.0", "O(N), N the users", "Lists the users as lines of the ACL file"),
        fact("acl|load", "6.0.0", "O(N), N the users", "Reads the ACL file again"),
        fact("acl|log", "6.0.0", "O(N), N the entries returned", "Lists what was refused lately"),
        fact("acl|save", "6.0.0", "O(N), N the users", "Writes the users to the ACL file"),
        fact("acl|setuser", "6.0.0", "O(N), N the rules given", "Makes a user or changes its rules"),
        fact("acl|users", "6.0.0", "O(N), N the users", "Lists the names of the users"),
        fact("acl|whoami", "6.0.0", "O(1)", "Tells the user of this connection"),
        fact("bgrewriteaof", "1.0.0", "O(1)", "Rewrites the append-only file in the background"),
        fact("bgsave", "1.0.0", "O(1)", "Saves the data to disk in the background"),
        fact("command", "2.8.13", "O(N), N the commands", "Describes all commands")
            .categories(Categories::CONNECTION)
            .tips(&[NONDETERMINISTIC_OUTPUT_ORDER]),
        fact("command|count", "2.8.13", "O(1)", "Counts the commands").categories(Categories::CONNECTION),
        fact("command|docs", "7.0.0", "O(N), N the commands named", "Tells what commands are for")
            .categories(Categories::CONNECTION)
            .tips(&[NONDETERMINISTIC_OUTPUT_ORDER]),
        fact("command|getkeys", "2.8.13", "O(N), N the arguments", "Tells which words of a call are keys")
            .categories(Categories::CONNECTION),
        fact(
            "command|getkeysandflags",
            "7.0.0",
            "O(N), N the arguments",
            "Tells which words of a call are keys, and how they are used",
        )
        .categories(Categories::CONNECTION),
        fact("command|help", "5.0.0", "O(1)", "Lists the subcommands").categories(Categories::CONNECTION),
        fact("command|info", "2.8.13", "O(N), N the commands named", "Describes commands")
            .categories(Categories::CONNECTION)
            .tips(&[NONDETERMINISTIC_OUTPUT_ORDER]),
        fact("command|list", "7.0.0", "O(N), N the commands", "Lists the names of the commands")
            .categories(Categories::CONNECTION)
            .tips(&[NONDETERMINISTIC_OUTPUT_ORDER]),
        fact("config", "2.0.0", "that of the subcommand", "Commands on the server's parameters"),
        fact("config|get", "2.0.0", "O(N), N the patterns given", "Reads parameters"),
        fact("config|help", "5.0.0", "O(1)", "Lists the subcommands"),
        fact("config|resetstat", "2.0.0", "O(1)", "Sets the counters of INFO back to 0"),
        fact("config|rewrite", "2.8.0", "O(1)", "Writes the parameters to the configuration file"),
        fact("config|set", "2.0.0", "O(N), N the parameters named", "Changes parameters")
            .tips(&[REQUEST_ALL_NODES, RESPONSE_ALL_SUCCEEDED]),
        fact("dbsize", "1.0.0", "O(1)", "Counts the keys of the database")
            .categories(Categories::KEYSPACE)
            .tips(&[REQUEST_ALL_SHARDS, RESPONSE_AGG_SUM]),
        fact("debug", "1.0.0", "that of the subcommand", "Commands for debugging the server").internal(),
        fact("failover", "6.2.0", "O(1)", "Hands the part of the master to one of its replicas"),
        fact("flushall", "1.0.0", "O(N), N the keys of all databases", "Removes the keys of all databases")
            .categories(Categories::KEYSPACE.with(Categories::DANGEROUS))
            .tips(&[REQUEST_ALL_SHARDS, RESPONSE_ALL_SUCCEEDED]),
        fact("flushdb", "1.0.0", "O(N), N the keys of the database", "Removes the keys of the database")
            .categories(Categories::KEYSPACE.with(Categories::DANGEROUS))
            .tips(&[REQUEST_ALL_SHARDS, RESPONSE_ALL_SUCCEEDED]),
        fact("info", "1.0.0", "O(1)", "Tells facts and counters of the server")
            .categories(Categories::DANGEROUS)
            .tips(&[NONDETERMINISTIC_OUTPUT, REQUEST_ALL_SHARDS, RESPONSE_SPECIAL]),
        fact("lastsave", "1.0.0", "O(1)", "Tells when the data was last saved")
            .categories(Categories::ADMIN.with(Categories::DANGEROUS))
            .tips(&[NONDETERMINISTIC_OUTPUT]),
        fact("latency", "2.8.13", "that of the subcommand", "Commands on what took long"),
        fact("latency|doctor", "2.8.13", "O(1)", "Explains in words what took long").tips(&[
            NONDETERMINISTIC_OUTPUT,
            REQUEST_ALL_NODES,
            RESPONSE_SPECIAL,
        ]),
        fact("latency|graph", "2.8.13", "O(1)", "Draws the samples of an event").tips(&[
            NONDETERMINISTIC_OUTPUT,
            REQUEST_ALL_NODES,
            RESPONSE_SPECIAL,
        ]),
        fact("latency|help", "2.8.13", "O(1)", "Lists the subcommands"),
        fact("latency|histogram", "7.0.0", "O(N), N the commands reported", "Tells how long calls took, by command")
            .tips(&[NONDETERMINISTIC_OUTPUT, REQUEST_ALL_NODES, RESPONSE_SPECIAL]),
        fact("latency|history", "2.8.13", "O(1)", "Lists the samples of an event").tips(&[
            NONDETERMINISTIC_OUTPUT,
            REQUEST_ALL_NODES,
            RESPONSE_SPECIAL,
        ]),
        fact("latency|latest", "2.8.13", "O(1)", "Lists the latest sample of each event").tips(&[
            NONDETERMINISTIC_OUTPUT,
            REQUEST_ALL_NODES,
            RESPONSE_SPECIAL,
        ]),
        fact("latency|reset", "2.8.13", "O(1)", "Removes the samples of events")
            .tips(&[REQUEST_ALL_NODES, RESPONSE_ALL_SUCCEEDED]),
        fact("lolwut", "5.0.0", "", "Draws a picture, and tells the version"),
        fact("memory", "4.0.0", "that of the subcommand", "Commands on memory"),
        fact("memory|doctor", "4.0.0", "O(1)", "Explains in words how memory is used").tips(&[
            NONDETERMINISTIC_OUTPUT,
            REQUEST_ALL_SHARDS,
            RESPONSE_SPECIAL,
        ]),
        fact("memory|help", "4.0.0", "O(1)", "Lists the subcommands"),
        fact("memory|malloc-stats", "4.0.0", "that of the allocator's report", "Gives the allocator's own report")
            .tips(&[NONDETERMINISTIC_OUTPUT, REQUEST_ALL_SHARDS, RESPONSE_SPECIAL]),
        fact("memory|purge", "4.0.0", "that of the allocator's work", "Has the allocator give memory back")
            .tips(&[REQUEST_ALL_SHARDS, RESPONSE_ALL_SUCCEEDED]),
        fact("memory|stats", "4.0.0", "O(1)", "Tells how memory is used").tips(&[
            NONDETERMINISTIC_OUTPUT,
            REQUEST_ALL_SHARDS,
            RESPONSE_SPECIAL,
        ]),
        fact("memory|usage", "4.0.0", "O(N), N the items sampled", "Estimates how many bytes a key takes")
            .keys(&[RO.at(2)]),
        fact("module", "4.0.0", "that of the subcommand", "Commands on modules"),
        fact("module|help", "5.0.0", "O(1)", "Lists the subcommands"),
        fact("module|list", "4.0.0", "O(N), N the modules", "Lists the modules").tips(&[NONDETERMINISTIC_OUTPUT_ORDER]),
        fact("module|load", "4.0.0", "O(1)", "Loads a module"),
        fact("module|loadex", "7.0.0", "O(1)", "Loads a module with parameters"),
        fact("module|unload", "4.0.0", "O(1)", "Unloads a module"),
        fact("monitor", "1.0.0", "", "Shows every command that the server runs"),
        fact("psync", "2.8.0", "", "Starts replication, from an offset where possible"),
        fact("replconf", "3.0.0", "O(1)", "Exchanges a replica's settings; between servers").internal(),
        fact("replicaof", "5.0.0", "O(1)", "Makes the server a replica, or a master again"),
        fact(
            "restore-asking",
            "3.0.0",
            "O(1), and O(N) for N bytes of the value; more for a sorted set",
            "RESTORE into a slot that is just being imported",
        )
        .categories(Categories::KEYSPACE.with(Categories::DANGEROUS))
        .keys(&[OW_UPDATE.at(1)])
        .internal(),
        fact("role", "2.8.12", "O(1)", "Tells the server's part in replication")
            .categories(Categories::ADMIN.with(Categories::DANGEROUS)),
        fact("save", "1.0.0", "O(N), N the keys of all databases", "Saves the data to disk, and waits for it"),
        fact(
            "shutdown",
            "1.0.0",
            "O(N) when saving, N the keys of all databases; else O(1)",
            "Saves the data if asked to, and ends the server",
        ),
        fact("slaveof", "1.0.0", "O(1)", "Makes the server a replica, or a master again")
            .replaced("5.0.0", "REPLICAOF"),
        fact("slowlog", "2.2.12", "that of the subcommand", "Commands on the log of slow commands"),
        fact("slowlog|get", "2.2.12", "O(N), N the entries returned", "Lists the latest slow commands")
            .tips(&[REQUEST_ALL_NODES, NONDETERMINISTIC_OUTPUT]),
        fact("slowlog|help", "6.2.0", "O(1)", "Lists the subcommands"),
        fact("slowlog|len", "2.2.12", "O(1)", "Counts the entries").tips(&[
            REQUEST_ALL_NODES,
            RESPONSE_AGG_SUM,
            NONDETERMINISTIC_OUTPUT,
        ]),
        fact("slowlog|reset", "2.2.12", "O(N), N the entries", "Empties the log")
            .tips(&[REQUEST_ALL_NODES, RESPONSE_ALL_SUCCEEDED]),
        fact(
            "swapdb",
            "4.0.0",
            "O(N), N the clients that watch or wait for keys of either",
            "Exchanges the contents of two databases",
        )
        .categories(Categories::KEYSPACE.with(Categories::DANGEROUS)),
        fact("sync", "1.0.0", "", "Starts replication from the beginning"),
        fact("time", "2.6.0", "O(1)", "Tells the server's time").tips(&[NONDETERMINISTIC_OUTPUT]),
    ];
