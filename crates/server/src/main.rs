//! `embroker-server`: an in-memory broker behind a socket, started like redis-server.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use embroker_server::Server;
use tokio::signal::unix::{SignalKind, signal};

/// A Redis-compatible broker in memory, for clients in any language.
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The TCP port; 0 listens on none.
    #[arg(long, default_value_t = 6379)]
    port: u16,
    /// The addresses to listen on; from beyond this machine only with a password.
    #[arg(long, num_args = 1.., default_values_t = [Ipv4Addr::LOCALHOST.to_string()])]
    bind: Vec<String>,
    /// A unix socket to listen on.
    #[arg(long)]
    unixsocket: Option<PathBuf>,
    /// The password that clients must give.
    #[arg(long, default_value = "", hide_default_value = true)]
    requirepass: String,
    /// How many clients may be connected at a time.
    #[arg(long, default_value_t = 10_000)]
    maxclients: usize,
    /// Closes clients that are silent for so many seconds; 0 closes none.
    #[arg(long, default_value_t = 0)]
    timeout: u64,
    /// How much is said on standard output.
    #[arg(long, value_enum, default_value_t = LogLevel::Notice)]
    loglevel: LogLevel,
    /// Whether an address that other machines reach needs a password.
    #[arg(long, value_enum, default_value_t = Switch::Yes)]
    protected_mode: Switch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum LogLevel {
    Debug,
    Verbose,
    Notice,
    Warning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    Yes,
    No,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("embroker-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;

    let mut server = Server::builder()
        .requirepass(options.requirepass)
        .max_clients(options.maxclients)
        .timeout(Duration::from_secs(options.timeout))
        .protected_mode(options.protected_mode == Switch::Yes);
    if options.port != 0 {
        for host in &options.bind {
            let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            server = server.bind(format!("{host}:{}", options.port));
        }
    }
    if let Some(path) = options.unixsocket {
        server = server.unix_socket(path);
    }
    let server = server.spawn().await.context("cannot listen")?;

    let say = |text: &str| {
        if options.loglevel <= LogLevel::Notice {
            // Whoever started the server may have closed its output; it serves all the same.
            let _ = writeln!(std::io::stdout(), "{text}");
        }
    };
    let addresses = server.addresses().iter().map(ToString::to_string);
    let socket = server.unix_socket().map(|path| path.display().to_string());
    let places: Vec<String> = addresses.chain(socket).collect();
    anyhow::ensure!(!places.is_empty(), "nowhere to listen: give --port or --unixsocket");
    say(&format!("Ready to accept connections on {}", places.join(", ")));

    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = server.stopping() => {}
    }
    say("Shutting down");
    server.shutdown().await;
    Ok(())
}
