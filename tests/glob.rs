//! Glob patterns: what a real Redis matches, embroker matches, and nothing else.
//!
//! PUBSUB CHANNELS asks the server about many texts at once: they are subscribed as channels.

#[path = "matcher/mod.rs"]
mod matcher;

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Command, Glob, Pipeline, SubscribeOptions, Subscriber, Value};
use embroker_test_support::{Backend, Property, Running, Suite};
use matcher::{Rules, bytes, pattern};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// Each case is a batch of some hundred pairs of a pattern and a text.
const PROPERTY: Property =
    Property { cases: 1000, regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/regressions/glob.txt") };

/// Patterns, and the texts that each of them is tried on.
#[derive(Clone)]
struct Batch {
    patterns: Vec<Vec<u8>>,
    texts: BTreeSet<Vec<u8>>,
}

impl std::fmt::Debug for Batch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |texts: &mut dyn Iterator<Item = &Vec<u8>>| {
            texts.map(|text| format!("\"{}\"", text.escape_ascii())).collect::<Vec<_>>().join(" ")
        };
        write!(f, "patterns {} on texts {}", list(&mut self.patterns.iter()), list(&mut self.texts.iter()))
    }
}

fn batches() -> BoxedStrategy<Batch> {
    (prop::collection::vec(pattern(), 1..16), prop::collection::btree_set(bytes(), 1..32))
        .prop_map(|(patterns, texts)| Batch { patterns, texts })
        .boxed()
}

/// A server and a subscriber that makes texts known to it as channels; an in-memory broker beside it.
struct Oracle {
    redis: Running,
    mem: AnyBroker,
    subscriber: Subscriber,
}

impl Oracle {
    async fn start() -> Result<Self> {
        let redis = Backend::Redis.start().await?;
        let subscriber = redis.broker.subscriber(SubscribeOptions::default()).await?;
        Ok(Self { redis, mem: embroker::connect("mem://").await?, subscriber })
    }

    /// Which of the texts each pattern matches, says the server.
    async fn matches(&self, batch: &Batch) -> Result<Vec<BTreeSet<Vec<u8>>>> {
        self.subscriber.unsubscribe_all().await?;
        self.subscriber.subscribe(&batch.texts).await?;
        let mut pipeline = Pipeline::new();
        for pattern in &batch.patterns {
            pipeline.pubsub_channels(pattern);
        }
        let mut matched = Vec::new();
        for reply in self.redis.broker.pipeline(pipeline).await? {
            matched.push(texts(reply?));
        }
        Ok(matched)
    }
}

fn texts(reply: Value) -> BTreeSet<Vec<u8>> {
    let Value::Array(items) = reply else { return BTreeSet::new() };
    items.iter().filter_map(|item| item.as_bytes().map(<[u8]>::to_vec)).collect()
}

/// The glob, the model and the server agree on every pair.
async fn all_three_agree(oracle: &mut Oracle, batch: Batch) -> Result<()> {
    let answers = oracle.matches(&batch).await?;
    for (pattern, matched) in batch.patterns.iter().zip(answers) {
        let glob = Glob::new(pattern);
        for text in &batch.texts {
            let (server, ours, model) =
                (matched.contains(text), glob.matches(text), Rules::REDIS.matches(pattern, text));
            let pair = || format!("pattern \"{}\" on \"{}\"", pattern.escape_ascii(), text.escape_ascii());
            ensure!(ours == server, "{}: the glob says {ours}, the server {server}", pair());
            ensure!(model == server, "{}: the model says {model}, the server {server}", pair());
        }
    }
    Ok(())
}

/// KEYS has a rule of its own for `*`, which matches the empty key too.
async fn keys_agree(oracle: &mut Oracle, batch: Batch) -> Result<()> {
    let mut answers = Vec::new();
    for broker in [&oracle.mem, &oracle.redis.broker] {
        let mut pipeline = Pipeline::new();
        pipeline.push(Command::from_argv(["FLUSHALL"])?);
        for text in &batch.texts {
            pipeline.push(Command::from_argv([&b"SET"[..], text, b"x"])?);
        }
        for pattern in &batch.patterns {
            pipeline.push(Command::from_argv([b"KEYS", &pattern[..]])?);
        }
        let replies = broker.pipeline(pipeline).await?.split_off(1 + batch.texts.len());
        answers.push(replies.into_iter().map(|reply| Ok(texts(reply?))).collect::<Result<Vec<_>>>()?);
    }
    for (at, pattern) in batch.patterns.iter().enumerate() {
        let (mem, redis) = (&answers[0][at], &answers[1][at]);
        ensure!(mem == redis, "KEYS \"{}\": {mem:?}, the server says {redis:?}", pattern.escape_ascii());
    }
    Ok(())
}

/// The batches are wide enough: each odd rule decides some pair, for without it the answer would be another.
fn every_odd_rule_decides_some_pair() -> Result<()> {
    const BATCHES: u32 = 300;

    let mut runner = TestRunner::deterministic();
    let mut rules: Vec<_> = Rules::odd_ones_off().into_iter().map(|(name, rules)| (name, rules, 0)).collect();
    let mut pairs = 0;
    for _ in 0..BATCHES {
        let batch = batches().new_tree(&mut runner).map_err(|reason| anyhow::anyhow!("{reason}"))?.current();
        for (pattern, text) in
            batch.patterns.iter().flat_map(|pattern| batch.texts.iter().map(move |text| (pattern, text)))
        {
            pairs += 1;
            let right = Rules::REDIS.matches(pattern, text);
            for (_, without, hits) in &mut rules {
                *hits += u32::from(without.matches(pattern, text) != right);
            }
        }
    }
    let hits: Vec<_> = rules.iter().map(|(name, _, hits)| (*name, *hits)).collect();
    ensure!(hits.iter().all(|(_, hits)| *hits > 0), "of {pairs} pairs: {hits:?}");
    Ok(())
}

/// Patterns as long as 64 KiB, and with as many stars as Redis follows and one more.
async fn long_patterns_are_answered_as_by_redis() -> Result<()> {
    const LONG: usize = 64 << 10;

    let to_length = |piece: &str| piece.repeat(LONG / piece.len()).into_bytes();
    let with_end = |stars: usize, end: &str| [&b"a*".repeat(stars)[..], end.as_bytes()].concat();
    let patterns = vec![
        with_end(999, "b"),
        with_end(1000, "b"),
        with_end(1001, "b"),
        with_end(1000, ""),
        with_end(1001, ""),
        with_end(1002, ""),
        "*a".repeat(1000).into_bytes(),
        "*a".repeat(1001).into_bytes(),
        "*?".repeat(1001).into_bytes(),
        to_length("a"),
        to_length("*"),
        to_length("?"),
        to_length("a*"),
        to_length("*a"),
        to_length("\\a"),
        to_length("[a]"),
        to_length("[^b]"),
        to_length("["),
        [b"[".to_vec(), to_length("ab-c")].concat(),
        [to_length("*?"), b"b".to_vec()].concat(),
    ];
    let texts = [
        b"a".repeat(3000),
        [b"a".repeat(3000), b"b".to_vec()].concat(),
        b"a".repeat(LONG),
        b"a".repeat(LONG / 2),
        b"a".repeat(LONG / 3),
        b"a".repeat(LONG / 4),
        b"b".to_vec(),
    ];
    let oracle = Oracle::start().await?;
    let batch = Batch { patterns, texts: texts.into_iter().collect() };
    for (pattern, matched) in batch.patterns.iter().zip(oracle.matches(&batch).await?) {
        let glob = Glob::new(pattern);
        for text in &batch.texts {
            let (ours, server) = (glob.matches(text), matched.contains(text));
            let start = pattern[..pattern.len().min(12)].escape_ascii();
            ensure!(
                ours == server,
                "{start}… of {} bytes on {} bytes: {ours}, the server says {server}",
                pattern.len(),
                text.len()
            );
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    suite.property(
        Backend::Redis,
        "patterns_match_what_redis_matches",
        PROPERTY,
        batches,
        Oracle::start,
        async |oracle, batch| all_three_agree(oracle, batch).await,
    );
    suite.property(
        Backend::Redis,
        "keys_lists_what_redis_lists",
        PROPERTY,
        batches,
        Oracle::start,
        async |oracle, batch| keys_agree(oracle, batch).await,
    );
    suite.test(Backend::Redis, "long_patterns_are_answered_as_by_redis", long_patterns_are_answered_as_by_redis);
    suite.test(Backend::Mem, "every_odd_rule_decides_some_pair", async || every_odd_rule_decides_some_pair());
    suite.property(
        Backend::Mem,
        "patterns_match_what_the_model_matches",
        PROPERTY,
        batches,
        async || Ok(()),
        async |(), batch| {
            for pattern in &batch.patterns {
                let glob = Glob::new(pattern);
                for text in &batch.texts {
                    let (ours, model) = (glob.matches(text), Rules::REDIS.matches(pattern, text));
                    ensure!(ours == model, "{glob:?} on \"{}\": {ours}, not {model}", text.escape_ascii());
                }
            }
            Ok(())
        },
    );
    suite.run()
}
