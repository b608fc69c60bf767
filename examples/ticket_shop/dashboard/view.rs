//! How the dashboard looks, on any terminal from some 60 columns and 20 lines on; on a smaller one, parts are cut off.

use embroker_listeners::ticket_shop::EventReport;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize as _};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Bar, BarChart, BarGroup, Block, Paragraph, Row, Sparkline, Table};

use super::Sale;
use super::picture::Picture;
use crate::render::money;

/// What everything that counts is drawn in.
const ACCENT: Color = Color::Cyan;

pub(super) fn draw(frame: &mut Frame<'_>, picture: &Picture) {
    let sales_lines = picture.report.events.len() as u16 + 4;
    let [top, sales, hours, messages, bottom] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(sales_lines),
        Constraint::Min(6),
        Constraint::Length(5),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let [left, right] = Layout::horizontal([Constraint::Fill(3), Constraint::Fill(2)]).areas(sales);
    let [rate, log] = Layout::horizontal([Constraint::Fill(2), Constraint::Fill(3)]).areas(messages);
    frame.render_widget(title(picture), top);
    draw_sales(frame, picture, left);
    draw_listeners(frame, picture, right);
    draw_hours(frame, picture, hours);
    draw_rate(frame, picture, rate);
    draw_log(frame, picture, log);
    frame.render_widget(footer(picture), bottom);
}

fn title(picture: &Picture) -> Line<'_> {
    Line::from(vec![
        " Ticket shop ".bold(),
        Span::from(format!("on {}, {} purchases, seed {}", picture.place, picture.purchases, picture.seed)),
    ])
}

/// A line for each event and their sum, as far as the listeners have kept it.
fn draw_sales(frame: &mut Frame<'_>, picture: &Picture, area: Rect) {
    let report = &picture.report;
    let line = |name: &str, orders: u64, tickets: i64, sales: f64| {
        let numbers = [orders.to_string(), tickets.to_string(), money(sales)];
        let numbers = numbers.map(|number| Text::from(number).right_aligned());
        Row::new(std::iter::once(Text::from(name.to_owned())).chain(numbers))
    };
    let events = report.events.iter().map(|(name, event)| {
        let EventReport { orders, tickets, sales, .. } = event;
        line(name, *orders, *tickets, *sales)
    });
    let sum = line("Total", report.orders, report.tickets, report.sales).bold();
    let heads = ["Orders", "Tickets", "Dollars"].map(|head| Text::from(head).right_aligned());
    let heads = Row::new(std::iter::once(Text::from("Event")).chain(heads)).fg(ACCENT);
    let widths = [Constraint::Fill(1), Constraint::Length(7), Constraint::Length(7), Constraint::Length(11)];
    let table = Table::new(events.chain([sum]), widths).header(heads).block(Block::bordered().title(" Sales "));
    frame.render_widget(table, area);
}

/// What each listener has received, and missed.
fn draw_listeners(frame: &mut Frame<'_>, picture: &Picture, area: Rect) {
    let lines = picture.listeners.iter().map(|(name, counts)| {
        let missing = counts.lagged + counts.gaps + counts.failed;
        let missing = Text::from(missing.to_string()).style(if missing > 0 { Color::Red } else { Color::Reset });
        Row::new([
            Text::from(name.as_str()),
            Text::from(counts.handled.to_string()).right_aligned(),
            missing.right_aligned(),
        ])
    });
    let heads = ["Handled", "Missed"].map(|head| Text::from(head).right_aligned());
    let heads = Row::new(std::iter::once(Text::from("Listener")).chain(heads)).fg(ACCENT);
    let widths = [Constraint::Fill(1), Constraint::Length(8), Constraint::Length(6)];
    let block =
        Block::bordered().title(format!(" Subscribers: {} + {} patterns ", picture.subscribers, picture.patterns));
    frame.render_widget(Table::new(lines, widths).header(heads).block(block), area);
}

/// The 24-hour histogram, as BITFIELD has it.
fn draw_hours(frame: &mut Frame<'_>, picture: &Picture, area: Rect) {
    let room = area.width.saturating_sub(2) / 24;
    let label = |hour: u16| if room < 3 { (hour % 10).to_string() } else { format!("{hour:02}") };
    let bars = (0..24_u16).zip(picture.report.tickets_by_hour).map(|(hour, tickets)| {
        let number = if tickets == 0 { String::new() } else { tickets.to_string() };
        Bar::with_label(label(hour), u64::from(tickets)).text_value(number)
    });
    let chart = BarChart::default()
        .data(BarGroup::default().bars(&bars.collect::<Vec<_>>()))
        .bar_width(room.saturating_sub(1).max(1))
        .bar_gap(u16::from(room > 1))
        .bar_style(ACCENT)
        .value_style(Style::new().fg(Color::Black).bg(ACCENT))
        .block(Block::bordered().title(" Tickets by hour of the day (UTC) "));
    frame.render_widget(chart, area);
}

fn draw_rate(frame: &mut Frame<'_>, picture: &Picture, area: Rect) {
    let seconds = &picture.rate.seconds;
    let room = usize::from(area.width.saturating_sub(2));
    let shown = seconds.iter().skip(seconds.len().saturating_sub(room)).copied();
    let block = Block::bordered().title(format!(" Messages a second: {} ", picture.rate.now()));
    frame.render_widget(Sparkline::default().data(shown.collect::<Vec<_>>()).style(ACCENT).block(block), area);
}

/// The newest lines, the newest one last.
fn draw_log(frame: &mut Frame<'_>, picture: &Picture, area: Rect) {
    let room = usize::from(area.height.saturating_sub(2));
    let shown = picture.log.iter().skip(picture.log.len().saturating_sub(room));
    let lines: Vec<Line<'_>> = shown.map(|line| Line::from(line.as_str())).collect();
    frame.render_widget(Paragraph::new(lines).block(Block::bordered().title(" Alerts ")), area);
}

fn footer(picture: &Picture) -> Line<'_> {
    let state = match picture.sale {
        Sale::Over(sold) => format!("all {sold} sold"),
        sale => format!("{} of {} sold", sale.sold(), picture.purchases),
    };
    let gaps = match picture.gaps() {
        0 => " no gaps ".into(),
        gaps => format!(" {gaps} gaps ").red().bold(),
    };
    let mut parts = vec![Span::from(format!(" {state}, ")), gaps];
    if let Some(problem) = &picture.problem {
        parts.push(format!(" {problem} ").red());
    }
    parts.push(" q ends it ".reversed());
    Line::from(parts)
}

#[cfg(test)]
mod tests {
    use embroker_listeners::ListenerCounts;
    use embroker_listeners::ticket_shop::{Order, Report};
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::dashboard::picture;
    use crate::purchases::EVENTS;

    fn shown(picture: &Picture, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, picture)).unwrap();
        terminal.backend().to_string()
    }

    fn sold() -> Picture {
        let mut picture = picture("mem://".into(), 7, 50);
        let (order_id, event, who) = ("1".into(), "Opening Ceremony".into(), "Jamie".into());
        let order = Order { order_id, event, who, qty: 9, cost: 1_180.0, ts: 13 * 3_600 };
        picture.report = Report::of(EVENTS, [&order]);
        picture.sale = Sale::Open(1);
        let mut counts = ListenerCounts::default();
        (counts.handled, counts.lagged) = (12, 3);
        picture.listeners = vec![("sales_analytics".into(), counts)];
        (picture.subscribers, picture.patterns) = (4, 1);
        picture.log = vec!["Purchase Opening Ceremony: #9 $1180".into()];
        picture
    }

    #[test]
    fn everything_that_was_asked_for_is_shown() {
        let screen = shown(&sold(), 100, 24);
        for part in [
            "on mem://, 50 purchases, seed 7",
            "Opening Ceremony        1       9      $1,180",
            "Subscribers: 4 + 1 patterns",
            "sales_analytics",
            "Tickets by hour of the day (UTC)",
            "Messages a second: 0",
            "Purchase Opening Ceremony: #9 $1180",
            "1 of 50 sold,",
            "3 gaps",
            "q ends it",
        ] {
            assert!(screen.split_whitespace().collect::<String>().contains(&part.replace(' ', "")), "{part}\n{screen}");
        }
    }

    #[test]
    fn the_end_and_what_could_not_be_read_are_told() {
        let mut picture = sold();
        picture.sale = Sale::Over(50);
        picture.problem = Some("nobody answers".into());
        let screen = shown(&picture, 100, 24);
        assert!(screen.contains("all 50 sold") && screen.contains("nobody answers"), "{screen}");
    }

    #[test]
    fn no_terminal_is_too_small() {
        for (width, height) in [(1, 1), (10, 3), (40, 10), (60, 20), (500, 200)] {
            shown(&sold(), width, height);
        }
    }
}
