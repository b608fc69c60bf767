//! What threads meet at in the broker, in one place: with `--cfg shuttle` it is shuttle's, which lets `tests/races`
//! choose who runs next at each of them.
//!
//! In every other build this is std's types by their names, and [`Gates`] is nothing at all.

#[cfg(shuttle)]
pub(crate) use shuttle::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize};
#[cfg(shuttle)]
pub(crate) use shuttle::sync::{Mutex, MutexGuard};
#[cfg(not(shuttle))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize};
#[cfg(not(shuttle))]
pub(crate) use std::sync::{Mutex, MutexGuard};

/// What stands before the locks of a map's shards. They are `DashMap`'s own, and shuttle can't see those: for it each has
/// a lock before it that it does see, so that nobody ever waits at `DashMap`'s.
#[cfg(not(shuttle))]
pub(crate) struct Gates;

/// A gate that was passed, until it is dropped.
#[cfg(not(shuttle))]
pub(crate) struct Gate<'a>(std::marker::PhantomData<&'a Gates>);

#[cfg(not(shuttle))]
impl Gates {
    pub(crate) fn new(_: usize) -> Self {
        Self
    }

    #[inline]
    #[expect(clippy::unused_self, reason = "there is no gate outside of shuttle")]
    pub(crate) fn pass(&self, _: usize) -> Gate<'_> {
        Gate(std::marker::PhantomData)
    }
}

#[cfg(shuttle)]
pub(crate) use gates::{Gate, Gates};

#[cfg(shuttle)]
mod gates {
    use std::sync::PoisonError;

    use super::{Mutex, MutexGuard};

    pub(crate) struct Gates(Vec<Mutex<()>>);

    pub(crate) type Gate<'a> = MutexGuard<'a, ()>;

    impl Gates {
        pub(crate) fn new(count: usize) -> Self {
            Self((0..count).map(|_| Mutex::default()).collect())
        }

        pub(crate) fn pass(&self, number: usize) -> Gate<'_> {
            self.0[number].lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
