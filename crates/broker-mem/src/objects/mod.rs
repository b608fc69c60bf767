//! What keys hold: one type for each of Redis's.

mod hash;
mod set;
mod string;

pub(crate) use hash::Hash;
pub(crate) use set::Set;
pub(crate) use string::Str;
