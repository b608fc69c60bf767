//! Commands and transactions take effect at once, one after the other: what eight threads did and heard is recorded, and
//! a search finds the order that explains it.
//!
//! A history is recorded in windows with nothing under way between them, so that each is searched alone, from the state
//! that the one before it ended with. The last thing in a window is a look at all that is there.

use std::process::ExitCode;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Command, Error, Pipeline, ServerError, Value};
use embroker_reliability::{
    Answer, Data, Interleaved, Operation, Scale, Thread, Transaction, Watchdog, Words, linearize, on_threads,
};
use embroker_test_support::{Backend, Suite};
use fastrand::Rng;

const THREADS: usize = 8;

/// What the threads of a history do.
#[derive(Clone, Copy)]
struct Mix {
    /// How many databases they work in.
    databases: usize,
    /// How many groups of keys there are, of which a command names one: each is explained on its own, as what is true
    /// of every object is true of all.
    groups: usize,
    /// How many requests each thread makes in a window.
    window: usize,
}

/// Of how many requests the history is, more or less.
fn requests() -> usize {
    Scale::get().pick(1_200, 100_000)
}

async fn every_command_takes_effect_at_once(backend: Backend) -> Result<()> {
    explain(backend, Mix { databases: 1, groups: 1, window: 5 }).await
}

async fn databases_swap_move_and_clear_at_once(backend: Backend) -> Result<()> {
    explain(backend, Mix { databases: 3, groups: 1, window: 5 }).await
}

async fn groups_of_keys_are_each_explained(backend: Backend) -> Result<()> {
    explain(backend, Mix { databases: 1, groups: 4, window: 20 }).await
}

/// Records a history and explains it.
async fn explain(backend: Backend, mix: Mix) -> Result<()> {
    let _watchdog = Watchdog::new("a history", Duration::from_secs(Scale::get().pick(120, 900)));
    let running = Interleaved::start(backend).await?;
    let windows = requests().div_ceil(THREADS * mix.window);
    let mut states = vec![Data::new(mix.databases); mix.groups];
    let seed = fastrand::u64(..);
    let mut explained = 0;
    for (number, window) in record(&running, mix, windows, seed)?.into_iter().enumerate() {
        for (group, state) in states.iter_mut().enumerate() {
            let threads: Vec<Thread<Data>> = window.iter().map(|thread| of_group(thread, group)).collect();
            explained += threads.iter().map(Vec::len).sum::<usize>();
            *state = linearize(state.clone(), &threads).with_context(|| format!("seed {seed}, window {number}"))?;
        }
    }
    if Scale::get() == Scale::Full {
        println!("{backend}: {explained} requests of {THREADS} threads explained");
    }
    ensure!(explained >= requests() * 9 / 10, "only {explained} requests were recorded");
    Ok(())
}

/// What a thread asked of one group of keys.
fn of_group(thread: &[(usize, Operation<Transaction, Vec<Answer>>)], group: usize) -> Thread<Data> {
    thread.iter().filter(|(other, _)| *other == group).map(|(_, operation)| operation.clone()).collect()
}

/// What one thread did in one window, each with the group of its keys.
type Recorded = Vec<(usize, Operation<Transaction, Vec<Answer>>)>;

/// The windows of a history, with what each thread did in them.
fn record(running: &Interleaved, mix: Mix, windows: usize, seed: u64) -> Result<Vec<Vec<Recorded>>> {
    let (clock, barrier) = (AtomicU64::new(0), Barrier::new(THREADS));
    let threads = on_threads(THREADS, async |number| {
        let mut brokers = Vec::new();
        for database in 0..mix.databases {
            brokers.push(running.database(database as u32).await?);
        }
        let rng = Rng::with_seed(seed.wrapping_add(number as u64));
        let mut client = Client { brokers, mix, clock: &clock, rng, recorded: Vec::new() };
        let mut recorded = Vec::new();
        for _ in 0..windows {
            barrier.wait();
            for _ in 0..mix.window {
                client.request().await?;
            }
            // Nothing is under way when the state is looked at.
            if barrier.wait().is_leader() {
                client.look().await?;
            }
            recorded.push(std::mem::take(&mut client.recorded));
        }
        Ok(recorded)
    })?;
    let mut threads: Vec<_> = threads.into_iter().map(Vec::into_iter).collect();
    Ok((0..windows).map(|_| threads.iter_mut().filter_map(Iterator::next).collect()).collect())
}

/// One thread's client.
struct Client<'a> {
    /// One for each database.
    brokers: Vec<AnyBroker>,
    mix: Mix,
    clock: &'a AtomicU64,
    rng: Rng,
    recorded: Recorded,
}

impl Client<'_> {
    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::SeqCst)
    }

    /// Makes a request by chance, and records it.
    async fn request(&mut self) -> Result<()> {
        let database = self.rng.usize(..self.mix.databases);
        let mut chance = Chance { rng: &mut self.rng, databases: self.mix.databases, group: 0 };
        chance.group = chance.rng.usize(..self.mix.groups);
        let group = chance.group;
        match chance.rng.u8(..100) {
            0..70 => {
                let words = chance.command(database);
                let called = self.tick();
                let reply = self.brokers[database].execute(Command::from_argv(&words)?).await;
                self.add(group, called, Transaction { database, commands: vec![words] }, vec![server(reply)?]);
            }
            70..90 => {
                let commands = chance.transaction(database);
                let called = self.tick();
                let replies = self.brokers[database].pipeline(pipeline(Pipeline::atomic(), &commands)?).await?;
                self.add(group, called, Transaction { database, commands }, replies);
            }
            90..96 => {
                // A pipeline is no transaction: its commands are each on their own, in order.
                let commands: Vec<Words> = (0..3).map(|_| chance.command(database)).collect();
                let called = self.tick();
                let replies = self.brokers[database].pipeline(pipeline(Pipeline::new(), &commands)?).await?;
                let returned = self.tick();
                for (words, reply) in commands.into_iter().zip(replies) {
                    let answers = vec![answer(&words, reply)];
                    let request = Transaction { database, commands: vec![words] };
                    self.recorded.push((group, Operation { called, returned, request, reply: answers }));
                }
            }
            _ => {
                let (key, other) = (chance.text(), chance.any());
                let commands = chance.transaction(database);
                self.compare_and_set(group, database, [key, other], commands).await?;
            }
        }
        Ok(())
    }

    /// Reads a key and writes only if neither it nor another was written meanwhile: then what was read is still true
    /// when the transaction runs.
    async fn compare_and_set(
        &mut self,
        group: usize,
        database: usize,
        keys: [String; 2],
        commands: Vec<Words>,
    ) -> Result<()> {
        let watch = self.brokers[database].watch(&keys).await?;
        let read = vec!["MGET".to_owned(), keys[0].clone()];
        let called = self.tick();
        let seen = self.brokers[database].execute(Command::from_argv(&read)?).await;
        let seen = server(seen)?;
        self.add(group, called, Transaction { database, commands: vec![read.clone()] }, vec![seen.clone()]);
        let called = self.tick();
        if let Some(replies) = watch.exec(pipeline(Pipeline::atomic(), &commands)?).await? {
            let commands = [vec![read], commands].concat();
            self.add(group, called, Transaction { database, commands }, [vec![seen], replies].concat());
        }
        Ok(())
    }

    /// Looks at all that is there.
    async fn look(&mut self) -> Result<()> {
        for group in 0..self.mix.groups {
            let mut chance = Chance { rng: &mut self.rng, databases: self.mix.databases, group };
            let mut commands = Vec::new();
            for database in 0..self.mix.databases {
                commands.push(vec!["SELECT".to_owned(), database.to_string()]);
                for (read, name) in READS {
                    commands.push(vec![read.to_owned(), chance.key(name)]);
                }
            }
            let called = self.tick();
            let replies = self.brokers[0].pipeline(pipeline(Pipeline::atomic(), &commands)?).await?;
            self.add(group, called, Transaction { database: 0, commands }, replies);
        }
        Ok(())
    }

    fn add(&mut self, group: usize, called: u64, request: Transaction, replies: Vec<Result<Value, ServerError>>) {
        let returned = self.tick();
        let reply = request.commands.iter().zip(replies).map(|(words, reply)| answer(words, reply)).collect();
        self.recorded.push((group, Operation { called, returned, request, reply }));
    }
}

/// The names of a group's keys, those that mostly hold strings, sets and a hash; and what reads each whatever it holds.
const TEXTS: [&str; 3] = ["a", "b", "c"];
const SETS: [&str; 3] = ["x", "y", "z"];
const READS: [(&str, &str); 21] = [
    ("GET", "a"),
    ("SMEMBERS", "a"),
    ("HGETALL", "a"),
    ("GET", "b"),
    ("SMEMBERS", "b"),
    ("HGETALL", "b"),
    ("GET", "c"),
    ("SMEMBERS", "c"),
    ("HGETALL", "c"),
    ("GET", "x"),
    ("SMEMBERS", "x"),
    ("HGETALL", "x"),
    ("GET", "y"),
    ("SMEMBERS", "y"),
    ("HGETALL", "y"),
    ("GET", "z"),
    ("SMEMBERS", "z"),
    ("HGETALL", "z"),
    ("GET", "h"),
    ("SMEMBERS", "h"),
    ("HGETALL", "h"),
];

/// Draws commands on the keys of one group.
struct Chance<'a> {
    rng: &'a mut Rng,
    databases: usize,
    group: usize,
}

impl Chance<'_> {
    fn key(&mut self, name: &str) -> String {
        format!("{name}{}", self.group)
    }

    fn one(&mut self, names: &[&'static str]) -> &'static str {
        names[self.rng.usize(..names.len())]
    }

    fn text(&mut self) -> String {
        let name = self.one(&TEXTS);
        self.key(name)
    }

    fn set(&mut self) -> String {
        let name = self.one(&SETS);
        self.key(name)
    }

    fn any(&mut self) -> String {
        let name = self.one(&["a", "b", "c", "x", "y", "z", "h"]);
        self.key(name)
    }

    fn member(&mut self) -> &'static str {
        self.one(&["m", "n", "o", "p"])
    }

    fn number(&mut self) -> u32 {
        self.rng.u32(..1000)
    }

    /// Two to four commands, in a database; where there are others, they may change to one.
    fn transaction(&mut self, database: usize) -> Vec<Words> {
        let mut database = database;
        let mut commands = Vec::new();
        for _ in 0..self.rng.usize(2..=4) {
            if self.databases > 1 && self.rng.u8(..4) == 0 {
                database = self.rng.usize(..self.databases);
                commands.push(vec!["SELECT".to_owned(), database.to_string()]);
            } else {
                commands.push(self.command(database));
            }
        }
        commands
    }

    /// A command that works in this database.
    fn command(&mut self, database: usize) -> Words {
        let line = match self.rng.u8(..100) {
            0..5 if self.databases > 1 => {
                let other = (database + self.rng.usize(1..self.databases)) % self.databases;
                match self.rng.u8(..9) {
                    0..3 => format!("MOVE {} {other}", self.any()),
                    3 => format!("SWAPDB {database} {other}"),
                    4 => format!("SWAPDB {other} {database}"),
                    5 => format!("COPY {} {} DB {other}", self.any(), self.any()),
                    6 => format!("COPY {} {} DB {other} REPLACE", self.any(), self.any()),
                    7 => "FLUSHALL".to_owned(),
                    _ => self.one(&["FLUSHDB", "DBSIZE", "KEYS *"]).to_owned(),
                }
            }
            0..40 => self.string_command(),
            40..65 => self.set_command(),
            65..75 => self.hash_command(),
            _ => self.key_command(),
        };
        line.split(' ').map(str::to_owned).collect()
    }

    fn string_command(&mut self) -> String {
        let (key, other, number) = (self.text(), self.text(), self.number());
        match self.rng.u8(..16) {
            0 => format!("GET {key}"),
            1 => format!("SET {key} {number}"),
            2 => format!("SET {key} {number} NX"),
            3 => format!("SET {key} {number} GET"),
            4 => format!("GETDEL {key}"),
            5 => format!("APPEND {key} {}", number % 10),
            6 => format!("INCRBY {key} {number}"),
            7 | 8 => format!("MGET {} {} {}", self.key("a"), self.key("b"), self.key("c")),
            9 | 10 => format!("MSET {} {number} {} {number} {} {number}", self.key("a"), self.key("b"), self.key("c")),
            11 => format!("MSETNX {key} {number} {other} {number}"),
            12 => format!("SETBIT {key} {} {}", number % 16, number % 2),
            13 => format!("BITFIELD {key} INCRBY u8 0 {} INCRBY u8 8 1 GET u8 0 SET u8 16 7", number % 9),
            14 => {
                let operation = self.one(&["AND", "OR", "XOR"]);
                format!("BITOP {operation} {key} {other} {}", self.text())
            }
            _ => format!("BITOP NOT {key} {other}"),
        }
    }

    fn set_command(&mut self) -> String {
        let (key, other, member) = (self.set(), self.set(), self.member());
        match self.rng.u8(..12) {
            0 => format!("SMEMBERS {key}"),
            1 => format!("SCARD {key}"),
            2 => format!("SISMEMBER {key} {member}"),
            3 | 4 => format!("SADD {key} {member} {}", self.member()),
            5 => format!("SREM {key} {member}"),
            6 => format!("SPOP {key}"),
            7 | 8 => format!("SMOVE {key} {other} {member}"),
            9 => format!("SINTERSTORE {key} {other} {}", self.set()),
            10 => format!("SUNIONSTORE {key} {other} {}", self.set()),
            _ => format!("SDIFFSTORE {key} {other} {}", self.set()),
        }
    }

    fn hash_command(&mut self) -> String {
        let (key, field, number) = (self.key("h"), self.one(&["f", "g"]), self.number());
        match self.rng.u8(..6) {
            0 => format!("HSET {key} f {number} g {number}"),
            1 => format!("HGETALL {key}"),
            2 => format!("HGET {key} {field}"),
            3 => format!("HDEL {key} {field}"),
            4 => format!("HLEN {key}"),
            _ => format!("HINCRBY {key} {field} {number}"),
        }
    }

    fn key_command(&mut self) -> String {
        // Mostly of one type, so that what works on it still does.
        let (key, other) = match self.rng.u8(..10) {
            0..6 => (self.text(), self.text()),
            6..9 => (self.set(), self.set()),
            _ => (self.any(), self.any()),
        };
        match self.rng.u8(..8) {
            0 => format!("DEL {key} {other}"),
            1 => format!("EXISTS {key} {other}"),
            2 => format!("TYPE {key}"),
            3 | 4 => format!("RENAME {key} {other}"),
            5 => format!("RENAMENX {key} {other}"),
            _ if key == other => format!("DEL {key}"),
            6 => format!("COPY {key} {other}"),
            _ => format!("COPY {key} {other} REPLACE"),
        }
    }
}

fn pipeline(mut pipeline: Pipeline<'static>, commands: &[Words]) -> Result<Pipeline<'static>> {
    for words in commands {
        pipeline.push(Command::from_argv(words)?.into_owned());
    }
    Ok(pipeline)
}

/// An error of the server is an answer; any other ends the test.
fn server(reply: embroker::Result<Value>) -> Result<Result<Value, ServerError>> {
    match reply {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Server(error)) => Ok(Err(error)),
        Err(error) => Err(error.into()),
    }
}

fn answer(words: &Words, reply: Result<Value, ServerError>) -> Answer {
    reply.map_or_else(|error| Answer::Error(error.to_string()), |value| Answer::new(words, value))
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    for backend in Backend::ALL {
        suite.test(backend, "every_command_takes_effect_at_once", async move || {
            every_command_takes_effect_at_once(backend).await
        });
        suite.test(backend, "databases_swap_move_and_clear_at_once", async move || {
            databases_swap_move_and_clear_at_once(backend).await
        });
        suite.test(backend, "groups_of_keys_are_each_explained", async move || {
            groups_of_keys_are_each_explained(backend).await
        });
    }
    suite.run()
}
