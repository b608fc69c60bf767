//! What a key holds: an object of one of Redis's types, and when it was used.

use std::sync::atomic::{AtomicU32, Ordering};

use dashmap::SharedValue;
use embroker_core::ServerError;

use super::Key;
use super::books::{Expiring, Line};
use crate::objects::{Hash, Set, Str};

pub(crate) struct Entry {
    pub(crate) object: Object,
    /// Where the shard's books have the key, and its deadline if there is one.
    pub(super) line: Line,
    /// When the key was last read or written, in seconds since the epoch. Its latch orders it; it is an atomic only
    /// because readers, who write it, have a shared reference.
    pub(super) used: AtomicU32,
}

impl Entry {
    /// About how many bytes the entry takes, with its key and its value. It is known without a walk, and
    /// `keyspace::memory` has the sum of all.
    pub(super) fn memory(&self, key: &Key, expires: bool) -> usize {
        /// A slot of the map with its control byte, and a place in the books. Both double when they are full, so that
        /// two thirds of them are in use on average.
        const SLOTS: usize = (size_of::<(Key, SharedValue<Entry>)>() + 1 + size_of::<u64>()) * 3 / 2;

        let (deadline, value) = (if expires { DEADLINE_BYTES } else { 0 }, self.object.heap_bytes());
        SLOTS.saturating_add(key.heap_bytes()).saturating_add(deadline).saturating_add(value)
    }

    /// Notes that the key is read or written now.
    #[inline]
    pub(super) fn use_at(&self, seconds: u32) {
        self.used.store(seconds, Ordering::Relaxed);
    }

    /// When the key was last read or written, in seconds since the epoch.
    pub(crate) fn last_used(&self) -> u32 {
        self.used.load(Ordering::Relaxed)
    }
}

/// About how many bytes a deadline takes: a place in the books and one in their tree, both two thirds full.
pub(super) const DEADLINE_BYTES: usize = (size_of::<Expiring>() + size_of::<(u64, u32)>()) * 3 / 2;

/// A value of one of Redis's types.
#[derive(Clone)]
pub(crate) enum Object {
    String(Str),
    Hash(Hash),
    Set(Set),
}

impl Object {
    /// What TYPE answers.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::Hash(_) => "hash",
            Self::Set(_) => "set",
        }
    }

    /// What OBJECT ENCODING answers: how Redis would keep it.
    pub(crate) fn encoding(&self) -> &'static str {
        match self {
            Self::String(string) => string.encoding(),
            Self::Hash(hash) => hash.encoding(),
            Self::Set(set) => set.encoding(),
        }
    }

    /// How many bytes the value takes beside its entry.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::String(string) => string.heap_bytes(),
            Self::Hash(hash) => hash.heap_bytes(),
            Self::Set(set) => set.heap_bytes(),
        }
    }

    /// How many bytes a dump of the value would have, each text with its length before it.
    pub(crate) fn dumped_len(&self) -> usize {
        match self {
            Self::String(string) => string.dumped_len(),
            Self::Hash(hash) => hash.dumped_len(),
            Self::Set(set) => set.dumped_len(),
        }
    }

    /// What COPY writes under the other key. An error where the system has no memory for it.
    pub(crate) fn copied(&self) -> Result<Self, ServerError> {
        Ok(match self {
            Self::String(string) => Self::String(string.copied()?),
            collection => collection.clone(),
        })
    }

    /// Whether it is a collection without members, which no key may hold.
    pub(crate) fn is_empty_collection(&self) -> bool {
        match self {
            Self::String(_) => false,
            Self::Hash(hash) => hash.is_empty(),
            Self::Set(set) => set.is_empty(),
        }
    }
}

/// A Rust type that is one of Redis's types.
pub(crate) trait ObjectKind: Default + Into<Object> + 'static {
    fn of(object: &Object) -> Option<&Self>;
    fn of_mut(object: &mut Object) -> Option<&mut Self>;
    /// How many bytes the value takes beside its entry.
    fn heap_bytes(&self) -> usize;
}

macro_rules! kinds {
    ($($kind:ident = $variant:ident),*) => { $(
        impl ObjectKind for $kind {
            fn of(object: &Object) -> Option<&Self> {
                match object { Object::$variant(value) => Some(value), _ => None }
            }
            fn of_mut(object: &mut Object) -> Option<&mut Self> {
                match object { Object::$variant(value) => Some(value), _ => None }
            }
            #[inline]
            fn heap_bytes(&self) -> usize {
                $kind::heap_bytes(self)
            }
        }
        impl From<$kind> for Object {
            fn from(value: $kind) -> Self {
                Self::$variant(value)
            }
        }
    )* };
}

kinds!(Str = String, Hash = Hash, Set = Set);
