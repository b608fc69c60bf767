//! Fuzz targets: each takes bytes, and panics where something that must hold does not.
//!
//! `targets` makes programs of them for cargo-fuzz, which `cargo xtask fuzz` runs; `tests/corpus.rs` replays what was
//! found worth keeping. What is compared with is written here once more, in the plainest way.

#![expect(clippy::expect_used, reason = "a target fails by panicking")]

mod bitfield;
mod commands;
mod glob;
mod input;
#[path = "../../matcher/mod.rs"]
mod matcher;
mod protocol;
mod resp;
mod session;
mod state;

/// One target: it panics where the bytes show a fault.
pub type Target = fn(&[u8]);

/// Every target, by the name of its program and of the directory of its corpus.
///
/// ```
/// for (_, target) in embroker_fuzz::TARGETS {
///     target(b"*1\r\n$4\r\nPING\r\n");
/// }
/// ```
pub const TARGETS: [(&str, Target); 5] = [
    ("bitfield", bitfield::target),
    ("commands", commands::target),
    ("glob", glob::target),
    ("resp", resp::target),
    ("session", session::target),
];

/// Runs a target by its name.
///
/// # Panics
///
/// Where there is no such target, and where the target finds a fault.
pub fn run(name: &str, bytes: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(other, _)| *other == name).expect("there is such a target");
    target(bytes);
}
