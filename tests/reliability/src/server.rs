//! A server that is killed and comes back, whichever of the two it is.

use std::path::PathBuf;

use anyhow::Result;
use embroker_test_support::{Backend, RawClient, RedisServer};

use crate::{Limits, Program};

/// A real Redis, or an `embroker-server`, that a test kills and starts again.
#[derive(Debug)]
pub enum Server {
    /// A redis-server.
    Redis(RedisServer),
    /// An `embroker-server`, which has lost all it held when it comes back.
    Embroker(Program),
}

impl Server {
    /// Starts a redis-server, or this program where the backend is [`Backend::Mem`], with lines of redis.conf.
    ///
    /// # Errors
    ///
    /// Where it does not start.
    pub fn start(backend: Backend, program: &str, parameters: &[(&str, &str)]) -> Result<Self> {
        Ok(match backend {
            Backend::Redis => {
                let builder = RedisServer::builder();
                Self::Redis(parameters.iter().fold(builder, |builder, (name, value)| builder.set(name, value)).start()?)
            }
            Backend::Mem => {
                let options: Vec<String> =
                    parameters.iter().flat_map(|(name, value)| [format!("--{name}"), (*value).to_owned()]).collect();
                let options: Vec<&str> = options.iter().map(String::as_str).collect();
                Self::Embroker(Program::start(program, &options, Limits::default())?)
            }
        })
    }

    /// Its unix socket, which stays the same.
    pub fn socket(&self) -> PathBuf {
        match self {
            Self::Redis(server) => server.socket_path(),
            Self::Embroker(program) => program.socket(),
        }
    }

    /// A new connection by the unix socket.
    ///
    /// # Errors
    ///
    /// Where the server does not run.
    pub fn client(&self) -> Result<RawClient> {
        Ok(RawClient::connect(&self.socket())?)
    }

    /// Kills it with SIGKILL, and returns when it is gone.
    pub fn kill(&mut self) {
        match self {
            Self::Redis(server) => server.kill(),
            Self::Embroker(program) => program.kill(),
        }
    }

    /// Starts it again, killed first where it runs, and returns once it listens.
    ///
    /// # Errors
    ///
    /// Where it does not start.
    pub fn restart(&mut self) -> Result<()> {
        match self {
            Self::Redis(server) => Ok(server.restart()?),
            Self::Embroker(program) => program.restart(),
        }
    }
}
