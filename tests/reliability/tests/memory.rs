//! Memory: `maxmemory` holds, what the system has no memory for is refused, and what is gone is given back.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Command, Event, Expiry, MemBroker, SetOptions, SubscribeOptions, SubscriptionKind, Value};
use embroker_reliability::{Limits, Program, Scale, Watchdog, alone, is_alone, resident};
use embroker_server::Server;
use embroker_test_support::{Backend, Suite};
use tokio::io::AsyncReadExt as _;

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server-under-test");
const MIB: u64 = 1 << 20;
/// What may be left in use of what is gone.
const ALLOWED: u64 = 10 * MIB;
const OOM: &[u8] = b"-OOM command not allowed when used memory > 'maxmemory'.\r\n";

/// A command, and what it is answered where there is memory; else it is [`OOM`].
type Step = (&'static [&'static str], &'static [u8]);

/// What asks for much by little, in an order in which each has something to work on.
const GREEDY: &[Step] = &[
    (&["SETBIT", "bits", "4294967295", "1"], b":0\r\n"),
    (&["SETRANGE", "range", "536870911", "x"], b":536870912\r\n"),
    (&["SETRANGE", "range", "536870912", "x"], b"-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n"),
    (&["BITFIELD", "field", "SET", "u8", "#536870911", "255"], b"*1\r\n:0\r\n"),
    (&["SET", "short", "x"], b"+OK\r\n"),
    (&["SETBIT", "short", "4294967295", "1"], b":0\r\n"),
    (&["DEL", "short", "field"], b""),
    (&["BITOP", "NOT", "not", "bits"], b""),
    (&["DEL", "not"], b""),
    (&["BITOP", "OR", "or", "bits", "range"], b""),
    (&["DEL", "or"], b""),
    (&["COPY", "bits", "copy"], b""),
    (&["SETBIT", "copy", "0", "1"], b":0\r\n"),
    (&["RENAME", "range", "other"], b""),
    (&["GETRANGE", "bits", "0", "-2"], b""),
    (&["GET", "bits"], b""),
    (&["MGET", "bits", "bits", "copy"], b""),
    (&["GETSET", "copy", "x"], b""),
    (&["GETDEL", "other"], b""),
];

/// Whatever memory it may have, the program answers, and goes on.
async fn what_there_is_no_memory_for_is_refused_and_the_server_goes_on() -> Result<()> {
    let _watchdog = Watchdog::new("commands that ask for 512 MB", Duration::from_secs(600));
    for mib in Scale::get().pick(&[300, 800][..], &[200, 300, 600, 700, 900, 1200, 1700, 2500, 4000, 8000]) {
        let limits = Limits { address_space: Some(mib * MIB), ..Limits::default() };
        let mut server = Program::start(PROGRAM, &[], limits)?;
        let (mut client, mut other) = (server.client()?, server.client()?);
        let mut refused = 0;
        for (words, expected) in GREEDY {
            let reply = client.command(*words).with_context(|| format!("{words:?} with {mib} MiB"))?;
            refused += usize::from(reply == OOM);
            let is_expected = expected.is_empty() && reply != OOM || reply == *expected;
            // Of keys that were refused nothing is there.
            let is_missing = reply.starts_with(b"-ERR no such key") || reply == b":0\r\n";
            ensure!(reply == OOM || is_expected || is_missing, "{words:?} with {mib} MiB: {}", start(&reply));
            server.check()?;
            ensure!(other.command(["PING"])? == b"+PONG\r\n", "others are served");
        }
        println!("with {mib} MiB of address space {refused} of {} commands are refused", GREEDY.len());
        ensure!(refused > 0 || *mib >= 4000, "{refused} refused with {mib} MiB");
        client.command(["FLUSHALL"])?;
        for words in [&["MULTI"][..], &["SETBIT", "bits", "4294967295", "1"], &["GET", "bits"], &["EXEC"]] {
            client.command(words)?;
        }
        server.check()?;
        ensure!(other.command(["PING"])? == b"+PONG\r\n", "others are served after EXEC");
    }
    Ok(())
}

/// Arguments that are large themselves: each is taken, refused, or ends its connection, and nothing else.
async fn large_arguments_are_taken_or_refused_and_the_server_goes_on() -> Result<()> {
    let _watchdog = Watchdog::new("large arguments", Duration::from_secs(600));
    let (mib, length) = Scale::get().pick((300, 48 << 20), (2500, 500 << 20));
    let payload = vec![b'x'; length];
    let limits = Limits { address_space: Some(mib * MIB), ..Limits::default() };
    let mut server = Program::start(PROGRAM, &[], limits)?;
    let mut other = server.client()?;
    let mut subscriber = server.client()?;
    subscriber.command(["SUBSCRIBE", "channel"])?;
    let commands: &[&[&[u8]]] = &[
        &[b"SET", b"k", &payload],
        &[b"APPEND", b"k", &payload],
        &[b"GET", b"k"],
        &[b"SET", b"l", &payload],
        &[b"SETRANGE", b"l", b"7", &payload],
        &[b"HSET", b"h", b"f", &payload],
        &[b"HSET", b"h", &payload, b"v"],
        &[b"SADD", b"s", &payload],
        &[b"MSET", b"m", &payload, b"n", &payload],
        &[b"ECHO", &payload],
        &[b"PUBLISH", b"channel", &payload],
        &[b"SET", &payload, b"v"],
        &[b"SUBSCRIBE", &payload],
        &[b"NOSUCH", &payload],
    ];
    let (mut refused, mut closed) = (0, 0);
    for command in commands {
        let mut client = server.client()?;
        match client.send(*command).and_then(|()| client.reply()) {
            Ok(reply) => refused += usize::from(reply == OOM),
            Err(_) => closed += 1,
        }
        server.check().with_context(|| format!("after {}", command[0].escape_ascii()))?;
        if command[1] != b"k" {
            other.command(["FLUSHALL"])?;
        }
        ensure!(other.command(["PING"])? == b"+PONG\r\n", "others are served");
    }
    println!("{mib} MiB: {refused} of {} large commands refused, {closed} closed", commands.len());
    ensure!(refused + closed > 0, "nothing was refused");
    Ok(())
}

/// A server that keeps what it gets until nothing more fits goes on refusing, and serves others meanwhile.
async fn a_full_server_refuses_and_goes_on() -> Result<()> {
    let _watchdog = Watchdog::new("a full server", Duration::from_secs(600));
    let commands: &[&[&str]] = &[
        &["SET", "{number}", "{large}"],
        &["SET", "{large}{number}", "v"],
        &["HSET", "h", "{large}{number}", "v"],
        &["HSET", "h", "{number}", "{large}"],
        &["SADD", "s", "{large}{number}"],
        &["APPEND", "k", "{large}"],
        &["SETRANGE", "{number}", "10", "{large}"],
        &["SUBSCRIBE", "{large}{number}"],
        &["PSUBSCRIBE", "{large}{number}"],
    ];
    for mib in Scale::get().pick(&[1, 5][..], &[1, 2, 3, 5, 7, 9, 15, 17, 33]) {
        let large = "x".repeat(mib << 20);
        let limits = Limits { address_space: Some(300 * MIB), ..Limits::default() };
        let mut server = Program::start(PROGRAM, &[], limits)?;
        let mut other = server.client()?;
        for command in commands {
            let mut client = server.client()?;
            let (mut taken, mut refused) = (0, 0);
            while taken < 300 && refused < 10 {
                let number = (taken + refused).to_string();
                let words = command.iter().map(|word| word.replace("{number}", &number).replace("{large}", &large));
                match client.send(words).and_then(|()| client.reply()) {
                    Ok(reply) if reply != OOM => taken += 1,
                    Ok(_) => refused += 1,
                    Err(_) => {
                        refused += 1;
                        client = server.client()?;
                    }
                }
                server.check().with_context(|| format!("after {command:?} of {mib} MiB, {taken} taken"))?;
                ensure!(other.command(["PING"])? == b"+PONG\r\n", "others are served");
            }
            println!("{command:?} of {mib} MiB: {taken} taken, {refused} refused");
            ensure!(refused > 0, "{command:?} of {mib} MiB: nothing was refused");
            other.command(["FLUSHALL"])?;
        }
    }
    Ok(())
}

/// The beginning of a reply.
fn start(reply: &[u8]) -> String {
    reply.get(..100).unwrap_or(reply).escape_ascii().to_string()
}

/// A key is safe from a `volatile-` policy from the moment that PERSIST is answered.
async fn a_key_that_lost_its_deadline_is_never_evicted() -> Result<()> {
    for policy in ["volatile-lru", "volatile-ttl", "volatile-random"] {
        let broker = MemBroker::builder().config("maxmemory-policy", policy)?.build();
        let (rounds, stop) = (Scale::get().pick(500, 300_000), AtomicBool::new(false));
        for number in 0..200 {
            broker.call(&Command::from_argv(["SET", &format!("fill:{number}"), "v", "EX", "1000"])?)?;
        }
        let used: u64 = used_memory(&broker)?;
        broker.config_set("maxmemory", used).await?;
        let kept = std::thread::scope(|threads| {
            let _stopped = threads.spawn(|| {
                let mut number = 0_u64;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    let key = format!("new:{}", number % 1000);
                    let _ = Command::from_argv(["SET", &key, "v", "EX", "1000"]).map(|set| broker.call(&set));
                }
            });
            let kept = (|| {
                for round in 0..rounds {
                    let key = format!("kept:{round}");
                    // The one that every policy takes first.
                    broker.call(&Command::from_argv(["SET", &key, "v", "EX", "10"])?)?;
                    let persisted = broker.call(&Command::from_argv(["PERSIST", &*key])?)?;
                    if persisted == Value::Int(1) {
                        let found = broker.call(&Command::from_argv(["DEL", &*key])?)?;
                        ensure!(found == Value::Int(1), "{key} was evicted under {policy} after its PERSIST");
                    }
                }
                Ok(())
            })();
            stop.store(true, Ordering::Relaxed);
            kept
        });
        kept?;
    }
    Ok(())
}

/// Keys that live shortly and are never asked for again take no more than `maxmemory`, under each policy.
async fn a_load_of_keys_that_expire_stays_within_the_limit() -> Result<()> {
    const ROOM: u64 = MIB;

    for policy in ["noeviction", "volatile-ttl", "volatile-lru", "volatile-random", "allkeys-lru", "allkeys-random"] {
        let broker = MemBroker::builder().config("maxmemory-policy", policy)?.build();
        let limit = used_memory(&broker)? + ROOM;
        broker.config_set("maxmemory", limit).await?;
        let (writes, mut refused, mut most) = (Scale::get().pick(4_000, 2_000_000), 0_u64, 0);
        let value = "v".repeat(1000);
        for number in 0..writes {
            let options = SetOptions::new().expiry(Expiry::In(Duration::from_millis(1 + number % 50)));
            let set = broker.set_with(format!("key:{number}"), value.as_str(), options).await;
            refused += u64::from(set.is_err());
            if number % 100 == 0 {
                most = most.max(used_memory(&broker)?);
            }
        }
        println!("{policy}: {writes} keys written, {refused} refused, {most} bytes at most of {limit}");
        ensure!(most <= limit + 4096, "{policy}: {most} bytes of {limit}");
        ensure!(policy == "noeviction" || refused == 0, "{policy} refused {refused}");
        std::thread::sleep(Duration::from_millis(60));
        ensure!(broker.set("last", "v").await.is_ok(), "{policy}: expired keys make room");
    }
    Ok(())
}

fn used_memory(broker: &MemBroker) -> Result<u64> {
    let info = broker.call(&Command::from_argv(["INFO", "memory"])?)?;
    let info = String::from_utf8_lossy(info.as_bytes().context("a text")?).into_owned();
    let used = info.lines().find_map(|line| line.strip_prefix("used_memory:")).context("it says so")?;
    Ok(used.trim().parse()?)
}

/// The names that a subscriber comes and goes by: short, long, and of many shapes.
fn names(from: usize, count: usize, long: bool) -> Vec<String> {
    let filling = "n".repeat(if long { 2000 } else { 0 });
    (from..from + count).map(|number| format!("name:{number}{filling}")).collect()
}

/// In a process of its own: subscribes and unsubscribes, sets and loses keys, and sees how much stays in use.
async fn see_what_stays_in_use() -> Result<()> {
    let scale = Scale::get();
    let broker = MemBroker::new();
    // What the first use of everything takes stays.
    subscriptions(&broker, 20, false).await?;
    keys(&broker, 2000).await?;
    let before = resident(std::process::id())?;
    let allowed = scale.pick(ALLOWED / 2, ALLOWED);
    let see = |what: &str| {
        let after = resident(std::process::id())?;
        println!("{what}: {}", grown(before, after));
        ensure!(after <= before + allowed, "{what}: from {before} to {after} bytes");
        anyhow::Ok(())
    };
    for _ in 0..2 {
        let count = scale.pick(50_000, 1_000_000);
        subscriptions(&broker, count, false).await?;
        see(&format!("{count} subscriptions of each kind"))?;
        let count = scale.pick(5_000, 100_000);
        subscriptions(&broker, count, true).await?;
        see(&format!("{count} subscriptions of each kind by long names"))?;
        let count = scale.pick(50_000, 200_000);
        subscribers(&broker, count).await?;
        see(&format!("{count} subscribers"))?;
        let count = scale.pick(100_000, 1_000_000);
        keys(&broker, count).await?;
        see(&format!("{count} keys deleted, flushed and expired"))?;
    }
    let count = scale.pick(100_000, 1_000_000);
    let other = MemBroker::new();
    fill(&other, count, SetOptions::new()).await?;
    drop(other);
    see(&format!("{count} keys of a broker that was dropped"))
}

fn grown(before: u64, after: u64) -> String {
    format!("{:.1} MiB in use before, {:.1} after", before as f64 / MIB as f64, after as f64 / MIB as f64)
}

async fn subscriptions(broker: &MemBroker, count: usize, long: bool) -> Result<()> {
    for kind in [SubscriptionKind::Channel, SubscriptionKind::Pattern, SubscriptionKind::Shard] {
        for one_by_one in [false, true] {
            let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
            for from in (0..count).step_by(1000) {
                let names = names(from, count.min(1000), long);
                match kind {
                    SubscriptionKind::Channel => subscriber.subscribe(names).await?,
                    SubscriptionKind::Pattern => {
                        subscriber.psubscribe(names.iter().map(|name| format!("{name}*"))).await?;
                    }
                    SubscriptionKind::Shard => subscriber.ssubscribe(names).await?,
                }
            }
            if one_by_one {
                for from in (0..count).step_by(1000) {
                    let names = names(from, count.min(1000), long);
                    match kind {
                        SubscriptionKind::Channel => subscriber.unsubscribe(names).await?,
                        SubscriptionKind::Pattern => {
                            subscriber.punsubscribe(names.iter().map(|name| format!("{name}*"))).await?;
                        }
                        SubscriptionKind::Shard => subscriber.sunsubscribe(names).await?,
                    }
                }
            }
            drop(subscriber);
            ensure!(broker.pubsub_channels("*").await?.is_empty(), "no channel is left");
            ensure!(broker.pubsub_numpat().await? == 0, "no pattern is left");
            ensure!(broker.pubsub_shardchannels("*").await?.is_empty(), "no shard channel is left");
        }
    }
    Ok(())
}

/// Subscribers that come and go, all of them at once.
async fn subscribers(broker: &MemBroker, count: usize) -> Result<()> {
    // In many lists, for what a long one takes is none of the broker's.
    let mut all = Vec::new();
    for from in (0..count).step_by(1000) {
        let mut some = Vec::new();
        for _ in from..count.min(from + 1000) {
            let subscriber = broker.subscriber(SubscribeOptions::default()).await?;
            subscriber.subscribe(["news"]).await?;
            some.push(subscriber);
        }
        all.push(some);
    }
    ensure!(broker.publish("news", "first").await? == count as i64, "all of them are there");
    drop(all);
    ensure!(broker.pubsub_channels("*").await?.is_empty(), "no channel is left");
    Ok(())
}

async fn fill(broker: &MemBroker, count: usize, options: SetOptions) -> Result<()> {
    for number in 0..count {
        broker.set_with(format!("a-key-that-is-not-in-its-slot:{number}"), "a value", options).await?;
    }
    Ok(())
}

async fn keys(broker: &MemBroker, count: usize) -> Result<()> {
    fill(broker, count, SetOptions::new()).await?;
    for number in 0..count {
        ensure!(broker.del([format!("a-key-that-is-not-in-its-slot:{number}")]).await? == 1, "it was there");
    }
    fill(broker, count, SetOptions::new()).await?;
    broker.flushall().await?;
    fill(broker, count, SetOptions::new().expiry(Expiry::In(Duration::from_millis(1)))).await?;
    std::thread::sleep(Duration::from_millis(5));
    broker.sweep();
    ensure!(broker.dbsize().await? == 0, "no key is left");
    Ok(())
}

/// [`see_what_stays_in_use`].
async fn what_is_gone_is_given_back() -> Result<()> {
    print!("{}", alone("in use")?);
    Ok(())
}

/// The same, by way of a server.
async fn what_is_gone_is_given_back_by_the_server() -> Result<()> {
    let server = Program::start(PROGRAM, &[], Limits::default())?;
    let mut client = server.client()?;
    let mut come_and_go = |count: usize, long: bool| -> Result<()> {
        for [subscribe, unsubscribe] in
            [["SUBSCRIBE", "UNSUBSCRIBE"], ["PSUBSCRIBE", "PUNSUBSCRIBE"], ["SSUBSCRIBE", "SUNSUBSCRIBE"]]
        {
            for command in [subscribe, unsubscribe] {
                for from in (0..count).step_by(100) {
                    let names = names(from, count.min(100), long);
                    client.send(std::iter::once(command).chain(names.iter().map(String::as_str)))?;
                    client.replies(names.len())?;
                }
            }
        }
        for words in [&["PUBSUB", "CHANNELS"][..], &["PUBSUB", "SHARDCHANNELS"]] {
            ensure!(client.command(words)? == b"*0\r\n", "none is left");
        }
        ensure!(client.command(["PUBSUB", "NUMPAT"])? == b":0\r\n", "no pattern is left");
        Ok(())
    };
    // What the first use of everything takes stays.
    come_and_go(200, true)?;
    let mut before = server.resident()?;
    for long in [false, true] {
        let count = Scale::get().pick(if long { 500 } else { 5_000 }, if long { 100_000 } else { 1_000_000 });
        come_and_go(count, long)?;
        if long {
            // Of what was in use at the most, jemalloc keeps three hundredths for its own accounts.
            before = settled(&server, 0).await?;
            come_and_go(count, long)?;
        }
        let after = settled(&server, before + ALLOWED).await?;
        println!("{count} subscriptions of each kind over a socket, long names {long}: {}", grown(before, after));
        ensure!(after <= before + ALLOWED, "from {before} to {after} bytes");
    }
    Ok(())
}

/// How much `server` has in use, as soon as it is no more than `enough`, or after ten seconds: its allocator gives back
/// in the background.
async fn settled(server: &Program, enough: u64) -> Result<u64> {
    for _ in 0..100 {
        if server.resident()? <= enough {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    server.resident()
}

/// The last handle that goes ends every stream, whoever had subscribed by which handle.
async fn a_dropped_broker_ends_the_streams_of_its_subscribers() -> Result<()> {
    let broker = MemBroker::new();
    let database = broker.database(3)?;
    let mut subscribers = Vec::new();
    for handle in [broker.clone(), database.clone()] {
        for number in 0..50 {
            let subscriber = handle.subscriber(SubscribeOptions::default()).await?;
            subscriber.subscribe(["news"]).await?;
            subscriber.psubscribe([format!("n{number}*")]).await?;
            subscribers.push(subscriber);
        }
    }
    let watch = broker.watch(["k"]).await?;
    drop(broker);
    drop(database.clone());
    ensure!(database.publish("news", "last").await? == 100, "a handle is left");
    drop(database);
    // A watch needs its broker, for the transaction that may come.
    drop(watch);
    for subscriber in &mut subscribers {
        ensure!(matches!(subscriber.next().await, Some(Event::Message(_))), "what was sent can still be read");
        ensure!(subscriber.next().await.is_none(), "the stream ends");
        ensure!(subscriber.subscribe(["more"]).await.is_err(), "there is nothing to subscribe to");
    }
    Ok(())
}

/// A broker that was found by its name ends with its last handle too, and the name is free again.
async fn a_named_broker_that_is_dropped_ends_its_streams() -> Result<()> {
    const URL: &str = "mem://a-broker-to-be-dropped";

    let [first, second] = [embroker::connect(URL).await?, embroker::connect(&format!("{URL}/2")).await?];
    let mut subscriber = first.subscriber(SubscribeOptions::default()).await?;
    subscriber.subscribe(["news"]).await?;
    first.set("k", "v").await?;
    drop(first);
    ensure!(second.publish("news", "last").await? == 1, "a handle is left");
    drop(second);
    ensure!(matches!(subscriber.next().await, Some(Event::Message(_))), "what was sent can still be read");
    ensure!(subscriber.next().await.is_none(), "the stream ends");
    let again: AnyBroker = embroker::connect(URL).await?;
    ensure!(again.get("k").await?.is_none(), "it is another broker");
    Ok(())
}

/// A server that ends lets its broker go: who subscribed in process hears the end, and so does who subscribed by
/// socket.
async fn a_server_that_ends_lets_its_broker_go() -> Result<()> {
    let broker = MemBroker::new();
    let mut subscriber = broker.subscriber(SubscribeOptions::default()).await?;
    subscriber.subscribe(["news"]).await?;
    let server = Server::builder().broker(broker).bind("127.0.0.1:0").spawn().await?;
    let mut client = tokio::net::TcpStream::connect(server.local_addr().context("it listens")?).await?;
    tokio::io::AsyncWriteExt::write_all(&mut client, b"SUBSCRIBE news\r\nPUBSUB NUMPAT\r\n").await?;
    let mut confirmation = [0; 30];
    client.read_exact(&mut confirmation).await?;
    server.shutdown().await;
    ensure!(subscriber.next().await.is_none(), "the stream ends");
    ensure!(client.read_to_end(&mut Vec::new()).await.is_ok(), "the connection ends");
    Ok(())
}

fn main() -> ExitCode {
    if is_alone().is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        return match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(see_what_stays_in_use())) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let mut suite = Suite::new();
    macro_rules! tests {
        ($($test:ident),* $(,)?) => { $(suite.test(Backend::Mem, stringify!($test), $test);)* };
    }
    tests![
        what_there_is_no_memory_for_is_refused_and_the_server_goes_on,
        large_arguments_are_taken_or_refused_and_the_server_goes_on,
        a_full_server_refuses_and_goes_on,
        a_key_that_lost_its_deadline_is_never_evicted,
        a_load_of_keys_that_expire_stays_within_the_limit,
        what_is_gone_is_given_back,
        what_is_gone_is_given_back_by_the_server,
        a_dropped_broker_ends_the_streams_of_its_subscribers,
        a_named_broker_that_is_dropped_ends_its_streams,
        a_server_that_ends_lets_its_broker_go,
    ];
    suite.run()
}
