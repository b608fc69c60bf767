//! The subscribed patterns, indexed so that PUBLISH looks at those that may match and not at all of them.
//!
//! Every match of a pattern starts with its literal prefix and ends with its literal suffix. Patterns whose prefix and
//! suffix have the same lengths share a [`Shape`]; within a shape they are found by the hash of both texts. A PUBLISH
//! costs one look-up for each shape, and there are few.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use ahash::RandomState;
use bytes::Bytes;
use embroker_core::{Glob, Queue};

use super::{ClientId, Clients};

#[derive(Default)]
pub(super) struct PatternIndex {
    /// Where each pattern stands.
    by_name: HashMap<Bytes, Place, RandomState>,
    shapes: Vec<Shape>,
    next_order: u64,
    hasher: RandomState,
}

/// Patterns with literal prefixes and suffixes of the same lengths.
struct Shape {
    prefix_len: usize,
    suffix_len: usize,
    /// By the hash of prefix and suffix, each bucket in ascending order of first subscription.
    buckets: HashMap<u64, Vec<Pattern>, RandomState>,
}

#[derive(Clone, Copy)]
struct Place {
    prefix_len: usize,
    suffix_len: usize,
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

impl Shape {
    fn pattern(&mut self, place: Place) -> Option<&mut Pattern> {
        let bucket = self.buckets.get_mut(&place.bucket)?;
        let at = bucket.binary_search_by_key(&place.order, |pattern| pattern.order).ok()?;
        bucket.get_mut(at)
    }
}

impl PatternIndex {
    /// How many different patterns there are.
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(super) fn add(&mut self, name: Bytes, id: ClientId, queue: Arc<Queue>) {
        if let Some(place) = self.by_name.get(&name).copied() {
            if let Some(pattern) = self.shape(place).pattern(place) {
                pattern.clients.insert(id, queue);
            }
            return;
        }
        let glob = Glob::new(&name);
        // A literal is a prefix that is all there is.
        let suffix = if glob.literal().is_some() { &[] } else { glob.suffix() };
        let place = Place {
            prefix_len: glob.prefix().len(),
            suffix_len: suffix.len(),
            bucket: self.hash(glob.prefix(), suffix),
            order: self.next_order,
        };
        self.next_order += 1;
        self.by_name.insert(name, place);
        let pattern = Pattern { glob, order: place.order, clients: Clients::from_iter([(id, queue)]) };
        self.shape(place).buckets.entry(place.bucket).or_default().push(pattern);
    }

    pub(super) fn remove(&mut self, name: &Bytes, id: ClientId) {
        let Some(place) = self.by_name.get(name).copied() else { return };
        let shape = self.shape(place);
        let Some(pattern) = shape.pattern(place) else { return };
        pattern.clients.swap_remove(&id);
        if !pattern.clients.is_empty() {
            return;
        }
        if let Some(bucket) = shape.buckets.get_mut(&place.bucket) {
            bucket.retain(|pattern| pattern.order != place.order);
            if bucket.is_empty() {
                shape.buckets.remove(&place.bucket);
            }
        }
        self.by_name.remove(name);
        self.shapes.retain(|shape| !shape.buckets.is_empty());
    }

    /// The patterns that match the channel, in the order they were first subscribed.
    pub(super) fn matching(&self, channel: &[u8]) -> Vec<&Pattern> {
        let mut matching: Vec<&Pattern> = Vec::new();
        for shape in &self.shapes {
            let Some(tail) = channel.len().checked_sub(shape.suffix_len) else { continue };
            if tail < shape.prefix_len {
                continue;
            }
            let bucket = self.hash(&channel[..shape.prefix_len], &channel[tail..]);
            let candidates = shape.buckets.get(&bucket).into_iter().flatten();
            matching.extend(candidates.filter(|pattern| pattern.glob.matches(channel)));
        }
        if matching.len() > 1 {
            matching.sort_unstable_by_key(|pattern| pattern.order);
        }
        matching
    }

    /// The shape that a place is in, made where it is not there yet.
    fn shape(&mut self, place: Place) -> &mut Shape {
        let same = |shape: &Shape| (shape.prefix_len, shape.suffix_len) == (place.prefix_len, place.suffix_len);
        let at = self.shapes.iter().position(same).unwrap_or_else(|| {
            let (prefix_len, suffix_len) = (place.prefix_len, place.suffix_len);
            self.shapes.push(Shape { prefix_len, suffix_len, buckets: HashMap::default() });
            self.shapes.len() - 1
        });
        &mut self.shapes[at]
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
    fn an_overlap_of_prefix_and_suffix_is_no_match() {
        assert_eq!(matching(&index(&["aba*aba"]), "ababa"), [""; 0]);
    }
}
