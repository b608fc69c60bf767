//! Commands that reach for the same keys in opposite orders: nobody waits for ever, and nothing is lost between.

use std::process::ExitCode;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Command, Error, Pipeline, Value};
use embroker_reliability::{Interleaved, Scale, Watchdog, on_threads};
use embroker_test_support::{Backend, Suite};
use fastrand::Rng;

const THREADS: usize = 8;

fn rounds(backend: Backend) -> usize {
    match backend {
        Backend::Mem => Scale::get().pick(500, 50_000),
        Backend::Redis => Scale::get().pick(60, 10_000),
    }
}

/// Runs `step` over and over on eight threads, under a watchdog.
async fn cross(
    backend: Backend,
    what: &'static str,
    setup: &str,
    step: impl AsyncFn(&AnyBroker, &mut Rng, usize) -> Result<()> + Sync,
) -> Result<Interleaved> {
    let _watchdog = Watchdog::new(what, Duration::from_secs(Scale::get().pick(120, 600)));
    let running = Interleaved::start(backend).await?;
    for line in setup.lines().map(str::trim).filter(|line| !line.is_empty()) {
        ask(&running.database(0).await?, line).await?;
    }
    // Together, or the first have ended before the last begin.
    let begin = Barrier::new(THREADS);
    on_threads(THREADS, async |number| {
        let broker = running.database(0).await?;
        let mut rng = Rng::new();
        begin.wait();
        for _ in 0..rounds(backend) {
            step(&broker, &mut rng, number).await?;
        }
        Ok(())
    })?;
    Ok(running)
}

/// One command's reply, an error of the server as a value.
async fn ask(broker: &AnyBroker, line: &str) -> Result<Value> {
    match broker.execute(Command::from_argv(line.split(' '))?).await {
        Err(Error::Server(error)) => Ok(Value::Error(error)),
        reply => Ok(reply?),
    }
}

async fn number(broker: &AnyBroker, line: &str) -> Result<i64> {
    match ask(broker, line).await? {
        Value::Int(number) => Ok(number),
        other => anyhow::bail!("{line}: {other:?}"),
    }
}

/// The sum of what the commands of a transaction answer.
async fn sum(broker: &AnyBroker, lines: &[&str]) -> Result<i64> {
    let mut pipeline = Pipeline::atomic();
    for line in lines {
        pipeline.push(Command::from_argv(line.split(' '))?.into_owned());
    }
    let mut sum = 0;
    for reply in broker.pipeline(pipeline).await? {
        match reply? {
            Value::Int(number) => sum += number,
            Value::Array(numbers) => {
                for number in numbers {
                    sum += str::from_utf8(number.as_bytes().context("a number")?)?.parse::<i64>()?;
                }
            }
            _ => (),
        }
    }
    Ok(sum)
}

fn other_than(rng: &mut Rng, one: usize, of: usize) -> usize {
    (one + rng.usize(1..of)) % of
}

async fn one_value_renamed_to_and_fro_is_always_somewhere(backend: Backend) -> Result<()> {
    let running = cross(backend, "RENAME a b beside RENAME b a", "SET a token", async |broker, rng, thread| {
        let line = if thread % 2 == 0 { "RENAME a b" } else { "RENAME b a" };
        let reply = ask(broker, line).await?;
        ensure!(matches!(&reply, Value::Error(error) if error.to_string() == "ERR no such key") || reply == Value::OK);
        if rng.u8(..4) == 0 {
            let there = number(broker, "EXISTS a b").await?;
            ensure!(there == 1, "{there} of two");
        }
        Ok(())
    });
    let running = running.await?;
    ensure!(number(&running.database(0).await?, "EXISTS a b").await? == 1);
    let values = ask(&running.database(0).await?, "MGET a b").await?;
    ensure!(format!("{values:?}").contains("token"), "{values:?}");
    Ok(())
}

async fn values_that_change_places_are_all_there(backend: Backend) -> Result<()> {
    let setup = "MSET p0 v p1 v p2 v p3 v p4 v";
    let running = cross(backend, "RENAMENX among eight places", setup, async |broker, rng, _| {
        let from = rng.usize(..8);
        let to = other_than(rng, from, 8);
        ask(broker, &format!("RENAMENX p{from} p{to}")).await?;
        if rng.u8(..4) == 0 {
            let there = number(broker, "EXISTS p0 p1 p2 p3 p4 p5 p6 p7").await?;
            ensure!(there == 5, "{there} of five");
        }
        Ok(())
    });
    ensure!(number(&running.await?.database(0).await?, "DBSIZE").await? == 5);
    Ok(())
}

async fn members_that_move_between_sets_are_each_in_one(backend: Backend) -> Result<()> {
    let setup = "SADD s0 a b c d e f g h\nSADD s1 i j k l m n o p";
    let cards = ["SCARD s0", "SCARD s1", "SCARD s2"];
    let running = cross(backend, "SMOVE a b beside SMOVE b a", setup, async |broker, rng, _| {
        let (from, member) = (rng.usize(..3), char::from(rng.u8(b'a'..=b'p')));
        let to = other_than(rng, from, 3);
        ask(broker, &format!("SMOVE s{from} s{to} {member}")).await?;
        if rng.u8(..4) == 0 {
            let members = sum(broker, &cards).await?;
            ensure!(members == 16, "{members} of sixteen");
        }
        Ok(())
    });
    let running = running.await?;
    let broker = &running.database(0).await?;
    ensure!(sum(broker, &cards).await? == 16);
    ensure!(number(broker, "SUNIONSTORE all s0 s1 s2").await? == 16);
    Ok(())
}

async fn crossing_stores_lose_no_member(backend: Backend) -> Result<()> {
    // Each thread has a member of its own, and knows whether it is anywhere.
    let there = [const { AtomicBool::new(false) }; THREADS];
    let running = cross(backend, "SUNIONSTORE a b c beside SUNIONSTORE b a c", "", async |broker, rng, thread| {
        let line = match rng.u8(..4) {
            0 => "SUNIONSTORE a a b c".to_owned(),
            1 => "SUNIONSTORE b c a b".to_owned(),
            2 => "SUNIONSTORE c b c a".to_owned(),
            _ => {
                let lines = |name: &str| ["a", "b", "c"].map(|set| format!("{name} {set} {thread}"));
                let was_there = there[thread].fetch_not(Ordering::SeqCst);
                let command = lines(if was_there { "SREM" } else { "SISMEMBER" });
                let sets = sum(broker, &command.each_ref().map(String::as_str)).await?;
                ensure!((sets > 0) == was_there, "a member that is there ({was_there}) was in {sets} sets");
                if was_there {
                    return Ok(());
                }
                format!("SADD {} {thread}", ["a", "b", "c"][rng.usize(..3)])
            }
        };
        ask(broker, &line).await?;
        Ok(())
    });
    let all = number(&running.await?.database(0).await?, "SUNIONSTORE u a b c").await?;
    let members = there.iter().filter(|there| there.load(Ordering::SeqCst)).count() as i64;
    ensure!(all == members, "{all} of {members} members");
    Ok(())
}

async fn keys_that_cross_between_databases_are_all_there(backend: Backend) -> Result<()> {
    const DATABASES: usize = 3;
    let setup = "MSET k0 v k1 v k2 v k3 v k4 v k5 v";
    let sizes = ["SELECT 0", "DBSIZE", "SELECT 1", "DBSIZE", "SELECT 2", "DBSIZE"];
    let running = cross(backend, "MOVE and SWAPDB that cross", setup, async |broker, rng, _| {
        let (from, key) = (rng.usize(..DATABASES), rng.usize(..6));
        let to = other_than(rng, from, DATABASES);
        match rng.u8(..8) {
            0 => {
                ask(broker, &format!("SWAPDB {from} {to}")).await?;
            }
            1 => {
                let keys = sum(broker, &sizes).await?;
                ensure!(keys == 6, "{keys} of six");
            }
            _ => {
                let (select, move_key) = (format!("SELECT {from}"), format!("MOVE k{key} {to}"));
                let moved = sum(broker, &[&select, &move_key]).await?;
                ensure!(moved <= 1);
            }
        }
        Ok(())
    });
    let running = running.await?;
    let mut names = Vec::new();
    for database in 0..DATABASES {
        names.extend(running.database(database as u32).await?.keys("*").await?);
    }
    names.sort();
    ensure!(names == ["k0", "k1", "k2", "k3", "k4", "k5"], "{names:?}");
    Ok(())
}

async fn transactions_in_opposite_orders_keep_the_sum(backend: Backend) -> Result<()> {
    let setup = "MSET a0 100 a1 100 a2 100 a3 100";
    let running = cross(backend, "transfers in opposite orders", setup, async |broker, rng, _| {
        let (from, amount) = (rng.usize(..4), rng.i64(1..10));
        let to = other_than(rng, from, 4);
        if rng.u8(..4) == 0 {
            let sum = sum(broker, &["MGET a0 a1 a2 a3"]).await?;
            ensure!(sum == 400, "the accounts hold {sum}");
        }
        let mut transfer = Pipeline::atomic();
        transfer.decrby(format!("a{from}"), amount).incrby(format!("a{to}"), amount);
        broker.pipeline(transfer).await?;
        Ok(())
    });
    ensure!(sum(&running.await?.database(0).await?, &["MGET a0 a1 a2 a3"]).await? == 400);
    Ok(())
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    for backend in Backend::ALL {
        suite.test(backend, "one_value_renamed_to_and_fro_is_always_somewhere", async move || {
            one_value_renamed_to_and_fro_is_always_somewhere(backend).await
        });
        suite.test(backend, "values_that_change_places_are_all_there", async move || {
            values_that_change_places_are_all_there(backend).await
        });
        suite.test(backend, "members_that_move_between_sets_are_each_in_one", async move || {
            members_that_move_between_sets_are_each_in_one(backend).await
        });
        suite.test(backend, "crossing_stores_lose_no_member", async move || {
            crossing_stores_lose_no_member(backend).await
        });
        suite.test(backend, "keys_that_cross_between_databases_are_all_there", async move || {
            keys_that_cross_between_databases_are_all_there(backend).await
        });
        suite.test(backend, "transactions_in_opposite_orders_keep_the_sum", async move || {
            transactions_in_opposite_orders_keep_the_sum(backend).await
        });
    }
    suite.run()
}
