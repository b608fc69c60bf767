//! What keys hold: one type for each of Redis's.
//!
//! A value is kept in our own way. Beside that each type keeps, in a bit or less, how Redis would have kept it by now,
//! which shows in OBJECT ENCODING and in the order of small collections.

mod hash;
mod set;
mod string;

pub(crate) use hash::{Hash, HashLimits};
pub(crate) use set::Set;
pub(crate) use string::{LARGE, Str, check_memory};

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
