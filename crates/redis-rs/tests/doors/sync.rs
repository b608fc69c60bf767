//! The sync half: the same commands through `Commands`.

use std::collections::{BTreeSet, HashMap};

use anyhow::Result;
use redis::{Commands as _, ConnectionLike as _, ErrorKind, ServerErrorKind, Value, cmd, pipe};

use crate::door::{Host, cases};

cases![
    typed_commands_pipelines_and_scans,
    transaction_runs_again_after_a_conflict,
    a_refused_transaction_tells_the_same_as_async,
    errors_are_those_of_a_socket,
    a_connection_says_whether_it_is_open,
];

async fn typed_commands_pipelines_and_scans(host: Host) -> Result<()> {
    let mut con = host.sync()?;
    let () = con.set("k", "v")?;
    assert_eq!(con.get::<_, Option<String>>("k")?.as_deref(), Some("v"));
    let () = con.hset_multiple("h", &[("a", 1), ("b", 2)])?;
    assert_eq!(con.hgetall::<_, HashMap<String, u8>>("h")?, HashMap::from([("a".into(), 1), ("b".into(), 2)]));
    let (one, two): (u32, u32) = pipe().incr("n", 1).incr("n", 1).query(&mut con)?;
    assert_eq!((one, two), (1, 2));
    let (three,): (u32,) = pipe().atomic().set("x", 1).ignore().incr("n", 1).query(&mut con)?;
    assert_eq!(three, 3);
    assert_eq!(pipe().query::<Value>(&mut con).unwrap_err().to_string(), "empty command - Client");
    let keys: BTreeSet<String> = con.scan::<String>()?.collect::<redis::RedisResult<_>>()?;
    assert_eq!(keys, ["h", "k", "n", "x"].map(String::from).into());
    let big = vec![7; 1024 * 1024];
    let () = con.set("big", &big)?;
    assert!(con.get::<_, Vec<u8>>("big")? == big);
    Ok(())
}

async fn transaction_runs_again_after_a_conflict(host: Host) -> Result<()> {
    let (mut con, mut other) = (host.sync()?, host.sync()?);
    let mut runs = 0;
    let (sum,): (u32,) = redis::transaction(&mut con, &["k"], |con, steps| {
        runs += 1;
        let before: Option<u32> = con.get("k")?;
        if runs == 1 {
            let () = other.set("k", 10)?;
        }
        steps.set("k", before.unwrap_or(0) + 1).ignore().get("k").query(con)
    })?;
    assert_eq!((sum, runs), (11, 2));
    Ok(())
}

async fn a_refused_transaction_tells_the_same_as_async(host: Host) -> Result<()> {
    let mut con = host.sync()?;
    let error = pipe().atomic().set("k", 1).cmd("FOO").query::<Value>(&mut con).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server(ServerErrorKind::ExecAbort));
    let text =
        "Transaction aborted: [(Index 1, error: ResponseError: unknown command 'FOO', with args beginning with: )]";
    assert_eq!(error.to_string(), text);
    assert!(!con.exists::<_, bool>("k")?);
    Ok(())
}

async fn errors_are_those_of_a_socket(host: Host) -> Result<()> {
    let mut con = host.sync()?;
    let () = con.sadd("s", "m")?;
    let error = con.get::<_, Value>("s").unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Extension, Some("WRONGTYPE")));
    assert_eq!(error.detail(), Some("Operation against a key holding the wrong kind of value"));
    let error = pipe().incr("n", 1).incr("s", 1).query::<Value>(&mut con).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Pipeline failure: [(Index 1, error: \"WRONGTYPE\": Operation against a key holding the wrong kind of value)]"
    );
    Ok(())
}

async fn a_connection_says_whether_it_is_open(host: Host) -> Result<()> {
    let mut con = host.sync()?;
    assert!(con.check_connection() && con.is_open() && con.supports_pipelining());
    cmd("QUIT").exec(&mut con)?;
    assert!(!con.check_connection());
    let error = con.get::<_, Value>("k").unwrap_err();
    assert!(error.is_connection_dropped(), "{error}");
    assert!(!con.is_open());
    Ok(())
}
