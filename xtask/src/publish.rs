//! What must hold of the crates that are published: each packs, with its licences and a page of its own; what they
//! depend on is licensed so that anybody may use it, and is there in one version.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use spdx::{Expression, LicenseReq};

use crate::shell::{cargo, output, run};

/// The licences that a dependency may be had under.
const LICENCES: [&str; 8] =
    ["Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "ISC", "MIT", "Unicode-3.0", "Zlib"];

/// What may be there in two versions, and why.
const IN_TWO_VERSIONS: [(&str, &str); 1] =
    [("hashbrown", "dashmap lends its shards as tables of 0.14, indexmap is built on a newer one")];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    license: Option<String>,
    description: Option<String>,
    readme: Option<String>,
    manifest_path: String,
    /// Empty where it is not published.
    publish: Option<Vec<String>>,
}

impl Metadata {
    fn read() -> Result<Self> {
        let text = output(&mut cargo(&["metadata", "--format-version", "1", "--all-features"]))?;
        serde_json::from_str(&text).context("cargo metadata")
    }

    /// The crates that are published.
    fn published(&self) -> impl Iterator<Item = &Package> {
        let is_published = |package: &&Package| {
            self.workspace_members.contains(&package.id) && package.publish.as_ref().is_none_or(|to| !to.is_empty())
        };
        self.packages.iter().filter(is_published)
    }

    /// Everything that a program with the published crates is built with on this machine: name and version, licence.
    fn dependencies(&self) -> Result<BTreeSet<(String, String, String)>> {
        let mut tree = cargo(&["tree", "--all-features", "--edges", "normal,build", "--prefix", "none"]);
        for package in self.published() {
            tree.args(["--package", &package.name]);
        }
        let text = output(tree.args(["--format", "{p}|{l}|"]))?;
        let lines = text.lines().filter(|line| !line.is_empty()).map(|line| {
            let (package, license) = line.split_once('|').context("cargo tree")?;
            let mut words = package.split(' ').map(str::to_owned);
            let (name, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            Ok((name, version, license.split('|').next().unwrap_or_default().to_owned()))
        });
        lines.collect()
    }
}

/// Packs every crate that is published; with `verify`, builds each from what was packed.
pub(crate) fn package(verify: bool) -> Result<()> {
    let metadata = Metadata::read()?;
    let mut package = cargo(&["package", "--quiet", "--allow-dirty"]);
    if !verify {
        package.arg("--no-verify");
    }
    for Package { name, description, readme, manifest_path, license, .. } in metadata.published() {
        ensure!(description.is_some() && license.is_some(), "{name} has no description, or no licence");
        ensure!(readme.is_some(), "{name} has no readme");
        let directory = Path::new(manifest_path).parent().context("a manifest is in a directory")?;
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            ensure!(directory.join(licence).is_file(), "{name} comes without {licence}");
        }
        package.args(["--package", name]);
    }
    run(&mut package)
}

/// Checks the licences of all dependencies, and that each is there once.
pub(crate) fn dependencies() -> Result<()> {
    let metadata = Metadata::read()?;
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, version, license) in metadata.dependencies()? {
        ensure!(!license.is_empty(), "{name} {version} names no licence");
        // Older packages write a slash for "or".
        let expression = Expression::parse(&license.replace('/', " OR "));
        let expression = expression.map_err(|error| anyhow::anyhow!("{name} {version}: {error}"))?;
        let is_allowed = |wanted: &LicenseReq| wanted.license.id().is_some_and(|id| LICENCES.contains(&id.name));
        ensure!(expression.evaluate(is_allowed), "{name} {version} is licensed under {license}");
        versions.entry(name).or_default().insert(version);
    }
    for (name, versions) in &versions {
        let is_known = IN_TWO_VERSIONS.iter().any(|(known, _)| known == name);
        ensure!(versions.len() == 1 || is_known, "{name} is there in several versions: {versions:?}");
    }
    println!("the published crates are built with {} packages, each there once, each licensed", versions.len());
    Ok(())
}
