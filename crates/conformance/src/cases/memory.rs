//! MEMORY: its form on both backends. The numbers are each backend's own.

use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Command, Value};

use crate::check::{Case, Done, Failure, some};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![options_are_checked_before_the_key, usage_grows_with_the_value, stats_have_the_names_of_redis]
}

async fn options_are_checked_before_the_key(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        MEMORY => -ERR wrong number of arguments for 'memory' command
        MEMORY USAGE => -ERR wrong number of arguments for 'memory|usage' command
        MEMORY FOO => -ERR unknown subcommand 'FOO'. Try MEMORY HELP.
        MEMORY USAGE none => null
        MEMORY USAGE none SAMPLES => -ERR syntax error
        MEMORY USAGE none SAMPLES x BOGUS => -ERR value is not an integer or out of range
        MEMORY USAGE none SAMPLES -1 => -ERR syntax error
        MEMORY USAGE none SAMPLES -0 => -ERR value is not an integer or out of range
        MEMORY USAGE none samples 3 SAMPLES 0 => null
        MEMORY USAGE none BOGUS 3 => -ERR syntax error
        MEMORY DOCTOR => "Hi Sam, this instance is empty or is using very little memory, my issues detector can\'t be used in these conditions. Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I finished rebooting.\n"
        MEMORY DOCTOR x => -ERR wrong number of arguments for 'memory|doctor' command
        MEMORY PURGE => +OK
        MEMORY PURGE x => -ERR wrong number of arguments for 'memory|purge' command
        MEMORY STATS x => -ERR wrong number of arguments for 'memory|stats' command
        MEMORY MALLOC-STATS x => -ERR wrong number of arguments for 'memory|malloc-stats' command
        MEMORY HELP => [+MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:, +DOCTOR, +    Return memory problems reports., +MALLOC-STATS, +    Return internal statistics report from the memory allocator., +PURGE, +    Attempt to purge dirty pages for reclamation by the allocator., +STATS, +    Return information about the memory usage of the server., +USAGE <key> [SAMPLES <count>], +    Return memory in bytes used by <key> and its value. Nested values are, +    sampled up to <count> times (default: 5, 0 means sample all)., +HELP, +    Prints this help.]
        "#,
    )
    .await
}

async fn usage_grows_with_the_value(broker: AnyBroker) -> Done {
    broker.set("small", "v").await?;
    broker.set("large", vec![b'v'; 100_000]).await?;
    let small = some(broker.memory_usage("small").await?, "its size")?;
    let large = some(broker.memory_usage("large").await?, "its size")?;
    holds!((10..300).contains(&small), "{small}");
    holds!((100_000..150_000).contains(&large), "{large}");
    same!(broker.memory_usage("none").await?, None);

    // One long member behind five short ones is seen by whoever looks at all of them.
    broker.hset("h", ('a'..='z').map(|field| (field.to_string(), "x".repeat(100)))).await?;
    let all = some(broker.memory_usage_of("h", 0).await?, "its size")?;
    holds!((2600..20_000).contains(&all), "{all}");
    Ok(())
}

async fn stats_have_the_names_of_redis(broker: AnyBroker) -> Done {
    broker.set("k", "v").await?;
    let stats = broker.execute(Command::from_argv(["MEMORY", "STATS"])?).await?;
    let Value::Map(stats) = stats else {
        return Err(Failure::unlike("", "a map", format!("{stats:?}")));
    };
    let names: Vec<String> = stats.iter().map(|(name, _)| format!("{name:?}").replace('"', "")).collect();
    same!(
        names.join(" "),
        "peak.allocated total.allocated startup.allocated replication.backlog clients.slaves clients.normal \
         cluster.links aof.buffer lua.caches functions.caches db.0 overhead.total keys.count keys.bytes-per-key \
         dataset.bytes dataset.percentage peak.percentage allocator.allocated allocator.active allocator.resident \
         allocator-fragmentation.ratio allocator-fragmentation.bytes allocator-rss.ratio allocator-rss.bytes \
         rss-overhead.ratio rss-overhead.bytes fragmentation fragmentation.bytes"
    );
    holds!(stats.contains(&("keys.count".into(), Value::Int(1))), "{stats:?}");
    Ok(())
}
