//! What a key holds: an object of one of Redis's types, and when it expires.

use embroker_core::ServerError;
use embroker_core::error::texts;

use crate::objects::{Hash, Set, Str};

pub(crate) struct Entry {
    pub(crate) object: Object,
    /// When the key expires, in milliseconds since the epoch.
    pub(super) deadline: Option<u64>,
    /// The place of the key in its shard's vector of keys.
    pub(super) place: u32,
}

impl Entry {
    /// When the key expires, in milliseconds since the epoch.
    pub(crate) fn deadline(&self) -> Option<u64> {
        self.deadline
    }
}

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
        }
        impl From<$kind> for Object {
            fn from(value: $kind) -> Self {
                Self::$variant(value)
            }
        }
    )* };
}

kinds!(Str = String, Hash = Hash, Set = Set);

/// The value as the type that a command works on, or `WRONGTYPE`.
pub(super) fn expect<T: ObjectKind>(object: &Object) -> Result<&T, ServerError> {
    T::of(object).ok_or(texts::WRONG_TYPE)
}
