//! The private servers themselves: ignored where there is no redis-server, and failing where one is required.

use embroker_testkit::{RedisServer, redis_half_is_ignored};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let trials = vec![
        Trial::test("a_server_answers_raw_bytes_restarts_empty_and_leaves_nothing_behind", lifecycle),
        Trial::test("a_server_that_refuses_its_settings_says_why", refused_settings),
    ];
    let ignored = redis_half_is_ignored();
    let trials = trials.into_iter().map(|trial| trial.with_ignored_flag(ignored)).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn lifecycle() -> Result<(), Failed> {
    let mut server = RedisServer::builder().tcp().set("requirepass", "s").start()?;
    assert_eq!(server.command(["PING"])?, b"-NOAUTH Authentication required.\r\n");

    let mut client = server.client()?;
    assert!(client.command(["HELLO", "3", "AUTH", "default", "s"])?.starts_with(b"%7\r\n"));
    assert_eq!(client.command(["HSET", "h", "f", "\0\r\n"])?, b":1\r\n");
    assert_eq!(client.command(["HGETALL", "h"])?, b"%1\r\n$1\r\nf\r\n$3\r\n\0\r\n\r\n");
    assert_eq!(client.command(["GET", "none"])?, b"_\r\n");

    server.restart()?;
    assert!(client.command(["PING"]).is_err());
    let mut client = server.client()?;
    client.command(["AUTH", "s"])?;
    assert_eq!(client.command(["DBSIZE"])?, b":0\r\n");

    let socket = server.socket_path();
    drop(server);
    assert!(!socket.exists() && socket.parent().is_some_and(|directory| !directory.exists()));
    Ok(())
}

fn refused_settings() -> Result<(), Failed> {
    let Err(error) = RedisServer::builder().set("no-such-setting", "1").start() else {
        return Err("a server with an unknown setting started".into());
    };
    assert!(error.to_string().contains("no-such-setting"), "{error}");
    Ok(())
}
