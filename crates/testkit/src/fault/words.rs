//! A fault in words, as a failed test tells it.

use std::fmt;

use super::{Effect, Fault, On};

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nth {
            Some(n) => write!(f, "the {n}{} ", suffix(n))?,
            None => f.write_str("each ")?,
        }
        match &self.on {
            On::Message(on) => {
                write!(f, "message on {}", on.channel)?;
                if let Some(subscriber) = on.subscriber {
                    write!(f, " to subscriber {subscriber}")?;
                }
            }
            On::Command(on) => {
                f.write_str(on.name.as_deref().unwrap_or("command"))?;
                if let Some(family) = &on.family {
                    write!(f, " of the family {family}")?;
                }
                if let Some(key) = &on.key {
                    write!(f, " of {key}")?;
                }
                if !on.args.is_empty() {
                    write!(f, " with {}", on.args.join(" "))?;
                }
            }
        }
        if let Some(chance) = self.chance {
            write!(f, ", by a chance of {chance},")?;
        }
        match &self.then {
            Effect::Fail(error) => write!(f, " fails with {error:?}"),
            Effect::OutOfMemory => f.write_str(" runs out of memory"),
            Effect::NotSent => f.write_str(" is not sent"),
            Effect::LoseReply => f.write_str(" loses its reply"),
            Effect::DelayMs(ms) => write!(f, " is delayed by {ms} ms"),
            Effect::Lose => f.write_str(" is lost"),
            Effect::Hold => f.write_str(" is held"),
            Effect::JitterMs(ms) => write!(f, " is delayed by up to {ms} ms"),
            Effect::Cut { misses } => write!(f, " cuts its subscriber, who misses {misses}"),
        }
    }
}

fn suffix(n: u64) -> &'static str {
    match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}
