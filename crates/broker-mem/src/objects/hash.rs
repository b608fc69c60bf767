//! A hash: fields and values, indexed by place.
//!
//! A small hash keeps its fields in the order they came, as Redis's listpack does, and HSCAN answers it at once. One
//! that outgrows Redis's limits stays large for good: a removal then moves the last field into the hole.
//!
//! While it is small and its fields are [few](FEW) and short, it is [packed]; else it is a table, small or large.
//!
//! [packed]: super::packed

use ahash::RandomState;
use bytes::Bytes;
use indexmap::{IndexMap, map};
use ref_cast::RefCast;

use super::packed::{Items, Place};
use super::{Object, Text, packed};

/// How many fields are packed at most.
const FEW: usize = 128;

/// Few short fields, each with its value.
pub(crate) type Packed = packed::Packed<2, FEW>;
/// Which of its texts is an item's value.
const VALUE: usize = 1;

/// How large a small hash may get.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HashLimits {
    /// How many fields it has at most: `hash-max-listpack-entries`.
    pub(crate) fields: usize,
    /// How many bytes each field and value has at most: `hash-max-listpack-value`.
    pub(crate) bytes: usize,
}

/// A hash value.
#[derive(Clone, RefCast)]
#[repr(transparent)]
pub(crate) struct Hash(pub(super) Object);

/// How a hash is kept.
enum Kept<'h> {
    Packed(&'h Packed),
    Table(&'h Table),
}

/// Many fields, or long ones.
#[derive(Clone, Default)]
pub(crate) struct Table {
    fields: IndexMap<Bytes, Bytes, RandomState>,
    /// How many bytes the fields and values have together.
    texts: usize,
    /// Whether the hash is too large for Redis's limits, or was once.
    large: bool,
}

impl Default for Hash {
    fn default() -> Self {
        Self(Object::PackedHash(Packed::default()))
    }
}

impl Hash {
    #[inline]
    fn kept(&self) -> Kept<'_> {
        match &self.0 {
            Object::PackedHash(packed) => Kept::Packed(packed),
            Object::HashTable(table) => Kept::Table(table),
            _ => unreachable!("an object is seen as a hash only where it is one"),
        }
    }

    /// How many bytes it takes in a dump.
    pub(super) fn dumped_len(&self) -> usize {
        let texts = self.iter().map(|(field, value)| super::dumped_text(&field) + super::dumped_text(&value));
        super::dumped_count(self.len()) + texts.sum::<usize>()
    }

    pub(crate) fn len(&self) -> usize {
        match self.kept() {
            Kept::Packed(packed) => packed.len(),
            Kept::Table(table) => table.fields.len(),
        }
    }

    pub(crate) fn contains(&self, field: &[u8]) -> bool {
        self.get(field).is_some()
    }

    #[inline]
    pub(crate) fn get(&self, field: &[u8]) -> Option<Text<'_>> {
        match self.kept() {
            Kept::Packed(packed) => packed.find(field).map(|place| packed.text(place, VALUE).into()),
            Kept::Table(table) => table.fields.get(field).map(Text::from),
        }
    }

    /// The field and the value at this place, counted from 0.
    pub(crate) fn at(&self, place: usize) -> Option<(Text<'_>, Text<'_>)> {
        self.iter().nth(place)
    }

    /// Every field with its value.
    pub(crate) fn iter(&self) -> Fields<'_> {
        match self.kept() {
            Kept::Packed(packed) => Fields::Packed(packed.iter()),
            Kept::Table(table) => Fields::Table(table.fields.iter()),
        }
    }

    /// Every field with its value as `each` makes it of them: what of a packed hash is kept is copied once for all.
    pub(crate) fn lend<T>(&self, mut each: impl FnMut(Text<'_>, Text<'_>) -> T) -> Vec<T> {
        match self.kept() {
            Kept::Packed(packed) => packed.lend(|[field, value]| each(field, value)),
            Kept::Table(table) => table.fields.iter().map(|(field, value)| each(field.into(), value.into())).collect(),
        }
    }

    /// Makes room for so many more fields, where it has none yet, that take so many bytes with their values.
    pub(crate) fn reserve(&mut self, fields: usize, bytes: usize) {
        if let Object::PackedHash(packed) = &mut self.0 {
            packed.reserve(fields, bytes);
        }
    }

    /// Gives the field this value; whether the field is new.
    #[inline]
    pub(crate) fn set(&mut self, field: &[u8], value: &Text<'_>, limits: HashLimits) -> bool {
        if let Object::PackedHash(packed) = &mut self.0 {
            let found = packed.find(field);
            if let Some(new) = set_packed(packed, found, field, value, limits) {
                return new;
            }
        }
        self.set_in_table(field, value, limits)
    }

    /// Gives the field the value that is made of its old one, or nothing where that fails.
    #[inline]
    pub(crate) fn update<'v, E>(
        &mut self,
        field: &[u8],
        limits: HashLimits,
        update: impl FnOnce(Option<&[u8]>) -> Result<Text<'v>, E>,
    ) -> Result<(), E> {
        let value = match &mut self.0 {
            Object::PackedHash(packed) => {
                let found = packed.find(field);
                let value = update(found.map(|place| packed.text(place, VALUE)))?;
                if set_packed(packed, found, field, &value, limits).is_some() {
                    return Ok(());
                }
                value
            }
            _ => update(self.get(field).as_deref())?,
        };
        self.set_in_table(field, &value, limits);
        Ok(())
    }

    /// As [`set`](Self::set), in a table, which the hash is from now on.
    #[inline(never)]
    fn set_in_table(&mut self, field: &[u8], value: &Text<'_>, limits: HashLimits) -> bool {
        let table = self.table_mut();
        let new = table.set(field, value);
        table.large |= table.fields.len() > limits.fields || field.len().max(value.len()) > limits.bytes;
        new
    }

    /// Takes the field out; whether it was there.
    pub(crate) fn remove(&mut self, field: &[u8]) -> bool {
        match &mut self.0 {
            Object::PackedHash(packed) => packed.find(field).map(|place| packed.remove(place)).is_some(),
            _ => self.table_mut().remove(field),
        }
    }

    /// The hash as a table, which it is from now on.
    fn table_mut(&mut self) -> &mut Table {
        if let Object::PackedHash(packed) = &self.0 {
            let mut table = Table::default();
            table.fields.reserve(packed.len() + 1);
            for [field, value] in packed.iter() {
                table.set(field, &value.into());
            }
            self.0 = Object::HashTable(Box::new(table));
        }
        match &mut self.0 {
            Object::HashTable(table) => table,
            _ => unreachable!("a hash that is not packed is a table"),
        }
    }

    /// One step of HSCAN: the next cursor, 0 at the end, and the fields of this step, `count` of them where the hash is
    /// large.
    ///
    /// The cursor says how many fields are still to come. They are walked from the end, and a removal moves the last
    /// field forward, so a field that stays is never passed over.
    pub(crate) fn scan(&self, cursor: u64, count: usize) -> (u64, impl Iterator<Item = (Text<'_>, Text<'_>)>) {
        let large = matches!(self.kept(), Kept::Table(Table { large: true, .. }));
        let len = self.len();
        let end = match usize::try_from(cursor) {
            Ok(left @ 1..) if large => left.min(len),
            _ => len,
        };
        let start = if large { end.saturating_sub(count) } else { 0 };
        (start as u64, self.iter().skip(start).take(end - start))
    }
}

/// Gives a field the value that was looked for in a packed hash, and found there or not; whether the field is new.
/// `None`, and nothing is changed, where that makes the hash a table.
#[inline]
fn set_packed(
    packed: &mut Packed,
    found: Option<Place<2>>,
    field: &[u8],
    value: &[u8],
    limits: HashLimits,
) -> Option<bool> {
    let len = packed.len() + usize::from(found.is_none());
    if len > limits.fields || field.len().max(value.len()) > limits.bytes {
        return None;
    }
    let set = match found {
        Some(place) => packed.replace(place, VALUE, value),
        None => packed.push([field, value]),
    };
    set.then_some(found.is_none())
}

impl Table {
    pub(super) fn encoding(&self) -> &'static str {
        if self.large { "hashtable" } else { "listpack" }
    }

    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        let table = super::table_bytes::<(Bytes, Bytes)>(self.fields.capacity());
        size_of::<Self>().saturating_add(table).saturating_add(self.texts)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    fn set(&mut self, field: &[u8], value: &Text<'_>) -> bool {
        if let Some(old) = self.fields.get_mut(field) {
            self.texts = self.texts - old.len() + value.len();
            *old = value.to_bytes();
            return false;
        }
        self.texts += field.len() + value.len();
        self.fields.insert(Bytes::copy_from_slice(field), value.to_bytes());
        true
    }

    fn remove(&mut self, field: &[u8]) -> bool {
        let removed = if self.large { self.fields.swap_remove(field) } else { self.fields.shift_remove(field) };
        let Some(value) = removed else { return false };
        self.texts -= field.len() + value.len();
        true
    }
}

/// Fields with their values, in order.
pub(crate) enum Fields<'h> {
    Packed(Items<'h, 2>),
    Table(map::Iter<'h, Bytes, Bytes>),
}

impl<'h> Iterator for Fields<'h> {
    type Item = (Text<'h>, Text<'h>);

    fn next(&mut self) -> Option<Self::Item> {
        self.nth(0)
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        match self {
            Self::Packed(items) => items.nth(n).map(|[field, value]| (field.into(), value.into())),
            Self::Table(fields) => fields.nth(n).map(|(field, value)| (field.into(), value.into())),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Packed(items) => items.size_hint(),
            Self::Table(fields) => fields.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// The limits that a Redis has which nobody configured.
    const LIMITS: HashLimits = HashLimits { fields: 512, bytes: 64 };

    fn text(bytes: &[u8]) -> Text<'_> {
        bytes.into()
    }

    fn numbered(fields: usize) -> Hash {
        let mut hash = Hash::default();
        for number in 0..fields {
            assert!(hash.set(number.to_string().as_bytes(), &Text::default(), LIMITS));
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
        assert!(!hash.set(b"0", &text(b"new"), LIMITS));
        assert!(hash.set(b"1", &Text::default(), LIMITS));
        assert!(!hash.remove(b"9"));
        assert_eq!(fields(&hash), ["0", "2", "3", "1"]);
    }

    #[test]
    fn a_hash_is_large_from_its_513th_field_or_its_first_long_text_and_stays_so() {
        let mut hash = numbered(512);
        assert_eq!(hash.0.encoding(), "listpack");
        hash.set(b"one more", &Text::default(), LIMITS);
        hash.remove(b"one more");
        assert_eq!(hash.0.encoding(), "hashtable");

        let mut hash = numbered(1);
        hash.set(&[b'f'; 64], &text(&[b'v'; 64]), LIMITS);
        assert_eq!(hash.0.encoding(), "listpack");
        hash.set(b"0", &text(&[b'v'; 65]), LIMITS);
        assert_eq!(hash.0.encoding(), "hashtable");
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
            seen.extend(step.map(|(field, _)| field.to_vec()));
            // Every third field stays.
            for _ in 0..5 {
                if removed % 3 != 0 {
                    hash.remove(removed.to_string().as_bytes());
                }
                removed += 1;
            }
            hash.set(format!("new {removed}").as_bytes(), &Text::default(), LIMITS);
            if next == 0 {
                break;
            }
            cursor = next;
        }
        for number in (0..1000).step_by(3) {
            assert!(seen.contains(number.to_string().as_bytes()), "{number}");
        }
    }

    #[derive(Clone, Debug)]
    enum Change {
        Set { field: usize, value: usize },
        Update { field: usize, value: usize },
        Remove { field: usize },
        Fill { fields: usize },
        Limit { fields: usize, bytes: usize },
    }

    fn change() -> impl Strategy<Value = Change> {
        let field = || prop_oneof![0..8_usize, 0..200_usize, 1000..1003_usize];
        let value = || prop_oneof![0..20_usize, 60..70_usize, 250..260_usize, Just(3000)];
        prop_oneof![
            8 => (field(), value()).prop_map(|(field, value)| Change::Set { field, value }),
            4 => (field(), value()).prop_map(|(field, value)| Change::Update { field, value }),
            4 => field().prop_map(|field| Change::Remove { field }),
            1 => (100..160_usize).prop_map(|fields| Change::Fill { fields }),
            1 => (prop_oneof![Just(3_usize), Just(512)], prop_oneof![Just(4_usize), Just(64), Just(4096)])
                .prop_map(|(fields, bytes)| Change::Limit { fields, bytes }),
        ]
    }

    /// A field of this number: from 1000 on a long one.
    fn name(field: usize) -> String {
        if field < 1000 { format!("f{field}") } else { field.to_string().repeat(80) }
    }

    /// What Redis's rules make of a hash, in a vector.
    #[derive(Default)]
    struct Model {
        fields: Vec<(String, String)>,
        large: bool,
    }

    impl Model {
        fn set(&mut self, field: &str, value: &str, limits: HashLimits) -> bool {
            let place = self.fields.iter().position(|(other, _)| other == field);
            match place {
                Some(place) => self.fields[place].1 = value.to_owned(),
                None => self.fields.push((field.to_owned(), value.to_owned())),
            }
            self.large |= field.len().max(value.len()) > limits.bytes || self.fields.len() > limits.fields;
            place.is_none()
        }

        fn remove(&mut self, field: &str) -> bool {
            let place = self.fields.iter().position(|(other, _)| other == field);
            match place {
                Some(place) if self.large => drop(self.fields.swap_remove(place)),
                Some(place) => drop(self.fields.remove(place)),
                None => {}
            }
            place.is_some()
        }
    }

    proptest! {
        #[test]
        fn a_hash_is_what_redis_s_rules_make_of_it_however_it_is_kept(
            changes in prop::collection::vec(change(), 0..60),
        ) {
            let (mut hash, mut model, mut limits) = (Hash::default(), Model::default(), LIMITS);
            for change in changes {
                match change {
                    Change::Set { field, value } => {
                        let (field, value) = (name(field), "v".repeat(value));
                        let new = hash.set(field.as_bytes(), &text(value.as_bytes()), limits);
                        prop_assert_eq!(new, model.set(&field, &value, limits));
                    }
                    Change::Update { field, value } => {
                        let (field, value) = (name(field), "u".repeat(value));
                        let mut seen = None;
                        let updated = hash.update(field.as_bytes(), limits, |old| {
                            seen = old.map(<[u8]>::to_vec);
                            if value.is_empty() { Err(()) } else { Ok(text(value.as_bytes())) }
                        });
                        let old = model.fields.iter().find(|(other, _)| *other == field);
                        prop_assert_eq!(seen, old.map(|(_, old)| old.clone().into_bytes()));
                        prop_assert_eq!(updated.is_err(), value.is_empty());
                        if !value.is_empty() {
                            model.set(&field, &value, limits);
                        }
                    }
                    Change::Remove { field } => {
                        prop_assert_eq!(hash.remove(name(field).as_bytes()), model.remove(&name(field)));
                    }
                    Change::Fill { fields } => for field in 0..fields {
                        prop_assert_eq!(
                            hash.set(name(field).as_bytes(), &Text::default(), limits),
                            model.set(&name(field), "", limits)
                        );
                    },
                    Change::Limit { fields, bytes } => limits = HashLimits { fields, bytes },
                }
                let string = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap();
                let pairs: Vec<_> = hash.iter().map(|(field, value)| (string(&field), string(&value))).collect();
                prop_assert_eq!(&pairs, &model.fields);
                let lent = hash.lend(|field, value| (string(&field.to_bytes()), string(&value.to_bytes())));
                prop_assert_eq!(&lent, &model.fields);
                prop_assert_eq!((hash.len(), hash.0.is_empty_collection()), (pairs.len(), pairs.is_empty()));
                prop_assert_eq!(hash.0.encoding(), if model.large { "hashtable" } else { "listpack" });
                for (place, (field, value)) in pairs.iter().enumerate() {
                    prop_assert_eq!(&*hash.get(field.as_bytes()).unwrap(), value.as_bytes());
                    prop_assert_eq!(&*hash.at(place).unwrap().0, field.as_bytes());
                }
                prop_assert!(hash.at(pairs.len()).is_none() && hash.get(b"none").is_none());
                let texts: usize = pairs.iter().map(|(field, value)| field.len() + value.len()).sum();
                prop_assert!(hash.0.heap_bytes() >= texts);
                let copy = hash.clone();
                prop_assert_eq!(copy.iter().map(|(field, _)| string(&field)).collect::<Vec<_>>(),
                    pairs.iter().map(|(field, _)| field.clone()).collect::<Vec<_>>());
            }
        }
    }
}
