//! The bytes of one client: read, run, write, all in one task, so that replies keep their order.
//!
//! Memory is bounded. A client with much output waiting is not read from, and its messages wait in the subscriber's
//! queue, which cuts it off when that is full. One that takes no byte for a minute is closed, and one that owes its
//! password for as long.

mod bell;
mod connection;
mod input;
mod limits;
mod spare;

use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::BytesMut;
use embroker_core::resp::Protocol;
use embroker_core::{Broker, ServerError};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::timeout;

use self::connection::Connection;
use crate::{Client, Session};

/// With so many bytes of output waiting, no further request is run.
const MAX_OUTPUT: usize = 64 * 1024 * 1024;
/// With so many bytes of output waiting, messages stay in their queue.
const MAX_MESSAGES: usize = 64 * 1024;
/// What may wait for a client that still owes its password: what Redis writes to a client's own buffer, beyond which it
/// closes such a client.
const MAX_OUTPUT_BEFORE_AUTH: usize = 16 * 1024;
/// How long a client may take to give its password.
const PASSWORD: Duration = Duration::from_secs(60);
/// How long a client may take no byte of what waits for it.
const STALL: Duration = Duration::from_secs(60);

/// Why a connection ends.
enum End {
    /// What waits is still sent.
    Flush,
    /// Nobody is there to read it.
    Drop,
}

/// Serves one client over any stream, until either side ends it, or `stopped` returns: then what waits is still sent.
/// Needs a Tokio runtime with time.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_session::{Address, Sessions, stream};
/// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
///
/// let sessions = Sessions::new(embroker_mem::MemBroker::new());
/// let (mut client, server) = tokio::io::duplex(1024);
/// tokio::spawn(stream::serve(sessions.open(Address::unknown())?, server, std::future::pending()));
/// client.write_all(b"ECHO hello\r\nQUIT\r\n").await?;
/// let mut replies = String::new();
/// client.read_to_string(&mut replies).await?;
/// assert_eq!(replies, "$5\r\nhello\r\n+OK\r\n");
/// # Ok(())
/// # }
/// ```
pub async fn serve<B: Broker>(
    mut session: Session<B>,
    stream: impl AsyncRead + AsyncWrite,
    stopped: impl Future<Output = ()>,
) {
    let mut stream = pin!(stream);
    let (client, instance, parameters) = (session.client(), session.instance(), session.parameters());
    let ended = pin!(ended(stopped, &client, parameters));
    let end = Connection::new(&mut session, &instance, stream.as_mut(), ended).converse().await;
    // The last subscriptions end with the session, before the client has seen its end.
    let mut out = session.into_output();
    if matches!(end, End::Flush) {
        flush(stream, &mut out).await;
    }
}

/// Tells a client that was not let in why, and closes.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use embroker_session::stream::refuse;
/// # use embroker_core::ServerError;
/// # use tokio::io::AsyncReadExt as _;
/// let (mut client, ours) = tokio::io::duplex(1024);
/// refuse(ours, &ServerError::expected_bulk(b'x')).await;
/// let mut answer = String::new();
/// client.read_to_string(&mut answer).await?;
/// assert!(answer.starts_with("-ERR Protocol error"));
/// # Ok(())
/// # }
/// ```
pub async fn refuse(stream: impl AsyncRead + AsyncWrite, error: &ServerError) {
    let mut out = BytesMut::new();
    Protocol::Resp2.error(&mut out, error);
    flush(pin!(stream), &mut out).await;
}

/// Why the connection ends from elsewhere, once it does. Each change of a parameter wakes the task: CONFIG SET acts on
/// those who wait as well.
async fn ended(stopped: impl Future<Output = ()>, client: &Client, mut parameters: watch::Receiver<u64>) -> End {
    let mut stopped = pin!(stopped);
    loop {
        tokio::select! {
            biased;
            () = &mut stopped => return End::Flush,
            () = client.killed() => return End::Drop,
            Ok(()) = parameters.changed() => {}
        }
    }
}

/// Sends what waits, as long as somebody takes it.
async fn flush(mut stream: Pin<&mut impl AsyncWrite>, out: &mut BytesMut) {
    while !out.is_empty() {
        match timeout(STALL, stream.write_buf(out)).await {
            Ok(Ok(written)) if written > 0 => {}
            _ => return,
        }
    }
    // Fails where the client is gone, and then there is nothing to shut down.
    let _ = stream.shutdown().await;
}
