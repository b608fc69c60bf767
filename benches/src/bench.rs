//! One run: which lines are measured, with how much effort, and what they found.

use std::time::Instant;

use anyhow::{Context as _, Result};
use embroker_test_support::RedisServer;

use crate::machine::Machine;
use crate::measure::Effort;
use crate::report::{Chart, Report, Samples, Spec};

/// A run under way.
pub(crate) struct Bench {
    effort: Effort,
    only: Option<String>,
    redis: RedisServer,
    began: Instant,
    report: Report,
    failures: Vec<String>,
}

impl Bench {
    /// A run of everything, or of the lines that have `only` in their names; with a redis-server of its own.
    pub(crate) fn begin(quick: bool, only: Option<String>) -> Result<Self> {
        let run = match &only {
            Some(_) => "only",
            None if quick => "quick",
            None => "full",
        };
        let machine = Machine::here();
        println!("{}\n", machine.describe());
        let report = Report { machine, run: run.to_owned(), seconds: 0.0, rows: Vec::new(), charts: Vec::new() };
        let redis = RedisServer::builder().tcp().start().context("the peer of many lines is a redis-server")?;
        let only = only.map(|only| only.to_lowercase());
        Ok(Self { effort: Effort::new(quick), only, redis, began: Instant::now(), report, failures: Vec::new() })
    }

    /// The effort of this run.
    pub(crate) fn effort(&self) -> Effort {
        self.effort
    }

    /// This run's own redis-server.
    pub(crate) fn redis(&self) -> &RedisServer {
        &self.redis
    }

    /// Whether a line of this group and name is asked for.
    pub(crate) fn wants(&self, group: &str, what: &str) -> bool {
        let name = format!("{group} / {what}").to_lowercase();
        self.only.as_deref().is_none_or(|only| name.contains(only))
    }

    /// Measures a line, where it is asked for. What fails is told at the end, and the run goes on.
    pub(crate) fn line(&mut self, spec: Spec, measure: impl FnOnce(Effort) -> Result<Samples>) {
        if !self.wants(spec.group, &spec.what) {
            return;
        }
        let name = format!("{} / {}", spec.group, spec.what);
        match measure(self.effort) {
            Ok(samples) => {
                if let Some(row) = spec.row(&samples) {
                    let [_, ours, peer, ratio, _, goal, met] = row.cells();
                    println!("{:6.1} s  {name}: {ours} | {peer} | {ratio} | {goal} {met}", self.seconds());
                    self.report.rows.push(row);
                }
            }
            Err(error) => self.fail(&name, &error),
        }
    }

    /// Draws a chart, where it is asked for.
    pub(crate) fn chart(&mut self, group: &str, name: &str, draw: impl FnOnce(Effort) -> Result<Chart>) {
        if !self.wants(group, name) {
            return;
        }
        match draw(self.effort) {
            Ok(chart) => {
                println!("{:6.1} s  {group} / {name}: {} lines", self.seconds(), chart.series.len());
                self.report.charts.push(chart);
            }
            Err(error) => self.fail(&format!("{group} / {name}"), &error),
        }
    }

    /// Notes that something could not be measured.
    pub(crate) fn fail(&mut self, name: &str, error: &anyhow::Error) {
        println!("{:6.1} s  {name} FAILED: {error:#}", self.seconds());
        self.failures.push(format!("{name}: {error:#}"));
    }

    fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// What was found, and what could not be measured.
    pub(crate) fn end(mut self) -> (Report, Vec<String>) {
        self.report.seconds = self.seconds();
        (self.report, self.failures)
    }
}
