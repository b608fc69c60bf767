//! A blocking connection that shows replies as the bytes that came over the wire.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use crate::{Error, Result};

/// How long a reply may take before a test gives up on it.
const PATIENCE: Duration = Duration::from_secs(30);

/// A raw connection to a server: words in, the bytes of the reply out.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
/// use embroker_testkit::RedisServer;
///
/// let server = RedisServer::start()?;
/// let mut client = server.client()?;
/// assert_eq!(client.command(["ECHO", "hello"])?, b"$5\r\nhello\r\n");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RawClient {
    stream: BufReader<Box<dyn Stream>>,
}

/// A socket of either kind.
trait Stream: Read + Write + std::fmt::Debug + Send + Sync {}

impl<T: Read + Write + std::fmt::Debug + Send + Sync> Stream for T {}

impl RawClient {
    /// Connects to a unix socket; an error where the system has none.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// use embroker_testkit::{RawClient, RedisServer};
    ///
    /// let server = RedisServer::start()?;
    /// let mut client = RawClient::connect(&server.socket_path())?;
    /// assert_eq!(client.command(["PING"])?, b"+PONG\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect(socket: &Path) -> Result<Self> {
        #[cfg(unix)]
        {
            let stream = UnixStream::connect(socket)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            Ok(Self { stream: BufReader::new(Box::new(stream)) })
        }
        #[cfg(not(unix))]
        Err(Error::Server(format!("{}: this system has no unix sockets, use connect_tcp", socket.display())))
    }

    /// Connects to host and port.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// use embroker_testkit::{RawClient, RedisServer};
    ///
    /// let server = RedisServer::builder().tcp().start()?;
    /// let mut client = RawClient::connect_tcp(server.tcp_address().expect("it listens"))?;
    /// assert_eq!(client.command(["PING"])?, b"+PONG\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect_tcp(address: impl ToSocketAddrs) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(Box::new(stream)) })
    }

    /// Sends one command and reads one reply, all of it: aggregates with their items.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let server = embroker_testkit::RedisServer::start()?;
    /// let mut client = server.client()?;
    /// assert_eq!(client.command(["MGET", "a", "b"])?, b"*2\r\n$-1\r\n$-1\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn command<W: AsRef<[u8]>>(&mut self, argv: impl IntoIterator<Item = W>) -> Result<Vec<u8>> {
        self.send(argv)?;
        self.reply()
    }

    /// Sends one command and reads nothing, for those that answer more or less often than once.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let server = embroker_testkit::RedisServer::start()?;
    /// let mut client = server.client()?;
    /// client.send(["SUBSCRIBE", "a", "b"])?; // a confirmation for each
    /// assert_eq!(client.replies(2)?[1], b"*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn send<W: AsRef<[u8]>>(&mut self, argv: impl IntoIterator<Item = W>) -> Result<()> {
        let words: Vec<W> = argv.into_iter().collect();
        let mut packed = format!("*{}\r\n", words.len()).into_bytes();
        for word in &words {
            let word = word.as_ref();
            packed.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
            packed.extend_from_slice(word);
            packed.extend_from_slice(b"\r\n");
        }
        self.send_bytes(&packed)
    }

    /// Sends bytes as they are.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let server = embroker_testkit::RedisServer::start()?;
    /// let mut client = server.client()?;
    /// client.send_bytes(b"*1\r\n+PING\r\n")?;
    /// assert_eq!(client.line()?, b"-ERR Protocol error: expected '$', got '+'\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        Ok(self.stream.get_mut().write_all(bytes)?)
    }

    /// Reads one line: a whole reply, or how an aggregate begins.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let server = embroker_testkit::RedisServer::start()?;
    /// let mut client = server.client()?;
    /// client.send(["MGET", "a", "b"])?;
    /// assert_eq!(client.line()?, b"*2\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn line(&mut self) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line)?;
        Ok(line)
    }

    /// Reads so many replies.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let server = embroker_testkit::RedisServer::start()?;
    /// let mut client = server.client()?;
    /// client.send_bytes(b"INCR visits\r\nINCR visits\r\n")?;
    /// assert_eq!(client.replies(2)?, [b":1\r\n", b":2\r\n"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn replies(&mut self, count: usize) -> Result<Vec<Vec<u8>>> {
        (0..count).map(|_| self.reply()).collect()
    }

    /// Reads one reply or push message.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let server = embroker_testkit::RedisServer::start()?;
    /// let mut client = server.client()?;
    /// client.send(["PING"])?;
    /// assert_eq!(client.reply()?, b"+PONG\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn reply(&mut self) -> Result<Vec<u8>> {
        let mut reply = Vec::new();
        let mut missing: usize = 1;
        while missing > 0 {
            let start = reply.len();
            self.stream.read_until(b'\n', &mut reply)?;
            let line = &reply[start..];
            let Some((kind, count)) = line.strip_suffix(b"\r\n").and_then(<[u8]>::split_first) else {
                return Err(cut_short());
            };
            let kind = *kind;
            let count = std::str::from_utf8(count).ok().and_then(|count| count.parse::<i64>().ok());
            // A negative count is RESP2's null, which has neither content nor items.
            let count = usize::try_from(count.unwrap_or(-1)).ok();
            missing -= 1;
            match (kind, count) {
                (b'$' | b'=' | b'!', Some(len)) => {
                    let content = (&mut self.stream).take(len as u64 + 2).read_to_end(&mut reply)?;
                    if content != len + 2 {
                        return Err(cut_short());
                    }
                }
                (b'*' | b'~' | b'>', Some(items)) => missing += items,
                (b'%', Some(pairs)) => missing += 2 * pairs,
                (b'|', Some(pairs)) => missing += 2 * pairs + 1,
                _ => {}
            }
        }
        Ok(reply)
    }
}

fn cut_short() -> Error {
    Error::Server("the server closed the connection inside a reply".into())
}
