//! Tests that run once for each backend, as `mem::…` and `redis::…`.
//!
//! A [`Suite`] is the `main` of a test target without libtest's own harness. Its Redis half runs on private servers.
//! Where no redis-server is installed, that half is reported as ignored; with `EMBROKER_REQUIRE_REDIS=1` it fails.

use std::fmt;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context as _;
use embroker::AnyBroker;
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use proptest::strategy::Strategy;
use tokio::runtime::Runtime;

use crate::{Property, RedisServer, redis_half_is_ignored};

/// A backend that tests run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The in-memory broker.
    Mem,
    /// A real Redis, started for the test.
    Redis,
}

impl Backend {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Mem, Self::Redis];

    /// A fresh broker that nobody else uses. The server, where there is one, stops when it is dropped.
    pub async fn start(self) -> anyhow::Result<Running> {
        static NEXT: AtomicU32 = AtomicU32::new(0);

        let server = match self {
            Self::Mem => None,
            Self::Redis => Some(RedisServer::start()?),
        };
        let url = match &server {
            None => format!("mem://test-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
            Some(server) => server.url(),
        };
        let broker = connect(&url).await?;
        Ok(Running { broker, backend: self, url, _server: server })
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mem => "mem",
            Self::Redis => "redis",
        })
    }
}

/// A broker that was started for one test.
#[derive(Debug)]
pub struct Running {
    /// The broker.
    pub broker: AnyBroker,
    /// What it is.
    pub backend: Backend,
    url: String,
    _server: Option<RedisServer>,
}

impl Running {
    /// Another client of the same broker, on this database.
    pub async fn database(&self, number: u32) -> anyhow::Result<AnyBroker> {
        let separator = match self.backend {
            Backend::Mem => "/",
            Backend::Redis => "?db=",
        };
        connect(&format!("{}{separator}{number}", self.url)).await
    }
}

async fn connect(url: &str) -> anyhow::Result<AnyBroker> {
    embroker::connect(url).await.with_context(|| format!("connecting to {url}"))
}

/// The tests of one target.
#[derive(Debug, Default)]
pub struct Suite(Vec<Trial>);

impl Suite {
    /// No test yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one test. It starts what it needs itself; without a redis-server, those of [`Backend::Redis`] don't run.
    pub fn test(
        &mut self,
        backend: Backend,
        name: &str,
        test: impl AsyncFnOnce() -> anyhow::Result<()> + Send + 'static,
    ) {
        self.add(backend, name, move |runtime| runtime.block_on(test()));
    }

    /// Adds a property: `check` runs for each input of the strategy, on the state that `setup` made once.
    pub fn property<C, S: Strategy>(
        &mut self,
        backend: Backend,
        name: &str,
        property: Property,
        strategy: impl Fn() -> S + Send + 'static,
        setup: impl AsyncFnOnce() -> anyhow::Result<C> + Send + 'static,
        check: impl AsyncFn(&mut C, S::Value) -> anyhow::Result<()> + Send + 'static,
    ) {
        self.add(backend, name, move |runtime| {
            let state = runtime.block_on(setup())?;
            property.check(runtime, state, &strategy(), &check)
        });
    }

    fn add(
        &mut self,
        backend: Backend,
        name: &str,
        test: impl FnOnce(&Runtime) -> anyhow::Result<()> + Send + 'static,
    ) {
        let run = move || {
            if backend == Backend::Redis && redis_half_is_ignored() {
                return Ok(Completion::ignored_with("no redis-server; cargo xtask test installs one"));
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            test(&runtime).map(|()| Completion::Completed).map_err(|error| Failed::from(format!("{error:#}")))
        };
        self.0.push(Trial::ignorable_test(format!("{backend}::{name}"), run));
    }

    /// Runs the tests that the command line asks for, as `cargo test` does.
    pub fn run(self) -> ExitCode {
        libtest_mimic::run(&Arguments::from_args(), self.0).exit_code()
    }
}
