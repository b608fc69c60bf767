//! Random pipelines of three connections: each hears the same bytes from both servers, and the same is stored in the end.
//!
//! Each step writes a pipeline on one connection, in pieces, and ends with a marker. A Redis has done all of it once
//! another client has been answered, so what it said by then is all there is to hear. The other server has to say as
//! much; what it says beyond that shows in the next step, or when the connections are closed.

mod generate;

use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use embroker_test_support::{Backend, Property, RawClient, RedisServer, Suite};

use crate::difference;
use crate::support::{Served, Tree, without_ids};
use generate::{CONNECTIONS, DATABASES, KEYS, Step, steps};

const PROPERTY: Property =
    Property { cases: 300, regressions: concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/regressions/pipelines.txt") };

/// How long a server may take to say what the other one has said.
const PATIENCE: Duration = Duration::from_secs(1);
/// How much a Redis reads from a connection before it looks at the others.
const READ: usize = 16 * 1024;

pub(crate) fn add(suite: &mut Suite) {
    suite.property(
        Backend::Redis,
        "random_pipelines_of_three_connections",
        PROPERTY,
        steps,
        async || Pair::start(),
        async |pair, steps| pair.compare(&steps),
    );
}

/// Both servers, each with a client that looks on.
struct Pair {
    redis: Side,
    served: Side,
    _redis: RedisServer,
    _served: Served,
}

/// One server.
struct Side {
    socket: PathBuf,
    control: RawClient,
}

/// One connection of a case, to both servers.
struct Line {
    redis: Stream,
    served: Stream,
}

/// A connection, and all that came over it.
struct Stream {
    socket: UnixStream,
    heard: Vec<u8>,
    closed: bool,
}

impl Pair {
    fn start() -> Result<Self> {
        let redis = RedisServer::start()?;
        let served = Served::start(|server| server)?;
        let pair = Self {
            redis: Side::new(&redis.socket_path())?,
            served: Side::new(&served.socket)?,
            _redis: redis,
            _served: served,
        };
        Ok(pair)
    }

    fn compare(&mut self, steps: &[Step]) -> Result<()> {
        for side in [&mut self.redis, &mut self.served] {
            side.control.command(["SELECT", "0"])?;
            side.control.command(["FLUSHALL"])?;
            side.control.command(["CONFIG", "SET", "notify-keyspace-events", "KEA"])?;
        }
        let mut lines = Vec::new();
        for _ in CONNECTIONS {
            lines.push(self.connect()?);
        }
        for (number, step) in steps.iter().enumerate() {
            self.step(&mut lines, number, step).with_context(|| format!("step {number}"))?;
        }
        for line in lines {
            let [expected, got] = [line.redis, line.served].map(Stream::end);
            let (expected, got) = (expected?, got?);
            ensure!(expected == got, difference("at the end", &expected, &got));
        }
        let [expected, got] = [&mut self.redis, &mut self.served].map(Side::stored);
        let (expected, got) = (expected?, got?);
        ensure!(expected == got, "stored in redis:\n{expected}in embroker:\n{got}");
        Ok(())
    }

    fn connect(&self) -> Result<Line> {
        Ok(Line { redis: Stream::connect(&self.redis.socket)?, served: Stream::connect(&self.served.socket)? })
    }

    fn step(&mut self, lines: &mut [Line], number: usize, step: &Step) -> Result<()> {
        let begin = lines[step.on].redis.heard.len();
        let marker = format!("marker{number}");
        self.say(&mut lines[step.on], &step.pieces(&marker))?;
        self.listen(lines)?;
        // Inside a transaction the marker is queued. If nothing at all is said of it, there are no replies either.
        let said = &lines[step.on].redis.heard[begin..];
        let is_marked = said.ends_with(b"+QUEUED\r\n") || contains(said, marker.as_bytes());
        if !is_marked && !lines[step.on].redis.closed {
            let again = format!("DISCARD\r\nUNSUBSCRIBE again{number}\r\n").into_bytes();
            self.say(&mut lines[step.on], &[again])?;
            self.listen(lines)?;
        }
        for line in lines {
            ensure!(line.redis.closed == line.served.closed, "only one server has closed the connection");
            if line.redis.closed {
                *line = self.connect()?;
            }
        }
        Ok(())
    }

    /// Writes the pieces to both servers, each of which has looked at its clients between two of them.
    fn say(&mut self, line: &mut Line, pieces: &[Vec<u8>]) -> Result<()> {
        for piece in pieces {
            line.redis.write(piece);
            line.served.write(piece);
            self.redis.look(piece.len())?;
            self.served.look(0)?;
        }
        Ok(())
    }

    /// Reads what Redis has said on all lines, and as much from the other server.
    fn listen(&mut self, lines: &mut [Line]) -> Result<()> {
        self.redis.look(0)?;
        for line in lines {
            line.redis.read_what_is_there()?;
            let expected = without_ids(&line.redis.heard);
            line.served.read_until(expected.len(), line.redis.closed)?;
            let got = without_ids(&line.served.heard);
            ensure!(expected == got, difference("heard", &expected, &got));
        }
        Ok(())
    }
}

impl Side {
    fn new(socket: &Path) -> Result<Self> {
        Ok(Self { socket: socket.to_owned(), control: RawClient::connect(socket)? })
    }

    /// Returns when the server has looked at all clients, as often as it takes to read so much from one of them.
    fn look(&mut self, len: usize) -> Result<()> {
        // Once to read it, once more to write what it answered.
        for _ in 0..2 + len / READ {
            self.control.command(["PING"])?;
        }
        Ok(())
    }

    /// All keys of all databases, with what they hold; the members of a set in order.
    fn stored(&mut self) -> Result<String> {
        let mut stored = String::new();
        let mut ask = |command: &[&str]| -> Result<()> {
            writeln!(stored, "{}: {:?}", command.join(" "), Tree::parse(&self.control.command(command)?)?.sorted())?;
            Ok(())
        };
        for database in DATABASES {
            ask(&["SELECT", database])?;
            ask(&["DBSIZE"])?;
            for key in KEYS {
                for command in ["TYPE", "GET", "HGETALL", "SMEMBERS", "EXPIRETIME"] {
                    ask(&[command, key])?;
                }
            }
        }
        Ok(stored)
    }
}

impl Stream {
    fn connect(socket: &Path) -> Result<Self> {
        let socket = UnixStream::connect(socket)?;
        Ok(Self { socket, heard: Vec::new(), closed: false })
    }

    fn write(&mut self, bytes: &[u8]) {
        // Fails where the server has closed, having heard enough.
        let _ = self.socket.write_all(bytes);
    }

    fn read_what_is_there(&mut self) -> Result<()> {
        self.socket.set_nonblocking(true)?;
        while !self.closed && self.read()? {}
        self.socket.set_nonblocking(false)?;
        Ok(())
    }

    /// Reads until so much has come, or until the connection is closed if it is to be; not for ever.
    fn read_until(&mut self, len: usize, closed: bool) -> Result<()> {
        self.socket.set_read_timeout(Some(PATIENCE))?;
        while !self.closed && (closed || without_ids(&self.heard).len() < len) && self.read()? {}
        Ok(())
    }

    /// Reads what comes next; `false` where nothing came in time.
    fn read(&mut self) -> Result<bool> {
        let mut bytes = [0; READ];
        match self.socket.read(&mut bytes) {
            Ok(0) => self.closed = true,
            Ok(read) => self.heard.extend_from_slice(&bytes[..read]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(false),
            // Closed with bytes of ours unread.
            Err(error) if error.kind() == ErrorKind::ConnectionReset => self.closed = true,
            Err(error) => return Err(error).context("reading"),
        }
        Ok(true)
    }

    /// Closes our half, and all that was heard until the server closed the other.
    fn end(mut self) -> Result<Vec<u8>> {
        let _ = self.socket.shutdown(Shutdown::Write);
        self.read_until(0, true)?;
        ensure!(self.closed, "the server does not close the connection");
        Ok(without_ids(&self.heard))
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
