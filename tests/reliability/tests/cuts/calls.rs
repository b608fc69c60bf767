//! Calls that write, each on keys of its own, and what the server says afterwards of how often they ran.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use embroker::prelude::*;
use embroker::{Command, Error, Pipeline, RedisBroker, RedisBrokerBuilder, Value};
use embroker_reliability::{Proxy, Upstream};
use embroker_test_support::{RawClient, RedisServer};

/// The name of connections that are to be killed.
pub(crate) const NAME: &str = "behind-a-proxy";

/// A call that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Incr,
    Hset,
    Pipeline,
    Transaction,
    /// WATCH, then MULTI and EXEC.
    Watched,
    /// The same, and meanwhile another client writes the key: it must not run.
    Overtaken,
}

impl Call {
    pub(crate) const ALL: [Self; 6] =
        [Self::Incr, Self::Hset, Self::Pipeline, Self::Transaction, Self::Watched, Self::Overtaken];
}

/// How often a call ran, by what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Once,
    Never,
    AtMostOnce,
}

/// A call that was made.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) call: Call,
    pub(crate) id: String,
    pub(crate) told: Told,
}

pub(crate) fn command<const N: usize>(argv: [&str; N]) -> Result<Command<'static>> {
    let argv: Vec<Vec<u8>> = argv.iter().map(|word| word.as_bytes().to_vec()).collect();
    Ok(Command::from_argv(argv)?)
}

/// The keys of a call.
fn keys(id: &str) -> [String; 3] {
    ["counter", "hash", "string"].map(|kind| format!("{kind}:{id}"))
}

pub(crate) fn writes(mut pipeline: Pipeline<'static>, id: &str) -> Result<Pipeline<'static>> {
    let [counter, hash, string] = keys(id);
    pipeline.push(command(["INCR", &counter])?);
    pipeline.push(command(["HINCRBY", &hash, "field", "1"])?);
    pipeline.push(command(["APPEND", &string, "x"])?);
    Ok(pipeline)
}

impl Call {
    /// Makes the call, and checks what it answers where it answers.
    pub(crate) async fn make(self, broker: &RedisBroker, server: &mut RawClient, id: String) -> Result<Made> {
        let [counter, hash, _] = keys(&id);
        let one = Value::Int(1);
        let outcome = match self {
            Self::Incr => broker.execute(command(["INCR", &counter])?).await.map(|reply| reply == one),
            Self::Hset => broker.execute(command(["HSET", &hash, "field", "1"])?).await.map(|reply| reply == one),
            Self::Pipeline | Self::Transaction => {
                let pipeline = if self == Self::Pipeline { Pipeline::new() } else { Pipeline::atomic() };
                broker.pipeline(writes(pipeline, &id)?).await.map(|replies| replies == ones())
            }
            Self::Watched | Self::Overtaken => match broker.watch([counter.as_str()]).await {
                // It only watched: nothing has run, whatever was lost.
                Err(_) => return Ok(Made { call: self, id, told: Told::Never }),
                Ok(watch) => {
                    if self == Self::Overtaken {
                        server.command(["INCR", &counter])?;
                    }
                    let replies = watch.exec(writes(Pipeline::atomic(), &id)?).await;
                    let expected = (self == Self::Watched).then(ones);
                    replies.map(|replies| replies == expected)
                }
            },
        };
        let told = match outcome {
            Ok(true) => Told::Once,
            Ok(false) => bail!("{self:?} of {id} answered something else: it was repeated, or came too late"),
            Err(Error::Disconnected { .. } | Error::Authentication { .. }) => Told::Never,
            Err(Error::OutcomeUnknown { .. } | Error::Timeout { .. }) => Told::AtMostOnce,
            Err(error) => bail!("{self:?} of {id}: {error:?}"),
        };
        Ok(Made { call: self, id, told })
    }
}

fn ones() -> Vec<Result<Value, embroker::ServerError>> {
    vec![Ok(Value::Int(1)); 3]
}

impl Made {
    /// Holds what the caller was told against what the server has.
    pub(crate) fn check(&self, server: &mut RawClient) -> Result<()> {
        let counts = self.counts(server)?;
        let Self { call, id, told } = self;
        ensure!(self.explains(counts), "{call:?} of {id} was told to have run {told:?}, and the server has {counts:?}");
        Ok(())
    }

    /// How often the server has run each of its parts.
    pub(crate) fn counts(&self, server: &mut RawClient) -> Result<[u64; 3]> {
        let [counter, hash, string] = keys(&self.id);
        Ok([
            number(&server.command(["GET", &counter])?)?,
            number(&server.command(["HGET", &hash, "field"])?)?,
            number(&server.command(["STRLEN", &string])?)?,
        ])
    }

    /// Whether what the caller was told is true where the server has this.
    pub(crate) fn explains(&self, mut counts: [u64; 3]) -> bool {
        let once = match self.call {
            Call::Incr => [1, 0, 0],
            Call::Hset => [0, 1, 0],
            Call::Overtaken => {
                // The other client's.
                counts[0] = counts[0].saturating_sub(1);
                [0, 0, 0]
            }
            Call::Pipeline | Call::Transaction | Call::Watched => [1, 1, 1],
        };
        match self.told {
            Told::Once => counts == once,
            Told::Never => counts == [0; 3],
            // Of a pipeline, the first part may have run; a transaction runs as a whole.
            Told::AtMostOnce if self.call == Call::Pipeline => counts <= once && counts.is_sorted_by(|a, b| a >= b),
            Told::AtMostOnce => counts == [0; 3] || counts == once,
        }
    }
}

/// The number in a reply; nothing is 0.
fn number(reply: &[u8]) -> Result<u64> {
    let text = std::str::from_utf8(reply)?;
    if text == "$-1\r\n" {
        return Ok(0);
    }
    let line = text.trim_end().lines().last().context("the reply is empty")?;
    line.trim_start_matches(':').parse().with_context(|| format!("{text} is no number"))
}

/// A new name for the keys of a call, always of the same length.
pub(crate) fn id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{:08}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn hasty(url: &str) -> Result<RedisBrokerBuilder> {
    Ok(RedisBroker::builder(url)?.reconnect_delay(Duration::from_millis(1)..=Duration::from_millis(20)))
}

pub(crate) struct Behind {
    pub(crate) server: RedisServer,
    pub(crate) proxy: Proxy,
    pub(crate) broker: RedisBroker,
}

pub(crate) async fn behind_a_proxy() -> Result<Behind> {
    let server = RedisServer::start()?;
    let proxy = Proxy::start(Upstream::Unix(server.socket_path()))?;
    let broker = hasty(&proxy.url())?.client_name(NAME).connect().await?;
    Ok(Behind { server, proxy, broker })
}
