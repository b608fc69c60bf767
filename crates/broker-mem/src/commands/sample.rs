//! Random places in a collection, for HRANDFIELD and SRANDMEMBER.

use std::collections::HashMap;

use embroker_core::ServerError;
use embroker_core::error::texts;
use fastrand::Rng;

/// How many values a reply with repeats holds at most. Redis has no bound of its own and goes on until memory is out.
const MAX_REPEATS: u64 = 1 << 24;

/// `count` different places below `len`, or all of them where there are not so many, in random order.
pub(super) fn distinct(rng: &mut Rng, len: usize, count: usize) -> Vec<usize> {
    // A shuffle that stops after `count` steps. Only what it moved is written down, so its cost is that of the sample.
    let mut moved = HashMap::new();
    let mut step = |at| {
        let place = rng.usize(at..len);
        let here = moved.get(&at).copied().unwrap_or(at);
        moved.insert(place, here).unwrap_or(place)
    };
    (0..count.min(len)).map(&mut step).collect()
}

/// How many repeats a negative count asks for, where each of them takes `width` values of the reply.
pub(super) fn repeats(count: i64, width: u64) -> Result<usize, ServerError> {
    let values = count.unsigned_abs().saturating_mul(width);
    if values > MAX_REPEATS { Err(texts::OUT_OF_RANGE) } else { Ok(count.unsigned_abs() as usize) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_has_different_places_and_reaches_all_of_them() {
        let mut rng = Rng::with_seed(1);
        let mut seen = [0; 6];
        for _ in 0..1000 {
            let mut places = distinct(&mut rng, 6, 3);
            seen[places[0]] += 1;
            places.sort_unstable();
            places.dedup();
            assert_eq!(places.len(), 3);
        }
        assert!(seen.iter().all(|times| (120..220).contains(times)), "{seen:?}");
        let mut all = distinct(&mut rng, 4, 9);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3]);
        assert_eq!(distinct(&mut rng, 0, 9), [0; 0]);
    }

    #[test]
    fn repeats_are_bounded() {
        assert_eq!(repeats(-(1 << 24), 1), Ok(1 << 24));
        assert_eq!(repeats(-(1 << 24), 2), Err(texts::OUT_OF_RANGE));
        assert_eq!(repeats(i64::MIN, 2), Err(texts::OUT_OF_RANGE));
    }
}
