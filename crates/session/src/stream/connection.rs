//! One connection, as one task sees it: messages and replies are written as soon as they are there, in one piece, and
//! more is read when all that came has run.
//!
//! A task is woken for a message, for bytes, or for what seldom happens; it asks after the last two only where it may
//! have been woken for them. No timer runs while nothing waits to be written, unless clients may not be silent.

use std::future::Future;
use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Buf as _, BytesMut};
use embroker_core::error::texts;
use embroker_core::instance::Instance;
use embroker_core::resp::RequestParser;
use embroker_core::{Broker, Event, Queue};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use super::bell::Bells;
use super::input::Input;
use super::limits::{Allowed, Limits};
use super::{End, MAX_MESSAGES, MAX_OUTPUT, MAX_OUTPUT_BEFORE_AUTH, PASSWORD, STALL, spare};
use crate::Session;
use crate::behind::{Behind, PATIENCE, Turn};

/// One client's bytes, and what becomes of them.
pub(super) struct Connection<'c, B: Broker, S, E> {
    session: &'c mut Session<B>,
    instance: &'c Instance,
    limits: Limits<'c>,
    stream: Pin<&'c mut S>,
    parser: RequestParser,
    input: Input,
    /// The front of the output is written.
    is_partly_written: bool,
    /// Since when the client takes none of the bytes that wait for it.
    stuck_since: Option<Instant>,
    /// When bytes were read, or written by one who had waited for that.
    last_progress: Instant,
    /// Until when the client may owe its password.
    password_due: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    /// Ends the connection from elsewhere.
    ended: Pin<&'c mut E>,
    /// What there is to read rings the one, `ended` and the timer the other.
    bells: Bells,
    /// The timer has rung and nobody has looked at it since.
    timer_rang: bool,
    /// The end of the CLIENT PAUSE that a request waits for.
    pause: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Subscribers have to read before the client may say more.
    patience: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    /// Others wait for the client to read.
    behind: Option<Behind>,
}

/// What there is to do after a wait.
enum Next {
    Run,
    Resume,
}

impl<'c, B, S, E> Connection<'c, B, S, E>
where
    B: Broker,
    S: AsyncRead + AsyncWrite,
    E: Future<Output = End>,
{
    pub(super) fn new(
        session: &'c mut Session<B>,
        instance: &'c Instance,
        stream: Pin<&'c mut S>,
        ended: Pin<&'c mut E>,
    ) -> Self {
        Self {
            session,
            instance,
            limits: Limits::new(instance.config()),
            stream,
            parser: RequestParser::new(),
            input: Input::new(),
            is_partly_written: false,
            stuck_since: None,
            last_progress: Instant::now(),
            password_due: None,
            timer: None,
            ended,
            bells: Bells::new(Waker::noop()),
            timer_rang: false,
            pause: None,
            patience: None,
            behind: None,
        }
    }

    /// Serves the client until either side ends it.
    pub(super) async fn converse(mut self) -> End {
        loop {
            if let Err(end) = self.run().await {
                return end;
            }
            match std::future::poll_fn(|cx| self.poll(cx)).await {
                Ok(Next::Run) => {}
                Ok(Next::Resume) => self.session.resume().await,
                Err(end) => return end,
            }
        }
    }

    /// Runs the requests that are there as a whole.
    async fn run(&mut self) -> Result<(), End> {
        if !self.input.bytes.is_empty() {
            spare::lend(&mut self.session.out);
        }
        let (turn, mut wrote) = (self.session.turn(), false);
        while !self.session.is_ending() && self.session.hold().is_none() && self.session.out.len() < MAX_OUTPUT {
            self.parser.limit_until_authenticated(!self.session.is_authenticated());
            self.parser.limit_bulk(self.limits.bulk());
            let next = self.parser.next(&mut self.input.bytes, |request| {
                wrote |= turn.is_some() && self.session.may_publish(request);
                self.session.begin(request);
            });
            match next {
                Ok(Some(())) if self.session.is_waiting() && self.session.hold().is_none() => {
                    self.session.resume().await;
                }
                Ok(Some(())) => {}
                Ok(None) => break,
                Err(error) => self.session.end_with(&error),
            }
            if !self.session.is_authenticated() && self.session.out.len() > MAX_OUTPUT_BEFORE_AUTH {
                return Err(End::Drop);
            }
        }
        if self.session.is_authenticated() {
            self.password_due = None;
        } else if *self.password_due.get_or_insert_with(|| Instant::now() + PASSWORD) <= Instant::now() {
            return Err(End::Drop);
        }
        if self.session.is_ending() {
            return Err(End::Flush);
        }
        self.session.rest();
        self.pause = self.session.hold().map(|hold| Box::pin(async move { hold.over().await }) as _);
        self.patience = turn.filter(|_| wrote).and_then(Turn::ended).map(|fed| Box::pin(patience(fed)) as _);
        self.refresh_limits();
        Ok(())
    }

    fn refresh_limits(&mut self) {
        if self.limits.refresh() {
            // The password may have been taken back.
            if self.session.is_authenticated() {
                self.password_due = None;
            }
            self.session.subscriptions.limit(self.limits.pubsub());
            self.session.announce_parameters();
        }
    }

    /// Writes what there is to write, until there is something to run.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Next, End>> {
        let rung = self.bells.rung(cx);
        if rung.input {
            self.input.has_news();
        }
        if rung.seldom
            && let Poll::Ready(end) = self.ended.as_mut().poll(&mut Context::from_waker(self.bells.seldom()))
        {
            return Poll::Ready(Err(end));
        }
        self.timer_rang |= rung.seldom;
        self.refresh_limits();
        let soft_end = loop {
            let has_all = self.take_messages(cx)?.is_pending();
            let soft_end = self.allowed()?;
            let is_stuck = self.poll_write(cx)?.is_pending();
            if has_all || is_stuck && self.poll_backlog(cx)?.is_pending() {
                break soft_end;
            }
        };
        self.tell_behind();
        if let Some(pause) = &mut self.pause
            && pause.as_mut().poll(cx).is_ready()
        {
            self.pause = None;
            self.last_progress = Instant::now();
            return Poll::Ready(Ok(Next::Resume));
        }
        if let Some(patience) = &mut self.patience {
            if patience.as_mut().poll(cx).is_pending() {
                return self.poll_timer(soft_end).map(Err);
            }
            self.patience = None;
        }
        if self.input.take_had_turn() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.poll_read()?.is_ready() {
            return Poll::Ready(Ok(Next::Run));
        }
        self.poll_timer(soft_end).map(Err)
    }

    /// Writes the messages that wait, and a monitor's lines, to the output. Ready where there was no room for all;
    /// pending once the next one wakes the task.
    fn take_messages(&mut self, cx: &mut Context<'_>) -> Result<Poll<()>, End> {
        loop {
            if self.session.out.len() >= MAX_MESSAGES {
                return Ok(Poll::Ready(()));
            }
            let Poll::Ready(event) = self.session.subscriptions.poll_next(cx) else { break };
            // Messages are missing, or no more will come: a client that is closed knows, and subscribes again.
            let Some(Event::Message(message)) = event else { return Err(End::Drop) };
            spare::lend(&mut self.session.out);
            if !self.session.deliver(&message) {
                return Err(End::Drop);
            }
        }
        while self.session.feed.is_open() {
            if self.session.out.len() >= MAX_MESSAGES {
                return Ok(Poll::Ready(()));
            }
            let Poll::Ready(line) = pin!(self.session.feed.next()).poll(cx) else { break };
            let Some(Event::Message(line)) = line else { return Err(End::Drop) };
            self.session.deliver_line(&line);
        }
        Ok(Poll::Pending)
    }

    /// Until when so much may wait, if not as long as it takes.
    fn allowed(&mut self) -> Result<Option<Instant>, End> {
        let waiting = self.waiting();
        match self.limits.output(waiting, self.is_subscribed()) {
            Allowed::Always => Ok(None),
            Allowed::Until(end) => Ok(Some(end)),
            Allowed::Never => Err(End::Drop),
        }
    }

    fn is_subscribed(&self) -> bool {
        !self.session.subscriptions.is_empty()
    }

    /// How many bytes wait for the client.
    fn waiting(&self) -> usize {
        let output = self.session.out.len();
        // With less output than that, all messages are in it.
        if output < MAX_MESSAGES {
            return output;
        }
        self.queues().map(|queue| queue.bytes()).fold(output, usize::saturating_add)
    }

    /// Where messages and a monitor's lines wait.
    fn queues(&self) -> impl Iterator<Item = &Arc<Queue>> {
        self.session.subscriptions.queue().into_iter().chain(self.session.feed.queue())
    }

    /// Ready where what waits in the queues of a client that takes nothing is more than it was allowed last; pending
    /// once that wakes the task.
    fn poll_backlog(&mut self, cx: &mut Context<'_>) -> Result<Poll<()>, End> {
        if self.session.out.len() < MAX_MESSAGES {
            return Ok(Poll::Ready(()));
        }
        let waiting = self.waiting();
        let more = self.limits.next_mark(waiting, self.is_subscribed()).saturating_sub(waiting);
        let mut has_grown = false;
        for queue in self.queues() {
            // It held more than it may.
            if queue.is_closed() {
                return Err(End::Drop);
            }
            has_grown |= queue.poll_beyond(cx, queue.bytes().saturating_add(more)).is_ready();
        }
        Ok(if has_grown { Poll::Ready(()) } else { Poll::Pending })
    }

    /// Has others wait while much waits for the client to read it, until half of that is left.
    fn tell_behind(&mut self) {
        let since = match (self.stuck_since, &self.behind) {
            (None, None) => return,
            (since, _) => since.unwrap_or_else(Instant::now),
        };
        let mark = self.limits.behind(self.is_subscribed());
        let waiting = self.waiting() as u64;
        if mark.is_none_or(|mark| waiting < mark / 2) {
            self.behind = None;
        } else if self.behind.is_none() && mark.is_some_and(|mark| waiting > mark) {
            self.behind = self.session.fall_behind(since.into_std());
        }
    }

    /// Ready when all output is written.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Result<Poll<()>, End> {
        loop {
            let output = &mut self.session.out;
            if output.is_empty() {
                // Without its front a buffer looks smaller than it is.
                if std::mem::take(&mut self.is_partly_written) {
                    *output = BytesMut::new();
                } else {
                    spare::take_back(output);
                }
                return Ok(Poll::Ready(()));
            }
            let written = match self.stream.as_mut().poll_write(cx, output) {
                Poll::Ready(Ok(written)) if written > 0 => written,
                Poll::Ready(_) => return Err(End::Drop),
                Poll::Pending => {
                    self.stuck_since.get_or_insert_with(Instant::now);
                    return Ok(Poll::Pending);
                }
            };
            self.instance.stats().bytes_sent.add(written as u64);
            if let Some(behind) = &mut self.behind {
                behind.has_read(written);
            }
            if self.stuck_since.take().is_some() {
                self.last_progress = Instant::now();
            }
            if written == output.len() {
                output.clear();
            } else {
                output.advance(written);
                self.is_partly_written = true;
            }
        }
    }

    /// Ready when there is more to run.
    fn poll_read(&mut self) -> Result<Poll<()>, End> {
        // Who waits for the end of a pause may send on, within bounds.
        let is_full = self.pause.is_some() && self.input.is_long();
        if is_full || self.session.out.len() >= MAX_OUTPUT {
            return Ok(Poll::Pending);
        }
        let read = match self.input.poll_read(self.bells.input(), self.parser.large_word(), self.stream.as_mut()) {
            Poll::Ready(Ok(read)) if read > 0 => read,
            Poll::Ready(Err(error)) if error.kind() == ErrorKind::OutOfMemory => {
                // What follows is the rest of a request.
                self.session.end_with(&texts::OUT_OF_MEMORY);
                return Err(End::Flush);
            }
            Poll::Ready(_) => return Err(End::Flush),
            Poll::Pending => return Ok(Poll::Pending),
        };
        self.instance.stats().bytes_received.add(read as u64);
        self.last_progress = Instant::now();
        self.session.clock = Some(self.last_progress.into_std());
        self.stuck_since = self.stuck_since.map(|_| self.last_progress);
        if self.input.bytes.len() > self.limits.input() { Err(End::Drop) } else { Ok(Poll::Ready(())) }
    }

    /// Ready when the client has taken or said nothing for too long.
    fn poll_timer(&mut self, soft_end: Option<Instant>) -> Poll<End> {
        // Who hears messages is held to how much of them may wait, and to nothing else.
        let hears = self.is_subscribed() || self.session.feed.is_open();
        let end = match self.stuck_since {
            _ if hears => None,
            Some(since) => Some(since + STALL),
            None if self.pause.is_some() => None,
            None => self.limits.silence().map(|silence| self.last_progress + silence),
        };
        let Some(end) = end.into_iter().chain(soft_end).chain(self.password_due).min() else {
            self.timer = None;
            return Poll::Pending;
        };
        // A timer that is over too early is set anew then: most ends move on before they come.
        let is_set = self.timer.as_ref().is_some_and(|timer| timer.deadline() <= end);
        if !std::mem::take(&mut self.timer_rang) && is_set {
            return Poll::Pending;
        }
        let timer = match &mut self.timer {
            Some(timer) if is_set => timer,
            timer => timer.insert(Box::pin(sleep_until(end))),
        };
        while timer.as_mut().poll(&mut Context::from_waker(self.bells.seldom())).is_ready() {
            if end <= Instant::now() {
                return Poll::Ready(End::Drop);
            }
            timer.as_mut().reset(end);
        }
        Poll::Pending
    }
}

/// Returns once those who were fed have read enough, or stopped to read, or had time enough.
async fn patience(fed: Turn) {
    let end = Instant::now() + PATIENCE;
    while let Some(until) = fed.waits_until() {
        let until = end.min(until.into());
        if Instant::now() >= until {
            return;
        }
        // An error is that the time is over, which the next look finds out.
        let _ = timeout_at(until, fed.changed()).await;
    }
}
