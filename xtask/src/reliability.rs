//! The tests of `tests/reliability` at full length.

use anyhow::Result;

use crate::{redis, shell};

/// Runs them in an optimised build, one target after the other, with what they print.
pub(crate) fn run(args: &[String]) -> Result<()> {
    redis::ensure_installed()?;
    let test = ["test", "--profile", "reliability", "--package", "embroker-reliability", "--no-fail-fast"];
    let mut test = shell::cargo(&test);
    shell::run(test.args(args).env("EMBROKER_FULL", "1").env("EMBROKER_REQUIRE_REDIS", "1"))
}
