//! Commands on a real Redis whose connection is cut, at each byte and at random, or whose server is killed: what the
//! caller is told is true, and nothing runs twice.
//!
//! Each call has keys of its own, so that the server tells afterwards how often it ran. `Ok` means once,
//! `Error::Disconnected` never, `Error::OutcomeUnknown` and `Error::Timeout` at most once.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use embroker::prelude::*;
use embroker::{Command, Error, Event, Gap, Pipeline, RedisBroker, RedisBrokerBuilder, SubscribeOptions, Value};
use embroker_reliability::{Direction, End, Proxy, Scale, Upstream, Watchdog};
use embroker_test_support::{Backend, Property, RawClient, RedisServer, Suite};
use proptest::prelude::*;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// The name of connections that are to be killed.
const NAME: &str = "behind-a-proxy";

/// A call that writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Call {
    Incr,
    Hset,
    Pipeline,
    Transaction,
    /// WATCH, then MULTI and EXEC.
    Watched,
    /// The same, and meanwhile another client writes the key: it must not run.
    Overtaken,
}

impl Call {
    const ALL: [Self; 6] = [Self::Incr, Self::Hset, Self::Pipeline, Self::Transaction, Self::Watched, Self::Overtaken];
}

/// How often a call ran, by what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Once,
    Never,
    AtMostOnce,
}

/// A call that was made.
#[derive(Clone, Debug)]
struct Made {
    call: Call,
    id: String,
    told: Told,
}

fn command<const N: usize>(argv: [&str; N]) -> Result<Command<'static>> {
    let argv: Vec<Vec<u8>> = argv.iter().map(|word| word.as_bytes().to_vec()).collect();
    Ok(Command::from_argv(argv)?)
}

/// The keys of a call.
fn keys(id: &str) -> [String; 3] {
    ["counter", "hash", "string"].map(|kind| format!("{kind}:{id}"))
}

fn writes(mut pipeline: Pipeline<'static>, id: &str) -> Result<Pipeline<'static>> {
    let [counter, hash, string] = keys(id);
    pipeline.push(command(["INCR", &counter])?);
    pipeline.push(command(["HINCRBY", &hash, "field", "1"])?);
    pipeline.push(command(["APPEND", &string, "x"])?);
    Ok(pipeline)
}

impl Call {
    /// Makes the call, and checks what it answers where it answers.
    async fn make(self, broker: &RedisBroker, server: &mut RawClient, id: String) -> Result<Made> {
        let [counter, hash, _] = keys(&id);
        let one = Value::Int(1);
        let outcome = match self {
            Self::Incr => broker.execute(command(["INCR", &counter])?).await.map(|reply| reply == one),
            Self::Hset => broker.execute(command(["HSET", &hash, "field", "1"])?).await.map(|reply| reply == one),
            Self::Pipeline => broker.pipeline(writes(Pipeline::new(), &id)?).await.map(|replies| replies == ones()),
            Self::Transaction => {
                broker.pipeline(writes(Pipeline::atomic(), &id)?).await.map(|replies| replies == ones())
            }
            Self::Watched | Self::Overtaken => match broker.watch([counter.as_str()]).await {
                // It only watched: nothing has run, whatever was lost.
                Err(_) => return Ok(Made { call: self, id, told: Told::Never }),
                Ok(watch) => {
                    if self == Self::Overtaken {
                        server.command(["INCR", &counter])?;
                    }
                    let replies = watch.exec(writes(Pipeline::atomic(), &id)?).await;
                    let expected = (self == Self::Watched).then(ones);
                    replies.map(|replies| replies == expected)
                }
            },
        };
        let told = match outcome {
            Ok(true) => Told::Once,
            Ok(false) => bail!("{self:?} of {id} answered something else: it was repeated, or came too late"),
            Err(Error::Disconnected { .. } | Error::Authentication { .. }) => Told::Never,
            Err(Error::OutcomeUnknown { .. } | Error::Timeout { .. }) => Told::AtMostOnce,
            Err(error) => bail!("{self:?} of {id}: {error:?}"),
        };
        Ok(Made { call: self, id, told })
    }
}

fn ones() -> Vec<Result<Value, embroker::ServerError>> {
    vec![Ok(Value::Int(1)); 3]
}

impl Made {
    /// Holds what the caller was told against what the server has.
    fn check(&self, server: &mut RawClient) -> Result<()> {
        let Self { call, id, told } = self;
        let [counter, hash, string] = keys(id);
        let mut counts = [
            number(&server.command(["GET", &counter])?)?,
            number(&server.command(["HGET", &hash, "field"])?)?,
            number(&server.command(["STRLEN", &string])?)?,
        ];
        let once = match call {
            Call::Incr => [1, 0, 0],
            Call::Hset => [0, 1, 0],
            Call::Overtaken => {
                // The other client's.
                counts[0] = counts[0].saturating_sub(1);
                [0, 0, 0]
            }
            Call::Pipeline | Call::Transaction | Call::Watched => [1, 1, 1],
        };
        let is_right = match told {
            Told::Once => counts == once,
            Told::Never => counts == [0; 3],
            // Of a pipeline, the first part may have run; a transaction runs as a whole.
            Told::AtMostOnce if *call == Call::Pipeline => counts <= once && counts.is_sorted_by(|a, b| a >= b),
            Told::AtMostOnce => counts == [0; 3] || counts == once,
        };
        ensure!(is_right, "{call:?} of {id} was told to have run {told:?}, and the server has {counts:?}");
        Ok(())
    }
}

/// The number in a reply; nothing is 0.
fn number(reply: &[u8]) -> Result<u64> {
    let text = std::str::from_utf8(reply)?;
    if text == "$-1\r\n" {
        return Ok(0);
    }
    let line = text.trim_end().lines().last().context("the reply is empty")?;
    line.trim_start_matches(':').parse().with_context(|| format!("{text} is no number"))
}

/// A new name for the keys of a call, always of the same length.
fn id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{:08}", NEXT.fetch_add(1, Ordering::Relaxed))
}

fn hasty(url: &str) -> Result<RedisBrokerBuilder> {
    Ok(RedisBroker::builder(url)?.reconnect_delay(Duration::from_millis(1)..=Duration::from_millis(20)))
}

async fn a_call_that_is_cut_at_any_byte_says_what_is_true() -> Result<()> {
    let _watchdog = Watchdog::new("cuts", Scale::get().pick(Duration::from_secs(120), Duration::from_secs(600)));
    let server = RedisServer::start()?;
    let proxy = Proxy::start(Upstream::Unix(server.socket_path()))?;
    let broker = hasty(&proxy.url())?.connect().await?;
    let mut raw = server.client()?;
    let ends = [End::Close, End::Reset];
    // In the short form each byte has one of the two ends.
    let both = Scale::get().pick(1, 2);
    let mut made = Vec::new();
    let mut unknown = 0;
    for call in Call::ALL {
        for direction in [Direction::ToServer, Direction::ToClient] {
            broker.execute(command(["GET", "nothing"])?).await?;
            let before = proxy.passed(direction);
            let whole = call.make(&broker, &mut raw, id()).await?;
            ensure!(whole.told == Told::Once, "nothing is cut yet: {whole:?}");
            let bytes = proxy.passed(direction) - before;
            ensure!(bytes > 3, "the proxy counts what passes");
            for at in 0..=bytes {
                for nth in 0..both {
                    broker.execute(command(["GET", "nothing"])?).await?;
                    let end = ends[(usize::try_from(at)? + nth) % 2];
                    proxy.cut_after(direction, at, end);
                    let call = call.make(&broker, &mut raw, id()).await;
                    proxy.restore();
                    let call = call.with_context(|| format!("{direction:?} cut at {at} of {bytes}, {end:?}"))?;
                    unknown += u64::from(call.told == Told::AtMostOnce);
                    made.push(call);
                }
            }
        }
    }
    // What was on its way has arrived by now.
    for call in &made {
        call.check(&mut raw)?;
    }
    println!("{} cuts at each byte, {unknown} with an unknown outcome", made.len());
    ensure!(unknown > 0, "some replies were cut");
    Ok(())
}

/// What breaks the connection while calls run.
#[derive(Clone, Debug)]
enum Cut {
    /// At a byte in one direction.
    At(Direction, u64, End),
    /// At a moment, in microseconds.
    When(u64, End),
    /// CLIENT KILL of all connections of the broker, at a moment.
    Killed(u64),
}

fn cut() -> impl Strategy<Value = Cut> {
    let direction = prop_oneof![Just(Direction::ToServer), Just(Direction::ToClient)];
    let end = || prop_oneof![Just(End::Close), Just(End::Reset)];
    prop_oneof![
        3 => (direction, 0..1500_u64, end()).prop_map(|(direction, at, end)| Cut::At(direction, at, end)),
        1 => (0..2000_u64, end()).prop_map(|(after, end)| Cut::When(after, end)),
        1 => (0..2000_u64).prop_map(Cut::Killed),
    ]
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    prop::collection::vec(prop::sample::select(Call::ALL.to_vec()), 1..12)
}

struct Behind {
    server: RedisServer,
    proxy: Proxy,
    broker: RedisBroker,
}

async fn behind_a_proxy() -> Result<Behind> {
    let server = RedisServer::start()?;
    let proxy = Proxy::start(Upstream::Unix(server.socket_path()))?;
    let broker = hasty(&proxy.url())?.client_name(NAME).connect().await?;
    Ok(Behind { server, proxy, broker })
}

/// Runs calls side by side on one broker, while `meanwhile` happens.
async fn side_by_side(
    broker: &RedisBroker,
    server: &RedisServer,
    calls: Vec<Call>,
    meanwhile: impl Future<Output = Result<()>>,
) -> Result<Vec<Made>> {
    let mut running = JoinSet::new();
    for call in calls {
        let (broker, mut raw) = (broker.clone(), server.client()?);
        running.spawn(async move { call.make(&broker, &mut raw, id()).await });
    }
    meanwhile.await?;
    let mut made = Vec::new();
    while let Some(call) = running.join_next().await {
        made.push(call??);
    }
    Ok(made)
}

async fn calls_side_by_side_say_what_is_true(behind: &mut Behind, (calls, cut): (Vec<Call>, Cut)) -> Result<()> {
    let Behind { server, proxy, broker } = behind;
    if let Cut::At(direction, at, end) = cut {
        proxy.cut_after(direction, at, end);
    }
    let made = side_by_side(broker, server, calls, async {
        match cut {
            Cut::At(..) => {}
            Cut::When(after, end) => {
                sleep(Duration::from_micros(after)).await;
                proxy.sever(end);
            }
            Cut::Killed(after) => {
                sleep(Duration::from_micros(after)).await;
                kill_clients(&mut server.client()?)?;
            }
        }
        Ok(())
    })
    .await?;
    proxy.restore();
    // What reads is sent once more where the end of the old connection comes only now.
    let answered = broker.execute(command(["GET", "nothing"])?).await;
    ensure!(answered == Ok(Value::Null), "the next call finds a connection: {answered:?}");
    let mut raw = server.client()?;
    for call in made {
        call.check(&mut raw)?;
    }
    Ok(())
}

/// Kills the connections of the broker, of WATCH too.
fn kill_clients(raw: &mut RawClient) -> Result<()> {
    let list = String::from_utf8_lossy(&raw.command(["CLIENT", "LIST"])?).into_owned();
    for client in list.lines().filter(|client| client.contains(&format!("name={NAME} "))) {
        let id = client.split(' ').find_map(|field| field.strip_prefix("id=")).context("a client has an id")?;
        raw.command(["CLIENT", "KILL", "ID", id])?;
    }
    Ok(())
}

async fn a_killed_server_has_what_was_answered() -> Result<()> {
    let scale = Scale::get();
    let _watchdog = Watchdog::new("kills", scale.pick(Duration::from_secs(120), Duration::from_secs(900)));
    // What it has answered is on the disk.
    let mut server = RedisServer::builder().set("appendonly", "yes").set("appendfsync", "always").start()?;
    let broker = hasty(&server.url())?.connect().await?;
    let mut random = fastrand::Rng::with_seed(1);
    let (mut total, mut unknown) = (0, 0);
    for _ in 0..scale.pick(12, 300) {
        let mut running = JoinSet::new();
        for _ in 0..8 {
            let (broker, call) = (broker.clone(), Call::ALL[random.usize(..5)]);
            let mut raw = server.client()?;
            running.spawn(async move {
                let mut made = Vec::new();
                // Until the server is dead.
                while made.last().is_none_or(|call: &Made| call.told == Told::Once) {
                    made.push(call.make(&broker, &mut raw, id()).await?);
                }
                Ok::<_, anyhow::Error>(made)
            });
        }
        sleep(Duration::from_micros(random.u64(..15_000))).await;
        server.kill();
        let mut made = Vec::new();
        while let Some(calls) = running.join_next().await {
            made.extend(calls??);
        }
        server.restart()?;
        let mut raw = server.client()?;
        for call in &made {
            call.check(&mut raw)?;
        }
        total += made.len();
        unknown += made.iter().filter(|call| call.told == Told::AtMostOnce).count();
    }
    println!("{total} calls, {unknown} of them with an unknown outcome");
    Ok(())
}

async fn after_a_timeout_the_next_call_has_another_connection() -> Result<()> {
    let Behind { server, proxy, .. } = behind_a_proxy().await?;
    let broker = hasty(&proxy.url())?.response_timeout(Duration::from_millis(200)).connect().await?;
    let mut raw = server.client()?;
    let mut made = Vec::new();
    for call in Call::ALL {
        // The connection of a WATCH is new each time.
        if matches!(call, Call::Watched | Call::Overtaken) {
            continue;
        }
        proxy.half_open();
        let lost = call.make(&broker, &mut raw, id()).await?;
        ensure!(lost.told == Told::AtMostOnce, "nobody answers: {lost:?}");
        let next = call.make(&broker, &mut raw, id()).await?;
        ensure!(next.told == Told::Once, "the dead connection was used again: {next:?}");
        made.extend([lost, next]);
    }
    // One that is only slow answers whom it still owes a reply.
    let patient = hasty(&proxy.url())?.connect().await?;
    let (slept, counted) = tokio::join!(patient.execute(command(["DEBUG", "SLEEP", "0.5"])?), async {
        sleep(Duration::from_millis(50)).await;
        Call::Incr.make(&broker, &mut raw, id()).await
    });
    ensure!(slept == Ok(Value::OK), "{slept:?}");
    made.push(counted?);
    made.iter().try_for_each(|call| call.check(&mut raw))
}

/// In the short form, less than the default.
fn silence() -> Duration {
    Scale::get().pick(Duration::from_millis(300), Duration::from_secs(2))
}

async fn a_call_on_a_dead_link_comes_to_an_end() -> Result<()> {
    let _watchdog = Watchdog::new("dead links", Duration::from_secs(120));
    let server = RedisServer::start()?;
    server.command(["SET", "known", "yes"])?;
    let mut running = JoinSet::new();
    // The server has lost the connection, or its replies don't pass, or the requests don't.
    for dead in [None, Some(Direction::ToClient), Some(Direction::ToServer)] {
        for call in [Call::Incr, Call::Transaction, Call::Watched] {
            let proxy = Proxy::start(Upstream::Unix(server.socket_path()))?;
            let (id, mut raw) = (id(), server.client()?);
            running.spawn(async move {
                let made = on_a_dead_link(&proxy, dead, call, id, &mut raw).await;
                made.with_context(|| format!("{call:?} with {dead:?}"))
            });
        }
    }
    let mut raw = server.client()?;
    while let Some(made) = running.join_next().await {
        made??.check(&mut raw)?;
    }
    Ok(())
}

async fn on_a_dead_link(
    proxy: &Proxy,
    dead: Option<Direction>,
    call: Call,
    id: String,
    raw: &mut RawClient,
) -> Result<Made> {
    let broker = hasty(&proxy.url())?.silence_timeout(silence()).connect().await?;
    let watch = broker.watch(["known"]).await?;
    match dead {
        None => proxy.half_open(),
        // Connections of later pass.
        Some(direction) => proxy.stall_links(direction),
    }
    if call != Call::Watched {
        let made = call.make(&broker, raw, id).await?;
        ensure!(made.told == Told::AtMostOnce, "nobody answers: {made:?}");
        return Ok(made);
    }
    let outcome = watch.exec(writes(Pipeline::atomic(), &id)?).await;
    ensure!(matches!(outcome, Err(Error::OutcomeUnknown { .. })), "{outcome:?}");
    // What only reads is sent once more.
    let read = broker.execute(command(["GET", "known"])?).await;
    ensure!(read == Ok(Value::from("yes")), "{read:?}");
    Ok(Made { call, id, told: Told::AtMostOnce })
}

async fn a_server_that_is_busy_is_waited_for() -> Result<()> {
    // Long enough for the server to be asked, and to be believed wrongly.
    let (blocked, paused, asleep) = tokio::join!(
        is_waited_for(["BLPOP", "empty", "4"], Value::Null, None),
        is_waited_for(["SET", "paused", "4"], Value::OK, Some(["CLIENT", "PAUSE", "4000", "WRITE"])),
        is_waited_for(["DEBUG", "SLEEP", "1"], Value::OK, None),
    );
    blocked.and(paused).and(asleep)
}

/// Makes a call that takes its time, on a server of its own, and another one behind it.
async fn is_waited_for(slow: [&str; 3], expected: Value, first: Option<[&str; 4]>) -> Result<()> {
    let Behind { server, proxy, .. } = behind_a_proxy().await?;
    let broker = hasty(&proxy.url())?.silence_timeout(silence()).connect().await?;
    let mut raw = server.client()?;
    if let Some(first) = first {
        raw.command(first)?;
    }
    let (reply, made) = tokio::join!(broker.execute(command(slow)?), Call::Incr.make(&broker, &mut raw, id()));
    ensure!(reply == Ok(expected), "{slow:?}: {reply:?}");
    let made = made?;
    ensure!(made.told == Told::Once, "behind {slow:?}: {made:?}");
    made.check(&mut raw)
}

async fn a_wrong_password_is_tried_once_and_told_at_once() -> Result<()> {
    let server = RedisServer::builder().set("requirepass", "secret").start()?;
    let proxy = Proxy::start(Upstream::Unix(server.socket_path()))?;
    let with = |password: &str| proxy.url().replace("redis://", &format!("redis://:{password}@"));
    let mut raw = server.client()?;
    raw.command(["AUTH", "secret"])?;

    let refused = hasty(&with("wrong"))?.connect().await.map(drop);
    ensure!(matches!(refused, Err(Error::Authentication { .. })), "{refused:?}");
    ensure!((proxy.accepted(), refusals(&mut raw)?) == (1, 1), "one attempt");

    // The password changes while a subscriber and a broker are away.
    let longest = Duration::from_millis(400);
    let delays = Duration::from_millis(1)..=longest;
    let broker = RedisBroker::builder(&with("secret"))?.reconnect_delay(delays).connect().await?;
    let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    subscriber.subscribe(["news"]).await?;
    proxy.refuse();
    proxy.sever(End::Reset);
    ensure!(subscriber.next().await == Some(Event::Gap(Gap::Disconnected)), "the outage is told");
    raw.command(["CONFIG", "SET", "requirepass", "other"])?;
    raw.command(["ACL", "LOG", "RESET"])?;
    proxy.restore();
    let began = Instant::now();
    let told = subscriber.subscribe(["more"]).await;
    ensure!(matches!(told, Err(Error::Authentication { .. })), "{told:?}");
    sleep(3 * longest).await;
    let (attempts, spent) = (refusals(&mut raw)?, began.elapsed());
    // Each comes half of the longest delay after the one before, at least; the first may follow a lost connection.
    let most = 2 + spent.as_millis() / (longest.as_millis() / 2);
    ensure!((2..=most).contains(&u128::from(attempts)), "{attempts} attempts in {spent:?}");
    ensure!(subscriber.try_next().is_none(), "the gap stays open");

    raw.command(["ACL", "LOG", "RESET"])?;
    raw.command(["CONFIG", "SET", "requirepass", "secret"])?;
    ensure!(subscriber.next().await == Some(Event::Gap(Gap::Resubscribed)), "the right password ends it");
    Ok(())
}

/// How many attempts with a wrong password the server has counted.
fn refusals(raw: &mut RawClient) -> Result<u64> {
    let log = String::from_utf8_lossy(&raw.command(["ACL", "LOG"])?).into_owned();
    let counts =
        log.split("$5\r\ncount\r\n:").skip(1).map(|rest| rest.split("\r\n").next().unwrap_or_default().parse::<u64>());
    Ok(counts.sum::<Result<u64, std::num::ParseIntError>>()?)
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    let redis = Backend::Redis;
    suite.test(
        redis,
        "a_call_that_is_cut_at_any_byte_says_what_is_true",
        a_call_that_is_cut_at_any_byte_says_what_is_true,
    );
    suite.property(
        redis,
        "calls_side_by_side_say_what_is_true",
        Property {
            cases: Scale::get().pick(150, 5000),
            regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/../regressions/cuts.txt"),
        },
        || (calls(), cut()),
        behind_a_proxy,
        calls_side_by_side_say_what_is_true,
    );
    suite.test(redis, "a_killed_server_has_what_was_answered", a_killed_server_has_what_was_answered);
    suite.test(
        redis,
        "after_a_timeout_the_next_call_has_another_connection",
        after_a_timeout_the_next_call_has_another_connection,
    );
    suite.test(redis, "a_call_on_a_dead_link_comes_to_an_end", a_call_on_a_dead_link_comes_to_an_end);
    suite.test(redis, "a_server_that_is_busy_is_waited_for", a_server_that_is_busy_is_waited_for);
    suite.test(
        redis,
        "a_wrong_password_is_tried_once_and_told_at_once",
        a_wrong_password_is_tried_once_and_told_at_once,
    );
    suite.run()
}
