//! WATCH through a [`TestBroker`]: its calls and its transaction go the way of all commands.

use embroker::commands::TransactionCommand;
use embroker::{Arg, BoxFuture, Broker as _, Command, Pipeline, Replies, Result, Value, Watch, WatchBackend};

use crate::TestBroker;

/// A watch whose calls are judged and written down.
pub(crate) struct TestWatch {
    broker: TestBroker,
    inner: Watch,
}

impl TestWatch {
    pub(crate) async fn begin(broker: &TestBroker, keys: &[Arg<'_>]) -> Result<Watch> {
        let inner = Self::call(broker, keys, async { broker.inner.watch_keys(keys).await }).await?;
        Ok(Watch::new(Self { broker: broker.clone(), inner }))
    }

    /// WATCH, with the plan's faults.
    async fn call<T>(broker: &TestBroker, keys: &[Arg<'_>], run: impl Future<Output = Result<T>>) -> Result<T> {
        let watch = TransactionCommand::Watch;
        let command = Command::new(watch.spec()).args(keys.iter().cloned());
        let mut watched = None;
        let run = async {
            watched = Some(run.await?);
            Ok(Value::OK)
        };
        broker.shared.run(&command, broker.database, None, run).await?;
        watched.ok_or_else(|| broker.shared.not_sent())
    }
}

impl WatchBackend for TestWatch {
    fn add<'a>(&'a mut self, keys: &'a [Arg<'a>]) -> BoxFuture<'a, Result<()>> {
        let Self { broker, inner } = self;
        Box::pin(async move { Self::call(broker, keys, inner.add(keys.iter().cloned())).await })
    }

    fn select(&mut self, database: u32) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.inner.select(database).await?;
            self.broker.database = database;
            Ok(())
        })
    }

    fn exec(self: Box<Self>, pipeline: Pipeline<'_>) -> BoxFuture<'_, Result<Option<Replies>>> {
        let Self { broker, inner } = *self;
        let pipeline = pipeline.into_owned();
        Box::pin(async move { broker.run_pipeline(pipeline, true, |pipeline| inner.exec(pipeline)).await })
    }
}
