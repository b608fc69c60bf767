//! Access: who is let in, how many, and what those who are not let in are told. What Redis has too runs on both.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use embroker_core::error::texts;
use embroker_reliability::{Limits, Program, Scale, Watchdog};
use embroker_test_support::{Backend, RedisServer, Suite};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server-under-test");
/// Redis takes only 127.0.0.1 for this machine, so that a client of this address is as good as one from far away.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// How long a reply may take.
const PATIENCE: Duration = Duration::from_secs(20);
const MAX_CLIENTS: &[u8] = b"-ERR max number of clients reached\r\n";

/// Either server.
enum Served {
    Embroker(Program),
    Redis { _server: RedisServer, address: SocketAddr },
}

impl Served {
    fn start(backend: Backend, options: &[(&str, &str)]) -> Result<Self> {
        if backend == Backend::Mem {
            let options: Vec<String> =
                options.iter().flat_map(|(name, value)| [format!("--{name}"), (*value).to_owned()]).collect();
            let options: Vec<&str> = options.iter().map(String::as_str).collect();
            return Ok(Self::Embroker(Program::start(PROGRAM, &options, Limits::default())?));
        }
        let builder =
            options.iter().fold(RedisServer::builder().tcp(), |builder, (name, value)| builder.set(name, value));
        let server = builder.start()?;
        let address = server.tcp_address().context("it has a port")?.parse()?;
        Ok(Self::Redis { _server: server, address })
    }

    fn address(&self) -> SocketAddr {
        match self {
            Self::Embroker(program) => program.address(),
            Self::Redis { address, .. } => *address,
        }
    }

    async fn client(&self, from: Ipv4Addr) -> Result<Client> {
        Client::connect(self.address(), from).await
    }
}

/// A connection that shows bytes.
struct Client(TcpStream);

impl Client {
    async fn connect(to: SocketAddr, from: Ipv4Addr) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((from, 0).into())?;
        Ok(Self(timeout(PATIENCE, socket.connect(to)).await??))
    }

    /// What is answered to one line.
    async fn ask(&mut self, line: &str) -> Result<String> {
        self.0.write_all(format!("{line}\r\n").as_bytes()).await?;
        let mut reply = vec![0; 64 * 1024];
        let read =
            timeout(PATIENCE, self.0.read(&mut reply)).await.with_context(|| format!("no answer to {line}"))??;
        Ok(String::from_utf8_lossy(&reply[..read]).into_owned())
    }

    /// All that is sent until the end.
    async fn rest(mut self) -> Result<Vec<u8>> {
        let mut rest = Vec::new();
        timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.context("it is not closed")??;
        Ok(rest)
    }
}

/// The number of a field of INFO.
async fn info(client: &mut Client, field: &str) -> Result<u64> {
    let info = client.ask("INFO").await?;
    let line = info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    Ok(line.context("INFO has the field")?.trim().parse()?)
}

async fn protected_mode_turns_others_away_while_there_is_no_password(backend: Backend) -> Result<()> {
    let denied = format!("-{}\r\n", texts::PROTECTED_MODE).into_bytes();
    let server = Served::start(backend, &[("maxclients", "3")])?;
    let mut admin = server.client(HERE).await?;
    ensure!(admin.ask("PING").await? == "+PONG\r\n", "who is here is let in");
    ensure!(server.client(ELSEWHERE).await?.rest().await? == denied, "who is elsewhere is told why not");
    ensure!(info(&mut admin, "rejected_connections").await? == 1, "and is counted");
    ensure!(info(&mut admin, "connected_clients").await? == 1, "and is gone");

    ensure!(admin.ask("CONFIG SET requirepass secret").await? == "+OK\r\n", "a password is set");
    let mut other = server.client(ELSEWHERE).await?;
    ensure!(other.ask("PING").await?.starts_with("-NOAUTH"), "with a password they are let in, and asked for it");
    ensure!(other.ask("AUTH secret").await? == "+OK\r\n", "which they know");
    ensure!(other.ask("CONFIG SET requirepass \"\"").await? == "+OK\r\n", "the password is gone");
    ensure!(other.ask("PING").await? == "+PONG\r\n", "who is in stays in");
    ensure!(server.client(ELSEWHERE).await?.rest().await? == denied, "the next one is turned away");

    let mut third = server.client(HERE).await?;
    ensure!(third.ask("PING").await? == "+PONG\r\n", "there is room for three");
    ensure!(server.client(ELSEWHERE).await?.rest().await? == MAX_CLIENTS, "that there is no room is said first");
    drop(third);

    ensure!(admin.ask("CONFIG SET protected-mode no").await? == "+OK\r\n", "the mode is off");
    while info(&mut admin, "connected_clients").await? > 2 {}
    ensure!(server.client(ELSEWHERE).await?.ask("PING").await? == "+PONG\r\n", "and everybody is let in");
    Ok(())
}

async fn what_is_for_local_clients_is_not_for_others(backend: Backend) -> Result<()> {
    let options = [("protected-mode", "no"), ("enable-debug-command", "local")];
    let server = Served::start(backend, &options)?;
    let (mut here, mut elsewhere) = (server.client(HERE).await?, server.client(ELSEWHERE).await?);
    ensure!(here.ask("DEBUG SLEEP 0").await? == "+OK\r\n", "who is here may");
    let refused = elsewhere.ask("DEBUG SLEEP 0").await?;
    ensure!(refused == format!("-{}\r\n", texts::DEBUG_NOT_ALLOWED), "who is elsewhere may not: {refused}");
    Ok(())
}

/// Only the password itself opens: nothing that begins or ends like it, is as long, or is empty.
async fn only_the_password_opens(backend: Backend) -> Result<()> {
    let password = "correct-horse-battery-staple";
    let server = Served::start(backend, &[("requirepass", password)])?;
    let mut client = server.client(HERE).await?;
    let mut wrong: Vec<String> = (1..password.len()).map(|len| password[..len].to_owned()).collect();
    wrong.extend((1..password.len()).map(|from| password[from..].to_owned()));
    wrong.extend((0..password.len()).map(|at| format!("{}#{}", &password[..at], &password[at + 1..])));
    wrong.extend([format!("{password}x"), password.repeat(2), password.to_uppercase(), "\"\"".into()]);
    for wrong in &wrong {
        for line in [format!("AUTH {wrong}"), format!("AUTH default {wrong}"), format!("HELLO 2 AUTH default {wrong}")]
        {
            let reply = client.ask(&line).await?;
            ensure!(reply.starts_with("-WRONGPASS"), "{line}: {reply}");
        }
    }
    ensure!(client.ask("PING").await?.starts_with("-NOAUTH"), "none of them opened");
    ensure!(client.ask(&format!("AUTH other {password}")).await?.starts_with("-WRONGPASS"), "there is one user");
    for line in [format!("AUTH {password}"), format!("HELLO 2 AUTH default {password}")] {
        let mut client = server.client(HERE).await?;
        ensure!(!client.ask(&line).await?.starts_with('-'), "{line}");
        ensure!(client.ask("PING").await? == "+PONG\r\n", "it opens");
    }
    Ok(())
}

/// However clients come and go, `maxclients` is how many there are at most, and no place is lost.
async fn maxclients_counts_right_while_clients_come_and_go(backend: Backend) -> Result<()> {
    const MOST: usize = 20;

    let _watchdog = Watchdog::new("clients that come and go", Duration::from_secs(300));
    let server = Served::start(backend, &[("maxclients", "20")])?;
    let mut admin = server.client(HERE).await?;
    let mut refused = 0;
    for round in 0..Scale::get().pick(10, 500) {
        let mut clients = Vec::new();
        let mut let_in = 0;
        for _ in 0..3 * MOST {
            clients.push(server.client(HERE).await?);
        }
        for client in &mut clients {
            // Whoever is refused may have been closed by now.
            match client.ask("PING").await.as_deref() {
                Ok("+PONG\r\n") => let_in += 1,
                Ok(reply) => ensure!(reply.as_bytes() == MAX_CLIENTS || reply.is_empty(), "{reply}"),
                Err(_) => {}
            }
        }
        ensure!(let_in == MOST - 1, "{let_in} are served beside one in round {round}");
        refused += 3 * MOST - let_in;
        ensure!(info(&mut admin, "connected_clients").await? == MOST as u64, "and that is what is told");
        ensure!(info(&mut admin, "rejected_connections").await? == refused as u64, "as are those who were refused");
        drop(clients);
        while info(&mut admin, "connected_clients").await? > 1 {}
    }
    let replies = [admin.ask("CONFIG SET maxclients 2").await?, admin.ask("CONFIG SET maxclients 0").await?];
    ensure!(replies[0] == "+OK\r\n" && replies[1].ends_with("argument must be between 1 and 4294967295 inclusive\r\n"));
    if backend == Backend::Mem {
        // Redis tries all numbers from here down to what it may have, which takes it minutes.
        let beyond = admin.ask("CONFIG SET maxclients 2000000000").await?;
        ensure!(
            beyond.contains("The operating system is not able to handle the specified number of clients, try with ")
        );
    }
    ensure!(admin.ask("CONFIG GET maxclients").await? == "*2\r\n$10\r\nmaxclients\r\n$1\r\n2\r\n", "as it was");
    Ok(())
}

/// Half a command of 500 clients, with a password and without, holds nobody up.
async fn a_newcomer_is_served_beside_500_half_sent_commands() -> Result<()> {
    let limit = Scale::get().pick(Duration::from_secs(5), Duration::from_secs(1));
    for options in [&[][..], &[("requirepass", "secret")]] {
        let server = Served::start(Backend::Mem, options)?;
        let mut half = Vec::new();
        let halves = ["*", "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10000\r\nxxx", "*2\r\n$4\r\nAU", "PIN", "*10\r\n$16384\r\n"];
        for number in 0..500 {
            let mut client = server.client(HERE).await?;
            client.0.write_all(halves[number % halves.len()].as_bytes()).await?;
            half.push(client);
        }
        let begun = Instant::now();
        let mut newcomer = server.client(HERE).await?;
        let first = newcomer.ask(if options.is_empty() { "SET k v" } else { "AUTH secret" }).await?;
        ensure!(first == "+OK\r\n" && newcomer.ask("PING").await? == "+PONG\r\n", "{first}");
        ensure!(begun.elapsed() < limit, "served after {:?}", begun.elapsed());
        println!("beside 500 half-sent commands a newcomer is served within {:?}", begun.elapsed());
    }
    Ok(())
}

/// Where there is no file for one more client, it waits; those who are in are served, and no thread runs hot.
async fn a_server_without_files_serves_who_is_in_and_goes_on() -> Result<()> {
    let limits = Limits { files: Some(64), ..Limits::default() };
    let server = Program::start(PROGRAM, &[], limits)?;
    let connect = async || Client::connect(server.address(), HERE).await;
    let mut admin = connect().await?;
    let most = admin.ask("CONFIG GET maxclients").await?;
    ensure!(most == "*2\r\n$10\r\nmaxclients\r\n$2\r\n32\r\n", "as many as there are files for: {most}");
    // So large a number that the sum overflows, in Redis too.
    ensure!(admin.ask("CONFIG SET maxclients 4294967295").await? == "+OK\r\n", "it is taken");
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(connect().await?);
    }
    sleep(Duration::from_millis(300)).await;
    let connected = info(&mut admin, "connected_clients").await?;
    ensure!((33..64).contains(&connected), "{connected} are in");
    // Little enough to tell even where others leave a thread that runs hot a tenth of a processor.
    let before = cpu_time(server.id())?;
    sleep(Duration::from_secs(2)).await;
    let took = cpu_time(server.id())?.saturating_sub(before);
    println!("two seconds without files took {took:?}");
    ensure!(took < Duration::from_millis(150), "two seconds of waiting took {took:?}");
    // Each that goes lets another in.
    while let Some(mut client) = clients.pop() {
        clients.drain(..clients.len().min(10));
        if clients.is_empty() {
            ensure!(client.ask("PING").await? == "+PONG\r\n", "the last one is served");
        }
    }
    ensure!(connect().await?.ask("PING").await? == "+PONG\r\n", "and the next");
    Ok(())
}

/// How much time the process has been running.
fn cpu_time(id: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
    // Behind the name, which may have spaces: the 12th and the 13th, in hundredths of a second.
    let (_, fields) = stat.rsplit_once(") ").context("a name in parentheses")?;
    let ticks: u64 = fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(10 * ticks))
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    macro_rules! on_both {
        ($($test:ident),* $(,)?) => { $(
            for backend in Backend::ALL {
                suite.test(backend, stringify!($test), move || $test(backend));
            }
        )* };
    }
    on_both![
        protected_mode_turns_others_away_while_there_is_no_password,
        what_is_for_local_clients_is_not_for_others,
        only_the_password_opens,
        maxclients_counts_right_while_clients_come_and_go,
    ];
    macro_rules! tests {
        ($($test:ident),* $(,)?) => { $(suite.test(Backend::Mem, stringify!($test), $test);)* };
    }
    tests![a_newcomer_is_served_beside_500_half_sent_commands, a_server_without_files_serves_who_is_in_and_goes_on,];
    suite.run()
}
