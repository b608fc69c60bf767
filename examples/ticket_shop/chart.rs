//! Bars of text: one in a line for each event, and a chart of the whole day.

use std::fmt::Write as _;

/// Eighths of a character, from the bottom up.
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// How many lines the highest bar has.
const HEIGHT: u32 = 8;

/// One character for each value, the highest one full. What is not zero shows.
pub(crate) fn sparkline(values: &[u8; 24]) -> String {
    let eighths = scaled(values, 1);
    eighths.iter().map(|eighths| EIGHTHS[*eighths as usize]).collect()
}

/// A chart with a bar for each hour, at most `width` columns wide where that is possible; each line is ended.
pub(crate) fn histogram(values: &[u8; 24], width: usize) -> String {
    const AXIS: usize = 5;
    let highest = values.iter().copied().max().unwrap_or_default();
    let eighths = scaled(values, HEIGHT);
    // A bar with the gap behind it. Where bars are wide enough, each bears its number.
    let cell = (width.saturating_sub(AXIS) / 24).clamp(1, 4);
    let bar = (cell - 1).max(1);
    let numbered = bar >= highest.to_string().len();

    let mut chart = String::new();
    for line in (1..=HEIGHT + 1).rev() {
        let mut row = if line == HEIGHT { format!("{highest:>3} ┤") } else { "    │".to_owned() };
        for (value, eighths) in values.iter().zip(eighths) {
            let fill = eighths.saturating_sub((line - 1) * 8).min(8);
            let on_top = *value > 0 && eighths.div_ceil(8) + 1 == line;
            if numbered && on_top {
                let _ = write!(row, "{value:>bar$}");
            } else {
                row.extend(std::iter::repeat_n(EIGHTHS[fill as usize], bar));
            }
            row.extend(std::iter::repeat_n(' ', cell - bar));
        }
        chart.push_str(row.trim_end());
        chart.push('\n');
    }
    let _ = writeln!(chart, "  0 ┼{}", "─".repeat(cell * 24));
    // As many hours have their number below as fit.
    let step = 4_usize.div_ceil(cell + 1);
    chart.push_str("     ");
    for hour in (0..24).step_by(step) {
        let _ = write!(chart, "{:<1$}", format!("{hour:02}"), cell * step);
    }
    chart.truncate(chart.trim_end().len());
    chart.push('\n');
    chart
}

/// The values in eighths of a line, the highest one filling all lines.
fn scaled(values: &[u8; 24], lines: u32) -> [u32; 24] {
    let highest = values.iter().copied().max().unwrap_or_default().max(1);
    values.map(|value| (u32::from(value) * lines * 8).div_ceil(u32::from(highest)))
}
