//! One command, or one transaction, at work on the keys that it has latched.
//!
//! Handlers reach keys through here only. A reference into the map borrows the `Tx`, so the compiler sees to it that
//! nobody holds one while changing the map.

use std::cell::{Cell, RefCell};
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, MutexGuard};
use std::task::Waker;

use dashmap::mapref::one::{MappedRef, Ref, RefMut};
use embroker_core::ServerError;
use embroker_core::instance::config::{KeyspaceEvents, Parameter};

use super::entry::{deadline_memory, expect};
use super::latches::Shard;
use super::memory::{Growth, Write};
use super::{Entry, Held, Key, Keyspace, Object, ObjectKind};
use crate::engine::Engine;
use crate::events::Event;
use crate::pubsub::{Readers, Registry};

/// A value of one type, for reading.
pub(crate) type Read<'t, T> = MappedRef<'t, Key, Entry, T>;

/// How many writes to a shard pay for one look at its deadlines, and how many keys one look removes at most.
const WRITES_PER_SWEEP: u8 = 16;
const KEYS_PER_SWEEP: usize = 32;

pub(crate) struct Tx<'a> {
    pub(super) engine: &'a Engine,
    /// The database it works on.
    pub(super) keyspace: &'a Keyspace,
    // Before the latches, so that the sum is right when another command gets them.
    pub(super) growth: Growth<'a>,
    pub(super) held: Held<'a>,
    now: Cell<Option<u64>>,
    /// Who is subscribed to what, once it was asked for.
    messages: RefCell<Option<MutexGuard<'a, Registry>>>,
    // Behind the latches and the registry, so that it is dropped after them.
    readers: Wakeful,
}

/// Readers of what the transaction published, woken when its latches are released: a waker may run its reader on the
/// spot, and that one may call the broker.
#[derive(Default)]
struct Wakeful(RefCell<Readers>);

impl Drop for Wakeful {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(Waker::wake);
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
            messages: RefCell::default(),
            readers: Wakeful::default(),
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

    pub(super) fn is_live(&self, entry: &Entry) -> bool {
        entry.deadline.is_none_or(|deadline| self.now() <= deadline)
    }

    /// What the key holds, if it exists and has not expired. Whoever asks in order to write takes this, or
    /// [`peek`](Self::peek).
    ///
    /// This is no use of the key that OBJECT IDLETIME would tell of; Redis looks up so for EXISTS, TYPE, TTL and
    /// OBJECT.
    pub(crate) fn get(&self, key: &[u8]) -> Option<Ref<'_, Key, Entry>> {
        self.keyspace.map.get(key).filter(|entry| self.is_live(entry))
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
    pub(crate) fn find(&self, key: &[u8]) -> Option<Ref<'_, Key, Entry>> {
        let (found, stats) = (self.get(key), self.engine.instance.stats());
        if found.is_some() {
            stats.keyspace_hits.add(1);
        } else {
            stats.keyspace_misses.add(1);
            self.tell(key, Event::KEYMISS);
        }
        found
    }

    /// The value as one type, for a command that [reads it](Self::find); `None` where there is no key, `WRONGTYPE`
    /// where it is another.
    pub(crate) fn read<T: ObjectKind>(&self, key: &[u8]) -> Result<Option<Read<'_, T>>, ServerError> {
        self.of_type(self.find(key))
    }

    /// As [`read`](Self::read), for a command that may write the key: that it is missing is no event.
    pub(crate) fn peek<T: ObjectKind>(&self, key: &[u8]) -> Result<Option<Read<'_, T>>, ServerError> {
        self.of_type(self.get(key))
    }

    fn of_type<'t, T: ObjectKind>(
        &self,
        entry: Option<Ref<'t, Key, Entry>>,
    ) -> Result<Option<Read<'t, T>>, ServerError> {
        let Some(entry) = entry else { return Ok(None) };
        entry.use_at(self.seconds());
        expect::<T>(&entry.object)?;
        Ok(entry.try_map(|entry| T::of(&entry.object)).ok())
    }

    /// The value as one type, for writing. Say [`changed`](Self::changed) when it was, and
    /// [`remove_if_empty`](Self::remove_if_empty) when it may have lost its last member.
    pub(crate) fn write<T: ObjectKind>(&mut self, key: &[u8]) -> Result<Option<Write<'_, T>>, ServerError> {
        let Some(entry) = self.live_mut(key) else { return Ok(None) };
        expect::<T>(&entry.object)?;
        let value = entry.try_map(|entry| T::of_mut(&mut entry.object)).ok();
        Ok(value.map(|value| Write::new(value, &self.growth)))
    }

    /// As [`write`](Self::write), with an empty value where there is no key. The caller fills it.
    pub(crate) fn write_or_new<T: ObjectKind>(&mut self, key: &[u8]) -> Result<Write<'_, T>, ServerError> {
        if self.live_mut(key).is_none() {
            self.add(key, T::default().into(), None);
        }
        match self.write(key)? {
            Some(value) => Ok(value),
            None => unreachable!("the key was put just now, under its latch"),
        }
    }

    fn live_mut(&mut self, key: &[u8]) -> Option<RefMut<'a, Key, Entry>> {
        let keyspace = self.keyspace;
        let entry = keyspace.map.get_mut(key)?;
        if self.is_live(&entry) {
            entry.use_at(self.seconds());
            return Some(entry);
        }
        drop(entry);
        self.remove(key);
        None
    }

    /// Gives the key this value and no deadline, whatever it held before.
    pub(crate) fn put(&mut self, key: &[u8], value: impl Into<Object>) {
        self.put_until(key, value, None);
    }

    /// Gives the key this value and this deadline, in milliseconds since the epoch.
    pub(crate) fn put_until(&mut self, key: &[u8], value: impl Into<Object>, deadline: Option<u64>) {
        let object = value.into();
        let Some(mut entry) = self.live_mut(key) else { return self.add(key, object, deadline) };
        let before = std::mem::replace(&mut entry.object, object).heap_bytes();
        let after = entry.object.heap_bytes();
        drop(entry);
        self.growth.change(before, after);
        self.set_deadline(key, deadline);
    }

    /// Puts a key that is not there into the map and into its shard's books.
    fn add(&mut self, key: &[u8], object: Object, deadline: Option<u64>) {
        let key: Key = Arc::from(key);
        let shard = self.shard(&key);
        let place = shard.keys.len() as u32;
        shard.keys.push(key.clone());
        if let Some(deadline) = deadline {
            shard.deadlines.insert((deadline, key.clone()));
        }
        self.tell(&key, Event::NEW);
        let used = AtomicU32::new(self.seconds());
        let entry = Entry { object, deadline, place, used };
        self.growth.change(0, entry.memory(key.len()));
        self.keyspace.map.insert(key, entry);
    }

    /// Takes the key out; `None` where there is none or it has expired. To take an expired key out is no write that a
    /// watch would have to hear of: who saw the key live misses it at EXEC, and for anybody else nothing changes.
    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<Object> {
        let entry = self.take(key)?;
        self.is_live(&entry).then_some(entry.object)
    }

    /// Takes the key out of the map and of its shard's books.
    fn take(&mut self, key: &[u8]) -> Option<Entry> {
        let map = &self.keyspace.map;
        let (key, entry) = map.remove(key)?;
        self.growth.change(entry.memory(key.len()), 0);
        let shard = self.shard(&key);
        if let Some(deadline) = entry.deadline {
            shard.deadlines.remove(&(deadline, key.clone()));
        }
        shard.keys.swap_remove(entry.place as usize);
        shard.give_back();
        if let Some(moved) = shard.keys.get(entry.place as usize)
            && let Some(mut other) = map.get_mut(moved)
        {
            other.place = entry.place;
        }
        if !self.is_live(&entry) {
            self.engine.instance.stats().expired_keys.add(1);
            self.tell(&key, Event::EXPIRED);
        }
        Some(entry)
    }

    /// Removes the key if its time is over.
    pub(crate) fn expire(&mut self, key: &[u8]) {
        self.live_mut(key);
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
        self.get(key).map(|entry| entry.deadline)
    }

    /// Sets or clears the deadline of a key that exists.
    pub(crate) fn set_deadline(&mut self, key: &[u8], deadline: Option<u64>) {
        let Some(mut entry) = self.keyspace.map.get_mut(key) else { return };
        let before = std::mem::replace(&mut entry.deadline, deadline);
        if before == deadline {
            return;
        }
        let key = entry.key().clone();
        drop(entry);
        self.growth.change(deadline_memory(before), deadline_memory(deadline));
        let shard = self.shard(&key);
        if let Some(before) = before {
            shard.deadlines.remove(&(before, key.clone()));
        }
        if let Some(deadline) = deadline {
            shard.deadlines.insert((deadline, key));
        }
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
            let mut messages = self.messages.borrow_mut();
            let messages = messages.get_or_insert_with(|| self.engine.pubsub.lock());
            event.publish(told, messages, self.database(), key, &mut self.readers.0.borrow_mut());
        }
    }

    /// Who is subscribed to what. From here to the end of the transaction nobody else sends a message: those of one
    /// transaction stay together, as nothing else runs during Redis's EXEC.
    pub(crate) fn messages(&mut self) -> &mut Registry {
        let engine = self.engine;
        self.messages.get_mut().get_or_insert_with(|| engine.pubsub.lock())
    }

    /// Sends a message; how many subscriptions receive it. Their readers are woken once the latches and the registry are
    /// released.
    pub(crate) fn publish(&mut self, channel: &[u8], payload: &[u8]) -> usize {
        let messages = self.messages.get_mut().get_or_insert_with(|| self.engine.pubsub.lock());
        messages.publish(channel, payload, self.readers.0.get_mut())
    }

    /// As [`publish`](Self::publish), to a shard channel.
    pub(crate) fn publish_sharded(&mut self, channel: &[u8], payload: &[u8]) -> usize {
        let messages = self.messages.get_mut().get_or_insert_with(|| self.engine.pubsub.lock());
        messages.publish_sharded(channel, payload, self.readers.0.get_mut())
    }

    /// Pays for a write: now and then removes keys of the same shards whose time is over.
    pub(crate) fn pay_for_write(&mut self) {
        if !self.engine.expires_actively() {
            return;
        }
        let due = self.held.shards(self.keyspace).fold(false, |due, (_, shard)| {
            shard.writes = (shard.writes + 1) % WRITES_PER_SWEEP;
            due || (shard.writes == 0 && !shard.deadlines.is_empty())
        });
        if due {
            self.sweep(KEYS_PER_SWEEP);
        }
    }

    /// Removes up to `limit` expired keys from each shard that is held; how many there were.
    pub(crate) fn sweep(&mut self, limit: usize) -> usize {
        let now = self.now();
        let expired: Vec<Key> = (self.held.shards(self.keyspace))
            .flat_map(|(_, shard)| {
                let over = shard.deadlines.iter().take_while(|(deadline, _)| *deadline < now);
                over.take(limit).map(|(_, key)| key.clone()).collect::<Vec<_>>()
            })
            .collect();
        for key in &expired {
            self.remove(key);
        }
        expired.len()
    }

    fn shard(&mut self, key: &[u8]) -> &mut Shard {
        self.held.shard(self.keyspace, self.keyspace.shard(key))
    }
}
