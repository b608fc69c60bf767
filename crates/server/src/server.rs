//! [`Server`]: takes connections, and ends them in order.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use embroker_core::Broker;
use embroker_core::instance::config::{Config, Parameter};
use embroker_mem::MemBroker;
use embroker_session::{Address, Sessions, stream};
use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::builder::ServerBuilder;
use crate::listen::{self, Listener, UnixSocket};

/// How long connections have to take their last replies when the server shuts down.
const GRACE: Duration = Duration::from_secs(5);
/// How often keys whose time is over are removed, as in a Redis that nobody configured.
const SWEEP: Duration = Duration::from_millis(100);
/// How long a listener rests where the system has no file or memory for one more connection, which waits meanwhile.
const REST: Duration = Duration::from_millis(50);

/// A server of Redis's protocol over any [`Broker`]. Clones are the same server.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use embroker_server::Server;
/// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
///
/// let server = Server::builder().bind("127.0.0.1:0").spawn().await?;
/// let mut client = tokio::net::TcpStream::connect(server.local_addr().unwrap()).await?;
/// client.write_all(b"PING\r\n").await?;
/// let mut reply = [0; 7];
/// client.read_exact(&mut reply).await?;
/// assert_eq!(&reply, b"+PONG\r\n");
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct Server<B: Broker = MemBroker>(Arc<Shared<B>>);

/// One server, as its connections see it.
pub(crate) struct Shared<B: Broker> {
    pub(crate) sessions: Sessions<B>,
    /// Turns true when the server shuts down.
    stop: watch::Sender<bool>,
}

impl<B: Broker> Shared<B> {
    /// Serves one client, if it is let in.
    async fn serve(self: Arc<Self>, stream: impl AsyncRead + AsyncWrite, address: Address) {
        match self.sessions.open(address) {
            Ok(session) => stream::serve(session, stream, self.stopped()).await,
            Err(error) => stream::refuse(stream, &error).await,
        }
    }

    /// Returns once the server shuts down.
    pub(crate) async fn stopped(&self) {
        // The sender lives in here, so waiting can only end with a stop.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}

/// A server that listens. It ends when this is [shut down](Self::shutdown) or dropped.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_server::Server;
///
/// let handle = Server::builder().bind("127.0.0.1:0").spawn().await?;
/// let address = handle.local_addr().expect("it listens");
/// drop(handle); // or `shutdown`, to wait until all is closed
/// # let _ = address;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ServerHandle {
    addresses: Vec<SocketAddr>,
    unix_socket: Option<PathBuf>,
    stop: watch::Sender<bool>,
    listeners: JoinHandle<()>,
}

impl Server {
    /// A server of a new [`MemBroker`], which listens nowhere yet.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    ///
    /// let nowhere = Server::builder().spawn().await?;
    /// assert_eq!(nowhere.local_addr(), None);
    /// nowhere.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> ServerBuilder {
        ServerBuilder::new(MemBroker::new())
    }
}

impl<B: Broker> Server<B> {
    /// With parameters that were looked at already.
    pub(crate) fn new(broker: B, parameters: Vec<(Parameter, Vec<u8>)>) -> Self {
        let (stop, _) = watch::channel(false);
        let stop_all = stop.clone();
        let sessions = Sessions::of_server(broker, move || _ = stop_all.send_replace(true));
        for (parameter, value) in parameters {
            // Each was tried when it was given.
            let _ = sessions.instance().config().announce(parameter, value);
        }
        Self(Arc::new(Shared { sessions, stop }))
    }

    /// Binds all addresses and serves them on the current Tokio runtime.
    pub(crate) async fn start(self, hosts: &[String], unix_socket: Option<PathBuf>) -> io::Result<ServerHandle> {
        let mut tcp = Vec::new();
        for host in hosts {
            tcp.extend(listen::tcp(host).await?);
        }
        let addresses = tcp.iter().map(TcpListener::local_addr).collect::<io::Result<Vec<_>>>()?;
        let mode = u32::try_from(self.config().number(Parameter::UnixSocketPerm)).ok().filter(|mode| *mode > 0);
        let unix = unix_socket.as_deref().map(|path| UnixSocket::bind(path, mode)).transpose()?;
        self.announce(&addresses, unix_socket.as_deref());
        let stop = self.0.stop.clone();
        Ok(ServerHandle { addresses, unix_socket, stop, listeners: tokio::spawn(self.listen(tcp, unix)) })
    }

    /// Serves one client over any stream, until either side ends it.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// use embroker_server::Server;
    /// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    ///
    /// let server = Server::builder().build();
    /// let (mut client, stream) = tokio::io::duplex(1024);
    /// tokio::spawn(async move { server.serve_connection(stream).await });
    /// client.write_all(b"ECHO hello\r\nQUIT\r\n").await?;
    /// let mut replies = String::new();
    /// client.read_to_string(&mut replies).await?;
    /// assert_eq!(replies, "$5\r\nhello\r\n+OK\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn serve_connection(&self, stream: impl AsyncRead + AsyncWrite + Send) {
        self.0.clone().serve(stream, Address::unknown()).await;
    }

    fn config(&self) -> &Config {
        self.0.sessions.instance().config()
    }

    /// Tells CONFIG GET where the server listens.
    fn announce(&self, addresses: &[SocketAddr], unix_socket: Option<&Path>) {
        let config = self.config();
        let port = addresses.first().map_or(0, SocketAddr::port);
        let _ = config.announce(Parameter::Port, port.to_string());
        if let Some(path) = unix_socket {
            let _ = config.announce(Parameter::UnixSocket, path.as_os_str().as_encoded_bytes());
        }
    }

    /// Takes connections until the server stops, then lets them end.
    async fn listen(self, tcp: Vec<TcpListener>, unix: Option<UnixSocket>) {
        let mut listeners = JoinSet::new();
        for listener in tcp {
            listeners.spawn(self.clone().take(listener));
        }
        if let Some(socket) = unix {
            listeners.spawn(self.clone().take(socket));
        }
        loop {
            tokio::select! {
                listener = listeners.join_next() => if listener.is_none() { return },
                () = sleep(SWEEP) => {
                    self.0.sessions.instance().stats().sample();
                    if !self.0.sessions.is_paused() {
                        self.0.sessions.broker().sweep();
                    }
                }
            }
        }
    }

    /// Takes connections from one listener.
    async fn take(self, listener: impl Listener) {
        let mut connections = JoinSet::new();
        let mut stopped = std::pin::pin!(self.0.stopped());
        loop {
            tokio::select! {
                () = &mut stopped => break,
                Some(_) = connections.join_next() => {}
                accepted = listener.next() => match accepted {
                    Ok((stream, address)) => {
                        connections.spawn(self.0.clone().serve(stream, address));
                    }
                    Err(error) if lacks_resources(&error) => sleep(REST).await,
                    // The client was gone before it was taken.
                    Err(_) => {}
                },
            }
        }
        drop(listener);
        let ended = async { while connections.join_next().await.is_some() {} };
        // Those that don't take their last replies are cut when the set is dropped.
        let _ = tokio::time::timeout(GRACE, ended).await;
    }
}

/// Whether the system could not give a connection what it takes: a file, or memory.
fn lacks_resources(error: &io::Error) -> bool {
    let lacking = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|error| lacking.contains(&error))
}

impl<B: Broker> Clone for Server<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Broker> fmt::Debug for Server<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl ServerHandle {
    /// The first address that the server listens on, with the port that it got; `None` where it has only a unix socket.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    ///
    /// let server = Server::builder().bind("127.0.0.1:0").spawn().await?;
    /// assert_ne!(server.local_addr().expect("it listens").port(), 0);
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.addresses.first().copied()
    }

    /// All addresses that the server listens on.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    ///
    /// let server = Server::builder().bind("127.0.0.1:0").bind("127.0.0.1:0").spawn().await?;
    /// assert_ne!(server.addresses()[0], server.addresses()[1]);
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The unix socket that the server listens on.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    ///
    /// let path = std::env::temp_dir().join(format!("embroker-doc-path-{}.sock", std::process::id()));
    /// let server = Server::builder().unix_socket(&path).spawn().await?;
    /// assert_eq!(server.unix_socket(), Some(&*path));
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn unix_socket(&self) -> Option<&std::path::Path> {
        self.unix_socket.as_deref()
    }

    /// Returns once the server shuts down, because a client said SHUTDOWN; then call [`shutdown`](Self::shutdown),
    /// which returns when all is closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    /// use tokio::io::AsyncWriteExt as _;
    ///
    /// let server = Server::builder().bind("127.0.0.1:0").spawn().await?;
    /// let mut client = tokio::net::TcpStream::connect(server.local_addr().unwrap()).await?;
    /// client.write_all(b"SHUTDOWN\r\n").await?;
    /// server.stopping().await;
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn stopping(&self) {
        // The sender lives in here, so waiting can only end with a stop.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Takes no more connections, lets each end the command that it is at and take its replies, for up to 5 seconds,
    /// and returns when all are closed.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    ///
    /// let server = Server::builder().bind("127.0.0.1:0").spawn().await?;
    /// let address = server.local_addr().expect("it listens");
    /// server.shutdown().await;
    /// assert!(tokio::net::TcpStream::connect(address).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        // An error is a panic of the listening task, which then has ended too.
        let _ = (&mut self.listeners).await;
    }
}

impl Drop for ServerHandle {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}
