//! A redis-server and an `embroker-server` side by side: both are told the same bytes, and are to answer the same.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use embroker_test_support::{RawClient, RedisServer};

use crate::{Limits, Program};

/// How long a server may take to say what the other one has said.
const PATIENCE: Duration = Duration::from_secs(20);

/// Both servers. They end when this is dropped.
#[derive(Debug)]
pub struct Pair {
    /// Redis, the reference.
    pub redis: Side,
    /// Ours.
    pub embroker: Side,
    _redis: RedisServer,
    _embroker: Program,
}

/// One of the servers, with a client that looks on.
#[derive(Debug)]
pub struct Side {
    socket: PathBuf,
    control: RawClient,
}

impl Pair {
    /// Starts both with these parameters; `program` is that of `embroker-server`.
    pub fn start(program: &str, parameters: &[(&str, &str)]) -> Result<Self> {
        let builder = parameters.iter().fold(RedisServer::builder(), |builder, (name, value)| builder.set(name, value));
        let redis = builder.start()?;
        let options: Vec<String> =
            parameters.iter().flat_map(|(name, value)| [format!("--{name}"), (*value).to_owned()]).collect();
        let mut options: Vec<&str> = options.iter().map(String::as_str).collect();
        options.extend(["--enable-debug-command", "local", "--protected-mode", "no"]);
        let embroker = Program::start(program, &options, Limits::default())?;
        Ok(Self {
            redis: Side::new(&redis.socket_path())?,
            embroker: Side::new(&embroker.socket())?,
            _redis: redis,
            _embroker: embroker,
        })
    }

    /// Both sides, Redis first.
    pub fn sides(&mut self) -> [&mut Side; 2] {
        [&mut self.redis, &mut self.embroker]
    }

    /// Where both don't answer these bytes alike, as far as the view shows: what each one said.
    pub fn difference(&self, bytes: &[u8], view: impl Fn(&[u8]) -> Vec<u8>) -> Result<Option<String>> {
        let [expected, got] = [&self.redis, &self.embroker].map(|side| side.converse(bytes));
        let (expected, got) = (view(&expected?), view(&got?));
        Ok((expected != got)
            .then(|| format!("{}\n  redis    {}\n  embroker {}", told(bytes), told(&expected), told(&got))))
    }

    /// Where both don't answer these bytes alike, or only one of them closes the connection then: what each one said.
    pub fn difference_until_silent(&mut self, pieces: &[&[u8]]) -> Result<Option<String>> {
        let mut streams = Vec::new();
        for side in self.sides() {
            let mut stream = UnixStream::connect(&side.socket)?;
            stream.set_write_timeout(Some(PATIENCE))?;
            for piece in pieces {
                // It may have closed already, having heard enough.
                if stream.write_all(piece).is_err() {
                    break;
                }
                side.look()?;
            }
            stream.set_nonblocking(true)?;
            streams.push(Line { socket: stream, heard: Vec::new(), closed: false });
        }
        let [redis, embroker] = &mut streams[..] else { return Ok(None) };
        // A Redis has said all there is to say once another client has been answered.
        self.redis.look()?;
        redis.read()?;
        let begun = Instant::now();
        let expected = without_ids(&redis.heard);
        while begun.elapsed() < PATIENCE {
            self.embroker.look()?;
            embroker.read()?;
            if embroker.closed == redis.closed && without_ids(&embroker.heard).len() >= expected.len() {
                break;
            }
        }
        let is_same = expected == without_ids(&embroker.heard) && redis.closed == embroker.closed;
        Ok((!is_same).then(|| {
            let told = |line: &Line| format!("{} closed: {}", self::told(&line.heard), line.closed);
            let said: Vec<String> = pieces.iter().map(|piece| self::told(piece)).collect();
            format!("{}\n  redis    {}\n  embroker {}", said.join(" | "), told(redis), told(embroker))
        }))
    }
}

impl Side {
    fn new(socket: &Path) -> Result<Self> {
        Ok(Self { socket: socket.to_owned(), control: RawClient::connect(socket)? })
    }

    /// What the client that looks on is answered.
    pub fn command(&mut self, words: &[&str]) -> Result<Vec<u8>> {
        Ok(self.control.command(words)?)
    }

    /// Returns once the server has looked at all its clients.
    fn look(&mut self) -> Result<()> {
        // Once to read, once more to write what was answered.
        for _ in 0..3 {
            ensure!(!self.control.command(["PING"])?.is_empty(), "it does not answer");
        }
        Ok(())
    }

    /// Sends the bytes, and reads what is answered until the server closes, as it is asked to.
    fn converse(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut answer = Vec::new();
        let mut writer = stream.try_clone()?;
        // Who does not read while it writes may be waited for.
        let said = bytes.to_vec();
        let writing = std::thread::spawn(move || {
            // It may have closed already, having heard enough.
            let _ = writer.write_all(&said).and_then(|()| writer.write_all(b"*1\r\n$4\r\nQUIT\r\n"));
        });
        match stream.read_to_end(&mut answer) {
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            other => _ = other.with_context(|| format!("reading what is answered to {}", told(bytes)))?,
        }
        let _ = stream.shutdown(Shutdown::Both);
        let _ = writing.join();
        Ok(answer)
    }
}

/// A connection that does not wait, and all that came over it.
struct Line {
    socket: UnixStream,
    heard: Vec<u8>,
    closed: bool,
}

impl Line {
    /// Reads what is there.
    fn read(&mut self) -> Result<()> {
        let mut buffer = [0; 16 * 1024];
        while !self.closed {
            match self.socket.read(&mut buffer) {
                Ok(0) => self.closed = true,
                Ok(read) => self.heard.extend_from_slice(&buffer[..read]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => self.closed = true,
                Err(error) => return Err(error).context("reading"),
            }
        }
        Ok(())
    }
}

/// Bytes fit to be read: the first of them, and how many there are.
///
/// ```
/// assert_eq!(embroker_reliability::told(b"a\r\n"), "a\\r\\n");
/// ```
pub fn told(bytes: &[u8]) -> String {
    const MOST: usize = 3000;

    let shown = bytes[..bytes.len().min(MOST)].escape_ascii().to_string();
    if bytes.len() > MOST { format!("{shown}… ({} bytes)", bytes.len()) } else { shown }
}

/// An answer without the ids that HELLO tells.
///
/// ```
/// let answer = embroker_reliability::without_ids(b"$2\r\nid\r\n:12\r\n");
/// assert_eq!(answer, b"$2\r\nid\r\n:\r\n");
/// ```
pub fn without_ids(answer: &[u8]) -> Vec<u8> {
    const ID: &[u8] = b"$2\r\nid\r\n:";
    let mut out = answer.to_vec();
    let mut from = 0;
    while let Some(at) = out[from..].windows(ID.len()).position(|window| window == ID) {
        from += at + ID.len();
        let digits = out[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        out.drain(from..from + digits);
    }
    out
}
