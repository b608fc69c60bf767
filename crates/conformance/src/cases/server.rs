//! TIME, and what COMMAND tells of single commands.

use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Command, ServerError, Value};

use crate::check::{Case, Done};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    cases![
        lookups_by_reading_commands_are_hits_or_misses,
        info_has_the_sections_and_fields_that_tools_read,
        wait_knows_of_no_replica_and_lolwut_tells_the_version,
        time_is_seconds_and_microseconds, command_finds_the_keys_of_a_call]
}

async fn time_is_seconds_and_microseconds(broker: AnyBroker) -> Done {
    let (seconds, micros) = broker.time().await?;
    holds!(seconds > 1_700_000_000 && micros < 1_000_000, "{seconds} {micros}");
    Ok(())
}

async fn command_finds_the_keys_of_a_call(broker: AnyBroker) -> Done {
    let keys = async |words: &'static str| {
        broker.execute(Command::from_argv(["COMMAND", "GETKEYS"].into_iter().chain(words.split(' ')))?).await
    };
    same!(keys("mset a 1 b 2").await, Ok(Value::from_iter(["a", "b"])));
    same!(keys("sintercard 2 a b limit 1").await, Ok(Value::from_iter(["a", "b"])));
    same!(keys("ping x").await, Err(ServerError::new("ERR The command has no key arguments").into()));
    Ok(())
}

async fn wait_knows_of_no_replica_and_lolwut_tells_the_version(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        WAIT 0 0 => 0
        WAIT -1 0 => 0
        WAIT a 0 => -ERR value is not an integer or out of range
        WAIT 0 a => -ERR timeout is not an integer or out of range
        WAIT 1 -1 => -ERR timeout is negative
        LOLWUT VERSION 9 => "Redis ver. 7.0.15\n"
        LOLWUT 5 => "Redis ver. 7.0.15\n"
        LOLWUT VERSION x => -ERR value is not an integer or out of range
        "#,
    )
    .await
}

async fn info_has_the_sections_and_fields_that_tools_read(broker: AnyBroker) -> Done {
    broker.set("a", 1).await?;
    let text = broker.info("everything").await?;
    let titles: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# ")).collect();
    let all = "Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats Latencystats Cluster \
               Keyspace";
    same!(titles, all.split(' ').collect::<Vec<_>>());
    for field in [
        "redis_version:7.0.15",
        "redis_mode:standalone",
        "run_id",
        "uptime_in_seconds",
        "connected_clients",
        "maxclients:10000",
        "used_memory",
        "used_memory_human",
        "maxmemory_policy:noeviction",
        "loading:0",
        "total_commands_processed",
        "expired_keys:0",
        "instantaneous_ops_per_sec",
        "keyspace_hits",
        "mem_fragmentation_ratio",
        "rdb_last_save_time",
        "pubsub_channels:0",
        "role:master",
        "used_cpu_sys",
        "cluster_enabled:0",
        "db0:keys=1,expires=0,avg_ttl=0",
    ] {
        let is_there = text.lines().any(|line| line == field || line.starts_with(&format!("{field}:")));
        holds!(is_there, "{field} in:\n{text}");
    }
    Ok(())
}

async fn lookups_by_reading_commands_are_hits_or_misses(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        SET a 1 => +OK
        HSET h f 1 => 1
        CONFIG RESETSTAT => +OK
        GET a => "1"
        MGET a b a => ["1", null, "1"]
        HGET h none => null
        EXISTS a b => 1
        STRLEN none => 0
        INCR a => 2
        "#,
    )
    .await?;
    let text = broker.info("stats").await?;
    let told: Vec<&str> = text.lines().filter(|line| line.starts_with("keyspace_")).collect();
    same!(told, ["keyspace_hits:5", "keyspace_misses:3"]);
    Ok(())
}
