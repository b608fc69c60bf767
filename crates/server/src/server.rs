//! [`Server`]: takes connections, and ends them in order.

use std::fmt;
use std::io::Result;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use embroker_core::Broker;
use embroker_mem::MemBroker;
use embroker_session::{Address, Sessions, Settings};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::connection;
use crate::listen::{self, Listener, UnixSocket};

/// How long connections have to take their last replies when the server shuts down.
const GRACE: Duration = Duration::from_secs(5);
/// How often keys whose time is over are removed, as in a Redis that nobody configured.
const SWEEP: Duration = Duration::from_millis(100);
/// How long a listener rests after the system refused it a connection, for want of file descriptors say.
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
    /// Returns once the server shuts down.
    pub(crate) async fn stopped(&self) {
        // The sender lives in here, so waiting can only end with a stop.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }
}

/// Sets what a [`Server`] serves, and where.
#[derive(Clone, Debug)]
#[must_use]
pub struct ServerBuilder<B: Broker = MemBroker> {
    broker: B,
    settings: Settings,
    addresses: Vec<String>,
    unix_socket: Option<PathBuf>,
    protected_mode: bool,
}

/// A server that listens. It ends when this is [shut down](Self::shutdown) or dropped.
#[derive(Debug)]
pub struct ServerHandle {
    addresses: Vec<SocketAddr>,
    unix_socket: Option<PathBuf>,
    stop: watch::Sender<bool>,
    listeners: JoinHandle<()>,
}

impl Server {
    /// A server of a new [`MemBroker`], which listens nowhere yet.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            broker: MemBroker::new(),
            settings: Settings::default(),
            addresses: Vec::new(),
            unix_socket: None,
            protected_mode: true,
        }
    }
}

impl<B: Broker> ServerBuilder<B> {
    /// The broker to serve.
    pub fn broker<C: Broker>(self, broker: C) -> ServerBuilder<C> {
        let Self { broker: _, settings, addresses, unix_socket, protected_mode } = self;
        ServerBuilder { broker, settings, addresses, unix_socket, protected_mode }
    }

    /// Listens on this host and port too; port 0 takes a free one.
    pub fn bind(mut self, address: impl Into<String>) -> Self {
        self.addresses.push(address.into());
        self
    }

    /// Listens on this unix socket too. A socket that is there already is replaced.
    pub fn unix_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.unix_socket = Some(path.into());
        self
    }

    /// The password that clients give with AUTH or HELLO before anything else. An empty one is none.
    pub fn requirepass(mut self, password: impl Into<Vec<u8>>) -> Self {
        self.settings.password = Some(password.into()).filter(|password| !password.is_empty());
        self
    }

    /// How many clients may be connected at a time, 10,000 unless set. One more is told so and closed.
    pub fn max_clients(mut self, clients: usize) -> Self {
        self.settings.max_clients = clients;
        self
    }

    /// Closes clients that are silent for so long and have no subscription. Zero, as at first, is for ever.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = Some(timeout).filter(|timeout| !timeout.is_zero());
        self
    }

    /// Whether an address that other machines reach needs a password to be bound: yes unless set.
    pub fn protected_mode(mut self, on: bool) -> Self {
        self.protected_mode = on;
        self
    }

    /// A server that listens nowhere: give it connections with [`Server::serve_connection`].
    pub fn build(self) -> Server<B> {
        let Self { broker, settings, .. } = self;
        let (stop, _) = watch::channel(false);
        Server(Arc::new(Shared { sessions: Sessions::new(broker, settings), stop }))
    }

    /// Binds all addresses and serves them on the current Tokio runtime.
    ///
    /// # Errors
    ///
    /// [`PermissionDenied`](std::io::ErrorKind::PermissionDenied) for an address that other machines reach, without a
    /// password and in [protected mode](Self::protected_mode); else what the system says of the address.
    pub async fn spawn(self) -> Result<ServerHandle> {
        let open_to_all = self.settings.password.is_some() || !self.protected_mode;
        let mut tcp = Vec::new();
        for address in &self.addresses {
            tcp.extend(listen::tcp(address, open_to_all).await?);
        }
        let addresses = tcp.iter().map(TcpListener::local_addr).collect::<Result<_>>()?;
        let unix_socket = self.unix_socket.clone();
        let unix = unix_socket.as_deref().map(UnixSocket::bind).transpose()?;
        let server = self.build();
        let stop = server.0.stop.clone();
        Ok(ServerHandle { addresses, unix_socket, stop, listeners: tokio::spawn(server.listen(tcp, unix)) })
    }
}

impl<B: Broker> Server<B> {
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
        connection::serve(&self.0, stream, Address::unknown()).await;
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
                    self.0.sessions.broker().sweep();
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
                        let shared = self.0.clone();
                        connections.spawn(async move { connection::serve(&shared, stream, address).await });
                    }
                    Err(_) => sleep(REST).await,
                },
            }
        }
        drop(listener);
        let ended = async { while connections.join_next().await.is_some() {} };
        // Those that don't take their last replies are cut when the set is dropped.
        let _ = tokio::time::timeout(GRACE, ended).await;
    }
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
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.addresses.first().copied()
    }

    /// All addresses that the server listens on.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The unix socket that the server listens on.
    pub fn unix_socket(&self) -> Option<&std::path::Path> {
        self.unix_socket.as_deref()
    }

    /// Takes no more connections, lets each end the command that it is at and take its replies, for up to 5 seconds,
    /// and returns when all are closed.
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
