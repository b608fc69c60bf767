//! The facts of the commands on a client's connection.

use super::tips::{NONDETERMINISTIC_OUTPUT, REQUEST_ALL_SHARDS, RESPONSE_ALL_SUCCEEDED};
use super::{Facts, Group};
use crate::table::Categories;

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::Connection, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("auth", "1.0.0", "O(N), N the passwords of the user", "Tells who the client is, by password"),
    fact("client", "2.4.0", "that of the subcommand", "Commands about clients' connections")
        .categories(Categories::none()),
    fact("client|caching", "6.0.0", "O(1)", "Says whether the next command's keys are tracked"),
    fact("client|getname", "2.6.9", "O(1)", "Tells the connection's name"),
    fact("client|getredir", "6.0.0", "O(1)", "Tells which client gets this one's invalidations"),
    fact("client|help", "5.0.0", "O(1)", "Lists the subcommands"),
    fact("client|id", "5.0.0", "O(1)", "Tells the connection's id"),
    fact("client|info", "6.2.0", "O(1)", "Tells what CLIENT LIST tells, of this connection")
        .tips(&[NONDETERMINISTIC_OUTPUT]),
    fact("client|kill", "2.4.0", "O(N), N the clients", "Closes connections by address, id, type or user"),
    fact("client|list", "2.4.0", "O(N), N the clients", "Lists the connections").tips(&[NONDETERMINISTIC_OUTPUT]),
    fact("client|no-evict", "7.0.0", "O(1)", "Exempts this connection from eviction of clients"),
    fact("client|pause", "2.9.50", "O(1)", "Holds the commands of all clients for a time"),
    fact("client|reply", "3.2.0", "O(1)", "Switches replies off and on"),
    fact("client|setname", "2.6.9", "O(1)", "Names the connection"),
    fact("client|tracking", "6.0.0", "O(1), and the prefixes given", "Switches the tracking of keys read on or off"),
    fact("client|trackinginfo", "6.2.0", "O(1)", "Tells how this connection tracks keys"),
    fact("client|unblock", "5.0.0", "O(log N), N the clients", "Ends the wait of a client in a blocking command"),
    fact("client|unpause", "6.2.0", "O(N), N the paused clients", "Lets paused clients go on"),
    fact("echo", "1.0.0", "O(1)", "Answers with its argument"),
    fact("hello", "6.0.0", "O(1)", "Chooses the protocol, and may log in and name the connection"),
    fact("ping", "1.0.0", "O(1)", "Answers PONG, or the argument given")
        .tips(&[REQUEST_ALL_SHARDS, RESPONSE_ALL_SUCCEEDED]),
    fact("quit", "1.0.0", "O(1)", "Closes the connection"),
    fact("reset", "6.2.0", "O(1)", "Brings the connection back to how it was when opened"),
    fact("select", "1.0.0", "O(1)", "Chooses the database of this connection"),
];
