//! A set: members without order.

use ahash::RandomState;
use bytes::Bytes;
use indexmap::IndexSet;

#[derive(Clone, Default)]
pub(crate) struct Set(IndexSet<Bytes, RandomState>);

impl Set {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
