//! The project's own commands: `cargo xtask test` and `cargo xtask ci`.

mod ci;
mod redis;
mod shell;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::shell::cargo;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Runs every test on both backends. Installs redis-server where it is missing.
    ///
    /// `EMBROKER_CASES` sets how often each property is tried, `EMBROKER_REDIS_SERVER` the server to test against.
    Test {
        /// What to hand on to `cargo test`: `--test glob` for one target, `pubsub` for the tests with that in their
        /// name.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Checks formatting, lints, rustdoc and dependencies, and then runs every test.
    Ci,
}

fn main() -> ExitCode {
    let outcome = match Task::parse() {
        Task::Test { args } => test(&args),
        Task::Ci => ci::checks().and_then(|()| test(&[])),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the tests, so that the test runner's summary is the last that is told.
fn test(args: &[String]) -> Result<()> {
    redis::ensure_installed()?;
    let mut test = cargo(&["test", "--workspace", "--no-fail-fast"]);
    test.args(args).env("EMBROKER_REQUIRE_REDIS", "1");
    shell::run(&mut test)
}
