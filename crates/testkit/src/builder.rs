//! [`TestBrokerBuilder`]: what a [`TestBroker`] is made with.

use std::sync::Arc;
use std::time::Duration;

use embroker::{AnyBroker, Broker, MemBroker};

use crate::seed::Seed;
use crate::shared::Shared;
use crate::{Error, FaultPlan, Result, TestBroker, TestClock};

/// How long a wait takes where nobody says.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sets what a [`TestBroker`] is made with. Its last call says on what: [`mem`](Self::mem), [`redis`](Self::redis) or
/// [`around`](Self::around) a broker of yours.
///
/// # Examples
///
/// ```
/// use embroker_testkit::{Fault, FaultPlan, TestBroker, TestClock};
///
/// let broker = TestBroker::builder()
///     .seed(7)
///     .clock(TestClock::at(1_700_000_000_000))
///     .config("notify-keyspace-events", "Ex")
///     .faults(FaultPlan::new([Fault::command("PUBLISH").chance(0.1).loses_its_reply()])?)
///     .mem()?;
/// # Ok::<(), embroker_testkit::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "say on what it runs: mem(), redis() or around(broker)"]
pub struct TestBrokerBuilder {
    seed: Option<u64>,
    refused: Option<Error>,
    clock: TestClock,
    faults: FaultPlan,
    config: Vec<(String, String)>,
    patience: Option<Duration>,
}

impl TestBrokerBuilder {
    /// Repeats all that is left to chance: SPOP, SRANDMEMBER, HRANDFIELD, RANDOMKEY, the order of SCAN, KEYS and
    /// SMEMBERS (in memory), and the chance of faults and their jitter (on either backend). Without it
    /// `EMBROKER_SEED` is the seed, or a new one for each broker; a test that fails prints it.
    ///
    /// Given twice it is [`Error::SeedTwice`], beside another in `EMBROKER_SEED` [`Error::SeedsDiffer`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::prelude::*;
    /// use embroker_testkit::TestBroker;
    ///
    /// let mut drawn = Vec::new();
    /// for _ in 0..2 {
    ///     let broker = TestBroker::builder().seed(7).mem()?;
    ///     broker.sadd("names", ["ann", "ben", "cleo", "dan"]).await?;
    ///     drawn.push(broker.spop("names").await?);
    /// }
    /// assert_eq!(drawn[0], drawn[1]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn seed(mut self, seed: u64) -> Self {
        if let Some(first) = self.seed.replace(seed) {
            self.refused.get_or_insert(Error::SeedTwice { first, second: seed });
        }
        self
    }

    /// The clock; [`TestClock::real`] where none is given.
    ///
    /// ```
    /// use embroker_testkit::{TestBroker, TestClock};
    ///
    /// let broker = TestBroker::builder().clock(TestClock::at(0)).mem()?;
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn clock(mut self, clock: TestClock) -> Self {
        self.clock = clock;
        self
    }

    /// What goes wrong from the beginning; see also [`TestBroker::inject`].
    ///
    /// ```
    /// use embroker_testkit::{Fault, FaultPlan, TestBroker};
    ///
    /// let plan = FaultPlan::new([Fault::any_command().runs_out_of_memory()])?;
    /// let broker = TestBroker::builder().faults(plan).mem()?;
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn faults(mut self, plan: FaultPlan) -> Self {
        self.faults = plan;
        self
    }

    /// A parameter of redis.conf, such as `notify-keyspace-events` and `Ex`. Around a broker of yours it is set by
    /// CONFIG SET… of your own.
    ///
    /// ```
    /// use embroker_testkit::TestBroker;
    ///
    /// let broker = TestBroker::builder().config("maxmemory", "100mb").mem()?;
    /// assert!(TestBroker::builder().config("maxmemori", "100mb").mem().is_err());
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn config(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.config.push((name.into(), value.into()));
        self
    }

    /// How long a wait takes before it fails: 5 seconds where nobody says. It goes by the machine's clock, always.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let broker = embroker_testkit::TestBroker::builder().patience(Duration::from_secs(30)).mem()?;
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = Some(time);
        self
    }

    /// A broker in memory.
    ///
    /// # Errors
    ///
    /// [`Error::SeedTwice`], [`Error::SeedsDiffer`] and [`Error::Seed`]; [`Error::Broker`] for a parameter that there is
    /// not.
    ///
    /// ```
    /// let broker = embroker_testkit::TestBroker::builder().mem()?;
    /// # Ok::<(), embroker_testkit::Error>(())
    /// ```
    pub fn mem(self) -> Result<TestBroker> {
        let seed = self.choose_seed()?;
        let mut mem = MemBroker::builder().clock(self.clock.clone()).seed(seed.number);
        for (name, value) in &self.config {
            mem = mem.config(name, value)?;
        }
        let mem = mem.build();
        self.clock.sweeps(&mem);
        Ok(self.finish(AnyBroker::new(mem), seed, "mem".into(), |_| ()))
    }

    /// A broker on a private redis-server, which is started for it and ends with it.
    ///
    /// # Errors
    ///
    /// As [`mem`](Self::mem); [`Error::Server`] where redis-server is not there or does not start, [`Error::Clock`] for
    /// a clock that stands still.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// use embroker::prelude::*;
    /// use embroker_testkit::TestBroker;
    ///
    /// let broker = TestBroker::builder().redis().await?;
    /// broker.set("greeting", "hello").await?;
    /// broker.assert_string("greeting", "hello").await;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "redis")]
    pub async fn redis(self) -> Result<TestBroker> {
        let seed = self.choose_seed()?;
        self.clock.follow_redis()?;
        let mut server = crate::RedisServer::builder();
        for (name, value) in &self.config {
            server = server.set(name, value);
        }
        let server = server.start()?;
        let url = server.url();
        let inner = AnyBroker::new(embroker_redis::RedisBroker::connect(&url).await?);
        Ok(self.finish(inner, seed, url, |shared| shared.server = Some(server)))
    }

    /// Around a broker of yours, whichever it is. Its parameters are set already, and its time is its own:
    /// [`TestClock`] moves only delays and sleeps.
    ///
    /// # Errors
    ///
    /// As [`mem`](Self::mem); [`Error::Clock`] for a clock that stands still, and [`Error::Broker`] where a parameter
    /// is to be set.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker::prelude::*;
    /// use embroker_testkit::TestBroker;
    ///
    /// let mine = embroker::connect("mem://").await?;
    /// let broker = TestBroker::builder().around(mine)?;
    /// broker.incr("visits").await?;
    /// broker.recorder().assert_commands(["INCR visits"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn around(self, broker: impl Broker) -> Result<TestBroker> {
        let seed = self.choose_seed()?;
        self.clock.follow_redis()?;
        if let Some((name, _)) = self.config.first() {
            let text = format!("{name} of a broker that is there already is set by CONFIG SET");
            return Err(embroker::Error::Config(text).into());
        }
        Ok(self.finish(AnyBroker::new(broker), seed, "the broker".into(), |_| ()))
    }

    fn choose_seed(&self) -> Result<Seed> {
        match &self.refused {
            Some(error) => Err(error.clone()),
            None => Seed::choose(self.seed),
        }
    }

    fn finish(self, inner: AnyBroker, seed: Seed, address: String, with: impl FnOnce(&mut Shared)) -> TestBroker {
        let mut shared = Shared::new(&inner, address, seed, self.clock, self.patience.unwrap_or(PATIENCE));
        with(&mut shared);
        shared.inject(self.faults);
        TestBroker { inner, database: 0, shared: Arc::new(shared) }
    }
}
