//! What the system has no memory for.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use embroker_reliability::{Limits, Program, Scale, Watchdog};
use embroker_test_support::RawClient;

use super::{MIB, PROGRAM};

const OOM: &[u8] = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n";

/// A command, and what it is answered where there is memory; else it is [`OOM`].
type Step = (&'static [&'static str], &'static [u8]);

/// What asks for much by little, in an order in which each has something to work on.
const GREEDY: &[Step] = &[
    (&["SETBIT", "bits", "4294967295", "1"], b":0\r\n"),
    (&["SETRANGE", "range", "536870911", "x"], b":536870912\r\n"),
    (&["SETRANGE", "range", "536870912", "x"], b"-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n"),
    (&["BITFIELD", "field", "SET", "u8", "#536870911", "255"], b"*1\r\n:0\r\n"),
    (&["SET", "short", "x"], b"+OK\r\n"),
    (&["SETBIT", "short", "4294967295", "1"], b":0\r\n"),
    (&["DEL", "short", "field"], b""),
    (&["BITOP", "NOT", "not", "bits"], b""),
    (&["DEL", "not"], b""),
    (&["BITOP", "OR", "or", "bits", "range"], b""),
    (&["DEL", "or"], b""),
    (&["COPY", "bits", "copy"], b""),
    (&["SETBIT", "copy", "0", "1"], b":0\r\n"),
    (&["RENAME", "range", "other"], b""),
    (&["GETRANGE", "bits", "0", "-2"], b""),
    (&["GET", "bits"], b""),
    (&["MGET", "bits", "bits", "copy"], b""),
    (&["GETSET", "copy", "x"], b""),
    (&["GETDEL", "other"], b""),
];

/// Whatever memory it may have, the program answers, and goes on.
pub(super) async fn what_there_is_no_memory_for_is_refused_and_the_server_goes_on() -> Result<()> {
    let _watchdog = Watchdog::new("commands that ask for 512 MB", Duration::from_secs(600));
    for mib in Scale::get().pick(&[300, 800][..], &[200, 300, 600, 700, 900, 1200, 1700, 2500, 4000, 8000]) {
        let limits = Limits { address_space: Some(mib * MIB), ..Limits::default() };
        let mut server = Program::start(PROGRAM, &[], limits)?;
        let (mut client, mut other) = (server.client()?, server.client()?);
        let mut refused = 0;
        for (words, expected) in GREEDY {
            let reply = client.command(*words).with_context(|| format!("{words:?} with {mib} MiB"))?;
            refused += usize::from(reply == OOM);
            let is_expected = expected.is_empty() && reply != OOM || reply == *expected;
            // Of keys that were refused nothing is there.
            let is_missing = reply.starts_with(b"-ERR no such key") || reply == b":0\r\n";
            ensure!(reply == OOM || is_expected || is_missing, "{words:?} with {mib} MiB: {}", start(&reply));
            server.check()?;
            ensure!(other.command(["PING"])? == b"+PONG\r\n", "others are served");
        }
        println!("with {mib} MiB of address space {refused} of {} commands are refused", GREEDY.len());
        ensure!(refused > 0 || *mib >= 4000, "{refused} refused with {mib} MiB");
        client.command(["FLUSHALL"])?;
        for words in [&["MULTI"][..], &["SETBIT", "bits", "4294967295", "1"], &["GET", "bits"], &["EXEC"]] {
            client.command(words)?;
        }
        server.check()?;
        ensure!(other.command(["PING"])? == b"+PONG\r\n", "others are served after EXEC");
    }
    Ok(())
}

/// What became of commands: how many were taken, how many refused, and how many ended their connection.
#[derive(Debug, Default)]
struct Seen {
    taken: usize,
    refused: usize,
    closed: usize,
}

impl Seen {
    /// Sends a command and counts what becomes of it; `false` where that was the end of its client.
    fn send<W: AsRef<[u8]>>(&mut self, client: &mut RawClient, words: impl IntoIterator<Item = W>) -> bool {
        let reply = client.send(words).and_then(|()| client.reply());
        match &reply {
            Ok(reply) if reply == OOM => self.refused += 1,
            Ok(_) => self.taken += 1,
            Err(_) => self.closed += 1,
        }
        reply.is_ok()
    }

    fn all(&self) -> usize {
        self.taken + self.refused + self.closed
    }
}

/// Arguments that are large themselves: each is taken, refused, or ends its connection, and nothing else.
pub(super) async fn large_arguments_are_taken_or_refused_and_the_server_goes_on() -> Result<()> {
    let _watchdog = Watchdog::new("large arguments", Duration::from_secs(600));
    let (mib, length) = Scale::get().pick((300, 48 << 20), (2500, 500 << 20));
    let payload = vec![b'x'; length];
    let limits = Limits { address_space: Some(mib * MIB), ..Limits::default() };
    let mut server = Program::start(PROGRAM, &[], limits)?;
    let mut other = server.client()?;
    let mut subscriber = server.client()?;
    subscriber.command(["SUBSCRIBE", "channel"])?;
    let commands: &[&[&[u8]]] = &[
        &[b"SET", b"k", &payload],
        &[b"APPEND", b"k", &payload],
        &[b"GET", b"k"],
        &[b"SET", b"l", &payload],
        &[b"SETRANGE", b"l", b"7", &payload],
        &[b"HSET", b"h", b"f", &payload],
        &[b"HSET", b"h", &payload, b"v"],
        &[b"SADD", b"s", &payload],
        &[b"MSET", b"m", &payload, b"n", &payload],
        &[b"ECHO", &payload],
        &[b"PUBLISH", b"channel", &payload],
        &[b"SET", &payload, b"v"],
        &[b"SUBSCRIBE", &payload],
        &[b"NOSUCH", &payload],
    ];
    let mut seen = Seen::default();
    for command in commands {
        seen.send(&mut server.client()?, *command);
        server.check().with_context(|| format!("after {}", command[0].escape_ascii()))?;
        if command[1] != b"k" {
            other.command(["FLUSHALL"])?;
        }
        ensure!(other.command(["PING"])? == b"+PONG\r\n", "others are served");
    }
    println!("{mib} MiB, large commands: {seen:?}");
    ensure!(seen.refused + seen.closed > 0, "nothing was refused");
    Ok(())
}

/// A server that keeps what it gets until nothing more fits goes on refusing, and serves others meanwhile.
pub(super) async fn a_full_server_refuses_and_goes_on() -> Result<()> {
    let _watchdog = Watchdog::new("a full server", Duration::from_secs(600));
    let commands: &[&[&str]] = &[
        &["SET", "{number}", "{large}"],
        &["SET", "{large}{number}", "v"],
        &["HSET", "h", "{large}{number}", "v"],
        &["HSET", "h", "{number}", "{large}"],
        &["SADD", "s", "{large}{number}"],
        &["APPEND", "k", "{large}"],
        &["SETRANGE", "{number}", "10", "{large}"],
        &["SUBSCRIBE", "{large}{number}"],
        &["PSUBSCRIBE", "{large}{number}"],
        &["PSUBSCRIBE", "{large}*?{number}"],
    ];
    let (sizes, room) = Scale::get().pick((&[5][..], 120), (&[1, 2, 3, 5, 7, 9, 15, 17], 400));
    for mib in sizes {
        let large = "x".repeat(mib << 20);
        let limits = Limits { address_space: Some(room * MIB), ..Limits::default() };
        let mut server = Program::start(PROGRAM, &[], limits)?;
        let mut other = server.client()?;
        for command in commands {
            let mut client = server.client()?;
            let mut seen = Seen::default();
            while seen.taken < 500 && seen.refused + seen.closed < 10 {
                let number = seen.all().to_string();
                let words = command.iter().map(|word| word.replace("{number}", &number).replace("{large}", &large));
                if !seen.send(&mut client, words) {
                    client = server.client()?;
                }
                server.check().with_context(|| format!("after {command:?} of {mib} MiB: {seen:?}"))?;
                ensure!(other.command(["PING"])? == b"+PONG\r\n", "others are served");
            }
            println!("{command:?} of {mib} MiB: {seen:?}");
            ensure!(seen.taken > 0 && seen.taken < seen.all(), "{command:?} of {mib} MiB: {seen:?}");
            other.command(["FLUSHALL"])?;
            drop(client);
            has_room(&mut other).await?;
        }
    }
    Ok(())
}

/// Every command, with large arguments in each place, of a server that has little memory left.
pub(super) async fn every_command_is_answered_at_the_end_of_memory() -> Result<()> {
    let _watchdog = Watchdog::new("every command", Duration::from_secs(1200));
    let sizes = Scale::get().pick(&[1][..], &[1, 3, 5]);
    for mib in sizes {
        let large = "x".repeat(mib << 20);
        let limits = Limits { address_space: Some(200 * MIB), ..Limits::default() };
        let mut server = Program::start(PROGRAM, &[], limits)?;
        let mut other = server.client()?;
        let mut filled = 0;
        while other.command(["SETRANGE", &format!("filling:{filled}"), "1999999", "x"])? != OOM {
            filled += 1;
        }
        // Room for about four arguments.
        for number in 0..mib * 2 {
            other.command(["DEL", &format!("filling:{number}")])?;
        }
        other.command(["SELECT", "1"])?;
        let names = String::from_utf8(other.command(["COMMAND", "LIST"])?)?;
        let names = names.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()));
        let mut seen = Seen::default();
        for name in names {
            for shape in [&["{large}"][..], &["k", "{large}"], &["{large}", "{large}"], &["k", "{large}", "v"]] {
                let mut client = server.client()?;
                client.command(["SELECT", "1"])?;
                let words = name.split('|').chain(shape.iter().copied());
                let words = words.map(|word| if word == "{large}" { &large } else { word });
                seen.send(&mut client, words);
                server.check().with_context(|| format!("after {name} {shape:?} of {mib} MiB"))?;
                ensure!(other.command(["FLUSHDB"])? == b"+OK\r\n", "others are served");
            }
        }
        println!("{} commands with arguments of {mib} MiB: {seen:?}", seen.all());
        ensure!(seen.all() > 500 && seen.refused > 0 && seen.taken > 0, "{seen:?}");
    }
    Ok(())
}

/// Returns once the server has 50 MiB for a key, which takes no second once it is empty.
async fn has_room(client: &mut RawClient) -> Result<()> {
    for _ in 0..50 {
        if client.command(["SETRANGE", "room", "52428799", "x"])? != OOM {
            client.command(["DEL", "room"])?;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("what came free is not given back")
}

/// The beginning of a reply.
fn start(reply: &[u8]) -> String {
    reply.get(..100).unwrap_or(reply).escape_ascii().to_string()
}
