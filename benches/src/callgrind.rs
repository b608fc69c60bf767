//! Instructions of the hot paths, as callgrind counts them: they are the same on a busy machine.
//!
//! A probe is this program under valgrind, doing one thing so many times. It is run twice, and what the longer run has
//! more is what the additional calls took; what both do once, and setting up, falls out.

use std::env;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use embroker::MemBroker;
use embroker::prelude::*;

use crate::bench::Bench;
use crate::measure::{shuffled, single};
use crate::pubsub::{PAYLOAD, counted, ours_to};
use crate::report::{Samples, Spec, Unit};
use crate::typed::{Call, Keys};

const FEW: u64 = 1_000;
const MANY: u64 = 11_000;

/// What is measured: its name, and what is done once.
const PUBLISHES: [(&str, usize); 4] = [("publish-0", 0), ("publish-1", 1), ("publish-10", 10), ("publish-100", 100)];

fn probe_name(call: Call) -> String {
    call.name().to_lowercase().replace(' ', "-")
}

/// Measures the instructions, where valgrind is there.
pub(crate) fn run(bench: &mut Bench, directory: &Path) {
    if let Err(error) = installed() {
        println!("no instruction counts: {error:#}");
        return;
    }
    let spec = |what: String| Spec::new("instructions", what, "", Unit::Instructions);
    for call in Call::ALL {
        let what = format!("{}, 1,000 keys", call.name());
        bench.line(spec(what), |_| instructions(&probe_name(call), directory));
    }
    bench.line(spec("a GET of the peer, DashMap, 1,000 keys".to_owned()), |_| instructions("dashmap-get", directory));
    for (name, subscribers) in PUBLISHES {
        let what = format!("publish + receive, {}", counted(subscribers));
        bench.line(spec(what), |_| instructions(name, directory));
    }
}

fn installed() -> Result<()> {
    let version = Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let is_there = version.is_ok_and(|status| status.success());
    ensure!(is_there, "valgrind is missing: `apt-get install valgrind`, `dnf install valgrind`");
    Ok(())
}

fn instructions(probe: &str, directory: &Path) -> Result<Samples> {
    let few = profiled(probe, FEW, directory)?;
    let many = profiled(probe, MANY, directory)?;
    Ok(Samples::once(many.saturating_sub(few) as f64 / (MANY - FEW) as f64, None))
}

/// Runs a probe under callgrind; its profile stays, for `callgrind_annotate`.
fn profiled(probe: &str, count: u64, directory: &Path) -> Result<u64> {
    let file = directory.join(format!("callgrind.{probe}.{count}"));
    let mut out = std::ffi::OsString::from("--callgrind-out-file=");
    out.push(&file);
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--quiet"])
        .arg(out)
        .arg(env::current_exe()?)
        .args(["--probe", probe, "--count", &count.to_string()])
        .stdin(Stdio::null())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let profile = std::fs::read_to_string(&file)?;
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|total| total.trim().parse().ok()).context("the profile has no total")
}

/// Does one thing so many times; run under valgrind.
pub(crate) fn probe(name: &str, count: u64) -> Result<()> {
    let runtime = single()?;
    if let Some((_, subscribers)) = PUBLISHES.iter().find(|(publish, _)| *publish == name) {
        black_box(ours_to(&runtime, *subscribers, PAYLOAD, 1)?(count)?);
    } else if let Some(call) = Call::ALL.into_iter().find(|call| probe_name(*call) == name) {
        let keys = Keys::new(&runtime, call, 1_000)?;
        black_box(keys.call(&runtime, count, &keys.order));
    } else if name == "dashmap-get" {
        let keys = Keys::new(&runtime, Call::Get, 1_000)?;
        black_box(keys.peer()(count)?);
    } else if name == "get-nobody" {
        let broker = MemBroker::new();
        black_box(crate::measure::timed_async(&runtime, count, &shuffled(1_000), |_| broker.get("nobody")));
    } else {
        bail!("there is no probe {name:?}");
    }
    Ok(())
}
