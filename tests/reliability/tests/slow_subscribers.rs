//! Subscribers that read slowly or not at all: what they lose is counted, what they hold is bounded, and nobody else
//! is held up.

#[path = "slow_subscribers/flood.rs"]
mod flood;
#[path = "slow_subscribers/sockets.rs"]
mod sockets;

use std::process::ExitCode;

use embroker_test_support::{Backend, Suite};

fn main() -> ExitCode {
    let mut suite = Suite::new();
    for backend in Backend::ALL {
        suite.test(backend, "what_64_subscribers_receive_and_lag_behind_is_what_was_published", async move || {
            flood::exact(backend).await
        });
        suite.test(backend, "who_is_cut_off_has_read_all_until_then_and_nobody_else_loses", async move || {
            flood::cut_off(backend).await
        });
        suite.test(backend, "a_stalled_connection_is_cut_at_the_hard_limit_and_its_neighbour_loses_nothing", {
            async move || sockets::hard_limit(backend)
        });
        suite.test(backend, "a_backlog_beyond_the_soft_limit_ends_the_connection_in_time_and_no_sooner", {
            async move || sockets::soft_limit(backend)
        });
        suite.test(backend, "a_limit_that_is_lifted_or_lowered_holds_for_those_who_are_subscribed", {
            async move || sockets::changed_limit(backend)
        });
        suite.test(backend, "who_lets_few_messages_wait_may_take_them_late", async move || sockets::late(backend));
        suite.test(backend, "a_monitor_that_does_not_read_is_cut_off", async move || sockets::monitor(backend));
        suite.test(backend, "a_stalled_client_is_killed_when_it_is_told_to_be", {
            async move || sockets::killed(backend)
        });
    }
    let mem = Backend::Mem;
    suite.test(mem, "messages_of_a_megabyte_reach_a_reader_however_fast_they_are_published", {
        async move || sockets::megabytes()
    });
    suite.test(mem, "publishers_that_read_each_other_do_not_wait_for_ever", async move || sockets::crossing());
    suite.test(mem, "nobody_waits_for_a_reader_of_other_channels", async move || sockets::strangers());
    suite.run()
}
