//! What was measured, and how it stands to its goal: the table and the same as JSON.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::machine::Machine;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Nanoseconds for one operation.
    Nanoseconds,
    /// Operations in a second.
    PerSecond,
    /// Bytes for one of what is counted.
    Bytes,
    /// Allocations for one operation.
    Allocations,
    /// Seconds.
    Seconds,
    /// Instructions for one operation, as callgrind counts them.
    Instructions,
}

impl Unit {
    /// The figure for an operation that takes so many seconds.
    pub(crate) fn of_seconds(self, seconds: f64) -> f64 {
        match self {
            Self::Nanoseconds => seconds * 1e9,
            Self::PerSecond => 1.0 / seconds.max(1e-12),
            Self::Bytes | Self::Allocations | Self::Seconds | Self::Instructions => seconds,
        }
    }

    /// The figure as one reads it: `1.2 µs`, `345 k/s`.
    pub(crate) fn show(self, figure: f64) -> String {
        let scaled = |steps: &[(f64, &str)]| {
            let fits = steps.iter().rev().find(|(size, _)| figure >= *size).or(steps.first());
            let (size, name) = fits.copied().unwrap_or((1.0, ""));
            let scaled = figure / size;
            let digits = if scaled < 10.0 && size > 1.0 { 2 } else { usize::from(scaled < 100.0) };
            format!("{scaled:.digits$} {name}")
        };
        match self {
            Self::Nanoseconds => scaled(&[(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")]),
            Self::PerSecond => scaled(&[(1.0, "/s"), (1e3, "k/s"), (1e6, "M/s")]),
            Self::Bytes => scaled(&[(1.0, "B"), (1024.0, "KiB"), (1_048_576.0, "MiB")]),
            Self::Allocations => format!("{figure:.2}"),
            Self::Seconds => format!("{figure:.1} s"),
            Self::Instructions => format!("{figure:.0}"),
        }
    }
}

/// What is aimed at. With a peer it is about the ratio ours / peer, without one about our own figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

impl Goal {
    fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
        }
    }

    /// How far the figure is from the goal: above 1 is missed by that factor.
    fn distance(self, figure: f64) -> f64 {
        match self {
            Self::AtMost(most) => figure / most.max(1e-12),
            Self::AtLeast(least) => least / figure.max(1e-12),
        }
    }
}

/// The figures of all rounds, in order. No peer's figures where there is no peer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Samples {
    pub(crate) ours: Vec<f64>,
    pub(crate) peer: Vec<f64>,
}

impl Samples {
    /// One figure of each, for what does not vary.
    pub(crate) fn once(ours: f64, peer: impl Into<Option<f64>>) -> Self {
        Self { ours: vec![ours], peer: peer.into().into_iter().collect() }
    }
}

/// The median with the least and the most.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Summary {
    /// `None` where there is nothing.
    pub(crate) fn of(figures: &[f64]) -> Option<Self> {
        let mut sorted = figures.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let upper = *sorted.get(sorted.len() / 2)?;
        let lower = *sorted.get((sorted.len() - 1) / 2)?;
        Some(Self { median: f64::midpoint(lower, upper), min, max })
    }
}

/// What is to be measured: a line of the table before it has figures.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) group: &'static str,
    pub(crate) what: String,
    /// Who is measured beside us; empty for a figure that stands alone.
    pub(crate) peer: &'static str,
    pub(crate) unit: Unit,
    pub(crate) goal: Option<Goal>,
}

impl Spec {
    /// A line without a goal.
    pub(crate) fn new(group: &'static str, what: impl Into<String>, peer: &'static str, unit: Unit) -> Self {
        Self { group, what: what.into(), peer, unit, goal: None }
    }

    /// At most so many times the peer's figure; without a peer, at most so much.
    pub(crate) fn at_most(mut self, goal: f64) -> Self {
        self.goal = Some(Goal::AtMost(goal));
        self
    }

    /// At least so many times the peer's figure.
    pub(crate) fn at_least(mut self, goal: f64) -> Self {
        self.goal = Some(Goal::AtLeast(goal));
        self
    }

    /// The line with its figures.
    pub(crate) fn row(self, samples: &Samples) -> Option<Row> {
        let ours = Summary::of(&samples.ours)?;
        let peer = Summary::of(&samples.peer);
        // Each round's own ratio: what the machine did in that round, it did to both.
        let ratios: Vec<f64> = samples.ours.iter().zip(&samples.peer).map(|(ours, peer)| ours / peer).collect();
        let ratio = Summary::of(&ratios);
        let Self { group, what, peer: name, unit, goal } = self;
        let (group, peer_name) = (group.to_owned(), name.to_owned());
        let figure = ratio.unwrap_or(ours).median;
        let (met, distance) = (goal.map(|goal| goal.is_met(figure)), goal.map(|goal| goal.distance(figure)));
        Some(Row { group, what, peer_name, unit, ours, peer, ratio, goal, met, distance })
    }
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) group: String,
    pub(crate) what: String,
    pub(crate) peer_name: String,
    pub(crate) unit: Unit,
    pub(crate) ours: Summary,
    pub(crate) peer: Option<Summary>,
    pub(crate) ratio: Option<Summary>,
    pub(crate) goal: Option<Goal>,
    pub(crate) met: Option<bool>,
    /// Above 1: the goal is missed by this factor.
    pub(crate) distance: Option<f64>,
}

impl Row {
    /// The columns from "what" to "met".
    pub(crate) fn cells(&self) -> [String; 7] {
        let peer = self.peer.map(|peer| format!("{} {}", self.unit.show(peer.median), self.peer_name));
        let ratio = self.ratio.map(|ratio| {
            let [median, min, max] = [ratio.median, ratio.min, ratio.max].map(show_ratio);
            (median, format!("{min} – {max}"))
        });
        let (median, range) = ratio.unwrap_or_default();
        let limit = |goal: f64| if self.ratio.is_some() { show_ratio(goal) } else { self.unit.show(goal) };
        let goal = self.goal.map(|goal| match goal {
            Goal::AtMost(most) => format!("≤ {}", limit(most)),
            Goal::AtLeast(least) => format!("≥ {}", limit(least)),
        });
        let met = self.met.map(|met| if met { "yes" } else { "no" });
        [
            self.what.clone(),
            self.unit.show(self.ours.median),
            peer.unwrap_or_default(),
            median,
            range,
            goal.unwrap_or_default(),
            met.unwrap_or_default().to_owned(),
        ]
    }
}

fn show_ratio(ratio: f64) -> String {
    let digits = if ratio < 10.0 { 2 } else { usize::from(ratio < 100.0) };
    format!("{ratio:.digits$}")
}

/// One line of a chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

/// How a figure grows with something. Both axes are logarithmic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Chart {
    /// Also the name of its file.
    pub(crate) name: String,
    pub(crate) title: String,
    pub(crate) across: String,
    pub(crate) series: Vec<Series>,
}

/// All that a run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    /// Which run it was: `full`, `quick`, or `only` some of it.
    pub(crate) run: String,
    pub(crate) seconds: f64,
    pub(crate) rows: Vec<Row>,
    pub(crate) charts: Vec<Chart>,
}

/// The heads of the columns.
pub(crate) const COLUMNS: [&str; 7] = ["what", "ours", "peer", "ratio", "min – max", "goal", "met"];

impl Report {
    /// The table for a terminal.
    pub(crate) fn table(&self) -> String {
        let lines: Vec<(&str, [String; 7])> = self.rows.iter().map(|row| (&*row.group, row.cells())).collect();
        let mut widths = COLUMNS.map(|name| name.chars().count());
        for (_, cells) in &lines {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |cells: &[String; 7]| {
            let mut line = String::new();
            for (index, (cell, width)) in cells.iter().zip(widths).enumerate() {
                // Figures stand at the right, names at the left.
                let padding = " ".repeat(width.saturating_sub(cell.chars().count()));
                let (before, after) = if matches!(index, 1 | 3) { (&*padding, "") } else { ("", &*padding) };
                let _ = write!(line, "{before}{cell}{after}  ");
            }
            line.trim_end().to_owned() + "\n"
        };
        let mut table = line(&COLUMNS.map(str::to_owned));
        let mut last = "";
        for (group, cells) in &lines {
            if *group != last {
                let _ = writeln!(table, "— {group} —");
                last = group;
            }
            table.push_str(&line(cells));
        }
        table
    }

    /// How many goals are met, and which are furthest away.
    pub(crate) fn verdict(&self) -> String {
        let goals: Vec<&Row> = self.rows.iter().filter(|row| row.goal.is_some()).collect();
        let mut missed: Vec<&&Row> = goals.iter().filter(|row| row.met == Some(false)).collect();
        missed.sort_by(|a, b| b.distance.unwrap_or(0.0).total_cmp(&a.distance.unwrap_or(0.0)));
        let mut text = format!("{} of {} goals are met.", goals.len() - missed.len(), goals.len());
        for row in missed.iter().take(15) {
            let by = row.distance.map(show_ratio).unwrap_or_default();
            let _ = write!(text, "\n  missed by a factor of {by}: {} / {}", row.group, row.what);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(samples: &Samples, goal: Goal) -> Row {
        let spec = Spec { goal: Some(goal), ..Spec::new("typed", "GET", "DashMap", Unit::Nanoseconds) };
        spec.row(samples).unwrap()
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[4.0, 1.0, 3.0]), Some(Summary { median: 3.0, min: 1.0, max: 4.0 }));
        assert_eq!(Summary::of(&[4.0, 1.0, 2.0, 3.0]), Some(Summary { median: 2.5, min: 1.0, max: 4.0 }));
    }

    #[test]
    fn the_ratio_is_that_of_each_round_and_the_goal_is_about_its_median() {
        // The machine was ten times slower in the second round: the ratio is not.
        let samples = Samples { ours: vec![20.0, 200.0, 21.0], peer: vec![10.0, 100.0, 10.0] };
        let met = row(&samples, Goal::AtMost(2.0));
        assert_eq!(met.ratio, Some(Summary { median: 2.0, min: 2.0, max: 2.1 }));
        assert_eq!((met.met, met.distance), (Some(true), Some(1.0)));
        let missed = row(&samples, Goal::AtLeast(4.0));
        assert_eq!((missed.met, missed.distance), (Some(false), Some(2.0)));
    }

    #[test]
    fn a_figure_without_a_peer_is_compared_itself() {
        let spec = Spec::new("memory", "an idle subscriber", "", Unit::Bytes).at_most(600.0);
        let row = spec.row(&Samples::once(599.0, None)).unwrap();
        assert_eq!((row.met, row.ratio), (Some(true), None));
        assert_eq!(row.cells(), ["an idle subscriber", "599 B", "", "", "", "≤ 600 B", "yes"]);
    }

    #[test]
    fn figures_are_shown_with_three_digits_or_so() {
        let shown = [0.4, 12.34, 123.4, 1_234.0, 12_345_678.0].map(|figure| Unit::Nanoseconds.show(figure));
        assert_eq!(shown, ["0.4 ns", "12.3 ns", "123 ns", "1.23 µs", "12.3 ms"]);
        assert_eq!(Unit::PerSecond.show(345_678.0), "346 k/s");
        assert_eq!(Unit::Bytes.show(1_536.0), "1.50 KiB");
        assert_eq!(Unit::Allocations.show(1.0), "1.00");
    }

    #[test]
    fn the_table_has_its_columns_below_one_another() {
        let samples = Samples { ours: vec![2000.0], peer: vec![1000.0] };
        let rows = vec![row(&samples, Goal::AtMost(1.5))];
        let report = Report { machine: Machine::default(), run: "quick".into(), seconds: 1.0, rows, charts: vec![] };
        let expected = "\
what     ours  peer             ratio  min – max    goal    met
— typed —
GET   2.00 µs  1.00 µs DashMap   2.00  2.00 – 2.00  ≤ 1.50  no
";
        assert_eq!(report.table(), expected);
        let verdict = "0 of 1 goals are met.\n  missed by a factor of 1.33: typed / GET";
        assert_eq!(report.verdict(), verdict);
    }

    #[test]
    fn a_report_is_read_back_as_it_was_written() {
        let samples = Samples { ours: vec![2.0], peer: vec![1.0] };
        let rows = vec![row(&samples, Goal::AtMost(1.5))];
        let report = Report { machine: Machine::default(), run: "quick".into(), seconds: 1.0, rows, charts: vec![] };
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
    }
}
