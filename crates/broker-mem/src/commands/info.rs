//! INFO: what monitors, clients and people read of a server. A field that an in-memory broker has nothing to tell of,
//! such as replication, says so in Redis's way; one that would be made up is left out.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};
use std::time::{Duration, SystemTime};

use embroker_core::instance::config::Parameter;
use embroker_core::instance::{CommandStats, Counter, Stats};
use embroker_core::{REDIS_VERSION, Value};

use super::memory::Sizes;
use crate::args::Args;
use crate::keyspace::Tx;
use crate::{Reply, process};

/// A section: its name as words ask for it, its title, and what writes its fields.
struct Section {
    name: &'static str,
    title: &'static str,
    write: fn(&mut Tx<'_>, &mut Fields),
}

const SECTIONS: [Section; 13] = [
    Section { name: "server", title: "Server", write: server },
    Section { name: "clients", title: "Clients", write: clients },
    Section { name: "memory", title: "Memory", write: memory },
    Section { name: "persistence", title: "Persistence", write: persistence },
    Section { name: "stats", title: "Stats", write: stats },
    Section { name: "replication", title: "Replication", write: replication },
    Section { name: "cpu", title: "CPU", write: cpu },
    Section { name: "modules", title: "Modules", write: |_, _| {} },
    Section { name: "commandstats", title: "Commandstats", write: commandstats },
    Section { name: "errorstats", title: "Errorstats", write: errorstats },
    Section { name: "latencystats", title: "Latencystats", write: latencystats },
    Section { name: "cluster", title: "Cluster", write: |_, fields| fields.add("cluster_enabled", 0) },
    Section { name: "keyspace", title: "Keyspace", write: keyspace },
];

/// `INFO [section …]`: the sections asked for, each once, in Redis's order.
pub(super) fn info(tx: &mut Tx<'_>, args: &Args<'_>) -> Reply {
    let asked: Vec<String> = args.from(0).map(|word| String::from_utf8_lossy(word).to_ascii_lowercase()).collect();
    let is_asked = |section: &&Section| {
        let default = !matches!(section.name, "commandstats" | "latencystats");
        asked.is_empty() && default
            || asked.iter().any(|word| match word.as_str() {
                "everything" => true,
                "all" => section.name != "modules",
                "default" => default,
                word => word == section.name,
            })
    };
    let mut text = String::new();
    for section in SECTIONS.iter().filter(is_asked) {
        let mut fields = Fields(String::new());
        (section.write)(tx, &mut fields);
        if !text.is_empty() {
            text.push_str("\r\n");
        }
        // Writing to a string does not fail.
        let _ = write!(text, "# {}\r\n{}", section.title, fields.0);
    }
    Ok(Value::verbatim(text))
}

/// The lines of one section.
struct Fields(String);

impl Fields {
    fn add(&mut self, name: &str, value: impl Display) {
        let _ = write!(self.0, "{name}:{value}\r\n");
    }

    fn all(&mut self, fields: &[(&str, &dyn Display)]) {
        for (name, value) in fields {
            self.add(name, value);
        }
    }

    /// A size in bytes, and once more as people read it.
    fn size(&mut self, name: &str, bytes: u64) {
        self.add(name, bytes);
        self.add(&format!("{name}_human"), human(bytes));
    }
}

fn server(tx: &mut Tx<'_>, fields: &mut Fields) {
    let engine = tx.engine();
    let uptime = engine.instance.stats().started.elapsed().as_secs();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    fields.all(&[
        ("redis_version", &REDIS_VERSION),
        ("redis_git_sha1", &"00000000"),
        ("redis_git_dirty", &0),
        ("redis_build_id", &0),
        ("redis_mode", &"standalone"),
        ("embroker_version", &env!("CARGO_PKG_VERSION")),
        ("os", &format_args!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("arch_bits", &usize::BITS),
        ("process_id", &std::process::id()),
        ("process_supervised", &"no"),
        ("run_id", &engine.run_id()),
        ("tcp_port", &engine.instance.config().number(Parameter::Port)),
        ("server_time_usec", &now.as_micros()),
        ("uptime_in_seconds", &uptime),
        ("uptime_in_days", &(uptime / (24 * 60 * 60))),
        ("hz", &engine.instance.config().number(Parameter::Hz)),
        ("configured_hz", &engine.instance.config().number(Parameter::Hz)),
        ("executable", &std::env::current_exe().unwrap_or_default().display()),
        ("config_file", &""),
        ("io_threads_active", &0),
    ]);
}

fn clients(tx: &mut Tx<'_>, fields: &mut Fields) {
    let instance = &tx.engine().instance;
    fields.all(&[
        ("connected_clients", &instance.stats().connected_clients.get()),
        ("cluster_connections", &0),
        ("maxclients", &instance.config().number(Parameter::MaxClients)),
        ("blocked_clients", &0),
        ("tracking_clients", &0),
        ("clients_in_timeout_table", &0),
    ]);
}

/// What the data takes, which is what `maxmemory` bounds. Only `used_memory_rss` is the whole process's, as the system
/// tells it: in a library that of the program that the broker is part of.
fn memory(tx: &mut Tx<'_>, fields: &mut Fields) {
    let config = tx.engine().instance.config();
    let Sizes { startup, dataset, total, peak } = Sizes::of(tx);
    fields.size("used_memory", total);
    if let Some(resident) = process::resident_memory() {
        fields.size("used_memory_rss", resident);
        fields.add("mem_fragmentation_ratio", format_args!("{:.2}", resident as f64 / total as f64));
    }
    fields.size("used_memory_peak", peak);
    fields.add("used_memory_peak_perc", format_args!("{:.2}%", total as f64 / peak as f64 * 100.0));
    fields.all(&[("used_memory_overhead", &startup), ("used_memory_startup", &startup)]);
    fields.add("used_memory_dataset", dataset);
    fields.add("used_memory_dataset_perc", if dataset > 0 { "100.00%" } else { "0.00%" });
    if let Some(total) = process::system_memory() {
        fields.size("total_system_memory", total);
    }
    fields.all(&[("number_of_cached_scripts", &0), ("number_of_functions", &0), ("number_of_libraries", &0)]);
    fields.size("maxmemory", config.number(Parameter::MaxMemory).unsigned_abs());
    fields.add("maxmemory_policy", config.choice(Parameter::MaxMemoryPolicy));
    fields.all(&[("active_defrag_running", &0), ("lazyfree_pending_objects", &0), ("lazyfreed_objects", &0)]);
}

/// Nothing is kept on disk, and nothing was lost in doing so.
fn persistence(tx: &mut Tx<'_>, fields: &mut Fields) {
    fields.all(&[
        ("loading", &0),
        ("async_loading", &0),
        ("rdb_bgsave_in_progress", &0),
        ("rdb_last_save_time", &(tx.engine().began_ms() / 1000)),
        ("rdb_last_bgsave_status", &"ok"),
        ("rdb_last_bgsave_time_sec", &-1),
        ("rdb_current_bgsave_time_sec", &-1),
        ("rdb_saves", &0),
        ("aof_enabled", &0),
        ("aof_rewrite_in_progress", &0),
        ("aof_rewrite_scheduled", &0),
        ("aof_last_rewrite_time_sec", &-1),
        ("aof_current_rewrite_time_sec", &-1),
        ("aof_last_bgrewrite_status", &"ok"),
        ("aof_last_write_status", &"ok"),
        ("module_fork_in_progress", &0),
    ]);
}

fn stats(tx: &mut Tx<'_>, fields: &mut Fields) {
    let Stats { connections_received, rejected_connections, commands_processed, bytes_received, .. } =
        tx.engine().instance.stats();
    let Stats { bytes_sent, expired_keys, evicted_keys, errors, .. } = tx.engine().instance.stats();
    let lookups = tx.engine().lookups();
    let rates = tx.engine().instance.stats().rates();
    let messages = tx.messages();
    let channels = [messages.channels.len(), messages.patterns.len(), messages.shard_channels.len()];
    fields.all(&[
        ("total_connections_received", &connections_received.get()),
        ("total_commands_processed", &commands_processed.get()),
        ("instantaneous_ops_per_sec", &rates.commands.round()),
        ("total_net_input_bytes", &bytes_received.get()),
        ("total_net_output_bytes", &bytes_sent.get()),
        ("instantaneous_input_kbps", &format_args!("{:.2}", rates.bytes_received / 1024.0)),
        ("instantaneous_output_kbps", &format_args!("{:.2}", rates.bytes_sent / 1024.0)),
        ("rejected_connections", &rejected_connections.get()),
        ("sync_full", &0),
        ("sync_partial_ok", &0),
        ("sync_partial_err", &0),
        ("expired_keys", &expired_keys.get()),
        ("evicted_keys", &evicted_keys.get()),
        ("keyspace_hits", &lookups.hits),
        ("keyspace_misses", &lookups.misses),
        ("pubsub_channels", &channels[0]),
        ("pubsub_patterns", &channels[1]),
        ("pubsubshard_channels", &channels[2]),
        ("latest_fork_usec", &0),
        ("total_forks", &0),
        ("tracking_total_keys", &0),
        ("unexpected_error_replies", &0),
        ("total_error_replies", &errors.get()),
    ]);
}

fn replication(_: &mut Tx<'_>, fields: &mut Fields) {
    fields.all(&[
        ("role", &"master"),
        ("connected_slaves", &0),
        ("master_failover_state", &"no-failover"),
        ("master_repl_offset", &0),
        ("second_repl_offset", &-1),
        ("repl_backlog_active", &0),
        ("repl_backlog_histlen", &0),
    ]);
}

fn cpu(_: &mut Tx<'_>, fields: &mut Fields) {
    if let Some(times) = process::cpu_times() {
        fields.add("used_cpu_sys", format_args!("{:.6}", times.system.as_secs_f64()));
        fields.add("used_cpu_user", format_args!("{:.6}", times.user.as_secs_f64()));
    }
}

/// The commands that ran for clients, by name.
fn commands(tx: &Tx<'_>) -> BTreeMap<&'static str, std::sync::Arc<CommandStats>> {
    let counted = tx.engine().instance.stats().commands().into_iter();
    counted.map(|(id, stats)| (id.spec().name, stats)).collect()
}

fn commandstats(tx: &mut Tx<'_>, fields: &mut Fields) {
    for (name, stats) in commands(tx) {
        let (calls, time) = (stats.calls.get(), stats.microseconds.get());
        let (rejected, failed) = (stats.rejected.get(), stats.failed.get());
        if calls + rejected + failed > 0 {
            let each = if calls > 0 { time as f64 / calls as f64 } else { 0.0 };
            fields.add(
                &format!("cmdstat_{name}"),
                format_args!(
                    "calls={calls},usec={time},usec_per_call={each:.2},rejected_calls={rejected},failed_calls={failed}"
                ),
            );
        }
    }
}

fn errorstats(tx: &mut Tx<'_>, fields: &mut Fields) {
    for (code, count) in tx.engine().instance.stats().errors_by_code() {
        fields.add(&format!("errorstat_{code}"), format_args!("count={count}"));
    }
}

/// How long calls took. Times are counted in powers of two, so a percentile is the upper end of one.
fn latencystats(tx: &mut Tx<'_>, fields: &mut Fields) {
    let config = tx.engine().instance.config();
    if !config.flag(Parameter::LatencyTracking) {
        return;
    }
    let wanted = config.text(Parameter::LatencyTrackingInfoPercentiles);
    let wanted: Vec<&str> = std::str::from_utf8(&wanted).unwrap_or_default().split_whitespace().collect();
    for (name, stats) in commands(tx) {
        let calls: u64 = stats.latency.iter().map(Counter::get).sum();
        if calls == 0 {
            continue;
        }
        let told = wanted.iter().filter_map(|wanted| {
            let rank = (wanted.parse::<f64>().ok()? / 100.0 * calls as f64).ceil() as u64;
            let mut below = 0;
            let bucket = stats.latency.iter().position(|bucket| {
                below += bucket.get();
                below >= rank.max(1)
            });
            Some(format!("p{wanted}={}.000", (1_u64 << bucket?) - 1))
        });
        fields.add(&format!("latency_percentiles_usec_{name}"), told.collect::<Vec<_>>().join(","));
    }
}

/// How many keys each database holds that holds any, how many of them have a deadline, and how far off those are.
fn keyspace(tx: &mut Tx<'_>, fields: &mut Fields) {
    for number in tx.databases() {
        let (keys, deadlines) = tx.within(number, |tx| (tx.len(), tx.deadlines()));
        if keys > 0 {
            let (expires, ttl) = (deadlines.count, deadlines.average_ttl);
            fields.add(&format!("db{number}"), format_args!("keys={keys},expires={expires},avg_ttl={ttl}"));
        }
    }
}

/// A size as Redis shows it to people: `1.50M`.
fn human(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["K", "M", "G", "T", "P"];

    if bytes < 1024 {
        return format!("{bytes}B");
    }
    let unit = ((bytes.ilog2() / 10) as usize).min(UNITS.len());
    format!("{:.2}{}", bytes as f64 / (1_u64 << (10 * unit)) as f64, UNITS[unit - 1])
}

#[cfg(test)]
mod tests {
    use embroker_core::Command;

    use super::*;
    use crate::MemBroker;

    fn told(broker: &MemBroker, line: &str) -> String {
        let reply = broker.call(&Command::from_argv(line.split(' ')).unwrap()).unwrap();
        String::from_utf8(reply.as_bytes().unwrap().to_vec()).unwrap()
    }

    fn titles(text: &str) -> Vec<&str> {
        text.lines().filter_map(|line| line.strip_prefix("# ")).collect()
    }

    #[test]
    fn sections_come_once_in_one_order_however_they_are_asked_for() {
        let broker = MemBroker::new();
        assert_eq!(titles(&told(&broker, "INFO Keyspace server SERVER foo")), ["Server", "Keyspace"]);
        assert_eq!(told(&broker, "INFO foo"), "");
        assert_eq!(told(&broker, "INFO cluster modules"), "# Modules\r\n\r\n# Cluster\r\ncluster_enabled:0\r\n");
        assert_eq!(titles(&told(&broker, "INFO")).len(), 11);
        assert_eq!(titles(&told(&broker, "INFO all")).len(), 12);
        assert_eq!(titles(&told(&broker, "INFO everything")).len(), 13);
    }

    #[test]
    fn the_keyspace_counts_keys_and_deadlines_of_each_database() {
        let broker = MemBroker::new();
        broker.call(&Command::from_argv(["SET", "a", "1"]).unwrap()).unwrap();
        broker.database(3).unwrap().call(&Command::from_argv(["SET", "b", "1", "EX", "100"]).unwrap()).unwrap();
        let text = told(&broker, "INFO keyspace");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["# Keyspace", "db0:keys=1,expires=0,avg_ttl=0"]);
        let ttl: u64 = lines[2].strip_prefix("db3:keys=1,expires=1,avg_ttl=").unwrap().parse().unwrap();
        assert!((99_000..=100_000).contains(&ttl), "{ttl}");
    }

    #[test]
    fn sizes_are_shown_as_people_read_them() {
        let shown = [0, 1023, 1024, 1536, 1 << 20, 3 << 30].map(human);
        assert_eq!(shown, ["0B", "1023B", "1.00K", "1.50K", "1.00M", "3.00G"]);
    }
}
