//! The allocator of the program: jemalloc on Linux, as redis-server has it there. What clients had and gave back, such as
//! a million subscriptions, goes back to the system within a second; glibc keeps what lies below a block in use.

use tikv_jemallocator::Jemalloc;

#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

/// What jemalloc reads as it starts: a thread of its own gives free pages back a tenth of a second after they came free,
/// not after the ten seconds that are its default, and their addresses too, for the sake of a limit such as `ulimit -v`.
/// `_RJEM_MALLOC_CONF` in the environment goes before it.
// jemalloc looks for the options under this name, and nothing else can have it: the prefix is that of its crate.
#[allow(unsafe_code)]
#[unsafe(export_name = "_rjem_malloc_conf")]
#[used]
static OPTIONS: &[u8; 72] = b"background_thread:true,dirty_decay_ms:100,muzzy_decay_ms:0,retain:false\0";
