//! [`Call`]: a typed call on its way.
//!
//! The command lies in the future and is run from there, so a broker that need not wait costs no future of its own. One
//! that has to wait takes the command out, into a future on the heap.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::error::Result;
use crate::{BoxFuture, Broker, Command, FromValue, Value};

/// One command for a broker, and the type that its reply is to be read as.
///
/// It runs, as every future does, when it is polled; dropped before, nothing has run. A call that has answered stays
/// pending for ever: no command runs twice.
#[must_use = "a call runs when it is awaited"]
pub(crate) struct Call<'a, B, T> {
    broker: &'a B,
    /// Until a broker that has to wait takes it. One that need not leaves it here, to be dropped once, with the call.
    command: Option<Command<'a>>,
    waiting: Option<BoxFuture<'a, Result<Value>>>,
    is_answered: bool,
    reads_as: PhantomData<fn() -> T>,
}

impl<'a, B: Broker, T: FromValue> Call<'a, B, T> {
    #[inline]
    pub(crate) fn new(broker: &'a B, command: Command<'a>) -> Self {
        Self { broker, command: Some(command), waiting: None, is_answered: false, reads_as: PhantomData }
    }

    /// Polls the future of a broker that has to wait.
    #[cold]
    fn poll_waiting(&mut self, cx: &mut Context<'_>) -> Poll<Result<T>> {
        if self.is_answered {
            return Poll::Pending;
        }
        if let Some(command) = self.command.take() {
            self.waiting = Some(Box::pin(self.broker.execute(command)));
        }
        let Some(waiting) = &mut self.waiting else { return Poll::Pending };
        let reply = ready!(waiting.as_mut().poll(cx));
        self.waiting = None;
        self.is_answered = true;
        Poll::Ready(reply.and_then(T::from_value))
    }
}

impl<B: Broker, T: FromValue> Future for Call<'_, B, T> {
    type Output = Result<T>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T>> {
        if !self.is_answered
            && let Some(command) = &self.command
            && let Some(reply) = self.broker.execute_now(command)
        {
            self.is_answered = true;
            return Poll::Ready(T::from_value(reply?));
        }
        self.poll_waiting(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Waker;

    use super::*;
    use crate::prelude::*;
    use crate::{Arg, Pipeline, Replies, SubscribeOptions, Subscriber, Watch};

    /// A broker that counts what it ran: here and now, or after it was polled so often.
    #[derive(Default)]
    struct Counting {
        polls: Option<u32>,
        now: AtomicU32,
        later: AtomicU32,
    }

    impl Counting {
        fn waiting(polls: u32) -> Self {
            Self { polls: Some(polls), ..Self::default() }
        }

        fn ran(&self) -> (u32, u32) {
            (self.now.load(Ordering::Relaxed), self.later.load(Ordering::Relaxed))
        }
    }

    impl Broker for Counting {
        async fn execute(&self, command: Command<'_>) -> Result<Value> {
            let mut left = self.polls.unwrap_or_default();
            std::future::poll_fn(|cx| {
                cx.waker().wake_by_ref();
                let polls = left;
                left = left.saturating_sub(1);
                if polls == 0 { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            self.later.fetch_add(1, Ordering::Relaxed);
            Ok(Value::from(command.arguments().len()))
        }

        fn execute_now(&self, command: &Command<'_>) -> Option<Result<Value>> {
            if self.polls.is_some() {
                return None;
            }
            self.now.fetch_add(1, Ordering::Relaxed);
            Some(Ok(Value::from(command.arguments().len())))
        }

        async fn pipeline(&self, _: Pipeline<'_>) -> Result<Replies> {
            Ok(Replies::new())
        }

        async fn watch_keys(&self, _: &[Arg<'_>]) -> Result<Watch> {
            Err(crate::Error::Config("nobody watches here".into()))
        }

        async fn subscriber(&self, _: SubscribeOptions) -> Result<Subscriber> {
            Err(crate::Error::Config("nobody subscribes here".into()))
        }

        async fn select(&self, _: u32) -> Result<Self> {
            Ok(Self::default())
        }
    }

    fn poll<T>(call: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        call.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_broker_that_need_not_wait_answers_the_first_poll() {
        let broker = Counting::default();
        assert_eq!(poll(pin!(broker.hstrlen("key", "field"))), Poll::Ready(Ok(2)));
        assert_eq!(broker.ran(), (1, 0));
    }

    #[test]
    fn a_broker_that_waits_is_given_the_command_once() {
        let broker = Counting::waiting(2);
        let mut call = pin!(broker.hincrby("key", "field", 7));
        assert_eq!((poll(call.as_mut()), poll(call.as_mut())), (Poll::Pending, Poll::Pending));
        assert_eq!(broker.ran(), (0, 0));
        assert_eq!(poll(call.as_mut()), Poll::Ready(Ok(3)));
        assert_eq!(broker.ran(), (0, 1));
    }

    #[test]
    fn a_call_that_was_answered_runs_no_second_time() {
        for (broker, ran) in [(Counting::default(), (1, 0)), (Counting::waiting(0), (0, 1))] {
            let mut call = pin!(broker.strlen("key"));
            assert_eq!(poll(call.as_mut()), Poll::Ready(Ok(1)));
            assert_eq!((poll(call.as_mut()), broker.ran()), (Poll::Pending, ran));
        }
    }

    #[test]
    fn nothing_runs_of_a_call_that_nobody_polls() {
        for broker in [Counting::default(), Counting::waiting(0)] {
            drop(broker.strlen("key"));
            assert_eq!(broker.ran(), (0, 0));
        }
        let broker = Counting::waiting(1);
        {
            let call = pin!(broker.strlen("key"));
            assert_eq!(poll(call), Poll::Pending);
        }
        assert_eq!(broker.ran(), (0, 0));
    }

    #[test]
    fn a_call_can_be_moved_between_threads_and_polls() {
        fn movable<T: Send + Unpin>(_: &T) {}
        movable(&Call::<_, i64>::new(&Counting::default(), Command::from_argv(["PING"]).unwrap()));
    }
}
