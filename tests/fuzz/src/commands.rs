//! Commands of the whole table on the engine: one by one and in transactions the same replies and the same state, and
//! the engine's own counts hold.

use bytes::Bytes;
use embroker_core::table::{self, CommandSpec};
use embroker_core::{Broker as _, Command, Error, Pipeline, Value};
use embroker_mem::MemBroker;
use futures_util::FutureExt as _;

use crate::input::Input;
use crate::state;

/// Few keys, so that they meet.
const KEYS: [&str; 6] = ["a", "b", "h", "s", "", "a key that is longer than what is kept in place"];

/// Arguments of all kinds.
const WORDS: [&str; 72] = [
    "0",
    "1",
    "2",
    "3",
    "-1",
    "-2",
    "7",
    "8",
    "10",
    "100",
    "-100",
    "1000",
    "65535",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "1.5",
    "-0.25",
    "1e17",
    "inf",
    "nan",
    "",
    "x",
    "abc",
    "*",
    "a*",
    "[a-",
    "NX",
    "XX",
    "GT",
    "LT",
    "EX",
    "PX",
    "EXAT",
    "PXAT",
    "PERSIST",
    "KEEPTTL",
    "GET",
    "SET",
    "INCRBY",
    "OVERFLOW",
    "WRAP",
    "SAT",
    "FAIL",
    "u8",
    "i64",
    "u63",
    "i1",
    "#1",
    "#7",
    "BIT",
    "BYTE",
    "AND",
    "OR",
    "XOR",
    "NOT",
    "MATCH",
    "COUNT",
    "TYPE",
    "string",
    "WITHVALUES",
    "LIMIT",
    "REPLACE",
    "DB",
    "ENCODING",
    "ASYNC",
    "100000",
    "5000000000",
    "5000000000000",
    "a text of some length that is no longer packed with others, for it has more than sixty-four bytes",
    "\r\n",
    "\u{e9}\0",
];

/// Up to 40 commands, each run alone on one broker, and on another in transactions of up to eight.
pub(crate) fn target(bytes: &[u8]) {
    let rows: Vec<&'static CommandSpec> = table::all().filter(|spec| is_tried(spec)).collect();
    let mut input = Input::new(bytes);
    let (single, grouped) = (state::broker(), state::broker());
    let mut count = 0;
    while !input.is_empty() && count < 40 {
        let group: Vec<Vec<Bytes>> = (0..=input.below(8)).map(|_| words(&rows, &mut input)).collect();
        count += group.len();
        // One that is refused before it is looked at would end its transaction.
        let commands: Vec<Command<'static>> = group
            .iter()
            .map(|words| Command::from_argv(words.clone()).expect("there is a name"))
            .filter(|command| command.resolve().is_ok())
            .collect();
        let one_by_one: Vec<_> =
            commands.iter().map(|command| single.call(command).map_err(|error| in_words(&error))).collect();
        let together = together(&grouped, &commands);
        assert_eq!(together, one_by_one, "{group:?}");
        assert_eq!(single.used_memory(), grouped.used_memory(), "{group:?}");
    }
    assert_eq!(state::dump(&single), state::dump(&grouped));
    state::check(&single);
    state::check(&grouped);
}

/// Whether it is the engine's business, and the same whenever it is asked.
fn is_tried(spec: &CommandSpec) -> bool {
    let container = spec.name.split('|').next().unwrap_or_default();
    !spec.is_session() && !["command", "config", "debug", "info", "lolwut", "memory", "time"].contains(&container)
}

fn words(rows: &[&'static CommandSpec], input: &mut Input<'_>) -> Vec<Bytes> {
    let spec = input.pick(rows);
    let mut words: Vec<Bytes> = spec.name.split('|').map(|word| Bytes::from_static(word.as_bytes())).collect();
    // Often the fewest arguments that the row allows, so that a command runs.
    let fewest = usize::from(spec.arity.unsigned_abs()).saturating_sub(words.len());
    let more = if spec.arity < 0 { input.below(6).saturating_sub(1) } else { 0 };
    for at in 0..fewest + more {
        let is_key = at == 0 || input.below(4) == 0;
        words.push(Bytes::from_static(if is_key { input.pick(&KEYS) } else { input.pick(&WORDS) }.as_bytes()));
    }
    words
}

fn together(broker: &MemBroker, commands: &[Command<'static>]) -> Vec<Result<Value, String>> {
    let mut pipeline = Pipeline::atomic();
    for command in commands {
        pipeline.push(command.clone());
    }
    let replies = broker.pipeline(pipeline).now_or_never().expect("nobody waits in memory").expect("it runs");
    replies.into_iter().map(|reply| reply.map_err(|error| error.to_string())).collect()
}

fn in_words(error: &Error) -> String {
    error.as_server().expect("the server says so").to_string()
}
