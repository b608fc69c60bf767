//! What Redis 7.0.15 tells of each of its commands, be it in the table or not, group by group.
//!
//! Name, version, group, tips and key specifications are as `COMMAND INFO` and `COMMAND DOCS` of that version have
//! them, which a test compares. Summaries and complexities are in our own words.

mod bitmap;
mod cluster;
mod connection;
mod generic;
mod geo;
mod hash;
mod hyperloglog;
mod list;
mod notes;
mod pubsub;
mod scripting;
mod server;
mod set;
mod sorted_set;
mod stream;
mod string;
mod tips;
mod transactions;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Categories, KeySpec};

/// A command of Redis 7.0.15.
///
/// # Examples
///
/// ```
/// use embroker_core::table::{Facts, Group};
///
/// let zadd = Facts::of("zadd").expect("Redis has it");
/// assert_eq!((zadd.group, zadd.since), (Group::SortedSet, "1.2.0"));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Facts {
    /// The full name in lower case, `container|subcommand` for a subcommand.
    pub name: &'static str,
    /// The group that the command is documented in.
    pub group: Group,
    /// The Redis version that introduced it.
    pub since: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// How long it takes; empty where Redis tells nothing.
    pub complexity: &'static str,
    /// Redis's hints for clients and proxies.
    pub tips: &'static [&'static str],
    /// Where its keys are.
    pub key_specs: &'static [KeySpec],
    /// The ACL categories that do not follow from flags.
    pub categories: Categories,
    /// Since which version it is deprecated, and what replaces it.
    pub replaced: Option<(&'static str, &'static str)>,
    /// Whether only servers and their developers call it.
    pub internal: bool,
}

impl Facts {
    /// The facts of a command by its full name in lower case.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::table::Facts;
    ///
    /// assert_eq!(Facts::of("hget").map(|facts| facts.since), Some("2.0.0"));
    /// assert!(Facts::of("HGET").is_none());
    /// ```
    pub fn of(name: &str) -> Option<&'static Self> {
        static BY_NAME: LazyLock<HashMap<&'static str, &'static Facts>> =
            LazyLock::new(|| Facts::all().map(|facts| (facts.name, facts)).collect());
        BY_NAME.get(name).copied()
    }

    /// All commands and subcommands of Redis 7.0.15, by group and then by name.
    ///
    /// ```
    /// use embroker_core::table::Facts;
    ///
    /// assert_eq!(Facts::all().filter(|facts| !facts.name.contains('|')).count(), 240);
    /// ```
    pub fn all() -> impl Iterator<Item = &'static Self> {
        Group::ALL.into_iter().flat_map(Group::facts)
    }

    const fn tips(self, tips: &'static [&'static str]) -> Self {
        Self { tips, ..self }
    }

    const fn keys(self, key_specs: &'static [KeySpec]) -> Self {
        Self { key_specs, ..self }
    }

    const fn categories(self, categories: Categories) -> Self {
        Self { categories, ..self }
    }

    const fn replaced(self, since: &'static str, by: &'static str) -> Self {
        Self { replaced: Some((since, by)), ..self }
    }

    const fn internal(self) -> Self {
        Self { internal: true, ..self }
    }
}

/// How the groups' files write a row.
const fn fact(
    group: Group,
    name: &'static str,
    since: &'static str,
    complexity: &'static str,
    summary: &'static str,
) -> Facts {
    Facts {
        name,
        group,
        since,
        summary,
        complexity,
        tips: &[],
        key_specs: &[],
        categories: group.category(),
        replaced: None,
        internal: false,
    }
}

/// The groups of Redis's documentation.
///
/// # Examples
///
/// ```
/// use embroker_core::table::{Facts, Group};
///
/// assert_eq!(Facts::of("sadd").map(|facts| facts.group), Some(Group::Set));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Group {
    Bitmap,
    Cluster,
    Connection,
    Generic,
    Geo,
    Hash,
    HyperLogLog,
    List,
    PubSub,
    Scripting,
    Server,
    Set,
    SortedSet,
    Stream,
    String,
    Transactions,
}

impl Group {
    /// Every group, by name.
    pub const ALL: [Self; 16] = [
        Self::Bitmap,
        Self::Cluster,
        Self::Connection,
        Self::Generic,
        Self::Geo,
        Self::Hash,
        Self::HyperLogLog,
        Self::List,
        Self::PubSub,
        Self::Scripting,
        Self::Server,
        Self::Set,
        Self::SortedSet,
        Self::Stream,
        Self::String,
        Self::Transactions,
    ];

    /// The group's name in `COMMAND DOCS`.
    ///
    /// ```
    /// assert_eq!(embroker_core::table::Group::SortedSet.name(), "sorted-set");
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bitmap => "bitmap",
            Self::Cluster => "cluster",
            Self::Connection => "connection",
            Self::Generic => "generic",
            Self::Geo => "geo",
            Self::Hash => "hash",
            Self::HyperLogLog => "hyperloglog",
            Self::List => "list",
            Self::PubSub => "pubsub",
            Self::Scripting => "scripting",
            Self::Server => "server",
            Self::Set => "set",
            Self::SortedSet => "sorted-set",
            Self::Stream => "stream",
            Self::String => "string",
            Self::Transactions => "transactions",
        }
    }

    /// The commands of the group, by name.
    ///
    /// ```
    /// use embroker_core::table::Group;
    ///
    /// assert!(Group::Hash.facts().iter().any(|facts| facts.name == "hget"));
    /// ```
    pub const fn facts(self) -> &'static [Facts] {
        match self {
            Self::Bitmap => bitmap::FACTS,
            Self::Cluster => cluster::FACTS,
            Self::Connection => connection::FACTS,
            Self::Generic => generic::FACTS,
            Self::Geo => geo::FACTS,
            Self::Hash => hash::FACTS,
            Self::HyperLogLog => hyperloglog::FACTS,
            Self::List => list::FACTS,
            Self::PubSub => pubsub::FACTS,
            Self::Scripting => scripting::FACTS,
            Self::Server => server::FACTS,
            Self::Set => set::FACTS,
            Self::SortedSet => sorted_set::FACTS,
            Self::Stream => stream::FACTS,
            Self::String => string::FACTS,
            Self::Transactions => transactions::FACTS,
        }
    }

    /// The category that most commands of the group are in.
    const fn category(self) -> Categories {
        match self {
            Self::Bitmap => Categories::BITMAP,
            Self::Connection => Categories::CONNECTION,
            Self::Generic => Categories::KEYSPACE,
            Self::Geo => Categories::GEO,
            Self::Hash => Categories::HASH,
            Self::HyperLogLog => Categories::HYPERLOGLOG,
            Self::List => Categories::LIST,
            Self::Scripting => Categories::SCRIPTING,
            Self::Set => Categories::SET,
            Self::SortedSet => Categories::SORTEDSET,
            Self::Stream => Categories::STREAM,
            Self::String => Categories::STRING,
            Self::Transactions => Categories::TRANSACTION,
            Self::Cluster | Self::PubSub | Self::Server => Categories::none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{self, Flags};

    #[test]
    fn every_row_of_the_table_has_its_facts() {
        for spec in table::all() {
            let facts = Facts::of(spec.name).unwrap_or_else(|| panic!("{} has no facts", spec.name));
            assert_eq!(facts.since, spec.since, "{}", spec.name);
            let container = spec.flags.contains(Flags::CONTAINER);
            let within = |name: &str| name.split_once('|').is_some_and(|(name, _)| name == spec.name);
            assert_eq!(container, Facts::all().any(|other| within(other.name)), "{}", spec.name);
        }
    }

    #[test]
    fn every_command_is_summed_up() {
        for facts in Facts::all() {
            assert!(!facts.summary.is_empty() && !facts.summary.ends_with('.'), "{}", facts.name);
        }
    }

    #[test]
    fn a_name_stands_once() {
        assert_eq!(Facts::all().count(), 366);
        assert!(Facts::all().all(|facts| std::ptr::eq(Facts::of(facts.name).unwrap(), facts)));
    }
}
