//! Where the clients of each language are, and how their programs are run.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Result, bail};

use crate::run::succeed;
use crate::server::Server;

/// Set to 1, a missing client fails its programs.
const REQUIRE: &str = "EMBROKER_REQUIRE_CLIENTS";
/// Where `cargo xtask test` installs clients.
const INSTALLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/clients");
const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs");

/// What a program needs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Client {
    /// Python with redis-py.
    RedisPy,
    /// Node.js with ioredis and node-redis.
    Node,
    /// redis-cli and redis-benchmark.
    RedisTools,
}

impl Client {
    /// Why programs of this client are reported as ignored: it is not installed. An error where it is required.
    pub(crate) fn why_ignored(self) -> Result<Option<&'static str>> {
        let why = match self {
            Self::RedisPy if !is_installed("python", include_str!("python/requirements.txt")) => {
                "redis-py is not installed in target/clients; cargo xtask test installs it"
            }
            Self::Node if !is_installed("node", include_str!("node/package-lock.json")) => {
                "ioredis and node-redis are not installed in target/clients; cargo xtask test installs them"
            }
            Self::RedisTools if !["redis-cli", "redis-benchmark"].into_iter().all(runs) => {
                "no redis-cli and redis-benchmark; cargo xtask test installs them"
            }
            _ => return Ok(None),
        };
        if env::var_os(REQUIRE).is_some_and(|required| required == "1") {
            bail!("{why}");
        }
        Ok(Some(why))
    }
}

/// Whether the versions that these pins name are installed: the installation ends with a copy of them.
fn is_installed(language: &str, pins: &str) -> bool {
    fs::read_to_string(installed(language).join("installed")).is_ok_and(|installed| installed == pins)
}

fn installed(language: &str) -> PathBuf {
    Path::new(INSTALLED).join(language)
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}

/// The Python that has redis-py.
pub(crate) fn python_command() -> Command {
    let mut python = Command::new(installed("python").join("bin/python"));
    python.env("PYTHONDONTWRITEBYTECODE", "1").env_remove("PYTHONPATH");
    python
}

/// The Node.js that finds ioredis and node-redis.
pub(crate) fn node_command() -> Command {
    let mut node = Command::new("node");
    node.env("NODE_PATH", installed("node").join("node_modules")).current_dir(installed("node"));
    node
}

/// Runs one of the programs in `python` with host, port and these arguments.
pub(crate) fn python(program: &str, server: &Server, args: &[&str]) -> Result<()> {
    program_succeeds(python_command().arg(format!("{PROGRAMS}/python/{program}")), server, args)
}

/// Runs one of the programs in `node` with host, port and these arguments.
pub(crate) fn node(program: &str, server: &Server, args: &[&str]) -> Result<()> {
    program_succeeds(node_command().arg(format!("{PROGRAMS}/node/{program}")), server, args)
}

fn program_succeeds(command: &mut Command, server: &Server, args: &[&str]) -> Result<()> {
    succeed(command.args(["127.0.0.1", &server.port.to_string()]).args(args)).map(drop)
}
