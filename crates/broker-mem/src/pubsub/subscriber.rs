//! An in-memory subscriber: one client of the registry.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use embroker_core::{BoxFuture, Error, Queue, Result, SubscriberBackend, SubscriptionKind, memory};

use super::{ClientId, PubSub, copied};

/// Does not keep the broker alive: when that is gone, the stream ends.
pub(crate) struct MemSubscriber {
    id: ClientId,
    registry: Weak<PubSub>,
}

impl MemSubscriber {
    pub(crate) fn join(registry: &Arc<PubSub>, queue: Arc<Queue>) -> Self {
        Self { id: registry.join(queue), registry: Arc::downgrade(registry) }
    }
}

impl SubscriberBackend for MemSubscriber {
    fn subscribe(&self, kind: SubscriptionKind, names: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            memory::check(copied(&names))?;
            let gone = |reason: &str| Error::Disconnected { address: "mem".into(), reason: reason.into() };
            let registry = self.registry.upgrade().ok_or_else(|| gone("the broker was dropped"))?;
            if registry.subscribe(self.id, kind, &names) {
                Ok(())
            } else {
                Err(gone("the subscriber read too slowly and was cut off"))
            }
        })
    }

    fn unsubscribe(&self, kind: SubscriptionKind, names: Vec<Bytes>) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            if let Some(registry) = self.registry.upgrade() {
                registry.unsubscribe(self.id, kind, &names);
            }
            Ok(())
        })
    }

    fn id(&self) -> Option<u64> {
        Some(self.id)
    }
}

impl Drop for MemSubscriber {
    fn drop(&mut self) {
        if let Some(registry) = self.registry.upgrade() {
            registry.leave(self.id);
        }
    }
}
