//! What a connection in this process is beside what a socket gives: a client in the list, without a task or a runtime.

use anyhow::Result;
use embroker::AnyBroker;
use embroker_mem::MemBroker;
use embroker_redis_rs::RedisConnections as _;
use embroker_test_support::{Backend, Suite};
use redis::aio::ConnectionLike;
use redis::{AsyncCommands as _, Commands, ErrorKind, RedisResult, Value, cmd, pipe};

pub(crate) fn add(suite: &mut Suite) {
    let mut test = |name, test: fn() -> Result<()>| suite.test(Backend::Mem, name, async move || test());
    test("sessions::any_executor_will_do", any_executor_will_do);
    test("sessions::a_program_takes_it_as_any_connection", a_program_takes_it_as_any_connection);
    test("sessions::a_connection_stands_in_the_list_of_clients", a_connection_stands_in_the_list_of_clients);
    test("sessions::it_needs_no_password", it_needs_no_password);
    test("sessions::one_client_too_many_is_told_so", one_client_too_many_is_told_so);
    test("sessions::a_script_is_an_unknown_command", a_script_is_an_unknown_command);
    test("sessions::client_reply_leaves_nil", client_reply_leaves_nil);
    test("sessions::no_response_is_nil_and_runs", no_response_is_nil_and_runs);
    test("sessions::messages_do_not_take_the_place_of_replies", messages_do_not_take_the_place_of_replies);
    test("sessions::a_thousand_sync_calls_in_one_poll_of_a_task", a_thousand_sync_calls_in_one_poll_of_a_task);
    test("sessions::a_pipe_needs_a_runtime_and_says_so", a_pipe_needs_a_runtime_and_says_so);
    suite.test(Backend::Mem, "sessions::a_busy_program_lets_others_run", a_busy_program_lets_others_run);
    suite.test(Backend::Mem, "sessions::a_pipe_ends_with_its_connection", a_pipe_ends_with_its_connection);
    for backend in Backend::ALL {
        suite.test(backend, "sessions::any_broker_has_them", async move || {
            any_broker_has_them(backend.start().await?.broker).await
        });
    }
}

/// Polls once: there is nothing to wait for.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("it waits for something"),
    }
}

/// Outside of the test's own runtime.
fn in_a_thread(test: fn() -> Result<()>) -> Result<()> {
    std::thread::spawn(test).join().map_err(|_| anyhow::anyhow!("it panicked"))?
}

fn any_executor_will_do() -> Result<()> {
    in_a_thread(|| {
        let mut con = MemBroker::new().redis_connection();
        assert_eq!(at_once(redis::AsyncCommands::incr::<_, _, u32>(&mut con, "n", 1))?, 1);
        assert_eq!(at_once(pipe().atomic().incr("n", 1).query_async::<(u32,)>(&mut con))?, (2,));
        let refused = at_once(pipe().atomic().cmd("FOO").query_async::<Value>(&mut con));
        assert_eq!(refused.map_err(|error| error.code().map(str::to_owned)), Err(Some("EXECABORT".into())));
        assert_eq!(Commands::get::<_, u32>(&mut con, "n")?, 2);
        Ok(())
    })
}

/// What programs ask of a connection.
struct App<C: ConnectionLike + Clone + Send + Sync + 'static>(C);

impl<C: ConnectionLike + Clone + Send + Sync + 'static> App<C> {
    async fn visit(&self) -> RedisResult<u32> {
        self.0.clone().incr("visits", 1).await
    }
}

fn a_program_takes_it_as_any_connection() -> Result<()> {
    let app = App(MemBroker::new().redis_connection());
    assert_eq!(at_once(app.visit())?, 1);
    assert_eq!(at_once(app.visit())?, 2);
    Ok(())
}

fn a_connection_stands_in_the_list_of_clients() -> Result<()> {
    let broker = MemBroker::new();
    let (mut con, other) = (broker.redis_connection(), broker.redis_connection());
    cmd("CLIENT").arg(&["SETNAME", "worker"]).exec(&mut con)?;
    let list: String = cmd("CLIENT").arg("LIST").query(&mut con)?;
    let names: Vec<&str> =
        list.lines().filter_map(|line| line.split(' ').find(|fact| fact.starts_with("name"))).collect();
    assert_eq!(names, ["name=worker", "name="]);
    drop(other);
    let list: String = cmd("CLIENT").arg("LIST").query(&mut con)?;
    assert_eq!(list.lines().count(), 1);
    cmd("QUIT").exec(&mut con)?;
    let list: String = cmd("CLIENT").arg("LIST").query(&mut broker.redis_connection())?;
    assert_eq!(list.lines().count(), 1, "who has quit is gone, even if the program still holds the connection");
    Ok(())
}

fn it_needs_no_password() -> Result<()> {
    let broker = MemBroker::new();
    cmd("CONFIG").arg(&["SET", "requirepass", "secret"]).exec(&mut broker.redis_connection())?;
    let settings = redis::RedisConnectionInfo::default().set_password("another");
    let mut con = broker.redis_connection_with(&settings);
    assert_eq!(cmd("PING").query::<String>(&mut con)?, "PONG");
    assert_eq!(cmd("RESET").query::<String>(&mut con)?, "RESET");
    assert_eq!(cmd("PING").query::<String>(&mut con)?, "PONG");
    let error = cmd("AUTH").arg("another").exec(&mut con).unwrap_err();
    assert_eq!(error.code(), Some("WRONGPASS"));
    cmd("AUTH").arg("secret").exec(&mut con)?;
    Ok(())
}

fn one_client_too_many_is_told_so() -> Result<()> {
    let broker = MemBroker::new();
    let mut con = broker.redis_connection();
    cmd("CONFIG").arg(&["SET", "maxclients", "1"]).exec(&mut con)?;
    let mut second = broker.redis_connection();
    for _ in 0..2 {
        let error = cmd("PING").exec(&mut second).unwrap_err();
        assert_eq!(error.to_string(), "ResponseError: max number of clients reached");
    }
    assert!(!redis::ConnectionLike::is_open(&second));
    drop(con);
    assert_eq!(cmd("PING").query::<String>(&mut broker.redis_connection())?, "PONG");
    Ok(())
}

fn a_script_is_an_unknown_command() -> Result<()> {
    let mut con = MemBroker::new().redis_connection();
    let error = cmd("EVAL").arg("return 1").arg(0).exec(&mut con).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server(redis::ServerErrorKind::ResponseError));
    assert_eq!(error.detail(), Some("unknown command 'EVAL', with args beginning with: 'return 1' '0' "));
    // redis-rs calls it by its hash, is told NOSCRIPT, and then can't load it.
    let error = redis::Script::new("return 1").invoke::<u32>(&mut con).unwrap_err();
    assert_eq!(error.code(), Some("ERR"), "{error}");
    Ok(())
}

fn client_reply_leaves_nil() -> Result<()> {
    let mut con = MemBroker::new().redis_connection();
    let client_reply = |mode| cmd("CLIENT").arg("REPLY").arg(mode).take();
    assert_eq!(client_reply("SKIP").query::<Value>(&mut con)?, Value::Nil);
    assert_eq!(Commands::incr::<_, _, Value>(&mut con, "n", 1)?, Value::Nil);
    assert_eq!(Commands::incr::<_, _, Value>(&mut con, "n", 1)?, Value::Int(2));
    assert_eq!(client_reply("OFF").query::<Value>(&mut con)?, Value::Nil);
    let silent: Vec<Value> = pipe().incr("n", 1).incr("n", 1).query(&mut con)?;
    assert_eq!(silent, [Value::Nil, Value::Nil]);
    assert_eq!(client_reply("ON").query::<Value>(&mut con)?, Value::Okay);
    assert_eq!(Commands::get::<_, u32>(&mut con, "n")?, 4);
    Ok(())
}

fn no_response_is_nil_and_runs() -> Result<()> {
    let mut con = MemBroker::new().redis_connection();
    let silent = cmd("SET").arg("k").arg("v").set_no_response(true).take();
    assert_eq!(silent.query::<Value>(&mut con)?, Value::Nil);
    assert_eq!(at_once(silent.query_async::<Value>(&mut con))?, Value::Nil);
    assert_eq!(Commands::get::<_, String>(&mut con, "k")?, "v");
    Ok(())
}

fn messages_do_not_take_the_place_of_replies() -> Result<()> {
    let broker = MemBroker::new();
    let mut other = broker.redis_connection();
    let kinds = [("SUBSCRIBE", "PUBLISH", "UNSUBSCRIBE"), ("PSUBSCRIBE", "PUBLISH", "PUNSUBSCRIBE")];
    let kinds = kinds.into_iter().chain([("SSUBSCRIBE", "SPUBLISH", "SUNSUBSCRIBE")]);
    for ((subscribe, publish, unsubscribe), protocol) in kinds.flat_map(|kind| [(kind, 2), (kind, 3)]) {
        let mut con = broker.redis_connection();
        cmd("HELLO").arg(protocol).exec(&mut con)?;
        let both = cmd(subscribe).arg(&["a", "b"]).query::<Value>(&mut con)?;
        assert!(matches!(both, Value::Array(_) | Value::Push { .. }), "{both:?}");
        for round in 1..=3 {
            assert_eq!(cmd(publish).arg("a").arg(round).query::<u32>(&mut other)?, 1);
            let again = cmd(subscribe).arg("b").query::<Value>(&mut con)?;
            let data = match again {
                Value::Array(mut items) => items.split_off(1),
                Value::Push { data, .. } => data,
                _ => panic!("{again:?} is no confirmation"),
            };
            assert_eq!(data, [Value::BulkString("b".into()), Value::Int(2)]);
        }
        let ended = cmd(unsubscribe).query::<Value>(&mut con)?;
        assert!(matches!(ended, Value::Array(_) | Value::Push { .. }), "{ended:?}");
        assert_eq!(Commands::get::<_, Value>(&mut con, "k")?, Value::Nil, "one confirmation was left over");
    }
    Ok(())
}

/// Inside a task, Tokio has each future wait once its turn is used up; a sync call can't.
fn a_thousand_sync_calls_in_one_poll_of_a_task() -> Result<()> {
    in_a_thread(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build()?;
        let task = runtime.spawn(async {
            let mut con = MemBroker::new().redis_connection();
            for _ in 0..1000 {
                let () = Commands::incr(&mut con, "n", 1)?;
            }
            Commands::get::<_, u32>(&mut con, "n")
        });
        assert_eq!(runtime.block_on(task)??, 1000);
        Ok(())
    })
}

fn a_pipe_needs_a_runtime_and_says_so() -> Result<()> {
    in_a_thread(|| {
        let broker = MemBroker::new();
        let error = at_once(broker.redis_multiplexed()).err().map(|error| error.kind());
        assert_eq!(error, Some(ErrorKind::Client));
        assert_eq!(at_once(broker.redis_pubsub()).err().map(|error| error.kind()), Some(ErrorKind::Client));
        Ok(())
    })
}

async fn a_busy_program_lets_others_run() -> Result<()> {
    let broker = MemBroker::new();
    let mut con = broker.redis_connection();
    let mut other = broker.redis_connection();
    let task = tokio::spawn(async move { redis::AsyncCommands::set::<_, _, ()>(&mut other, "done", "yes").await });
    // It polls for what the task writes, on the only thread, and waits for nothing else.
    while redis::AsyncCommands::get::<_, Option<String>>(&mut con, "done").await?.is_none() {}
    Ok(task.await??)
}

async fn a_pipe_ends_with_its_connection() -> Result<()> {
    let broker = MemBroker::new();
    let mut con = broker.redis_connection();
    let mut clients = async || {
        let list: String = cmd("CLIENT").arg("LIST").query_async(&mut con).await?;
        RedisResult::Ok(list.lines().count())
    };
    let (multiplexed, pubsub) = (broker.redis_multiplexed().await?, broker.redis_pubsub().await?);
    assert_eq!(clients().await?, 3);
    drop((multiplexed, pubsub));
    while clients().await? > 1 {
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn any_broker_has_them(broker: AnyBroker) -> Result<()> {
    let mut con = broker.redis_connection();
    let answer: (u32, u32) = pipe().atomic().incr("n", 1).incr("n", 1).query_async(&mut con).await?;
    assert_eq!(answer, (1, 2));
    let mut multiplexed = broker.redis_multiplexed().await?;
    assert_eq!(multiplexed.get::<_, u32>("n").await?, 2);
    let mut pubsub = broker.redis_pubsub().await?;
    pubsub.subscribe("news").await?;
    assert_eq!(multiplexed.publish::<_, _, u32>("news", "hello").await?, 1);
    let message = futures_util::StreamExt::next(&mut pubsub.on_message()).await;
    assert_eq!(message.map(|message| message.get_payload_bytes().to_vec()), Some(b"hello".to_vec()));
    Ok(())
}
