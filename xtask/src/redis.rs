//! The redis-server that the tests start for themselves.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::packages::{Packages, runs};
use crate::shell::output;

/// The version whose replies are the reference.
const REFERENCE: &str = "7.0.";

const SERVER: Packages = Packages {
    what: "redis-server",
    apt: &["redis-server"],
    dnf: &["redis"],
    brew: &["redis"],
    instead: "Or set EMBROKER_REDIS_SERVER to the path of a redis-server. `cargo test` runs the tests that need none",
};

const TOOLS: Packages = Packages {
    what: "redis-cli and redis-benchmark",
    apt: &["redis-tools"],
    dnf: &["redis"],
    brew: &["redis"],
    instead: "`cargo test` runs the tests that need none",
};

/// Sees to it that there is a redis-server to test against, with its tools, and installs what is missing.
pub(crate) fn ensure_installed() -> Result<()> {
    if version().is_none() {
        SERVER.install()?;
    }
    match version() {
        Some(version) if version.contains(&format!("v={REFERENCE}")) => {}
        Some(version) => println!(
            "note: the reference is Redis {REFERENCE}x; the server here answers some commands in another way: {}",
            version.trim()
        ),
        None => bail!("redis-server was installed, but does not run: is it in the PATH?"),
    }
    if !["redis-cli", "redis-benchmark"].into_iter().all(runs) {
        TOOLS.install()?;
    }
    Ok(())
}

fn version() -> Option<String> {
    let server = std::env::var_os("EMBROKER_REDIS_SERVER").unwrap_or_else(|| OsString::from("redis-server"));
    output(Command::new(server).arg("--version").stdin(Stdio::null())).ok()
}
