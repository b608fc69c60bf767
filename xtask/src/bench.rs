//! Building what is measured, and measuring it.

use std::env::current_exe;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::{redis, shell};

/// Builds embroker-server and the measuring program, and runs that.
pub(crate) fn run(args: &[String]) -> Result<()> {
    redis::ensure_installed()?;
    shell::run(&mut shell::cargo(&[
        "build",
        "--release",
        "--package",
        "embroker-server",
        "--package",
        "embroker-bench",
    ]))?;
    // This program stands in `debug` of the directory that cargo builds in.
    let program = current_exe()?;
    let target = program.ancestors().nth(2).context("this program is in no target directory")?;
    let mut bench = Command::new(target.join("release").join("embroker-bench"));
    shell::run(bench.args(args).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")))
}
