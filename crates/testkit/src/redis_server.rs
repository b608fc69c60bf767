//! A redis-server of one's own: started for one test process, gone with it.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;
use std::{env, fs, io, process, thread};

use crate::{Error, RawClient, Result};

/// The path of the server to test against; `redis-server` from the `PATH` where it is not set.
const SERVER: &str = "EMBROKER_REDIS_SERVER";
/// Set to 1, a missing redis-server fails the tests that need one.
const REQUIRE: &str = "EMBROKER_REQUIRE_REDIS";
/// What a server says once it listens, on Redis 6 to 8 and on Valkey.
const READY: &str = "eady to accept connections";
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// Whether there is a redis-server to test against: the program that `EMBROKER_REDIS_SERVER` names, or `redis-server`.
///
/// ```
/// if !embroker_testkit::redis_server_available() {
///     eprintln!("install redis-server, or name one with EMBROKER_REDIS_SERVER");
/// }
/// ```
pub fn redis_server_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| {
        let version = Command::new(program()).arg("--version").stdin(Stdio::null()).output();
        version.is_ok_and(|output| output.status.success())
    })
}

/// Whether tests that need a redis-server are to be reported as ignored: there is none, and none is required.
///
/// With `EMBROKER_REQUIRE_REDIS=1` it is never so: those tests run, and fail where there is no server.
///
/// ```
/// use embroker_testkit::redis_half_is_ignored;
///
/// // With libtest-mimic: Trial::test(name, case).with_ignored_flag(redis_half_is_ignored())
/// let ignored = redis_half_is_ignored();
/// # let _ = ignored;
/// ```
pub fn redis_half_is_ignored() -> bool {
    !redis_server_available() && env::var_os(REQUIRE).is_none_or(|required| required != "1")
}

fn program() -> OsString {
    env::var_os(SERVER).unwrap_or_else(|| "redis-server".into())
}

/// A private redis-server that lives as long as this value, on a unix socket and on loopback TCP where asked for.
///
/// It listens on a socket in a fresh directory, keeps nothing on disk, and is killed when it is dropped: no test touches
/// a server that it did not start. The program is `redis-server` of the `PATH`, or what `EMBROKER_REDIS_SERVER` names.
///
/// # Examples
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
/// use embroker::prelude::*;
/// use embroker_testkit::RedisServer;
///
/// let server = RedisServer::builder().set("maxmemory", "100mb").start()?;
/// let broker = embroker::connect(&server.url()).await?;
/// broker.set("greeting", "hello").await?;
/// assert_eq!(server.command(["GET", "greeting"])?, b"$5\r\nhello\r\n");
/// # Ok(())
/// # }
/// ```
///
/// A server in a `static` outlives the tests, because statics are never dropped: keep it in `main` and drop it
/// before the process exits.
#[derive(Debug)]
pub struct RedisServer {
    options: RedisServerBuilder,
    directory: PathBuf,
    port: Option<u16>,
    process: Option<Child>,
}

/// Sets how a [`RedisServer`] is started.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), embroker_testkit::Error> {
/// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
/// use embroker_testkit::RedisServer;
///
/// let server = RedisServer::builder().set("databases", "4").tcp().start()?;
/// assert_eq!(server.command(["SELECT", "4"])?, b"-ERR DB index is out of range\r\n");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct RedisServerBuilder {
    args: Vec<OsString>,
    tcp: bool,
}

impl RedisServerBuilder {
    /// Adds a setting of redis.conf: its name and its value, such as `requirepass` and `secret`.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// use embroker_testkit::RedisServer;
    ///
    /// let server = RedisServer::builder().set("requirepass", "secret").start()?;
    /// assert_eq!(server.command(["GET", "a"])?, b"-NOAUTH Authentication required.\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn set(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.args.push(format!("--{name}").into());
        self.args.push(value.as_ref().into());
        self
    }

    /// Listens on a free port of 127.0.0.1 too.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// use embroker_testkit::RedisServer;
    ///
    /// let server = RedisServer::builder().tcp().start()?;
    /// assert!(server.tcp_address().is_some_and(|address| address.starts_with("127.0.0.1:")));
    /// # Ok(())
    /// # }
    /// ```
    pub fn tcp(mut self) -> Self {
        self.tcp = true;
        self
    }

    /// Starts the server, and returns once it answers.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() {
    /// # if embroker_testkit::redis_half_is_ignored() { return }
    /// use embroker_testkit::RedisServer;
    ///
    /// let error = RedisServer::builder().set("databases", "none").start().unwrap_err();
    /// assert!(error.to_string().contains("databases"), "the server's own words");
    /// # }
    /// ```
    pub fn start(self) -> Result<RedisServer> {
        // A port that was free can be taken before the server has it.
        const ATTEMPTS: usize = 5;

        let directory = fresh_directory()?;
        let mut server = RedisServer { options: self, directory, port: None, process: None };
        let mut attempt = 1;
        loop {
            server.port = server.options.tcp.then(free_port).transpose()?;
            match server.launch() {
                Err(_) if server.options.tcp && attempt < ATTEMPTS => attempt += 1,
                outcome => return outcome.map(|()| server),
            }
        }
    }
}

impl RedisServer {
    /// Starts a server with nothing set, and returns once it answers.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let server = embroker_testkit::RedisServer::start()?;
    /// assert_eq!(server.command(["DBSIZE"])?, b":0\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn start() -> Result<Self> {
        Self::builder().start()
    }

    /// A server whose settings are to be set.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// use embroker_testkit::RedisServer;
    ///
    /// let server = RedisServer::builder().set("maxmemory", "1").start()?;
    /// assert!(server.command(["SET", "a", "b"])?.starts_with(b"-OOM"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> RedisServerBuilder {
        RedisServerBuilder::default()
    }

    /// The URL of the unix socket, without credentials: `redis+unix:///…`.
    ///
    /// # Examples
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// use embroker::prelude::*;
    ///
    /// let server = embroker_testkit::RedisServer::start()?;
    /// let broker = embroker::connect(&server.url()).await?;
    /// assert_eq!(broker.ping("hello").await?, "hello");
    /// # Ok(())
    /// # }
    /// ```
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket_path().display())
    }

    /// Host and port, where the server listens on TCP.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// use embroker_testkit::RedisServer;
    ///
    /// assert_eq!(RedisServer::start()?.tcp_address(), None);
    /// assert!(RedisServer::builder().tcp().start()?.tcp_address().is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn tcp_address(&self) -> Option<String> {
        self.port.map(|port| format!("{}:{port}", Ipv4Addr::LOCALHOST))
    }

    /// The unix socket.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let server = embroker_testkit::RedisServer::start()?;
    /// assert!(server.socket_path().exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn socket_path(&self) -> PathBuf {
        self.directory.join("s.sock")
    }

    /// A new raw connection.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let server = embroker_testkit::RedisServer::start()?;
    /// let (mut first, mut second) = (server.client()?, server.client()?);
    /// assert_ne!(first.command(["CLIENT", "ID"])?, second.command(["CLIENT", "ID"])?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn client(&self) -> Result<RawClient> {
        RawClient::connect(&self.socket_path())
    }

    /// Runs one command on a connection of its own and returns the bytes of the reply, in RESP2.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let server = embroker_testkit::RedisServer::start()?;
    /// assert_eq!(server.command(["INCR", "visits"])?, b":1\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn command<W: AsRef<[u8]>>(&self, argv: impl IntoIterator<Item = W>) -> Result<Vec<u8>> {
        self.client()?.command(argv)
    }

    /// Kills the server, as a crash would. What it held is lost, but for what a setting keeps on the disk.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let mut server = embroker_testkit::RedisServer::start()?;
    /// server.kill();
    /// assert!(server.command(["PING"]).is_err());
    /// # Ok(())
    /// # }
    /// ```
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Fails where it has exited already, which is just as well.
            let _ = process.kill();
            let _ = process.wait();
        }
        let _ = fs::remove_file(self.socket_path());
    }

    /// Kills the server where it still runs, and starts one on the same socket and port: empty, unless a setting such as
    /// `appendonly` keeps what it held.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> Result<(), embroker_testkit::Error> {
    /// # if embroker_testkit::redis_half_is_ignored() { return Ok(()) }
    /// let mut server = embroker_testkit::RedisServer::start()?;
    /// server.command(["SET", "a", "b"])?;
    /// server.restart()?;
    /// assert_eq!(server.command(["DBSIZE"])?, b":0\r\n");
    /// # Ok(())
    /// # }
    /// ```
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        self.launch()
    }

    fn launch(&mut self) -> Result<()> {
        let program = program();
        let mut process = Command::new(&program)
            .args(["--port", &self.port.unwrap_or(0).to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--daemonize", "no", "--loglevel", "notice"])
            .args(["--enable-debug-command", "local", "--unixsocketperm", "700"])
            .arg("--unixsocket")
            .arg(self.socket_path())
            .arg("--dir")
            .arg(&self.directory)
            .args(&self.options.args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|_| Error::Server(missing(&program)))?;
        let log = process.stdout.take();
        let complaints = process.stderr.take();
        self.process = Some(process);
        let (Some(log), Some(complaints)) = (log, complaints) else {
            return Err(Error::Server("redis-server has no output".into()));
        };
        if let Err(why) = wait_until_ready(BufReader::new(log)) {
            self.kill();
            let complaints = io::read_to_string(complaints).unwrap_or_default();
            let words = format!("{why}\n{}", complaints.trim_end());
            let nothing = if words.trim_end().ends_with(':') { " it said nothing; is it a redis-server?" } else { "" };
            return Err(Error::Server(format!("{} {}{nothing}", Path::new(&program).display(), words.trim_end())));
        }
        // It may ask for a password; whatever it says, it answers.
        self.command(["PING"]).map(|_| ())
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Reads the server's log until it says that it listens. A thread reads on, so that the pipe never fills.
fn wait_until_ready(log: impl BufRead + Send + 'static) -> Result<(), String> {
    let (lines, log_lines) = channel();
    thread::spawn(move || {
        for line in log.lines().map_while(Result::ok) {
            // Nobody listens any more once the server is ready.
            let _ = lines.send(line);
        }
    });
    let mut said = Vec::new();
    loop {
        match log_lines.recv_timeout(START_TIMEOUT) {
            Ok(line) if line.contains(READY) => return Ok(()),
            Ok(line) => said.push(line),
            Err(RecvTimeoutError::Disconnected) => return Err(format!("did not start:\n{}", said.join("\n"))),
            Err(RecvTimeoutError::Timeout) => return Err(format!("is not ready yet:\n{}", said.join("\n"))),
        }
    }
}

fn missing(program: &OsStr) -> String {
    format!("{} can't be started: install redis-server, or name one with {SERVER}", Path::new(program).display())
}

fn free_port() -> Result<u16> {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    address.map(|address| address.port()).map_err(|error| Error::Server(format!("no free port: {error}")))
}

/// A new directory with a short path: a socket's path has room for about 100 bytes.
fn fresh_directory() -> Result<PathBuf> {
    static NEXT: AtomicU32 = AtomicU32::new(0);

    for _ in 0..1000 {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("embroker-{}-{number}", process::id()));
        match fs::create_dir(&directory) {
            Ok(()) => return Ok(directory),
            // Left behind by a process of the same id.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::Server(format!("creating {}: {error}", directory.display()))),
        }
    }
    Err(Error::Server(format!("no free directory under {}", env::temp_dir().display())))
}
