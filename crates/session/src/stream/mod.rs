//! The bytes of one client: read, run, write, all in one task, so that replies keep their order.
//!
//! Memory is bounded. A client with much output waiting is not read from, and its messages wait in the subscriber's
//! queue, which cuts it off when that is full. One that takes no byte for a minute is closed.

mod limits;

use std::future::Future;
use std::time::Duration;

use bytes::BytesMut;
use embroker_core::resp::{Protocol, RequestParser};
use embroker_core::{Broker, Event, ServerError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::time::{Instant, sleep_until, timeout};

use self::limits::{Allowed, Limits};
use crate::{Hold, Session};

/// How much is read at a time: as much as came before, within these bounds.
const READ: std::ops::RangeInclusive<usize> = 16 * 1024..=1024 * 1024;
/// What the input may grow to with one read once a request has begun: as much as Redis's buffer does, so that a line of
/// up to 81,910 bytes is seen with its end.
const BEGUN: usize = 80 * 1024;
/// With so many bytes of output waiting, no further request is run.
const MAX_OUTPUT: usize = 64 * 1024 * 1024;
/// With so many bytes of output waiting, messages stay in their queue.
const MAX_MESSAGES: usize = 64 * 1024;
/// What may wait for a client that still owes its password: what Redis writes to a client's own buffer, beyond which it
/// closes such a client.
const MAX_OUTPUT_BEFORE_AUTH: usize = 16 * 1024;
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
    let (mut reader, mut writer) = split(stream);
    let end = converse(&mut session, &mut reader, &mut writer, stopped).await;
    // The last subscriptions end with the session, before the client has seen its end.
    let mut out = session.into_output();
    if matches!(end, End::Flush) {
        flush(&mut writer, &mut out).await;
    }
}

/// Tells a client that was not let in why, and closes.
pub async fn refuse(stream: impl AsyncRead + AsyncWrite, error: &ServerError) {
    let (_, mut writer) = split(stream);
    let mut out = BytesMut::new();
    Protocol::Resp2.error(&mut out, error);
    flush(&mut writer, &mut out).await;
}

async fn converse<B: Broker>(
    session: &mut Session<B>,
    reader: &mut (impl AsyncRead + Unpin),
    writer: &mut (impl AsyncWrite + Unpin),
    stopped: impl Future<Output = ()>,
) -> End {
    let mut stopped = std::pin::pin!(stopped);
    let mut parser = RequestParser::new();
    let mut input = BytesMut::new();
    let client = session.client();
    let instance = session.instance();
    let stats = instance.stats();
    let mut limits = Limits::new(instance.config());
    let mut parameters = session.parameters();
    let mut last_progress = Instant::now();
    loop {
        while !session.is_ending() && session.hold().is_none() && session.output().len() < MAX_OUTPUT {
            parser.limit_until_authenticated(!session.is_authenticated());
            parser.limit_bulk(limits.bulk());
            match parser.next(&mut input, |request| session.begin(request)) {
                Ok(Some(())) if session.is_waiting() && session.hold().is_none() => session.resume().await,
                Ok(Some(())) => {}
                Ok(None) => break,
                Err(error) => session.end_with(&error),
            }
            if !session.is_authenticated() && session.output().len() > MAX_OUTPUT_BEFORE_AUTH {
                return End::Drop;
            }
        }
        if session.is_ending() {
            return End::Flush;
        }
        if input.is_empty() && input.capacity() > *READ.end() {
            input = BytesMut::new();
        }
        let more = input.len().clamp(*READ.start(), *READ.end());
        input.reserve(if input.is_empty() { more } else { more.max(BEGUN.saturating_sub(input.len())) });

        if limits.refresh() {
            session.announce_parameters();
        }
        let hold = session.hold();
        // Who waits for the end of a pause may send on, within bounds.
        let is_full = hold.is_some() && input.len() > *READ.end();
        let (out, subscriptions, feed) = session.output_and_sources();
        let waiting = out.len();
        let idle = match limits.silence() {
            _ if waiting > 0 => Some(STALL),
            silence => silence.filter(|_| subscriptions.is_empty() && !feed.is_open() && hold.is_none()),
        };
        let mut deadline = idle.map(|idle| last_progress + idle);
        match limits.output(waiting + subscriptions.pending_bytes(), !subscriptions.is_empty()) {
            Allowed::Always => {}
            Allowed::Until(end) => deadline = Some(deadline.map_or(end, |deadline| deadline.min(end))),
            Allowed::Never => return End::Drop,
        }
        tokio::select! {
            biased;
            () = &mut stopped => return End::Flush,
            () = client.killed() => return End::Drop,
            written = writer.write_buf(out), if waiting > 0 => match written {
                Ok(written) if written > 0 => {
                    stats.bytes_sent.add(written as u64);
                    // One large reply is no reason to keep its room.
                    if out.is_empty() && out.capacity() > *READ.end() {
                        *out = BytesMut::new();
                    }
                }
                _ => return End::Drop,
            },
            event = subscriptions.next(), if waiting < MAX_MESSAGES => match event {
                // Only what is written or read is progress.
                Some(Event::Message(message)) if session.deliver_with_next(&message, MAX_MESSAGES) => continue,
                // Messages are missing, or no more will come: a client that is closed knows, and subscribes again.
                _ => return End::Drop,
            },
            line = feed.next(), if waiting < MAX_MESSAGES => match line {
                Some(Event::Message(line)) => {
                    session.deliver_line(&line);
                    continue;
                }
                _ => return End::Drop,
            },
            () = over(hold.as_ref()) => session.resume().await,
            read = reader.read_buf(&mut input), if waiting < MAX_OUTPUT && !is_full => match read {
                Ok(read) if read > 0 && input.len() > limits.input() => return End::Drop,
                Ok(read) if read > 0 => stats.bytes_received.add(read as u64),
                _ => return End::Flush,
            },
            () = until(deadline) => return End::Drop,
            // CONFIG SET acts on those who wait as well.
            Ok(()) = parameters.changed() => continue,
        }
        last_progress = Instant::now();
    }
}

async fn over(hold: Option<&Hold>) {
    match hold {
        Some(hold) => hold.over().await,
        None => std::future::pending().await,
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// Sends what waits, as long as somebody takes it.
async fn flush(writer: &mut (impl AsyncWrite + Unpin), out: &mut BytesMut) {
    while !out.is_empty() {
        match timeout(STALL, writer.write_buf(out)).await {
            Ok(Ok(written)) if written > 0 => {}
            _ => return,
        }
    }
    // Fails where the client is gone, and then there is nothing to shut down.
    let _ = writer.shutdown().await;
}
