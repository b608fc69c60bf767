//! The closing report, for people.

use std::fmt::{self, Write as _};

use console::style;
use embroker_listeners::RunReport;
use embroker_listeners::ticket_shop::{EventReport, Report};

use crate::chart;

/// Writes the report for a terminal of this width, in columns.
pub(crate) fn closing_report(report: &Report, run: &RunReport, width: usize) -> Result<String, fmt::Error> {
    let mut out = String::new();
    sales(&mut out, report, width)?;
    if report.orders > 0 {
        time_of_day(&mut out, report, width)?;
        invoices(&mut out, report, width)?;
    }
    deliveries(&mut out, run)?;
    Ok(out)
}

fn heading(out: &mut String, text: impl fmt::Display) -> fmt::Result {
    writeln!(out, "\n{}", style(text).bold())
}

/// A line for each event, with its day where there is room for it.
fn sales(out: &mut String, report: &Report, width: usize) -> fmt::Result {
    let names = report.events.keys().map(|name| console::measure_text_width(name));
    let name = names.chain(["Total".len()]).max().unwrap_or_default();
    let with_day = width >= name + 62;
    let day = if with_day { "0h    6h    12h   18h" } else { "" };
    heading(out, format_args!("{:name$}  {:>7}  {:>8}  {:>11}    {day}", "Sales", "Orders", "Tickets", "Dollars"))?;
    for (event, EventReport { orders, tickets, sales, tickets_by_hour, .. }) in &report.events {
        let day = if with_day { chart::sparkline(tickets_by_hour) } else { String::new() };
        let line = format!("{event:name$}  {orders:>7}  {tickets:>8}  {:>11}    {}", money(*sales), style(day).cyan());
        writeln!(out, "{}", line.trim_end())?;
    }
    let Report { orders, tickets, sales, .. } = report;
    writeln!(out, "{:name$}  {orders:>7}  {tickets:>8}  {:>11}", "Total", money(*sales))
}

fn time_of_day(out: &mut String, report: &Report, width: usize) -> fmt::Result {
    heading(out, "Tickets by hour of the day (UTC)")?;
    write!(out, "{}", style(chart::histogram(&report.tickets_by_hour, width)).cyan())?;
    let counted: i64 = report.tickets_by_hour.iter().map(|tickets| i64::from(*tickets)).sum();
    if counted != report.tickets {
        writeln!(out, "Each counter has 8 bits and wraps past 255: they don't add up to {}.", report.tickets)?;
    }
    Ok(())
}

/// The customers with their orders, the best first.
fn invoices(out: &mut String, report: &Report, width: usize) -> fmt::Result {
    let mut customers: Vec<(&String, &u64)> = report.invoices.iter().collect();
    customers.sort_by_key(|(who, orders)| (std::cmp::Reverse(*orders), *who));
    heading(out, format_args!("Invoices of {} customers", customers.len()))?;
    let name = customers.iter().map(|(who, _)| console::measure_text_width(who)).max().unwrap_or_default();
    let count = customers.iter().map(|(_, orders)| orders.to_string().len()).max().unwrap_or_default();
    let columns = (width / (name + count + 6)).clamp(1, 6);
    for row in customers.chunks(columns) {
        let cells: Vec<String> = row.iter().map(|(who, orders)| format!("{who:name$}  {orders:>count$}")).collect();
        writeln!(out, "{}", cells.join("    "))?;
    }
    Ok(())
}

/// What each listener received.
fn deliveries(out: &mut String, run: &RunReport) -> fmt::Result {
    heading(out, format_args!("Messages handled: {}", run.total().handled))?;
    let name = run.listeners.iter().map(|listener| listener.name.len()).max().unwrap_or_default();
    for listener in &run.listeners {
        write!(out, "{:name$}  {:>8}", listener.name, listener.counts.handled)?;
        for (number, what) in [
            (listener.counts.failed, "failed"),
            (listener.counts.lagged, "lost because it read too slowly"),
            (listener.counts.gaps, "breaks of its connection"),
        ] {
            if number > 0 {
                write!(out, ", {}", style(format_args!("{number} {what}")).red())?;
            }
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `$4,840`, and cents where there are some.
pub(crate) fn money(dollars: f64) -> String {
    let text = if dollars.fract() == 0.0 { format!("{dollars}") } else { format!("{dollars:.2}") };
    let (whole, cents) = text.find('.').map_or((&*text, ""), |dot| text.split_at(dot));
    let mut out = String::from("$");
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + cents
}
