//! Errors have the same kind, code, detail and text as over a socket.

use anyhow::Result;
use redis::{AsyncCommands as _, ErrorKind, RedisError, ServerErrorKind, cmd};

use crate::door::{Host, cases};

cases![
    server_errors_keep_their_code_and_detail,
    a_value_of_another_kind_is_redis_rss_own_error,
    an_empty_command_is_refused_by_redis_rs,
    a_connection_is_closed_after_quit,
    a_killed_connection_is_closed,
];

fn facts(error: &RedisError) -> (ErrorKind, Option<&str>, Option<&str>) {
    (error.kind(), error.code(), error.detail())
}

async fn server_errors_keep_their_code_and_detail(host: Host) -> Result<()> {
    const RESPONSE: ErrorKind = ErrorKind::Server(ServerErrorKind::ResponseError);
    let mut con = host.con().await?;
    let () = con.hset("h", "f", "x").await?;
    for (words, kind, code, detail, text) in [
        (
            &["GET", "h"][..],
            ErrorKind::Extension,
            "WRONGTYPE",
            "Operation against a key holding the wrong kind of value",
            "\"WRONGTYPE\": Operation against a key holding the wrong kind of value",
        ),
        (
            &["FOO", "bar"],
            RESPONSE,
            "ERR",
            "unknown command 'FOO', with args beginning with: 'bar' ",
            "ResponseError: unknown command 'FOO', with args beginning with: 'bar' ",
        ),
        (
            &["GET"],
            RESPONSE,
            "ERR",
            "wrong number of arguments for 'get' command",
            "ResponseError: wrong number of arguments for 'get' command",
        ),
        (
            &["HINCRBY", "h", "f", "1"],
            RESPONSE,
            "ERR",
            "hash value is not an integer",
            "ResponseError: hash value is not an integer",
        ),
        (&["EXEC"], RESPONSE, "ERR", "EXEC without MULTI", "ResponseError: EXEC without MULTI"),
        (&["SELECT", "99"], RESPONSE, "ERR", "DB index is out of range", "ResponseError: DB index is out of range"),
    ] {
        let mut command = cmd(words[0]);
        words[1..].iter().for_each(|word| _ = command.arg(word));
        let error = command.exec_async(&mut con).await.unwrap_err();
        assert_eq!(facts(&error), (kind, Some(code), Some(detail)), "{words:?}");
        assert_eq!(error.to_string(), text);
        assert!(!error.is_unrecoverable_error());
    }
    assert_eq!(con.ping::<String>().await?, "PONG", "errors leave the connection as it was");
    Ok(())
}

async fn a_value_of_another_kind_is_redis_rss_own_error(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let () = con.set("k", "text").await?;
    let error = con.get::<_, u32>("k").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Parse);
    assert_eq!(con.get::<_, String>("missing").await.unwrap_err().kind(), ErrorKind::Parse);
    Ok(())
}

async fn an_empty_command_is_refused_by_redis_rs(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    for error in [
        redis::Cmd::new().exec_async(&mut con).await.unwrap_err(),
        redis::pipe().exec_async(&mut con).await.unwrap_err(),
    ] {
        assert_eq!(error.to_string(), "empty command - Client");
    }
    assert!(redis::pipe().atomic().query_async::<Vec<String>>(&mut con).await?.is_empty());
    Ok(())
}

async fn a_connection_is_closed_after_quit(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    assert_eq!(cmd("QUIT").query_async::<String>(&mut con).await?, "OK");
    let error = con.ping::<String>().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.is_connection_dropped() && error.is_unrecoverable_error());
    assert_eq!(host.con().await?.ping::<String>().await?, "PONG", "others stay");
    Ok(())
}

async fn a_killed_connection_is_closed(host: Host) -> Result<()> {
    let (mut victim, mut killer) = (host.con().await?, host.con().await?);
    let id: i64 = cmd("CLIENT").arg("ID").query_async(&mut victim).await?;
    assert_eq!(cmd("CLIENT").arg(&["KILL", "ID"]).arg(id).query_async::<u32>(&mut killer).await?, 1);
    let error = victim.ping::<String>().await.unwrap_err();
    assert!(error.is_connection_dropped(), "{error}");
    Ok(())
}
