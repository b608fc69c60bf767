//! A man in the middle on loopback TCP, who breaks connections in every way that a network can.
//!
//! It forwards bytes between clients and one server, each direction of each connection on a thread of its own, and
//! knows nothing of the protocol. The invariant: bytes are forwarded whole and in order up to a fault. What was being
//! written when the fault was asked for may still pass.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

/// Where a [`Proxy`] connects to.
#[derive(Clone, Debug)]
pub enum Upstream {
    /// A server on TCP.
    Tcp(SocketAddr),
    /// A server on a unix socket.
    Unix(PathBuf),
}

/// A way through a [`Proxy`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Requests.
    ToServer,
    /// Replies and messages.
    ToClient,
}

/// How the client hears of the end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In order, with FIN.
    Close,
    /// With RST, which also throws away what was not read yet.
    Reset,
}

/// A proxy in front of one server, for as long as this value lives.
///
/// ```
/// use embroker_reliability::{Direction, End, Proxy, Upstream};
///
/// # fn main() -> std::io::Result<()> {
/// let proxy = Proxy::start(Upstream::Unix("/run/redis.sock".into()))?;
/// assert!(proxy.url().starts_with("redis://127.0.0.1:"));
/// proxy.cut_after(Direction::ToClient, 100, End::Reset); // the connection that is to carry byte 101 is reset
/// proxy.stall(); // nothing passes
/// proxy.restore(); // everything passes again
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: Upstream,
    faults: Mutex<Faults>,
    /// Something of the faults was taken back, or a link was ended.
    changed: Condvar,
    accepted: AtomicU64,
    passed: [AtomicU64; 2],
}

#[derive(Debug, Default)]
struct Faults {
    /// New connections are reset at once.
    refuse: bool,
    /// Nothing passes in that direction; what arrives is kept.
    stalled: [bool; 2],
    /// How many bytes may still pass before the connection that carries the next is ended.
    cut: [Option<(u64, End)>; 2],
    links: Vec<Weak<Link>>,
    stopped: bool,
}

/// One client's connection and the one to the server that belongs to it.
#[derive(Debug)]
struct Link {
    client: TcpStream,
    server: Stream,
    /// Nothing passes any more, in either direction.
    ended: AtomicBool,
    /// The client is told nothing of that.
    silent: AtomicBool,
    /// Nothing passes in that direction, whatever passes on other connections.
    stalled: [AtomicBool; 2],
}

#[derive(Debug)]
enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Proxy {
    /// Listens on a free port of 127.0.0.1. The server need not be there yet.
    ///
    /// # Errors
    ///
    /// If no port is free.
    pub fn start(upstream: Upstream) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let passed = [AtomicU64::new(0), AtomicU64::new(0)];
        let shared = Arc::new(Shared {
            upstream,
            faults: Mutex::default(),
            changed: Condvar::new(),
            accepted: AtomicU64::new(0),
            passed,
        });
        let accepting = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if accepting.lock().stopped {
                    return;
                }
                accepting.accepted.fetch_add(1, Ordering::SeqCst);
                accepting.accept(client);
            }
        });
        Ok(Self { port, shared })
    }

    /// Where clients connect to, as a URL without credentials.
    pub fn url(&self) -> String {
        format!("redis://{}", self.address())
    }

    /// Host and port that clients connect to.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// How many connections were made so far, refused ones included.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// How many bytes have passed in that direction.
    pub fn passed(&self, direction: Direction) -> u64 {
        self.shared.passed[direction as usize].load(Ordering::SeqCst)
    }

    /// Lets so many more bytes pass in that direction, over all connections, and ends the one that carries the next.
    /// Once: those that come after it pass.
    pub fn cut_after(&self, direction: Direction, bytes: u64, end: End) {
        self.shared.lock().cut[direction as usize] = Some((bytes, end));
    }

    /// Ends every connection now. New ones are made.
    pub fn sever(&self, end: End) {
        let mut faults = self.shared.lock();
        for link in faults.take_links() {
            link.end(end);
        }
        self.shared.changed.notify_all();
    }

    /// The server loses every connection now, and their clients are told nothing, for ever. New ones are made.
    pub fn half_open(&self) {
        let mut faults = self.shared.lock();
        for link in faults.take_links() {
            link.silent.store(true, Ordering::SeqCst);
            link.ended.store(true, Ordering::SeqCst);
            link.server.shut_down();
        }
        self.shared.changed.notify_all();
    }

    /// Resets each new connection at once, until [`restore`](Self::restore).
    pub fn refuse(&self) {
        self.shared.lock().refuse = true;
    }

    /// Forwards nothing, on connections of now and of later, until [`restore`](Self::restore); what arrives is kept.
    pub fn stall(&self) {
        self.shared.lock().stalled = [true; 2];
    }

    /// As [`stall`](Self::stall), in one direction.
    pub fn stall_one_way(&self, direction: Direction) {
        self.shared.lock().stalled[direction as usize] = true;
    }

    /// As [`stall_one_way`](Self::stall_one_way), on the connections of now. Those that come later pass.
    pub fn stall_links(&self, direction: Direction) {
        for link in self.shared.lock().links.iter().filter_map(Weak::upgrade) {
            link.stalled[direction as usize].store(true, Ordering::SeqCst);
        }
    }

    /// Takes back all faults. What was kept passes now; connections that were ended stay so.
    pub fn restore(&self) {
        let mut faults = self.shared.lock();
        faults.refuse = false;
        faults.stalled = [false; 2];
        faults.cut = [None; 2];
        for link in faults.links.iter().filter_map(Weak::upgrade) {
            link.stalled.iter().for_each(|stalled| stalled.store(false, Ordering::SeqCst));
        }
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.sever(End::Close);
        self.restore();
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address());
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, client: TcpStream) {
        let refuse = self.lock().refuse;
        // A server that is not there looks the same to the client as one that refuses.
        let server = if refuse { Err(io::ErrorKind::ConnectionRefused.into()) } else { self.upstream.connect() };
        let Ok(server) = server else {
            let _ = SockRef::from(&client).set_linger(Some(Duration::ZERO));
            return;
        };
        let _ = client.set_nodelay(true);
        let link = Arc::new(Link {
            client,
            server,
            ended: AtomicBool::new(false),
            silent: AtomicBool::new(false),
            stalled: Default::default(),
        });
        let mut faults = self.lock();
        // Faults that came while the server was being connected to hold for this one too.
        if faults.refuse || faults.stopped {
            link.end(End::Reset);
            return;
        }
        faults.links.retain(|link| link.strong_count() > 0);
        faults.links.push(Arc::downgrade(&link));
        drop(faults);
        for direction in [Direction::ToServer, Direction::ToClient] {
            let (shared, link) = (self.clone(), link.clone());
            thread::spawn(move || {
                let end = shared.pump(&link, direction);
                if !link.ended.swap(true, Ordering::SeqCst) {
                    link.end(end);
                    drop(shared.lock());
                    shared.changed.notify_all();
                }
                while link.silent.load(Ordering::SeqCst) && direction == Direction::ToServer {
                    // Nobody is there, and whatever the client says is taken.
                    if !matches!((&link.client).read(&mut [0; 4096]), Ok(1..)) {
                        return;
                    }
                }
            });
        }
    }

    /// Forwards until one side is gone, or a fault ends it.
    fn pump(&self, link: &Link, direction: Direction) -> End {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = match direction {
                Direction::ToServer => (&link.client).read(&mut buffer),
                Direction::ToClient => link.server.read(&mut buffer),
            };
            let len = match &read {
                Ok(len) => *len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => 0,
            };
            let Some((allowed, cut)) = self.admit(link, direction, len) else { return End::Close };
            let part = &buffer[..allowed];
            // Before they are written: who has the reply finds it counted.
            self.passed[direction as usize].fetch_add(allowed as u64, Ordering::SeqCst);
            let written = match direction {
                Direction::ToServer => link.server.write_all(part),
                Direction::ToClient => (&link.client).write_all(part),
            };
            match cut {
                Some(end) => return end,
                None if len == 0 || written.is_err() => {
                    return if read.is_err() { End::Reset } else { End::Close };
                }
                None => {}
            }
        }
    }

    /// Waits until bytes may pass: how many, and how the connection ends after them where it does. `None` where it has
    /// ended already.
    fn admit(&self, link: &Link, direction: Direction, len: usize) -> Option<(usize, Option<End>)> {
        let mut faults = self.lock();
        let is_stalled = |faults: &Faults| {
            faults.stalled[direction as usize] || link.stalled[direction as usize].load(Ordering::SeqCst)
        };
        while is_stalled(&faults) && !link.ended.load(Ordering::SeqCst) {
            faults = self.changed.wait(faults).unwrap_or_else(PoisonError::into_inner);
        }
        if link.ended.load(Ordering::SeqCst) {
            return None;
        }
        let cut = &mut faults.cut[direction as usize];
        let Some((left, end)) = cut else { return Some((len, None)) };
        let end = *end;
        match usize::try_from(*left) {
            Ok(allowed) if allowed < len => {
                *cut = None;
                Some((allowed, Some(end)))
            }
            _ => {
                *left -= len as u64;
                Some((len, None))
            }
        }
    }
}

impl Faults {
    fn take_links(&mut self) -> Vec<Arc<Link>> {
        std::mem::take(&mut self.links).iter().filter_map(Weak::upgrade).collect()
    }
}

impl Link {
    fn end(&self, end: End) {
        self.ended.store(true, Ordering::SeqCst);
        match end {
            End::Close => {
                let _ = self.client.shutdown(Shutdown::Both);
            }
            End::Reset => {
                // The reset goes out when the last thread lets go of the socket; this one makes the reader do so.
                let _ = SockRef::from(&self.client).set_linger(Some(Duration::ZERO));
                let _ = self.client.shutdown(Shutdown::Read);
            }
        }
        self.server.shut_down();
    }
}

impl Upstream {
    fn connect(&self) -> io::Result<Stream> {
        Ok(match self {
            Self::Tcp(address) => {
                let stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                Stream::Tcp(stream)
            }
            Self::Unix(path) => Stream::Unix(UnixStream::connect(path)?),
        })
    }
}

impl Stream {
    fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => (&mut &*stream).read(buffer),
            Self::Unix(stream) => (&mut &*stream).read(buffer),
        }
    }

    fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => (&mut &*stream).write_all(bytes),
            Self::Unix(stream) => (&mut &*stream).write_all(bytes),
        }
    }

    fn shut_down(&self) {
        // Fails where the other side was faster.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}
