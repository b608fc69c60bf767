//! Subscribers over sockets, at an embroker-server of one thread and at a redis-server alike.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{env, process};

use anyhow::{Context as _, Result, anyhow, ensure};
use embroker_reliability::{Scale, Watchdog};
use embroker_server::Server;
use embroker_test_support::{Backend, RawClient, RedisServer};
use tokio::sync::oneshot;

const MIB: usize = 1024 * 1024;
const DEFAULT: &str = "pubsub 32mb 8mb 60";
/// How long a server may take to notice what it notices once a second.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server of either kind on a unix socket and on loopback TCP.
enum Running {
    Embroker { socket: PathBuf, address: SocketAddr, stop: Option<oneshot::Sender<()>>, thread: Option<JoinHandle<()>> },
    Redis(RedisServer),
}

impl Running {
    fn start(backend: Backend) -> Result<Self> {
        match backend {
            Backend::Mem => Self::embroker(),
            Backend::Redis => Ok(Self::Redis(RedisServer::builder().tcp().start()?)),
        }
    }

    /// Serves on one thread, as the program does.
    fn embroker() -> Result<Self> {
        let socket = env::temp_dir().join(format!("embroker-slow-{}-{:x}.sock", process::id(), fastrand::u64(..)));
        let (started, address) = channel();
        let (stop, stopped) = oneshot::channel();
        let at = socket.clone();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().event_interval(1024).enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                let Ok(server) = Server::builder().bind("127.0.0.1:0").unix_socket(at).spawn().await else { return };
                // Who started it waits for that.
                let _ = started.send(server.local_addr());
                let _ = stopped.await;
                server.shutdown().await;
            });
        });
        let address = address.recv().context("the server does not start")?.context("it listens on TCP")?;
        Ok(Self::Embroker { socket, address, stop: Some(stop), thread: Some(thread) })
    }

    fn socket(&self) -> PathBuf {
        match self {
            Self::Embroker { socket, .. } => socket.clone(),
            Self::Redis(server) => server.socket_path(),
        }
    }

    fn unix(&self) -> Result<RawClient> {
        Ok(RawClient::connect(&self.socket())?)
    }

    fn tcp(&self) -> Result<RawClient> {
        Ok(match self {
            Self::Embroker { address, .. } => RawClient::connect_tcp(address)?,
            Self::Redis(server) => RawClient::connect_tcp(server.tcp_address().context("it listens on TCP")?)?,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Self::Embroker { stop, thread, .. } = self {
            // It may have ended by itself.
            let _ = stop.take().map(|stop| stop.send(()));
            let _ = thread.take().map(JoinHandle::join);
        }
    }
}

fn ok(client: &mut RawClient, words: &[&str]) -> Result<()> {
    let answer = client.command(words)?;
    ensure!(answer == b"+OK\r\n", "{words:?}: {}", answer.escape_ascii());
    Ok(())
}

fn limit(client: &mut RawClient, limits: &str) -> Result<()> {
    ok(client, &["CONFIG", "SET", "client-output-buffer-limit", limits])
}

/// Subscribes a client of this name.
fn subscribed(mut client: RawClient, name: &str, resp3: bool, channel: &str) -> Result<RawClient> {
    ok(&mut client, &["CLIENT", "SETNAME", name])?;
    if resp3 {
        client.command(["HELLO", "3"])?;
    }
    client.command(["SUBSCRIBE", channel])?;
    Ok(client)
}

fn is_connected(control: &mut RawClient, name: &str) -> Result<bool> {
    let list = control.command(["CLIENT", "LIST"])?;
    Ok(String::from_utf8_lossy(&list).contains(&format!("name={name} ")))
}

/// Waits until nobody of that name is connected; how long that took.
fn gone(control: &mut RawClient, name: &str) -> Result<Duration> {
    let began = Instant::now();
    while is_connected(control, name)? {
        ensure!(began.elapsed() < PATIENCE, "{name} is still connected");
        thread::sleep(Duration::from_millis(20));
    }
    Ok(began.elapsed())
}

/// A payload with its number in front.
fn payload(number: usize, size: usize) -> Vec<u8> {
    let mut payload = format!("{number:010}").into_bytes();
    payload.resize(size, b'x');
    payload
}

/// The number of the next message, which has to have this size.
fn number(client: &mut RawClient, size: usize) -> Result<usize> {
    let message = client.reply()?;
    let start = message.len().checked_sub(size + 2).context("a message is longer than its payload")?;
    let number = std::str::from_utf8(&message[start..start + 10])?;
    ensure!(message[start + 10..].starts_with(b"xx"), "a message comes whole");
    Ok(number.parse()?)
}

/// Reads so many messages in their order, with a rest after each.
fn read_all(mut client: RawClient, count: usize, size: usize, rest: Duration) -> JoinHandle<Result<RawClient>> {
    thread::spawn(move || {
        for due in 0..count {
            let number = number(&mut client, size).with_context(|| format!("message {due} of {count}"))?;
            ensure!(number == due, "{number} came where {due} was due");
            thread::sleep(rest);
        }
        Ok(client)
    })
}

fn joined<T>(thread: JoinHandle<Result<T>>) -> Result<T> {
    thread.join().map_err(|_| anyhow!("a client panicked"))?
}

/// How many received it, and how long that took.
fn publish(client: &mut RawClient, channel: &str, payload: &[u8]) -> Result<(u64, Duration)> {
    let began = Instant::now();
    let answer = client.command([&b"PUBLISH"[..], channel.as_bytes(), payload])?;
    let count = answer.strip_prefix(b":").and_then(|count| std::str::from_utf8(count).ok()).context("a count")?;
    Ok((count.trim_end().parse()?, began.elapsed()))
}

pub(crate) fn hard_limit(backend: Backend) -> Result<()> {
    const SIZE: usize = 64 * 1024;
    const COUNT: usize = 48 * MIB / SIZE;

    let _watchdog = Watchdog::new("a stalled connection", Duration::from_secs(300));
    let server = Running::start(backend)?;
    let mut control = server.unix()?;
    limit(&mut control, DEFAULT)?;
    let all = [(false, false), (true, true), (true, false), (false, true)];
    for (is_tcp, resp3) in all.into_iter().take(Scale::get().pick(2, 4)) {
        let connect = || if is_tcp { server.tcp() } else { server.unix() };
        let mut stalled = subscribed(connect()?, "stalled", resp3, "c")?;
        let neighbour = read_all(subscribed(connect()?, "neighbour", resp3, "c")?, COUNT, SIZE, Duration::ZERO);
        let mut publisher = connect()?;
        let (mut sent, mut slowest) = (0, Duration::ZERO);
        for number in 0..COUNT {
            let (receivers, took) = publish(&mut publisher, "c", &payload(number, SIZE))?;
            slowest = slowest.max(took);
            if receivers == 2 {
                sent += SIZE;
            }
            // Redis's neighbour is not waited for; it is to keep up on a busy machine as well.
            if backend == Backend::Redis && number % 16 == 0 {
                thread::sleep(Duration::from_millis(1));
            }
        }
        gone(&mut control, "stalled")?;
        joined(neighbour)?;
        let transport = if is_tcp { "TCP" } else { "unix" };
        println!(
            "{backend}, {transport}, RESP{}: cut with {:.1} MiB sent to it, slowest PUBLISH {slowest:.1?}",
            if resp3 { 3 } else { 2 },
            sent as f64 / MIB as f64
        );
        ensure!((32 * MIB..=40 * MIB).contains(&sent), "{sent} bytes were sent to it");
        ensure!(slowest < Duration::from_secs(Scale::get().pick(5, 1)), "a PUBLISH took {slowest:?}");
        // What the system has of it is the beginning.
        let mut due = 0;
        while let Ok(number) = number(&mut stalled, SIZE) {
            ensure!(number == due, "{number} came where {due} was due");
            due += 1;
        }
        ensure!(due * SIZE < sent, "it read {due} messages");
    }
    Ok(())
}

pub(crate) fn soft_limit(backend: Backend) -> Result<()> {
    const SIZE: usize = 256 * 1024;
    const COUNT: usize = 8 * MIB / SIZE;

    let _watchdog = Watchdog::new("a backlog", Duration::from_secs(120));
    let server = Running::start(backend)?;
    let mut control = server.unix()?;
    let seconds = Scale::get().pick(2, 5);
    limit(&mut control, &format!("pubsub 0 1mb {seconds}"))?;
    let mut stalled = subscribed(server.unix()?, "stalled", false, "c")?;
    let late = subscribed(server.tcp()?, "late", true, "c")?;
    let began = Instant::now();
    for number in 0..COUNT {
        publish(&mut control, "c", &payload(number, SIZE))?;
    }
    // One reads in time what waited for it for a while.
    thread::sleep(Duration::from_millis(Scale::get().pick(50, 500)));
    let late = read_all(late, COUNT, SIZE, Duration::ZERO);
    let mut late = joined(late)?;
    gone(&mut control, "stalled")?;
    let cut = began.elapsed();
    println!("{backend}: a backlog of 8 MiB beyond 1mb for {seconds} s was cut off after {cut:.1?}");
    let least = Duration::from_millis(1000 * seconds - 100);
    ensure!(cut >= least && cut < least + Duration::from_secs(15), "cut after {cut:?}");
    while number(&mut stalled, SIZE).is_ok() {}
    publish(&mut control, "c", &payload(COUNT, SIZE))?;
    ensure!(number(&mut late, SIZE)? == COUNT, "who has read in time stays");
    Ok(())
}

pub(crate) fn changed_limit(backend: Backend) -> Result<()> {
    const SIZE: usize = 256 * 1024;

    let _watchdog = Watchdog::new("a changed limit", Duration::from_secs(120));
    let server = Running::start(backend)?;
    let mut control = server.unix()?;
    limit(&mut control, "pubsub 1mb 512kb 1")?;
    let _stalled = subscribed(server.unix()?, "stalled", false, "c")?;
    for lifted in ["pubsub 0 0 0", "pubsub 256mb 0 0"] {
        limit(&mut control, lifted)?;
        for number in 0..40 * MIB / SIZE {
            let (receivers, _) = publish(&mut control, "c", &payload(number, SIZE))?;
            ensure!(receivers == 1, "it was cut off at {number} with {lifted}");
        }
    }
    ensure!(is_connected(&mut control, "stalled")?);
    limit(&mut control, "pubsub 64mb 0 0")?;
    publish(&mut control, "c", b"one more")?;
    gone(&mut control, "stalled")?;
    ensure!(publish(&mut control, "c", b"nobody")?.0 == 0);
    Ok(())
}

pub(crate) fn killed(backend: Backend) -> Result<()> {
    const SIZE: usize = 256 * 1024;

    let _watchdog = Watchdog::new("CLIENT KILL", Duration::from_secs(120));
    let server = Running::start(backend)?;
    let mut control = server.unix()?;
    let mut stalled = subscribed(server.unix()?, "stalled", false, "c")?;
    for number in 0..6 * MIB / SIZE {
        publish(&mut control, "c", &payload(number, SIZE))?;
    }
    ensure!(control.command(["CLIENT", "KILL", "TYPE", "pubsub"])? == b":1\r\n");
    gone(&mut control, "stalled")?;
    ensure!(publish(&mut control, "c", b"nobody")?.0 == 0);
    let mut read = 0;
    while number(&mut stalled, SIZE).is_ok() {
        read += 1;
    }
    ensure!(read < 6 * MIB / SIZE, "what waited is not sent any more");
    Ok(())
}

/// How messages of a megabyte are published.
#[derive(Clone, Copy, Debug)]
enum Way {
    OneByOne,
    Pipelined,
    InTransactions,
}

/// Redis loses most of these: it would cut off the reader.
pub(crate) fn megabytes() -> Result<()> {
    const SIZE: usize = 1_000_000;

    let _watchdog = Watchdog::new("messages of a megabyte", Duration::from_secs(Scale::get().pick(120, 600)));
    let server = Running::embroker()?;
    let count = Scale::get().pick(12, 500);
    // In the short form as well there is much more of them than may wait.
    limit(&mut server.unix()?, Scale::get().pick("pubsub 4mb 2mb 60", DEFAULT))?;
    // What is read so slowly is published much faster, in a debug build too.
    let rest = Duration::from_millis(Scale::get().pick(100, 8));
    let ways =
        [(Way::Pipelined, Duration::ZERO), (Way::Pipelined, rest), (Way::OneByOne, rest), (Way::InTransactions, rest)];
    // The five messages of a transaction are more than may wait in the short form.
    for (way, rest) in ways.into_iter().take(Scale::get().pick(3, 4)) {
        let began = Instant::now();
        let readers = [
            read_all(subscribed(server.unix()?, "reader", false, "c")?, count, SIZE, rest),
            read_all(subscribed(server.tcp()?, "reader", true, "c")?, count, SIZE, Duration::ZERO),
        ];
        let slowest = send(&server.socket(), way, count, SIZE)?;
        for reader in readers {
            joined(reader).with_context(|| format!("{way:?}"))?;
        }
        println!(
            "{count} messages of 1 MB, {way:?}, a rest of {rest:?}: none lost in {:.1?}{slowest}",
            began.elapsed()
        );
    }
    Ok(())
}

fn send(socket: &Path, way: Way, count: usize, size: usize) -> Result<String> {
    let mut publisher = RawClient::connect(socket)?;
    let mut slowest = Duration::ZERO;
    match way {
        Way::OneByOne => {
            for number in 0..count {
                let (receivers, took) = publish(&mut publisher, "c", &payload(number, size))?;
                ensure!(receivers == 2, "{receivers} receivers of {number}");
                slowest = slowest.max(took);
            }
        }
        Way::Pipelined => {
            for number in 0..count {
                publisher.send([&b"PUBLISH"[..], b"c", &payload(number, size)])?;
            }
            for number in 0..count {
                ensure!(publisher.reply()? == b":2\r\n", "the receivers of {number}");
            }
        }
        Way::InTransactions => {
            for first in (0..count).step_by(5) {
                ok(&mut publisher, &["MULTI"])?;
                for number in first..first + 5 {
                    publisher.command([&b"PUBLISH"[..], b"c", &payload(number, size)])?;
                }
                ensure!(publisher.command(["EXEC"])? == format!("*5\r\n{}", ":2\r\n".repeat(5)).as_bytes());
            }
        }
    }
    ensure!(slowest < Duration::from_secs(Scale::get().pick(5, 1)), "it took {slowest:?}");
    Ok(if slowest.is_zero() { String::new() } else { format!(", slowest PUBLISH {slowest:.1?}") })
}

/// Two clients publish to a channel that both read, and each has to wait for the other and for itself.
pub(crate) fn crossing() -> Result<()> {
    const SIZE: usize = 500_000;

    let _watchdog = Watchdog::new("publishers that cross", Duration::from_secs(Scale::get().pick(120, 600)));
    let server = Running::embroker()?;
    let count = Scale::get().pick(16, 300);
    let mut clients = Vec::new();
    for _ in 0..2 {
        clients.push(subscribed(server.unix()?, "crossing", true, "c")?);
    }
    let socket = server.socket();
    let threads: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let socket = socket.clone();
            thread::spawn(move || -> Result<()> {
                let mut second = RawClient::connect(&socket)?;
                let (mut replies, mut messages) = (0, 0);
                for number in 0..count {
                    // One message of its own connection, which brings its reply and messages, and one of another.
                    client.send([&b"PUBLISH"[..], b"c", &payload(number, SIZE)])?;
                    while replies <= number {
                        let reply = client.reply()?;
                        if reply.starts_with(b":") { replies += 1 } else { messages += 1 }
                    }
                    publish(&mut second, "c", &payload(number, SIZE))?;
                }
                while messages < 4 * count {
                    client.reply()?;
                    messages += 1;
                }
                Ok(())
            })
        })
        .collect();
    threads.into_iter().try_for_each(joined)
}

/// One reads slowly and is behind; who publishes to others is not held up by that.
pub(crate) fn strangers() -> Result<()> {
    const SIZE: usize = 500_000;

    let _watchdog = Watchdog::new("strangers", Duration::from_secs(Scale::get().pick(120, 600)));
    let server = Running::embroker()?;
    let count = Scale::get().pick(24, 400);
    let slow = read_all(subscribed(server.unix()?, "slow", false, "slow")?, count, SIZE, Duration::from_millis(10));
    let socket = server.socket();
    let feeder = thread::spawn(move || -> Result<Instant> {
        let mut publisher = RawClient::connect(&socket)?;
        for number in 0..count {
            publish(&mut publisher, "slow", &payload(number, SIZE))?;
        }
        Ok(Instant::now())
    });
    let mut other = subscribed(server.unix()?, "other", false, "fast")?;
    let mut publisher = server.unix()?;
    let (mut rounds, mut total) = (0_u32, Duration::ZERO);
    while !feeder.is_finished() {
        let (receivers, took) = publish(&mut publisher, "fast", &payload(0, 100))?;
        ensure!(receivers == 1);
        number(&mut other, 100)?;
        total += took;
        rounds += 1;
        thread::sleep(Duration::from_millis(1));
    }
    joined(feeder)?;
    joined(slow)?;
    let mean = total / rounds.max(1);
    println!("{rounds} PUBLISH beside a slow reader took {mean:.1?} each");
    ensure!(mean < Duration::from_millis(100), "each took {mean:?}");
    Ok(())
}

/// Who hears messages may take them as late as it likes, as long as they are few.
pub(crate) fn late(backend: Backend) -> Result<()> {
    const SIZE: usize = 256 * 1024;
    const COUNT: usize = 6 * MIB / SIZE;

    let _watchdog = Watchdog::new("a late reader", Duration::from_secs(240));
    let server = Running::start(backend)?;
    let mut control = server.unix()?;
    let late = subscribed(server.unix()?, "late", false, "c")?;
    for number in 0..COUNT {
        publish(&mut control, "c", &payload(number, SIZE))?;
    }
    // Beyond a minute others are closed.
    thread::sleep(Duration::from_secs(Scale::get().pick(0, 65)));
    joined(read_all(late, COUNT, SIZE, Duration::ZERO)).map(drop)
}

/// Redis lets any amount wait for a monitor unless `normal` says otherwise.
pub(crate) fn monitor(backend: Backend) -> Result<()> {
    let _watchdog = Watchdog::new("a monitor", Duration::from_secs(120));
    let server = Running::start(backend)?;
    for (limits, least, most) in [("normal 4mb 0 0", 4, 8), ("normal 0 0 0", 32, 34)] {
        let mut control = server.unix()?;
        limit(&mut control, limits)?;
        if limits == "normal 0 0 0" && backend == Backend::Redis {
            break;
        }
        monitored(&server, &mut control, least * MIB..=most * MIB)?;
    }
    Ok(())
}

/// A monitor that does not read is closed once so many bytes were sent to it.
fn monitored(server: &Running, control: &mut RawClient, bounds: RangeInclusive<usize>) -> Result<()> {
    let mut monitor = server.unix()?;
    ok(&mut monitor, &["CLIENT", "SETNAME", "monitor"])?;
    ok(&mut monitor, &["MONITOR"])?;
    let word = vec![b'x'; MIB / 2];
    let mut echoed = 0;
    while is_connected(control, "monitor")? {
        control.command([&b"ECHO"[..], &word])?;
        echoed += word.len();
        ensure!(echoed < 48 * MIB, "the monitor holds {echoed} bytes");
    }
    ensure!(bounds.contains(&echoed), "it was cut off at {echoed} bytes");
    Ok(())
}
