//! Random commands through a session here and through a socket to a real Redis: the same values, the same errors.

use anyhow::{Result, ensure};
use embroker_mem::MemBroker;
use embroker_redis_rs::RedisConnections as _;
use embroker_test_support::{Backend, Property, RedisServer, Suite};
use proptest::prelude::*;
use redis::{
    AsyncConnectionConfig, Client, Pipeline, ProtocolVersion, RedisConnectionInfo, RedisError, RedisResult, Value,
};

use crate::generate::{self, Argv};

const PROPERTY: Property =
    Property { cases: 300, regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/doors.txt") };

/// Of the commands on keys, those whose replies do not depend on the moment.
const KEYS: generate::Templates = &[
    "COPY key key (REPLACE|DB db)*",
    "DEL key+",
    "EXISTS key+",
    "KEYS pattern",
    "MOVE key db",
    "RENAME key key",
    "SELECT db",
    "SWAPDB db db",
    "TYPE key",
    "nonsense value*",
];
/// What depends on chance, or on where a server keeps what.
const UNORDERED: [&str; 5] = ["hrandfield", "hscan", "spop", "srandmember", "sscan"];

pub(crate) fn add(suite: &mut Suite) {
    suite.property(
        Backend::Redis,
        "property::random_commands_answer_the_same_as_over_a_socket",
        PROPERTY,
        || (any::<bool>(), prop::collection::vec((steps(), 0..3_usize), 1..6)),
        async || Ok((MemBroker::new(), RedisServer::start()?)),
        async |(broker, server), (resp3, batches)| compare(broker, server, resp3, &batches).await,
    );
}

fn steps() -> impl Strategy<Value = Vec<Argv>> {
    let templates = [generate::HASH, generate::SET, generate::STRING, generate::BITFIELD, KEYS].concat();
    let command = generate::command(&templates);
    let command = command.prop_filter("no order is promised", |argv| !UNORDERED.contains(&argv.name().as_str()));
    prop::collection::vec(command, 1..12)
}

/// Each batch runs as single commands, as a pipeline or as a transaction.
async fn compare(broker: &MemBroker, server: &RedisServer, resp3: bool, batches: &[(Vec<Argv>, usize)]) -> Result<()> {
    let version = if resp3 { ProtocolVersion::RESP3 } else { ProtocolVersion::RESP2 };
    let settings = RedisConnectionInfo::default().set_protocol(version);
    let info = redis::IntoConnectionInfo::into_connection_info(server.url())?.set_redis_settings(settings.clone());
    let config = AsyncConnectionConfig::new().set_response_timeout(None);
    let mut socket = Client::open(info)?.get_multiplexed_async_connection_with_config(&config).await?;
    let mut session = broker.redis_connection_with(&settings);
    redis::cmd("FLUSHALL").exec_async(&mut socket).await?;
    redis::cmd("FLUSHALL").exec_async(&mut session).await?;
    for (batch, how) in batches {
        let mut pipeline = redis::pipe();
        for argv in batch {
            pipeline.add_command(command(argv));
        }
        let requests: Vec<Pipeline> = match how {
            0 => batch.iter().map(|argv| redis::pipe().add_command(command(argv)).clone()).collect(),
            1 => vec![pipeline],
            _ => vec![pipeline.atomic().clone()],
        };
        for request in requests {
            let (ours, theirs) = match how {
                // Not as a pipeline of one.
                0 => {
                    let single = request.cmd_iter().next().cloned().unwrap_or_default();
                    (single.query_async::<Value>(&mut session).await, single.query_async(&mut socket).await)
                }
                _ => (request.query_async::<Value>(&mut session).await, request.query_async(&mut socket).await),
            };
            if [&ours, &theirs].iter().all(|reply| reply.as_ref().is_err_and(RedisError::is_unrecoverable_error)) {
                // An error text that is no UTF-8: redis-rs closes the connection, and a pipeline does not tell why.
                return Ok(());
            }
            let (ours, theirs) = (told(ours), told(theirs));
            ensure!(ours == theirs, "{ours}\nis not what Redis answers,\n{theirs}\nto {batch:?}");
        }
    }
    Ok(())
}

fn command(argv: &Argv) -> redis::Cmd {
    let mut command = redis::Cmd::new();
    argv.0.iter().for_each(|word| _ = command.arg(word));
    command
}

/// All there is to a value or an error, sets in one order.
fn told(reply: RedisResult<Value>) -> String {
    match reply {
        Ok(value) => format!("{:?}", in_order(value)),
        Err(error) => format!("{:?} {:?} {:?} {error}", error.kind(), error.code(), error.detail()),
    }
}

/// Members, fields and keys come in any order: all arrays are compared as bags.
fn in_order(value: Value) -> Value {
    let sorted = |items: Vec<Value>| {
        let mut items: Vec<Value> = items.into_iter().map(in_order).collect();
        items.sort_by_cached_key(|item| format!("{item:?}"));
        items
    };
    match value {
        Value::Array(items) => Value::Array(sorted(items)),
        Value::Set(items) => Value::Set(sorted(items)),
        Value::Map(mut pairs) => {
            pairs.sort_by_cached_key(|pair| format!("{pair:?}"));
            Value::Map(pairs)
        }
        other => other,
    }
}
