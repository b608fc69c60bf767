//! The Redis clients of other languages, in `target/clients`: what `crates/server/tests/programs` needs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::packages::Packages;
use crate::shell::{output, run};

/// Below this version of Python, redis-py does not run.
const PYTHON: (u32, u32) = (3, 10);
/// Below this version of Node.js, node-redis does not run.
const NODE: (u32, u32) = (18, 0);

const PYTHON_PACKAGES: Packages = Packages {
    what: "Python 3 with venv and pip",
    apt: &["python3", "python3-venv", "python3-pip"],
    dnf: &["python3", "python3-pip"],
    brew: &["python"],
    instead: "`cargo test` runs the tests that need none",
};

const NODE_PACKAGES: Packages = Packages {
    what: "Node.js with npm",
    apt: &["nodejs", "npm"],
    dnf: &["nodejs", "npm"],
    brew: &["node"],
    instead: "`cargo test` runs the tests that need none",
};

/// Sees to it that redis-py, ioredis and node-redis are in `target/clients`, in the versions that the tests pin.
pub(crate) fn ensure_installed() -> Result<()> {
    let python = Place::of("python", "requirements.txt");
    let import = || runs_quietly(Command::new(python.directory.join("bin/python")).args(["-c", "import redis"]));
    python.fill(import, || redis_py(&python).context("redis-py can't be installed"))?;
    let node = Place::of("node", "package-lock.json");
    let require = || {
        let program = "require('ioredis'), require('redis')";
        runs_quietly(Command::new("node").args(["--eval", program]).current_dir(&node.directory))
    };
    node.fill(require, || from_npm(&node).context("ioredis and node-redis can't be installed"))
}

fn runs_quietly(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}

/// Where the clients of one language are installed, and the file that pins their versions.
struct Place {
    directory: PathBuf,
    sources: PathBuf,
    pins: PathBuf,
}

impl Place {
    fn of(language: &str, pins: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let sources = root.join("crates/server/tests/programs").join(language);
        Self { directory: root.join("target/clients").join(language), pins: sources.join(pins), sources }
    }

    /// Installs anew unless just these versions are there, and work. A copy of the pins, written last, tells the
    /// versions.
    fn fill(&self, works: impl Fn() -> bool, install: impl FnOnce() -> Result<()>) -> Result<()> {
        let pins = fs::read_to_string(&self.pins).with_context(|| format!("reading {}", self.pins.display()))?;
        let installed = self.directory.join("installed");
        if fs::read_to_string(&installed).is_ok_and(|installed| installed == pins) && works() {
            return Ok(());
        }
        if self.directory.exists() {
            fs::remove_dir_all(&self.directory)?;
        }
        fs::create_dir_all(&self.directory)?;
        install()?;
        ensure!(works(), "what was installed in {} does not work", self.directory.display());
        fs::write(&installed, pins).with_context(|| format!("writing {}", installed.display()))
    }
}

fn redis_py(place: &Place) -> Result<()> {
    // Debian's python3 knows venv, and can't make one that has pip before python3-venv is there.
    let make = || run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place.directory));
    if make().is_err() {
        PYTHON_PACKAGES.install()?;
        make()?;
    }
    newer("python3", PYTHON)?;
    run(Command::new(place.directory.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"])
        .arg(&place.pins)
        .stdin(Stdio::null()))
}

fn from_npm(place: &Place) -> Result<()> {
    let version = |program: &str| output(Command::new(program).arg("--version").stdin(Stdio::null()));
    if version("node").is_err() || version("npm").is_err() {
        NODE_PACKAGES.install()?;
    }
    newer("node", NODE)?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(place.sources.join(file), place.directory.join(file))?;
    }
    // None of these packages needs its scripts.
    run(Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"])
        .current_dir(&place.directory)
        .stdin(Stdio::null()))
}

/// Checks a program's version, told as `v18.19.0` or `Python 3.11.2`.
fn newer(program: &str, (major, minor): (u32, u32)) -> Result<()> {
    let told = output(Command::new(program).arg("--version").stdin(Stdio::null()))?;
    let mut numbers = told.split(|char: char| !char.is_ascii_digit()).filter_map(|digits| digits.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    ensure!(
        version >= (major, minor),
        "{program} is {}, and the clients need {major}.{minor} or newer: put a newer one into the PATH. `cargo test` runs \
         the tests that need none",
        told.trim()
    );
    Ok(())
}
