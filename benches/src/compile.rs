//! How long a clean release build of the default features takes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use std::{env, fs};

use anyhow::{Result, ensure};

use crate::bench::Bench;
use crate::report::{Samples, Spec, Unit};

/// Measures the build. Everything is downloaded before.
pub(crate) fn run(bench: &mut Bench, directory: &Path) {
    let spec = Spec::new("build", "a clean release build of the default features", "", Unit::Seconds).at_most(40.0);
    bench.line(spec, |_| {
        let target = directory.join("build");
        if target.exists() {
            fs::remove_dir_all(&target)?;
        }
        cargo(&["fetch", "--quiet", "--locked"])?;
        let start = Instant::now();
        let target_text = target.display().to_string();
        cargo(&["build", "--quiet", "--release", "--locked", "--package", "embroker", "--target-dir", &target_text])?;
        let took = start.elapsed();
        fs::remove_dir_all(&target)?;
        Ok(Samples::once(took.as_secs_f64(), None))
    });
}

fn cargo(args: &[&str]) -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    let status = command.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null()).status()?;
    ensure!(status.success(), "cargo {} failed", args.join(" "));
    Ok(())
}
