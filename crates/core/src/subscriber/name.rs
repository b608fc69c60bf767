//! Names of channels and patterns.

use std::fmt;
use std::ops::Deref;

use bytes::Bytes;
use triomphe::ThinArc;

use crate::Arg;

/// The bytes of a channel's or a pattern's name, shared by all who hold it: one pointer, and a clone copies nothing.
///
/// # Examples
///
/// ```
/// use embroker_core::Name;
///
/// let name = Name::from("news:*");
/// assert_eq!(&*name, b"news:*");
/// assert_eq!(name.clone().as_ptr(), name.as_ptr());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(ThinArc<(), u8>);

impl Deref for Name {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.slice
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq<[u8]> for Name {
    fn eq(&self, other: &[u8]) -> bool {
        **self == *other
    }
}

impl From<&[u8]> for Name {
    fn from(name: &[u8]) -> Self {
        Self(ThinArc::from_header_and_slice((), name))
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self::from(name.as_bytes())
    }
}

impl From<Bytes> for Name {
    fn from(name: Bytes) -> Self {
        Self::from(&*name)
    }
}

impl<'a> From<&'a Name> for Arg<'a> {
    fn from(name: &'a Name) -> Self {
        Self::from(&**name)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}
