//! An expired key is never seen, and a fresh one never swept: keys that are read at the edge of their time while others
//! sweep.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use embroker::prelude::*;
use embroker::{AnyBroker, Clock as _, Command, ManualClock, MemBroker};
use embroker_reliability::{Scale, Watchdog, on_threads};
use embroker_test_support::{Backend, Suite};
use fastrand::Rng;

const THREADS: usize = 8;

/// What a thread knows of a key of its own.
struct Key<'a> {
    broker: &'a MemBroker,
    clock: &'a ManualClock,
    name: String,
    /// Up to when, in milliseconds since the epoch, it is there.
    deadline: Option<u64>,
    /// Whether the deadline may have been there already when it was set: such a key goes at once, as in Redis, and is
    /// not there in that millisecond.
    was_due: bool,
}

impl Key<'_> {
    fn ask(&self, words: &[&str]) -> Result<String> {
        Ok(format!("{:?}", self.broker.call(&Command::from_argv(words)?)?))
    }

    /// Asks, and says whether the key was there: where its time came just then it may be either.
    fn check(&self, words: &[&str], is_there: impl Fn(&str) -> bool) -> Result<bool> {
        let before = self.clock.now_ms();
        let reply = self.ask(words)?;
        let (after, there) = (self.clock.now_ms(), is_there(&reply));
        let Self { name, deadline, was_due, .. } = self;
        ensure!(
            there || deadline.is_some_and(|deadline| deadline < after || *was_due),
            "{name}, there until {deadline:?}, was gone by {after}: {words:?} => {reply}"
        );
        ensure!(
            !there || deadline.is_none_or(|deadline| before <= deadline),
            "{name}, there until {deadline:?}, was seen at {before}: {words:?} => {reply}"
        );
        Ok(there)
    }

    /// Notes a deadline that was just set.
    fn expires_at(&mut self, deadline: u64) {
        self.was_due = deadline <= self.clock.now_ms();
        self.deadline = Some(deadline);
    }

    /// One key from its making to its end.
    fn live(&mut self, rng: &mut Rng) -> Result<()> {
        let name = self.name.clone();
        let deadline = self.clock.now_ms() + rng.u64(..3);
        self.ask(&["SET", &name, "v", "PXAT", &deadline.max(1).to_string()])?;
        self.expires_at(deadline);
        for _ in 0..rng.usize(1..6) {
            let there = match rng.u8(..8) {
                0 => self.check(&["EXISTS", &name], |reply| reply == "1")?,
                1 => self.check(&["STRLEN", &name], |reply| reply == "1")?,
                2 => self.check(&["PTTL", &name], |reply| reply != "-2")?,
                3 => self.check(&["TYPE", &name], |reply| reply != "+none")?,
                4 => {
                    let later = self.clock.now_ms() + 2 + rng.u64(..3);
                    let there = self.check(&["PEXPIREAT", &name, &later.to_string()], |reply| reply == "1")?;
                    if there {
                        self.expires_at(later);
                    }
                    there
                }
                5 if self.deadline.is_some() => {
                    let there = self.check(&["PERSIST", &name], |reply| reply == "1")?;
                    if there {
                        self.deadline = None;
                    }
                    there
                }
                6 => {
                    self.ask(&["SET", &name, "w"])?;
                    self.deadline = None;
                    self.check(&["GET", &name], |reply| reply != "null")?
                }
                _ => self.check(&["GET", &name], |reply| reply != "null")?,
            };
            if !there {
                return Ok(());
            }
        }
        // Gone by hand or by time.
        self.check(&["DEL", &name], |reply| reply == "1")?;
        Ok(())
    }
}

async fn a_key_is_there_up_to_its_deadline_and_not_after() -> Result<()> {
    let _watchdog = Watchdog::new("keys at the edge", Duration::from_secs(Scale::get().pick(120, 600)));
    let keys = Scale::get().pick(2_000, 100_000);
    let clock = Arc::new(ManualClock::at(1_000));
    let broker = MemBroker::builder().clock(clock.clone()).build();
    let (stop, swept) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                clock.advance(Duration::from_millis(1));
                swept.fetch_add(broker.sweep(), Ordering::Relaxed);
                thread::yield_now();
            }
        });
        let lived = on_threads(THREADS, async |number| {
            let mut rng = Rng::new();
            for key in 0..keys {
                let name = format!("key:{number}:{}", key % 16);
                let mut key =
                    Key { broker: &broker, clock: &clock, name: name.clone(), deadline: None, was_due: false };
                key.live(&mut rng)?;
                key.ask(&["DEL", &name])?;
            }
            Ok(())
        });
        stop.store(true, Ordering::Relaxed);
        lived
    })?;
    ensure!(broker.dbsize().await? == 0, "each was deleted");
    if Scale::get() == Scale::Full {
        println!("mem: {} keys at the edge, {} swept", keys * THREADS, swept.load(Ordering::Relaxed));
    }
    Ok(())
}

/// As above by the machine's own time: what is asked in the last millisecond may be either.
async fn by_the_machine_s_time_too(backend: Backend) -> Result<()> {
    let _watchdog = Watchdog::new("keys at the edge of real time", Duration::from_secs(Scale::get().pick(120, 600)));
    let rounds = Scale::get().pick(60, 1_500);
    let running = backend.start().await?;
    let stop = AtomicBool::new(false);
    let (seen, gone) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                running.broker.sweep();
                thread::sleep(Duration::from_micros(200));
            }
        });
        let done = on_threads(THREADS, async |number| {
            let broker = running.database(0).await?;
            let mut rng = Rng::new();
            for round in 0..rounds {
                let name = format!("key:{number}:{}", round % 4);
                let lives = Duration::from_millis(rng.u64(1..4));
                let before = Instant::now();
                broker.psetex(&name, lives, "v").await?;
                let after = Instant::now();
                loop {
                    let (asked, there, answered) = look(&broker, &name).await?;
                    ensure!(there || answered > before + lives, "{lives:?}: gone after {:?}", answered - before);
                    let too_late = after + lives + Duration::from_millis(1);
                    ensure!(!there || asked < too_late, "{lives:?}: seen after {:?}", asked - after);
                    if !there {
                        gone.fetch_add(1, Ordering::Relaxed);
                        break;
                    }
                    seen.fetch_add(1, Ordering::Relaxed);
                }
                // One that is made again without a deadline stays, whoever sweeps the old one.
                broker.psetex(&name, Duration::from_millis(1), "v").await?;
                tokio::time::sleep(Duration::from_millis(rng.u64(..3))).await;
                broker.set(&name, "stays").await?;
                tokio::time::sleep(Duration::from_millis(2)).await;
                ensure!(broker.getdel(&name).await?.is_some(), "a key without a deadline was swept");
            }
            Ok(())
        });
        stop.store(true, Ordering::Relaxed);
        done
    })?;
    if Scale::get() == Scale::Full {
        let (seen, gone) = (seen.into_inner(), gone.into_inner());
        println!("{backend}: {gone} keys watched to their end, looked at {} times", seen + gone);
    }
    Ok(())
}

async fn look(broker: &AnyBroker, name: &str) -> Result<(Instant, bool, Instant)> {
    let asked = Instant::now();
    let there = broker.get(name).await?.is_some();
    Ok((asked, there, Instant::now()))
}

fn main() -> ExitCode {
    let mut suite = Suite::new();
    suite.test(
        Backend::Mem,
        "a_key_is_there_up_to_its_deadline_and_not_after",
        a_key_is_there_up_to_its_deadline_and_not_after,
    );
    for backend in Backend::ALL {
        suite.test(backend, "by_the_machine_s_time_too", async move || by_the_machine_s_time_too(backend).await);
    }
    suite.run()
}
