//! Some bytes in one block of the heap, behind one pointer: what a small value is kept in.
//!
//! Whoever finds the value in its slot is one step from its bytes. A vector's pointer is three words wide, and a thin
//! one of bytes grows byte by byte; so here it has cells of eight, the first of which begins with the length.

use std::iter::repeat_n;
use std::ops::Range;

use thin_vec::ThinVec;

/// How many bytes the vector keeps before its cells.
const HEADER: usize = 2 * size_of::<usize>();
/// How many bytes the vector counts as one.
const CELL: usize = 8;
/// How many bytes the length takes.
const LEN: usize = size_of::<u16>();

/// The most bytes that a block holds.
pub(super) const MOST: usize = u16::MAX as usize;

/// Up to [`MOST`] bytes. Empty, it is no block at all.
#[derive(Default)]
pub(crate) struct Block(ThinVec<[u8; CELL]>);

impl Block {
    /// A block of these bytes, or of the first [`MOST`] of them.
    pub(super) fn new(bytes: &[u8]) -> Self {
        let bytes = bytes.get(..MOST).unwrap_or(bytes);
        let cells = cells(bytes.len());
        let mut block = ThinVec::with_capacity(room(bytes.len()));
        block.extend(repeat_n([0; CELL], cells));
        if let Some((len, rest)) = block.as_flattened_mut().split_first_chunk_mut() {
            *len = (bytes.len() as u16).to_ne_bytes();
            if let Some(place) = rest.get_mut(..bytes.len()) {
                place.copy_from_slice(bytes);
            }
        }
        Self(block)
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.0.first().map_or(0, |[low, high, ..]| u16::from_ne_bytes([*low, *high]).into())
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        match self.0.as_flattened().split_first_chunk() {
            Some((len, rest)) => rest.get(..u16::from_ne_bytes(*len).into()).unwrap_or_default(),
            None => &[],
        }
    }

    #[inline]
    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match self.0.as_flattened_mut().split_first_chunk_mut() {
            Some((len, rest)) => rest.get_mut(..u16::from_ne_bytes(*len).into()).unwrap_or_default(),
            None => &mut [],
        }
    }

    /// How many bytes it takes of the heap.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        match self.0.capacity() {
            0 => 0,
            cells => HEADER + cells * CELL,
        }
    }

    /// Makes room for so many bytes in all.
    pub(super) fn reserve(&mut self, len: usize) {
        self.0.reserve_exact(room(len.min(MOST)).saturating_sub(self.0.len()));
    }

    /// Cuts it to this length, or adds zero bytes up to it.
    pub(super) fn resize(&mut self, len: usize) {
        let (before, len) = (self.len(), len.min(MOST));
        let cells = cells(len);
        match cells.checked_sub(self.0.len()) {
            Some(0) => {}
            Some(more) => {
                self.reserve(len);
                self.0.extend(repeat_n([0; CELL], more));
            }
            None => {
                self.0.truncate(cells);
                if self.0.capacity() > 2 * cells + 1 {
                    self.0.shrink_to_fit();
                }
            }
        }
        if let Some([low, high, ..]) = self.0.first_mut() {
            [*low, *high] = (len as u16).to_ne_bytes();
        }
        if let Some(added) = self.bytes_mut().get_mut(before..) {
            added.fill(0);
        }
    }

    /// Puts other bytes in the place of these.
    pub(super) fn splice(&mut self, place: Range<usize>, with: &[u8]) {
        if place.len() == with.len() {
            if let Some(place) = self.bytes_mut().get_mut(place) {
                place.copy_from_slice(with);
            }
            return;
        }
        let len = self.len();
        let Range { start, end } = place;
        let grown = start + with.len();
        if grown > end {
            self.resize(len + (grown - end));
        }
        self.bytes_mut().copy_within(end..len, grown);
        if let Some(place) = self.bytes_mut().get_mut(start..grown) {
            place.copy_from_slice(with);
        }
        if grown < end {
            self.resize(len - (end - grown));
        }
    }
}

/// How many cells so many bytes take with their length.
#[inline]
fn cells(len: usize) -> usize {
    if len == 0 { 0 } else { (LEN + len).div_ceil(CELL) }
}

/// How many cells a block of so many bytes asks for: with the vector's header and malloc's own word an odd number of
/// them fills what malloc hands out.
#[inline]
fn room(len: usize) -> usize {
    match cells(len) {
        0 => 0,
        cells => cells | 1,
    }
}

/// So that a copy can be handed out as a buffer.
impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

impl Clone for Block {
    fn clone(&self) -> Self {
        Self::new(self.bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_block_takes_its_bytes_with_a_header_and_their_length_and_nothing_when_it_is_empty() {
        let sizes = [0, 1, 6, 7, 22, 23].map(|len| Block::new(&vec![b'x'; len]).heap_bytes());
        assert_eq!(sizes, [0, 24, 24, 40, 40, 56]);
    }

    proptest! {
        #[test]
        fn a_block_is_changed_as_a_vector_is(
            changes in prop::collection::vec((any::<(u8, u8)>(), prop::collection::vec(any::<u8>(), 0..40)), 0..40),
        ) {
            let (mut block, mut model) = (Block::default(), Vec::new());
            for ((start, len), with) in changes {
                let start = usize::from(start).min(model.len());
                let end = (start + usize::from(len) / 4).min(model.len());
                block.splice(start..end, &with);
                model.splice(start..end, with.iter().copied());
                prop_assert_eq!(block.bytes(), &*model);
                prop_assert_eq!(block.len(), model.len());
                if start % 3 == 0 {
                    let len = model.len() ^ usize::from(len);
                    block.resize(len);
                    model.resize(len, 0);
                    let copy = block.clone();
                    prop_assert_eq!(copy.bytes(), &*model);
                }
                prop_assert!(block.heap_bytes() >= model.len() && block.heap_bytes() <= 2 * model.len() + 64);
            }
        }
    }
}
