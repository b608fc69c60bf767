//! Patterns and names of 64 KiB: wherever a client may send one, it is answered within a second.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use embroker_core::Glob;
use embroker_reliability::{Limits, Program, Scale, Watchdog, told};
use embroker_test_support::{Backend, RawClient, Suite};

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server-under-test");
const LEN: usize = 64 * 1024;

fn main() -> ExitCode {
    let _watchdog = Watchdog::new("globs", Duration::from_secs(600));
    let mut suite = Suite::new();
    suite.test(Backend::Mem, "a_pattern_is_matched_in_time_whatever_its_shape", async || matched());
    suite.test(Backend::Mem, "clients_are_answered_in_time_whatever_they_ask_for", async || asked());
    suite.run()
}

/// What an answer may take; a debug build on a busy machine gets more.
fn bound() -> Duration {
    Duration::from_secs(Scale::get().pick(10, 1))
}

/// Patterns of about so many bytes that are hard on a matcher which goes back and forth, each with whether it matches
/// `a` as often.
fn shapes(len: usize) -> Vec<(Vec<u8>, bool)> {
    let filled = |unit: &[u8]| unit.repeat(len / unit.len());
    vec![
        (filled(b"*"), true),
        (filled(b"?"), true),
        (filled(b"a"), true),
        (filled(b"*a"), false),
        (filled(b"a*"), false),
        ([&b"a*".repeat(1000)[..], b"b"].concat(), false),
        ([&b"*a".repeat(1000)[..], b"*b*"].concat(), false),
        ([&b"*a?".repeat(999)[..], b"*"].concat(), true),
        ([&filled(b"a")[..len - 3], b"*b*"].concat(), false),
        ([b"*", &filled(b"a")[..len - 2], b"b"].concat(), false),
        ([b"*", &filled(b"?")[..len - 2], b"b"].concat(), false),
        ([b"*", &filled(b"[ab]")[..len - 8], b"[b]"].concat(), false),
        ([b"[", &filled(b"b")[1..]].concat(), false),
        ([b"[^", &filled(b"b")[2..]].concat(), false),
        (filled(b"[^"), false),
        (filled(b"[a"), false),
        (filled(b"[a-"), false),
        (filled(b"[^b]"), false),
        (filled(b"\\a"), false),
        (filled(b"\\"), false),
        (filled(b"*\\a[a]?"), false),
        (filled(b"*[^"), true),
        // Long runs between stars, that fit, or fit only where the next is.
        ([b"*", &filled(b"?a")[..len / 2], b"*"].concat(), true),
        ([b"a*", &filled(b"a")[..len / 2], b"*", &filled(b"a")[..len / 2 - 1]].concat(), true),
        ([b"*", &filled(b"a")[..=len / 2], b"*", &filled(b"a")[..len / 2]].concat(), false),
        ([b"*", &filled(b"a")[..=len / 2], b"*", &filled(b"a")[..len / 2], b"*"].concat(), false),
    ]
}

fn matched() -> Result<()> {
    let text = vec![b'a'; LEN];
    for (pattern, expected) in shapes(LEN) {
        let begun = Instant::now();
        let matches = Glob::new(&pattern).matches(&text);
        let took = begun.elapsed();
        println!("{took:?} {}", told(&pattern[..pattern.len().min(30)]));
        ensure!(matches == expected, "{} matches: {matches}", told(&pattern));
        ensure!(took < bound(), "{took:?} for {}", told(&pattern));
    }
    Ok(())
}

/// Asks, and says how long the answer took.
fn timed(client: &mut RawClient, words: &[&[u8]]) -> Result<Vec<u8>> {
    let begun = Instant::now();
    let answer = client.command(words)?;
    ensure!(begun.elapsed() < bound(), "{:?} for {} {}", begun.elapsed(), told(words[0]), told(words[words.len() - 1]));
    Ok(answer)
}

fn asked() -> Result<()> {
    let program = Program::start(PROGRAM, &["--protected-mode", "no"], Limits::default())?;
    let name = vec![b'a'; LEN];
    let (mut client, mut listener) = (program.client()?, program.client()?);
    client.command([&b"SET"[..], &name, b"v"])?;
    client.command([&b"SADD"[..], b"members", &name])?;
    client.command([&b"HSET"[..], b"fields", &name, b"v"])?;
    listener.command([&b"SUBSCRIBE"[..], &name])?;
    listener.command([&b"SSUBSCRIBE"[..], &name])?;
    // In a debug build a shape takes its time once for each place.
    let shapes = shapes(Scale::get().pick(LEN / 8, LEN));
    for (pattern, _) in &shapes {
        let matches = Glob::new(pattern).matches(&name);
        let holds = |answer: &[u8]| answer.len() > LEN;
        for words in [
            vec![&b"KEYS"[..], pattern],
            vec![b"SCAN", b"0", b"COUNT", b"1000", b"MATCH", pattern],
            vec![b"SSCAN", b"members", b"0", b"MATCH", pattern],
            vec![b"HSCAN", b"fields", b"0", b"MATCH", pattern],
            vec![b"PUBSUB", b"CHANNELS", pattern],
            vec![b"PUBSUB", b"SHARDCHANNELS", pattern],
        ] {
            let answer = timed(&mut client, &words)?;
            ensure!(holds(&answer) == matches, "{} {}: {}", told(words[0]), told(pattern), told(&answer));
        }
        timed(&mut client, &[b"CONFIG", b"GET", pattern])?;
        timed(&mut client, &[b"COMMAND", b"LIST", b"FILTERBY", b"PATTERN", pattern])?;
    }
    // All of them at once: each message is matched against every pattern.
    let mut subscriber = program.client()?;
    for (pattern, _) in &shapes {
        subscriber.command([&b"PSUBSCRIBE"[..], pattern])?;
    }
    let receivers = shapes.iter().filter(|(pattern, _)| Glob::new(pattern).matches(&name)).count();
    let begun = Instant::now();
    let answer = client.command([&b"PUBLISH"[..], &name, b"x"])?;
    let took = begun.elapsed();
    println!("PUBLISH to {} patterns: {took:?}", shapes.len());
    ensure!(took < bound() * u32::try_from(shapes.len()).context("few shapes")?, "PUBLISH took {took:?}");
    ensure!(
        answer == format!(":{}\r\n", receivers + 1).as_bytes(),
        "{} receivers, not {}",
        told(&answer),
        receivers + 1
    );
    Ok(())
}
