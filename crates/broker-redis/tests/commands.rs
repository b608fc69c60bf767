//! Commands, pipelines and watches against a real server: values and errors exactly as they came over the wire.

#![expect(clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::time::Duration;

use anyhow::Result;
use common::{cases, command, hasty, int, server_error, start, until};
use embroker_core::error::texts;
use embroker_core::prelude::*;
use embroker_core::{Command, Error, Pipeline, Value};
use embroker_redis::RedisBroker;
use embroker_test_support::RedisServer;

cases! {
    every_shape_of_value_arrives_as_it_is
    a_reply_that_has_no_value_costs_nothing_but_itself
    errors_and_statuses_are_exact_to_the_byte
    keys_and_values_are_binary_safe
    a_pipeline_has_each_error_in_its_place
    an_atomic_pipeline_runs_whole_or_not_at_all
    an_empty_pipeline_answers_nothing
    what_would_change_the_shared_connection_is_refused
    a_watch_notices_a_write_by_anybody
    a_dropped_watch_closes_its_connection
    the_database_of_the_url_is_the_one_used
    many_callers_share_one_connection
    a_cancelled_call_leaves_the_replies_of_others_alone
    a_value_of_many_megabytes_goes_there_and_back
}

fn ints(numbers: impl IntoIterator<Item = i64>) -> Vec<Value> {
    numbers.into_iter().map(Value::Int).collect()
}

async fn every_shape_of_value_arrives_as_it_is() -> Result<()> {
    let (_server, broker) = start().await?;
    let pair = |n, yes| (Value::Int(n), Value::Bool(yes));
    for (argv, expected) in [
        (&["DEBUG", "PROTOCOL", "string"][..], Value::from("Hello World")),
        (&["DEBUG", "PROTOCOL", "integer"], Value::Int(12345)),
        (&["DEBUG", "PROTOCOL", "double"], Value::Double(3141.0 / 1000.0)),
        (&["DEBUG", "PROTOCOL", "null"], Value::Null),
        (&["DEBUG", "PROTOCOL", "array"], Value::Array(ints(0..3))),
        (&["DEBUG", "PROTOCOL", "set"], Value::Set(ints(0..3))),
        (&["DEBUG", "PROTOCOL", "map"], Value::Map(vec![pair(0, false), pair(1, true), pair(2, false)])),
        (&["DEBUG", "PROTOCOL", "attrib"], Value::from("Some real reply following the attribute")),
        (&["DEBUG", "PROTOCOL", "verbatim"], Value::verbatim("This is a verbatim\nstring")),
        (&["DEBUG", "PROTOCOL", "true"], Value::Bool(true)),
        (&["DEBUG", "PROTOCOL", "false"], Value::Bool(false)),
        (&["PING"], Value::status("PONG")),
        (&["SET", "k", ""], Value::OK),
        (&["GET", "k"], Value::from("")),
        (&["HSET", "h", "f", "v"], Value::Int(1)),
        (&["HGETALL", "h"], Value::Map(vec![("f".into(), "v".into())])),
        (&["SADD", "s", "m"], Value::Int(1)),
        (&["SMEMBERS", "s"], Value::Set(vec!["m".into()])),
        (&["HRANDFIELD", "h", "1", "WITHVALUES"], Value::Array(vec![Value::from_iter(["f", "v"])])),
        (
            &["EVAL", "return {1, {err='FOO bar'}, {'x', {}}}", "0"],
            Value::Array(vec![
                Value::Int(1),
                Value::Error(embroker_core::ServerError::new("FOO bar")),
                Value::Array(vec!["x".into(), Value::Array(vec![])]),
            ]),
        ),
    ] {
        assert_eq!(broker.execute(command(argv)).await?, expected, "{argv:?}");
    }
    Ok(())
}

async fn a_reply_that_has_no_value_costs_nothing_but_itself() -> Result<()> {
    let (_server, broker) = start().await?;
    let outcome = broker.execute(command(&["DEBUG", "PROTOCOL", "bignum"])).await;
    assert!(matches!(outcome, Err(Error::Decode(_))), "{outcome:?}");
    assert_eq!(broker.execute(command(&["PING"])).await?, Value::status("PONG"));
    Ok(())
}

async fn errors_and_statuses_are_exact_to_the_byte() -> Result<()> {
    let (server, broker) = start().await?;
    let mut raw = server.client()?;
    raw.command(["HELLO", "3"])?;
    raw.command(["SET", "text", "x"])?;
    for argv in [
        &[&b"HGET"[..], b"text", b"f"][..],
        &[b"INCR", b"text"],
        &[b"HGET", b"text"],
        &[b"GET"],
        &[b"nope"],
        &[b"NoPe\r\nx", b"a\tb", b""],
        &[b"\xff\xfe\x80", b"\xc3\xa9", b"\xc3"],
        &[b"nope", &[b'x'; 300], b"y"],
        &[b"PUBSUB", b"\xff"],
        &[b"EVAL", b"return {err='FOO'}", b"0"],
        &[b"EVAL", b"return {err='FOO '}", b"0"],
        &[b"EVAL", b"return {err='ERR'}", b"0"],
        &[b"EVAL", b"return {err='ERR  two spaces '}", b"0"],
        &[b"EVAL", b"return {err='MOVED 1 h:1'}", b"0"],
        &[b"EVAL", b"return {err='NOPERM'}", b"0"],
        &[b"EVAL", b"return {err='\xff\x00\xfe x'}", b"0"],
        &[b"EVAL", b"return {err=''}", b"0"],
        &[b"EVAL", b"return {ok='\xff\xc3\xa9'}", b"0"],
        &[b"EVAL", b"return {ok=''}", b"0"],
        &[b"EVAL", b"return {ok='OK '}", b"0"],
    ] {
        let wire = raw.command(argv)?;
        let reply = match broker.execute(Command::from_argv(argv.iter().copied())?).await {
            Err(Error::Server(error)) => [b"-", error.as_bytes(), b"\r\n"].concat(),
            Ok(Value::Status(text)) => [b"+", &*text, b"\r\n"].concat(),
            other => panic!("{argv:?}: {other:?}"),
        };
        assert_eq!(reply.escape_ascii().to_string(), wire.escape_ascii().to_string(), "{argv:?}");
    }
    Ok(())
}

async fn keys_and_values_are_binary_safe() -> Result<()> {
    let (_server, broker) = start().await?;
    let every_byte: Vec<u8> = (0..=255).chain([b'\r', b'\n', b'-', b'E']).collect();
    let set = Command::from_argv([&b"SET"[..], &every_byte, &every_byte])?;
    assert_eq!(broker.execute(set).await?, Value::OK);
    let get = Command::from_argv([&b"GET"[..], &every_byte])?;
    assert_eq!(broker.execute(get).await?, Value::from(every_byte));
    Ok(())
}

async fn a_pipeline_has_each_error_in_its_place() -> Result<()> {
    let (_server, broker) = start().await?;
    let mut pipeline = Pipeline::new();
    for argv in [&["SET", "k", "v"][..], &["HGET", "k", "f"], &["nope"], &["GET", "k"]] {
        pipeline.push(command(argv));
    }
    let replies = broker.pipeline(pipeline).await?;
    let unknown = embroker_core::ServerError::unknown_command(b"nope", &[]);
    assert_eq!(replies, [Ok(Value::OK), Err(texts::WRONG_TYPE), Err(unknown), Ok(Value::from("v"))]);
    Ok(())
}

async fn an_atomic_pipeline_runs_whole_or_not_at_all() -> Result<()> {
    let (_server, broker) = start().await?;
    let mut pipeline = Pipeline::atomic();
    pipeline.push(command(&["SET", "k", "v"])).push(command(&["HGET", "k", "f"])).push(command(&["GET", "k"]));
    let replies = broker.pipeline(pipeline).await?;
    assert_eq!(replies, [Ok(Value::OK), Err(texts::WRONG_TYPE), Ok(Value::from("v"))]);

    for refused in [&["nope"][..], &["GET"], &["HSET", "h", "f"]] {
        let mut pipeline = Pipeline::atomic();
        pipeline.push(command(&["SET", "other", "v"])).push(command(refused));
        assert_eq!(server_error(broker.pipeline(pipeline).await), texts::EXEC_ABORT, "{refused:?}");
        assert_eq!(broker.execute(command(&["EXISTS", "other"])).await?, Value::Int(0));
    }
    Ok(())
}

async fn an_empty_pipeline_answers_nothing() -> Result<()> {
    let (mut server, broker) = start().await?;
    server.kill();
    // Without a server: there is nothing to ask it.
    assert_eq!(broker.pipeline(Pipeline::new()).await?, []);
    assert_eq!(broker.pipeline(Pipeline::atomic()).await?, []);
    Ok(())
}

async fn what_would_change_the_shared_connection_is_refused() -> Result<()> {
    let (_server, broker) = start().await?;
    for argv in [
        &["SUBSCRIBE", "a"][..],
        &["multi"],
        &["WATCH", "k"],
        &["select", "1"],
        &["AUTH", "x"],
        &["HELLO", "2"],
        &["CLIENT", "reply", "OFF"],
        &["QUIT"],
        &["RESET"],
        &["MONITOR"],
        &["SHUTDOWN", "NOSAVE"],
        &["SSUBSCRIBE", "a"],
    ] {
        let outcome = broker.execute(command(argv)).await;
        assert!(matches!(outcome, Err(Error::Config(_))), "{argv:?}: {outcome:?}");
        let mut pipeline = Pipeline::new();
        pipeline.push(command(&["SET", "k", "v"])).push(command(argv));
        let outcome = broker.pipeline(pipeline).await;
        assert!(matches!(outcome, Err(Error::Config(_))), "{argv:?}: {outcome:?}");
    }
    assert_eq!(broker.execute(command(&["EXISTS", "k"])).await?, Value::Int(0));
    Ok(())
}

async fn a_watch_notices_a_write_by_anybody() -> Result<()> {
    let (_server, broker) = start().await?;
    let set = || {
        let mut pipeline = Pipeline::atomic();
        pipeline.push(command(&["SET", "result", "1"])).push(command(&["HGET", "result", "f"]));
        pipeline
    };
    let watch = broker.watch(["k", "l"]).await?;
    broker.execute(command(&["SET", "l", "written"])).await?;
    assert_eq!(watch.exec(set()).await?, None);
    assert_eq!(broker.execute(command(&["EXISTS", "result"])).await?, Value::Int(0));

    let watch = broker.watch(["k"]).await?;
    assert_eq!(watch.exec(set()).await?, Some(vec![Ok(Value::OK), Err(texts::WRONG_TYPE)]));

    // An empty transaction still tells whether somebody wrote.
    let watch = broker.watch(["k"]).await?;
    assert_eq!(watch.exec(Pipeline::new()).await?, Some(vec![]));
    let watch = broker.watch(["k"]).await?;
    broker.execute(command(&["SET", "k", "written"])).await?;
    assert_eq!(watch.exec(Pipeline::new()).await?, None);

    let watch = broker.watch(["k"]).await?;
    let mut pipeline = Pipeline::new();
    pipeline.push(command(&["nope"]));
    assert_eq!(server_error(watch.exec(pipeline).await), texts::EXEC_ABORT);

    let outcome = broker.watch(["k"; 0]).await;
    assert_eq!(server_error(outcome).to_string(), "ERR wrong number of arguments for 'watch' command");
    Ok(())
}

async fn connections(broker: &RedisBroker) -> Result<usize> {
    let list = broker.execute(command(&["CLIENT", "LIST"])).await?;
    Ok(list.as_bytes().unwrap_or_default().split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count())
}

async fn a_dropped_watch_closes_its_connection() -> Result<()> {
    let (_server, broker) = start().await?;
    let watch = broker.watch(["k"]).await?;
    assert_eq!(connections(&broker).await?, 2);
    drop(watch);
    until("the watch's connection is gone", async || Ok(connections(&broker).await? == 1)).await?;
    let watch = broker.watch(["k"]).await?;
    watch.exec(Pipeline::new()).await?;
    until("the watch's connection is gone", async || Ok(connections(&broker).await? == 1)).await
}

async fn the_database_of_the_url_is_the_one_used() -> Result<()> {
    let server = RedisServer::builder().tcp().start()?;
    let unix = RedisBroker::connect(&format!("{}?db=3", server.url())).await?;
    unix.execute(command(&["SET", "k", "in 3"])).await?;
    let mut raw = server.client()?;
    assert_eq!(raw.command(["EXISTS", "k"])?, b":0\r\n");
    raw.command(["SELECT", "3"])?;
    assert_eq!(raw.command(["EXISTS", "k"])?, b":1\r\n");

    let address = server.tcp_address().expect("the server listens on TCP");
    let tcp = RedisBroker::connect(&format!("redis://{address}/3")).await?;
    assert_eq!(tcp.execute(command(&["GET", "k"])).await?, Value::from("in 3"));
    // A watch is in the same database, and so is the connection after one that was lost.
    let watch = tcp.watch(["k"]).await?;
    raw.command(["SET", "k", "written"])?;
    assert_eq!(watch.exec(Pipeline::new()).await?, None);
    raw.command(["CLIENT", "KILL", "TYPE", "normal"])?;
    assert_eq!(unix.execute(command(&["GET", "k"])).await?, Value::from("written"));

    let error = RedisBroker::connect(&format!("redis://{address}/99")).await.expect_err("there is no database 99");
    let text = error.to_string();
    assert!(matches!(error, Error::Config(_)), "{error:?}");
    assert!(text.contains("99") && text.contains(&address) && text.contains("ERR DB index is out of range"), "{text}");
    Ok(())
}

async fn many_callers_share_one_connection() -> Result<()> {
    let (_server, broker) = start().await?;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let broker = broker.clone();
        callers.spawn(async move { broker.execute(command(&["INCR", "count"])).await });
    }
    let mut answers = Vec::new();
    while let Some(answer) = callers.join_next().await {
        answers.push(int(&answer??));
    }
    answers.sort_unstable();
    assert_eq!(answers, (1..=500).collect::<Vec<_>>());
    assert_eq!(connections(&broker).await?, 1);
    Ok(())
}

async fn a_cancelled_call_leaves_the_replies_of_others_alone() -> Result<()> {
    let (_server, broker) = start().await?;
    for round in 0..200 {
        let cancelled = broker.execute(command(&["ECHO", "cancelled"]));
        // Polled once, then dropped: sometimes before it is sent, sometimes after.
        let _ = tokio::time::timeout(Duration::ZERO, cancelled).await;
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        let word = round.to_string();
        assert_eq!(broker.execute(command(&["ECHO", &word])).await?, Value::from(&*word));
    }
    Ok(())
}

async fn a_value_of_many_megabytes_goes_there_and_back() -> Result<()> {
    let server = RedisServer::start()?;
    let broker = hasty(&server.url())?.connect().await?;
    let large: Vec<u8> = (0..8 << 20).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut pipeline = Pipeline::new();
    for key in ["a", "b"] {
        pipeline.push(Command::from_argv([&b"SET"[..], key.as_bytes(), &large])?);
        pipeline.push(command(if key == "a" { &["GET", "a"] } else { &["GET", "b"] }));
    }
    let replies = broker.pipeline(pipeline).await?;
    assert!(replies == [Ok(Value::OK), Ok(Value::from(&*large)), Ok(Value::OK), Ok(Value::from(&*large))]);
    Ok(())
}
