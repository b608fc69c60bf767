//! A hash: fields and values, indexed by place.
//!
//! A small hash keeps its fields in the order they came, as Redis's listpack does, and HSCAN answers it at once. One
//! that outgrows Redis's limits stays large for good: a removal then moves the last field into the hole.

use ahash::RandomState;
use bytes::Bytes;
use indexmap::IndexMap;

/// How large a small hash may get.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HashLimits {
    /// How many fields it has at most: `hash-max-listpack-entries`.
    pub(crate) fields: usize,
    /// How many bytes each field and value has at most: `hash-max-listpack-value`.
    pub(crate) bytes: usize,
}

/// A hash value.
#[derive(Clone, Default)]
pub(crate) struct Hash {
    fields: IndexMap<Bytes, Bytes, RandomState>,
    /// How many bytes the fields and values have together.
    texts: usize,
    /// How many bytes the table took when a field last came or went.
    table: usize,
    large: bool,
}

impl Hash {
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// What OBJECT ENCODING answers.
    pub(crate) fn encoding(&self) -> &'static str {
        if self.large { "hashtable" } else { "listpack" }
    }

    /// How many bytes it takes beside its entry.
    #[inline]
    pub(crate) fn heap_bytes(&self) -> usize {
        self.table.saturating_add(self.texts)
    }

    /// Measures the table anew: a field came or went.
    fn measure(&mut self) {
        self.table = super::table_bytes::<(Bytes, Bytes)>(self.fields.capacity());
    }

    /// How many bytes it takes in a dump.
    pub(crate) fn dumped_len(&self) -> usize {
        let texts = self.iter().map(|(field, value)| super::dumped_text(field) + super::dumped_text(value));
        super::dumped_count(self.len()) + texts.sum::<usize>()
    }

    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(crate) fn contains(&self, field: &[u8]) -> bool {
        self.fields.contains_key(field)
    }

    pub(crate) fn get(&self, field: &[u8]) -> Option<&Bytes> {
        self.fields.get(field)
    }

    /// The field and the value at this place, counted from 0.
    pub(crate) fn at(&self, place: usize) -> Option<(&Bytes, &Bytes)> {
        self.fields.get_index(place)
    }

    /// Every field with its value.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&Bytes, &Bytes)> {
        self.fields.iter()
    }

    /// Gives the field this value; whether the field is new.
    pub(crate) fn set(&mut self, field: &[u8], value: Bytes, limits: HashLimits) -> bool {
        self.large |= field.len() > limits.bytes || value.len() > limits.bytes;
        let new = if let Some(old) = self.fields.get_mut(field) {
            self.texts = self.texts - old.len() + value.len();
            *old = value;
            false
        } else {
            self.texts += field.len() + value.len();
            self.fields.insert(Bytes::copy_from_slice(field), value);
            self.measure();
            true
        };
        self.large |= self.fields.len() > limits.fields;
        new
    }

    /// Takes the field out; whether it was there.
    pub(crate) fn remove(&mut self, field: &[u8]) -> bool {
        let removed = if self.large { self.fields.swap_remove(field) } else { self.fields.shift_remove(field) };
        let Some(value) = removed else { return false };
        self.texts -= field.len() + value.len();
        self.measure();
        true
    }

    /// One step of HSCAN: the next cursor, 0 at the end, and the fields of this step, `count` of them where the hash is
    /// large.
    ///
    /// The cursor says how many fields are still to come. They are walked from the end, and a removal moves the last
    /// field forward, so a field that stays is never passed over.
    pub(crate) fn scan(&self, cursor: u64, count: usize) -> (u64, impl Iterator<Item = (&Bytes, &Bytes)>) {
        let len = self.fields.len();
        let end = match usize::try_from(cursor) {
            Ok(left @ 1..) if self.large => left.min(len),
            _ => len,
        };
        let start = if self.large { end.saturating_sub(count) } else { 0 };
        (start as u64, self.fields.iter().skip(start).take(end - start))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The limits that a Redis has which nobody configured.
    const LIMITS: HashLimits = HashLimits { fields: 512, bytes: 64 };

    fn numbered(fields: usize) -> Hash {
        let mut hash = Hash::default();
        for number in 0..fields {
            assert!(hash.set(number.to_string().as_bytes(), Bytes::new(), LIMITS));
        }
        hash
    }

    fn fields(hash: &Hash) -> Vec<String> {
        hash.iter().map(|(field, _)| String::from_utf8(field.to_vec()).unwrap()).collect()
    }

    #[test]
    fn a_small_hash_keeps_the_order_in_which_its_fields_came() {
        let mut hash = numbered(4);
        assert!(hash.remove(b"1"));
        assert!(!hash.set(b"0", Bytes::from_static(b"new"), LIMITS));
        assert!(hash.set(b"1", Bytes::new(), LIMITS));
        assert!(!hash.remove(b"9"));
        assert_eq!(fields(&hash), ["0", "2", "3", "1"]);
    }

    #[test]
    fn a_hash_is_large_from_its_513th_field_or_its_first_long_text_and_stays_so() {
        let mut hash = numbered(512);
        assert!(!hash.large);
        hash.set(b"one more", Bytes::new(), LIMITS);
        hash.remove(b"one more");
        assert!(hash.large);

        let mut hash = numbered(1);
        hash.set(&[b'f'; 64], Bytes::from_static(&[b'v'; 64]), LIMITS);
        assert!(!hash.large);
        hash.set(b"0", Bytes::from_static(&[b'v'; 65]), LIMITS);
        assert!(hash.large);
    }

    #[test]
    fn a_small_hash_is_scanned_at_once_whatever_the_cursor() {
        for cursor in [0, 3, u64::MAX] {
            let hash = numbered(5);
            let (next, step) = hash.scan(cursor, 1);
            assert_eq!((next, step.count()), (0, 5));
        }
    }

    #[test]
    fn a_field_that_stays_is_scanned_while_others_go() {
        let mut hash = numbered(1000);
        let mut seen = BTreeSet::new();
        let mut cursor = 0;
        let mut removed = 0;
        loop {
            let (next, step) = hash.scan(cursor, 7);
            seen.extend(step.map(|(field, _)| field.clone()));
            // Every third field stays.
            for _ in 0..5 {
                if removed % 3 != 0 {
                    hash.remove(removed.to_string().as_bytes());
                }
                removed += 1;
            }
            hash.set(format!("new {removed}").as_bytes(), Bytes::new(), LIMITS);
            if next == 0 {
                break;
            }
            cursor = next;
        }
        for number in (0..1000).step_by(3) {
            assert!(seen.contains(number.to_string().as_bytes()), "{number}");
        }
    }
}
