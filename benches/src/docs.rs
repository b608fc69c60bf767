//! The figures of docs/performance.md, between two marks, and its charts.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::chart;
use crate::report::{COLUMNS, Report};

const BEGIN: &str = "<!-- figures: written by `cargo xtask bench --write-docs` -->\n";
const END: &str = "<!-- end of the figures -->\n";

/// Writes the report into the page, and its charts beside it.
pub(crate) fn write(report: &Report, page: &Path) -> Result<()> {
    let text = fs::read_to_string(page).with_context(|| page.display().to_string())?;
    let directory = page.parent().context("the page is in no directory")?.join("performance");
    fs::create_dir_all(&directory)?;
    for chart in &report.charts {
        fs::write(directory.join(format!("{}.svg", chart.name)), chart::svg(chart)?)?;
    }
    fs::write(page, replaced(&text, &figures(report))?)?;
    Ok(())
}

/// The page with other figures between its marks.
fn replaced(page: &str, figures: &str) -> Result<String> {
    let (before, rest) = page.split_once(BEGIN).context("the page has no mark where the figures begin")?;
    let (_, after) = rest.split_once(END).context("the page has no mark where the figures end")?;
    ensure!(!after.contains(BEGIN), "the page has two places for the figures");
    Ok(format!("{before}{BEGIN}\n{figures}\n{END}{after}"))
}

/// The tables in Markdown, a heading for each group.
fn figures(report: &Report) -> String {
    let mut text = format!("{}. A {} run of {:.0} s.\n", report.machine.describe(), report.run, report.seconds);
    let goals = report.rows.iter().filter(|row| row.goal.is_some()).count();
    let met = report.rows.iter().filter(|row| row.met == Some(true)).count();
    let _ = writeln!(text, "{met} of {goals} goals are met.");
    let mut last = "";
    for row in &report.rows {
        if row.group != last {
            let _ = write!(
                text,
                "\n### {}\n\n| {} |\n|---|--:|---|--:|---|---|---|\n",
                capital(&row.group),
                COLUMNS.join(" | ")
            );
            last = &row.group;
        }
        let cells = row.cells().map(|cell| cell.replace('|', "\\|"));
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    if !report.charts.is_empty() {
        text.push_str("\n### Growth\n");
    }
    for chart in &report.charts {
        let _ = write!(text, "\n![{}](performance/{}.svg)\n", chart.title, chart.name);
    }
    text
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::report::{Samples, Spec, Unit};

    #[test]
    fn figures_take_the_place_of_those_before_and_the_rest_stays() {
        let page = format!("# Speed\n{BEGIN}old\n{END}what limits it\n");
        let new = replaced(&page, "new\n").unwrap();
        assert_eq!(new, format!("# Speed\n{BEGIN}\nnew\n\n{END}what limits it\n"));
        assert!(replaced("# Speed\n", "new").is_err());
    }

    #[test]
    fn each_group_has_a_table_of_its_own() {
        let row = |group| Spec::new(group, "GET", "", Unit::Nanoseconds).at_most(3.0).row(&Samples::once(2.0, None));
        let rows = vec![row("one").unwrap(), row("two").unwrap()];
        let report = Report { machine: Machine::default(), run: "quick".into(), seconds: 1.0, rows, charts: vec![] };
        let text = figures(&report);
        assert!(text.contains("2 of 2 goals are met."));
        assert!(text.contains("\n### One\n\n| what | ours |"));
        assert!(text.contains("\n### Two\n"));
        assert!(text.contains("| GET | 2.0 ns |  |  |  | ≤ 3.0 ns | yes |"));
    }
}
