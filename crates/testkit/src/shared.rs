//! What all handles of one [`TestBroker`](crate::TestBroker) share, and how a command runs through it.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::time::Duration;

use embroker::{AnyBroker, Command, Error, Result, Value};
use tokio::sync::Notify;

use crate::TestClock;
use crate::clock::lock;
use crate::delivery::{Aftermath, Delivery};
use crate::fault::{CommandFate, FaultPlan, Injector};
use crate::recorder::{Record, Recorder};
use crate::seed::Seed;

pub(crate) struct Shared {
    pub(crate) seed: Seed,
    pub(crate) clock: TestClock,
    pub(crate) recorder: Recorder,
    /// How long a wait takes before it gives up, by the machine's clock.
    pub(crate) patience: Duration,
    /// What the errors of faults call the broker.
    address: String,
    /// Whether the broker answers on the spot.
    is_immediate: bool,
    injector: RwLock<Arc<Injector>>,
    subscribers: Mutex<BTreeMap<u64, Weak<Delivery>>>,
    next_subscriber: AtomicU64,
    /// What a transaction's observer could not do under the broker's locks.
    after: Mutex<Aftermath>,
    /// Commands that wait for their answer.
    running: AtomicUsize,
    /// Goes up with all that happens.
    happened: AtomicU64,
    news: Notify,
    /// Whether the seed has been told of.
    is_told: AtomicBool,
    /// How many records there were when somebody was told the last of them.
    told_last_of: AtomicUsize,
    /// Lives as long as the broker on it.
    pub(crate) server: Option<crate::RedisServer>,
}

impl Shared {
    pub(crate) fn new(broker: &AnyBroker, address: String, seed: Seed, clock: TestClock, patience: Duration) -> Self {
        use embroker::Broker as _;

        let ping = Command::new(embroker::commands::ConnectionCommand::Ping.spec());
        Self {
            seed,
            clock,
            recorder: Recorder::default(),
            patience,
            address,
            is_immediate: broker.execute_now(&ping).is_some(),
            injector: RwLock::new(Arc::new(Injector::new(FaultPlan::none(), seed))),
            subscribers: Mutex::default(),
            next_subscriber: AtomicU64::new(0),
            after: Mutex::default(),
            running: AtomicUsize::new(0),
            happened: AtomicU64::new(0),
            news: Notify::new(),
            is_told: AtomicBool::new(false),
            told_last_of: AtomicUsize::new(usize::MAX),
            server: None,
        }
    }

    /// The last of what happened, for a text that tells why a test fails.
    pub(crate) fn tell_last(&self, most: usize) -> String {
        self.told_last_of.store(self.recorder.count(), Ordering::SeqCst);
        self.recorder.tail(most)
    }

    /// How a failed test is repeated, and the last of what happened, unless that was told already. Once.
    pub(crate) fn tell_of_failure(&self) {
        if self.is_told.swap(true, Ordering::SeqCst) {
            return;
        }
        let Seed { number, is_fixed } = self.seed;
        let how = if is_fixed {
            format!("this test has the seed {number}")
        } else {
            format!("repeat this test with EMBROKER_SEED={number}")
        };
        if self.told_last_of.load(Ordering::SeqCst) == self.recorder.count() {
            eprintln!("{how}");
        } else {
            eprint!("{how}; the last that happened:\n{}", self.recorder.tail(20));
        }
    }

    pub(crate) fn injector(&self) -> Arc<Injector> {
        self.injector.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn inject(&self, plan: FaultPlan) {
        let injector = Arc::new(Injector::new(plan, self.seed));
        *self.injector.write().unwrap_or_else(PoisonError::into_inner) = injector;
    }

    /// The plan, where commands can be answered on the spot.
    pub(crate) fn now(&self) -> Option<Arc<Injector>> {
        let injector = self.injector();
        (self.is_immediate && !injector.delays_commands).then_some(injector)
    }

    /// Something happened that somebody may wait for.
    pub(crate) fn changed(&self) {
        self.happened.fetch_add(1, Ordering::SeqCst);
        self.news.notify_waiters();
    }

    pub(crate) fn happened(&self) -> u64 {
        self.happened.load(Ordering::SeqCst)
    }

    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    pub(crate) fn news(&self) -> &Notify {
        &self.news
    }

    /// Runs something as one command, with the plan's faults.
    pub(crate) async fn run(
        &self,
        command: &Command<'_>,
        database: u32,
        subscriber: Option<u64>,
        run: impl Future<Output = Result<Value>>,
    ) -> Result<Value> {
        let _running = self.begin();
        let verdict = self.injector().judge(command);
        let number = self.record(command, database, false, subscriber, verdict.fate.is_some() || verdict.delay_ms > 0);
        if verdict.delay_ms > 0 {
            self.clock.sleep(Duration::from_millis(verdict.delay_ms)).await;
        }
        let answer = match &verdict.fate {
            Some(CommandFate::Fails(error)) => Err(error.clone().into()),
            Some(CommandFate::IsNotSent) => Err(self.not_sent()),
            fate => self.lose(fate.as_ref(), run.await),
        };
        self.answered(number, &answer);
        answer
    }

    /// As [`run`](Self::run), for what answers on the spot.
    pub(crate) fn run_now(
        &self,
        injector: &Injector,
        command: &Command<'_>,
        database: u32,
        run: impl FnOnce() -> Option<Result<Value>>,
    ) -> Option<Result<Value>> {
        let fate = injector.judge(command).fate;
        let number = self.record(command, database, false, None, fate.is_some());
        let answer = match &fate {
            Some(CommandFate::Fails(error)) => Err(error.clone().into()),
            Some(CommandFate::IsNotSent) => Err(self.not_sent()),
            fate => self.lose(fate.as_ref(), run()?),
        };
        self.answered(number, &answer);
        Some(answer)
    }

    /// What a caller hears where the reply is lost.
    fn lose(&self, fate: Option<&CommandFate>, answer: Result<Value>) -> Result<Value> {
        if fate == Some(&CommandFate::LosesReply) { Err(self.outcome_unknown()) } else { answer }
    }

    pub(crate) fn not_sent(&self) -> Error {
        Error::Disconnected { address: self.address.clone(), reason: "a fault of the test's plan".into() }
    }

    pub(crate) fn outcome_unknown(&self) -> Error {
        Error::OutcomeUnknown { address: self.address.clone(), reason: "a fault of the test's plan".into() }
    }

    pub(crate) fn record(
        &self,
        command: &Command<'_>,
        database: u32,
        in_transaction: bool,
        subscriber: Option<u64>,
        struck: bool,
    ) -> usize {
        let words = command.words().map(<[u8]>::to_vec).collect();
        self.recorder.add(Record::Command { words, answer: None, struck, database, in_transaction, subscriber })
    }

    pub(crate) fn answered(&self, number: usize, answer: &Result<Value>) {
        self.recorder.answered(number, answer.clone());
        self.changed();
    }

    /// A command waits for its answer as long as this lives.
    pub(crate) fn begin(&self) -> Running<'_> {
        self.running.fetch_add(1, Ordering::SeqCst);
        Running(self)
    }

    pub(crate) fn next_subscriber(&self) -> u64 {
        self.next_subscriber.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn remember(&self, delivery: &Arc<Delivery>) {
        lock(&self.subscribers).insert(delivery.id, Arc::downgrade(delivery));
    }

    pub(crate) fn forget(&self, id: u64) {
        lock(&self.subscribers).remove(&id);
    }

    pub(crate) fn delivery(&self, id: u64) -> Option<Weak<Delivery>> {
        lock(&self.subscribers).get(&id).cloned()
    }

    /// Those that deliver to somebody, in the order they were made.
    pub(crate) fn deliveries(&self) -> Vec<Arc<Delivery>> {
        lock(&self.subscribers).values().filter_map(Weak::upgrade).collect()
    }

    /// Passes on all deliveries so far, from inside of a transaction: nobody is woken yet.
    pub(crate) fn pump_under_locks(&self) {
        for delivery in self.deliveries() {
            let after = delivery.pump();
            lock(&self.after).extend(after);
        }
    }

    /// Does what could not be done inside of a transaction.
    pub(crate) fn follow(&self) {
        let after = std::mem::take(&mut *lock(&self.after));
        after.follow(self);
    }
}

pub(crate) struct Running<'a>(&'a Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.changed();
    }
}
