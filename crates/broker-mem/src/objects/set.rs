//! A set: members without order.

use std::collections::HashSet;

use ahash::RandomState;
use bytes::Bytes;
use embroker_core::Value;
use indexmap::{IndexSet, set};
use ref_cast::RefCast;
use thin_vec::ThinVec;

use super::packed::Items;
use super::{Object, Text, packed};
use crate::args::parse_int;

/// How many members are packed at most.
const FEW: usize = 32;

/// Few short members.
pub(crate) type Packed = packed::Packed<1, FEW>;

/// The members of a set, by place: a random one is a draw of a place, and a removal moves the last member into the
/// hole. They are listed in that order, but few integers in ascending order.
///
/// Only integers that were never many are kept as numbers: what Redis keeps as an intset, which SSCAN answers in one
/// step. Other members are [packed](super::packed) while they are [few](FEW) and short; else they are a table.
#[derive(Clone, RefCast)]
#[repr(transparent)]
pub(crate) struct Set(pub(super) Object);

/// How a set is kept.
enum Kept<'s> {
    Ints(&'s [i64]),
    Packed(&'s Packed),
    Table(&'s Table),
}

/// Many members, or long ones.
#[derive(Clone, Default)]
pub(crate) struct Table {
    members: IndexSet<Bytes, RandomState>,
    /// How many bytes the members have together.
    texts: usize,
}

impl Default for Set {
    fn default() -> Self {
        Self(Object::IntSet(ThinVec::new()))
    }
}

impl Set {
    #[inline]
    fn kept(&self) -> Kept<'_> {
        match &self.0 {
            Object::IntSet(numbers) => Kept::Ints(numbers),
            Object::PackedSet(packed) => Kept::Packed(packed),
            Object::SetTable(table) => Kept::Table(table),
            _ => unreachable!("an object is seen as a set only where it is one"),
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self.kept() {
            Kept::Ints(numbers) => numbers.len(),
            Kept::Packed(packed) => packed.len(),
            Kept::Table(table) => table.members.len(),
        }
    }

    #[inline]
    pub(crate) fn contains(&self, member: &[u8]) -> bool {
        match self.kept() {
            Kept::Ints(numbers) => parse_int(member).is_some_and(|number| numbers.binary_search(&number).is_ok()),
            Kept::Packed(packed) => packed.find(member).is_some(),
            Kept::Table(table) => table.members.contains(member),
        }
    }

    /// Every member.
    pub(crate) fn iter(&self) -> Members<'_> {
        match self.kept() {
            Kept::Ints(numbers) => Members::Ints(numbers.iter()),
            Kept::Packed(packed) => Members::Packed(packed.iter()),
            Kept::Table(table) => Members::Table(table.members.iter()),
        }
    }

    /// Every member as `each` makes it: what of a packed set is kept is copied once for all.
    pub(crate) fn lend<T>(&self, mut each: impl FnMut(Text<'_>) -> T) -> Vec<T> {
        match self.kept() {
            Kept::Packed(packed) => packed.lend(|[member]| each(member)),
            Kept::Ints(_) | Kept::Table(_) => self.iter().map(each).collect(),
        }
    }

    /// How many bytes it takes in a dump.
    pub(super) fn dumped_len(&self) -> usize {
        super::dumped_count(self.len()) + self.iter().map(|member| super::dumped_text(&member)).sum::<usize>()
    }

    /// The set of some members, added one by one; see [`insert`](Self::insert).
    pub(crate) fn from_members<'m>(members: impl IntoIterator<Item = Text<'m>>, most: usize) -> Self {
        let mut set = Self::default();
        for member in members {
            set.insert(&member, most);
        }
        set
    }

    /// Adds a member; whether it is new. With more than `most` of them, integers are no longer few.
    #[inline]
    pub(crate) fn insert(&mut self, member: &Text<'_>, most: usize) -> bool {
        if let Object::IntSet(numbers) = &mut self.0 {
            if let Some(new) = insert_number(numbers, member, most) {
                return new;
            }
            self.outgrow_numbers();
        }
        if let Object::PackedSet(packed) = &mut self.0 {
            let text: &[u8] = member;
            if packed.find(text).is_some() {
                return false;
            }
            if packed.push([text]) {
                return true;
            }
        }
        self.table_mut().insert(member)
    }

    /// Makes texts of the numbers.
    #[inline(never)]
    fn outgrow_numbers(&mut self) {
        let mut packed = Packed::default();
        let members = self.iter();
        self.0 = if members.clone().all(|member| packed.push([&member])) {
            Object::PackedSet(packed)
        } else {
            Object::SetTable(Box::new(Table::of(members)))
        };
    }

    /// The set as a table, which it is from now on.
    fn table_mut(&mut self) -> &mut Table {
        if !matches!(self.0, Object::SetTable(_)) {
            self.0 = Object::SetTable(Box::new(Table::of(self.iter())));
        }
        match &mut self.0 {
            Object::SetTable(table) => table,
            _ => unreachable!("it was made a table just now"),
        }
    }

    /// Keeps the members at these places, as if they had come to an empty set, and removes the others; those, in order.
    pub(crate) fn keep(&mut self, places: &HashSet<usize>, most: usize) -> Vec<Value> {
        let at = |wanted: bool| self.iter().enumerate().filter(move |(place, _)| places.contains(place) == wanted);
        let removed = at(false).map(|(_, member)| member.to_bytes().into()).collect();
        *self = Self::from_members(at(true).map(|(_, member)| member), most);
        removed
    }

    /// Removes a member; whether it was there.
    pub(crate) fn remove(&mut self, member: &[u8]) -> bool {
        match &mut self.0 {
            Object::IntSet(numbers) => {
                let place = parse_int(member).and_then(|number| numbers.binary_search(&number).ok());
                place.map(|place| numbers.remove(place)).is_some()
            }
            Object::PackedSet(packed) => packed.find(member).map(|place| packed.swap_remove(place)).is_some(),
            _ => self.table_mut().remove(member),
        }
    }

    /// The member at this place, counted from 0.
    pub(crate) fn at(&self, place: usize) -> Option<Text<'_>> {
        self.iter().nth(place)
    }

    /// Removes a random member, each as likely as the others.
    pub(crate) fn pop(&mut self, rng: &mut fastrand::Rng) -> Option<Bytes> {
        let popped = self.at(rng.usize(..self.len().max(1)))?.to_bytes();
        self.remove(&popped);
        Some(popped)
    }

    /// One step of SSCAN: about `count` members, and the next cursor, 0 at the end.
    ///
    /// A cursor says how many members are still to come. They are walked from the end down, and a removal only ever
    /// moves a member forward, so one that stays is never passed over.
    pub(crate) fn scan(&self, cursor: u64, count: usize) -> (u64, impl Iterator<Item = Text<'_>>) {
        let is_whole = matches!(self.0, Object::IntSet(_));
        let end = match usize::try_from(cursor).unwrap_or(usize::MAX) {
            left @ 1.. if !is_whole => left.min(self.len()),
            _ => self.len(),
        };
        let start = if is_whole { 0 } else { end.saturating_sub(count) };
        let mut step: Vec<Text<'_>> = self.iter().skip(start).take(end - start).collect();
        if !is_whole {
            step.reverse();
        }
        (start as u64, step.into_iter())
    }
}

/// Adds a member to few integers; whether it is new. `None` where it is no integer, or one too many.
fn insert_number(numbers: &mut ThinVec<i64>, member: &[u8], most: usize) -> Option<bool> {
    let number = parse_int(member)?;
    let Err(place) = numbers.binary_search(&number) else { return Some(false) };
    if numbers.len() >= most {
        return None;
    }
    // An odd number of them, with the vector's header and malloc's own word, fills what malloc hands out.
    numbers.reserve_exact(1 + numbers.len() % 2);
    numbers.insert(place, number);
    Some(true)
}

/// How many bytes a vector of numbers takes of the heap.
#[inline]
pub(super) fn numbers_bytes(numbers: &ThinVec<i64>) -> usize {
    /// What the vector keeps before them.
    const HEADER: usize = 2 * size_of::<usize>();

    match numbers.capacity() {
        0 => 0,
        capacity => HEADER + capacity * size_of::<i64>(),
    }
}

impl Table {
    fn of<'m>(members: impl Iterator<Item = Text<'m>>) -> Self {
        let mut table = Self::default();
        table.members.reserve(members.size_hint().0.saturating_add(1));
        for member in members {
            table.insert(&member);
        }
        table
    }

    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        let table = super::table_bytes::<Bytes>(self.members.capacity());
        size_of::<Self>().saturating_add(table).saturating_add(self.texts)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn insert(&mut self, member: &Text<'_>) -> bool {
        let new = self.members.insert(member.to_bytes());
        if new {
            self.texts += member.len();
        }
        new
    }

    fn remove(&mut self, member: &[u8]) -> bool {
        let removed = self.members.swap_remove(member);
        if removed {
            self.texts -= member.len();
        }
        removed
    }
}

/// The members of a set, in order.
#[derive(Clone)]
pub(crate) enum Members<'s> {
    Ints(std::slice::Iter<'s, i64>),
    Packed(Items<'s, 1>),
    Table(set::Iter<'s, Bytes>),
}

impl<'s> Iterator for Members<'s> {
    type Item = Text<'s>;

    fn next(&mut self) -> Option<Self::Item> {
        self.nth(0)
    }

    fn nth(&mut self, n: usize) -> Option<Self::Item> {
        match self {
            Self::Ints(numbers) => numbers.nth(n).map(|number| (*number).into()),
            Self::Packed(items) => items.nth(n).map(|[member]| member.into()),
            Self::Table(members) => members.nth(n).map(Text::from),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Ints(numbers) => numbers.size_hint(),
            Self::Packed(items) => items.size_hint(),
            Self::Table(members) => members.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// The limit that a Redis has which nobody configured.
    const MOST: usize = 512;

    fn of(members: impl IntoIterator<Item = String>) -> Set {
        let mut set = Set::default();
        for member in members {
            set.insert(&text(&member), MOST);
        }
        set
    }

    fn text(member: &str) -> Text<'_> {
        member.as_bytes().into()
    }

    fn texts(set: &Set) -> Vec<String> {
        set.iter().map(|member| String::from_utf8(member.to_vec()).unwrap()).collect()
    }

    fn set(members: impl IntoIterator<Item = usize>) -> Set {
        of(members.into_iter().map(|member| format!("m{member}")))
    }

    #[test]
    fn few_integers_are_scanned_in_one_step_until_something_else_came() {
        let mut set = of((0..MOST).map(|n| n.to_string()));
        let (next, step) = set.scan(7, 1);
        assert_eq!((next, step.count()), (0, MOST));
        set.insert(&text("x"), MOST);
        set.remove(b"x");
        assert_eq!(set.scan(0, 10).0, MOST as u64 - 10);
    }

    #[test]
    fn few_integers_are_listed_in_ascending_order() {
        let mut set = of(["10", "9", "-1", "100"].map(String::from));
        assert_eq!(texts(&set), ["-1", "9", "10", "100"]);
        set.insert(&text("a"), MOST);
        assert_eq!(texts(&set), ["-1", "9", "10", "100", "a"]);
    }

    #[test]
    fn a_cursor_from_nowhere_is_answered() {
        assert_eq!(set(0..3).scan(u64::MAX, 2).0, 1);
        assert_eq!(set([]).scan(5, 2).0, 0);
        assert_eq!(set(0..3).scan(0, usize::MAX).1.count(), 3);
    }

    proptest! {
        /// Members come and go between the steps; those that stay are all answered.
        #[test]
        fn a_scan_answers_every_member_that_stays(
            count in 1..8usize,
            changes in prop::collection::vec((any::<bool>(), 20..60usize), 0..60),
        ) {
            let mut set = set(0..40);
            let (mut seen, mut cursor, mut changes) = (BTreeSet::new(), 0, changes.into_iter());
            loop {
                let (next, step) = set.scan(cursor, count);
                seen.extend(step.map(|member| member.to_vec()));
                cursor = next;
                if cursor == 0 {
                    break;
                }
                for (insert, member) in changes.by_ref().take(4) {
                    let member = format!("m{member}");
                    let _ = if insert { set.insert(&text(&member), MOST) } else { set.remove(member.as_bytes()) };
                }
            }
            for member in 0..20 {
                prop_assert!(seen.contains(format!("m{member}").as_bytes()), "m{} was passed over", member);
            }
        }

        #[test]
        fn a_set_is_what_redis_s_rules_make_of_it_however_it_is_kept(
            changes in prop::collection::vec((0..10_u8, prop_oneof![0..6_usize, 0..70_usize], 0..6_u8), 0..120),
        ) {
            /// Integers as Redis's intset has them, or whatever else in the order it came.
            enum Model {
                Ints(BTreeSet<i64>),
                Texts(Vec<String>),
            }

            let (mut set, mut model, mut most) = (Set::default(), Model::Ints(BTreeSet::new()), MOST);
            for (change, number, kind) in changes {
                let member = match kind {
                    0 if change == 0 => format!("{number:x>200}"),
                    0 if change < 3 => format!("m{number}"),
                    _ => (number as i64 - 20).to_string(),
                };
                let insert = !matches!(change, 7..9);
                if change == 9 {
                    most = if number % 2 == 0 { 40 } else { MOST };
                }
                if let (Model::Ints(numbers), true) = (&mut model, insert) {
                    match member.parse() {
                        Ok(number) if numbers.len() < most || numbers.contains(&number) => {}
                        _ => model = Model::Texts(numbers.iter().map(i64::to_string).collect()),
                    }
                }
                let changed = match &mut model {
                    Model::Ints(numbers) => member.parse().is_ok_and(|number: i64| {
                        if insert { numbers.insert(number) } else { numbers.remove(&number) }
                    }),
                    Model::Texts(members) => {
                        let place = members.iter().position(|other| *other == member);
                        match place {
                            None if insert => members.push(member.clone()),
                            Some(place) if !insert => drop(members.swap_remove(place)),
                            _ => {}
                        }
                        place.is_some() != insert
                    }
                };
                let did = if insert { set.insert(&text(&member), most) } else { set.remove(member.as_bytes()) };
                prop_assert_eq!(did, changed);
                prop_assert_eq!(set.contains(member.as_bytes()), insert);
                let (members, encoding) = match &model {
                    Model::Ints(numbers) => (numbers.iter().map(i64::to_string).collect(), "intset"),
                    Model::Texts(members) => (members.clone(), "hashtable"),
                };
                prop_assert_eq!(set.0.encoding(), encoding);
                prop_assert_eq!(set.len(), members.len());
                prop_assert_eq!(set.lend(|member| String::from_utf8(member.to_bytes().to_vec()).unwrap()), &*members);
                prop_assert_eq!(texts(&set.clone()), &*members);
                prop_assert!(members.iter().all(|member| set.contains(member.as_bytes())));
                prop_assert!(set.at(members.len()).is_none());
                if encoding == "hashtable" {
                    prop_assert!(set.0.heap_bytes() >= members.iter().map(String::len).sum());
                }
            }
            let mut rng = fastrand::Rng::with_seed(1);
            let mut left: BTreeSet<String> = texts(&set).into_iter().collect();
            while let Some(popped) = set.pop(&mut rng) {
                prop_assert!(left.remove(std::str::from_utf8(&popped).unwrap()));
            }
            prop_assert!(left.is_empty() && set.len() == 0);
        }
    }
}
