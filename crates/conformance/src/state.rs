//! What a server held and how it was set before the first case, and how it comes back to that.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use embroker_core::instance::config::Parameter;
use embroker_core::prelude::*;
use embroker_core::{AnyBroker, Bytes, Command, Error, Pipeline, Result, Value};

use crate::suite::{CannotRun, Target};

/// What was there before the first case.
pub(crate) struct Found {
    /// Its own words on what it is.
    pub(crate) server: String,
    pub(crate) has_config_file: bool,
    /// What the cases would delete; empty where it is nothing.
    holds: Vec<String>,
    /// As CONFIG GET shows them; none where the broker does not know it.
    parameters: BTreeMap<String, Bytes>,
    limit: Duration,
}

/// Whether a new client is answered.
pub(crate) async fn answers(target: &Target, limit: Duration) -> Result<(), String> {
    let ping = async {
        match target.client(0).await?.ping("").await {
            // An error is an answer too.
            Err(Error::Server(_)) | Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    };
    match tokio::time::timeout(limit, ping).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_) => Err(format!("the server did not answer within {limit:?}")),
    }
}

/// Runs one step of the bookkeeping, which has to be answered in time.
async fn within<T>(limit: Duration, step: impl Future<Output = Result<T>>) -> Result<T, CannotRun> {
    match tokio::time::timeout(limit, step).await {
        Ok(outcome) => outcome.map_err(CannotRun::Unreachable),
        Err(_) => Err(CannotRun::Unfit(format!("the server did not answer within {limit:?}"))),
    }
}

impl Found {
    /// Asks, and changes nothing.
    ///
    /// # Errors
    ///
    /// Where nobody answers, and where the cases could not tell anything of who does.
    pub(crate) async fn read(target: &Target, limit: Duration) -> Result<Self, CannotRun> {
        within(limit, async {
            let client = target.client(0).await?;
            let info = unless_refused(client.info("all").await)?.unwrap_or_default();
            let parameters = unless_refused(client.config_get("*").await)?.unwrap_or_default().into_iter().collect();
            let others = subscriptions(&client).await?;
            let holds = held(&client, &info).await?;
            let found = Self {
                server: server(&info),
                has_config_file: field(&info, "config_file").is_some_and(|file| !file.is_empty()),
                holds,
                parameters,
                limit,
            };
            Ok(unfit(&info, others).map_or(Ok(found), |reason| Err(CannotRun::Unfit(reason))))
        })
        .await?
    }

    /// # Errors
    ///
    /// [`CannotRun::Occupied`] where there is something that the cases would delete.
    pub(crate) fn check_empty(&self) -> Result<(), CannotRun> {
        if self.holds.is_empty() { Ok(()) } else { Err(CannotRun::Occupied(self.holds.join(", "))) }
    }

    /// Deletes all that the server holds, and puts back the rest.
    pub(crate) async fn empty(&self, target: &Target) -> Result<(), CannotRun> {
        within(self.limit, async {
            let client = target.client(0).await?;
            for words in [["SCRIPT", "FLUSH"], ["FUNCTION", "FLUSH"]] {
                unless_refused(client.execute(Command::from_argv(words)?).await)?;
            }
            Ok(())
        })
        .await?;
        self.put_back(target).await
    }

    /// Sets each parameter that is not what it was, empties all databases, and waits until no subscriber is left.
    pub(crate) async fn put_back(&self, target: &Target) -> Result<(), CannotRun> {
        let outcome = within(self.limit, async {
            let client = target.client(0).await?;
            let mut refused = Vec::new();
            // In this process a case enables DEBUG, which CONFIG SET can't put back.
            if let (Some(instance), Some(value)) = (client.instance(), self.parameters.get("enable-debug-command")) {
                let _ = instance.config().announce(Parameter::EnableDebugCommand, value);
            }
            if !self.parameters.is_empty() {
                let now = client.config_get("*").await?;
                for (name, value) in &self.parameters {
                    if now.get(name) == Some(value) {
                        continue;
                    }
                    match client.config_set(name.as_str(), &value[..]).await {
                        Ok(()) => {}
                        Err(Error::Server(error)) => {
                            refused.push(format!("CONFIG SET {name} \"{}\" ({error})", value.escape_ascii()));
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
            let mut pipeline = Pipeline::new();
            pipeline.flushall().config_resetstat();
            if let Some(Err(error)) = client.pipeline(pipeline).await?.into_iter().next() {
                return Err(error.into());
            }
            // A server hears that a subscriber is gone when its connection closes.
            while subscriptions(&client).await? > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Ok(refused)
        });
        match outcome.await {
            Ok(refused) if refused.is_empty() => Ok(()),
            Ok(refused) => Err(CannotRun::NotPutBack(refused.join("; "))),
            Err(error) => Err(CannotRun::NotPutBack(format!("the server's state, because {error}"))),
        }
    }
}

/// `None` where the server has no such command, or does not allow it.
fn unless_refused<T>(reply: Result<T>) -> Result<Option<T>> {
    match reply {
        Ok(value) => Ok(Some(value)),
        Err(Error::Server(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
}

fn server(info: &str) -> String {
    let version = field(info, "redis_version").unwrap_or("of a version that it does not tell");
    let name = match (field(info, "server_name"), field(info, "valkey_version")) {
        (Some(name), Some(own)) if name != "redis" => format!("{name} {own}, which answers as Redis {version}"),
        _ => format!("Redis {version}"),
    };
    let more = ["redis_mode", "os"].iter().filter_map(|name| field(info, name));
    [name.as_str()].into_iter().chain(more).collect::<Vec<_>>().join(", ")
}

/// Why the cases can't be held against this server.
fn unfit(info: &str, others: i64) -> Option<String> {
    let is = |name, value| field(info, name) == Some(value);
    if is("role", "slave") {
        Some("the server is a replica, which refuses writes: name its master, or a server of its own".into())
    } else if is("cluster_enabled", "1") {
        Some("the server is part of a cluster, which has one database: name a server without cluster-enabled".into())
    } else if field(info, "connected_slaves").is_some_and(|replicas| replicas != "0") {
        Some("the server has replicas, which would be emptied as well: name a server of its own".into())
    } else if others > 0 {
        Some(format!("other clients have {others} subscriptions there, and cases count them: name a server of its own"))
    } else {
        None
    }
}

/// What the cases would delete.
async fn held(client: &AnyBroker, info: &str) -> Result<Vec<String>> {
    let mut holds: Vec<String> = info
        .lines()
        .filter_map(|line| line.strip_prefix("db")?.split_once(":keys="))
        .filter(|(database, _)| database.parse::<u32>().is_ok())
        .map(|(database, keys)| format!("{} keys in database {database}", keys.split(',').next().unwrap_or_default()))
        .collect();
    if holds.is_empty() && client.dbsize().await? > 0 {
        holds.push("keys".into());
    }
    if let Some(Value::Array(functions)) =
        unless_refused(client.execute(Command::from_argv(["FUNCTION", "LIST"])?).await)?
        && !functions.is_empty()
    {
        holds.push(format!("{} libraries of functions", functions.len()));
    }
    if let Some(scripts) = field(info, "number_of_cached_scripts").filter(|scripts| *scripts != "0") {
        holds.push(format!("{scripts} cached scripts"));
    }
    Ok(holds)
}

/// How many channels, shard channels and patterns anybody is subscribed to.
async fn subscriptions(client: &AnyBroker) -> Result<i64> {
    let mut pipeline = Pipeline::new();
    // No pattern but this matches the channel without a name.
    pipeline.pubsub_channels("").pubsub_channels("*").pubsub_shardchannels("*").pubsub_numpat();
    let counts = client.pipeline(pipeline).await?.into_iter().map(|reply| match reply {
        Ok(Value::Array(channels)) => channels.len() as i64,
        Ok(Value::Int(patterns)) => patterns,
        // A server without shard channels has nobody who is subscribed to one.
        _ => 0,
    });
    Ok(counts.sum())
}
