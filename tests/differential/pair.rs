//! An in-memory broker and a real Redis that go through the same commands, side by side.

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Error, Pipeline, Replies, ServerError, Value, Watch};
use embroker_test_support::{Backend, Running};
use proptest::prelude::*;

use crate::compare;
use crate::generate::{self, Argv, KEYS};

/// Both brokers. Their connection is used for all cases of a property.
pub(crate) struct Pair {
    mem: Running,
    redis: Running,
}

/// One step of a case on plain connections.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Run(Argv),
    Transaction(Vec<Argv>),
}

/// One step of a case with watches: three clients that watch, and one that writes.
#[derive(Clone, Debug)]
pub(crate) enum WatchStep {
    Run(Argv),
    Watch(usize, Vec<&'static str>),
    Exec(usize, Vec<Argv>),
    Drop(usize),
}

const WATCHERS: usize = 3;

pub(crate) fn steps(templates: &[&'static str]) -> BoxedStrategy<Vec<Step>> {
    let transaction = prop::collection::vec(undrawn(templates), 0..5).prop_map(Step::Transaction);
    let step = prop_oneof![12 => generate::command(templates).prop_map(Step::Run), 1 => transaction];
    prop::collection::vec(step, 1..30).boxed()
}

pub(crate) fn watch_steps() -> BoxedStrategy<Vec<WatchStep>> {
    let command = undrawn(&generate::all_families());
    let keys = prop::collection::vec(prop::sample::select(generate::BUSY_KEYS), 1..3);
    let step = prop_oneof![
        6 => command.clone().prop_map(WatchStep::Run),
        3 => (0..WATCHERS, keys).prop_map(|(watcher, keys)| WatchStep::Watch(watcher, keys)),
        3 => (0..WATCHERS, prop::collection::vec(command, 0..3)).prop_map(|(watcher, argvs)| WatchStep::Exec(watcher, argvs)),
        1 => (0..WATCHERS).prop_map(WatchStep::Drop),
    ];
    prop::collection::vec(step, 1..20).boxed()
}

/// Commands after which both brokers hold the same.
pub(crate) fn undrawn(templates: &[&'static str]) -> BoxedStrategy<Argv> {
    generate::command(templates).prop_filter("what SPOP leaves is free", |argv| argv.name() != "spop").boxed()
}

impl Pair {
    pub(crate) async fn start() -> Result<Self> {
        Ok(Self { mem: Backend::Mem.start().await?, redis: Backend::Redis.start().await? })
    }

    pub(crate) fn brokers(&self) -> [&AnyBroker; 2] {
        [&self.mem.broker, &self.redis.broker]
    }

    /// Runs the steps on both, comparing every reply and then the whole state.
    pub(crate) async fn compare(&mut self, steps: Vec<Step>) -> Result<()> {
        let mut plain = vec![Argv::new(["FLUSHALL"])];
        let mut popped = false;
        for step in steps {
            match step {
                Step::Run(argv) => {
                    let pops = argv.name() == "spop";
                    plain.extend(compare::population(&argv));
                    plain.push(argv);
                    popped |= pops;
                    if pops {
                        self.run(&std::mem::take(&mut plain)).await?;
                        self.pop_the_same().await?;
                    }
                }
                Step::Transaction(argvs) => {
                    self.run(&std::mem::take(&mut plain)).await?;
                    self.transact(&argvs).await?;
                }
            }
        }
        plain.extend(compare::state());
        // Where different members were popped, one side may have lost what made its set a large one.
        if !popped {
            plain.extend(compare::encodings());
        }
        self.run(&plain).await
    }

    /// Runs commands on both in one pipeline each, and compares their replies.
    async fn run(&self, argvs: &[Argv]) -> Result<()> {
        let mem = replies(&self.mem.broker, argvs, Pipeline::new()).await?;
        let redis = replies(&self.redis.broker, argvs, Pipeline::new()).await?;
        same_replies(argvs, &mem, &redis)?;
        for (at, argv) in argvs.iter().enumerate().filter(|(_, argv)| compare::population(argv).is_some()) {
            for replies in [&mem, &redis] {
                compare::draw(argv, &replies[at - 1], &replies[at])?;
            }
        }
        Ok(())
    }

    async fn transact(&self, argvs: &[Argv]) -> Result<()> {
        let mem = outcome(replies(&self.mem.broker, argvs, Pipeline::atomic()).await)?;
        let redis = outcome(replies(&self.redis.broker, argvs, Pipeline::atomic()).await)?;
        same_outcome(argvs, &mem.map(Some), &redis.map(Some))
    }

    /// Both have popped as many members, but not the same: makes the sets of the in-memory broker those of Redis.
    async fn pop_the_same(&self) -> Result<()> {
        let sets: Vec<Argv> = KEYS.iter().map(|key| Argv::new(["SMEMBERS", key])).collect();
        let mem = replies(&self.mem.broker, &sets, Pipeline::new()).await?;
        let redis = replies(&self.redis.broker, &sets, Pipeline::new()).await?;
        for (key, (mem, redis)) in KEYS.iter().zip(mem.into_iter().zip(redis)) {
            let (Ok(Value::Set(mem)), Ok(Value::Set(redis))) = (mem, redis) else { continue };
            let only_in = |these: &[Value], those: &[Value]| -> Vec<Vec<u8>> {
                let only = these.iter().filter(|member| !those.contains(member));
                only.filter_map(|member| member.as_bytes().map(<[u8]>::to_vec)).collect()
            };
            let (missing, extra) = (only_in(&redis, &mem), only_in(&mem, &redis));
            ensure!(missing.len() == extra.len(), "SPOP left {mem:?} and {redis:?}");
            for (missing, extra) in missing.iter().zip(&extra) {
                // Added first: a set that loses its last member loses its deadline too.
                let swap = [Argv::new([b"SADD", key.as_bytes(), missing]), Argv::new([b"SREM", key.as_bytes(), extra])];
                replies(&self.mem.broker, &swap, Pipeline::new()).await?;
            }
        }
        Ok(())
    }

    /// Runs the steps on both one by one, with clients that watch.
    pub(crate) async fn compare_watches(&mut self, steps: Vec<WatchStep>) -> Result<()> {
        self.run(&[Argv::new(["FLUSHALL"])]).await?;
        let mut watches: [Option<(Watch, Watch)>; WATCHERS] = [const { None }; WATCHERS];
        for step in steps {
            match step {
                WatchStep::Run(argv) => {
                    let argvs: Vec<Argv> = compare::population(&argv).into_iter().chain([argv]).collect();
                    self.run(&argvs).await?;
                }
                WatchStep::Watch(who, keys) => {
                    let mem = self.mem.broker.watch(keys.iter()).await?;
                    watches[who] = Some((mem, self.redis.broker.watch(keys.iter()).await?));
                }
                WatchStep::Drop(who) => watches[who] = None,
                WatchStep::Exec(who, argvs) => {
                    let Some((mem, redis)) = watches[who].take() else { continue };
                    let mem = outcome(mem.exec(pipeline(&argvs, Pipeline::atomic())).await)?;
                    let redis = outcome(redis.exec(pipeline(&argvs, Pipeline::atomic())).await)?;
                    same_outcome(&argvs, &mem, &redis)?;
                }
            }
        }
        self.run(&compare::state()).await
    }
}

pub(crate) fn pipeline<'a>(argvs: &'a [Argv], mut pipeline: Pipeline<'a>) -> Pipeline<'a> {
    for argv in argvs {
        pipeline.push(argv.command());
    }
    pipeline
}

async fn replies<'a>(broker: &AnyBroker, argvs: &'a [Argv], empty: Pipeline<'a>) -> Result<Replies, Error> {
    broker.pipeline(pipeline(argvs, empty)).await
}

/// Takes the server's refusal apart from everything else that can go wrong.
pub(crate) fn outcome<T>(outcome: Result<T, Error>) -> Result<Result<T, ServerError>, Error> {
    match outcome {
        Ok(replies) => Ok(Ok(replies)),
        Err(Error::Server(error)) => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

type Outcome = Result<Option<Replies>, ServerError>;

fn same_outcome(argvs: &[Argv], mem: &Outcome, redis: &Outcome) -> Result<()> {
    match (mem, redis) {
        (Ok(Some(mem)), Ok(Some(redis))) => same_replies(argvs, mem, redis),
        (mem, redis) => {
            ensure!(mem == redis, "EXEC of {argvs:?}\n  mem   {mem:?}\n  redis {redis:?}");
            Ok(())
        }
    }
}

fn same_replies(argvs: &[Argv], mem: &Replies, redis: &Replies) -> Result<()> {
    ensure!(
        (mem.len(), redis.len()) == (argvs.len(), argvs.len()),
        "{} and {} replies to {argvs:?}",
        mem.len(),
        redis.len()
    );
    for (argv, (mem, redis)) in argvs.iter().zip(mem.iter().zip(redis)) {
        compare::reply(argv, mem, redis).with_context(|| "the brokers differ in")?;
    }
    Ok(())
}
