//! How the cases run: each on a private redis-server, on both kinds of Tokio runtime; ignored where there is no server.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part")]

mod proxy;

use std::future::Future;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use embroker_core::{Command, Error, Event, ServerError, Subscriber, Value};
use embroker_redis::{RedisBroker, RedisBrokerBuilder};
use embroker_test_support::{RedisServer, redis_half_is_ignored};
use libtest_mimic::{Arguments, Failed, Trial};
pub(crate) use proxy::Proxy;
use tokio::runtime::Builder;
use tokio::time::timeout;

/// A case that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// `main` of a test binary: its cases, each an `async fn() -> anyhow::Result<()>`.
macro_rules! cases {
    ($($case:ident)*) => {
        fn main() -> std::process::ExitCode {
            let mut trials = Vec::new();
            $( $crate::common::add(&mut trials, stringify!($case), $case); )*
            $crate::common::run(trials)
        }
    };
}
pub(crate) use cases;

pub(crate) fn add<F: Future<Output = Result<()>> + 'static>(trials: &mut Vec<Trial>, name: &str, case: fn() -> F) {
    for (flavor, multi_thread) in [("current_thread", false), ("multi_thread", true)] {
        let run = move || -> Result<(), Failed> {
            let mut builder = if multi_thread { Builder::new_multi_thread() } else { Builder::new_current_thread() };
            let runtime = builder.worker_threads(2).enable_all().build()?;
            Ok(runtime.block_on(async { timeout(PATIENCE, case()).await? })?)
        };
        let trial = Trial::test(format!("{flavor}::{name}"), run).with_ignored_flag(redis_half_is_ignored());
        trials.push(trial);
    }
}

pub(crate) fn run(trials: Vec<Trial>) -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A broker that does not wait long between attempts.
pub(crate) fn hasty(url: &str) -> Result<RedisBrokerBuilder> {
    Ok(RedisBroker::builder(url)?.reconnect_delay(Duration::from_millis(1)..=Duration::from_millis(20)))
}

/// A server and a broker on it.
pub(crate) async fn start() -> Result<(RedisServer, RedisBroker)> {
    let server = RedisServer::start()?;
    let broker = hasty(&server.url())?.connect().await?;
    Ok((server, broker))
}

pub(crate) fn command<'a>(argv: &'a [&str]) -> Command<'a> {
    Command::from_argv(argv.iter().copied()).expect("a command has a name")
}

/// The server's own error, of a call that has to fail with one.
pub(crate) fn server_error<T: std::fmt::Debug>(outcome: Result<T, Error>) -> ServerError {
    match outcome {
        Err(Error::Server(error)) => error,
        other => panic!("an error reply was expected: {other:?}"),
    }
}

/// Waits for what has to become true soon, because a server does it in its own time.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> Result<bool>) -> Result<()> {
    let wait = async {
        while !is_so().await? {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("never came true: {what}"))
}

pub(crate) async fn next(subscriber: &mut Subscriber) -> Option<Event> {
    timeout(PATIENCE, subscriber.next()).await.expect("an event was expected")
}

pub(crate) fn int(reply: &Value) -> i64 {
    match reply {
        Value::Int(number) => *number,
        other => panic!("an integer was expected: {other:?}"),
    }
}
