//! Pipelines, transactions and WATCH.

use anyhow::Result;
use futures_util::future::try_join_all;
use redis::{AsyncCommands as _, ErrorKind, ServerErrorKind, Value, cmd, pipe};

use crate::door::{Con, Host, cases};

cases![
    a_pipeline_answers_what_is_not_ignored,
    a_pipeline_tells_each_error_with_its_index,
    a_pipeline_of_ten_thousand_commands_is_answered_in_order,
    an_atomic_pipeline_answers_what_exec_does,
    a_transaction_with_a_command_that_is_none_is_refused_whole,
    a_conflict_makes_exec_nil,
    transaction_async_runs_again_after_a_conflict,
    a_transaction_may_be_told_command_by_command,
    clones_in_eight_tasks_share_the_connection,
];

async fn a_pipeline_answers_what_is_not_ignored(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let mut steps = pipe();
    steps.set("a", 1).ignore().incr("a", 1).get("missing").hset("h", "f", "v").ignore().hgetall("h");
    let (sum, missing, hash): (u32, Option<String>, Vec<(String, String)>) = steps.query_async(&mut con).await?;
    assert_eq!((sum, missing, hash), (2, None, vec![("f".into(), "v".into())]));
    Ok(())
}

async fn a_pipeline_tells_each_error_with_its_index(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let mut steps = pipe();
    steps.set("k", "v").incr("k", 1).cmd("FOO").get("k");
    let error = steps.query_async::<Value>(&mut con).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server(ServerErrorKind::ResponseError));
    assert_eq!(
        error.to_string(),
        "Pipeline failures: [(Index 1, error: ResponseError: value is not an integer or out of range), (Index 2, \
         error: ResponseError: unknown command 'FOO', with args beginning with: )]"
    );
    let each: Vec<redis::RedisResult<Value>> = steps.ignore_errors().query_async(&mut con).await?;
    assert_eq!(each[3], Ok(Value::BulkString("v".into())));
    assert!(each[1].is_err() && each[2].is_err());
    Ok(())
}

async fn a_pipeline_of_ten_thousand_commands_is_answered_in_order(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let mut steps = pipe();
    for _ in 0..10_000 {
        steps.incr("n", 1);
    }
    let counts: Vec<u32> = steps.query_async(&mut con).await?;
    assert!(counts.into_iter().eq(1..=10_000));
    let counts: Vec<u32> = steps.atomic().query_async(&mut con).await?;
    assert!(counts.into_iter().eq(10_001..=20_000));
    Ok(())
}

async fn an_atomic_pipeline_answers_what_exec_does(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let mut steps = pipe();
    steps.atomic().set("k", 1).ignore().incr("k", 1).sadd("s", "m").smembers("s");
    let answer: (u32, u32, Vec<String>) = steps.query_async(&mut con).await?;
    assert_eq!(answer, (2, 1, vec!["m".into()]));
    // A command that fails while it runs does not undo the others.
    let error = pipe().atomic().incr("k", 1).incr("s", 1).query_async::<Value>(&mut con).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "Pipeline failure: [(Index 1, error: \"WRONGTYPE\": Operation against a key holding the wrong kind of value)]"
    );
    assert_eq!(con.get::<_, u32>("k").await?, 3);
    Ok(())
}

async fn a_transaction_with_a_command_that_is_none_is_refused_whole(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let mut steps = pipe();
    steps.atomic().set("k", 1).cmd("FOO").arg("a").cmd("GET").set("l", 1);
    let error = steps.query_async::<Value>(&mut con).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server(ServerErrorKind::ExecAbort));
    assert_eq!((error.code(), error.detail()), (Some("EXECABORT"), None));
    assert_eq!(
        error.to_string(),
        "Transaction aborted: [(Index 1, error: ResponseError: unknown command 'FOO', with args beginning with: 'a' ), \
         (Index 2, error: ResponseError: wrong number of arguments for 'get' command)]"
    );
    let errors = error.into_server_errors().map(|errors| errors.iter().map(|(at, _)| *at).collect::<Vec<_>>());
    assert_eq!(errors, Some(vec![1, 2]));
    assert!(!con.exists::<_, bool>("k").await?);
    Ok(())
}

async fn a_conflict_makes_exec_nil(host: Host) -> Result<()> {
    let (mut con, mut other) = (host.con().await?, host.con().await?);
    cmd("WATCH").arg("k").exec_async(&mut con).await?;
    let () = other.set("k", "theirs").await?;
    let answer: Option<(String,)> = pipe().atomic().set("k", "ours").query_async(&mut con).await?;
    assert_eq!(answer, None);
    let answer: Option<(String,)> = pipe().atomic().set("k", "ours").query_async(&mut con).await?;
    assert_eq!(answer, Some(("OK".into(),)), "EXEC ended the watch");
    Ok(())
}

async fn transaction_async_runs_again_after_a_conflict(host: Host) -> Result<()> {
    let (con, mut other) = (host.con().await?, host.con().await?);
    let mut runs = 0;
    let sum: (u32,) = redis::aio::transaction_async(con, &["k"], |mut con: Con, mut steps| {
        runs += 1;
        let (first, mut other) = (runs == 1, other.clone());
        async move {
            let before: Option<u32> = con.get("k").await?;
            if first {
                let () = other.set("k", 10).await?;
            }
            steps.set("k", before.unwrap_or(0) + 1).ignore().get("k").query_async(&mut con).await
        }
    })
    .await?;
    assert_eq!((sum, runs), ((11,), 2));
    assert_eq!(other.get::<_, u32>("k").await?, 11);
    Ok(())
}

async fn a_transaction_may_be_told_command_by_command(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    cmd("MULTI").exec_async(&mut con).await?;
    assert_eq!(con.incr::<_, _, Value>("n", 1).await?, Value::SimpleString("QUEUED".into()));
    assert_eq!(con.get::<_, Value>("n").await?, Value::SimpleString("QUEUED".into()));
    let answer: (u32, u32) = cmd("EXEC").query_async(&mut con).await?;
    assert_eq!(answer, (1, 1));
    Ok(())
}

async fn clones_in_eight_tasks_share_the_connection(host: Host) -> Result<()> {
    let mut con = host.con().await?;
    let tasks = (0..8).map(|task| {
        let mut con = con.clone();
        tokio::spawn(async move {
            for i in 0..100 {
                let key = format!("{task}:{i}");
                let () = con.set(&key, i).await?;
                let answer: (u32, u32) = pipe().atomic().incr(&key, 1).incr("all", 1).query_async(&mut con).await?;
                assert_eq!(answer.0, i + 1);
            }
            let id: i64 = cmd("CLIENT").arg("ID").query_async(&mut con).await?;
            redis::RedisResult::Ok(id)
        })
    });
    let ids = try_join_all(tasks).await?.into_iter().collect::<redis::RedisResult<Vec<i64>>>()?;
    assert!(ids.iter().all(|id| *id == ids[0]), "all are one client: {ids:?}");
    assert_eq!(con.get::<_, u32>("all").await?, 800);
    Ok(())
}
