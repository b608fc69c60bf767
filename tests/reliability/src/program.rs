//! Another process: `embroker-server` with as much memory and as many files as a test gives it.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};
use embroker_test_support::RawClient;

/// What a process may have, as `ulimit` says it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// How many bytes of address space.
    pub address_space: Option<u64>,
    /// How many open files.
    pub files: Option<u32>,
}

/// An `embroker-server` of one's own, on a unix socket and a port of all addresses. It ends when this is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    directory: PathBuf,
    port: u16,
    /// The shell's line that starts it, and its words: the program and its options.
    script: String,
    words: Vec<String>,
}

impl Program {
    /// Starts the program with these options, and returns once it listens.
    pub fn start(program: &str, options: &[&str], limits: Limits) -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);

        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("embroker-reliability-{}-{number}", process::id()));
        fs::create_dir_all(&directory)?;
        let limit = |option: &str, value: Option<u64>| {
            value.map_or_else(String::new, |value| format!("ulimit -{option} {value}; "))
        };
        let memory = limit("v", limits.address_space.map(|bytes| bytes / 1024));
        let files = limit("n", limits.files.map(Into::into));
        let script = format!("{memory}{files}exec \"$0\" \"$@\"");
        let words: Vec<String> = [program].iter().chain(options).map(|word| (*word).to_owned()).collect();
        let (child, port) = launch(&script, &words, &directory)?;
        Ok(Self { child, directory, port, script, words })
    }

    /// Kills the program as `kill -9` does. What it held is lost.
    pub fn kill(&mut self) {
        // Fails where it has ended already, which is just as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again with the same options, killed first where it runs. Its socket is the same, its port is not.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        (self.child, self.port) = launch(&self.script, &self.words, &self.directory)?;
        Ok(())
    }

    /// A new connection by the unix socket.
    pub fn client(&self) -> Result<RawClient> {
        Ok(RawClient::connect(&self.socket())?)
    }

    /// The unix socket.
    pub fn socket(&self) -> PathBuf {
        self.directory.join("s.sock")
    }

    /// The port on 127.0.0.1.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// An error where the program has ended.
    pub fn check(&mut self) -> Result<()> {
        let ended = self.child.try_wait()?;
        ensure!(ended.is_none(), "embroker-server has ended: {ended:?}");
        Ok(())
    }

    /// How many bytes of memory it has in use.
    pub fn resident(&self) -> Result<u64> {
        resident(self.child.id())
    }

    /// How many bytes of address space it has, used or not.
    pub fn address_space(&self) -> Result<u64> {
        status(self.child.id(), "VmSize:")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Starts the program in its directory; the process, once it listens, and its port.
fn launch(script: &str, words: &[String], directory: &Path) -> Result<(Child, u16)> {
    // A port that was free can be taken before the server has it.
    const ATTEMPTS: usize = 5;

    let (program, options) = words.split_first().context("there is a program")?;
    let mut said = String::new();
    for _ in 0..ATTEMPTS {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let mut child = Command::new("sh")
            .args(["-c", script, program, "--bind", "0.0.0.0", "--port", &port.to_string(), "--unixsocket"])
            .arg(directory.join("s.sock"))
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting embroker-server")?;
        let output = child.stdout.take().context("it has an output")?;
        said.clear();
        let read = BufReader::new(output).read_line(&mut said);
        if said.contains("Ready to accept connections on ") {
            return Ok((child, port));
        }
        let _ = child.kill();
        let _ = child.wait();
        read?;
    }
    bail!("embroker-server did not start: {said}")
}

/// How many bytes of memory a process has in use.
///
/// ```
/// assert!(embroker_reliability::resident(std::process::id())? > 1 << 20);
/// # anyhow::Ok(())
/// ```
pub fn resident(id: u32) -> Result<u64> {
    status(id, "VmRSS:")
}

/// What the system says of a process, in bytes.
fn status(id: u32, field: &str) -> Result<u64> {
    let status = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).context("a process has memory")?;
    let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib * 1024)
}

/// Runs this test program again, alone, with what it is to do; what it prints.
pub fn alone(what: impl AsRef<OsStr>) -> Result<String> {
    let output = Command::new(env::current_exe()?).env(ALONE, what).stderr(Stdio::inherit()).output()?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{}: {said}", output.status);
    Ok(said)
}

/// What this program is to do [alone](alone), if it was started for that.
pub fn is_alone() -> Option<String> {
    env::var(ALONE).ok()
}

const ALONE: &str = "EMBROKER_ALONE";
