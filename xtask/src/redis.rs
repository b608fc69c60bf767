//! The redis-server that the tests start for themselves.

use std::ffi::OsString;
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::shell::{output, run};

/// The version whose replies are the reference.
const REFERENCE: &str = "7.0.";

/// Sees to it that there is a redis-server to test against, and installs one where there is none.
pub(crate) fn ensure_installed() -> Result<()> {
    if version().is_none() {
        install()?;
    }
    match version() {
        Some(version) if version.contains(&format!("v={REFERENCE}")) => {}
        Some(version) => println!(
            "note: the reference is Redis {REFERENCE}x; the server here answers some commands in another way: {}",
            version.trim()
        ),
        None => bail!("redis-server was installed, but does not run: is it in the PATH?"),
    }
    Ok(())
}

fn version() -> Option<String> {
    let server = std::env::var_os("EMBROKER_REDIS_SERVER").unwrap_or_else(|| OsString::from("redis-server"));
    output(Command::new(server).arg("--version").stdin(Stdio::null())).ok()
}

fn install() -> Result<()> {
    println!("redis-server is not installed; installing it");
    if exists("apt-get") {
        run(&mut as_root(&["apt-get", "update", "--quiet"])?)?;
        // Only the program is wanted, not the service that the package starts.
        run(&mut as_root(&[
            "env",
            "RUNLEVEL=1",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "install",
            "--yes",
            "redis-server",
        ])?)
    } else if exists("dnf") {
        run(&mut as_root(&["dnf", "install", "--assumeyes", "redis"])?)
    } else if exists("brew") {
        run(Command::new("brew").args(["install", "redis"]))
    } else {
        bail!(
            "redis-server is not installed, and there is no apt-get, dnf or brew to install it with. Install Redis \
             {REFERENCE}x, or set EMBROKER_REDIS_SERVER to the path of a redis-server. `cargo test` runs the tests \
             that need none"
        )
    }
}

/// The command with root's rights: as it is for root, else by sudo.
fn as_root(words: &[&str]) -> Result<Command> {
    let is_root = output(Command::new("id").arg("-u"))?.trim() == "0";
    if !is_root && !exists("sudo") {
        bail!("redis-server is not installed, and only root may install it. As root, run: {}", words.join(" "));
    }
    let words: Vec<&str> = if is_root { words.to_vec() } else { [&["sudo"], words].concat() };
    let (program, args) = words.split_first().unwrap_or((&"true", &[]));
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    Ok(command)
}

fn exists(program: &str) -> bool {
    let mut found = Command::new(program);
    found.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
