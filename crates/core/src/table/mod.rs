//! The command table: one row for each command that embroker knows, kept by family in [`crate::commands`].
//!
//! Arity errors, latches, key routing and the compatibility page all read these rows. Nothing else in the
//! project knows a command's shape. Every name here is lower case; a subcommand is `container|subcommand`.
//! What is only told and not acted upon stands beside the rows: the [`Facts`] of every command of Redis 7.0.15.

mod bit_set;
mod category;
mod facts;
mod find_keys;
mod flags;
mod key_spec;
mod names;

pub use category::{Categories, categories};
pub use facts::{Facts, Group};
pub use find_keys::find_keys;
pub use flags::Flags;
pub use key_spec::{BeginSearch, FindKeys, KeyFlags, KeySpec};

use crate::commands::{
    AclCommand, BitfieldCommand, ClientCommand, ConfigCommand, ConnectionCommand, DebugCommand, HashCommand,
    KeyCommand, LatencyCommand, MemoryCommand, ObjectCommand, PubSubCommand, ScriptingCommand, ServerCommand,
    SetCommand, SlowlogCommand, StringCommand, TransactionCommand,
};

/// The identity of a command: its family, and which one of it.
///
/// # Examples
///
/// ```
/// use embroker_core::{commands::HashCommand, table::{self, CommandId}};
///
/// assert_eq!(table::find(b"HGET").map(|spec| spec.id), Some(CommandId::Hash(HashCommand::HGet)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommandId {
    /// Users and what they may do.
    Acl(AclCommand),
    /// Bits and bit fields of strings.
    Bitfield(BitfieldCommand),
    /// What a client tells of itself and of the others.
    Client(ClientCommand),
    /// The broker's parameters.
    Config(ConfigCommand),
    /// A client's connection.
    Connection(ConnectionCommand),
    /// What test suites ask of a server.
    Debug(DebugCommand),
    /// Hashes.
    Hash(HashCommand),
    /// Keys of any type: existence, expiry, iteration.
    Key(KeyCommand),
    /// How long things take.
    Latency(LatencyCommand),
    /// What the broker and its keys take.
    Memory(MemoryCommand),
    /// How values are kept.
    Object(ObjectCommand),
    /// Messages.
    PubSub(PubSubCommand),
    /// Scripts and functions.
    Scripting(ScriptingCommand),
    /// The broker itself.
    Server(ServerCommand),
    /// Sets.
    Set(SetCommand),
    /// The commands that took long.
    Slowlog(SlowlogCommand),
    /// Strings and counters.
    String(StringCommand),
    /// MULTI, EXEC and WATCH.
    Transaction(TransactionCommand),
}

impl CommandId {
    /// The command's row in the table.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::{commands::HashCommand, table::CommandId};
    ///
    /// assert_eq!(CommandId::Hash(HashCommand::HGet).spec().arity, 3);
    /// ```
    pub const fn spec(self) -> &'static CommandSpec {
        match self {
            Self::Acl(command) => command.spec(),
            Self::Bitfield(command) => command.spec(),
            Self::Client(command) => command.spec(),
            Self::Config(command) => command.spec(),
            Self::Connection(command) => command.spec(),
            Self::Debug(command) => command.spec(),
            Self::Hash(command) => command.spec(),
            Self::Key(command) => command.spec(),
            Self::Latency(command) => command.spec(),
            Self::Memory(command) => command.spec(),
            Self::Object(command) => command.spec(),
            Self::PubSub(command) => command.spec(),
            Self::Scripting(command) => command.spec(),
            Self::Server(command) => command.spec(),
            Self::Set(command) => command.spec(),
            Self::Slowlog(command) => command.spec(),
            Self::String(command) => command.spec(),
            Self::Transaction(command) => command.spec(),
        }
    }
}

/// One row of the table: what Redis 7.0's `COMMAND INFO` says of a command.
///
/// # Examples
///
/// ```
/// use embroker_core::{commands::KeyCommand, table::{Flags, Keys}};
///
/// let rename = KeyCommand::Rename.spec();
/// assert_eq!((rename.name, rename.arity, rename.since), ("rename", 3, "1.0.0"));
/// assert_eq!(rename.keys, Keys::TWO);
/// assert!(rename.flags.contains(Flags::WRITE));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct CommandSpec {
    /// Which command this is.
    pub id: CommandId,
    /// The full name in lower case, `container|subcommand` for a subcommand.
    pub name: &'static str,
    /// How many words the name takes: 2 for a subcommand, else 1.
    pub words: u8,
    /// How many words a call has, its name included; `-n` means at least `n`.
    pub arity: i16,
    /// What the command does to data, and where it may run.
    pub flags: Flags,
    /// Which of its words are keys.
    pub keys: Keys,
    /// The Redis version that introduced the command.
    pub since: &'static str,
}

impl CommandSpec {
    /// Whether a call with `args` words after the name is one that the command accepts.
    ///
    /// ```
    /// use embroker_core::commands::HashCommand;
    ///
    /// assert!(HashCommand::HGet.spec().accepts(2));
    /// assert!(!HashCommand::HGet.spec().accepts(3));
    /// ```
    pub const fn accepts(&self, args: usize) -> bool {
        let words = args.saturating_add(self.words as usize);
        let arity = self.arity.unsigned_abs() as usize;
        words == arity || (self.arity < 0 && words > arity)
    }

    /// Whether the command only makes sense on a client's own connection: SUBSCRIBE, MULTI, WATCH and their kin.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::commands::{HashCommand, PubSubCommand};
    ///
    /// assert!(PubSubCommand::Subscribe.spec().is_session() && !HashCommand::HGet.spec().is_session());
    /// ```
    pub const fn is_session(&self) -> bool {
        self.flags.contains(Flags::SESSION)
    }

    /// What Redis tells of the command beside its row. Every row has its facts.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::commands::HashCommand;
    ///
    /// let facts = HashCommand::HGet.spec().facts().expect("every row has its facts");
    /// assert_eq!(facts.complexity, "O(1)");
    /// ```
    pub fn facts(&self) -> Option<&'static Facts> {
        Facts::of(self.name)
    }

    /// Where the command's keys are, as `COMMAND INFO` tells it.
    ///
    /// ```
    /// use embroker_core::commands::KeyCommand;
    ///
    /// assert_eq!(KeyCommand::Rename.spec().key_specs().len(), 2);
    /// assert_eq!(KeyCommand::DbSize.spec().key_specs().len(), 0);
    /// ```
    pub fn key_specs(&self) -> &'static [KeySpec] {
        self.facts().map_or(&[], |facts| facts.key_specs)
    }

    /// The first key, the last key and the step, in words of the call counted from 0, as `COMMAND INFO` tells them
    /// beside the key specifications. All are 0 where there is no such range.
    ///
    /// ```
    /// assert_eq!(embroker_core::table::find(b"mset").expect("it is there").key_range(), (1, -1, 2));
    /// ```
    pub fn key_range(&self) -> (i64, i64, i64) {
        key_spec::as_range(self.key_specs()).0
    }

    /// The flags that `COMMAND INFO` tells: the row's without those that Redis does not tell, and `movablekeys` where
    /// there are keys beside the range.
    ///
    /// ```
    /// use embroker_core::{commands::SetCommand, table::Flags};
    ///
    /// let flags = SetCommand::SInterCard.spec().redis_flags();
    /// assert_eq!(flags, Flags::READONLY | Flags::MOVABLE_KEYS);
    /// ```
    pub fn redis_flags(&self) -> Flags {
        let flags = self.flags.without(Flags::UNTOLD);
        let (_, movable) = key_spec::as_range(self.key_specs());
        if movable { flags.with(Flags::MOVABLE_KEYS) } else { flags }
    }

    /// The rows of the command's subcommands.
    ///
    /// ```
    /// let pubsub = embroker_core::table::find(b"pubsub").expect("it is there");
    /// assert!(pubsub.subcommands().any(|sub| sub.name == "pubsub|numpat"));
    /// ```
    pub fn subcommands(&self) -> impl Iterator<Item = &'static Self> + use<> {
        let (name, container) = (self.name, self.flags.contains(Flags::CONTAINER));
        all().filter(move |spec| container && spec.name.split_once('|').is_some_and(|(within, _)| within == name))
    }
}

/// Where a command's keys stand among its arguments. Positions count from 0 after the name.
///
/// # Examples
///
/// ```
/// use embroker_core::{commands::{HashCommand, KeyCommand}, table::Keys};
///
/// assert_eq!(HashCommand::HGet.spec().keys, Keys::ONE);
/// assert_eq!(KeyCommand::DbSize.spec().keys, Keys::Whole);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Keys {
    /// The command names no key and touches none.
    None,
    /// The command works on its whole database: FLUSHDB, KEYS, SCAN.
    Whole,
    /// Arguments `first`, `first + step` … up to `last`; a negative `last` counts from the end.
    Range {
        /// The first key.
        first: usize,
        /// The last key; -1 is the last argument.
        last: isize,
        /// The distance from one key to the next.
        step: usize,
    },
    /// The argument at `count` says how many keys follow it.
    Counted {
        /// Where the count stands.
        count: usize,
    },
}

impl Keys {
    /// One key, at position 0.
    pub const ONE: Self = Self::range(0, 0, 1);
    /// Two keys, at positions 0 and 1.
    pub const TWO: Self = Self::range(0, 1, 1);
    /// Every argument is a key.
    pub const ALL: Self = Self::range(0, -1, 1);

    /// Keys at `first`, `first + step`, … up to `last`.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::table::Keys;
    ///
    /// let args = ["a", "1", "b", "2"];
    /// assert_eq!(Keys::range(0, -1, 2).positions(&args).collect::<Vec<_>>(), [0, 2]);
    /// ```
    pub const fn range(first: usize, last: isize, step: usize) -> Self {
        Self::Range { first, last, step }
    }

    /// The positions of the keys in a call with `args`. A count that is no number yields none.
    ///
    /// ```
    /// use embroker_core::{Arg, table::Keys};
    ///
    /// let args = ["2", "a", "b", "LIMIT", "1"].map(Arg::from);
    /// assert_eq!(Keys::Counted { count: 0 }.positions(&args).collect::<Vec<_>>(), [1, 2]);
    /// ```
    pub fn positions<A: AsRef<[u8]>>(self, args: &[A]) -> impl Iterator<Item = usize> + use<A> {
        let len = args.len();
        let (first, end, step) = match self {
            Self::None | Self::Whole => (0, 0, 1),
            Self::Range { first, last, step } => {
                let end = if last < 0 { len.saturating_add_signed(last + 1) } else { last as usize + 1 };
                (first, end.min(len), step)
            }
            Self::Counted { count } => {
                let keys = args
                    .get(count)
                    .and_then(|n| std::str::from_utf8(n.as_ref()).ok())
                    .and_then(|n| n.parse::<usize>().ok())
                    .unwrap_or(0);
                (count + 1, (count + 1).saturating_add(keys).min(len), 1)
            }
        };
        (first..end).step_by(step)
    }
}

/// Every row of the table, by family and then by name.
///
/// ```
/// let since_7 = embroker_core::table::all().filter(|spec| spec.since.starts_with("7."));
/// assert!(since_7.map(|spec| spec.name).any(|name| name == "sintercard"));
/// ```
pub fn all() -> impl Iterator<Item = &'static CommandSpec> {
    [
        AclCommand::ROWS,
        BitfieldCommand::ROWS,
        ClientCommand::ROWS,
        ConfigCommand::ROWS,
        ConnectionCommand::ROWS,
        DebugCommand::ROWS,
        HashCommand::ROWS,
        KeyCommand::ROWS,
        LatencyCommand::ROWS,
        MemoryCommand::ROWS,
        ObjectCommand::ROWS,
        PubSubCommand::ROWS,
        ScriptingCommand::ROWS,
        ServerCommand::ROWS,
        SetCommand::ROWS,
        SlowlogCommand::ROWS,
        StringCommand::ROWS,
        TransactionCommand::ROWS,
    ]
    .into_iter()
    .flatten()
}

/// The row of a command by its name in any case, `container|subcommand` for a subcommand.
///
/// ```
/// let hget = embroker_core::table::find(b"HGet").expect("HGET is in the table");
/// assert_eq!((hget.name, hget.arity), ("hget", 3));
/// ```
#[inline]
pub fn find(name: &[u8]) -> Option<&'static CommandSpec> {
    names::find(name)
}

/// Whether two words are the same in any case. A NUL byte ends a word, as it does for C's `strcasecmp`.
fn is(word: &[u8], name: &str) -> bool {
    let word = word.split(|byte| *byte == 0).next().unwrap_or_default();
    word.eq_ignore_ascii_case(name.as_bytes())
}

/// How many words a name takes.
pub(crate) const fn words(name: &str) -> u8 {
    let name = name.as_bytes();
    let mut at = 0;
    while at < name.len() {
        if name[at] == b'|' {
            return 2;
        }
        at += 1;
    }
    1
}

/// Declares a family of commands: an enum with a variant for each row, and the rows.
macro_rules! rows {
    ($(#[$doc:meta])* $family:ident = $group:ident {
        $( $id:ident $name:literal $arity:literal [$($flag:ident)*] $keys:expr, $since:literal; )*
    }) => {
        $(#[$doc])*
        ///
        /// # Examples
        ///
        /// ```
        #[doc = concat!("use embroker_core::{commands::", stringify!($family), ", table};")]
        ///
        #[doc = concat!("let row = &", stringify!($family), "::ROWS[0];")]
        /// assert_eq!(table::find(row.name.as_bytes()).map(|found| found.id), Some(row.id));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum $family { $(
            #[doc = concat!("`", $name, "`, since Redis ", $since, ".")]
            $id,
        )* }

        impl $family {
            /// The rows of this family, in the order of the variants.
            pub const ROWS: &'static [$crate::table::CommandSpec] = &[ $(
                $crate::table::CommandSpec {
                    id: $crate::table::CommandId::$group($family::$id),
                    name: $name,
                    words: $crate::table::words($name),
                    arity: $arity,
                    flags: $crate::table::Flags::none() $( .with($crate::table::Flags::$flag) )*,
                    keys: $keys,
                    since: $since,
                },
            )* ];

            /// The command's row in the table.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use embroker_core::{commands::", stringify!($family), ", table::CommandId};")]
            ///
            #[doc = concat!("for row in ", stringify!($family), "::ROWS {")]
            #[doc = concat!("    let CommandId::", stringify!($group), "(command) = row.id else { panic!(\"of another family\") };")]
            ///     assert_eq!(command.spec().name, row.name);
            /// }
            /// ```
            pub const fn spec(self) -> &'static $crate::table::CommandSpec {
                &Self::ROWS[self as usize]
            }
        }

        impl From<$family> for $crate::table::CommandId {
            fn from(command: $family) -> Self {
                Self::$group(command)
            }
        }
    };
}
pub(crate) use rows;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_found_by_its_name_and_by_its_variant() {
        for spec in all() {
            assert!(std::ptr::eq(find(spec.name.as_bytes()).unwrap(), spec), "{}", spec.name);
            assert_eq!(spec.name, spec.name.to_lowercase());
        }
        assert!(find(&[b'x'; 1000]).is_none());
        assert!(find(b"").is_none());
    }

    #[test]
    fn a_row_has_its_keys_where_redis_tells_them() {
        for spec in all() {
            let words = usize::from(spec.words);
            let told = match spec.keys {
                Keys::None | Keys::Whole => !spec.key_specs().iter().any(KeySpec::is_key),
                Keys::Range { first, last, step } => {
                    let last = if last < 0 { last } else { last + words as isize };
                    spec.key_range() == ((first + words) as i64, last as i64, step as i64)
                }
                Keys::Counted { count } => spec
                    .key_specs()
                    .iter()
                    .any(|keys| keys.begin == BeginSearch::Index(count + words) && keys.find == FindKeys::Counted),
            };
            assert!(told, "{}: {:?} and {:?}", spec.name, spec.keys, spec.key_specs());
        }
    }

    #[test]
    fn keys_are_found_by_range_and_by_count() {
        let args = ["3", "a", "b", "c", "x"].map(crate::Arg::from);
        let at = |keys: Keys, n: usize| keys.positions(&args[..n]).collect::<Vec<_>>();
        assert_eq!(at(Keys::ONE, 3), [0]);
        assert_eq!(at(Keys::TWO, 1), [0]);
        assert_eq!(at(Keys::range(0, -1, 2), 4), [0, 2]);
        assert_eq!(at(Keys::range(0, -2, 1), 4), [0, 1, 2]);
        assert_eq!(at(Keys::Counted { count: 0 }, 5), [1, 2, 3]);
        assert_eq!(at(Keys::Counted { count: 0 }, 2), [1]);
        assert_eq!(at(Keys::Counted { count: 1 }, 5), [0; 0]);
        assert_eq!(at(Keys::ALL, 0), [0; 0]);
    }
}
