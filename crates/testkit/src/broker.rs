//! [`TestBroker`]: a broker around another one, under a test's control.
//!
//! Every call goes the same way: the plan's faults judge it, the recorder writes it down, the broker runs it. What a test
//! itself looks at, by assertions, waits and dumps, goes past both.

use std::sync::Arc;
use std::time::Duration;

use embroker::error::texts;
use embroker::instance::Instance;
use embroker::{
    AnyBroker, Arg, Broker, Command, Pipeline, Queue, Replies, Reply, Result, SubscribeOptions, Subscriber, Value,
    Watch,
};

use crate::delivery::{Delivery, Tap};
use crate::fault::CommandFate;
use crate::shared::Shared;
use crate::watch::TestWatch;
use crate::{Fault, FaultPlan, Recorder, TestBrokerBuilder, TestClock};

/// A broker for tests: in memory, on a real Redis, or around any [`Broker`] of yours. Clones share everything.
///
/// It is a [`Broker`], so it goes wherever the app takes one, and has all the typed calls. Besides them a test has its
/// [clock](Self::clock), its faults, waits, assertions, a [recorder](Self::recorder) and a [dump](Self::dump).
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker::prelude::*;
/// use embroker_testkit::TestBroker;
///
/// let broker = TestBroker::new();
/// broker.hset("order:1", [("who", "jamie"), ("cost", "40")]).await?;
/// broker.assert_hash("order:1", [("cost", "40"), ("who", "jamie")]).await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestBroker {
    pub(crate) inner: AnyBroker,
    pub(crate) database: u32,
    pub(crate) shared: Arc<Shared>,
}

impl TestBroker {
    /// An in-memory broker on a real clock that can be moved, with a new seed, without faults.
    ///
    /// # Panics
    ///
    /// Where `EMBROKER_SEED` is set and no number; [`TestBrokerBuilder::mem`] has an error for it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.incr("visits").await?;
    /// broker.assert_string("visits", 1).await;
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn new() -> Self {
        match Self::builder().mem() {
            Ok(broker) => broker,
            Err(error) => panic!("{error}"),
        }
    }

    /// A broker whose clock, seed, faults and settings are to be set.
    ///
    /// ```
    /// use embroker_testkit::{TestBroker, TestClock};
    ///
    /// let broker = TestBroker::builder().seed(7).clock(TestClock::at(0)).mem()?;
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn builder() -> TestBrokerBuilder {
        TestBrokerBuilder::default()
    }

    /// The clock of the broker.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.clock().advance(Duration::from_secs(60))?;
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn clock(&self) -> &TestClock {
        &self.shared.clock
    }

    /// The number that all chance of this broker comes from.
    ///
    /// ```
    /// let broker = embroker_testkit::TestBroker::builder().seed(7).mem()?;
    /// assert_eq!(broker.seed(), 7);
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn seed(&self) -> u64 {
        self.shared.seed.number
    }

    /// What went through the broker so far.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> embroker::Result<()> {
    /// use embroker::prelude::*;
    ///
    /// let broker = embroker_testkit::TestBroker::new();
    /// broker.incr("visits").await?;
    /// assert_eq!(broker.recorder().to_string(), "INCR visits => 1\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn recorder(&self) -> &Recorder {
        &self.shared.recorder
    }

    /// The private redis-server's URL, for other clients of it; `None` where there is none.
    ///
    /// ```
    /// assert_eq!(embroker_testkit::TestBroker::new().url(), None);
    /// ```
    pub fn url(&self) -> Option<String> {
        self.shared.server.as_ref().map(crate::RedisServer::url)
    }

    /// From now on these faults happen, and those from before no more. They count from here.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::prelude::*;
    /// use embroker_testkit::{Fault, FaultPlan, TestBroker};
    ///
    /// let broker = TestBroker::new();
    /// broker.set("price", 40).await?;
    /// broker.inject(FaultPlan::new([Fault::command("GET").is_not_sent()])?);
    /// assert!(broker.get("price").await.is_err());
    /// broker.inject(FaultPlan::none());
    /// assert!(broker.get("price").await.is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub fn inject(&self, plan: FaultPlan) {
        self.shared.inject(plan);
    }

    /// The faults of the plan that have struck nothing so far.
    ///
    /// ```
    /// use embroker_testkit::{Fault, FaultPlan, TestBroker};
    ///
    /// let fault = Fault::command("GET").is_not_sent();
    /// let broker = TestBroker::builder().faults(FaultPlan::new([fault.clone()])?).mem()?;
    /// assert_eq!(broker.unfired_faults(), [fault]);
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn unfired_faults(&self) -> Vec<Fault> {
        self.shared.injector().unfired()
    }

    /// Asserts that every fault of the plan has struck: one that never did has tested nothing.
    ///
    /// # Panics
    ///
    /// Where some have not, with how many each could have struck.
    ///
    /// ```should_panic
    /// use embroker_testkit::{Fault, FaultPlan, TestBroker};
    ///
    /// let plan = FaultPlan::new([Fault::command("GET").nth(2).is_not_sent()]).unwrap();
    /// TestBroker::builder().faults(plan).mem().unwrap().assert_faults_fired();
    /// ```
    #[track_caller]
    pub fn assert_faults_fired(&self) {
        let unfired = self.shared.injector().unfired_with_matches();
        let lines = unfired.iter().map(|(fault, matched)| format!("\n  {fault} ({matched} matched)"));
        assert!(unfired.is_empty(), "faults that never happened:{}", lines.collect::<String>());
    }

    /// Lets go the messages that [a fault holds](crate::FaultOf::is_held), to all subscribers; how many there
    /// were, gaps among them.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::prelude::*;
    /// use embroker_testkit::{Fault, FaultPlan, TestBroker};
    ///
    /// let plan = FaultPlan::new([Fault::message("news").nth(1).is_held()])?;
    /// let broker = TestBroker::builder().faults(plan).mem()?;
    /// let mut probe = broker.probe(["news"]).await?;
    /// broker.publish("news", "first").await?;
    /// probe.expect_no_message().await;
    /// assert_eq!(broker.release_messages(), 1);
    /// probe.expect_message("news", "first").await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn release_messages(&self) -> usize {
        let released = self.shared.deliveries().into_iter().map(|delivery| {
            let (count, after) = delivery.release();
            after.follow(&self.shared);
            count
        });
        released.sum()
    }

    /// Runs a pipeline, or a watch's transaction, by `run`.
    pub(crate) async fn run_pipeline<T: Answered, F: Future<Output = Result<T>>>(
        &self,
        pipeline: Pipeline<'_>,
        is_transaction: bool,
        run: impl FnOnce(Pipeline<'static>) -> F,
    ) -> Result<T> {
        let _running = self.shared.begin();
        let judged = self.judge(pipeline, is_transaction);
        if judged.delay_ms > 0 {
            self.shared.clock.sleep(Duration::from_millis(judged.delay_ms)).await;
        }
        let Judged { refused, pipeline, struck, numbers, loses_reply, .. } = judged;
        let answer = match refused {
            Some(error) => Err(error),
            None => run(pipeline).await,
        };
        self.settle(answer, &struck, &numbers, loses_reply)
    }

    /// What becomes of each command of a pipeline.
    fn judge(&self, pipeline: Pipeline<'_>, is_transaction: bool) -> Judged {
        let injector = self.shared.injector();
        let mut judged = Judged { struck: vec![None; pipeline.len()], ..Judged::default() };
        let verdicts: Vec<_> = pipeline.commands().iter().map(|command| injector.judge(command)).collect();
        let whole = is_transaction.then(|| injector.judge(&Command::new(EXEC.spec())));
        for verdict in verdicts.iter().chain(&whole) {
            judged.delay_ms = judged.delay_ms.saturating_add(verdict.delay_ms);
            match &verdict.fate {
                Some(CommandFate::IsNotSent) => judged.refused = Some(self.shared.not_sent()),
                Some(CommandFate::LosesReply) => judged.loses_reply = true,
                Some(CommandFate::Fails(error)) if is_transaction && *error == texts::OUT_OF_MEMORY => {
                    judged.refused.get_or_insert(texts::EXEC_ABORT.into());
                }
                _ => {}
            }
        }
        if let Some(CommandFate::Fails(error)) = whole.and_then(|verdict| verdict.fate) {
            judged.refused.get_or_insert(error.into());
        }
        for (command, verdict) in pipeline.commands().iter().zip(&verdicts) {
            let is_struck = verdict.fate.is_some() || verdict.delay_ms > 0;
            judged.numbers.push(self.shared.record(command, self.database, is_transaction, None, is_struck));
        }
        for (struck, verdict) in judged.struck.iter_mut().zip(verdicts) {
            if let Some(CommandFate::Fails(error)) = verdict.fate {
                *struck = Some(error);
            }
        }
        judged.pipeline = self.with_faults(pipeline, &judged.struck);
        judged
    }

    /// The pipeline with something harmless in the place of each command that is to fail, so that an observer finds
    /// the others where they were. Its observer, if there is one, finds all deliveries passed on.
    fn with_faults(&self, pipeline: Pipeline<'_>, struck: &[Option<embroker::ServerError>]) -> Pipeline<'static> {
        let pipeline = pipeline.into_owned();
        let mut changed = if pipeline.is_atomic() { Pipeline::atomic() } else { Pipeline::new() };
        for (command, struck) in pipeline.commands().iter().zip(struck) {
            let harmless = || Command::new(embroker::commands::ConnectionCommand::Ping.spec());
            changed.push(if struck.is_some() { harmless() } else { command.clone() });
        }
        if !pipeline.is_observed() {
            return changed;
        }
        let shared = self.shared.clone();
        changed.observed_by(move || {
            shared.pump_under_locks();
            pipeline.observe();
        })
    }

    /// Puts the errors of faults into the answer, and writes it down.
    fn settle<T: Answered>(
        &self,
        mut answer: Result<T>,
        struck: &[Option<embroker::ServerError>],
        numbers: &[usize],
        loses_reply: bool,
    ) -> Result<T> {
        self.shared.follow();
        if let Ok(answer) = &mut answer
            && let Some(replies) = answer.replies()
        {
            for (reply, error) in replies.iter_mut().zip(struck) {
                if let Some(error) = error {
                    *reply = Err(error.clone());
                }
            }
        }
        if loses_reply && answer.is_ok() {
            answer = Err(self.shared.outcome_unknown());
        }
        for (number, place) in numbers.iter().zip(0..) {
            let told = match &mut answer {
                Ok(answer) => match answer.replies() {
                    Some(replies) => replies.get(place).map_or(Ok(Value::Null), told),
                    None => Ok(Value::Null),
                },
                Err(error) => Err(error.clone()),
            };
            self.shared.answered(*number, &told);
        }
        answer
    }
}

const EXEC: embroker::commands::TransactionCommand = embroker::commands::TransactionCommand::Exec;

fn told(reply: &Reply) -> Result<Value> {
    reply.clone().map_err(Into::into)
}

/// A pipeline on its way.
#[derive(Default)]
struct Judged {
    delay_ms: u64,
    /// Nothing runs, and this is why.
    refused: Option<embroker::Error>,
    /// Which commands fail.
    struck: Vec<Option<embroker::ServerError>>,
    loses_reply: bool,
    pipeline: Pipeline<'static>,
    /// Their numbers in the recorder.
    numbers: Vec<usize>,
}

/// What a pipeline answers; a watch's may answer nothing.
pub(crate) trait Answered {
    fn replies(&mut self) -> Option<&mut Replies>;
}

impl Answered for Replies {
    fn replies(&mut self) -> Option<&mut Replies> {
        Some(self)
    }
}

impl Answered for Option<Replies> {
    fn replies(&mut self) -> Option<&mut Replies> {
        self.as_mut()
    }
}

impl Broker for TestBroker {
    async fn execute(&self, command: Command<'_>) -> Result<Value> {
        command.check_not_session()?;
        let copy = command.clone();
        self.shared.run(&copy, self.database, None, self.inner.execute(command)).await
    }

    fn execute_now(&self, command: &Command<'_>) -> Option<Result<Value>> {
        let injector = self.shared.now()?;
        if let Err(error) = command.check_not_session() {
            return Some(Err(error));
        }
        self.shared.run_now(&injector, command, self.database, || self.inner.execute_now(command))
    }

    async fn pipeline(&self, pipeline: Pipeline<'_>) -> Result<Replies> {
        pipeline.check_not_session()?;
        let is_transaction = pipeline.is_atomic();
        self.run_pipeline(pipeline, is_transaction, |pipeline| self.inner.pipeline(pipeline)).await
    }

    fn pipeline_now(&self, pipeline: &Pipeline<'_>) -> Option<Result<Replies>> {
        self.shared.now()?;
        if let Err(error) = pipeline.check_not_session() {
            return Some(Err(error));
        }
        let judged = self.judge(pipeline.clone(), pipeline.is_atomic());
        let answer = match judged.refused {
            Some(error) => Err(error),
            None => self.inner.pipeline_now(&judged.pipeline)?,
        };
        Some(self.settle(answer, &judged.struck, &judged.numbers, judged.loses_reply))
    }

    async fn watch_keys(&self, keys: &[Arg<'_>]) -> Result<Watch> {
        TestWatch::begin(self, keys).await
    }

    async fn subscriber(&self, options: SubscribeOptions) -> Result<Subscriber> {
        let source = self.inner.subscriber(options).await?;
        let out = Arc::new(Queue::new(options));
        let id = self.shared.next_subscriber();
        let delivery = Delivery::new(id, self.shared.clone(), source, out.clone());
        self.shared.remember(&delivery);
        delivery.pump().follow(&self.shared);
        Ok(Subscriber::new(out, Tap(delivery)))
    }

    async fn select(&self, database: u32) -> Result<Self> {
        Ok(Self { inner: self.inner.select(database).await?, database, shared: self.shared.clone() })
    }

    fn instance(&self) -> Option<&Arc<Instance>> {
        self.inner.instance()
    }

    fn sweep(&self) -> usize {
        self.inner.sweep()
    }

    fn has_room(&self) -> bool {
        self.inner.has_room()
    }
}

impl Default for TestBroker {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestBroker {
    fn drop(&mut self) {
        // A test that fails drops it while it unwinds.
        if std::thread::panicking() {
            self.shared.tell_of_failure();
        }
    }
}

impl std::fmt::Debug for TestBroker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestBroker")
            .field("seed", &self.seed())
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}
