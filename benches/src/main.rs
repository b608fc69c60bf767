//! embroker's speed and size beside its peers, in one run: `cargo xtask bench`.
//!
//! Both contenders of a line are measured by the same program, in turns, with the same payloads and the same keys in
//! the same order. A ratio is that of one round; the table has their median. `docs/performance.md` says what each line
//! is.

mod allocations;
mod bench;
mod callgrind;
mod chart;
mod compile;
mod docs;
mod growth;
mod handmade;
mod machine;
mod measure;
mod memory;
mod pubsub;
mod report;
mod server;
mod shop;
mod typed;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};
use clap::Parser;

use crate::bench::Bench;
use crate::report::Report;

/// Measures embroker beside its peers.
#[derive(Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Args {
    /// Ends within three minutes: shorter turns, fewer of them, no clean build, no ten million keys.
    #[arg(long)]
    quick: bool,
    /// Only lines with this text in "group / what", in any case.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// Counts the instructions of the hot paths too; needs valgrind.
    #[arg(long)]
    callgrind: bool,
    /// Writes docs/performance.md from the last run of everything, and measures nothing.
    #[arg(long)]
    write_docs: bool,
    /// What valgrind runs: does one thing so many times.
    #[arg(long, hide = true)]
    probe: Option<String>,
    /// How many times.
    #[arg(long, hide = true, default_value_t = 1_000)]
    count: u64,
}

fn main() -> ExitCode {
    let outcome = run(&Args::parse());
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    if let Some(probe) = &args.probe {
        return callgrind::probe(probe, args.count);
    }
    let directory = directory()?;
    if args.write_docs {
        let file = newest(&directory)?;
        let report: Report = serde_json::from_str(&fs::read_to_string(&file)?)?;
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md");
        docs::write(&report, Path::new(page))?;
        println!("docs/performance.md has the figures of {}", file.display());
        return Ok(());
    }
    ensure!(!cfg!(debug_assertions), "figures of a debug build say nothing: use `cargo xtask bench`");
    let (report, failures) = measure(args, &directory)?;
    let file = directory.join(format!("{}.json", report.run));
    fs::write(&file, serde_json::to_string_pretty(&report)?)?;
    for chart in &report.charts {
        fs::write(directory.join(format!("{}.svg", chart.name)), chart::svg(chart)?)?;
    }
    println!("\n{}\n{}", report.table(), report.verdict());
    println!("The figures are in {}; the run took {:.0} s.", file.display(), report.seconds);
    ensure!(failures.is_empty(), "not everything could be measured:\n  {}", failures.join("\n  "));
    Ok(())
}

fn measure(args: &Args, directory: &Path) -> Result<(Report, Vec<String>)> {
    let mut bench = Bench::begin(args.quick, args.only.clone())?;
    shop::run(&mut bench)?;
    pubsub::run(&mut bench)?;
    typed::run(&mut bench)?;
    memory::run(&mut bench)?;
    server::run(&mut bench)?;
    growth::run(&mut bench)?;
    if args.callgrind {
        callgrind::run(&mut bench, directory);
    }
    if !args.quick {
        compile::run(&mut bench, directory);
    }
    Ok(bench.end())
}

/// Where figures are kept: `bench` in cargo's target directory, beside `release`.
fn directory() -> Result<PathBuf> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2).context("the program is in no target directory")?;
    let directory = target.join("bench");
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

/// The later one of the full and the quick run.
fn newest(directory: &Path) -> Result<PathBuf> {
    let files = ["full.json", "quick.json"].map(|name| directory.join(name));
    let written = |file: &PathBuf| fs::metadata(file).and_then(|about| about.modified()).ok();
    let newest = files.into_iter().filter(|file| file.exists()).max_by_key(written);
    newest.context("there are no figures yet: run `cargo xtask bench` first")
}
