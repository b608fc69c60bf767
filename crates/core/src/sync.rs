//! The lock of the subscriber's queue, and how a thread waits for it, in one place: with `--cfg shuttle` they are
//! shuttle's, which lets `tests/races` choose who runs next at each of them.
//!
//! In every other build this is names of others and nothing else.

#[cfg(not(shuttle))]
pub(crate) use std::{hint::spin_loop, thread::yield_now};

#[cfg(shuttle)]
pub(crate) use shuttle::{hint::spin_loop, sync::MutexGuard as SpinMutexGuard, thread::yield_now};
#[cfg(not(shuttle))]
pub(crate) use spin::mutex::{SpinMutex, SpinMutexGuard};

/// What the queue uses of spin's lock, as one that shuttle sees.
#[cfg(shuttle)]
#[derive(Debug)]
pub(crate) struct SpinMutex<T>(shuttle::sync::Mutex<T>);

#[cfg(shuttle)]
impl<T> SpinMutex<T> {
    pub(crate) fn new(state: T) -> Self {
        Self(shuttle::sync::Mutex::new(state))
    }

    pub(crate) fn try_lock(&self) -> Option<SpinMutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            // As spin's, it goes on after a panic.
            Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => None,
        }
    }
}
