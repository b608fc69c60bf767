//! What the system tells of this process, where it is Linux. Elsewhere nothing is told rather than guessed.

use std::fs;
use std::time::Duration;

/// Processor time of this process.
pub(crate) struct CpuTimes {
    pub(crate) user: Duration,
    pub(crate) system: Duration,
}

/// How much memory this process takes, in bytes.
pub(crate) fn resident_memory() -> Option<u64> {
    kilobytes(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// Memory of the machine, in bytes.
pub(crate) fn system_memory() -> Option<u64> {
    kilobytes(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

pub(crate) fn cpu_times() -> Option<CpuTimes> {
    // Linux counts in hundredths of a second here, whatever its clock.
    const TICK: Duration = Duration::from_millis(10);

    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name comes first, in parentheses, and may hold spaces.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut time = || Some(TICK * fields.next()?.parse().ok()?);
    Some(CpuTimes { user: time()?, system: time()? })
}

/// A line such as `VmRSS:    1234 kB`, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim_end().parse::<u64>().ok()?.checked_mul(1024)
}
