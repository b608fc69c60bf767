//! A unix socket in front of a server that can be closed in the middle of a case: [`Gate`].

use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use anyhow::{Result, ensure};

/// What `CONFIG SET maxmemory 1` ends with on the wire.
const CLOSES_THE_GATE: &[u8] = b"\r\nmaxmemory\r\n$1\r\n1\r\n";

/// What comes through no more once a case has set `maxmemory` to 1 byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// The commands of the connection that did it.
    ThatConnection,
    /// All commands, of new connections too.
    Everything,
}

/// Passes connections on to a server, until it closes.
#[derive(Debug)]
pub(crate) struct Gate {
    socket: PathBuf,
    is_closed: Arc<AtomicBool>,
}

impl Gate {
    pub(crate) fn open(server: PathBuf, holds: Holds) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);

        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let socket = env::temp_dir().join(format!("embroker-gate-{}-{number}.sock", process::id()));
        let listener = UnixListener::bind(&socket)?;
        let is_closed = Arc::new(AtomicBool::new(false));
        let gate = Self { socket, is_closed: is_closed.clone() };
        thread::spawn(move || {
            for client in listener.incoming().map_while(std::io::Result::ok) {
                // Where the server is gone, the client is told by a connection that closes.
                let Ok(server) = UnixStream::connect(&server) else { continue };
                let (Ok(replies), Ok(to_client)) = (server.try_clone(), client.try_clone()) else { continue };
                let is_closed = is_closed.clone();
                thread::spawn(move || pass_commands(client, server, holds, &is_closed));
                thread::spawn(move || pass(replies, to_client));
            }
        });
        Ok(gate)
    }

    pub(crate) fn url(&self) -> String {
        format!("redis+unix://{}", self.socket.display())
    }

    /// Returns once a case has closed the gate.
    pub(crate) fn wait_until_closed(&self) -> Result<()> {
        let began = Instant::now();
        while !self.is_closed.load(Ordering::SeqCst) {
            ensure!(began.elapsed() < Duration::from_secs(60), "no case has set maxmemory");
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.socket);
    }
}

fn pass_commands(mut client: UnixStream, mut server: UnixStream, holds: Holds, is_closed: &AtomicBool) {
    let mut buffer = [0; 8 * 1024];
    while let Ok(read @ 1..) = client.read(&mut buffer) {
        if holds == Holds::Everything && is_closed.load(Ordering::SeqCst) {
            hold();
        }
        let bytes = &buffer[..read];
        if server.write_all(bytes).is_err() {
            break;
        }
        let closes = bytes.windows(CLOSES_THE_GATE.len()).any(|bytes| bytes == CLOSES_THE_GATE);
        if closes && !is_closed.swap(true, Ordering::SeqCst) {
            hold();
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}

fn pass(mut from: UnixStream, mut to: UnixStream) {
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
}

/// Keeps the connection as it is until the process ends.
fn hold() -> ! {
    loop {
        thread::park();
    }
}
