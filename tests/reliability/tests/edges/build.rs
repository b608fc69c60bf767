//! How embroker is built: sums are checked in release too, and there is no unsafe code but what is named here.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::{fs, panic};

use anyhow::{Context as _, Result, ensure};

/// The directory of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// At full length this build is as a release is, for its profile inherits that one.
pub(crate) fn sums_are_checked() -> Result<()> {
    let sum = panic::catch_unwind(|| black_box(i64::MAX) + black_box(1));
    ensure!(sum.is_err(), "a sum went on as {sum:?}");
    let difference = panic::catch_unwind(|| black_box(0_usize) - black_box(1));
    ensure!(difference.is_err(), "a difference went on as {difference:?}");
    Ok(())
}

pub(crate) fn release_checks_sums() -> Result<()> {
    let manifest = fs::read_to_string(root().join("Cargo.toml"))?;
    let section = |name: &str| {
        let from = manifest.find(&format!("\n[{name}]\n")).with_context(|| format!("there is a [{name}]"))?;
        let section = &manifest[from + name.len() + 4..];
        anyhow::Ok(section.split("\n[").next().unwrap_or_default().to_owned())
    };
    ensure!(section("profile.release")?.contains("overflow-checks = true"), "a release does not check its sums");
    let reliability = section("profile.reliability")?;
    ensure!(
        reliability.contains("inherits = \"release\"") && !reliability.contains("overflow-checks"),
        "what is tested at full length is not as a release is"
    );
    Ok(())
}

/// All source files below a directory.
fn sources(directory: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            if !path.ends_with("target") {
                sources(&path, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") || path.ends_with("Cargo.toml") {
            found.push(path);
        }
    }
    Ok(())
}

pub(crate) fn no_unsafe_code() -> Result<()> {
    let lints = fs::read_to_string(root().join("Cargo.toml"))?;
    ensure!(lints.contains("unsafe_code = \"deny\""), "unsafe code is not denied");
    let mut files = Vec::new();
    for directory in ["crates", "src", "examples"] {
        sources(&root().join(directory), &mut files)?;
    }
    ensure!(files.len() > 200, "only {} files were found", files.len());
    // Spelled apart, so that this file would pass too.
    let unwanted = [
        ["unsafe", " {"],
        ["unsafe", " fn"],
        ["unsafe", " impl"],
        ["allow(", "unsafe_code"],
        ["expect(", "unsafe_code"],
    ];
    for file in files {
        let text = fs::read_to_string(&file)?;
        if file.ends_with("Cargo.toml") {
            ensure!(text.contains("[lints]\nworkspace = true"), "{} has lints of its own", file.display());
        }
        let allowed: &[&str] = if file.ends_with("crates/server/src/allocator.rs") {
            // It gives a static the name that jemalloc looks for, and runs nothing.
            &["allow(unsafe_code"]
        } else if file.ends_with("crates/broker-mem/src/reclaim.rs") {
            // One call of glibc, which is given no pointer.
            ensure!(text.matches("libc::").count() == 1 && text.contains("libc::malloc_trim(0);"), "it calls more");
            &["unsafe {", "allow(unsafe_code"]
        } else {
            &[]
        };
        for words in unwanted.map(|words| words.concat()) {
            ensure!(!text.contains(&words) || allowed.contains(&&*words), "{} has `{words}`", file.display());
        }
    }
    Ok(())
}
