//! From a URL to a broker: what `connect` makes of each, and what it answers where it can't.

use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail, ensure};
use embroker::prelude::*;
use embroker::{Command, Error, Value, connect};
use embroker_test_support::{Backend, RedisServer, Suite};

async fn get(broker: &impl Broker, key: &str) -> Result<Value> {
    Ok(broker.execute(Command::from_argv(["GET", key])?).await?)
}

async fn set(broker: &impl Broker, key: &str) -> Result<()> {
    broker.execute(Command::from_argv(["SET", key, "x"])?).await?;
    Ok(())
}

/// The error that connecting has to end in.
async fn refusal(url: &str) -> Result<Error> {
    match connect(url).await {
        Ok(_) => bail!("{url} connects"),
        Err(error) => Ok(error),
    }
}

async fn each_in_memory_broker_without_a_name_is_private() -> Result<()> {
    let (a, b) = (connect("mem://").await?, connect("mem://").await?);
    set(&a, "k").await?;
    ensure!(get(&b, "k").await? == Value::Null);
    Ok(())
}

async fn an_in_memory_broker_with_a_name_is_shared() -> Result<()> {
    let (a, b, other) = (connect("mem://shared").await?, connect("mem://shared").await?, connect("mem://other").await?);
    set(&a, "k").await?;
    ensure!(get(&b, "k").await? == Value::from("x"));
    ensure!(get(&other, "k").await? == Value::Null);
    Ok(())
}

async fn a_shared_broker_ends_with_the_last_who_has_it() -> Result<()> {
    let (a, b) = (connect("mem://passing").await?, connect("mem://passing").await?);
    set(&a, "k").await?;
    drop(a);
    ensure!(get(&connect("mem://passing").await?, "k").await? == Value::from("x"));
    drop(b);
    ensure!(get(&connect("mem://passing").await?, "k").await? == Value::Null);
    Ok(())
}

async fn what_is_no_broker_url_is_refused() -> Result<()> {
    for (url, told) in [
        ("", "a broker URL reads mem://, redis://host:port or redis+unix:///path: this one is empty"),
        (
            "localhost:6379",
            "a broker URL reads mem://, redis://host:port or redis+unix:///path: write redis://localhost:6379 for \
             \"localhost:6379\"",
        ),
        (
            "mem:/x",
            "a broker URL reads mem://, redis://host:port or redis+unix:///path: this one begins with \"mem:/\"",
        ),
        (
            "rediss://user:s3cret@host",
            "Redis over TLS is not supported yet: write redis://[user:password@]host[:port][/database]",
        ),
        ("carrier-pigeon://roof", "no broker speaks carrier-pigeon://: use mem://, redis:// or redis+unix://"),
        ("MEM://", "no broker speaks MEM://: use mem://, redis:// or redis+unix://"),
        ("mem://a?b", "an in-memory broker's URL reads mem://[name][/database]"),
        ("mem://a/b", "the database of a mem:// URL is a number from 0: write mem://[name][/database]"),
        ("mem:///16", "an in-memory broker has the databases 0 to 15: write mem://[name][/database]"),
    ] {
        let error = refusal(url).await?;
        ensure!(error == Error::Config(told.into()), "{url}: {error:?}");
    }
    for url in ["redis://", "redis://host:port", "redis://127.0.0.1/x", "redis://127.0.0.1:99999", "redis+unix://"] {
        let error = refusal(url).await?;
        ensure!(matches!(error, Error::Config(_)), "{url}: {error:?}");
    }
    Ok(())
}

async fn no_error_tells_the_password_of_a_url() -> Result<()> {
    for url in ["redis://user:s3cret@host:port", "redis://:s3cret@127.0.0.1:1/x", "pigeon://u:s3cret@roof", "s3cret"] {
        let error = refusal(url).await?;
        ensure!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
    Ok(())
}

async fn an_unreachable_server_is_named() -> Result<()> {
    // Nobody listens on a port that was free just now.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let error = refusal(&format!("redis://127.0.0.1:{port}")).await?;
    let Error::Disconnected { address, .. } = &error else { bail!("{error:?}") };
    ensure!(*address == format!("127.0.0.1:{port}"), "{error}");
    ensure!(error.to_string().contains(address), "{error}");

    let error = refusal("redis+unix:///nowhere/s.sock").await?;
    let Error::Disconnected { address, .. } = &error else { bail!("{error:?}") };
    ensure!(address == "/nowhere/s.sock", "{error}");
    Ok(())
}

async fn tcp_and_unix_sockets_reach_the_same_server() -> Result<()> {
    let server = RedisServer::builder().tcp().start()?;
    let address = server.tcp_address().context("the server has a port")?;
    let (unix, tcp) = (connect(&server.url()).await?, connect(&format!("redis://{address}")).await?);
    set(&unix, "k").await?;
    ensure!(get(&tcp, "k").await? == Value::from("x"));
    Ok(())
}

async fn a_url_chooses_the_database() -> Result<()> {
    let server = RedisServer::builder().tcp().start()?;
    let address = server.tcp_address().context("the server has a port")?;
    let third = connect(&format!("redis://{address}/3")).await?;
    set(&third, "k").await?;
    ensure!(get(&connect(&server.url()).await?, "k").await? == Value::Null);
    ensure!(get(&connect(&format!("{}?db=3", server.url())).await?, "k").await? == Value::from("x"));
    let error = refusal(&format!("redis://{address}/99")).await?;
    ensure!(error == Error::Config(format!("{address} refused database 99: ERR DB index is out of range")), "{error}");
    Ok(())
}

async fn a_wrong_password_is_refused_at_once() -> Result<()> {
    let server = RedisServer::builder().tcp().set("requirepass", "right").start()?;
    let address = server.tcp_address().context("the server has a port")?;
    for url in [format!("redis://:wrong@{address}"), format!("{}?pass=wrong", server.url())] {
        let error = refusal(&url).await?;
        let Error::Authentication { answer, .. } = &error else { bail!("{url}: {error:?}") };
        ensure!(answer.code() == "WRONGPASS", "{error}");
    }
    let error = refusal(&format!("redis://{address}")).await?;
    let Error::Authentication { answer, .. } = &error else { bail!("no password: {error:?}") };
    ensure!(answer.code() == "NOAUTH", "{error}");
    for url in [format!("redis://:right@{address}"), format!("{}?pass=right", server.url())] {
        set(&connect(&url).await?, "k").await?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    macro_rules! tests {
        ($($backend:ident $test:ident;)*) => { $(suite.test(Backend::$backend, stringify!($test), $test);)* };
    }
    tests! {
        Mem each_in_memory_broker_without_a_name_is_private;
        Mem an_in_memory_broker_with_a_name_is_shared;
        Mem a_shared_broker_ends_with_the_last_who_has_it;
        Mem what_is_no_broker_url_is_refused;
        Mem no_error_tells_the_password_of_a_url;
        Mem an_unreachable_server_is_named;
        Redis tcp_and_unix_sockets_reach_the_same_server;
        Redis a_url_chooses_the_database;
        Redis a_wrong_password_is_refused_at_once;
    }
    suite.run()
}
