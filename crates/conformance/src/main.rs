//! The program `embroker-conformance`: holds the server at a URL against the cases, and shows what differs.
//!
//! It ends with 0 where nothing differs, 1 where something does, and 2 where that could not be found out.

use std::future::pending;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use embroker::prelude::*;
use embroker::{AnyBroker, Error, RedisBroker};
use embroker_conformance::{CannotRun, Report, Suite, Target};

/// Holds a server against what Redis 7.0.15 answers.
///
/// The cases fill and empty every database of the server and change its parameters, which are put back, also on Ctrl-C.
/// A server that holds anything is refused unless --allow-flush says that all of it may be deleted: use one of its own.
///
/// Ends with 0 where nothing differs, 1 where something does, 2 where the cases could not run.
#[derive(Debug, Parser)]
#[command(name = "embroker-conformance", version)]
struct Options {
    #[arg(
        long,
        required_unless_present = "list",
        help = "The server: redis://[user:password@]host[:port], redis+unix:///path, or mem:// for embroker itself"
    )]
    url: Option<String>,

    /// Only this family, such as hash
    #[arg(long)]
    family: Option<String>,

    #[arg(long, value_name = "TEXT", help = "Only cases with this text in family::name")]
    case: Option<String>,

    /// Delete what the server holds, in all databases
    #[arg(long, alias = "flush")]
    allow_flush: bool,

    /// Seconds that one case, and each answer between cases, may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=86400))]
    timeout: u64,

    /// The report as JSON
    #[arg(long)]
    json: bool,

    /// List the cases and run none
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => ExitCode::from(2),
        Err(error) => {
            let _ = writeln!(io::stderr(), "embroker-conformance: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> Result<ExitCode> {
    let mut suite = Suite::new().limit(Duration::from_secs(options.timeout)).allow_flush(options.allow_flush);
    if let Some(family) = &options.family {
        suite = suite.family(family);
    }
    if let Some(text) = &options.case {
        suite = suite.matching(text);
    }
    if options.list {
        let mut out = io::stdout().lock();
        for case in suite.cases() {
            writeln!(out, "{case:?}")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let url = options.url.as_deref().context("--url is needed")?;
    check_database(url)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(hold(&suite, url))?;
    show(&report, options.json)?;
    if report.different() > 0 {
        return Ok(ExitCode::FAILURE);
    }
    if !report.is_conforming() {
        bail!("no case could run on this server");
    }
    Ok(ExitCode::SUCCESS)
}

async fn hold(suite: &Suite, url: &str) -> Result<Report> {
    let target = if url.starts_with("redis://") || url.starts_with("redis+unix://") {
        let url = url.to_owned();
        Target::connecting(move |database| connect(url.clone(), database))
    } else {
        // What is no broker's URL is refused here, with all that could be written.
        Target::broker(embroker::connect(url).await?)
    };
    suite.run_until(&target, interrupted()).await.map_err(|error| match error {
        CannotRun::Occupied(_) => anyhow::Error::new(error)
            .context("nothing was changed; give an empty server, or say --allow-flush if all of that may be deleted"),
        CannotRun::Unreachable(Error::Authentication { .. }) => {
            anyhow::Error::new(error).context(format!("nothing was changed; {}", about_credentials(url)))
        }
        CannotRun::NoCases => anyhow::Error::new(error).context("see --list"),
        error => error.into(),
    })
}

/// A client with a connection of its own.
async fn connect(url: String, database: u32) -> embroker::Result<AnyBroker> {
    let broker = RedisBroker::builder(&url)?.client_name("embroker-conformance").connect().await?;
    broker.select(database).await.map(AnyBroker::new)
}

/// What to do where the server refused those of the URL, or asked for some.
fn about_credentials(url: &str) -> String {
    let (form, there_are) = match url.strip_prefix("redis+unix://") {
        Some(rest) => ("redis+unix:///path?user=NAME&pass=PASSWORD", rest.contains("user=") || rest.contains("pass=")),
        None => ("redis://user:password@host:port", url.contains('@')),
    };
    let correct = if there_are { "correct the credentials in the URL" } else { "put the credentials into the URL" };
    format!("{correct}, as {form}")
}

/// Refuses another database than the first: the cases name databases by their numbers.
fn check_database(url: &str) -> Result<()> {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let database = match scheme {
        "redis+unix" => rest.split(['?', '&']).find_map(|part| part.strip_prefix("db=")),
        "redis" | "mem" => rest.rsplit_once('/').map(|(_, database)| database),
        _ => None,
    };
    match database {
        None | Some("" | "0") => Ok(()),
        Some(_) => {
            bail!("the cases use all databases of a server and begin in database 0: leave the database out of the URL")
        }
    }
}

/// Ctrl-C, or SIGTERM. A second one while the first is obeyed changes nothing.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        if let (Ok(mut interrupt), Ok(mut terminate)) =
            (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        pending::<()>().await;
    }
}

fn show(report: &Report, json: bool) -> Result<()> {
    let mut out = io::stdout().lock();
    if json {
        serde_json::to_writer_pretty(&mut out, report)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{}\nheld against Redis {}\n\n{report}", report.server, report.reference)?;
        let (passed, different, skipped) = (report.passed(), report.different(), report.skipped());
        writeln!(out, "\n{passed} passed, {different} different, {skipped} skipped")?;
    }
    Ok(())
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
