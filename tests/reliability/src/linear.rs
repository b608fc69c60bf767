//! Whether a recorded history is linearizable: Wing and Gong's search with Lowe's memory of what was tried.
//!
//! What is accepted and could change nothing, whenever it ran, is taken at once, and nothing else is tried in its place.
//! That cuts off no order: one that has it later stays one when it is moved to the front.
//!
//! It knows nothing of brokers; what the requests mean is for a [`Model`] to say. As each thread has one request under
//! way at a time, how far the search has come is one number for each thread.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

use anyhow::{Result, bail};

/// How many states are looked at before a history counts as too wide to decide.
const MOST_STATES: usize = 5_000_000;

/// What an object of one thread would be, and what it answers.
pub trait Model: Clone + Eq + Hash {
    /// What can be asked.
    type Request: Debug;
    /// What is answered.
    type Reply: Debug;

    /// Takes the step of a request; whether the reply is one that it gives in this state. Where it is not, the model is
    /// of no use any more.
    fn accepts(&mut self, request: &Self::Request, reply: &Self::Reply) -> bool;

    /// Whether a request that was answered so has changed nothing, in whatever state it ran. The search is shorter for
    /// each of which that is said.
    fn only_looked(_: &Self::Request, _: &Self::Reply) -> bool {
        false
    }
}

/// One request, and when it was under way.
#[derive(Clone, Debug)]
pub struct Operation<Request, Reply> {
    /// When it was called, on a clock that all threads share.
    pub called: u64,
    /// When its reply was there.
    pub returned: u64,
    /// What was asked.
    pub request: Request,
    /// What was answered.
    pub reply: Reply,
}

/// What one thread did, in order.
pub type Thread<M> = Vec<Operation<<M as Model>::Request, <M as Model>::Reply>>;

/// The search at one place: how many operations of each thread have taken effect, and what that made.
struct Step<M> {
    done: Vec<usize>,
    model: M,
    /// Threads whose next operation may be the next to take effect, the best guess last.
    next: Vec<usize>,
}

/// Finds an order in which all operations could have taken effect one by one, each between its call and its return, and
/// answers what that makes of the model.
///
/// ```
/// use embroker_reliability::{Model, Operation, linearize};
///
/// /// Answers the number that it counted to.
/// #[derive(Clone, PartialEq, Eq, Hash)]
/// struct Counter(u64);
///
/// impl Model for Counter {
///     type Request = ();
///     type Reply = u64;
///
///     fn accepts(&mut self, _: &(), reply: &u64) -> bool {
///         self.0 += 1;
///         self.0 == *reply
///     }
/// }
///
/// let count = |called, returned, reply| vec![Operation { called, returned, request: (), reply }];
/// assert!(linearize(Counter(0), &[count(0, 3, 2), count(1, 2, 1)]).is_ok());
/// assert!(linearize(Counter(0), &[count(0, 1, 2), count(2, 3, 1)]).is_err(), "the second came after the first");
/// ```
///
/// # Errors
///
/// Where there is no such order, with what could not be explained; and where it was not found in time.
pub fn linearize<M: Model>(model: M, threads: &[Thread<M>]) -> Result<M> {
    let total: usize = threads.iter().map(Vec::len).sum();
    let mut seen = HashSet::new();
    let mut farthest = vec![0; threads.len()];
    let done = vec![0; threads.len()];
    let mut steps = vec![Step { next: candidates(threads, &done), done, model }];
    while let Some(step) = steps.last_mut() {
        if step.done.iter().sum::<usize>() == total {
            return Ok(step.model.clone());
        }
        let Some(thread) = step.next.pop() else {
            steps.pop();
            continue;
        };
        let operation = &threads[thread][step.done[thread]];
        let mut model = step.model.clone();
        if !model.accepts(&operation.request, &operation.reply) {
            continue;
        }
        if M::only_looked(&operation.request, &operation.reply) {
            // It may as well have looked now: whatever else could be tried here can follow it.
            step.next.clear();
        }
        let mut done = step.done.clone();
        done[thread] += 1;
        if !seen.insert((done.clone(), model.clone())) {
            continue;
        }
        if seen.len() > MOST_STATES {
            bail!("undecided after {MOST_STATES} states: record fewer operations at a time");
        }
        if done.iter().sum::<usize>() > farthest.iter().sum() {
            farthest.clone_from(&done);
        }
        steps.push(Step { next: candidates(threads, &done), done, model });
    }
    bail!("no order explains these replies:\n{}", stuck(threads, &farthest))
}

/// Threads whose next operation was called before any other that is left had returned. The one that returned first is
/// the best guess: whoever was held up may have taken effect late as well as early.
fn candidates<Q, R>(threads: &[Vec<Operation<Q, R>>], done: &[usize]) -> Vec<usize> {
    let left =
        || threads.iter().zip(done).enumerate().filter_map(|(at, (thread, done))| Some((at, thread.get(*done)?)));
    let Some(first_return) = left().map(|(_, operation)| operation.returned).min() else { return Vec::new() };
    let mut next: Vec<_> = left().filter(|(_, operation)| operation.called < first_return).collect();
    next.sort_by_key(|(_, operation)| std::cmp::Reverse(operation.returned));
    next.into_iter().map(|(at, _)| at).collect()
}

/// The operations around the place at which the longest order ends.
fn stuck<Q: Debug, R: Debug>(threads: &[Vec<Operation<Q, R>>], farthest: &[usize]) -> String {
    const BEFORE: usize = 6;

    let mut lines = Vec::new();
    for (at, (thread, done)) in threads.iter().zip(farthest).enumerate() {
        for (number, operation) in thread.iter().enumerate().skip(done.saturating_sub(BEFORE)).take(BEFORE + 2) {
            let Operation { called, returned, request, reply } = operation;
            let mark = if number < *done { ' ' } else { '?' };
            lines.push((*called, format!("{mark} {called}..{returned} thread {at}: {request:?} => {reply:?}")));
        }
    }
    lines.sort();
    lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two cells that are written together or apart, and read together.
    #[derive(Clone, PartialEq, Eq, Hash)]
    struct Cells([u8; 2]);

    #[derive(Clone, Copy, Debug)]
    enum Ask {
        Write(usize, u8),
        WriteBoth(u8),
        Read,
    }

    impl Model for Cells {
        type Request = Ask;
        type Reply = Option<[u8; 2]>;

        fn accepts(&mut self, request: &Ask, reply: &Option<[u8; 2]>) -> bool {
            match request {
                Ask::Write(at, value) => self.0[*at] = *value,
                Ask::WriteBoth(value) => self.0 = [*value; 2],
                Ask::Read => return *reply == Some(self.0),
            }
            reply.is_none()
        }

        fn only_looked(request: &Ask, _: &Option<[u8; 2]>) -> bool {
            matches!(request, Ask::Read)
        }
    }

    fn operation(called: u64, returned: u64, request: Ask) -> Operation<Ask, Option<[u8; 2]>> {
        Operation { called, returned, request, reply: None }
    }

    fn read(called: u64, returned: u64, reply: [u8; 2]) -> Operation<Ask, Option<[u8; 2]>> {
        Operation { called, returned, request: Ask::Read, reply: Some(reply) }
    }

    fn last(threads: &[Thread<Cells>]) -> Option<[u8; 2]> {
        linearize(Cells([0; 2]), threads).ok().map(|cells| cells.0)
    }

    #[test]
    fn a_write_takes_effect_between_its_call_and_its_return() {
        let write = vec![operation(2, 5, Ask::WriteBoth(1))];
        assert_eq!(last(&[write.clone(), vec![read(3, 4, [0, 0])]]), Some([1, 1]));
        assert_eq!(last(&[write.clone(), vec![read(3, 4, [1, 1])]]), Some([1, 1]));
        assert_eq!(last(&[write.clone(), vec![read(0, 1, [1, 1])]]), None, "read before it was called");
        assert_eq!(last(&[write.clone(), vec![read(6, 7, [0, 0])]]), None, "unseen after it returned");
        assert_eq!(last(&[write, vec![read(3, 4, [1, 0])]]), None, "half of it");
    }

    #[test]
    fn all_see_two_writes_in_one_order() {
        let writes = [vec![operation(0, 9, Ask::Write(0, 1))], vec![operation(0, 9, Ask::Write(1, 1))]];
        let reads = |one, other| [writes.to_vec(), vec![vec![read(1, 8, one)], vec![read(1, 8, other)]]].concat();
        assert_eq!(last(&reads([1, 0], [1, 1])), Some([1, 1]));
        assert_eq!(last(&reads([1, 0], [0, 1])), None);
    }

    #[test]
    fn what_was_read_stays_read() {
        let write = vec![operation(0, 9, Ask::WriteBoth(1))];
        assert_eq!(last(&[write.clone(), vec![read(1, 2, [0, 0]), read(3, 4, [1, 1])]]), Some([1, 1]));
        assert_eq!(last(&[write, vec![read(1, 2, [1, 1]), read(3, 4, [0, 0])]]), None);
    }

    #[test]
    fn a_long_history_with_one_that_was_held_up_is_decided_soon() {
        let mut busy = Vec::new();
        for n in 0..2_000_u64 {
            busy.push(operation(10 * n + 1, 10 * n + 2, Ask::Write(0, (n % 100) as u8)));
            busy.push(read(10 * n + 3, 10 * n + 4, [(n % 100) as u8, if n < 1_500 { 0 } else { 7 }]));
        }
        let held_up = vec![operation(0, 30_000, Ask::Write(1, 7))];
        assert_eq!(last(&[busy, held_up]), Some([99, 7]));
    }

    #[test]
    fn what_can_not_be_explained_is_shown() {
        let error = linearize(Cells([0; 2]), &[vec![operation(0, 1, Ask::WriteBoth(1)), read(2, 3, [1, 0])]]);
        let error = error.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("? 2..3 thread 0: Read => Some([1, 0])"), "{error}");
    }
}
