//! What a broker holds, and what must hold of it whatever was done to it.

use embroker_core::{Command, Value};
use embroker_mem::{ManualClock, MemBroker};

/// How many databases the brokers have.
pub(crate) const DATABASES: u32 = 3;

/// An empty broker on which nothing is left to chance: its clock stands still, and its lots are drawn by a seed.
pub(crate) fn broker() -> MemBroker {
    let broker = MemBroker::builder().clock(ManualClock::at(1_700_000_000_000)).seed(7).databases(DATABASES);
    broker.config("proto-max-bulk-len", "1mb").expect("it is a parameter").build()
}

fn call<W: AsRef<[u8]>>(broker: &MemBroker, words: &[W]) -> Value {
    let words = words.iter().map(AsRef::as_ref);
    broker.call(&Command::from_argv(words).expect("there is a name")).unwrap_or_else(|error| panic!("{error}"))
}

/// All keys with their values and deadlines, by database.
pub(crate) fn dump(broker: &MemBroker) -> Vec<(u32, Vec<u8>, Value, Value)> {
    let mut all = Vec::new();
    for (number, database) in databases(broker) {
        let mut keys = keys(&database);
        keys.sort();
        for key in keys {
            let name = match call(&database, &[&b"TYPE"[..], &key]).as_bytes() {
                Some(b"hash") => "HGETALL",
                Some(b"set") => "SMEMBERS",
                _ => "GET",
            };
            let value = call(&database, &[name.as_bytes(), &key]);
            let deadline = call(&database, &[&b"PEXPIRETIME"[..], &key]);
            all.push((number, key, value, deadline));
        }
    }
    all
}

/// Panics unless the counts are those of what is there.
pub(crate) fn check(broker: &MemBroker) {
    let mut bytes = self::broker().used_memory();
    for (number, database) in databases(broker) {
        let keys = keys(&database);
        let size = Value::Int(i64::try_from(keys.len()).unwrap_or_default());
        assert_eq!(call(&database, &["DBSIZE"]), size, "DBSIZE of database {number}");
        for key in keys {
            match call(&database, &[&b"MEMORY"[..], b"USAGE", &key]) {
                Value::Int(usage) => bytes += usage.unsigned_abs(),
                other => panic!("the memory of {}: {other:?}", key.escape_ascii()),
            }
        }
    }
    assert_eq!(broker.used_memory(), bytes, "the running sum is that of all keys");
    call(broker, &["FLUSHALL"]);
    assert_eq!(broker.used_memory(), self::broker().used_memory(), "nothing is left");
}

fn databases(broker: &MemBroker) -> impl Iterator<Item = (u32, MemBroker)> {
    (0..DATABASES).map(|number| (number, broker.database(number).expect("it is there")))
}

fn keys(database: &MemBroker) -> Vec<Vec<u8>> {
    let Value::Array(keys) = call(database, &["KEYS", "*"]) else { panic!("KEYS answers an array") };
    let mut keys: Vec<Vec<u8>> = keys.iter().map(|key| key.as_bytes().unwrap_or_default().to_vec()).collect();
    // No pattern but the empty one matches it in a database of many keys.
    keys.dedup();
    keys
}
