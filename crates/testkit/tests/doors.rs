//! Clients of every kind in front of one test broker: they see its faults, and it records what they do.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use embroker::RedisConnections as _;
use embroker_server::Server;
use embroker_testkit::{Fault, FaultPlan, TestBroker};
use redis::AsyncCommands as _;

fn failing_get() -> FaultPlan {
    FaultPlan::new([Fault::command("GET").key("price").fails("ERR disk on fire")]).unwrap()
}

#[embroker_testkit::test]
async fn a_connection_of_the_redis_crate_sees_faults_and_is_recorded(broker: TestBroker) -> redis::RedisResult<()> {
    let mut connection = broker.redis_connection();
    let () = connection.set("price", 40).await?;
    broker.inject(failing_get());
    let error = connection.get::<_, u32>("price").await.unwrap_err();
    assert_eq!(error.detail(), Some("disk on fire"));
    let all = redis::pipe().incr("stock", 1).get("price").query_async::<(u32, u32)>(&mut connection).await;
    assert!(all.is_err());
    broker.recorder().assert_commands(["SET price 40", "GET price", "INCRBY stock 1", "GET price"]);
    broker.assert_string("stock", 1).await;
    Ok(())
}

#[tokio::test]
async fn a_client_of_the_server_sees_faults_and_its_messages_stand_where_they_belong() {
    let broker = TestBroker::new();
    let path = std::env::temp_dir().join(format!("embroker-testkit-{}.sock", std::process::id()));
    let server = Server::builder().broker(broker.clone()).unix_socket(&path).spawn().await.unwrap();
    let client = redis::Client::open(format!("redis+unix://{}", path.display())).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    broker.inject(failing_get());
    let error = connection.get::<_, u32>("price").await.unwrap_err();
    assert_eq!(error.detail(), Some("disk on fire"));

    // What a transaction sends to its own client stands before the reply of the command that sent it.
    let mut raw = embroker_testkit::RawClient::connect(&path).unwrap();
    let transcript = tokio::task::spawn_blocking(move || {
        raw.command(["HELLO", "3"]).unwrap();
        raw.command(["SUBSCRIBE", "news"]).unwrap();
        for line in [&["MULTI"][..], &["INCR", "a"], &["PUBLISH", "news", "hello"], &["INCR", "a"]] {
            raw.command(line).unwrap();
        }
        raw.send(["EXEC"]).unwrap();
        let mut text = Vec::new();
        while !text.ends_with(b":2\r\n") {
            text.extend(raw.line().unwrap());
        }
        String::from_utf8(text).unwrap()
    });
    assert_eq!(
        transcript.await.unwrap(),
        "*3\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n:1\r\n:2\r\n"
    );
    broker.assert_string("a", 2).await;
    server.shutdown().await;
}
