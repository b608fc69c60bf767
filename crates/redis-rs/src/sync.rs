//! redis-rs's sync interface: the same futures, waited for on the spot.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use embroker_core::Broker;
use redis::{Cmd, ConnectionLike, RedisResult, Value};

use crate::RedisConnection;

impl<B: Broker> ConnectionLike for RedisConnection<B> {
    fn req_packed_command(&mut self, cmd: &[u8]) -> RedisResult<Value> {
        wait(self.command(cmd))
    }

    fn req_packed_commands(&mut self, cmd: &[u8], offset: usize, count: usize) -> RedisResult<Vec<Value>> {
        wait(self.pipeline(cmd, offset, count))
    }

    fn req_command(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        let reply = wait(self.command(&cmd.get_packed_command()))?;
        Ok(if cmd.is_no_response() { Value::Nil } else { reply })
    }

    fn get_db(&self) -> i64 {
        self.db()
    }

    fn check_connection(&mut self) -> bool {
        redis::cmd("PING").query::<String>(self).is_ok()
    }

    fn is_open(&self) -> bool {
        self.is_open()
    }
}

/// Blocks the thread until the future is ready; on an in-memory broker it is at once.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    // Inside a Tokio task, the future would be told again and again to let others run, which can't happen here.
    let mut future = pin!(tokio::task::unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
