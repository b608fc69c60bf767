//! One connection to a server: made in one attempt within the time allowed, and honest about how it was lost.

use std::io;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use embroker_core::{Error, Result, ServerError, observe};
use redis::aio::{AsyncPushSender, MultiplexedConnection};
use redis::io::tcp::socket2::{SockRef, TcpKeepalive};
use redis::{AsyncConnectionConfig, ErrorKind, ProtocolVersion, RedisConnectionInfo, RedisError};
use tokio::net::{TcpStream, lookup_host};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::url::{Address, Location};
use crate::value;
use crate::wire::{EndGuard, Socket, Stream, Wire};

/// Where to connect to, and how patiently.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) location: Location,
    pub(crate) client_name: Option<String>,
    pub(crate) connect_timeout: Duration,
    pub(crate) response_timeout: Option<Duration>,
    pub(crate) silence_timeout: Duration,
    pub(crate) reconnect_delay: RangeInclusive<Duration>,
}

impl Target {
    pub(crate) fn disconnected(&self, reason: impl Into<String>) -> Error {
        Error::Disconnected { address: self.location.address.to_string(), reason: reason.into() }
    }

    pub(crate) fn timed_out(&self, what: &str) -> Error {
        self.disconnected(format!("{what} within {} ms", self.connect_timeout.as_millis()))
    }
}

/// A connection that has said HELLO and is in its database. Dropping it closes it at once.
pub(crate) struct Connection {
    multiplexed: MultiplexedConnection,
    socket: Arc<Socket>,
}

/// Why there are no replies.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Nothing was written, so nothing has run.
    NotSent(String),
    /// The connection was lost while the server may have had the commands.
    Lost(String),
    /// The connection stands, but the time allowed for the reply is over.
    Timeout(Duration),
}

impl Connection {
    /// Connects, in one attempt. What the server pushes goes to `pushes`, in the order it arrives.
    pub(crate) async fn dial(target: &Target, pushes: Option<Arc<dyn AsyncPushSender>>) -> Result<Self> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(Error::Config("a RedisBroker works inside a Tokio runtime, with I/O and time enabled".into()));
        }
        let outcome = timeout(target.connect_timeout, Self::dial_untimed(target, pushes)).await;
        let outcome = outcome.unwrap_or_else(|_| Err(target.timed_out("no answer")));
        observe::connection(&target.location.address, &outcome);
        if outcome.is_err() {
            // A unix socket without a server fails at once: who tries again and again must let other tasks run.
            yield_now().await;
        }
        outcome
    }

    async fn dial_untimed(target: &Target, pushes: Option<Arc<dyn AsyncPushSender>>) -> Result<Self> {
        let stream = open(target).await.map_err(|error| target.disconnected(error.to_string()))?;
        let socket = Socket::new(stream);
        // Closes the socket where the attempt fails or is given up.
        let guard = EndGuard(socket.clone());

        // The time allowed is ours to keep, for the attempt as a whole and for each reply.
        let config = AsyncConnectionConfig::new().set_connection_timeout(None).set_response_timeout(None);
        let config = match pushes {
            Some(pushes) => config.set_push_sender(pushes),
            None => config,
        };
        // HELLO 3 with the credentials: one AUTH, and no other if it is refused.
        let (multiplexed, driver) =
            MultiplexedConnection::new_with_config(&greeting(&target.location), Wire::new(socket.clone()), config)
                .await
                .map_err(|error| refusal(target, &socket, &error))?;
        tokio::spawn(async move {
            let _guard = guard;
            driver.await;
        });
        let connection = Self { multiplexed, socket };
        connection.set_up(target).await?;
        Ok(connection)
    }

    /// What HELLO doesn't do: the database, and the name in CLIENT LIST.
    async fn set_up(&self, target: &Target) -> Result<()> {
        let (mut pipeline, mut asked) = (redis::Pipeline::new(), Vec::new());
        let database = target.location.database;
        if database != 0 {
            pipeline.cmd("SELECT").arg(database);
            asked.push(format!("database {database}"));
        }
        if let Some(name) = &target.client_name {
            pipeline.cmd("CLIENT").arg("SETNAME").arg(name);
            asked.push(format!("the client's name {name:?}"));
        }
        if pipeline.is_empty() {
            return Ok(());
        }
        let replies = self.send(&pipeline, None).await.map_err(|failure| failure.into_disconnected(target))?;
        for (reply, asked) in replies.into_iter().zip(asked) {
            if let Err(error) = value::reply(reply)? {
                let address = &target.location.address;
                return Err(Error::Config(format!("{address} refused {asked}: {error}")));
            }
        }
        Ok(())
    }

    /// The server's number of the connection, where the user may ask for it.
    pub(crate) async fn id(&self, target: &Target) -> Result<Option<i64>> {
        let mut pipeline = redis::Pipeline::with_capacity(1);
        pipeline.cmd("CLIENT").arg("ID");
        match self.send(&pipeline, Some(target.connect_timeout)).await {
            Ok(replies) => Ok(id(&replies)),
            Err(Failure::Timeout(_)) => Err(target.timed_out("no answer")),
            Err(failure) => Err(failure.into_disconnected(target)),
        }
    }

    /// Sends commands in one write and returns a reply for each. If the future is dropped, they are sent whole or
    /// not at all.
    pub(crate) async fn send(
        &self,
        commands: &redis::Pipeline,
        allowed: Option<Duration>,
    ) -> Result<Vec<redis::Value>, Failure> {
        let before = self.socket.written();
        let _awaited = self.socket.awaits();
        let mut multiplexed = self.multiplexed.clone();
        let replies = self.socket.until_the_end(multiplexed.send_packed_commands(commands, 0, commands.len()));
        let outcome = match allowed {
            Some(allowed) => timeout(allowed, replies).await.map_err(|_| Failure::Timeout(allowed))?,
            None => replies.await,
        };
        let reason = match outcome {
            Some(Ok(replies)) => return Ok(replies),
            Some(Err(error)) => self.reason(&error),
            None => self.socket.reason().to_owned(),
        };
        // Whatever the error is, the replies that come next can't be trusted to be those of the next commands.
        self.close();
        // Commands of others may be what was written; then this says less than could be known, never more.
        Err(if self.socket.written() == before { Failure::NotSent(reason) } else { Failure::Lost(reason) })
    }

    /// A handle for the crate's own SUBSCRIBE and its kin, which count their confirmations.
    pub(crate) fn multiplexed(&self) -> MultiplexedConnection {
        self.multiplexed.clone()
    }

    pub(crate) fn socket(&self) -> &Arc<Socket> {
        &self.socket
    }

    /// Why the connection failed, in the words of the system where it has any.
    pub(crate) fn reason(&self, error: &RedisError) -> String {
        reason(&self.socket, error)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.socket.is_closed()
    }

    fn close(&self) {
        self.socket.shut_down();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

impl Failure {
    /// For commands that change nothing but their own connection: it is as if there had never been one.
    pub(crate) fn into_disconnected(self, target: &Target) -> Error {
        match self {
            Self::NotSent(reason) | Self::Lost(reason) => target.disconnected(reason),
            Self::Timeout(_) => self.into_error(target),
        }
    }

    pub(crate) fn into_error(self, target: &Target) -> Error {
        let address = target.location.address.to_string();
        match self {
            Self::NotSent(reason) => Error::Disconnected { address, reason },
            Self::Lost(reason) => Error::OutcomeUnknown { address, reason },
            Self::Timeout(allowed) => {
                let milliseconds = u64::try_from(allowed.as_millis()).unwrap_or(u64::MAX);
                Error::Timeout { address, milliseconds }
            }
        }
    }
}

/// What CLIENT ID answered, as the first of some commands.
pub(crate) fn id(replies: &[redis::Value]) -> Option<i64> {
    match replies.first() {
        Some(redis::Value::Int(id)) => Some(*id),
        _ => None,
    }
}

/// The exact text of an error reply, where the error is one.
pub(crate) fn server_error(error: &RedisError) -> Option<ServerError> {
    let errors = error.clone().into_server_errors()?;
    errors.first().map(|(_, error)| value::server_error(error))
}

fn reason(socket: &Socket, error: &RedisError) -> String {
    if error.is_io_error() { socket.reason().to_owned() } else { error.to_string() }
}

/// Whether somebody takes connections there, in as long as it takes.
pub(crate) async fn is_reachable(target: &Target) -> io::Result<()> {
    open(&Target { connect_timeout: Duration::MAX, ..target.clone() }).await.map(drop)
}

/// Opens a socket: to the first of the host's addresses that answers, each with its share of the time.
async fn open(target: &Target) -> io::Result<Stream> {
    let (host, port) = match &target.location.address {
        #[cfg(unix)]
        Address::Unix(path) => return tokio::net::UnixStream::connect(path).await.map(Stream::Unix),
        #[cfg(not(unix))]
        Address::Unix(_) => return Err(io::ErrorKind::Unsupported.into()),
        Address::Tcp { host, port } => (host, *port),
    };
    let addresses: Vec<_> = lookup_host((host.as_str(), port)).await?.collect();
    let share = target.connect_timeout / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                stay_alive(&stream)?;
                return Ok(Stream::Tcp(stream));
            }
            Ok(Err(error)) => failure = error,
            Err(_) => failure = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(failure)
}

/// Lets the system notice within a minute or so that the other machine is gone without a word.
fn stay_alive(stream: &TcpStream) -> io::Result<()> {
    const IDLE: Duration = Duration::from_secs(30);
    const PROBE: Duration = Duration::from_secs(10);

    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(IDLE).with_interval(PROBE))?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(IDLE + 3 * PROBE))?;
    Ok(())
}

fn greeting(location: &Location) -> RedisConnectionInfo {
    let info = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
    match &location.credentials {
        Some(credentials) => info.set_username(&credentials.user).set_password(&credentials.password),
        None => info,
    }
}

/// What a failed HELLO means.
fn refusal(target: &Target, socket: &Socket, error: &RedisError) -> Error {
    let address = target.location.address.to_string();
    if error.kind() == ErrorKind::RESP3NotSupported {
        return Error::Config(format!("{address} is too old: RESP3 needs Redis 6 or newer"));
    }
    match server_error(error) {
        Some(answer) if ["WRONGPASS", "NOAUTH", "NOPERM"].contains(&answer.code()) => {
            Error::Authentication { address, answer }
        }
        Some(answer) => target.disconnected(answer.to_string()),
        None => target.disconnected(reason(socket, error)),
    }
}
