//! The machine that figures were taken on.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::available_parallelism;

use serde::{Deserialize, Serialize};

/// Where figures come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    pub(crate) system: String,
    pub(crate) rustc: String,
    pub(crate) redis: String,
    /// How many programs wanted to run when the run began, on the average of a minute.
    pub(crate) load: f64,
}

impl Machine {
    /// This one. What can't be found out stays empty.
    pub(crate) fn here() -> Self {
        let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let about = file("/proc/cpuinfo");
        let model = about.lines().find_map(|line| line.strip_prefix("model name"));
        let load = file("/proc/loadavg");
        let redis = std::env::var("EMBROKER_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        let said = output(&redis, &["--version"]);
        Self {
            processor: model.unwrap_or_default().trim_start_matches([' ', '\t', ':']).to_owned(),
            cores: available_parallelism().map_or(1, usize::from),
            system: output("uname", &["-srm"]),
            rustc: output("rustc", &["--version"]),
            redis: said.split(' ').find_map(|word| word.strip_prefix("v=")).unwrap_or_default().to_owned(),
            load: load.split(' ').next().and_then(|load| load.parse().ok()).unwrap_or_default(),
        }
    }

    /// In one sentence.
    pub(crate) fn describe(&self) -> String {
        let Self { processor, cores, system, rustc, redis, load } = self;
        format!("{processor}, {cores} cores, {system}; {rustc}; Redis {redis}; load {load} when the run began")
    }
}

fn output(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).stdin(Stdio::null()).stderr(Stdio::null()).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

/// How many bytes of memory programs may still take; 0 where nobody tells.
pub(crate) fn free_memory() -> u64 {
    let about = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = about.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default().saturating_mul(1024)
}
