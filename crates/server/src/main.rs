//! `embroker-server`: an in-memory broker behind a socket, started like redis-server.

#[cfg(all(target_os = "linux", feature = "jemalloc"))]
mod allocator;

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::{Arg, ArgAction, ArgMatches, Args as _, Command, FromArgMatches as _};
use embroker_core::Broker as _;
use embroker_core::instance::config::Parameter;
use embroker_mem::MemBroker;
use embroker_server::Server;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{SignalKind, signal};

/// Where to listen. All else is a parameter of Redis.
#[derive(Debug, clap::Args)]
struct Listen {
    /// The TCP port; 0 listens on none.
    #[arg(long, default_value_t = 6379)]
    port: u16,
    /// The addresses to listen on; clients of other machines need a password.
    #[arg(long, num_args = 1.., default_values_t = [Ipv4Addr::LOCALHOST.to_string()])]
    bind: Vec<String>,
    /// A unix socket to listen on.
    #[arg(long, value_name = "PATH")]
    unixsocket: Option<PathBuf>,
}

/// The positional argument: where redis-server takes its configuration file.
const FILE: &str = "configuration file";

/// How many clients a thread serves before it asks the system which others have said something.
const TASKS_AT_A_TIME: u32 = 1024;

/// The parameters that `--help` shows, with what to say of each.
const SHOWN: [(Parameter, &str); 10] = [
    (Parameter::RequirePass, "The password that clients must give"),
    (Parameter::MaxClients, "How many clients may be connected at a time"),
    (Parameter::MaxMemory, "How much memory the data may take, such as 100mb; 0 is no limit"),
    (Parameter::Databases, "How many databases there are"),
    (Parameter::IoThreads, "How many threads serve clients"),
    (Parameter::Timeout, "Closes clients that are silent for so many seconds; 0 closes none"),
    (Parameter::ProtoMaxBulkLen, "How long an argument may be, such as 512mb"),
    (
        Parameter::ClientOutputBufferLimit,
        "How much may wait for a client that does not read: class, hard, soft, seconds",
    ),
    (Parameter::LogLevel, "How much is said on standard output: debug, verbose, notice or warning"),
    (Parameter::ProtectedMode, "Whether clients of other machines are turned away while no password is set"),
];

fn main() -> ExitCode {
    #[cfg(all(target_os = "linux", feature = "jemalloc"))]
    allocator::start();
    match start(&options().get_matches()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("embroker-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The options: those of [`Listen`], and every parameter of Redis by its own name.
fn options() -> Command {
    let about = "A Redis-compatible broker in memory, for clients in any language";
    let more = "Every parameter of redis.conf is an option too, as in --notify-keyspace-events KEA. \
                There is no configuration file, and nothing is saved.";
    let command = Listen::augment_args(Command::new("embroker-server").version(env!("CARGO_PKG_VERSION")));
    // Where redis-server takes its configuration file: it is refused with what to do instead.
    let command = command.arg(Arg::new(FILE).hide(true));
    parameters().fold(command.about(about).after_help(more), |command, parameter| {
        let help = SHOWN.iter().find(|(shown, _)| *shown == parameter).map(|(_, help)| *help);
        let option = Arg::new(parameter.name()).long(parameter.name()).num_args(1..).action(ArgAction::Append);
        let option = option.allow_negative_numbers(true);
        let option = match parameter.alias() {
            Some(alias) => option.alias(alias),
            None => option,
        };
        command.arg(match help {
            Some(help) => option.help(help).value_name("VALUE"),
            None => option.hide(true),
        })
    })
}

/// Every parameter that is not an option of [`Listen`].
fn parameters() -> impl Iterator<Item = Parameter> {
    let of_listen = [Parameter::Port, Parameter::Bind, Parameter::UnixSocket];
    Parameter::ALL.iter().copied().filter(move |parameter| !of_listen.contains(parameter))
}

/// Lets the process have as many files open as the system allows it, for each client is one; how many that are.
fn raise_files() -> u64 {
    let mut files = getrlimit(Resource::Nofile);
    files.current = files.maximum;
    // Where it fails there are as many as before.
    let _ = setrlimit(Resource::Nofile, files);
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// Makes the broker, and the threads to serve it.
fn start(options: &ArgMatches) -> Result<()> {
    if let Some(file) = options.get_one::<String>(FILE) {
        bail!("{file} is not read, there is no configuration file: give its parameters as options, as in --timeout 60");
    }
    let listen = Listen::from_arg_matches(options)?;
    let mut broker = MemBroker::builder();
    for parameter in parameters() {
        let Some(given) = options.get_occurrences::<String>(parameter.name()) else { continue };
        // As on a line of redis.conf, words after the name are one value.
        for words in given {
            let value = words.map(String::as_str).collect::<Vec<_>>().join(" ");
            broker = broker.config(parameter.name(), value)?;
        }
    }
    let broker = broker.build();
    broker.config().limit_files(raise_files());
    if broker.config().flag(Parameter::AppendOnly) || !broker.config().text(Parameter::Save).is_empty() {
        // Not on standard output, whose first line says that the server is ready.
        let warning = "embroker-server: nothing is saved, whatever --save and --appendonly say: all data is in memory";
        let _ = writeln!(std::io::stderr(), "{warning}");
    }
    let threads = broker.config().number(Parameter::IoThreads);
    runtime(usize::try_from(threads).unwrap_or(1)).context("no threads to serve with")?.block_on(serve(listen, broker))
}

/// As many threads as serve clients. With one, what many clients ask for at once is answered by each with one write,
/// and nobody wakes another thread; more are for machines with cores to spare.
fn runtime(threads: usize) -> std::io::Result<Runtime> {
    let mut runtime = match threads {
        0 | 1 => Builder::new_current_thread(),
        _ => Builder::new_multi_thread(),
    };
    // A message to many wakes them all: they are served before the system is asked for news.
    runtime.worker_threads(threads.max(1)).event_interval(TASKS_AT_A_TIME).enable_all().build()
}

async fn serve(listen: Listen, broker: MemBroker) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let is_quiet = broker.instance().is_some_and(|instance| instance.config().choice(Parameter::LogLevel) == "warning");
    let mut server = Server::builder().broker(broker);
    if listen.port != 0 {
        for host in &listen.bind {
            let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
            server = server.bind(format!("{host}:{}", listen.port));
        }
    }
    if let Some(path) = listen.unixsocket {
        server = server.unix_socket(path);
    }
    let server = server.spawn().await.context("cannot listen")?;

    let say = |text: &str| {
        if !is_quiet {
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
