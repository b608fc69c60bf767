//! Every row of the command table, said to both servers: as it is meant, too short, too long, with keys of another type
//! and with odd words, in RESP2 and in RESP3. After each call the stored keys are looked at.

mod acl;
mod bitfield;
mod client;
mod config;
mod connection;
mod debug;
mod hash;
mod key;
mod pubsub;
mod row;
mod scripting;
mod server;
mod set;
mod string;
mod transaction;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use embroker_core::Command;
use embroker_core::table;
use embroker_test_support::RedisServer;

use crate::report;
use crate::support::{Served, converse_until_closed, without_ids};
use row::{Argv, EPILOGUE, Kind, Row, SETUP, words};

/// How often a conversation is repeated that was answered differently: a clock may tick between the two servers.
const ATTEMPTS: usize = 3;

/// The calls of every row of the table, by family.
fn rows() -> impl Iterator<Item = &'static Row> {
    [
        acl::ROWS,
        bitfield::ROWS,
        client::ROWS,
        config::ROWS,
        connection::ROWS,
        debug::ROWS,
        hash::ROWS,
        key::ROWS,
        pubsub::ROWS,
        scripting::ROWS,
        server::ROWS,
        set::ROWS,
        string::ROWS,
        transaction::ROWS,
    ]
    .into_iter()
    .flatten()
}

/// Fails where a row has no calls, where calls belong to no row, and where a kind of conversation is missing that the
/// row could have.
pub(crate) fn complete() -> Result<()> {
    let names: BTreeSet<&str> = rows().map(|row| row.name).collect();
    ensure!(names.len() == rows().count(), "a row has its calls twice");
    for spec in table::all() {
        ensure!(names.contains(spec.name), "{} has no calls: add them to tests/rows", spec.name);
    }
    for row in rows() {
        let spec = table::find(row.name.as_bytes()).with_context(|| format!("there is no command {}", row.name))?;
        let conversations = row.conversations(spec);
        for kind in Kind::ALL.into_iter().filter(|kind| row.can_have(*kind, spec)) {
            ensure!(conversations.iter().any(|(other, _)| *other == kind), "{} has no {kind:?}", row.name);
        }
        for (_, commands) in conversations.iter().filter(|(kind, _)| *kind == Kind::Normal) {
            let call = commands.last().context("there is a call")?;
            let called = Command::from_argv(call)?.spec().map(|spec| spec.name);
            ensure!(called == Some(row.name), "{}: {} calls {called:?}", row.name, said(commands));
        }
    }
    Ok(())
}

/// Has all conversations of all rows with both servers.
pub(crate) fn compare() -> Result<()> {
    let redis = RedisServer::start()?;
    let served = Served::start(|server| server)?;
    let (mut counts, mut differing) = (BTreeMap::<Kind, usize>::new(), Vec::new());
    for row in rows() {
        let spec = table::find(row.name.as_bytes()).context("the row is there")?;
        for (kind, commands) in row.conversations(spec) {
            for hello in [None, Some("HELLO 3")] {
                *counts.entry(kind).or_default() += 1;
                let bytes = bytes(hello, &commands);
                let mut outcome = None;
                for _ in 0..ATTEMPTS {
                    outcome = difference(row, &bytes, [&redis.socket_path(), &served.socket])?;
                    if outcome.is_none() {
                        break;
                    }
                }
                if let Some(outcome) = outcome {
                    differing.push(format!("{} {kind:?}: {}{outcome}", hello.unwrap_or_default(), said(&commands)));
                }
            }
        }
    }
    println!("{counts:?}");
    report(counts.values().sum(), &differing)
}

/// What both servers answer, where it is not the same.
fn difference(row: &Row, bytes: &[u8], sockets: [&Path; 2]) -> Result<Option<String>> {
    let [expected, got] = sockets.map(|socket| -> Result<String> {
        let answer = converse_until_closed(socket, bytes);
        let answer = answer.with_context(|| format!("{} at {}", bytes.escape_ascii(), socket.display()))?;
        Ok(row.view(&without_ids(&answer)))
    });
    let (expected, got) = (expected?, got?);
    Ok((expected != got).then(|| format!("\n  redis    {expected}\n  embroker {got}")))
}

/// A whole conversation, with what comes before and after the calls.
fn bytes(hello: Option<&str>, commands: &[Argv]) -> Vec<u8> {
    let before = SETUP.iter().copied().chain(hello).map(words);
    let after = EPILOGUE.iter().copied().chain(["QUIT"]).map(words);
    let all = before.chain(commands.iter().cloned()).chain(after);
    all.flat_map(|argv| packed(&argv)).collect()
}

fn packed(argv: &Argv) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", argv.len()).into_bytes();
    for word in argv {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// The commands as one would type them.
fn said(commands: &[Argv]) -> String {
    let word = |word: &Vec<u8>| if word.is_empty() { "\"\"".into() } else { word.escape_ascii().to_string() };
    let command = |argv: &Argv| argv.iter().map(word).collect::<Vec<_>>().join(" ");
    commands.iter().map(command).collect::<Vec<_>>().join("; ")
}
