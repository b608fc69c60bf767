//! Programs in other languages, as their users write and run them, at the real `embroker-server`.
//!
//! Each runs a second time at a real redis-server, as `redis::…`: what a program expects is what Redis does. Where a
//! language's client is not installed, its programs are reported as ignored; with `EMBROKER_REQUIRE_CLIENTS=1`, as
//! `cargo xtask test` sets it, they fail.

mod benchmark;
mod client;
mod listening;
mod readme;
mod run;
mod server;
mod transcript;

use std::process::ExitCode;

use anyhow::{Error, Result};
use embroker_test_support::redis_half_is_ignored;
use libtest_mimic::{Arguments, Completion, Trial};

use crate::client::Client;
use crate::server::{Kind, Server};

const PASSWORD: &str = "secret";

/// What runs at a server; the error tells how it went wrong.
type Program = fn(&Server) -> Result<()>;

const PROGRAMS: &[(&str, Client, Program)] = &[
    ("redis_py_ticket_shop_resp2", Client::RedisPy, |server| client::python("ticket_shop.py", server, &["2"])),
    ("redis_py_ticket_shop_resp3", Client::RedisPy, |server| client::python("ticket_shop.py", server, &["3"])),
    ("redis_py_resp2", Client::RedisPy, |server| client::python("sync_client.py", server, &["2"])),
    ("redis_py_resp3", Client::RedisPy, |server| client::python("sync_client.py", server, &["3"])),
    ("redis_py_asyncio_resp2", Client::RedisPy, |server| client::python("async_client.py", server, &["2"])),
    ("redis_py_asyncio_resp3", Client::RedisPy, |server| client::python("async_client.py", server, &["3"])),
    ("ioredis", Client::Node, |server| client::node("with_ioredis.js", server, &[])),
    ("node_redis_resp2", Client::Node, |server| client::node("with_node_redis.js", server, &["2"])),
    ("node_redis_resp3", Client::Node, |server| client::node("with_node_redis.js", server, &["3"])),
    ("redis_cli_commands", Client::RedisTools, |server| transcript::check(include_str!("cli/commands.txt"), server)),
    ("redis_cli_subscribes", Client::RedisTools, listening::subscribes),
    ("redis_cli_monitors", Client::RedisTools, listening::monitors),
    ("redis_benchmark", Client::RedisTools, benchmark::standard_tests),
    ("readme_redis_cli", Client::RedisTools, readme::redis_cli),
    ("readme_python", Client::RedisPy, readme::python),
    ("readme_node", Client::Node, readme::node),
];

const PROGRAMS_WITH_A_PASSWORD: &[(&str, Client, Program)] = &[
    ("redis_py_with_a_password_resp2", Client::RedisPy, |server| {
        client::python("password.py", server, &["2", PASSWORD])
    }),
    ("redis_py_with_a_password_resp3", Client::RedisPy, |server| {
        client::python("password.py", server, &["3", PASSWORD])
    }),
    ("node_with_a_password", Client::Node, |server| client::node("password.js", server, &[PASSWORD])),
    ("redis_cli_with_a_password", Client::RedisTools, |server| {
        transcript::check(include_str!("cli/password.txt"), server)
    }),
];

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for kind in [Kind::Embroker, Kind::Redis] {
        trials.extend(PROGRAMS.iter().map(|&program| trial(kind, None, program)));
        trials.extend(PROGRAMS_WITH_A_PASSWORD.iter().map(|&program| trial(kind, Some(PASSWORD), program)));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(kind: Kind, password: Option<&'static str>, (name, client, program): (&str, Client, Program)) -> Trial {
    Trial::ignorable_test(format!("{kind}::{name}"), move || {
        if let Some(why) = client.why_ignored()? {
            return Ok(Completion::ignored_with(why));
        }
        if kind == Kind::Redis && redis_half_is_ignored() {
            return Ok(Completion::ignored_with("no redis-server; cargo xtask test installs one"));
        }
        let outcome = Server::start(kind, password).and_then(|server| program(&server));
        outcome.map(|()| Completion::Completed).map_err(|error: Error| format!("{error:#}").into())
    })
}
