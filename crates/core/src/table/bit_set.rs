//! Small sets of named things: flags, ACL categories, what a command does to a key.

/// Declares a set. Each member is one bit, in the order of the lines, which is the order that Redis names them in. The
/// first two also stand in the examples.
macro_rules! bit_set {
    ($(#[$doc:meta])* $set:ident($bits:ty) {
        $(#[$of_a:meta])* $a:ident $name_a:literal;
        $(#[$of_b:meta])* $b:ident $name_b:literal;
        $($(#[$of:meta])* $id:ident $name:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $set($bits);

        impl $set {
            $(#[$of_a])*
            pub const $a: Self = Self(1 << Self::bit($name_a));
            $(#[$of_b])*
            pub const $b: Self = Self(1 << Self::bit($name_b));
            $($(#[$of])* pub const $id: Self = Self(1 << Self::bit($name));)*

            const NAMES: &'static [&'static str] = &[$name_a, $name_b, $($name),*];

            const fn bit(name: &str) -> u32 {
                let mut at = 0;
                while !same(Self::NAMES[at], name) {
                    at += 1;
                }
                at as u32
            }

            /// The empty set.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use embroker_core::table::", stringify!($set), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($set), "::none().names().count(), 0);")]
            /// ```
            pub const fn none() -> Self {
                Self(0)
            }

            /// Whether all of `other` is in this set.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use embroker_core::table::", stringify!($set), ";")]
            ///
            #[doc = concat!("assert!(", stringify!($set), "::", stringify!($a), ".contains(", stringify!($set), "::none()) && !", stringify!($set), "::", stringify!($a), ".contains(", stringify!($set), "::", stringify!($b), "));")]
            /// ```
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Both sets together.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use embroker_core::table::", stringify!($set), ";")]
            ///
            #[doc = concat!("assert!(", stringify!($set), "::", stringify!($a), ".with(", stringify!($set), "::", stringify!($b), ").contains(", stringify!($set), "::", stringify!($b), "));")]
            /// ```
            #[must_use]
            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// What is in this set and not in `other`.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use embroker_core::table::", stringify!($set), ";")]
            ///
            #[doc = concat!("assert_eq!(", stringify!($set), "::", stringify!($a), ".with(", stringify!($set), "::", stringify!($b), ").without(", stringify!($set), "::", stringify!($a), "), ", stringify!($set), "::", stringify!($b), ");")]
            /// ```
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                Self(self.0 & !other.0)
            }

            /// The names of what is in the set, in Redis's order.
            ///
            /// # Examples
            ///
            /// ```
            #[doc = concat!("use embroker_core::table::", stringify!($set), ";")]
            ///
            #[doc = concat!("assert!(", stringify!($set), "::", stringify!($b), ".with(", stringify!($set), "::", stringify!($a), ").names().eq([", stringify!($name_a), ", ", stringify!($name_b), "]));")]
            /// ```
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                Self::NAMES.iter().enumerate().filter(move |(bit, _)| self.0 & (1 << bit) != 0).map(|(_, name)| *name)
            }
        }

        impl std::ops::BitOr for $set {
            type Output = Self;

            fn bitor(self, other: Self) -> Self {
                self.with(other)
            }
        }

        impl std::fmt::Debug for $set {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_set().entries(self.names()).finish()
            }
        }
    };
}
pub(super) use bit_set;

/// Whether two names are the same, for constants.
pub(super) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}
