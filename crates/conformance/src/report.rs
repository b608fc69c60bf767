//! What a run found: an outcome for each case, as data and as a table.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::check::{Difference, printable};

/// How a case ended.
///
/// # Examples
///
/// ```
/// use embroker_conformance::Outcome;
///
/// let skipped = Outcome::Skipped { reason: "the server has no such command".into() };
/// assert_ne!(skipped, Outcome::Passed);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Outcome {
    /// All was as Redis 7.0.15 has it.
    Passed,
    /// Something was not.
    Different {
        /// What, in the order it was met.
        differences: Vec<Difference>,
    },
    /// It can't run here.
    Skipped {
        /// Why, such as a command that the server does not know.
        reason: String,
    },
}

/// A case and how it ended.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_conformance::{Outcome, Suite, Target};
/// use embroker_mem::MemBroker;
///
/// let report = Suite::new().family("connection").run(&Target::broker(MemBroker::new())).await?;
/// let case = &report.cases[0];
/// assert_eq!((&*case.family, &case.outcome), ("connection", &Outcome::Passed));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseReport {
    /// The commands' family.
    pub family: String,
    /// What holds in this case.
    pub name: String,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What a run of a [`Suite`](crate::Suite) found.
///
/// Shown, it is a table of the families, then why cases were skipped, then each difference.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_conformance::{Report, Suite, Target};
/// use embroker_mem::MemBroker;
///
/// let report = Suite::new().family("connection").run(&Target::broker(MemBroker::new())).await?;
/// assert_eq!((report.passed(), report.different(), report.skipped()), (2, 0, 0));
///
/// let json = serde_json::to_string(&report)?;
/// assert_eq!(serde_json::from_str::<Report>(&json)?, report);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What the server says that it is, and its version.
    pub server: String,
    /// The version of Redis that it was held against.
    pub reference: String,
    /// The cases that were chosen, in their order.
    pub cases: Vec<CaseReport>,
}

impl Report {
    /// How many cases found nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_conformance::{Suite, Target};
    /// use embroker_mem::MemBroker;
    ///
    /// let report = Suite::new().family("connection").run(&Target::broker(MemBroker::new())).await?;
    /// assert_eq!(report.passed(), report.cases.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn passed(&self) -> usize {
        self.cases.iter().filter(|case| case.outcome == Outcome::Passed).count()
    }

    /// How many cases found a difference.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_conformance::{Suite, Target};
    /// use embroker_mem::MemBroker;
    ///
    /// let report = Suite::new().family("connection").run(&Target::broker(MemBroker::new())).await?;
    /// assert_eq!(report.different(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn different(&self) -> usize {
        self.cases.iter().filter(|case| matches!(case.outcome, Outcome::Different { .. })).count()
    }

    /// How many cases could not run.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_conformance::{Suite, Target};
    /// use embroker_mem::MemBroker;
    ///
    /// let report = Suite::new().family("connection").run(&Target::broker(MemBroker::new())).await?;
    /// assert_eq!(report.skipped(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn skipped(&self) -> usize {
        self.cases.iter().filter(|case| matches!(case.outcome, Outcome::Skipped { .. })).count()
    }

    /// Whether some case passed and none found a difference. Cases that were skipped do not count.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_conformance::{Suite, Target};
    /// use embroker_mem::MemBroker;
    ///
    /// let report = Suite::new().family("connection").run(&Target::broker(MemBroker::new())).await?;
    /// assert!(report.is_conforming(), "{report}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn is_conforming(&self) -> bool {
        self.passed() > 0 && self.different() == 0
    }

    /// All differences, case by case.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_conformance::{Suite, Target};
    /// use embroker_mem::MemBroker;
    ///
    /// let report = Suite::new().family("connection").run(&Target::broker(MemBroker::new())).await?;
    /// for difference in report.differences() {
    ///     println!("{difference}");
    /// }
    /// # assert_eq!(report.differences().count(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn differences(&self) -> impl Iterator<Item = &Difference> {
        self.cases.iter().flat_map(|case| match &case.outcome {
            Outcome::Different { differences } => differences.as_slice(),
            _ => &[],
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut families: Vec<(&str, Tally)> = Vec::new();
        let mut total = Tally::default();
        let mut skipped: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for case in &self.cases {
            if families.last().is_none_or(|(family, _)| *family != case.family) {
                families.push((&case.family, Tally::default()));
            }
            if let Some((_, tally)) = families.last_mut() {
                tally.count(&case.outcome);
            }
            total.count(&case.outcome);
            if let Outcome::Skipped { reason } = &case.outcome {
                skipped.entry(reason).or_default().push(format!("{}::{}", case.family, case.name));
            }
        }
        if families.len() > 1 {
            families.push(("total", total));
        }
        let width = families.iter().map(|(family, _)| family.len()).max().unwrap_or(0).max("family".len());
        write!(f, "{:width$}  cases  passed  different  skipped", "family")?;
        for (family, Tally { cases, passed, different, skipped }) in &families {
            write!(f, "\n{family:width$}  {cases:5}  {passed:6}  {different:9}  {skipped:7}")?;
        }
        if !skipped.is_empty() {
            write!(f, "\n\nskipped")?;
        }
        for (reason, cases) in skipped {
            write!(f, "\n  {}: {}", printable(reason), cases.join(", "))?;
        }
        for case in &self.cases {
            let Outcome::Different { differences } = &case.outcome else { continue };
            write!(f, "\n\n{}::{}", case.family, case.name)?;
            for difference in differences {
                write!(f, "\n  {}", difference.to_string().replace('\n', "\n  "))?;
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Tally {
    cases: usize,
    passed: usize,
    different: usize,
    skipped: usize,
}

impl Tally {
    fn count(&mut self, outcome: &Outcome) {
        self.cases += 1;
        *match outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::Different { .. } => &mut self.different,
            Outcome::Skipped { .. } => &mut self.skipped,
        } += 1;
    }
}
