//! A hash: fields and values, in the order the fields came.

use ahash::RandomState;
use bytes::Bytes;
use indexmap::IndexMap;

#[derive(Clone, Default)]
pub(crate) struct Hash(IndexMap<Bytes, Bytes, RandomState>);

impl Hash {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
