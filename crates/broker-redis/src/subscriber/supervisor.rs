//! The task that keeps a subscriber's connection up, and carries out its requests in order.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use embroker_core::{Error, Gap, Queue, Result, SubscriptionKind};
use redis::RedisResult;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::inbox::Inbox;
use super::wanted::Wanted;
use crate::backoff::Backoff;
use crate::connection::{Connection, Failure, Target, server_error};
use crate::silence;
use crate::wire::Socket;

/// A call on the subscriber that waits for its outcome.
pub(super) struct Request {
    subscribe: bool,
    kind: SubscriptionKind,
    /// Empty to unsubscribe from all.
    names: Vec<Bytes>,
    done: oneshot::Sender<Result<()>>,
    /// Until when it waits for a connection.
    deadline: Instant,
}

impl Request {
    pub(super) fn new(
        subscribe: bool,
        kind: SubscriptionKind,
        names: Vec<Bytes>,
        done: oneshot::Sender<Result<()>>,
        patience: Duration,
    ) -> Self {
        Self { subscribe, kind, names, done, deadline: Instant::now() + patience }
    }

    fn finish(self, outcome: Result<()>) {
        // A caller that has stopped waiting wants no answer.
        let _ = self.done.send(outcome);
    }
}

/// The connection of the moment, to be closed when the subscriber is dropped.
#[derive(Default)]
pub(super) struct Current(Mutex<State>);

#[derive(Default)]
enum State {
    #[default]
    None,
    Some(Arc<Socket>),
    Closed,
}

impl Current {
    /// Closes the connection of the moment, and any that comes later.
    pub(super) fn close(&self) {
        if let State::Some(socket) = std::mem::replace(&mut *self.lock(), State::Closed) {
            socket.shut_down();
        }
    }

    fn set(&self, socket: &Arc<Socket>) {
        let mut state = self.lock();
        if matches!(*state, State::Closed) {
            socket.shut_down();
        } else {
            *state = State::Some(socket.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) struct Supervisor {
    target: Arc<Target>,
    queue: Arc<Queue>,
    current: Arc<Current>,
    requests: mpsc::UnboundedReceiver<Request>,
    /// Requests that came while there was no connection.
    waiting: VecDeque<Request>,
    wanted: Wanted,
    backoff: Backoff,
}

/// The connection was lost before the request was confirmed.
struct Lost;

impl Supervisor {
    pub(super) fn new(
        target: Arc<Target>,
        queue: Arc<Queue>,
        current: Arc<Current>,
        requests: mpsc::UnboundedReceiver<Request>,
    ) -> Self {
        let backoff = Backoff::new(target.reconnect_delay.clone());
        Self { target, queue, current, requests, waiting: VecDeque::new(), wanted: Wanted::default(), backoff }
    }

    pub(super) async fn run(mut self, mut connection: Connection, mut inbox: Arc<Inbox>) {
        let allowed = self.target.silence_timeout;
        loop {
            self.current.set(connection.socket());
            let since = Instant::now();
            tokio::select! {
                () = self.serve(&connection, &inbox) => {}
                dead = silence::watch(&connection, allowed) => match dead {},
            }
            inbox.close();
            drop(connection);
            if self.queue.is_closed() {
                return;
            }
            // One that is lost again and again as soon as it stands is no better than none.
            let delay = if since.elapsed() > self.backoff.longest() {
                self.backoff.reset();
                Duration::ZERO
            } else {
                self.backoff.delay()
            };
            (connection, inbox) = self.reconnect(delay).await;
        }
    }

    /// Carries out requests until the connection is lost.
    async fn serve(&mut self, connection: &Connection, inbox: &Inbox) {
        loop {
            let Some(request) = self.next_request(connection).await else { return };
            let Ok(outcome) = self.carry_out(connection, inbox, &request).await else {
                connection.socket().ended().await;
                self.postpone(request);
                return;
            };
            request.finish(outcome);
        }
    }

    /// The next request; `None` where the connection is lost.
    async fn next_request(&mut self, connection: &Connection) -> Option<Request> {
        if let Some(request) = self.waiting.pop_front() {
            return Some(request);
        }
        tokio::select! {
            () = connection.socket().ended() => None,
            request = self.requests.recv() => request,
        }
    }

    async fn carry_out(
        &mut self,
        connection: &Connection,
        inbox: &Inbox,
        request: &Request,
    ) -> Result<Result<()>, Lost> {
        let kind = request.kind;
        if request.subscribe {
            let outcome = match self.in_time(connection, subscribe(connection, inbox, kind, &request.names)).await {
                Ok(outcome) => outcome,
                Err(late) => return Ok(Err(late)),
            };
            return self.settle(connection, outcome, |wanted| wanted.add(kind, &request.names));
        }
        // All names of the kind are named, so that each has a confirmation of its own.
        let names: Vec<Bytes> = if request.names.is_empty() {
            self.wanted.of(kind).iter().cloned().collect()
        } else {
            request.names.clone()
        };
        let outcome = match self.in_time(connection, unsubscribe(connection, inbox, kind, &names)).await {
            Ok(outcome) => outcome,
            Err(late) => return Ok(Err(late)),
        };
        self.settle(connection, outcome, |wanted| wanted.remove(kind, &request.names))
    }

    /// Waits for a confirmation no longer than for any reply. A connection that owes one is given up: the next one has
    /// the subscriptions that were confirmed, and no others.
    async fn in_time<T>(&self, connection: &Connection, confirmed: impl Future<Output = T>) -> Result<T> {
        let Some(allowed) = self.target.response_timeout else { return Ok(confirmed.await) };
        timeout(allowed, confirmed).await.map_err(|_| {
            connection.socket().shut_down();
            Failure::Timeout(allowed).into_error(&self.target)
        })
    }

    /// Notes a change that the server has confirmed. An error reply is the caller's; any other error is a lost
    /// connection.
    fn settle(
        &mut self,
        connection: &Connection,
        outcome: RedisResult<()>,
        change: impl FnOnce(&mut Wanted),
    ) -> Result<Result<()>, Lost> {
        let Err(error) = outcome else {
            change(&mut self.wanted);
            return Ok(Ok(()));
        };
        if let Some(answer) = server_error(&error) {
            return Ok(Err(answer.into()));
        }
        connection.socket().shut_down();
        Err(Lost)
    }

    /// Takes back a request whose connection was lost before the server confirmed it.
    fn postpone(&mut self, request: Request) {
        if request.subscribe {
            self.waiting.push_front(request);
        } else {
            self.wanted.remove(request.kind, &request.names);
            request.finish(Ok(()));
        }
    }

    /// Keeps a request until there is a connection. What ends subscriptions needs none: they are forgotten.
    fn defer(&mut self, request: Request) {
        if request.subscribe {
            self.waiting.push_back(request);
            return;
        }
        self.wanted.remove(request.kind, &request.names);
        for earlier in self.waiting.iter_mut().filter(|earlier| earlier.kind == request.kind) {
            earlier.names.retain(|name| !request.names.is_empty() && !request.names.contains(name));
        }
        request.finish(Ok(()));
    }

    /// Connects and subscribes again, for as long as it takes.
    async fn reconnect(&mut self, delay: Duration) -> (Connection, Arc<Inbox>) {
        let mut last = self.target.disconnected("the connection was lost");
        let mut at = Instant::now() + delay;
        loop {
            match self.attempt(at, &last).await {
                Ok(restored) => return restored,
                Err(error) => {
                    if !matches!(error, Error::Disconnected { .. }) {
                        // The server is there and refuses. Nobody needs to wait for that to change.
                        for request in self.waiting.drain(..) {
                            request.finish(Err(error.clone()));
                        }
                        self.backoff.slow_down();
                    }
                    // From the beginning of the last, so that one which took its time is followed at once.
                    at += self.backoff.delay();
                    last = error;
                }
            }
        }
    }

    /// One attempt to connect and to subscribe to everything wanted, at a moment to come.
    async fn attempt(&mut self, at: Instant, last: &Error) -> Result<(Connection, Arc<Inbox>)> {
        // One that hangs while the server comes back must not hold up the next.
        let mut target = Target::clone(&self.target);
        target.connect_timeout = target.connect_timeout.min(target.silence_timeout);
        let inbox = Inbox::restoring(self.queue.clone());
        let pushes = inbox.clone();
        let dial = async move {
            sleep_until(at).await;
            Connection::dial(&target, Some(pushes)).await
        };
        let connection = self.meanwhile(dial, last).await?;
        self.current.set(connection.socket());
        inbox.attach(connection.socket().clone());
        inbox.expect(&self.wanted);
        // Requests wait now: what is wanted must not change while it is being restored.
        let restored = timeout(self.target.connect_timeout, self.restore(&connection, &inbox));
        let outcome = tokio::select! {
            outcome = restored => outcome.unwrap_or_else(|_| {
                Err(self.target.disconnected("the server did not confirm the subscriptions in time"))
            }),
            dead = silence::watch(&connection, self.target.silence_timeout) => match dead {},
        };
        if outcome.is_err() {
            inbox.close();
        }
        outcome.map(|()| (connection, inbox))
    }

    async fn restore(&self, connection: &Connection, inbox: &Inbox) -> Result<()> {
        for kind in SubscriptionKind::ALL {
            if let Err(error) = subscribe(connection, inbox, kind, self.wanted.of(kind)).await {
                return Err(match server_error(&error) {
                    Some(answer) => answer.into(),
                    None => self.target.disconnected(connection.reason(&error)),
                });
            }
        }
        if inbox.go_live() {
            Ok(())
        } else {
            Err(self.target.disconnected("the server confirmed other subscriptions than it was asked for"))
        }
    }

    /// Waits for a connection; takes requests in, and answers those that have waited long enough.
    async fn meanwhile<T>(&mut self, connecting: impl Future<Output = Result<T>>, last: &Error) -> Result<T> {
        let mut connecting = pin!(connecting);
        loop {
            let deadline = self.waiting.front().map(|request| request.deadline);
            let expired = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                outcome = &mut connecting => return outcome,
                Some(request) = self.requests.recv() => self.defer(request),
                () = expired => {
                    if let Some(request) = self.waiting.pop_front() {
                        request.finish(Err(last.clone()));
                    }
                }
            }
        }
    }
}

impl Drop for Supervisor {
    /// Where the runtime ends before the subscriber does, the stream ends with it.
    fn drop(&mut self) {
        self.current.close();
        self.queue.push_gap(Gap::Disconnected);
        self.queue.close();
    }
}

async fn subscribe(
    connection: &Connection,
    inbox: &Inbox,
    kind: SubscriptionKind,
    names: impl IntoIterator<Item = &Bytes>,
) -> RedisResult<()> {
    let names: Vec<&[u8]> = names.into_iter().map(|name| &**name).collect();
    let _awaited = connection.socket().awaits();
    let mut multiplexed = connection.multiplexed();
    match kind {
        _ if names.is_empty() => Ok(()),
        SubscriptionKind::Channel => settled(connection, multiplexed.subscribe(names)).await,
        SubscriptionKind::Pattern => settled(connection, multiplexed.psubscribe(names)).await,
        SubscriptionKind::Shard => on_shards(connection, inbox, "SSUBSCRIBE", &names).await,
    }
}

async fn unsubscribe(
    connection: &Connection,
    inbox: &Inbox,
    kind: SubscriptionKind,
    names: &[Bytes],
) -> RedisResult<()> {
    let names: Vec<&[u8]> = names.iter().map(|name| &**name).collect();
    let _awaited = connection.socket().awaits();
    let mut multiplexed = connection.multiplexed();
    match kind {
        _ if names.is_empty() => Ok(()),
        SubscriptionKind::Channel => settled(connection, multiplexed.unsubscribe(names)).await,
        SubscriptionKind::Pattern => settled(connection, multiplexed.punsubscribe(names)).await,
        SubscriptionKind::Shard => on_shards(connection, inbox, "SUNSUBSCRIBE", &names).await,
    }
}

/// SSUBSCRIBE or SUNSUBSCRIBE, which the crate has no call for. It takes the first confirmation for the reply; the
/// others are waited for here, so that none of them is taken for the reply to what comes next.
async fn on_shards(connection: &Connection, inbox: &Inbox, verb: &str, names: &[&[u8]]) -> RedisResult<()> {
    let mut confirmed = inbox.shards_confirmed();
    let all = confirmed.borrow_and_update().saturating_add(names.len());
    let mut multiplexed = connection.multiplexed();
    settled(connection, multiplexed.send_packed_command(redis::cmd(verb).arg(names))).await?.extract_error()?;
    tokio::select! {
        biased;
        _ = confirmed.wait_for(|count| *count >= all) => Ok(()),
        () = connection.socket().ended() => Err(reset()),
    }
}

/// What the call comes to, or that the connection has ended.
async fn settled<T>(connection: &Connection, call: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    connection.socket().until_the_end(call).await.unwrap_or_else(|| Err(reset()))
}

fn reset() -> redis::RedisError {
    io::Error::from(io::ErrorKind::ConnectionReset).into()
}
