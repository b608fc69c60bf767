//! Integers at the edges of 64 bits: every count, offset and time that a command takes, compared with Redis, replies
//! and what is stored then. And that a sum which does not fit stops instead of going on with another number.

mod build;
mod calls;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use embroker_reliability::{Pair, Scale, Watchdog};
use embroker_test_support::{Backend, Property, Suite};
use proptest::prelude::*;
use proptest::sample::select;

use calls::{CALLS, Kind};

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server-under-test");

/// What every call finds. Sets and hashes that lots are drawn from have one member only.
const BEFORE: [&str; 13] = [
    "CONFIG SET hash-max-listpack-entries 128 slowlog-log-slower-than -1 slowlog-max-len 128",
    "CONFIG SET maxmemory-samples 5 hz 10 lfu-log-factor 10 timeout 0",
    "SELECT 0",
    "FLUSHALL",
    "SET k 12",
    "SET t text",
    "SET d 1 PXAT 5000000000000",
    "HSET h f 5",
    "HSET one f 1",
    "SADD s 7",
    "SADD i 1 2 3",
    "SADD j 4 5",
    "SLOWLOG RESET",
];
/// What is asked after every call.
const AFTER: [&str; 16] = [
    "SELECT 0",
    "STRLEN k",
    "GETRANGE k 0 99",
    "BITCOUNT k",
    "GETRANGE t 0 99",
    "PEXPIRETIME k",
    "PEXPIRETIME d",
    "HGETALL h",
    "SMEMBERS s",
    "SCARD i",
    "OBJECT ENCODING i",
    "STRLEN n",
    "GETRANGE n 0 99",
    "PEXPIRETIME n",
    "SELECT 1",
    "DBSIZE",
];

fn main() -> ExitCode {
    let _watchdog = Watchdog::new("edges", Duration::from_secs(1800));
    let mut suite = Suite::new();
    suite.test(Backend::Mem, "every_row_that_takes_an_integer_has_its_calls", async || calls::complete());
    suite.test(Backend::Mem, "a_sum_that_does_not_fit_stops_in_this_build", async || build::sums_are_checked());
    suite.test(Backend::Mem, "the_release_build_checks_its_sums", async || build::release_checks_sums());
    suite.test(Backend::Mem, "no_crate_has_unsafe_code", async || build::no_unsafe_code());
    suite.test(Backend::Redis, "every_call_at_every_edge_is_answered_as_by_redis", async || every_edge());
    let cases = Scale::get().pick(60, 10_000);
    let property = Property { cases, regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/../regressions/edges.txt") };
    suite.property(
        Backend::Redis,
        "calls_with_integers_at_the_edges_are_answered_as_by_redis",
        property,
        || prop::collection::vec(call(), 1..8),
        async || start(),
        async |pair, commands| {
            let bytes = conversation(&commands);
            let difference = persistent(pair, &bytes)?;
            ensure!(difference.is_none(), "{}", difference.unwrap_or_default());
            Ok(())
        },
    );
    suite.run()
}

fn start() -> Result<Pair> {
    // So that no string becomes larger than that.
    Pair::start(PROGRAM, &[("proto-max-bulk-len", "1mb")])
}

/// A random call with its integers.
fn call() -> impl Strategy<Value = String> {
    let all: Vec<&'static str> = CALLS.iter().flat_map(|(_, calls)| *calls).copied().collect();
    select(all).prop_flat_map(|template| {
        let words: Vec<BoxedStrategy<String>> = template
            .split(' ')
            .map(|word| match Kind::of(word) {
                Some((before, kind, after)) => {
                    number(kind).prop_map(move |number| format!("{before}{number}{after}")).boxed()
                }
                None => Just(word.to_owned()).boxed(),
            })
            .collect();
        words.prop_map(|words| words.join(" "))
    })
}

/// An integer of this kind, or what is nearly one.
fn number(kind: Kind) -> BoxedStrategy<String> {
    let powers = (0..64_u32, -2..=2_i128, any::<bool>()).prop_map(|(power, near, negative)| {
        let number = (1_i128 << power) + near;
        if negative { (-number).to_string() } else { number.to_string() }
    });
    let text = prop_oneof![
        3 => select(calls::EDGES).prop_map(str::to_owned),
        3 => powers,
        1 => any::<i64>().prop_map(|number| number.to_string()),
        2 => (-20..40_i64).prop_map(|number| number.to_string()),
    ];
    text.prop_map(move |text| kind.allowed(&text)).boxed()
}

/// A conversation: what is there, the calls one after the other, and what is there then.
fn conversation(commands: &[String]) -> Vec<u8> {
    let calls = commands.iter().flat_map(|command| command.split("; "));
    BEFORE.into_iter().chain(calls).chain(AFTER).flat_map(packed).collect()
}

fn packed(command: &str) -> Vec<u8> {
    let words: Vec<&str> = command.split(' ').map(|word| if word == "\"\"" { "" } else { word }).collect();
    let packed = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len()));
    format!("*{}\r\n{}", words.len(), packed.collect::<String>()).into_bytes()
}

/// A difference that stays when both are asked again: a clock may tick between the two.
fn persistent(pair: &Pair, bytes: &[u8]) -> Result<Option<String>> {
    let mut difference = None;
    for _ in 0..3 {
        difference = pair.difference(bytes, rounded)?;
        if difference.is_none() {
            break;
        }
    }
    Ok(difference)
}

/// The answers with each large number rounded to ten seconds of milliseconds, and ids left out.
fn rounded(answer: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut is_id = false;
    for line in answer.split_inclusive(|byte| *byte == b'\n') {
        let number =
            line.strip_prefix(b":").and_then(|rest| str::from_utf8(rest.trim_ascii()).ok()?.parse::<i64>().ok());
        match number {
            Some(_) if is_id => out.extend_from_slice(b":ID\r\n"),
            Some(number) if number.unsigned_abs() >= 1_500_000_000_000 => {
                out.extend_from_slice(format!(":{}0000\r\n", number / 10_000).as_bytes());
            }
            _ => out.extend_from_slice(line),
        }
        is_id = line == b"id\r\n";
    }
    out
}

/// Each call with each edge in each place, one connection for each call.
fn every_edge() -> Result<()> {
    let pair = start()?;
    let (mut count, mut differing) = (0, Vec::new());
    for template in CALLS.iter().flat_map(|(_, calls)| *calls) {
        let words: Vec<&str> = template.split(' ').collect();
        let mut bytes = Vec::new();
        let mut conversations = Vec::new();
        for (at, word) in words.iter().enumerate() {
            let Some((before, kind, after)) = Kind::of(word) else { continue };
            for edge in calls::EDGES.iter().step_by(Scale::get().pick(6, 1)) {
                let filled: Vec<String> = words
                    .iter()
                    .enumerate()
                    .map(|(other, word)| match Kind::of(word) {
                        Some(_) if other == at => format!("{before}{}{after}", kind.allowed(edge)),
                        Some((before, _, after)) => format!("{before}1{after}"),
                        None => (*word).to_owned(),
                    })
                    .collect();
                let conversation = conversation(&[filled.join(" ")]);
                bytes.extend_from_slice(&conversation);
                conversations.push(conversation);
                count += 1;
            }
        }
        if persistent(&pair, &bytes)?.is_some() {
            for conversation in conversations {
                differing.extend(persistent(&pair, &conversation)?);
            }
        }
    }
    println!("{count} calls, {} differ", differing.len());
    let shown: Vec<String> = differing.iter().take(10).cloned().collect();
    ensure!(differing.is_empty(), "{} of {count} differ:\n{}", differing.len(), shown.join("\n"));
    Ok(())
}
