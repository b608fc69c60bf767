//! Channels by name, each with its subscribers. One that has none is not there.

use std::collections::HashMap;
use std::sync::Arc;

use ahash::RandomState;
use bytes::Bytes;
use embroker_core::{Glob, Queue};
use indexmap::IndexMap;

use super::{ClientId, Clients};

#[derive(Default)]
pub(crate) struct Channels(HashMap<Bytes, Clients, RandomState>);

impl Channels {
    pub(super) fn add(&mut self, name: Bytes, id: ClientId, queue: Arc<Queue>) {
        self.0.entry(name).or_default().insert(id, queue);
    }

    pub(super) fn remove(&mut self, name: &Bytes, id: ClientId) {
        let Some(clients) = self.0.get_mut(name) else { return };
        clients.swap_remove(&id);
        if clients.is_empty() {
            self.0.remove(name);
        }
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&Clients> {
        self.0.get(name)
    }

    /// How many subscribers the channel has.
    pub(crate) fn subscribers(&self, name: &[u8]) -> usize {
        self.get(name).map_or(0, IndexMap::len)
    }

    /// The names that the pattern matches, or all of them.
    pub(crate) fn matching(&self, pattern: Option<&[u8]>) -> Vec<Bytes> {
        let glob = pattern.map(Glob::new);
        let matching = self.0.keys().filter(|name| glob.as_ref().is_none_or(|glob| glob.matches(name)));
        matching.cloned().collect()
    }

    /// How many have a subscriber.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}
