//! One body of a test on each backend.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use crate::{Result, TestBroker, TestBrokerBuilder};

/// How long a test may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(60);

/// What a test runs on.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), embroker_testkit::Error> {
/// use embroker_testkit::{Backend, TestBroker};
///
/// let broker = Backend::Mem.start(TestBroker::builder()).await?;
/// broker.assert_absent("order:1").await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Backend {
    /// The in-memory broker.
    Mem,
    /// A private redis-server.
    #[cfg(feature = "redis")]
    Redis,
}

impl Backend {
    /// A fresh broker on this backend, which nobody else uses.
    ///
    /// # Errors
    ///
    /// As [`TestBrokerBuilder::mem`] and [`TestBrokerBuilder::redis`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), embroker_testkit::Error> {
    /// use embroker_testkit::{Backend, TestBroker};
    ///
    /// let broker = Backend::Mem.start(TestBroker::builder().seed(7)).await?;
    /// assert_eq!(broker.seed(), 7);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg_attr(not(feature = "redis"), expect(clippy::unused_async, reason = "a redis-server takes time"))]
    pub async fn start(self, builder: TestBrokerBuilder) -> Result<TestBroker> {
        match self {
            Self::Mem => builder.mem(),
            #[cfg(feature = "redis")]
            Self::Redis => builder.redis().await,
        }
    }
}

/// What the body of a test may answer: nothing, or a `Result` of nothing.
///
/// # Examples
///
/// ```
/// use embroker_testkit::{Backend, Outcome, TestBroker, run};
///
/// /// What a harness of one's own answers.
/// struct Checked(Vec<String>);
///
/// impl Outcome for Checked {
///     fn failure(self) -> Option<String> {
///         (!self.0.is_empty()).then(|| self.0.join("; "))
///     }
/// }
/// run(Backend::Mem, TestBroker::builder(), async |_: TestBroker| Checked(Vec::new()));
/// ```
pub trait Outcome {
    /// Why the test failed, if it did.
    ///
    /// ```
    /// use embroker_testkit::Outcome;
    ///
    /// assert_eq!(().failure(), None);
    /// assert_eq!(Err::<(), _>("broken").failure(), Some("\"broken\"".into()));
    /// ```
    fn failure(self) -> Option<String>;
}

impl Outcome for () {
    fn failure(self) -> Option<String> {
        None
    }
}

impl<E: fmt::Debug> Outcome for Result<(), E> {
    fn failure(self) -> Option<String> {
        self.err().map(|error| format!("{error:?}"))
    }
}

/// Runs the body of a test on a fresh broker, on a runtime of its own: what [`test`](macro@crate::test) calls, for
/// those who have a harness of their own.
///
/// # Panics
///
/// Where the body does, answers an error, or takes longer than 60 seconds, and where the broker can't be started. The
/// seed and the last of what happened go to standard error then.
///
/// # Examples
///
/// ```
/// use embroker::prelude::*;
/// use embroker_testkit::{Backend, TestBroker, run};
///
/// run(Backend::Mem, TestBroker::builder(), async |broker: TestBroker| {
///     broker.incr("visits").await?;
///     broker.assert_string("visits", 1).await;
///     Ok::<(), embroker::Error>(())
/// });
/// ```
pub fn run<T: Outcome>(backend: Backend, builder: TestBrokerBuilder, body: impl AsyncFnOnce(TestBroker) -> T) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => panic!("no runtime: {error}"),
    };
    let failure = runtime.block_on(async {
        let broker = match backend.start(builder).await {
            Ok(broker) => broker,
            Err(error) => panic!("{error}"),
        };
        let failure = limited(body(broker.clone())).await;
        if failure.is_some() {
            broker.shared.tell_of_failure();
        }
        failure
    });
    if let Some(failure) = failure {
        panic!("the test failed: {failure}");
    }
}

async fn limited<T: Outcome>(body: impl Future<Output = T>) -> Option<String> {
    match tokio::time::timeout(LIMIT, body).await {
        Ok(outcome) => outcome.failure(),
        Err(_) => Some(format!("it still ran after {LIMIT:?}")),
    }
}
