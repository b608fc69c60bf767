//! What must hold besides the tests: formatting, lints, documentation, and what each choice of features depends on.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use crate::publish;
use crate::races::Races;
use crate::shell::{cargo, output, run, step};

/// How many packages a default build may have, embroker's own among them.
const MOST_PACKAGES: usize = 40;

/// The choices of features that are checked, as arguments of cargo.
const FEATURES: [&[&str]; 9] = [
    &[],
    &["--no-default-features", "--features", "mem"],
    &["--no-default-features", "--features", "redis"],
    &["--no-default-features", "--features", "redis-rs"],
    &["--no-default-features", "--features", "redis-rs-sync"],
    &["--features", "metrics"],
    &["--features", "tracing"],
    &["--no-default-features"],
    &["--all-features"],
];

/// Every check but the tests.
pub(crate) fn checks() -> Result<()> {
    step("formatting", || run(&mut cargo(&["fmt", "--all", "--check"])))?;
    step("lints, for each choice of features", || {
        FEATURES.into_iter().try_for_each(|features| {
            run(cargo(&["clippy", "--quiet", "--package", "embroker"]).args(features).args(["--", "-D", "warnings"]))
        })
    })?;
    step("lints, of everything", || {
        let all = ["clippy", "--quiet", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
        run(&mut cargo(&all))
    })?;
    step("documentation", || {
        run(cargo(&["doc", "--quiet", "--no-deps", "--workspace"]).env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    step("dependencies", || {
        dependencies()?;
        publish::dependencies()
    })?;
    step("packages", || publish::package(false))?;
    step("one choice of features at a time", || {
        ["only-mem", "only-redis", "only-redis-rs", "only-redis-rs-sync", "observed"].into_iter().try_for_each(
            |feature| {
                run(&mut cargo(&["test", "--quiet", "--package", "embroker-feature-check", "--features", feature]))
            },
        )
    })?;
    step("races", || Races::few().run())
}

/// A backend that is not chosen brings nothing along.
fn dependencies() -> Result<()> {
    let default = packages(&[])?;
    without(&default, "the default build", &["redis", "mio", "socket2", "metrics", "tracing"])?;
    ensure!(
        default.len() <= MOST_PACKAGES,
        "the default build has {} packages, more than {MOST_PACKAGES}: {default:?}",
        default.len()
    );
    println!("the default build has {} packages", default.len());
    let redis = packages(&["--no-default-features", "--features", "redis"])?;
    without(&redis, "the build with the feature redis alone", &["dashmap", "embroker-mem"])?;
    let redis_rs_sync = packages(&["--no-default-features", "--features", "redis-rs-sync"])?;
    without(&redis_rs_sync, "the build with the feature redis-rs-sync alone", &["mio", "tokio-util"])
}

fn packages(features: &[&str]) -> Result<BTreeSet<String>> {
    let tree =
        output(cargo(&["tree", "--package", "embroker", "--edges", "normal", "--prefix", "none"]).args(features))?;
    // `name v1.2.3 (*)`: the same version of a package counts once.
    let package = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    Ok(tree.lines().filter(|line| !line.is_empty()).map(package).collect())
}

fn without(packages: &BTreeSet<String>, build: &str, unwanted: &[&str]) -> Result<()> {
    for name in unwanted {
        let found = packages.iter().find(|package| package.split(' ').next() == Some(name));
        ensure!(found.is_none(), "{build} depends on {name}");
    }
    Ok(())
}
