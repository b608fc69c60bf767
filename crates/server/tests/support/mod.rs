//! A server of one's own, and conversations with it as bytes.

mod tree;

mod answers;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{env, fs, process};

pub(crate) use answers::comparable;

use anyhow::{Context as _, Result, anyhow};
use embroker_server::{Server, ServerBuilder};
use embroker_test_support::RawClient;
use tokio::sync::oneshot;

pub(crate) use tree::Tree;

const PATIENCE: Duration = Duration::from_secs(20);

/// An embroker-server on a thread of its own, on a unix socket and on loopback TCP.
pub(crate) struct Served {
    pub(crate) socket: PathBuf,
    pub(crate) tcp: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Served {
    pub(crate) fn start(set: impl FnOnce(ServerBuilder) -> ServerBuilder) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);

        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let socket = env::temp_dir().join(format!("embroker-server-{}-{number}.sock", process::id()));
        // As the server that it is compared with.
        let builder =
            Server::builder().unix_socket(&socket).bind("127.0.0.1:0").config("enable-debug-command", "local")?;
        let builder = set(builder);
        let (stop, stopped) = oneshot::channel();
        let (started, start) = mpsc::channel();
        // Tests block in runtimes of their own.
        let thread = thread::spawn(move || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            runtime.block_on(async {
                let server = builder.spawn().await?;
                started.send(server.local_addr())?;
                let _ = stopped.await;
                server.shutdown().await;
                Ok(())
            })
        });
        let tcp = start.recv().context("the server did not start")?.context("no address")?;
        Ok(Self { socket, tcp, stop: Some(stop), thread: Some(thread) })
    }

    pub(crate) fn client(&self) -> Result<RawClient> {
        Ok(RawClient::connect(&self.socket)?)
    }

    /// Shuts the server down, and returns when it has ended.
    pub(crate) fn shutdown(&mut self) -> Result<()> {
        drop(self.stop.take());
        let Some(thread) = self.thread.take() else { return Ok(()) };
        thread.join().map_err(|_| anyhow!("the server panicked"))?
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.shutdown();
        let _ = fs::remove_file(&self.socket);
    }
}

/// Sends the pieces one after the other, closes the sending half, and reads all that is answered until the server
/// closes. A Redis that sees the end of our half closes, though more answers than the socket takes may wait.
pub(crate) fn converse<'a>(socket: &Path, pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>> {
    exchange(socket, pieces, Some(Shutdown::Write))
}

/// Sends a conversation that makes the server close, and reads all that is answered.
pub(crate) fn converse_until_closed(socket: &Path, bytes: &[u8]) -> Result<Vec<u8>> {
    exchange(socket, [bytes], None)
}

fn exchange<'a>(socket: &Path, pieces: impl IntoIterator<Item = &'a [u8]>, half: Option<Shutdown>) -> Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    for piece in pieces {
        // The server may have closed already, having heard enough.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    if let Some(half) = half {
        let _ = stream.shutdown(half);
    }
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        // Closed with bytes of ours unread.
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
        other => {
            other.context("reading the answers")?;
        }
    }
    Ok(answer)
}

/// The replies of an answer, each with its items; what is no whole reply at the end as it is.
pub(crate) fn replies(answer: &[u8]) -> Vec<&[u8]> {
    let mut replies = Vec::new();
    let mut rest = answer;
    while !rest.is_empty() {
        let (reply, after) = rest.split_at(reply_len(rest).unwrap_or(rest.len()));
        replies.push(reply);
        rest = after;
    }
    replies
}

/// How long the first reply is, if it is whole.
fn reply_len(answer: &[u8]) -> Option<usize> {
    let mut at = 0;
    let mut missing = 1_usize;
    while missing > 0 {
        missing -= 1;
        let rest = answer.get(at..)?;
        let end = rest.windows(2).position(|end| end == b"\r\n")?;
        at += end + 2;
        let count = std::str::from_utf8(rest.get(1..end)?).ok().and_then(|count| count.parse::<usize>().ok());
        match (rest[0], count) {
            (b'$' | b'=' | b'!', Some(len)) => at += len + 2,
            (b'*' | b'~' | b'>', Some(items)) => missing += items,
            (b'%', Some(pairs)) => missing += 2 * pairs,
            _ => {}
        }
    }
    (at <= answer.len()).then_some(at)
}

/// The answers with each client id that HELLO tells replaced by `N`, and all else as it came.
pub(crate) fn without_ids(answer: &[u8]) -> Vec<u8> {
    const BEFORE_ID: &[u8] = b"$2\r\nid\r\n:";

    let mut out = Vec::new();
    let mut rest = answer;
    while let Some(at) = rest.windows(BEFORE_ID.len()).position(|window| window == BEFORE_ID) {
        let (before, after) = rest.split_at(at + BEFORE_ID.len());
        out.extend_from_slice(before);
        out.push(b'N');
        rest = &after[after.iter().take_while(|byte| byte.is_ascii_digit()).count()..];
    }
    out.extend_from_slice(rest);
    out
}
