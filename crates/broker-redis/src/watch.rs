//! WATCH on a connection of its own, because EXEC ends all watches of the connection it runs on.

use std::sync::Arc;

use embroker_core::commands::{ConnectionCommand, TransactionCommand};
use embroker_core::{Arg, BoxFuture, Command, Error, Pipeline, Replies, Result, Value, WatchBackend, observe};
use tokio::time::timeout;

use crate::broker::BACKEND;
use crate::calm::calm;
use crate::connection::{Connection, Target, id};
use crate::silence;
use crate::value::{self, Reply};

/// Keys under watch. Dropping it closes the connection, which ends the watch.
pub(crate) struct RedisWatch {
    connection: Connection,
    target: Arc<Target>,
}

impl RedisWatch {
    pub(crate) async fn begin(target: Arc<Target>, keys: &[Arg<'_>]) -> Result<Self> {
        let connection = Connection::dial(&target, None).await?;
        let watch = Self { connection, target };
        let mut pipeline = redis::Pipeline::with_capacity(2);
        pipeline.cmd("CLIENT").arg("ID");
        pipeline.add_command(value::pack(&watch_command(keys)));
        // Nothing guards the connection yet.
        let replies = timeout(watch.target.connect_timeout, watch.send(&pipeline)).await;
        let mut replies = replies.map_err(|_| watch.target.timed_out("no answer"))??;
        silence::guard(&watch.connection, &watch.target, id(&replies));
        if let Some(reply) = replies.pop() {
            value::reply(reply)??;
        }
        Ok(watch)
    }

    /// Runs a command that is about the connection.
    async fn run(&self, command: Command<'_>) -> Result<()> {
        let mut pipeline = redis::Pipeline::with_capacity(1);
        pipeline.add_command(value::pack(&command));
        for reply in self.send(&pipeline).await? {
            value::reply(reply)??;
        }
        Ok(())
    }

    async fn send(&self, pipeline: &redis::Pipeline) -> Result<Vec<redis::Value>> {
        let replies = self.connection.send(pipeline, self.target.response_timeout).await;
        replies.map_err(|failure| failure.into_disconnected(&self.target))
    }
}

fn watch_command<'a>(keys: &[Arg<'a>]) -> Command<'a> {
    Command::new(TransactionCommand::Watch.spec()).args(keys.iter().cloned())
}

impl WatchBackend for RedisWatch {
    fn add<'a>(&'a mut self, keys: &'a [Arg<'a>]) -> BoxFuture<'a, Result<()>> {
        Box::pin(calm(self.run(watch_command(keys))))
    }

    fn select(&mut self, database: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(calm(self.run(select(database))))
    }

    fn exec(self: Box<Self>, pipeline: Pipeline<'_>) -> BoxFuture<'_, Result<Option<Replies>>> {
        Box::pin(async move {
            let run = async {
                let replies = self.connection.send(&transaction(&pipeline), self.target.response_timeout).await;
                read_transaction(replies.map_err(|failure| failure.into_error(&self.target))?)
            };
            observe::pipeline(BACKEND, &pipeline).wait(calm(run)).await
        })
    }
}

/// `SELECT database`.
pub(crate) fn select(database: u32) -> Command<'static> {
    Command::new(ConnectionCommand::Select.spec()).arg(database)
}

/// The pipeline between MULTI and EXEC.
pub(crate) fn transaction(pipeline: &Pipeline<'_>) -> redis::Pipeline {
    let mut packed = redis::Pipeline::with_capacity(pipeline.len() + 2);
    packed.cmd("MULTI");
    for command in pipeline.commands() {
        packed.add_command(value::pack(command));
    }
    packed.cmd("EXEC");
    packed
}

/// What a transaction answered; `None` where a watched key was written.
pub(crate) fn read_transaction(replies: Vec<redis::Value>) -> Result<Option<Replies>> {
    let mut replies = replies.into_iter();
    // A user may be forbidden to call MULTI; what EXEC says then is about EXEC.
    replies.next().map(value::reply).transpose()?.transpose()?;
    match replies.next_back().map(value::reply).transpose()?.transpose()? {
        Some(Value::Array(items)) => Ok(Some(items.into_iter().map(in_place).collect())),
        Some(Value::Null) => Ok(None),
        other => Err(Error::Decode(format!("EXEC answered {other:?}"))),
    }
}

/// One reply of EXEC: an error among them is that command's own.
fn in_place(value: Value) -> Reply {
    match value {
        Value::Error(error) => Err(error),
        value => Ok(value),
    }
}
