//! Soon.

use embroker_test_support::{Case, cases};

pub(crate) fn cases() -> Vec<Case> {
    cases![]
}
