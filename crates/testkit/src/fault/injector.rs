//! Makes a plan's faults happen: decides for each command and each message, and keeps count.
//!
//! A decision depends on the plan, the seed and how many came before, on nothing else: that is what makes it repeat.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use embroker::error::texts;
use embroker::table::{Facts, Flags};
use embroker::{Command, Glob, ServerError};

use super::check::canonical;
use super::{Effect, Fault, FaultPlan, On};
use crate::clock::lock;
use crate::seed::Seed;

/// A plan at work.
pub(crate) struct Injector {
    rules: Vec<Rule>,
    /// Whether a command may have to wait.
    pub(crate) delays_commands: bool,
    seed: Seed,
}

struct Rule {
    fault: Fault,
    on: Target,
    /// How many matched: of the commands, or of the messages to each subscriber.
    matched: Mutex<HashMap<u64, u64>>,
    fired: AtomicU64,
}

enum Target {
    Command { name: Option<String>, family: Option<String>, key: Option<Glob>, args: Vec<Glob>, needs_memory: bool },
    Message { channel: Glob, subscriber: Option<u64> },
}

/// What becomes of a command.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) delay_ms: u64,
    pub(crate) fate: Option<CommandFate>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CommandFate {
    Fails(ServerError),
    IsNotSent,
    LosesReply,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageFate {
    Arrives { delay_ms: u64 },
    IsLost,
    IsHeld,
    Cuts { misses: u64 },
}

impl Injector {
    pub(crate) fn new(plan: FaultPlan, seed: Seed) -> Self {
        let rules: Vec<_> = plan.0.into_iter().map(Rule::new).collect();
        let delays_commands = rules
            .iter()
            .any(|rule| matches!(rule.on, Target::Command { .. }) && matches!(rule.fault.then, Effect::DelayMs(_)));
        Self { rules, delays_commands, seed }
    }

    pub(crate) fn judge(&self, command: &Command<'_>) -> Verdict {
        let mut verdict = Verdict::default();
        for (number, rule) in (0..).zip(&self.rules) {
            if !rule.on.is_command(command) {
                continue;
            }
            if rule.strikes(self.seed, number, 0).is_none() {
                continue;
            }
            let fate = match &rule.fault.then {
                Effect::DelayMs(ms) => {
                    verdict.delay_ms = verdict.delay_ms.saturating_add(*ms);
                    rule.fire();
                    continue;
                }
                Effect::Fail(text) => CommandFate::Fails(ServerError::new(text.clone())),
                Effect::OutOfMemory => CommandFate::Fails(texts::OUT_OF_MEMORY),
                Effect::NotSent => CommandFate::IsNotSent,
                _ => CommandFate::LosesReply,
            };
            if verdict.fate.is_none() {
                rule.fire();
                verdict.fate = Some(fate);
            }
        }
        verdict
    }

    /// What becomes of a message. Each fault counts all that match, whatever another does to them; what takes a message
    /// away comes by the order of the plan, and what stands behind it in the plan has not struck.
    pub(crate) fn judge_message(&self, channel: &[u8], to: u64) -> MessageFate {
        let (mut delay_ms, mut fate) = (0_u64, None);
        for (number, rule) in (0..).zip(&self.rules) {
            if !rule.on.is_message(channel, to) {
                continue;
            }
            let Some(count) = rule.strikes(self.seed, number, to) else { continue };
            if fate.is_some() {
                continue;
            }
            rule.fire();
            match rule.fault.then {
                Effect::Lose => fate = Some(MessageFate::IsLost),
                Effect::Hold => fate = Some(MessageFate::IsHeld),
                Effect::Cut { misses } => fate = Some(MessageFate::Cuts { misses }),
                Effect::JitterMs(most) => {
                    delay_ms = delay_ms.saturating_add(self.seed.draw([!number, count, to]).u64(0..=most));
                }
                Effect::DelayMs(ms) => delay_ms = delay_ms.saturating_add(ms),
                _ => {}
            }
        }
        fate.unwrap_or(MessageFate::Arrives { delay_ms })
    }

    /// Counts a message that a subscriber misses while it is cut, which no fault can strike.
    pub(crate) fn count_message(&self, channel: &[u8], to: u64) {
        for rule in self.rules.iter().filter(|rule| rule.on.is_message(channel, to)) {
            rule.count(to);
        }
    }

    /// The faults that struck nothing so far.
    pub(crate) fn unfired(&self) -> Vec<Fault> {
        let rules = self.rules.iter().filter(|rule| rule.fired.load(Ordering::SeqCst) == 0);
        rules.map(|rule| rule.fault.clone()).collect()
    }

    /// Each fault with how many it could have struck.
    pub(crate) fn unfired_with_matches(&self) -> Vec<(Fault, u64)> {
        let rules = self.rules.iter().filter(|rule| rule.fired.load(Ordering::SeqCst) == 0);
        rules.map(|rule| (rule.fault.clone(), lock(&rule.matched).values().sum())).collect()
    }
}

impl Rule {
    fn new(fault: Fault) -> Self {
        let on = match &fault.on {
            On::Message(on) => Target::Message { channel: Glob::new(&on.channel), subscriber: on.subscriber },
            On::Command(on) => Target::Command {
                name: on.name.as_deref().map(canonical),
                family: on.family.clone(),
                key: on.key.as_ref().map(Glob::new),
                args: on.args.iter().map(Glob::new).collect(),
                needs_memory: fault.then == Effect::OutOfMemory,
            },
        };
        Self { fault, on, matched: Mutex::default(), fired: AtomicU64::new(0) }
    }

    /// Counts one that matches, on its way to a subscriber or, for a command, to 0; its number from 1, where the fault
    /// strikes it.
    fn strikes(&self, seed: Seed, number: u64, to: u64) -> Option<u64> {
        let count = self.count(to);
        let strikes = match (self.fault.nth, self.fault.chance) {
            (Some(nth), _) => count == nth,
            (None, Some(chance)) => seed.draw([number, count, to]).f64() < chance,
            (None, None) => true,
        };
        strikes.then_some(count)
    }

    fn count(&self, to: u64) -> u64 {
        let mut matched = lock(&self.matched);
        let count = matched.entry(to).or_default();
        *count += 1;
        *count
    }

    fn fire(&self) {
        self.fired.fetch_add(1, Ordering::SeqCst);
    }
}

impl Target {
    fn is_message(&self, channel: &[u8], to: u64) -> bool {
        let Self::Message { channel: glob, subscriber } = self else { return false };
        glob.matches(channel) && subscriber.is_none_or(|subscriber| subscriber == to)
    }

    fn is_command(&self, command: &Command<'_>) -> bool {
        let Self::Command { name, family, key, args, needs_memory } = self else { return false };
        let spec = command.spec();
        let full = spec.map_or_else(
            || {
                command
                    .words()
                    .next()
                    .map(|word| String::from_utf8_lossy(word).to_ascii_lowercase())
                    .unwrap_or_default()
            },
            |spec| spec.name.to_owned(),
        );
        let given = command.arguments();
        name.as_ref().is_none_or(|name| {
            full == *name || full.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('|'))
        }) && family.as_ref().is_none_or(|family| Facts::of(&full).is_some_and(|facts| facts.group.name() == family))
            && key.as_ref().is_none_or(|key| match spec {
                Some(spec) => {
                    spec.keys.positions(given).any(|at| given.get(at).is_some_and(|arg| key.matches(arg.as_bytes())))
                }
                // Where a command that embroker does not know has its first key, as nearly all do.
                None => given.first().is_some_and(|arg| key.matches(arg.as_bytes())),
            })
            && args.len() <= given.len()
            && args.iter().zip(given).all(|(glob, arg)| glob.matches(arg.as_bytes()))
            && (!needs_memory || spec.is_some_and(|spec| spec.flags.contains(Flags::DENYOOM)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(number: u64) -> Seed {
        Seed { number, is_fixed: true }
    }

    fn injector(faults: impl IntoIterator<Item = Fault>) -> Injector {
        Injector::new(FaultPlan::new(faults).unwrap(), seed(7))
    }

    fn judge(injector: &Injector, line: &str) -> Option<CommandFate> {
        injector.judge(&Command::from_argv(line.split(' ')).unwrap()).fate
    }

    #[test]
    fn a_fault_strikes_what_matches_all_of_it_and_nothing_else() {
        let all = injector([Fault::command("HSET").key("order:*").args(["*", "who"]).is_not_sent()]);
        assert_eq!(judge(&all, "HSET order:1 who jamie"), Some(CommandFate::IsNotSent));
        for other in ["HSET order:1 cost 40", "HSET user:1 who jamie", "HGET order:1 who", "HSET order:1", "PING"] {
            assert_eq!(judge(&all, other), None, "{other}");
        }
        let second_key = injector([Fault::command("rename").key("b").is_not_sent()]);
        assert_eq!(judge(&second_key, "RENAME a b"), Some(CommandFate::IsNotSent));
        let family = injector([Fault::family("string").is_not_sent()]);
        assert_eq!(judge(&family, "getset a b"), Some(CommandFate::IsNotSent));
        assert_eq!(judge(&family, "DEL a"), None);
        let container = injector([Fault::command("CONFIG").is_not_sent()]);
        assert_eq!(judge(&container, "CONFIG GET maxmemory"), Some(CommandFate::IsNotSent));
        let unknown = injector([Fault::command("LPUSH").key("a").is_not_sent()]);
        assert_eq!(judge(&unknown, "lpush a 1"), Some(CommandFate::IsNotSent));
        assert_eq!(judge(&unknown, "lpush b 1"), None);
    }

    #[test]
    fn the_nth_is_counted_among_those_that_match() {
        let second = injector([Fault::command("GET").key("a").nth(2).is_not_sent()]);
        let struck: Vec<_> =
            ["GET a", "GET b", "GET a", "GET a"].iter().map(|line| judge(&second, line).is_some()).collect();
        assert_eq!(struck, [false, false, true, false]);
        assert_eq!(second.unfired(), []);
    }

    #[test]
    fn each_fault_counts_all_messages_whatever_another_does_to_them() {
        let lost = |nth| Fault::message("n*").nth(nth).is_lost();
        for order in [[lost(1), lost(3)], [lost(3), lost(1)]] {
            let two = injector(order);
            let fates: Vec<_> = (0..5).map(|_| two.judge_message(b"news", 1) == MessageFate::IsLost).collect();
            assert_eq!(fates, [true, false, true, false, false]);
        }
        let third = injector([lost(3)]);
        third.count_message(b"news", 1);
        third.count_message(b"other", 1);
        third.count_message(b"news", 2);
        let fates: Vec<_> = (0..3).map(|_| third.judge_message(b"news", 1) == MessageFate::IsLost).collect();
        assert_eq!(fates, [false, true, false]);
        let both = injector([lost(1), Fault::message("news").nth(1).is_held()]);
        assert_eq!(both.judge_message(b"news", 1), MessageFate::IsLost);
        assert_eq!(both.unfired(), [Fault::message("news").nth(1).is_held()]);
    }

    #[test]
    fn chance_repeats_with_the_seed() {
        let draw = |number| {
            let plan = FaultPlan::new([Fault::command("GET").chance(0.5).is_not_sent()]).unwrap();
            let injector = Injector::new(plan, seed(number));
            (0..64).map(|_| judge(&injector, "GET a").is_some()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let struck = draw(1).into_iter().filter(|struck| *struck).count();
        assert!((16..48).contains(&struck), "{struck} of 64");
    }

    #[test]
    fn only_what_redis_would_refuse_runs_out_of_memory() {
        let full = injector([Fault::any_command().runs_out_of_memory()]);
        assert_eq!(judge(&full, "SET a b"), Some(CommandFate::Fails(texts::OUT_OF_MEMORY)));
        assert_eq!(judge(&full, "GET a"), None);
        assert_eq!(judge(&full, "DEL a"), None);
    }

    #[test]
    fn delays_add_up_and_the_first_fate_holds() {
        let several = injector([
            Fault::command("GET").is_delayed(std::time::Duration::from_millis(5)),
            Fault::command("GET").loses_its_reply(),
            Fault::any_command().is_not_sent(),
            Fault::any_command().is_delayed(std::time::Duration::from_millis(7)),
        ]);
        let verdict = several.judge(&Command::from_argv(["GET", "a"]).unwrap());
        assert_eq!(verdict, Verdict { delay_ms: 12, fate: Some(CommandFate::LosesReply) });
        assert_eq!(several.unfired().len(), 1);
    }
}
