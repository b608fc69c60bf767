//! The server that a program talks to: the real `embroker-server`, or a redis-server.

use std::fmt;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use embroker_test_support::RedisServer;

use crate::run::Background;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Embroker,
    Redis,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embroker => "embroker",
            Self::Redis => "redis",
        })
    }
}

/// A server of one's own on a port of 127.0.0.1; it ends when this is dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    _process: Process,
}

enum Process {
    Embroker { _program: Background },
    Redis { _server: RedisServer },
}

impl Server {
    pub(crate) fn start(kind: Kind, password: Option<&str>) -> Result<Self> {
        match kind {
            Kind::Embroker => embroker(password),
            Kind::Redis => redis(password),
        }
    }
}

fn redis(password: Option<&str>) -> Result<Server> {
    let mut builder = RedisServer::builder().tcp();
    if let Some(password) = password {
        builder = builder.set("requirepass", password);
    }
    let server = builder.start()?;
    let address = server.tcp_address().context("the server has a port")?;
    Ok(Server { port: port(&address)?, _process: Process::Redis { _server: server } })
}

fn embroker(password: Option<&str>) -> Result<Server> {
    // A port that was free can be taken before the server has it.
    const ATTEMPTS: usize = 5;

    let mut said = String::new();
    for _ in 0..ATTEMPTS {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_embroker-server"));
        command.args(["--port", &free]).args(password.map(|password| ["--requirepass", password]).iter().flatten());
        let program = Background::start(&mut command)?;
        // It says where it listens once it does, or why it can't.
        said = program.line()?;
        if said.contains("Ready to accept connections on ") {
            return Ok(Server { port: port(&said)?, _process: Process::Embroker { _program: program } });
        }
    }
    bail!("embroker-server did not start: {said}")
}

/// The port behind the address of this machine.
fn port(text: &str) -> Result<u16> {
    let (_, behind) = text.split_once("127.0.0.1:").with_context(|| format!("no address in {text:?}"))?;
    let digits = behind.split(|char: char| !char.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().with_context(|| format!("no port in {text:?}"))
}
