//! Calls of one row of the command table, and what is made of them: too short, too long, of keys of another type, with
//! odd words.

use std::fmt::Write as _;

use embroker_core::table::{self, CommandSpec};

use crate::support::{Tree, replies};

/// What every call finds: two strings, two sets and a hash. Each set's members have one order only.
pub(crate) const SETUP: &[&str] = &["FLUSHALL", "SET k 12", "SET k2 abc", "HSET h a 1 b x", "SADD s 1", "SADD i 1 2 3"];

/// What is asked after every call.
pub(crate) const EPILOGUE: &[&str] = &[
    "DBSIZE",
    "GET k",
    "GET k2",
    "GET n",
    "HLEN h",
    "HMGET h a b \"\"",
    "SCARD s",
    "SMISMEMBER s 1 2 a \"\"",
    "SCARD i",
    "TTL k",
    "TYPE n",
];

/// A key of each type, and none.
const KEYS: &[&str] = &["k", "k2", "h", "s", "n"];

/// What may stand where a call has an argument.
const ODD: &[&[u8]] = &[
    b"",
    b"\0",
    b"1\0",
    b"\r\n",
    b"\xff\xfe",
    b"-1",
    b"0",
    b"-0",
    b"01",
    b" 1",
    b"1.5",
    b"nan",
    b"1e400",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551615",
    b"*",
    b"a\"b'c",
];

/// A command's conversations: the calls as they are meant, from which the others are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The row's name in the table.
    pub(crate) name: &'static str,
    /// Each one or more commands with `; ` between them; the last one is the call. `""` is an empty word. No odd word
    /// takes the place of a word that begins with `=`.
    pub(crate) calls: &'static [&'static str],
    view: View,
    odd: bool,
}

/// What of the answers is compared.
#[derive(Clone, Copy, Debug)]
enum View {
    /// All bytes.
    Bytes,
    /// The items of aggregates, in any order.
    AnyOrder,
    /// All but numbers.
    NoNumbers,
    /// Which kind of reply each is, and all of an error.
    Outcome,
}

/// What a conversation is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Normal,
    TooFew,
    TooMany,
    WrongType,
    Odd,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Normal, Self::TooFew, Self::TooMany, Self::WrongType, Self::Odd];
}

/// One command of a conversation.
pub(crate) type Argv = Vec<Vec<u8>>;

/// A row whose answers are compared byte for byte.
pub(crate) const fn row(name: &'static str, calls: &'static [&'static str]) -> Row {
    Row { name, calls, view: View::Bytes, odd: true }
}

impl Row {
    /// Redis tells the items in the order of a hash table.
    pub(crate) const fn in_any_order(mut self) -> Self {
        self.view = View::AnyOrder;
        self
    }

    /// The numbers are those of a clock or of a process.
    pub(crate) const fn without_numbers(mut self) -> Self {
        self.view = View::NoNumbers;
        self
    }

    /// What is told is of this server, or random; `why` says which, and where it is compared.
    pub(crate) const fn outcome_only(mut self, why: &'static str) -> Self {
        assert!(!why.is_empty(), "a reason is given");
        self.view = View::Outcome;
        self
    }

    /// Odd words are for another test: some of them would stop the server or make it wait; `why` says so.
    #[allow(dead_code, reason = "for the rows of which it holds")]
    pub(crate) const fn without_odd_words(mut self, why: &'static str) -> Self {
        assert!(!why.is_empty(), "a reason is given");
        self.odd = false;
        self
    }

    /// Whether a command can have conversations of this kind at all.
    pub(crate) fn can_have(&self, kind: Kind, spec: &CommandSpec) -> bool {
        let with_arguments = || self.calls.iter().any(|call| Self::parse(call).1.len() > usize::from(spec.words));
        match kind {
            Kind::Normal => true,
            Kind::TooMany => self.odd || spec.arity > 0,
            Kind::TooFew => with_arguments() && (self.odd || !spec.accepts(0)),
            Kind::WrongType => spec.key_specs().iter().any(table::KeySpec::is_key),
            Kind::Odd => self.odd && with_arguments(),
        }
    }

    /// All conversations of the row, without the setup and the epilogue.
    pub(crate) fn conversations(&self, spec: &CommandSpec) -> Vec<(Kind, Vec<Argv>)> {
        let words = usize::from(spec.words);
        let mut all = Vec::new();
        for text in self.calls {
            let (before, call, fixed) = Self::parse(text);
            let mut add = |kind, call: Argv| all.push((kind, [&before[..], &[call]].concat()));
            let replaced = |at: usize, word: &[u8]| {
                let mut call = call.clone();
                call[at] = word.to_vec();
                call
            };
            add(Kind::Normal, call.clone());
            for len in (words..call.len()).filter(|len| self.odd || !spec.accepts(len - words)) {
                add(Kind::TooFew, call[..len].to_vec());
            }
            if self.odd {
                add(Kind::TooMany, [&call[..], &[b"x".to_vec()]].concat());
                add(Kind::TooMany, [&call[..], &[b"x".to_vec(), b"".to_vec()]].concat());
            } else if spec.arity > 0 {
                add(Kind::TooMany, [&call[..], &[b"x".to_vec()]].concat());
            }
            let borrowed: Vec<&[u8]> = call.iter().map(Vec::as_slice).collect();
            for (at, _) in table::find_keys(spec, &borrowed) {
                for key in KEYS {
                    add(Kind::WrongType, replaced(at, key.as_bytes()));
                }
            }
            for at in (words..call.len()).filter(|at| self.odd && !fixed.contains(at)) {
                for odd in ODD {
                    add(Kind::Odd, replaced(at, odd));
                }
            }
        }
        all
    }

    /// The commands before the call, the call, and where it has a fixed word.
    fn parse(text: &str) -> (Vec<Argv>, Argv, Vec<usize>) {
        let mut commands: Vec<Argv> = text.split("; ").map(words).collect();
        let mut call = commands.pop().unwrap_or_default();
        let mut fixed = Vec::new();
        for (at, word) in call.iter_mut().enumerate().filter(|(_, word)| word.starts_with(b"=")) {
            word.remove(0);
            fixed.push(at);
        }
        (commands, call, fixed)
    }

    /// What of an answer is compared.
    pub(crate) fn view(&self, answer: &[u8]) -> String {
        let mut out = String::new();
        match self.view {
            View::Bytes => out = answer.escape_ascii().to_string(),
            View::NoNumbers => {
                for part in answer.split(u8::is_ascii_digit).filter(|part| !part.is_empty()) {
                    let _ = write!(out, "{}#", part.escape_ascii());
                }
            }
            View::AnyOrder => replies(answer).iter().for_each(|reply| match Tree::parse(reply) {
                Ok(tree) => _ = writeln!(out, "{:?}", tree.sorted()),
                Err(_) => _ = writeln!(out, "{}", reply.escape_ascii()),
            }),
            View::Outcome => replies(answer).iter().for_each(|reply| {
                let told = if reply.starts_with(b"-") { reply } else { &reply[..reply.len().min(1)] };
                let _ = writeln!(out, "{}", told.escape_ascii());
            }),
        }
        out
    }
}

/// Splits a command into words.
pub(crate) fn words(command: &str) -> Argv {
    command.split_whitespace().map(|word| if word == "\"\"" { Vec::new() } else { word.as_bytes().to_vec() }).collect()
}
