//! The socket of a connection, as the `redis` crate reads and writes it.
//!
//! It knows what the crate does not tell: whether anything was written, and that the connection has ended. It can be
//! shut down at once from anywhere. And it makes every status and error line UTF-8, which the crate insists on: Redis
//! repeats what it was sent in some errors, and one byte that is not UTF-8 would cost all callers the connection.

use std::future::{Future, poll_fn};
use std::io;
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use redis::io::tcp::socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio::sync::Notify;
use tokio::time::Instant;

const CLOSED_BY_PEER: &str = "the server closed the connection";

pub(crate) enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// Calls a method of either stream.
macro_rules! either {
    ($stream:expr, $inner:ident => $call:expr) => {
        match $stream {
            Stream::Tcp($inner) => $call,
            #[cfg(unix)]
            Stream::Unix($inner) => $call,
        }
    };
}

/// One socket, shared by the task that drives it and by those who want to know of its end.
pub(crate) struct Socket {
    stream: Stream,
    /// How many bytes were handed to the operating system.
    written: AtomicU64,
    opened: Instant,
    /// When something was last received, in milliseconds after it was opened.
    heard: AtomicU64,
    /// How many calls wait for replies.
    awaited: AtomicUsize,
    /// Nothing can be sent any more.
    closed: AtomicBool,
    /// Nothing more will be received either.
    ended: AtomicBool,
    end: Notify,
    reason: OnceLock<String>,
}

impl Socket {
    pub(crate) fn new(stream: Stream) -> Arc<Self> {
        Arc::new(Self {
            stream,
            written: AtomicU64::new(0),
            opened: Instant::now(),
            heard: AtomicU64::new(0),
            awaited: AtomicUsize::new(0),
            closed: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            end: Notify::new(),
            reason: OnceLock::new(),
        })
    }

    /// How many bytes were written so far.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::SeqCst)
    }

    /// How long ago something was last received.
    pub(crate) fn silent_for(&self) -> Duration {
        self.opened.elapsed().saturating_sub(self.heard())
    }

    /// When something was last received, as the time since the connection was opened.
    pub(crate) fn heard(&self) -> Duration {
        Duration::from_millis(self.heard.load(Ordering::Relaxed))
    }

    /// Whether a call waits for its replies.
    pub(crate) fn is_awaited(&self) -> bool {
        self.awaited.load(Ordering::Relaxed) > 0
    }

    /// Says that a call waits for its replies, until this is dropped.
    pub(crate) fn awaits(&self) -> Awaited<'_> {
        self.awaited.fetch_add(1, Ordering::Relaxed);
        Awaited(self)
    }

    fn hear(&self) {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.heard.store(now, Ordering::Relaxed);
    }

    /// Whether nothing can be sent any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Returns once the connection has ended and nothing more will be received from it.
    pub(crate) async fn ended(&self) {
        loop {
            let end = self.end.notified();
            if self.ended.load(Ordering::SeqCst) {
                return;
            }
            end.await;
        }
    }

    /// What the future comes to; `None` where the connection has ended and it will come to nothing. A command that is
    /// handed to the connection's task in the moment in which that ends is neither run nor given up: it would wait for
    /// as long as somebody has the connection.
    pub(crate) async fn until_the_end<T>(&self, replies: impl Future<Output = T>) -> Option<T> {
        let mut replies = pin!(replies);
        tokio::select! {
            biased;
            outcome = &mut replies => Some(outcome),
            // All that the task has answered is there by now.
            () = self.ended() => match poll_fn(|cx| Poll::Ready(replies.as_mut().poll(cx))).await {
                Poll::Ready(outcome) => Some(outcome),
                Poll::Pending => None,
            },
        }
    }

    /// Closes the connection, at once: the server sees its end whether or not a task is running here.
    pub(crate) fn shut_down(&self) {
        self.closed.store(true, Ordering::SeqCst);
        // Fails where the other side was faster.
        let _ = either!(&self.stream, stream => SockRef::from(stream).shutdown(Shutdown::Both));
    }

    /// Closes the connection for a reason of our own.
    pub(crate) fn give_up(&self, reason: String) {
        let _ = self.reason.set(reason);
        self.shut_down();
    }

    /// What ended the connection.
    pub(crate) fn reason(&self) -> &str {
        self.reason.get().map_or("the connection was closed", String::as_str)
    }

    /// Whether something was received that nobody has read yet, by what the system knows now.
    pub(crate) fn has_unread(&self) -> bool {
        matches!(self.peek(), Ok(1..))
    }

    /// Whether the server has closed the connection and all it sent before was read, by what the system knows now.
    fn is_closed_by_peer(&self) -> bool {
        matches!(self.peek(), Ok(0))
    }

    fn peek(&self) -> io::Result<usize> {
        let mut byte = [MaybeUninit::uninit()];
        either!(&self.stream, stream => SockRef::from(stream).peek(&mut byte))
    }

    fn note(&self, error: &io::Error) {
        // The first reason is the one that counts.
        let _ = self.reason.set(error.to_string());
    }
}

/// A call that waits for its replies.
pub(crate) struct Awaited<'a>(&'a Socket);

impl Drop for Awaited<'_> {
    fn drop(&mut self) {
        self.0.awaited.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Says that the connection has ended when the task that drives it is done or gone.
pub(crate) struct EndGuard(pub(crate) Arc<Socket>);

impl Drop for EndGuard {
    fn drop(&mut self) {
        self.0.shut_down();
        self.0.ended.store(true, Ordering::SeqCst);
        self.0.end.notify_waiters();
    }
}

/// A socket as a byte stream for the `redis` crate.
pub(crate) struct Wire {
    socket: Arc<Socket>,
    lines: Lines,
    scratch: Box<[u8]>,
    /// What was received and is not yet handed on: `ready[taken..]`.
    ready: Vec<u8>,
    taken: usize,
}

impl Wire {
    /// How many bytes are read at once.
    const CHUNK: usize = 16 * 1024;

    pub(crate) fn new(socket: Arc<Socket>) -> Self {
        let scratch = vec![0; Self::CHUNK].into_boxed_slice();
        Self { socket, lines: Lines::Type, scratch, ready: Vec::new(), taken: 0 }
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = self.get_mut();
        while wire.taken == wire.ready.len() {
            wire.ready.clear();
            wire.taken = 0;
            let outcome = either!(&wire.socket.stream, stream => {
                ready!(stream.poll_read_ready(cx)).and_then(|()| stream.try_read(&mut wire.scratch))
            });
            match outcome {
                Ok(0) => {
                    let _ = wire.socket.reason.set(CLOSED_BY_PEER.into());
                    return Poll::Ready(Ok(()));
                }
                Ok(len) => {
                    wire.socket.hear();
                    wire.lines.read(wire.scratch.get(..len).unwrap_or_default(), &mut wire.ready);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    wire.socket.note(&error);
                    return Poll::Ready(Err(error));
                }
            }
        }
        let rest = wire.ready.get(wire.taken..).unwrap_or_default();
        let part = rest.get(..rest.len().min(buf.remaining())).unwrap_or(rest);
        buf.put_slice(part);
        wire.taken += part.len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let socket = &self.socket;
        // TCP takes a first write to a closed connection, and nobody could tell then whether it has run.
        if socket.is_closed_by_peer() {
            let _ = socket.reason.set(CLOSED_BY_PEER.into());
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        loop {
            let outcome = either!(&socket.stream, stream => {
                ready!(stream.poll_write_ready(cx)).and_then(|()| stream.try_write(buf))
            });
            match outcome {
                Ok(len) => {
                    socket.written.fetch_add(len as u64, Ordering::SeqCst);
                    return Poll::Ready(Ok(len));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    socket.note(&error);
                    return Poll::Ready(Err(error));
                }
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.shut_down();
        Poll::Ready(Ok(()))
    }
}

/// Where in a reply the next received byte stands.
#[derive(Clone, Copy, Debug)]
enum Lines {
    /// It begins a reply, or an item of one.
    Type,
    /// It belongs to a status or an error.
    Text,
    /// It belongs to a line of another kind: a number, or how many items follow.
    Other,
    /// It belongs to the length of bytes that follow.
    Length { len: usize, null: bool },
    /// So many bytes follow, their line end included.
    Content(usize),
}

impl Lines {
    /// Appends what was received to `ready`; in statuses and errors, each byte as the UTF-8 of its own number.
    fn read(&mut self, mut received: &[u8], ready: &mut Vec<u8>) {
        while let Some((&byte, rest)) = received.split_first() {
            if let Self::Content(left) = self {
                let (content, rest) = received.split_at(received.len().min(*left));
                ready.extend_from_slice(content);
                *left -= content.len();
                if *left == 0 {
                    *self = Self::Type;
                }
                received = rest;
                continue;
            }
            if matches!(self, Self::Text) && !byte.is_ascii() {
                ready.extend_from_slice(char::from(byte).encode_utf8(&mut [0; 2]).as_bytes());
            } else {
                ready.push(byte);
            }
            *self = match (*self, byte) {
                (Self::Length { len, null: false }, b'\n') => Self::Content(len.saturating_add(2)),
                (_, b'\n') => Self::Type,
                (Self::Type, b'+' | b'-') => Self::Text,
                (Self::Type, b'$' | b'=' | b'!') => Self::Length { len: 0, null: false },
                (Self::Type, _) => Self::Other,
                (Self::Length { len, .. }, b'-') => Self::Length { len, null: true },
                (Self::Length { len, null }, digit @ b'0'..=b'9') => {
                    Self::Length { len: len.saturating_mul(10).saturating_add(usize::from(digit - b'0')), null }
                }
                (same, _) => same,
            };
            received = rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn what_waits_for_a_connection_that_ends_comes_to_an_end() {
        let (stream, _server) = UnixStream::pair().unwrap();
        let socket = Socket::new(Stream::Unix(stream));
        assert_eq!(socket.until_the_end(async { 1 }).await, Some(1));

        let guard = EndGuard(socket.clone());
        let (abandoned, ended) = tokio::join!(socket.until_the_end(std::future::pending::<i32>()), async {
            tokio::task::yield_now().await;
            drop(guard);
        });
        assert_eq!((abandoned, ended), (None, ()));
        assert_eq!(socket.until_the_end(async { 2 }).await, Some(2), "what was answered before the end still counts");
    }

    fn read_in_steps(received: &[u8], step: usize) -> Vec<u8> {
        let (mut lines, mut ready) = (Lines::Type, Vec::new());
        for part in received.chunks(step) {
            lines.read(part, &mut ready);
        }
        assert!(matches!(lines, Lines::Type), "the reply is whole: {lines:?}");
        ready
    }

    #[test]
    fn only_statuses_and_errors_change_wherever_the_stream_is_cut() {
        let received = b"-ERR \xff\xc3\xa9\r\n$4\r\n-\xff\r\n\r\n*3\r\n+\x80\r\n:-1\r\n$-1\r\n$0\r\n\r\n%1\r\n_\r\n=7\r\ntxt:-\xfe\n\r\n,inf\r\n";
        let expected = b"-ERR \xc3\xbf\xc3\x83\xc2\xa9\r\n$4\r\n-\xff\r\n\r\n*3\r\n+\xc2\x80\r\n:-1\r\n$-1\r\n$0\r\n\r\n%1\r\n_\r\n=7\r\ntxt:-\xfe\n\r\n,inf\r\n";
        for step in 1..=received.len() {
            assert_eq!(read_in_steps(received, step), expected, "{step}");
        }
    }
}
