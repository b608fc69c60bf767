//! The allocator of the program: jemalloc on Linux, as redis-server has it there. What clients had and gave back, such as
//! a million subscriptions, goes back to the system within a second; glibc keeps what lies below a block in use.

use std::hint::black_box;

use tikv_jemalloc_ctl::background_thread;
use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// What jemalloc reads as it starts: free pages go back to the system a tenth of a second after they came free, not
/// after the ten seconds that are its default, and their addresses too, for the sake of a limit such as `ulimit -v`.
/// `_RJEM_MALLOC_CONF` in the environment goes before it.
// jemalloc looks for the options under this name, and nothing else can have it: the prefix is that of its crate.
#[allow(unsafe_code)]
#[unsafe(export_name = "_rjem_malloc_conf")]
#[used]
static OPTIONS: &[u8; 49] = b"dirty_decay_ms:100,muzzy_decay_ms:0,retain:false\0";

/// What is oversized for jemalloc, unless it is told otherwise: it has an arena of its own.
const OVERSIZED: usize = 8 << 20;

/// Starts the thread that gives free pages back.
///
/// What was oversized goes back at once, and has to: who asks whether there is so much memory, and some to spare, gives
/// it back before somebody takes it. jemalloc does so only where it made that arena while there was no such thread.
pub(crate) fn start() {
    drop(black_box(Vec::<u8>::with_capacity(OVERSIZED)));
    // Without it they go back while others are taken.
    let _ = background_thread::write(true);
}
