//! Several clients at once: what each is answered and what it hears of the others, step by step.
//!
//! A step begins with the client's letter: `a: PING` says it and hears the answer, `a! PING` only says it, `a?` hears
//! one more answer, `a~` waits until a command of the client's is held by a pause, `a$` hears that the connection has
//! ended.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use embroker_test_support::RawClient;

const PATIENCE: Duration = Duration::from_secs(20);

/// Each is had in RESP2 and in RESP3.
pub(crate) const DIALOGUES: &[&[&str]] = &[
    // Writes wait, reads and their transactions don't; nothing after what waits overtakes it. Those who wait touch keys
    // of their own: here they go on in any order.
    &[
        "a: SET k 1",
        "a: CLIENT PAUSE 100000 WRITE",
        "b: GET k",
        "b! SET k 2",
        "b! GET k",
        "b! PING",
        "b~",
        "c! PUBLISH x y",
        "c~",
        "d: MULTI",
        "d: GET k",
        "d! INCR n",
        "d~",
        "e: MULTI",
        "e: GET k",
        "e: EXEC",
        "a: GET k",
        "f! SET n",
        "f?",
        "f! DEL other",
        "f! FOO",
        "f~",
        "a: CLIENT LIST",
        "a: CLIENT UNPAUSE",
        "b?",
        "b?",
        "b?",
        "c?",
        "d?",
        "f?",
        "f?",
        "d: EXEC",
    ],
    // EXEC waits where a queued command writes.
    &[
        "b: MULTI",
        "b: SET k 1",
        "c: MULTI",
        "c: GET k",
        "a: CLIENT PAUSE 100000 WRITE",
        "c: EXEC",
        "b! EXEC",
        "b~",
        "a: CLIENT INFO",
        "a: CLIENT UNPAUSE",
        "b?",
    ],
    // A pause gets stricter and longer; all wait in it, also who wants to end it.
    &[
        "a: CLIENT PAUSE 1 WRITE",
        "a: CLIENT PAUSE 60 ALL",
        "b! PING",
        "b! PING",
        "a! CLIENT UNPAUSE",
        "c! QUIT",
        "b?",
        "b?",
        "a?",
        "c?",
        "c$",
    ],
    // Who waits can be killed, and its command does not run.
    &[
        "a: CLIENT PAUSE 100000 WRITE",
        "b! SET killed 1",
        "b~",
        "a: CLIENT KILL TYPE normal",
        "b$",
        "a: CLIENT UNPAUSE",
        "a: EXISTS killed",
    ],
    // A pause ends in time.
    &["a: CLIENT PAUSE 50 WRITE", "b! SET k 1", "b?", "a: GET k"],
    // Monitors hear what others do, in whole transactions too, and not what is for who runs the server.
    &[
        "m: MONITOR",
        "n: MONITOR",
        "a: SET k v",
        "m?",
        "n?",
        "a: set \"a b\" 1",
        "m?",
        "n?",
        "a: MULTI",
        "m?",
        "n?",
        "a: SET a 1",
        "a: SELECT 3",
        "a: incr a",
        "a: CLIENT LIST",
        "a: ECHO x",
        "a: EXEC",
        "m?",
        "m?",
        "m?",
        "m?",
        "m?",
        "n: RESET",
        "m?",
        "a: PING",
        "m?",
        "n: PING",
        "m?",
        "a: CLIENT KILL ID 99999",
        "a: GET",
        "a: NOSUCH",
        "a: QUIT",
        "m?",
        "m: GET k",
        "m: QUIT",
        "m$",
    ],
    // A watched key is written, and a transaction doomed.
    &[
        "m: MONITOR",
        "a: WATCH k",
        "m?",
        "b: SET k 1",
        "m?",
        "a: MULTI",
        "m?",
        "a: GET k",
        "a: EXEC",
        "m?",
        "a: MULTI",
        "m?",
        "a: NOSUCH",
        "a: EXEC",
        "m?",
        "a: EXEC x",
        "m?",
        "a: SUBSCRIBE x",
        "m?",
        "a: UNSUBSCRIBE x",
        "m?",
    ],
    // A monitor never waits.
    &[
        "m: MONITOR",
        "a: CLIENT PAUSE 100000 ALL",
        "m: PING",
        "m?",
        "b! ECHO hi",
        "m: CLIENT UNPAUSE",
        "b?",
        "m?",
        "m: CLIENT KILL TYPE normal SKIPME yes",
        "a$",
        "b$",
    ],
    // Killed by kind; who has subscribed is not normal.
    &["a: SUBSCRIBE x", "b: PING", "c: CLIENT KILL TYPE pubsub", "a$", "b: PING", "c: CLIENT KILL TYPE normal", "b$"],
    // Who was killed receives no more, also where its killer goes on at once.
    &[
        "a: SUBSCRIBE x",
        "b: PSUBSCRIBE x*",
        "c: PUBLISH x 1",
        "c! CLIENT KILL TYPE pubsub\r\nPUBLISH x 2\r\nPUBSUB NUMSUB x\r\nPUBSUB NUMPAT",
        "c?",
        "c?",
        "c?",
        "c?",
    ],
];

/// Has one dialogue, every client in this version of the protocol; what was heard, in order.
pub(crate) fn hear(connect: impl Fn() -> Result<RawClient>, version: &str, steps: &[&str]) -> Result<Vec<u8>> {
    let mut control = connect()?;
    // Both servers have it as their first client.
    control.command(["PING"])?;
    let mut clients = BTreeMap::new();
    for step in steps {
        let letter = step.chars().next().context("a step begins with a letter")?;
        if let std::collections::btree_map::Entry::Vacant(place) = clients.entry(letter) {
            let mut client = connect()?;
            client.command(["HELLO", version])?;
            client.command(["CLIENT", "SETNAME", letter.to_string().as_str()])?;
            place.insert(client);
        }
    }
    let mut heard = Vec::new();
    for step in steps {
        let (letter, rest) = step.split_at(1);
        let client = letter.chars().next().and_then(|letter| clients.get_mut(&letter)).context("a client")?;
        let (verb, said) = rest.split_at(1);
        let said = [said.trim(), "\r\n"].concat();
        let answer = match verb {
            ":" => {
                client.send_bytes(said.as_bytes())?;
                client.reply().with_context(|| format!("{step} is not answered"))?
            }
            "!" => {
                client.send_bytes(said.as_bytes())?;
                Vec::new()
            }
            "?" => client.reply().with_context(|| format!("{step} after {}", heard.escape_ascii()))?,
            "$" => {
                ensure!(client.reply().is_err(), "{step}: the connection goes on");
                b"the end".to_vec()
            }
            "~" => {
                wait_until_held(&mut control, letter)?;
                Vec::new()
            }
            _ => bail!("no such step: {step}"),
        };
        heard.extend_from_slice(format!("\n[{step}]\n").as_bytes());
        heard.extend(answer);
    }
    Ok(heard)
}

fn wait_until_held(control: &mut RawClient, name: &str) -> Result<()> {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let list = String::from_utf8(control.command(["CLIENT", "LIST"])?)?;
        let is_held = |line: &str| {
            let flags = line.split(' ').find_map(|field| field.strip_prefix("flags="));
            line.contains(&format!(" name={name} ")) && flags.is_some_and(|flags| flags.contains('b'))
        };
        if list.lines().any(is_held) {
            return Ok(());
        }
    }
    bail!("{name} is not held")
}
