//! The parameters of a real Redis: the same names, the same defaults, and the same answers to odd values.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Command, Pipeline, ServerError, Value};

use crate::pair::Pair;

/// What depends on how the test's server is started or on the machine that it was built for.
const DEFAULTS_THAT_DEPEND: [&str; 5] = ["bind", "dir", "enable-debug-command", "unixsocket", "unixsocketperm"];

/// What CONFIG SET is not tried on: it would open sockets, ask the kernel for what it may refuse, write files, lock the
/// test out, or answer by how the server was built.
const LEFT_ALONE: [&str; 7] =
    ["activedefrag", "appendonly", "bind", "maxclients", "oom-score-adj", "port", "requirepass"];

const ODD_VALUES: [&str; 44] = [
    "",
    "yes",
    "NO",
    "yes\0x",
    "0",
    "1",
    "-1",
    "+1",
    "01",
    " 1",
    "1\0",
    "100",
    "101",
    "777",
    "65536",
    "2147483648",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999",
    "1k",
    "2Mb",
    "1gb",
    "1.5gb",
    "5%",
    "101%",
    "1 2",
    "1  2 3",
    "1 2 3 4",
    "50 99.9 0x10",
    "nan",
    "a/b",
    "a_b",
    "KEA",
    "g$lshzxetdnm",
    "NOTICE",
    "allkeys-lru",
    "save now",
    "save nosave",
    "normal 0 0 0",
    "replica 1mb 2 3 PUBSUB 32mb 8mb 4294967297",
    "slave 1 1",
    "{title} {foo}",
    "{port}",
];

/// Whether both have the same names with the same values, before anybody sets one.
pub(crate) async fn compare_defaults(pair: &Pair) -> Result<()> {
    let [mem, redis] = pair.brokers();
    let (mem, redis) = (all(mem).await?, all(redis).await?);
    // A server that was built without TLS does not have its parameters.
    let tls = redis.contains_key("tls-port");
    let comparable = |name: &&String| tls || !name.starts_with("tls-");
    let names: Vec<&String> = mem.keys().filter(comparable).collect();
    ensure!(names == redis.keys().collect::<Vec<_>>(), "other names: {names:?} and {:?}", redis.keys());
    for name in names.into_iter().filter(|name| !DEFAULTS_THAT_DEPEND.contains(&name.as_str())) {
        ensure!(mem[name] == redis[name], "{name} is {:?} in memory and {:?} in Redis", mem[name], redis[name]);
    }
    Ok(())
}

/// Whether both answer the same to every odd value of every parameter, and show the same afterwards.
pub(crate) async fn compare_odd_values(pair: &Pair) -> Result<()> {
    let [mem, redis] = pair.brokers();
    let tls = all(redis).await?.contains_key("tls-port");
    let mut compared = 0;
    for (name, default) in all(mem).await? {
        if LEFT_ALONE.contains(&name.as_str()) || (name.starts_with("tls-") && (!tls || name == "tls-port")) {
            continue;
        }
        for value in ODD_VALUES {
            let (here, there) =
                (tried(mem, &name, value, &default).await?, tried(redis, &name, value, &default).await?);
            ensure!(
                here[0] == there[0],
                "CONFIG SET {name} {value:?}: {:?} in memory, {:?} in Redis",
                here[0],
                there[0]
            );
            let shows = !DEFAULTS_THAT_DEPEND.contains(&name.as_str());
            ensure!(!shows || here[1] == there[1], "{name} {value:?} shows as {:?}, in Redis {:?}", here[1], there[1]);
            compared += 1;
        }
    }
    ensure!(compared > 7_000, "only {compared} values were tried");
    Ok(())
}

/// The replies to CONFIG SET and CONFIG GET. The default is back before the server does anything else.
async fn tried(broker: &AnyBroker, name: &str, value: &str, default: &str) -> Result<Vec<Result<Value, ServerError>>> {
    let mut pipeline = Pipeline::new();
    for argv in [vec!["CONFIG", "SET", name, value], vec!["CONFIG", "GET", name], vec!["CONFIG", "SET", name, default]]
    {
        pipeline.push(Command::from_argv(argv)?);
    }
    broker.pipeline(pipeline).await.with_context(|| format!("CONFIG SET {name} {value:?}"))
}

async fn all(broker: &AnyBroker) -> Result<BTreeMap<String, String>> {
    let all = broker.config_get("*").await?;
    all.into_iter().map(|(name, value)| Ok((name, String::from_utf8(value.to_vec())?))).collect()
}
