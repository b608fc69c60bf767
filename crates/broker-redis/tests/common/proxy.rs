//! A man in the middle on loopback TCP, to cut connections at a chosen moment.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use anyhow::Result;

pub(crate) struct Proxy {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    accepted: AtomicUsize,
    /// The next reply is thrown away, and its connection closed.
    cut_next_reply: AtomicBool,
    /// New connections are closed at once.
    refuse: AtomicBool,
}

impl Proxy {
    /// Stands before the server with this socket.
    pub(crate) fn start(server: PathBuf) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(State::default());
        let shared = state.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                shared.accepted.fetch_add(1, Ordering::SeqCst);
                if !shared.refuse.load(Ordering::SeqCst)
                    && let Ok(server) = UnixStream::connect(&server)
                {
                    let _ = connect(client, server, &shared);
                }
            }
        });
        Ok(Self { port, state })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn accepted(&self) -> usize {
        self.state.accepted.load(Ordering::SeqCst)
    }

    pub(crate) fn cut_next_reply(&self) {
        self.state.cut_next_reply.store(true, Ordering::SeqCst);
    }

    pub(crate) fn refuse(&self, refuse: bool) {
        self.state.refuse.store(refuse, Ordering::SeqCst);
    }
}

fn connect(client: TcpStream, server: UnixStream, state: &Arc<State>) -> Result<()> {
    let (mut requests, mut to_server) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = std::io::copy(&mut requests, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Both);
    });
    let (mut replies, mut to_client, state) = (server, client, state.clone());
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(len @ 1..) = replies.read(&mut buffer) {
            if state.cut_next_reply.swap(false, Ordering::SeqCst) || to_client.write_all(&buffer[..len]).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
        let _ = replies.shutdown(Shutdown::Both);
    });
    Ok(())
}
