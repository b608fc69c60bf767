//! WATCH: who wants to hear that a key was written.
//!
//! A watch begins and is read under the latches of its keys, and a write says so under the same latch, so nothing falls
//! between.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use ahash::RandomState;
use embroker_core::{Arg, BoxFuture, Pipeline, Replies, Result, WatchBackend, observe};

use crate::broker::BACKEND;
use crate::engine::Engine;
use crate::keyspace::{Tx, Wanted};
use crate::sync::{AtomicBool, AtomicUsize, Mutex, MutexGuard};

/// A key that is watched.
type Key = Arc<[u8]>;

/// Who watches which key of one database.
#[derive(Default)]
pub(crate) struct WatchList {
    /// How many keys are watched: what a write looks at first.
    count: AtomicUsize,
    by_key: Mutex<HashMap<Key, Vec<Arc<AtomicBool>>, RandomState>>,
}

/// The keys of one watch.
#[derive(Default)]
pub(crate) struct Watched {
    keys: Vec<WatchedKey>,
    broken: Arc<AtomicBool>,
}

struct WatchedKey {
    database: u32,
    key: Key,
    /// Whether it was there when its watch began; if it has expired since, that counts as written.
    existed: bool,
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

    fn begin(&self, key: Key, broken: Arc<AtomicBool>) {
        let mut by_key = self.lock();
        by_key.entry(key).or_default().push(broken);
        self.count.store(by_key.len(), Ordering::SeqCst);
    }

    fn end(&self, key: &Key, broken: &Arc<AtomicBool>) {
        let mut by_key = self.lock();
        if let Some(watchers) = by_key.get_mut(key) {
            watchers.retain(|other| !Arc::ptr_eq(other, broken));
            if watchers.is_empty() {
                by_key.remove(key);
            }
        }
        self.count.store(by_key.len(), Ordering::SeqCst);
    }

    /// Every key that somebody watches.
    pub(crate) fn keys(&self) -> Vec<Key> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Vec<Arc<AtomicBool>>, RandomState>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    /// Every key, and the database that it is in.
    pub(crate) fn keys(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.keys.iter().map(|watched| (watched.database, &*watched.key))
    }

    /// Whether one of the keys was written or has expired since its watch began.
    pub(crate) fn is_broken(&self, tx: &mut Tx<'_>) -> bool {
        let is_gone = |watched: &&WatchedKey| !tx.within(watched.database, |tx| tx.exists(&watched.key));
        self.broken.load(Ordering::SeqCst) || self.keys.iter().filter(|watched| watched.existed).find(is_gone).is_some()
    }

    /// Watches more keys of a database, from the moment that their latches are held. Those that are watched already
    /// stay as they are.
    fn add(&mut self, engine: &Engine, database: u32, keys: impl IntoIterator<Item = Key>) {
        let mut new: Vec<Key> = keys.into_iter().filter(|key| !self.keys().any(|old| old == (database, key))).collect();
        new.sort_unstable();
        new.dedup();
        let keyspace = engine.databases.get(database);
        let mut wanted = Wanted::default();
        for key in &new {
            wanted.key(keyspace, key);
        }
        let tx = Tx::new(engine, keyspace, engine.databases.latch(wanted));
        for key in new {
            let existed = tx.exists(&key);
            keyspace.watches.begin(key.clone(), self.broken.clone());
            self.keys.push(WatchedKey { database, key, existed });
        }
    }
}

/// A watch on an in-memory broker.
pub(crate) struct MemWatch {
    engine: Arc<Engine>,
    /// Where it finds more keys, and runs its transaction.
    database: u32,
    watched: Watched,
}

impl MemWatch {
    pub(crate) fn begin(engine: Arc<Engine>, database: u32, keys: impl IntoIterator<Item = Key>) -> Self {
        let mut watched = Watched::default();
        watched.add(&engine, database, keys);
        Self { engine, database, watched }
    }

    #[cfg(test)]
    pub(crate) fn watched(&self) -> &Watched {
        &self.watched
    }
}

impl WatchBackend for MemWatch {
    fn add<'a>(&'a mut self, keys: &'a [Arg<'a>]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            self.watched.add(&self.engine, self.database, keys.iter().map(|key| key.as_bytes().into()));
            Ok(())
        })
    }

    fn select(&mut self, database: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.engine.databases.check(database)?;
            self.database = database;
            Ok(())
        })
    }

    fn exec(self: Box<Self>, pipeline: Pipeline<'_>) -> BoxFuture<'_, Result<Option<Replies>>> {
        Box::pin(async move {
            observe::pipeline(BACKEND, &pipeline)
                .run(|| Ok(self.engine.run_atomic(self.database, &pipeline, Some(&self.watched))?))
        })
    }
}

impl Drop for MemWatch {
    fn drop(&mut self) {
        for WatchedKey { database, key, .. } in &self.watched.keys {
            self.engine.databases.get(*database).watches.end(key, &self.watched.broken);
        }
    }
}
