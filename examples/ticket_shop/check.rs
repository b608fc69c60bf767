//! Is everything as it has to be?

use std::collections::BTreeSet;

use embroker_listeners::RunReport;
use embroker_listeners::ticket_shop::Report;
use serde_json::Value;

/// What a listener could not do, or missed.
pub(crate) fn missed(run: &RunReport) -> Vec<String> {
    let mut problems = Vec::new();
    for listener in &run.listeners {
        let (name, counts) = (&listener.name, listener.counts);
        if counts.failed > 0 {
            problems.push(format!("{name} could not handle {} messages", counts.failed));
        }
        if counts.lagged > 0 {
            problems.push(format!("{name} missed {} messages because it read too slowly", counts.lagged));
        }
        if counts.gaps > 0 {
            problems.push(format!("{name} lost its connection and missed messages: the totals are incomplete"));
        }
    }
    problems
}

/// Says where the broker's totals are not those of the purchases.
pub(crate) fn difference(sold: &Report, report: &Report) -> anyhow::Result<String> {
    let (sold, report) = (serde_json::to_value(sold)?, serde_json::to_value(report)?);
    let mut places = Vec::new();
    compare("", &sold, &report, &mut places);
    places.truncate(3);
    Ok(format!(
        "the broker's totals are not those of the purchases (is another shop open there?): {}",
        places.join("; ")
    ))
}

fn compare(place: &str, sold: &Value, report: &Value, places: &mut Vec<String>) {
    match (sold, report) {
        _ if sold == report => (),
        (Value::Object(sold), Value::Object(report)) => {
            let keys: BTreeSet<&String> = sold.keys().chain(report.keys()).collect();
            for key in keys {
                let null = &Value::Null;
                compare(
                    &format!("{place} {key}"),
                    sold.get(key).unwrap_or(null),
                    report.get(key).unwrap_or(null),
                    places,
                );
            }
        }
        _ => places.push(format!("{}: {report} instead of {sold}", place.trim_start())),
    }
}
