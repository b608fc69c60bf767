//! What a subscriber is subscribed to, and will be again after its connection was lost.

use std::collections::BTreeSet;

use bytes::Bytes;
use embroker_core::SubscriptionKind;

#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    channels: BTreeSet<Bytes>,
    patterns: BTreeSet<Bytes>,
    shard_channels: BTreeSet<Bytes>,
}

impl Wanted {
    pub(super) fn of(&self, kind: SubscriptionKind) -> &BTreeSet<Bytes> {
        match kind {
            SubscriptionKind::Channel => &self.channels,
            SubscriptionKind::Pattern => &self.patterns,
            SubscriptionKind::Shard => &self.shard_channels,
        }
    }

    pub(super) fn add(&mut self, kind: SubscriptionKind, names: &[Bytes]) {
        self.of_mut(kind).extend(names.iter().cloned());
    }

    /// Removes the names, or all of the kind where none is named.
    pub(super) fn remove(&mut self, kind: SubscriptionKind, names: &[Bytes]) {
        let all = self.of_mut(kind);
        if names.is_empty() {
            all.clear();
        }
        for name in names {
            all.remove(name);
        }
    }

    fn of_mut(&mut self, kind: SubscriptionKind) -> &mut BTreeSet<Bytes> {
        match kind {
            SubscriptionKind::Channel => &mut self.channels,
            SubscriptionKind::Pattern => &mut self.patterns,
            SubscriptionKind::Shard => &mut self.shard_channels,
        }
    }

    /// Every name with its kind.
    pub(super) fn names(&self) -> impl Iterator<Item = (SubscriptionKind, Bytes)> {
        let of = |kind| self.of(kind).iter().map(move |name| (kind, name.clone()));
        SubscriptionKind::ALL.into_iter().flat_map(of)
    }
}
