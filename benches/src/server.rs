//! embroker-server beside redis-server, each under redis-benchmark with 50 connections, and fan-out to many.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::net as os;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, io, process, thread};

use anyhow::{Context as _, Result, bail, ensure};
use embroker_test_support::RedisServer;
use mio::net::UnixStream;
use mio::{Events, Interest, Poll, Token};

use crate::bench::Bench;
use crate::measure::Effort;
use crate::pubsub::PAYLOAD;
use crate::report::{Samples, Spec, Unit};

/// How many connections redis-benchmark has.
const CLIENTS: &str = "50";
/// How many keys it draws from.
const KEYS: &str = "10000";

/// What is asked of the servers: a name, how many subscribers listen, and the words.
const WORK: [(&str, usize, &[&str]); 11] = [
    ("PUBLISH, no subscriber", 0, &["PUBLISH", "news", "000001-0A1B2C3D0"]),
    ("PUBLISH, 1 subscriber", 1, &["PUBLISH", "news", "000001-0A1B2C3D0"]),
    ("PUBLISH, 10 subscribers", 10, &["PUBLISH", "news", "000001-0A1B2C3D0"]),
    ("SET", 0, &["SET", "key:__rand_int__", "value-of-16-byte"]),
    ("GET", 0, &["GET", "key:__rand_int__"]),
    ("HSET of 1 field", 0, &["HSET", "one:__rand_int__", "field", "value-of-16-byte"]),
    (
        "HSET of 6 fields",
        0,
        &[
            "HSET",
            "six:__rand_int__",
            "order_id",
            "000001",
            "event",
            "Judo",
            "who",
            "Amy",
            "qty",
            "2",
            "cost",
            "40",
            "ts",
            "1595548800",
        ],
    ),
    ("HGETALL of 6 fields", 0, &["HGETALL", "six:__rand_int__"]),
    ("SADD", 0, &["SADD", "set:__rand_int__", "member-of-16-byt"]),
    ("HINCRBY", 0, &["HINCRBY", "count:__rand_int__", "field", "1"]),
    ("BITFIELD INCRBY", 0, &["BITFIELD", "bits:__rand_int__", "INCRBY", "u8", "64", "1"]),
];

/// Where a server listens.
#[derive(Clone, Debug)]
enum Place {
    Tcp(u16),
    Unix(PathBuf),
}

/// An embroker-server that lives as long as this value.
struct Embroker {
    process: Child,
    port: u16,
    directory: PathBuf,
}

impl Embroker {
    /// Starts the program that stands beside this one.
    fn start() -> Result<Self> {
        let program = env::current_exe()?.with_file_name("embroker-server");
        ensure!(program.exists(), "{} is missing: `cargo xtask bench` builds it", program.display());
        let directory = env::temp_dir().join(format!("embroker-bench-{}", process::id()));
        fs::create_dir_all(&directory)?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut process = Command::new(program)
            .args(["--port", &port.to_string(), "--unixsocket"])
            .arg(directory.join("s.sock"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = process.stdout.take().context("the server has no output")?;
        let server = Self { process, port, directory };
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        ensure!(line.starts_with("Ready"), "embroker-server does not listen: {line:?}");
        Ok(server)
    }

    fn socket(&self) -> PathBuf {
        self.directory.join("s.sock")
    }
}

impl Drop for Embroker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Measures the servers.
pub(crate) fn run(bench: &mut Bench) -> Result<()> {
    let wanted = |bench: &Bench| {
        let names = WORK.iter().flat_map(|(name, _, _)| CELLS.map(|cell| cell_name(name, cell)));
        names.chain(FAN_OUTS.map(|(name, _)| name.to_owned())).any(|name| bench.wants("server", &name))
    };
    if !wanted(bench) {
        return Ok(());
    }
    let embroker = Embroker::start()?;
    // One that nothing was done on.
    let redis = RedisServer::builder().tcp().start()?;
    let redis_port = redis.tcp_address().and_then(|address| address.rsplit(':').next()?.parse().ok());
    let redis_port = redis_port.context("redis-server has no port")?;
    let redis_socket = redis.socket_path();
    for (name, subscribers, words) in WORK {
        for cell in CELLS {
            let (over, depth) = cell;
            let places = match over {
                Over::Tcp => [Place::Tcp(embroker.port), Place::Tcp(redis_port)],
                Over::Unix => [Place::Unix(embroker.socket()), Place::Unix(redis_socket.clone())],
            };
            let spec = Spec::new("server", cell_name(name, cell), "redis-server", Unit::PerSecond).at_least(1.0);
            bench.line(spec, |effort| under_load(effort, &places, depth, subscribers, words));
        }
    }
    for (name, at_once) in FAN_OUTS {
        let spec = Spec::new("server", name, "redis-server", Unit::PerSecond).at_least(1.2);
        bench.line(spec, |effort| fan_out(effort, &embroker.socket(), &redis_socket, at_once));
    }
    Ok(())
}

#[derive(Clone, Copy)]
enum Over {
    Tcp,
    Unix,
}

/// The ways in which each piece of work is asked for: the transport, and how many requests are sent at once.
const CELLS: [(Over, u64); 4] = [(Over::Tcp, 1), (Over::Tcp, 16), (Over::Unix, 1), (Over::Unix, 16)];

fn cell_name(name: &str, (over, depth): (Over, u64)) -> String {
    let over = if matches!(over, Over::Tcp) { "TCP" } else { "unix socket" };
    format!("{name}, {over}, -P {depth}")
}

fn under_load(effort: Effort, places: &[Place; 2], depth: u64, subscribers: usize, words: &[&str]) -> Result<Samples> {
    let turn = if effort.quick { 0.12 } else { 1.0 };
    let rounds = if effort.quick { 4 } else { 6 };
    let mut requests = [0; 2];
    for (place, requests) in places.iter().zip(&mut requests) {
        // So many requests as take one turn; the first ones also make the keys.
        let rate = load(place, depth, 2_000 * depth, subscribers, words)?;
        *requests = ((rate * turn) as u64).max(1_000);
    }
    let [ours, peer] = places;
    let [our_requests, peer_requests] = requests;
    let mut samples = Samples::default();
    for round in 0..rounds {
        if round % 2 == 0 {
            samples.ours.push(load(ours, depth, our_requests, subscribers, words)?);
            samples.peer.push(load(peer, depth, peer_requests, subscribers, words)?);
        } else {
            samples.peer.push(load(peer, depth, peer_requests, subscribers, words)?);
            samples.ours.push(load(ours, depth, our_requests, subscribers, words)?);
        }
    }
    Ok(samples)
}

/// Runs redis-benchmark; how many requests a second it says were answered.
fn load(place: &Place, depth: u64, requests: u64, subscribers: usize, words: &[&str]) -> Result<f64> {
    let listening: Vec<Box<dyn Shutdown>> = (0..subscribers).map(|_| listen(place)).collect::<Result<_>>()?;
    let mut command = Command::new("redis-benchmark");
    match place {
        Place::Tcp(port) => command.args(["-h", "127.0.0.1", "-p", &port.to_string()]),
        Place::Unix(path) => command.arg("-s").arg(path),
    };
    let (depth, requests) = (depth.to_string(), requests.to_string());
    command.args(["-c", CLIENTS, "-P", &depth, "-n", &requests, "-r", KEYS, "--csv"]).args(words);
    let output = command.stdin(Stdio::null()).output().context("redis-benchmark can't be started")?;
    for listener in &listening {
        listener.shutdown();
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let Some(line) = text.lines().last().filter(|line| line.starts_with('"')) else {
        bail!("redis-benchmark says {text:?} {:?}", String::from_utf8_lossy(&output.stderr));
    };
    // The name of the test may have commas in it; the figures behind it are quoted one by one.
    let figures = line.rsplit("\",\"").nth(6).context("redis-benchmark has no figures")?;
    figures.trim_matches('"').parse().with_context(|| format!("{line:?}"))
}

trait Shutdown {
    fn shutdown(&self);
}

impl Shutdown for TcpStream {
    fn shutdown(&self) {
        let _ = TcpStream::shutdown(self, std::net::Shutdown::Both);
    }
}

impl Shutdown for os::UnixStream {
    fn shutdown(&self) {
        let _ = os::UnixStream::shutdown(self, std::net::Shutdown::Both);
    }
}

/// A subscriber of `news` that reads all it is sent until it is shut down.
fn listen(place: &Place) -> Result<Box<dyn Shutdown>> {
    Ok(match place {
        Place::Tcp(port) => {
            let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, *port))?;
            drain(stream.try_clone()?)?;
            Box::new(stream)
        }
        Place::Unix(path) => {
            let stream = os::UnixStream::connect(path)?;
            drain(stream.try_clone()?)?;
            Box::new(stream)
        }
    })
}

fn drain(mut stream: impl Read + Write + Send + 'static) -> Result<()> {
    stream.write_all(b"SUBSCRIBE news\r\n")?;
    let mut first = [0; 64];
    ensure!(stream.read(&mut first)? > 0, "the server hung up");
    thread::spawn(move || io::copy(&mut stream, &mut io::sink()));
    Ok(())
}

/// Deliveries to many connections; how many messages are published before all of them must have arrived.
const FAN_OUTS: [(&str, usize); 2] = [
    ("fan-out to 1,000 connections, message by message", 1),
    ("fan-out to 1,000 connections, 30 messages at once", 30),
];

/// Messages to 1,000 connections, until each has all of them.
fn fan_out(effort: Effort, ours: &Path, peer: &Path, at_once: usize) -> Result<Samples> {
    let messages = if effort.quick { 30 } else { 300 };
    let rounds = if effort.quick { 4 } else { 8 };
    let mut samples = Samples::default();
    for round in 0..rounds {
        if round % 2 == 0 {
            samples.ours.push(deliveries(ours, messages, at_once)?);
            samples.peer.push(deliveries(peer, messages, at_once)?);
        } else {
            samples.peer.push(deliveries(peer, messages, at_once)?);
            samples.ours.push(deliveries(ours, messages, at_once)?);
        }
    }
    Ok(samples)
}

/// How many messages a second arrive at 1,000 connections. One thread publishes and reads, and waits for all of them
/// with one call, so that little of the machine is taken from the server.
fn deliveries(socket: &Path, messages: usize, at_once: usize) -> Result<f64> {
    const CONNECTIONS: usize = 1_000;
    const CONFIRMATION: &[u8] = b"*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n";
    let payload = String::from_utf8_lossy(PAYLOAD).into_owned();
    let message = format!("*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n${}\r\n{payload}\r\n", payload.len());
    let requests = format!("PUBLISH news {payload}\r\n").repeat(at_once);
    let mut publisher = os::UnixStream::connect(socket)?;
    let mut poll = Poll::new()?;
    let mut readers = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let mut stream = os::UnixStream::connect(socket)?;
        stream.write_all(b"SUBSCRIBE news\r\n")?;
        let mut confirmation = vec![0; CONFIRMATION.len()];
        stream.read_exact(&mut confirmation)?;
        ensure!(confirmation == CONFIRMATION, "another answer to SUBSCRIBE");
        stream.set_nonblocking(true)?;
        let mut stream = UnixStream::from_std(stream);
        poll.registry().register(&mut stream, Token(readers.len()), Interest::READABLE)?;
        readers.push(Reader { stream, received: 0 });
    }
    let mut events = Events::with_capacity(CONNECTIONS);
    let mut buffer = vec![0; 16 * 1024];
    let start = Instant::now();
    for round in 1..=messages / at_once {
        publisher.write_all(requests.as_bytes())?;
        let expected = message.len() * at_once * round;
        let mut have_all = 0;
        while have_all < CONNECTIONS {
            poll.poll(&mut events, Some(Duration::from_secs(30)))?;
            ensure!(!events.is_empty(), "messages are missing");
            for event in &events {
                let reader = readers.get_mut(event.token().0).context("an event of no connection")?;
                let before = reader.received;
                reader.read(&mut buffer)?;
                ensure!(reader.received <= expected, "more was received than published");
                have_all += usize::from(before < reader.received && reader.received == expected);
            }
        }
    }
    Ok((messages * CONNECTIONS) as f64 / start.elapsed().as_secs_f64())
}

/// One of many connections.
struct Reader {
    stream: UnixStream,
    /// How many bytes of messages.
    received: usize,
}

impl Reader {
    /// Reads all that is there.
    fn read(&mut self, buffer: &mut [u8]) -> Result<()> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => bail!("the server hung up"),
                Ok(read) => {
                    self.received += read;
                    // The next to come is told as news.
                    if read < buffer.len() {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
