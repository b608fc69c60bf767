//! A connected socket that wakes its task for what it is waited for, and for nothing else.
//!
//! Tokio's own streams ask the system to tell when there is room to write again. A unix socket tells that each time its
//! client has read a reply, so that a thread which had nothing to do is woken once more for each request. Here the
//! question is asked only while a write has to wait.

use std::io::Result;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

/// The least room to read into, in bytes.
const LEAST_ROOM: usize = 1024;

/// To send to one who hung up is an error, and not a signal. On Apple's systems each socket was told so as it was
/// accepted.
#[cfg(not(target_vendor = "apple"))]
const SEND: SendFlags = SendFlags::NOSIGNAL;
#[cfg(target_vendor = "apple")]
const SEND: SendFlags = SendFlags::empty();

/// A stream of bytes, over TCP or in this machine.
pub(crate) struct Socket {
    /// Tells when there is something to read.
    stream: AsyncFd<OwnedFd>,
    /// Tells when there is room to write: the same stream, registered once more as long as a write waits.
    blocked: Option<AsyncFd<OwnedFd>>,
    /// How much is asked for first. Room is cleared before it is read into, so this goes by what came last.
    room: usize,
}

impl Socket {
    /// A connected socket that does not block. To be called on a runtime with I/O.
    pub(crate) fn new(stream: impl Into<OwnedFd>) -> Result<Self> {
        Ok(Self { stream: register(stream.into(), Interest::READABLE)?, blocked: None, room: LEAST_ROOM })
    }
}

/// The runtime tells of this and nothing else.
#[allow(deprecated, reason = "what took its place is unsafe for the sake of types that change their descriptor")]
fn register(stream: OwnedFd, interest: Interest) -> Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(stream, interest)
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        let Self { stream, room, .. } = self.get_mut();
        let before = buffer.filled().len();
        loop {
            let mut ready = match stream.poll_read_ready(cx) {
                Poll::Ready(ready) => ready?,
                Poll::Pending if buffer.filled().len() > before => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            };
            let free = buffer.initialize_unfilled_to((*room).min(buffer.remaining()));
            match recv(ready.get_inner(), &mut *free, RecvFlags::empty()) {
                Ok((read, _)) => {
                    let took_all = read < free.len();
                    // What comes next is told as news; the end stays told.
                    if took_all && read > 0 {
                        ready.clear_ready();
                    }
                    buffer.advance(read);
                    *room = (buffer.filled().len() - before).saturating_mul(2).max(LEAST_ROOM);
                    if took_all || buffer.remaining() == 0 {
                        return Poll::Ready(Ok(()));
                    }
                }
                Err(Errno::WOULDBLOCK) => ready.clear_ready(),
                Err(Errno::INTR) => {}
                // What came before the error is served.
                Err(_) if buffer.filled().len() > before => return Poll::Ready(Ok(())),
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let Self { stream, blocked, .. } = self.get_mut();
        loop {
            if let Some(waiting) = blocked {
                ready!(waiting.poll_write_ready(cx))?.retain_ready();
                *blocked = None;
            }
            match send(stream.get_ref(), bytes, SEND) {
                Err(Errno::WOULDBLOCK) => *blocked = Some(register(stream.get_ref().try_clone()?, Interest::WRITABLE)?),
                Err(Errno::INTR) => {}
                written => return Poll::Ready(written.map_err(Into::into)),
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(shutdown(self.stream.get_ref(), Shutdown::Write).map_err(Into::into))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// A socket, and its other end, which blocks.
    fn pair() -> Result<(Socket, UnixStream)> {
        let (near, far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        Ok((Socket::new(near)?, far))
    }

    #[tokio::test]
    async fn a_write_without_room_waits_until_the_other_end_reads() -> Result<()> {
        const LENGTH: usize = 4 * 1024 * 1024;

        let (mut socket, mut far) = pair()?;
        let reader = std::thread::spawn(move || {
            let mut all = Vec::new();
            far.read_to_end(&mut all).map(|_| all)
        });
        let sent: Vec<u8> = (0..LENGTH).map(|at| (at % 251) as u8).collect();
        socket.write_all(&sent).await?;
        socket.shutdown().await?;
        assert!(socket.blocked.is_none());
        assert!(reader.join().unwrap()? == sent);
        Ok(())
    }

    #[tokio::test]
    async fn a_read_takes_all_there_is_room_for_however_little_came_before() -> Result<()> {
        let (mut socket, mut far) = pair()?;
        let mut buffer = vec![0; 16 * LEAST_ROOM];
        far.write_all(b"little")?;
        assert_eq!(socket.read(&mut buffer).await?, 6);
        let sent = vec![7; 17 * LEAST_ROOM];
        far.write_all(&sent)?;
        assert_eq!(socket.read(&mut buffer).await?, 16 * LEAST_ROOM);
        assert_eq!(socket.read(&mut buffer).await?, LEAST_ROOM);
        drop(far);
        assert_eq!(socket.read(&mut buffer).await?, 0);
        Ok(())
    }

    #[tokio::test]
    async fn what_came_before_the_end_is_read_before_it_and_a_write_after_it_is_an_error() -> Result<()> {
        let (mut socket, mut far) = pair()?;
        let sent = vec![7; LEAST_ROOM];
        far.write_all(&sent)?;
        drop(far);
        let mut buffer = vec![0; 16 * LEAST_ROOM];
        assert_eq!(socket.read(&mut buffer).await?, LEAST_ROOM);
        assert_eq!(socket.read(&mut buffer).await?, 0);
        assert_eq!(socket.write(b"nobody reads").await.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
        Ok(())
    }
}
