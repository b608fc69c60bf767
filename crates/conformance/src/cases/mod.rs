//! The cases, a file or a folder for each command family, with literal replies.
//!
//! A case is an async function over a fresh `AnyBroker`, listed once in its family's `cases()`; one that is not listed
//! is dead code, which is denied here. A file that is not in [`families!`] is found by the conformance target.

#![deny(dead_code)]
#![expect(clippy::needless_raw_string_hashes, reason = "transcripts are written alike, with quotes in them or without")]

use crate::check::Case;

/// Declares each family's module and lists the cases of all of them.
macro_rules! families {
    ($($family:ident)*) => {
        $(mod $family;)*

        /// The families of cases, in the order of [`cases`].
        ///
        /// ```
        /// assert!(embroker_conformance::FAMILIES.contains(&"pubsub"));
        /// ```
        pub const FAMILIES: &[&str] = &[$(stringify!($family)),*];

        /// All cases there are, family by family.
        ///
        /// ```
        /// let cases = embroker_conformance::cases();
        /// assert!(cases.iter().any(|case| case.family() == "transaction"));
        /// ```
        pub fn cases() -> Vec<Case> {
            [$($family::cases()),*].concat()
        }
    };
}

families! {
    bitfield config connection debug hash key maxmemory memory notifications object pubsub scripting server set string
    structs transaction
}
