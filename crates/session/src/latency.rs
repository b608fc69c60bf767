//! LATENCY: how long commands take. HISTOGRAM tells it of every command; of single events nothing is kept, as in a
//! Redis whose `latency-monitor-threshold` is 0.

use std::sync::Arc;

use embroker_core::commands::LatencyCommand;
use embroker_core::instance::{CommandStats, Counter};
use embroker_core::resp::Request;
use embroker_core::table::{self, CommandSpec, Flags};
use embroker_core::{Broker, ServerError, Value};

use crate::session::Session;

const HELP: [&str; 17] = [
    "LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
    "DOCTOR",
    "    Return a human readable latency analysis report.",
    "GRAPH <event>",
    "    Return an ASCII latency graph for the <event> class.",
    "HISTORY <event>",
    "    Return time-latency samples for the <event> class.",
    "LATEST",
    "    Return the latest latency samples for all events.",
    "RESET [<event> ...]",
    "    Reset latency data of one or more <event> classes.",
    "    (default: reset all data for all event classes)",
    "HISTOGRAM [COMMAND ...]",
    "    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
    "    If no commands are specified then all histograms are replied.",
    "HELP",
    "    Prints this help.",
];

const DOCTOR: &str = "I'm sorry, Dave, I can't do that. Latency monitoring is disabled in this Redis instance. You may \
    use \"CONFIG SET latency-monitor-threshold <milliseconds>.\" in order to enable it. If we weren't in a deep space \
    mission I'd suggest to take a look at https://redis.io/topics/latency-monitor.\n";

impl<B: Broker> Session<B> {
    pub(crate) fn latency(&mut self, command: LatencyCommand, request: &Request<'_>) -> Result<(), ServerError> {
        match command {
            LatencyCommand::Doctor => self.value(&Value::verbatim(DOCTOR)),
            LatencyCommand::Graph => {
                let event = request.arguments().first().map_or(&b""[..], |event| event.as_bytes());
                return Err(ServerError::no_latency_samples(event));
            }
            LatencyCommand::Help => self.value(&Value::lines(HELP)),
            LatencyCommand::Histogram => {
                let histograms = self.histograms(request);
                self.value(&Value::Map(histograms));
            }
            LatencyCommand::History | LatencyCommand::Latest => self.value(&Value::Array(Vec::new())),
            LatencyCommand::Reset => self.value(&Value::Int(0)),
            LatencyCommand::Latency => return Err(ServerError::subcommand_syntax(request.subcommand(), "latency")),
        }
        Ok(())
    }

    /// `LATENCY HISTOGRAM [command …]`: of each command that ran, or of those named; a container stands for its
    /// subcommands.
    fn histograms(&self, request: &Request<'_>) -> Vec<(Value, Value)> {
        let counted = self.shared.instance.stats().commands();
        let of = |spec: &'static CommandSpec| -> Option<(Value, Value)> {
            let stats = counted.iter().find(|(id, _)| *id == spec.id).map(|(_, stats)| stats)?;
            Some((spec.name.into(), histogram(stats)?))
        };
        if request.arguments().is_empty() {
            return table::all().filter_map(of).collect();
        }
        let named = request.arguments().iter().filter_map(|name| table::find(name.as_bytes()));
        let each = named.flat_map(|spec| {
            let itself = Some(spec).filter(|spec| !spec.flags.contains(Flags::CONTAINER));
            itself.into_iter().chain(spec.subcommands())
        });
        each.filter_map(of).collect()
    }
}

/// How many calls there were, and up to how many microseconds how many of them took; `None` where there were none.
fn histogram(stats: &Arc<CommandStats>) -> Option<Value> {
    let calls: u64 = stats.latency.iter().map(Counter::get).sum();
    if calls == 0 {
        return None;
    }
    let mut upto = 0;
    let mut steps = Vec::new();
    for (power, bucket) in stats.latency.iter().enumerate() {
        let more = bucket.get();
        if more > 0 {
            upto += more;
            steps.push((Value::Int(bound(power)), Value::Int(upto as i64)));
        }
    }
    let facts = [("calls", Value::Int(calls as i64)), ("histogram_usec", Value::Map(steps))];
    Some(Value::Map(facts.into_iter().map(|(fact, value)| (fact.into(), value)).collect()))
}

/// How Redis names the bucket of up to 2ᵖᵒʷᵉʳ microseconds. It counts in nanoseconds, keeps two decimal digits of them,
/// and tells the greatest time that looks like 1,024 · 2ᵖᵒʷᵉʳ then.
fn bound(power: usize) -> i64 {
    let nanoseconds = 1024_u64 << power;
    ((nanoseconds + nanoseconds / 128 - 1) / 1000) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_have_the_names_that_redis_gives_them() {
        let names: Vec<i64> = (0..12).map(bound).collect();
        assert_eq!(names, [1, 2, 4, 8, 16, 33, 66, 132, 264, 528, 1056, 2113]);
    }
}
