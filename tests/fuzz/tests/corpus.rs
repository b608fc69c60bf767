//! The committed corpus of each fuzz target, replayed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

/// Runs a target on each file of its corpus.
fn replay(name: &str) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut files: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 10, "{} has {} files only", directory.display(), files.len());
    for file in files {
        // The last one that is named is the one that fails.
        println!("{}", file.display());
        embroker_fuzz::run(name, &fs::read(&file).unwrap());
    }
}

#[test]
fn bitfield() {
    replay("bitfield");
}

#[test]
fn commands() {
    replay("commands");
}

#[test]
fn glob() {
    replay("glob");
}

#[test]
fn resp() {
    replay("resp");
}

#[test]
fn session() {
    replay("session");
}

#[test]
fn every_target_has_a_test_and_a_program() {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets/fuzz_targets");
    let names = embroker_fuzz::TARGETS.map(|(name, _)| name);
    assert_eq!(names, ["bitfield", "commands", "glob", "resp", "session"]);
    for name in names {
        assert!(programs.join(name).with_extension("rs").exists(), "{name} has no program");
    }
}
