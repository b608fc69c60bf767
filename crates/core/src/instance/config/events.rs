//! `notify-keyspace-events`: which events of keys are published, and on which channels.

use std::fmt;
use std::ops::BitOr;

/// A set of classes of keyspace events, as `notify-keyspace-events` has it.
///
/// # Examples
///
/// ```
/// use embroker_core::instance::config::KeyspaceEvents;
///
/// let events = KeyspaceEvents::parse(b"KEg$x").expect("each letter is a class");
/// assert!(events.contains(KeyspaceEvents::EXPIRED) && !events.contains(KeyspaceEvents::HASH));
/// assert_eq!(events.to_string(), "g$xKE");
/// assert_eq!(KeyspaceEvents::parse(b"?"), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct KeyspaceEvents(u16);

impl KeyspaceEvents {
    /// `K`: on `__keyspace@<db>__:<key>`.
    pub const KEYSPACE: Self = Self(1);
    /// `E`: on `__keyevent@<db>__:<event>`.
    pub const KEYEVENT: Self = Self(1 << 1);
    /// `g`: commands on keys of any type, such as DEL, EXPIRE and RENAME.
    pub const GENERIC: Self = Self(1 << 2);
    /// `$`: strings.
    pub const STRING: Self = Self(1 << 3);
    /// `l`: lists.
    pub const LIST: Self = Self(1 << 4);
    /// `s`: sets.
    pub const SET: Self = Self(1 << 5);
    /// `h`: hashes.
    pub const HASH: Self = Self(1 << 6);
    /// `z`: sorted sets.
    pub const SORTED_SET: Self = Self(1 << 7);
    /// `x`: a key whose time was over was removed.
    pub const EXPIRED: Self = Self(1 << 8);
    /// `e`: a key was removed to make room.
    pub const EVICTED: Self = Self(1 << 9);
    /// `t`: streams.
    pub const STREAM: Self = Self(1 << 10);
    /// `m`: a key was read that is not there.
    pub const KEY_MISS: Self = Self(1 << 11);
    /// `d`: types of modules.
    pub const MODULE: Self = Self(1 << 12);
    /// `n`: a key is new.
    pub const NEW: Self = Self(1 << 13);
    /// `A`: all of `g$lshzxetd`; neither `m` nor `n`.
    pub const ALL: Self = Self(0b1_0111_1111_1100);

    /// The letters but for `A`, in the order of CONFIG GET.
    const LETTERS: [(u8, Self); 14] = [
        (b'g', Self::GENERIC),
        (b'$', Self::STRING),
        (b'l', Self::LIST),
        (b's', Self::SET),
        (b'h', Self::HASH),
        (b'z', Self::SORTED_SET),
        (b'x', Self::EXPIRED),
        (b'e', Self::EVICTED),
        (b't', Self::STREAM),
        (b'd', Self::MODULE),
        (b'n', Self::NEW),
        (b'K', Self::KEYSPACE),
        (b'E', Self::KEYEVENT),
        (b'm', Self::KEY_MISS),
    ];

    /// No class at all.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::KeyspaceEvents;
    ///
    /// assert!(!KeyspaceEvents::none().contains(KeyspaceEvents::EXPIRED));
    /// ```
    pub const fn none() -> Self {
        Self(0)
    }

    /// The classes of a text of letters; `None` where one is unknown.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::KeyspaceEvents;
    ///
    /// assert_eq!(KeyspaceEvents::parse(b"Ex"), Some(KeyspaceEvents::KEYEVENT | KeyspaceEvents::EXPIRED));
    /// assert_eq!(KeyspaceEvents::parse(b"E?"), None);
    /// ```
    pub fn parse(text: &[u8]) -> Option<Self> {
        text.iter().try_fold(Self::none(), |set, letter| match letter {
            b'A' => Some(set | Self::ALL),
            letter => Self::LETTERS.iter().find(|(known, _)| known == letter).map(|(_, class)| set | *class),
        })
    }

    /// Whether all classes of `other` are in this set.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_core::instance::config::KeyspaceEvents;
    ///
    /// assert!(KeyspaceEvents::ALL.contains(KeyspaceEvents::HASH | KeyspaceEvents::SET));
    /// assert!(!KeyspaceEvents::ALL.contains(KeyspaceEvents::KEY_MISS));
    /// ```
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) fn bits(self) -> i64 {
        self.0.into()
    }

    pub(super) fn from_bits(bits: i64) -> Self {
        Self(bits as u16)
    }
}

impl BitOr for KeyspaceEvents {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for KeyspaceEvents {
    /// As CONFIG GET shows it: `A` where all its classes are set, and then `n` is not told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told_by_a = if self.contains(Self::ALL) { Self::ALL | Self::NEW } else { Self::none() };
        if told_by_a != Self::none() {
            f.write_str("A")?;
        }
        let told = |class| self.contains(class) && !told_by_a.contains(class);
        Self::LETTERS
            .iter()
            .filter(|(_, class)| told(*class))
            .try_for_each(|(letter, _)| write!(f, "{}", *letter as char))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_show_in_one_order() {
        for (set, shown) in [
            ("KEA", "AKE"),
            ("Kg$lshzxetd", "AK"),
            ("nmA", "Am"),
            ("g$lshzxetdmnKE", "AKEm"),
            ("$lshzxetdmnKE", "$lshzxetdnKEm"),
            ("E$x", "$xE"),
            ("xxx", "x"),
            ("", ""),
        ] {
            assert_eq!(KeyspaceEvents::parse(set.as_bytes()).unwrap().to_string(), shown, "{set}");
        }
        assert_eq!(KeyspaceEvents::parse(b"K E"), None);
    }
}
