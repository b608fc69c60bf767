//! The program `embroker-server` itself: its memory, its options, its socket.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use anyhow::{Context as _, Result, ensure};
use embroker_test_support::RawClient;

const PROGRAM: &str = env!("CARGO_BIN_EXE_embroker-server");

const NOWHERE: &str = "embroker-server: nowhere to listen: give --port or --unixsocket";

/// The program, as long as this lives.
struct Running {
    process: Child,
    socket: PathBuf,
}

impl Running {
    fn start(options: &[&str]) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);

        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let socket = env::temp_dir().join(format!("embroker-program-{}-{number}.sock", process::id()));
        let mut process = Command::new(PROGRAM)
            .args(["--port", "0", "--unixsocket"])
            .arg(&socket)
            .args(options)
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the program")?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("it has an output")?).read_line(&mut line)?;
        let running = Self { process, socket };
        ensure!(line.starts_with("Ready to accept connections on "), "it said {line:?}");
        Ok(running)
    }

    fn client(&self) -> Result<RawClient> {
        Ok(RawClient::connect(&self.socket)?)
    }

    /// How much of its memory is there, in bytes.
    fn resident(&self) -> Result<usize> {
        const PAGE: usize = 4096;

        let statm = fs::read_to_string(format!("/proc/{}/statm", self.process.id()))?;
        let pages: usize = statm.split(' ').nth(1).context("the second field")?.parse()?;
        Ok(pages * PAGE)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_file(&self.socket);
    }
}

/// 64 clients that claim 512 MiB each, and as many that claim two thousand million words.
pub(super) fn claims() -> Result<()> {
    const CLIENTS: usize = 64;
    const ALLOWED: usize = 16 * 1024 * 1024;

    let server = Running::start(&[])?;
    let mut control = server.client()?;
    control.command(["PING"])?;
    let before = server.resident()?;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        for claim in ["*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc", "*2147483647\r\n$4\r\nPING\r\n$3\r\nab"] {
            let mut client = server.client()?;
            client.command(["PING"])?;
            client.send_bytes(claim.as_bytes())?;
            clients.push(client);
            ensure!(control.command(["PING"])? == b"+PONG\r\n", "others are served meanwhile");
        }
    }
    let after = server.resident()?;
    println!("{} clients with claims: {} KiB more", clients.len(), after.saturating_sub(before) / 1024);
    ensure!(after < before + ALLOWED, "from {before} to {after} bytes");
    Ok(())
}

/// A client that asks for much and reads nothing is served as far as its share goes, and nobody else notices.
pub(super) fn never_reads() -> Result<()> {
    const ALLOWED: usize = 192 * 1024 * 1024;

    let server = Running::start(&[])?;
    let mut control = server.client()?;
    control.command([&b"SET"[..], b"large", &vec![b'x'; 1_000_000]])?;
    let before = server.resident()?;
    let mut deaf = UnixStream::connect(&server.socket)?;
    deaf.set_nonblocking(true)?;
    for _ in 0..1000 {
        // Fails once nothing more is taken from it.
        let _ = deaf.write_all(b"GET large\r\n");
        ensure!(control.command(["PING"])? == b"+PONG\r\n", "others are served meanwhile");
    }
    let after = server.resident()?;
    ensure!(after < before + ALLOWED, "from {before} to {after} bytes for 1,000 MB of answers");
    Ok(())
}

/// One line where somebody asked for it, and none where nobody did.
pub(super) fn nothing_is_saved() -> Result<()> {
    const WARNING: &str =
        "embroker-server: nothing is saved, whatever --save and --appendonly say: all data is in memory\n";

    for (options, warning) in [
        (&["--appendonly", "yes"][..], WARNING),
        (&["--save", "60", "1"], WARNING),
        (&["--save", "", "--appendonly", "no"], ""),
        (&[], ""),
    ] {
        // Without a place to listen it ends, after it has read its options.
        let Output { stderr, .. } = Command::new(PROGRAM).args(["--port", "0"]).args(options).output()?;
        let said = String::from_utf8_lossy(&stderr);
        ensure!(said == format!("{warning}{NOWHERE}\n"), "{options:?}: {said}");
    }
    Ok(())
}

pub(super) fn wrong_options() -> Result<()> {
    let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port().to_string();
    let wrong: &[(&[&str], i32, &str)] = &[
        (&["--port", "0"], 1, NOWHERE),
        (&["--port", &free, "--bind", "0.0.0.0", "--protected-mode", "maybe"], 1, "argument must be 'yes' or 'no'"),
        (&["--maxclients", "many"], 1, "embroker-server: maxclients can't be \"many\": argument couldn't be parsed"),
        (&["--timeout", "-1"], 1, "embroker-server: timeout can't be \"-1\": argument must be between 0"),
        (&["--databases", "0"], 1, "databases can't be \"0\": argument must be between 1 and 2147483647 inclusive"),
        (&["--unixsocketperm", "999"], 1, "unixsocketperm can't be \"999\": argument couldn't be parsed as an octal"),
        (
            &["--client-output-buffer-limit", "foo"],
            1,
            "client-output-buffer-limit can't be \"foo\": Wrong number of arg",
        ),
        (&["--port", "99999"], 2, "invalid value '99999' for '--port <PORT>'"),
        (&["--nope", "1"], 2, "unexpected argument '--nope' found"),
        (
            &["/etc/redis/redis.conf", "--port", "7000"],
            1,
            "embroker-server: /etc/redis/redis.conf is not read, there is no configuration file: give its parameters as \
             options",
        ),
        (&["--requirepass"], 2, "a value is required for '--requirepass <VALUE>...'"),
        (
            &["--port", "0", "--unixsocket", "/nonexistent/s.sock"],
            1,
            "cannot listen: /nonexistent/s.sock: No such file",
        ),
    ];
    for (options, code, message) in wrong {
        let Output { status, stdout, stderr } = Command::new(PROGRAM).args(*options).stdin(Stdio::null()).output()?;
        let complaint = String::from_utf8_lossy(&stderr);
        ensure!(status.code() == Some(*code) && complaint.contains(message), "{options:?}: {status}, {complaint}");
        ensure!(stdout.is_empty(), "{options:?} says that it is ready");
    }
    Ok(())
}

pub(super) fn socket_mode() -> Result<()> {
    for mode in ["700", "777", "600"] {
        let server = Running::start(&["--unixsocketperm", mode, "--list-max-listpack-size", "-2"])?;
        let told = fs::metadata(&server.socket)?.permissions().mode() & 0o777;
        ensure!(format!("{told:o}") == mode, "{told:o} for {mode}");
        ensure!(server.client()?.command(["PING"])? == b"+PONG\r\n");
    }
    Ok(())
}
