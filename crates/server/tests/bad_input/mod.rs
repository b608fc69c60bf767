//! What no client should send, and what none should be able to do to the others.

mod garbage;
mod limits;
mod program;

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use embroker_test_support::{Backend, RedisServer, Suite};

use crate::support::Served;

pub(crate) fn add(suite: &mut Suite) {
    garbage::add(suite);
    suite.test(Backend::Redis, "limits::a_client_that_does_not_read_is_closed", async || limits::output_limits());
    suite.test(Backend::Redis, "limits::a_lowered_limit_acts_on_who_is_connected", async || limits::lowered_limit());
    suite.test(Backend::Redis, "limits::a_soft_limit_acts_after_its_seconds", async || limits::soft_limit());
    suite.test(Backend::Redis, "limits::a_flood_before_auth_is_closed", async || limits::flood_before_auth());
    suite.test(Backend::Redis, "limits::a_password_that_is_taken_back_binds_nobody", async || {
        limits::password_taken_back()
    });
    suite.test(Backend::Redis, "limits::a_request_has_a_limit", async || limits::input_limit());
    suite.test(Backend::Redis, "limits::config_set_acts_on_clients", async || limits::config_set());
    suite.test(Backend::Redis, "limits::a_timeout_closes_who_is_silent", async || limits::timeout());
    suite.test(Backend::Mem, "program::a_claim_costs_no_memory", async || program::claims());
    suite.test(Backend::Mem, "program::one_that_never_reads_is_its_own_affair", async || program::never_reads());
    suite.test(Backend::Mem, "program::wrong_options_are_told", async || program::wrong_options());
    suite.test(Backend::Mem, "program::nothing_is_saved_and_who_asks_is_told", async || program::nothing_is_saved());
    suite.test(Backend::Mem, "program::a_socket_has_the_mode_it_was_given", async || program::socket_mode());
}

/// Runs the test at a real server and at ours; what it finds has to be the same.
fn at_both<T: PartialEq + std::fmt::Debug>(test: impl Fn(&Path) -> Result<T>) -> Result<T> {
    let redis = RedisServer::start()?;
    let served = Served::start(|server| server)?;
    let expected = test(&redis.socket_path()).context("at redis")?;
    let got = test(&served.socket).context("at embroker")?;
    ensure!(expected == got, "redis: {expected:?}\nembroker: {got:?}");
    Ok(got)
}
