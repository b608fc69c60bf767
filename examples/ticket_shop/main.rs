//! The ticket shop: sells tickets for four events, in this process or on a real Redis.
//!
//! Purchases are published; five listeners hear of them. Three keep the metrics, two print a line for each ceremony
//! ticket. When all is sold and handled, the totals are read back, checked against the purchases, and shown.

mod args;
mod chart;
mod check;
mod dashboard;
mod purchases;
mod render;
mod screen;
mod stop;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use args::Args;
use clap::Parser as _;
use dashboard::{Dashboard, Sale};
use embroker::AnyBroker;
use embroker_listeners::ticket_shop::{
    self, BoxOffice, CeremonyAlerter, CustomerPurchases, EventsAnalytics, OpeningCeremonyAlerter, Report,
    SalesAnalytics, ShopError,
};
use embroker_listeners::{ListenerCounts, Runner, Running};
use purchases::{CUSTOMERS, EVENTS, Purchases};
use screen::{Log, Screen};
use serde::Serialize;
use stop::Stop;
use tokio::sync::watch;

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    seed: u64,
    /// The totals computed from the purchases themselves.
    purchases: &'a Report,
    /// The totals as the listeners kept them, read back from the broker.
    totals: &'a Report,
    listeners: BTreeMap<&'a str, ListenerCounts>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args).await {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "ticket_shop: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let broker = embroker::connect(&args.broker).await?;
    let log = (args.dashboard && dashboard::is_possible()).then(Log::default);
    let screen = match &log {
        Some(log) => Screen::logging(log.clone()),
        None => Screen::new(args.purchases, args.json)?,
    };
    let seed = args.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let deleted = ticket_shop::open(&broker, &purchases::events(), &CUSTOMERS).await?;
    if deleted > 0 {
        screen.note(&format!("deleted {deleted} keys of an earlier run"));
    }
    let place = args::without_secrets(&args.broker);
    screen.line(&format!("Ticket shop on {place}: {} purchases, seed {seed}\n", args.purchases));

    let running = start_listeners(&broker, &screen).await?;
    let stop = stop_on_ctrl_c(&screen);
    let mut sold = Report::of(EVENTS, []);
    let (sale, progress) = watch::channel(Sale::Open(0));
    let counter = Counter { args, broker: &broker, running: &running, screen: &screen, stop: &stop, sale };
    let selling = counter.sell_out(seed, &mut sold);
    let selling = match log {
        None => selling.await,
        Some(log) => {
            let picture = dashboard::picture(place, seed, args.purchases);
            let dashboard = Dashboard::open(log)?;
            let (selling, shown) = tokio::join!(selling, dashboard.show(picture, &broker, &running, progress, &stop));
            shown?;
            selling
        }
    };
    let run = running.shutdown().await;
    screen.clear();

    let mut problems = check::missed(&run);
    let complete = selling.is_ok();
    if sold.orders < args.purchases {
        screen.line(&format!("\nClosed after {} of {} purchases", sold.orders, args.purchases));
    }
    // Who missed messages has said so already.
    let failed = selling.err().filter(|error| !matches!(error, ShopError::MessagesLost(_)));
    problems.extend(failed.map(|error| error.to_string()));
    let report = match Report::read(&broker, EVENTS, CUSTOMERS).await {
        Ok(report) => report,
        Err(error) => anyhow::bail!(problems.into_iter().next().unwrap_or_else(|| error.to_string())),
    };
    if complete && report != sold {
        problems.push(check::difference(&sold, &report)?);
    }

    let listeners = run.listeners.iter().map(|listener| (&*listener.name, listener.counts)).collect();
    let text = if args.json {
        serde_json::to_string_pretty(&Document { seed, purchases: &sold, totals: &report, listeners })?
    } else {
        let (_, width) = console::Term::stdout().size_checked().unwrap_or((0, 80));
        // Whoever gave the seed has it. The purchases are drawn for their number as well.
        let again = || format!("\nThe same again: --seed {seed} --purchases {}", args.purchases);
        let again = if args.seed.is_none() { again() } else { String::new() };
        render::closing_report(&report, &run, width.into())? + &again
    };
    print(text.trim_end())?;

    for problem in &problems {
        screen.note(problem);
    }
    Ok(match (problems.is_empty(), *stop.borrow()) {
        (false, _) => ExitCode::FAILURE,
        (true, Stop::Interrupted) => INTERRUPTED.into(),
        (true, Stop::No | Stop::Quit) => ExitCode::SUCCESS,
    })
}

/// What shells answer for a program that was stopped with Ctrl-C.
const INTERRUPTED: u8 = 130;

async fn start_listeners(broker: &AnyBroker, screen: &Screen) -> Result<Running, ShopError> {
    let [opening, ceremony, failures] = [(); 3].map(|()| screen.clone());
    let runner = Runner::new(broker.clone())
        .listen(SalesAnalytics)
        .listen(EventsAnalytics)
        .listen(CustomerPurchases)
        .listen(OpeningCeremonyAlerter::new(move |line| opening.line(line)))
        .listen(CeremonyAlerter::new(move |line| ceremony.line(line)))
        .on_failure(move |failure| failures.note(&failure.to_string()));
    Ok(runner.start().await?)
}

/// Tells of Ctrl-C; a second one ends the program at once.
fn stop_on_ctrl_c(screen: &Screen) -> watch::Sender<Stop> {
    let stop = watch::Sender::new(Stop::No);
    let (sender, screen) = (stop.clone(), screen.clone());
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if sender.send_replace(Stop::Interrupted) == Stop::Interrupted {
                std::process::exit(INTERRUPTED.into());
            }
            screen.note("closing; Ctrl-C again to stop at once");
        }
    });
    stop
}

/// All that takes part in a sale.
struct Counter<'a> {
    args: &'a Args,
    broker: &'a AnyBroker,
    running: &'a Running,
    screen: &'a Screen,
    stop: &'a watch::Sender<Stop>,
    sale: watch::Sender<Sale>,
}

impl Counter<'_> {
    /// Sells until everything is sold or somebody ends it, then waits until the listeners are through with it.
    async fn sell_out(&self, seed: u64, sold: &mut Report) -> Result<(), ShopError> {
        let outcome = self.sell(seed, sold).await;
        self.sale.send_replace(if outcome.is_ok() { Sale::Over(sold.orders) } else { Sale::Failed });
        outcome
    }

    async fn sell(&self, seed: u64, sold: &mut Report) -> Result<(), ShopError> {
        let Args { purchases, pace, .. } = *self.args;
        let mut office = BoxOffice::new(self.broker, self.running);
        let mut stop = self.stop.subscribe();
        for order in Purchases::new(seed, purchases) {
            if *stop.borrow() != Stop::No {
                break;
            }
            office.sell(&order).await?;
            sold.add(&order);
            self.sale.send_replace(Sale::Open(sold.orders));
            self.screen.advance();
            if pace > 0 && sold.orders < purchases {
                let pause = Duration::from_millis(fastrand::u64(0..=pace.saturating_mul(2)));
                let _ = tokio::time::timeout(pause, stop.wait_for(|stop| *stop != Stop::No)).await;
            }
        }
        office.settle().await
    }
}

/// Prints to stdout; a reader who has left, such as `head`, has seen enough.
fn print(text: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
