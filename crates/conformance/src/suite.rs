//! Which cases run, on what, and in which order what they change is put back. The invariant: whatever ends a run, a
//! server that still answers has its parameters as they were, and no key.

use std::fmt;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use embroker_core::{AnyBroker, BoxFuture, Broker, Error, REDIS_VERSION, Result};
use futures_util::future::{Either, select};

use crate::cases::{FAMILIES, cases};
use crate::check::{Case, Difference, Failure, Needs, Run};
use crate::report::{CaseReport, Outcome, Report};
use crate::state::{Found, answers};
use crate::trace::{Trace, Traced};

/// What is held against the cases: a way to make clients of one broker. Clones are the same.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_conformance::{Suite, Target};
/// use embroker_mem::MemBroker;
///
/// let target = Target::broker(MemBroker::new());
/// assert!(Suite::new().family("connection").run(&target).await?.is_conforming());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Target(Arc<dyn Fn(u32) -> BoxFuture<'static, Result<AnyBroker>> + Send + Sync>);

impl Target {
    /// A broker; its clients are handles on its databases.
    ///
    /// ```
    /// use embroker_conformance::Target;
    ///
    /// let target = Target::broker(embroker_mem::MemBroker::new());
    /// # let _ = target;
    /// ```
    pub fn broker(broker: impl Broker) -> Self {
        let broker = AnyBroker::new(broker);
        Self::connecting(move |database| {
            let broker = broker.clone();
            async move { broker.select(database).await }
        })
    }

    /// A broker whose clients are made by this function, each on the database that it is given. For a server: so each
    /// case has a connection of its own.
    ///
    /// ```
    /// use embroker_conformance::Target;
    /// use embroker_core::{AnyBroker, Broker as _};
    ///
    /// let broker = embroker_mem::MemBroker::new();
    /// let target = Target::connecting(move |database| {
    ///     let broker = broker.clone();
    ///     async move { broker.select(database).await.map(AnyBroker::new) }
    /// });
    /// # let _ = target;
    /// ```
    pub fn connecting<F>(connect: impl Fn(u32) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<AnyBroker>> + Send + 'static,
    {
        Self(Arc::new(move |database| Box::pin(connect(database))))
    }

    /// A new client on this database.
    pub(crate) async fn client(&self, database: u32) -> Result<AnyBroker> {
        (self.0)(database).await
    }

    /// The same, with all that is said to it noted.
    fn traced(&self, trace: &Trace) -> Self {
        let (target, trace) = (self.clone(), trace.clone());
        Self::connecting(move |database| {
            let (target, trace) = (target.clone(), trace.clone());
            async move { Ok(AnyBroker::new(Traced { broker: target.client(database).await?, trace })) }
        })
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").finish_non_exhaustive()
    }
}

/// Why a run came to no report.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> embroker_core::Result<()> {
/// use embroker_conformance::{CannotRun, Suite, Target};
/// use embroker_core::prelude::*;
///
/// let broker = embroker_mem::MemBroker::new();
/// broker.set("precious", "data").await?;
/// let refused = Suite::new().run(&Target::broker(broker)).await.unwrap_err();
/// assert!(matches!(refused, CannotRun::Occupied(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotRun {
    /// There is no client to be had: nobody is there, or it wants other credentials.
    #[error("{0}")]
    Unreachable(Error),
    /// The server holds something that the cases would delete. Nothing was changed.
    #[error("the server is not empty: it holds {0}; the cases delete all of that, in every database")]
    Occupied(String),
    /// The cases can't say anything of this server. Nothing was changed.
    #[error("{0}")]
    Unfit(String),
    /// No case has this family and this text in its name.
    #[error("no case was chosen: the families are {}", FAMILIES.join(", "))]
    NoCases,
    /// The server is gone, or answers no more. What the case had changed is not put back.
    #[error("{case}, at {step:?}: {reason}; parameters that the case had set may still be set")]
    Lost {
        /// The case that ran.
        case: String,
        /// The last command.
        step: String,
        /// What happened then.
        reason: String,
    },
    /// A parameter can't be set to what it was.
    #[error("could not be put back: {0}")]
    NotPutBack(String),
    /// The run was stopped. Parameters are as they were, and the databases are empty.
    #[error("stopped; CONFIG is as it was and the databases are empty")]
    Stopped,
}

/// The cases to run.
///
/// # Examples
///
/// ```
/// use embroker_conformance::Suite;
///
/// let suite = Suite::new().family("hash").matching("hincrby");
/// assert!(suite.cases().iter().all(|case| case.family() == "hash" && case.name().contains("hincrby")));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Suite {
    cases: Vec<Case>,
    limit: Duration,
    may_flush: bool,
}

impl Default for Suite {
    fn default() -> Self {
        Self { cases: cases(), limit: Duration::from_secs(30), may_flush: false }
    }
}

impl Suite {
    /// All cases.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those of this family.
    pub fn family(mut self, family: &str) -> Self {
        self.cases.retain(|case| case.family == family);
        self
    }

    /// Only those with this text in `family::name`.
    pub fn matching(mut self, text: &str) -> Self {
        self.cases.retain(|case| format!("{case:?}").contains(text));
        self
    }

    /// How long one case may take, 30 seconds by default.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Whether what the server holds may be deleted. Without it a server that is not empty is refused.
    pub fn allow_flush(mut self, allowed: bool) -> Self {
        self.may_flush = allowed;
        self
    }

    /// The cases that are to run.
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// Runs the cases one after the other, in a Tokio runtime.
    pub async fn run(&self, target: &Target) -> Result<Report, CannotRun> {
        self.run_until(target, pending()).await
    }

    /// Runs the cases until `stop` is there. A case in progress ends then, and what it changed is put back.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use embroker_conformance::{CannotRun, Suite, Target};
    /// use embroker_mem::MemBroker;
    ///
    /// let stop = async {}; // tokio::signal::ctrl_c(), say
    /// let outcome = Suite::new().run_until(&Target::broker(MemBroker::new()), stop).await;
    /// assert_eq!(outcome.unwrap_err(), CannotRun::Stopped);
    /// # }
    /// ```
    pub async fn run_until(&self, target: &Target, stop: impl Future<Output = ()>) -> Result<Report, CannotRun> {
        if self.cases.is_empty() {
            return Err(CannotRun::NoCases);
        }
        let mut stop = pin!(stop);
        let found = Found::read(target, self.limit).await?;
        if self.may_flush {
            found.empty(target).await?;
        } else {
            found.check_empty()?;
        }
        let mut report = Report { server: found.server.clone(), reference: REDIS_VERSION.into(), cases: Vec::new() };
        for case in &self.cases {
            let trace = Trace::default();
            let outcome = match case.needs {
                Needs::NoConfigFile if found.has_config_file => Outcome::Skipped {
                    reason: "CONFIG REWRITE would write over the server's configuration file".into(),
                },
                _ => match select(Box::pin(case.attempt(target, self.limit, &trace)), stop.as_mut()).await {
                    Either::Left((outcome, _)) => outcome,
                    Either::Right(((), running)) => {
                        // It must not change anything behind what is put back.
                        drop(running);
                        found.put_back(target).await?;
                        return Err(CannotRun::Stopped);
                    }
                },
            };
            if outcome != Outcome::Passed {
                answers(target, self.limit).await.map_err(|reason| CannotRun::Lost {
                    case: format!("{case:?}"),
                    step: trace.last(),
                    reason,
                })?;
            }
            found.put_back(target).await?;
            report.cases.push(CaseReport { family: case.family.into(), name: case.name.into(), outcome });
        }
        Ok(report)
    }
}

impl Case {
    /// Runs this case alone, on a broker that is empty and set as redis-server is by default. What it leaves there and
    /// what it set stays.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use std::time::Duration;
    ///
    /// use embroker_conformance::{Outcome, Target, cases};
    /// use embroker_mem::MemBroker;
    ///
    /// let outcome = cases()[0].run(&Target::broker(MemBroker::new()), Duration::from_secs(30)).await;
    /// assert_eq!(outcome, Outcome::Passed);
    /// # }
    /// ```
    pub async fn run(&self, target: &Target, limit: Duration) -> Outcome {
        self.attempt(target, limit, &Trace::default()).await
    }

    async fn attempt(&self, target: &Target, limit: Duration, trace: &Trace) -> Outcome {
        let target = target.traced(trace);
        let run = async {
            match self.run {
                Run::One(run) => run(target.client(0).await?).await,
                Run::Clients(run) => run(target).await,
            }
        };
        let failure = match tokio::time::timeout(limit, run).await {
            Ok(Ok(())) => return Outcome::Passed,
            Ok(Err(failure)) => failure,
            Err(_) => Failure::unlike("", "the end of the case", format!("none in {limit:?}")),
        };
        let differences = differences(failure, &trace.last());
        match trace.unavailable() {
            // Behind a command that is not there, all may differ.
            Some(reason) if differences.len() == 1 || differences.first().is_some_and(is_refusal) => {
                Outcome::Skipped { reason }
            }
            _ => Outcome::Different { differences },
        }
    }
}

fn is_refusal(difference: &Difference) -> bool {
    ["-ERR unknown command", "-ERR DEBUG command", "-NOPERM"].iter().any(|text| difference.got.starts_with(text))
}

fn differences(failure: Failure, last: &str) -> Vec<Difference> {
    let (step, expected, got) = match failure {
        Failure::Different(differences) => return differences,
        Failure::Unlike { what, expected, got } if what.is_empty() => (last.to_owned(), expected, got),
        Failure::Unlike { what, expected, got } => (format!("{what}, after {last}"), expected, got),
        Failure::Failed(Error::Server(error)) => (last.to_owned(), "a value".to_owned(), format!("-{error}")),
        Failure::Failed(error) => (last.to_owned(), "a value".to_owned(), error.to_string()),
    };
    vec![Difference { step, expected, got }]
}
