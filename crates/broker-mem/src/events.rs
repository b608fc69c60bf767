//! Keyspace notifications: the events that commands tell of their keys, and how one is published.
//!
//! Redis publishes an event as two messages, each where `notify-keyspace-events` asks for it: the event on the key's
//! channel, then the key on the event's channel.

use embroker_core::instance::config::KeyspaceEvents;

use crate::pubsub::{Readers, Registry};

/// What happened to a key: a name, and the class that `notify-keyspace-events` turns on and off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    class: KeyspaceEvents,
    name: &'static str,
}

macro_rules! events {
    ($($event:ident = $class:ident $name:literal;)*) => {
        impl Event {
            $(pub(crate) const $event: Self = Self { class: KeyspaceEvents::$class, name: $name };)*
        }
    };
}

events! {
    APPEND = STRING "append";
    INCRBY = STRING "incrby";
    INCRBYFLOAT = STRING "incrbyfloat";
    SET = STRING "set";
    SETBIT = STRING "setbit";
    SETRANGE = STRING "setrange";

    HDEL = HASH "hdel";
    HINCRBY = HASH "hincrby";
    HINCRBYFLOAT = HASH "hincrbyfloat";
    HSET = HASH "hset";

    SADD = SET "sadd";
    SDIFFSTORE = SET "sdiffstore";
    SINTERSTORE = SET "sinterstore";
    SPOP = SET "spop";
    SREM = SET "srem";
    SUNIONSTORE = SET "sunionstore";

    COPY_TO = GENERIC "copy_to";
    DEL = GENERIC "del";
    EXPIRE = GENERIC "expire";
    MOVE_FROM = GENERIC "move_from";
    MOVE_TO = GENERIC "move_to";
    PERSIST = GENERIC "persist";
    RENAME_FROM = GENERIC "rename_from";
    RENAME_TO = GENERIC "rename_to";

    EVICTED = EVICTED "evicted";
    EXPIRED = EXPIRED "expired";
    KEYMISS = KEY_MISS "keymiss";
    NEW = NEW "new";
}

impl Event {
    pub(crate) const fn class(self) -> KeyspaceEvents {
        self.class
    }

    /// Publishes the event of a key in a database, on the channels that `told` has. The caller wakes the readers once
    /// it holds nothing.
    #[cold]
    pub(crate) fn publish(
        self,
        told: KeyspaceEvents,
        messages: &mut Registry,
        database: u32,
        key: &[u8],
        readers: &mut Readers,
    ) {
        let mut publish = |kind: &str, of: &[u8], payload: &[u8]| {
            let channel = [format!("__{kind}@{database}__:").as_bytes(), of].concat();
            messages.publish(&channel, payload, readers);
        };
        if told.contains(KeyspaceEvents::KEYSPACE) {
            publish("keyspace", key, self.name.as_bytes());
        }
        if told.contains(KeyspaceEvents::KEYEVENT) {
            publish("keyevent", self.name.as_bytes(), key);
        }
    }
}
