//! The keyspace by itself: books that agree with the map, expiry, and the walk over all keys.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use embroker_core::instance::config::Config;
use proptest::prelude::*;

use super::*;
use crate::ManualClock;
use crate::engine::Engine;
use crate::objects::Str;

const START: u64 = 1_000_000;

fn engine() -> (Engine, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(START));
    (Engine::new(Box::new(clock.clone()), Some(7), Config::new()), clock)
}

fn tx(engine: &Engine) -> Tx<'_> {
    let keyspace = engine.databases.get(0);
    Tx::new(engine, keyspace, keyspace.latch_all())
}

fn text(tx: &Tx<'_>, key: &[u8]) -> Option<i64> {
    tx.read::<Str>(key).unwrap().and_then(Str::as_int)
}

/// What the books beside the map hold, after a look at whether they agree with it.
fn books(engine: &Engine) -> (BTreeSet<Key>, BTreeSet<(u64, Key)>) {
    let keyspace = engine.databases.get(0);
    let held = keyspace.latch_all();
    let (mut keys, mut deadlines) = (BTreeSet::new(), BTreeSet::new());
    for shard in held.shards(keyspace) {
        shard.look(|lines| {
            assert_eq!((shard.len(), shard.any_expires()), (lines.keys.len(), !lines.expiring.is_empty()));
            for (place, hash) in lines.keys.iter().enumerate() {
                let (key, entry) = shard.at(lines, place as u32).expect("a key of the books is in the map");
                assert_eq!((*hash, shard.number), (keyspace.hash(key), keyspace.shard(*hash)));
                assert!(std::ptr::eq(shard.get(*hash, key).unwrap(), entry));
                assert!(keys.insert(key.clone()));
                deadlines.extend(lines.deadline(entry.line).map(|deadline| (deadline, key.clone())));
            }
            let mut order: Vec<(u64, u32)> =
                lines.expiring.iter().zip(0..).map(|(expiring, at)| (expiring.deadline, at)).collect();
            order.sort_unstable();
            assert!(lines.order.iter().eq(&order), "every deadline of the books is one of the map");
        });
    }
    let expiring: usize = held.shards(keyspace).map(|shard| shard.look(|lines| lines.expiring.len())).sum();
    assert_eq!(expiring, deadlines.len());
    (keys, deadlines)
}

#[test]
fn a_key_lives_up_to_its_deadline_and_not_a_millisecond_longer() {
    let (engine, clock) = engine();
    tx(&engine).put_until(b"k", Str::from(1), Some(START + 10));
    clock.advance(Duration::from_millis(10));
    assert_eq!(text(&tx(&engine), b"k"), Some(1));
    clock.advance(Duration::from_millis(1));
    let mut tx = tx(&engine);
    assert_eq!((text(&tx, b"k"), tx.exists(b"k"), tx.deadline(b"k")), (None, false, None));
    assert!(tx.remove(b"k").is_none(), "an expired key was not there to be removed");
}

#[test]
fn time_stands_still_while_a_transaction_runs() {
    let (engine, clock) = engine();
    let mut tx = tx(&engine);
    tx.put_until(b"k", Str::from(1), Some(START));
    assert!(tx.exists(b"k"));
    clock.advance(Duration::from_secs(1));
    assert!(tx.exists(b"k"));
}

#[test]
fn an_expired_key_gives_way_to_a_new_value_without_a_deadline() {
    let (engine, clock) = engine();
    tx(&engine).put_until(b"k", Str::from(1), Some(START));
    clock.advance(Duration::from_millis(1));
    let mut tx = tx(&engine);
    let set = |string: &mut Str| {
        *string = Str::from(2);
        Ok(())
    };
    tx.change(b"k", set).unwrap();
    assert_eq!((text(&tx, b"k"), tx.deadline(b"k")), (Some(2), Some(None)));
    drop(tx);
    assert_eq!(books(&engine), ([Key::from(&b"k"[..])].into(), BTreeSet::new()));
}

#[test]
fn overwriting_a_key_clears_its_deadline() {
    let (engine, _) = engine();
    tx(&engine).put_until(b"k", Str::from(1), Some(START + 10));
    tx(&engine).put(b"k", Str::from(2));
    assert_eq!(tx(&engine).deadline(b"k"), Some(None));
    assert!(books(&engine).1.is_empty());
}

#[test]
fn a_sweep_removes_what_has_expired_and_nothing_else() {
    let (engine, clock) = engine();
    for number in 0..100_u64 {
        tx(&engine).put_until(format!("k{number}").as_bytes(), Str::from(1), Some(START + number));
    }
    tx(&engine).put(b"for ever", Str::from(1));
    clock.advance(Duration::from_millis(40));
    assert_eq!(engine.sweep(), 40);
    assert_eq!(engine.sweep(), 0);
    assert_eq!(books(&engine).0.len(), 61);
    clock.advance(Duration::from_secs(1));
    assert_eq!(engine.sweep(), 60);
    assert_eq!(engine.instance.stats().expired_keys.get(), 100);
    let (keys, deadlines) = books(&engine);
    assert_eq!((keys.len(), deadlines.len()), (1, 0));
}

#[test]
fn writes_pay_for_the_removal_of_expired_keys() {
    let (engine, clock) = engine();
    for number in 0..1000 {
        tx(&engine).put_until(format!("k{number}").as_bytes(), Str::from(1), Some(START));
    }
    clock.advance(Duration::from_millis(1));
    for _ in 0..32 {
        tx(&engine).pay_for_write();
    }
    assert_eq!(books(&engine).0.len(), 0);
}

#[test]
fn a_random_key_favours_none() {
    let (engine, _) = engine();
    for number in 0..20 {
        tx(&engine).put(format!("k{number}").as_bytes(), Str::from(1));
    }
    let mut drawn: HashMap<Key, usize> = HashMap::new();
    for _ in 0..20_000 {
        *drawn.entry(tx(&engine).random_key().unwrap()).or_default() += 1;
    }
    assert_eq!(drawn.len(), 20);
    assert!(drawn.values().all(|times| (850..1150).contains(times)), "{drawn:?}");
}

#[test]
fn nothing_is_left_of_keys_that_are_gone() {
    let (engine, _) = engine();
    for number in 0..10_000_u64 {
        tx(&engine).put_until(format!("k{number}").as_bytes(), Str::from(1), Some(START + number));
    }
    for number in 0..10_000 {
        assert!(tx(&engine).remove(format!("k{number}").as_bytes()).is_some());
    }
    assert_eq!(books(&engine), (BTreeSet::new(), BTreeSet::new()));
    let keyspace = engine.databases.get(0);
    let held = keyspace.latch_all();
    assert!(
        held.shards(keyspace)
            .all(|shard| shard.look(|lines| lines.keys.capacity().max(lines.expiring.capacity()) <= 64))
    );
}

#[test]
fn clearing_leaves_nothing() {
    let (engine, _) = engine();
    for number in 0..1000 {
        tx(&engine).put_until(format!("k{number}").as_bytes(), Str::from(1), Some(START));
    }
    tx(&engine).clear();
    assert_eq!(books(&engine), (BTreeSet::new(), BTreeSet::new()));
    assert_eq!(engine.databases.get(0).map.capacity(), 0);
}

#[test]
fn a_cursor_from_nowhere_is_answered() {
    let (engine, _) = engine();
    tx(&engine).put(b"k", Str::from(1));
    for cursor in [1, u64::MAX, 1 << 40, 65 << 40, (64 << 40) | 1, (1 << 40) - 1] {
        assert!(tx(&engine).scan(cursor, usize::MAX).1.len() <= 1);
    }
}

/// One change to the keyspace.
#[derive(Clone, Debug)]
enum Change {
    Put(u8),
    PutUntil(u8, u64),
    Deadline(u8, Option<u64>),
    Remove(u8),
    Write(u8),
    Advance(u64),
    Sweep,
    Pay,
    Clear,
}

fn change() -> impl Strategy<Value = Change> {
    let (key, time) = (0..24_u8, START - 5..START + 60);
    prop_oneof![
        6 => key.clone().prop_map(Change::Put),
        6 => (key.clone(), time.clone()).prop_map(|(key, at)| Change::PutUntil(key, at)),
        3 => (key.clone(), prop::option::of(time)).prop_map(|(key, at)| Change::Deadline(key, at)),
        4 => key.clone().prop_map(Change::Remove),
        3 => key.prop_map(Change::Write),
        3 => (0..8_u64).prop_map(Change::Advance),
        1 => Just(Change::Sweep),
        1 => Just(Change::Pay),
        1 => Just(Change::Clear),
    ]
}

proptest! {
    /// Against a map of values and deadlines that forgets what has expired at once.
    #[test]
    fn the_keyspace_agrees_with_a_plain_map(changes in prop::collection::vec(change(), 0..120)) {
        let (engine, clock) = engine();
        let (mut model, mut now) = (BTreeMap::<u8, (i64, Option<u64>)>::new(), START);
        for (value, change) in (0_i64..).zip(changes) {
            let mut tx = tx(&engine);
            match change {
                Change::Put(key) => {
                    tx.put(&[key], Str::from(value));
                    model.insert(key, (value, None));
                }
                Change::PutUntil(key, at) => {
                    tx.put_until(&[key], Str::from(value), Some(at));
                    model.insert(key, (value, Some(at)));
                }
                Change::Deadline(key, at) => {
                    if tx.exists(&[key]) {
                        tx.set_deadline(&[key], at);
                    }
                    model.entry(key).and_modify(|(_, deadline)| *deadline = at);
                }
                Change::Remove(key) => {
                    prop_assert_eq!(tx.remove(&[key]).is_some(), model.remove(&key).is_some());
                }
                Change::Write(key) => {
                    let set = |string: &mut Str| {
                        *string = Str::from(value);
                        Ok(())
                    };
                    tx.change(&[key], set).unwrap();
                    model.entry(key).or_insert((value, None)).0 = value;
                }
                Change::Advance(by) => {
                    clock.advance(Duration::from_millis(by));
                    now += by;
                }
                Change::Sweep => {
                    tx.sweep(usize::MAX);
                }
                Change::Pay => tx.pay_for_write(),
                Change::Clear => {
                    tx.clear();
                    model.clear();
                }
            }
            drop(tx);
            model.retain(|_, (_, deadline)| deadline.is_none_or(|deadline| now <= deadline));
            books(&engine);
            let tx = self::tx(&engine);
            for key in 0..24 {
                let held = text(&tx, &[key]).zip(tx.deadline(&[key]));
                prop_assert_eq!(held, model.get(&key).copied());
            }
        }
        prop_assert_eq!(tx(&engine).len(), model.len());
        let keys: BTreeSet<u8> = tx(&engine).keys().iter().map(|key| key[0]).collect();
        prop_assert_eq!(keys, model.keys().copied().collect::<BTreeSet<_>>());
        prop_assert_eq!(books(&engine).0.len(), model.len());
    }

    /// Keys come, go and expire between the steps; those that stay are all answered.
    #[test]
    fn a_scan_answers_every_key_that_stays(
        count in 1..40_usize,
        changes in prop::collection::vec((0..3_u8, 150..400_u16), 0..300),
    ) {
        let (engine, clock) = engine();
        for key in 0..300_u16 {
            tx(&engine).put(&key.to_be_bytes(), Str::from(1));
        }
        let (mut seen, mut cursor, mut changes) = (BTreeSet::new(), 0, changes.into_iter());
        loop {
            let (next, step) = tx(&engine).scan(cursor, count);
            prop_assert!(step.len() <= count);
            seen.extend(step);
            cursor = next;
            if cursor == 0 {
                break;
            }
            for (change, key) in changes.by_ref().take(20) {
                let key = key.to_be_bytes();
                match change {
                    0 => tx(&engine).put(&key, Str::from(2)),
                    1 => tx(&engine).put_until(&key, Str::from(2), Some(START)),
                    _ => drop(tx(&engine).remove(&key)),
                }
            }
            clock.advance(Duration::from_millis(1));
        }
        for key in 0..150_u16 {
            prop_assert!(seen.contains(&Key::from(&key.to_be_bytes()[..])), "{} was passed over", key);
        }
    }
}

#[test]
fn a_map_gives_memory_back_when_its_keys_are_gone() {
    const KEYS: i64 = 20_000;

    let (engine, _) = engine();
    let slots = |engine: &Engine| {
        let keyspace = engine.databases.get(0);
        keyspace.map.shards().iter().map(|shard| shard.read().buckets()).sum::<usize>()
    };
    let mut tx = tx(&engine);
    for number in 0..KEYS {
        tx.put(number.to_string().as_bytes(), Str::from(number));
    }
    drop(tx);
    let full = slots(&engine);
    assert!(full >= KEYS as usize, "{full}");
    for number in 0..KEYS {
        let key = number.to_string();
        let keyspace = engine.databases.get(0);
        assert!(Tx::new(&engine, keyspace, keyspace.latch_all()).remove(key.as_bytes()).is_some());
        if number % 1000 == 0 {
            // Those that are left are found.
            books(&engine);
        }
    }
    assert!(slots(&engine) <= SHARDS * 64, "{} slots of {full}", slots(&engine));
}
