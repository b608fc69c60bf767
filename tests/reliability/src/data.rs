//! What the commands of the serializability tests do, by their documentation: a model of maps, written without a look at
//! any engine. Deadlines are not in it, nor is what one client's connection knows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use embroker::Value;

use crate::Model;

/// The words of one command.
pub type Words = Vec<String>;

/// Commands that take effect together, the first in this database.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// Where the first command works.
    pub database: usize,
    /// One after the other.
    pub commands: Vec<Words>,
}

/// A reply, with what Redis gives in no order brought into one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing.
    Null,
    /// A number.
    Int(i64),
    /// Bytes, or a status.
    Text(Vec<u8>),
    /// Answers in order.
    List(Vec<Answer>),
    /// Texts in no order.
    Members(BTreeSet<Vec<u8>>),
    /// Fields and their values.
    Pairs(BTreeMap<Vec<u8>, Vec<u8>>),
    /// An error's text.
    Error(String),
    /// What no command of the model answers.
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Held {
    Text(Vec<u8>),
    Hash(BTreeMap<Vec<u8>, Vec<u8>>),
    Set(BTreeSet<Vec<u8>>),
}

type Database = BTreeMap<String, Held>;

/// The keys of all databases. Those that a step leaves as they are it shares with the state before it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Data {
    databases: Vec<Arc<Database>>,
}

const WRONG_TYPE: &str = "WRONGTYPE Operation against a key holding the wrong kind of value";
const NO_INTEGER: &str = "ERR value is not an integer or out of range";

/// What changes no key; SELECT concerns its own transaction.
const READS: [&str; 15] = [
    "DBSIZE",
    "EXISTS",
    "GET",
    "GETBIT",
    "HGET",
    "HGETALL",
    "HLEN",
    "KEYS",
    "MGET",
    "SCARD",
    "SELECT",
    "SISMEMBER",
    "SMEMBERS",
    "STRLEN",
    "TYPE",
];

type Outcome = Result<Answer, &'static str>;

impl Data {
    /// No key in any of so many databases.
    pub fn new(databases: usize) -> Self {
        Self { databases: vec![Arc::default(); databases] }
    }

    /// A database, to be changed.
    fn edit(&mut self, database: usize) -> &mut Database {
        Arc::make_mut(&mut self.databases[database])
    }

    /// Runs one command in a database; SELECT changes that.
    fn run(&mut self, database: &mut usize, words: &[String]) -> Outcome {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["SELECT", to] => *database = number(to)?,
            ["SWAPDB", one, other] => self.databases.swap(number(one)?, number(other)?),
            ["FLUSHALL"] => self.databases.iter_mut().for_each(|keys| *keys = Arc::default()),
            ["FLUSHDB"] => self.databases[*database] = Arc::default(),
            ["MOVE", key, to] => {
                let to = number(to)?;
                let there = self.databases[to].contains_key(*key);
                return Ok(match self.edit(*database).remove(*key) {
                    Some(held) if !there => {
                        self.edit(to).insert((*key).to_owned(), held);
                        Answer::Int(1)
                    }
                    Some(held) => {
                        self.edit(*database).insert((*key).to_owned(), held);
                        Answer::Int(0)
                    }
                    None => Answer::Int(0),
                });
            }
            ["COPY", from, to, rest @ ..] => {
                let target = match rest {
                    ["DB", to, ..] => number(to)?,
                    _ => *database,
                };
                let Some(held) = self.databases[*database].get(*from).cloned() else { return Ok(Answer::Int(0)) };
                let target = self.edit(target);
                if target.contains_key(*to) && rest.last() != Some(&"REPLACE") {
                    return Ok(Answer::Int(0));
                }
                target.insert((*to).to_owned(), held);
                return Ok(Answer::Int(1));
            }
            words => return on_keys(self.edit(*database), words),
        }
        Ok(ok())
    }
}

impl Model for Data {
    type Request = Transaction;
    type Reply = Vec<Answer>;

    fn accepts(&mut self, request: &Transaction, replies: &Vec<Answer>) -> bool {
        let mut database = request.database;
        request.commands.len() == replies.len()
            && request.commands.iter().zip(replies).all(|(words, reply)| match (words.as_slice(), reply) {
                // Chance decides which member goes.
                ([name, key], Answer::Text(member)) if name == "SPOP" => {
                    let keys = self.edit(database);
                    edit_set(keys, key, |set| set.remove(member)) == Ok(true)
                }
                (words, reply) => match self.run(&mut database, words) {
                    Ok(answer) => answer == *reply,
                    Err(error) => matches!(reply, Answer::Error(text) if text == error),
                },
            })
    }

    fn only_looked(request: &Transaction, replies: &Vec<Answer>) -> bool {
        request.commands.iter().zip(replies).all(|(words, reply)| {
            let name = words.first().map_or("", String::as_str);
            match reply {
                Answer::Error(_) => true,
                // What was to be removed or to be free was not.
                Answer::Int(0)
                    if ["COPY", "DEL", "HDEL", "MOVE", "MSETNX", "RENAMENX", "SMOVE", "SREM"].contains(&name) =>
                {
                    true
                }
                Answer::Null if words.last().is_some_and(|last| last == "NX") => true,
                _ => READS.contains(&name),
            }
        })
    }
}

/// Commands that work in one database.
fn on_keys(keys: &mut Database, words: &[&str]) -> Outcome {
    match words {
        ["DEL", names @ ..] => Ok(count(names.iter().filter(|name| keys.remove(**name).is_some()).count())),
        ["EXISTS", names @ ..] => Ok(count(names.iter().filter(|name| keys.contains_key(**name)).count())),
        ["DBSIZE"] => Ok(count(keys.len())),
        ["KEYS", "*"] => Ok(Answer::Members(keys.keys().map(|key| key.clone().into_bytes()).collect())),
        ["TYPE", key] => Ok(text(match keys.get(*key) {
            None => "none",
            Some(Held::Text(_)) => "string",
            Some(Held::Hash(_)) => "hash",
            Some(Held::Set(_)) => "set",
        })),
        ["RENAME", from, to] => {
            let held = keys.remove(*from).ok_or("ERR no such key")?;
            keys.insert((*to).to_owned(), held);
            Ok(ok())
        }
        ["RENAMENX", from, to] => {
            if !keys.contains_key(*from) {
                return Err("ERR no such key");
            }
            if keys.contains_key(*to) {
                return Ok(Answer::Int(0));
            }
            on_keys(keys, &["RENAME", from, to]).map(|_| Answer::Int(1))
        }
        ["HSET" | "HDEL" | "HGET" | "HGETALL" | "HLEN" | "HINCRBY", ..] => on_hash(keys, words),
        [name, ..] if name.starts_with('S') && !["SET", "SETBIT", "STRLEN"].contains(name) => on_sets(keys, words),
        words => on_strings(keys, words),
    }
}

fn on_strings(keys: &mut Database, words: &[&str]) -> Outcome {
    match words {
        ["GET", key] => Ok(maybe(read_text(keys, key)?)),
        ["STRLEN", key] => Ok(count(read_text(keys, key)?.map_or(0, Vec::len))),
        ["GETBIT", key, at] => Ok(Answer::Int(bit(read_text(keys, key)?.map_or(&[], Vec::as_slice), number(at)?))),
        ["SET", key, value] => {
            put(keys, key, *value);
            Ok(ok())
        }
        ["SET", key, value, "NX"] => {
            if keys.contains_key(*key) {
                return Ok(Answer::Null);
            }
            on_strings(keys, &["SET", key, value])
        }
        ["SET", key, value, "GET"] => {
            let before = maybe(read_text(keys, key)?);
            put(keys, key, *value);
            Ok(before)
        }
        ["GETDEL", key] => {
            let before = maybe(read_text(keys, key)?);
            keys.remove(*key);
            Ok(before)
        }
        ["APPEND", key, tail] => {
            let mut value = read_text(keys, key)?.cloned().unwrap_or_default();
            value.extend_from_slice(tail.as_bytes());
            let len = value.len();
            put(keys, key, value);
            Ok(count(len))
        }
        ["INCRBY", key, by] => {
            let before = integer(read_text(keys, key)?).ok_or(NO_INTEGER)?;
            let after = before.checked_add(by.parse().map_err(|_| NO_INTEGER)?);
            let after = after.ok_or("ERR increment or decrement would overflow")?;
            put(keys, key, after.to_string());
            Ok(Answer::Int(after))
        }
        ["MGET", names @ ..] => {
            Ok(Answer::List(names.iter().map(|name| maybe(read_text(keys, name).ok().flatten())).collect()))
        }
        ["MSET", pairs @ ..] => {
            pairs.chunks_exact(2).for_each(|pair| put(keys, pair[0], pair[1]));
            Ok(ok())
        }
        ["MSETNX", pairs @ ..] => {
            let is_free = pairs.chunks_exact(2).all(|pair| !keys.contains_key(pair[0]));
            if is_free {
                on_strings(keys, &[&["MSET"][..], pairs].concat())?;
            }
            Ok(Answer::Int(is_free.into()))
        }
        ["SETBIT", key, at, to] => {
            let mut value = read_text(keys, key)?.cloned().unwrap_or_default();
            let at = number(at)?;
            let before = bit(&value, at);
            grow(&mut value, at / 8 + 1);
            let mask = 0x80 >> (at % 8);
            value[at / 8] = if *to == "1" { value[at / 8] | mask } else { value[at / 8] & !mask };
            put(keys, key, value);
            Ok(Answer::Int(before))
        }
        ["BITFIELD", key, operations @ ..] => bitfield(keys, key, operations),
        ["BITOP", operation, to, names @ ..] => bitop(keys, operation, to, names),
        words => unreachable!("the model has no {words:?}"),
    }
}

/// `BITFIELD` on whole bytes: `GET u8 at`, `SET u8 at value` and `INCRBY u8 at by`, which wraps.
fn bitfield(keys: &mut Database, key: &str, operations: &[&str]) -> Outcome {
    let mut value = read_text(keys, key)?.cloned();
    let (mut answers, mut rest) = (Vec::new(), operations);
    while let [name, "u8", at, tail @ ..] = rest {
        let at = number(at)? / 8;
        let before = value.as_ref().and_then(|value| value.get(at)).copied().unwrap_or(0);
        let (after, answer) = match (*name, tail.first()) {
            ("GET", _) => (None, before),
            ("SET", Some(to)) => (Some(number(to)? as u8), before),
            (_, Some(by)) => {
                let after = before.wrapping_add(number(by)? as u8);
                (Some(after), after)
            }
            (_, None) => unreachable!("the model has no BITFIELD {operations:?}"),
        };
        if let Some(after) = after {
            let value = value.get_or_insert_default();
            grow(value, at + 1);
            value[at] = after;
        }
        answers.push(Answer::Int(answer.into()));
        rest = if *name == "GET" { tail } else { &tail[1..] };
    }
    if let Some(value) = value {
        put(keys, key, value);
    }
    Ok(Answer::List(answers))
}

fn bitop(keys: &mut Database, operation: &str, to: &str, names: &[&str]) -> Outcome {
    let texts = names.iter().map(|name| Ok(read_text(keys, name)?.cloned().unwrap_or_default()));
    let texts = texts.collect::<Result<Vec<_>, &'static str>>()?;
    let len = texts.iter().map(Vec::len).max().unwrap_or(0);
    let byte = |at: usize| {
        let bytes = texts.iter().map(|text| text.get(at).copied().unwrap_or(0));
        let combined = match operation {
            "AND" => bytes.reduce(|one, other| one & other),
            "OR" => bytes.reduce(|one, other| one | other),
            "XOR" => bytes.reduce(|one, other| one ^ other),
            _ => bytes.map(|byte| !byte).next(),
        };
        combined.unwrap_or(0)
    };
    let result: Vec<u8> = (0..len).map(byte).collect();
    if result.is_empty() {
        keys.remove(to);
    } else {
        put(keys, to, result);
    }
    Ok(count(len))
}

fn on_hash(keys: &mut Database, words: &[&str]) -> Outcome {
    let (name, key) = (words[0], words[1]);
    let mut hash = match keys.get(key) {
        None => BTreeMap::new(),
        Some(Held::Hash(hash)) => hash.clone(),
        Some(_) => return Err(WRONG_TYPE),
    };
    let answer = match (name, &words[2..]) {
        ("HGET", [field]) => maybe(hash.get(field.as_bytes())),
        ("HGETALL", []) => Answer::Pairs(hash.clone()),
        ("HLEN", []) => count(hash.len()),
        ("HSET", pairs) => {
            let pairs = pairs.chunks_exact(2);
            count(pairs.filter(|pair| hash.insert(pair[0].into(), pair[1].into()).is_none()).count())
        }
        ("HDEL", fields) => count(fields.iter().filter(|field| hash.remove(field.as_bytes()).is_some()).count()),
        ("HINCRBY", [field, by]) => {
            let before = integer(hash.get(field.as_bytes())).ok_or("ERR hash value is not an integer")?;
            let after = before + by.parse::<i64>().map_err(|_| NO_INTEGER)?;
            hash.insert((*field).into(), after.to_string().into());
            Answer::Int(after)
        }
        _ => unreachable!("the model has no {words:?}"),
    };
    if hash.is_empty() {
        keys.remove(key);
    } else {
        keys.insert(key.to_owned(), Held::Hash(hash));
    }
    Ok(answer)
}

fn on_sets(keys: &mut Database, words: &[&str]) -> Outcome {
    match words {
        ["SMEMBERS", key] => Ok(Answer::Members(read_set(keys, key)?)),
        ["SCARD", key] => Ok(count(read_set(keys, key)?.len())),
        ["SISMEMBER", key, member] => Ok(Answer::Int(read_set(keys, key)?.contains(member.as_bytes()).into())),
        // One that pops a member is not for here.
        ["SPOP", key] => Ok(if read_set(keys, key)?.is_empty() { Answer::Null } else { Answer::Int(-1) }),
        ["SADD", key, members @ ..] => edit_set(keys, key, |set| {
            count(members.iter().filter(|member| set.insert(member.as_bytes().to_vec())).count())
        }),
        ["SREM", key, members @ ..] => {
            edit_set(keys, key, |set| count(members.iter().filter(|member| set.remove(member.as_bytes())).count()))
        }
        ["SMOVE", from, to, member] => {
            if !keys.contains_key(*from) {
                return Ok(Answer::Int(0));
            }
            let moves = read_set(keys, from)?.contains(member.as_bytes());
            read_set(keys, to)?;
            if moves && from != to {
                edit_set(keys, from, |set| set.remove(member.as_bytes()))?;
                edit_set(keys, to, |set| set.insert(member.as_bytes().to_vec()))?;
            }
            Ok(Answer::Int(moves.into()))
        }
        [name, to, names @ ..] if name.ends_with("STORE") => {
            let sets = names.iter().map(|key| read_set(keys, key)).collect::<Result<Vec<_>, _>>()?;
            let combine = |one: BTreeSet<Vec<u8>>, other: BTreeSet<Vec<u8>>| match *name {
                "SINTERSTORE" => &one & &other,
                "SUNIONSTORE" => &one | &other,
                _ => &one - &other,
            };
            let result = sets.into_iter().reduce(combine).unwrap_or_default();
            let len = result.len();
            keys.remove(*to);
            if len > 0 {
                keys.insert((*to).to_owned(), Held::Set(result));
            }
            Ok(count(len))
        }
        words => unreachable!("the model has no {words:?}"),
    }
}

fn read_text<'a>(keys: &'a Database, key: &str) -> Result<Option<&'a Vec<u8>>, &'static str> {
    match keys.get(key) {
        None => Ok(None),
        Some(Held::Text(text)) => Ok(Some(text)),
        Some(_) => Err(WRONG_TYPE),
    }
}

fn read_set(keys: &Database, key: &str) -> Result<BTreeSet<Vec<u8>>, &'static str> {
    match keys.get(key) {
        None => Ok(BTreeSet::new()),
        Some(Held::Set(set)) => Ok(set.clone()),
        Some(_) => Err(WRONG_TYPE),
    }
}

/// Changes a set, which is there only while it has members.
fn edit_set<T>(
    keys: &mut Database,
    key: &str,
    edit: impl FnOnce(&mut BTreeSet<Vec<u8>>) -> T,
) -> Result<T, &'static str> {
    let mut set = read_set(keys, key)?;
    let outcome = edit(&mut set);
    if set.is_empty() {
        keys.remove(key);
    } else {
        keys.insert(key.to_owned(), Held::Set(set));
    }
    Ok(outcome)
}

fn put(keys: &mut Database, key: &str, value: impl Into<Vec<u8>>) {
    keys.insert(key.to_owned(), Held::Text(value.into()));
}

fn grow(value: &mut Vec<u8>, len: usize) {
    value.resize(value.len().max(len), 0);
}

fn bit(value: &[u8], at: usize) -> i64 {
    value.get(at / 8).map_or(0, |byte| (byte >> (7 - at % 8) & 1).into())
}

/// A number as Redis writes one; 0 where there is nothing.
fn integer(value: Option<&Vec<u8>>) -> Option<i64> {
    let Some(value) = value else { return Some(0) };
    let number: i64 = str::from_utf8(value).ok()?.parse().ok()?;
    (number.to_string().as_bytes() == value).then_some(number)
}

fn number(word: &str) -> Result<usize, &'static str> {
    word.parse().map_err(|_| NO_INTEGER)
}

fn count(n: usize) -> Answer {
    Answer::Int(n as i64)
}

fn text(text: &str) -> Answer {
    Answer::Text(text.into())
}

fn ok() -> Answer {
    text("OK")
}

fn maybe(value: Option<&Vec<u8>>) -> Answer {
    value.map_or(Answer::Null, |value| Answer::Text(value.clone()))
}

impl Answer {
    /// A broker's reply to a command.
    pub fn new(words: &[String], reply: Value) -> Self {
        match (Self::from(reply), words.first().map(String::as_str)) {
            (Self::List(keys), Some("KEYS")) => {
                let names = keys.into_iter().filter_map(|key| if let Self::Text(key) = key { Some(key) } else { None });
                Self::Members(names.collect())
            }
            (answer, _) => answer,
        }
    }
}

impl From<Value> for Answer {
    fn from(value: Value) -> Self {
        let bytes = |value: Value| value.as_bytes().map(<[u8]>::to_vec).unwrap_or_default();
        match value {
            Value::Null => Self::Null,
            Value::Int(number) => Self::Int(number),
            Value::Bulk(text) | Value::Status(text) => Self::Text(text.to_vec()),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Set(members) => Self::Members(members.into_iter().map(bytes).collect()),
            Value::Map(pairs) => {
                Self::Pairs(pairs.into_iter().map(|(field, value)| (bytes(field), bytes(value))).collect())
            }
            Value::Error(error) => Self::Error(error.to_string()),
            other => Self::Other(format!("{other:?}")),
        }
    }
}
