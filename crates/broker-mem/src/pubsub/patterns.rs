//! The subscribed patterns, indexed so that PUBLISH looks at those that may match and not at all of them.
//!
//! Every match of a pattern starts with its literal prefix and ends with its literal suffix. Patterns whose prefix and
//! suffix have the same lengths share a [`Shape`]; within a shape they are found by the hash of both texts. A PUBLISH
//! costs one look-up for each shape, and there are few. To add or to remove a pattern takes constant time, however many
//! there are.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use ahash::RandomState;
use bytes::Bytes;
use embroker_core::{Glob, Queue};
use indexmap::IndexMap;

use super::{ClientId, Clients};

#[derive(Default)]
pub(crate) struct PatternIndex {
    /// Where each pattern stands.
    by_name: HashMap<Bytes, Place, RandomState>,
    shapes: IndexMap<Shape, Buckets, RandomState>,
    next_order: u64,
    hasher: RandomState,
}

/// The lengths of a literal prefix and suffix.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    prefix_len: usize,
    suffix_len: usize,
}

/// The patterns of one shape, by the hash of prefix and suffix.
type Buckets = HashMap<u64, Bucket, RandomState>;
/// Patterns by the number of their first subscription, in no order.
type Bucket = IndexMap<u64, Pattern, RandomState>;

#[derive(Clone, Copy)]
struct Place {
    shape: Shape,
    bucket: u64,
    order: u64,
}

/// One pattern and who is subscribed to it.
pub(super) struct Pattern {
    glob: Glob,
    order: u64,
    clients: Clients,
}

impl Pattern {
    pub(super) fn name(&self) -> &Bytes {
        self.glob.pattern()
    }

    pub(super) fn clients(&self) -> &Clients {
        &self.clients
    }
}

impl PatternIndex {
    /// How many different patterns there are.
    pub(crate) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(super) fn add(&mut self, name: Bytes, id: ClientId, queue: Arc<Queue>) {
        if let Some(place) = self.by_name.get(&name).copied() {
            let buckets = self.shapes.get_mut(&place.shape);
            let bucket = buckets.and_then(|buckets| buckets.get_mut(&place.bucket));
            if let Some(pattern) = bucket.and_then(|bucket| bucket.get_mut(&place.order)) {
                pattern.clients.insert(id, queue);
            }
            return;
        }
        let glob = Glob::new(&name);
        // A literal is a prefix that is all there is.
        let suffix = if glob.literal().is_some() { &[] } else { glob.suffix() };
        let place = Place {
            shape: Shape { prefix_len: glob.prefix().len(), suffix_len: suffix.len() },
            bucket: self.hash(glob.prefix(), suffix),
            order: self.next_order,
        };
        self.next_order += 1;
        self.by_name.insert(name, place);
        let pattern = Pattern { glob, order: place.order, clients: Clients::from_iter([(id, queue)]) };
        let bucket = self.shapes.entry(place.shape).or_default().entry(place.bucket).or_default();
        bucket.insert(place.order, pattern);
    }

    pub(super) fn remove(&mut self, name: &Bytes, id: ClientId) {
        let Some(place) = self.by_name.get(name).copied() else { return };
        let Some(buckets) = self.shapes.get_mut(&place.shape) else { return };
        let Some(bucket) = buckets.get_mut(&place.bucket) else { return };
        let Some(pattern) = bucket.get_mut(&place.order) else { return };
        pattern.clients.swap_remove(&id);
        if !pattern.clients.is_empty() {
            return;
        }
        bucket.swap_remove(&place.order);
        if bucket.is_empty() {
            buckets.remove(&place.bucket);
        }
        if buckets.is_empty() {
            self.shapes.swap_remove(&place.shape);
        }
        self.by_name.remove(name);
    }

    /// The patterns that match the channel, in the order they were first subscribed.
    pub(super) fn matching(&self, channel: &[u8]) -> Vec<&Pattern> {
        let mut matching: Vec<&Pattern> = Vec::new();
        for (shape, buckets) in &self.shapes {
            let Some(tail) = channel.len().checked_sub(shape.suffix_len) else { continue };
            if tail < shape.prefix_len {
                continue;
            }
            let bucket = self.hash(&channel[..shape.prefix_len], &channel[tail..]);
            let candidates = buckets.get(&bucket).into_iter().flat_map(Bucket::values);
            matching.extend(candidates.filter(|pattern| pattern.glob.matches(channel)));
        }
        if matching.len() > 1 {
            matching.sort_unstable_by_key(|pattern| pattern.order);
        }
        matching
    }

    fn hash(&self, prefix: &[u8], suffix: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(prefix);
        hasher.write(suffix);
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use embroker_core::SubscribeOptions;

    use super::*;

    fn index(patterns: &[&'static str]) -> PatternIndex {
        let mut index = PatternIndex::default();
        for pattern in patterns {
            index.add(Bytes::from(*pattern), 1, Arc::new(Queue::new(SubscribeOptions::default())));
        }
        index
    }

    fn matching(index: &PatternIndex, channel: &str) -> Vec<String> {
        let name = |pattern: &&Pattern| String::from_utf8_lossy(pattern.name()).into_owned();
        index.matching(channel.as_bytes()).iter().map(name).collect()
    }

    #[test]
    fn patterns_of_every_shape_are_found_in_the_order_they_were_subscribed() {
        let mut index = index(&["*", "news", "*s", "n*", "n*s", "[n]ews", "x*", "ne?s", "n*s*", "*ews*"]);
        assert_eq!(matching(&index, "news"), ["*", "news", "*s", "n*", "n*s", "[n]ews", "ne?s", "n*s*", "*ews*"]);
        assert_eq!(matching(&index, "n"), ["*", "n*"]);
        index.remove(&Bytes::from("n*"), 1);
        assert_eq!(matching(&index, "n"), ["*"]);
    }

    #[test]
    fn nothing_is_left_of_patterns_that_are_removed() {
        let names = ["*", "news", "*s", "n*", "n*s", "[n]ews"];
        let mut index = index(&names);
        for name in names {
            index.remove(&Bytes::from(name), 1);
        }
        assert_eq!((index.len(), index.shapes.len()), (0, 0));
    }

    #[test]
    fn many_patterns_that_look_alike_come_and_go_without_being_walked() {
        let started = std::time::Instant::now();
        let alike = (0..40_000).map(|number| format!("*{number}*"));
        let of_many_shapes =
            (0..40_000).map(|number| format!("{}*{}", "p".repeat(number % 200), "s".repeat(number / 200)));
        let names: Vec<Bytes> = alike.chain(of_many_shapes).map(Bytes::from).collect();
        let queue = Arc::new(Queue::new(SubscribeOptions::default()));
        let mut index = PatternIndex::default();
        for name in &names {
            index.add(name.clone(), 1, queue.clone());
        }
        for name in &names {
            index.remove(name, 1);
        }
        assert_eq!((index.len(), index.shapes.len()), (0, 0));
        // Milliseconds each way where it takes constant time; minutes where it doesn't.
        assert!(started.elapsed() < std::time::Duration::from_secs(20), "{:?}", started.elapsed());
    }

    #[test]
    fn an_overlap_of_prefix_and_suffix_is_no_match() {
        assert_eq!(matching(&index(&["aba*aba"]), "ababa"), [""; 0]);
    }
}
