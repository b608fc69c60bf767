//! What clients say comes back in errors, logs and lists; it never becomes a line of the protocol. All is compared with
//! Redis byte by byte: what it cuts off at 128 bytes, and what it makes of line breaks.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use embroker_reliability::{Pair, Watchdog, without_ids};
use embroker_test_support::{Backend, Suite};

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server-under-test");

/// Where a word of the client's is repeated, or might be. `word` stands for it; commands have `; ` between them.
const PLACES: &[&str] = &[
    "word",
    "word word word",
    "GET",
    "GET word word",
    "OBJECT word",
    "OBJECT word k",
    "OBJECT ENCODING k word",
    "CLIENT word",
    "CLIENT word word",
    "CONFIG word",
    "CONFIG SET word 1",
    "CONFIG SET word 1 word 2",
    "CONFIG SET maxmemory word",
    "CONFIG SET maxmemory-policy word",
    "CONFIG SET save word",
    "CONFIG SET client-output-buffer-limit word",
    "CONFIG SET notify-keyspace-events word",
    "CONFIG SET loglevel word",
    "CONFIG GET word",
    "CONFIG SET hz word",
    "ACL word",
    "ACL CAT word",
    "ACL GETUSER word",
    "ACL DELUSER word",
    "ACL SETUSER default xword",
    "ACL DRYRUN word get a",
    "ACL DRYRUN default word",
    "ACL DRYRUN default word a",
    "ACL LOG word",
    "ACL GENPASS word",
    "HELLO word",
    "HELLO 3 word",
    "HELLO 3 SETNAME word",
    "HELLO 3 AUTH default word",
    "HELLO 3 AUTH word word",
    "HELLO 2 SETNAME x word",
    "AUTH word",
    "AUTH word word",
    "AUTH word word word",
    "CLIENT SETNAME word; CLIENT GETNAME",
    "CLIENT KILL TYPE word",
    "CLIENT KILL word 1",
    "CLIENT KILL word",
    "CLIENT KILL USER word",
    "CLIENT LIST TYPE word",
    "CLIENT LIST word",
    "CLIENT REPLY word",
    "CLIENT NO-EVICT word",
    "CLIENT CACHING word",
    "CLIENT UNBLOCK word",
    "CLIENT PAUSE word",
    "CLIENT TRACKING word",
    "DEBUG ERROR word",
    "DEBUG PROTOCOL word",
    "DEBUG OBJECT word",
    "PUBSUB word",
    "PUBSUB word word",
    "PUBSUB NUMSUB word",
    "SCRIPT word",
    "SCRIPT EXISTS word",
    "SCRIPT FLUSH word",
    "FUNCTION word",
    "FUNCTION LIST word",
    "FUNCTION LIST LIBRARYNAME word",
    "FUNCTION DELETE word",
    "FUNCTION FLUSH word",
    "MODULE word",
    "MEMORY word",
    "MEMORY USAGE k word",
    "LATENCY word",
    "LATENCY GRAPH word",
    "LATENCY HISTORY word",
    "LATENCY RESET word",
    "SLOWLOG word",
    "SLOWLOG GET word",
    "COMMAND word",
    "COMMAND GETKEYS word a",
    "COMMAND LIST FILTERBY word x",
    "COMMAND LIST word",
    "COMMAND INFO word",
    "EXPIRE k 1 word",
    "EXPIRE k word",
    "SET k v word",
    "SET k v EX word",
    "GETEX k word",
    "GETEX k EX word",
    "BITFIELD k word",
    "BITFIELD k GET word 0",
    "BITFIELD k GET u8 word",
    "BITFIELD k OVERFLOW word",
    "BITFIELD_RO k word",
    "BITOP word d k",
    "BITCOUNT k 0 1 word",
    "BITPOS k word",
    "SINTERCARD 1 s word 1",
    "SINTERCARD word s",
    "COPY k k2 word",
    "COPY k k2 DB word",
    "MOVE k word",
    "FCALL word 0",
    "FCALL f word",
    "EVALSHA word 0",
    "SHUTDOWN word",
    "SUBSCRIBE word; PING word; GET word; word; UNSUBSCRIBE word",
    "PSUBSCRIBE word; PUNSUBSCRIBE",
    "SSUBSCRIBE word; SUNSUBSCRIBE",
    "PUBLISH word word",
    "ECHO word",
    "PING word",
    "SELECT 9; SCAN word",
    "SCAN 0 word 1",
    "SSCAN s 0 COUNT word",
    "FLUSHALL word",
    "SWAPDB word 0",
    "SELECT word",
    "INCRBY k word",
    "INCRBYFLOAT k word",
    "HINCRBY h f word",
    "HSET h word",
    "HSET h word word; HGETALL h; DEL h",
    "SETRANGE k word x",
    "SETBIT k word 1",
    "WAIT word 0",
    "MULTI; word; EXEC",
    "MULTI; GET word word; EXEC word; DISCARD",
    "WATCH word; UNWATCH",
    "RENAME word word",
    "SPOP s word",
    "QUIT2 word",
    "RESET word",
    "MONITOR word",
    "ROLE word",
    "LASTSAVE word",
    "TIME word",
    "DBSIZE word",
    "SET word word; TYPE word; GET word; DEL word",
];

fn main() -> ExitCode {
    let _watchdog = Watchdog::new("injection", Duration::from_secs(600));
    let mut suite = Suite::new();
    suite.test(Backend::Redis, "an_error_is_one_line_and_the_same_as_redis_s", async || errors());
    suite.test(Backend::Redis, "logs_and_lists_show_what_redis_shows", async || lines());
    suite.run()
}

/// What a client might say to have the other end hear what nobody said.
fn hostile() -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = [
        &b"\r\n+OK\r\n"[..],
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"a\0b",
        b"\xff\xfe",
        b"x%s%n%d",
        b"a\r\n-ERR x\r\n:1\r\n",
        b"\"",
        b"'",
        b"a' 'b",
        b"\\x0d\\x0a",
        b"-ERR",
        b"$5\r\nhello\r\n",
        b" ",
        b"",
        b"\t\x07\x1b[31m",
        b"\xe2\x80\xa8",
        b"a=b c=d",
        b"get|x",
        b"config|set",
    ]
    .iter()
    .map(|word| word.to_vec())
    .collect();
    for (unit, len) in
        [("c", 127), ("d", 128), ("e", 129), ("f", 300), ("\r\n", 140), ("'", 130), ("\u{e9}", 130), ("g", 20_000)]
    {
        words.push(unit.bytes().cycle().take(len).collect());
    }
    words
}

fn packed(command: &str, word: &[u8]) -> Vec<u8> {
    let filled = |part: &str| match part.strip_suffix("word") {
        Some(before) => [before.as_bytes(), word].concat(),
        None => part.as_bytes().to_vec(),
    };
    let words: Vec<Vec<u8>> = command.split(' ').map(filled).collect();
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(&word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

fn report(count: usize, differing: &[String]) -> Result<()> {
    println!("{count} conversations, {} differ", differing.len());
    let shown: Vec<String> = differing.iter().take(10).cloned().collect();
    ensure!(differing.is_empty(), "{} of {count} differ:\n{}", differing.len(), shown.join("\n"));
    Ok(())
}

fn errors() -> Result<()> {
    let pair = Pair::start(PROGRAM, &[])?;
    let setup = ["FLUSHALL", "SET k 12", "HSET h f 1", "SADD s 1"].map(|command| packed(command, b"")).concat();
    let (mut count, mut differing) = (0, Vec::new());
    for place in PLACES {
        for before in [&[][..], &["HELLO 3"], &["MULTI"], &["HELLO 3", "MULTI"]] {
            // What can't be queued is compared once, outside of a transaction.
            let is_queued = before.contains(&"MULTI");
            if is_queued && (place.contains("MULTI") || place.contains("SUBSCRIBE") || place.contains("WATCH")) {
                continue;
            }
            let mut bytes = setup.clone();
            for word in hostile() {
                bytes.extend(before.iter().flat_map(|command| packed(command, b"")));
                bytes.extend(place.split("; ").flat_map(|command| packed(command, &word)));
                let after: &[&str] = if is_queued { &["EXEC", "RESET"] } else { &["RESET"] };
                bytes.extend(after.iter().flat_map(|command| packed(command, b"")));
                count += 1;
            }
            if let Some(difference) = pair.difference(&bytes, without_ids)? {
                differing.push(narrowed(&pair, &setup, before, place)?.unwrap_or(difference));
            }
        }
    }
    report(count, &differing)
}

/// The first single word that makes the difference.
fn narrowed(pair: &Pair, setup: &[u8], before: &[&str], place: &str) -> Result<Option<String>> {
    for word in hostile() {
        let mut bytes = setup.to_vec();
        bytes.extend(before.iter().flat_map(|command| packed(command, b"")));
        bytes.extend(place.split("; ").flat_map(|command| packed(command, &word)));
        if before.contains(&"MULTI") {
            bytes.extend(packed("EXEC", b""));
        }
        if let Some(difference) = pair.difference(&bytes, without_ids)? {
            return Ok(Some(format!("{before:?} {place}: {difference}")));
        }
    }
    Ok(None)
}

/// MONITOR, SLOWLOG GET and ACL LOG, without times, ids and addresses.
fn lines() -> Result<()> {
    let pair = Pair::start(PROGRAM, &[("acllog-max-len", "128")])?;
    let (mut count, mut differing) = (0, Vec::new());
    let calls =
        ["ECHO word", "word word", "AUTH default word", "HELLO 2 AUTH word word", "CLIENT SETNAME word", "SET word 1"];
    for call in calls {
        for word in hostile() {
            let monitored = [packed("MONITOR", b""), packed(call, &word), packed("PING", b"")].concat();
            let logged = [
                packed("CONFIG SET slowlog-log-slower-than 0", b""),
                packed("SLOWLOG RESET", b""),
                packed(call, &word),
                packed("SLOWLOG GET 1", b""),
                packed("CONFIG SET slowlog-log-slower-than 10000", b""),
                packed("SLOWLOG RESET", b""),
            ]
            .concat();
            let denied = [packed("ACL LOG RESET", b""), packed("AUTH word x", &word), packed("ACL LOG", b"")].concat();
            // Of a longer name embroker keeps 1024 bytes, see docs/compatibility.md.
            let denied = if word.len() > 1024 { Vec::new() } else { denied };
            for bytes in [monitored, logged, denied] {
                count += 1;
                differing.extend(pair.difference(&bytes, without_the_moment)?);
            }
        }
    }
    report(count, &differing)
}

/// The lines of an answer, without those that tell of a time, an id or an address.
fn without_the_moment(answer: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut after_age = 0;
    for line in answer.split_inclusive(|byte| *byte == b'\n') {
        let contains = |text: &[u8]| line.windows(text.len()).any(|window| window == text);
        if contains(b"age-seconds") {
            after_age = 2;
        }
        let is_moment = line.starts_with(b":") || contains(b"s.sock:0") || contains(b"laddr=");
        if is_moment || (after_age > 0 && !contains(b"age-seconds")) {
            after_age = usize::saturating_sub(after_age, 1);
            // The length of what is left out.
            if kept.last().is_some_and(|last| last.starts_with(b"$")) {
                kept.pop();
            }
            continue;
        }
        let is_monitors = line.starts_with(b"+") && line.get(1).is_some_and(u8::is_ascii_digit);
        let from = if is_monitors { line.windows(2).position(|end| end == b"] ").unwrap_or(0) } else { 0 };
        kept.push(&line[from..]);
    }
    kept.concat()
}
