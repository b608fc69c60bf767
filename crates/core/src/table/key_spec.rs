//! Where a command's keys are and what it does with them, in the terms of Redis 7.0's key specifications.
//!
//! A row's [`Keys`](super::Keys) says what the engine needs. These say all that `COMMAND INFO` tells, and GETKEYS works
//! by them.

use super::bit_set::{bit_set, same};

bit_set! {
    /// What a command does to a key, as `COMMAND INFO` and `COMMAND GETKEYSANDFLAGS` name it.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::table::{KeyFlags, find};
    ///
    /// let del = find(b"del").expect("it is in the table").key_specs();
    /// assert_eq!(del[0].flags, KeyFlags::RM | KeyFlags::DELETE);
    /// ```
    KeyFlags(u16) {
        /// The value is read only.
        RO "RO";
        /// The value is read and changed.
        RW "RW";
        /// The value is replaced whatever it was.
        OW "OW";
        /// The key is removed.
        RM "RM";
        /// What the value holds is returned, copied or used.
        ACCESS "access";
        /// What the value holds is changed.
        UPDATE "update";
        /// Something is added, nothing else changed.
        INSERT "insert";
        /// Something is removed.
        DELETE "delete";
        /// It is a channel and no key.
        NOT_KEY "not_key";
        /// There may be keys that the specification does not find.
        INCOMPLETE "incomplete";
        /// What is done depends on the arguments.
        VARIABLE_FLAGS "variable_flags";
    }
}

pub(super) const RO: KeyFlags = KeyFlags::RO;
pub(super) const RO_ACCESS: KeyFlags = RO.with(KeyFlags::ACCESS);
pub(super) const RW_ACCESS: KeyFlags = KeyFlags::RW.with(KeyFlags::ACCESS);
pub(super) const RW_ACCESS_DELETE: KeyFlags = RW_ACCESS.with(KeyFlags::DELETE);
pub(super) const RW_ACCESS_INSERT: KeyFlags = RW_ACCESS.with(KeyFlags::INSERT);
pub(super) const RW_ACCESS_UPDATE: KeyFlags = RW_ACCESS.with(KeyFlags::UPDATE);
pub(super) const RW_DELETE: KeyFlags = KeyFlags::RW.with(KeyFlags::DELETE);
pub(super) const RW_INSERT: KeyFlags = KeyFlags::RW.with(KeyFlags::INSERT);
pub(super) const RW_UPDATE: KeyFlags = KeyFlags::RW.with(KeyFlags::UPDATE);
pub(super) const OW_INSERT: KeyFlags = KeyFlags::OW.with(KeyFlags::INSERT);
pub(super) const OW_UPDATE: KeyFlags = KeyFlags::OW.with(KeyFlags::UPDATE);
pub(super) const RM_DELETE: KeyFlags = KeyFlags::RM.with(KeyFlags::DELETE);
pub(super) const NOT_KEY: KeyFlags = KeyFlags::NOT_KEY;

/// One group of keys of a command. Positions count words from 0, which is the name.
///
/// # Examples
///
/// ```
/// use embroker_core::{commands::KeyCommand, table::{BeginSearch, KeyFlags}};
///
/// let [from, to] = KeyCommand::Rename.spec().key_specs() else { panic!("two keys") };
/// assert_eq!((from.begin, to.begin), (BeginSearch::Index(1), BeginSearch::Index(2)));
/// assert!(from.flags.contains(KeyFlags::DELETE));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySpec {
    /// What is done with the keys.
    pub flags: KeyFlags,
    /// Where the search for them begins.
    pub begin: BeginSearch,
    /// How they are found from there.
    pub find: FindKeys,
    /// What `COMMAND INFO` remarks on them; empty for most.
    pub note: &'static str,
}

/// Where the search for keys begins.
///
/// # Examples
///
/// ```
/// use embroker_core::table::{BeginSearch, Facts};
///
/// let xread = Facts::of("xread").expect("Redis has it");
/// assert_eq!(xread.key_specs[0].begin, BeginSearch::Keyword { word: "STREAMS", from: 1 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeginSearch {
    /// At this word.
    Index(usize),
    /// After a word such as `STREAMS`, in any case, which is looked for from `from` on; backwards from the end where
    /// `from` is negative.
    Keyword {
        /// The word, in upper case.
        word: &'static str,
        /// Where the search for it starts.
        from: isize,
    },
    /// Nothing tells where.
    Unknown,
}

/// How keys are found from where the search begins.
///
/// # Examples
///
/// ```
/// use embroker_core::{commands::SetCommand, table::FindKeys};
///
/// assert_eq!(SetCommand::SInterCard.spec().key_specs()[0].find, FindKeys::Counted);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindKeys {
    /// Every `step`-th word up to `last`.
    Range {
        /// The last key, counted from the first; a negative one counts from the end of the call.
        last: isize,
        /// From one key to the next.
        step: usize,
        /// 2 where only the first half of the rest are keys; 0 or 1 means all of it.
        limit: usize,
    },
    /// The first word says how many keys follow it.
    Counted,
    /// Nothing tells which.
    Unknown,
}

/// How the tables of facts write a specification: `RO_ACCESS.at(1).to(-1)`.
impl KeyFlags {
    pub(super) const fn at(self, index: usize) -> KeySpec {
        self.spec(BeginSearch::Index(index), FindKeys::Range { last: 0, step: 1, limit: 0 })
    }

    pub(super) const fn after(self, word: &'static str, from: isize) -> KeySpec {
        self.spec(BeginSearch::Keyword { word, from }, FindKeys::Range { last: 0, step: 1, limit: 0 })
    }

    pub(super) const fn hidden(self) -> KeySpec {
        self.spec(BeginSearch::Unknown, FindKeys::Unknown)
    }

    const fn spec(self, begin: BeginSearch, find: FindKeys) -> KeySpec {
        KeySpec { flags: self, begin, find, note: "" }
    }
}

impl KeySpec {
    pub(super) const fn to(mut self, to: isize) -> Self {
        if let FindKeys::Range { last, .. } = &mut self.find {
            *last = to;
        }
        self
    }

    pub(super) const fn step(mut self, by: usize) -> Self {
        if let FindKeys::Range { step, .. } = &mut self.find {
            *step = by;
        }
        self
    }

    pub(super) const fn first_half(mut self) -> Self {
        if let FindKeys::Range { limit, .. } = &mut self.find {
            *limit = 2;
        }
        self
    }

    pub(super) const fn counted(mut self) -> Self {
        self.find = FindKeys::Counted;
        self
    }

    pub(super) const fn and(mut self, flags: KeyFlags) -> Self {
        self.flags = self.flags.with(flags);
        self
    }

    pub(super) const fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// Whether the specification is of keys at all: that of a channel is not.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::table::Facts;
    ///
    /// let channel = &Facts::of("spublish").expect("Redis has it").key_specs[0];
    /// assert!(!channel.is_key());
    /// ```
    pub const fn is_key(&self) -> bool {
        !self.flags.contains(NOT_KEY)
    }
}

/// The first key, the last key and the step that `COMMAND INFO` tells for clients older than key specifications, and
/// whether there are keys beside that range.
pub(super) fn as_range(specs: &[KeySpec]) -> ((i64, i64, i64), bool) {
    let range = |spec: &KeySpec| match (spec.begin, spec.find) {
        (BeginSearch::Index(first), FindKeys::Range { last, step, .. }) => {
            let first = first as i64;
            Some((first, if last < 0 { last as i64 } else { first + last as i64 }, step as i64))
        }
        _ => None,
    };
    if let [only] = specs {
        return range(only).map_or(((0, 0, 0), true), |range| (range, false));
    }
    let (mut whole, mut beside) = (None, false);
    for spec in specs {
        match (range(spec), whole) {
            (Some((first, last, 1)), None) => whole = Some((first, last, 1)),
            // The ranges must touch; a last key that counts from the end is behind any other.
            (Some((first, last, 1)), Some((start, end, _))) if end == first - 1 => whole = Some((start, last, 1)),
            _ => beside = true,
        }
    }
    (whole.unwrap_or_default(), beside)
}
