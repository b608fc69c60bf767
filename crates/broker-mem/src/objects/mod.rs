//! What keys hold: one type for each of Redis's.
//!
//! A value is kept in our own way. Beside that each type keeps, in a bit or less, how Redis would have kept it by now,
//! which shows in OBJECT ENCODING and in the order of small collections.
//!
//! An [`Object`] is two words in its key's slot: which of our ways it is, and the value or one pointer to it. What is
//! small is one [`Block`] behind that pointer, so a command touches the slot and the block; what is large is boxed.

mod block;
mod hash;
mod packed;
mod set;
mod string;
mod text;

use embroker_core::{ServerError, memory};
use ref_cast::RefCast;
use thin_vec::ThinVec;

use block::Block;
pub(crate) use hash::{Hash, HashLimits};
pub(crate) use set::Set;
pub(crate) use string::Str;
pub(crate) use text::Text;

/// A value of one of Redis's types, in one of our ways. [`Str`], [`Hash`] and [`Set`] are what it looks like to those
/// who know the type.
#[derive(Clone)]
pub(crate) enum Object {
    /// A string that is a number.
    Int(i64),
    /// A number that COPY wrote. It is no other to a reader, but Redis shares it with no other key.
    CopiedInt(i64),
    /// A short string as it was written.
    Text(Block),
    /// A short string that was changed in place, or that Redis built in a buffer.
    Buffer(Block),
    /// A long string.
    Long(Box<string::Long>),
    /// Few short fields with their values.
    PackedHash(hash::Packed),
    HashTable(Box<hash::Table>),
    /// Only integers, ascending, and never many: what Redis keeps as an intset.
    IntSet(ThinVec<i64>),
    /// Few short members.
    PackedSet(set::Packed),
    SetTable(Box<set::Table>),
}

const _: () = assert!(size_of::<Object>() == 16, "an object is two words");

impl Object {
    /// What TYPE answers.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::Int(_) | Self::CopiedInt(_) | Self::Text(_) | Self::Buffer(_) | Self::Long(_) => "string",
            Self::PackedHash(_) | Self::HashTable(_) => "hash",
            Self::IntSet(_) | Self::PackedSet(_) | Self::SetTable(_) => "set",
        }
    }

    /// What OBJECT ENCODING answers: how Redis would keep it.
    pub(crate) fn encoding(&self) -> &'static str {
        match self {
            Self::Int(_) | Self::CopiedInt(_) => "int",
            Self::Text(block) if block.len() <= string::MAX_EMBEDDED => "embstr",
            Self::Text(_) | Self::Buffer(_) | Self::Long(_) => "raw",
            Self::PackedHash(_) => "listpack",
            Self::HashTable(table) => table.encoding(),
            Self::IntSet(_) => "intset",
            Self::PackedSet(_) | Self::SetTable(_) => "hashtable",
        }
    }

    /// How many bytes the value takes beside its entry.
    #[inline]
    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Int(_) | Self::CopiedInt(_) => 0,
            Self::Text(block) | Self::Buffer(block) => block.heap_bytes(),
            Self::Long(long) => long.heap_bytes(),
            Self::PackedHash(fields) => fields.heap_bytes(),
            Self::HashTable(table) => table.heap_bytes(),
            Self::IntSet(numbers) => set::numbers_bytes(numbers),
            Self::PackedSet(members) => members.heap_bytes(),
            Self::SetTable(table) => table.heap_bytes(),
        }
    }

    /// How many bytes a dump of the value would have, each text with its length before it.
    pub(crate) fn dumped_len(&self) -> usize {
        if let Some(string) = Str::of(self) {
            string.dumped_len()
        } else if let Some(hash) = Hash::of(self) {
            hash.dumped_len()
        } else {
            Set::of(self).map_or(0, Set::dumped_len)
        }
    }

    /// What COPY writes under the other key. An error where the system has no memory for it.
    pub(crate) fn copied(&self) -> Result<Self, ServerError> {
        match self {
            Self::Int(number) => Ok(Self::CopiedInt(*number)),
            Self::Long(long) => Ok(Self::Long(Box::new(long.copied()?))),
            _ => memory::check(self.heap_bytes()).map(|()| self.clone()),
        }
    }

    /// Whether it is a collection without members, which no key may hold.
    pub(crate) fn is_empty_collection(&self) -> bool {
        match self {
            Self::PackedHash(fields) => fields.len() == 0,
            Self::HashTable(table) => table.is_empty(),
            Self::IntSet(numbers) => numbers.is_empty(),
            Self::PackedSet(members) => members.len() == 0,
            Self::SetTable(table) => table.is_empty(),
            _ => false,
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

/// The types are the object itself, known to be in one of these ways.
macro_rules! kinds {
    ($($kind:ident = $($variant:ident)|+;)*) => { $(
        impl ObjectKind for $kind {
            #[inline]
            fn of(object: &Object) -> Option<&Self> {
                matches!(object, $(Object::$variant(_))|+).then(|| Self::ref_cast(object))
            }
            #[inline]
            fn of_mut(object: &mut Object) -> Option<&mut Self> {
                matches!(object, $(Object::$variant(_))|+).then(|| Self::ref_cast_mut(object))
            }
            #[inline]
            fn heap_bytes(&self) -> usize {
                self.0.heap_bytes()
            }
        }
        impl From<$kind> for Object {
            #[inline]
            fn from(value: $kind) -> Self {
                value.0
            }
        }
    )* };
}

kinds! {
    Str = Int | CopiedInt | Text | Buffer | Long;
    Hash = PackedHash | HashTable;
    Set = IntSet | PackedSet | SetTable;
}

/// How many bytes an `indexmap` of this capacity takes: its entries with their hashes, and a table of places.
#[inline]
fn table_bytes<T>(capacity: usize) -> usize {
    let entry = size_of::<(u64, T)>();
    // A place and its control byte, an eighth of them kept free.
    let place = size_of::<usize>() + 1;
    capacity.saturating_mul(entry).saturating_add(capacity.saturating_mul(place).saturating_mul(8) / 7)
}

/// How many bytes a length, or a count of items, takes in a dump.
fn dumped_count(count: usize) -> usize {
    match count {
        0..64 => 1,
        64..16_384 => 2,
        _ => 5,
    }
}

/// How many bytes a text takes in a dump.
fn dumped_text(text: &[u8]) -> usize {
    dumped_count(text.len()) + text.len()
}
