//! Memory for something large, asked for so that the answer may be no.
//!
//! A few bytes of arguments may ask for 512 MB, and an allocation that fails ends the program. What is large is
//! allocated by way of this; what is small is not the last straw.

use bytes::{Bytes, BytesMut};
use zerocopy::FromZeros as _;

use crate::error::{ServerError, texts};

/// From so many bytes on something is large.
pub const LARGE: usize = 1 << 20;

/// What is left to the small allocations of everybody else, in bytes.
const LEFT: usize = 16 << 20;

/// Allocates so many bytes. What is large is given only where there is more than that.
#[inline]
fn allocate<T, E>(bytes: usize, allocate: impl FnOnce() -> Result<T, E>) -> Result<T, ServerError> {
    let _left = if bytes < LARGE { Vec::new() } else { room(LEFT)? };
    allocate().map_err(|_| texts::OUT_OF_MEMORY)
}

#[cold]
fn room(bytes: usize) -> Result<Vec<u8>, ServerError> {
    let mut room = Vec::new();
    room.try_reserve_exact(bytes).map_err(|_| texts::OUT_OF_MEMORY)?;
    Ok(room)
}

/// Whether the system has so many bytes now, and some to spare: asked right before something is made that has no way to
/// fail. Another thread may be as greedy in between; so this is only for what can't be asked for by the other functions.
///
/// # Errors
///
/// [`texts::OUT_OF_MEMORY`].
///
/// # Examples
///
/// ```
/// use embroker_core::memory;
///
/// assert!(memory::check(1 << 20).is_ok());
/// assert!(memory::check(1 << 60).is_err());
/// ```
pub fn check(bytes: usize) -> Result<(), ServerError> {
    if bytes < LARGE { Ok(()) } else { room(bytes.saturating_add(LEFT)).map(drop) }
}

/// Makes room for so many more items. It doubles, so that not each of many small steps copies what is there.
///
/// # Errors
///
/// [`texts::OUT_OF_MEMORY`]; the items are as before.
///
/// # Examples
///
/// ```
/// use embroker_core::error::texts;
/// use embroker_core::memory;
///
/// let mut bytes = b"hello".to_vec();
/// assert_eq!(memory::reserve(&mut bytes, 1 << 60), Err(texts::OUT_OF_MEMORY));
/// memory::reserve(&mut bytes, 1 << 20)?;
/// assert!(bytes == b"hello" && bytes.capacity() >= 5 + (1 << 20));
/// # Ok::<(), embroker_core::ServerError>(())
/// ```
#[inline]
pub fn reserve<T>(items: &mut Vec<T>, more: usize) -> Result<(), ServerError> {
    if more <= items.capacity() - items.len() {
        return Ok(());
    }
    let room = items.len().saturating_add(more).max(items.capacity().saturating_mul(2));
    allocate(room.saturating_mul(size_of::<T>()), || items.try_reserve(more))
}

/// Makes room for so many bytes more in a buffer, as [`reserve`] does.
///
/// # Errors
///
/// [`texts::OUT_OF_MEMORY`]; the buffer is as before.
///
/// # Examples
///
/// ```
/// use bytes::BytesMut;
/// use embroker_core::error::texts;
/// use embroker_core::memory;
///
/// let mut buffer = BytesMut::from("hello");
/// assert_eq!(memory::reserve_bytes(&mut buffer, 1 << 60), Err(texts::OUT_OF_MEMORY));
/// memory::reserve_bytes(&mut buffer, 1 << 20)?;
/// assert!(buffer == "hello" && buffer.capacity() >= 5 + (1 << 20));
/// # Ok::<(), embroker_core::ServerError>(())
/// ```
#[inline]
pub fn reserve_bytes(buffer: &mut BytesMut, more: usize) -> Result<(), ServerError> {
    if more <= buffer.capacity() - buffer.len() {
        return Ok(());
    }
    grow(buffer, more)
}

#[inline(never)]
fn grow(buffer: &mut BytesMut, more: usize) -> Result<(), ServerError> {
    let room = buffer.len().saturating_add(more).max(buffer.capacity().saturating_mul(2));
    if room < LARGE {
        buffer.reserve(more);
    } else if !buffer.try_reclaim(more) {
        // A buffer has no way to say that it can't grow, and a vector has.
        *buffer = Bytes::from(copy_into(buffer, room)?).into();
    }
    Ok(())
}

/// So many zero bytes, as they come from the system: of many no page is touched here.
///
/// # Errors
///
/// [`texts::OUT_OF_MEMORY`].
///
/// # Examples
///
/// ```
/// use embroker_core::error::texts;
/// use embroker_core::memory;
///
/// assert_eq!(memory::zeroed(1 << 20), Ok(vec![0; 1 << 20]));
/// assert_eq!(memory::zeroed(1 << 60), Err(texts::OUT_OF_MEMORY));
/// ```
pub fn zeroed(len: usize) -> Result<Vec<u8>, ServerError> {
    allocate(len, || u8::new_vec_zeroed(len))
}

/// A copy of the bytes.
///
/// # Errors
///
/// [`texts::OUT_OF_MEMORY`].
///
/// # Examples
///
/// ```
/// assert_eq!(embroker_core::memory::copy(b"hello")?, b"hello");
/// # Ok::<(), embroker_core::ServerError>(())
/// ```
#[inline]
pub fn copy(bytes: &[u8]) -> Result<Vec<u8>, ServerError> {
    copy_into(bytes, bytes.len())
}

/// A copy of the bytes with room for so many in all.
///
/// # Errors
///
/// [`texts::OUT_OF_MEMORY`].
///
/// # Examples
///
/// ```
/// let copy = embroker_core::memory::copy_into(b"hello", 100)?;
/// assert_eq!((&copy[..], copy.capacity()), (&b"hello"[..], 100));
/// # Ok::<(), embroker_core::ServerError>(())
/// ```
#[inline]
pub fn copy_into(bytes: &[u8], room: usize) -> Result<Vec<u8>, ServerError> {
    let mut copy = Vec::new();
    reserve(&mut copy, room.max(bytes.len()))?;
    copy.extend_from_slice(bytes);
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More than any system has.
    const TOO_MUCH: usize = 1 << 60;

    #[test]
    fn what_is_refused_leaves_all_as_it_was() {
        let mut items = vec![1_u64, 2];
        let mut buffer = BytesMut::from("hello");
        for more in [TOO_MUCH, usize::MAX] {
            assert_eq!(reserve(&mut items, more), Err(texts::OUT_OF_MEMORY));
            assert_eq!(reserve_bytes(&mut buffer, more), Err(texts::OUT_OF_MEMORY));
            assert_eq!((&items[..], &buffer[..]), (&[1, 2][..], &b"hello"[..]));
        }
    }

    #[test]
    fn many_small_steps_copy_seldom() {
        let (mut items, mut buffer) = (Vec::<u8>::new(), BytesMut::new());
        let (mut moves, mut capacities) = (0, (0, 0));
        while items.len() < 8 * LARGE {
            reserve(&mut items, 1000).unwrap();
            reserve_bytes(&mut buffer, 1000).unwrap();
            items.resize(items.len() + 1000, 1);
            buffer.resize(buffer.len() + 1000, 1);
            moves +=
                usize::from(std::mem::replace(&mut capacities, (items.capacity(), buffer.capacity())) != capacities);
        }
        assert!(moves <= 40, "{moves}");
    }

    #[test]
    fn a_buffer_that_others_read_grows_into_one_of_its_own() {
        let mut buffer = BytesMut::from(&*vec![1; LARGE]);
        let front = buffer.split_to(LARGE / 2).freeze();
        reserve_bytes(&mut buffer, LARGE).unwrap();
        buffer.fill(2);
        assert_eq!((front, buffer), (Bytes::from(vec![1; LARGE / 2]), BytesMut::from(&*vec![2; LARGE / 2])));
    }
}
