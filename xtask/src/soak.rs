//! A mixed load on every backend at once, for as long as one likes.

use anyhow::Result;

use crate::{redis, shell};

/// Runs `tests/soak.rs` of `tests/reliability` in an optimised build, with what it prints.
pub(crate) fn run(minutes: f64) -> Result<()> {
    redis::ensure_installed()?;
    let seconds = (minutes * 60.0).round().max(1.0);
    let test = ["test", "--profile", "reliability", "--package", "embroker-reliability", "--test", "soak"];
    let mut test = shell::cargo(&test);
    shell::run(test.env("EMBROKER_SOAK_SECONDS", seconds.to_string()).env("EMBROKER_REQUIRE_REDIS", "1"))
}
