//! What the system's packages have to bring, with apt-get, dnf or brew.

use std::process::{Command, Stdio};

use anyhow::{Result, anyhow, bail};

use crate::shell::{output, run};

/// A program, and the packages that bring it.
pub(crate) struct Packages {
    /// What is missing, as the reader calls it.
    pub(crate) what: &'static str,
    pub(crate) apt: &'static [&'static str],
    pub(crate) dnf: &'static [&'static str],
    pub(crate) brew: &'static [&'static str],
    /// What else can be done.
    pub(crate) instead: &'static str,
}

const MAKE: Packages = Packages {
    what: "make",
    apt: &["make"],
    dnf: &["make"],
    brew: &["make"],
    instead: "embroker-server's allocator, jemalloc, is built with it",
};

/// Sees to it that there is what embroker-server is built with.
pub(crate) fn ensure_make() -> Result<()> {
    if runs("make") { Ok(()) } else { MAKE.install() }
}

impl Packages {
    /// Installs the packages, or says what to install.
    pub(crate) fn install(&self) -> Result<()> {
        println!("{} is not installed; installing it", self.what);
        self.try_to_install().map_err(|error| {
            anyhow!(
                "{} is missing, and installing it failed: {error:#}. Install it yourself: apt-get install {}, dnf install \
                 {}, or brew install {}. {}",
                self.what,
                self.apt.join(" "),
                self.dnf.join(" "),
                self.brew.join(" "),
                self.instead
            )
        })
    }

    fn try_to_install(&self) -> Result<()> {
        if runs("apt-get") {
            run(&mut as_root(&["apt-get", "update", "--quiet"])?)?;
            // Only the programs are wanted, not the services that packages start.
            let install = ["env", "RUNLEVEL=1", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes"];
            run(&mut as_root(&[&install, self.apt].concat())?)
        } else if runs("dnf") {
            run(&mut as_root(&[&["dnf", "install", "--assumeyes"], self.dnf].concat())?)
        } else if runs("brew") {
            run(Command::new("brew").arg("install").args(self.brew))
        } else {
            bail!("there is no apt-get, dnf or brew to install it with")
        }
    }
}

/// The command with root's rights: as it is for root, else by sudo.
fn as_root(words: &[&str]) -> Result<Command> {
    let is_root = output(Command::new("id").arg("-u"))?.trim() == "0";
    if !is_root && !runs("sudo") {
        bail!("only root may install packages. As root, run: {}", words.join(" "));
    }
    let words: Vec<&str> = if is_root { words.to_vec() } else { [&["sudo"], words].concat() };
    let (program, args) = words.split_first().unwrap_or((&"true", &[]));
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    Ok(command)
}

/// Whether there is such a program, which can tell its version.
pub(crate) fn runs(program: &str) -> bool {
    let mut found = Command::new(program);
    found.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
