//! Random commands on the in-memory broker and on a real Redis: every reply and the final state are the same.

#![expect(clippy::expect_used, reason = "a template that is written wrong fails its test")]

mod compare;
mod config;
mod events;
mod generate;
mod pair;
mod scan;

use std::process::ExitCode;

use embroker::table::{self, CommandId, CommandSpec};
use embroker_test_support::{Backend, Property, Suite};

use crate::generate::Templates;
use crate::pair::Pair;

const PROPERTY: Property =
    Property { cases: 1500, regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/differential.txt") };

fn main() -> ExitCode {
    let mut suite = Suite::new();
    let families: [(&str, Templates); 5] = [
        ("bitfield", generate::BITFIELD),
        ("hash", generate::HASH),
        ("key", generate::KEY),
        ("set", generate::SET),
        ("string", generate::STRING),
    ];
    for (name, family) in families {
        // What a family does to a key shows in the commands on keys.
        let templates = [family, family, generate::KEY, generate::VALUES].concat();
        random_commands(&mut suite, name, templates);
    }
    random_commands(&mut suite, "all", generate::all_families());
    suite.property(
        Backend::Redis,
        "watches",
        Property { cases: PROPERTY.cases / 2, ..PROPERTY },
        pair::watch_steps,
        Pair::start,
        async |pair, steps| pair.compare_watches(steps).await,
    );
    suite.property(
        Backend::Redis,
        "events",
        PROPERTY,
        events::steps,
        events::Listeners::start,
        async |listeners, steps| listeners.compare(steps).await,
    );
    suite.property(
        Backend::Redis,
        "whole_iterations_tell_every_member",
        Property { cases: PROPERTY.cases / 10, ..PROPERTY },
        scan::scans,
        Pair::start,
        async |pair, scan| {
            for broker in pair.brokers() {
                scan.check(broker).await?;
            }
            Ok(())
        },
    );
    suite.test(Backend::Redis, "config::names_and_defaults_are_the_same", async || {
        config::compare_defaults(&Pair::start().await?).await
    });
    suite.test(Backend::Redis, "config::odd_values_are_answered_the_same", async || {
        config::compare_odd_values(&Pair::start().await?).await
    });
    suite.test(Backend::Mem, "every_command_of_the_table_has_a_template", async || every_command_has_a_template());
    suite.run()
}

fn random_commands(suite: &mut Suite, name: &str, templates: Vec<&'static str>) {
    suite.property(
        Backend::Redis,
        &format!("random_commands::{name}"),
        PROPERTY,
        move || pair::steps(&templates),
        Pair::start,
        async |pair, steps| pair.compare(steps).await,
    );
}

fn every_command_has_a_template() -> anyhow::Result<()> {
    let templates = generate::all_families();
    // What a broker tells of itself is not what another one does, and there are no scripts: tests/conformance has those
    // families. Parameters are compared in config.rs, and how values are kept at the end of each case.
    let elsewhere = |id| {
        use CommandId::{Config, Debug, Memory, Object, Scripting, Server};
        matches!(id, Config(_) | Debug(_) | Memory(_) | Object(_) | Scripting(_) | Server(_))
    };
    let common = |spec: &&CommandSpec| !spec.is_session() && !elsewhere(spec.id);
    for spec in table::all().filter(|spec| common(spec) && spec.name != "pubsub") {
        let name = spec.name.replace('|', " ").to_uppercase();
        let own = |template: &&&str| {
            template.starts_with(&name) && !template[name.len()..].starts_with(char::is_alphanumeric)
        };
        anyhow::ensure!(templates.iter().any(|template| own(&template)), "no template generates {}", spec.name);
    }
    Ok(())
}
