//! A set: members without order.

use ahash::RandomState;
use bytes::Bytes;
use indexmap::IndexSet;

use crate::args::parse_int;

/// The members of a set, in a vector with an index beside it: a random one is a draw of a position, and a removal moves
/// the last member into the hole. They are listed in that order, but few integers in ascending order.
#[derive(Clone)]
pub(crate) struct Set {
    members: IndexSet<Bytes, RandomState>,
    /// How many bytes the members have together.
    texts: usize,
    /// How many bytes the table took when a member last came or went.
    table: usize,
    /// Only integers so far, and never many: what Redis keeps as an intset, which SSCAN answers in one step. This bit
    /// is all that is kept of it; the order is made where it is asked for.
    compact: bool,
}

impl Default for Set {
    fn default() -> Self {
        Self { members: IndexSet::default(), texts: 0, table: 0, compact: true }
    }
}

impl Set {
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(crate) fn contains(&self, member: &[u8]) -> bool {
        self.members.contains(member)
    }

    /// Every member, few integers in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Bytes> + Clone {
        let ascending = if self.compact { self.ascending() } else { Vec::new() };
        let as_they_stand = if self.compact { 0..0 } else { 0..self.len() };
        ascending.into_iter().chain(as_they_stand.filter_map(|place| self.at(place)))
    }

    fn ascending(&self) -> Vec<&Bytes> {
        let mut members: Vec<&Bytes> = self.members.iter().collect();
        // No two members are the same number: a compact set has none but the one way to write each.
        members.sort_by_cached_key(|member| parse_int(member));
        members
    }

    /// What OBJECT ENCODING answers.
    pub(crate) fn encoding(&self) -> &'static str {
        if self.compact { "intset" } else { "hashtable" }
    }

    /// How many bytes it takes beside its entry.
    #[inline]
    pub(crate) fn heap_bytes(&self) -> usize {
        self.table.saturating_add(self.texts)
    }

    /// Measures the table anew: a member came or went.
    fn measure(&mut self) {
        self.table = super::table_bytes::<Bytes>(self.members.capacity());
    }

    /// How many bytes it takes in a dump.
    pub(crate) fn dumped_len(&self) -> usize {
        super::dumped_count(self.len()) + self.members.iter().map(|member| super::dumped_text(member)).sum::<usize>()
    }

    /// The set of some members, added one by one; see [`insert`](Self::insert).
    pub(crate) fn of(members: impl IntoIterator<Item = Bytes>, most: usize) -> Self {
        let mut set = Self::default();
        for member in members {
            set.insert(member, most);
        }
        set
    }

    /// Adds a member; whether it is new. With more than `most` of them, integers are no longer few.
    pub(crate) fn insert(&mut self, member: Bytes, most: usize) -> bool {
        self.compact = self.compact && parse_int(&member).is_some();
        let len = member.len();
        let new = self.members.insert(member);
        if new {
            self.texts += len;
            self.measure();
        }
        self.compact = self.compact && !(new && self.members.len() > most);
        new
    }

    /// Judges the set anew by the members that it has, as if they had come to an empty one.
    pub(crate) fn rebuild(&mut self, most: usize) {
        self.compact = self.len() <= most && self.members.iter().all(|member| parse_int(member).is_some());
    }

    /// Removes a member; whether it was there.
    pub(crate) fn remove(&mut self, member: &[u8]) -> bool {
        let removed = self.members.swap_remove(member);
        if removed {
            self.texts -= member.len();
            self.measure();
        }
        removed
    }

    /// The member at this place, counted from 0.
    pub(crate) fn at(&self, place: usize) -> Option<&Bytes> {
        self.members.get_index(place)
    }

    /// Removes a random member, each as likely as the others.
    pub(crate) fn pop(&mut self, rng: &mut fastrand::Rng) -> Option<Bytes> {
        if self.is_empty() {
            return None;
        }
        let popped = self.members.swap_remove_index(rng.usize(..self.len()))?;
        self.texts -= popped.len();
        self.measure();
        Some(popped)
    }

    /// One step of SSCAN: about `count` members, and the next cursor, 0 at the end.
    ///
    /// A cursor says how many members are still to come. They are walked from the end down, and a removal only ever
    /// moves a member forward, so one that stays is never passed over.
    pub(crate) fn scan(&self, cursor: u64, count: usize) -> (u64, impl Iterator<Item = &Bytes>) {
        let end = match usize::try_from(cursor).unwrap_or(usize::MAX) {
            _ if self.compact => self.len(),
            0 => self.len(),
            left => left.min(self.len()),
        };
        let start = if self.compact { 0 } else { end.saturating_sub(count) };
        let step = if self.compact {
            self.ascending()
        } else {
            (start..end).rev().filter_map(|place| self.at(place)).collect()
        };
        (start as u64, step.into_iter())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// The limit that a Redis has which nobody configured.
    const MOST: usize = 512;

    fn set(members: impl IntoIterator<Item = usize>) -> Set {
        Set::of(members.into_iter().map(|member| Bytes::from(format!("m{member}"))), MOST)
    }

    #[test]
    fn few_integers_are_scanned_in_one_step_until_something_else_came() {
        let mut set = Set::of((0..MOST).map(|n| Bytes::from(n.to_string())), MOST);
        let (next, step) = set.scan(7, 1);
        assert_eq!((next, step.count()), (0, MOST));
        set.insert("x".into(), MOST);
        set.remove(b"x");
        assert_eq!(set.scan(0, 10).0, MOST as u64 - 10);
    }

    #[test]
    fn few_integers_are_listed_in_ascending_order() {
        let mut set = Set::of(["10", "9", "-1", "100"].map(Bytes::from), MOST);
        assert_eq!(set.iter().collect::<Vec<_>>(), ["-1", "9", "10", "100"]);
        set.insert("a".into(), MOST);
        assert_eq!(set.iter().collect::<Vec<_>>(), ["10", "9", "-1", "100", "a"]);
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
                seen.extend(step.cloned());
                cursor = next;
                if cursor == 0 {
                    break;
                }
                for (insert, member) in changes.by_ref().take(4) {
                    let member = Bytes::from(format!("m{member}"));
                    let _ = if insert { set.insert(member, MOST) } else { set.remove(&member) };
                }
            }
            for member in 0..20 {
                prop_assert!(seen.contains(format!("m{member}").as_bytes()), "m{} was passed over", member);
            }
        }
    }
}
