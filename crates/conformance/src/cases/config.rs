//! CONFIG: what CONFIG GET shows, and what CONFIG SET takes and refuses.

use embroker_core::AnyBroker;
use embroker_core::prelude::*;

use crate::check::{Case, Done, Needs};
use crate::transcript::transcript;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = cases![
        get_answers_what_matches_any_pattern,
        an_older_name_is_the_same_parameter,
        set_shows_a_value_in_one_form,
        set_refuses_with_a_reason,
        several_parameters_are_set_all_or_none,
        events_show_in_one_order,
        buffer_limits_are_set_class_by_class,
        hidden_parameters_are_found_by_name,
        what_test_suites_set_at_their_start_is_accepted,
        help_tells_the_subcommands,
        typed_calls_read_and_set,
    ];
    let rewrites = cases![there_is_no_file_to_rewrite].into_iter();
    cases.extend(rewrites.map(|case| Case { needs: Needs::NoConfigFile, ..case }));
    cases
}

async fn get_answers_what_matches_any_pattern(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        CONFIG GET maxmemory => {"maxmemory": "0"}
        CONFIG GET MaxMemory TIMEOUT timeout => {"MaxMemory": "0", "TIMEOUT": "0"}
        CONFIG GET set-max-int* *-Listpack-Value => {"hash-max-listpack-value": "64", "set-max-intset-entries": "512", "zset-max-listpack-value": "64"}
        CONFIG GET [t]imeou? h[a-z] => {"hz": "10", "timeout": "0"}
        CONFIG GET "tim*\x00x" => {"timeout": "0"}
        CONFIG GET tim\eout "" nope no*pe => {}
        CONFIG GET => -ERR wrong number of arguments for 'config|get' command
        CONFIG => -ERR wrong number of arguments for 'config' command
        CONFIG FOO => -ERR unknown subcommand 'FOO'. Try CONFIG HELP.
        "#,
    )
    .await
}

async fn an_older_name_is_the_same_parameter(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        CONFIG SET hash-max-ziplist-entries 7 => +OK
        CONFIG GET hash-max-*-entries => {"hash-max-listpack-entries": "7", "hash-max-ziplist-entries": "7"}
        CONFIG SET slave-priority x => -ERR CONFIG SET failed (possibly related to argument 'slave-priority') - argument couldn't be parsed into an integer
        CONFIG SET hash-max-listpack-entries 8 hash-max-ziplist-entries 9 => +OK
        CONFIG GET hash-max-listpack-entries => {"hash-max-listpack-entries": "9"}
        "#,
    )
    .await
}

async fn set_shows_a_value_in_one_form(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        CONFIG SET maxmemory 100MB maxmemory-policy ALLKEYS-LRU dynamic-hz NO => +OK
        CONFIG GET maxmemory maxmemory-policy dynamic-hz => {"dynamic-hz": "no", "maxmemory": "104857600", "maxmemory-policy": "allkeys-lru"}
        CONFIG SET maxmemory 3k => +OK
        CONFIG GET maxmemory => {"maxmemory": "3000"}
        CONFIG SET maxmemory 0 hz 1000 => +OK
        CONFIG GET hz => {"hz": "500"}
        CONFIG SET shutdown-on-sigint "force save" => +OK
        CONFIG GET shutdown-on-sigint => {"shutdown-on-sigint": "save force"}
        CONFIG SET latency-tracking-info-percentiles "50.0 99.99999999" => +OK
        CONFIG GET latency-tracking-info-percentiles => {"latency-tracking-info-percentiles": "50 100"}
        CONFIG SET save "" => +OK
        CONFIG GET save => {"save": ""}
        "#,
    )
    .await
}

async fn set_refuses_with_a_reason(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        CONFIG SET timeout -1 => -ERR CONFIG SET failed (possibly related to argument 'timeout') - argument must be between 0 and 2147483647 inclusive
        CONFIG SET timeout 1s => -ERR CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer
        CONFIG SET MAXMEMORY 1.5gb => -ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value
        CONFIG SET maxmemory-clients 101% => -ERR CONFIG SET failed (possibly related to argument 'maxmemory-clients') - percentage argument must be less or equal to 100
        CONFIG SET lazyfree-lazy-expire maybe => -ERR CONFIG SET failed (possibly related to argument 'lazyfree-lazy-expire') - argument must be 'yes' or 'no'
        CONFIG SET loglevel loud => -ERR CONFIG SET failed (possibly related to argument 'loglevel') - argument(s) must be one of the following: debug, verbose, notice, warning
        CONFIG SET save 1 => -ERR CONFIG SET failed (possibly related to argument 'save') - Invalid save parameters
        CONFIG SET notify-keyspace-events ? => -ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event class character. Use 'Ag$lshzxeKEtmdn'.
        CONFIG SET Databases 5 => -ERR CONFIG SET failed (possibly related to argument 'Databases') - can't set immutable config
        CONFIG SET dir /tmp => -ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config
        CONFIG SET "no\x00pe" 1 => -ERR Unknown option or number of arguments for CONFIG SET - 'no'
        CONFIG SET timeout => -ERR wrong number of arguments for 'config|set' command
        CONFIG SET timeout 1 hz => -ERR syntax error
        "#,
    )
    .await
}

async fn several_parameters_are_set_all_or_none(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        CONFIG SET timeout 5 slowlog-max-len 6 => +OK
        CONFIG SET timeout 7 slowlog-max-len x => -ERR CONFIG SET failed (possibly related to argument 'slowlog-max-len') - argument couldn't be parsed into an integer
        CONFIG SET timeout 7 databases 8 nope 9 => -ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config
        CONFIG SET timeout 7 nope 9 databases 8 => -ERR Unknown option or number of arguments for CONFIG SET - 'nope'
        CONFIG SET timeout 7 TimeOut 8 => -ERR CONFIG SET failed (possibly related to argument 'TimeOut') - duplicate parameter
        CONFIG GET timeout slowlog-max-len => {"slowlog-max-len": "6", "timeout": "5"}
        "#,
    )
    .await
}

async fn events_show_in_one_order(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        CONFIG SET notify-keyspace-events KEA => +OK
        CONFIG GET notify-keyspace-events => {"notify-keyspace-events": "AKE"}
        CONFIG SET notify-keyspace-events EmnKx$ => +OK
        CONFIG GET notify-keyspace-events => {"notify-keyspace-events": "$xnKEm"}
        CONFIG SET notify-keyspace-events "" => +OK
        CONFIG GET notify-keyspace-events => {"notify-keyspace-events": ""}
        "#,
    )
    .await
}

async fn buffer_limits_are_set_class_by_class(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        CONFIG GET client-output-buffer-limit => {"client-output-buffer-limit": "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"}
        CONFIG SET client-output-buffer-limit "pubsub 64mb 1m 5 replica 1gb 0 0" => +OK
        CONFIG GET client-output-buffer-limit => {"client-output-buffer-limit": "normal 0 0 0 slave 1073741824 0 0 pubsub 67108864 1000000 5"}
        CONFIG SET client-output-buffer-limit "master 0 0 0" => -ERR CONFIG SET failed (possibly related to argument 'client-output-buffer-limit') - Invalid client class specified in buffer limit configuration.
        CONFIG SET client-output-buffer-limit "normal 0 0 -1" => -ERR CONFIG SET failed (possibly related to argument 'client-output-buffer-limit') - Error in hard, soft or soft_seconds setting in buffer limit configuration.
        CONFIG SET client-output-buffer-limit "normal 0 0" => -ERR CONFIG SET failed (possibly related to argument 'client-output-buffer-limit') - Wrong number of arguments in buffer limit configuration.
        "#,
    )
    .await
}

async fn hidden_parameters_are_found_by_name(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        CONFIG GET *load-delay* => {}
        CONFIG GET key-load-delay => {"key-load-delay": "0"}
        CONFIG SET loading-process-events-interval-bytes 1 => -ERR CONFIG SET failed (possibly related to argument 'loading-process-events-interval-bytes') - argument must be between 1024 and 2147483647 inclusive
        "#,
    )
    .await
}

async fn what_test_suites_set_at_their_start_is_accepted(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        CONFIG SET appendonly no => +OK
        CONFIG SET save "" stop-writes-on-bgsave-error no => +OK
        CONFIG SET notify-keyspace-events KEA slowlog-log-slower-than -1 => +OK
        CONFIG SET latency-monitor-threshold 100 list-max-ziplist-size -2 => +OK
        CONFIG SET client-query-buffer-limit 1gb proto-max-bulk-len 512mb => +OK
        CONFIG RESETSTAT => +OK
        "#,
    )
    .await
}

async fn there_is_no_file_to_rewrite(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        CONFIG REWRITE => -ERR The server is running without a config file
        CONFIG REWRITE now => -ERR wrong number of arguments for 'config|rewrite' command
        CONFIG RESETSTAT now => -ERR wrong number of arguments for 'config|resetstat' command
        "#,
    )
    .await
}

async fn help_tells_the_subcommands(broker: AnyBroker) -> Done {
    transcript(
        &broker,
        r#"
        CONFIG HELP => [+CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:, +GET <pattern>, +    Return parameters matching the glob-like <pattern> and their values., +SET <directive> <value>, +    Set the configuration <directive> to <value>., +RESETSTAT, +    Reset statistics reported by the INFO command., +REWRITE, +    Rewrite the configuration file., +HELP, +    Prints this help.]
        CONFIG HELP me => -ERR wrong number of arguments for 'config|help' command
        "#,
    )
    .await
}

async fn typed_calls_read_and_set(broker: AnyBroker) -> Done {
    broker.config_set("slowlog-max-len", 10).await?;
    broker.config_resetstat().await?;
    let found = broker.config_get("slowlog-*").await?;
    same!((found.len(), found.get("slowlog-max-len").map(|value| &value[..])), (2, Some(&b"10"[..])));
    Ok(())
}
