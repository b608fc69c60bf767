//! COMMAND, compared with a real server: for every row of the table, and for the facts of every command of Redis.
//!
//! Redis tells subcommands and lists in the order of a hash table, which each start of a server changes, and tells of
//! commands that the table has not. So those are compared in order of their names, and without these. All else is
//! compared as it comes.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use embroker_core::table::{self, Categories, CommandSpec, Facts};
use embroker_test_support::{RawClient, RedisServer};

use crate::cases::Draw;
use crate::report;
use crate::support::{Served, Tree};

/// A client of either server, and what they answered so far.
struct Both {
    redis: RawClient,
    served: RawClient,
    compared: usize,
    differing: Vec<String>,
}

impl Both {
    /// Runs a test in RESP2 and in RESP3.
    fn compare(test: impl Fn(&mut Self) -> Result<()>) -> Result<()> {
        let redis = RedisServer::start()?;
        let served = Served::start(|server| server)?;
        let (mut compared, mut differing) = (0, Vec::new());
        for version in ["2", "3"] {
            let mut both =
                Self { redis: redis.client()?, served: served.client()?, compared: 0, differing: Vec::new() };
            both.redis.command(["HELLO", version])?;
            both.served.command(["HELLO", version])?;
            test(&mut both)?;
            compared += both.compared;
            differing.extend(both.differing);
        }
        report(compared, &differing)
    }

    /// Asks both, and compares what `view` leaves of the answers.
    fn ask<T: PartialEq + std::fmt::Debug>(&mut self, words: &[&str], view: impl Fn(&[u8]) -> Result<T>) -> Result<()> {
        let expected = view(&self.redis.command(words)?)?;
        let got = view(&self.served.command(words)?)?;
        self.compared += 1;
        if expected != got {
            self.differing.push(format!("{}\n  redis    {expected:?}\n  embroker {got:?}", words.join(" ")));
        }
        Ok(())
    }
}

/// The bytes as they are.
fn raw(reply: &[u8]) -> Result<String> {
    Ok(reply.escape_ascii().to_string())
}

pub(crate) fn info() -> Result<()> {
    Both::compare(|both| {
        for spec in table::all() {
            let name = spec.name.to_uppercase();
            both.ask(&["COMMAND", "INFO", &name], |reply| Ok(describing_ours(&Tree::parse(reply)?)))?;
        }
        for names in [&["COMMAND"][..], &["COMMAND", "INFO"]] {
            both.ask(names, |reply| Ok(describing_ours(&Tree::parse(reply)?)))?;
        }
        for name in ["foo", "", "pubsub|", "|", "pubsub|numpat|x", "get|x", "get\0", "pubsub\0|numpat"] {
            both.ask(&["COMMAND", "INFO", "get", name, "set"], raw)?;
        }
        Ok(())
    })
}

/// Descriptions without those of commands that the table has not, by name; the subcommands among them as well.
fn describing_ours(list: &Tree) -> Tree {
    let name = |description: &Tree| description.items().first().map(Tree::text).unwrap_or_default();
    let mut ours: Vec<Tree> = list
        .items()
        .iter()
        .filter(|description| table::find(name(description).as_bytes()).is_some())
        .cloned()
        .collect();
    ours.sort_by_key(name);
    for description in &mut ours {
        let mut facts = description.items().to_vec();
        if let Some(subcommands) = facts.pop() {
            facts.push(describing_ours(&subcommands));
        }
        *description = description.with(facts);
    }
    list.with(ours)
}

pub(crate) fn getkeys() -> Result<()> {
    const CALLS: usize = 30;
    const COUNTS: [&str; 14] = [
        "0",
        "1",
        "2",
        "3",
        "-1",
        "+1",
        "01",
        " 1",
        "1x",
        "1.5",
        "4294967297",
        "2147483649",
        "9223372036854775807",
        "99999999999999999999",
    ];

    Both::compare(|both| {
        let mut draw = Draw::new(11);
        for spec in table::all() {
            let name: Vec<&str> = spec.name.split('|').collect();
            let mut calls: Vec<Vec<&str>> = (0..CALLS).map(|_| draw.words()).collect();
            // Of just the words that are wanted, and one more.
            calls.extend((0..2).map(|more| vec!["a"; wanted(spec) + more]));
            // A count as the first word or as the second.
            calls.extend(COUNTS.iter().flat_map(|count| [vec![*count, "a", "b"], vec!["d", *count, "a", "b"]]));
            for call in calls {
                for ask in ["GETKEYS", "GETKEYSANDFLAGS"] {
                    both.ask(&[&["COMMAND", ask], &name[..], &call].concat(), raw)?;
                }
            }
        }
        for call in [
            "set k v get",
            "set k v ex GET",
            "set k v get\0x",
            "set k get",
            "bitfield k",
            "bitfield k get u8 0 overflow wrap GET u8 1",
            "bitfield k get u8",
            "bitfield k overflow",
            "bitfield k get u8 0 set u8 0 1",
            "bitfield k get u8 0 x",
            "pubsub",
            "pubsub foo",
            "pubsub|numpat x",
            "foo bar",
            "command getkeys get",
        ] {
            let call: Vec<&str> = call.split(' ').collect();
            for ask in ["GETKEYS", "GETKEYSANDFLAGS"] {
                both.ask(&[&["COMMAND", ask], &call[..]].concat(), raw)?;
            }
        }
        Ok(())
    })
}

/// How many words a call of the command has at least, its name aside.
fn wanted(spec: &CommandSpec) -> usize {
    usize::from(spec.arity.unsigned_abs()).saturating_sub(spec.words.into())
}

pub(crate) fn list() -> Result<()> {
    const PATTERNS: [&str; 12] =
        ["*", "", "H*", "hget", "HGET*", "*|*", "pubsub|*", "[a-c]*", "?et", "\\get", "[^a-s]*", "*EX*"];

    Both::compare(|both| {
        let categories: Vec<String> = Categories::all().names().map(str::to_owned).collect();
        let upper = categories.iter().map(|name| name.to_uppercase());
        let odd = ["@hash", "", "all", "foo", "hash\0"].map(str::to_owned);
        for category in categories.iter().cloned().chain(upper).chain(odd) {
            both.ask(&["COMMAND", "LIST", "FILTERBY", "ACLCAT", &category], ours)?;
        }
        for pattern in PATTERNS {
            both.ask(&["COMMAND", "LIST", "filterby", "Pattern", pattern], ours)?;
        }
        both.ask(&["COMMAND", "LIST"], ours)?;
        for words in
            ["LIST filterby module x", "LIST foo", "LIST filterby", "LIST filterby aclcat", "LIST filterby x y"]
        {
            both.ask(&[&["COMMAND"], &words.split(' ').collect::<Vec<_>>()[..]].concat(), raw)?;
        }
        for words in ["LIST filterby module x y", "HELP", "HELP x", "COUNT x", "INFO\0", "LISTS"] {
            both.ask(&[&["COMMAND"], &words.split(' ').collect::<Vec<_>>()[..]].concat(), raw)?;
        }
        Ok(())
    })
}

/// The names that the table has, in order.
fn ours(reply: &[u8]) -> Result<Tree> {
    let list = Tree::parse(reply)?;
    let mut names: Vec<Tree> =
        list.items().iter().filter(|name| table::find(name.text().as_bytes()).is_some()).cloned().collect();
    names.sort();
    Ok(list.with(names))
}

pub(crate) fn docs() -> Result<()> {
    Both::compare(|both| {
        for spec in table::all() {
            let name = spec.name.to_uppercase();
            both.ask(&["COMMAND", "DOCS", &name, "foo"], |reply| Ok(documenting_ours(&Tree::parse(reply)?)))?;
        }
        both.ask(&["COMMAND", "DOCS"], |reply| Ok(documenting_ours(&Tree::parse(reply)?)))
    })
}

/// What is told of each command of the table, but for what is in our own words or not told here.
fn documenting_ours(map: &Tree) -> BTreeMap<String, Vec<(String, Tree)>> {
    let mut ours = BTreeMap::new();
    for (name, docs) in map.pairs().filter(|(name, _)| table::find(name.as_bytes()).is_some()) {
        let told = docs.pairs().filter(|(fact, _)| !["history", "arguments", "subcommands"].contains(&fact.as_str()));
        let own = Tree::Leaf(b"in our own words".to_vec());
        let told = told.map(|(fact, value)| match fact.as_str() {
            "summary" | "complexity" | "replaced_by" => (fact, own.clone()),
            _ => (fact, value.clone()),
        });
        ours.insert(name, told.collect());
        if let Some(subcommands) = docs.get("subcommands") {
            ours.extend(documenting_ours(subcommands));
        }
    }
    ours
}

/// The facts are those of all commands of a real server, and no more.
pub(crate) fn facts() -> Result<()> {
    let redis = RedisServer::start()?;
    let mut client = redis.client()?;
    let mut names = Tree::parse(&client.command(["COMMAND", "LIST"])?)?.texts();
    names.sort();
    let mut known: Vec<&str> = Facts::all().map(|facts| facts.name).collect();
    known.sort_unstable();
    ensure!(known == names, "other names than the server's");

    let mut differing = Vec::new();
    for facts in Facts::all() {
        let docs = Tree::parse(&client.command(["COMMAND", "DOCS", facts.name])?)?;
        let docs = docs.get(facts.name).context("the server documents it")?;
        let info = Tree::parse(&client.command(["COMMAND", "INFO", facts.name])?)?;
        let info = info.items().first().context("the server describes it")?.items();
        let expected = from_server(docs, info)?;
        let told = from_table(facts);
        if expected != told {
            differing.push(format!("{}\n  redis    {expected:?}\n  embroker {told:?}", facts.name));
        }
    }
    report(known.len(), &differing)
}

/// Version, group, tips, whether it is deprecated or internal or has a complexity, and of its keys what is done to
/// them and the remarks.
fn from_server(docs: &Tree, info: &[Tree]) -> Result<Vec<String>> {
    let text = |fact| docs.get(fact).map(Tree::text).unwrap_or_default();
    let flags = docs.get("doc_flags").map(Tree::texts).unwrap_or_default();
    let mut told = vec![text("since"), text("group"), text("deprecated_since")];
    told.push(flags.contains(&"syscmd".to_owned()).to_string());
    told.push(text("complexity").is_empty().to_string());
    told.extend(info.get(7).context("tips")?.texts());
    for spec in info.get(8).context("key specifications")?.items() {
        told.push(spec.get("flags").context("flags")?.texts().join(" "));
        told.push(spec.get("notes").map(Tree::text).unwrap_or_default());
    }
    Ok(told)
}

fn from_table(facts: &Facts) -> Vec<String> {
    let deprecated = facts.replaced.map_or("", |(since, _)| since);
    let mut told: Vec<String> = [facts.since, facts.group.name(), deprecated].map(str::to_owned).into();
    told.push(facts.internal.to_string());
    told.push(facts.complexity.is_empty().to_string());
    told.extend(facts.tips.iter().map(ToString::to_string));
    for spec in facts.key_specs {
        told.push(spec.flags.names().collect::<Vec<_>>().join(" "));
        told.push(spec.note.to_owned());
    }
    told
}
