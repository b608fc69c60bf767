//! How connections and servers end: clients that don't read, are too many, silent or killed; SHUTDOWN; and where a
//! server may listen at all.

use std::io::Read as _;
use std::os::unix::net::UnixStream;

use anyhow::{Context as _, Result, ensure};
use embroker_server::Server;
use embroker_test_support::{RawClient, RedisServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

use super::support::{Served, converse};

pub(crate) fn slow_subscriber() -> Result<()> {
    const MESSAGES: usize = 1000;

    let served = Served::start(|server| server)?;
    let (mut slow, mut publisher, mut other) = (served.client()?, served.client()?, served.client()?);
    slow.command(["SUBSCRIBE", "flood"])?;
    other.command(["SUBSCRIBE", "quiet"])?;
    let payload = vec![b'x'; 100_000];
    let mut received = 0;
    for _ in 0..MESSAGES {
        match publisher.command([&b"PUBLISH"[..], b"flood", &payload])?.as_slice() {
            b":1\r\n" => received += 1,
            _ => break,
        }
    }
    ensure!((300..MESSAGES).contains(&received), "cut off after {received} messages");
    ensure!(publisher.command(["PUBLISH", "quiet", "still there"])? == b":1\r\n");
    ensure!(other.reply()? == b"*3\r\n$7\r\nmessage\r\n$5\r\nquiet\r\n$11\r\nstill there\r\n");
    Ok(())
}

pub(crate) fn client_too_many() -> Result<()> {
    let served = Served::start(|server| server.max_clients(1))?;
    let mut first = served.client()?;
    ensure!(first.command(["PING"])? == b"+PONG\r\n");
    ensure!(converse(&served.socket, [])? == b"-ERR max number of clients reached\r\n");
    ensure!(first.command(["PING"])? == b"+PONG\r\n");
    Ok(())
}

pub(crate) fn silent_client() -> Result<()> {
    let served = Served::start(|server| server.timeout(1))?;
    let mut subscriber = served.client()?;
    subscriber.command(["SUBSCRIBE", "news"])?;
    let mut silent = UnixStream::connect(&served.socket)?;
    ensure!(silent.read(&mut [0; 10])? == 0, "it is closed without a word");
    ensure!(subscriber.command(["PING"])? == b"*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    Ok(())
}

pub(crate) fn killed_client() -> Result<()> {
    let served = Served::start(|server| server)?;
    let (mut killer, mut other) = (served.client()?, served.client()?);
    other.command(["CLIENT", "SETNAME", "victim"])?;
    let list = String::from_utf8(killer.command(["CLIENT", "LIST"])?)?;
    let line = list.lines().find(|line| line.contains("name=victim")).context("the victim is listed")?;
    let id = line.split(['=', ' ']).nth(1).context("it has an id")?;
    ensure!(killer.command(["CLIENT", "KILL", "ID", id])? == b":1\r\n");
    ensure!(other.reply().is_err(), "it is closed");
    ensure!(killer.command(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"])? == b":1\r\n");
    ensure!(killer.reply().is_err(), "it is closed after its reply");
    Ok(())
}

/// Each way to say it ends the server that hears it, with all its connections.
pub(crate) fn shutdown_by_command() -> Result<()> {
    for words in [&["SHUTDOWN"][..], &["shutdown", "NOSAVE", "NOW"], &["SHUTDOWN", "FORCE", "nosave"]] {
        for version in ["2", "3"] {
            let (redis, served) = (RedisServer::builder().set("save", "").start()?, Served::start(|server| server)?);
            for (connect, socket) in [
                (&(|| Ok(redis.client()?)) as &dyn Fn() -> Result<RawClient>, redis.socket_path()),
                (&|| served.client(), served.socket.clone()),
            ] {
                let (mut client, mut other) = (connect()?, connect()?);
                client.command(["HELLO", version])?;
                other.command(["PING"])?;
                client.send(words)?;
                ensure!(client.reply().is_err(), "{words:?} is not answered at {}", socket.display());
                ensure!(other.reply().is_err(), "the other connection is closed at {}", socket.display());
            }
        }
    }
    Ok(())
}

pub(crate) fn slow_monitor() -> Result<()> {
    let served = Served::start(|server| server)?;
    let (mut slow, mut client, mut other) = (served.client()?, served.client()?, served.client()?);
    slow.command(["MONITOR"])?;
    other.command(["MONITOR"])?;
    let payload = vec![b'x'; 100_000];
    let lines = |count: &str| count.matches("flags=OU").count();
    let mut monitors = 2;
    for sent in 0.. {
        client.command([&b"ECHO"[..], &payload])?;
        other.reply()?;
        let list = String::from_utf8(client.command(["CLIENT", "LIST"])?)?;
        monitors = lines(&list);
        if monitors == 1 {
            ensure!(sent >= 300, "cut off after {sent} lines");
            break;
        }
        ensure!(sent < 1000, "never cut off");
    }
    ensure!(monitors == 1 && client.command(["PING"])? == b"+PONG\r\n");
    ensure!(other.reply()?.ends_with(b"\"PING\"\r\n"), "the other monitor goes on");
    Ok(())
}

pub(crate) fn held_clients() -> Result<()> {
    let mut served = Served::start(|server| server)?;
    let (mut admin, mut leaver, mut stayer) = (served.client()?, served.client()?, served.client()?);
    admin.command(["CLIENT", "PAUSE", "3600000", "WRITE"])?;
    leaver.send(["SET", "k", "1"])?;
    stayer.send(["SET", "k", "2"])?;
    let held = |admin: &mut RawClient| -> Result<usize> {
        Ok(String::from_utf8(admin.command(["CLIENT", "LIST"])?)?.matches("flags=bU").count())
    };
    while held(&mut admin)? < 2 {}
    drop(leaver);
    while held(&mut admin)? > 1 {}
    served.shutdown()?;
    ensure!(stayer.reply().is_err(), "it is closed");
    Ok(())
}

pub(crate) fn shutdown() -> Result<()> {
    let mut served = Served::start(|server| server)?;
    let mut client = served.client()?;
    client.command(["PING"])?;
    served.shutdown()?;
    ensure!(client.reply().is_err(), "the connection is closed");
    ensure!(!served.socket.exists() && std::net::TcpStream::connect(served.tcp).is_err(), "nobody listens");
    Ok(())
}

pub(crate) async fn public_address() -> Result<()> {
    let servers = [
        (Server::builder(), "-DENIED Redis is running in protected mode"),
        (Server::builder().requirepass("secret"), "-NOAUTH"),
        (Server::builder().protected_mode(false), "+PONG"),
    ];
    for (server, expected) in servers {
        let server = server.bind("0.0.0.0:0").spawn().await?;
        let port = server.local_addr().context("it listens")?.port();
        // Not 127.0.0.1, so to Redis another machine.
        let socket = TcpSocket::new_v4()?;
        socket.bind("127.0.0.2:0".parse()?)?;
        let mut client = socket.connect(([127, 0, 0, 1], port).into()).await?;
        client.write_all(b"PING\r\n").await?;
        let mut reply = vec![0; expected.len()];
        client.read_exact(&mut reply).await?;
        ensure!(reply == expected.as_bytes(), "{}", reply.escape_ascii());
        server.shutdown().await;
    }
    Ok(())
}
