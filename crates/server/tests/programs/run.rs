//! Programs with a time limit, whose output is told where they fail.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};

/// How long a program may run, and how long a line of one that runs on may take.
const LIMIT: Duration = Duration::from_secs(50);
/// How much of a failing program's output is told, in characters.
const TOLD: usize = 8_000;

/// What a program printed, standard error included, and whether it succeeded.
pub(crate) struct Output {
    pub(crate) text: String,
    pub(crate) success: bool,
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) -> Result<Output> {
    // In a process group of its own, so that what a shell started can be ended with it.
    let (mut output, mut program) = start(command.process_group(0))?;
    let (ended, end) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.read_to_end(&mut bytes).map(|_| bytes);
        // Nobody waits where the test has been given up.
        let _ = ended.send(read);
    });
    // The output ends when the program does, and all that it started.
    let in_time = end.recv_timeout(LIMIT);
    let late = in_time.is_err();
    if late {
        kill_group(&mut program);
    }
    let bytes = in_time.or_else(|_| end.recv_timeout(LIMIT))?;
    let status = program.wait()?;
    let text = String::from_utf8_lossy(&bytes?).into_owned();
    ensure!(!late, "{command:?} still runs after {LIMIT:?}:\n{}", told(&text));
    Ok(Output { text, success: status.success() })
}

/// Runs a program that has to succeed, and returns what it printed.
pub(crate) fn succeed(command: &mut Command) -> Result<String> {
    let output = run(command)?;
    ensure!(output.success, "{command:?} failed:\n{}", told(&output.text));
    Ok(output.text)
}

/// As much of an output as a report has room for.
fn told(output: &str) -> String {
    match output.char_indices().nth(TOLD) {
        Some((end, _)) => format!("{}\n[… {} bytes more]", &output[..end], output.len() - end),
        None => output.to_owned(),
    }
}

/// A program that runs until this is dropped, line by line.
pub(crate) struct Background {
    program: Child,
    name: String,
    lines: Receiver<String>,
}

impl Background {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let (output, program) = start(command)?;
        let (said, lines) = channel();
        // It reads on even when nobody listens, so that the pipe never fills.
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(io::Result::ok) {
                let _ = said.send(line);
            }
        });
        Ok(Self { program, name: format!("{command:?}"), lines })
    }

    /// The next line that the program prints.
    pub(crate) fn line(&self) -> Result<String> {
        self.lines.recv_timeout(LIMIT).map_err(|error| match error {
            RecvTimeoutError::Timeout => anyhow!("{} says nothing for {LIMIT:?}", self.name),
            RecvTimeoutError::Disconnected => anyhow!("{} has ended", self.name),
        })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // Fails where it has ended already, which is just as well.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Starts a program with all that it says on one pipe.
fn start(command: &mut Command) -> Result<(io::PipeReader, Child)> {
    let (reader, writer) = io::pipe()?;
    command.env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let program = command.spawn().with_context(|| format!("{command:?} can't be started"));
    // The command holds the pipe's other end until it is told of another.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    Ok((reader, program?))
}

/// Ends a program and all that it started.
fn kill_group(program: &mut Child) {
    let group = format!("kill -s KILL -- -{}", program.id());
    let _ = Command::new("sh").args(["-c", &group]).stdin(Stdio::null()).stderr(Stdio::null()).status();
    let _ = program.kill();
}
