//! Property tests inside a [`Suite`](crate::Suite): proptest, driven on a tokio runtime, with its regressions kept.

use std::cell::RefCell;

use anyhow::{Context as _, anyhow};
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestError, TestRunner};
use tokio::runtime::Runtime;

/// How hard a property is tried.
///
/// `EMBROKER_CASES=20000` sets the number of cases for every property.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// How many cases are tried where `EMBROKER_CASES` does not say.
    pub cases: u32,
    /// The file that keeps the seeds of failed cases, to be committed. They are tried first.
    pub regressions: &'static str,
}

impl Property {
    /// Tries the cases one after the other on the same state; the first error is shrunk and told with its input.
    pub(crate) fn check<C, S: Strategy>(
        self,
        runtime: &Runtime,
        state: C,
        strategy: &S,
        test: &impl AsyncFn(&mut C, S::Value) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let config = Config {
            cases: self.cases()?,
            failure_persistence: Some(Box::new(FileFailurePersistence::Direct(self.regressions))),
            max_shrink_iters: 10_000,
            ..Config::default()
        };
        let state = RefCell::new(state);
        let outcome = TestRunner::new(config).run(strategy, |input| {
            runtime
                .block_on(test(&mut state.borrow_mut(), input))
                .map_err(|error| TestCaseError::fail(format!("{error:#}")))
        });
        outcome.map_err(|error| match error {
            TestError::Abort(reason) => anyhow!("gave up: {reason}"),
            TestError::Fail(reason, input) => anyhow!("{reason}\nwith {input:#?}"),
        })
    }

    fn cases(self) -> anyhow::Result<u32> {
        match std::env::var("EMBROKER_CASES") {
            Ok(cases) => cases.parse().with_context(|| format!("EMBROKER_CASES is {cases:?}, not a number")),
            Err(_) => Ok(self.cases),
        }
    }
}
