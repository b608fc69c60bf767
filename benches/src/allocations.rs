//! The allocator of this program: the system's, which counts what each thread asks of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    /// What this thread has asked for since it began. Frees count where they happen.
    static COUNTS: Cell<Counts> = const { Cell::new(Counts { allocations: 0, bytes: 0, rounded: 0 }) };
}

/// What was asked of the allocator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// How many blocks were asked for, or asked to be larger.
    pub(crate) allocations: i64,
    /// Bytes that are held, as asked for.
    pub(crate) bytes: i64,
    /// Bytes that are held, as a 64-bit malloc hands them out: with 8 of its own, in multiples of 16, at least 32.
    pub(crate) rounded: i64,
}

/// What this thread asked for while the closure ran.
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, Counts) {
    let before = COUNTS.get();
    let result = work();
    let after = COUNTS.get();
    let counts = Counts {
        allocations: after.allocations.wrapping_sub(before.allocations),
        bytes: after.bytes.wrapping_sub(before.bytes),
        rounded: after.rounded.wrapping_sub(before.rounded),
    };
    (result, counts)
}

fn add(allocations: i64, bytes: i64, rounded: i64) {
    // Fails only while a thread ends, when nobody counts any more.
    let _ = COUNTS.try_with(|counts| {
        let now = counts.get();
        counts.set(Counts {
            allocations: now.allocations.wrapping_add(allocations),
            bytes: now.bytes.wrapping_add(bytes),
            rounded: now.rounded.wrapping_add(rounded),
        });
    });
}

fn rounded(size: usize) -> i64 {
    (size.saturating_add(8).next_multiple_of(16)).max(32) as i64
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[expect(unsafe_code, reason = "an allocator can't be written without; each call is handed on as it came")]
// SAFETY: `System` keeps the contract; counting neither allocates nor panics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(1, layout.size() as i64, rounded(layout.size()));
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(1, layout.size() as i64, rounded(layout.size()));
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        add(0, -(layout.size() as i64), -rounded(layout.size()));
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let grown = size as i64 - layout.size() as i64;
        add(1, grown, rounded(size) - rounded(layout.size()));
        // SAFETY: as above.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_and_what_was_asked_for_is_counted() {
        let (held, counts) = counted(|| {
            drop(std::hint::black_box(vec![0_u8; 100]));
            vec![0_u8; 25]
        });
        assert_eq!(counts, Counts { allocations: 2, bytes: 25, rounded: 48 });
        let ((), counts) = counted(|| drop(held));
        assert_eq!(counts, Counts { allocations: 0, bytes: -25, rounded: -48 });
    }
}
