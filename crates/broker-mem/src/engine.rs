//! The parts of one in-memory broker, and how a command runs through them.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ahash::RandomState;
use embroker_core::error::texts;
use embroker_core::instance::Instance;
use embroker_core::instance::config::{Config, KeyspaceEvents, Parameter};
use embroker_core::table::{CommandId, CommandSpec, Flags, Keys};
use embroker_core::{Arg, Command, Error, Pipeline, Replies, ServerError, Value, memory};

use crate::args::Args;
use crate::clock::Clock;
use crate::keyspace::{Databases, Held, Keyspace, Lookups, Memory, Policy, Tx, Wanted};
use crate::objects::HashLimits;
use crate::pubsub::{self, PubSub};
use crate::watch::Watched;
use crate::{Reply, commands};

pub(crate) struct Engine {
    pub(crate) databases: Databases,
    /// What the keys take. Behind them, so that it is dropped after them.
    pub(crate) memory: Memory,
    pub(crate) pubsub: Arc<PubSub>,
    pub(crate) instance: Arc<Instance>,
    /// The lookups up to the last `CONFIG RESETSTAT`.
    old_lookups: Mutex<Lookups>,
    clock: Box<dyn Clock>,
    rng: Mutex<fastrand::Rng>,
    /// Whether expired keys are removed before somebody asks for them; DEBUG SET-ACTIVE-EXPIRE.
    active_expire: AtomicBool,
    run_id: OnceLock<String>,
    began_ms: u64,
}

impl Engine {
    /// With a seed, everything that is left to chance repeats; also the order of the keys, for RANDOMKEY draws a place
    /// in it.
    pub(crate) fn new(clock: Box<dyn Clock>, seed: Option<u64>, config: Config) -> Self {
        let began_ms = clock.now_ms();
        let mut rng = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let hasher = match seed {
            Some(_) => RandomState::with_seeds(rng.u64(..), rng.u64(..), rng.u64(..), rng.u64(..)),
            None => RandomState::new(),
        };
        Self {
            databases: Databases::new(config.number(Parameter::Databases) as u32, hasher),
            memory: Memory::default(),
            pubsub: Arc::default(),
            instance: Arc::new(Instance::with_config(config)),
            old_lookups: Mutex::default(),
            clock,
            rng: Mutex::new(rng),
            active_expire: AtomicBool::new(true),
            run_id: OnceLock::new(),
            began_ms,
        }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// The time in seconds since the epoch, read where keys are used: cheaper than [`now_ms`](Self::now_ms), and as
    /// much behind it as the clock likes.
    #[inline]
    pub(crate) fn now_s(&self) -> u32 {
        u32::try_from(self.clock.now_s()).unwrap_or(u32::MAX)
    }

    /// How large a small hash may get.
    #[inline]
    pub(crate) fn hash_limits(&self) -> HashLimits {
        let limit = |parameter| usize::try_from(self.instance.config().number(parameter)).unwrap_or(usize::MAX);
        HashLimits { fields: limit(Parameter::HashMaxListpackEntries), bytes: limit(Parameter::HashMaxListpackValue) }
    }

    /// How many integers a small set may have.
    #[inline]
    pub(crate) fn set_limit(&self) -> usize {
        usize::try_from(self.instance.config().number(Parameter::SetMaxIntsetEntries)).unwrap_or(usize::MAX)
    }

    /// Whether expired keys are removed before somebody asks for them.
    pub(crate) fn expires_actively(&self) -> bool {
        self.active_expire.load(Ordering::Relaxed)
    }

    /// Says whether expired keys are to be removed before somebody asks for them.
    pub(crate) fn expire_actively(&self, yes: bool) {
        self.active_expire.store(yes, Ordering::Relaxed);
    }

    /// When the broker was made, by its own clock.
    pub(crate) fn began_ms(&self) -> u64 {
        self.began_ms
    }

    /// Another one for each broker: 40 hexadecimal digits.
    pub(crate) fn run_id(&self) -> &str {
        self.run_id.get_or_init(|| {
            let mut chance = fastrand::Rng::new();
            (0..40).map(|_| chance.digit(16)).collect()
        })
    }

    /// Draws from the broker's source of chance.
    pub(crate) fn random<T>(&self, draw: impl FnOnce(&mut fastrand::Rng) -> T) -> T {
        draw(&mut self.rng.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The lookups since the last [reset](Self::reset_stats).
    pub(crate) fn lookups(&self) -> Lookups {
        let before = self.old_lookups.lock().unwrap_or_else(PoisonError::into_inner);
        self.databases.lookups().since(*before)
    }

    /// Everything that INFO counts starts at 0.
    pub(crate) fn reset_stats(&self) {
        self.instance.stats().reset();
        // Shards are not latched here, so that theirs go on.
        *self.old_lookups.lock().unwrap_or_else(PoisonError::into_inner) = self.databases.lookups();
    }

    /// How many bytes it takes before anything is written: the engine and its first database.
    pub(crate) fn startup_memory(&self) -> u64 {
        size_of::<Self>().saturating_add(self.databases.own_bytes()) as u64
    }

    /// How many bytes all of it takes, the keys and what there is without one.
    #[inline]
    pub(crate) fn used_memory(&self) -> u64 {
        self.startup_memory().saturating_add(self.memory.bytes())
    }

    /// Whether there is room for more, once keys were evicted that may be. Without a `maxmemory`, which is 0 then, this
    /// is one load.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        self.admit(|| true).is_ok()
    }

    /// Whether all that is kept is within `maxmemory`.
    fn fits(&self) -> bool {
        let limit = self.instance.config().number(Parameter::MaxMemory).unsigned_abs();
        limit == 0 || self.used_memory() <= limit
    }

    /// Evicts keys until it [fits](Self::fits); whether it does, or will soon. Where nothing may be evicted, expired
    /// keys still go, if it is `needed` and not only Redis's habit before every command.
    fn make_room(&self, needed: bool) -> bool {
        match Policy::of(self.instance.config()) {
            Some(policy) => policy.evict(self, || self.fits()),
            None if needed => self.sweep() > 0 && self.fits(),
            None => false,
        }
    }

    /// Makes room before commands run of which some, or none, are refused where there is none.
    #[inline]
    fn admit(&self, is_denied: impl FnOnce() -> bool) -> Result<(), ServerError> {
        if self.instance.config().flag(Parameter::MaxMemory) { self.admit_within_limit(is_denied()) } else { Ok(()) }
    }

    #[inline(never)]
    fn admit_within_limit(&self, is_denied: bool) -> Result<(), ServerError> {
        if self.fits() || self.make_room(is_denied) || !is_denied { Ok(()) } else { Err(texts::OUT_OF_MEMORY) }
    }

    /// Runs one command in a database, alone.
    #[inline]
    pub(crate) fn run(&self, database: u32, command: &Command<'_>) -> Reply {
        let (spec, args) = command.resolve_with_arguments()?;
        let args = &Args::new(args).of(command);
        self.admit(|| spec.flags.contains(Flags::DENYOOM))?;
        if has_large(spec, args.all()) {
            memory::check(copied(spec, args.all()))?;
        }
        let keyspace = self.databases.get(database);
        let _given_back = self.memory.gives_back();
        // Each makes its own `Tx`, so that what it latches is written where it stays.
        let mut tx = match (spec.keys, args.all()) {
            (Keys::ONE, [key, ..]) | (Keys::ALL, [key]) if !spec.flags.contains(Flags::DATABASES) => {
                Tx::new(self, keyspace, keyspace.latch_one(key.as_bytes()))
            }
            (Keys::None, _) if !spec.flags.contains(Flags::DATABASES) => Tx::new(self, keyspace, Held::Nothing),
            (_, all) => self.begin(keyspace, spec, all),
        };
        run_in(&mut tx, spec, args)
    }

    /// Runs commands one after the other, those of others in between.
    pub(crate) fn run_each(&self, database: u32, pipeline: &Pipeline<'_>) -> Replies {
        pipeline.commands().iter().map(|command| answer(self.run(database, command))).collect()
    }

    /// Runs commands as one transaction. `None` where a watched key was written.
    pub(crate) fn run_atomic(
        &self,
        database: u32,
        pipeline: &Pipeline<'_>,
        watched: Option<&Watched>,
    ) -> Result<Option<Replies>, ServerError> {
        let keyspace = self.databases.get(database);
        let (mut wanted, mut selected, mut is_denied, mut large) = (Wanted::default(), keyspace, false, 0_usize);
        for command in pipeline.commands() {
            let (spec, args) = command.resolve_with_arguments().map_err(|_| texts::EXEC_ABORT)?;
            is_denied |= spec.flags.contains(Flags::DENYOOM);
            if has_large(spec, args) {
                large = large.saturating_add(copied(spec, args));
            }
            selected = self.want(&mut wanted, selected, spec, args);
        }
        for change in pipeline.changes().filter(|change| change.adds) {
            large = large.saturating_add(pubsub::copied(&change.names));
        }
        self.admit(|| is_denied).and_then(|()| memory::check(large)).map_err(|_| texts::EXEC_ABORT)?;
        for (database, key) in watched.into_iter().flat_map(Watched::keys) {
            wanted.key(self.databases.get(database), key);
        }
        let _given_back = self.memory.gives_back();
        let mut tx = Tx::new(self, keyspace, self.databases.latch(wanted));
        if watched.is_some_and(|watched| watched.is_broken(&mut tx)) {
            return Ok(None);
        }
        if pipeline.is_observed() {
            // Nobody else's messages come between those of the transaction.
            tx.messages();
        }
        // The observer is the caller's: if it panics, the transaction is whole before the caller hears of it.
        let mut panic = None;
        let mut observe = || {
            if pipeline.is_observed() && panic.is_none() {
                panic = catch_unwind(AssertUnwindSafe(|| pipeline.observe())).err();
            }
        };
        observe();
        let mut replies = Replies::with_capacity(pipeline.len());
        for (at, command) in pipeline.commands().iter().enumerate() {
            pipeline.changes_before(at).for_each(|change| tx.messages().change(change));
            // It was resolved before anything ran, so this is no second way to fail.
            replies.push(match command.resolve_with_arguments() {
                Ok((spec, args)) => answer(run_in(&mut tx, spec, &Args::new(args).of(command))),
                Err(error) => Err(error),
            });
            observe();
        }
        pipeline.changes_before(pipeline.len()).for_each(|change| tx.messages().change(change));
        // Nobody waits for latches while it unwinds.
        drop(tx);
        panic.map_or(Ok(Some(replies)), |panic| resume_unwind(panic))
    }

    /// Removes every expired key, one database after the other; how many there were. None where DEBUG
    /// SET-ACTIVE-EXPIRE forbids it.
    pub(crate) fn sweep(&self) -> usize {
        if !self.expires_actively() {
            return 0;
        }
        let _given_back = self.memory.gives_back();
        let sweep = |keyspace: &Keyspace| Tx::new(self, keyspace, keyspace.latch_all()).sweep(usize::MAX);
        self.databases.made().map(sweep).sum()
    }

    /// Latches every key that a command names, or all keys where it works on all.
    #[inline(never)]
    fn begin<'k>(&'k self, keyspace: &'k Keyspace, spec: &CommandSpec, args: &[Arg<'_>]) -> Tx<'k> {
        let mut wanted = Wanted::default();
        self.want(&mut wanted, keyspace, spec, args);
        Tx::new(self, keyspace, self.databases.latch(wanted))
    }

    /// Adds what a command is to latch; the database that the commands after it work on.
    fn want<'k>(
        &'k self,
        wanted: &mut Wanted,
        keyspace: &'k Keyspace,
        spec: &CommandSpec,
        args: &[Arg<'_>],
    ) -> &'k Keyspace {
        let selected = commands::selected(spec.id, &Args::new(args), &self.databases);
        let keyspace = selected.map_or(keyspace, |number| self.databases.get(number));
        match (spec.keys, args) {
            (Keys::None, _) => {}
            (Keys::ONE, [key, ..]) => wanted.key(keyspace, key.as_bytes()),
            (Keys::Whole, _) => wanted.whole(keyspace),
            (keys, _) => Args::new(args).keys(keys).for_each(|key| wanted.key(keyspace, key)),
        }
        if spec.flags.contains(Flags::DATABASES) {
            commands::reach(spec.id, &Args::new(args), &self.databases, wanted);
        }
        keyspace
    }
}

/// Whether a command keeps its arguments, or hands them on.
fn keeps(spec: &CommandSpec) -> bool {
    spec.flags.contains(Flags::WRITE) || spec.flags.contains(Flags::MAY_REPLICATE)
}

/// Whether a command that may copy its arguments has a large one.
#[inline]
fn has_large(spec: &CommandSpec, args: &[Arg<'_>]) -> bool {
    let copies = keeps(spec) || !spec.flags.contains(Flags::FAST);
    copies && args.iter().any(|arg| arg.as_bytes().len() >= memory::LARGE)
}

/// How many bytes a command makes of its large arguments: a value that came in a buffer of its own is shared, but a
/// key, a field or a message is copied, and a pattern three times.
#[cold]
fn copied(spec: &CommandSpec, args: &[Arg<'_>]) -> usize {
    let times = if keeps(spec) { 1 } else { 3 };
    let all = times > 1 || matches!(spec.id, CommandId::Hash(_) | CommandId::PubSub(_));
    let is_key = |at| spec.keys.positions(args).any(|key| key == at);
    let large = args.iter().enumerate().filter(|(_, arg)| arg.as_bytes().len() >= memory::LARGE);
    let copied = large.filter(|(at, arg)| all || !arg.is_shared() || is_key(*at));
    copied.map(|(_, arg)| arg.as_bytes().len()).fold(0, usize::saturating_add).saturating_mul(times)
}

/// A handler's reply as one of several. Its errors are what Redis answers.
fn answer(reply: Reply) -> Result<Value, ServerError> {
    reply.map_err(|error| match error {
        Error::Server(error) => error,
        other => ServerError::new(format!("ERR {other}")),
    })
}

#[inline]
fn run_in(tx: &mut Tx<'_>, spec: &'static CommandSpec, args: &Args<'_>) -> Reply {
    // A command that reads takes no key out of the map. Where somebody wants to hear of keys that expire, those whose
    // time is over go before the command, as if Redis had come upon them just then.
    if tx.told().contains(KeyspaceEvents::EXPIRED) {
        args.keys(spec.keys).for_each(|key| tx.expire(key));
    }
    if spec.flags.contains(Flags::WRITE) {
        tx.pay_for_write();
    }
    // Last, so that the reply is written where the caller wants it.
    commands::handler(spec.id)(tx, args)
}

impl Drop for Engine {
    /// The broker is gone: its subscribers' streams end.
    fn drop(&mut self) {
        self.pubsub.close();
    }
}
