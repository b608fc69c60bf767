//! The parts of one in-memory broker, and how a command runs through them.

use std::sync::{Arc, Mutex, PoisonError};

use ahash::RandomState;
use embroker_core::error::texts;
use embroker_core::table::{CommandSpec, Flags, Keys};
use embroker_core::{Arg, Command, Pipeline, Replies, ServerError};

use crate::args::Args;
use crate::clock::Clock;
use crate::keyspace::{Held, Keyspace, Tx};
use crate::pubsub::PubSub;
use crate::watch::{WatchList, Watched};
use crate::{Reply, commands};

pub(crate) struct Engine {
    pub(crate) keyspace: Keyspace,
    pub(crate) pubsub: Arc<PubSub>,
    pub(crate) watches: WatchList,
    clock: Box<dyn Clock>,
    rng: Mutex<fastrand::Rng>,
}

impl Engine {
    /// With a seed, everything that is left to chance repeats; also the order of the keys, for RANDOMKEY draws a place
    /// in it.
    pub(crate) fn new(clock: Box<dyn Clock>, seed: Option<u64>) -> Self {
        let mut rng = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let hasher = match seed {
            Some(_) => RandomState::with_seeds(rng.u64(..), rng.u64(..), rng.u64(..), rng.u64(..)),
            None => RandomState::new(),
        };
        Self {
            keyspace: Keyspace::new(hasher),
            pubsub: Arc::default(),
            watches: WatchList::default(),
            clock,
            rng: Mutex::new(rng),
        }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Draws from the broker's source of chance.
    pub(crate) fn random<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs one command, alone.
    pub(crate) fn run(&self, command: &Command<'_>) -> Reply {
        let spec = command.resolve()?;
        let args = command.arguments();
        let held = match spec.keys {
            Keys::None => Held::default(),
            Keys::ONE => self.keyspace.latch_one(args[0].as_bytes()),
            _ => self.latch([(spec, args)].into_iter(), None),
        };
        run_in(&mut Tx::new(self, held), spec, args)
    }

    /// Runs commands one after the other, those of others in between.
    pub(crate) fn run_each(&self, pipeline: &Pipeline<'_>) -> Replies {
        pipeline.commands().iter().map(|command| self.run(command)).collect()
    }

    /// Runs commands as one transaction. `None` where a watched key was written.
    pub(crate) fn run_atomic(
        &self,
        pipeline: &Pipeline<'_>,
        watched: Option<&Watched>,
    ) -> Result<Option<Replies>, ServerError> {
        let calls: Result<Vec<_>, _> =
            pipeline.commands().iter().map(|command| Ok((command.resolve()?, command.arguments()))).collect();
        let calls = calls.map_err(|_: ServerError| texts::EXEC_ABORT)?;
        let mut tx = Tx::new(self, self.latch(calls.iter().copied(), watched));
        if watched.is_some_and(|watched| watched.is_broken(&mut tx)) {
            return Ok(None);
        }
        Ok(Some(calls.into_iter().map(|(spec, args)| run_in(&mut tx, spec, args)).collect()))
    }

    /// Removes every expired key; how many there were.
    pub(crate) fn sweep(&self) -> usize {
        Tx::new(self, self.keyspace.latch_all()).sweep(usize::MAX)
    }

    /// Latches every key that the calls name and every key that is watched, or all of them where a call works on all.
    fn latch<'c>(
        &self,
        calls: impl Iterator<Item = (&'static CommandSpec, &'c [Arg<'c>])> + Clone,
        watched: Option<&Watched>,
    ) -> Held<'_> {
        if calls.clone().any(|(spec, _)| spec.keys == Keys::Whole) {
            return self.keyspace.latch_all();
        }
        let named = calls.flat_map(|(spec, args)| spec.keys.positions(args).map(|at| args[at].as_bytes()));
        let watched = watched.into_iter().flat_map(Watched::keys);
        self.keyspace.latch(named.chain(watched))
    }
}

fn run_in(tx: &mut Tx<'_>, spec: &'static CommandSpec, args: &[Arg<'_>]) -> Reply {
    let reply = commands::handler(spec.id)(tx, &Args::new(args));
    if spec.flags.contains(Flags::WRITE) {
        tx.pay_for_write();
    }
    reply
}

impl Drop for Engine {
    /// The broker is gone: its subscribers' streams end.
    fn drop(&mut self) {
        self.pubsub.close();
    }
}
