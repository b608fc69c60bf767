//! The ACL categories of Redis 7.0, and which command is in which.

use super::bit_set::{bit_set, same};
use super::{CommandSpec, Flags, is};

bit_set! {
    /// A set of ACL categories, in the order in which `ACL CAT` and `COMMAND INFO` of Redis 7.0 name them.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::table::{Categories, categories, find};
    ///
    /// let hget = categories(find(b"hget").expect("it is in the table"));
    /// assert_eq!(hget.names().collect::<Vec<_>>(), ["read", "hash", "fast"]);
    /// assert!(hget.contains(Categories::HASH));
    /// ```
    Categories(u32) {
        /// Keys of any type.
        KEYSPACE "keyspace";
        /// Reads keys.
        READ "read";
        /// Changes keys.
        WRITE "write";
        /// Sets.
        SET "set";
        /// Sorted sets.
        SORTEDSET "sortedset";
        /// Lists.
        LIST "list";
        /// Hashes.
        HASH "hash";
        /// Strings.
        STRING "string";
        /// Bits and bit fields of strings.
        BITMAP "bitmap";
        /// Estimated counts of different elements.
        HYPERLOGLOG "hyperloglog";
        /// Places.
        GEO "geo";
        /// Streams.
        STREAM "stream";
        /// Messages.
        PUBSUB "pubsub";
        /// For who runs the server.
        ADMIN "admin";
        /// Takes constant or logarithmic time.
        FAST "fast";
        /// May take longer.
        SLOW "slow";
        /// May wait for another client.
        BLOCKING "blocking";
        /// Not for every client: takes long, tells much, or ends things.
        DANGEROUS "dangerous";
        /// The connection, and the server behind it.
        CONNECTION "connection";
        /// MULTI, EXEC and WATCH.
        TRANSACTION "transaction";
        /// Scripts and functions.
        SCRIPTING "scripting";
    }
}

impl Categories {
    /// All of them.
    ///
    /// ```
    /// use embroker_core::table::Categories;
    ///
    /// assert_eq!(Categories::all().names().count(), 21);
    /// ```
    pub const fn all() -> Self {
        Self((1 << Self::NAMES.len()) - 1)
    }

    /// The category of this name, in any case and without `@`. A NUL byte ends the name, as it does in C.
    ///
    /// ```
    /// use embroker_core::table::Categories;
    ///
    /// assert_eq!(Categories::named(b"Hash"), Some(Categories::HASH));
    /// assert_eq!(Categories::named(b"@hash"), None);
    /// ```
    pub fn named(name: &[u8]) -> Option<Self> {
        Self::NAMES.iter().position(|known| is(name, known)).map(|bit| Self(1 << bit))
    }
}

/// The categories of a command: those of its group or of its own, and those that follow from its flags.
///
/// # Examples
///
/// ```
/// use embroker_core::{commands::HashCommand, table::{Categories, categories}};
///
/// assert_eq!(categories(HashCommand::HGet.spec()), Categories::READ | Categories::HASH | Categories::FAST);
/// ```
pub fn categories(spec: &CommandSpec) -> Categories {
    let has = |flag| spec.flags.contains(flag);
    let of_group = spec.facts().map_or(Categories::none(), |facts| facts.categories);
    [
        (has(Flags::WRITE), Categories::WRITE),
        // A script that only reads is no read: it may run anything that is one.
        (has(Flags::READONLY) && !of_group.contains(Categories::SCRIPTING), Categories::READ),
        (has(Flags::ADMIN), Categories::ADMIN | Categories::DANGEROUS),
        (has(Flags::PUBSUB), Categories::PUBSUB),
        (has(Flags::FAST), Categories::FAST),
        (!has(Flags::FAST), Categories::SLOW),
        (has(Flags::BLOCKING), Categories::BLOCKING),
    ]
    .into_iter()
    .filter(|(applies, _)| *applies)
    .fold(of_group, |all, (_, category)| all | category)
}
