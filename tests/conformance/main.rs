//! What both backends answer, case by case with literal replies: a file for each command family.
//!
//! A case is an async function over a fresh `AnyBroker`, listed once in its family's `cases()`. One that is not listed
//! is dead code, which does not compile here; a file that is not in [`families!`] is found by the first test.

#![deny(dead_code)]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a case that can't go on fails")]
#![expect(clippy::needless_raw_string_hashes, reason = "transcripts are written alike, with quotes in them or without")]

use std::process::ExitCode;

use embroker_test_support::{Backend, Suite};

/// Declares each family's module and adds its cases to the suite.
macro_rules! families {
    ($($family:ident)*) => {
        $(mod $family;)*

        const FAMILIES: &[&str] = &[$(stringify!($family)),*];

        fn add_families(suite: &mut Suite) {
            $(suite.family(stringify!($family), $family::cases());)*
        }
    };
}

families! {
    bitfield config connection debug hash key maxmemory memory notifications object pubsub scripting server set string
    structs transaction
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    suite.test(Backend::Mem, "every_file_here_is_a_family", async || {
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance"))?;
        let mut names = Vec::new();
        for file in files {
            let name = file?.file_name().into_string().unwrap_or_default();
            names.extend(name.strip_suffix(".rs").filter(|name| *name != "main").map(str::to_owned));
        }
        names.sort();
        anyhow::ensure!(names == FAMILIES, "the files are {names:?}, the families {FAMILIES:?}");
        Ok(())
    });
    add_families(&mut suite);
    for backend in Backend::ALL {
        suite.test(backend, "key::clients_of_several_databases_see_one_anothers_work", async move || {
            key::clients_of_several_databases_see_one_anothers_work(&backend.start().await?).await
        });
    }
    suite.run()
}
