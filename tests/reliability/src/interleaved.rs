//! A broker on which threads meet in the midst of their commands.

use anyhow::Result;
use embroker::{AnyBroker, Clock, MemBroker, SystemClock};
use embroker_test_support::{Backend, Running};

/// A fresh broker for a test of many threads. In memory its clock, which a command reads for each key that it touches,
/// often lets another thread run: on few cores commands would else seldom be under way at the same time.
#[derive(Debug)]
pub enum Interleaved {
    /// In memory.
    Mem(MemBroker),
    /// A real Redis, whose clients wait for each other's replies anyway.
    Redis(Running),
}

struct Yielding;

impl Clock for Yielding {
    fn now_ms(&self) -> u64 {
        if fastrand::u8(..3) == 0 {
            std::thread::yield_now();
        }
        SystemClock.now_ms()
    }
}

impl Interleaved {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// Where the redis-server does not start.
    pub async fn start(backend: Backend) -> Result<Self> {
        Ok(match backend {
            Backend::Mem => Self::Mem(MemBroker::builder().clock(Yielding).build()),
            Backend::Redis => Self::Redis(backend.start().await?),
        })
    }

    /// A client of it, on this database.
    ///
    /// # Errors
    ///
    /// Where there is no such database, or no connection.
    pub async fn database(&self, number: u32) -> Result<AnyBroker> {
        match self {
            Self::Mem(broker) => Ok(AnyBroker::new(broker.database(number)?)),
            Self::Redis(running) => running.database(number).await,
        }
    }
}
