//! Which part of a task was woken: what seldom happens is then not asked about each time that something else does.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

/// A waker of its own for one part of a task. It wakes the whole task, which sees by the bell whom it was for.
///
/// The part is to be polled with [`waker`](Self::waker) once whenever [`has_rung`](Self::has_rung), and as often as it
/// likes between.
pub(super) struct Bell {
    rope: Arc<Rope>,
    waker: Waker,
}

struct Rope {
    pulled: AtomicBool,
    task: Waker,
}

impl Bell {
    /// A bell in this task, which has rung.
    pub(super) fn new(task: &Waker) -> Self {
        let rope = Arc::new(Rope { pulled: AtomicBool::new(true), task: task.clone() });
        Self { waker: Waker::from(rope.clone()), rope }
    }

    /// Whether it has rung since it was last asked, or the task has another waker now, which nobody was told of.
    pub(super) fn has_rung(&mut self, cx: &Context<'_>) -> bool {
        if !self.rope.task.will_wake(cx.waker()) {
            *self = Self::new(cx.waker());
        }
        // Who rings after this swap wakes the task after it.
        self.rope.pulled.load(Ordering::Relaxed) && self.rope.pulled.swap(false, Ordering::AcqRel)
    }

    pub(super) fn waker(&self) -> &Waker {
        &self.waker
    }
}

impl Wake for Rope {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.pulled.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Task(AtomicBool);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_bell_rings_at_first_and_when_it_was_woken_and_wakes_the_task() {
        let task = Arc::new(Task::default());
        let waker = Waker::from(task.clone());
        let cx = Context::from_waker(&waker);
        let mut bell = Bell::new(&waker);
        assert_eq!([bell.has_rung(&cx), bell.has_rung(&cx)], [true, false]);
        bell.waker().wake_by_ref();
        assert!(task.0.load(Ordering::SeqCst));
        assert_eq!([bell.has_rung(&cx), bell.has_rung(&cx)], [true, false]);
    }

    #[test]
    fn in_another_task_it_has_to_be_asked_again() {
        let (first, second) = (Waker::from(Arc::new(Task::default())), Arc::new(Task::default()));
        let mut bell = Bell::new(&first);
        assert!(bell.has_rung(&Context::from_waker(&first)));
        let waker = Waker::from(second.clone());
        let cx = Context::from_waker(&waker);
        assert_eq!([bell.has_rung(&cx), bell.has_rung(&cx)], [true, false]);
        bell.waker().wake_by_ref();
        assert!(second.0.load(Ordering::SeqCst));
    }
}
