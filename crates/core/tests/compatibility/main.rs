//! Makes the tables of `docs/compatibility.md` from the command table, and checks that the page has them.
//!
//! `cargo xtask compatibility` writes them: it runs this test with `EMBROKER_WRITE_PAGE` set.

mod differences;

use std::fmt::Write as _;
use std::{env, fs};

use differences::DIFFERENCES;
use embroker_core::table::{self, Facts, Group};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compatibility.md");

/// What stands before and behind the tables.
const BEGIN: &str = "<!-- tables: made by `cargo xtask compatibility` -->\n";
const END: &str = "<!-- end of the tables -->\n";

/// How a command of Redis fares in memory.
enum State {
    Works,
    /// It works, but belongs to one client's connection.
    OfClient,
    Differs(&'static str),
    Absent,
}

impl State {
    fn of(facts: &Facts) -> Self {
        let Some(spec) = table::find(facts.name.as_bytes()) else { return Self::Absent };
        let difference = DIFFERENCES.iter().find(|(name, _)| *name == facts.name);
        match difference {
            Some((_, how)) => Self::Differs(how),
            None if spec.is_session() => Self::OfClient,
            None => Self::Works,
        }
    }
}

/// The commands of a group. A container is left out, except for COMMAND, which can be called without a subcommand.
fn commands(group: Group) -> impl Iterator<Item = &'static Facts> {
    let is_container =
        |name: &str| Facts::all().any(|facts| facts.name.split_once('|').is_some_and(|(of, _)| of == name));
    group.facts().iter().filter(move |facts| facts.name == "command" || !is_container(facts.name))
}

fn tables() -> String {
    let (mut works, mut differ, mut absent) = (0, 0, 0);
    let mut tables = String::new();
    for group in Group::ALL {
        let _ = write!(tables, "\n### {}\n\n| command | since | in memory |\n|---|---|---|\n", title(group));
        for facts in commands(group) {
            let (state, count) = match State::of(facts) {
                State::Works => ("works".to_owned(), &mut works),
                State::OfClient => ("works, for a client".to_owned(), &mut works),
                State::Differs(how) => (format!("differs: {how}"), &mut differ),
                State::Absent => ("absent".to_owned(), &mut absent),
            };
            *count += 1;
            let name = facts.name.to_uppercase().replace('|', " ");
            let _ = writeln!(tables, "| {name} | {} | {state} |", facts.since);
        }
    }
    let all = works + differ + absent;
    format!(
        "\nOf Redis's {all} commands, each subcommand counted as one, {works} work, {differ} differ and {absent} are \
         absent.\n{tables}\n"
    )
}

/// What the page calls a group.
fn title(group: Group) -> &'static str {
    match group {
        Group::Bitmap => "Bits and bit fields",
        Group::Cluster => "Cluster",
        Group::Connection => "Connections",
        Group::Generic => "Keys of any type",
        Group::Geo => "Places",
        Group::Hash => "Hashes",
        Group::HyperLogLog => "HyperLogLogs",
        Group::List => "Lists",
        Group::PubSub => "Messages",
        Group::Scripting => "Scripts and functions",
        Group::Server => "The server",
        Group::Set => "Sets",
        Group::SortedSet => "Sorted sets",
        Group::Stream => "Streams",
        Group::String => "Strings",
        Group::Transactions => "Transactions",
    }
}

#[test]
fn the_page_has_the_tables_that_the_command_table_makes() {
    let page = fs::read_to_string(PAGE).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page says where the tables begin");
    let (_, after) = rest.split_once(END).expect("the page says where the tables end");
    let made = [before, BEGIN, &tables(), END, after].concat();
    if env::var_os("EMBROKER_WRITE_PAGE").is_some() {
        fs::write(PAGE, made).unwrap();
        return;
    }
    // Compared line by line, so that a failure shows the lines and not two pages.
    let (lines, wanted): (Vec<&str>, Vec<&str>) = (page.lines().collect(), made.lines().collect());
    let first = lines.iter().zip(&wanted).find(|(line, wanted)| line != wanted);
    assert!(
        first.is_none() && lines.len() == wanted.len(),
        "docs/compatibility.md is not what the command table makes, first at {first:?}; run `cargo xtask compatibility`"
    );
}

#[test]
fn a_difference_is_told_once_and_of_a_command_that_is_there() {
    for (at, (name, how)) in DIFFERENCES.iter().enumerate() {
        assert!(table::find(name.as_bytes()).is_some(), "{name} is absent");
        assert!(!DIFFERENCES[..at].iter().any(|(other, _)| other == name), "{name} is told twice");
        assert!(!how.is_empty() && !how.ends_with('.') && !how.contains('|'), "{name}: {how}");
    }
}
