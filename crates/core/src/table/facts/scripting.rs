//! The facts of the commands on scripts and functions.

use super::notes::{SCRIPT_READS, SCRIPT_WRITES};
use super::tips::{
    NONDETERMINISTIC_OUTPUT, NONDETERMINISTIC_OUTPUT_ORDER, REQUEST_ALL_NODES, REQUEST_ALL_SHARDS,
    RESPONSE_AGG_LOGICAL_AND, RESPONSE_ALL_SUCCEEDED, RESPONSE_ONE_SUCCEEDED, RESPONSE_SPECIAL,
};
use super::{Facts, Group};
use crate::table::Categories;
use crate::table::key_spec::{RO_ACCESS, RW_ACCESS_UPDATE};

const fn fact(name: &'static str, since: &'static str, complexity: &'static str, summary: &'static str) -> Facts {
    super::fact(Group::Scripting, name, since, complexity, summary)
}

pub(super) const FACTS: &[Facts] = &[
    fact("eval", "2.6.0", "that of the script", "Runs a Lua script")
        .keys(&[RW_ACCESS_UPDATE.at(2).counted().note(SCRIPT_WRITES)]),
    fact("eval_ro", "7.0.0", "that of the script", "Runs a Lua script that only reads")
        .keys(&[RO_ACCESS.at(2).counted().note(SCRIPT_READS)]),
    fact("evalsha", "2.6.0", "that of the script", "Runs a Lua script that the server knows, by its SHA1")
        .keys(&[RW_ACCESS_UPDATE.at(2).counted()]),
    fact("evalsha_ro", "7.0.0", "that of the script", "Runs a Lua script that only reads, by its SHA1")
        .keys(&[RO_ACCESS.at(2).counted()]),
    fact("fcall", "7.0.0", "that of the function", "Calls a function of a library")
        .keys(&[RW_ACCESS_UPDATE.at(2).counted().note(SCRIPT_WRITES)]),
    fact("fcall_ro", "7.0.0", "that of the function", "Calls a function that only reads")
        .keys(&[RO_ACCESS.at(2).counted().note(SCRIPT_READS)]),
    fact("function", "7.0.0", "that of the subcommand", "Commands on libraries of functions")
        .categories(Categories::none()),
    fact("function|delete", "7.0.0", "O(1)", "Removes a library").tips(&[REQUEST_ALL_SHARDS, RESPONSE_ALL_SUCCEEDED]),
    fact("function|dump", "7.0.0", "O(N), N the functions", "Serializes all libraries"),
    fact("function|flush", "7.0.0", "O(N), N the functions", "Removes all libraries")
        .tips(&[REQUEST_ALL_SHARDS, RESPONSE_ALL_SUCCEEDED]),
    fact("function|help", "7.0.0", "O(1)", "Lists the subcommands"),
    fact("function|kill", "7.0.0", "O(1)", "Stops the function that runs, if it has written nothing")
        .tips(&[REQUEST_ALL_SHARDS, RESPONSE_ONE_SUCCEEDED]),
    fact("function|list", "7.0.0", "O(N), N the functions", "Lists libraries and their functions")
        .tips(&[NONDETERMINISTIC_OUTPUT_ORDER]),
    fact("function|load", "7.0.0", "O(1), compilation aside", "Adds a library")
        .tips(&[REQUEST_ALL_SHARDS, RESPONSE_ALL_SUCCEEDED]),
    fact("function|restore", "7.0.0", "O(N), N the functions restored", "Adds the libraries that FUNCTION DUMP gave")
        .tips(&[REQUEST_ALL_SHARDS, RESPONSE_ALL_SUCCEEDED]),
    fact("function|stats", "7.0.0", "O(1)", "Tells which function runs, and counts those of each engine").tips(&[
        NONDETERMINISTIC_OUTPUT,
        REQUEST_ALL_SHARDS,
        RESPONSE_SPECIAL,
    ]),
    fact("script", "2.6.0", "that of the subcommand", "Commands on cached scripts").categories(Categories::none()),
    fact("script|debug", "3.2.0", "O(1)", "Switches the debugging of scripts on or off"),
    fact("script|exists", "2.6.0", "O(N), N the scripts named", "Tells which scripts are cached")
        .tips(&[REQUEST_ALL_SHARDS, RESPONSE_AGG_LOGICAL_AND]),
    fact("script|flush", "2.6.0", "O(N), N the scripts cached", "Empties the cache of scripts")
        .tips(&[REQUEST_ALL_NODES, RESPONSE_ALL_SUCCEEDED]),
    fact("script|help", "5.0.0", "O(1)", "Lists the subcommands"),
    fact("script|kill", "2.6.0", "O(1)", "Stops the script that runs, if it has written nothing")
        .tips(&[REQUEST_ALL_SHARDS, RESPONSE_ONE_SUCCEEDED]),
    fact("script|load", "2.6.0", "O(N), N the bytes of the script", "Puts a script into the cache")
        .tips(&[REQUEST_ALL_NODES, RESPONSE_ALL_SUCCEEDED]),
];
