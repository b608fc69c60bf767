//! A few short items in one [`Block`], in the order they came: what a small hash or set is kept in.
//!
//! A hash has two texts for each item, a set one. The block begins with how many items there are, one byte; an item is
//! the length of each of its texts, a byte each, and then the texts. To find one is to walk over them, which beats a
//! table as long as they are few: they stand side by side, and most are told apart by their length.

use std::array::from_fn;
use std::ops::Range;

use bytes::Bytes;

use super::block::Block;
use super::text::Text;

/// The most bytes that a text has.
const LONGEST: usize = u8::MAX as usize;
/// The most bytes that all of it takes.
const MOST_BYTES: usize = 4096;
/// Where the first item stands, behind the count.
const START: usize = 1;
/// So many texts are copied one by one where they are handed out: to share one copy costs two atomic steps for each,
/// and malloc has as many small blocks at hand.
const COPIED: usize = 16;

/// Items of `N` texts each, the first of which tells them apart. There are `MOST` of them at most, which a byte counts.
#[derive(Clone, Default)]
pub(crate) struct Packed<const N: usize, const MOST: usize>(Block);

/// Where an item stands.
#[derive(Clone, Copy)]
pub(super) struct Place<const N: usize> {
    start: usize,
    lens: [u8; N],
}

impl<const N: usize> Place<N> {
    /// The item that stands here, if there is one.
    #[inline]
    fn at(bytes: &[u8], start: usize) -> Option<Self> {
        let lens = bytes.get(start..)?.first_chunk()?;
        Some(Self { start, lens: *lens })
    }

    /// Where one of its texts stands.
    #[inline]
    fn text(&self, which: usize) -> Range<usize> {
        let start = self.start + N + sum(&self.lens[..which]);
        start..start + usize::from(self.lens[which])
    }

    /// Where the next item stands.
    #[inline]
    fn end(&self) -> usize {
        self.start + N + sum(&self.lens)
    }
}

/// How many bytes texts of these lengths have together.
#[inline]
fn sum(lens: &[u8]) -> usize {
    lens.iter().map(|len| usize::from(*len)).sum()
}

/// The first eight bytes of a text as a number, and which bits of it are of the text, where it may be shorter.
#[inline]
fn head(text: &[u8]) -> (u64, u64) {
    if let Some(head) = text.first_chunk() {
        return (u64::from_le_bytes(*head), u64::MAX);
    }
    let head = text.iter().rev().fold(0, |head, byte| head << 8 | u64::from(*byte));
    (head, !(u64::MAX << (8 * text.len())))
}

impl<const N: usize, const MOST: usize> Packed<N, MOST> {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.0.bytes().first().copied().unwrap_or(0).into()
    }

    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        self.0.heap_bytes()
    }

    /// Makes room for items that take so many bytes with their texts.
    pub(super) fn reserve(&mut self, items: usize, texts: usize) {
        let bytes = texts.saturating_add(items.saturating_mul(N)).saturating_add(START);
        if items <= MOST && bytes <= MOST_BYTES {
            self.0.reserve(bytes);
        }
    }

    /// Where the item stands that begins with this text.
    ///
    /// Most items are told apart by their length, or by eight bytes that are compared at once as long as there are so
    /// many: those behind a short text are masked out.
    #[inline]
    pub(super) fn find(&self, text: &[u8]) -> Option<Place<N>> {
        let (head, mask) = head(text);
        let bytes = self.0.bytes();
        let mut rest = bytes.get(START..)?;
        while let Some((lens, texts)) = rest.split_first_chunk()
            && let Some(other) = texts.first_chunk()
        {
            if usize::from(lens[0]) == text.len()
                && (u64::from_le_bytes(*other) ^ head) & mask == 0
                && (text.len() <= other.len() || texts.starts_with(text))
            {
                return Some(Place { start: bytes.len() - rest.len(), lens: *lens });
            }
            rest = texts.get(sum(lens)..)?;
        }
        find_last(bytes, bytes.len() - rest.len(), text)
    }

    /// One of the texts of the item.
    #[inline]
    pub(super) fn text(&self, place: Place<N>, which: usize) -> &[u8] {
        self.0.bytes().get(place.text(which)).unwrap_or_default()
    }

    /// Every item.
    #[inline]
    pub(super) fn iter(&self) -> Items<'_, N> {
        Items { bytes: self.0.bytes(), start: START, left: self.len() }
    }

    /// Every item as `each` makes it of its texts, which are parts of one copy for those who keep them, unless they are
    /// [few](COPIED).
    pub(super) fn lend<T>(&self, mut each: impl FnMut([Text<'_>; N]) -> T) -> Vec<T> {
        if self.len() * N <= COPIED {
            return self.iter().map(|texts| each(texts.map(Text::from))).collect();
        }
        let copy = Bytes::from_owner(self.0.clone());
        let mut items = self.iter();
        let mut lent = Vec::with_capacity(self.len());
        while let Some(place) = items.next_place() {
            lent.push(each(from_fn(|which| Text::Part(&copy, place.text(which)))));
        }
        lent
    }

    /// Adds an item that is not there yet; whether there is room for it.
    pub(super) fn push(&mut self, texts: [&[u8]; N]) -> bool {
        let (start, count) = (self.0.len().max(START), self.len());
        let added = texts.iter().fold(N, |sum, text| sum.saturating_add(text.len()));
        let fits = count < MOST && start.saturating_add(added) <= MOST_BYTES;
        if !fits || texts.iter().any(|text| text.len() > LONGEST) {
            return false;
        }
        self.0.resize(start + added);
        let Some((first, bytes)) = self.0.bytes_mut().split_first_mut() else { return false };
        *first += 1;
        if let Some((lens, mut rest)) = bytes.get_mut(start - START..).and_then(<[u8]>::split_first_chunk_mut::<N>) {
            *lens = texts.map(|text| text.len() as u8);
            for text in texts {
                let (place, behind) = rest.split_at_mut(text.len());
                place.copy_from_slice(text);
                rest = behind;
            }
        }
        true
    }

    /// Gives an item another text; whether there is room for it.
    #[inline]
    pub(super) fn replace(&mut self, place: Place<N>, which: usize, text: &[u8]) -> bool {
        let range = place.text(which);
        if range.len() != text.len() {
            return self.resize_text(place, which, text);
        }
        if let Some(old) = self.0.bytes_mut().get_mut(range) {
            old.copy_from_slice(text);
        }
        true
    }

    /// As [`replace`](Self::replace), where the text has another length.
    fn resize_text(&mut self, place: Place<N>, which: usize, text: &[u8]) -> bool {
        let range = place.text(which);
        if text.len() > LONGEST || self.0.len() - range.len() + text.len() > MOST_BYTES {
            return false;
        }
        if let Some(len) = self.0.bytes_mut().get_mut(place.start + which) {
            *len = text.len() as u8;
        }
        self.0.splice(range, text);
        true
    }

    /// Takes an item out; those behind it move up.
    pub(super) fn remove(&mut self, place: Place<N>) {
        match self.len() {
            0 | 1 => self.0 = Block::default(),
            _ => {
                self.0.splice(place.start..place.end(), &[]);
                if let Some(count) = self.0.bytes_mut().first_mut() {
                    *count -= 1;
                }
            }
        }
    }

    /// Takes an item out; the last one moves into the hole.
    pub(super) fn swap_remove(&mut self, place: Place<N>) {
        if let Some(last) = self.place(self.len().saturating_sub(1))
            && last.start != place.start
            && let Some(moved) = self.0.bytes().get(last.start..last.end()).map(<[u8]>::to_vec)
        {
            self.remove(last);
            self.0.splice(place.start..place.end(), &moved);
        } else {
            self.remove(place);
        }
    }

    /// Where this item stands, counted from 0.
    pub(super) fn place(&self, nth: usize) -> Option<Place<N>> {
        let mut items = self.iter();
        (0..=nth).map_while(|_| items.next_place()).nth(nth)
    }
}

/// Where the item stands that begins with this text, among the last few bytes.
#[inline(never)]
fn find_last<const N: usize>(bytes: &[u8], start: usize, text: &[u8]) -> Option<Place<N>> {
    let mut place = Place::at(bytes, start)?;
    while bytes.get(place.text(0)) != Some(text) {
        place = Place::at(bytes, place.end())?;
    }
    Some(place)
}

/// The texts of items, one after the other.
#[derive(Clone)]
pub(crate) struct Items<'a, const N: usize> {
    bytes: &'a [u8],
    start: usize,
    left: usize,
}

impl<const N: usize> Items<'_, N> {
    #[inline]
    fn next_place(&mut self) -> Option<Place<N>> {
        let place = Place::at(self.bytes, self.start)?;
        self.start = place.end();
        self.left = self.left.saturating_sub(1);
        Some(place)
    }
}

impl<'a, const N: usize> Iterator for Items<'a, N> {
    type Item = [&'a [u8]; N];

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let place = self.next_place()?;
        Some(from_fn(|which| self.bytes.get(place.text(which)).unwrap_or_default()))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl<const N: usize> ExactSizeIterator for Items<'_, N> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: usize = 9;

    proptest! {
        #[test]
        fn items_are_changed_as_those_of_a_vector_are(
            changes in prop::collection::vec((0..5u8, 0..24usize, 0..260usize), 0..60),
        ) {
            let (mut packed, mut model) = (Packed::<2, MOST>::default(), Vec::<(String, String)>::new());
            for (change, number, len) in changes {
                // Keys of each length differ at their end, behind as many bytes as are compared at once or before.
                let end = if number % 2 == 0 { "" } else { "x" };
                let (key, value) = ("k".repeat(number / 2) + end, "v".repeat(len));
                let found = packed.find(key.as_bytes());
                let at = model.iter().position(|(other, _)| *other == key);
                prop_assert_eq!(found.is_some(), at.is_some());
                match (change, found, at) {
                    (0..3, Some(place), Some(at)) => {
                        if packed.replace(place, 1, value.as_bytes()) {
                            model[at].1 = value;
                        } else {
                            prop_assert!(len > LONGEST);
                        }
                    }
                    (3, Some(place), Some(at)) => {
                        packed.remove(place);
                        model.remove(at);
                    }
                    (_, Some(place), Some(at)) => {
                        packed.swap_remove(place);
                        model.swap_remove(at);
                    }
                    _ => {
                        if packed.push([key.as_bytes(), value.as_bytes()]) {
                            model.push((key, value));
                        } else {
                            prop_assert!(len > LONGEST || model.len() == MOST);
                        }
                    }
                }
                let text = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap();
                let items: Vec<_> = packed.iter().map(|[key, value]| (text(key), text(value))).collect();
                prop_assert_eq!(&items, &model);
                let lent = packed.lend(|[key, value]| (text(&key.to_bytes()), text(&value.to_bytes())));
                prop_assert_eq!(&lent, &model);
                prop_assert_eq!(packed.len(), model.len());
                prop_assert_eq!(packed.len() == 0, packed.heap_bytes() == 0);
            }
        }
    }
}
