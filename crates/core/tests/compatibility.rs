//! `docs/compatibility.md` lists the commands that the table has, no more and no fewer.

use embroker_core::table::{self, CommandId, Flags};

const PAGE: &str = include_str!("../../../docs/compatibility.md");

/// Whether a command is of a family.
type IsOf = fn(CommandId) -> bool;

/// The families in the page's order, with the name that it gives them.
const FAMILIES: [(&str, IsOf); 10] = [
    ("messages", |id| matches!(id, CommandId::PubSub(_))),
    ("hashes", |id| matches!(id, CommandId::Hash(_))),
    ("sets", |id| matches!(id, CommandId::Set(_))),
    ("strings", |id| matches!(id, CommandId::String(_))),
    ("bits and bit fields", |id| matches!(id, CommandId::Bitfield(_))),
    ("keys", |id| matches!(id, CommandId::Key(_))),
    ("scripts and functions", |id| matches!(id, CommandId::Scripting(_))),
    ("the connection", |id| matches!(id, CommandId::Connection(_))),
    ("parameters", |id| matches!(id, CommandId::Config(_))),
    ("the broker itself", |id| matches!(id, CommandId::Server(_))),
];

/// A line of the page's table: the commands that `wanted` picks, by name.
fn line(family: &str, wanted: impl Fn(&table::CommandSpec) -> bool) -> String {
    // A container is nothing without a subcommand.
    let listed = table::all().filter(|spec| !spec.flags.contains(Flags::CONTAINER) && wanted(spec));
    let mut names: Vec<String> = listed.map(|spec| spec.name.to_uppercase().replace('|', " ")).collect();
    names.sort();
    format!("| {family} | {} |", names.join(", "))
}

#[test]
fn the_page_lists_every_command_of_the_table() {
    let mut lines = vec!["| family | commands |".to_owned(), "|---|---|".to_owned()];
    lines.extend(FAMILIES.map(|(name, is_in)| line(name, |spec| !spec.is_session() && is_in(spec.id))));
    lines.push(line("of one client's connection", table::CommandSpec::is_session));

    let from = PAGE.lines().skip_while(|line| *line != lines[0]);
    let found: Vec<&str> = from.take_while(|line| line.starts_with('|')).collect();
    assert_eq!(found, lines, "the table of docs/compatibility.md should read\n{}\n", lines.join("\n"));
}
