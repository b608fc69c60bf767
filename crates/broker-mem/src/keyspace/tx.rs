//! One command, or one transaction, at work on the keys that it has latched.
//!
//! Handlers reach keys through here only. A reference into the map borrows the `Tx`, so the compiler sees to it that
//! nobody holds one while changing the map.

use std::cell::{Cell, RefCell};

use embroker_core::ServerError;
use embroker_core::error::texts;
use embroker_core::instance::config::{KeyspaceEvents, Parameter};

use super::entry::DEADLINE_BYTES;
use super::memory::{Growth, Write};
use super::shard::{Removed, Shard};
use super::{Entry, Held, Key, Keyspace, Object, ObjectKind};
use crate::engine::Engine;
use crate::events::Event;
use crate::pubsub::{self, Readers, Registry};
use crate::sync::MutexGuard;

/// How many keys of a shard one write removes at most because their time is over.
const KEYS_PER_SWEEP: usize = 32;

pub(crate) struct Tx<'a> {
    pub(super) engine: &'a Engine,
    /// The database it works on.
    pub(super) keyspace: &'a Keyspace,
    // Before the latches, so that the sum is right when another command gets them.
    pub(super) growth: Growth<'a>,
    pub(super) held: Held<'a>,
    now: Cell<Option<u64>>,
    // Behind the latches, so that readers are woken when those are released.
    outbox: RefCell<Option<Outbox<'a>>>,
}

/// What a transaction has to do with pub/sub from its first message on.
struct Outbox<'a> {
    /// Who is subscribed to what.
    registry: MutexGuard<'a, Registry>,
    // Behind the registry, so that it is dropped after it.
    readers: Wakeful,
}

/// Readers of what the transaction published, woken when its latches are released: a waker may run its reader on the
/// spot, and that one may call the broker.
#[derive(Default)]
struct Wakeful(Readers);

impl Drop for Wakeful {
    fn drop(&mut self) {
        pubsub::wake(&mut self.0);
    }
}

impl<'a> Outbox<'a> {
    fn open(engine: &'a Engine) -> Self {
        Self { registry: engine.pubsub.lock(), readers: Wakeful::default() }
    }
}

impl<'a> Tx<'a> {
    pub(crate) fn new(engine: &'a Engine, keyspace: &'a Keyspace, held: Held<'a>) -> Self {
        Self {
            engine,
            keyspace,
            growth: Growth::new(&engine.memory),
            held,
            now: Cell::new(None),
            outbox: RefCell::new(None),
        }
    }

    pub(crate) fn engine(&self) -> &'a Engine {
        self.engine
    }

    /// How many bytes a string may have where a command makes it longer.
    pub(crate) fn longest_string(&self) -> usize {
        let most = self.engine.instance.config().number(Parameter::ProtoMaxBulkLen);
        usize::try_from(most).unwrap_or(usize::MAX)
    }

    /// The number of the database that it works on.
    pub(crate) fn database(&self) -> u32 {
        self.keyspace.number
    }

    /// The numbers of the databases of which something is latched.
    pub(crate) fn databases(&self) -> Vec<u32> {
        self.held.databases()
    }

    /// Works in another database from now on, of which the keys that it will touch are latched.
    pub(crate) fn select(&mut self, database: u32) {
        self.keyspace = self.engine.databases.get(database);
    }

    /// Does some work in another database, of which the keys that it touches are latched.
    pub(crate) fn within<T>(&mut self, database: u32, work: impl FnOnce(&mut Self) -> T) -> T {
        let home = std::mem::replace(&mut self.keyspace, self.engine.databases.get(database));
        let outcome = work(self);
        self.keyspace = home;
        outcome
    }

    /// The time, in milliseconds since the epoch. It stands still while the command runs.
    pub(crate) fn now(&self) -> u64 {
        self.now.get().unwrap_or_else(|| {
            let now = self.engine.now_ms();
            self.now.set(Some(now));
            now
        })
    }

    /// Whether a key with this deadline is to be seen.
    #[inline]
    fn is_live(&self, deadline: Option<u64>) -> bool {
        deadline.is_none_or(|deadline| self.now() <= deadline)
    }

    /// The shard of a key, and what the key holds there, if it exists and has not expired.
    #[inline]
    fn look_up(&self, key: &[u8]) -> (&Shard<'a>, Option<&Entry>) {
        let (hash, shard) = self.held.of(self.keyspace, key);
        (shard, shard.get(hash, key).filter(|entry| !entry.line.expires() || self.is_live(shard.deadline(entry))))
    }

    /// What the key holds, if it exists and has not expired. Whoever asks in order to write takes this, or
    /// [`peek`](Self::peek).
    ///
    /// This is no use of the key that OBJECT IDLETIME would tell of; Redis looks up so for EXISTS, TYPE, TTL and
    /// OBJECT.
    #[inline]
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Entry> {
        self.look_up(key).1
    }

    /// Whether the key exists, which is [no use](Self::get) of it.
    pub(crate) fn exists(&self, key: &[u8]) -> bool {
        self.get(key).is_some()
    }

    /// Whether the key exists; one that does is used now.
    pub(crate) fn uses(&self, key: &[u8]) -> bool {
        self.get(key).inspect(|entry| entry.use_at(self.seconds())).is_some()
    }

    /// The time in seconds since the epoch, for noting a use.
    fn seconds(&self) -> u32 {
        self.engine.now_s()
    }

    /// What the key holds, as a command looks it up that reads it: that there is no such key is an event.
    #[inline]
    pub(crate) fn find(&self, key: &[u8]) -> Option<&Entry> {
        let (shard, found) = self.look_up(key);
        shard.books().count_lookup(found.is_some());
        if found.is_none() {
            self.tell(key, Event::KEYMISS);
        }
        found
    }

    /// The value as one type, for a command that [reads it](Self::find); `None` where there is no key, `WRONGTYPE`
    /// where it is another.
    #[inline]
    pub(crate) fn read<T: ObjectKind>(&self, key: &[u8]) -> Result<Option<&T>, ServerError> {
        self.of_type(self.find(key))
    }

    /// As [`read`](Self::read), for a command that may write the key: that it is missing is no event.
    #[inline]
    pub(crate) fn peek<T: ObjectKind>(&self, key: &[u8]) -> Result<Option<&T>, ServerError> {
        self.of_type(self.get(key))
    }

    #[inline]
    fn of_type<'t, T: ObjectKind>(&self, entry: Option<&'t Entry>) -> Result<Option<&'t T>, ServerError> {
        let Some(entry) = entry else { return Ok(None) };
        entry.use_at(self.seconds());
        match T::of(&entry.object) {
            None => Err(texts::WRONG_TYPE),
            value => Ok(value),
        }
    }

    /// The value as one type, for writing. Say [`changed`](Self::changed) when it was, and
    /// [`remove_if_empty`](Self::remove_if_empty) when it may have lost its last member.
    #[inline]
    pub(crate) fn write<T: ObjectKind>(&mut self, key: &[u8]) -> Result<Option<Write<'_, T>>, ServerError> {
        self.expire(key);
        let seconds = self.seconds();
        let (hash, shard) = self.held.of_mut(self.keyspace, key);
        let Some(entry) = shard.get_mut(hash, key) else { return Ok(None) };
        entry.use_at(seconds);
        match T::of_mut(&mut entry.object) {
            None => Err(texts::WRONG_TYPE),
            Some(value) => Ok(Some(Write::new(value, &self.growth))),
        }
    }

    /// Changes the value as one type, an empty one where there is no key. A change that fails leaves no new key behind.
    #[inline]
    pub(crate) fn change<T: ObjectKind, C>(
        &mut self,
        key: &[u8],
        change: impl FnOnce(&mut T) -> Result<C, ServerError>,
    ) -> Result<C, ServerError> {
        if let Some(mut value) = self.write::<T>(key)? {
            return change(&mut value);
        }
        let mut value = T::default();
        let changed = change(&mut value)?;
        self.add(key, value.into(), None);
        Ok(changed)
    }

    /// Gives the key this value and no deadline, whatever it held before.
    pub(crate) fn put(&mut self, key: &[u8], value: impl Into<Object>) {
        self.put_until(key, value, None);
    }

    /// Gives the key this value and this deadline, in milliseconds since the epoch.
    pub(crate) fn put_until(&mut self, key: &[u8], value: impl Into<Object>, deadline: Option<u64>) {
        let object = value.into();
        self.expire(key);
        let seconds = self.seconds();
        let (hash, shard) = self.held.of_mut(self.keyspace, key);
        let Some(entry) = shard.get_mut(hash, key) else { return self.add(key, object, deadline) };
        entry.use_at(seconds);
        self.growth.change(entry.object.heap_bytes(), object.heap_bytes());
        entry.object = object;
        if deadline.is_some() || entry.line.expires() {
            self.set_deadline(key, deadline);
        }
    }

    /// Puts a key that is not there into its shard.
    fn add(&mut self, key: &[u8], object: Object, deadline: Option<u64>) {
        self.tell(key, Event::NEW);
        let used = self.seconds();
        let (hash, shard) = self.held.of_mut(self.keyspace, key);
        self.growth.change(0, shard.insert(hash, key, object, used, deadline));
    }

    /// Takes the key out; `None` where there is none or it has expired. To take an expired key out is no write that a
    /// watch would have to hear of: who saw the key live misses it at EXEC, and for anybody else nothing changes.
    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<Object> {
        let removed = self.take(key)?;
        self.is_live(removed.deadline).then_some(removed.entry.object)
    }

    /// Takes the key out of its shard.
    fn take(&mut self, key: &[u8]) -> Option<Removed> {
        let (hash, shard) = self.held.of_mut(self.keyspace, key);
        let removed = shard.remove(hash, key)?;
        self.growth.change(removed.memory(), 0);
        if !self.is_live(removed.deadline) {
            self.engine.instance.stats().expired_keys.add(1);
            self.tell(key, Event::EXPIRED);
        }
        Some(removed)
    }

    /// Removes the key if its time is over: what comes before a write. Where no key has a deadline, this is one load.
    #[inline]
    pub(crate) fn expire(&mut self, key: &[u8]) {
        if self.held.any_expires() {
            self.take_expired(key);
        }
    }

    #[inline(never)]
    fn take_expired(&mut self, key: &[u8]) {
        let (hash, shard) = self.held.of(self.keyspace, key);
        let deadline = shard.get(hash, key).and_then(|entry| shard.deadline(entry));
        if !self.is_live(deadline) {
            self.take(key);
        }
    }

    /// Removes the key if it holds a collection without members; whether it did.
    pub(crate) fn remove_if_empty(&mut self, key: &[u8]) -> bool {
        let empty = self.get(key).is_some_and(|entry| entry.object.is_empty_collection());
        if empty {
            self.take(key);
        }
        empty
    }

    /// When the key expires, in milliseconds since the epoch: `None` where there is no key, `Some(None)` for never.
    #[expect(clippy::option_option, reason = "a key may be missing, and one that is there may have no deadline")]
    pub(crate) fn deadline(&self, key: &[u8]) -> Option<Option<u64>> {
        let (shard, found) = self.look_up(key);
        found.map(|entry| shard.deadline(entry))
    }

    /// Sets or clears the deadline of a key that exists.
    pub(crate) fn set_deadline(&mut self, key: &[u8], deadline: Option<u64>) {
        let (hash, shard) = self.held.of_mut(self.keyspace, key);
        if shard.get(hash, key).is_none() {
            return;
        }
        let before = shard.set_deadline(hash, key, deadline);
        let bytes = |deadline: Option<u64>| if deadline.is_some() { DEADLINE_BYTES } else { 0 };
        self.growth.change(bytes(before), bytes(deadline));
    }

    /// Says that a command changed the key, and how: whoever watches it hears of it, and whoever is subscribed to the
    /// event. A command that Redis tells several events of says so once for each, in Redis's order.
    pub(crate) fn changed(&self, key: &[u8], event: Event) {
        self.changed_silently(key);
        self.tell(key, event);
    }

    /// As [`changed`](Self::changed), where Redis tells no event.
    pub(crate) fn changed_silently(&self, key: &[u8]) {
        self.keyspace.watches.touch(key);
    }

    /// Which events are to be told, and on which channels: one load.
    #[inline]
    pub(crate) fn told(&self) -> KeyspaceEvents {
        self.engine.instance.config().events()
    }

    /// Publishes an event of the key, if events of its class are to be told.
    #[inline]
    fn tell(&self, key: &[u8], event: Event) {
        let told = self.told();
        if told.contains(event.class()) {
            self.publish_event(key, event, told);
        }
    }

    #[cold]
    fn publish_event(&self, key: &[u8], event: Event, told: KeyspaceEvents) {
        let mut outbox = self.outbox.borrow_mut();
        let outbox = outbox.get_or_insert_with(|| Outbox::open(self.engine));
        event.publish(told, &mut outbox.registry, self.database(), key, &mut outbox.readers.0);
    }

    fn outbox(&mut self) -> &mut Outbox<'a> {
        let engine = self.engine;
        self.outbox.get_mut().get_or_insert_with(|| Outbox::open(engine))
    }

    /// Who is subscribed to what. From here to the end of the transaction nobody else sends a message: those of one
    /// transaction stay together, as nothing else runs during Redis's EXEC.
    pub(crate) fn messages(&mut self) -> &mut Registry {
        &mut self.outbox().registry
    }

    /// Sends a message; how many subscriptions receive it. Their readers are woken once the latches and the registry
    /// are released.
    pub(crate) fn publish(&mut self, channel: &[u8], payload: &[u8]) -> usize {
        let outbox = self.outbox();
        outbox.registry.publish(channel, payload, &mut outbox.readers.0)
    }

    /// As [`publish`](Self::publish), to a shard channel.
    pub(crate) fn publish_sharded(&mut self, channel: &[u8], payload: &[u8]) -> usize {
        let outbox = self.outbox();
        outbox.registry.publish_sharded(channel, payload, &mut outbox.readers.0)
    }

    /// Pays for a write: now and then removes keys of the same shards whose time is over.
    #[inline]
    pub(crate) fn pay_for_write(&mut self) {
        if self.held.any_expires() {
            self.pay();
        }
    }

    #[inline(never)]
    fn pay(&mut self) {
        // Each of them pays.
        let due = self.held.shards(self.keyspace).filter(|shard| shard.pays()).count();
        if due > 0 && self.engine.expires_actively() {
            self.sweep(KEYS_PER_SWEEP);
        }
    }

    /// Removes up to `limit` expired keys from each shard that is held, in the order of their deadlines; how many there
    /// were.
    pub(crate) fn sweep(&mut self, limit: usize) -> usize {
        let now = self.now();
        let mut expired: Vec<(u64, Key)> =
            self.held.shards(self.keyspace).flat_map(|shard| shard.expired(now, limit)).collect();
        expired.sort_by_key(|(deadline, _)| *deadline);
        for (_, key) in &expired {
            self.remove(key);
        }
        expired.len()
    }
}
