//! What both backends answer: the cases of `crates/conformance`, each on a fresh broker or server.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use embroker::Error;
use embroker_conformance::{FAMILIES, Outcome, Target, cases};
use embroker_test_support::{Backend, Running, Suite};

/// How long a case may take before it counts as hung.
const CASE_LIMIT: Duration = Duration::from_secs(60);

fn main() -> ExitCode {
    let mut suite = Suite::new();
    suite.test(Backend::Mem, "every_file_and_folder_there_is_a_family", async || {
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/crates/conformance/src/cases"))?;
        let mut names = Vec::new();
        for file in files {
            let path = file?.path();
            let is_family = path.is_dir() || path.extension().is_some_and(|extension| extension == "rs");
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            names.extend((is_family && stem != "mod").then_some(stem));
        }
        names.sort();
        anyhow::ensure!(names == FAMILIES, "the files and folders are {names:?}, the families {FAMILIES:?}");
        Ok(())
    });
    for case in cases() {
        for backend in Backend::ALL {
            suite.test(backend, &format!("{case:?}"), async move || {
                match case.run(&target(backend.start().await?), CASE_LIMIT).await {
                    Outcome::Passed => Ok(()),
                    Outcome::Different { differences } => {
                        bail!(differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
                    }
                    // Both backends have all that the cases ask for.
                    other => bail!("{other:?}"),
                }
            });
        }
    }
    suite.run()
}

/// Clients of a broker that was started for one case.
fn target(running: Running) -> Target {
    let running = Arc::new(running);
    Target::connecting(move |database| {
        let running = running.clone();
        async move {
            let client = running.database(database).await;
            client.map_err(|error| error.downcast().unwrap_or_else(|error| Error::Config(format!("{error:#}"))))
        }
    })
}
