//! The table of parameters: every one that Redis 7.0.15 knows, a row each.
//!
//! A row has the name, an older name where there is one, the value as CONFIG GET shows it on a server that nobody
//! configured, the kind of value with its bounds, and who may set it when. All measured on the real server, but for
//! `port` and `save`: nothing listens and nothing is saved here unless somebody says so.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::kind::Kind::{
    self, Backlog, Bind, Bytes, Choice, Directory, DirectoryName, Events, FileName, Hertz, Hostname, Integer, Memory,
    MemoryOrPercent, Octal, OomScores, Options, OutputLimits, Percentiles, Save, Text, Title, YesNo,
};

const INT: i64 = i32::MAX as i64;
const UINT: i64 = u32::MAX as i64;
const MAX: i64 = i64::MAX;
const MOST: u64 = i64::MAX as u64;

const BUFFER_LIMITS: &str = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";
const EVICTION: [&str; 8] = [
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "noeviction",
];
const FACILITIES: [&str; 9] = ["user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"];
const PROTECTION: [&str; 3] = ["no", "yes", "local"];
const SHUTDOWN: [&str; 5] = ["default", "save", "nosave", "now", "force"];

/// When a parameter can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// At any time.
    Live,
    /// Before the start, not by CONFIG SET.
    Immutable,
    /// By CONFIG SET only where `enable-protected-configs` says so.
    Protected,
}

/// One row of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    /// An older name. CONFIG GET shows both.
    pub(super) alias: Option<&'static str>,
    /// The value where nobody set one, as CONFIG GET shows it.
    pub(super) default: &'static str,
    pub(super) kind: Kind,
    pub(super) access: Access,
    /// Shown by CONFIG GET to those who ask for it by its whole name, and not by a pattern.
    pub(super) hidden: bool,
}

/// Declares the parameters: an enum with a variant for each row, and the rows.
macro_rules! parameters {
    ($(#[$doc:meta])* $enum:ident {
        $( $id:ident $name:literal $(| $alias:literal)? = $default:expr, $kind:expr, $access:ident $($hidden:ident)?; )*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        #[allow(missing_docs)]
        pub enum $enum { $(
            #[doc = concat!("`", $name, "`", $(", formerly `", $alias, "`",)? ".")]
            $id,
        )* }

        impl $enum {
            /// How many parameters there are.
            pub(super) const COUNT: usize = Self::ALL.len();
            /// Every parameter, in the order of their names.
            pub const ALL: &'static [Self] = &[$(Self::$id),*];

            const ROWS: &'static [Row] = &[ $(
                Row {
                    name: $name,
                    alias: alias!($($alias)?),
                    default: $default,
                    kind: $kind,
                    access: Access::$access,
                    hidden: hidden!($($hidden)?),
                },
            )* ];
        }
    };
}

macro_rules! alias {
    () => {
        None
    };
    ($alias:literal) => {
        Some($alias)
    };
}

macro_rules! hidden {
    () => {
        false
    };
    (Hidden) => {
        true
    };
}

#[rustfmt::skip]
parameters! {
    /// A parameter of redis.conf and CONFIG.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::Parameter;
    ///
    /// assert_eq!(Parameter::MaxClients.name(), "maxclients");
    /// assert_eq!(Parameter::find(b"HASH-max-ziplist-entries"), Some(Parameter::HashMaxListpackEntries));
    /// ```
    Parameter {
        AclPubSubDefault "acl-pubsub-default" = "resetchannels", Choice(&["allchannels", "resetchannels"]), Live;
        AclFile "aclfile" = "", Text, Immutable;
        AclLogMaxLen "acllog-max-len" = "128", Integer(0, MAX), Live;
        ActiveDefragCycleMax "active-defrag-cycle-max" = "25", Integer(1, 99), Live;
        ActiveDefragCycleMin "active-defrag-cycle-min" = "1", Integer(1, 99), Live;
        ActiveDefragIgnoreBytes "active-defrag-ignore-bytes" = "104857600", Memory(1, MOST), Live;
        ActiveDefragMaxScanFields "active-defrag-max-scan-fields" = "1000", Integer(1, MAX), Live;
        ActiveDefragThresholdLower "active-defrag-threshold-lower" = "10", Integer(0, 1_000), Live;
        ActiveDefragThresholdUpper "active-defrag-threshold-upper" = "100", Integer(0, 1_000), Live;
        ActiveExpireEffort "active-expire-effort" = "1", Integer(1, 10), Live;
        ActiveDefrag "activedefrag" = "no", YesNo, Live;
        ActiveRehashing "activerehashing" = "yes", YesNo, Live;
        AlwaysShowLogo "always-show-logo" = "no", YesNo, Immutable;
        AofDisableAutoGc "aof-disable-auto-gc" = "no", YesNo, Live;
        AofLoadTruncated "aof-load-truncated" = "yes", YesNo, Live;
        AofRewriteIncrementalFsync "aof-rewrite-incremental-fsync" = "yes", YesNo, Live;
        AofTimestampEnabled "aof-timestamp-enabled" = "no", YesNo, Live;
        AofUseRdbPreamble "aof-use-rdb-preamble" = "yes", YesNo, Live;
        AofRewriteCpuList "aof_rewrite_cpulist" = "", Text, Immutable;
        AppendDirName "appenddirname" = "appendonlydir", DirectoryName, Immutable;
        AppendFilename "appendfilename" = "appendonly.aof", FileName, Immutable;
        AppendFsync "appendfsync" = "everysec", Choice(&["everysec", "always", "no"]), Live;
        AppendOnly "appendonly" = "no", YesNo, Live;
        AutoAofRewriteMinSize "auto-aof-rewrite-min-size" = "67108864", Memory(0, MOST), Live;
        AutoAofRewritePercentage "auto-aof-rewrite-percentage" = "100", Integer(0, INT), Live;
        BgsaveCpuList "bgsave_cpulist" = "", Text, Immutable;
        Bind "bind" = "* -::*", Bind, Live;
        BindSourceAddr "bind-source-addr" = "", Text, Live;
        BioCpuList "bio_cpulist" = "", Text, Immutable;
        BusyReplyThreshold "busy-reply-threshold" | "lua-time-limit" = "5000", Integer(0, MAX), Live;
        ClientOutputBufferLimit "client-output-buffer-limit" = BUFFER_LIMITS, OutputLimits, Live;
        ClientQueryBufferLimit "client-query-buffer-limit" = "1073741824", Memory(1_048_576, MOST), Live;
        ClusterAllowPubSubShardWhenDown "cluster-allow-pubsubshard-when-down" = "yes", YesNo, Live;
        ClusterAllowReadsWhenDown "cluster-allow-reads-when-down" = "no", YesNo, Live;
        ClusterAllowReplicaMigration "cluster-allow-replica-migration" = "yes", YesNo, Live;
        ClusterAnnounceBusPort "cluster-announce-bus-port" = "0", Integer(0, 65_535), Live;
        ClusterAnnounceHostname "cluster-announce-hostname" = "", Hostname, Live;
        ClusterAnnounceIp "cluster-announce-ip" = "", Text, Live;
        ClusterAnnouncePort "cluster-announce-port" = "0", Integer(0, 65_535), Live;
        ClusterAnnounceTlsPort "cluster-announce-tls-port" = "0", Integer(0, 65_535), Live;
        ClusterConfigFile "cluster-config-file" = "nodes.conf", Text, Immutable;
        ClusterEnabled "cluster-enabled" = "no", YesNo, Immutable;
        ClusterLinkSendbufLimit "cluster-link-sendbuf-limit" = "0", Memory(0, u64::MAX), Live;
        ClusterMigrationBarrier "cluster-migration-barrier" = "1", Integer(0, INT), Live;
        ClusterNodeTimeout "cluster-node-timeout" = "15000", Integer(0, MAX), Live;
        ClusterPort "cluster-port" = "0", Integer(0, 65_535), Immutable;
        ClusterPreferredEndpointType "cluster-preferred-endpoint-type" = "ip", Choice(&["ip", "hostname", "unknown-endpoint"]), Live;
        ClusterReplicaNoFailover "cluster-replica-no-failover" | "cluster-slave-no-failover" = "no", YesNo, Live;
        ClusterReplicaValidityFactor "cluster-replica-validity-factor" | "cluster-slave-validity-factor" = "10", Integer(0, INT), Live;
        ClusterRequireFullCoverage "cluster-require-full-coverage" = "yes", YesNo, Live;
        CrashLogEnabled "crash-log-enabled" = "yes", YesNo, Live;
        CrashMemcheckEnabled "crash-memcheck-enabled" = "yes", YesNo, Live;
        Daemonize "daemonize" = "no", YesNo, Immutable;
        Databases "databases" = "16", Integer(1, INT), Immutable;
        DbFilename "dbfilename" = "dump.rdb", FileName, Protected;
        Dir "dir" = "", Directory, Protected;
        DisableThp "disable-thp" = "yes", YesNo, Immutable;
        DynamicHz "dynamic-hz" = "yes", YesNo, Live;
        EnableDebugCommand "enable-debug-command" = "no", Choice(&PROTECTION), Immutable;
        EnableModuleCommand "enable-module-command" = "no", Choice(&PROTECTION), Immutable;
        EnableProtectedConfigs "enable-protected-configs" = "no", Choice(&PROTECTION), Immutable;
        HashMaxListpackEntries "hash-max-listpack-entries" | "hash-max-ziplist-entries" = "512", Integer(0, MAX), Live;
        HashMaxListpackValue "hash-max-listpack-value" | "hash-max-ziplist-value" = "64", Memory(0, MOST), Live;
        HllSparseMaxBytes "hll-sparse-max-bytes" = "3000", Memory(0, MOST), Live;
        Hz "hz" = "10", Hertz, Live;
        IgnoreWarnings "ignore-warnings" = "", Text, Live;
        IoThreads "io-threads" = "1", Integer(1, 128), Immutable;
        IoThreadsDoReads "io-threads-do-reads" = "no", YesNo, Immutable;
        JemallocBgThread "jemalloc-bg-thread" = "yes", YesNo, Live;
        KeyLoadDelay "key-load-delay" = "0", Integer(-INT - 1, INT), Live Hidden;
        LatencyMonitorThreshold "latency-monitor-threshold" = "0", Integer(0, MAX), Live;
        LatencyTracking "latency-tracking" = "yes", YesNo, Live;
        LatencyTrackingInfoPercentiles "latency-tracking-info-percentiles" = "50 99 99.9", Percentiles, Live;
        LazyFreeLazyEviction "lazyfree-lazy-eviction" = "no", YesNo, Live;
        LazyFreeLazyExpire "lazyfree-lazy-expire" = "no", YesNo, Live;
        LazyFreeLazyServerDel "lazyfree-lazy-server-del" = "no", YesNo, Live;
        LazyFreeLazyUserDel "lazyfree-lazy-user-del" = "no", YesNo, Live;
        LazyFreeLazyUserFlush "lazyfree-lazy-user-flush" = "no", YesNo, Live;
        LfuDecayTime "lfu-decay-time" = "1", Integer(0, INT), Live;
        LfuLogFactor "lfu-log-factor" = "10", Integer(0, INT), Live;
        ListCompressDepth "list-compress-depth" = "0", Integer(0, INT), Live;
        ListMaxListpackSize "list-max-listpack-size" | "list-max-ziplist-size" = "-2", Integer(-INT - 1, INT), Live;
        LoadingProcessEventsIntervalBytes "loading-process-events-interval-bytes" = "2097152", Integer(1_024, INT), Live Hidden;
        LogFile "logfile" = "", Text, Immutable;
        LogLevel "loglevel" = "notice", Choice(&["debug", "verbose", "notice", "warning"]), Live;
        LuaEnableDeprecatedApi "lua-enable-deprecated-api" = "no", YesNo, Immutable Hidden;
        MasterAuth "masterauth" = "", Bytes, Live;
        MasterUser "masteruser" = "", Text, Live;
        MaxClients "maxclients" = "10000", Integer(1, UINT), Live;
        MaxMemory "maxmemory" = "0", Memory(0, u64::MAX), Live;
        MaxMemoryClients "maxmemory-clients" = "0", MemoryOrPercent, Live;
        MaxMemoryEvictionTenacity "maxmemory-eviction-tenacity" = "10", Integer(0, 100), Live;
        MaxMemoryPolicy "maxmemory-policy" = "noeviction", Choice(&EVICTION), Live;
        MaxMemorySamples "maxmemory-samples" = "5", Integer(1, INT), Live;
        MinReplicasMaxLag "min-replicas-max-lag" | "min-slaves-max-lag" = "10", Integer(0, INT), Live;
        MinReplicasToWrite "min-replicas-to-write" | "min-slaves-to-write" = "0", Integer(0, INT), Live;
        NoAppendFsyncOnRewrite "no-appendfsync-on-rewrite" = "no", YesNo, Live;
        NotifyKeyspaceEvents "notify-keyspace-events" = "", Events, Live;
        OomScoreAdj "oom-score-adj" = "no", Choice(&["no", "yes", "relative", "absolute"]), Live;
        OomScoreAdjValues "oom-score-adj-values" = "0 200 800", OomScores, Live;
        PidFile "pidfile" = "", Text, Immutable;
        Port "port" = "0", Integer(0, 65_535), Live;
        ProcTitleTemplate "proc-title-template" = "{title} {listen-addr} {server-mode}", Title, Live;
        PropagationErrorBehavior "propagation-error-behavior" = "ignore", Choice(&["ignore", "panic", "panic-on-replicas"]), Live;
        ProtectedMode "protected-mode" = "yes", YesNo, Live;
        ProtoMaxBulkLen "proto-max-bulk-len" = "536870912", Memory(1_048_576, MOST), Live;
        RdbDelSyncFiles "rdb-del-sync-files" = "no", YesNo, Live;
        RdbKeySaveDelay "rdb-key-save-delay" = "0", Integer(-INT - 1, INT), Live Hidden;
        RdbSaveIncrementalFsync "rdb-save-incremental-fsync" = "yes", YesNo, Live;
        RdbChecksum "rdbchecksum" = "yes", YesNo, Immutable;
        RdbCompression "rdbcompression" = "yes", YesNo, Live;
        ReplBacklogSize "repl-backlog-size" = "1048576", Backlog, Live;
        ReplBacklogTtl "repl-backlog-ttl" = "3600", Integer(0, MAX), Live;
        ReplDisableTcpNodelay "repl-disable-tcp-nodelay" = "no", YesNo, Live;
        ReplDisklessLoad "repl-diskless-load" = "disabled", Choice(&["disabled", "on-empty-db", "swapdb"]), Live;
        ReplDisklessSync "repl-diskless-sync" = "yes", YesNo, Live;
        ReplDisklessSyncDelay "repl-diskless-sync-delay" = "5", Integer(0, INT), Live;
        ReplDisklessSyncMaxReplicas "repl-diskless-sync-max-replicas" = "0", Integer(0, INT), Live;
        ReplPingReplicaPeriod "repl-ping-replica-period" | "repl-ping-slave-period" = "10", Integer(1, INT), Live;
        ReplTimeout "repl-timeout" = "60", Integer(1, INT), Live;
        ReplicaAnnounceIp "replica-announce-ip" | "slave-announce-ip" = "", Text, Live;
        ReplicaAnnouncePort "replica-announce-port" | "slave-announce-port" = "0", Integer(0, 65_535), Live;
        ReplicaAnnounced "replica-announced" = "yes", YesNo, Live;
        ReplicaIgnoreDiskWriteErrors "replica-ignore-disk-write-errors" = "no", YesNo, Live;
        ReplicaIgnoreMaxMemory "replica-ignore-maxmemory" | "slave-ignore-maxmemory" = "yes", YesNo, Live;
        ReplicaLazyFlush "replica-lazy-flush" | "slave-lazy-flush" = "no", YesNo, Live;
        ReplicaPriority "replica-priority" | "slave-priority" = "100", Integer(0, INT), Live;
        ReplicaReadOnly "replica-read-only" | "slave-read-only" = "yes", YesNo, Live;
        ReplicaServeStaleData "replica-serve-stale-data" | "slave-serve-stale-data" = "yes", YesNo, Live;
        ReplicaOf "replicaof" | "slaveof" = "", Text, Immutable;
        RequirePass "requirepass" = "", Bytes, Live;
        SanitizeDumpPayload "sanitize-dump-payload" = "no", Choice(&["no", "yes", "clients"]), Live;
        Save "save" = "", Save, Live;
        ServerCpuList "server_cpulist" = "", Text, Immutable;
        SetMaxIntsetEntries "set-max-intset-entries" = "512", Integer(0, MAX), Live;
        SetProcTitle "set-proc-title" = "yes", YesNo, Immutable;
        ShutdownOnSigint "shutdown-on-sigint" = "default", Options(&SHUTDOWN), Live;
        ShutdownOnSigterm "shutdown-on-sigterm" = "default", Options(&SHUTDOWN), Live;
        ShutdownTimeout "shutdown-timeout" = "10", Integer(0, INT), Live;
        SlowlogLogSlowerThan "slowlog-log-slower-than" = "10000", Integer(-1, MAX), Live;
        SlowlogMaxLen "slowlog-max-len" = "128", Integer(0, MAX), Live;
        SocketMarkId "socket-mark-id" = "0", Integer(0, UINT), Immutable;
        StopWritesOnBgsaveError "stop-writes-on-bgsave-error" = "yes", YesNo, Live;
        StreamNodeMaxBytes "stream-node-max-bytes" = "4096", Memory(0, MOST), Live;
        StreamNodeMaxEntries "stream-node-max-entries" = "100", Integer(0, MAX), Live;
        Supervised "supervised" = "no", Choice(&["upstart", "systemd", "auto", "no"]), Immutable;
        SyslogEnabled "syslog-enabled" = "no", YesNo, Immutable;
        SyslogFacility "syslog-facility" = "local0", Choice(&FACILITIES), Immutable;
        SyslogIdent "syslog-ident" = "redis", Text, Immutable;
        TcpBacklog "tcp-backlog" = "511", Integer(0, INT), Immutable;
        TcpKeepalive "tcp-keepalive" = "300", Integer(0, INT), Live;
        Timeout "timeout" = "0", Integer(0, INT), Live;
        TlsAuthClients "tls-auth-clients" = "yes", Choice(&["no", "yes", "optional"]), Live;
        TlsCaCertDir "tls-ca-cert-dir" = "", Text, Live;
        TlsCaCertFile "tls-ca-cert-file" = "", Text, Live;
        TlsCertFile "tls-cert-file" = "", Text, Live;
        TlsCiphers "tls-ciphers" = "", Text, Live;
        TlsCiphersuites "tls-ciphersuites" = "", Text, Live;
        TlsClientCertFile "tls-client-cert-file" = "", Text, Live;
        TlsClientKeyFile "tls-client-key-file" = "", Text, Live;
        TlsClientKeyFilePass "tls-client-key-file-pass" = "", Text, Live;
        TlsCluster "tls-cluster" = "no", YesNo, Live;
        TlsDhParamsFile "tls-dh-params-file" = "", Text, Live;
        TlsKeyFile "tls-key-file" = "", Text, Live;
        TlsKeyFilePass "tls-key-file-pass" = "", Text, Live;
        TlsPort "tls-port" = "0", Integer(0, 65_535), Live;
        TlsPreferServerCiphers "tls-prefer-server-ciphers" = "no", YesNo, Live;
        TlsProtocols "tls-protocols" = "", Text, Live;
        TlsReplication "tls-replication" = "no", YesNo, Live;
        TlsSessionCacheSize "tls-session-cache-size" = "20480", Integer(0, INT), Live;
        TlsSessionCacheTimeout "tls-session-cache-timeout" = "300", Integer(0, INT), Live;
        TlsSessionCaching "tls-session-caching" = "yes", YesNo, Live;
        TrackingTableMaxKeys "tracking-table-max-keys" = "1000000", Integer(0, MAX), Live;
        UnixSocket "unixsocket" = "", Text, Immutable;
        UnixSocketPerm "unixsocketperm" = "0", Octal(0, 0o777), Immutable;
        UseExitOnPanic "use-exit-on-panic" = "no", YesNo, Live Hidden;
        WatchdogPeriod "watchdog-period" = "0", Integer(0, INT), Live Hidden;
        ZsetMaxListpackEntries "zset-max-listpack-entries" | "zset-max-ziplist-entries" = "128", Integer(0, MAX), Live;
        ZsetMaxListpackValue "zset-max-listpack-value" | "zset-max-ziplist-value" = "64", Memory(0, MOST), Live;
    }
}

impl Parameter {
    /// The name in redis.conf and CONFIG.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::Parameter;
    ///
    /// assert_eq!(Parameter::MaxMemory.name(), "maxmemory");
    /// ```
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The older name, where there is one: `hash-max-ziplist-entries` for `hash-max-listpack-entries`.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::Parameter;
    ///
    /// assert_eq!(Parameter::ZsetMaxListpackValue.alias(), Some("zset-max-ziplist-value"));
    /// assert_eq!(Parameter::MaxMemory.alias(), None);
    /// ```
    pub fn alias(self) -> Option<&'static str> {
        self.row().alias
    }

    /// The parameter of a name or an older name, in any case.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::Parameter;
    ///
    /// assert_eq!(Parameter::find(b"MaxMemory"), Some(Parameter::MaxMemory));
    /// assert_eq!(Parameter::find(b"zset-max-ziplist-value"), Some(Parameter::ZsetMaxListpackValue));
    /// ```
    pub fn find(name: &[u8]) -> Option<Self> {
        Entry::find(name).map(|entry| entry.parameter)
    }

    pub(super) const fn row(self) -> &'static Row {
        &Self::ROWS[self as usize]
    }
}

/// A name that CONFIG knows: to CONFIG, an older name is a parameter of its own with the same value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) parameter: Parameter,
}

impl Entry {
    /// Every name, in alphabetical order.
    pub(super) fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Entry>> = LazyLock::new(|| {
            let entries = |parameter: &Parameter| {
                let Row { name, alias, .. } = *parameter.row();
                std::iter::once(name).chain(alias).map(|name| Entry { name, parameter: *parameter }).collect::<Vec<_>>()
            };
            let mut all: Vec<Entry> = Parameter::ALL.iter().flat_map(entries).collect();
            all.sort_by_key(|entry| entry.name);
            all
        });
        &ALL
    }

    /// The name in any case; all of its bytes count.
    pub(super) fn find(name: &[u8]) -> Option<Self> {
        static BY_NAME: LazyLock<HashMap<&'static [u8], Entry>> =
            LazyLock::new(|| Entry::all().iter().map(|entry| (entry.name.as_bytes(), *entry)).collect());
        BY_NAME.get(&*name.to_ascii_lowercase()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_their_names() {
        let names: Vec<&str> = Parameter::ALL.iter().map(|parameter| parameter.name()).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!((names.len(), Entry::all().len()), (179, 198));
    }

    #[test]
    fn both_names_find_a_parameter() {
        for entry in Entry::all() {
            assert_eq!(Entry::find(entry.name.to_ascii_uppercase().as_bytes()), Some(*entry));
        }
        assert_eq!(Parameter::find(b"timeout\0"), None);
        assert_eq!(Parameter::find(b""), None);
    }
}
