//! WATCH: who wants to hear that a key was written.
//!
//! A watch begins and is read under the latches of its keys, and a write says so under the same latch, so nothing falls
//! between.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ahash::RandomState;
use embroker_core::{Arg, BoxFuture, Pipeline, Replies, Result, WatchBackend};

use crate::engine::Engine;
use crate::keyspace::{Key, Tx, Wanted};

/// Who watches which key of one database.
#[derive(Default)]
pub(crate) struct WatchList {
    /// How many keys are watched: what a write looks at first.
    count: AtomicUsize,
    by_key: Mutex<HashMap<Key, Vec<Arc<AtomicBool>>, RandomState>>,
}

/// The keys of one watch.
pub(crate) struct Watched {
    keys: Vec<Key>,
    /// The keys that existed when the watch began; one that has expired since counts as written.
    existed: Vec<Key>,
    broken: Arc<AtomicBool>,
}

impl WatchList {
    /// Tells those who watch the key that it was written.
    pub(crate) fn touch(&self, key: &[u8]) {
        if self.count.load(Ordering::SeqCst) == 0 {
            return;
        }
        for broken in self.lock().get(key).into_iter().flatten() {
            broken.store(true, Ordering::SeqCst);
        }
    }

    /// Begins a watch on keys that the transaction has latched.
    fn begin(&self, tx: &Tx<'_>, keys: Vec<Key>, broken: Arc<AtomicBool>) -> Watched {
        let mut by_key = self.lock();
        for key in &keys {
            by_key.entry(key.clone()).or_default().push(broken.clone());
        }
        self.count.store(by_key.len(), Ordering::SeqCst);
        drop(by_key);
        let existed = keys.iter().filter(|key| tx.exists(key)).cloned().collect();
        Watched { keys, existed, broken }
    }

    /// Every key that somebody watches.
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.lock().keys().cloned().collect()
    }

    fn end(&self, watched: &Watched) {
        let mut by_key = self.lock();
        for key in &watched.keys {
            if let Some(watchers) = by_key.get_mut(key) {
                watchers.retain(|broken| !Arc::ptr_eq(broken, &watched.broken));
                if watchers.is_empty() {
                    by_key.remove(key);
                }
            }
        }
        self.count.store(by_key.len(), Ordering::SeqCst);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Vec<Arc<AtomicBool>>, RandomState>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    pub(crate) fn keys(&self) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().map(|key| &**key)
    }

    /// Whether one of the keys was written or has expired since the watch began.
    pub(crate) fn is_broken(&self, tx: &mut Tx<'_>) -> bool {
        self.broken.load(Ordering::SeqCst) || self.existed.iter().any(|key| !tx.exists(key))
    }
}

/// A watch on an in-memory broker.
pub(crate) struct MemWatch {
    engine: Arc<Engine>,
    database: u32,
    watched: Watched,
}

impl MemWatch {
    pub(crate) fn begin(engine: Arc<Engine>, database: u32, keys: impl IntoIterator<Item = Key>) -> Self {
        let watched = watch(&engine, database, keys.into_iter().collect(), Arc::default());
        Self { engine, database, watched }
    }

    #[cfg(test)]
    pub(crate) fn watched(&self) -> &Watched {
        &self.watched
    }
}

/// Watches keys of a database, from the moment that their latches are held.
fn watch(engine: &Engine, database: u32, mut keys: Vec<Key>, broken: Arc<AtomicBool>) -> Watched {
    keys.sort_unstable();
    keys.dedup();
    let keyspace = engine.databases.get(database);
    let mut wanted = Wanted::default();
    for key in &keys {
        wanted.key(keyspace, key);
    }
    let tx = Tx::new(engine, keyspace, engine.databases.latch(wanted));
    keyspace.watches.begin(&tx, keys, broken)
}

impl WatchBackend for MemWatch {
    fn add<'a>(&'a mut self, keys: &'a [Arg<'a>]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let known = &self.watched.keys;
            let new = keys.iter().map(|key| Key::from(key.as_bytes())).filter(|key| !known.contains(key)).collect();
            let more = watch(&self.engine, self.database, new, self.watched.broken.clone());
            self.watched.keys.extend(more.keys);
            self.watched.existed.extend(more.existed);
            Ok(())
        })
    }

    fn exec(self: Box<Self>, pipeline: Pipeline<'_>) -> BoxFuture<'_, Result<Option<Replies>>> {
        Box::pin(async move { Ok(self.engine.run_atomic(self.database, &pipeline, Some(&self.watched))?) })
    }
}

impl Drop for MemWatch {
    fn drop(&mut self) {
        self.engine.databases.get(self.database).watches.end(&self.watched);
    }
}
