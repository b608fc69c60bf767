//! The fuzz targets of `tests/fuzz`, each for a while, with cargo-fuzz on the stable toolchain.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::shell::{self, cargo, output, step};

/// Where the programs are, from the root of the workspace.
const PROGRAMS: &str = "tests/fuzz/targets";
/// What libFuzzer grows from the corpus, and what it finds. Copy to `tests/fuzz/corpus` what is to be kept.
const FOUND: &str = "target/fuzz";
/// How long an input may take, in seconds, and what the whole may hold, in MiB.
const INPUT_SECONDS: u32 = 30;
const MEMORY_MIB: u32 = 4096;
/// How long an input may be, in bytes: what a parser or an engine does wrong shows in less.
const LONGEST_INPUT: u32 = 2048;

/// How long, and which.
#[derive(Args)]
pub(crate) struct Options {
    /// How long each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Only this target.
    #[arg(long)]
    target: Option<String>,
}

/// Runs the targets one after the other, and ends with the first input that one fails on.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure_installed()?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let all = targets(&root)?;
    let chosen: Vec<&String> =
        all.iter().filter(|name| options.target.as_ref().is_none_or(|target| target == *name)).collect();
    ensure!(!chosen.is_empty(), "there is no such target; there are {}", all.join(", "));
    for name in chosen {
        let grown = root.join(FOUND).join("corpus").join(name);
        let artifacts = root.join(FOUND).join("artifacts").join(name);
        fs::create_dir_all(&grown)?;
        fs::create_dir_all(&artifacts)?;
        step(&format!("fuzzing {name} for {} s", options.seconds), || {
            // Sanitizers need a nightly compiler, and no code of ours touches memory by `unsafe`.
            let mut fuzz = cargo(&["fuzz", "run", "--sanitizer", "none", "--fuzz-dir", PROGRAMS]);
            fuzz.arg("--target-dir").arg(root.join(FOUND)).arg(name).arg(&grown);
            fuzz.arg(root.join("tests/fuzz/corpus").join(name)).arg("--");
            fuzz.arg(format!("-max_total_time={}", options.seconds));
            fuzz.arg(format!("-timeout={INPUT_SECONDS}")).arg(format!("-rss_limit_mb={MEMORY_MIB}"));
            fuzz.arg(format!("-max_len={LONGEST_INPUT}"));
            fuzz.arg(format!("-artifact_prefix={}/", artifacts.display())).arg("-print_final_stats=1");
            shell::run(&mut fuzz)
        })?;
    }
    Ok(())
}

/// The names of the programs.
fn targets(root: &Path) -> Result<Vec<String>> {
    let directory = root.join(PROGRAMS).join("fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory).with_context(|| format!("reading {}", directory.display()))? {
        if let Some(name) = entry?.path().file_stem() {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn ensure_installed() -> Result<()> {
    let is_there = || output(cargo(&["fuzz", "--version"]).stdin(Stdio::null())).is_ok();
    if is_there() {
        return Ok(());
    }
    println!("cargo-fuzz is not installed; installing it");
    let install = shell::run(&mut cargo(&["install", "--locked", "cargo-fuzz"]));
    if install.is_err() || !is_there() {
        bail!(
            "cargo-fuzz is missing, and installing it failed. Install it yourself: cargo install --locked cargo-fuzz. It needs \
             a C++ compiler too. `cargo test -p embroker-fuzz` replays the corpus without it"
        );
    }
    ensure!(
        Command::new("c++").arg("--version").output().is_ok_and(|output| output.status.success()),
        "libFuzzer is compiled with a C++ compiler, and there is no c++: apt-get install g++"
    );
    Ok(())
}
