//! Connecting, and losing connections: what is tried again, what never is, and what the errors say.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::net::{Ipv4Addr, TcpListener};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use anyhow::Result;
use common::{Proxy, cases, command, hasty, int, start};
use embroker_core::prelude::*;
use embroker_core::{Error, Pipeline, Value};
use embroker_redis::RedisBroker;
use embroker_test_support::RedisServer;
use tokio::task::JoinSet;

cases! {
    wrong_credentials_are_tried_once_and_never_shown
    right_credentials_are_taken_from_either_url
    an_unreachable_server_is_named
    a_server_that_says_nothing_is_given_up_in_time
    the_first_call_after_a_restart_succeeds
    a_call_without_a_server_fails_and_names_it
    a_write_whose_reply_is_cut_off_has_an_unknown_outcome_and_ran_once
    a_read_whose_reply_is_cut_off_is_sent_once_more
    a_watch_that_is_cut_off_says_whether_it_may_have_run
    a_killed_idle_connection_is_replaced
    callers_share_one_attempt_to_connect
    a_slow_reply_times_out_where_that_is_asked_for
    the_broker_works_on_the_next_runtime
    outside_a_runtime_the_error_says_what_is_missing
    the_client_has_its_name
}

fn free_address() -> Result<String> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.to_string())
}

async fn refused(url: &str) -> Error {
    RedisBroker::connect(url).await.expect_err("nobody is to be connected to")
}

async fn wrong_credentials_are_tried_once_and_never_shown() -> Result<()> {
    let server = RedisServer::builder().tcp().set("requirepass", "secret").start()?;
    let address = server.tcp_address().expect("the server listens on TCP");
    let mut raw = server.client()?;
    raw.command(["AUTH", "secret"])?;
    for (url, answer) in [
        (format!("redis://:hunter2@{address}"), "WRONGPASS invalid username-password pair or user is disabled."),
        (format!("redis://nobody:hunter2@{address}"), "WRONGPASS invalid username-password pair or user is disabled."),
        (format!("{}?pass=hunter2", server.url()), "WRONGPASS invalid username-password pair or user is disabled."),
    ] {
        raw.command(["ACL", "LOG", "RESET"])?;
        let error = refused(&url).await;
        let Error::Authentication { answer: told, .. } = &error else { panic!("{url}: {error:?}") };
        assert_eq!(told.to_string(), answer);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        let log = raw.command(["ACL", "LOG"])?;
        assert!(log.starts_with(b"*1\r\n"), "{}", log.escape_ascii());
        assert!(log.windows(13).any(|part| part == b"count\r\n:1\r\n$6"), "{}", log.escape_ascii());
    }

    let error = refused(&format!("redis://{address}/3")).await;
    let Error::Authentication { address: named, answer } = &error else { panic!("{error:?}") };
    assert_eq!((named, answer.code()), (&address, "NOAUTH"));
    Ok(())
}

async fn right_credentials_are_taken_from_either_url() -> Result<()> {
    let server = RedisServer::builder().tcp().set("requirepass", "p@s/s:#%+&?").start()?;
    let address = server.tcp_address().expect("the server listens on TCP");
    server.client().and_then(|mut raw| {
        raw.command(["AUTH", "p@s/s:#%+&?"])?;
        raw.command(["ACL", "SETUSER", "ann", "on", ">pä ss", "~*", "&*", "+@all"])?;
        raw.command(["ACL", "SETUSER", "open", "on", "nopass", "~*", "&*", "+@all"])
    })?;
    let encoded = "p%40s%2Fs%3A%23%25+%26%3F";
    for (url, user) in [
        (format!("redis://:{encoded}@{address}"), "default"),
        (format!("redis://default:{encoded}@{address}"), "default"),
        (format!("redis://ann:p%C3%A4%20ss@{address}"), "ann"),
        (format!("redis://open@{address}"), "open"),
        (format!("{}?pass={encoded}", server.url()), "default"),
        (format!("{}?user=ann&pass=p%C3%A4%20ss", server.url()), "ann"),
    ] {
        let broker = RedisBroker::connect(&url).await?;
        assert_eq!(broker.execute(command(&["ACL", "WHOAMI"])).await?, Value::from(user), "{url}");
        let shown = format!("{broker:?} {:?}", RedisBroker::builder(&url)?);
        assert!(!shown.contains("p@s/s") && !shown.contains("pä ss") && !shown.contains("p%"), "{shown}");
    }
    Ok(())
}

async fn an_unreachable_server_is_named() -> Result<()> {
    let free = free_address()?;
    for (url, name) in [
        (format!("redis://{free}"), free.as_str()),
        ("redis+unix:///nowhere/r.sock".into(), "/nowhere/r.sock"),
        ("redis://no-such-host.invalid:7".into(), "no-such-host.invalid:7"),
    ] {
        let error = refused(&url).await;
        let Error::Disconnected { address, .. } = &error else { panic!("{url}: {error:?}") };
        assert_eq!(address, name);
        assert!(error.to_string().contains(name), "{error}");
    }
    Ok(())
}

async fn a_server_that_says_nothing_is_given_up_in_time() -> Result<()> {
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = silent.local_addr()?.to_string();
    let builder = RedisBroker::builder(&format!("redis://{address}"))?;
    let outcome = builder.connect_timeout(Duration::from_millis(50)).connect().await;
    assert_eq!(
        outcome.expect_err("nobody answers"),
        Error::Disconnected { address, reason: "no answer within 50 ms".into() }
    );
    Ok(())
}

async fn the_first_call_after_a_restart_succeeds() -> Result<()> {
    for tcp in [false, true] {
        let builder = RedisServer::builder().set("requirepass", "s");
        let mut server = if tcp { builder.tcp().start()? } else { builder.start()? };
        let url = match server.tcp_address() {
            Some(address) => format!("redis://:s@{address}/1"),
            None => format!("{}?pass=s&db=1", server.url()),
        };
        let broker = hasty(&url)?.connect().await?;
        for _ in 0..3 {
            broker.execute(command(&["SET", "k", "v"])).await?;
            server.kill();
            // However the end of the connection is noticed, nothing is said to have been written that was not.
            let lost = broker.execute(command(&["SET", "k", "v"])).await;
            assert!(matches!(lost, Err(Error::Disconnected { .. } | Error::OutcomeUnknown { .. })), "{lost:?}");
            let lost = broker.execute(command(&["SET", "k", "v"])).await;
            assert!(matches!(lost, Err(Error::Disconnected { .. })), "{lost:?}");
            server.restart()?;
            assert_eq!(broker.execute(command(&["GET", "k"])).await?, Value::Null);
        }
    }
    Ok(())
}

async fn a_call_without_a_server_fails_and_names_it() -> Result<()> {
    let (mut server, broker) = start().await?;
    server.kill();
    let socket = server.socket_path().display().to_string();
    let calls = async || -> [Result<(), Error>; 4] {
        [
            broker.execute(command(&["GET", "k"])).await.map(drop),
            broker.pipeline(Pipeline::atomic().push(command(&["GET", "k"])).clone()).await.map(drop),
            broker.watch(["k"]).await.map(drop),
            broker.subscriber(embroker_core::SubscribeOptions::default()).await.map(drop),
        ]
    };
    for outcome in calls().await {
        let Err(Error::Disconnected { address, reason }) = outcome else { panic!("{outcome:?}") };
        assert_eq!(address, socket);
        assert!(reason.contains("No such file"), "{reason}");
    }
    server.restart()?;
    for outcome in calls().await {
        outcome?;
    }
    Ok(())
}

async fn a_write_whose_reply_is_cut_off_has_an_unknown_outcome_and_ran_once() -> Result<()> {
    let server = RedisServer::start()?;
    let proxy = Proxy::start(server.socket_path())?;
    let broker = hasty(&proxy.url())?.connect().await?;
    for round in 1..=20 {
        proxy.cut_next_reply();
        let outcome = match round % 3 {
            0 => broker.execute(command(&["INCR", "runs"])).await.map(drop),
            1 => broker.pipeline(Pipeline::new().push(command(&["INCR", "runs"])).clone()).await.map(drop),
            _ => broker.pipeline(Pipeline::atomic().push(command(&["INCR", "runs"])).clone()).await.map(drop),
        };
        let Err(Error::OutcomeUnknown { address, .. }) = &outcome else { panic!("{outcome:?}") };
        assert!(proxy.url().ends_with(address.as_str()), "{address}");
        assert_eq!(broker.execute(command(&["GET", "runs"])).await?, Value::from(&*round.to_string()));
    }
    Ok(())
}

async fn a_read_whose_reply_is_cut_off_is_sent_once_more() -> Result<()> {
    let server = RedisServer::start()?;
    let proxy = Proxy::start(server.socket_path())?;
    let broker = hasty(&proxy.url())?.connect().await?;
    server.command(["HSET", "h", "f", "v"])?;
    server.command(["CONFIG", "RESETSTAT"])?;
    proxy.cut_next_reply();
    assert_eq!(broker.hget("h", "f").await?.as_deref(), Some(&b"v"[..]));
    let stats = server.command(["INFO", "commandstats"])?;
    let stats = String::from_utf8_lossy(&stats).into_owned();
    assert!(stats.contains("cmdstat_hget:calls=2,"), "{stats}");
    assert_eq!(proxy.accepted(), 2);
    Ok(())
}

async fn a_watch_that_is_cut_off_says_whether_it_may_have_run() -> Result<()> {
    let server = RedisServer::start()?;
    let proxy = Proxy::start(server.socket_path())?;
    let broker = hasty(&proxy.url())?.connect().await?;
    let mut incr = Pipeline::atomic();
    incr.push(command(&["INCR", "runs"]));

    let watch = broker.watch(["k"]).await?;
    proxy.cut_next_reply();
    let outcome = watch.exec(incr.clone()).await;
    assert!(matches!(outcome, Err(Error::OutcomeUnknown { .. })), "{outcome:?}");
    assert_eq!(broker.execute(command(&["GET", "runs"])).await?, Value::from("1"));
    Ok(())
}

async fn a_killed_idle_connection_is_replaced() -> Result<()> {
    let server = RedisServer::builder().tcp().start()?;
    let address = server.tcp_address().expect("the server listens on TCP");
    for url in [server.url(), format!("redis://{address}")] {
        let broker = hasty(&url)?.connect().await?;
        server.command(["DEL", "runs"])?;
        for round in 1..=50 {
            server.command(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])?;
            // Nothing is written to a connection that is known to be closed, so the command is safe to send again.
            assert_eq!(int(&broker.execute(command(&["INCR", "runs"])).await?), round, "{url}");
        }
    }
    Ok(())
}

async fn callers_share_one_attempt_to_connect() -> Result<()> {
    let server = RedisServer::start()?;
    let proxy = Proxy::start(server.socket_path())?;
    let longest = Duration::from_millis(500);
    let broker = hasty(&proxy.url())?.reconnect_delay(longest..=longest).connect().await?;
    proxy.refuse(true);
    server.command(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])?;
    let first = broker.execute(command(&["GET", "k"])).await;
    assert!(matches!(first, Err(Error::Disconnected { .. })), "{first:?}");

    let before = proxy.accepted();
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let broker = broker.clone();
        callers.spawn(async move { broker.execute(command(&["SET", "k", "v"])).await });
    }
    while let Some(outcome) = callers.join_next().await {
        assert!(matches!(outcome?, Err(Error::Disconnected { .. })));
    }
    assert_eq!(proxy.accepted() - before, 1);

    proxy.refuse(false);
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let broker = broker.clone();
        callers.spawn(async move { broker.execute(command(&["SET", "k", "v"])).await });
    }
    while let Some(outcome) = callers.join_next().await {
        assert_eq!(outcome??, Value::OK);
    }
    assert_eq!(proxy.accepted() - before, 2);
    Ok(())
}

async fn a_slow_reply_times_out_where_that_is_asked_for() -> Result<()> {
    let server = RedisServer::start()?;
    let broker = hasty(&server.url())?.response_timeout(Duration::from_millis(20)).connect().await?;
    let outcome = broker.execute(command(&["DEBUG", "SLEEP", "0.2"])).await;
    let address = server.socket_path().display().to_string();
    assert_eq!(outcome, Err(Error::Timeout { address, milliseconds: 20 }));

    // Without a limit, a reply may take longer than the redis crate's own default of half a second.
    let patient = RedisBroker::connect(&server.url()).await?;
    assert_eq!(patient.execute(command(&["DEBUG", "SLEEP", "0.7"])).await?, Value::OK);
    Ok(())
}

async fn the_broker_works_on_the_next_runtime() -> Result<()> {
    let (server, broker) = start().await?;
    broker.execute(command(&["SET", "k", "v"])).await?;
    let elsewhere = |broker: RedisBroker| {
        std::thread::spawn(move || -> Result<Value> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            Ok(runtime.block_on(broker.execute(command(&["GET", "k"])))?)
        })
    };
    let fresh = hasty(&server.url())?.connect().await?;
    for broker in [broker.clone(), fresh] {
        let runtime = tokio::task::spawn_blocking(move || elsewhere(broker).join());
        assert_eq!(runtime.await?.expect("no panic")?, Value::from("v"));
    }
    // That runtime is gone; so is any connection that lived on it.
    assert_eq!(broker.execute(command(&["GET", "k"])).await?, Value::from("v"));
    Ok(())
}

async fn outside_a_runtime_the_error_says_what_is_missing() -> Result<()> {
    let outside = std::thread::spawn(|| {
        let mut connecting = pin!(RedisBroker::connect("redis://127.0.0.1:1"));
        connecting.as_mut().poll(&mut Context::from_waker(Waker::noop())).map(|outcome| outcome.map(drop))
    });
    let outcome = outside.join().expect("no panic");
    let Poll::Ready(Err(Error::Config(text))) = outcome else { panic!("{outcome:?}") };
    assert!(text.contains("Tokio runtime"), "{text}");
    Ok(())
}

async fn the_client_has_its_name() -> Result<()> {
    let server = RedisServer::start()?;
    let broker = hasty(&server.url())?.client_name("ticket-shop").connect().await?;
    assert_eq!(broker.execute(command(&["CLIENT", "GETNAME"])).await?, Value::from("ticket-shop"));
    let url = format!("{}?db=3", server.url());
    let Err(error) = hasty(&url)?.client_name("ticket shop").connect().await else { panic!("a name has no spaces") };
    assert!(error.to_string().contains(r#" refused the client's name "ticket shop": ERR Client names"#), "{error}");
    Ok(())
}
