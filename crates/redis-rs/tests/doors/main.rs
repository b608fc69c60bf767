//! One program, every connection that redis-rs can have: a session in this process, sync and async, redis-rs's own
//! connection over a pipe, and a real Redis behind a socket; each in RESP2 and in RESP3.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that is wrong fails")]

mod commands;
mod door;
mod errors;
#[path = "../../../../tests/differential/generate.rs"]
#[expect(dead_code, reason = "the differential tests use all of it")]
mod generate;
mod pipelines;
mod property;
mod pubsub;
mod sessions;
mod sync;

use std::process::ExitCode;

use embroker_test_support::Suite;

use crate::door::Door;

fn main() -> ExitCode {
    let mut suite = Suite::new();
    for door in Door::all() {
        let families = [
            ("commands", commands::cases()),
            ("errors", errors::cases()),
            ("pipelines", pipelines::cases()),
            ("pubsub", pubsub::cases()),
            ("sync", if door.is_sync_too() { sync::cases() } else { Vec::new() }),
        ];
        for (family, cases) in families {
            for (name, case) in cases {
                let test = async move || case(door.open()?).await;
                suite.test(door.backend(), &format!("{door}::{family}::{name}"), test);
            }
        }
    }
    sessions::add(&mut suite);
    property::add(&mut suite);
    suite.run()
}
