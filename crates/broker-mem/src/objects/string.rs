//! A string: bytes that may be read as a number or as bits.

use bytes::Bytes;

#[derive(Clone, Default)]
pub(crate) struct Str(Bytes);
