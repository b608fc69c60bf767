//! The same work on several threads at once.

use std::thread;

use anyhow::{Context as _, Result};

/// Runs `work` on so many threads at the same time, each with a runtime of its own, and gathers what they answer. Each
/// is told its number.
///
/// ```
/// use embroker_reliability::on_threads;
///
/// let squares = on_threads(3, async |number| Ok(number * number));
/// assert_eq!(squares.unwrap(), [0, 1, 4]);
/// ```
///
/// # Errors
///
/// The first error of a thread, or that it panicked.
pub fn on_threads<T: Send>(count: usize, work: impl AsyncFn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    let work = &work;
    thread::scope(|scope| {
        let run = |number| {
            move || -> Result<T> {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(work(number)).with_context(|| format!("thread {number}"))
            }
        };
        let threads: Vec<_> = (0..count).map(|number| scope.spawn(run(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| anyhow::bail!("a thread panicked"))).collect()
    })
}
