//! Subscribers of a server that fails, a real Redis or an `embroker-server`: what they miss they are told, and they come
//! back.
//!
//! Each line of the test is a server with a publisher and three subscribers, each behind a proxy of its own. Faults come
//! one after the other, and last from a moment to half a minute. After each, every subscription has to be back in time
//! by what the server says, and at the end the books have to be right.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use embroker::prelude::*;
use embroker::{RedisBroker, SubscribeOptions, Subscriber};
use embroker_reliability::{Account, Direction, End, Ledger, Proxy, Scale, Server, Totals, Upstream, Watchdog};
use embroker_test_support::{Backend, RawClient, Suite};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::sleep;

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server-under-test");
const NEWS: &str = "news";
const SHARD: &str = "shard";
const BALLAST: &str = "ballast";
const READERS: usize = 3;

/// What happens to a server, or to connections to it, until it is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// SIGKILL.
    Kill,
    /// SIGKILL, and nobody tells the clients.
    SilentKill,
    /// RST, and new connections are refused.
    Reset,
    /// FIN, and new connections are refused.
    Close,
    /// The server has lost the connections, the clients are not told, and new connections are refused.
    HalfOpen,
    /// Nothing passes, and everything that was kept passes afterwards.
    Stall,
    /// Nothing passes, and the connections of that time are dead for ever.
    BlackHole,
    /// No replies and messages pass.
    Deaf,
    /// The stream of messages is cut at some byte.
    Cut,
    /// CLIENT KILL TYPE pubsub.
    ClientKill,
    /// The output buffer of subscribers that take nothing overflows, and the server closes their connections.
    Overflow,
}

impl Fault {
    const ALL: [Self; 11] = [
        Self::Kill,
        Self::SilentKill,
        Self::Reset,
        Self::Overflow,
        Self::Close,
        Self::HalfOpen,
        Self::Stall,
        Self::Cut,
        Self::BlackHole,
        Self::ClientKill,
        Self::Deaf,
    ];
}

/// A server with what hangs on it.
struct Line {
    server: Arc<Mutex<Server>>,
    proxies: Vec<Proxy>,
    readers: Vec<Reader>,
    ledger: Ledger,
    publisher: Publisher,
    random: fastrand::Rng,
    /// The slowest return after each fault.
    slowest: BTreeMap<Fault, Duration>,
}

struct Reader {
    account: Arc<Mutex<Account>>,
    task: JoinHandle<Result<()>>,
}

struct Publisher {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

async fn outages_lose_nothing_in_silence_and_end_within_five_seconds(backend: Backend) -> Result<()> {
    let scale = Scale::get();
    let _watchdog = Watchdog::new("outages", scale.pick(Duration::from_secs(120), Duration::from_secs(45 * 60)));
    let lines = scale.pick(3, 4);
    let cycles = scale.pick(4, 50);
    let mut running = JoinSet::new();
    for number in 0..lines {
        running.spawn(async move {
            let mut line = Line::start(backend, number as u64).await?;
            for cycle in 0..cycles {
                let fault = Fault::ALL[(cycle * lines + number) % Fault::ALL.len()];
                // The longest is not left to chance.
                let outage = if cycle == cycles / 2 { Line::longest() } else { line.outage() };
                line.cycle(fault, outage).await.with_context(|| format!("{fault:?} for {outage:?}"))?;
            }
            line.finish().await
        });
    }
    let mut slowest: BTreeMap<Fault, Duration> = BTreeMap::new();
    let mut sums = Totals::default();
    let (mut published, mut unknown) = (0, 0);
    while let Some(outcome) = running.join_next().await {
        let (line, ledger, totals) = outcome??;
        for (fault, time) in line {
            slowest.entry(fault).and_modify(|slowest| *slowest = time.max(*slowest)).or_insert(time);
        }
        published += ledger.0;
        unknown += ledger.1;
        sums.received += totals.received;
        sums.missed += totals.missed;
        sums.lagged += totals.lagged;
        sums.outages += totals.outages;
    }
    println!("{backend}: {} cycles: {published} published ({unknown} unanswered), {sums:?}", lines * cycles);
    println!("{backend}: slowest return after each fault: {slowest:.2?}");
    ensure!(sums.outages > 0 && sums.missed > 0, "something was missed, and it was told");
    Ok(())
}

impl Line {
    async fn start(backend: Backend, seed: u64) -> Result<Self> {
        let server = Server::start(backend, PROGRAM, &[("client-output-buffer-limit", "pubsub 1mb 0 0")])?;
        let ledger = Ledger::default();
        let (mut proxies, mut readers) = (Vec::new(), Vec::new());
        for number in 0..READERS {
            let proxy = Proxy::start(Upstream::Unix(server.socket()))?;
            let silence = Scale::get().pick(Duration::from_millis(500), Duration::from_secs(2));
            let broker = RedisBroker::builder(&proxy.url())?.silence_timeout(silence).connect().await?;
            readers.push(Reader::start(&broker, &ledger, number).await?);
            proxies.push(proxy);
        }
        let publisher = Publisher::start(&server, &ledger);
        let random = fastrand::Rng::with_seed(seed);
        let server = Arc::new(Mutex::new(server));
        Ok(Self { server, proxies, readers, ledger, publisher, random, slowest: BTreeMap::new() })
    }

    fn longest() -> Duration {
        Scale::get().pick(Duration::from_millis(300), Duration::from_secs(30))
    }

    /// From a moment to the longest; each order of magnitude is as likely as the others.
    fn outage(&mut self) -> Duration {
        let shortest = Scale::get().pick(Duration::from_millis(30), Duration::from_millis(100));
        let orders = (Self::longest().as_secs_f64() / shortest.as_secs_f64()).ln();
        shortest.mul_f64((self.random.f64() * orders).exp())
    }

    async fn cycle(&mut self, fault: Fault, outage: Duration) -> Result<()> {
        let limit = Scale::get().pick(Duration::from_secs(30), Duration::from_secs(5));
        // All of them, or some.
        let hit: Vec<usize> = (0..READERS).filter(|_| self.random.bool()).collect();
        let hit = if hit.is_empty() { (0..READERS).collect() } else { hit };
        self.inflict(fault, &hit).await?;
        sleep(outage).await;
        self.undo(fault, &hit).await?;
        let returned = Instant::now();
        let first = self.ledger.next(NEWS.as_bytes());
        while !(self.are_receiving(first)? && self.are_subscribed().await?) {
            if returned.elapsed() > limit {
                bail!("not back after {limit:?}, hit were {hit:?}: {}", self.describe().await);
            }
            sleep(Duration::from_millis(5)).await;
        }
        let time = returned.elapsed();
        self.slowest.entry(fault).and_modify(|slowest| *slowest = time.max(*slowest)).or_insert(time);
        let quiet = self.random.u64(50..Scale::get().pick(100, 600));
        sleep(Duration::from_millis(quiet)).await;
        Ok(())
    }

    async fn inflict(&mut self, fault: Fault, hit: &[usize]) -> Result<()> {
        let random = self.random.u64(0..50_000);
        let proxies = hit.iter().map(|number| &self.proxies[*number]);
        match fault {
            Fault::Kill => self.kill().await?,
            Fault::SilentKill => {
                self.proxies.iter().for_each(Proxy::half_open);
                self.kill().await?;
            }
            Fault::Reset | Fault::Close => {
                let end = if fault == Fault::Reset { End::Reset } else { End::Close };
                proxies.for_each(|proxy| {
                    proxy.refuse();
                    proxy.sever(end);
                });
            }
            Fault::HalfOpen => proxies.for_each(|proxy| {
                proxy.refuse();
                proxy.half_open();
            }),
            Fault::Stall | Fault::BlackHole => proxies.for_each(Proxy::stall),
            Fault::Deaf => proxies.for_each(|proxy| proxy.stall_one_way(Direction::ToClient)),
            Fault::Cut => proxies.for_each(|proxy| {
                proxy.refuse();
                let end = if random.is_multiple_of(2) { End::Reset } else { End::Close };
                proxy.cut_after(Direction::ToClient, random, end);
            }),
            Fault::ClientKill => {
                proxies.for_each(Proxy::refuse);
                self.on_server(|server| Ok(server.client()?.command(["CLIENT", "KILL", "TYPE", "pubsub"])?)).await?;
            }
            Fault::Overflow => {
                proxies.for_each(|proxy| proxy.stall_one_way(Direction::ToClient));
                let ledger = self.ledger.clone();
                self.on_server(move |server| overflow(server, &ledger)).await?;
            }
        }
        Ok(())
    }

    async fn kill(&self) -> Result<()> {
        let kill = |server: &mut Server| {
            server.kill();
            Ok(())
        };
        self.on_server(kill).await
    }

    /// The server is back, and the way to it.
    async fn undo(&self, fault: Fault, hit: &[usize]) -> Result<()> {
        if matches!(fault, Fault::Kill | Fault::SilentKill) {
            self.on_server(Server::restart).await?;
        }
        for proxy in hit.iter().map(|number| &self.proxies[*number]) {
            if fault == Fault::BlackHole {
                proxy.half_open();
            }
            proxy.restore();
        }
        Ok(())
    }

    /// Whether every subscriber has received a message that was published after the server's return.
    fn are_receiving(&self, first: u64) -> Result<bool> {
        let mut all = true;
        for reader in &self.readers {
            ensure!(!reader.task.is_finished(), "a subscriber has stopped reading");
            let account = lock(&reader.account);
            all &= !account.is_disconnected() && account.last(NEWS.as_bytes()).is_some_and(|last| last >= first);
        }
        Ok(all)
    }

    /// Whether the server confirms every subscription, and no other.
    async fn are_subscribed(&self) -> Result<bool> {
        self.on_server(|server| {
            let mut raw = server.client()?;
            let mut asked = Vec::new();
            asked.extend(raw.command(["PUBSUB", "NUMSUB", NEWS, BALLAST])?);
            asked.extend(raw.command(["PUBSUB", "NUMPAT"])?);
            asked.extend(raw.command(["PUBSUB", "SHARDNUMSUB", SHARD])?);
            let expected =
                format!("*4\r\n$4\r\n{NEWS}\r\n:3\r\n$7\r\n{BALLAST}\r\n:2\r\n:2\r\n*2\r\n$5\r\n{SHARD}\r\n:1\r\n");
            Ok(asked == expected.as_bytes() && pubsub_clients(&mut raw)? == READERS)
        })
        .await
    }

    async fn describe(&self) -> String {
        let list = self.on_server(|server| Ok(server.client()?.command(["CLIENT", "LIST", "TYPE", "pubsub"])?)).await;
        let accounts: Vec<_> = self
            .readers
            .iter()
            .map(|reader| {
                let account = lock(&reader.account);
                (account.is_disconnected(), account.last(NEWS.as_bytes()), account.totals())
            })
            .collect();
        format!("{accounts:?} of {}; {}", self.ledger.next(NEWS.as_bytes()), list.unwrap_or_default().escape_ascii())
    }

    /// What the publisher sent last is received, and the books are right.
    async fn finish(self) -> Result<(BTreeMap<Fault, Duration>, (u64, u64), Totals)> {
        self.publisher.stop.store(true, Ordering::SeqCst);
        let Publisher { thread, .. } = self.publisher;
        ensure!(spawn_blocking(move || thread.join()).await?.is_ok(), "the publisher panicked");
        let last = self.ledger.next(NEWS.as_bytes()) - 1;
        let mut totals = Totals::default();
        for reader in self.readers {
            let began = Instant::now();
            while lock(&reader.account).last(NEWS.as_bytes()) != Some(last) {
                ensure!(!reader.task.is_finished(), "a subscriber has stopped: {:?}", reader.task.await);
                ensure!(began.elapsed() < Duration::from_secs(30), "the last message is missing");
                sleep(Duration::from_millis(5)).await;
            }
            reader.task.abort();
            let sums = lock(&reader.account).totals();
            totals.received += sums.received;
            totals.missed += sums.missed;
            totals.lagged += sums.lagged;
            totals.outages += sums.outages;
        }
        Ok((self.slowest, self.ledger.published(), totals))
    }

    async fn on_server<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Server) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let server = self.server.clone();
        spawn_blocking(move || act(&mut lock(&server))).await?
    }
}

impl Reader {
    async fn start(broker: &RedisBroker, ledger: &Ledger, number: usize) -> Result<Self> {
        let mut options = SubscribeOptions::default();
        if number == 2 {
            options = options.max_messages(100);
        }
        let subscriber = broker.subscriber(options).await?;
        subscriber.subscribe([NEWS]).await?;
        match number {
            0 => {
                subscriber.subscribe([BALLAST]).await?;
                subscriber.psubscribe(["n*", "nobody:*"]).await?;
            }
            1 => {
                subscriber.ssubscribe([SHARD]).await?;
                subscriber.subscribe([BALLAST]).await?;
            }
            // One subscription and a small queue: what it drops is counted.
            _ => {}
        }
        let account = Arc::new(Mutex::new(Account::new(ledger)));
        let task = tokio::spawn(read(subscriber, account.clone(), number == 2));
        Ok(Self { account, task })
    }
}

async fn read(mut subscriber: Subscriber, account: Arc<Mutex<Account>>, slow: bool) -> Result<()> {
    let mut read: u64 = 0;
    while let Some(event) = subscriber.next().await {
        let booked = lock(&account).book(&event);
        if let Err(error) = booked {
            eprintln!("{error:#}");
            return Err(error);
        }
        read += 1;
        if slow && read.is_multiple_of(500) {
            sleep(Duration::from_millis(50)).await;
        }
    }
    bail!("the stream has ended")
}

impl Publisher {
    fn start(server: &Server, ledger: &Ledger) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (socket, ledger, stopped) = (server.socket(), ledger.clone(), stop.clone());
        let thread = thread::spawn(move || {
            const PERIOD: Duration = Duration::from_millis(10);
            let each = Scale::get().pick(10, 50);
            let (mut client, mut due) = (None, Instant::now());
            while !stopped.load(Ordering::SeqCst) {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                due = (due + PERIOD).max(Instant::now());
                client = publish(client, &socket, &ledger, each);
            }
        });
        Self { stop, thread }
    }
}

/// Publishes so many messages at once, where there is a server; never one of them again.
fn publish(client: Option<RawClient>, socket: &Path, ledger: &Ledger, count: u64) -> Option<RawClient> {
    let mut client = client.or_else(|| RawClient::connect(socket).ok())?;
    let (mut numbers, mut bytes) = (Vec::new(), Vec::new());
    for nth in 0..count {
        let (verb, channel) = if nth % 10 == 0 { ("SPUBLISH", SHARD) } else { ("PUBLISH", NEWS) };
        let number = ledger.number(channel.as_bytes());
        bytes.extend(format!("{verb} {channel} \"{number} {:0>40}\"\r\n", 0).bytes());
        numbers.push((channel, number));
    }
    let replies = client.send_bytes(&bytes).and_then(|()| client.replies(numbers.len()));
    if replies.is_ok_and(|replies| replies.iter().all(|reply| reply.starts_with(b":"))) {
        return Some(client);
    }
    for (channel, number) in numbers {
        ledger.is_unknown(channel.as_bytes(), number);
    }
    None
}

/// Publishes what makes the output buffer of a stalled subscriber overflow, until the server has closed a connection.
fn overflow(server: &Server, ledger: &Ledger) -> Result<()> {
    let mut raw = server.client()?;
    let before = pubsub_clients(&mut raw)?;
    for _ in 0..200 {
        let number = ledger.number(BALLAST.as_bytes());
        let payload = format!("{number} {}", "-".repeat(64 * 1024));
        raw.command(["PUBLISH", BALLAST, &payload])?;
        if pubsub_clients(&mut raw)? < before {
            return Ok(());
        }
    }
    // The one that was hit is not subscribed to the ballast: a stall like any other.
    Ok(())
}

fn pubsub_clients(raw: &mut RawClient) -> Result<usize> {
    let list = raw.command(["CLIENT", "LIST", "TYPE", "pubsub"])?;
    Ok(list.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"id=")).count())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    for backend in Backend::ALL {
        suite.test(backend, "outages_lose_nothing_in_silence_and_end_within_five_seconds", async move || {
            outages_lose_nothing_in_silence_and_end_within_five_seconds(backend).await
        });
    }
    suite.run()
}
