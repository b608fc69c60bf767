//! A broker that notes the last command said to it, so that a difference can be told with the step that it came from.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use embroker_core::instance::Instance;
use embroker_core::table::CommandSpec;
use embroker_core::{
    AnyBroker, Arg, BoxFuture, Broker, Command, Error, Pipeline, Replies, Result, ServerError, SubscribeOptions,
    Subscriber, Value, Watch, WatchBackend,
};

/// What a case has said and heard so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trace(Arc<Mutex<Noted>>);

#[derive(Debug, Default)]
struct Noted {
    last: String,
    unavailable: Option<String>,
}

impl Trace {
    /// The last command.
    pub(crate) fn last(&self) -> String {
        self.noted().last.clone()
    }

    /// Why the case can't run here, where it can't: the first of Redis's commands that the server does not have, or has
    /// forbidden.
    pub(crate) fn unavailable(&self) -> Option<String> {
        self.noted().unavailable.clone()
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn says(&self, text: String) {
        self.noted().last = text;
    }

    /// A command that Redis 7.0.15 has and its reply. What it does not have either is meant to be unknown.
    fn hears(&self, spec: Option<&CommandSpec>, error: Option<&ServerError>) {
        let (Some(spec), Some(error)) = (spec, error) else { return };
        let text = error.to_string();
        let name = spec.name.to_ascii_uppercase().replace('|', " ");
        let why = if text.starts_with("ERR unknown command") {
            format!("{name} is unknown here")
        } else if text.starts_with("ERR DEBUG command not allowed") {
            "DEBUG is not enabled here (redis-server --enable-debug-command yes)".into()
        } else if error.code() == "NOPERM" {
            format!("this user may not use {name}")
        } else {
            return;
        };
        self.noted().unavailable.get_or_insert(why);
    }
}

fn pipeline_line(pipeline: &Pipeline<'_>) -> String {
    let lines = pipeline.commands().iter().map(line).collect::<Vec<_>>().join("; ");
    if pipeline.is_atomic() { format!("MULTI; {lines}; EXEC") } else { lines }
}

fn line(command: &Command<'_>) -> String {
    let words = command.words().enumerate().map(|(at, word)| match word {
        b"" => "\"\"".to_owned(),
        // Typed calls have the names in small letters.
        name if at == 0 && command.spec().is_some() => name.escape_ascii().to_string().to_ascii_uppercase(),
        word if word.contains(&b' ') => format!("\"{}\"", word.escape_ascii()),
        word => word.escape_ascii().to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A broker and the trace of all that is said to it, and to those made from it.
pub(crate) struct Traced {
    pub(crate) broker: AnyBroker,
    pub(crate) trace: Trace,
}

impl Broker for Traced {
    async fn execute(&self, command: Command<'_>) -> Result<Value> {
        self.trace.says(line(&command));
        let spec = command.spec();
        let reply = self.broker.execute(command).await;
        self.trace.hears(spec, reply.as_ref().err().and_then(Error::as_server));
        reply
    }

    fn execute_now(&self, command: &Command<'_>) -> Option<Result<Value>> {
        self.trace.says(line(command));
        let reply = self.broker.execute_now(command)?;
        self.trace.hears(command.spec(), reply.as_ref().err().and_then(Error::as_server));
        Some(reply)
    }

    async fn pipeline(&self, pipeline: Pipeline<'_>) -> Result<Replies> {
        self.trace.says(pipeline_line(&pipeline));
        let specs: Vec<_> = pipeline.commands().iter().map(Command::spec).collect();
        let replies = self.broker.pipeline(pipeline).await;
        for (spec, reply) in specs.iter().zip(replies.iter().flatten()) {
            self.trace.hears(*spec, reply.as_ref().err());
        }
        replies
    }

    fn pipeline_now(&self, pipeline: &Pipeline<'_>) -> Option<Result<Replies>> {
        self.trace.says(pipeline_line(pipeline));
        self.broker.pipeline_now(pipeline)
    }

    async fn watch_keys(&self, keys: &[Arg<'_>]) -> Result<Watch> {
        self.trace.says("WATCH".into());
        let watch = self.broker.watch_keys(keys).await?;
        Ok(Watch::new(TracedWatch { watch, trace: self.trace.clone() }))
    }

    async fn subscriber(&self, options: SubscribeOptions) -> Result<Subscriber> {
        self.broker.subscriber(options).await
    }

    async fn select(&self, database: u32) -> Result<Self> {
        self.trace.says(format!("SELECT {database}"));
        Ok(Self { broker: self.broker.select(database).await?, trace: self.trace.clone() })
    }

    fn instance(&self) -> Option<&Arc<Instance>> {
        self.broker.instance()
    }

    fn sweep(&self) -> usize {
        self.broker.sweep()
    }

    fn has_room(&self) -> bool {
        self.broker.has_room()
    }
}

struct TracedWatch {
    watch: Watch,
    trace: Trace,
}

impl WatchBackend for TracedWatch {
    fn add<'a>(&'a mut self, keys: &'a [Arg<'a>]) -> BoxFuture<'a, Result<()>> {
        self.trace.says("WATCH".into());
        Box::pin(self.watch.add(keys.iter().cloned()))
    }

    fn select(&mut self, database: u32) -> BoxFuture<'_, Result<()>> {
        self.trace.says(format!("SELECT {database}"));
        Box::pin(self.watch.select(database))
    }

    fn exec(self: Box<Self>, pipeline: Pipeline<'_>) -> BoxFuture<'_, Result<Option<Replies>>> {
        self.trace.says(pipeline_line(&pipeline));
        Box::pin(self.watch.exec(pipeline))
    }
}
