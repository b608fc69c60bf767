//! Which part of a task was woken: what seldom happens is then not asked about each time that something else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Wake, Waker};

/// Wakers for two parts of a task. Each wakes the whole task, which sees by the bells whom it was for. Both are asked
/// after in one place in memory: among a thousand tasks each look at another costs more than what is done there.
///
/// A part is to be polled with its waker once whenever it [has rung](Self::rung), and as often as it likes between.
pub(super) struct Bells {
    ropes: Arc<Ropes>,
    input: Waker,
    seldom: Waker,
}

/// Which bells have rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rung {
    /// There may be bytes to read.
    pub(super) input: bool,
    /// What seldom happens may have.
    pub(super) seldom: bool,
}

const INPUT: u8 = 1;
const SELDOM: u8 = 2;

struct Ropes {
    pulled: AtomicU8,
    task: Waker,
}

struct Rope {
    ropes: Arc<Ropes>,
    which: u8,
}

impl Bells {
    /// Bells in this task, which have rung.
    pub(super) fn new(task: &Waker) -> Self {
        let ropes = Arc::new(Ropes { pulled: AtomicU8::new(INPUT | SELDOM), task: task.clone() });
        let waker = |which| Waker::from(Arc::new(Rope { ropes: ropes.clone(), which }));
        Self { input: waker(INPUT), seldom: waker(SELDOM), ropes }
    }

    /// What has rung since it was last asked; all, where the task has another waker now, which nobody was told of.
    pub(super) fn rung(&mut self, cx: &Context<'_>) -> Rung {
        if !self.ropes.task.will_wake(cx.waker()) {
            *self = Self::new(cx.waker());
        }
        // Who rings after this swap wakes the task after it.
        let pulled = match self.ropes.pulled.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.ropes.pulled.swap(0, Ordering::AcqRel),
        };
        Rung { input: pulled & INPUT != 0, seldom: pulled & SELDOM != 0 }
    }

    pub(super) fn input(&self) -> &Waker {
        &self.input
    }

    pub(super) fn seldom(&self) -> &Waker {
        &self.seldom
    }
}

impl Wake for Rope {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ropes.pulled.fetch_or(self.which, Ordering::Release);
        self.ropes.task.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    const BOTH: Rung = Rung { input: true, seldom: true };
    const NEITHER: Rung = Rung { input: false, seldom: false };

    #[derive(Default)]
    struct Task(AtomicBool);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn bells_ring_at_first_and_each_when_it_was_woken_and_wake_the_task() {
        let task = Arc::new(Task::default());
        let waker = Waker::from(task.clone());
        let cx = Context::from_waker(&waker);
        let mut bells = Bells::new(&waker);
        assert_eq!([bells.rung(&cx), bells.rung(&cx)], [BOTH, NEITHER]);
        bells.input().wake_by_ref();
        assert!(task.0.swap(false, Ordering::SeqCst));
        assert_eq!([bells.rung(&cx), bells.rung(&cx)], [Rung { input: true, seldom: false }, NEITHER]);
        bells.seldom().wake_by_ref();
        assert!(task.0.load(Ordering::SeqCst));
        assert_eq!([bells.rung(&cx), bells.rung(&cx)], [Rung { input: false, seldom: true }, NEITHER]);
        bells.input().wake_by_ref();
        bells.seldom().wake_by_ref();
        assert_eq!([bells.rung(&cx), bells.rung(&cx)], [BOTH, NEITHER]);
    }

    #[test]
    fn in_another_task_all_have_to_be_asked_again() {
        let (first, second) = (Waker::from(Arc::new(Task::default())), Arc::new(Task::default()));
        let mut bells = Bells::new(&first);
        assert_eq!(bells.rung(&Context::from_waker(&first)), BOTH);
        let waker = Waker::from(second.clone());
        let cx = Context::from_waker(&waker);
        assert_eq!([bells.rung(&cx), bells.rung(&cx)], [BOTH, NEITHER]);
        bells.input().wake_by_ref();
        assert!(second.0.load(Ordering::SeqCst));
    }
}
