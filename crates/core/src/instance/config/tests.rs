use super::*;

/// The value after CONFIG SET, or the reason that it gave.
fn set(config: &Config, name: &str, value: &str) -> String {
    match config.set([(name, value)]) {
        Ok(()) => config.get([name]).first().map(|(_, text)| text.escape_ascii().to_string()).unwrap(),
        Err(error) => error.text().split(" - ").last().unwrap().to_owned(),
    }
}

#[test]
fn every_default_is_a_value_that_its_parameter_takes_and_shows() {
    let config = Config::new();
    for parameter in Parameter::ALL {
        let row = parameter.row();
        assert!(parameter.read(row.default.as_bytes(), b"").is_ok(), "{}", row.name);
        if !matches!(row.kind, Kind::Directory) {
            assert_eq!(config.text(*parameter), row.default, "{}", row.name);
        }
    }
}

#[test]
fn values_show_in_one_form() {
    let config = Config::new();
    for (name, value, shown) in [
        ("maxmemory", "1gb", "1073741824"),
        ("maxmemory", "18446744073709551615", "18446744073709551615"),
        ("maxmemory-clients", "5%", "5%"),
        ("maxmemory-clients", "0%", "0"),
        ("maxmemory-policy", "AllKeys-LRU", "allkeys-lru"),
        ("hz", "0", "1"),
        ("hz", "1000", "500"),
        ("dynamic-hz", "NO", "no"),
        ("shutdown-on-sigterm", "force save", "save force"),
        ("shutdown-on-sigterm", "default", "default"),
        ("notify-keyspace-events", "KEA", "AKE"),
        ("save", "1  2 99999999999", "1 0 2 1215752191"),
        (
            "client-output-buffer-limit",
            "replica 1k 1kb 4294967297",
            "normal 0 0 0 slave 1000 1024 1 pubsub 33554432 8388608 60",
        ),
        ("latency-tracking-info-percentiles", "33.33333333 0x10 -0 99.99999999", "33.333333 16 -0 100"),
        ("repl-backlog-size", "1", "16384"),
        ("save", "\0", ""),
        ("oom-score-adj-values", "1 2 ", "1 2 0"),
        ("masterauth", "a\0b", "a\\x00b"),
        ("masteruser", "a\0b", "a"),
    ] {
        assert_eq!(set(&config, name, value), shown, "{name} {value}");
    }
    assert_eq!(config.number(Parameter::MaxMemory), i64::MAX);
}

#[test]
fn a_refused_value_names_its_bounds_or_its_words() {
    let config = Config::new();
    for (name, value, reason) in [
        ("timeout", "-1", "argument must be between 0 and 2147483647 inclusive"),
        ("timeout", "1s", "argument couldn't be parsed into an integer"),
        ("proto-max-bulk-len", "1kb", "argument must be between 1048576 and 9223372036854775807 inclusive"),
        ("maxmemory-clients", "101%", "percentage argument must be less or equal to 100"),
        ("maxmemory-clients", "1 gb", "argument must be a memory or percent value"),
        ("appendfsync", "", "argument(s) must be one of the following: everysec, always, no"),
        ("shutdown-on-sigint", "save nosave", "shutdown options SAVE and NOSAVE can't be used simultaneously"),
        ("client-output-buffer-limit", "master 0 0 0", "Invalid client class specified in buffer limit configuration."),
        ("client-output-buffer-limit", "x", "Wrong number of arguments in buffer limit configuration."),
        ("save", "1", "Invalid save parameters"),
        ("proc-title-template", "{title} {server-mode}", "template format is invalid or contains unknown variables"),
        ("cluster-announce-hostname", "a_b", "Hostnames may only contain alphanumeric characters, hyphens or dots"),
        ("port", "7000", "Unable to listen on this port. Check server logs."),
        ("tls-port", "7000", "Unable to update TLS configuration. Check server logs."),
        ("bind", "127.0.0.1", "Failed to bind to specified addresses."),
        ("dir", "/", "can't set protected config"),
    ] {
        let before = config.get([name]);
        assert_eq!(set(&config, name, value), reason, "{name} {value}");
        assert_eq!(config.get([name]), before, "{name} {value}");
    }
    assert_eq!(config.version(), 0);
}

#[test]
fn a_call_sets_all_or_nothing_and_the_first_wrong_name_is_told() {
    let config = Config::new();
    let error = |pairs: &[(&str, &str)]| config.set(pairs.iter().copied()).unwrap_err().to_string();
    assert_eq!(
        error(&[("databases", "2"), ("foo", "1")]),
        "ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config"
    );
    assert_eq!(
        error(&[("foo", "1"), ("databases", "2")]),
        "ERR Unknown option or number of arguments for CONFIG SET - 'foo'"
    );
    assert_eq!(
        error(&[("timeout", "1"), ("TimeOut", "x")]),
        "ERR CONFIG SET failed (possibly related to argument 'TimeOut') - duplicate parameter"
    );
    assert_eq!(
        error(&[("timeout", "1"), ("HZ", "x")]),
        "ERR CONFIG SET failed (possibly related to argument 'hz') - argument couldn't be parsed into an integer"
    );
    assert_eq!(config.number(Parameter::Timeout), 0);
    config.set([("hash-max-ziplist-entries", "1"), ("hash-max-listpack-entries", "2")]).unwrap();
    assert_eq!(config.number(Parameter::HashMaxListpackEntries), 2);
    assert_eq!(config.version(), 1);
}

#[test]
fn get_sees_all_of_a_set_or_nothing() {
    let config = Config::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..1_000 {
                let value = round.to_string();
                config.set([("slowlog-max-len", &value), ("masteruser", &value)]).unwrap();
            }
        });
        while config.version() < 1_000 {
            let [user, len] = config.get(["slowlog-max-len", "masteruser"]).try_into().unwrap();
            assert!(user.1 == len.1 || user.1.is_empty(), "{user:?} {len:?}");
        }
    });
}

#[test]
fn get_answers_each_name_once_and_hidden_ones_by_name() {
    let config = Config::new();
    let names = |patterns: &[&str]| config.get(patterns).into_iter().map(|(name, _)| name).collect::<Vec<Bytes>>();
    assert_eq!(names(&["*"]).len(), 192);
    assert_eq!(
        names(&["HASH-max-*-entries", "Hash-Max-Ziplist-Entries", "HZ", "h*z", "h[z]\0x"]),
        ["hash-max-listpack-entries", "hash-max-ziplist-entries", "HZ"]
    );
    assert_eq!(names(&["watchdog-p*"]), [""; 0]);
    assert_eq!(names(&["watchdog-period"]), ["watchdog-period"]);
    assert_eq!(names(&["tim\\eout", "timeout\0", "hz\0*", ""]), [""; 0]);
}

#[test]
fn what_the_start_sets_may_be_immutable_but_must_be_true() {
    let mut config = Config::new();
    config.preset("unixsocketperm", "700").unwrap();
    config.preset("enable-protected-configs", "yes").unwrap();
    config.preset("PORT", "7000").unwrap();
    config.preset("replicaof", "").unwrap();
    assert_eq!(config.number(Parameter::UnixSocketPerm), 0o700);
    assert_eq!((config.number(Parameter::Port), config.text(Parameter::UnixSocketPerm)), (7000, "700".into()));
    assert_eq!(set(&config, "dbfilename", "a/b"), "dbfilename can't be a path, just a filename");
    assert_eq!(set(&config, "dir", "/data"), "/data");
    for (name, value, error) in [
        ("foo", "1", "there is no parameter \"foo\" in Redis 7.0"),
        ("unixsocketperm", "8", "unixsocketperm can't be \"8\": argument couldn't be parsed as an octal number"),
        ("unixsocketperm", "1000", "unixsocketperm can't be \"1000\": argument must be between 0 and 777 inclusive"),
        ("cluster-enabled", "yes", "cluster-enabled can't be \"yes\": an in-memory broker is no node of a cluster"),
        ("replicaof", "a 1", "replicaof can't be \"a 1\": an in-memory broker is no replica"),
    ] {
        assert_eq!(config.preset(name, value).unwrap_err().to_string(), error);
    }
    assert!(config.announce(Parameter::Databases, "3").is_err());
    config.announce(Parameter::UnixSocket, "/tmp/s.sock").unwrap();
    assert_eq!(config.text(Parameter::UnixSocket), "/tmp/s.sock");
}
