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
const IN_TWO_VERSIONS: [(&str, &str); 0] = [];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
    workspace_members: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    description: Option<String>,
    readme: Option<String>,
    manifest_path: String,
    /// Empty where it is not published.
    publish: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    /// `dev`, `build`, or nothing for what a program is built with.
    kind: Option<String>,
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

    /// Everything of others that a program with any of the published crates is built with.
    fn dependencies(&self) -> impl Iterator<Item = &Package> {
        let nodes: BTreeMap<&str, &Node> = self.resolve.nodes.iter().map(|node| (&*node.id, node)).collect();
        let mut found: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = self.published().map(|package| &*package.id).collect();
        while let Some(id) = open.pop() {
            if found.insert(id) {
                let deps = nodes.get(id).into_iter().flat_map(|node| &node.deps);
                let built = deps.filter(|dep| dep.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev")));
                open.extend(built.map(|dep| &*dep.pkg));
            }
        }
        let of_others =
            move |package: &&Package| found.contains(&*package.id) && !self.workspace_members.contains(&package.id);
        self.packages.iter().filter(of_others)
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
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for Package { name, version, license, .. } in metadata.dependencies() {
        let license = license.as_deref().with_context(|| format!("{name} names no licence"))?;
        // Older packages write a slash for "or".
        let expression =
            Expression::parse(&license.replace('/', " OR ")).map_err(|error| anyhow::anyhow!("{error}"))?;
        let is_allowed = |wanted: &LicenseReq| wanted.license.id().is_some_and(|id| LICENCES.contains(&id.name));
        ensure!(expression.evaluate(is_allowed), "{name} {version} is licensed under {license}");
        versions.entry(name).or_default().insert(version);
    }
    for (name, versions) in &versions {
        let is_known = IN_TWO_VERSIONS.iter().any(|(known, _)| known == name);
        ensure!(versions.len() == 1 || is_known, "{name} is there in several versions: {versions:?}");
    }
    println!("{} packages of others, each licensed and there once", versions.len());
    Ok(())
}
