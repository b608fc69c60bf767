//! Memory: `maxmemory` holds, what the system has no memory for is refused, and what is gone is given back.

mod dropped;
mod given_back;
mod limit;
mod system;

use std::process::ExitCode;

use embroker_reliability::is_alone;
use embroker_test_support::{Backend, Suite};

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server-under-test");
const MIB: u64 = 1 << 20;

fn main() -> ExitCode {
    if is_alone().is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        return match runtime
            .map_err(Into::into)
            .and_then(|runtime| runtime.block_on(given_back::see_what_stays_in_use()))
        {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let mut suite = Suite::new();
    macro_rules! tests {
        ($($module:ident::$test:ident),* $(,)?) => { $(
            suite.test(Backend::Mem, stringify!($test), $module::$test);
        )* };
    }
    tests![
        system::what_there_is_no_memory_for_is_refused_and_the_server_goes_on,
        system::large_arguments_are_taken_or_refused_and_the_server_goes_on,
        system::a_full_server_refuses_and_goes_on,
        system::every_command_is_answered_at_the_end_of_memory,
        limit::a_key_that_lost_its_deadline_is_never_evicted,
        limit::a_load_of_keys_that_expire_stays_within_the_limit,
        given_back::what_is_gone_is_given_back,
        given_back::what_is_gone_is_given_back_by_the_server,
        dropped::a_dropped_broker_ends_the_streams_of_its_subscribers,
        dropped::a_named_broker_that_is_dropped_ends_its_streams,
        dropped::a_server_that_ends_lets_its_broker_go,
    ];
    suite.run()
}
