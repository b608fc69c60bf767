//! [`ServerBuilder`]: what a server serves, by which parameters, and where.

use std::io;
use std::path::PathBuf;

use embroker_core::instance::config::{Config, Parameter};
use embroker_core::{Broker, Error};
use embroker_mem::MemBroker;

use crate::server::{Server, ServerHandle};

/// Sets what a [`Server`] serves, and where.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use embroker_server::Server;
///
/// let server = Server::builder().bind("127.0.0.1:0").requirepass("secret").timeout(60).spawn().await?;
/// assert!(server.local_addr().is_some());
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ServerBuilder<B: Broker = MemBroker> {
    broker: B,
    /// Parameters that were looked at already, and their values.
    parameters: Vec<(Parameter, Vec<u8>)>,
    addresses: Vec<String>,
    unix_socket: Option<PathBuf>,
}

impl<B: Broker> ServerBuilder<B> {
    /// Listens nowhere yet.
    pub(crate) fn new(broker: B) -> Self {
        Self { broker, parameters: Vec::new(), addresses: Vec::new(), unix_socket: None }
    }

    /// The broker to serve.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_core::prelude::*;
    /// use embroker_server::Server;
    /// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    ///
    /// let broker = embroker_mem::MemBroker::new();
    /// let server = Server::builder().broker(broker.clone()).bind("127.0.0.1:0").spawn().await?;
    /// let mut client = tokio::net::TcpStream::connect(server.local_addr().unwrap()).await?;
    /// client.write_all(b"SET greeting hello\r\n").await?;
    /// client.read_exact(&mut [0; 5]).await?;
    /// assert_eq!(broker.get("greeting").await?.as_deref(), Some(&b"hello"[..]));
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn broker<C: Broker>(self, broker: C) -> ServerBuilder<C> {
        let Self { broker: _, parameters, addresses, unix_socket } = self;
        ServerBuilder { broker, parameters, addresses, unix_socket }
    }

    /// Listens on this host and port too; port 0 takes a free one.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    ///
    /// let server = Server::builder().bind("127.0.0.1:0").bind("127.0.0.1:0").spawn().await?;
    /// assert_eq!(server.addresses().len(), 2);
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn bind(mut self, address: impl Into<String>) -> Self {
        self.addresses.push(address.into());
        self
    }

    /// Listens on this unix socket too. A socket that is there already is replaced.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    ///
    /// let path = std::env::temp_dir().join(format!("embroker-doc-bind-{}.sock", std::process::id()));
    /// let server = Server::builder().unix_socket(&path).spawn().await?;
    /// tokio::net::UnixStream::connect(&path).await?;
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn unix_socket(mut self, path: impl Into<PathBuf>) -> Self {
        self.unix_socket = Some(path.into());
        self
    }

    /// The password that clients give with AUTH or HELLO before anything else. An empty one is none.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    /// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    ///
    /// let server = Server::builder().bind("127.0.0.1:0").requirepass("secret").spawn().await?;
    /// let mut client = tokio::net::TcpStream::connect(server.local_addr().unwrap()).await?;
    /// client.write_all(b"PING\r\nAUTH secret\r\n").await?;
    /// let mut replies = [0; 39];
    /// client.read_exact(&mut replies).await?;
    /// assert_eq!(&replies, b"-NOAUTH Authentication required.\r\n+OK\r\n");
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn requirepass(self, password: impl Into<Vec<u8>>) -> Self {
        self.parameter(Parameter::RequirePass, password)
    }

    /// How many clients may be connected at a time, at least 1; 10,000 unless set. One more is told so and closed. Each
    /// is an open file: where the process may have no more, those who connect wait.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    /// use tokio::{io::AsyncReadExt as _, net::TcpStream};
    ///
    /// let server = Server::builder().bind("127.0.0.1:0").max_clients(1).spawn().await?;
    /// let _first = TcpStream::connect(server.local_addr().unwrap()).await?;
    /// let mut second = TcpStream::connect(server.local_addr().unwrap()).await?;
    /// let mut told = String::new();
    /// second.read_to_string(&mut told).await?;
    /// assert_eq!(told, "-ERR max number of clients reached\r\n");
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn max_clients(self, clients: u32) -> Self {
        self.parameter(Parameter::MaxClients, clients.max(1).to_string())
    }

    /// Closes clients that are silent for so many seconds and have no subscription. 0, as at first, closes none.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    /// use tokio::{io::AsyncReadExt as _, net::TcpStream};
    ///
    /// let server = Server::builder().bind("127.0.0.1:0").timeout(1).spawn().await?;
    /// let mut silent = TcpStream::connect(server.local_addr().unwrap()).await?;
    /// assert_eq!(silent.read(&mut [0]).await?, 0, "it was closed after a second");
    /// server.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(self, seconds: u32) -> Self {
        self.parameter(Parameter::Timeout, seconds.to_string())
    }

    /// Sets any parameter of Redis 7.0, as a line of redis.conf does. Those of the data, such as `databases`, are the
    /// broker's: see `MemBroker::builder`.
    ///
    /// # Errors
    ///
    /// [`Error::Config`](embroker_core::Error::Config), which names the parameter and what it takes.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_server::Server;
    ///
    /// let server = Server::builder().config("client-output-buffer-limit", "pubsub 1mb 0 0")?;
    /// let error = server.config("maxclients", "many").unwrap_err();
    /// assert!(error.to_string().starts_with("maxclients can't be \"many\""));
    /// # Ok::<(), embroker_core::Error>(())
    /// ```
    pub fn config(self, name: impl AsRef<[u8]>, value: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let (name, value) = (name.as_ref(), value.into());
        let mut trial = Config::new();
        trial.preset(name, &value)?;
        match Parameter::find(name) {
            Some(Parameter::Databases) | None => Err(Error::Config(format!(
                "{} belongs to the broker: make that with it, and serve it",
                name.escape_ascii()
            ))),
            Some(parameter) => Ok(self.parameter(parameter, value)),
        }
    }

    fn parameter(mut self, parameter: Parameter, value: impl Into<Vec<u8>>) -> Self {
        self.parameters.push((parameter, value.into()));
        self
    }

    /// Whether clients of other machines are turned away while no password is set: yes unless set. They are told
    /// `DENIED Redis is running in protected mode …`; who comes by a unix socket, from 127.0.0.1 or from `::1` is let in.
    ///
    /// # Examples
    ///
    /// ```
    /// use embroker_server::Server;
    ///
    /// // Whoever reaches this machine may come in: only behind a firewall.
    /// let server = Server::builder().bind("0.0.0.0:0").protected_mode(false);
    /// # let _ = server;
    /// ```
    pub fn protected_mode(self, on: bool) -> Self {
        self.parameter(Parameter::ProtectedMode, if on { "yes" } else { "no" })
    }

    /// A server that listens nowhere: give it connections with [`Server::serve_connection`].
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    /// use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};
    ///
    /// let server = Server::builder().build();
    /// let (mut client, stream) = duplex(64);
    /// tokio::spawn(async move { server.serve_connection(stream).await });
    /// client.write_all(b"PING\r\n").await?;
    /// let mut reply = [0; 7];
    /// client.read_exact(&mut reply).await?;
    /// assert_eq!(&reply, b"+PONG\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn build(self) -> Server<B> {
        Server::new(self.broker, self.parameters)
    }

    /// Binds all addresses and serves them on the current Tokio runtime.
    ///
    /// # Errors
    ///
    /// What the system says of an address, with the address.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use embroker_server::Server;
    ///
    /// let first = Server::builder().bind("127.0.0.1:0").spawn().await?;
    /// let taken = first.local_addr().expect("it listens").to_string();
    /// let error = Server::builder().bind(&taken).spawn().await.unwrap_err();
    /// assert!(error.to_string().contains(&taken));
    /// first.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn spawn(mut self) -> io::Result<ServerHandle> {
        let (addresses, unix_socket) = (std::mem::take(&mut self.addresses), self.unix_socket.take());
        self.build().start(&addresses, unix_socket).await
    }
}
