//! Memory for something large, asked for so that the answer may be no.
//!
//! A few bytes of arguments may ask for 512 MB, and an allocation that fails ends the program. What is large is
//! allocated by way of this; what is small is not the last straw.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::error::{ServerError, texts};

/// From so many bytes on something is large.
pub const LARGE: usize = 1 << 20;

/// What is left to the small allocations of everybody else, in bytes.
const LEFT: usize = 16 << 20;

/// Makes something that takes so many bytes, where the system has memory for it.
///
/// It asks for the memory and gives it back, which `make` then gets: one thread at a time, for otherwise another one
/// that is just as greedy could be in between. So `make` can use what has no way to fail, such as memory that comes
/// zeroed.
///
/// # Errors
///
/// [`texts::OUT_OF_MEMORY`]; nothing was made then.
///
/// # Examples
///
/// ```
/// use embroker_core::error::texts;
/// use embroker_core::memory;
///
/// assert_eq!(memory::make(1 << 20, || vec![0; 1 << 20]).map(|zeros| zeros.len()), Ok(1 << 20));
/// assert_eq!(memory::make(1 << 60, || vec![0; 1 << 60]), Err(texts::OUT_OF_MEMORY));
/// ```
#[inline]
pub fn make<T>(bytes: usize, make: impl FnOnce() -> T) -> Result<T, ServerError> {
    if bytes < LARGE { Ok(make()) } else { make_large(bytes, make) }
}

#[cold]
#[inline(never)]
fn make_large<T>(bytes: usize, make: impl FnOnce() -> T) -> Result<T, ServerError> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    check(bytes)?;
    Ok(make())
}

/// Whether the system has so many bytes now, and some to spare.
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
    if bytes < LARGE {
        return Ok(());
    }
    Vec::<u8>::new().try_reserve_exact(bytes.saturating_add(LEFT)).map_err(|_| texts::OUT_OF_MEMORY)
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
/// assert_eq!(embroker_core::memory::copy(b"hello")?, "hello");
/// # Ok::<(), embroker_core::ServerError>(())
/// ```
#[inline]
pub fn copy(bytes: &[u8]) -> Result<Bytes, ServerError> {
    make(bytes.len(), || Bytes::copy_from_slice(bytes))
}
