//! Commands on a server whose connection is cut, at each byte and at random, or which is killed: what the caller is
//! told is true, and nothing runs twice.
//!
//! Each call has keys of its own, so that the server tells afterwards how often it ran. `Ok` means once,
//! `Error::Disconnected` never, `Error::OutcomeUnknown` and `Error::Timeout` at most once.

mod calls;
mod cuts;
mod killed;
mod password;
mod waits;

use std::process::ExitCode;

use embroker_reliability::Scale;
use embroker_test_support::{Backend, Property, Suite};

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server-under-test");

fn main() -> ExitCode {
    let mut suite = Suite::new();
    macro_rules! tests {
        ($($module:ident::$test:ident),* $(,)?) => { $(
            suite.test(Backend::Redis, stringify!($test), $module::$test);
        )* };
    }
    tests![
        cuts::a_call_that_is_cut_at_any_byte_says_what_is_true,
        killed::a_killed_server_has_what_was_answered,
        waits::after_a_timeout_the_next_call_has_another_connection,
        waits::a_call_on_a_dead_link_comes_to_an_end,
        waits::a_server_that_is_busy_is_waited_for,
        password::a_wrong_password_is_tried_once_and_told_at_once,
    ];
    suite.test(Backend::Mem, "a_killed_embroker_server_runs_nothing_of_before", async || {
        killed::a_killed_embroker_server_runs_nothing_of_before(PROGRAM).await
    });
    suite.property(
        Backend::Redis,
        "calls_side_by_side_say_what_is_true",
        Property {
            cases: Scale::get().pick(150, 5000),
            regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/../regressions/cuts.txt"),
        },
        || (cuts::calls(), cuts::cut()),
        calls::behind_a_proxy,
        cuts::calls_side_by_side_say_what_is_true,
    );
    suite.run()
}
