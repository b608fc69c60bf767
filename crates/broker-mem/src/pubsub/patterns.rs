//! The subscribed patterns, indexed so that PUBLISH looks at those that may match and not at all of them.
//!
//! Every match of a pattern starts with its literal prefix and ends with its literal suffix. Patterns whose prefix and
//! suffix have the same lengths share a [`Shape`]; those whose texts are the same too are a chain, found by the hash of
//! the texts. A PUBLISH costs one look-up for each shape, and there are few. To add or to remove a pattern takes
//! constant time, however many there are.

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;
use embroker_core::{Glob, Name};
use hashbrown::HashTable;
use indexmap::IndexMap;
use smallvec::SmallVec;

use super::topics::{Ended, Subscription, TopicId, Topics, give_back, table_bytes};

#[derive(Default)]
pub(crate) struct PatternIndex {
    topics: Topics<Pattern>,
    /// How many patterns have each shape.
    shapes: IndexMap<Shape, usize, RandomState>,
    /// The first pattern of each chain.
    heads: HashTable<TopicId>,
    next_order: u64,
    hasher: RandomState,
}

/// The lengths of a literal prefix and suffix.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    prefix_len: usize,
    suffix_len: usize,
}

/// One pattern, and its neighbours among those with the same prefix and suffix.
pub(super) struct Pattern {
    glob: Glob,
    /// The number of its first subscription.
    order: u64,
    before: TopicId,
    behind: TopicId,
}

/// No pattern: the end of a chain.
const NONE: TopicId = TopicId::MAX;

/// The patterns that match a channel, each with its order.
pub(super) type Matching = SmallVec<[(u64, TopicId); 8]>;

impl AsRef<[u8]> for Pattern {
    fn as_ref(&self) -> &[u8] {
        self.glob.pattern()
    }
}

impl Pattern {
    /// The literal texts that it is found by. A literal is a prefix that is all there is.
    fn texts(&self) -> (&[u8], &[u8]) {
        (self.glob.prefix(), if self.glob.literal().is_some() { &[] } else { self.glob.suffix() })
    }

    fn shape(&self) -> Shape {
        let (prefix, suffix) = self.texts();
        Shape { prefix_len: prefix.len(), suffix_len: suffix.len() }
    }
}

impl PatternIndex {
    /// How many different patterns there are.
    pub(crate) fn len(&self) -> usize {
        self.topics.len()
    }

    /// About how many bytes they take, with the room there is for more.
    pub(super) fn bytes(&self) -> usize {
        self.topics.bytes() + table_bytes(&self.heads)
    }

    /// What there is room for in each table of topics.
    #[cfg(test)]
    pub(super) fn rooms(&self) -> [usize; 2] {
        self.topics.rooms()
    }

    pub(super) fn find(&self, name: &[u8]) -> Option<TopicId> {
        self.topics.find(name)
    }

    /// The place of the pattern, which is added where it is missing.
    pub(super) fn find_or_insert(&mut self, name: &[u8]) -> TopicId {
        self.find(name).unwrap_or_else(|| self.insert(Glob::new(name)))
    }

    pub(super) fn subscribe(&mut self, id: TopicId, subscription: Subscription) -> u32 {
        self.topics.subscribe(id, subscription)
    }

    pub(super) fn unsubscribe(&mut self, id: TopicId, place: u32) -> Ended<Pattern> {
        let ended = self.topics.unsubscribe(id, place);
        if let Some(pattern) = &ended.topic {
            self.unlink(id, pattern);
        }
        ended
    }

    /// The patterns that match the channel, in the order they were first subscribed.
    pub(super) fn matching(&self, channel: &[u8]) -> Matching {
        let mut matching = Matching::new();
        for shape in self.shapes.keys() {
            let Some(tail) = channel.len().checked_sub(shape.suffix_len) else { continue };
            if tail < shape.prefix_len {
                continue;
            }
            let mut next = self.head((&channel[..shape.prefix_len], &channel[tail..]));
            while let Some(pattern) = self.topics.subject(next) {
                if pattern.glob.matches(channel) {
                    matching.push((pattern.order, next));
                }
                next = pattern.behind;
            }
        }
        if matching.len() > 1 {
            matching.sort_unstable();
        }
        matching
    }

    /// One of those that match: its name, and who is subscribed to it.
    pub(super) fn matched(&self, (_, id): (u64, TopicId)) -> Option<(&Name, &[Subscription])> {
        let topic = self.topics.get(id)?;
        Some((topic.subject.glob.pattern(), &topic.subscriptions))
    }

    /// Adds a pattern as the first of its chain.
    fn insert(&mut self, glob: Glob) -> TopicId {
        let mut pattern = Pattern { glob, order: self.next_order, before: NONE, behind: NONE };
        self.next_order += 1;
        *self.shapes.entry(pattern.shape()).or_default() += 1;
        let hash = self.hash(pattern.texts());
        pattern.behind = self.head(pattern.texts());
        let behind = pattern.behind;
        let id = self.topics.insert(pattern);
        if let Some(pattern) = self.topics.subject_mut(behind) {
            pattern.before = id;
            self.set_head(hash, behind, id);
        } else {
            let (topics, hasher) = (&self.topics, &self.hasher);
            let rehash = |id: &TopicId| topics.subject(*id).map_or(0, |pattern| hash_of(hasher, pattern.texts()));
            self.heads.insert_unique(hash, id, rehash);
        }
        id
    }

    /// Takes a pattern that is gone out of its chain.
    fn unlink(&mut self, id: TopicId, pattern: &Pattern) {
        if let Some(behind) = self.topics.subject_mut(pattern.behind) {
            behind.before = pattern.before;
        }
        if let Some(before) = self.topics.subject_mut(pattern.before) {
            before.behind = pattern.behind;
        } else {
            self.set_head(self.hash(pattern.texts()), id, pattern.behind);
        }
        if let Some(count) = self.shapes.get_mut(&pattern.shape()) {
            *count -= 1;
            if *count == 0 {
                self.shapes.swap_remove(&pattern.shape());
            }
        }
        let (topics, hasher) = (&self.topics, &self.hasher);
        give_back(&mut self.heads, |id| topics.subject(*id).map_or(0, |pattern| hash_of(hasher, pattern.texts())));
    }

    /// The first pattern with these texts.
    fn head(&self, texts: (&[u8], &[u8])) -> TopicId {
        let alike = |id: &TopicId| self.topics.subject(*id).is_some_and(|pattern| pattern.texts() == texts);
        self.heads.find(self.hash(texts), alike).copied().unwrap_or(NONE)
    }

    /// Puts another pattern, or none, at the head of a chain.
    fn set_head(&mut self, hash: u64, old: TopicId, new: TopicId) {
        let Ok(mut head) = self.heads.find_entry(hash, |id| *id == old) else { return };
        if new == NONE {
            head.remove();
        } else {
            *head.get_mut() = new;
        }
    }

    fn hash(&self, texts: (&[u8], &[u8])) -> u64 {
        hash_of(&self.hasher, texts)
    }
}

fn hash_of(hasher: &RandomState, (prefix, suffix): (&[u8], &[u8])) -> u64 {
    let mut hasher = hasher.build_hasher();
    hasher.write(prefix);
    hasher.write(suffix);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use embroker_core::{Queue, SubscribeOptions};

    use super::*;

    fn subscribe(index: &mut PatternIndex, pattern: &str, queue: &Arc<Queue>) {
        let id = index.find_or_insert(pattern.as_bytes());
        assert_eq!(index.subscribe(id, Subscription { client: 1, queue: queue.clone() }), 0);
    }

    fn unsubscribe(index: &mut PatternIndex, pattern: &str) {
        let id = index.find(pattern.as_bytes()).unwrap();
        assert!(index.unsubscribe(id, 0).topic.is_some());
    }

    fn assert_empty(index: &PatternIndex) {
        assert_eq!((index.len(), index.shapes.len(), index.heads.len()), (0, 0, 0));
    }

    fn index(patterns: &[&'static str]) -> PatternIndex {
        let (mut index, queue) = (PatternIndex::default(), Arc::new(Queue::new(SubscribeOptions::default())));
        for pattern in patterns {
            subscribe(&mut index, pattern, &queue);
        }
        index
    }

    fn matching(index: &PatternIndex, channel: &str) -> Vec<String> {
        let name = |found| String::from_utf8_lossy(index.matched(found).unwrap().0).into_owned();
        index.matching(channel.as_bytes()).into_iter().map(name).collect()
    }

    #[test]
    fn patterns_of_every_shape_are_found_in_the_order_they_were_subscribed() {
        let mut index = index(&["*", "news", "*s", "n*", "n*s", "[n]ews", "x*", "ne?s", "n*s*", "*ews*"]);
        assert_eq!(matching(&index, "news"), ["*", "news", "*s", "n*", "n*s", "[n]ews", "ne?s", "n*s*", "*ews*"]);
        assert_eq!(matching(&index, "n"), ["*", "n*"]);
        unsubscribe(&mut index, "n*");
        assert_eq!(matching(&index, "n"), ["*"]);
    }

    #[test]
    fn nothing_is_left_of_patterns_that_are_removed() {
        let names = ["*", "news", "*s", "n*", "n*s", "[n]ews"];
        let mut index = index(&names);
        for name in names {
            unsubscribe(&mut index, name);
        }
        assert_empty(&index);
    }

    #[test]
    fn many_patterns_that_look_alike_come_and_go_without_being_walked() {
        let started = std::time::Instant::now();
        let alike = (0..40_000).map(|number| format!("*{number}*"));
        let of_many_shapes =
            (0..40_000).map(|number| format!("{}*{}", "p".repeat(number % 200), "s".repeat(number / 200)));
        let names: Vec<String> = alike.chain(of_many_shapes).collect();
        let queue = Arc::new(Queue::new(SubscribeOptions::default()));
        let mut index = PatternIndex::default();
        for name in &names {
            subscribe(&mut index, name, &queue);
        }
        for name in &names {
            unsubscribe(&mut index, name);
        }
        assert_empty(&index);
        // Milliseconds each way where it takes constant time; minutes where it doesn't.
        assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
    }

    #[test]
    fn patterns_with_the_same_texts_leave_in_any_order() {
        let names = ["*1*", "*2*", "*3*", "*4*"];
        for last in names {
            let mut index = index(&names);
            for name in names.into_iter().filter(|name| *name != last) {
                unsubscribe(&mut index, name);
            }
            assert_eq!(matching(&index, "1234"), [last]);
            unsubscribe(&mut index, last);
            assert_empty(&index);
        }
    }

    #[test]
    fn an_overlap_of_prefix_and_suffix_is_no_match() {
        assert_eq!(matching(&index(&["aba*aba"]), "ababa"), [""; 0]);
    }
}
