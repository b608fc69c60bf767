//! Broken frames: thousands of conversations that no client should have, each with the same bytes back as from Redis, and
//! the connection closed where Redis closes it.
//!
//! Not tried are lines of more than 60,000 bytes: where Redis takes those depends on how its reads fell, see
//! docs/compatibility.md.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use embroker_reliability::{Limits, Pair, Program, Scale, Watchdog, told};
use embroker_test_support::{Backend, Suite};
use fastrand::Rng;

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server-under-test");
/// What the conversations begin with; another one gives others.
const SEED: u64 = 7;
const LONGEST: usize = 60_000;
/// How many differences are looked for: each is waited for, and these are told.
const ENOUGH: usize = 3;

/// What may stand where a length is expected.
const LENGTHS: [&[u8]; 34] = [
    b"0",
    b"1",
    b"2",
    b"3",
    b"4",
    b"5",
    b"10",
    b"11",
    b"-1",
    b"-2",
    b"+1",
    b"01",
    b" 1",
    b"1 ",
    b"00",
    b"-0",
    b"",
    b"x",
    b"1x",
    b"2147483647",
    b"2147483648",
    b"-2147483648",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"18446744073709551616",
    b"536870912",
    b"536870913",
    b"1\0",
    b"\0",
    b"0x3",
    b"3.0",
    b"16384",
    b"16385",
];
/// What may stand at the end of a line; most often what belongs there.
const ENDS: [&[u8]; 16] = [
    b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"", b"\n\r", b"\r\r\n",
    b"\rX", b"\0\r\n", b" \r\n",
];
const KINDS: [&[u8]; 16] =
    [b"$", b"$", b"$", b"$", b"$", b"$", b"$", b"*", b"+", b":", b"-", b"", b"$$", b"\0", b"\r", b"\xff"];
const WORDS: [&[u8]; 30] = [
    b"PING",
    b"GET",
    b"SET",
    b"k",
    b"v",
    b"ECHO",
    b"",
    b"\r\n",
    b"\0",
    b"a b",
    b"\xff",
    b"MULTI",
    b"EXEC",
    b"INCR",
    b"SELECT",
    b"1",
    b"FOO",
    b"g\r\nh",
    b"HELLO",
    b"3",
    b"AUTH",
    b"secret",
    b"SUBSCRIBE",
    b"c",
    b"QUIT",
    b"RESET",
    b"POST",
    b"Host:",
    b"get",
    b"GET / HTTP/1.1",
];
const INLINE: [&[u8]; 34] = [
    b"PING",
    b"GET k",
    b"SET k v",
    b"ECHO",
    b"\"",
    b"'",
    b"a",
    b"\"a b\"",
    b"'a b'",
    b"\\x41",
    b"\"\\x41\"",
    b"\"\\xZZ\"",
    b"\"\\n\\r\\t\\a\\b\"",
    b"\"\\\"",
    b"'\\''",
    b"\t",
    b" ",
    b"\"\"",
    b"''",
    b"a\"b\"",
    b"\"a\"b",
    b"\0",
    b"\xff",
    b"\x0b",
    b"ECHO \"a\\",
    b"FOO \"\\r\\n\"",
    b"MULTI",
    b"EXEC",
    b"*1",
    b"$3",
    b"HELLO 3",
    b"AUTH secret",
    b"QUIT",
    b"SUBSCRIBE c",
];
const FRAGMENTS: [&[u8]; 14] = [
    b"\r\n",
    b"\n",
    b"\0",
    b"*\r\n",
    b"$\r\n",
    b"*0\r\n",
    b"*-1\r\n",
    b"+OK\r\n",
    b":1\r\n",
    b"-ERR\r\n",
    b"*1\r\n*1\r\n",
    b"%1\r\n",
    b"_\r\n",
    b"POST / HTTP/1.1\r\n",
];

fn main() -> ExitCode {
    let _watchdog = Watchdog::new("frames", Duration::from_secs(1800));
    let mut suite = Suite::new();
    suite.test(Backend::Redis, "broken_frames_are_answered_as_by_redis", async || compare(&[]));
    suite.test(Backend::Redis, "broken_frames_before_the_password_are_answered_as_by_redis", async || {
        compare(&[("requirepass", "secret")])
    });
    suite.test(Backend::Redis, "frames_in_pieces_are_answered_as_by_redis", async || in_pieces());
    suite.test(Backend::Mem, "who_leaves_in_the_middle_leaves_nothing", async || disconnects());
    suite.run()
}

fn of<'a>(rng: &mut Rng, choices: &[&'a [u8]]) -> &'a [u8] {
    choices[rng.usize(..choices.len())]
}

fn packed(words: &[&[u8]]) -> Vec<u8> {
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// One frame, whole or broken.
fn frame(rng: &mut Rng) -> Vec<u8> {
    let words: Vec<&[u8]> = (0..rng.usize(..5)).map(|_| of(rng, &WORDS)).collect();
    match rng.u32(..100) {
        0..35 => packed(&words),
        35..60 => {
            let count = words.len().to_string().into_bytes();
            let count = if rng.u32(..10) < 7 { &count[..] } else { of(rng, &LENGTHS) };
            let mut bytes = [b"*", count, of(rng, &ENDS)].concat();
            for word in words {
                let len = word.len().to_string().into_bytes();
                let len = if rng.u32(..5) < 4 { &len[..] } else { of(rng, &LENGTHS) };
                bytes.extend([of(rng, &KINDS), len, of(rng, &ENDS), word, of(rng, &ENDS)].concat());
            }
            bytes
        }
        60..85 => {
            let parts: Vec<&[u8]> = (0..rng.usize(..6)).map(|_| of(rng, &INLINE)).collect();
            let mut line = parts.join(of(rng, &[b" ", b" ", b"", b"\t"]));
            if rng.u32(..30) == 0 {
                line.extend(vec![b'y'; of_numbers(rng, &[100, 16_383, 16_384, 16_385, 40_000])]);
            }
            [&line, of(rng, &ENDS)].concat()
        }
        85..92 => of(rng, &FRAGMENTS).to_vec(),
        92..96 => {
            let whole = packed(&words);
            whole[..rng.usize(..=whole.len())].to_vec()
        }
        _ => (0..rng.usize(1..30))
            .map(|_| of(rng, &[b"*", b"$", b"\r", b"\n", b"\0", b" ", b"\"", b"'", b"1", b"9", b"x"])[0])
            .collect(),
    }
}

fn of_numbers(rng: &mut Rng, choices: &[usize]) -> usize {
    choices[rng.usize(..choices.len())]
}

fn conversation(rng: &mut Rng) -> Vec<u8> {
    let frames: Vec<Vec<u8>> = (0..rng.usize(1..6)).map(|_| frame(rng)).collect();
    let mut bytes = frames.concat();
    bytes.truncate(LONGEST);
    // Whether the answer to this comes tells what was made of the rest.
    bytes.extend_from_slice(of(rng, &[b"", b"\r\nPING\r\n", b"PING\r\n"]));
    bytes
}

/// What both servers say of each conversation, where it is not the same.
fn report(count: usize, differing: &[String]) -> Result<()> {
    println!("{count} conversations, {} differ", differing.len());
    ensure!(differing.is_empty(), "{} of {count} differ:\n{}", differing.len(), differing.join("\n"));
    Ok(())
}

fn compare(parameters: &[(&str, &str)]) -> Result<()> {
    let mut pair = Pair::start(PROGRAM, parameters)?;
    if !parameters.is_empty() {
        for side in pair.sides() {
            side.command(&["AUTH", "secret"])?;
        }
    }
    let mut rng = Rng::with_seed(SEED);
    let (mut count, mut differing) = (0, Vec::new());
    while count < Scale::get().pick(1000, 50_000) && differing.len() < ENOUGH {
        differing.extend(pair.difference_until_silent(&[&conversation(&mut rng)])?);
        count += 1;
    }
    report(count, &differing)
}

fn in_pieces() -> Result<()> {
    let mut pair = Pair::start(PROGRAM, &[])?;
    let mut rng = Rng::with_seed(SEED + 1);
    let (mut count, mut differing) = (0, Vec::new());
    while count < Scale::get().pick(150, 5000) && differing.len() < ENOUGH {
        count += 1;
        let bytes = conversation(&mut rng);
        let mut pieces = Vec::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let most = if pieces.len() < 20 { 40 } else { LONGEST };
            let (piece, after) = rest.split_at(rng.usize(1..=most).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        differing.extend(pair.difference_until_silent(&pieces)?);
    }
    report(count, &differing)
}

/// Clients that go away at each byte of a request: nothing of it has run, and nobody is left.
fn disconnects() -> Result<()> {
    let program = Program::start(PROGRAM, &["--protected-mode", "no"], Limits::default())?;
    let request = [packed(&[b"MULTI"]), packed(&[b"SET", b"k", b"v"]), packed(&[b"EXEC"])].concat();
    for at in 0..request.len() {
        UnixStream::connect(program.socket())?.write_all(&request[..at])?;
    }
    let mut control = program.client()?;
    let begun = Instant::now();
    while control.command(["CLIENT", "LIST"])?.windows(4).filter(|window| window == b" fd=").count() > 1 {
        ensure!(begun.elapsed() < Duration::from_secs(20), "somebody who left is still there");
    }
    let keys = control.command(["DBSIZE"])?;
    ensure!(keys == b":0\r\n", "{}", told(&keys));
    Ok(())
}
