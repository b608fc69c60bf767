//! Buffers that the connections of a thread lend each other: an idle one holds none, and the one in use is still in the
//! cache.

use std::cell::RefCell;

use bytes::BytesMut;

/// How large a buffer is made.
pub(super) const ROOM: usize = 16 * 1024;
/// A buffer that has grown beyond this is given back to the system.
pub(super) const MOST_ROOM: usize = 256 * 1024;
/// How many a thread keeps: one to read into and one to write from, for a few connections that wait in between.
const MOST: usize = 8;

thread_local! {
    static SPARE: RefCell<Vec<BytesMut>> = const { RefCell::new(Vec::new()) };
}

/// Makes an empty buffer one with room.
pub(super) fn lend(buffer: &mut BytesMut) {
    if buffer.capacity() == 0 {
        *buffer = SPARE.with_borrow_mut(Vec::pop).unwrap_or_else(|| BytesMut::with_capacity(ROOM));
    }
}

/// Takes a buffer back from who needs none of its bytes any more.
pub(super) fn take_back(buffer: &mut BytesMut) {
    let mut buffer = std::mem::take(buffer);
    buffer.clear();
    // The front of it may have been read and gone, or belong to an argument that is kept.
    if (ROOM / 2..=MOST_ROOM).contains(&buffer.capacity()) {
        SPARE.with_borrow_mut(|spare| {
            if spare.len() < MOST {
                spare.push(buffer);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_unless_it_is_too_large_or_too_small() {
        let mut buffer = BytesMut::new();
        lend(&mut buffer);
        buffer.extend_from_slice(b"what was there before is gone");
        let place = buffer.as_ptr();
        take_back(&mut buffer);
        assert_eq!(buffer.capacity(), 0);
        lend(&mut buffer);
        assert_eq!((buffer.as_ptr(), buffer.len()), (place, 0));

        for len in [ROOM / 2 - 1, MOST_ROOM + 1] {
            take_back(&mut BytesMut::zeroed(len));
            assert_eq!(SPARE.with_borrow(Vec::len), 0, "{len}");
        }
    }
}
