//! A caller's waker that may panic, and harms nobody but its caller.
//!
//! Calls are woken by tasks that others depend on too: the one that reads the replies of all callers, the one that keeps
//! a subscriber up, whoever let go of a lock. A panic there would end what they do for everybody, and where it comes
//! while they are being dropped, the process.

use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use embroker_core::wake_all;

/// A waker whose panic is told by the panic hook, and ends there.
struct Calm(Waker);

impl Wake for Calm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        wake_all([self.0.clone()]);
    }
}

/// Runs what a caller waits for, so that whatever wakes it meets no panic. It stands on the heap, for what it takes to
/// connect is large, and a caller's own future is not to be.
pub(crate) fn calm<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
    let mut future = Box::pin(future);
    let mut calm: Option<(Arc<Calm>, Waker)> = None;
    poll_fn(move |cx| {
        let (_, waker) = match calm.take() {
            Some(same) if same.0.0.will_wake(cx.waker()) => calm.insert(same),
            _ => {
                let own = Arc::new(Calm(cx.waker().clone()));
                calm.insert((own.clone(), Waker::from(own)))
            }
        };
        future.as_mut().poll(&mut Context::from_waker(waker))
    })
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    use super::*;

    struct Panics(AtomicUsize);

    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
            panic!("a waker");
        }
    }

    #[test]
    fn a_waker_that_panics_is_called_and_its_panic_ends_there() {
        let (one, other) = (Arc::new(Panics(AtomicUsize::new(0))), Arc::new(Panics(AtomicUsize::new(0))));
        let mut polls = 0;
        let mut future = pin!(calm(poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls < 4 { Poll::Pending } else { Poll::Ready(polls) }
        })));
        for reader in [&one, &one, &other] {
            assert_eq!(future.as_mut().poll(&mut Context::from_waker(&Waker::from(reader.clone()))), Poll::Pending);
        }
        assert_eq!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(4));
        assert_eq!((one.0.load(Ordering::SeqCst), other.0.load(Ordering::SeqCst)), (2, 1));
    }
}
