//! The races of `tests/races`, under shuttle.

use std::env::{self, current_exe};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::shell::{cargo, run};

/// Under how many schedules, and which.
#[derive(Args)]
pub(crate) struct Races {
    /// Under how many schedules each race is run, half of them random and half of them by priorities. 20000 is the full
    /// length.
    #[arg(long, default_value_t = Self::FEW)]
    schedules: u32,
    /// Which schedules: the same number, the same ones.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Runs one race under the schedule that its failure printed; name the race.
    #[arg(long, value_name = "SCHEDULE", requires = "names")]
    replay: Option<String>,
    /// Only the races with one of these in their name.
    names: Vec<String>,
}

impl Races {
    /// How many schedules take some seconds.
    const FEW: u32 = 2_000;

    /// Few schedules of every race.
    pub(crate) fn few() -> Self {
        Self { schedules: Self::FEW, seed: 1, replay: None, names: Vec::new() }
    }

    /// Builds the races with `--cfg shuttle` and runs them. In a target directory of their own, for other flags have
    /// everything built anew.
    pub(crate) fn run(&self) -> Result<()> {
        // This program stands in `debug` of the directory that cargo builds in.
        let program = current_exe()?;
        let target = program.ancestors().nth(2).context("this program is in no target directory")?;
        let flags = format!("{} --cfg shuttle", env::var("RUSTFLAGS").unwrap_or_default());
        let mut test = cargo(&["test", "--quiet", "--profile", "races", "--package", "embroker-races", "--lib"]);
        test.arg("--target-dir").arg(target.join("races")).arg("--").args(&self.names);
        test.env("RUSTFLAGS", flags.trim()).env_remove("CARGO_ENCODED_RUSTFLAGS");
        test.env("EMBROKER_SCHEDULES", self.schedules.to_string()).env("EMBROKER_SEED", self.seed.to_string());
        match &self.replay {
            Some(schedule) => _ = test.env("EMBROKER_SCHEDULE", schedule),
            None => println!("each race under {} schedules of seed {}", self.schedules, self.seed),
        }
        run(&mut test)
    }
}
