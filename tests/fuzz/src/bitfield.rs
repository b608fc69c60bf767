//! BITFIELD against a string of bits: every reply, and the string in the end.

use embroker_core::{Command, Value};
use embroker_mem::MemBroker;

use crate::input::Input;

/// The values that operations are given: the edges of all widths, and what is near them.
const VALUES: [i64; 16] =
    [0, 1, -1, 2, 7, -8, 127, 128, -128, 255, 65_535, i64::MAX, i64::MIN, i64::MAX - 1, 1 << 62, -(1 << 62)];

/// How a value that does not fit is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Overflow {
    Wrap,
    Sat,
    Fail,
}

/// An integer of some bits.
#[derive(Clone, Copy)]
struct Kind {
    signed: bool,
    bits: u32,
}

impl Kind {
    fn range(self) -> (i128, i128) {
        let values = 1_i128 << self.bits;
        if self.signed { (-values / 2, values / 2 - 1) } else { (0, values - 1) }
    }

    /// The number that the lowest bits of another are.
    fn wrapped(self, number: i128) -> i128 {
        let values = 1_i128 << self.bits;
        let number = number.rem_euclid(values);
        if self.signed && number >= values / 2 { number - values } else { number }
    }

    fn fitted(self, number: i128, overflow: Overflow) -> Option<i128> {
        let (least, most) = self.range();
        match overflow {
            _ if (least..=most).contains(&number) => Some(number),
            Overflow::Wrap => Some(self.wrapped(number)),
            Overflow::Sat => Some(number.clamp(least, most)),
            Overflow::Fail => None,
        }
    }
}

/// The bits of a string.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn read(&self, kind: Kind, offset: usize) -> i128 {
        let bit = |at: usize| self.0.get(at).copied().unwrap_or_default();
        let bits = (offset..offset + kind.bits as usize).map(bit);
        kind.wrapped(bits.fold(0, |number, bit| number * 2 + i128::from(bit)))
    }

    /// Writes, in a string that has grown to whole bytes.
    fn write(&mut self, kind: Kind, offset: usize, number: i128) {
        let number = number.rem_euclid(1 << kind.bits);
        for at in 0..kind.bits as usize {
            self.0[offset + at] = number >> (kind.bits as usize - 1 - at) & 1 == 1;
        }
    }

    fn grow(&mut self, kind: Kind, offset: usize) {
        let len = (offset + kind.bits as usize).next_multiple_of(8);
        self.0.resize(len.max(self.0.len()), false);
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.chunks(8).map(|bits| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
    }
}

/// Each call has up to eight operations.
pub(crate) fn target(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let broker = MemBroker::new();
    let mut bits = Bits::default();
    let mut calls = Vec::new();
    while !input.is_empty() {
        let mut argv = vec!["BITFIELD".to_owned(), "k".to_owned()];
        let mut expected = Vec::new();
        let mut overflow = Overflow::Wrap;
        let operations: Vec<Vec<String>> = (0..=input.below(8)).map(|_| operation(&mut input)).collect();
        // Before anything is written, the string grows to what the farthest write needs.
        let has_write = operations.iter().any(|words| words[0] == "SET" || words[0] == "INCRBY");
        if has_write {
            for words in operations.iter().filter(|words| words.len() == 4) {
                let (kind, offset) = place(words);
                bits.grow(kind, offset);
            }
        }
        for words in operations {
            expected.extend(apply(&words, &mut bits, &mut overflow));
            argv.extend(words);
        }
        let reply = broker.call(&Command::from_argv(&argv).expect("there is a name"));
        let expected = Value::Array(expected);
        assert_eq!(reply.expect("it is well formed"), expected, "{argv:?}");
        calls.push(argv.join(" "));
    }
    let stored = broker.call(&Command::from_argv(["GET", "k"]).expect("there is a name")).expect("it is a string");
    let stored = stored.as_bytes().unwrap_or_default().escape_ascii().to_string();
    assert_eq!(stored, bits.bytes().escape_ascii().to_string(), "after {}", calls.join("\n"));
}

fn operation(input: &mut Input<'_>) -> Vec<String> {
    let name = input.pick(&["GET", "SET", "INCRBY", "OVERFLOW"]);
    if name == "OVERFLOW" {
        return vec![name.to_owned(), input.pick(&["WRAP", "SAT", "FAIL"]).to_owned()];
    }
    let signed = input.below(2) == 1;
    let bits = 1 + input.below(if signed { 64 } else { 63 });
    let offset = usize::from(input.byte()) * if input.below(8) == 0 { 16 } else { 1 };
    let hash = if input.below(2) == 0 { "" } else { "#" };
    let mut words =
        vec![name.to_owned(), format!("{}{bits}", if signed { "i" } else { "u" }), format!("{hash}{offset}")];
    if name != "GET" {
        let value = input.pick(&VALUES).wrapping_add(i64::from(input.byte().cast_signed()));
        words.push(value.to_string());
    }
    words
}

/// Which bits an operation is about.
fn place(words: &[String]) -> (Kind, usize) {
    let kind = Kind { signed: words[1].starts_with('i'), bits: words[1][1..].parse().expect("a width") };
    let offset = match words[2].strip_prefix('#') {
        Some(number) => number.parse::<usize>().expect("an offset") * kind.bits as usize,
        None => words[2].parse().expect("an offset"),
    };
    (kind, offset)
}

/// The reply to one operation, if it has one.
fn apply(words: &[String], bits: &mut Bits, overflow: &mut Overflow) -> Option<Value> {
    if words[0] == "OVERFLOW" {
        *overflow = match words[1].as_str() {
            "WRAP" => Overflow::Wrap,
            "SAT" => Overflow::Sat,
            _ => Overflow::Fail,
        };
        return None;
    }
    let (kind, offset) = place(words);
    let old = bits.read(kind, offset);
    let told = |number: i128| Value::Int(i64::try_from(number).expect("no field is wider"));
    let value = || words[3].parse::<i64>().expect("a value");
    let (new, reply) = match words[0].as_str() {
        "GET" => return Some(told(old)),
        // A value that is given for an unsigned field is taken by its bits.
        "SET" => {
            let value = if kind.signed { i128::from(value()) } else { i128::from(value().cast_unsigned()) };
            // Redis takes a value for too large where the way to the largest is longer than 64 bits can tell.
            let (_, most) = kind.range();
            let is_far_below = kind.signed && most - value > i128::from(i64::MAX);
            match overflow {
                Overflow::Sat if is_far_below && kind.bits < 64 => (Some(most), old),
                _ => (kind.fitted(value, *overflow), old),
            }
        }
        _ => {
            let sum = kind.fitted(old + i128::from(value()), *overflow);
            (sum, sum.unwrap_or_default())
        }
    };
    let Some(new) = new else { return Some(Value::Null) };
    bits.write(kind, offset, new);
    Some(told(reply))
}
