//! A key's bytes, in three words.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// The longest key that is kept in place: what the three words of a longer one leave beside tag and length.
const INLINE: usize = 22;

/// A key. A short one is part of its slot in the map, so that to compare it costs no step to other memory.
#[derive(Clone)]
pub(crate) struct Key(Repr);

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE] },
    Heap(Box<[u8]>),
}

impl Key {
    /// How many bytes it takes beside its slot.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Inline { .. } => 0,
            Repr::Heap(bytes) => bytes.len(),
        }
    }
}

impl From<&[u8]> for Key {
    fn from(key: &[u8]) -> Self {
        let mut bytes = [0; INLINE];
        Self(match bytes.get_mut(..key.len()) {
            Some(start) => {
                start.copy_from_slice(key);
                Repr::Inline { len: key.len() as u8, bytes }
            }
            None => Repr::Heap(key.into()),
        })
    }
}

impl Deref for Key {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => &bytes[..usize::from(*len)],
            Repr::Heap(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(&**other)
    }
}

/// The bytes alone, as [`Keyspace::hash`](super::Keyspace::hash) hashes them: no length before them, as a slice has.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_bytes_however_long() {
        for len in [0, 1, 21, 22, 23, 1000] {
            let bytes = vec![b'k'; len];
            let key = Key::from(&bytes[..]);
            assert_eq!((&*key, key.clone()), (&bytes[..], key.clone()));
            assert_eq!(key.heap_bytes(), if len > 22 { len } else { 0 });
        }
        assert!(Key::from(&b"a"[..]) < Key::from(&b"b"[..]));
        assert_eq!(size_of::<Key>(), 24);
    }
}
