//! Memory that came free goes back to the system.
//!
//! glibc gives back what is free above its last block in use. One small block that is still in use, or that a thread
//! keeps for its next allocation, holds on to all that is free below it: after a million subscriptions some 110 MiB. So
//! where much has come free glibc is told to give back every free page, which takes it 3 to 10 ms for 100 MiB. Other
//! allocators do so by themselves; a program that has chosen one is told nothing it notices, for glibc's heap is empty.

// Not those of `crate::sync`: nothing depends on what two threads see of them, so shuttle need not try it.
use std::sync::atomic::{AtomicI64, Ordering};

/// Whether there is anybody to tell. Elsewhere nothing is looked at either.
const IS_GLIBC: bool = cfg!(all(target_os = "linux", target_env = "gnu", not(miri)));

/// How many bytes have to come free before there is anything to do.
const MUCH: i64 = 4 << 20;
/// As little is next to nothing.
const NOTHING: i64 = MUCH / 16;

/// Watches how many bytes are in use, and tells when much of them has come free.
///
/// glibc walks through all that is free, so what is much depends on what the process has: an eighth of it, or a
/// sixty-fourth once next to nothing is in use. That keeps the time in proportion to what was freed, and holds up no
/// program that has much else.
#[derive(Default)]
pub(crate) struct Tide {
    /// The most in use since next to nothing was, and a little more.
    most: AtomicI64,
    /// The most in use since memory was given back, and a little more.
    high: AtomicI64,
    /// Below this it is time to look.
    low: AtomicI64,
}

impl Tide {
    /// So many bytes are in use now; whether much has come free.
    #[inline]
    pub(crate) fn turns(&self, now: i64) -> bool {
        IS_GLIBC && self.turns_in(now, resident)
    }

    #[inline]
    fn turns_in(&self, now: i64, process: impl FnOnce() -> Option<i64>) -> bool {
        if now > self.high.load(Ordering::Relaxed) {
            self.rise(now);
        }
        now < self.low.load(Ordering::Relaxed) && self.ebb(now, process)
    }

    // What follows may run on two threads at once, which makes both of them a little wrong about when.

    #[cold]
    fn rise(&self, now: i64) {
        // So that it does not rise with each write.
        let high = now.saturating_add(NOTHING);
        self.high.store(high, Ordering::Relaxed);
        self.most.fetch_max(high, Ordering::Relaxed);
        self.look_again(now, if now > MUCH { NOTHING } else { 0 });
    }

    #[cold]
    fn ebb(&self, now: i64, process: impl FnOnce() -> Option<i64>) -> bool {
        // It takes some 20 us to ask, and is asked once for each 4 MiB.
        let process = process().unwrap_or(i64::MAX);
        let level = now.saturating_add(NOTHING);
        let is_much = if now < NOTHING {
            self.most.swap(level, Ordering::Relaxed) >= process / 64
        } else {
            self.high.load(Ordering::Relaxed).saturating_sub(now) >= process / 8
        };
        if is_much || now < NOTHING {
            self.high.store(level, Ordering::Relaxed);
        }
        self.look_again(now, if now < NOTHING { 0 } else { NOTHING });
        is_much
    }

    /// It is time again when much more has come free, or no more than that is left.
    fn look_again(&self, now: i64, left: i64) {
        self.low.store(now.saturating_sub(MUCH).max(left), Ordering::Relaxed);
    }
}

/// Whether these bytes, all of what was in use, are worth giving back.
pub(crate) fn is_much(bytes: i64) -> bool {
    IS_GLIBC && bytes > MUCH && resident().is_some_and(|process| bytes >= process / 64)
}

/// How many bytes of memory the process has, as far as the system tells.
fn resident() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?;
    kib.parse::<i64>().ok()?.checked_mul(1024)
}

/// Gives back what is free. To be called with nothing locked, for it may take milliseconds.
#[cold]
pub(crate) fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu", not(miri)))]
    // There is no safe function for it. Measured by `tests/reliability`, `what_is_gone_is_given_back`.
    #[allow(unsafe_code)]
    // SAFETY: it takes no pointer and gives none, and may be called by any thread at any time (malloc_trim(3)).
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: i64 = 1 << 20;

    #[test]
    fn little_that_comes_and_goes_is_left_alone() {
        let tide = Tide::default();
        for now in (0..100).flat_map(|_| [MUCH, 0]) {
            assert!(!tide.turns_in(now, || unreachable!("nobody looks")));
        }
    }

    #[test]
    fn what_has_come_free_is_told_of_when_it_is_much_and_when_all_is_gone() {
        let tide = Tide::default();
        let told: Vec<i64> = [100, 97, 95, 90, 84, 83, 80, 79, 2, 0, 2, 0]
            .into_iter()
            .filter(|now| tide.turns_in(now * MIB, || Some((now + 10) * MIB)))
            .collect();
        // A few MiB of 100 are not much, an eighth is; of the last 2 MiB it matters that nothing is left. 2 MiB that
        // come and go after that are little.
        assert_eq!(told, [84, 2, 0]);
    }

    #[test]
    fn it_is_little_where_the_process_has_much_more() {
        let tide = Tide::default();
        let mut looks = 0;
        for now in (0..=100).rev() {
            assert!(!tide.turns_in(now * MIB, || {
                looks += 1;
                Some(10_000 * MIB)
            }));
        }
        assert!((20..30).contains(&looks), "{looks} looks");
        // Once the process has given up what else it had, it is much; what the system does not tell is not.
        assert!(!tide.turns_in(99 * MIB, || None) && !tide.turns_in(90 * MIB, || None));
        assert!(tide.turns_in(0, || Some(300 * MIB)));
    }

    #[test]
    #[cfg(all(target_os = "linux", not(miri)))]
    fn the_system_tells_how_much_the_process_has() {
        let before = resident().unwrap();
        let block = vec![1_u8; 256 << 20];
        // Other tests come and go beside it.
        assert!(resident().unwrap() >= before + 128 * MIB, "{} bytes more", block.len());
    }
}
