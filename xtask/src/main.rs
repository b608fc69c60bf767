//! The project's own commands: `cargo xtask test`, `cargo xtask ci`, `cargo xtask bench`, `cargo xtask reliability` and
//! their kin.

mod bench;
mod ci;
mod clients;
mod fuzz;
mod packages;
mod publish;
mod races;
mod redis;
mod reliability;
mod shell;
mod soak;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::shell::cargo;

/// The project's own commands.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Runs every test on both backends. Installs redis-server, and the clients of other languages, where they are
    /// missing.
    ///
    /// `EMBROKER_CASES` sets how often each property is tried, `EMBROKER_REDIS_SERVER` the server to test against.
    Test {
        /// What to hand on to `cargo test`: `--test glob` for one target, `pubsub` for the tests with that in their
        /// name.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Measures speed and size beside the peers, in one table. `--quick` ends within three minutes.
    ///
    /// `cargo xtask bench --only get` measures the lines with that in their name; `cargo xtask bench -- --help` tells
    /// the rest.
    Bench {
        /// What to hand on: `--quick`, `--only TEXT`, `--callgrind`, `--write-docs`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Holds the promises of docs/reliability.md against both backends at full length, in an optimised build.
    ///
    /// `cargo xtask reliability --test outages` runs one target.
    Reliability {
        /// What to hand on to `cargo test`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<String>,
    },
    /// Packs every crate that is published, and builds each from what was packed.
    Package,
    /// Runs the races of `tests/races` under many schedules, which shuttle chooses: threads that meet in the queue, the
    /// registry, the latches and the sessions. A failure prints its schedule, and `--replay` runs that.
    Races(races::Races),
    /// Fuzzes the parser, patterns, BITFIELD, the engine and whole sessions, each for a while. Installs cargo-fuzz where
    /// it is missing.
    Fuzz(fuzz::Options),
    /// Puts a mixed load on the engine, on embroker-server and on a real Redis that is killed now and then, all at once,
    /// and fails where anything gets lost or memory grows.
    Soak {
        /// For how long; parts of a minute are fine.
        #[arg(long, default_value_t = 10.0)]
        minutes: f64,
    },
    /// Writes the tables of docs/compatibility.md from the command table.
    Compatibility,
    /// Checks formatting, lints, rustdoc and dependencies, and then runs every test.
    Ci,
}

fn main() -> ExitCode {
    let task = Task::parse();
    let outcome = packages::ensure_make().and_then(|()| match task {
        Task::Test { args } => test(&args),
        Task::Bench { args } => bench::run(&args),
        Task::Reliability { args } => reliability::run(&args),
        Task::Package => publish::package(true),
        Task::Races(races) => races.run(),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Soak { minutes } => soak::run(minutes),
        Task::Compatibility => compatibility(),
        Task::Ci => ci::checks().and_then(|()| test(&[])),
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What is run where nothing is asked for. The documentation's tests come first, for behind their summary the runner
/// tells how long it compiled, and the targets of `tests` folders last, so that the last line sums up tests that ran.
const EVERYTHING: [&[&str]; 3] = [&["--doc"], &["--lib", "--bins", "--examples"], &["--test", "*"]];

/// Runs the tests, all of them even where some fail.
fn test(args: &[String]) -> Result<()> {
    redis::ensure_installed()?;
    clients::ensure_installed()?;
    let run = |args: &[&str]| {
        let mut test = cargo(&["test", "--workspace", "--no-fail-fast"]);
        shell::run(test.args(args).env("EMBROKER_REQUIRE_REDIS", "1").env("EMBROKER_REQUIRE_CLIENTS", "1"))
    };
    if !args.is_empty() {
        return run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let outcomes = EVERYTHING.map(run);
    outcomes.into_iter().collect()
}

/// Has the test that checks the page write it.
fn compatibility() -> Result<()> {
    let mut test = cargo(&["test", "--package", "embroker-core", "--test", "compatibility"]);
    shell::run(test.env("EMBROKER_WRITE_PAGE", "1"))
}
