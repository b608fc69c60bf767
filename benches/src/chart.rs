//! Charts as SVG. Colours and text are readable on white and on black.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use crate::report::{Chart, Unit};

const SIZE: (u32, u32) = (760, 420);
const COLOURS: [RGBColor; 6] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 95, 20),
    RGBColor(44, 140, 44),
    RGBColor(190, 50, 60),
    RGBColor(130, 90, 170),
    RGBColor(110, 110, 110),
];

/// The chart as an SVG document.
pub(crate) fn svg(chart: &Chart) -> Result<String> {
    let mut document = String::new();
    draw(chart, &mut document).map_err(|error| anyhow!("drawing {}: {error}", chart.name))?;
    Ok(document)
}

fn draw(chart: &Chart, document: &mut String) -> Result<(), Box<dyn std::error::Error>> {
    let points = || chart.series.iter().flat_map(|series| series.points.iter().copied());
    let range = |values: &mut dyn Iterator<Item = f64>| {
        let (least, most) =
            values.fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(value), most.max(value)));
        if least <= most { least.max(0.1)..most.max(0.2) } else { 1.0..10.0 }
    };
    let across = range(&mut points().map(|(x, _)| x));
    let up = range(&mut points().map(|(_, y)| y));
    // A little room above and below, and above that for the names of the lines.
    let (least, most) = (up.start / 1.6, up.end * 1.6);
    let up = least..most * (most / least).powf(0.1 * chart.series.len() as f64);

    let area = SVGBackend::with_string(document, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut context = ChartBuilder::on(&area)
        .caption(&chart.title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(44)
        .y_label_area_size(70)
        .build_cartesian_2d(across.log_scale(), up.log_scale())?;
    context
        .configure_mesh()
        .x_desc(&chart.across)
        .x_label_formatter(&|x| number(*x))
        .y_label_formatter(&|y| Unit::Nanoseconds.show(*y))
        .light_line_style(RGBColor(235, 235, 235))
        .draw()?;
    for (series, colour) in chart.series.iter().zip(COLOURS.iter().cycle()) {
        let style = colour.stroke_width(2);
        context
            .draw_series(LineSeries::new(series.points.iter().copied(), style).point_size(3))?
            .label(&series.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    context
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(RGBColor(200, 200, 200))
        .draw()?;
    area.present()?;
    Ok(())
}

/// `10 k`, `1 M`: round numbers of an axis.
fn number(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.0} M", value / 1e6),
        value if value >= 1e3 => format!("{:.0} k", value / 1e3),
        value => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Series;

    #[test]
    fn a_chart_has_its_title_its_axis_and_all_its_lines() {
        let series = |name: &str| Series { name: name.into(), points: vec![(1.0, 50.0), (1_000.0, 7_000.0)] };
        let series = vec![series("ours"), series("peer")];
        let chart = Chart { name: "c".into(), title: "ns for each".into(), across: "keys".into(), series };
        let svg = svg(&chart).unwrap();
        for text in ["<svg", "ns for each", "keys", "ours", "peer", "1 k", "</svg>"] {
            assert!(svg.contains(text), "{text} is missing");
        }
    }

    #[test]
    fn a_chart_without_points_is_drawn_empty() {
        let chart = Chart { name: "c".into(), title: "t".into(), across: "x".into(), series: vec![] };
        assert!(svg(&chart).unwrap().ends_with("</svg>\n"));
    }
}
