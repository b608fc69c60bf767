//! Whole iterations with SCAN, HSCAN and SSCAN, while members come and go.

use std::collections::BTreeSet;

use anyhow::{Result, bail, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Command, Glob, Value};
use proptest::prelude::*;

/// One iteration to try on both brokers.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    /// `SCAN`, `HSCAN` or `SSCAN`.
    name: &'static str,
    /// How many members are there all the time.
    stable: usize,
    /// Whether members are added and removed between the steps.
    changing: bool,
    pattern: Option<&'static str>,
    count: Option<usize>,
}

pub(crate) fn scans() -> BoxedStrategy<Scan> {
    let name = prop::sample::select(&["SCAN", "HSCAN", "SSCAN"][..]);
    let stable = prop_oneof![0..20usize, 100..700usize];
    let pattern = prop::sample::select(&["*", "m1*", "m?[0-5]", "*9", "nothing", "m12"][..]);
    let pattern = prop::option::of(pattern);
    let count = prop::option::of(prop_oneof![1..10usize, 10..1000usize]);
    (name, stable, any::<bool>(), pattern, count)
        .prop_map(|(name, stable, changing, pattern, count)| Scan { name, stable, changing, pattern, count })
        .boxed()
}

impl Scan {
    /// Every member that is there from the first step to the last is told, and nothing that never was.
    pub(crate) async fn check(&self, broker: &AnyBroker) -> Result<()> {
        run(broker, &["FLUSHALL"]).await?;
        for i in 0..self.stable {
            self.add(broker, &format!("m{i}")).await?;
        }
        let mut told = BTreeSet::new();
        let mut cursor = "0".to_owned();
        for step in 0.. {
            let (next, members) = self.step(broker, &cursor).await?;
            told.extend(members);
            if next == "0" {
                break;
            }
            cursor = next;
            ensure!(step < 10_000, "{self:?} does not end");
            if self.changing && step < 300 {
                self.add(broker, &format!("v{step}")).await?;
                self.remove(broker, &format!("v{}", step / 2)).await?;
            }
        }
        let glob = Glob::new(self.pattern.unwrap_or("*"));
        let stable: BTreeSet<String> =
            (0..self.stable).map(|i| format!("m{i}")).filter(|member| glob.matches(member.as_bytes())).collect();
        let missed: Vec<&String> = stable.difference(&told).collect();
        ensure!(missed.is_empty(), "{self:?} missed {missed:?}");
        let strange: Vec<&String> = told.difference(&stable).filter(|member| !member.starts_with('v')).collect();
        ensure!(strange.is_empty(), "{self:?} told {strange:?}");
        Ok(())
    }

    async fn step(&self, broker: &AnyBroker, cursor: &str) -> Result<(String, Vec<String>)> {
        let mut words = vec![self.name.to_owned()];
        words.extend((self.name != "SCAN").then(|| "k".to_owned()));
        words.push(cursor.to_owned());
        words.extend(self.pattern.into_iter().flat_map(|pattern| ["MATCH".to_owned(), pattern.to_owned()]));
        words.extend(self.count.into_iter().flat_map(|count| ["COUNT".to_owned(), count.to_string()]));
        let reply = broker.execute(Command::from_argv(&words)?).await?;
        let Value::Array(parts) = &reply else { bail!("{words:?} answers {reply:?}") };
        let [Value::Bulk(next), Value::Array(items)] = &parts[..] else { bail!("{words:?} answers {reply:?}") };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut members = Vec::new();
        let stride = if self.name == "HSCAN" { 2 } else { 1 };
        for item in items.chunks(stride) {
            let member = text(item[0].as_bytes().unwrap_or_default());
            if let Some(value) = item.get(1) {
                ensure!(value.as_bytes() == Some(format!("value of {member}").as_bytes()), "{member} with {value:?}");
            }
            members.push(member);
        }
        Ok((text(next), members))
    }

    async fn add(&self, broker: &AnyBroker, member: &str) -> Result<()> {
        match self.name {
            "SCAN" => run(broker, &["SET", member, "x"]).await,
            "HSCAN" => run(broker, &["HSET", "k", member, &format!("value of {member}")]).await,
            _ => run(broker, &["SADD", "k", member]).await,
        }
    }

    async fn remove(&self, broker: &AnyBroker, member: &str) -> Result<()> {
        match self.name {
            "SCAN" => run(broker, &["DEL", member]).await,
            "HSCAN" => run(broker, &["HDEL", "k", member]).await,
            _ => run(broker, &["SREM", "k", member]).await,
        }
    }
}

async fn run(broker: &AnyBroker, words: &[&str]) -> Result<()> {
    broker.execute(Command::from_argv(words.iter().copied())?).await?;
    Ok(())
}
