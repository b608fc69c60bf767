//! redis-benchmark's standard tests.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::run::succeed;
use crate::server::Server;

/// The tests, as `-t` takes them.
const TESTS: &str = "ping,set,get,incr,sadd,hset,spop,mset";
/// Their names in its report, in its order.
const REPORTED: [&str; 9] =
    ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "SADD", "HSET", "SPOP", "MSET (10 keys)"];

pub(crate) fn standard_tests(server: &Server) -> Result<()> {
    let port = server.port.to_string();
    for options in [&["-c", "20"][..], &["-c", "5", "-P", "16", "-r", "1000", "-d", "100"], &["-c", "2", "-3"]] {
        let output = succeed(
            Command::new("redis-benchmark").args(["-p", &port, "-q", "-n", "2000", "-t", TESTS]).args(options),
        )?;
        // What is under way is overwritten by what comes after a carriage return.
        let lines = output.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty());
        let (results, rest): (Vec<_>, Vec<_>) = lines.partition(|line| line.contains(" requests per second"));
        let names: Vec<_> = results.iter().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        ensure!(names == REPORTED, "{options:?}: {output}");
        let unexpected: Vec<_> = rest.iter().filter(|line| !line.contains(": rps=")).collect();
        ensure!(unexpected.is_empty(), "{options:?}: {unexpected:?}");
    }
    Ok(())
}
