//! A subscriber on a connection of its own, which a task keeps up for as long as the subscriber lives.
//!
//! Calls become requests that the task carries out one after the other; a caller that stops waiting changes nothing
//! about that. Messages don't pass through the task: the [`inbox`] takes them from the connection.

mod inbox;
mod supervisor;
mod wanted;

use std::sync::Arc;

use bytes::Bytes;
use embroker_core::{BoxFuture, Queue, Result, SubscribeOptions, Subscriber, SubscriberBackend, SubscriptionKind};
use inbox::Inbox;
use supervisor::{Request, Supervisor};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::calm::calm;
use crate::connection::{Connection, Target};

/// The calling side of a subscriber.
pub(crate) struct RedisSubscriber {
    target: Arc<Target>,
    requests: mpsc::UnboundedSender<Request>,
    current: Arc<supervisor::Current>,
    task: JoinHandle<()>,
}

impl RedisSubscriber {
    /// A new client for messages. Its first connection has to succeed.
    pub(crate) async fn join(target: Arc<Target>, options: SubscribeOptions) -> Result<Subscriber> {
        let queue = Arc::new(Queue::new(options));
        let inbox = Inbox::live(queue.clone());
        let connection = Connection::dial(&target, Some(inbox.clone())).await?;
        inbox.attach(connection.socket().clone());
        let (requests, receiver) = mpsc::unbounded_channel();
        let current = Arc::<supervisor::Current>::default();
        let supervisor = Supervisor::new(target.clone(), queue.clone(), current.clone(), receiver);
        let task = tokio::spawn(supervisor.run(connection, inbox));
        Ok(Subscriber::new(queue, Self { target, requests, current, task }))
    }

    async fn request(&self, subscribe: bool, kind: SubscriptionKind, names: Vec<Bytes>) -> Result<()> {
        let (done, outcome) = oneshot::channel();
        let gone = || self.target.disconnected("the subscriber was cut off, or its runtime is gone");
        let request = Request::new(subscribe, kind, names, done, self.target.connect_timeout);
        self.requests.send(request).map_err(|_| gone())?;
        outcome.await.map_err(|_| gone())?
    }
}

impl SubscriberBackend for RedisSubscriber {
    fn subscribe(&self, kind: SubscriptionKind, names: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
        Box::pin(calm(self.request(true, kind, names)))
    }

    fn unsubscribe(&self, kind: SubscriptionKind, names: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
        Box::pin(calm(self.request(false, kind, names)))
    }
}

impl Drop for RedisSubscriber {
    /// Closes the connection here and now; the task ends when its runtime next has time for it.
    fn drop(&mut self) {
        self.current.close();
        self.task.abort();
    }
}
