//! x
use std::process::ExitCode;
use embroker_test_support::Suite;
fn main() -> ExitCode { Suite::new().run() }
